"""What the PBX wrote down, as plain rows: call events (CEL), call records (CDR) and the queue log.

A row keeps its ``place`` in its source (a byte offset, an id, a second) by which an import goes on where it stopped.
Columns go by name; what a source does not have is empty. Columns and layouts: https://docs.asterisk.org (CDR and CEL
specifications) and FreePBX's ``asteriskcdrdb``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import msgspec

from callfloor.asterisk.history.times import Clock, RefusedRowError

LONGEST_FIELD: Final = 4096
"""Characters of one field; what is longer is no channel, number or application."""

# ``ast_cel_event_type``: what cel_pgsql and older tables write in place of the name.
EVENT_NUMBERS: Final = {
    "1": "CHAN_START",
    "2": "CHAN_END",
    "3": "HANGUP",
    "4": "ANSWER",
    "5": "APP_START",
    "6": "APP_END",
    "7": "PARK_START",
    "8": "PARK_END",
    "9": "USER_DEFINED",
    "10": "BRIDGE_ENTER",
    "11": "BRIDGE_EXIT",
    "12": "BLINDTRANSFER",
    "13": "ATTENDEDTRANSFER",
    "14": "PICKUP",
    "15": "FORWARD",
    "16": "LINKEDID_END",
    "17": "LOCAL_OPTIMIZE",
}
EVENTS: Final = frozenset((*EVENT_NUMBERS.values(), "LOCAL_OPTIMIZE_BEGIN", "STREAM_BEGIN", "STREAM_END", "DTMF"))
UNTOLD: Final = frozenset({"DTMF", "LINKEDID_END", "LOCAL_OPTIMIZE_BEGIN", "USER_DEFINED"})
_decode_texts = msgspec.json.Decoder(dict[str, str]).decode
_BROKEN: Final = re.compile(r"[\x00-\x1f\x7f]")
_ID_SECONDS: Final = re.compile(r"(?:^|-)(\d{9,10})\.\d+$")


class CelRow(msgspec.Struct, kw_only=True):
    """One channel event. ``extra`` is its JSON; ``state`` is set where a row was made from a CDR."""

    at: float
    place: int
    event: str
    uniqueid: str
    linkedid: str
    channel: str = ""
    number: str = ""
    exten: str = ""
    context: str = ""
    app: str = ""
    data: str = ""
    peer: str = ""
    extra: dict[str, str] = {}
    state: str = ""


class CdrRow(msgspec.Struct, kw_only=True):
    """One call record: a leg that rang, or what the caller met alone."""

    at: float  # its start
    place: int
    uniqueid: str
    linkedid: str
    source: str = ""
    destination: str = ""
    context: str = ""
    channel: str = ""
    to_channel: str = ""
    app: str = ""
    data: str = ""
    answered_at: float | None = None
    ended_at: float
    disposition: str = ""
    sequence: int = 0
    did: str = ""
    recording: str = ""
    client: str = ""  # FreePBX's cnum: the caller's number as it came in
    presented: str = ""  # FreePBX's outbound_cnum


class QueueRow(msgspec.Struct, kw_only=True):
    """One line of the queue log."""

    at: float
    place: int
    uniqueid: str
    queue: str
    member: str
    event: str
    data: tuple[str, ...] = ()


HistoryRow = CelRow | CdrRow | QueueRow

Fields = Mapping[str, object]


def text(value: object) -> str:
    """A field as text; broken bytes and control characters become spaces, NULL is empty.

    Raises:
        RefusedRowError: it is longer than any field may be.
    """
    if value is None:
        return ""
    said = value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else str(value)
    if len(said) > LONGEST_FIELD:
        raise RefusedRowError(f"a field of {len(said)} characters")
    return said.strip() if said.isprintable() else _BROKEN.sub(" ", said).strip()


def id_seconds(uniqueid: str) -> float | None:
    """The second in which the channel began, which its unique id begins with; None where it was given otherwise."""
    found = _ID_SECONDS.search(uniqueid)
    return float(found[1]) if found else None


def _get(fields: Fields, *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if value is not None and value != "":
            return text(value)
    return ""


def _extra(said: str) -> dict[str, str]:
    if not said.startswith("{"):
        return {}
    try:
        told = _decode_texts(said)
    except msgspec.ValidationError:
        pass  # a value that is no text
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return {}
    else:
        if all(map(str.isprintable, told.values())):
            return told
    try:
        every = msgspec.json.decode(said.encode("utf-8", "replace"))
    except msgspec.MsgspecError:
        return {}
    return {str(key): text(value) for key, value in every.items()} if isinstance(every, dict) else {}


class CelColumns:
    """Where in a record what is told of a call event stands; a file's or a table's columns are the same throughout."""

    def __init__(self, columns: Sequence[str]) -> None:
        def places(*names: str) -> tuple[int, ...]:
            return tuple(place for name in names for place, column in enumerate(columns) if column == name)

        self._event, self._user, self._time = places("eventtype"), places("userdeftype"), places("eventtime")
        self._unique, self._linked = places("uniqueid"), places("linkedid")
        self._channel, self._number = places("channame", "channel"), places("cid_num")
        self._exten, self._context = places("exten"), places("context")
        self._app, self._data = places("appname"), places("appdata")
        self._peer, self._extra = places("peer", "bridgepeer"), places("extra", "eventextra")
        texts = (
            *(self._event, self._user, self._unique, self._linked, self._channel, self._number, self._exten),
            *(self._context, self._app, self._data, self._peer, self._extra),
        )
        # A record in which each of these stands in one place, or in none, is taken apart at once.
        self._columns = len(columns)
        alone = all(len(each) <= 1 for each in texts) and len(self._time) == 1
        self._texts = itemgetter(*(each[0] if each else -1 for each in texts)) if alone else None

    def _all_texts(self, record: Sequence[Any]) -> tuple[str, ...] | None:
        """Every text of a record at once, as nearly all records are; None where one has to be looked at by itself."""
        lacking = self._columns - len(record)
        if self._texts is None or lacking < 0:
            return None
        try:
            found = self._texts([*record, *[""] * (lacking + 1)])
            whole = "".join(found)
        except TypeError:  # a table's NULL, or bytes
            return None
        return found if whole.isprintable() and len(whole) <= LONGEST_FIELD else None

    def read(self, record: Sequence[Any], place: int, clock: Clock) -> CelRow | None:
        """A row of ``cel``; None for an event that tells nothing of a call.

        Raises:
            RefusedRowError: it has no time, no event or no channel id, or a field that cannot be one.
        """
        texts = self._all_texts(record)
        if texts is None:
            texts = tuple(
                _at(record, each)
                for each in (
                    *(self._event, self._user, self._unique, self._linked, self._channel, self._number, self._exten),
                    *(self._context, self._app, self._data, self._peer, self._extra),
                )
            )
        event, user, uniqueid, linkedid, channel, number, exten, context, app, data, peer, extra = texts
        if event not in EVENTS:
            event = event.strip()
            event = EVENT_NUMBERS.get(event, event).upper()
            if event not in EVENTS:
                raise RefusedRowError("no event of Asterisk's" if not event else f"an unknown event {event[:40]!r}")
        uniqueid = uniqueid.strip()
        if not uniqueid:
            raise RefusedRowError("no uniqueid")
        time = next((record[at] for at in self._time if at < len(record)), None)
        at = clock.read(time, id_seconds(uniqueid) if event == "CHAN_START" else None, from_id=True)
        if event in UNTOLD or user.lstrip().startswith("FILE_"):
            return None
        return CelRow(
            at=at,
            place=place,
            event=event,
            uniqueid=uniqueid,
            linkedid=linkedid.strip() or uniqueid,
            channel=channel.strip(),
            number=number.strip(),
            exten=exten.strip(),
            context=context.strip(),
            app=app.strip(),
            data=data.strip(),
            peer=peer.strip(),
            extra=_extra(extra.strip()) if extra else {},
        )


def _at(record: Sequence[Any], places: tuple[int, ...]) -> str:
    """The first of these fields that says anything."""
    for place in places:
        if place < len(record):
            value = record[place]
            if value is None or value == "":
                continue
            if value.__class__ is str and len(value) <= LONGEST_FIELD and value.isprintable():
                return value.strip()
            return text(value)
    return ""


def to_cdr(fields: Fields, place: int, clock: Clock) -> CdrRow:
    """A row of ``cdr``.

    Raises:
        RefusedRowError: it has no start or no id, or a field that cannot be one.
    """
    uniqueid = _get(fields, "uniqueid")
    if not uniqueid:
        raise RefusedRowError("no uniqueid")
    at = clock.read(_first(fields, "calldate", "start"), id_seconds(uniqueid), from_id=True)
    duration_s, billed_s = _seconds(fields, "duration"), _seconds(fields, "billsec")
    answer, end = fields.get("answer"), fields.get("end")
    disposition = _get(fields, "disposition").upper()
    ended_at = max(at, clock.read(end, at)) if end else at + duration_s
    answered_at = None
    if answer:
        answered_at = min(max(at, clock.read(answer, at)), ended_at)
    elif disposition == "ANSWERED":
        answered_at = max(at, ended_at - billed_s)  # duration < billsec occurs
    return CdrRow(
        at=at,
        place=place,
        uniqueid=uniqueid,
        linkedid=_get(fields, "linkedid") or uniqueid,
        source=_get(fields, "src"),
        destination=_get(fields, "dst"),
        context=_get(fields, "dcontext"),
        channel=_get(fields, "channel"),
        to_channel=_get(fields, "dstchannel"),
        app=_get(fields, "lastapp"),
        data=_get(fields, "lastdata"),
        answered_at=answered_at,
        ended_at=ended_at,
        disposition=disposition,
        sequence=int(_seconds(fields, "sequence")),
        did=_get(fields, "did"),
        recording=_get(fields, "recordingfile"),
        client=_get(fields, "cnum"),
        presented=_get(fields, "outbound_cnum"),
    )


def _first(fields: Fields, *names: str) -> object:
    return next((fields[name] for name in names if fields.get(name)), None)


def _seconds(fields: Fields, name: str) -> float:
    said = _get(fields, name)
    if not said:
        return 0.0
    try:
        value = float(said)
    except ValueError:
        raise RefusedRowError(f"{name} is no number") from None
    if not 0 <= value < 10**9:
        raise RefusedRowError(f"{name} is out of range")
    return value


QUEUE_EVENTS: Final = frozenset(
    (
        *("DID", "ENTERQUEUE", "CONNECT", "ABANDON", "EXITEMPTY", "EXITWITHKEY", "EXITWITHTIMEOUT"),
        *("COMPLETEAGENT", "COMPLETECALLER", "RINGNOANSWER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER"),
    )
)
"""What the queue log tells of calls; logins, pauses and starts of the PBX are no part of one."""


def to_queue_row(fields: Fields, place: int, clock: Clock) -> QueueRow | None:
    """A row of the ``queue_log`` table; None for what speaks of no call.

    Raises:
        RefusedRowError: it has no time, or a field that cannot be one.
    """
    event, uniqueid = _get(fields, "event").upper(), _get(fields, "callid")
    if event not in QUEUE_EVENTS or uniqueid in ("", "NONE"):
        return None
    packed = _get(fields, "data")
    data = packed.split("|") if packed else [_get(fields, f"data{number}") for number in range(1, 6)]
    return QueueRow(
        at=clock.read(fields.get("time"), None),
        place=place,
        uniqueid=uniqueid,
        queue=_get(fields, "queuename"),
        member=_get(fields, "agent"),
        event=event,
        data=tuple(data),
    )


def queue_line(line: str, place: int) -> QueueRow | None:
    """A line of the file: ``epoch|callid|queue|member|event|data…``; None for what speaks of no call.

    Raises:
        RefusedRowError: it is no such line.
    """
    parts = [text(part) for part in line.split("|")]
    if len(parts) < 5:
        raise RefusedRowError("no line of a queue log")
    try:
        at = float(parts[0])
    except ValueError:
        raise RefusedRowError("no time") from None
    if not 0 < at < 10**11:
        raise RefusedRowError("the time is out of range")
    if parts[4] not in QUEUE_EVENTS or parts[1] in ("", "NONE"):
        return None
    return QueueRow(
        at=at, place=place, uniqueid=parts[1], queue=parts[2], member=parts[3], event=parts[4], data=tuple(parts[5:])
    )


Reader = Callable[[Sequence[Any], int, Clock], HistoryRow | None]
"""Makes a row of a record whose columns are known."""


def reader(kind: str, columns: Sequence[str]) -> Reader:
    """What makes rows of records of one kind."""
    if kind == "cel":
        return CelColumns(columns).read
    make = to_cdr if kind == "cdr" else to_queue_row
    return lambda record, place, clock: make(dict(zip(columns, record, strict=False)), place, clock)
