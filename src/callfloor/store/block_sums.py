"""Sums that are kept of whole blocks, by each grouping: two years by day are some hundred of them.

A block's sums say by what they were made (marks' settings, spam, the zone's days). Where that is not so any more they
are not read, and the block's columns are added up instead: right at once, and fast again after ``remark``.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection

from callfloor.store import groupings
from callfloor.store.block_reader import BlockReader, BlockRef, read_columns
from callfloor.store.blocks import Block
from callfloor.store.call_filter import Grouping
from callfloor.store.groupings import KEPT, Clock
from callfloor.store.mark_rules import MarkRules
from callfloor.store.scope import Scope
from callfloor.store.totals import MEASURES, Cells, Sums


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    made_by: list[Any]
    groups: bytes
    measures: bytes
    costs: list[tuple[int, int, int]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


def name_of(by: Grouping) -> str:
    """Under which the sums by this are kept, beside the columns."""
    return f"sums by {by}"


def made_by(rules: MarkRules, clock: Clock) -> list[Any]:
    """What sums depend on beside the calls."""
    return [list(MEASURES), clock.name, *rules.stamp()]


def make(block: Block, rules: MarkRules, clock: Clock) -> dict[str, bytes]:
    """A whole block's sums, packed, by the names under which they are kept."""
    size = len(block["key"])
    chosen = np.arange(size)
    cells = Cells(block, chosen, rules)
    return {
        name_of(by): _packed(cells.sums(*groupings.groups_of(by, block, chosen, size, clock)), rules, clock)
        for by in KEPT
    }


def _packed(sums: Sums, rules: MarkRules, clock: Clock) -> bytes:
    return _encode(
        _Kept(
            made_by=made_by(rules, clock),
            groups=sums.groups.astype("<i8").tobytes(),
            measures=sums.measures.astype("<f8").tobytes(),
            costs=[(*key, cost) for key, cost in sums.costs.items()],
        )
    )


def kept_sums(
    connection: Connection,
    scope: Scope,
    reader: BlockReader,
    rules: MarkRules,
    clock: Clock,
    by: Grouping,
    into: Sums,
) -> Sequence[BlockRef]:
    """Add to ``into`` the kept sums that hold; the blocks that are left."""
    left, whole = reader.split()
    wanted = made_by(rules, clock)
    for start in range(0, len(whole), 64):
        some = whole[start : start + 64]
        found = read_columns(connection, scope, some, [name_of(by)], _decode)
        sums = []
        for ref in some:
            kept = found[ref.block].get(name_of(by))
            if kept is None or kept.made_by != wanted:
                left.append(ref)
            else:
                sums.append(_unpacked(kept))
        _add_all(into, sums)
    return sorted(left, key=lambda ref: ref.block)


def _unpacked(kept: _Kept) -> Sums:
    groups = np.frombuffer(kept.groups, "<i8")
    measures = np.frombuffer(kept.measures, "<f8").reshape((len(groups), len(MEASURES)))
    return Sums(groups, measures, {(group, currency): cost for group, currency, cost in kept.costs})


def _add_all(into: Sums, sums: Sequence[Sums]) -> None:
    if not sums:
        return
    groups, of = np.unique(np.concatenate([each.groups for each in sums]), return_inverse=True)
    measures = np.zeros((len(groups), len(MEASURES)))
    np.add.at(measures, of, np.concatenate([each.measures for each in sums]))
    costs: dict[tuple[int, int], int] = {}
    for each in sums:
        for key, cost in each.costs.items():
            costs[key] = costs.get(key, 0) + cost
    into.add(Sums(groups, measures, costs))
