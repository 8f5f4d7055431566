"""Days added up: each employee's statuses and calls by the project's days, kept in the transaction of their rows.

The days are those of one zone. When the project's zone changes, or calls came before their days were kept, what is
kept does not hold: it is read no more (everything is then counted from the rows, which is right and slower) until it
is rebuilt.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from callfloor.floor.employees import Status
from callfloor.store.day_counts import counts_by_day, stretches_by_day
from callfloor.store.history_tables import call_days, employee_statuses, rollups, status_days
from callfloor.store.project_days import LAST_MS, ProjectDays, days_of
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, calls, projects
from callfloor.store.tally import ZERO, Counted, added
from callfloor.store.upserts import add

KEPT = (Status.TALKING, Status.ONLINE, Status.DND, Status.OFFLINE)
"""Statuses with a column; the rest of a day is unknown."""

_CHUNK = 40_000
"""Calls, or stretches of an employee, that are added up at once: some 30 MB."""


class Rebuilding(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rebuilding is."""

    done: int
    of: int  # calls and employees


def kept_days(connection: Connection, scope: Scope) -> ProjectDays | None:
    """For writing: the days to add to, held until the end of the transaction. None: nothing is kept now."""
    this = scope.within(rollups)
    zone = select(projects.c.timezone).where(projects.c.id == scope.project_id)
    held = connection.execute(select(rollups.c.timezone).where(this).with_for_update()).one_or_none()
    wanted = connection.execute(zone).scalar()
    if held is None:
        # The first row of this project: whatever comes is added up from the beginning.
        connection.execute(insert(rollups), {"project_id": scope.project_id, "timezone": wanted})
    elif held.timezone != wanted:
        if held.timezone is not None:
            connection.execute(update(rollups).where(this).values(timezone=None))
        return None
    return None if wanted is None else days_of(wanted)


def days_to_read(connection: Connection, scope: Scope) -> ProjectDays | None:
    """The days that hold; None: count the rows."""
    found = connection.execute(
        select(rollups.c.timezone)
        .join_from(rollups, projects, projects.c.id == rollups.c.project_id)
        .where(scope.within(rollups), rollups.c.timezone == projects.c.timezone)
    ).scalar()
    return None if found is None else days_of(found)


class DaySums:
    """What one transaction adds to the days."""

    def __init__(self, days: ProjectDays) -> None:
        self._days = days
        self._statuses: dict[tuple[int, int], dict[str, int]] = {}
        self._calls: dict[tuple[int, int], Counted] = {}

    def status(self, employee_id: int, status: Status, began_ms: int, ended_ms: int) -> None:
        """A stretch that has ended."""
        if status not in KEPT:
            return
        for begins, length in self._days.cut(began_ms, ended_ms):
            sums = self._statuses.get((employee_id, begins))
            if sums is None:
                sums = self._statuses[employee_id, begins] = {f"{each}_ms": 0 for each in KEPT}
            sums[f"{status}_ms"] += length

    def call(self, started_ms: int, counted: Mapping[int, Counted], sign: int = 1) -> None:
        """A call that was written, or (``sign`` -1) whose rows were taken out."""
        if not counted or not 0 <= started_ms <= LAST_MS:
            return
        begins = self._days.of(started_ms)[0]
        for employee_id, counts in counted.items():
            key = employee_id, begins
            self._calls[key] = added(self._calls.get(key, ZERO), counts, sign)

    def calls(self, counted: Mapping[tuple[int, int], Counted]) -> None:
        """What calls count by employee and day."""
        for key, counts in counted.items():
            self._calls[key] = added(self._calls.get(key, ZERO), counts)

    def statuses(self, employee_id: int, lengths: Mapping[tuple[str, int], int]) -> None:
        """Milliseconds of an employee's statuses by status and day."""
        for (status, begins), length in lengths.items():
            if status in KEPT:
                sums = self._statuses.setdefault((employee_id, begins), {f"{each}_ms": 0 for each in KEPT})
                sums[f"{status}_ms"] += length

    def write(self, connection: Connection, scope: Scope) -> None:
        """Add them, in the order of their keys, which no two transactions can take crosswise."""
        for table, sums in ((status_days, self._statuses), (call_days, self._calls)):
            rows = [
                {"project_id": scope.project_id, "employee_id": employee_id, "begins_at": begins, **columns}
                for (employee_id, begins), columns in sorted(sums.items())
                if any(columns.values())
            ]
            if rows:
                add(connection, table, rows, list(rows[0])[3:])


