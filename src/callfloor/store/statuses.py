"""Who was what when: every stretch of status of every employee and account, and what the process was watching.

Told in order, stretches of one subject follow one another without a gap, and one runs. A hole (Callfloor was not
running) is a stretch of its own, ``unknown``. Bound to one project.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from callfloor.errors import RowRefusedError
from callfloor.floor.days import StatusTotals, totals
from callfloor.floor.employees import Cause, Status, StatusStretch, StatusTold, Why
from callfloor.store.history_tables import account_statuses, employee_statuses, status_days, status_runs, watches
from callfloor.store.instants import LATEST_MS, to_ms, to_s, to_s_or_none
from callfloor.store.project_days import LAST_MS
from callfloor.store.rollups import KEPT, DaySums, days_to_read, kept_days
from callfloor.store.scope import Scope
from callfloor.store.status_entries import StatusEntry
from callfloor.store.status_turn import Running, Subject, Turn
from callfloor.store.texts import kept, kept_or_none
from callfloor.store.upserts import put

_CHUNK = 500
_RUNS_KEPT_MS = 90 * 86_400_000
_COLUMNS = ("ended_at", "status", "why", "through_account", "device", "call_id", "by")
_GRID = 1 << 22
"""An instant of our century is a multiple of 2^-22 s as a float: on this grid sums are exact."""

Days = Sequence[tuple[float, float]]
"""Days by their first instant and the next day's first."""


