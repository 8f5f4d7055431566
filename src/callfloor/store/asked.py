"""A filter made ready for columns: texts as their numbers, seconds as milliseconds, and then a mask for each block."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from sqlalchemy import Connection, select

from callfloor.errors import InvalidInputError
from callfloor.store.block_reader import Mask
from callfloor.store.blocks import KNOWN, OUTCOMES, PARTIES, RECORDED, TYPES, Array, Block, Ints, digits_of
from callfloor.store.call_filter import Between, CallFilter, Mark
from callfloor.store.client_search import clients_with
from callfloor.store.clocks import Clock, clock_of
from callfloor.store.instants import to_ms
from callfloor.store.mark_rules import MarkRules
from callfloor.store.rows import SLOTS
from callfloor.store.scope import Scope
from callfloor.store.tables import numbers
from callfloor.store.tally import PART_IN
from callfloor.store.texts import can_be_kept
from callfloor.store.words import client_ids

SHORTEST_PART, LONGEST_PART = 3, 20
_ROUGH = 2**16
_FEW = 8
"""Picking calls out costs some times as much as looking at each."""


class NumberNow(msgspec.Struct, frozen=True):
    """A business number as the directory has it."""

    label: str | None
    source: str | None


class Codes:
    """Some numbers, and which values of a column are among them."""

    def __init__(self, values: Iterable[int]) -> None:
        self.values = sorted(set(values))
        self._table = np.zeros((self.values[-1] if self.values else 0) + 2, np.bool_)
        self._table[self.values] = True
        self._rough: Mask | None = None
        if len(self._table) > _ROUGH:  # millions of clients: a table that the processor has at hand sorts most out
            self._rough = np.zeros(_ROUGH, np.bool_)
            self._rough[np.array(self.values, np.int64) % _ROUGH] = True

    def among(self, column: Array) -> Mask:
        """Whose value is one of these; the column's values are 0 or more."""
        if not self.values:
            return np.zeros(len(column), np.bool_)
        if len(self.values) == 1:
            return np.asarray(column == self.values[0])
        if self._rough is not None:
            hit = self._rough.take(column.astype(np.uint16))  # which is modulo 2^16
            left = np.flatnonzero(hit)
            hit[left] = self._table.take(column[left], mode="clip")
            return hit
        return self._table.take(column, mode="clip")  # beyond the last one lies False


