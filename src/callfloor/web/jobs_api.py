"""Long work over REST: what runs, how far it is, its file, and how to stop it. Kinds are started by their own routes.

Administrators see every job of the project, everyone else those that they asked for themselves; the rest does not
exist for them.
"""

from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse

from callfloor.errors import NotFoundError
from callfloor.store.jobs import MASKED, Job, shown
from callfloor.web import masked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented
from callfloor.web.audit import Audit, Deed
from callfloor.web.ports import Deps, Work
from callfloor.web.signed_in import Gate, Id, Member

PAGE = 50
PAGE_MOST = 500
_FILE_OF = {"export": Action.EXPORT, "import": Action.CHANGE_SETTINGS, "client_export": Action.HANDLE_PERSONAL_DATA}
"""What whoever downloads a job's file must be allowed, by its kind."""


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs, the latest first."""

    jobs: tuple[Job, ...]


def job_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/jobs."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/jobs", tags=["jobs"])

    @router.get("", operation_id="listJobs", responses=documented(JobList, 401, 403, 404, 422))
    async def jobs(
        member: Annotated[Member, Depends(gate.member)], limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE
    ) -> Response:
        """Jobs, the latest first, with their progress as it is now."""
        viewer = member.viewer
        viewer.require(Action.READ_DIRECTORY)  # everybody's role does; not every token's scopes
        found = await deps.store.run(
            deps.store.project(viewer.project_id).jobs.list,
            limit=limit,
            user_id=None if viewer.may(Action.CHANGE_SETTINGS) else viewer.user_id,
        )
        work = _work(viewer)
        return Json(JobList(jobs=tuple(job_shown(job, work) for job in found)))

    @router.get("/{job_id}", operation_id="getJob", responses=documented(Job, 401, 403, 404, 422))
    async def job(job_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """One job, with its progress as it is now."""
        return Json(job_shown(await seen(member.viewer, job_id), _work(member.viewer)))

    @router.post("/{job_id}/cancel", operation_id="cancelJob", responses=documented(Job, 401, 403, 404, 422))
    async def cancel(job_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Stop a job: at once where it waits, at its next step where it runs. One that has ended stays as it is."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="cancel_job", subject=("job", job_id))
        async with audit.watching(viewer.project_id, deed):
            found = await seen(viewer, job_id)
            deed.details = {"kind": found.kind}
            work = gate.live(viewer).work
            return Json(job_shown(await work.cancel(job_id), work))

    @router.get(
        "/{job_id}/file",
        operation_id="getJobFile",
        responses={
            **documented(None, 401, 403, 404, 422),
            200: {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        },
    )
    async def file(job_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """The file that a job made, for some days after."""
        found = await seen(member.viewer, job_id)
        needed = _FILE_OF.get(found.kind)
        if needed is not None:  # as it is now, whatever it was when the file was asked for
            member.viewer.require(needed)
        if found.kind in {"export", "client_export"} and not found.result.get(MASKED):
            masked.refused(member.viewer, "file")
        path = gate.live(member.viewer).work.file(found)
        if path is None:
            raise NotFoundError("The job has no file, or has none any more.")
        told = found.result["file"]
        # By our own hand: a Range may not be asked of it, and what it is called may be in any script.
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(told['name'], safe='')}"}
        return FileResponse(path, media_type=told["media_type"], headers=headers)

    async def seen(viewer: Viewer, job_id: int) -> Job:
        viewer.require(Action.READ_DIRECTORY)
        found = await deps.store.run(deps.store.project(viewer.project_id).jobs.get, job_id)
        if found.user_id != viewer.user_id and not viewer.may(Action.CHANGE_SETTINGS):
            raise NotFoundError("There is no such job.")
        return found

    def _work(viewer: Viewer) -> Work | None:
        project = deps.projects.get(viewer.project_id)
        return None if project is None else project.work

    return router


def job_shown(job: Job, work: Work | None) -> Job:
    """A job as it goes out: with its progress as it is now, without its secrets."""
    now = job if work is None else work.now(job)
    return msgspec.structs.replace(now, params=shown(now.params))
