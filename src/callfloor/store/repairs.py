"""Repairs: what was not watched, told by the PBX's own records afterwards. Bound to one project.

A repair is a period of one PBX connection: an outage, or what somebody asked for. It is tried until the PBX's records
have passed its end, and every call in it has ended and is whole; each try changes only what the one before could not
know. Calls that the journal has whole stay as they are, those that it has in part give way.

long: what a repair is, how it goes on and what it writes hold one another up.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from callfloor.errors import NotFoundError, RowRefusedError
from callfloor.floor.calls import CallRecord
from callfloor.store.growth import Growth
from callfloor.store.imports import joined
from callfloor.store.ingest import write_rows
from callfloor.store.instants import to_ms, to_ms_or_none, to_s, to_s_or_none
from callfloor.store.keys import among
from callfloor.store.links import ARCHIVED
from callfloor.store.repair_tables import repairs
from callfloor.store.rollups import kept_days
from callfloor.store.rows import CallRows, Kept, range_of, to_rows
from callfloor.store.scope import Scope
from callfloor.store.tables import calls, links, outages
from callfloor.store.texts import kept_or_none

LONGEST_CALL_S = 86_400.0
"""The floor takes a call of which nothing was heard for a day for ended: none in the journal is much longer."""
LONGEST_PAGE = 500
_CHUNK = 500
_LATER = ("recording", "business_number", "scheme", "trunk")
"""What call records tell, which may come minutes after the call events."""


class RepairState(StrEnum):
    """Where a repair stands."""

    WAITING = "waiting"  # it is tried at ``next_at``
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"  # as far as the PBX's records tell; what is lacking is said
    FAILED = "failed"  # the records cannot be read, and it is tried no more


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One repair. ``lacking`` says why it is not complete: late | going_on | partial | unreadable."""

    id: int
    link_id: int
    link_name: str
    outage_id: int | None  # None: somebody asked for the period
    began_at: float
    ended_at: float
    state: RepairState
    user_name: str | None  # who asked; None: Callfloor itself
    asked_at: float
    tries: int
    next_at: float | None
    tried_at: float | None
    reached_at: float | None  # up to here the period is done
    calls: int  # written
    mended: int  # known in part before, and whole now
    known: int  # whole before
    refused: int  # rows that could not be read
    waits_for: int  # calls that go on
    unmended: int  # calls that stay known in part
    lacking: str | None
    error: str | None


class RepairWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What came of some records."""

    calls: int
    mended: int
    known: int


class Repairs:
    """One project's repairs. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._growth = Growth(scope)

    # --- what there is to do ------------------------------------------------------------------------------------

    def note_outages(self, link_id: int, *, now: float) -> int:
        """Every outage of the connection that is over is to be repaired; how many are new.

        Of the time in which the project rested nothing is collected, afterwards neither.
        """
        scope = self._scope
        noted = select(repairs.c.outage_id).where(scope.within(repairs), repairs.c.outage_id.is_not(None))
        over = select(outages).where(
            scope.within(outages),
            outages.c.link_id == link_id,
            outages.c.ended_at > outages.c.began_at,
            outages.c.reason != ARCHIVED,
            outages.c.id.not_in(noted),
        )
        with scope.editing() as connection:
            found = connection.execute(over).all()
            for row in found:
                new = self._new(link_id, row.began_at, row.ended_at, to_ms(now))
                connection.execute(insert(repairs), {**new, "outage_id": row.id})
            return len(found)

    def ask(
        self, link_id: int, began: float, ended: float, *, user_id: int | None, user_name: str | None, at: float
    ) -> Repair:
        """Have a period repaired.

        Raises:
            NotFoundError: the project has no such connection.
        """
        new = self._new(link_id, to_ms(began), to_ms(ended), to_ms(at))
        with self._scope.editing() as connection:
            this = self._scope.within(links), links.c.id == link_id
            if connection.execute(select(links.c.id).where(*this)).first() is None:
                raise NotFoundError("There is no such PBX connection.")
            row = {**new, "user_id": user_id, "user_name": kept_or_none(user_name)}
            made: Any = connection.execute(insert(repairs), row)
            return self._get(connection, int(made.inserted_primary_key[0]))

    def get(self, repair_id: int) -> Repair:
        """One of them.

        Raises:
            NotFoundError: the project has no such repair.
        """
        with self._scope.reading() as connection:
            return self._get(connection, repair_id)

    def latest(self, limit: int = 100) -> tuple[Repair, ...]:
        """The latest periods first, those that are not done before all others."""
        ended = repairs.c.state.in_((RepairState.DONE.value, RepairState.INCOMPLETE.value, RepairState.FAILED.value))
        with self._scope.reading() as connection:
            found = self._found().order_by(ended, repairs.c.ended_at.desc(), repairs.c.id.desc()).limit(limit)
            return tuple(_repair(row) for row in connection.execute(found))

    def due(self, now: float) -> tuple[Repair, ...]:
        """Those that are to be tried now, the latest outages first: they are looked at most."""
        waits = repairs.c.state == RepairState.WAITING.value, repairs.c.next_at <= to_ms(now)
        with self._scope.reading() as connection:
            found = self._found().where(*waits).order_by(repairs.c.ended_at.desc(), repairs.c.id)
            return tuple(_repair(row) for row in connection.execute(found))

    def recover(self, now: float) -> None:
        """What ran when the process ended is tried again."""
        with self._scope.writing() as connection:
            connection.execute(
                update(repairs)
                .where(self._scope.within(repairs), repairs.c.state == RepairState.RUNNING.value)
                .values(state=RepairState.WAITING.value, next_at=to_ms(now))
            )

    def give_back(self, repair_id: int, next_at: float) -> None:
        """If it still runs it is tried again: whoever ran it ended in the middle."""
        with self._scope.writing() as connection:
            connection.execute(
                update(repairs)
                .where(self._scope.within(repairs), repairs.c.id == repair_id)
                .where(repairs.c.state == RepairState.RUNNING.value)
                .values(state=RepairState.WAITING.value, next_at=to_ms(next_at))
            )

    def again(self, link_id: int, now: float) -> None:
        """The connection's records lie elsewhere now, or can be read again: what waits or failed is tried at once."""
        unended = repairs.c.state.in_((RepairState.WAITING.value, RepairState.FAILED.value))
        with self._scope.writing() as connection:
            connection.execute(
                update(repairs)
                .where(self._scope.within(repairs), repairs.c.link_id == link_id, unended)
                .values(state=RepairState.WAITING.value, next_at=to_ms(now), tries=0, reached_at=None)
            )

    # --- how it goes --------------------------------------------------------------------------------------------

    def begin(self, repair_id: int, *, at: float) -> Repair:
        """It is being tried.

        Raises:
            NotFoundError: the project has no such repair.
        """
        return self.set(repair_id, state=RepairState.RUNNING, tries=repairs.c.tries + 1, tried_at=to_ms(at))

    def reach(self, repair_id: int, at: float | None) -> None:
        """Up to here the period is done: a try that is cut short goes on from here."""
        self.set(repair_id, reached_at=to_ms_or_none(at))

    def set(self, repair_id: int, **values: Any) -> Repair:
        """How it stands now.

        Raises:
            NotFoundError: the project has no such repair.
        """
        with self._scope.writing() as connection:
            this = self._scope.within(repairs), repairs.c.id == repair_id
            connection.execute(update(repairs).where(*this).values(**values))
            return self._get(connection, repair_id)

    def partials(self, link: str, began: float, ended: float) -> tuple[tuple[str, float, float], ...]:
        """Calls of this link's that are known in part and went on in the period: id, beginning, end."""
        first, end = range_of(began - LONGEST_CALL_S, ended)
        found = select(calls.c.call_id, calls.c.started_at, calls.c.ended_at).where(
            self._scope.within(calls),
            calls.c.id >= first,
            calls.c.id < end,
            calls.c.partial,
            calls.c.ended_at >= to_ms(began),
            calls.c.call_id.startswith(f"{link}-", autoescape=True),
        )
        with self._scope.reading() as connection:
            return tuple((row.call_id, to_s(row.started_at), to_s(row.ended_at)) for row in connection.execute(found))

    def newest_whole(self, link: str, after: float) -> float | None:
        """When the newest call that this link's floor saw whole ended, of those that began after an instant."""
        first, _ = range_of(after, after)
        found = (
            select(calls.c.ended_at)
            .where(
                self._scope.within(calls),
                calls.c.id >= first,
                calls.c.partial.is_(False),
                or_(calls.c.repaired.is_(None), calls.c.repaired.is_(False)),
                calls.c.call_id.startswith(f"{link}-", autoescape=True),
            )
            .order_by(calls.c.id.desc())
            .limit(1)
        )
        with self._scope.reading() as connection:
            return to_s_or_none(connection.execute(found).scalar())

    def write(self, link: str, records: Sequence[CallRecord], names: Mapping[str, Sequence[str]]) -> RepairWritten:
        """Write what the journal does not have, or has in part, in one transaction.

        ``names`` are the other ids of a call's rows, without the link's name: what the journal has under them in
        part, or from records that were not all there, is this call, too (it was joined to another while nobody
        watched), and goes. What it has under them whole, of the same time, is what was watched: that stays alone.

        Raises:
            StoreError: the database refused; nothing was written.
        """
        rows: dict[str, CallRows] = {}
        for record in records:
            try:
                made = to_rows(record)
            except RowRefusedError:
                continue
            rows.setdefault(made.call["call_id"], made)
        theirs = {
            call_id: {name for bare in names.get(call_id, ()) if (name := f"{link}-{bare}") not in rows}
            for call_id in rows
        }
        other = {
            name: call_id for call_id in rows if not rows[call_id].call["partial"] for name in sorted(theirs[call_id])
        }
        with self._scope.writing() as connection:
            kept_days(connection, self._scope)  # nobody else writes the project's calls until the end
            known = self._known(connection, [*rows, *other])
            new, mended, left = [], [], 0
            for call_id, made in rows.items():
                before = known.get(call_id)
                if before is None and any(_watched_as(made, known[name]) for name in known.keys() & theirs[call_id]):
                    left += 1
                    other = {name: into for name, into in other.items() if into != call_id}
                elif before is None:
                    new.append(made)
                elif _is_better(made, before):
                    mended.append(joined(made, before))
                else:
                    left += 1
            absorbed = {
                call_id: into
                for call_id, into in other.items()
                if call_id in known and _is_part_of(rows[into], known[call_id])
            }
            if new or mended or absorbed:
                told = {made.call["call_id"] for made in (*new, *mended)}
                lonely = [into for into in dict.fromkeys(absorbed.values()) if into not in told]
                alone = [joined(rows[into], known[into]) if into in known else rows[into] for into in lonely]
                write_rows(connection, self._scope, [*new, *mended, *alone], absorbed)
        self._growth.wrote(len(new))
        return RepairWritten(calls=len(new), mended=len(mended) + len(absorbed), known=left)

    # --- within -------------------------------------------------------------------------------------------------

    def _new(self, link_id: int, began_ms: int, ended_ms: int, now_ms: int) -> dict[str, Any]:
        nothing = dict.fromkeys(("tries", "calls", "mended", "known", "refused", "waits_for", "unmended"), 0)
        absent = dict.fromkeys(("outage_id", "user_id", "user_name", "tried_at", "reached_at", "lacking", "error"))
        return {
            "project_id": self._scope.project_id,
            "link_id": link_id,
            "began_at": began_ms,
            "ended_at": ended_ms,
            "state": RepairState.WAITING.value,
            "asked_at": now_ms,
            "next_at": now_ms,
            **nothing,
            **absent,
        }

    def _found(self) -> Any:
        mine = self._scope.within(repairs), self._scope.within(links)
        return select(repairs, links.c.name).join_from(repairs, links, links.c.id == repairs.c.link_id).where(*mine)

    def _get(self, connection: Connection, repair_id: int) -> Repair:
        row = connection.execute(self._found().where(repairs.c.id == repair_id)).one_or_none()
        if row is None:
            raise NotFoundError("There is no such repair.")
        return _repair(row)

    def _known(self, connection: Connection, call_ids: list[str]) -> dict[str, Kept]:
        known: dict[str, Kept] = {}
        columns = [calls.c[name] for name in ("call_id", "partial", "repaired", "started_at", "ended_at", *_LATER)]
        query = select(*columns).where(self._scope.within(calls), among(calls.c.call_id, texts=True))
        for start in range(0, len(call_ids), _CHUNK):
            found = connection.execute(query, {"keys": call_ids[start : start + _CHUNK]}).mappings()
            known |= {row["call_id"]: row for row in found}
        return known

    def forget(self, *, before: float) -> None:
        """Drop repairs that came to their end long ago, but for those of outages: these would be tried again."""
        ended = repairs.c.state.in_((RepairState.DONE.value, RepairState.INCOMPLETE.value, RepairState.FAILED.value))
        with self._scope.writing() as connection:
            connection.execute(
                delete(repairs).where(
                    self._scope.within(repairs),
                    ended,
                    repairs.c.outage_id.is_(None),
                    repairs.c.asked_at < to_ms(before),
                )
            )


