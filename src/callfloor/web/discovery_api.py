"""What the PBXes were found to have over REST, for the project's administrators: taken over or refused, and audited."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import NotFoundError
from callfloor.store.changes_found import Proposal
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.discovery import Chosen, Discovery, DiscoveryReport, Reconsidered, Settled, TakesNew
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member

_TOLD = 100  # changes that one row of the audit names; it counts the others


def discovery_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/discovery."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/discovery", tags=["discovery"])

    def looker(viewer: Viewer) -> Discovery:
        found = gate.live(viewer).discovery
        if found is None:
            raise NotFoundError("Nobody looks at the project's PBXes here.")
        return found

    def deed(member: Member, action: str, subject: tuple[str, int] | None = None, **details: Any) -> Deed:
        return Deed(at=deps.clock(), user=member.user, action=action, subject=subject, details=details)

    @router.get("", operation_id="getDiscovery", responses=documented(DiscoveryReport, 401, 403, 404, 422))
    async def report(viewer: Annotated[Viewer, Depends(gate.viewer(Action.CHANGE_SETTINGS))]) -> Response:
        """What each PBX was found to have, what it would change in the directory, and what was refused."""
        return Json(await looker(viewer).report())

    @router.post(
        "/{connection_id}/look",
        operation_id="lookAtPbx",
        responses=documented(DiscoveryReport, 401, 403, 404, 422, 502, 503),
    )
    async def look(
        connection_id: Id, viewer: Annotated[Viewer, Depends(gate.viewer(Action.CHANGE_SETTINGS))]
    ) -> Response:
        """Look at a PBX now. Takes some seconds; nothing is changed by it but what was said to be taken over."""
        await looker(viewer).look(connection_id)
        return Json(await looker(viewer).report())

    @router.post(
        "/accept",
        operation_id="acceptFound",
        responses=documented(Settled, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("Chosen"),
    )
    async def accept(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Take proposals over, as they were shown: one that is another by now is left alone, and counted as stale."""
        asked = body(Chosen, await request.body())
        noted = deed(member, "accept_found", count=len(asked.ids))
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            taken = await looker(member.viewer).accept(asked.ids)
            noted.details = {"count": len(taken.done), "changes": _said(taken.done)}
        return Json(Settled(done=len(taken.done), stale=taken.stale))

    @router.post(
        "/refuse",
        operation_id="refuseFound",
        responses=documented(Settled, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("Chosen"),
    )
    async def refuse(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Have these proposed no more, as long as the PBX says the same."""
        asked = body(Chosen, await request.body())
        noted = deed(member, "refuse_found", count=len(asked.ids))
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            taken = await looker(member.viewer).refuse(asked.ids)
            noted.details = {"count": len(taken.done), "changes": _said(taken.done)}
        return Json(Settled(done=len(taken.done), stale=taken.stale))

    @router.post(
        "/reconsider",
        operation_id="reconsiderFound",
        status_code=204,
        responses=documented(None, 401, 403, 404, 413, 422, status=204),
        openapi_extra=documented_body("Reconsidered"),
    )
    async def reconsider(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Have proposed again what was refused."""
        asked = body(Reconsidered, await request.body())
        noted = deed(member, "reconsider_found", ("connection", asked.connection_id), kind=asked.kind, key=asked.key)
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            await looker(member.viewer).reconsider(asked.connection_id, asked.kind, asked.key)
        return Response(status_code=204)

    @router.put(
        "/{connection_id}/takes-new",
        operation_id="takeNewFound",
        status_code=204,
        responses=documented(None, 401, 403, 404, 413, 422, status=204),
        openapi_extra=documented_body("TakesNew"),
    )
    async def take_new(
        connection_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]
    ) -> Response:
        """Whether what is new at a PBX is taken over unasked; what is proposed as new now is taken over at once."""
        asked = body(TakesNew, await request.body())
        noted = deed(member, "take_new_found", ("connection", connection_id), takes_new=asked.takes_new)
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            await looker(member.viewer).take_new(connection_id, takes_new=asked.takes_new)
        return Response(status_code=204)

    return router


def _said(done: Sequence[Proposal]) -> list[dict[str, Any]]:
    """For the audit: each with what it was and what it is."""
    return [
        {
            name: value
            for name, value in (
                ("kind", each.kind),
                ("act", each.act),
                ("key", each.key),
                ("subject", each.subject),
                ("before", each.old),
                ("after", each.new),
            )
            if value is not None
        }
        for each in done[:_TOLD]
    ]
