"""Letters with reports: one row for each recipient, from when it is asked for until it is sent or given up.

A letter is sent at most once (docs/decisions/0120): it is written down as being sent before the mail server is spoken
to. What was being sent when the process died is *doubtful*, and only a person sends it again.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store.instants import to_ms, to_ms_or_none, to_s, to_s_or_none
from callfloor.store.report_asks import ReportAsk
from callfloor.store.report_tables import deliveries as table
from callfloor.store.schedules import Recipients, Schedule, moved_on
from callfloor.store.scope import Scope
from callfloor.store.texts import kept

LARGEST_PAGE = 500
LONGEST_ERROR = 1000


class DeliveryState(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"  # for its turn, or to be tried again
    MAKING = "making"  # its report is made
    SENDING = "sending"  # the mail server is spoken to
    SENT = "sent"  # the mail server took it
    FAILED = "failed"  # given up
    DOUBTFUL = "doubtful"  # perhaps sent: the process or the connection ended in the very moment


ENDED = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DOUBTFUL})


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One letter to one recipient."""

    id: int
    schedule_id: int | None  # None: sent by hand
    name: str
    user_id: int  # who asked for it
    to_user_id: int | None  # None: an outside address
    address: str | None
    ask: ReportAsk
    asked_at: float
    due_at: float
    late: bool  # Callfloor did not run when it was due
    state: DeliveryState
    tries: int
    next_try_at: float
    ended_at: float | None
    error: str | None  # the mail server's words, or why there is none
    file: str | None
    bytes: int | None
    rows: int | None


