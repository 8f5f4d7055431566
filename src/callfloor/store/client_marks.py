"""The time since each client's inbound call before, kept right as calls are written, changed and taken out.

It is a fact of the calls alone: which of them are *unique* follows from it and the project's depth, whatever that is
changed to. By the client's E.164; calls of one client are ordered by their keys.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from callfloor.floor.calls import CallType
from callfloor.store.heads import turn_head
from callfloor.store.journal_tables import clients
from callfloor.store.rows import SLOTS, Row
from callfloor.store.scope import Scope
from callfloor.store.tables import calls
from callfloor.store.upserts import insert_all, put
from callfloor.store.words import client_ids, newest_client

_INBOUND = CallType.INBOUND.value
_CHUNK = 500
_AT_ONCE = 20_000
"""Calls of some clients that are looked at together; where there are more, the neighbours alone are."""


class Earlier(msgspec.Struct, frozen=True):
    """What was known of a call that is being replaced."""

    key: int
    type: str
    client_e164: str | None
    since_ms: int | None

    @property
    def counted(self) -> str | None:
        """The client whose inbound call it was."""
        return self.client_e164 if self.type == _INBOUND else None


def name_of(row: Row) -> str | None:
    """The client of a call's row, as ``clients`` names them."""
    e164: str | None = row["client_e164"]
    number: str | None = row["client_number"]
    return number if e164 is None else e164


def counted(row: Row) -> str | None:
    """The client whose inbound call it is."""
    e164: str | None = row["client_e164"]
    return e164 if row["type"] == _INBOUND else None


class Clients:
    """The clients of some calls that are being written, in one transaction."""

    def __init__(self, connection: Connection, scope: Scope, names: Iterable[str]) -> None:
        """Those who call for the first time have their numbers; ``mark`` writes them down."""
        self._connection, self._scope = connection, scope
        wanted = sorted(set(names))
        self._known = client_ids(connection, scope, wanted)
        self._missing = [name for name in wanted if name not in self._known]
        if self._missing:
            first = newest_client(connection, scope) + 1
            self._known |= {name: (first + place, None) for place, name in enumerate(self._missing)}

    def id_of(self, name: str) -> int:
        """A client's number."""
        return self._known[name][0]

    def mark(self, new: Sequence[Row], earlier: Mapping[str, Earlier]) -> dict[str, set[int]]:
        """Say of each new call how long its client had not called, where only calls before it matter.

        Returns:
            For ``settle``, after the rows are written: the clients whose other calls change too, and the keys around
            which they do.
        """
        unsettled: dict[str, set[int]] = {}
        appended: dict[str, list[Row]] = {}
        for row in new:
            before = earlier.get(row["call_id"])
            name = counted(row)
            if before is not None and before.counted is not None and (before.counted, before.key) != (name, row["id"]):
                unsettled.setdefault(before.counted, set()).add(before.key)
            if name is None:
                continue
            if before is not None and (before.counted, before.key) == (name, row["id"]):
                row["since_ms"] = before.since_ms
            else:
                appended.setdefault(name, []).append(row)
        newest: dict[str, int] = {}
        for name, rows in appended.items():
            last = self._known[name][1]
            rows.sort(key=lambda row: row["id"])
            if name in unsettled or (last is not None and rows[0]["id"] <= last):
                unsettled.setdefault(name, set()).update(row["id"] for row in rows)
                continue
            for row in rows:
                row["since_ms"] = None if last is None else row["id"] // SLOTS - last // SLOTS
                last = row["id"]
            newest[name] = rows[-1]["id"]
        if self._missing:
            turn_head(self._connection, self._scope)
            insert_all(self._connection, clients, [self._row(name, newest.pop(name, None)) for name in self._missing])
        self._set_newest(newest)
        return unsettled

    def settle(self, unsettled: Mapping[str, set[int]]) -> set[int]:
        """After the rows are written: the calls of these clients around these keys; which calls changed."""
        changed: set[int] = set()
        names = sorted(unsettled)
        for start in range(0, len(names), _CHUNK):
            some = names[start : start + _CHUNK]
            column = calls.c
            found = self._connection.execute(
                select(column.client_e164, column.id, column.since_ms)
                .where(self._scope.within(calls), column.type == _INBOUND, column.client_e164.in_(some))
                .order_by(column.client_e164, column.id)
                .limit(_AT_ONCE)
            ).all()
            if len(found) < _AT_ONCE:
                theirs: dict[str, list[tuple[int, int | None]]] = {name: [] for name in some}
                for row in found:
                    theirs[row.client_e164].append((row.id, row.since_ms))
                changed |= self._write(theirs)
            else:
                for name in some:
                    changed |= self._write_around(name, sorted(unsettled[name]))
        return changed

    def _write(self, theirs: Mapping[str, list[tuple[int, int | None]]]) -> set[int]:
        rows = []
        for listed in theirs.values():
            before: int | None = None
            for key, since_ms in listed:
                right = None if before is None else key // SLOTS - before // SLOTS
                if since_ms != right:
                    rows.append({"this": key, "right": right})
                before = key
        self._set_since(rows)
        self._set_newest({name: listed[-1][0] if listed else None for name, listed in theirs.items()})
        return {row["this"] for row in rows if row["this"] is not None}

    def _write_around(self, name: str, keys: Sequence[int]) -> set[int]:
        rows: list[dict[str, int | None]] = []
        column = calls.c
        there = select(column.id).where(
            self._scope.within(calls), column.client_e164 == name, column.type == _INBOUND, column.id.in_(keys)
        )
        around = {*self._connection.execute(there).scalars()}
        around |= {key for key in (self._neighbour(name, each, after=True) for each in keys) if key is not None}
        for key in sorted(around):
            before = self._neighbour(name, key, after=False)
            rows.append({"this": key, "right": None if before is None else key // SLOTS - before // SLOTS})
        self._set_since(rows)
        self._set_newest({name: self._neighbour(name, 2**63 - 1, after=False)})
        return {row["this"] for row in rows if row["this"] is not None}

    def _neighbour(self, name: str, key: int, *, after: bool) -> int | None:
        column = calls.c
        query = select(column.id).where(self._scope.within(calls), column.client_e164 == name, column.type == _INBOUND)
        if after:
            return self._connection.execute(query.where(column.id > key).order_by(column.id).limit(1)).scalar()
        return self._connection.execute(query.where(column.id < key).order_by(column.id.desc()).limit(1)).scalar()

    def _set_since(self, rows: Sequence[Mapping[str, int | None]]) -> None:
        if rows:
            this = self._scope.within(calls), calls.c.id == bindparam("this")
            self._connection.execute(update(calls).where(*this).values(since_ms=bindparam("right")), list(rows))

    def _set_newest(self, newest: Mapping[str, int | None]) -> None:
        put(self._connection, clients, [self._row(*each) for each in newest.items()], ["last_inbound"])
        self._known |= {name: (self._known[name][0], key) for name, key in newest.items()}

    def _row(self, name: str, newest: int | None) -> Row:
        return {"project_id": self._scope.project_id, "id": self.id_of(name), "name": name, "last_inbound": newest}
