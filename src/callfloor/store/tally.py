"""What a finished call counts for each employee in it. One formula, for the days kept and for a call that is shown.

An employee *took part* who dialled, answered, or talked. A call counts once for an employee, whatever number of their
accounts is in it: as answered inbound, outbound, callback or internal by its type where they took part, else as
missed, else as taken elsewhere, else not at all. Reached (outbound and callback) means that somebody answered.

``calls_ms`` is their talk and the call's hold; hold is not told apart by employee, and is its longest talker's.
Answer time is over the offers that rang and that they answered; average talk over the calls they had a conversation in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from callfloor.floor.calls import CallResult, CallType
from callfloor.store.call_filter import PartIn
from callfloor.store.history_tables import CALL_COUNTS
from callfloor.store.instants import to_ms

TAKEN_PART = {
    CallType.INBOUND.value: "answered_inbound",
    CallType.OUTBOUND.value: "outbound",
    CallType.CALLBACK.value: "callback",
    CallType.INTERNAL.value: "internal",
}
REACHED = {CallType.OUTBOUND.value: "outbound_answered", CallType.CALLBACK.value: "callback_answered"}
DIALLED = frozenset({CallType.OUTBOUND.value, CallType.INTERNAL.value})
_ANSWERED = CallResult.ANSWERED.value

Counted = dict[str, int]
"""By the names of ``CALL_COUNTS``."""

ZERO: Counted = dict.fromkeys(CALL_COUNTS, 0)


PART_IN: tuple[PartIn | None, ...] = (None, *PartIn)
"""By their numbers in the journal's columns."""


class CallCounts(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's calls, counted. What is 0 by ``answered`` or ``answer_n`` has no average."""

    answered_inbound: int = 0
    outbound: int = 0
    outbound_answered: int = 0  # of outbound
    callback: int = 0
    callback_answered: int = 0  # of callback
    internal: int = 0
    missed: int = 0
    taken_elsewhere: int = 0
    calls_s: float = 0.0  # talk and hold
    talk_s: float = 0.0
    answered: int = 0  # calls with a conversation: average talk is talk_s / answered
    answer_s: float = 0.0
    answer_n: int = 0  # offers answered: average answer time is answer_s / answer_n

    def __add__(self, other: "CallCounts") -> "CallCounts":
        return to_counts(added(_in_ms(self), _in_ms(other)))


def count(call_type: str, result: str, hold_ms: int, parts: Sequence[Mapping[Any, Any]]) -> dict[int, Counted]:
    """What a call counts for each employee, from its rows; ``parts`` in their order."""
    counted: dict[int, Counted] = {}
    longest = max(parts, key=lambda part: part["talk_ms"], default=None)
    for place, part in enumerate(parts):
        employee_id = part["employee_id"]
        if employee_id is None or employee_id in counted:
            continue
        theirs = [other for other in parts[place:] if other["employee_id"] == employee_id]
        counts = counted[employee_id] = dict(ZERO)
        talk_ms = sum(each["talk_ms"] for each in theirs)
        had = _part_in(call_type, place, theirs)
        if had is PartIn.TOOK_PART:
            counts[TAKEN_PART[call_type]] = 1
            if result == _ANSWERED or talk_ms > 0:
                counts["answered"] = 1
                if call_type in REACHED:
                    counts[REACHED[call_type]] = 1
        elif had is not None:
            counts[had.value] = 1
        counts["talk_ms"] = counts["calls_ms"] = talk_ms
        if talk_ms > 0 and longest is not None and longest["employee_id"] == employee_id:
            counts["calls_ms"] += hold_ms
        for each in theirs:
            if each["answered"] and each["ring_ms"] > 0:
                counts["answer_ms"] += each["ring_ms"]
                counts["answer_n"] += 1
    return counted


def parts_in(call_type: str, parts: Sequence[Mapping[Any, Any]]) -> dict[int, PartIn | None]:
    """What each employee had to do with a call: the same that ``count`` counts."""
    had: dict[int, PartIn | None] = {}
    for place, part in enumerate(parts):
        employee_id = part["employee_id"]
        if employee_id is not None and employee_id not in had:
            theirs = [other for other in parts[place:] if other["employee_id"] == employee_id]
            had[employee_id] = _part_in(call_type, place, theirs)
    return had


def _part_in(call_type: str, place: int, theirs: Sequence[Mapping[Any, Any]]) -> PartIn | None:
    dialled = place == 0 and call_type in DIALLED and theirs[0]["ring_ms"] == 0
    if dialled or any(each["answered"] or each["talk_ms"] > 0 for each in theirs):
        return PartIn.TOOK_PART
    if any(each["missed"] for each in theirs):
        return PartIn.MISSED
    return PartIn.TAKEN_ELSEWHERE if any(each["taken_elsewhere"] for each in theirs) else None


def added(one: Mapping[str, int], other: Mapping[str, int], sign: int = 1) -> Counted:
    """One and another, or one less another."""
    return {name: one[name] + sign * other[name] for name in CALL_COUNTS}


def to_counts(counts: Mapping[Any, Any]) -> CallCounts:
    """From a row, by its columns."""
    return CallCounts(
        **{
            name.replace("_ms", "_s"): counts[name] / 1000 if name.endswith("_ms") else counts[name]
            for name in CALL_COUNTS
        }
    )


def _in_ms(counts: CallCounts) -> Counted:
    return {
        name: to_ms(getattr(counts, name.replace("_ms", "_s"))) if name.endswith("_ms") else getattr(counts, name)
        for name in CALL_COUNTS
    }
