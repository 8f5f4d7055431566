"""One employee's calls, counted: by the day from what is kept by day, by any other period from the calls themselves."""

import functools
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from callfloor.store.history_tables import call_days
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
        sums = []
        for first, end in periods:
            inside = counted[bisect_left(found, first) : bisect_left(found, end)]
            sums.append(to_counts(functools.reduce(added, inside, ZERO)))
        return tuple(sums)
