"""What totals are split by, on columns: each call's group as a whole number, and what people are told of a group."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection, select

from callfloor.store.asked import Asked, numbers_of, sources_of
from callfloor.store.blocks import OUTCOMES, TYPES, Array, Block, Ints
from callfloor.store.call_filter import Grouping
from callfloor.store.clocks import Clock
from callfloor.store.order import names_of
from callfloor.store.rows import SLOTS
from callfloor.store.scope import Scope
from callfloor.store.tables import departments, employees, queues

Paired = tuple[Ints, Ints | None]
"""Groups, and of which chosen call each is, where a call may have several."""

_PARTS = {
    Grouping.EMPLOYEE: ("people_row", "people_employee"),
    Grouping.DEPARTMENT: ("people_row", "people_department"),
    Grouping.QUEUE: ("queues_row", "queues_word"),
}
_PLAIN = {Grouping.NUMBER: "number", Grouping.TYPE: "type", Grouping.RESULT: "outcome"}

KEPT = (
    Grouping.EMPLOYEE, Grouping.DEPARTMENT, Grouping.QUEUE, Grouping.NUMBER, Grouping.TYPE, Grouping.RESULT,
    Grouping.HOUR, Grouping.DAY,
)  # fmt: skip
"""Of these a whole block's sums are kept; the others are made from one of them."""

FROM = {
    Grouping.SOURCE: Grouping.NUMBER,
    Grouping.WEEKDAY: Grouping.DAY,
    Grouping.WEEK: Grouping.DAY,
    Grouping.MONTH: Grouping.DAY,
}
BY_TIME = frozenset({Grouping.HOUR, Grouping.WEEKDAY, Grouping.DAY, Grouping.WEEK, Grouping.MONTH})


def columns(by: Grouping) -> set[str]:
    """What ``groups_of`` needs."""
    if by in _PARTS:
        return set(_PARTS[by])
    return {_PLAIN[by]} if by in _PLAIN else {"key"}


_EPOCH = date(1970, 1, 1)


def groups_of(by: Grouping, block: Block, chosen: Ints, size: int, clock: Clock) -> Paired:
    """The group of each of the chosen calls; ``by`` is one of ``KEPT``."""
    if by in _PARTS:
        return _of_parts(block[_PARTS[by][0]], block[_PARTS[by][1]], chosen, size)
    if by in _PLAIN:
        return block[_PLAIN[by]][chosen].astype(np.int64), None
    started_ms = block["key"][chosen].astype(np.int64) // SLOTS
    return (clock.hours(started_ms) if by is Grouping.HOUR else clock.days(started_ms)), None


def _of_parts(rows: Array, values: Array, chosen: Ints, size: int) -> Paired:
    """Each call once for each value among its parts; 0 for one that has none."""
    place = np.full(size, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    theirs = place[rows]
    there = (theirs >= 0) & (values != 0)
    some = values[there].astype(np.int64)
    width = int(some.max(initial=0)) + 1
    pairs = np.sort(theirs[there] * width + some)
    first = np.ones(len(pairs), np.bool_)
    first[1:] = pairs[1:] != pairs[:-1]
    call, group = np.divmod(pairs[first], width)
    has = np.zeros(len(chosen), np.bool_)
    has[call] = True
    without = np.flatnonzero(~has)
    groups = np.concatenate([group, np.zeros(len(without), np.int64)])
    return groups, np.concatenate([call, without])


def only(by: Grouping, asked: Asked) -> Sequence[int] | None:
    """Groups that a filter by the same thing leaves: who asks for one employee's calls wants their group."""
    return asked.codes(_PARTS[by][1]) if by in _PARTS else None


class Names:
    """What people are told of each group."""

    def __init__(self, connection: Connection, scope: Scope, by: Grouping, words: Mapping[str, int]) -> None:
        self._by = by
        self._names: dict[int, str] = {}
        self.sources: Ints = np.zeros(0, np.int64)
        if by is Grouping.EMPLOYEE:
            self._names = names_of(connection, scope, employees)
        elif by is Grouping.DEPARTMENT:
            self._names = names_of(connection, scope, departments)
        elif by in {Grouping.NUMBER, Grouping.QUEUE}:
            self._names = {code: word for word, code in words.items()}
        elif by is Grouping.SOURCE:
            named = sources_of(connection, scope)
            told = sorted({source for source in named.values() if source is not None})
            self._names = dict(enumerate(told, 1))
            code = {source: place for place, source in self._names.items()}
            self.sources = np.zeros(len(words) + 1, np.int64)
            for word, number in words.items():
                self.sources[number] = code.get(named.get(word) or "", 0)
        self._labels: dict[str, str | None] = {}
        if by is Grouping.QUEUE:
            self._labels = labels_of_queues(connection, scope)
        elif by is Grouping.NUMBER:
            self._labels = labels_of_numbers(connection, scope)

    def key(self, group: int) -> str | None:
        """What goes back into the filter."""
        by = self._by
        if by in {Grouping.EMPLOYEE, Grouping.DEPARTMENT}:
            return str(group) if group else None
        if by in {Grouping.NUMBER, Grouping.SOURCE, Grouping.QUEUE}:
            return self._names.get(group)
        if by is Grouping.TYPE:
            return TYPES[group].value
        if by is Grouping.RESULT:
            return OUTCOMES[group].value
        if by in {Grouping.HOUR, Grouping.WEEKDAY}:
            return str(group)
        return (_EPOCH + timedelta(days=group)).isoformat()

    def label(self, group: int) -> str | None:
        """A name, where the directory has one."""
        if self._by in {Grouping.EMPLOYEE, Grouping.DEPARTMENT}:
            return self._names.get(group)
        return self._labels.get(self._names.get(group, ""))


def of_days(by: Grouping, days: Ints) -> Ints:
    """The weekday, or the first day of the week or month, of each day."""
    told = []
    for each in days.tolist():
        day = _EPOCH + timedelta(days=each)
        if by is Grouping.WEEKDAY:
            told.append(day.weekday())
        elif by is Grouping.WEEK:
            told.append(each - day.weekday())
        else:
            told.append(each - day.day + 1)
    return np.array(told, np.int64)


def labels_of_queues(connection: Connection, scope: Scope) -> dict[str, str | None]:
    """The queues' names that people use."""
    found = connection.execute(select(queues.c.name, queues.c.label).where(scope.within(queues)))
    return {row.name: row.label for row in found}


def labels_of_numbers(connection: Connection, scope: Scope) -> dict[str, str | None]:
    """The business numbers' labels."""
    return {name: row.label for name, row in numbers_of(connection, scope).items()}
