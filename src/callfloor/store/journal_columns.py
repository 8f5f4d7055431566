"""The calls of a filter told in columns, some ten thousand at a time: for documents of millions of calls.

What the blocks have is told from them; a line with everything (``Journal.stream``) costs twenty times as much.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Table, select

from callfloor.store.asked import numbers_of
from callfloor.store.blocks import KNOWN, NO_COST, OUTCOMES, PARTIES, RECORDED, TYPES, Array, Block, Ints
from callfloor.store.call_filter import CallFilter, Mark
from callfloor.store.journal_lines import money
from callfloor.store.journal_search import Search
from callfloor.store.journal_tables import clients
from callfloor.store.mark_rules import COLUMNS as MARK_COLUMNS
from callfloor.store.rows import SLOTS
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, departments, employees
from callfloor.store.words import known_words

Columns = dict[str, list[Any]]

_NEEDED: Final[dict[str, set[str]]] = {
    "started": set(),
    "type": {"type"},
    "result": {"outcome"},
    "client": {"flags", "digits", "client"},
    "number": {"number"},
    "label": {"number"},
    "source": {"number"},
    "scheme": {"scheme"},
    "queue": {"queues_row", "queues_word"},
    "employee": {"people_row", "people_employee"},
    "department": {"people_row", "people_department"},
    "waiting": {"waiting"},
    "talk": {"talk"},
    "duration": {"duration"},
    "hung_up_by": {"ended_by"},
    "marks": set[str]().union(*MARK_COLUMNS.values()) | {"client"},
    "tags": {"tags_row", "tags_word"},
    "recorded": {"flags"},
    "cost": {"cost"},
    "currency": {"currency"},
}

NAMES: Final = frozenset(_NEEDED)
"""What can be told in columns."""

MARKS: Final = tuple(Mark)
"""The marks of a call are told as a whole number: the bit of a mark's place here is set where the call has it."""

_ALL_MARKS = frozenset(Mark)
_CHUNK = 500