class Rollups:
    """One project's days. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def hold(self) -> bool:
        """Whether what is kept holds; if not, profiles are slow until ``rebuild``."""
        with self._scope.reading() as connection:
            kept = connection.execute(select(rollups.c.timezone).where(self._scope.within(rollups))).one_or_none()
            zone = connection.execute(select(projects.c.timezone).where(projects.c.id == self._scope.project_id))
            return kept is None or kept.timezone == zone.scalar()

    def rebuild(self, progress: Callable[[Rebuilding], None] | None = None) -> None:
        """Add every day up anew from the rows, by the project's zone as it is now. One transaction.

        Meanwhile nothing else is written: finished calls and statuses wait on disk.

        Raises:
            NotFoundError: there is no such project.
            StoreError: the database refused; the days are as before.
        """
        scope = self._scope
        with scope.editing() as connection:
            for table in (status_days, call_days, rollups):
                connection.execute(delete(table).where(scope.within(table)))
            days = kept_days(connection, scope)
            if days is None:
                return
            people = connection.execute(
                select(employee_statuses.c.employee_id).where(scope.within(employee_statuses)).distinct()
            ).scalars()
            everybody = sorted(people)
            number = select(func.count()).select_from(calls).where(scope.within(calls))
            of = connection.execute(number).scalar_one() + len(everybody)
            done = 0
            for some in _steps(
                _rebuild_calls(connection, scope, days), _rebuild_statuses(connection, scope, days, everybody)
            ):
                done += some
                if progress is not None:
                    progress(Rebuilding(done=done, of=of))


def _steps(*each: Iterable[int]) -> Iterable[int]:
    for steps in each:
        yield from steps


def _rebuild_calls(connection: Connection, scope: Scope, days: ProjectDays) -> Iterable[int]:
    """Adds up all calls, by key; yields how many each step had."""
    last = -1
    while True:
        some = connection.execute(
            select(calls.c.id, calls.c.type, calls.c.result, calls.c.hold_ms, calls.c.started_at)
            .where(scope.within(calls), calls.c.id > last)
            .order_by(calls.c.id)
            .limit(_CHUNK)
        ).all()
        if not some:
            return
        part = call_employees.c
        parts = connection.execute(
            select(
                part.call, part.part, part.employee_id, part.ring_ms, part.talk_ms, part.answered, part.missed,
                part.taken_elsewhere,
            )
            .where(scope.within(call_employees), part.call >= some[0].id, part.call <= some[-1].id)
            .order_by(part.call, part.part)
        ).all()  # fmt: skip
        sums = DaySums(days)
        sums.calls(counts_by_day(some, parts, days))
        sums.write(connection, scope)
        last = some[-1].id
        yield len(some)


def _rebuild_statuses(
    connection: Connection, scope: Scope, days: ProjectDays, everybody: Iterable[int]
) -> Iterable[int]:
    """Adds up all ended stretches, employee by employee; yields 1 for each."""
    table = employee_statuses.c
    for employee_id in everybody:
        last = -1
        while True:
            some = connection.execute(
                select(table.began_at, table.ended_at, table.status)
                .where(
                    scope.within(employee_statuses),
                    table.employee_id == employee_id,
                    table.began_at > last,
                    table.ended_at.is_not(None),
                )
                .order_by(table.began_at)
                .limit(_CHUNK)
            ).all()
            if not some:
                break
            sums = DaySums(days)
            sums.statuses(employee_id, stretches_by_day(some, days))
            sums.write(connection, scope)
            last = some[-1].began_at
        yield 1
