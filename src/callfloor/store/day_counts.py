"""Many calls and stretches added up by day at once, for rebuilding: the formula of ``tally.count``, on columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callfloor.floor.calls import CallResult, CallType
from callfloor.store.history_tables import CALL_COUNTS
from callfloor.store.project_days import LAST_MS, ProjectDays
from callfloor.store.tally import DIALLED, REACHED, TAKEN_PART, Counted

_Ints = NDArray[np.int64]
_TYPES = [kind.value for kind in CallType]
_TYPE = {kind: place for place, kind in enumerate(_TYPES)}
_ANSWERED = CallResult.ANSWERED.value
_DIALS = np.array([kind in DIALLED for kind in _TYPES])


def counts_by_day(calls: Sequence[Any], parts: Sequence[Any], days: ProjectDays) -> dict[tuple[int, int], Counted]:
    """What these calls count for each employee and day (by its first instant).

    ``calls`` by id: id, type, result, hold_ms, started_at. ``parts`` of all of them, by call and place: call, part,
    employee_id, ring_ms, talk_ms, answered, missed, taken_elsewhere.
    """
    if not calls or not parts:
        return {}
    ids, kinds, results, holds, starts = zip(*calls, strict=True)
    kind = np.array([_TYPE[each] for each in kinds])
    answered = np.array([each == _ANSWERED for each in results])
    hold, started = np.array(holds, np.int64), np.array(starts, np.int64)
    of_calls, places, employees, *rest = zip(*parts, strict=True)
    at = np.searchsorted(np.array(ids, np.int64), np.array(of_calls, np.int64))
    employee = np.array([each or 0 for each in employees], np.int64)
    ring, talk = (np.array(each, np.int64) for each in rest[:2])
    took_up, missed, elsewhere = (np.array(each, np.bool_) for each in rest[2:])

    # The longest talker of each call has its hold: the first of those with most talk, whoever that is.
    order = np.lexsort((np.array(places, np.int64), -talk, at))
    first = np.ones(len(order), np.bool_)
    first[1:] = at[order][1:] != at[order][:-1]
    longest = np.zeros(len(ids), np.int64)
    longest[at[order][first]] = employee[order][first]

    known = np.flatnonzero(employee > 0)
    if not len(known):
        return {}
    width = int(employee.max()) + 1
    pairs, begins, pair = np.unique(at[known] * width + employee[known], return_index=True, return_inverse=True)
    call, who = np.divmod(pairs, width)
    opening = known[begins]  # each one's first part in the call

    def added(values: Any) -> _Ints:
        return np.bincount(pair, values[known], minlength=len(pairs)).astype(np.int64)

    talked, rang = added(talk), took_up & (ring > 0)
    dialled = (np.array(places)[opening] == 0) & _DIALS[kind[call]] & (ring[opening] == 0)
    part_in = dialled | (added(took_up | (talk > 0)) > 0)
    lost = ~part_in & (added(missed) > 0)
    spoke = part_in & (answered[call] | (talked > 0))
    told: dict[str, Any] = dict.fromkeys(CALL_COUNTS, 0)
    for name, column in TAKEN_PART.items():
        told[column] = part_in & (kind[call] == _TYPE[name])
    for name, column in REACHED.items():
        told[column] = spoke & (kind[call] == _TYPE[name])
    told |= {
        "missed": lost,
        "taken_elsewhere": ~part_in & ~lost & (added(elsewhere) > 0),
        "talk_ms": talked,
        "calls_ms": talked + np.where((talked > 0) & (longest[call] == who), hold[call], 0),
        "answered": spoke,
        "answer_ms": added(np.where(rang, ring, 0)),
        "answer_n": added(rang),
    }
    return _by_day(who, days_of_instants(started, days)[call], told)


def stretches_by_day(stretches: Sequence[Any], days: ProjectDays) -> dict[tuple[str, int], int]:
    """The milliseconds of each status in each day; ``stretches`` by their beginning: began_at, ended_at, status."""
    if not stretches:
        return {}
    begins, ends, statuses = zip(*stretches, strict=True)
    began, ended = np.array(begins, np.int64), np.array(ends, np.int64)
    names = sorted(set(statuses))
    status = np.array([names.index(each) for each in statuses], np.int64)
    day, end = _days(began, days)
    found: dict[tuple[str, int], int] = {}
    whole = (ended <= end) & (day >= 0)
    groups, of = np.unique(np.stack([status[whole], day[whole]]), axis=1, return_inverse=True)
    sums = np.bincount(of.ravel(), (ended - began)[whole], minlength=groups.shape[1])
    for (which, on), length in zip(groups.T.tolist(), sums.tolist(), strict=True):
        found[names[which], on] = int(length)
    for place in np.flatnonzero(~whole).tolist():
        for on, length in days.cut(begins[place], ends[place]):
            key = statuses[place], on
            found[key] = found.get(key, 0) + length
    return found


def days_of_instants(instants: _Ints, days: ProjectDays) -> _Ints:
    """Of each instant its day's first; -1 of one that is in no day."""
    return _days(instants, days)[0]


def _days(instants: _Ints, days: ProjectDays) -> tuple[_Ints, _Ints]:
    """Of each instant its day's first, and the next day's."""
    order = np.argsort(instants, kind="stable")
    ascending = instants[order]
    begins, ends = np.full(len(instants), -1, np.int64), np.zeros(len(instants), np.int64)
    place = int(np.searchsorted(ascending, 0))
    last = int(np.searchsorted(ascending, LAST_MS, side="right"))
    while place < last:
        day = days.of(int(ascending[place]))
        after = int(np.searchsorted(ascending, day[1]))
        begins[order[place:after]], ends[order[place:after]] = day
        place = after
    return begins, ends


def _by_day(who: _Ints, day: _Ints, told: Mapping[str, Any]) -> dict[tuple[int, int], Counted]:
    there = day >= 0
    groups, of = np.unique(np.stack([who[there], day[there]]), axis=1, return_inverse=True)
    sums = {
        name: np.bincount(of.ravel(), np.broadcast_to(values, len(who))[there], minlength=groups.shape[1])
        .astype(np.int64)
        .tolist()
        for name, values in told.items()
    }
    return {
        (employee, on): {name: values[place] for name, values in sums.items()}
        for place, (employee, on) in enumerate(groups.T.tolist())
    }
