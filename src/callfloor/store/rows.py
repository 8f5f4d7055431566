"""A finished call as rows, and back: pure functions, no SQL.

What is kept is the record itself but for two things, and ``as_kept`` says so exactly: instants and durations are
rounded to the millisecond (at most 0.5 ms off), and what UTF-8 or PostgreSQL's text cannot hold (NUL, half of a
surrogate pair: broken bytes from a PBX) becomes U+FFFD.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from callfloor.errors import RowRefusedError
from callfloor.floor.calls import (
    CallRecord,
    CallResult,
    CallType,
    EmployeePart,
    ExternalPart,
    QueuePart,
    StoryStep,
)
from callfloor.store.instants import LATEST_MS, to_ms, to_ms_or_none, to_s, to_s_or_none
from callfloor.store.texts import kept, kept_or_none

Row = dict[str, Any]
"""A row to be written, by column."""

Kept = Mapping[Any, Any]
"""A row that was read, by column."""

SLOTS = 4096
"""Calls of one project that may begin in the same millisecond: the key is ``started_ms * SLOTS + n``."""

_LARGEST = 2**63 - 1

_encode = msgspec.json.Encoder().encode
_NUL = b"\\u0000"
_decode_route = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_story = msgspec.json.Decoder(tuple[StoryStep, ...]).decode


class CallRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one call, without project and key, which the journal gives."""

    started_ms: int
    call: Row
    employees: tuple[Row, ...]
    queues: tuple[Row, ...]
    externals: tuple[Row, ...]


def to_rows(record: CallRecord) -> CallRows:
    """The rows of a finished call.

    Raises:
        RowRefusedError: it has not ended, it began before 1970, or a value is out of range.
    """
    if record.ended_at is None or record.result is None:
        raise RowRefusedError("the call has not ended")
    started_ms = to_ms(record.started_at)
    if not 0 <= started_ms <= LATEST_MS:
        raise RowRefusedError("the call's start is out of range")
    return CallRows(
        started_ms=started_ms,
        call={
            "call_id": kept(record.call_id),
            "type": record.type.value,
            "result": record.result.value,
            "abandoned_in": kept_or_none(record.abandoned_in),
            "client_number": kept_or_none(record.client_number),
            "client_e164": kept_or_none(record.client_e164),
            "business_number": kept_or_none(record.business_number),
            "started_at": started_ms,
            "answered_at": to_ms_or_none(record.answered_at),
            "ended_at": to_ms(record.ended_at),
            "waiting_ms": to_ms(record.waiting_s),
            "ivr_ms": to_ms(record.ivr_s),
            "queue_ms": to_ms(record.queue_s),
            "ringing_ms": to_ms(record.ringing_s),
            "talk_ms": to_ms(record.talk_s),
            "hold_ms": to_ms(record.hold_s),
            "duration_ms": to_ms(record.duration_s),
            "scheme": kept_or_none(record.scheme),
            "hung_up_by": kept_or_none(record.hung_up_by),
            "recording": kept_or_none(record.recording),
            "forwarded_from": kept_or_none(record.forwarded_from),
            "partial": record.partial,
            "repaired": record.repaired,
            "trunk": kept_or_none(record.trunk),
            "route": _encode([kept(step) for step in record.route]).decode(),
            "story": _story(record.story),
        },
        employees=tuple(
            {
                "account": kept(part.account),
                "ring_ms": to_ms(part.ring_s),
                "answered": part.answered,
                "answered_at": to_ms_or_none(part.answered_at),
                "talk_ms": to_ms(part.talk_s),
                "missed": part.missed,
                "taken_elsewhere": part.taken_elsewhere,
            }
            for part in record.employees
        ),
        queues=tuple(
            {
                "queue": kept(part.queue),
                "joined_at": to_ms(part.joined_at),
                "left_at": to_ms_or_none(part.left_at),
                "wait_ms": to_ms(part.wait_s),
                "outcome": kept(part.outcome),
                "answered_by": kept_or_none(part.answered_by),
                "position": _whole(part.position),
            }
            for part in record.queues
        ),
        externals=tuple(
            {"number": kept(part.number), "talk_ms": to_ms(part.talk_s), "trunk": kept_or_none(part.trunk)}
            for part in record.external
        ),
    )


