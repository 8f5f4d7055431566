"""The journal asked: pages, a whole call, totals, a client. See ``blocks`` for how it answers."""

import math
from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, select

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.store import journal_totals
from callfloor.store.annotations import notes_of
from callfloor.store.asked import Asked
from callfloor.store.blocks import from_rows
from callfloor.store.call_filter import CallFilter, Grouping, Sort, SortKey
from callfloor.store.instants import to_s_or_none
from callfloor.store.journal_lines import lines
from callfloor.store.journal_rows import CallNote, ClientHistory, JournalRow, JournalRows, Totals, TotalsGroup
from callfloor.store.journal_search import Search
from callfloor.store.mark_rules import MarkRules, load_marks
from callfloor.store.rows import SLOTS, range_of
from callfloor.store.rules import load_rules
from callfloor.store.scope import Scope
from callfloor.store.spam import is_spam
from callfloor.store.tables import call_employees, calls, employees
from callfloor.store.texts import can_be_kept
from callfloor.store.words import client_ids, known_words

LARGEST_PAGE = 1000
_RECENT = 10
_CHUNK = 500
_FEW = 1000
_NEWEST = Sort()


class JournalQueries:
    """One project's finished calls, asked. Blocking: call it through ``Store.run``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def rows(
        self,
        wanted: CallFilter,
        sort: Sort = _NEWEST,
        *,
        limit: int = 50,
        after: str | None = None,
        before: str | None = None,
    ) -> JournalRows:
        """Lines in the order asked for; cursors are a page's own, of the same order.

        Raises:
            InvalidInputError: the limit is not 1-1000, a cursor is not one of ours, both are given, or the filter has
                something that is none.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        with self._scope.reading() as connection:
            search = Search(connection, self._scope, wanted)
            found = search.page(sort, limit, after, before)
            return JournalRows(
                rows=tuple(lines(connection, self._scope, found.keys, search.rules)),
                next_cursor=found.next_cursor,
                previous_cursor=found.previous_cursor,
            )

    def count(self, wanted: CallFilter) -> int:
        """How many calls the filter means.

        Raises:
            InvalidInputError: it has something that is none.
        """
        with self._scope.reading() as connection:
            return Search(connection, self._scope, wanted).count()

    def totals(self, wanted: CallFilter) -> Totals:
        """What the filter means, added up.

        Raises:
            InvalidInputError: it has something that is none.
        """
        with self._scope.reading() as connection:
            return journal_totals.totals_of(connection, self._scope, wanted)

    def groups(self, wanted: CallFilter, by: Grouping) -> tuple[TotalsGroup, ...]:
        """What the filter means, split; by time the earliest first, else the one with most calls first.

        A call of several employees (departments, queues) counts in each one's group; a filter by the same leaves these
        alone.

        Raises:
            InvalidInputError: the filter has something that is none.
        """
        with self._scope.reading() as connection:
            return journal_totals.groups_of(connection, self._scope, wanted, by)

    def stream(self, wanted: CallFilter, sort: Sort | None = None) -> Iterator[JournalRow]:
        """Every line, by start: the newest first, or the oldest. The memory taken does not grow with their number.

        Raises:
            InvalidInputError: the order is not by start, or the filter has something that is none.
        """
        sort = sort or _NEWEST
        if sort.key is not SortKey.STARTED:
            raise InvalidInputError("all calls are told by their start")
        with self._scope.reading() as connection:
            search = Search(connection, self._scope, wanted)
            for portion in search.all_keys(newest_first=sort.descending):
                keys = portion.tolist()
                for start in range(0, len(keys), _CHUNK):
                    yield from lines(connection, self._scope, keys[start : start + _CHUNK], search.rules)

    def client(
        self,
        e164: str,
        before: float | None = None,
        *,
        seen_department_ids: frozenset[int] | None = None,
        seen_employee_id: int | None = None,
    ) -> ClientHistory:
        """A client's calls that began before an instant, as far as the viewer sees them."""
        wanted = CallFilter(
            started_from=0.0,
            started_to=math.inf if before is None else before,
            client_e164=e164,
            seen_department_ids=seen_department_ids,
            seen_employee_id=seen_employee_id,
        )
        with self._scope.reading() as connection:
            rules = load_marks(connection, self._scope, load_rules(connection, self._scope))
            return _history(connection, self._scope, wanted, rules)

    def seen(
        self, call_id: str, *, seen_department_ids: frozenset[int] | None = None, seen_employee_id: int | None = None
    ) -> JournalRow:
        """A call's line, if the viewer may see it.

        Raises:
            NotFoundError: this project has no such call, or the viewer may not see it.
        """
        with self._scope.reading() as connection:
            key = key_of(connection, self._scope, call_id)
            rules = load_marks(connection, self._scope, load_rules(connection, self._scope))
            wanted = CallFilter(
                started_from=0.0,
                started_to=math.inf,
                seen_department_ids=seen_department_ids,
                seen_employee_id=seen_employee_id,
            )
            if not _of_these(connection, self._scope, [key], wanted, rules):
                raise NotFoundError
            return lines(connection, self._scope, [key], rules)[0]


