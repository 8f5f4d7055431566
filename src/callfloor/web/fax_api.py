"""Faxes over REST: the list, a fax, its pages as pictures, all of it as PDF, and who has dealt with it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from callfloor.errors import FaxNotKeptError
from callfloor.floor.messages import FaxDirection
from callfloor.store.faxes import FAX_SORTS, Faxes, FaxFilter, FaxOutcome, FaxPage, FaxRow
from callfloor.web import message_queries as queries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented, documented_body, documented_file
from callfloor.web.audit import Audit
from callfloor.web.message_desk import MessageDesk
from callfloor.web.message_queries import PAGE, After, First, Handled, Last, Limit, OfCall, Order, Part, Words
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.sounds import FileAnswer

_FILE = (401, 403, 404, 415, 422, 416)
PageNumber = Annotated[int, Path(ge=1, le=100_000)]


def fax_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of faxes."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/faxes", tags=["messages"])
    reader = Depends(gate.viewer(Action.READ_MESSAGES))
    desk = MessageDesk[Faxes](deps, gate, audit, "fax", lambda of: of.faxes, FaxNotKeptError)

    @router.get("", operation_id="listFaxes", responses=documented(FaxPage, 401, 403, 404, 422))
    async def faxes(
        viewer: Annotated[Viewer, reader],
        first: First = None,
        last: Last = None,
        direction: Words = None,
        result: Words = None,
        handled: Handled = None,
        part: Part = None,
        call: OfCall = None,
        sort: Order = "-at",
        limit: Limit = PAGE,
        after: After = None,
    ) -> Response:
        """Faxes, received and sent."""
        project = await deps.store.run(deps.store.projects.get, viewer.project_id)
        from_at, to_at = queries.instants(first, last, project.timezone)
        wanted = FaxFilter(
            from_at=from_at,
            to_at=to_at,
            directions=queries.known(direction, FaxDirection, "query.direction"),
            outcomes=queries.known(result, FaxOutcome, "query.result"),
            handled=queries.yes_or_no(handled),
            part=part or None,
            call_id=call,
        )
        order = queries.order(sort, FAX_SORTS)
        queries.guard_numbers(viewer, part, order)
        found = await desk.asked(viewer, lambda of, sight: of.page(wanted, order, sight, limit=limit, cursor=after))
        return Json(found)

    @router.get("/{fax_id}", operation_id="getFax", responses=documented(FaxRow, 401, 403, 404, 422))
    async def fax(fax_id: Id, viewer: Annotated[Viewer, reader]) -> Response:
        """One fax."""
        return Json(await desk.asked(viewer, lambda of, sight: of.get(fax_id, sight)))

    @router.get(
        "/{fax_id}/pages/{page}", operation_id="getFaxPage", responses=documented_file(*_FILE, kinds=("image/png",)),
        response_class=Response,
    )  # fmt: skip
    async def page(
        request: Request, fax_id: Id, page: PageNumber, member: Annotated[Member, Depends(gate.member)]
    ) -> Response:
        """A page, from 1, as a picture in the paper's shape; each viewing of a fax is audited once."""

        async def answer() -> Response:
            files = await desk.asked(member.viewer, lambda of, sight: of.files(fax_id, sight))
            return FileAnswer(request, await desk.found(member.viewer).fax_page(files, page))

        return await desk.used(member, fax_id, "view", answer)

    @router.get(
        "/{fax_id}/file", operation_id="getFaxFile", responses=documented_file(*_FILE, kinds=("application/pdf",)),
        response_class=Response,
    )  # fmt: skip
    async def file(
        request: Request,
        fax_id: Id,
        member: Annotated[Member, Depends(gate.member)],
        download: Annotated[bool, Query(description="To be saved, and not to be shown.")] = True,  # noqa: FBT002
    ) -> Response:
        """All pages as PDF."""

        async def answer() -> Response:
            files = await desk.asked(member.viewer, lambda of, sight: of.files(fax_id, sight))
            document = await desk.found(member.viewer).fax_document(files)
            document.name = f"fax-{fax_id}.pdf"
            return FileAnswer(request, document, attached=download)

        return await desk.used(member, fax_id, "download", answer)

    @router.put(
        "/{fax_id}/handled",
        operation_id="handleFax",
        responses=documented(FaxRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("HandledChange"),
    )
    async def handle(request: Request, fax_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Somebody has dealt with it, or it is open again."""
        return await desk.handle(request, member, fax_id)

    @router.put(
        "/{fax_id}/note",
        operation_id="noteFax",
        responses=documented(FaxRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("NoteChange"),
    )
    async def note(request: Request, fax_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """What stands by a fax; empty is nothing."""
        return await desk.note(request, member, fax_id)

    return router
