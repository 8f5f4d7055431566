"""Sums that are kept of whole blocks, by each grouping: two years by day are some hundred of them.

Their name says by what they were made (marks' settings, spam, the zone's days). Where these are others now, nothing is
found under the name, and the block's columns are added up instead: right at once, and fast again after ``remark``.
"""

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np
from sqlalchemy import Connection

from callfloor.store import groupings
from callfloor.store.block_reader import BlockReader, BlockRef, read_columns
from callfloor.store.blocks import Block
from callfloor.store.call_filter import Grouping
from callfloor.store.clocks import Clock, clock_of
from callfloor.store.groupings import KEPT
from callfloor.store.mark_rules import MarkRules, load_marks
from callfloor.store.rules import load_rules
from callfloor.store.scope import Scope
from callfloor.store.totals import MEASURES, Cells, Sums


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    groups: bytes
    measures: bytes
    costs: list[tuple[int, int, int]]


PREFIX = "sums "

_AT_ONCE = 64

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class Recipe:
    """What a block's sums are made by, beside its calls: told in the name under which they are kept."""

    def __init__(self, rules: MarkRules, clock: Clock) -> None:
        self.rules, self.clock = rules, clock
        told = msgspec.json.encode([MEASURES, clock.name, *rules.stamp()])
        self._told = hashlib.blake2b(told, digest_size=12).hexdigest()

    def name(self, by: Grouping) -> str:
        """Under which the sums by this are kept."""
        return f"{PREFIX}{by} {self._told}"

    @property
    def names(self) -> list[str]:
        """Of all sums of a block."""
        return [self.name(by) for by in KEPT]

    def make(self, block: Block) -> dict[str, bytes]:
        """A whole block's sums, packed, by their names."""
        size = len(block["key"])
        chosen = np.arange(size)
        cells = Cells(block, chosen, self.rules)
        return {
            self.name(by): _packed(cells.sums(*groupings.groups_of(by, block, chosen, size, self.clock))) for by in KEPT
        }


def recipe_of(connection: Connection, scope: Scope) -> Recipe:
    """As the settings are now."""
    return Recipe(load_marks(connection, scope, load_rules(connection, scope)), clock_of(connection, scope))


def _packed(sums: Sums) -> bytes:
    return _encode(
        _Kept(
            groups=sums.groups.astype("<i8").tobytes(),
            measures=sums.measures.astype("<f8").tobytes(),
            costs=[(*key, cost) for key, cost in sums.costs.items()],
        )
    )


def kept_sums(
    connection: Connection, scope: Scope, reader: BlockReader, recipe: Recipe, by: Grouping, into: Sums
) -> Sequence[BlockRef]:
    """Add to ``into`` the kept sums that hold; the blocks that are left."""
    left, whole = reader.split()
    name = recipe.name(by)
    for start in range(0, len(whole), _AT_ONCE):
        some = whole[start : start + _AT_ONCE]
        found = read_columns(connection, scope, some, [name], _decode)
        left += [ref for ref in some if name not in found[ref.block]]
        _add_all(into, [_unpacked(found[ref.block][name]) for ref in some if name in found[ref.block]])
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