class JournalColumns:
    """One project's calls in columns. Blocking."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def stream(self, wanted: CallFilter, names: Collection[str]) -> Iterator[Columns]:
        """The calls of a filter, newest first, as lists of equal length under these names (of ``NAMES``).

        Instants and durations are seconds; a type, result, or who hung up is its word in the API; ``client`` is
        E.164, or the number as the PBX gave it; several employees, departments, queues or tags have a comma between
        them; ``marks`` is a number (``MARKS``); ``cost`` a decimal number as text. None: there is none.

        Raises:
            InvalidInputError: the filter has something that is none.
        """
        with self._scope.reading() as connection:
            search = Search(connection, self._scope, wanted)
            teller = _Teller(connection, self._scope, search, names)
            waiting: Columns = {}  # what no block has as it is, newest first
            waiting_keys: Ints = np.zeros(0, np.int64)
            for piece, mask in search.pieces(teller.needed, newest_first=True):
                chosen = np.flatnonzero(mask)[::-1]
                keys = piece.block["key"][chosen].astype(np.int64)
                told = teller.tell(piece.block, chosen, keys)
                if piece.ref is None:
                    waiting, waiting_keys = told, keys
                    continue
                due = int(np.count_nonzero(waiting_keys >= piece.ref.block))
                if due:
                    order = np.argsort(-np.concatenate([keys, waiting_keys[:due]]), kind="stable").tolist()
                    for name, values in told.items():
                        both = values + waiting[name][:due]
                        told[name] = [both[place] for place in order]
                    waiting = {name: values[due:] for name, values in waiting.items()}
                    waiting_keys = waiting_keys[due:]
                if len(keys) or due:
                    yield told
            if len(waiting_keys):
                yield waiting


class _Teller:
    """Blocks to lists, for the time of one connection's transaction."""

    def __init__(self, connection: Connection, scope: Scope, search: Search, names: Collection[str]) -> None:
        self._connection, self._scope, self._search = connection, scope, search
        self._names = list(names)
        self.needed = {"key"}.union(*(_NEEDED[name] for name in names))
        self._words = {number: word for word, number in known_words(connection, scope).items()}
        self._words[0] = None  # type: ignore[assignment]
        self._numbers = numbers_of(connection, scope)
        self._people = self._named(employees)
        self._departments = self._named(departments)

    def tell(self, block: Block, chosen: Ints, keys: Ints) -> Columns:
        """These calls of a block, in this order."""
        size = int(chosen.max()) + 1 if len(chosen) else 0
        return {name: self._one(name, block, chosen, keys, size) for name in self._names}

    def _one(self, name: str, block: Block, chosen: Ints, keys: Ints, size: int) -> list[Any]:
        match name:
            case "started":
                return list((keys // SLOTS / 1000.0).tolist())
            case "type":
                return _picked(_TYPES, block["type"], chosen)
            case "result":
                return _picked(_OUTCOMES, block["outcome"], chosen)
            case "hung_up_by":
                return _picked(_PARTIES, block["ended_by"], chosen)
            case "waiting" | "talk" | "duration":
                return list((block[name][chosen] / 1000.0).tolist())
            case "number" | "scheme" | "currency":
                return list(map(self._words.get, block[name][chosen].tolist()))
            case "label" | "source":
                return self._of_numbers(name, block["number"][chosen].tolist())
            case "client":
                return self._clients(block, chosen)
            case "queue":
                return self._texts(block["queues_row"], block["queues_word"], self._words, chosen, size)
            case "tags":
                return self._texts(block["tags_row"], block["tags_word"], self._words, chosen, size)
            case "department":
                return self._texts(block["people_row"], block["people_department"], self._departments, chosen, size)
            case "employee":
                return self._employees(block, chosen, keys, size)
            case "marks":
                return self._marks(block, chosen)
            case "recorded":
                return list(((block["flags"][chosen] & RECORDED) != 0).tolist())
            case _:
                return [None if micro == NO_COST else money(micro) for micro in block["cost"][chosen].tolist()]

    def _of_numbers(self, field: str, found: Sequence[int]) -> list[str | None]:
        told: dict[int, str | None] = {}
        for number in set(found):
            now = self._numbers.get(self._words.get(number) or "")
            told[number] = None if now is None else getattr(now, field)
        return [told[number] for number in found]

    def _clients(self, block: Block, chosen: Ints) -> list[str | None]:
        known = ((block["flags"][chosen] & KNOWN) != 0) & (block["digits"][chosen] % 17 < 16)
        # ``blocks.order_of``: the digits from the left, 16 of them, times 17, and how many there are.
        digits: list[int] = (block["digits"][chosen] // 17).tolist()
        lengths: list[int] = (block["digits"][chosen] % 17).tolist()
        told: list[str | None] = [
            f"+{number:016d}"[: length + 1] for number, length in zip(digits, lengths, strict=True)
        ]
        others = np.flatnonzero(~known)
        if len(others):
            ids: list[int] = block["client"][chosen][others].tolist()
            names = self._client_names(set(ids) - {0})
            for place, client in zip(others.tolist(), ids, strict=True):
                told[place] = names.get(client)
        return told

    def _client_names(self, ids: Iterable[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        ordered = sorted(ids)
        for start in range(0, len(ordered), _CHUNK):
            some = clients.c.id.in_(ordered[start : start + _CHUNK])
            query = select(clients.c.id, clients.c.name).where(self._scope.within(clients), some)
            found.update((row.id, row.name) for row in self._connection.execute(query))
        return found

    def _employees(self, block: Block, chosen: Ints, keys: Ints, size: int) -> list[str | None]:
        told = self._texts(block["people_row"], block["people_employee"], self._people, chosen, size)
        unnamed = np.unique(block["people_row"][block["people_employee"] == 0])
        places = np.flatnonzero(np.isin(chosen, unnamed)).tolist()
        part = call_employees.c
        for start in range(0, len(places), _CHUNK):  # accounts of nobody: the blocks do not have their names
            some = {int(keys[place]): place for place in places[start : start + _CHUNK]}
            named: dict[int, dict[str, None]] = {}
            query = (
                select(part.call, part.account, part.employee_id)
                .where(self._scope.within(call_employees), part.call.in_(sorted(some)))
                .order_by(part.call, part.part)
            )
            for call, account, employee in self._connection.execute(query):
                named.setdefault(call, {})[self._people.get(employee) or account] = None
            for call, names in named.items():
                told[some[call]] = ", ".join(names)
        return told

    def _marks(self, block: Block, chosen: Ints) -> list[int]:
        had = self._search.rules.of({name: values[chosen] for name, values in _of_calls(block).items()}, _ALL_MARKS)
        bits = np.zeros(len(chosen), np.int64)
        for place, mark in enumerate(MARKS):
            bits |= had[mark].astype(np.int64) << place
        return list(bits.tolist())

    def _texts(
        self, rows: Array, values: Array, named: Mapping[int, str | None], chosen: Ints, size: int
    ) -> list[str | None]:
        """Of each call its parts' names, each once, with commas between them."""
        end = int(np.searchsorted(rows, size))
        rows, values = rows[:end], values[:end]
        told = np.full(size, None, object)
        if not end:
            return list(told[chosen].tolist())
        names = np.array([named.get(value) for value in range(int(values.max()) + 1)], object)
        first = np.ones(end, np.bool_)
        first[1:] = rows[1:] != rows[:-1]
        told[rows[first]] = names[values[first]]
        several: dict[int, dict[str, None]] = {row: {} for row in rows[~first].tolist()}
        if several:  # few calls have more than one part
            theirs = np.isin(rows, list(several))
            for row, name in zip(rows[theirs].tolist(), names[values[theirs]].tolist(), strict=True):
                if name is not None:
                    several[row][name] = None
            for row, each in several.items():
                told[row] = ", ".join(each) or None
        return list(told[chosen].tolist())

    def _named(self, table: Table) -> dict[int, str | None]:
        rows = self._connection.execute(select(table.c.id, table.c.name).where(self._scope.within(table)))
        return {row.id: row.name for row in rows}


_TYPES = [str(each) for each in TYPES]
_OUTCOMES = [str(each) for each in OUTCOMES]
_PARTIES = [None, *(str(each) for each in PARTIES)]


def _picked(names: Sequence[str | None], column: Array, chosen: Ints) -> list[str | None]:
    return list(map(names.__getitem__, column[chosen].tolist()))


def _of_calls(block: Block) -> dict[str, Array]:
    return {name: block[name] for name in ("type", "flags", "talk", "since", "client") if name in block}
