"""Folding what has changed into the blocks, in the transactions that write calls. Readers see no difference."""

import secrets
from collections.abc import Callable, Collection

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from callfloor.store.block_reader import BlockRef
from callfloor.store.block_sums import PREFIX, Recipe, recipe_of
from callfloor.store.blocks import COLUMNS, Array, Ints, chosen, from_rows, joined, pack, unpack
from callfloor.store.client_search import gather
from callfloor.store.journal_tables import call_blocks, call_columns, call_fresh
from callfloor.store.rollups import kept_days
from callfloor.store.scope import Scope
from callfloor.store.upserts import keep
from callfloor.store.words import words_with

LARGEST = 32_768
"""Calls of one block: a column of it is read and looked through in some 50 µs."""

FOLD_AT = 128
"""Changed calls, which every reader takes from their rows (25 µs each), before they are folded in."""

_BLOCKS_AT_ONCE = 8
_CHUNK = 500


def freshen(connection: Connection, scope: Scope, keys: Collection[int]) -> None:
    """From now on these calls are read from their rows."""
    rows = [{"project_id": scope.project_id, "call": key} for key in sorted(keys)]
    keep(connection, call_fresh, rows)


def fold_some(connection: Connection, scope: Scope) -> int:
    """Where enough has changed, fold it in: the blocks with most of it first; how many calls that was."""
    return fold(connection, scope, blocks=_BLOCKS_AT_ONCE) if unfolded(connection, scope) >= FOLD_AT else 0


def unfolded(connection: Connection, scope: Scope) -> int:
    """How many calls are to be read from their rows."""
    number = select(func.count()).select_from(call_fresh).where(scope.within(call_fresh))
    return connection.execute(number).scalar() or 0


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
    recipe = recipe_of(connection, scope)
    for home in sorted(np.argsort(-counts, kind="stable")[:blocks].tolist()):
        theirs = fresh[homes == home]
        if len(theirs):
            whole = _refreshed(connection, scope, refs[home] if refs else None, theirs, words)
            newest = home >= len(refs) - 1
            size = len(whole["key"])
            # What grows at its end is filled; what grows within is halved, that there is room in both.
            each = LARGEST if newest else -(-size // max(1, -(-size // LARGEST)))
            for start in range(0, size, max(each, 1)):
                tail = newest and start + each > size
                write(connection, scope, part(whole, start, start + each), None if tail else recipe)
            forget(connection, scope, theirs)
            done += len(theirs)
    gather(connection, scope)
    return done


def fold_all(scope: Scope, progress: Callable[[int, int], None] | None = None) -> int:
    """Fold until nothing is left, each time in a transaction of its own; how many calls that was."""
    with scope.reading() as connection:
        of = unfolded(connection, scope)
    done = 0
    while True:
        with scope.writing() as connection:
            kept_days(connection, scope)  # nobody else writes the project's calls meanwhile
            folded = fold(connection, scope, blocks=_BLOCKS_AT_ONCE, calls=LARGEST * 4)
        done += folded
        if progress is not None:
            progress(done, max(of, done))
        if not folded:
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


def _refreshed(
    connection: Connection, scope: Scope, ref: BlockRef | None, fresh: Ints, words: dict[str, int]
) -> dict[str, Array]:
    """A block, which is taken away, with these calls as their rows have them."""
    new = from_rows(connection, scope, fresh.tolist(), words, fresh=True)
    if ref is None or (ref.rows >= LARGEST and fresh[0] > ref.last):
        return new  # what follows a full block begins another
    old = load(connection, scope, ref)
    drop(connection, scope, ref)
    return joined([chosen(old, ~np.isin(old["key"], fresh, assume_unique=True)), new])


def part(block: dict[str, Array], start: int, end: int) -> dict[str, Array]:
    """The calls from one place to before another."""
    keep_rows = np.zeros(len(block["key"]), np.bool_)
    keep_rows[start:end] = True
    return block if keep_rows.all() else chosen(block, keep_rows)


def load(connection: Connection, scope: Scope, ref: BlockRef) -> dict[str, Array]:
    """All columns of a block."""
    column = call_columns.c
    asked = select(column.name, column.data).where(
        scope.within(call_columns), column.block == ref.block, column.name.in_(COLUMNS)
    )
    return {name: unpack(bytes(data)) for name, data in connection.execute(asked)}


def write(connection: Connection, scope: Scope, block: dict[str, Array], recipe: Recipe | None) -> BlockRef:
    """A new block; the newest one, which grows all the time, without sums."""
    keys = block["key"]
    ref = BlockRef(int(keys[0]), int(keys[-1]), len(keys), secrets.randbits(62))
    columns = {name: pack(column) for name, column in block.items()}
    put_columns(connection, scope, ref, columns | ({} if recipe is None else recipe.make(block)))
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


def remark(scope: Scope, progress: Callable[[int, int], None]) -> int:
    """Add up anew the blocks whose sums are not by the settings of now, each in a transaction; how many these were.

    Nothing waits for it: what is asked meanwhile is added up from the columns. ``progress`` is told how many blocks are
    done, of how many, and may raise to stop it; what is done by then is done.
    """
    with scope.reading() as connection:
        blocks = [ref.block for ref in _refs(connection, scope)][:-1]
    made = 0
    for done, block in enumerate(blocks):
        progress(done, len(blocks))
        with scope.writing() as connection:
            kept_days(connection, scope)  # nobody else writes the project's calls meanwhile
            made += _sum_anew(connection, scope, block)
    progress(len(blocks), len(blocks))
    return made


def _sum_anew(connection: Connection, scope: Scope, block: int) -> bool:
    ref = next((each for each in _refs(connection, scope)[:-1] if each.block == block), None)
    if ref is None:  # it was written anew meanwhile
        return False
    recipe = recipe_of(connection, scope)
    name = call_columns.c.name
    this = scope.within(call_columns), call_columns.c.block == block, name.startswith(PREFIX)
    there = set(connection.execute(select(name).where(*this)).scalars())
    if there == set(recipe.names):
        return False
    connection.execute(delete(call_columns).where(*this))
    put_columns(connection, scope, ref, recipe.make(load(connection, scope, ref)))
    return True
