"""Voicemail over REST: the list, a message, its sound, and who has dealt with it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.errors import VoicemailUnreachableError
from callfloor.store.voicemail_rows import VoicemailFilter, VoicemailPage, VoicemailRow, VoicemailState
from callfloor.store.voicemails import VOICEMAIL_SORTS, Voicemails
from callfloor.web import message_queries as queries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented, documented_body, documented_file
from callfloor.web.audit import Audit
from callfloor.web.contract_messages import BoxList, MessagesState
from callfloor.web.message_desk import MessageDesk
from callfloor.web.message_queries import PAGE, After, First, Handled, Last, Limit, OfCall, Order, Part, Words
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.sounds import SOUND_KINDS, FileAnswer, Waveform

_SOUND = (401, 403, 404, 415, 422, 502)


def voicemail_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of voicemail, and of what both kinds of messages have in common."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["messages"])
    reader = Depends(gate.viewer(Action.READ_MESSAGES))
    desk = MessageDesk[Voicemails](deps, gate, audit, "voicemail", lambda of: of.voicemails, VoicemailUnreachableError)

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
        call: OfCall = None,
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
            call_id=call,
        )
        order = queries.order(sort, VOICEMAIL_SORTS)
        queries.guard_numbers(viewer, part, order)
        found = await desk.asked(viewer, lambda of, sight: of.page(wanted, order, sight, limit=limit, cursor=after))
        return Json(found)

    @router.get(
        "/voicemail-boxes", operation_id="listVoicemailBoxes", responses=documented(BoxList, 401, 403, 404, 422)
    )
    async def boxes(viewer: Annotated[Viewer, reader]) -> Response:
        """The boxes in sight that ever had a message."""
        return Json(BoxList(boxes=await desk.asked(viewer, lambda of, sight: of.boxes(sight))))

    @router.get(
        "/voicemails/{message_id}", operation_id="getVoicemail", responses=documented(VoicemailRow, 401, 403, 404, 422)
    )
    async def voicemail(message_id: Id, viewer: Annotated[Viewer, reader]) -> Response:
        """One message."""
        return Json(await desk.asked(viewer, lambda of, sight: of.get(message_id, sight)))

    @router.get(
        "/voicemails/{message_id}/audio",
        operation_id="getVoicemailAudio",
        responses=documented_file(*_SOUND, 416, kinds=SOUND_KINDS),
        response_class=Response,
    )
    async def audio(
        request: Request,
        message_id: Id,
        member: Annotated[Member, Depends(gate.member)],
        download: Annotated[bool, Query(description="The file as the PBX wrote it, to be saved.")] = False,  # noqa: FBT002
    ) -> Response:
        """A message as browsers play it, by ranges; each listening and download is audited once."""

        async def answer() -> Response:
            message = await desk.asked(member.viewer, lambda of, sight: of.message(message_id, sight))
            messages = desk.found(member.viewer)
            give = messages.voicemail_original if download else messages.voicemail_playable
            return FileAnswer(request, await give(message), attached=download)

        return await desk.used(member, message_id, "download" if download else "listen", answer)

    @router.get(
        "/voicemails/{message_id}/peaks", operation_id="getVoicemailPeaks", responses=documented(Waveform, *_SOUND)
    )
    async def peaks(message_id: Id, viewer: Annotated[Viewer, reader]) -> Response:
        """What is drawn of a message: nobody has heard it yet."""
        message = await desk.asked(viewer, lambda of, sight: of.message(message_id, sight))
        return Json(await desk.found(viewer).voicemail_waveform(message))

    @router.put(
        "/voicemails/{message_id}/handled",
        operation_id="handleVoicemail",
        responses=documented(VoicemailRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("HandledChange"),
    )
    async def handle(request: Request, message_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Somebody has dealt with it, or it is open again."""
        return await desk.handle(request, member, message_id)

    @router.put(
        "/voicemails/{message_id}/note",
        operation_id="noteVoicemail",
        responses=documented(VoicemailRow, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("NoteChange"),
    )
    async def note(request: Request, message_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """What stands by a message; empty is nothing."""
        return await desk.note(request, member, message_id)

    return router