def _watched_as(made: CallRows, before: Kept) -> bool:
    """Is this call, which is told now under another id, what was watched from beginning to end?"""
    return not before["partial"] and not before["repaired"] and _at_once(made, before)


def _is_part_of(made: CallRows, before: Kept) -> bool:
    """Is what the journal has under another id of this call no more than what was seen, or written, of it by then?"""
    return bool(before["partial"]) or (bool(before["repaired"]) and _at_once(made, before))


def _at_once(made: CallRows, before: Kept) -> bool:
    ended_at = made.call["ended_at"]
    return ended_at is not None and before["started_at"] <= ended_at and before["ended_at"] >= made.call["started_at"]


def _is_better(made: CallRows, before: Kept) -> bool:
    """Is what is told now more than what the journal has?"""
    if made.call["partial"]:
        return False
    if before["partial"]:
        return True
    return bool(before["repaired"]) and any(before[name] is None and made.call[name] is not None for name in _LATER)


def _repair(row: Row[Any]) -> Repair:
    return Repair(
        id=row.id,
        link_id=row.link_id,
        link_name=row.name,
        outage_id=row.outage_id,
        began_at=to_s(row.began_at),
        ended_at=to_s(row.ended_at),
        state=RepairState(row.state),
        user_name=row.user_name,
        asked_at=to_s(row.asked_at),
        tries=row.tries,
        next_at=to_s_or_none(row.next_at),
        tried_at=to_s_or_none(row.tried_at),
        reached_at=to_s_or_none(row.reached_at),
        calls=row.calls,
        mended=row.mended,
        known=row.known,
        refused=row.refused,
        waits_for=row.waits_for,
        unmended=row.unmended,
        lacking=row.lacking,
        error=row.error,
    )
