"""One employee's calls, counted: by the day from what is kept by day, by any other period from the calls themselves."""

import functools
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from callfloor.store.history_tables import call_days
from callfloor.store.instants import to_ms
from callfloor.store.journal import JournalCall
from callfloor.store.keys import among
from callfloor.store.rollups import days_to_read
from callfloor.store.rows import SLOTS, range_of
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, calls
from callfloor.store.tally import ZERO, CallCounts, Counted, added, count, to_counts

_CHUNK = 500


class ProfileStore:
    """One project's employees in numbers. Blocking: call it through ``Store.run``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def counts(self, employee_id: int, periods: Sequence[tuple[float, float]]) -> tuple[CallCounts, ...]:
        """What an employee's calls that began in each of the periods come to; see ``tally``.

        ``periods`` by their first instant and their end. Days of the project's zone cost the same however many calls
        are in them; other periods (hours) what their calls cost.
        """
        keys = [range_of(*period) for period in periods]
        if not keys:
            return ()
        with self._scope.reading() as connection:
            kept_by = days_to_read(connection, self._scope)
            wanted = [(first // SLOTS, end // SLOTS) for first, end in keys]
            if kept_by is not None and all(kept_by.has(*each) for each in wanted):
                return self._of_days(connection, employee_id, [begins for begins, _ in wanted])
            return self._of_calls(connection, employee_id, keys)

    def counts_in(
        self, told: Sequence[JournalCall], employee_id: int, periods: Sequence[tuple[float, float]]
    ) -> tuple[CallCounts, ...]:
        """The same as ``counts`` of calls that are read already, oldest first: all of the periods with the employee."""
        counted = [count(*_as_rows(each))[employee_id] for each in told]
        began = [each.record.started_at for each in told]
        return tuple(
            _sum(counted[bisect_left(began, begins_at) : bisect_left(began, ends_at)]) for begins_at, ends_at in periods
        )

    def _of_days(self, connection: Connection, employee_id: int, days: Sequence[int]) -> tuple[CallCounts, ...]:
        found = {
            row["begins_at"]: to_counts(row)
            for row in connection.execute(
                select(call_days).where(
                    self._scope.within(call_days),
                    call_days.c.employee_id == employee_id,
                    call_days.c.begins_at >= min(days),
                    call_days.c.begins_at <= max(days),
                )
            ).mappings()
        }
        return tuple(found.get(begins, CallCounts()) for begins in days)

    def _of_calls(
        self, connection: Connection, employee_id: int, periods: Sequence[tuple[int, int]]
    ) -> tuple[CallCounts, ...]:
        scope, part = self._scope, call_employees.c
        theirs = select(part.call).where(
            scope.within(call_employees),
            part.employee_id == employee_id,
            part.call >= min(first for first, _ in periods),
            part.call < max(end for _, end in periods),
        )
        found = sorted(set(connection.execute(theirs).scalars()))
        parts: dict[int, list[Mapping[Any, Any]]] = {key: [] for key in found}
        counted: list[Counted] = []
        for start in range(0, len(found), _CHUNK):
            some = {"keys": found[start : start + _CHUNK]}
            for each in connection.execute(
                select(call_employees)
                .where(scope.within(call_employees), among(part.call))
                .order_by(part.call, part.part),
                some,
            ).mappings():
                parts[each["call"]].append(each)
            told = connection.execute(
                select(calls.c.id, calls.c.type, calls.c.result, calls.c.hold_ms)
                .where(scope.within(calls), among(calls.c.id))
                .order_by(calls.c.id),
                some,
            )
            counted += [count(row.type, row.result, row.hold_ms, parts[row.id])[employee_id] for row in told]
        return tuple(_sum(counted[bisect_left(found, first) : bisect_left(found, end)]) for first, end in periods)


def _sum(counted: Sequence[Counted]) -> CallCounts:
    return to_counts(functools.reduce(added, counted, ZERO))


def _as_rows(told: JournalCall) -> tuple[str, str, int, list[dict[str, object]]]:
    """What ``count`` reads of a call, as its rows have it."""
    record = told.record
    assert record.result is not None  # noqa: S101 - a call that is written has one; for the type checker
    parts: list[dict[str, object]] = [
        {
            "employee_id": person.employee_id,
            "ring_ms": to_ms(part.ring_s),
            "talk_ms": to_ms(part.talk_s),
            "answered": part.answered,
            "missed": part.missed,
            "taken_elsewhere": part.taken_elsewhere,
        }
        for part, person in zip(record.employees, told.employees, strict=True)
    ]
    return record.type, record.result, to_ms(record.hold_s), parts