class Statuses:
    """One project's statuses. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    # --- writing ------------------------------------------------------------------------------------------------

    def write(self, told: Iterable[StatusTold]) -> None:
        """Write down what was told, in this order, in one transaction. What is known already changes nothing.

        A status told for an instant before the running stretch began takes that stretch's place: what is told last
        is so now, and what is over stays as it was told.

        Raises:
            RowRefusedError: neither or both of account and employee are named, or the instant is out of range.
            ConflictError: there is no such employee in this project.
            StoreError: the database refused. Nothing was written in any of these cases.
        """
        self.take([StatusEntry(run="", number=0, told=each) for each in told])

    def heartbeat(self, at: float) -> None:
        """At ``at``, everything told before was current.

        Raises:
            StoreError: the database refused.
        """
        self.take([StatusEntry(run="", number=0, watched_at=at)])

    def recover(self, now: float) -> None:
        """A new process watches: what runs is closed at the last heartbeat, and unknown from there on until told.

        Raises:
            StoreError: the database refused; nothing was closed.
        """
        self.take([StatusEntry(run="", number=0, began_at=now)])

    def take(self, entries: Sequence[StatusEntry]) -> None:
        """Write entries down in one transaction, each once: one that was written before is skipped.

        Raises:
            RowRefusedError, ConflictError, StoreError: as ``write``.
        """
        checked = [(entry, _instant(entry), _subject(entry)) for entry in entries]
        if not checked:
            return
        scope = self._scope
        with scope.writing() as connection:
            days = kept_days(connection, scope)
            written = _written(connection, scope, {entry.run for entry in entries})
            new = [
                (entry, at_ms, subject)
                for entry, at_ms, subject in checked
                if not entry.run or entry.number > written.get(entry.run, -1)
            ]
            everybody = any(entry.began_at is not None for entry, _, _ in new)
            wanted = {subject for _, _, subject in new if subject is not None}
            turn = Turn(
                _running(connection, scope, None if everybody else wanted),
                lambda subject, at_ms: _covering(connection, scope, subject, at_ms),
            )
            watched = _watched(connection, scope)
            heard = watched
            for entry, at_ms, subject in new:
                if entry.told is not None and subject is not None:
                    turn.tell(subject, at_ms, entry.told.status, entry.told.cause)
                elif entry.watched_at is not None:
                    heard = at_ms
                elif entry.began_at is not None:
                    turn.stop(heard)
            _write(connection, scope, turn)
            if days is not None:
                sums = DaySums(days)
                for ended, ended_ms in turn.ended:
                    if isinstance(ended.subject, int):
                        sums.status(ended.subject, ended.status, ended.began_ms, ended_ms)
                sums.write(connection, scope)
            if heard is not None and heard != watched:
                put(connection, watches, [{"project_id": scope.project_id, "watched_at": heard}], ["watched_at"])
            _mark(connection, scope, new)

    def write_earlier(self, stretches: Iterable[tuple[Subject, StatusStretch]]) -> int:
        """Write down stretches of the time before anything else is known of their subjects, in one transaction.

        For a past that is told afterwards. A stretch that is there already changes nothing, nor does one that begins
        and ends in the same millisecond. Returns how many were written.

        Raises:
            RowRefusedError: one has no end, or an instant is out of range.
            ConflictError: there is no such employee in this project.
            StoreError: the database refused. Nothing was written in any of these cases.
        """
        scope = self._scope
        checked = [
            (running, ended_ms)
            for running, ended_ms in (_ended(subject, stretch) for subject, stretch in stretches)
            if running.began_ms < ended_ms
        ]
        if not checked:
            return 0
        with scope.writing() as connection:
            days = kept_days(connection, scope)
            turn = Turn({}, lambda *_: None)
            known = _beginnings(connection, scope, checked)
            turn.ended = [each for each in checked if (each[0].subject, each[0].began_ms) not in known]
            _write(connection, scope, turn)
            if days is not None:
                sums = DaySums(days)
                for ended, ended_ms in turn.ended:
                    if isinstance(ended.subject, int):
                        sums.status(ended.subject, ended.status, ended.began_ms, ended_ms)
                sums.write(connection, scope)
        return len(turn.ended)

    # --- reading ------------------------------------------------------------------------------------------------

    def known_since(self) -> dict[Subject, float]:
        """The first instant of which anything is known, by employee's id and account's name."""
        scope, found = self._scope, {}
        with scope.reading() as connection:
            for table, column, _ in _TABLES:
                first = select(table.c[column], func.min(table.c.began_at)).where(scope.within(table))
                found.update({row[0]: to_s(row[1]) for row in connection.execute(first.group_by(table.c[column]))})
        return found

    def watched_at(self) -> float | None:
        """The last heartbeat; None before the first."""
        with self._scope.reading() as connection:
            return to_s_or_none(_watched(connection, self._scope))

    def stretches(self, subject: int | str, begins_at: float, ends_at: float) -> tuple[StatusStretch, ...]:
        """The stretches that touch ``[begins_at, ends_at)``, whole, in time order.

        ``subject`` is an employee's id or an account's name. For a track without gaps see ``floor.days.tile``.
        """
        with self._scope.reading() as connection:
            return _stretches(connection, self._scope, subject, begins_at, ends_at)

    def tracks(
        self, subjects: Sequence[int | str], begins_at: float, ends_at: float
    ) -> tuple[tuple[StatusStretch, ...], ...]:
        """``stretches`` of each of the subjects, as of one moment."""
        with self._scope.reading() as connection:
            return tuple(_stretches(connection, self._scope, subject, begins_at, ends_at) for subject in subjects)

    def day_totals(self, employee_id: int, days: Days, now: float) -> tuple[StatusTotals, ...]:
        """For each of the days (any periods, if need be) the seconds in each status; together exactly its length.

        What runs counts up to ``now``, nothing after it. Days of the project's zone cost the same however much was in
        them; other periods, and a ``now`` before the last change, what their stretches cost.
        """
        scope = self._scope
        wanted = [(_bounded(begins_at), _bounded(ends_at)) for begins_at, ends_at in days]
        if not wanted:
            return ()
        with scope.reading() as connection:
            running = connection.execute(
                _of(scope, employee_id).where(employee_statuses.c.ended_at.is_(None))
            ).one_or_none()
            kept_by = days_to_read(connection, scope)
            over = running is None or to_s(running.began_at) <= now  # what has ended had by now
            if kept_by is None or not over or not all(kept_by.has(*each) for each in wanted):
                return tuple(
                    totals(_stretches(connection, scope, employee_id, begins_at, ends_at), begins_at, ends_at, now)
                    for begins_at, ends_at in days
                )
            found = {
                row["begins_at"]: row
                for row in connection.execute(
                    select(status_days).where(
                        scope.within(status_days),
                        status_days.c.employee_id == employee_id,
                        status_days.c.begins_at >= min(begins for begins, _ in wanted),
                        status_days.c.begins_at <= max(begins for begins, _ in wanted),
                    )
                ).mappings()
            }
        return tuple(_totals(found.get(begins), running, to_s(begins), to_s(ends), now) for begins, ends in wanted)

    def period_totals(self, employee_ids: Iterable[int], days: Days, now: float) -> dict[int, StatusTotals]:
        """For each of the employees the seconds in each status over all of the days; as ``day_totals`` has them."""
        scope, employees = self._scope, sorted(set(employee_ids))
        wanted = [(_bounded(begins_at), _bounded(ends_at)) for begins_at, ends_at in days]
        with scope.reading() as connection:
            runs = select(employee_statuses).where(
                scope.within(employee_statuses), employee_statuses.c.ended_at.is_(None)
            )
            running = {row.employee_id: row for row in connection.execute(runs)}
            kept_by = days_to_read(connection, scope)
            by_day = kept_by is not None and all(kept_by.has(*each) for each in wanted)
            sums: dict[tuple[int, int], Mapping[Any, Any]] = {}
            if by_day and wanted:
                first, last = min(begins for begins, _ in wanted), max(begins for begins, _ in wanted)
                begins = status_days.c.begins_at
                kept = select(status_days).where(scope.within(status_days), begins >= first, begins <= last)
                sums = {(row["employee_id"], row["begins_at"]): row for row in connection.execute(kept).mappings()}
        found = {}
        for each in employees:
            runs_now = running.get(each)
            if by_day and (runs_now is None or to_s(runs_now.began_at) <= now):
                told = tuple(_totals(sums.get((each, on)), runs_now, to_s(on), to_s(end), now) for on, end in wanted)
            else:
                told = self.day_totals(each, days, now)
            found[each] = sum(told, StatusTotals())
        return found


def _totals(
    sums: Mapping[Any, Any] | None, running: Row[Any] | None, begins_at: float, ends_at: float, now: float
) -> StatusTotals:
    until = max(begins_at, min(ends_at, now))
    seconds = {each: _on_grid(sums[f"{each}_ms"]) if sums is not None else 0.0 for each in KEPT}
    if running is not None and Status(running.status) in KEPT:
        seconds[Status(running.status)] += max(0.0, until - max(begins_at, to_s(running.began_at)))
    unknown_s = (until - begins_at) - sum(seconds.values())
    if abs(unknown_s) < 0.0005:  # less than what is kept can tell: the grid's
        seconds[max(KEPT, key=lambda each: seconds[each])] += unknown_s
        unknown_s = 0.0
    return StatusTotals(
        talking_s=seconds[Status.TALKING],
        online_s=seconds[Status.ONLINE],
        dnd_s=seconds[Status.DND],
        offline_s=seconds[Status.OFFLINE],
        unknown_s=unknown_s,
        future_s=ends_at - until,
    )


def _on_grid(milliseconds: int) -> float:
    return round(milliseconds * _GRID / 1000) / _GRID


# --- one entry --------------------------------------------------------------------------------------------------


def _instant(entry: StatusEntry) -> int:
    at = (
        entry.told.at
        if entry.told is not None
        else entry.watched_at
        if entry.watched_at is not None
        else entry.began_at
    )
    if at is None:
        raise RowRefusedError("an entry says nothing")
    at_ms = to_ms(at)
    if not 0 <= at_ms <= LAST_MS:
        raise RowRefusedError("a status's instant is out of range")
    return at_ms


def _subject(entry: StatusEntry) -> Subject | None:
    if entry.told is None:
        return None
    account, employee_id = entry.told.account, entry.told.employee_id
    if (account is None) == (employee_id is None):
        raise RowRefusedError("a status is an account's or an employee's")
    return kept(account) if account is not None else employee_id


def _ended(subject: Subject, stretch: StatusStretch) -> tuple[Running, int]:
    if stretch.ended_at is None:
        raise RowRefusedError("a stretch of the past has no end")
    began_ms, ended_ms = to_ms(stretch.began_at), to_ms(stretch.ended_at)
    if not 0 <= began_ms <= ended_ms <= LAST_MS:
        raise RowRefusedError("a status's instant is out of range")
    if isinstance(subject, str):
        subject = kept(subject)
    return Running(subject=subject, began_ms=began_ms, status=stretch.status, cause=stretch.cause), ended_ms


# --- rows -------------------------------------------------------------------------------------------------------

_TABLES = ((employee_statuses, "employee_id", int), (account_statuses, "account", str))


def _table(subject: Subject) -> tuple[Any, str]:
    return (employee_statuses, "employee_id") if isinstance(subject, int) else (account_statuses, "account")


def _of(scope: Scope, subject: Subject) -> Select[Any]:
    table, column = _table(subject)
    return select(table).where(scope.within(table), table.c[column] == subject)


def _running(connection: Connection, scope: Scope, subjects: set[Subject] | None) -> dict[Subject, Running]:
    """What runs, of these subjects or (None) of all."""
    found: dict[Subject, Running] = {}
    for table, column, kind in _TABLES:
        runs = select(table).where(scope.within(table), table.c.ended_at.is_(None))
        asked = [runs]
        if subjects is not None:
            some = sorted(subject for subject in subjects if isinstance(subject, kind))
            asked = [
                runs.where(table.c[column].in_(some[start : start + _CHUNK])) for start in range(0, len(some), _CHUNK)
            ]
        for query in asked:
            for row in connection.execute(query):
                subject = getattr(row, column)
                found[subject] = Running(
                    subject=subject, began_ms=row.began_at, status=Status(row.status), cause=_cause(row)
                )
    return found


def _beginnings(connection: Connection, scope: Scope, some: Sequence[tuple[Running, int]]) -> set[tuple[Subject, int]]:
    """Which stretches of this time are there."""
    first, last = min(each.began_ms for each, _ in some), max(each.began_ms for each, _ in some)
    found: set[tuple[Subject, int]] = set()
    for table, column, _ in _TABLES:
        began = table.c.began_at
        asked = select(table.c[column], began).where(scope.within(table), began >= first, began <= last)
        found.update((row[0], row[1]) for row in connection.execute(asked))
    return found


def _covering(connection: Connection, scope: Scope, subject: Subject, at_ms: int) -> tuple[int, Status] | None:
    """The stretch written for an instant: when it began, and its status."""
    table, _ = _table(subject)
    row = connection.execute(
        _of(scope, subject).where(table.c.began_at <= at_ms).order_by(table.c.began_at.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (row.began_at, Status(row.status))


def _write(connection: Connection, scope: Scope, turn: Turn) -> None:
    for table, column, kind in _TABLES:
        # Those that have ended first: of one subject no two may run, at no moment.
        rows = [
            {"project_id": scope.project_id, column: each.subject, **_columns(each, ended_ms)}
            for each, ended_ms in (*turn.ended, *((each, None) for each in turn.changed))
            if isinstance(each.subject, kind)
        ]
        put(connection, table, rows, _COLUMNS)


def _columns(stretch: Running, ended_ms: int | None) -> dict[str, Any]:
    cause = stretch.cause
    return {
        "began_at": stretch.began_ms,
        "ended_at": ended_ms,
        "status": stretch.status.value,
        "why": cause.why.value,
        "through_account": kept_or_none(cause.account),
        "device": kept_or_none(cause.device),
        "call_id": kept_or_none(cause.call_id),
        "by": kept_or_none(cause.by),
    }


def _cause(row: Row[Any]) -> Cause:
    return Cause(why=Why(row.why), account=row.through_account, device=row.device, call_id=row.call_id, by=row.by)


def _stretches(
    connection: Connection, scope: Scope, subject: Subject, begins_at: float, ends_at: float
) -> tuple[StatusStretch, ...]:
    begins, ends = _bounded(begins_at), _bounded(ends_at)
    table, _ = _table(subject)
    began = table.c.began_at
    running_in = _of(scope, subject).where(began <= begins).order_by(began.desc()).limit(1)
    inside = _of(scope, subject).where(began > begins, began < ends).order_by(began)
    rows = [row for row in connection.execute(running_in) if row.ended_at is None or row.ended_at > begins]
    if begins < ends:
        rows += connection.execute(inside)
    return tuple(
        StatusStretch(
            status=Status(row.status),
            began_at=to_s(row.began_at),
            ended_at=to_s_or_none(row.ended_at),
            cause=_cause(row),
        )
        for row in rows
    )


def _bounded(at: float) -> int:
    return to_ms(min(max(at, 0.0), LATEST_MS / 1000))


# --- watches and runs -------------------------------------------------------------------------------------------


def _watched(connection: Connection, scope: Scope) -> int | None:
    return connection.execute(select(watches.c.watched_at).where(scope.within(watches))).scalar()


def _written(connection: Connection, scope: Scope, runs: set[str]) -> dict[str, int]:
    asked = select(status_runs).where(scope.within(status_runs), status_runs.c.run.in_(sorted(runs - {""})))
    return {row.run: row.written for row in connection.execute(asked)} if runs - {""} else {}


def _mark(connection: Connection, scope: Scope, new: Sequence[tuple[StatusEntry, int, Subject | None]]) -> None:
    """Note how far each run was written, and forget runs of long ago."""
    runs: dict[str, dict[str, Any]] = {}
    for entry, at_ms, _ in new:
        if entry.run:
            runs[entry.run] = {
                "project_id": scope.project_id,
                "run": entry.run,
                "written": entry.number,
                "seen_at": at_ms,
            }
        if entry.began_at is not None:
            old = status_runs.c.seen_at < at_ms - _RUNS_KEPT_MS
            connection.execute(delete(status_runs).where(scope.within(status_runs), old))
    put(connection, status_runs, list(runs.values()), ["written", "seen_at"])
