"""Schedules of reports. When one falls due, its letters are put down and its next time is set in one transaction."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from callfloor.errors import NotFoundError
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.report_asks import Every, Period, ReportAsk, When
from callfloor.store.report_tables import report_schedules as table
from callfloor.store.scope import Scope


class Recipients(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a report."""

    user_ids: tuple[int, ...] = ()  # each gets what they may see
    addresses: tuple[str, ...] = ()  # outside; they get what the one who asks may see


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A report that goes out by itself."""

    id: int
    name: str
    user_id: int  # whose it is
    when: When
    ask: ReportAsk
    recipients: Recipients
    paused: bool
    next_at: float  # while it is paused: when it would be
    made_at: float
    removed_at: float | None


class Schedules:
    """One project's schedules. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(
        self,
        name: str,
        *,
        user_id: int,
        when: When,
        ask: ReportAsk,
        recipients: Recipients,
        next_at: float,
        now: float,
        paused: bool = False,
    ) -> Schedule:
        """Make one.

        Raises:
            InvalidInputError: ``when`` is no time.
        """
        when.check()
        values = {"project_id": self._scope.project_id, "user_id": user_id, "paused": paused, "made_at": to_ms(now)}
        with self._scope.writing() as connection:
            made: Any = connection.execute(
                insert(table), {**values, **_values(name, when, ask, recipients, next_at), "removed_at": None}
            ).inserted_primary_key
            return _schedule(self._row(connection, int(made[0])))

    def change(
        self,
        schedule_id: int,
        *,
        name: str,
        when: When,
        ask: ReportAsk,
        recipients: Recipients,
        paused: bool,
        next_at: float,
    ) -> Schedule:
        """These from now on.

        Raises:
            NotFoundError: this project has none of this id.
            InvalidInputError: ``when`` is no time.
        """
        when.check()
        with self._scope.writing() as connection:
            self._row(connection, schedule_id)
            self._set(connection, schedule_id, paused=paused, **_values(name, when, ask, recipients, next_at))
            return _schedule(self._row(connection, schedule_id))

    def remove(self, schedule_id: int, *, now: float) -> None:
        """No more of it; it can be brought back until it is forgotten.

        Raises:
            NotFoundError: this project has none of this id.
        """
        with self._scope.writing() as connection:
            self._row(connection, schedule_id)
            self._set(connection, schedule_id, removed_at=to_ms(now))

    def restore(self, schedule_id: int, *, next_at: float) -> Schedule:
        """Bring a removed one back.

        Raises:
            NotFoundError: this project has none of this id, or it is forgotten.
        """
        with self._scope.writing() as connection:
            self._row(connection, schedule_id, removed=True)
            self._set(connection, schedule_id, removed_at=None, next_at=to_ms(next_at))
            return _schedule(self._row(connection, schedule_id))

    def get(self, schedule_id: int, *, removed: bool = False) -> Schedule:
        """One schedule; ``removed``: one that was removed will do.

        Raises:
            NotFoundError: this project has none of this id.
        """
        with self._scope.reading() as connection:
            return _schedule(self._row(connection, schedule_id, removed=removed))

    def list(self, *, user_id: int | None = None) -> tuple[Schedule, ...]:
        """Those that were not removed, the first made first; with ``user_id`` this user's."""
        wanted = select(table).where(self._scope.within(table), table.c.removed_at.is_(None)).order_by(table.c.id)
        if user_id is not None:
            wanted = wanted.where(table.c.user_id == user_id)
        with self._scope.reading() as connection:
            return tuple(map(_schedule, connection.execute(wanted)))

    def due(self, now: float) -> tuple[Schedule, ...]:
        """Those whose time has come."""
        wanted = select(table).where(
            self._scope.within(table),
            table.c.removed_at.is_(None),
            table.c.paused.is_(False),
            table.c.next_at <= to_ms(now),
        )
        with self._scope.reading() as connection:
            return tuple(map(_schedule, connection.execute(wanted.order_by(table.c.next_at))))

    def next_at(self) -> float | None:
        """When the next one falls due; None: none will."""
        wanted = select(table.c.next_at).where(
            self._scope.within(table), table.c.removed_at.is_(None), table.c.paused.is_(False)
        )
        with self._scope.reading() as connection:
            return to_s_or_none(connection.execute(wanted.order_by(table.c.next_at).limit(1)).scalar())

    def forget(self, *, removed_before: float) -> None:
        """Drop what was removed long ago."""
        with self._scope.writing() as connection:
            connection.execute(
                delete(table).where(self._scope.within(table), table.c.removed_at < to_ms(removed_before))
            )

    def _row(self, connection: Connection, schedule_id: int, *, removed: bool = False) -> Row[Any]:
        row = connection.execute(
            select(table).where(self._scope.within(table), table.c.id == schedule_id)
        ).one_or_none()
        if row is None or (row.removed_at is not None and not removed):
            raise NotFoundError("There is no such schedule.")
        return row

    def _set(self, connection: Connection, schedule_id: int, **values: Any) -> None:
        connection.execute(update(table).where(self._scope.within(table), table.c.id == schedule_id).values(**values))


def moved_on(connection: Connection, scope: Scope, schedule: Schedule, next_at: float) -> bool:
    """Inside a transaction: set the next time, if nobody has since it was read. Whether it was set."""
    done = connection.execute(
        update(table)
        .where(
            scope.within(table),
            table.c.id == schedule.id,
            table.c.next_at == to_ms(schedule.next_at),
            table.c.paused.is_(False),
            table.c.removed_at.is_(None),
        )
        .values(next_at=to_ms(next_at))
    )
    return bool(done.rowcount)


def _values(name: str, when: When, ask: ReportAsk, recipients: Recipients, next_at: float) -> dict[str, Any]:
    return {
        "name": name,
        "every": when.every.value,
        "weekday": when.weekday,
        "month_day": when.month_day,
        "minute": when.minute,
        "period": when.period.value,
        "days": when.days,
        "ask": msgspec.json.encode(ask).decode(),
        "users": msgspec.json.encode(recipients.user_ids).decode(),
        "addresses": msgspec.json.encode(recipients.addresses).decode(),
        "next_at": to_ms(next_at),
    }


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        id=row.id,
        name=row.name,
        user_id=row.user_id,
        when=When(
            every=Every(row.every),
            minute=row.minute,
            weekday=row.weekday,
            month_day=row.month_day,
            period=Period(row.period),
            days=row.days,
        ),
        ask=msgspec.json.decode(row.ask, type=ReportAsk),
        recipients=Recipients(
            user_ids=msgspec.json.decode(row.users, type=tuple[int, ...]),
            addresses=msgspec.json.decode(row.addresses, type=tuple[str, ...]),
        ),
        paused=row.paused,
        next_at=to_s(row.next_at),
        made_at=to_s(row.made_at),
        removed_at=to_s_or_none(row.removed_at),
    )
