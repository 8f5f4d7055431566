"""The journal's order on columns, and its cursors.

Every order is one of pairs of whole numbers, ascending: of a descending one both are negated, and what is unknown is
the largest. Texts are ranked by what they are now; a cursor holds the text itself, for ranks change when somebody is
renamed.
"""

import base64
import binascii
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Table, select

from callfloor.errors import InvalidInputError
from callfloor.store.asked import sources_of
from callfloor.store.blocks import NO_COST, UNKNOWN_LAST, Array, Block, Ints
from callfloor.store.call_filter import Sort, SortKey
from callfloor.store.scope import Scope
from callfloor.store.tables import departments, employees

LAST = 2**63 - 1
"""Of what is unknown, in either direction."""

_PLAIN = {
    SortKey.TYPE: "type",
    SortKey.RESULT: "outcome",
    SortKey.WAITING: "waiting",
    SortKey.TALK: "talk",
    SortKey.DURATION: "duration",
    SortKey.HUNG_UP_BY: "ended_by",
    SortKey.COST: "cost",
    SortKey.CLIENT: "digits",
}
_UNKNOWN = {SortKey.HUNG_UP_BY: 0, SortKey.COST: NO_COST, SortKey.CLIENT: UNKNOWN_LAST}
_NAMED = {
    SortKey.NUMBER: "number",
    SortKey.SOURCE: "number",
    SortKey.SCHEME: "scheme",
    SortKey.QUEUE: "queue",
    SortKey.EMPLOYEE: "employee",
    SortKey.DEPARTMENT: "department",
}


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page begins: just after or before this value and call."""

    value: int | str | None
    key: int


class Order:
    """One order of the project's calls."""

    def __init__(self, connection: Connection, scope: Scope, sort: Sort, words: Mapping[str, int]) -> None:
        self._sort = sort
        self._texts: list[str] = []
        self._ranks: Ints = np.zeros(0, np.int64)
        if sort.key in _NAMED:
            self._rank(_names(connection, scope, sort.key, words), len(words))

    @property
    def columns(self) -> set[str]:
        """What ``values`` needs."""
        named = _PLAIN.get(self._sort.key) or _NAMED.get(self._sort.key)
        return {"key"} if named is None else {"key", named}

    @property
    def by_start(self) -> bool:
        """The order in which blocks are."""
        return self._sort.key is SortKey.STARTED

    @property
    def newest_first(self) -> bool:
        """Among equals the newest comes first."""
        return self._sort.descending

    def values(self, block: Block, chosen: Array) -> Ints:
        """The first half of each chosen call's pair; ``chosen`` are places in the block."""
        key = self._sort.key
        if key is SortKey.STARTED:
            return np.zeros(len(chosen), np.int64)
        if key in _NAMED:
            values = self._ranks[block[_NAMED[key]][chosen]]
            known = values >= 0
        else:
            values = block[_PLAIN[key]][chosen].astype(np.int64)
            if key not in _UNKNOWN:
                return -values if self._sort.descending else values
            known = values != _UNKNOWN[key]
        return np.where(known, -values if self._sort.descending else values, LAST)

    def keys(self, block: Block, chosen: Array) -> Ints:
        """The other half."""
        keys = block["key"][chosen].astype(np.int64)
        return -keys if self._sort.descending else keys

    def key_of(self, pair: tuple[int, int]) -> int:
        """The call of a pair."""
        return -pair[1] if self._sort.descending else pair[1]

    def cursor(self, pair: tuple[int, int]) -> str:
        """The place of a pair, for whoever asks for the next page."""
        rank = -pair[0] if self._sort.descending else pair[0]
        value: int | str | None = self._texts[rank // 2] if self._sort.key in _NAMED and pair[0] != LAST else rank
        if pair[0] == LAST:
            value = None
        place = msgspec.json.encode(Place(value=value, key=self.key_of(pair)))
        return base64.urlsafe_b64encode(place).rstrip(b"=").decode()

    def place(self, cursor: str) -> tuple[int, int]:
        """The pair of a cursor.

        Raises:
            InvalidInputError: it is not one that this order gave.
        """
        try:
            place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=Place)
        except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
            raise InvalidInputError("the cursor is not one that a page gave") from None
        value = place.value
        if isinstance(value, str) != (self._sort.key in _NAMED) and value is not None:
            raise InvalidInputError("the cursor is of another order")
        if isinstance(value, str):
            at = bisect_left(self._texts, _by(value), key=_by)
            value = at * 2 if self._texts[at : at + 1] == [value] else at * 2 - 1
        if not -LAST <= (value or 0) <= LAST or not 0 <= place.key <= LAST:
            raise InvalidInputError("the cursor is not one that a page gave")
        sign = -1 if self._sort.descending else 1
        return LAST if value is None else sign * value, sign * place.key

    def _rank(self, names: Mapping[int, str], words: int) -> None:
        self._texts = sorted(set(names.values()), key=_by)
        rank = {text: place * 2 for place, text in enumerate(self._texts)}
        self._ranks = np.full(max(max(names, default=0), words) + 1, -1, np.int64)
        for code, name in names.items():
            self._ranks[code] = rank[name]


def _by(text: str) -> tuple[str, str]:
    return text.casefold(), text


def _names(connection: Connection, scope: Scope, key: SortKey, words: Mapping[str, int]) -> dict[int, str]:
    if key in {SortKey.EMPLOYEE, SortKey.DEPARTMENT}:
        return names_of(connection, scope, employees if key is SortKey.EMPLOYEE else departments)
    if key is SortKey.SOURCE:
        named = sources_of(connection, scope)
        found = {code: named.get(word) for word, code in words.items()}
        return {code: source for code, source in found.items() if source is not None}
    return {code: word for word, code in words.items()}


def names_of(connection: Connection, scope: Scope, table: Table) -> dict[int, str]:
    """Everybody's (every department's) name by id, those removed among them."""
    found: Any = connection.execute(select(table.c.id, table.c.name).where(scope.within(table)))
    return {row.id: row.name for row in found}
