"""One client's data as a ZIP: calls, notes, recordings, voicemail, faxes, callbacks; as JSON, as CSV, and the files."""

import contextlib
import csv
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from callfloor.asterisk.recording_files import RecordingFolders
from callfloor.errors import CallfloorError
from callfloor.floor.calls import StoryStep
from callfloor.store.call_filter import CallFilter, Sort
from callfloor.store.faxes import FaxFilter
from callfloor.store.message_pages import LARGEST_PAGE, MessageSight, MessageSort
from callfloor.store.retention import OldCall
from callfloor.store.spelled import Number
from callfloor.store.store import ProjectStore
from callfloor.store.voicemail_rows import VoicemailFilter

ENDLESS: Final = 4e9
_story = msgspec.json.Decoder(list[StoryStep])
_json = msgspec.json.Encoder()


def export_client(
    project: ProjectStore,
    client: str,
    path: Path,
    progress: Callable[[int], None],
    recordings: RecordingFolders,
    fax_folder: Path,
    spool: Path | None,
    *,
    now: float,
) -> dict[str, Any]:
    """Write the ZIP; how many of each kind are in it.

    Raises:
        InvalidInputError: it is no number.
        JobCancelledError, JobInterruptedError: as ``progress`` does.
        StoreError: the store cannot be read.
    """
    number = Number(client, project.erasure.forms(client))
    counts = {"calls": 0, "recordings": 0, "recordings_missing": 0, "voicemails": 0, "faxes": 0, "callbacks": 0}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        calls: list[Any] = []
        for row in project.journal.stream(of_client(client), Sort()):
            progress(len(calls))
            whole = project.journal.whole(row.call_id)
            calls.append({"call": whole.record, "tags": row.tags, "marks": row.marks, "notes": whole.notes})
            if row.recorded:
                found = _add_recording(bundle, recordings, old_call(project, row.call_id))
                counts["recordings" if found else "recordings_missing"] += 1
        counts["calls"] = len(calls)
        bundle.writestr("calls.json", _json.encode(calls))
        bundle.writestr("calls.csv", _csv([msgspec.to_builtins(each["call"]) for each in calls]))
        voicemails = list(_voicemails(project, number, client))
        faxes = list(_faxes(project, number, client))
        callbacks = project.erasure.callbacks(client)
        for name, rows in (("voicemails", voicemails), ("faxes", faxes), ("callbacks", callbacks)):
            counts[name] = len(rows)
            bundle.writestr(f"{name}.json", _json.encode(rows))
            bundle.writestr(f"{name}.csv", _csv([msgspec.to_builtins(each) for each in rows]))
        for fax in faxes:
            progress(len(calls))
            with contextlib.suppress(CallfloorError):  # it was never kept
                for name in project.faxes.files(fax.id, MessageSight()):
                    bundle.write(fax_folder / name, f"faxes/{fax.id} {Path(name).name}")
        for message in voicemails:
            progress(len(calls))
            with contextlib.suppress(CallfloorError, OSError):  # the PBX has deleted it
                lies = project.voicemails.message(message.id, MessageSight())
                if spool is not None and lies.sound is not None:
                    bundle.write(spool / f"{lies.place}.{lies.sound}", f"voicemail/{message.id}.{lies.sound}")
        bundle.writestr("client.json", _json.encode({"client": client, "made_at": now, **counts}))
    return counts


def _add_recording(bundle: zipfile.ZipFile, recordings: RecordingFolders, call: OldCall) -> bool:
    added = False
    for name in files_of(call):
        try:
            found = recordings.find(name, call.call_id.partition("-")[2] or None)
        except CallfloorError:
            continue
        with open(found.fd, "rb") as source, bundle.open(f"recordings/{call.call_id} {found.name}", "w") as into:
            shutil.copyfileobj(source, into)
        added = True
    return added


def of_client(client: str) -> CallFilter:
    """Every call of a client."""
    return CallFilter(started_from=0.0, started_to=ENDLESS, client_e164=client)


def old_call(project: ProjectStore, call_id: str) -> OldCall:
    """A call as far as its recordings are looked for by it."""
    record = project.journal.get(call_id).record
    return OldCall(
        key=0,
        call_id=call_id,
        started_at=record.started_at,
        talk_s=record.talk_s + record.hold_s,
        recording=record.recording,
        story=msgspec.json.encode(record.story).decode(),
    )


def files_of(call: OldCall) -> tuple[str, ...]:
    """The recordings of a call, as the PBX named them."""
    told = [each.detail for each in _story.decode(call.story) if each.what == "recording" and each.detail]
    return tuple(dict.fromkeys([*told, *([call.recording] if call.recording else [])]))


def _voicemails(project: ProjectStore, number: Number, client: str) -> Iterator[Any]:
    cursor = None
    while True:
        page = project.voicemails.page(
            VoicemailFilter(left_from=0.0, left_to=ENDLESS),
            MessageSort(),
            MessageSight(),
            limit=LARGEST_PAGE,
            cursor=cursor,
        )
        yield from (row for row in page.messages if client == row.caller_e164 or row.caller_number in number.texts)
        cursor = page.next_cursor
        if cursor is None:
            return


def _faxes(project: ProjectStore, number: Number, client: str) -> Iterator[Any]:
    cursor = None
    while True:
        page = project.faxes.page(
            FaxFilter(from_at=0.0, to_at=ENDLESS), MessageSort(), MessageSight(), limit=LARGEST_PAGE, cursor=cursor
        )
        yield from (row for row in page.faxes if client == row.e164 or row.number in number.texts)
        cursor = page.next_cursor
        if cursor is None:
            return


def _csv(rows: list[dict[str, Any]]) -> str:
    """A table of what is no list; the JSON beside it has everything."""
    if not rows:
        return ""
    names = [name for name, value in rows[0].items() if not isinstance(value, list | dict)]
    text = io.StringIO()
    table = csv.DictWriter(text, names, extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
