"""What the PBX wrote down, as plain rows: call events (CEL), call records (CDR) and the queue log.

A row keeps its ``place`` in its source (a byte offset, an id, a second) by which an import goes on where it stopped.
Columns go by name; what a source does not have is empty. Columns and layouts: https://docs.asterisk.org (CDR and CEL
specifications) and FreePBX's ``asteriskcdrdb``.
"""

import functools
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
_decode = msgspec.json.Decoder().decode
NOTHING: Final[dict[str, str]] = {}
_BROKEN: Final = re.compile(r"[\x00-\x1f\x7f]")


class CelRow(msgspec.Struct, array_like=True, gc=False):
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
    """Shared between rows: nobody changes it."""
    state: str = ""


class CdrRow(msgspec.Struct, kw_only=True, array_like=True, gc=False):
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


class QueueRow(msgspec.Struct, kw_only=True, array_like=True, gc=False):
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
    before, _, number = uniqueid.rpartition(".")
    second = before.rpartition("-")[2]
    if number.isdecimal() and second.isdecimal() and 9 <= len(second) <= 10:
        return float(second)
    return None


def _get(fields: Fields, *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if value is not None and value != "":
            return text(value)
    return ""


@functools.lru_cache(maxsize=4096)
def _extra(said: str) -> dict[str, str]:
    """Rows of one bridge, and of one hang-up, have the same."""
    if not said.startswith("{"):
        return {}
    try:
        every = _decode(said.encode("utf-8", "replace"))
    except msgspec.MsgspecError:
        return {}
    return {str(key): text(value) for key, value in every.items()} if isinstance(every, dict) else {}


class _Texts:
    """Some columns of a record that are texts, each in one place or in none, all at once."""

    def __init__(self, columns: Sequence[str], places: Sequence[tuple[int, ...]]) -> None:
        self._columns = len(columns)
        self._getter = itemgetter(*(each[0] if each else -1 for each in places))
        self._whole = all(places)

    def of(self, record: Sequence[Any]) -> tuple[str, ...] | None:
        """As nearly all records are; None where one has to be looked at text by text."""
        lacking = self._columns - len(record)
        if lacking < 0:
            return None
        found: tuple[Any, ...]
        found = self._getter(record if self._whole and not lacking else [*record, *[""] * (lacking + 1)])
        try:
            whole = "".join(found)
        except TypeError:
            found = tuple(["" if each is None else each for each in found])  # a table's NULL
            try:
                whole = "".join(found)
            except TypeError:  # bytes
                return None
        if len(whole) > LONGEST_FIELD or not whole.isprintable():
            return None
        return tuple(map(str.strip, found)) if " " in whole else found  # no other space is printable


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
        alone = all(len(each) <= 1 for each in texts)
        self._texts = _Texts(columns, texts) if alone else None
        self._time_at = self._time[0] if self._time else -1

    def read(self, record: Sequence[Any], place: int, clock: Clock) -> CelRow | None:
        """A row of ``cel``; None for an event that tells nothing of a call.

        Raises:
            RefusedRowError: it has no time, no event or no channel id, or a field that cannot be one.
        """
        texts = None if self._texts is None else self._texts.of(record)
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
            event = EVENT_NUMBERS.get(event, event).upper()
            if event not in EVENTS:
                raise RefusedRowError("no event of Asterisk's" if not event else f"an unknown event {event[:40]!r}")
        if not uniqueid:
            raise RefusedRowError("no uniqueid")
        time = record[self._time_at] if 0 <= self._time_at < len(record) else None
        at = clock.read(time, id_seconds(uniqueid) if event == "CHAN_START" else None, from_id=True)
        if event in UNTOLD or user.startswith("FILE_"):
            return None
        told = _extra(extra) if extra else NOTHING
        # By place, in the order of the fields: by name it takes half as long again, for each of millions.
        return CelRow(
            at, place, event, uniqueid, linkedid or uniqueid, channel, number, exten, context, app, data, peer, told
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


_CDR_TEXTS: Final = (
    *("uniqueid", "linkedid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "disposition"),
    *("did", "recordingfile", "cnum", "outbound_cnum"),
)


class CdrColumns:
    """As ``CelColumns``, of a call record."""

    def __init__(self, columns: Sequence[str]) -> None:
        def place(*names: str) -> tuple[int, ...]:
            return tuple(columns.index(name) for name in names if name in columns)

        self._columns = tuple(columns)
        self._texts = _Texts(columns, [place(name) for name in _CDR_TEXTS])
        self._starts, self._answer, self._end = place("calldate", "start"), place("answer"), place("end")
        self._numbers = [place(name) for name in ("duration", "billsec", "sequence")]
        self._plain = len(set(columns)) == len(columns)

    def read(self, record: Sequence[Any], place: int, clock: Clock) -> CdrRow:
        """A row of ``cdr``.

        Raises:
            RefusedRowError: it has no start or no id, or a field that cannot be one.
        """
        texts = self._texts.of(record) if self._plain else None
        if texts is None:
            fields = dict(zip(self._columns, record, strict=False))
            texts = tuple(_get(fields, name) for name in _CDR_TEXTS)
        uniqueid, linkedid, source, destination, context, channel, to_channel, app, data, disposition, *more = texts
        if not uniqueid:
            raise RefusedRowError("no uniqueid")
        at = clock.read(_value(record, self._starts), id_seconds(uniqueid), from_id=True)
        duration_s, billed_s, sequence = (_seconds(_value(record, number)) for number in self._numbers)
        answer, end = _value(record, self._answer), _value(record, self._end)
        disposition = disposition.upper()
        ended_at = max(at, clock.read(end, at)) if end else at + duration_s
        answered_at = None
        if answer:
            answered_at = min(max(at, clock.read(answer, at)), ended_at)
        elif disposition == "ANSWERED":
            answered_at = max(at, ended_at - billed_s)  # duration < billsec occurs
        did, recording, client, presented = more
        return CdrRow(
            at=at,
            place=place,
            uniqueid=uniqueid,
            linkedid=linkedid or uniqueid,
            source=source,
            destination=destination,
            context=context,
            channel=channel,
            to_channel=to_channel,
            app=app,
            data=data,
            answered_at=answered_at,
            ended_at=ended_at,
            disposition=disposition,
            sequence=int(sequence),
            did=did,
            recording=recording,
            client=client,
            presented=presented,
        )


def _value(record: Sequence[Any], places: tuple[int, ...]) -> Any:
    """The first of these fields that says anything; None: none does."""
    for place in places:
        if place < len(record) and record[place]:
            return record[place]
    return None


def _seconds(value: Any) -> float:
    """A number of seconds, or another whole number; none is 0."""
    if value.__class__ is str and len(value) <= 9 and value.isdecimal():  # as nearly all are
        return float(value)
    said = text(value)
    if not said:
        return 0.0
    try:
        number = float(said)
    except ValueError:
        raise RefusedRowError(f"{said[:20]!r} is no number") from None
    if not 0 <= number < 10**9:
        raise RefusedRowError("a number is out of range")
    return number


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
    if kind == "cdr":
        return CdrColumns(columns).read
    return lambda record, place, clock: to_queue_row(dict(zip(columns, record, strict=False)), place, clock)
