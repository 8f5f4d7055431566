"""Keeping the list of clients to call back true, in the transaction that writes their calls.

What is kept of a client follows from what happened with them alone (``floor.callbacks``), not from the order in which
it became known. What happens after everything known of an open case is added to it at once; anything else (a late
row, a repaired one, a closing by hand or its undoing, a first missed call) has the client's cases from there on made
anew from their calls.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, insert, or_, select, update

from callfloor.floor.callbacks import LONGEST_WAIT_MS, Case, Happened, What, cases_of, step
from callfloor.floor.calls import CallResult, CallType
from callfloor.store.cost_tables import EVERYBODY, callback_books, callback_changes, callback_closings, callbacks
from callfloor.store.keys import among
from callfloor.store.rows import SLOTS
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, call_queues, calls
from callfloor.store.upserts import insert_all, put

_CHUNK = 500
_NAMED = 5_000
"""Clients that a revision names at most."""

_REMEMBERED = 1_000
"""Revisions whose clients are named."""

_ANSWERED = CallResult.ANSWERED.value
_INBOUND, _INTERNAL = CallType.INBOUND.value, CallType.INTERNAL.value
SERVED = frozenset({_ANSWERED, CallResult.FAX.value})
"""Inbound calls with these results were not missed: a fax got what it came for."""

_Row = Mapping[Any, Any]
_KEY = frozenset({"project_id", "client_e164", "first_missed_at", "first_call"})
_COLUMNS = [column.name for column in callbacks.columns if column.name not in _KEY]
_OF_CALLS = (
    calls.c.id,
    calls.c.call_id,
    calls.c.type,
    calls.c.result,
    calls.c.client_e164,
    calls.c.client_number,
    calls.c.business_number,
    calls.c.started_at,
    calls.c.answered_at,
)
BY_HAND = "hand"


class CallbackBook:
    """What one transaction that writes calls changes in the list."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope
        self._new: dict[str, list[Happened]] = {}
        self._since: dict[str, int] = {}  # clients whose cases are to be made anew, and from when

    def forget(self, call: _Row) -> None:
        """A call is taken out: its type, result, client_e164, started_at and answered_at as they were."""
        client = call["client_e164"]
        what = _what(call)
        if client is not None and what is not None:
            self._from(client, _at(call, what))

    def add(self, key: int, call: _Row, people: Sequence[_Row], queues: Sequence[_Row]) -> None:
        """A call was written: its key, and its rows as they are kept; ``people`` with who they were then."""
        client = call["client_e164"]
        what = _what(call)
        if client is not None and what is not None:
            self._new.setdefault(client, []).append(_happened(key, call, what, people, queues))

    def closed(self, client: str, at: int) -> None:
        """By hand, or not any more: missed calls up to this instant."""
        self._from(client, at)

    def write(self) -> None:
        """Put it in the list. The calls must have been written by now."""
        asked = sorted(self._new.keys() | self._since.keys())
        if not asked:
            return
        hold(self._connection, self._scope)
        changed: list[tuple[str, Case]] = []
        anew: dict[str, int] = {}
        listed: set[str] = set()
        for start in range(0, len(asked), _CHUNK):
            some = asked[start : start + _CHUNK]
            firsts = {client: self._first(client) for client in some}
            found = self._cases(some, min(firsts.values()))
            listed |= found.keys()
            for client in some:
                case = self._append(client, found.get(client, []))
                if case is not None:
                    changed.append((client, case))
                elif (since := self._begin(client, firsts[client], found.get(client, []))) is not None:
                    anew[client] = since
        put(self._connection, callbacks, [_to_row(self._scope, *each) for each in changed], _COLUMNS)
        make_anew(self._connection, self._scope, anew, listed=listed)
        if changed or anew:
            turn(self._connection, self._scope, [*anew, *(client for client, _ in changed)])

    def _from(self, client: str, at: int) -> None:
        self._since[client] = min(at, self._since.get(client, at))

    def _first(self, client: str) -> int:
        at = min((each.at for each in self._new.get(client, ())), default=self._since.get(client, 0))
        return min(at, self._since.get(client, at))

    def _cases(self, clients: list[str], first: int) -> dict[str, list[Case]]:
        """Their cases that were open at this instant or later, oldest first."""
        found: dict[str, list[Case]] = {}
        table = callbacks.c
        for row in self._connection.execute(
            select(callbacks)
            .where(self._scope.within(callbacks), among(table.client_e164, texts=True))
            .where(or_(table.settled_at.is_(None), table.settled_at >= first))
            .order_by(table.client_e164, table.first_missed_at, table.first_call),
            {"keys": clients},
        ).mappings():
            found.setdefault(row["client_e164"], []).append(to_case(row))
        return found

    def _append(self, client: str, cases: list[Case]) -> Case | None:
        """The client's open case with what happened after all that was known; None where that is not all there is."""
        if client in self._since or not cases or cases[-1].settled_at is not None:
            return None
        case = cases[-1]
        for happened in sorted(self._new[client], key=lambda each: (each.at, each.what, each.key)):
            if happened.at <= case.known_until or case.settled_at is not None:
                return None
            step(case, happened)
        return case

    def _begin(self, client: str, first: int, cases: list[Case]) -> int | None:
        """From when on the client's cases are to be made anew; None: nothing of theirs is in the list, nor will be."""
        covering = [case for case in cases if case.settled_at is None or case.settled_at >= first]
        if covering:
            return min(first, covering[0].first_missed_at)
        missed = any(each.what is What.MISSED for each in self._new.get(client, ()))
        return first if missed or client in self._since else None


