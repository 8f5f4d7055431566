"""Conversations put into stretches of which nothing was known. Bound to one project."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from callfloor.floor.employees import Status, Why
from callfloor.store.history_tables import account_statuses, employee_statuses
from callfloor.store.instants import to_ms
from callfloor.store.rollups import DaySums, kept_days
from callfloor.store.scope import Scope
from callfloor.store.status_turn import Subject
from callfloor.store.texts import kept, kept_or_none
from callfloor.store.upserts import put

_CHUNK = 500
_COLUMNS = ("ended_at", "status", "why", "through_account", "device", "call_id", "by")

TalkOf = tuple[Subject, float, float, str | None, str | None]
"""Whose conversation, from when to when, in which call, through which account."""


class StatusRepairs:
    """One project's. Blocking: call it through ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def talked(self, talks: Iterable[TalkOf]) -> int:
        """Where history says *unknown* and is over, it says *talking* for these stretches; how many changed.

        Again it changes nothing. What was known stays as it is.

        Raises:
            StoreError: the database refused; nothing was written.
        """
        scope = self._scope
        wanted: dict[Subject, list[tuple[int, int, str | None, str | None]]] = {}
        for subject, began, ended, call_id, account in talks:
            known = kept(subject) if isinstance(subject, str) else subject
            if to_ms(began) < to_ms(ended):
                wanted.setdefault(known, []).append((to_ms(began), to_ms(ended), call_id, account))
        if not wanted:
            return 0
        changed = 0
        with scope.writing() as connection:
            days = kept_days(connection, scope)
            sums = None if days is None else DaySums(days)
            for table, column, kind in ((employee_statuses, "employee_id", int), (account_statuses, "account", str)):
                some = sorted(each for each in wanted if isinstance(each, kind))
                for start in range(0, len(some), _CHUNK):
                    of = {each: wanted[each] for each in some[start : start + _CHUNK]}
                    changed += self._put_in(connection, table, column, of, sums)
            if sums is not None:
                sums.write(connection, scope)
        return changed

    def _put_in(
        self,
        connection: Connection,
        table: Any,
        column: str,
        wanted: Mapping[Any, Sequence[tuple[int, int, str | None, str | None]]],
        sums: DaySums | None,
    ) -> int:
        scope, c = self._scope, table.c
        first = min(began for talks in wanted.values() for began, *_ in talks)
        last = max(ended for talks in wanted.values() for _, ended, *_ in talks)
        holes = connection.execute(
            select(table)
            .where(scope.within(table), c[column].in_(list(wanted)), c.status == Status.UNKNOWN.value)
            .where(c.began_at < last, c.ended_at > first)
        ).mappings()
        gone: list[tuple[Any, int]] = []
        made: list[dict[str, Any]] = []
        for hole in holes.all():
            subject = hole[column]
            pieces = _pieces(hole["began_at"], hole["ended_at"], wanted[subject])
            if not any(call for *_, call in pieces):
                continue
            gone.append((subject, hole["began_at"]))
            for began, ended, call in pieces:
                row = dict(hole) | {"began_at": began, "ended_at": ended}
                if call is not None:
                    row |= {"status": Status.TALKING.value, "why": Why.CALL.value, "call_id": kept_or_none(call[0])}
                    row |= {"through_account": kept_or_none(call[1]), "device": None, "by": None}
                    if sums is not None and isinstance(subject, int):
                        sums.status(subject, Status.TALKING, began, ended)
                made.append(row)
        for subject, began in gone:
            connection.execute(delete(table).where(scope.within(table), c[column] == subject, c.began_at == began))
        put(connection, table, made, _COLUMNS)
        return len(gone)


_Piece = tuple[int, int, tuple[str | None, str | None] | None]


def _pieces(began: int, ended: int, talks: Sequence[tuple[int, int, str | None, str | None]]) -> list[_Piece]:
    """A hole, cut: each piece with the call that was talked in, or None. They follow one another without a gap."""
    found: list[_Piece] = []
    at = began
    for start, end, call_id, account in sorted(talks, key=lambda talk: talk[:2]):
        start, end = max(start, at), min(end, ended)  # noqa: PLW2901 - two calls at once are one conversation
        if start >= end:
            continue
        if start > at:
            found.append((at, start, None))
        if found and found[-1][1] == start and found[-1][2] is not None and found[-1][2][0] == call_id:
            found[-1] = found[-1][0], end, found[-1][2]
        else:
            found.append((start, end, (call_id, account)))
        at = end
    if at < ended:
        found.append((at, ended, None))
    return found
