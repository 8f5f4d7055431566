"""The calls of a period in columns: the blocks as kept, less what has changed since, and that from its rows.

A call's rows always hold. ``call_fresh`` names the calls of which the blocks know nothing or know something old: these
are read from their rows each time, until ``block_writer`` folds them in.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from callfloor.store.blocks import Array, Block, Ints, from_rows, unpack
from callfloor.store.journal_tables import call_blocks, call_columns, call_fresh
from callfloor.store.keys import among
from callfloor.store.scope import Scope
from callfloor.store.spam import spam_clients
from callfloor.store.words import known_words

_AT_ONCE = 32
"""Blocks whose columns are read by one query."""

Mask = NDArray[np.bool_]


class BlockRef(msgspec.Struct, frozen=True):
    """A block that is kept."""

    block: int
    last: int
    rows: int
    stamp: int


class Piece(msgspec.Struct, frozen=True):
    """Some calls in columns."""

    block: Block
    keep: Mask | None  # of these alone; None: all
    ref: BlockRef | None  # where it is kept; None: from rows
    touched: bool  # some of the kept block's calls are not of the period, or hold no more


class Head(msgspec.Struct, frozen=True):
    """What every question needs first, as of one revision (see ``heads``)."""

    revision: int
    refs: list[BlockRef]
    begins: Ints  # of each block its first key
    lasts: Ints
    fresh: Ints  # keys of the calls that are to be read from their rows
    words: dict[str, int]
    spam: Ints  # clients' ids, ascending


def head_of(connection: Connection, scope: Scope, revision: int) -> Head:
    """The head that a reading transaction sees, which is at this revision."""
    found: Head | None = scope.shelf.heads.get(scope.project_id)
    if found is None or found.revision != revision:
        found = _read_head(connection, scope, revision)
        scope.shelf.keep_head(scope.project_id, found)
    return found


def _read_head(connection: Connection, scope: Scope, revision: int) -> Head:
    column = call_blocks.c
    refs = [
        BlockRef(*row)
        for row in connection.execute(
            select(column.block, column.last, column.rows, column.stamp)
            .where(scope.within(call_blocks))
            .order_by(column.block)
        )
    ]
    fresh = select(call_fresh.c.call).where(scope.within(call_fresh)).order_by(call_fresh.c.call)
    return Head(
        revision,
        refs,
        np.array([ref.block for ref in refs], np.int64),
        np.array([ref.last for ref in refs], np.int64),
        np.array(connection.execute(fresh).scalars().all(), np.int64),
        known_words(connection, scope),
        spam_clients(connection, scope),
    )


class BlockReader:
    """The calls with keys in ``[first, end)``, in columns. For the time of one connection's transaction."""

    def __init__(self, connection: Connection, scope: Scope, first: int, end: int, head: Head) -> None:
        self._connection, self._scope = connection, scope
        self._first, self._end = first, end
        self.words = head.words
        # Blocks follow one another, so both their beginnings and their ends ascend.
        low, high = int(np.searchsorted(head.lasts, first)), int(np.searchsorted(head.begins, end))
        self.refs = head.refs[low:high]
        low, high = np.searchsorted(head.fresh, (first, end)).tolist()
        self.fresh = head.fresh[low:high]

    def changed(self) -> Piece:
        """The calls that no block has as they are."""
        block = from_rows(self._connection, self._scope, self.fresh.tolist(), self.words, fresh=True)
        return Piece(block, None, None, touched=True)

    def kept(
        self,
        names: Iterable[str],
        *,
        newest_first: bool = False,
        few: bool = False,
        refs: Sequence[BlockRef] | None = None,
    ) -> Iterator[Piece]:
        """The blocks with these columns, in order of time. ``few``: the reader is likely to stop early."""
        wanted = sorted({*names, "key"}) if len(self.fresh) else sorted(set(names))
        pending = list(self.refs if refs is None else refs)
        if newest_first:
            pending.reverse()
        size = 1 if few else _AT_ONCE
        while pending:
            some, pending = pending[:size], pending[size:]
            size = min(size * 2, _AT_ONCE)
            columns = self.columns(some, wanted)
            for ref in some:
                yield self._piece(ref, columns[ref.block])

    def split(self) -> tuple[list[BlockRef], list[BlockRef]]:
        """The blocks of which some calls are not of the period or hold no more, and the others."""
        touched: list[BlockRef] = []
        whole: list[BlockRef] = []
        for ref in self.refs:
            low, high = np.searchsorted(self.fresh, (ref.block, ref.last + 1))
            inside = self._first <= ref.block and ref.last < self._end
            (whole if inside and low == high else touched).append(ref)
        return touched, whole

    def columns(self, refs: Sequence[BlockRef], names: Sequence[str]) -> dict[int, dict[str, Array]]:
        """These columns of these blocks, by block."""
        return read_columns(self._connection, self._scope, refs, names, unpack)

    def _piece(self, ref: BlockRef, columns: dict[str, Array]) -> Piece:
        inside = self._first <= ref.block and ref.last < self._end
        low, high = np.searchsorted(self.fresh, (ref.block, ref.last + 1))
        if inside and low == high:
            return Piece(columns, None, ref, touched=False)
        if "key" not in columns:
            columns |= self.columns([ref], ["key"])[ref.block]
        keys = columns["key"]
        keep = (keys >= self._first) & (keys < self._end)
        if low < high:
            keep &= ~np.isin(keys, self.fresh[low:high], assume_unique=True)
        return Piece(columns, keep, ref, touched=True)


def read_columns(
    connection: Connection, scope: Scope, refs: Sequence[BlockRef], names: Sequence[str], read: Callable[[bytes], Any]
) -> dict[int, dict[str, Any]]:
    """What is kept under these names of these blocks, from the shelf or the database; ``read`` from its bytes."""
    project_id, shelf = scope.project_id, scope.shelf
    found: dict[int, dict[str, Any]] = {ref.block: {} for ref in refs}
    missing: dict[str, list[int]] = {}
    for ref in refs:
        for name in names:
            array = shelf.get((project_id, ref.block, ref.stamp, name))
            if array is None:
                missing.setdefault(name, []).append(ref.block)
            else:
                found[ref.block][name] = array
    if missing:
        stamps = {ref.block: ref.stamp for ref in refs}
        column = call_columns.c
        blocks = sorted({block for blocks in missing.values() for block in blocks})
        query = select(column.name, column.block, column.data).where(
            scope.within(call_columns), among(column.name, "names", texts=True), among(column.block, "blocks")
        )
        for name, block, data in connection.execute(query, {"names": sorted(missing), "blocks": blocks}):
            if name not in found[block]:
                array = found[block][name] = read(bytes(data))
                shelf.put((project_id, block, stamps[block], name), array, len(data))
    return found
