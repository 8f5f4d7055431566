"""Voicemail over REST: the list, a message, its sound, and who has dealt with it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.errors import VoicemailUnreachableError
from callfloor.floor.messages import VoicemailMessage
from callfloor.store.message_pages import MessageSight
from callfloor.store.voicemail_rows import VoicemailFilter, VoicemailPage, VoicemailRow, VoicemailState
from callfloor.store.voicemails import VOICEMAIL_SORTS, Voicemails
from callfloor.web import message_queries as queries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.contract_messages import BoxList, HandledChange, MessagesState, NoteChange
from callfloor.web.listening import Listenings
from callfloor.web.message_queries import PAGE, After, First, Handled, Last, Limit, Order, Part, Words
from callfloor.web.ports import Deps, Messages
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.sounds import FileAnswer, SoundBody, Waveform

_SOUND = (401, 403, 404, 415, 422, 502)


def voicemail_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of voicemail, and of what both kinds of messages have in common."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["messages"])
    reader = Depends(gate.viewer(Action.READ_MESSAGES))
    listenings = Listenings()

    @router.get("/messages", operation_id="getMessagesState", responses=documented(MessagesState, 401, 403, 404, 422))
    async def state(viewer: Annotated[Viewer, reader]) -> Response:
        """Whether voicemail and faxes are set up, and a revision that is another when anything in the lists is."""
        messages = gate.live(viewer).messages
        nothing = MessagesState(revision="0", voicemail_set_up=False, voicemail_reachable=None, fax_set_up=False)
        return Json(nothing if messages is None else messages.state())

    @router.get("/voicemails", operation_id="listVoicemails", responses=documented(VoicemailPage, 401, 403, 404, 422))
    async def voicemails(
        viewer: Annotated[Viewer, reader],
        first: First = None,
        last: Last = None,
        box: Words = None,
        employee: Words = None,
        department: Words = None,
        state: Words = None,
        handled: Handled = None,
        part: Part = None,
        sort: Order = "-at",
        limit: Limit = PAGE,
        after: After = None,
    ) -> Response:
        """Voicemail: what lies at the PBX, and what has gone from there."""
        project = await deps.store.run(deps.store.projects.get, viewer.project_id)
        left_from, left_to = queries.instants(first, last, project.timezone)
        boxes = queries.words(box)
        wanted = VoicemailFilter(
            left_from=left_from,
            left_to=left_to,
            boxes=None if boxes is None else frozenset(boxes),
            employee_ids=queries.numbers(employee, "query.employee"),
            department_ids=queries.numbers(department, "query.department"),
            states=queries.known(state, VoicemailState, "query.state"),
            handled=queries.yes_or_no(handled),
            part=part or None,
        )
        order = queries.order(sort, VOICEMAIL_SORTS)
        found = await asked(viewer, lambda of, sight: of.page(wanted, order, sight, limit=limit, cursor=after))
        return Json(found)

    @router.get(
        "/voicemail-boxes", operation_id="listVoicemailBoxes", responses=documented(BoxList, 401, 403, 404, 422)
    )
    async def boxes(viewer: Annotated[Viewer, reader]) -> Response:
        """The boxes in sight that ever had a message."""
        return Json(BoxList(boxes=await asked(viewer, lambda of, sight: of.boxes(sight))))

    @router.get(
        "/voicemails/{message_id}", operation_id="getVoicemail", responses=documented(VoicemailRow, 401, 403, 404, 422)
    )
    async def voicemail(message_id: Id, viewer: Annotated[Viewer, reader]) -> Response:
        """One message."""
        return Json(await asked(viewer, lambda of, sight: of.get(message_id, sight)))

    @router.get(
        "/voicemails/{message_id}/audio", operation_id="getVoicemailAudio", responses=sound_answers(*_SOUND, 416),
        response_class=Response,
    )  # fmt: skip
    async def audio(
        request: Request,
        message_id: Id,
        member: Annotated[Member, Depends(gate.member)],
        download: Annotated[bool, Query(description="The file as the PBX wrote it, to be saved.")] = False,  # noqa: FBT002
    ) -> Response:
        """A message as browsers play it, by ranges; each listening and download is audited once."""
        viewer = member.viewer
        viewer.require(Action.READ_MESSAGES)
        name = "download_voicemail" if download else "listen_voicemail"
        heard = (viewer.project_id, member.user.id, message_id, name)

        async def answer() -> Response:
            message = await asked(viewer, lambda of, sight: of.message(message_id, sight))
            messages = found(viewer)
            give: Callable[[VoicemailMessage], Awaitable[SoundBody]] = (
                messages.voicemail_original if download else messages.voicemail_playable
            )
            return FileAnswer(request, await give(message), attached=download)

        if not listenings.begins(heard, deps.clock()):
            return await answer()
        deed = Deed(at=deps.clock(), user=member.user, action=name, subject=("voicemail", message_id))
        try:
            async with audit.watching(viewer.project_id, deed):
                return await answer()
        except Exception:
            listenings.failed(heard)
            raise

    @router.get(
        "/voicemails/{message_id}/peaks", operation_id="getVoicemailPeaks", responses=documented(Waveform, *_SOUND)
    )
    async def peaks(message_id: Id, viewer: Annotated[Viewer, reader]) -> Response:
        """What is drawn of a message: nobody has heard it yet."""
        message = await asked(viewer, lambda of, sight: of.message(message_id, sight))
        return Json(await found(viewer).voicemail_waveform(message))

    @router.put(
        "/voicemails/{message_id}/handled",
        operation_id="handleVoicemail",
        responses=documented(VoicemailRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("HandledChange"),
    )
    async def handle(request: Request, message_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Somebody has dealt with it, or it is open again."""
        change = body(HandledChange, await request.body())

        def marked(of: Voicemails) -> None:
            of.mark(message_id, handled=change.handled, by_id=member.user.id, by=member.user.name, at=deps.clock())

        return await changed(member, message_id, "handle_voicemail", {"handled": change.handled}, marked)

    @router.put(
        "/voicemails/{message_id}/note",
        operation_id="noteVoicemail",
        responses=documented(VoicemailRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("NoteChange"),
    )
    async def note(request: Request, message_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """What stands by a message; empty is nothing."""
        change = body(NoteChange, await request.body())
        return await changed(member, message_id, "note_voicemail", {}, lambda of: of.note(message_id, change.note))

    async def asked(viewer: Viewer, ask: Callable[[Voicemails, MessageSight], Any]) -> Any:
        def on_thread() -> Any:
            return ask(deps.store.project(viewer.project_id).voicemails, queries.sight_of(viewer, deps.store))

        return await deps.store.run(on_thread)

    async def changed(
        member: Member, message_id: int, action: str, details: dict[str, Any], change: Callable[[Voicemails], None]
    ) -> Response:
        viewer = member.viewer
        deed = Deed(
            at=deps.clock(), user=member.user, action=action, subject=("voicemail", message_id), details=details
        )
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.READ_MESSAGES)
            await asked(viewer, lambda of, sight: of.get(message_id, sight))
            await deps.store.change(change, deps.store.project(viewer.project_id).voicemails)
        messages = deps.projects[viewer.project_id].messages if viewer.project_id in deps.projects else None
        if messages is not None:
            messages.changed()
        return Json(await asked(viewer, lambda of, sight: of.get(message_id, sight)))

    def found(viewer: Viewer) -> Messages:
        messages = gate.live(viewer).messages
        if messages is None:
            raise VoicemailUnreachableError
        return messages

    return router


def sound_answers(*errors: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that answers with sound."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("audio/wav", "audio/mpeg", "*/*")}
    answers = documented(None, *errors)
    answers[200] = {"description": "The whole of it.", "content": content}
    answers[206] = {"description": "The range that was asked for.", "content": content}
    answers[304] = {"description": "The browser has it already."}
    return answers
