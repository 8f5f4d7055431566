"""All calls of a filter in any of the journal's orders, for documents. Of each call 16 bytes are kept meanwhile."""

from collections.abc import Iterator

import numpy as np

from callfloor.store.blocks import Ints
from callfloor.store.call_filter import CallFilter, Sort
from callfloor.store.journal_lines import lines
from callfloor.store.journal_rows import JournalRow
from callfloor.store.journal_search import Search
from callfloor.store.order import Order
from callfloor.store.scope import Scope

_CHUNK = 500


def ordered_calls(scope: Scope, wanted: CallFilter, sort: Sort) -> Iterator[JournalRow]:
    """The lines, as the journal's pages have them one after the other.

    Raises:
        InvalidInputError: the filter has something that is none.
    """
    with scope.reading() as connection:
        search = Search(connection, scope, wanted)
        order = Order(connection, scope, sort, search.reader.words)
        found: list[tuple[Ints, Ints]] = []
        for piece, mask in search.pieces(order.columns):
            chosen = np.flatnonzero(mask)
            found.append((order.values(piece.block, chosen), order.keys(piece.block, chosen)))
        if not found:
            return
        values, pairs = (np.concatenate(part) for part in zip(*found, strict=True))
        del found
        keys = pairs[np.lexsort((pairs, values))]
        del values, pairs
        for start in range(0, len(keys), _CHUNK):
            some = [order.key_of((0, key)) for key in keys[start : start + _CHUNK].tolist()]
            yield from lines(connection, scope, some, search.rules)