def clear(connection: Connection, scope: Scope, after: str, upto: str | None) -> None:
    """Take out all cases of the clients from one to another, by their numbers; None: to the last."""
    gone = delete(callbacks).where(scope.within(callbacks), callbacks.c.client_e164 > after)
    connection.execute(gone if upto is None else gone.where(callbacks.c.client_e164 <= upto))


def make_anew(
    connection: Connection, scope: Scope, since: Mapping[str, int], *, listed: Collection[str] | None = None
) -> None:
    """Make these clients' cases that begin at an instant or later anew from their calls.

    ``listed`` are those who have such cases by now; None: any may.

    At that instant none of a client's cases is open that began before it. The list must be held (``hold``).
    """
    ordered = sorted(since, key=lambda client: (since[client], client))
    while ordered:
        # Together those whose beginnings are close: most are of today, and a few go back for years.
        first = since[ordered[0]]
        some = [client for client in ordered[:_CHUNK] if since[client] <= first + LONGEST_WAIT_MS]
        ordered = ordered[len(some) :]
        history = _history(connection, scope, some, first)
        made = [
            (client, case)
            for client in some
            for case in cases_of(each for each in history.get(client, ()) if each.at >= since[client])
        ]
        theirs = some if listed is None else [client for client in some if client in listed]
        if theirs:
            connection.execute(
                delete(callbacks).where(
                    scope.within(callbacks),
                    callbacks.c.client_e164 == bindparam("client"),
                    callbacks.c.first_missed_at >= bindparam("since"),
                ),
                [{"client": client, "since": since[client]} for client in theirs],
            )
        insert_all(connection, callbacks, [_to_row(scope, *each) for each in made])


def hold(connection: Connection, scope: Scope) -> None:
    """Until the end of the transaction nobody else writes the list."""
    this = select(callback_books.c.whole).where(scope.within(callback_books)).with_for_update()
    if connection.execute(this).first() is None:
        # The project's first: all its calls will have been looked at.
        connection.execute(insert(callback_books), {"project_id": scope.project_id, "revision": 0, "whole": True})


def turn(connection: Connection, scope: Scope, clients: Collection[str], **more: bool) -> None:
    """The list is another now: the cases of these clients are."""
    this = scope.within(callback_books)
    turned = update(callback_books).where(this)
    connection.execute(turned.values(revision=callback_books.c.revision + 1, **more))
    now = connection.execute(select(callback_books.c.revision).where(this)).scalar_one()
    named = clients if 0 < len(clients) <= _NAMED else (EVERYBODY,)
    project_id = scope.project_id
    rows = [{"project_id": project_id, "revision": now, "client_e164": client} for client in named]
    insert_all(connection, callback_changes, rows)
    column = callback_changes.c
    # That one alone: all before it went in their turn, and "up to it" PostgreSQL takes for the whole table.
    connection.execute(
        delete(callback_changes).where(scope.within(callback_changes), column.revision == now - _REMEMBERED)
    )


