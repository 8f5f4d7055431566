"""The directory as a file over REST: out as CSV, and in again, looked at before it is taken over; employees' photos."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.errors import NotFoundError
from callfloor.store.directory_import import DirectoryImported
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.contract_directory import DirectoryImport, PhotoKept
from callfloor.web.directory_desk import DirectoryDesk
from callfloor.web.pages import IMMUTABLE
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member

SHOWN = 500
"""Changes that an answer names; a file may make 50,000, and nobody reads them all. The counts are of all."""

_DELIMITERS = {"comma": ",", "semicolon": ";"}
_PHOTO = "image/webp"


def directory_file_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of the directory's file and photos under /api/v1/projects/{project_id}."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["directory"])
    desk = DirectoryDesk(deps, audit)

    @router.get(
        "/directory/export",
        operation_id="exportDirectory",
        responses={
            **documented(None, 401, 403, 404, 422),
            200: {"description": "The directory.", "content": {"text/csv": {"schema": {"type": "string"}}}},
        },
        response_class=Response,
    )
    async def export(
        member: Annotated[Member, Depends(gate.member)],
        delimiter: Annotated[str, Query(pattern=r"^(comma|semicolon)$", description="Between fields.")] = "comma",
    ) -> Response:
        """Departments, employees, queues, numbers, trunks and routes as CSV, as an import takes it."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="export_directory")
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            file = deps.store.project(viewer.project_id).directory_file
            text = await deps.store.run(file.export, delimiter=_DELIMITERS[delimiter])
        headers = {"Content-Disposition": 'attachment; filename="directory.csv"'}
        return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.post(
        "/directory/import",
        operation_id="importDirectory",
        responses=documented(DirectoryImported, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("DirectoryImport"),
    )
    async def take(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """What a file would change, line by line; or change it, all of it or nothing. Errors name their lines."""
        asked = body(DirectoryImport, await request.body())
        viewer = member.viewer
        file = deps.store.project(viewer.project_id).directory_file
        if asked.dry:
            viewer.require(Action.CHANGE_SETTINGS)
            return Json(_shortened(await deps.store.run(file.look, asked.text, absent=asked.absent)))
        live = deps.projects.get(viewer.project_id)
        deed = Deed(at=deps.clock(), user=member.user, action="import_directory", details={"absent": asked.absent})
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            found = await deps.store.change(
                file.take,
                asked.text,
                now=deps.clock(),
                e164=(lambda _: None) if live is None else live.settings.e164,
                absent=asked.absent,
                seen=asked.revision,
            )
            counts = {name: getattr(found, name) for name in ("added", "changed", "left", "back", "removed")}
            deed.details = {"absent": asked.absent, "applied": found.applied, **counts}
        if found.applied:
            await desk.follow(viewer.project_id)
        return Json(_shortened(found))

    # --- photos ---------------------------------------------------------------------------------------------------

    @router.get(
        "/employees/{employee_id}/photo",
        operation_id="getPhoto",
        responses={
            **documented(None, 401, 403, 404, 422),
            200: {
                "description": "The photo: 256 by 256 pixels.",
                "content": {_PHOTO: {"schema": {"type": "string", "format": "binary"}}},
            },
        },
        response_class=Response,
    )
    async def photo(
        employee_id: Id,
        viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_DIRECTORY))],
        v: Annotated[str | None, Query(max_length=40, description="Its digest: what it was asked for by.")] = None,
    ) -> Response:
        """An employee's photo. Asked for by its digest, a browser keeps it for good."""
        image, digest = await deps.store.run(deps.store.project(viewer.project_id).photos.get, employee_id)
        cache = IMMUTABLE.replace("public", "private") if v == digest else "private, no-cache"
        return Response(image, media_type=_PHOTO, headers={"Cache-Control": cache, "ETag": f'"{digest}"'})

    @router.put(
        "/employees/{employee_id}/photo",
        operation_id="putPhoto",
        responses=documented(PhotoKept, 401, 403, 404, 413, 422),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def put_photo(employee_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """A photo from a PNG, JPEG or WebP of up to 5 MB: its middle is kept, and nothing else that is in the file."""
        data = await request.body()
        make = deps.make_photo
        if make is None:
            raise NotFoundError("No photos are kept here.")
        return Json(await keep(employee_id, member, "put_photo", lambda: make(data)))

    @router.delete(
        "/employees/{employee_id}/photo",
        operation_id="removePhoto",
        responses=documented(PhotoKept, 401, 403, 404, 422),
    )
    async def remove_photo(employee_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """The employee has no photo from now on."""
        return Json(await keep(employee_id, member, "remove_photo", lambda: None))

    async def keep(employee_id: int, member: Member, action: str, made: Callable[[], bytes | None]) -> PhotoKept:
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action=action, subject=("employee", employee_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            photos = deps.store.project(viewer.project_id).photos
            await deps.store.run(photos.require_owner, employee_id)
            image = await asyncio.to_thread(made)
            before, after = await deps.store.change(photos.put, employee_id, image)
            deed.details = {"before": {"photo": before}, "after": {"photo": after}}
        await desk.follow(viewer.project_id)
        return PhotoKept(photo=after)

    return router


def _shortened(found: DirectoryImported) -> DirectoryImported:
    return msgspec.structs.replace(found, changes=found.changes[:SHOWN])
