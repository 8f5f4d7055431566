"""What is older than the project keeps it, deleted: calls with all that belongs to them, messages, audit, supervisions.

Small transactions, so that pages stay quick: what is to go from the journal's columns goes first, a block at a time,
and from then on nobody sees it; then its rows, a few hundred at a time. Whoever is killed in the middle goes on. The
days that are added up (an employee's profile) stay: they name no client. From ``first_kept`` on the journal is whole;
what lies before it was deleted, and is not nothing (docs/decisions/0163).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from sqlalchemy import Connection, Table, delete, func, or_, select, update

from callfloor.store.block_sums import recipe_of
from callfloor.store.block_writer import drop, load, write
from callfloor.store.blocks import chosen
from callfloor.store.callback_books import hold, turn
from callfloor.store.client_search import blank
from callfloor.store.cost_tables import callback_changes, callback_closings, callbacks
from callfloor.store.heads import turn_head
from callfloor.store.history_tables import audit
from callfloor.store.instants import to_ms, to_s
from callfloor.store.journal_tables import call_blocks, call_fresh, call_hands, call_notes, call_tags, clients
from callfloor.store.media_tables import faxes, voicemails
from callfloor.store.rollups import kept_days
from callfloor.store.rows import range_of
from callfloor.store.scope import Scope
from callfloor.store.supervision_tables import supervision_employees, supervision_modes, supervisions
from callfloor.store.tables import calls, projects

_AT_ONCE: Final = 500
Step = Callable[[int], None]


class OldCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is about to go, as far as its recordings are looked for by it."""

    key: int
    call_id: str
    started_at: float
    talk_s: float
    recording: str | None
    story: str


