"""One project's clients to call back: the list, who was reached, and closing by hand.

Who may be called back at all is known by their number in E.164. Spam is left out, as it stands now.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal

import msgspec
import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    distinct,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.floor.calls import CallType
from callfloor.store.blocks import KNOWN
from callfloor.store.call_filter import CallFilter, Outcome
from callfloor.store.callback_books import SERVED, CallbackBook, clear, hold, make_anew, turn
from callfloor.store.callback_columns import Cases, Ints, Mask, cases_of, revision_of
from callfloor.store.cost_tables import callback_books, callback_closings, callbacks
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.journal_search import Search
from callfloor.store.journal_tables import spam_numbers
from callfloor.store.keys import among
from callfloor.store.rows import SLOTS, range_of
from callfloor.store.scope import Scope
from callfloor.store.tables import calls, departments, employees, numbers, queues
from callfloor.store.texts import can_be_kept

LARGEST_PAGE = 500
LONGEST_NOTE = 500
_CHUNK = 500
_REBUILD_CLIENTS = 200
_SORTED_BY = {
    "since": "first_missed_at",
    "last": "last_missed_at",
    "tries": "tries",
    "attempts": "attempts",
    "closed": "first_missed_at",  # of open ones
}


class Reason(StrEnum):
    """Why a client need not be called back, where somebody says so by hand."""

    REACHED_OTHERWISE = "reached_otherwise"
    NO_NEED = "no_need"
    WRONG_NUMBER = "wrong_number"
    UNREACHABLE = "unreachable"
    OTHER = "other"


class CallbackSight(msgspec.Struct, frozen=True, kw_only=True):
    """Whose missed calls are seen: those that rang these departments, came through these queues, or rang nobody."""

    department_ids: frozenset[int]
    queues: frozenset[str]


class CallbackFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which clients. Every part that is given must hold; within a part any of its values does."""

    sight: CallbackSight | None = None  # None: all
    missed_from: float | None = None  # a call of theirs was missed in [missed_from, missed_to)
    missed_to: float | None = None
    queues: frozenset[str] | None = None  # the last missed call's
    department_ids: frozenset[int] | None = None  # that any of the missed calls rang
    business_numbers: frozenset[str] | None = None  # the last missed call's, as the next
    sources: frozenset[str] | None = None
    employee_ids: frozenset[int] | None = None  # whose turn it is
    number_part: str | None = None  # digits of the client's number


CallbackSort = Literal["since", "last", "tries", "attempts", "closed"]


class CallbackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A client with missed calls, open or closed."""

    id: str
    client_e164: str
    client_number: str | None
    since: float  # their first missed call since they were last reached
    last_missed_at: float
    last_call_id: str
    tries: int
    attempts: int
    last_attempt_at: float | None
    queue: str | None  # of the last missed call, as the next
    queue_label: str | None
    business_number: str | None
    number_label: str | None
    source: str | None
    turn_employee_id: int | None
    turn_employee_name: str | None
    turn_department_id: int | None
    turn_department_name: str | None
    closed_at: float | None
    closed_how: str | None  # inbound | outbound | callback | hand
    closed_call_id: str | None
    closed_by: str | None  # the employee who talked to them, or the user who closed it
    closing_id: int | None
    reason: Reason | None
    note: str | None


class CallbackPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some clients in the order asked for."""

    rows: tuple[CallbackRow, ...]
    next_cursor: str | None
    total: int  # as filtered


class CallbackCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Clients with a missed call in a period: ``open + closed = missed``."""

    missed: int
    open: int
    closed: int
    uncallable: int  # missed calls without a number to call back; in none of the others


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """A closing by hand."""

    id: int
    client_e164: str
    at: float


class Callbacks:
    """One project's clients to call back. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def revision(self) -> int:
        """Another number after each change of the list."""
        with self._scope.reading() as connection:
            return revision_of(connection, self._scope)

    def warm(self) -> None:
        """Read the list before anybody asks for it: a million cases take some seconds, once."""
        with self._scope.reading() as connection:
            cases_of(connection, self._scope)

    def page(
        self,
        wanted: CallbackFilter,
        *,
        closed: bool = False,
        sort: CallbackSort = "since",
        descending: bool = False,
        limit: int = 100,
        after: str | None = None,
    ) -> CallbackPage:
        """Open clients, or closed cases.

        Raises:
            InvalidInputError: the limit is not 1–500, or the cursor is not one of ours.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        last = None if after is None else _cursor(after)
        with self._scope.reading() as connection:
            cases = cases_of(connection, self._scope)
            found = np.flatnonzero(self._which(connection, cases, wanted, closed=closed))
            total = len(found)
            key = cases.numbers["closed_at" if sort == "closed" and closed else _SORTED_BY[sort]]
            if last is not None:
                found = found[_beyond(cases, key[found], found, last, descending=descending)]
            found = _first_of(key[found], found, limit + 1, descending=descending)
            rows = self._whole(connection, cases, found[:limit])
        more = len(found) > limit
        if not more or not rows:
            return CallbackPage(rows=tuple(map(_row, rows)), next_cursor=None, total=total)
        shown = found[limit - 1]
        first = cases.numbers["first_missed_at"][shown]
        return CallbackPage(
            rows=tuple(map(_row, rows)),
            next_cursor=f"{key[shown]}.{first}.{cases.client[shown].decode()}",
            total=total,
        )

    def counts(self, wanted: CallbackFilter, missed_from: float, missed_to: float) -> CallbackCounts:
        """Clients with a missed call in ``[missed_from, missed_to)``, by where they stand now."""
        wanted = msgspec.structs.replace(wanted, missed_from=missed_from, missed_to=missed_to)
        asked = CallFilter(
            started_from=missed_from,
            started_to=missed_to,
            types=frozenset({CallType.INBOUND}),
            outcomes=frozenset(Outcome) - {Outcome.ANSWERED, Outcome.FAX},
        )
        with self._scope.reading() as connection:
            cases = cases_of(connection, self._scope)
            found = self._which(connection, cases, wanted, closed=None)
            missed = cases.clients(found)
            opened = int(np.count_nonzero(found & cases.open))  # one a client at most
            uncallable = sum(
                int(np.count_nonzero(mask & ((piece.block["flags"][: len(mask)] & KNOWN) == 0)))
                for piece, mask in Search(connection, self._scope, asked).pieces({"flags"})
            )
        return CallbackCounts(missed=missed, open=opened, closed=missed - opened, uncallable=uncallable)

    # --- by hand ------------------------------------------------------------------------------------------------

    def close(
        self,
        client_e164: str,
        reason: Reason,
        *,
        note: str = "",
        sight: CallbackSight | None = None,
        user_id: int | None,
        user_name: str | None,
        at: float,
    ) -> Closing:
        """Take a client off the list, with the missed calls that are known now; a later one puts them on it again.

        Raises:
            NotFoundError: they are not on it, as far as this sight goes.
            InvalidInputError: the note is too long.
        """
        note = note.strip()
        if len(note) > LONGEST_NOTE or not can_be_kept(note):
            raise InvalidInputError(f"A note has {LONGEST_NOTE} characters at most.")
        if not can_be_kept(client_e164):
            raise NotFoundError
        with self._scope.editing() as connection:
            hold(connection, self._scope)
            which = self._seen(connection, sight, closed=False)
            until = connection.execute(
                select(callbacks.c.last_missed_at).where(*which, callbacks.c.client_e164 == client_e164)
            ).scalar()
            if until is None:
                raise NotFoundError("This client is not to be called back.")
            row = {"client_e164": client_e164, "until": until, "at": to_ms(at), "user_id": user_id}
            row |= {"user_name": user_name, "reason": reason.value, "note": note}
            made = connection.execute(
                insert(callback_closings), {"project_id": self._scope.project_id, **row}
            ).inserted_primary_key
            assert made is not None  # noqa: S101 - of one row it is always told
            self._remake(connection, client_e164, until)
            return Closing(id=made[0], client_e164=client_e164, at=to_s(to_ms(at)))

    def reopen(self, closing_id: int, *, sight: CallbackSight | None = None, at: float) -> Closing:
        """Take a closing by hand back.

        Raises:
            NotFoundError: there is none of this number that stands, as far as this sight goes.
        """
        table = callback_closings.c
        with self._scope.editing() as connection:
            hold(connection, self._scope)
            which = self._seen(connection, sight, closed=True)
            found = connection.execute(
                select(table.id, table.client_e164, table.until, table.at)
                .where(self._scope.within(callback_closings), table.id == closing_id, table.undone_at.is_(None))
                .where(exists(select(callbacks.c.tries).where(*which, callbacks.c.closing_id == closing_id)))
            ).one_or_none()
            if found is None:
                raise NotFoundError("There is no such closing.")
            this = self._scope.within(callback_closings), table.id == closing_id
            connection.execute(update(callback_closings).where(*this).values(undone_at=to_ms(at)))
            self._remake(connection, found.client_e164, found.until)
            return Closing(id=found.id, client_e164=found.client_e164, at=to_s(found.at))

    def _remake(self, connection: Connection, client_e164: str, until: int) -> None:
        book = CallbackBook(connection, self._scope)
        book.closed(client_e164, until)
        book.write()

    # --- the whole list -----------------------------------------------------------------------------------------

    def is_whole(self) -> bool:
        """Whether all calls have been looked at; if not, clients may be missing until ``rebuild``."""
        with self._scope.reading() as connection:
            kept = connection.execute(select(callback_books.c.whole).where(self._scope.within(callback_books))).scalar()
            return kept is None or kept

    def rebuild(self, progress: Callable[[int, int | None], None] | None = None) -> int:
        """Make the list anew from all calls, some clients at a time; others may write meanwhile. How many clients.

        ``progress`` is told how many are done of how many, and may raise to end it; to do it again does no harm.

        Raises:
            StoreError: the database refused; some clients may be done.
        """
        named = self._scope.within(calls), calls.c.client_e164.is_not(None)
        with self._scope.reading() as connection:
            of = connection.execute(select(func.count(distinct(calls.c.client_e164))).where(*named)).scalar_one()
        done, last = 0, ""
        while True:
            if progress is not None:
                progress(done, of)
            some = select(calls.c.client_e164).distinct().where(*named, calls.c.client_e164 > last)
            with self._scope.editing() as connection:
                hold(connection, self._scope)
                clients = list(connection.execute(some.order_by(calls.c.client_e164).limit(_REBUILD_CLIENTS)).scalars())
                clear(connection, self._scope, last, clients[-1] if clients else None)
                if not clients:
                    turn(connection, self._scope, (), whole=True)
                    return done
                make_anew(connection, self._scope, dict.fromkeys(clients, 0), listed=())
                turn(connection, self._scope, clients)
            done, last = done + len(clients), clients[-1]

    # --- asking -------------------------------------------------------------------------------------------------

    def _seen(self, connection: Connection, sight: CallbackSight | None, *, closed: bool) -> list[Any]:
        """The conditions of what may be changed by who sees this."""
        table = callbacks.c
        spam = select(spam_numbers.c.number).where(self._scope.within(spam_numbers))
        which: list[Any] = [self._scope.within(callbacks), table.client_e164.not_in(spam)]
        which.append(table.settled_at.is_not(None) if closed else table.settled_at.is_(None))
        if sight is not None:
            # To find a word between line feeds, capitals told apart.
            finds = func.instr if connection.dialect.name == "sqlite" else func.strpos
            asked = [(table.departments, str(each)) for each in sorted(sight.department_ids)]
            asked += [(table.queues, each) for each in sorted(sight.queues)]
            which.append(or_(table.nobody.is_(True), *(finds(column, f"\n{name}\n") > 0 for column, name in asked)))
        return which

    def _which(self, connection: Connection, cases: Cases, wanted: CallbackFilter, *, closed: bool | None) -> Mask:
        """Those that are wanted; ``closed`` None asks for open and closed cases alike."""
        spam = select(spam_numbers.c.number).where(self._scope.within(spam_numbers))
        which = ~cases.of_any(connection.execute(spam).scalars())
        if closed is not None:
            which &= ~cases.open if closed else cases.open
        if (seen := wanted.sight) is not None:
            theirs = cases.with_line("departments", seen.department_ids) | cases.with_line("queues", seen.queues)
            which &= cases.nobody | theirs
        if wanted.department_ids is not None:
            which &= cases.with_line("departments", wanted.department_ids)
        if wanted.queues is not None:
            which &= cases.with_text("queue", wanted.queues)
        if wanted.business_numbers is not None:
            which &= cases.with_text("business_number", wanted.business_numbers)
        if wanted.employee_ids is not None:
            which &= np.isin(cases.numbers["turn_employee_id"], list(wanted.employee_ids))
        if wanted.sources is not None:
            of_source = select(numbers.c.number).where(
                self._scope.within(numbers), numbers.c.source.in_(sorted(wanted.sources))
            )
            which &= cases.with_text("business_number", connection.execute(of_source).scalars().all())
        if wanted.number_part:
            which &= cases.with_digits(wanted.number_part)
        if wanted.missed_from is not None and wanted.missed_to is not None:
            which &= self._missed_in(connection, cases, which, wanted.missed_from, wanted.missed_to)
        return which

    def _missed_in(
        self, connection: Connection, cases: Cases, which: Mask, missed_from: float, missed_to: float
    ) -> Mask:
        """A case has a missed call in a period. Where it reaches beyond both ends, its calls are looked at."""
        first, end = range_of(missed_from, missed_to)
        begins, ends = first // SLOTS, end // SLOTS
        oldest, newest = cases.numbers["first_missed_at"], cases.numbers["last_missed_at"]
        around = (oldest < begins) & (newest >= ends)
        found = (oldest < ends) & (newest >= begins) & ~around
        # Of a case's calls the first and the last are outside: a third one may be inside.
        doubtful = np.flatnonzero(around & which & (cases.numbers["tries"] > 2))
        asked = sorted({each.decode() for each in cases.client[doubtful].tolist()})
        this = select(calls.c.client_e164).where(
            self._scope.within(calls), among(calls.c.client_e164, texts=True), calls.c.id >= first, calls.c.id < end
        )
        inside: set[str] = set()
        for start in range(0, len(asked), _CHUNK):
            some = {"keys": asked[start : start + _CHUNK]}
            inside.update(connection.execute(this.where(*_missed()), some).scalars())
        # A client's missed calls are in one case each, and between a case's first and last no other's are.
        found[doubtful] = [each.decode() in inside for each in cases.client[doubtful].tolist()]
        return found

    def _whole(self, connection: Connection, cases: Cases, places: Ints) -> list[Row[Any]]:
        """The rows of these cases, in this order."""
        names = [each.decode() for each in cases.client[places].tolist()]
        first, call = cases.numbers["first_missed_at"][places], cases.numbers["first_call"][places]
        this = self._rows().where(self._scope.within(callbacks), among(callbacks.c.client_e164, texts=True))
        found = {
            (row.client_e164, row.first_missed_at, row.first_call): row
            for row in connection.execute(this, {"keys": sorted(set(names))})
        }
        wanted = zip(names, first.tolist(), call.tolist(), strict=True)
        return [found[each] for each in wanted if each in found]

    def _rows(self) -> Select[Any]:
        turn_of = employees.alias("turn_of")
        reached_by = employees.alias("reached_by")
        department = departments.alias("turn_department")
        table, closing = callbacks.c, callback_closings.c
        joined = (
            callbacks.outerjoin(turn_of, and_(self._of(turn_of), turn_of.c.id == table.turn_employee_id))
            .outerjoin(reached_by, and_(self._of(reached_by), reached_by.c.id == table.closed_employee_id))
            .outerjoin(department, and_(self._of(department), department.c.id == table.turn_department_id))
            .outerjoin(numbers, and_(self._of(numbers), numbers.c.number == table.business_number))
            .outerjoin(queues, and_(self._of(queues), queues.c.name == table.queue))
            .outerjoin(callback_closings, and_(self._of(callback_closings), closing.id == table.closing_id))
        )
        return select(
            callbacks,
            turn_of.c.name.label("turn_employee_name"),
            department.c.name.label("turn_department_name"),
            numbers.c.label.label("number_label"),
            numbers.c.source,
            queues.c.label.label("queue_label"),
            reached_by.c.name.label("reached_by"),
            closing.user_name,
            closing.reason,
            closing.note,
        ).select_from(joined)

    def _of(self, table: Any) -> ColumnElement[bool]:
        return self._scope.within(table)


def _missed() -> tuple[ColumnElement[bool], ...]:
    return calls.c.type == CallType.INBOUND.value, calls.c.result.not_in(sorted(SERVED))


def _row(row: Row[Any]) -> CallbackRow:
    return CallbackRow(
        id=f"{row.client_e164}.{row.first_missed_at}",
        client_e164=row.client_e164,
        client_number=row.client_number,
        since=to_s(row.first_missed_at),
        last_missed_at=to_s(row.last_missed_at),
        last_call_id=row.last_call_id,
        tries=row.tries,
        attempts=row.attempts,
        last_attempt_at=to_s_or_none(row.last_attempt_at),
        queue=row.queue,
        queue_label=row.queue_label,
        business_number=row.business_number,
        number_label=row.number_label,
        source=row.source,
        turn_employee_id=row.turn_employee_id,
        turn_employee_name=row.turn_employee_name,
        turn_department_id=row.turn_department_id,
        turn_department_name=row.turn_department_name,
        closed_at=to_s_or_none(row.closed_at),
        closed_how=row.closed_how,
        closed_call_id=row.closed_call_id,
        closed_by=row.user_name if row.closing_id is not None else row.reached_by,
        closing_id=row.closing_id,
        reason=None if row.reason is None else Reason(row.reason),
        note=row.note,
    )


def _beyond(cases: Cases, keys: Ints, places: Ints, last: tuple[int, str, int], *, descending: bool) -> Mask:
    """Which of these come after the last one shown: by the key, then by client and first missed call."""
    value, client, first = last
    theirs = cases.of(client)
    shown = theirs.start + np.searchsorted(
        cases.numbers["first_missed_at"][theirs], first, "left" if descending else "right"
    )
    if descending:
        return np.asarray((keys < value) | ((keys == value) & (places < shown)))
    return np.asarray((keys > value) | ((keys == value) & (places >= shown)))


def _first_of(keys: Ints, places: Ints, count: int, *, descending: bool) -> Ints:
    """The first of these by the key, then by their places, which ascend; all of it the other way round."""
    if descending:
        keys, places = -keys[::-1], places[::-1]
    if len(places) > count:
        edge = np.partition(keys, count - 1)[count - 1]
        before = np.flatnonzero(keys < edge)
        chosen = np.concatenate([before, np.flatnonzero(keys == edge)[: count - len(before)]])
        keys, places = keys[chosen], places[chosen]
    return places[np.argsort(keys, kind="stable")]


def _cursor(text: str) -> tuple[int, str, int]:
    value, _, rest = text.partition(".")
    first, _, client = rest.partition(".")
    try:
        if not can_be_kept(client):
            raise ValueError
        return int(value), client, int(first)
    except ValueError:
        raise InvalidInputError("The cursor is not one of ours.", at=["query.after"]) from None
