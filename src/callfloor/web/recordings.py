"""A call's recording over REST: heard in parts as the browser asks, drawn, and downloaded as the PBX wrote it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.errors import NotFoundError, RecordingsNotSetUpError
from callfloor.floor.calls import CallRecord, recordings_of
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented, documented_file
from callfloor.web.audit import Audit, Deed
from callfloor.web.journal_sight import seen_by
from callfloor.web.listening import Listenings
from callfloor.web.ports import AskedRecording, Deps, Recordings
from callfloor.web.signed_in import CallId, Gate, Member
from callfloor.web.sounds import SOUND_KINDS, FileAnswer, Waveform

Part = Annotated[int, Query(ge=0, le=999, description="Which of the call's recordings, in the order they began.")]
_REFUSALS = (401, 403, 404, 415, 422, 502)


def recording_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/journal/calls/{call_id}/recording."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/journal/calls/{call_id}/recording", tags=["recording"])
    listenings = Listenings()

    async def recording(
        request: Request,
        call_id: CallId,
        member: Annotated[Member, Depends(gate.member)],
        part: Part = 0,
        download: Annotated[bool, Query(description="The file as the PBX wrote it, to be saved.")] = False,  # noqa: FBT002
    ) -> Response:
        """The recording, as browsers play it (WAV, MP3), by ranges; each listening and download is audited once."""
        name = "download_recording" if download else "listen_recording"
        heard = (member.viewer.project_id, member.user.id, call_id, part, name)

        async def answer() -> Response:
            record = await seen(member.viewer, call_id)
            recordings = found()
            give = recordings.original if download else recordings.playable
            return FileAnswer(request, await give(asked(record, part)), attached=download)

        if request.method == "HEAD" or not listenings.begins(heard, deps.clock()):
            return await answer()
        details: dict[str, str | int] = {"call_id": call_id, **({"part": part} if part else {})}
        deed = Deed(at=deps.clock(), user=member.user, action=name, subject=("call", call_id), details=details)
        try:
            async with audit.watching(member.viewer.project_id, deed):
                return await answer()
        except Exception:
            listenings.failed(heard)
            raise

    router.add_api_route(
        "",
        recording,
        methods=["GET"],
        operation_id="getRecording",
        responses=documented_file(*_REFUSALS, 416, kinds=SOUND_KINDS),
        response_class=Response,
    )
    router.add_api_route("", recording, methods=["HEAD"], include_in_schema=False, name="recording_head")

    @router.get("/peaks", operation_id="getRecordingPeaks", responses=documented(Waveform, *_REFUSALS))
    async def peaks(call_id: CallId, member: Annotated[Member, Depends(gate.member)], part: Part = 0) -> Response:
        """What is drawn of the recording: nobody has heard it yet."""
        record = await seen(member.viewer, call_id)
        return Json(await found().waveform(asked(record, part)))

    def found() -> Recordings:
        if deps.recordings is None:
            raise RecordingsNotSetUpError
        return deps.recordings

    async def seen(viewer: Viewer, call_id: str) -> CallRecord:
        """The call, if the viewer may listen and it is in their sight."""
        viewer.require(Action.LISTEN)
        store = deps.store.project(viewer.project_id)
        call = await deps.store.run(store.journal.get, call_id)
        sight = await seen_by(deps, viewer)
        everything = sight.departments is None and sight.employee_id is None
        if not everything and not any(
            one.department_id in (sight.departments or ())
            or (sight.employee_id is not None and one.employee_id == sight.employee_id)
            for one in call.employees
        ):
            raise NotFoundError("There is no such call.")
        return call.record

    return router


def asked(record: CallRecord, part: int) -> AskedRecording:
    """What the recording of this place in the call's story is looked for by.

    Raises:
        NotFoundError: the call has fewer.
    """
    steps = recordings_of(record)
    if part >= max(1, len(steps)):  # where the PBX named none, a file may have the call's channel in its name
        raise NotFoundError("The call has no such recording.")
    step = steps[part] if steps else None
    return AskedRecording(
        call_id=record.call_id,
        named=None if step is None else step.detail,
        started_at=record.started_at if step is None else step.at,
        talk_s=record.talk_s + record.hold_s,
        of_employee=step is not None and step.account is not None,
    )
