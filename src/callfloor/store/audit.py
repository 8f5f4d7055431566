"""Who did what to whom, when, and what came of it. Bound to one project; only ever added to."""

from typing import Any

import msgspec
from sqlalchemy import insert, select

from callfloor.errors import InvalidInputError
from callfloor.store.history_tables import audit
from callfloor.store.instants import to_ms, to_s
from callfloor.store.scope import Scope
from callfloor.store.texts import kept, kept_or_none, without_surrogates

LARGEST_PAGE = 1000


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

    def page(self, *, limit: int = 50, cursor: str | None = None) -> AuditPage:
        """Entries, newest first.

        Raises:
            InvalidInputError: the limit is not 1–1000, or the cursor is not one of ours.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        found = select(audit).where(self._scope.within(audit)).order_by(audit.c.id.desc()).limit(limit + 1)
        if cursor is not None:
            if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
                raise InvalidInputError("the cursor is not one that a page gave")
            found = found.where(audit.c.id < int(cursor))
        with self._scope.reading() as connection:
            rows = connection.execute(found).all()
        entries = tuple(
            AuditEntry(
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
            for row in rows[:limit]
        )
        return AuditPage(entries=entries, next_cursor=str(entries[-1].id) if len(rows) > limit else None)
