"""Faxes over REST: the list, a fax, its pages as pictures, all of it as PDF, and who has dealt with it."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from callfloor.errors import FaxNotKeptError
from callfloor.floor.messages import FaxDirection
from callfloor.store.faxes import FAX_SORTS, Faxes, FaxFilter, FaxOutcome, FaxPage, FaxRow
from callfloor.store.message_pages import MessageSight
from callfloor.web import message_queries as queries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.contract_messages import HandledChange, NoteChange
from callfloor.web.listening import Listenings
from callfloor.web.message_queries import PAGE, After, First, Handled, Last, Limit, Order, Part, Words
from callfloor.web.ports import Deps, Messages
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.sounds import FileAnswer

_FILE = (401, 403, 404, 415, 422)
PageNumber = Annotated[int, Path(ge=1, le=100_000)]


def fax_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of faxes."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/faxes", tags=["messages"])
    reader = Depends(gate.viewer(Action.READ_MESSAGES))
    viewings = Listenings()

    @router.get("", operation_id="listFaxes", responses=documented(FaxPage, 401, 403, 404, 422))
    async def faxes(
        viewer: Annotated[Viewer, reader],
        first: First = None,
        last: Last = None,
        direction: Words = None,
        result: Words = None,
        handled: Handled = None,
        part: Part = None,
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
        )
        order = queries.order(sort, FAX_SORTS)
        found = await asked(viewer, lambda of, sight: of.page(wanted, order, sight, limit=limit, cursor=after))
        return Json(found)

    @router.get("/{fax_id}", operation_id="getFax", responses=documented(FaxRow, 401, 403, 404, 422))
    async def fax(fax_id: Id, viewer: Annotated[Viewer, reader]) -> Response:
        """One fax."""
        return Json(await asked(viewer, lambda of, sight: of.get(fax_id, sight)))

    @router.get(
        "/{fax_id}/pages/{page}", operation_id="getFaxPage", responses=file_answers("image/png", *_FILE, 416),
        response_class=Response,
    )  # fmt: skip
    async def page(
        request: Request, fax_id: Id, page: PageNumber, member: Annotated[Member, Depends(gate.member)]
    ) -> Response:
        """A page, from 1, as a picture in the paper's shape; each viewing of a fax is audited once."""

        async def answer() -> Response:
            files = await asked(member.viewer, lambda of, sight: of.files(fax_id, sight))
            return FileAnswer(request, await found(member.viewer).fax_page(files, page))

        return await viewed(member, fax_id, "view_fax", answer)

    @router.get(
        "/{fax_id}/file", operation_id="getFaxFile", responses=file_answers("application/pdf", *_FILE, 416),
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
            files = await asked(member.viewer, lambda of, sight: of.files(fax_id, sight))
            document = await found(member.viewer).fax_document(files)
            document.name = f"fax-{fax_id}.pdf"
            return FileAnswer(request, document, attached=download)

        return await viewed(member, fax_id, "download_fax", answer)

    @router.put(
        "/{fax_id}/handled",
        operation_id="handleFax",
        responses=documented(FaxRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("HandledChange"),
    )
    async def handle(request: Request, fax_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Somebody has dealt with it, or it is open again."""
        change = body(HandledChange, await request.body())

        def marked(of: Faxes) -> None:
            of.mark(fax_id, handled=change.handled, by_id=member.user.id, by=member.user.name, at=deps.clock())

        return await changed(member, fax_id, "handle_fax", {"handled": change.handled}, marked)

    @router.put(
        "/{fax_id}/note",
        operation_id="noteFax",
        responses=documented(FaxRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("NoteChange"),
    )
    async def note(request: Request, fax_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """What stands by a fax; empty is nothing."""
        change = body(NoteChange, await request.body())
        return await changed(member, fax_id, "note_fax", {}, lambda of: of.note(fax_id, change.note))

    async def asked(viewer: Viewer, ask: Callable[[Faxes, MessageSight], Any]) -> Any:
        def on_thread() -> Any:
            return ask(deps.store.project(viewer.project_id).faxes, queries.sight_of(viewer, deps.store))

        return await deps.store.run(on_thread)

    async def viewed(member: Member, fax_id: int, name: str, answer: Callable[[], Any]) -> Response:
        viewer = member.viewer
        viewer.require(Action.READ_MESSAGES)
        seen = (viewer.project_id, member.user.id, fax_id, name)
        response: Response
        if not viewings.begins(seen, deps.clock()):
            response = await answer()
            return response
        deed = Deed(at=deps.clock(), user=member.user, action=name, subject=("fax", fax_id))
        try:
            async with audit.watching(viewer.project_id, deed):
                response = await answer()
                return response
        except Exception:
            viewings.failed(seen)
            raise

    async def changed(
        member: Member, fax_id: int, action: str, details: dict[str, Any], change: Callable[[Faxes], None]
    ) -> Response:
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action=action, subject=("fax", fax_id), details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.READ_MESSAGES)
            await asked(viewer, lambda of, sight: of.get(fax_id, sight))
            await deps.store.change(change, deps.store.project(viewer.project_id).faxes)
        messages = deps.projects[viewer.project_id].messages if viewer.project_id in deps.projects else None
        if messages is not None:
            messages.changed()
        return Json(await asked(viewer, lambda of, sight: of.get(fax_id, sight)))

    def found(viewer: Viewer) -> Messages:
        messages = gate.live(viewer).messages
        if messages is None:
            raise FaxNotKeptError
        return messages

    return router


def file_answers(kind: str, *errors: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that answers with a file of this kind."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}}}
    answers = documented(None, *errors)
    answers[200] = {"description": "The whole of it.", "content": content}
    answers[206] = {"description": "The range that was asked for.", "content": content}
    answers[304] = {"description": "The browser has it already."}
    return answers