class Asked:
    """What is asked of each call, beside its period."""

    def __init__(
        self, connection: Connection, scope: Scope, wanted: CallFilter, words: Mapping[str, int], rules: MarkRules
    ) -> None:
        """Look up what the filter's texts are here.

        Raises:
            InvalidInputError: a part of a number with less than 3 digits or more than 20, or a range that is none.
        """
        self._wanted, self._rules = wanted, rules
        self._equal: list[tuple[str, Codes]] = []
        self._within: list[tuple[str, int | None, int | None]] = []
        self._parts: list[tuple[str, str, Codes]] = []
        if wanted.types is not None:
            self._equal.append(("type", Codes(TYPES.index(each) for each in wanted.types)))
        if wanted.outcomes is not None:
            self._equal.append(("outcome", Codes(OUTCOMES.index(each) for each in wanted.outcomes)))
        if wanted.hung_up_by is not None:
            self._equal.append(("ended_by", Codes(PARTIES.index(each) + 1 for each in wanted.hung_up_by)))
        if wanted.business_numbers is not None:
            self._equal.append(("number", _words(words, wanted.business_numbers)))
        if wanted.sources is not None:
            named = sources_of(connection, scope)
            self._equal.append(("number", _words(words, (n for n, each in named.items() if each in wanted.sources))))
        for name, between in (("talk", wanted.talk), ("waiting", wanted.waiting), ("duration", wanted.duration)):
            if between is not None:
                self._within.append((name, *_milliseconds(between)))
        if wanted.queues is not None:
            self._parts.append(("queues_row", "queues_word", _words(words, wanted.queues)))
        if wanted.tags is not None:
            self._parts.append(("tags_row", "tags_word", _words(words, wanted.tags)))
        if wanted.department_ids is not None:
            self._parts.append(("people_row", "people_department", Codes(wanted.department_ids)))
        if wanted.employee_ids is not None:
            self._parts.append(("people_row", "people_employee", Codes(wanted.employee_ids)))
        self._hours = None if wanted.hours is None else Codes(wanted.hours)
        self._weekdays = None if wanted.weekdays is None else Codes(wanted.weekdays)
        self._clock = None if wanted.hours is None and wanted.weekdays is None else clock_of(connection, scope)
        self._part_in = None if wanted.part_in is None else PART_IN.index(wanted.part_in)
        self._client: int | None = None
        if wanted.client_e164 is not None:
            name = wanted.client_e164
            known = client_ids(connection, scope, [name]) if can_be_kept(name) else {}
            self._client = known[name][0] if name in known else -1
        self._found: tuple[Codes, Codes] | None = None
        if wanted.number_part is not None:
            clients, numbers = _numbers_with(connection, scope, wanted.number_part, words)
            self._found = (Codes(()) if wanted.clients_masked else clients, numbers)
        self.marks = wanted.marks or frozenset()
        self._departments = Codes(wanted.seen_department_ids or ())
        self.sight = wanted.seen_department_ids is not None or wanted.seen_employee_id is not None

    def codes(self, column: str) -> Sequence[int] | None:
        """The values that are asked for of a part's column; None: any."""
        return next((codes.values for _, name, codes in self._parts if name == column), None)

    @property
    def anything(self) -> bool:
        """Nothing is asked: every call is meant."""
        wanted = self._wanted
        return not (
            self._equal or self._within or self._parts or self.sight or self._client is not None or self._found
            or self._clock is not None or wanted.marks is not None or wanted.recorded is not None
            or wanted.part_in is not None or wanted.counted is not None
        )  # fmt: skip

    @property
    def columns(self) -> set[str]:
        """What ``mask`` needs."""
        needed = {name for name, _ in self._equal} | {name for name, *_ in self._within}
        needed |= {name for row, value, _ in self._parts for name in (row, value)}
        if self._wanted.recorded is not None:
            needed.add("flags")
        if self._client is not None:
            needed |= {"client", "flags"}
        if self._found is not None:
            needed |= {"client", "number"}
        if self._clock is not None:
            needed.add("key")
        if self.sight or self._part_in is not None:
            needed |= {"people_row", "people_employee", "people_department", "people_part"}
        marks = self.marks if self._wanted.counted is None else self.marks | {Mark.SPAM}
        return needed | self._rules.columns(marks)

    def mask(self, block: Block, size: int) -> Mask:
        """Which of the block's calls (``size``) are meant."""
        found = np.ones(size, np.bool_)
        for name, codes in self._equal:
            found &= codes.among(block[name])
        for name, least, most in self._within:
            if least is not None:
                found &= block[name] >= least
            if most is not None:
                found &= block[name] <= most
        if self._wanted.recorded is not None:
            found &= ((block["flags"] & RECORDED) != 0) == self._wanted.recorded
        if self._client is not None:
            found &= (block["client"] == self._client) & ((block["flags"] & KNOWN) != 0)
        for row, value, codes in self._parts:
            if not found.any():
                return found
            hit = codes.among(block[value])
            if value == "people_employee" and self._part_in is not None:
                hit &= block["people_part"] == self._part_in
            found &= _rows(block[row], hit, size)
        if self._part_in is not None and self._wanted.employee_ids is None:
            found &= _rows(block["people_row"], block["people_part"] == self._part_in, size)
        if self._found is not None and found.any():
            of_clients, codes = self._found
            if np.count_nonzero(found) * _FEW < size:  # what the cheaper parts of the filter left
                left = np.flatnonzero(found)
                found[left] = of_clients.among(block["client"][left]) | codes.among(block["number"][left])
            else:
                found &= of_clients.among(block["client"]) | codes.among(block["number"])
        if self._clock is not None and found.any():
            chosen = np.flatnonzero(found)
            found[chosen] = self._at_hours(self._clock, block["key"][chosen].astype(np.int64) // SLOTS)
        if self._wanted.counted is not None and found.any():
            found &= self._rules.counts(block) == self._wanted.counted
        if self._wanted.marks is not None and found.any():
            left = np.flatnonzero(found)
            had = self._rules.of({name: block[name][left] for name in self._rules.columns(self.marks)}, self.marks)
            found[left] = np.logical_or.reduce([had[mark] for mark in self.marks]) if self.marks else False
        if self.sight and found.any():
            found &= _rows(block["people_row"], self._seen(block), size)
        return found

    def _at_hours(self, clock: Clock, started_ms: Ints) -> Mask:
        found = np.ones(len(started_ms), np.bool_)
        if self._hours is not None:
            found &= self._hours.among(clock.hours(started_ms))
        if self._weekdays is not None:
            found &= self._weekdays.among(clock.weekdays(started_ms))
        return found

    def _seen(self, block: Block) -> Mask:
        seen = self._departments.among(block["people_department"])
        if self._wanted.seen_employee_id is not None:
            seen |= block["people_employee"] == self._wanted.seen_employee_id
        return seen


def sources_of(connection: Connection, scope: Scope) -> dict[str, str | None]:
    """The advertising source of each business number, by both ways in which the directory writes it."""
    return {name: row.source for name, row in numbers_of(connection, scope).items()}


def numbers_of(connection: Connection, scope: Scope) -> dict[str, NumberNow]:
    """The directory's business numbers, by both ways in which it writes them."""
    column = numbers.c
    found = connection.execute(
        select(column.number, column.e164, column.label, column.source).where(scope.within(numbers))
    ).all()
    named = {row.e164: NumberNow(row.label, row.source) for row in found if row.e164 is not None}
    return named | {row.number: NumberNow(row.label, row.source) for row in found}


def _rows(rows: Array, hit: Mask, size: int) -> Mask:
    found = np.zeros(size, np.bool_)
    found[rows[hit]] = True
    return found


def _words(words: Mapping[str, int], wanted: Iterable[str]) -> Codes:
    return Codes({words[word] for word in wanted if word in words})


def _milliseconds(between: Between) -> tuple[int | None, int | None]:
    least = None if between.least_s is None else _bounded(between.least_s)
    most = None if between.most_s is None else _bounded(between.most_s)
    return least, most


def _bounded(seconds: float) -> int:
    if not 0 <= seconds <= 1e9:
        raise InvalidInputError("a range of seconds lies between 0 and 1,000,000,000")
    return to_ms(seconds)


def _numbers_with(connection: Connection, scope: Scope, part: str, words: Mapping[str, int]) -> tuple[Codes, Codes]:
    digits = digits_of(part)
    if not SHORTEST_PART <= len(digits) <= LONGEST_PART:
        raise InvalidInputError(f"a part of a number has {SHORTEST_PART} to {LONGEST_PART} digits")
    found = clients_with(connection, scope, digits)
    return Codes(found.tolist()), Codes(code for word, code in words.items() if digits in digits_of(word))
