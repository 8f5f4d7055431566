"""Queues over REST: what people call them, and whose they are. Edited by revision, audited, and in force at once."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from callfloor.store.directory_entries import QueueEntry
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit
from callfloor.web.contract_directory import QueuePut
from callfloor.web.directory_api import RevisionAsked
from callfloor.web.directory_desk import DirectoryDesk
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Member

QueueName = Annotated[str, Path(pattern=r"^[!-.0-~]{1,128}$", description="The queue as the PBX names it.")]


def queue_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/queues."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/queues", tags=["directory"])
    desk = DirectoryDesk(deps, audit)

    @router.put(
        "/{queue}",
        operation_id="putQueue",
        responses=documented(QueueEntry, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("QueuePut"),
    )
    async def put(queue: QueueName, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """What people call a queue, and whose it is; one that is not there yet is made."""
        asked = body(QueuePut, await request.body())
        change = partial(
            deps.store.project(member.viewer.project_id).line_edits.put_queue,
            queue,
            label=(asked.label or "").strip() or None,
            department_id=asked.department_id,
            seen=asked.revision,
        )
        return Json(await desk.edit(member, "put_queue", ("queue", queue), change))

    @router.delete(
        "/{queue}",
        operation_id="removeQueue",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def remove(
        queue: QueueName, member: Annotated[Member, Depends(gate.member)], revision: RevisionAsked = None
    ) -> Response:
        """The queue is gone from the list; its calls stay."""
        change = partial(deps.store.project(member.viewer.project_id).line_edits.remove_queue, queue, seen=revision)
        await desk.edit(member, "remove_queue", ("queue", queue), change)
        return Response(status_code=204)

    return router