def to_case(row: _Row) -> Case:
    """From a row of ``callbacks``."""
    values = {name: row[name] for name in Case.__struct_fields__}
    values["departments"] = frozenset(map(int, _from_lines(row["departments"])))
    values["queues"] = frozenset(_from_lines(row["queues"]))
    return Case(**values)


def _to_row(scope: Scope, client: str, case: Case) -> dict[str, Any]:
    row = msgspec.structs.asdict(case)
    row["departments"] = _to_lines(map(str, sorted(case.departments)))
    row["queues"] = _to_lines(sorted(case.queues))
    return {"project_id": scope.project_id, "client_e164": client, **row}


def _to_lines(names: Iterable[str]) -> str:
    joined = "\n".join(names)
    return f"\n{joined}\n" if joined else ""


def _from_lines(text: str) -> list[str]:
    return text.strip("\n").split("\n") if text else []


# --- what happened ----------------------------------------------------------------------------------------------


def _what(call: _Row) -> What | None:
    """What a call means for its client; None: nothing."""
    if call["type"] == _INTERNAL:
        return None
    if call["result"] == _ANSWERED:
        return What.REACHED
    if call["type"] != _INBOUND:
        return What.TRIED
    return None if call["result"] in SERVED else What.MISSED


def _at(call: _Row, what: What) -> int:
    started, answered = call["started_at"], call["answered_at"]
    if what is not What.REACHED or answered is None:
        return int(started)
    return int(min(max(started, answered), started + LONGEST_WAIT_MS))


def _happened(key: int, call: _Row, what: What, people: Sequence[_Row], queues: Sequence[_Row]) -> Happened:
    known = [part for part in people if part["employee_id"] is not None]
    if what is What.REACHED:
        who = max(known, key=lambda part: part["talk_ms"], default=None)
    else:
        known = [part for part in known if part["ring_ms"] > 0]
        who = known[-1] if known else None
    return Happened(
        at=_at(call, what),
        what=what,
        key=key,
        call_id=call["call_id"],
        how=call["type"],
        client_number=call["client_number"],
        business_number=call["business_number"],
        queue=queues[-1]["queue"] if queues else None,
        employee_id=None if who is None else who["employee_id"],
        department_id=None if who is None else who["department_id"],
        departments=frozenset(part["department_id"] for part in known if part["department_id"] is not None),
        queues=frozenset(part["queue"].replace("\n", " ") for part in queues),
        nobody=not known,
    )


def _history(connection: Connection, scope: Scope, clients: list[str], first: int) -> dict[str, list[Happened]]:
    """Everything that happened with these clients at an instant or later."""
    found: dict[str, list[Happened]] = {}
    least = max(0, first - LONGEST_WAIT_MS) * SLOTS
    rows = connection.execute(
        select(*_OF_CALLS).where(scope.within(calls), among(calls.c.client_e164, texts=True), calls.c.id >= least),
        {"keys": clients},
    ).mappings()
    told = [(row, what) for row in rows if (what := _what(row)) is not None]
    keys = [row["id"] for row, what in told if what is not What.TRIED]
    people = _parts(connection, scope, call_employees, keys)
    queues = _parts(connection, scope, call_queues, keys)
    for row, what in told:
        key = row["id"]
        happened = _happened(key, row, what, people.get(key, ()), queues.get(key, ()))
        found.setdefault(row["client_e164"], []).append(happened)
    closing = callback_closings.c
    for hand in connection.execute(
        select(closing.id, closing.client_e164, closing.until, closing.at)
        .where(scope.within(callback_closings), among(closing.client_e164, texts=True))
        .where(closing.undone_at.is_(None), closing.until >= first),
        {"keys": clients},
    ):
        by_hand = Happened(at=hand.until, what=What.CLOSED, key=hand.id, how=BY_HAND, closed_at=hand.at)
        found.setdefault(hand.client_e164, []).append(by_hand)
    return found


def _parts(connection: Connection, scope: Scope, table: Table, keys: list[int]) -> dict[int, list[_Row]]:
    """The parts of these calls, in their order."""
    found: dict[int, list[_Row]] = {}
    for start in range(0, len(keys), _CHUNK):
        for row in connection.execute(
            select(table).where(scope.within(table), among(table.c.call)).order_by(table.c.call, table.c.part),
            {"keys": keys[start : start + _CHUNK]},
        ).mappings():
            found.setdefault(row["call"], []).append(row)
    return found
