"""Totals and groups of what a filter means. Whole blocks of which nothing is asked answer from their kept sums."""

from collections.abc import Iterable

import msgspec
import numpy as np
from sqlalchemy import Connection

from callfloor.store import groupings, totals
from callfloor.store.block_sums import Recipe, kept_sums
from callfloor.store.blocks import TYPES, Ints
from callfloor.store.call_filter import CallFilter, Grouping
from callfloor.store.clocks import clock_of
from callfloor.store.groupings import Names
from callfloor.store.journal_rows import Totals, TotalsGroup
from callfloor.store.journal_search import Search
from callfloor.store.scope import Scope
from callfloor.store.totals import Cells, Sums, nothing, to_totals


def totals_of(connection: Connection, scope: Scope, wanted: CallFilter) -> Totals:
    """All that the filter means, added up."""
    search = Search(connection, scope, wanted)
    added = _added(connection, scope, search, Grouping.TYPE)
    whole = added.moved(np.zeros(len(TYPES), np.int64)) if len(added.groups) else added
    return to_totals(whole, 0, search.rules, _words(search))


def groups_of(connection: Connection, scope: Scope, wanted: CallFilter, by: Grouping) -> tuple[TotalsGroup, ...]:
    """The same, split; by time the earliest first, else the one with most calls."""
    search = Search(connection, scope, wanted)
    names = Names(connection, scope, by, search.reader.words)
    added = _added(connection, scope, search, groupings.FROM.get(by, by))
    if by is Grouping.SOURCE:
        added = added.moved(names.sources)
    elif by in groupings.FROM:
        moved = groupings.of_days(by, added.groups)
        added = added.moved(dict(zip(added.groups.tolist(), moved.tolist(), strict=True)))
    left: Iterable[int] = added.groups.tolist()
    only = groupings.only(by, search.asked)
    if only is not None:
        left = [group for group in left if group in only]
    words = _words(search)
    found = [
        TotalsGroup(key=names.key(group), label=names.label(group), totals=to_totals(added, group, search.rules, words))
        for group in left
    ]
    if by not in groupings.BY_TIME:
        found.sort(key=lambda each: (-each.totals.calls, each.key is None, each.label or "", each.key or ""))
    return tuple(found)


def _words(search: Search) -> dict[int, str]:
    return {code: word for word, code in search.reader.words.items()}


def _added(connection: Connection, scope: Scope, search: Search, by: Grouping) -> Sums:
    clock = clock_of(connection, scope)
    added, refs = nothing(), None
    if search.asked.anything:
        refs = kept_sums(connection, scope, search.reader, Recipe(search.rules, clock), by, added)
    needed = totals.columns(search.rules) | groupings.columns(by)
    for piece, mask in search.pieces(needed, refs=refs):
        chosen: Ints = np.flatnonzero(mask)
        if len(chosen):
            groups, places = groupings.groups_of(by, piece.block, chosen, len(mask), clock)
            added.add(Cells(piece.block, chosen, search.rules).sums(groups, places))
    return added


def previous(wanted: CallFilter) -> CallFilter | None:
    """The same question of the period of equal length just before; None where there is none before 1970."""
    length = wanted.started_to - wanted.started_from
    if not 0 < length < float("inf") or wanted.started_from - length < 0:
        return None
    return msgspec.structs.replace(wanted, started_from=wanted.started_from - length, started_to=wanted.started_from)
