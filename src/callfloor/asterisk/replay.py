"""A recorded AMI stream through the same translation and floor as a live one, into finished calls."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.capture import read_capture
from callfloor.asterisk.message import Message
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.resync import Resync
from callfloor.asterisk.translate import Translator
from callfloor.floor.calls import CallRecord, EmployeePart, StoryStep
from callfloor.floor.changes import CallFinished
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor

MAX_OPEN_LISTINGS = 64  # answers whose end never came: the oldest are forgotten


class Recording:
    """Messages as they stand in a capture, answers to list actions among the events."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._resync = Resync(translator)
        self._listings: dict[str, list[Message]] = {}

    def facts(self, at: float, message: Message) -> list[Fact]:
        """The facts that a message tells; a listing tells its own when it is complete."""
        if message.response is not None:
            return self._translator.people.dnd_database(at, message.getlist("Output"))
        action = message.action_id
        if action is None or message.event == "OriginateResponse":
            return self._translator.translate(at, message)
        self._listings.setdefault(action, []).append(message)
        if message.get("EventList").lower() == "complete":
            events = self._listings.pop(action)
            return [*self._resync.listing(at, events), *self._translator.people.listed(at, events)]
        if len(self._listings) > MAX_OPEN_LISTINGS:
            del self._listings[next(iter(self._listings))]
        return []


def replay_chunks(
    chunks: Iterable[tuple[float, bytes]],
    *,
    link: str = "pbx",
    accounts: Iterable[str] = (),
    trunks: Iterable[str] = (),
    country: str | None = None,
) -> Iterator[CallRecord]:
    """The calls of an AMI stream as they finish, then those going on at its end (``ended_at`` None).

    Args:
        chunks: what was read, and when (UTC epoch seconds).
        link: what call ids begin with.
        accounts: endpoints that are employees'; others are inferred.
        trunks: endpoints that are trunks; others are inferred.
        country: ISO 3166 code by which national numbers are read.

    Raises:
        AmiProtocolError: the stream is not AMI.
    """
    codec = Codec()
    translator = Translator(link, Parties(accounts, trunks), country=country)
    recording, floor = Recording(translator), Floor()
    at = 0.0
    for received_at, data in chunks:
        at = max(at, received_at)
        for message in codec.feed(data):
            for fact in recording.facts(at, message):
                for change in floor.apply(fact):
                    if isinstance(change, CallFinished):
                        yield change.record
    yield from floor.unfinished(at)


def replay(
    path: Path, *, accounts: Iterable[str] = (), trunks: Iterable[str] = (), country: str | None = None
) -> Iterator[CallRecord]:
    """The calls of a capture: a folder, or an ``ami.raw`` or ``ami.jsonl`` file. See ``replay_chunks``."""
    return replay_chunks(read_capture(path), accounts=accounts, trunks=trunks, country=country)


def to_line(record: CallRecord) -> dict[str, Any]:
    """A call as ``callfloor replay`` prints it: instants in ISO 8601 UTC, durations in seconds."""
    return {
        "call_id": record.call_id,
        "type": record.type.value,
        "result": record.result.value if record.result else None,
        "abandoned_in": record.abandoned_in,
        "client_number": record.client_number,
        "client_e164": record.client_e164,
        "business_number": record.business_number,
        "started_at": _instant(record.started_at),
        "answered_at": _instant(record.answered_at),
        "ended_at": _instant(record.ended_at),
        "waiting_s": _seconds(record.waiting_s),
        "ivr_s": _seconds(record.ivr_s),
        "queue_s": _seconds(record.queue_s),
        "ringing_s": _seconds(record.ringing_s),
        "talk_s": _seconds(record.talk_s),
        "hold_s": _seconds(record.hold_s),
        "duration_s": _seconds(record.duration_s),
        "employees": [_employee(part) for part in record.employees],
        "external": [{"number": part.number, "talk_s": _seconds(part.talk_s)} for part in record.external],
        "queues": list(dict.fromkeys(part.queue for part in record.queues)),
        "route": list(record.route),
        "scheme": record.scheme,
        "hung_up_by": record.hung_up_by,
        "recording": record.recording,
        "forwarded_from": record.forwarded_from,
        "story": [_step(step) for step in record.story],
        "partial": record.partial,
    }


def _employee(part: EmployeePart) -> dict[str, Any]:
    return {
        "account": part.account,
        "ring_s": _seconds(part.ring_s),
        "answered": part.answered,
        "answered_at": _instant(part.answered_at),
        "talk_s": _seconds(part.talk_s),
        "missed": part.missed,
        "taken_elsewhere": part.taken_elsewhere,
    }


def _step(step: StoryStep) -> dict[str, Any]:
    told: dict[str, Any] = {"at": _instant(step.at), "what": step.what, "account": step.account, "number": step.number}
    told |= {"queue": step.queue, "detail": step.detail}
    if step.duration_s is not None:
        told["duration_s"] = _seconds(step.duration_s)
    return {name: value for name, value in told.items() if value is not None}


def _instant(at: float | None) -> str | None:
    return (
        None
        if at is None
        else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _seconds(value: float) -> float:
    return round(value, 3)
