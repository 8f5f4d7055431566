"""Which calls a filter means, in which order: a page of keys, all keys, how many."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from sqlalchemy import Connection

from callfloor.errors import InvalidInputError
from callfloor.store.asked import Asked
from callfloor.store.block_reader import BlockReader, BlockRef, Mask, Piece, head_of
from callfloor.store.blocks import Ints
from callfloor.store.call_filter import CallFilter, Sort
from callfloor.store.heads import look
from callfloor.store.mark_rules import MarkRules, marks_by
from callfloor.store.order import Order
from callfloor.store.rows import range_of
from callfloor.store.rules import rules_in
from callfloor.store.scope import Scope

_Pair = tuple[int, int]


class Found(msgspec.Struct, frozen=True):
    """Some calls in the order asked for."""

    keys: list[int]
    next_cursor: str | None
    previous_cursor: str | None


class Search:
    """A question within one transaction."""

    def __init__(
        self, connection: Connection, scope: Scope, wanted: CallFilter, rules: MarkRules | None = None
    ) -> None:
        """Make the filter ready.

        Raises:
            InvalidInputError: the filter has something that is none (see ``Asked``).
        """
        if wanted.started_from != wanted.started_from or wanted.started_to != wanted.started_to:
            raise InvalidInputError("an instant must be a number")
        self._connection, self._scope = connection, scope
        self.wanted = wanted
        self.keys = range_of(wanted.started_from, wanted.started_to)
        revision, settings = look(connection, scope)
        head = head_of(connection, scope, revision)
        self.reader = BlockReader(connection, scope, *self.keys, head)
        self.rules = marks_by(rules_in(settings), head.spam) if rules is None else rules
        self.asked = Asked(connection, scope, wanted, self.reader.words, self.rules)

    def pieces(
        self,
        names: set[str],
        *,
        newest_first: bool = False,
        few: bool = False,
        refs: Sequence[BlockRef] | None = None,
    ) -> Iterator[tuple[Piece, Mask]]:
        """The calls in columns with those that are meant: what has changed first, then the blocks in order of time."""
        if len(self.reader.fresh):
            changed = self.reader.changed()
            yield changed, self.meant(changed)
        for piece in self.reader.kept(names | self.asked.columns, newest_first=newest_first, few=few, refs=refs):
            yield piece, self.meant(piece)

    def meant(self, piece: Piece) -> Mask:
        """Which of a piece's calls."""
        size = len(piece.block["key"]) if piece.ref is None else piece.ref.rows
        found = np.ones(size, np.bool_) if self.asked.anything else self.asked.mask(piece.block, size)
        return found if piece.keep is None else found & piece.keep

    def count(self) -> int:
        """How many calls."""
        return sum(int(np.count_nonzero(mask)) for _, mask in self.pieces(set()))

    def page(self, sort: Sort, limit: int, after: str | None, before: str | None) -> Found:
        """``limit`` calls after one place or before another; from the beginning without."""
        order = Order(self._connection, self._scope, sort, self.reader.words)
        if after is not None and before is not None:
            raise InvalidInputError("a page goes on after a call or before one, not both")
        start = order.place(after or before or "") if after is not None or before is not None else None
        backwards = before is not None
        pairs = self._first(order, limit + 1, start, backwards=backwards)
        more = len(pairs) > limit
        pairs = pairs[:limit]
        if backwards:
            pairs.reverse()
        if not pairs:
            return Found([], before, before if backwards else after)
        following = backwards or more
        return Found(
            [order.key_of(pair) for pair in pairs],
            order.cursor(pairs[-1]) if following else None,
            order.cursor(pairs[0]),
        )

    def _first(self, order: Order, limit: int, start: _Pair | None, *, backwards: bool) -> list[_Pair]:
        """The first pairs after the place, nearest first; ``backwards`` those before it."""
        sign = -1 if backwards else 1
        best: list[_Pair] = []
        newest_first = order.newest_first != backwards
        after = None if start is None else (sign * start[0], sign * start[1])
        in_blocks = 0
        for piece, mask in self.pieces(order.columns, newest_first=newest_first, few=order.by_start):
            if piece.ref is not None and order.by_start:
                if in_blocks >= limit:
                    break
                if after is not None and self._passed(piece, after[1], newest_first=newest_first):
                    continue
            chosen = np.flatnonzero(mask)
            if newest_first:
                chosen = chosen[::-1]
            values = order.values(piece.block, chosen)
            if backwards:
                values = -values
            if len(best) == limit:  # most of what comes is further than all that was found, and needs no key
                nearer = values <= best[-1][0]
                chosen, values = chosen[nearer], values[nearer]
            keys = order.keys(piece.block, chosen)
            if backwards:
                keys = -keys
            new = _nearest(values, keys, limit, after, best[-1] if len(best) == limit else None)
            if piece.ref is not None:
                in_blocks += len(new)
            best = sorted({*best, *new})[:limit]
        return [(sign * value, sign * key) for value, key in best]

    @staticmethod
    def _passed(piece: Piece, key: int, *, newest_first: bool) -> bool:
        """Whether the whole block lies before the place."""
        assert piece.ref is not None  # noqa: S101 - asked of blocks alone; for the type checker
        return -piece.ref.block <= key if newest_first else piece.ref.last <= key

    def all_keys(self, *, newest_first: bool) -> Iterator[Ints]:
        """Every call's key, by start, in portions."""
        changed: Ints = np.zeros(0, np.int64)
        for piece, mask in self.pieces({"key"}, newest_first=newest_first):
            keys = piece.block["key"][mask].astype(np.int64)
            if piece.ref is None:
                changed = keys
                continue
            edge = piece.ref.block if newest_first else piece.ref.last
            due = changed > edge if newest_first else changed < edge
            keys = np.sort(np.concatenate([keys, changed[due]]))
            changed = changed[~due]
            yield keys[::-1] if newest_first else keys
        if len(changed):
            changed = np.sort(changed)
            yield changed[::-1] if newest_first else changed


def _nearest(values: Ints, keys: Ints, limit: int, after: _Pair | None, worst: _Pair | None) -> list[_Pair]:
    """The smallest pairs between the two; the arrays come by key."""
    if after is not None:
        keep = (values > after[0]) | ((values == after[0]) & (keys > after[1]))
        values, keys = values[keep], keys[keep]
    if worst is not None:
        keep = (values < worst[0]) | ((values == worst[0]) & (keys < worst[1]))
        values, keys = values[keep], keys[keep]
    if len(values) > limit:
        edge = np.partition(values, limit - 1)[limit - 1]
        less = np.flatnonzero(values < edge)
        equal = np.flatnonzero(values == edge)[: limit - len(less)]
        taken = np.concatenate([less, equal])
        values, keys = values[taken], keys[taken]
    return [(int(value), int(key)) for value, key in zip(values, keys, strict=True)]
