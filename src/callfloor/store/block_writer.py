"""Folding what has changed into the blocks, in the transactions that write calls. Readers see no difference."""

import secrets
from collections.abc import Collection

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from callfloor.store.block_reader import BlockRef
from callfloor.store.blocks import COLUMNS, Array, Ints, chosen, from_rows, joined, pack, unpack
from callfloor.store.client_search import gather
from callfloor.store.journal_tables import call_blocks, call_columns, call_fresh
from callfloor.store.scope import Scope
from callfloor.store.upserts import keep
from callfloor.store.words import words_with

LARGEST = 32_768
"""Calls of one block: a column of it is read and looked through in some 50 µs."""

FOLD_AT = 512
"""Changed calls, which every reader takes from their rows (10 µs each), before they are folded in."""

_BLOCKS_AT_ONCE = 8
_CHUNK = 500


def freshen(connection: Connection, scope: Scope, keys: Collection[int]) -> None:
    """From now on these calls are read from their rows."""
    rows = [{"project_id": scope.project_id, "call": key} for key in sorted(keys)]
    keep(connection, call_fresh, rows)


def fold_some(connection: Connection, scope: Scope) -> int:
    """Where enough has changed, fold it in: the blocks with most of it first; how many calls that was."""
    number = connection.execute(select(func.count()).select_from(call_fresh).where(scope.within(call_fresh))).scalar()
    return fold(connection, scope, blocks=_BLOCKS_AT_ONCE) if (number or 0) >= FOLD_AT else 0


def fold(connection: Connection, scope: Scope, *, blocks: int, calls: int = 200_000) -> int:
    """Fold what has changed into at most so many blocks; how many calls that was.

    In a transaction that alone writes the project's calls.
    """
    column = call_fresh.c
    fresh = np.array(
        connection.execute(
            select(column.call).where(scope.within(call_fresh)).order_by(column.call).limit(calls)
        ).scalars().all(),
        np.int64,
    )  # fmt: skip
    if not len(fresh):
        return 0
    words = words_with(connection, scope, ())
    refs = _refs(connection, scope)
    begins = np.array([ref.block for ref in refs], np.int64)
    homes = np.maximum(np.searchsorted(begins, fresh, side="right") - 1, 0)
    counts = np.bincount(homes)
    done = 0
    for home in sorted(np.argsort(-counts, kind="stable")[:blocks].tolist()):
        theirs = fresh[homes == home]
        if len(theirs):
            _refresh(connection, scope, refs[home] if refs else None, theirs, words)
            done += len(theirs)
    gather(connection, scope)
    return done


def _refs(connection: Connection, scope: Scope) -> list[BlockRef]:
    column = call_blocks.c
    return [
        BlockRef(row.block, row.last, row.rows, row.stamp)
        for row in connection.execute(
            select(column.block, column.last, column.rows, column.stamp)
            .where(scope.within(call_blocks))
            .order_by(column.block)
        )
    ]


def _refresh(connection: Connection, scope: Scope, ref: BlockRef | None, fresh: Ints, words: dict[str, int]) -> None:
    """Write a block anew with these calls as their rows have them."""
    new = from_rows(connection, scope, fresh.tolist(), words)
    if ref is None:
        whole = new
    elif ref.rows >= LARGEST and fresh[0] > ref.last:
        whole, ref = new, None  # what follows a full block begins another
    else:
        old = load(connection, scope, ref)
        whole = joined([chosen(old, ~np.isin(old["key"], fresh, assume_unique=True)), new])
    if ref is not None:
        drop(connection, scope, ref)
    for start in range(0, len(whole["key"]), LARGEST):
        keep_rows = np.zeros(len(whole["key"]), np.bool_)
        keep_rows[start : start + LARGEST] = True
        write(connection, scope, whole if keep_rows.all() else chosen(whole, keep_rows))
    forget(connection, scope, fresh)


def load(connection: Connection, scope: Scope, ref: BlockRef) -> dict[str, Array]:
    """All columns of a block."""
    column = call_columns.c
    asked = select(column.name, column.data).where(
        scope.within(call_columns), column.block == ref.block, column.name.in_(COLUMNS)
    )
    return {name: unpack(bytes(data)) for name, data in connection.execute(asked)}


def write(connection: Connection, scope: Scope, block: dict[str, Array]) -> BlockRef:
    """A new block; its sums come when it is full, or with ``remark``."""
    keys = block["key"]
    ref = BlockRef(int(keys[0]), int(keys[-1]), len(keys), secrets.randbits(62))
    put_columns(connection, scope, ref, {name: pack(column) for name, column in block.items()})
    row = {"block": ref.block, "last": ref.last, "rows": ref.rows, "stamp": ref.stamp}
    connection.execute(insert(call_blocks), {"project_id": scope.project_id, **row})
    return ref


def put_columns(connection: Connection, scope: Scope, ref: BlockRef, columns: dict[str, bytes]) -> None:
    """Keep these of a block."""
    connection.execute(
        insert(call_columns),
        [
            {"project_id": scope.project_id, "name": name, "block": ref.block, "data": data}
            for name, data in columns.items()
        ],
    )


def drop(connection: Connection, scope: Scope, ref: BlockRef) -> None:
    """The block is no more."""
    for table in (call_columns, call_blocks):
        connection.execute(delete(table).where(scope.within(table), table.c.block == ref.block))


def forget(connection: Connection, scope: Scope, fresh: Ints) -> None:
    """These calls are in the blocks as they are."""
    for start in range(0, len(fresh), _CHUNK):
        some = fresh[start : start + _CHUNK].tolist()
        connection.execute(delete(call_fresh).where(scope.within(call_fresh), call_fresh.c.call.in_(some)))
