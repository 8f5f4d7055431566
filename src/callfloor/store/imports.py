"""History taken over from a PBX's own records: calls that are not in the journal yet, and how far each source is.

What the journal knows whole is not touched: what was watched live knows more than any record. A call that it knows in
part gives way to one that is told whole (decision 0145). A batch of calls, the refusals and the positions are one
transaction, so that an import that was killed goes on with no call lost and none written twice.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from callfloor.errors import RowRefusedError
from callfloor.floor.calls import CallRecord
from callfloor.store.growth import Growth
from callfloor.store.import_tables import import_refusals, import_sources
from callfloor.store.ingest import write_rows
from callfloor.store.instants import to_ms, to_s
from callfloor.store.keys import among
from callfloor.store.rows import CallRows, Kept, to_rows
from callfloor.store.scope import Scope
from callfloor.store.tables import calls
from callfloor.store.texts import kept

REFUSALS_KEPT = 10_000
"""Rows of one source's refusals that are kept one by one; beyond that they are counted."""
_CHUNK = 500
_KEPT = ("recording", "business_number", "scheme", "trunk")
"""What call records tell and call events may not: it stays where a call is mended."""


class ImportRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A row, or a call, that was not taken over, and why."""

    source: str
    place: int  # byte of a file, id or local second of a table
    reason: str


class ImportPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Where a source is to be read on from, and how far it was read."""

    position: int
    reached: int