class Retention:
    """One project's old data. Blocking; each method tells ``step`` how many rows went, which may raise to stop it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def first_kept(self) -> float | None:
        """The instant from which on calls are kept; None: none were ever deleted for their age."""
        with self._scope.reading() as connection:
            this = select(projects.c.calls_kept_from).where(projects.c.id == self._scope.project_id)
            found = connection.execute(this).scalar()
        return None if found is None else to_s(found)

    def calls(self, before: float, step: Step) -> int:
        """Delete the calls that began before an instant, with notes, tags and marks; how many.

        Raises:
            JobCancelledError, JobInterruptedError: as ``step`` does; what is done by then is done.
            StoreError: the database refused.
        """
        _, end = range_of(0.0, before)
        with self._scope.reading() as connection:
            asked = select(func.min(calls.c.id)).where(self._scope.within(calls), calls.c.id < end)
            if connection.execute(asked).scalar() is None:
                return 0
        with self._scope.writing() as connection:
            this = projects.c.id == self._scope.project_id
            kept = connection.execute(select(projects.c.calls_kept_from).where(this)).scalar()
            if kept is None or kept < to_ms(before):
                connection.execute(update(projects).where(this).values(calls_kept_from=to_ms(before)))
        self._columns(end, step)
        gone = 0
        while some := self._rows(end):
            step(len(some))
            gone += len(some)
        self._callbacks(to_ms(before))
        self._clients(step)
        return gone

    def old_calls(self, before: float, after_key: int = 0) -> list[OldCall]:
        """Calls with a recording that began before an instant, oldest first, some at a time."""
        _, end = range_of(0.0, before)
        call = calls.c
        wanted = call.id, call.call_id, call.started_at, call.talk_ms, call.hold_ms, call.recording, call.story
        asked = (
            select(*wanted)
            .where(self._scope.within(calls), call.id > after_key, call.id < end, call.recording.is_not(None))
            .order_by(call.id)
            .limit(_AT_ONCE)
        )
        with self._scope.reading() as connection:
            return [
                OldCall(
                    key=row.id,
                    call_id=row.call_id,
                    started_at=to_s(row.started_at),
                    talk_s=to_s(row.talk_ms + row.hold_ms),
                    recording=row.recording,
                    story=row.story,
                )
                for row in connection.execute(asked)
            ]

    def messages(self, before: float, step: Step) -> tuple[str, ...]:
        """Delete the rows of voicemail that has gone from the PBX, and of faxes; the faxes' files, to be deleted."""
        files: list[str] = []
        at, call, fax = to_ms(before), voicemails.c, faxes.c
        for ids in self._pages(voicemails, call.left_at < at, call.gone_at.is_not(None)):
            step(self._delete(voicemails, ids))
        for ids in self._pages(faxes, fax.at < at):
            with self._scope.reading() as connection:
                asked = select(fax.kept).where(self._scope.within(faxes), fax.id.in_(ids))
                for kept in connection.execute(asked).scalars():
                    files += msgspec.json.decode(kept, type=list[str])
            step(self._delete(faxes, ids))
        return tuple(files)

    def audit(self, before: float, step: Step) -> None:
        """Delete what was done before an instant."""
        for ids in self._pages(audit, audit.c.at < to_ms(before)):
            step(self._delete(audit, ids))

    def supervisions(self, before: float, step: Step) -> None:
        """Delete the sessions that ended before an instant."""
        for ids in self._pages(supervisions, supervisions.c.ended_at < to_ms(before)):
            with self._scope.writing() as connection:
                for table in (supervision_modes, supervision_employees):
                    these = self._scope.within(table), table.c.supervision.in_(ids)
                    connection.execute(delete(table).where(*these))
            step(self._delete(supervisions, ids))

    # --- the journal ------------------------------------------------------------------------------------------

    def _columns(self, end: int, step: Step) -> None:
        """Take the calls out of the columns: whole blocks, and the front of the one that reaches beyond."""
        while True:
            with self._scope.writing() as connection:
                kept_days(connection, self._scope)  # nobody else writes the project's calls meanwhile
                block = call_blocks.c
                asked = select(block.block, block.last, block.rows, block.stamp).where(
                    self._scope.within(call_blocks), block.block < end
                )
                row = connection.execute(asked.order_by(block.block).limit(1)).first()
                if row is None:
                    break
                self._cut(connection, row, end)
            step(0)
        with self._scope.writing() as connection:
            kept_days(connection, self._scope)
            turn_head(connection, self._scope)
            fresh = self._scope.within(call_fresh), call_fresh.c.call < end
            connection.execute(delete(call_fresh).where(*fresh))

    def _cut(self, connection: Connection, ref: Any, end: int) -> None:
        if ref.last >= end:
            old = load(connection, self._scope, ref)
            drop(connection, self._scope, ref)
            rest = chosen(old, np.asarray(old["key"] >= end))
            if len(rest["key"]):
                write(connection, self._scope, rest, recipe_of(connection, self._scope))
        else:
            drop(connection, self._scope, ref)

    def _rows(self, end: int) -> Sequence[int]:
        within = self._scope.within
        with self._scope.writing() as connection:
            kept_days(connection, self._scope)
            asked = select(calls.c.id).where(within(calls), calls.c.id < end).order_by(calls.c.id).limit(_AT_ONCE)
            ids = connection.execute(asked).scalars().all()
            if ids:
                for table in (call_notes, call_tags, call_hands):
                    connection.execute(delete(table).where(within(table), table.c.call.in_(ids)))
                connection.execute(delete(calls).where(within(calls), calls.c.id.in_(ids)))  # its parts follow
        return ids

    def _callbacks(self, at: int) -> None:
        """Cases that were over before; an open one has its first missed call deleted, and goes as well."""
        within = self._scope.within
        with self._scope.writing() as connection:
            kept_days(connection, self._scope)
            hold(connection, self._scope)
            connection.execute(delete(callbacks).where(within(callbacks), callbacks.c.last_missed_at < at))
            connection.execute(delete(callback_closings).where(within(callback_closings), callback_closings.c.at < at))
            turn(connection, self._scope, [])
            connection.execute(
                delete(callback_changes).where(within(callback_changes), callback_changes.c.client_e164 != "")
            )

    def _clients(self, step: Step) -> None:
        """Forget the numbers of clients of whom no call is left; their places among the clients stay."""
        within, client = self._scope.within, clients.c
        last = 0
        while True:
            asked = select(client.id, client.name).where(
                within(clients), client.id > last, ~client.name.startswith("gone.")
            )
            there = (
                select(calls.c.client)
                .where(within(calls), within(clients), calls.c.client_e164 == client.name)
                .correlate(clients)
            )
            plain = select(calls.c.client).where(
                within(calls), within(clients), calls.c.client_e164.is_(None), calls.c.client_number == client.name
            )
            asked = asked.where(~there.exists(), or_(client.name.startswith("+"), ~plain.correlate(clients).exists()))
            with self._scope.writing() as connection:
                kept_days(connection, self._scope)
                found = connection.execute(asked.order_by(client.id).limit(_AT_ONCE)).all()
                for row in found:
                    gone = {"name": f"gone.{row.id}", "last_inbound": None}
                    connection.execute(update(clients).where(within(clients), client.id == row.id).values(**gone))
                blank(connection, self._scope, [row.id for row in found])
            if not found:
                return
            last = found[-1].id
            step(0)

    # --- tables with ids --------------------------------------------------------------------------------------

    def _pages(self, table: Table, *which: Any) -> Iterator[Sequence[Any]]:
        asked = select(table.c.id).where(self._scope.within(table), *which).order_by(table.c.id).limit(_AT_ONCE)
        while True:
            with self._scope.reading() as connection:
                ids = connection.execute(asked).scalars().all()
            if not ids:
                return
            yield ids

    def _delete(self, table: Table, ids: Sequence[Any]) -> int:
        with self._scope.writing() as connection:
            gone = delete(table).where(self._scope.within(table), table.c.id.in_(ids))
            return connection.execute(gone).rowcount