def from_rows(call: Kept, parts: "Parts") -> CallRecord:
    """The record again; the parts in their order."""
    return CallRecord(
        call_id=call["call_id"],
        type=CallType(call["type"]),
        result=CallResult(call["result"]),
        abandoned_in=call["abandoned_in"],
        client_number=call["client_number"],
        client_e164=call["client_e164"],
        business_number=call["business_number"],
        started_at=to_s(call["started_at"]),
        answered_at=to_s_or_none(call["answered_at"]),
        ended_at=to_s(call["ended_at"]),
        waiting_s=to_s(call["waiting_ms"]),
        ivr_s=to_s(call["ivr_ms"]),
        queue_s=to_s(call["queue_ms"]),
        ringing_s=to_s(call["ringing_ms"]),
        talk_s=to_s(call["talk_ms"]),
        hold_s=to_s(call["hold_ms"]),
        duration_s=to_s(call["duration_ms"]),
        employees=tuple(
            EmployeePart(
                account=row["account"],
                ring_s=to_s(row["ring_ms"]),
                answered=row["answered"],
                answered_at=to_s_or_none(row["answered_at"]),
                talk_s=to_s(row["talk_ms"]),
                missed=row["missed"],
                taken_elsewhere=row["taken_elsewhere"],
            )
            for row in parts.employees
        ),
        external=tuple(
            ExternalPart(number=row["number"], talk_s=to_s(row["talk_ms"]), trunk=row["trunk"])
            for row in parts.externals
        ),
        queues=tuple(
            QueuePart(
                queue=row["queue"],
                joined_at=to_s(row["joined_at"]),
                left_at=to_s_or_none(row["left_at"]),
                wait_s=to_s(row["wait_ms"]),
                outcome=row["outcome"],
                answered_by=row["answered_by"],
                position=row["position"],
            )
            for row in parts.queues
        ),
        route=_decode_route(call["route"]),
        scheme=call["scheme"],
        hung_up_by=call["hung_up_by"],
        recording=call["recording"],
        forwarded_from=call["forwarded_from"],
        story=_decode_story(call["story"]),
        partial=call["partial"],
        repaired=bool(call["repaired"]),
        trunk=call["trunk"],
    )


class Parts(msgspec.Struct, kw_only=True):
    """The rows of a call's parts, gathered while a page is read."""

    employees: list[Kept] = []
    queues: list[Kept] = []
    externals: list[Kept] = []


def as_kept(record: CallRecord) -> CallRecord:
    """The record as it will come back from the store. ``as_kept(as_kept(r)) == as_kept(r)``.

    Raises:
        RowRefusedError: as ``to_rows``.
    """
    rows = to_rows(record)
    return from_rows(
        rows.call,
        Parts(employees=list(rows.employees), queues=list(rows.queues), externals=list(rows.externals)),
    )


def range_of(started_from: float, started_to: float) -> tuple[int, int]:
    """Keys of the calls that began in ``[started_from, started_to)``: from the first to before the second."""
    return _first_key(started_from), _first_key(started_to)


def _first_key(instant: float) -> int:
    # A call's start is kept rounded, so the edge is rounded in the same way: 12.0004 is kept as 12.000.
    bounded = min(max(instant, 0.0), LATEST_MS / 1000)
    return to_ms(bounded) * SLOTS


def keys(rows: Sequence[CallRows]) -> list[int]:
    """A first guess at each call's key: its millisecond, and a slot by its id, so that a retry guesses the same."""
    return [row.started_ms * SLOTS + _slot(row.call["call_id"]) for row in rows]


def next_key(key: int) -> int:
    """The next slot of the same millisecond."""
    return key - key % SLOTS + (key + 1) % SLOTS


def _slot(call_id: str) -> int:
    return zlib.crc32(call_id.encode()) % SLOTS


def _story(steps: Sequence[StoryStep]) -> str:
    try:
        told = _encode([_step_in_ms(step) for step in steps])
        if _NUL not in told:
            return told.decode()
    except UnicodeEncodeError:  # half of a surrogate pair
        pass
    return _encode([_step_as_kept(step) for step in steps]).decode()


def _step_in_ms(step: StoryStep) -> StoryStep:
    duration_s = step.duration_s
    return StoryStep(
        at=to_ms(step.at) / 1000,
        what=step.what,
        account=step.account,
        number=step.number,
        queue=step.queue,
        detail=step.detail,
        duration_s=None if duration_s is None else to_ms(duration_s) / 1000,
    )


def _step_as_kept(step: StoryStep) -> StoryStep:
    return StoryStep(
        at=to_s(to_ms(step.at)),
        what=kept(step.what),
        account=kept_or_none(step.account),
        number=kept_or_none(step.number),
        queue=kept_or_none(step.queue),
        detail=kept_or_none(step.detail),
        duration_s=to_s_or_none(to_ms_or_none(step.duration_s)),
    )


def _whole(number: int | None) -> int | None:
    if number is not None and not -_LARGEST <= number <= _LARGEST:
        raise RowRefusedError("a number is out of range")
    return number