class ImportedSource(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one source so far."""

    source: str
    rows: int
    calls: int
    known: int
    refused: int
    began_at: float
    updated_at: float


class ImportBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is written in one transaction."""

    records: tuple[CallRecord, ...]
    refused: tuple[ImportRefusal, ...]
    positions: dict[str, ImportPosition]
    rows: int


class ImportWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch."""

    calls: int  # new ones
    mended: int  # known in part before, and now whole
    known: int  # left as they were
    refused: int


class Imports:
    """One project's imports. Blocking: call it from a thread of its own."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._growth = Growth(scope)

    def positions(self, sources: Iterable[str]) -> dict[str, ImportPosition]:
        """Of those that were read before."""
        wanted = sorted(set(sources))
        found = select(import_sources).where(self._scope.within(import_sources), import_sources.c.source.in_(wanted))
        with self._scope.reading() as connection:
            return {
                row.source: ImportPosition(position=row.position, reached=row.reached)
                for row in connection.execute(found)
            }

    def sources(self) -> tuple[ImportedSource, ...]:
        """Every source that was read, the latest first."""
        found = (
            select(import_sources)
            .where(self._scope.within(import_sources))
            .order_by(import_sources.c.updated_at.desc(), import_sources.c.source)
        )
        with self._scope.reading() as connection:
            return tuple(
                ImportedSource(
                    source=row.source,
                    rows=row.rows,
                    calls=row.calls,
                    known=row.known,
                    refused=row.refused,
                    began_at=to_s(row.began_at),
                    updated_at=to_s(row.updated_at),
                )
                for row in connection.execute(found)
            )

    def forget(self, sources: Iterable[str]) -> None:
        """Read these from their beginnings again; their refusals are told anew."""
        wanted = sorted(set(sources))
        with self._scope.writing() as connection:
            for table in (import_refusals, import_sources):
                connection.execute(delete(table).where(self._scope.within(table), table.c.source.in_(wanted)))

    def write(self, batch: ImportBatch, *, at: float) -> ImportWritten:
        """Write what is new of a batch, in one transaction.

        Raises:
            StoreError: the database refused; nothing was written.
        """
        refused = list(batch.refused)
        main = next(iter(batch.positions), "")
        rows: dict[str, CallRows] = {}
        for record in batch.records:
            try:
                made = to_rows(record)
            except RowRefusedError as error:
                refused.append(ImportRefusal(source=main, place=0, reason=f"{record.call_id}: {error}"))
            else:
                rows.setdefault(made.call["call_id"], made)
        with self._scope.writing() as connection:
            known = self._known(connection, list(rows))
            new = [made for call_id, made in rows.items() if call_id not in known]
            mended = [
                joined(made, before)
                for call_id, made in rows.items()
                if (before := known.get(call_id)) is not None and before["partial"] and not made.call["partial"]
            ]
            if new or mended:
                write_rows(connection, self._scope, [*new, *mended])
            self._refuse(connection, refused)
            written = ImportWritten(
                calls=len(new), mended=len(mended), known=len(known) - len(mended), refused=len(refused)
            )
            for source, position in batch.positions.items():
                share = written if source == main else ImportWritten(calls=0, mended=0, known=0, refused=0)
                self._advance(connection, source, position, share, batch.rows if source == main else 0, at)
        self._growth.wrote(written.calls)
        return written

    def refusals(self, source: str | None = None) -> Iterator[ImportRefusal]:
        """What was refused, in the order of reading."""
        found = select(import_refusals).where(self._scope.within(import_refusals)).order_by(import_refusals.c.id)
        if source is not None:
            found = found.where(import_refusals.c.source == source)
        with self._scope.reading() as connection:
            for row in connection.execute(found):
                yield ImportRefusal(source=row.source, place=row.place, reason=row.reason)

    def _known(self, connection: Connection, call_ids: list[str]) -> dict[str, Kept]:
        """What the journal has of these calls, as far as it decides what becomes of an imported one."""
        known: dict[str, Kept] = {}
        columns = [calls.c[name] for name in ("call_id", "partial", *_KEPT)]
        query = select(*columns).where(self._scope.within(calls), among(calls.c.call_id, texts=True))
        for start in range(0, len(call_ids), _CHUNK):
            found = connection.execute(query, {"keys": call_ids[start : start + _CHUNK]}).mappings()
            known |= {row["call_id"]: row for row in found}
        return known

    def _refuse(self, connection: Connection, refused: list[ImportRefusal]) -> None:
        counted: Mapping[str, int] = {}
        if refused:
            of_each = (
                select(import_refusals.c.source, func.count())
                .where(self._scope.within(import_refusals))
                .group_by(import_refusals.c.source)
            )
            counted = {source: rows for source, rows in connection.execute(of_each)}  # noqa: C416 - rows are no tuples to mypy
        room = dict(counted)
        made = []
        for each in refused:
            room[each.source] = room.get(each.source, 0) + 1
            if room[each.source] <= REFUSALS_KEPT:
                made.append(
                    {
                        "project_id": self._scope.project_id,
                        "source": kept(each.source),
                        "place": each.place,
                        "reason": kept(each.reason),
                    }
                )
        if made:
            connection.execute(insert(import_refusals), made)

    def _advance(
        self,
        connection: Connection,
        source: str,
        position: ImportPosition,
        written: ImportWritten,
        rows: int,
        at: float,
    ) -> None:
        c = import_sources.c
        done = connection.execute(
            update(import_sources)
            .where(self._scope.within(import_sources), c.source == kept(source))
            .values(
                position=position.position,
                reached=position.reached,
                rows=c.rows + rows,
                calls=c.calls + written.calls + written.mended,
                known=c.known + written.known,
                refused=c.refused + written.refused,
                updated_at=to_ms(at),
            )
        )
        if done.rowcount:
            return
        connection.execute(
            insert(import_sources).values(
                project_id=self._scope.project_id,
                source=kept(source),
                position=position.position,
                reached=position.reached,
                rows=rows,
                calls=written.calls + written.mended,
                known=written.known,
                refused=written.refused,
                began_at=to_ms(at),
                updated_at=to_ms(at),
            )
        )


def joined(whole: CallRows, before: Kept) -> CallRows:
    """A call that is told whole now, with what was known of it and is not told again."""
    kept_of_it = {name: before[name] for name in _KEPT if whole.call[name] is None}
    return msgspec.structs.replace(whole, call={**whole.call, **kept_of_it})
