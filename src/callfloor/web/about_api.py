"""The project itself over REST: name, zone, country, language; put to rest, and removed. By its administrators."""

import logging
from typing import Annotated
from zoneinfo import available_timezones

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import CallfloorError, InvalidInputError, StaleEditError
from callfloor.store.directory_entries import revision_of
from callfloor.store.projects import Project
from callfloor.store.store import Store
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import DONE, Audit, Deed, told
from callfloor.web.contract_directory import ProjectArchive, ProjectEntry, ProjectPut, ProjectRemoval
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Member

logger = logging.getLogger(__name__)


def about_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/project."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/project", tags=["settings"])

    @router.get("", operation_id="getProject", responses=documented(ProjectEntry, 401, 403, 404, 422))
    async def about(viewer: Annotated[Viewer, Depends(gate.viewer(Action.CHANGE_SETTINGS))]) -> Response:
        """The project as it is."""
        return Json(_entry(await deps.store.run(deps.store.projects.get, viewer.project_id)))

    @router.put(
        "",
        operation_id="changeProject",
        responses=documented(ProjectEntry, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("ProjectPut"),
    )
    async def change(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Change the project. Another zone or country begins the live floor anew, within seconds."""
        asked = body(ProjectPut, await request.body())
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="change_project")
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            before, after = await deps.store.change(_change, deps.store, viewer.project_id, asked)
            deed.details = told(before, after)
        return Json(_entry(after))

    @router.put(
        "/archived",
        operation_id="archiveProject",
        responses=documented(ProjectEntry, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("ProjectArchive"),
    )
    async def archive(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Put the project to rest: nothing is collected, its administrators read its past. Or take it up again."""
        asked = body(ProjectArchive, await request.body())
        viewer, now = member.viewer, deps.clock()
        deed = Deed(at=now, user=member.user, action="archive_project" if asked.archived else "unarchive_project")
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.ARCHIVE)
            at = now if asked.archived else None
            after = await deps.store.change(deps.store.projects.archive, viewer.project_id, at)
            deed.details = {"name": after.name}
        return Json(_entry(after))

    @router.post(
        "/removal",
        operation_id="removeProject",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 413, 422, status=204),
        openapi_extra=documented_body("ProjectRemoval"),
    )
    async def remove(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Remove a project that rests, with everything that is its, for good; whoever is sure types its name."""
        asked = body(ProjectRemoval, await request.body())
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="remove_project", subject=("project", viewer.project_id))
        try:
            viewer.require(Action.ARCHIVE)
            gone = await deps.store.change(_remove, deps.store, viewer.project_id, asked.name, deed.at)
        except CallfloorError as error:
            deed.outcome = error.error_id
            await audit.write(viewer.project_id, deed)
            raise
        deed.outcome = DONE
        deed.details = {"name": gone.name}
        logger.info("a project is removed", extra={"project": gone.id, "user_id": member.user.id})
        await audit.write_of_user(deed)  # its own audit goes with it: the user's other projects have it
        return Response(status_code=204)

    return router


def _remove(store: Store, project_id: int, name: str, now: float) -> Project:
    if name.strip() != store.projects.get(project_id).name:
        raise InvalidInputError("This is not the project's name.", at="name")
    return store.projects.begin_removal(project_id, now=now)


def _entry(project: Project) -> ProjectEntry:
    names = ("id", "name", "timezone", "country", "language", "created_at", "archived_at")
    entry = ProjectEntry(**{name: getattr(project, name) for name in names})
    return msgspec.structs.replace(entry, revision=revision_of(entry))


def _change(store: Store, project_id: int, asked: ProjectPut) -> tuple[Project, Project]:
    """On the store's one writing thread: nobody of this process changes it in between."""
    before = store.projects.get(project_id)
    if asked.revision is not None and asked.revision != _entry(before).revision:
        raise StaleEditError(now=msgspec.to_builtins(_entry(before)))
    if asked.timezone != before.timezone and asked.timezone not in available_timezones():
        raise InvalidInputError("There is no such time zone; an IANA name is meant: Europe/Warsaw.", at="timezone")
    if any(other.name == asked.name.strip() and other.id != project_id for other in store.projects.all()):
        raise InvalidInputError("There is a project of this name.", at="name")
    after = store.projects.change(
        project_id, name=asked.name, timezone=asked.timezone, country=asked.country, language=asked.language
    )
    return before, after