class Deliveries:
    """One project's letters. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put(
        self,
        name: str,
        *,
        user_id: int,
        ask: ReportAsk,
        recipients: Recipients,
        now: float,
        schedule_id: int | None = None,
    ) -> tuple[Delivery, ...]:
        """Letters that go out now."""
        with self._scope.writing() as connection:
            keys = self._insert(
                connection,
                name,
                user_id,
                ask,
                recipients,
                schedule_id=schedule_id,
                asked_at=now,
                due_at=now,
                late=False,
            )
            return tuple(_delivery(self._row(connection, each)) for each in keys)

    def fall_due(
        self, schedule: Schedule, *, ask: ReportAsk, due_at: float, next_at: float, late: bool, now: float
    ) -> bool:
        """A schedule's letters of one time, and its next time, in one transaction; whether it was not done before."""
        with self._scope.writing() as connection:
            if not moved_on(connection, self._scope, schedule, next_at):
                return False
            self._insert(
                connection,
                schedule.name,
                schedule.user_id,
                ask,
                schedule.recipients,
                schedule_id=schedule.id,
                asked_at=now,
                due_at=due_at,
                late=late,
            )
            return True

    def waiting(self, now: float) -> tuple[Delivery, ...]:
        """Those whose turn it is, the first due first."""
        wanted = select(table).where(
            self._scope.within(table),
            table.c.state == DeliveryState.WAITING.value,
            table.c.next_try_at <= to_ms(now),
        )
        with self._scope.reading() as connection:
            return tuple(map(_delivery, connection.execute(wanted.order_by(table.c.due_at, table.c.id).limit(500))))

    def next_try_at(self) -> float | None:
        """When the next letter is to be tried; None: none waits."""
        wanted = select(table.c.next_try_at).where(
            self._scope.within(table), table.c.state == DeliveryState.WAITING.value
        )
        with self._scope.reading() as connection:
            return to_s_or_none(connection.execute(wanted.order_by(table.c.next_try_at).limit(1)).scalar())

    def step(self, delivery_id: int, before: DeliveryState, after: DeliveryState, **values: Any) -> bool:
        """From one state to another, if it is still in the first; whether it was.

        ``values`` are of columns; instants are UTC epoch seconds.
        """
        told = dict(values)
        for name in told.keys() & {"next_try_at", "ended_at"}:
            told[name] = to_ms_or_none(told[name])
        if told.get("error") is not None:
            told["error"] = kept(told["error"])[:LONGEST_ERROR]
        with self._scope.writing() as connection:
            done = connection.execute(
                update(table)
                .where(self._scope.within(table), table.c.id == delivery_id, table.c.state == before.value)
                .values(state=after.value, **told)
            )
            return bool(done.rowcount)

    def recover(self, *, now: float) -> None:
        """At start: what was being made waits again; what was being sent is doubtful."""
        with self._scope.writing() as connection:
            for before, values in (
                (DeliveryState.MAKING, {"state": DeliveryState.WAITING.value}),
                (
                    DeliveryState.SENDING,
                    {
                        "state": DeliveryState.DOUBTFUL.value,
                        "ended_at": to_ms(now),
                        "error": "Callfloor was stopped while it was being sent.",
                    },
                ),
            ):
                mine = self._scope.within(table), table.c.state == before.value
                connection.execute(update(table).where(*mine).values(**values))

    def again(self, delivery_id: int, *, now: float) -> Delivery:
        """Have one that ended sent once more.

        Raises:
            NotFoundError: this project has none of this id.
            ConflictError: it has not ended.
        """
        with self._scope.editing() as connection:
            if DeliveryState(self._row(connection, delivery_id).state) not in ENDED:
                raise ConflictError("it is on its way already")
            mine = self._scope.within(table), table.c.id == delivery_id
            waits = {"state": DeliveryState.WAITING.value, "tries": 0, "next_try_at": to_ms(now)}
            connection.execute(update(table).where(*mine).values(**waits, ended_at=None, error=None))
            return _delivery(self._row(connection, delivery_id))

    def get(self, delivery_id: int) -> Delivery:
        """One letter.

        Raises:
            NotFoundError: this project has none of this id.
        """
        with self._scope.reading() as connection:
            return _delivery(self._row(connection, delivery_id))

    def list(
        self, *, limit: int = 50, user_id: int | None = None, states: Collection[DeliveryState] | None = None
    ) -> tuple[Delivery, ...]:
        """Letters, the latest first; with ``user_id`` those that this user asked for.

        Raises:
            InvalidInputError: the limit is not 1–500.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        wanted = select(table).where(self._scope.within(table)).order_by(table.c.id.desc()).limit(limit)
        if user_id is not None:
            wanted = wanted.where(table.c.user_id == user_id)
        if states is not None:
            wanted = wanted.where(table.c.state.in_(sorted(states)))
        with self._scope.reading() as connection:
            return tuple(map(_delivery, connection.execute(wanted)))

    def forget(self, *, ended_before: float) -> tuple[int, ...]:
        """Drop those that ended long ago; their ids."""
        old = self._scope.within(table), table.c.ended_at < to_ms(ended_before)
        with self._scope.editing() as connection:
            gone = tuple(connection.execute(select(table.c.id).where(*old)).scalars())
            connection.execute(delete(table).where(*old))
            return gone

    def _insert(
        self,
        connection: Connection,
        name: str,
        user_id: int,
        ask: ReportAsk,
        recipients: Recipients,
        *,
        schedule_id: int | None,
        asked_at: float,
        due_at: float,
        late: bool,
    ) -> tuple[int, ...]:
        whom: list[tuple[int | None, str | None]] = [(each, None) for each in dict.fromkeys(recipients.user_ids)]
        whom += [(None, each) for each in dict.fromkeys(recipients.addresses)]
        values = {
            "project_id": self._scope.project_id,
            "schedule_id": schedule_id,
            "name": name,
            "user_id": user_id,
            "ask": msgspec.json.encode(ask).decode(),
            "asked_at": to_ms(asked_at),
            "due_at": to_ms(due_at),
            "late": late,
            "state": DeliveryState.WAITING.value,
            "tries": 0,
            "next_try_at": to_ms(asked_at),
        }
        keys = []
        for to_user_id, address in whom:
            row = {**values, "to_user_id": to_user_id, "address": address}
            made: Any = connection.execute(insert(table), row).inserted_primary_key
            keys.append(int(made[0]))
        return tuple(keys)

    def _row(self, connection: Connection, delivery_id: int) -> Row[Any]:
        row = connection.execute(
            select(table).where(self._scope.within(table), table.c.id == delivery_id)
        ).one_or_none()
        if row is None:
            raise NotFoundError("There is no such letter.")
        return row


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        schedule_id=row.schedule_id,
        name=row.name,
        user_id=row.user_id,
        to_user_id=row.to_user_id,
        address=row.address,
        ask=msgspec.json.decode(row.ask, type=ReportAsk),
        asked_at=to_s(row.asked_at),
        due_at=to_s(row.due_at),
        late=row.late,
        state=DeliveryState(row.state),
        tries=row.tries,
        next_try_at=to_s(row.next_try_at),
        ended_at=to_s_or_none(row.ended_at),
        error=row.error,
        file=row.file,
        bytes=row.bytes,
        rows=row.rows,
    )
