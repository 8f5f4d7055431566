"""Writing calls down, inside a transaction that the caller has."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from callfloor.errors import RowRefusedError
from callfloor.store.annotations import take_along
from callfloor.store.block_writer import Written, append, fold_some, freshen
from callfloor.store.callback_books import CallbackBook
from callfloor.store.client_marks import Clients, Earlier, name_of
from callfloor.store.keys import among
from callfloor.store.pricing import Pricing, pricing
from callfloor.store.rollups import DaySums, kept_days
from callfloor.store.rows import SLOTS, CallRows, Row, keys, next_key
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, call_employees, call_externals, call_queues, calls, employees
from callfloor.store.tally import count
from callfloor.store.upserts import insert_all
from callfloor.store.words import words_with

_CHUNK = 500
"""Calls written by one round of statements; also the values in one IN list, of which SQLite takes 32,766."""

NOTHING: Mapping[str, str] = {}

_Owner = tuple[int | None, int | None]
"""Who has an account, and the department they work in."""


def write_rows(
    connection: Connection, scope: Scope, batch: Sequence[CallRows], absorbed: Mapping[str, str] = NOTHING
) -> None:
    """Write these calls (no id twice among them), in place of what was known of them.

    ``absorbed`` are ids of other calls that turn out to be part of one of these: they go, and what was said of them
    goes with that one.

    Raises:
        RowRefusedError: more calls began in one millisecond than can be kept.
        sqlalchemy.exc.SQLAlchemyError: the database refused.
    """
    days = kept_days(connection, scope)
    sums = None if days is None else DaySums(days)
    book, prices = CallbackBook(connection, scope), pricing(connection, scope)
    for start in range(0, len(batch), _CHUNK):
        some = batch[start : start + _CHUNK]
        theirs = {rows.call["call_id"] for rows in some}
        gone = {call_id: into for call_id, into in absorbed.items() if into in theirs}
        _write(connection, scope, some, gone, sums, book, prices)
    book.write()
    if sums is not None:
        sums.write(connection, scope)
    fold_some(connection, scope)


def not_known_whole(connection: Connection, scope: Scope, batch: Sequence[CallRows]) -> Sequence[CallRows]:
    """Without the calls that were seen in part, and of which all is known: by a repair, or before a process died."""
    parts = [rows.call["call_id"] for rows in batch if rows.call["partial"]]
    if not parts:
        return batch
    kept_days(connection, scope)  # a repair's transaction is over, or begins after this one
    told = set(
        connection.execute(
            select(calls.c.call_id).where(
                scope.within(calls), among(calls.c.call_id, texts=True), calls.c.partial.is_(False)
            ),
            {"keys": parts},
        ).scalars()
    )
    return [rows for rows in batch if rows.call["call_id"] not in told]


def _write(
    connection: Connection,
    scope: Scope,
    batch: Sequence[CallRows],
    absorbed: Mapping[str, str],
    sums: DaySums | None,
    book: CallbackBook,
    prices: Pricing,
) -> None:
    project_id = scope.project_id
    earlier, marked = _forget(connection, scope, [*(rows.call["call_id"] for rows in batch), *absorbed], sums, book)
    owners = _owners(connection, scope, {part["account"] for rows in batch for part in rows.employees})
    chosen = _free_keys(connection, scope, batch, {call_id: key for call_id, (key, _) in earlier.items()})
    new_calls: list[Row] = []
    new_employees: list[Row] = []
    new_queues: list[Row] = []
    new_externals: list[Row] = []
    for key, rows in zip(chosen, batch, strict=True):
        known = earlier.get(rows.call["call_id"], (0, {}))[1]
        theirs: list[Row] = []
        for place, part in enumerate(rows.employees):
            employee_id, department_id = known.get(part["account"]) or owners.get(part["account"], (None, None))
            theirs.append(
                {
                    "project_id": project_id,
                    "call": key,
                    "part": place,
                    "employee_id": employee_id,
                    "department_id": department_id,
                    **part,
                }
            )
        new_employees += theirs
        cost, currency = prices.columns(rows.call, theirs, rows.externals)
        new_calls.append({"project_id": project_id, "id": key, "cost": cost, "currency": currency, **rows.call})
        book.add(key, rows.call, theirs, rows.queues)
        if sums is not None:
            sums.call(rows.started_ms, count(rows.call["type"], rows.call["result"], rows.call["hold_ms"], theirs))
        for made, parts in ((new_queues, rows.queues), (new_externals, rows.externals)):
            made += [{"project_id": project_id, "call": key, "part": place, **part} for place, part in enumerate(parts)]
    words = words_with(connection, scope, _words(new_calls, new_queues))
    named = {name for row in new_calls if (name := name_of(row)) is not None}
    clients = Clients(connection, scope, named | {each.counted for each in marked.values() if each.counted is not None})
    for row in new_calls:
        name = name_of(row)
        row |= {"client": None if name is None else clients.id_of(name), "since_ms": None}
    unsettled = clients.mark(new_calls, marked)
    for call_id in absorbed:
        before = marked.get(call_id)
        if before is not None and before.counted is not None:
            unsettled.setdefault(before.counted, set()).add(before.key)
    for table, made in (
        (calls, new_calls),
        (call_employees, new_employees),
        (call_queues, new_queues),
        (call_externals, new_externals),
    ):
        insert_all(connection, table, made)
    changed = clients.settle(unsettled)
    moved = {each.key: row["id"] for row in new_calls if (each := marked.get(row["call_id"])) and each.key != row["id"]}
    key_of = {row["call_id"]: row["id"] for row in new_calls}
    take_along(
        connection,
        scope,
        moved | {marked[call_id].key: key_of[into] for call_id, into in absorbed.items() if call_id in marked},
    )
    # What has become of calls that were known is read from their rows; so are new ones while they are few.
    plain = [row for row in new_calls if row["call_id"] not in marked and row["id"] not in changed]
    kept = append(connection, scope, Written(plain, new_employees, new_queues), words)
    fresh = {row["id"] for row in new_calls} | changed | {each.key for each in marked.values()}
    freshen(connection, scope, fresh - kept)


def _words(new_calls: Sequence[Row], new_queues: Sequence[Row]) -> set[str]:
    words = {row.get(name) for row in new_calls for name in ("business_number", "scheme", "currency")}
    return {word for word in words if word is not None} | {row["queue"] for row in new_queues}


def _forget(
    connection: Connection, scope: Scope, call_ids: Sequence[str], sums: DaySums | None, book: CallbackBook
) -> tuple[dict[str, tuple[int, dict[str, _Owner]]], dict[str, Earlier]]:
    """Delete what is known of these calls, and take it out of the days; their keys, and who had which account then."""
    call = calls.c
    found = connection.execute(
        select(
            call.id,
            call.call_id,
            call.type,
            call.result,
            call.hold_ms,
            call.started_at,
            call.answered_at,
            call.client_e164,
            call.since_ms,
        ).where(scope.within(calls), among(call.call_id, texts=True)),
        {"keys": call_ids},
    ).all()
    if not found:
        return {}, {}
    for row in found:
        book.forget(row._mapping)
    named: dict[int, dict[str, _Owner]] = {row.id: {} for row in found}
    parts: dict[int, list[Mapping[Any, Any]]] = {row.id: [] for row in found}
    part = call_employees.c
    for each in connection.execute(
        select(call_employees).where(scope.within(call_employees), among(part.call)).order_by(part.call, part.part),
        {"keys": list(named)},
    ).mappings():
        parts[each["call"]].append(each)
        if each["employee_id"] is not None:
            named[each["call"]][each["account"]] = (each["employee_id"], each["department_id"])
    if sums is not None:
        for row in found:
            sums.call(row.started_at, count(row.type, row.result, row.hold_ms, parts[row.id]), sign=-1)
    gone = delete(calls).where(scope.within(calls), among(calls.c.id))  # its parts follow
    connection.execute(gone, {"keys": list(named)})
    marked = {row.call_id: Earlier(row.id, row.type, row.client_e164, row.since_ms) for row in found}
    return {row.call_id: (row.id, named[row.id]) for row in found}, marked


def _owners(connection: Connection, scope: Scope, names: Collection[str]) -> dict[str, _Owner]:
    """Who has these accounts now, and in which department they work."""
    owners: dict[str, _Owner] = {}
    ordered = sorted(names)
    for start in range(0, len(ordered), _CHUNK):
        for row in connection.execute(
            select(accounts.c.account, employees.c.id, employees.c.department_id)
            .join_from(accounts, employees, accounts.c.employee_id == employees.c.id)
            .where(scope.within(accounts), scope.within(employees), among(accounts.c.account, texts=True)),
            {"keys": ordered[start : start + _CHUNK]},
        ):
            owners[row.account] = (row.id, row.department_id)
    return owners


def _free_keys(
    connection: Connection, scope: Scope, batch: Sequence[CallRows], earlier: Mapping[str, int]
) -> list[int]:
    """A key for each call, of its millisecond, that no other call of the project has."""
    chosen = keys(batch)
    taken: set[int] = set()
    guessed: list[int] = []
    for place, rows in enumerate(batch):
        before = earlier.get(rows.call["call_id"])
        if before is not None and before // SLOTS == rows.started_ms:  # its rows were just deleted: the key is free
            chosen[place] = before
            taken.add(before)
        else:
            guessed.append(place)
    asked = sorted({chosen[place] for place in guessed})
    taken.update(
        connection.execute(select(calls.c.id).where(scope.within(calls), among(calls.c.id)), {"keys": asked}).scalars()
    )
    crowded: set[int] = set()  # milliseconds whose keys are all known by now
    for place in guessed:
        key = chosen[place]
        first = key - key % SLOTS
        if key in taken and first not in crowded:
            same = calls.c.id >= first, calls.c.id < first + SLOTS
            taken.update(connection.execute(select(calls.c.id).where(scope.within(calls), *same)).scalars())
            crowded.add(first)
        turns = 0
        while key in taken:
            key, turns = next_key(key), turns + 1
            if turns == SLOTS:
                raise RowRefusedError("more calls began in one millisecond than can be kept")
        taken.add(key)
        chosen[place] = key
    return chosen
