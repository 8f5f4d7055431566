"""Folding what has changed into the blocks, in the transactions that write calls. Readers see no difference."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from callfloor.store.block_reader import BlockRef
from callfloor.store.block_sums import PREFIX, Recipe, recipe_of
from callfloor.store.blocks import (
    COLUMNS,
    Array,
    Block,
    Ints,
    chosen,
    from_rows,
    from_written,
    joined,
    pack,
    unpack,
)
from callfloor.store.client_search import gather
from callfloor.store.heads import turn_head
from callfloor.store.journal_tables import call_blocks, call_columns, call_fresh
from callfloor.store.keys import among
from callfloor.store.rollups import kept_days
from callfloor.store.scope import Scope
from callfloor.store.upserts import keep
from callfloor.store.words import words_with

LARGEST = 32_768
"""Calls of one block: a column of it is read and looked through in some 50 µs."""

FOLD_AT = 128
"""Changed calls, which every reader takes from their rows (25 µs each), before they are folded in."""

_BLOCKS_AT_ONCE = 8
_TAIL = 64
"""Blocks at the end that may be put together: far more than there are, for each is over half as large as the next."""


class Written(msgspec.Struct, frozen=True):
    """Rows of calls that nobody has said anything of, and of their parts, as they were just written."""

    calls: Sequence[Mapping[str, Any]]
    parts: Sequence[Mapping[str, Any]]
    queues: Sequence[Mapping[str, Any]]


def freshen(connection: Connection, scope: Scope, keys: Collection[int]) -> None:
    """From now on these calls are read from their rows."""
    if keys:
        turn_head(connection, scope)
        keep(connection, call_fresh, [{"project_id": scope.project_id, "call": key} for key in sorted(keys)])


def append(connection: Connection, scope: Scope, written: Written, words: Mapping[str, int]) -> set[int]:
    """Put calls just written into columns at once, where they are many and come after all others; which these were."""
    tail = _refs(connection, scope, newest=_TAIL)
    last = tail[-1].last if tail else -1
    later = [row for row in written.calls if row["id"] > last]
    if len(later) < FOLD_AT:
        return set()
    _append(connection, scope, tail, from_written(later, written.parts, written.queues, words))
    return {row["id"] for row in later}


def _append(connection: Connection, scope: Scope, tail: list[BlockRef], block: dict[str, Array]) -> None:
    """A block after all others; put together with those before it that are not over twice as large.

    So a call is written again as often as the size of its block doubles, not each time some calls come.
    """
    while tail and tail[-1].rows < LARGEST and tail[-1].rows <= 2 * len(block["key"]):
        before = tail.pop()
        block = joined([load(connection, scope, before), block])
        drop(connection, scope, before)
    size = len(block["key"])
    for start in range(0, size, LARGEST):
        full = start + LARGEST <= size
        recipe = recipe_of(connection, scope) if full else None
        write(connection, scope, part(block, start, start + LARGEST), recipe)


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
    turn_head(connection, scope)
    words = words_with(connection, scope, ())
    refs = _refs(connection, scope)
    begins = np.array([ref.block for ref in refs], np.int64)
    homes = np.maximum(np.searchsorted(begins, fresh, side="right") - 1, 0)
    homes[fresh > (refs[-1].last if refs else -1)] = len(refs)
    done = 0
    for home in sorted(np.argsort(-np.bincount(homes), kind="stable")[:blocks].tolist()):
        theirs = fresh[homes == home]
        if not len(theirs):
            continue
        new = from_rows(connection, scope, theirs.tolist(), words, fresh=True)
        if home < len(refs):
            _renew(connection, scope, refs[home], theirs, new)
        elif len(new["key"]):
            _append(connection, scope, _refs(connection, scope, newest=_TAIL), new)
        forget(connection, scope, theirs)
        done += len(theirs)
    gather(connection, scope)
    return done


def _renew(connection: Connection, scope: Scope, ref: BlockRef, fresh: Ints, new: Block) -> None:
    """A block with these calls as they are now; one that has grown too large becomes several with room in each."""
    old = load(connection, scope, ref)
    drop(connection, scope, ref)
    whole = joined([chosen(old, ~np.isin(old["key"], fresh, assume_unique=True)), new])
    size, recipe = len(whole["key"]), recipe_of(connection, scope)
    each = -(-size // max(1, -(-size // LARGEST)))
    for start in range(0, size, max(each, 1)):
        write(connection, scope, part(whole, start, start + each), recipe)


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


def _refs(connection: Connection, scope: Scope, newest: int | None = None) -> list[BlockRef]:
    """The blocks in order; of many the newest."""
    column = call_blocks.c
    query = select(column.block, column.last, column.rows, column.stamp).where(scope.within(call_blocks))
    query = query.order_by(column.block) if newest is None else query.order_by(column.block.desc()).limit(newest)
    found = [BlockRef(row.block, row.last, row.rows, row.stamp) for row in connection.execute(query)]
    return found if newest is None else found[::-1]


def _settled(refs: list[BlockRef]) -> list[BlockRef]:
    """Without those at the end that will be put together with what comes."""
    count = len(refs)
    while count and refs[count - 1].rows < LARGEST:
        count -= 1
    return refs[:count]


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
    """A new block; one at the end, which will be put together with what comes, without sums."""
    turn_head(connection, scope)
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
    turn_head(connection, scope)
    for table in (call_columns, call_blocks):
        connection.execute(delete(table).where(scope.within(table), table.c.block == ref.block))


def forget(connection: Connection, scope: Scope, fresh: Ints) -> None:
    """These calls are in the blocks as they are."""
    these = delete(call_fresh).where(scope.within(call_fresh), among(call_fresh.c.call))
    connection.execute(these, {"keys": fresh.tolist()})


def remark(scope: Scope, progress: Callable[[int, int], None]) -> int:
    """Add up anew the blocks whose sums are not by the settings of now, each in a transaction; how many these were.

    Nothing waits for it: what is asked meanwhile is added up from the columns. ``progress`` is told how many blocks are
    done, of how many, and may raise to stop it; what is done by then is done.
    """
    with scope.reading() as connection:
        blocks = [ref.block for ref in _settled(_refs(connection, scope))]
    made = 0
    for done, block in enumerate(blocks):
        progress(done, len(blocks))
        with scope.writing() as connection:
            kept_days(connection, scope)  # nobody else writes the project's calls meanwhile
            made += _sum_anew(connection, scope, block)
    progress(len(blocks), len(blocks))
    return made


def _sum_anew(connection: Connection, scope: Scope, block: int) -> bool:
    ref = next((each for each in _settled(_refs(connection, scope)) if each.block == block), None)
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