def key_of(connection: Connection, scope: Scope, call_id: str) -> int:
    """A call's key.

    Raises:
        NotFoundError: the project has no such call.
    """
    if not can_be_kept(call_id):
        raise NotFoundError
    found = connection.execute(select(calls.c.id).where(scope.within(calls), calls.c.call_id == call_id)).scalar()
    if found is None:
        raise NotFoundError
    return int(found)


def history_before(
    connection: Connection, scope: Scope, row: JournalRow, sight: CallFilter
) -> tuple[ClientHistory | None, tuple[CallNote, ...]]:
    """The client's calls before this one, and its notes."""
    notes = notes_of(connection, scope, key_of(connection, scope, row.call_id))
    if row.client_e164 is None:
        return None, notes
    rules = load_marks(connection, scope, load_rules(connection, scope))
    wanted = msgspec.structs.replace(sight, started_to=row.started_at, client_e164=row.client_e164)
    return _history(connection, scope, wanted, rules), notes


def _history(connection: Connection, scope: Scope, wanted: CallFilter, rules: MarkRules) -> ClientHistory:
    e164 = wanted.client_e164 or ""
    known = client_ids(connection, scope, [e164]) if can_be_kept(e164) else {}
    client = known.get(e164, (0, None))[0]
    keys = _calls_of(connection, scope, wanted, rules) if client else []
    recent = keys[: -_RECENT - 1 : -1]
    talked = _who_talked(connection, scope, keys)
    return ClientHistory(
        client_e164=e164,
        calls=len(keys),
        first_at=to_s_or_none(keys[0] // SLOTS if keys else None),
        last_at=to_s_or_none(keys[-1] // SLOTS if keys else None),
        last_employee_id=None if talked is None else talked[0],
        last_employee_name=None if talked is None else talked[1],
        spam=client in rules.spam or is_spam(connection, scope, e164),
        recent=tuple(lines(connection, scope, recent, rules)),
    )


def _calls_of(connection: Connection, scope: Scope, wanted: CallFilter, rules: MarkRules) -> list[int]:
    """The client's calls that are meant, ascending: by the index, or of somebody who calls all day by the columns."""
    first, end = range_of(wanted.started_from, wanted.started_to)
    call = calls.c
    theirs = (
        select(call.id)
        .where(scope.within(calls), call.client_e164 == wanted.client_e164, call.id >= first, call.id < end)
        .order_by(call.id)
        .limit(_FEW + 1)
    )
    keys = list(connection.execute(theirs).scalars())
    if len(keys) <= _FEW:
        return _of_these(connection, scope, keys, wanted, rules)
    search = Search(connection, scope, wanted, rules)
    return [key for portion in search.all_keys(newest_first=False) for key in portion.tolist()]


def _of_these(
    connection: Connection, scope: Scope, keys: Sequence[int], wanted: CallFilter, rules: MarkRules
) -> list[int]:
    """Which of these calls are meant, whatever the period."""
    words = known_words(connection, scope)
    block = from_rows(connection, scope, keys, words)
    meant = Asked(connection, scope, wanted, words, rules).mask(block, len(block["key"]))
    return [int(key) for key in block["key"][meant]]


def _who_talked(connection: Connection, scope: Scope, keys: Sequence[int]) -> tuple[int, str] | None:
    part = call_employees.c
    for start in range(len(keys), 0, -_CHUNK):
        some = keys[max(0, start - _CHUNK) : start]
        found = connection.execute(
            select(part.employee_id, employees.c.name)
            .join_from(call_employees, employees, scope.within(employees) & (employees.c.id == part.employee_id))
            .where(scope.within(call_employees), part.call.in_(some), part.talk_ms > 0)
            .order_by(part.call.desc(), part.part.desc())
            .limit(1)
        ).one_or_none()
        if found is not None:
            return found.employee_id, found.name
    return None
