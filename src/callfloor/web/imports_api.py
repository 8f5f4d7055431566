"""Import of history over REST: uploads in parts, the job, and what came of each source. Administrators alone."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.errors import NotFoundError
from callfloor.store.imports import ImportedSource
from callfloor.store.jobs import Job
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.jobs_api import job_shown
from callfloor.web.ports import Deps, ImportUploads
from callfloor.web.signed_in import Gate, Member

PART_BYTES = 2 * 2**20
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
_FileId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]


class ImportFileAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that is to come, in parts of at most 2 MiB."""

    kind: Annotated[str, msgspec.Meta(pattern=r"^(cel|cdr|queue_log)$")]
    name: Annotated[str, msgspec.Meta(max_length=200, pattern=_PLAIN)]
    size: Annotated[int, msgspec.Meta(ge=1, le=2**40)]


class ImportFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way here; the next part begins at ``received``."""

    id: str
    kind: str
    name: str
    size: int
    received: int


class ImportAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be imported: uploaded files, or a database of the PBX's. Days are local ones, both inclusive."""

    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=_PLAIN)]
    files: Annotated[tuple[_FileId, ...], msgspec.Meta(max_length=100)] = ()
    database: Annotated[str, msgspec.Meta(max_length=1000, pattern=_PLAIN)] | None = None  # never shown again
    first_day: _Day | None = None
    last_day: _Day | None = None
    link: Annotated[str, msgspec.Meta(max_length=200, pattern=_PLAIN)] | None = None
    encoding: Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[A-Za-z0-9_-]+$")] = "utf-8"
    again: bool = False


class ImportList(msgspec.Struct, frozen=True, kw_only=True):
    """Every source that was imported, the latest first, and the PBX connections whose records they may be."""

    sources: tuple[ImportedSource, ...]
    links: tuple[str, ...]


IMPORT_SHAPES = (ImportFileAsked, ImportFile, ImportAsked, ImportList)
IMPORT_ASKED = frozenset({"ImportFileAsked", "ImportAsked"})


def import_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/imports."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/imports", tags=["settings"])
    administrator = gate.viewer(Action.CHANGE_SETTINGS)

    @router.get("", operation_id="listImports", responses=documented(ImportList, 401, 403, 404, 422))
    async def imports(viewer: Annotated[Viewer, Depends(administrator)]) -> Response:
        """What was imported so far."""
        project = deps.store.project(viewer.project_id)
        found = await deps.store.run(project.imports.sources)
        links = await deps.store.run(project.links.all)
        return Json(ImportList(sources=found, links=tuple(link.name for link in links)))

    @router.post(
        "/files",
        operation_id="beginImportFile",
        status_code=201,
        responses=documented(ImportFile, 401, 403, 404, 413, 422, status=201),
        openapi_extra=documented_body("ImportFileAsked"),
    )
    async def begin(request: Request, viewer: Annotated[Viewer, Depends(administrator)]) -> Response:
        """Say that a file will come."""
        asked = body(ImportFileAsked, await request.body())
        made = await deps.store.run(uploads(viewer).begin, asked.kind, asked.name, asked.size)
        return Json(msgspec.convert(made, ImportFile, from_attributes=True), 201)

    @router.post(
        "/files/{file_id}/part",
        operation_id="addImportFilePart",
        responses=documented(ImportFile, 401, 403, 404, 409, 413, 422),
        openapi_extra={
            "requestBody": {
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                "required": True,
            }
        },
    )
    async def part(
        file_id: str,
        request: Request,
        viewer: Annotated[Viewer, Depends(administrator)],
        offset: Annotated[int, Query(ge=0, le=2**40)],
    ) -> Response:
        """The next part of a file. One that came before may come again."""
        made = await deps.store.run(uploads(viewer).add, file_id, offset, await request.body())
        return Json(msgspec.convert(made, ImportFile, from_attributes=True))

    @router.post(
        "",
        operation_id="startImport",
        status_code=202,
        responses=documented(Job, 401, 403, 404, 413, 422, status=202),
        openapi_extra=documented_body("ImportAsked"),
    )
    async def start(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Import. What the journal has already stays as it is; the same sources again go on where they were."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="import")
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            asked = body(ImportAsked, await request.body())
            said: dict[str, Any] = {
                key: value for key, value in msgspec.to_builtins(asked).items() if value not in (None, (), [])
            }
            params = await deps.store.run(uploads(viewer).params, said)
            deed.details = {key: value for key, value in params.items() if not key.startswith("_")}
            work = gate.live(viewer).work
            job = await work.start("import", params, user_id=viewer.user_id, user_name=member.user.name)
            return Json(job_shown(job, work), 202)

    def uploads(viewer: Viewer) -> ImportUploads:
        live = gate.live(viewer)
        if live.uploads is None:
            raise NotFoundError("Nothing can be imported here.")
        return live.uploads

    return router
