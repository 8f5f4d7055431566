"""Who did what to whom, when, and what came of it. Bound to one project; only ever added to."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, insert, literal_column, or_, select

from callfloor.errors import InvalidInputError
from callfloor.store.history_tables import audit
from callfloor.store.instants import to_ms, to_s
from callfloor.store.scope import Scope
from callfloor.store.texts import kept, kept_or_none, without_surrogates

LARGEST_PAGE = 1000
_DONE: ColumnElement[str] = literal_column("'done'")
"""As the index of what failed has it; one that is sent as a value fits no partial index."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did, or tried to do."""

    id: int
    at: float
    user_id: int | None  # None: nobody was signed in
    user_login: str | None  # as it was then
    action: str
    subject_kind: str | None  # employee, account, queue, …
    subject_id: str | None
    details: dict[str, Any]
    outcome: str  # done, or the error_id of what hindered it


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; what is None does not matter."""

    at_from: float | None = None
    at_to: float | None = None  # before this instant
    user_ids: frozenset[int] | None = None
    actions: frozenset[str] | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    failed: bool | None = None  # whether anything hindered it
    outcomes: frozenset[str] | None = None


EVERY_ENTRY = AuditFilter()


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries, newest first."""

    entries: tuple[AuditEntry, ...]
    next_cursor: str | None  # None: there are no more


class Audit:
    """One project's audit. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def write(
        self,
        *,
        at: float,
        user_id: int | None,
        user_login: str | None,
        action: str,
        outcome: str,
        subject_kind: str | None = None,
        subject_id: str | int | None = None,
        details: dict[str, Any] | None = None,
    ) -> int:
        """Add an entry; its number. Never put a secret into ``details``.

        Raises:
            ConflictError: there is no such project.
            StoreError: the database refused.
        """
        row = {
            "project_id": self._scope.project_id,
            "at": to_ms(at),
            "user_id": user_id,
            "user_login": kept_or_none(user_login),
            "action": kept(action),
            "subject_kind": kept_or_none(subject_kind),
            "subject_id": None if subject_id is None else kept(str(subject_id)),
            "details": msgspec.json.encode(without_surrogates(details or {})).decode(),
            "outcome": kept(outcome),
        }
        with self._scope.writing() as connection:
            made: Any = connection.execute(insert(audit), row).inserted_primary_key
            return int(made[0])

    def page(self, wanted: AuditFilter = EVERY_ENTRY, *, limit: int = 50, cursor: str | None = None) -> AuditPage:
        """Entries, newest first.

        Raises:
            InvalidInputError: the limit is not 1–1000, or the cursor is not one of ours.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        c = audit.c
        found = (
            select(audit)
            .where(self._scope.within(audit), *_conditions(wanted))
            .order_by(c.at.desc(), c.id.desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            ms, after = _place(cursor)
            # The first of the two is all that an index needs to begin there.
            found = found.where(c.at <= ms, or_(c.at < ms, c.id < after))
        with self._scope.reading() as connection:
            rows = connection.execute(found).all()
        last = rows[limit - 1] if len(rows) > limit else None
        return AuditPage(
            entries=tuple(_entry(row) for row in rows[:limit]),
            next_cursor=None if last is None else f"{last.at}.{last.id}",
        )

    def stream(self, wanted: AuditFilter = EVERY_ENTRY) -> Iterator[AuditEntry]:
        """As ``page`` without an end: a part at a time, in memory that does not grow."""
        cursor = None
        while True:
            page = self.page(wanted, limit=LARGEST_PAGE, cursor=cursor)
            yield from page.entries
            cursor = page.next_cursor
            if cursor is None:
                return

    def actions(self) -> tuple[str, ...]:
        """Every action that somebody did here, in alphabetical order."""
        with self._scope.reading() as connection:
            return tuple(self._distinct(connection, audit.c.action))

    def users(self) -> dict[int, str | None]:
        """Everybody who did something here, by id, each with the login of their latest entry."""
        found: dict[int, str | None] = {}
        with self._scope.reading() as connection:
            for user_id in self._distinct(connection, audit.c.user_id):
                latest = (
                    select(audit.c.user_login)
                    .where(self._scope.within(audit), audit.c.user_id == user_id)
                    .order_by(audit.c.at.desc(), audit.c.id.desc())
                    .limit(1)
                )
                found[user_id] = connection.execute(latest).scalar()
        return found

    def _distinct(self, connection: Connection, column: ColumnElement[Any]) -> Iterator[Any]:
        """From one value to the next by the index: neither database skips through one for DISTINCT."""
        last = None
        while True:
            further = select(func.min(column)).where(self._scope.within(audit))
            last = connection.execute(further if last is None else further.where(column > last)).scalar()
            if last is None:
                return
            yield last


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    c = audit.c
    if wanted.at_from is not None:
        yield c.at >= to_ms(wanted.at_from)
    if wanted.at_to is not None:
        yield c.at < to_ms(wanted.at_to)
    if wanted.user_ids is not None:
        yield _among(c.user_id, wanted.user_ids)
    if wanted.actions is not None:
        yield _among(c.action, map(kept, wanted.actions))
    if wanted.subject_kind is not None:
        yield c.subject_kind == kept(wanted.subject_kind)
    if wanted.subject_id is not None:
        yield c.subject_id == kept(wanted.subject_id)
    failed = wanted.failed
    if wanted.outcomes is not None:
        yield _among(c.outcome, map(kept, wanted.outcomes))
        failed = True if failed is None and "done" not in wanted.outcomes else failed
    if failed is not None:
        yield c.outcome != _DONE if failed else c.outcome == _DONE


def _among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    known = sorted(values)
    return column == known[0] if len(known) == 1 else column.in_(known)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=to_s(row.at),
        user_id=row.user_id,
        user_login=row.user_login,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        details=msgspec.json.decode(row.details, type=dict[str, Any]),
        outcome=row.outcome,
    )


def _place(cursor: str) -> tuple[int, int]:
    ms, _, after = cursor.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (ms, after)):
        raise InvalidInputError("the cursor is not one that a page gave")
    return int(ms), int(after)
