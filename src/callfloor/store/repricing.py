"""Old calls at the prices of today's list: some at a time, others write in between; to do it again changes nothing."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, func, select, update

from callfloor.store.block_writer import fold_some, freshen
from callfloor.store.pricing import Pricing, pricing
from callfloor.store.rollups import kept_days
from callfloor.store.rows import range_of
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, call_externals, calls
from callfloor.store.words import words_with

_CHUNK = 1000
_WANTED = (
    *(calls.c.id, calls.c.type, calls.c.trunk, calls.c.client_e164, calls.c.client_number, calls.c.started_at),
    *(calls.c.answered_at, calls.c.talk_ms, calls.c.hold_ms, calls.c.cost, calls.c.currency),
)


class Repriced(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the calls of a period."""

    calls: int
    changed: int
    priced: int  # have a cost now


class Repricing:
    """One project's finished calls and what they cost. Blocking, for long work."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def apply(
        self, started_from: float, started_to: float, progress: Callable[[int, int | None], None] | None = None
    ) -> Repriced:
        """Price the calls that began in ``[started_from, started_to)`` by the list as it is now.

        ``progress`` is told how many are done of how many, and may raise to end it: what is done stays.

        Raises:
            StoreError: the database refused; some calls may be done.
        """
        last, end = range_of(started_from, started_to)
        which = self._scope.within(calls), calls.c.id < end
        with self._scope.reading() as connection:
            of = connection.execute(
                select(func.count()).select_from(calls).where(*which, calls.c.id >= last)
            ).scalar_one()
        done = changed = priced = 0
        last -= 1
        while True:
            if progress is not None:
                progress(done, max(of, done))
            with self._scope.writing() as connection:
                kept_days(connection, self._scope)  # until the end nobody else writes calls
                some = connection.execute(
                    select(*_WANTED).where(*which, calls.c.id > last).order_by(calls.c.id).limit(_CHUNK)
                ).mappings()
                rows = some.all()
                if not rows:
                    return Repriced(calls=done, changed=changed, priced=priced)
                prices = pricing(connection, self._scope)
                costs = self._costs(connection, prices, rows)
                priced += sum(cost is not None for cost, _ in costs.values())
                differ = {
                    row["id"]: costs[row["id"]] for row in rows if (row["cost"], row["currency"]) != costs[row["id"]]
                }
                if differ:
                    self._write(connection, differ)
                done, changed, last = done + len(rows), changed + len(differ), rows[-1]["id"]

    def _costs(self, connection: Connection, prices: Pricing, rows: Any) -> dict[int, tuple[int | None, str | None]]:
        first, last = rows[0]["id"], rows[-1]["id"]
        people = self._parts(connection, call_employees, first, last)
        externals = self._parts(connection, call_externals, first, last)
        return {row["id"]: prices.columns(row, people.get(row["id"], ()), externals.get(row["id"], ())) for row in rows}

    def _parts(self, connection: Connection, table: Table, first: int, last: int) -> dict[int, list[Mapping[Any, Any]]]:
        found: dict[int, list[Mapping[Any, Any]]] = {}
        for row in connection.execute(
            select(table)
            .where(self._scope.within(table), table.c.call >= first, table.c.call <= last)
            .order_by(table.c.call, table.c.part)
        ).mappings():
            found.setdefault(row["call"], []).append(row)
        return found

    def _write(self, connection: Connection, costs: Mapping[int, tuple[int | None, str | None]]) -> None:
        words_with(connection, self._scope, {currency for _, currency in costs.values() if currency is not None})
        connection.execute(
            update(calls)
            .where(self._scope.within(calls), calls.c.id == bindparam("call"))
            .values(cost=bindparam("new_cost"), currency=bindparam("new_currency")),
            [{"call": key, "new_cost": cost, "new_currency": currency} for key, (cost, currency) in costs.items()],
        )
        freshen(connection, self._scope, costs.keys())
        fold_some(connection, self._scope)
