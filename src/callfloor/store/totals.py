"""Calls added up: one way for a filter, for groups, and for the sums that are kept of whole blocks.

Each call falls into one cell by what the totals tell apart; cells are counted, their talk, waiting and duration added,
and the measures are sums over cells. All sums are of whole numbers below 2^53, which floats add exactly.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callfloor.floor.calls import CallType
from callfloor.store.block_reader import Mask
from callfloor.store.blocks import NO_COST, OUTCOMES, TYPES, Array, Block, Ints
from callfloor.store.call_filter import Mark, Outcome
from callfloor.store.instants import to_s
from callfloor.store.journal_lines import money
from callfloor.store.journal_rows import Totals
from callfloor.store.mark_rules import MarkRules

Floats = NDArray[np.float64]

_MARKS = frozenset({Mark.SPAM, Mark.UNIQUE, Mark.REPEAT, Mark.TARGET, Mark.SUCCESSFUL})
_ANSWERED = OUTCOMES.index(Outcome.ANSWERED)
_ABANDONED = [OUTCOMES.index(each) for each in (Outcome.ABANDONED_QUEUE, Outcome.ABANDONED_IVR)]
_SHAPE = (len(TYPES), 3, 2, 2, 3, 2, 2)
"""Type; answered, abandoned, else; conversation; spam; unique, repeat, else; target; successful."""
_CELLS = int(np.prod(_SHAPE))

MEASURES = (
    "calls", "inbound", "received", "missed", "abandoned", "outbound", "outbound_answered", "callback",
    "callback_answered", "internal", "unique", "repeat", "target", "successful", "spam",
    "talk_s", "talk_n", "inbound_talk_s", "inbound_talk_n", "outbound_talk_s", "outbound_talk_n",
    "waiting_s", "waiting_n", "missed_waiting_s", "duration_s",
)  # fmt: skip
"""The columns of sums; those that end in ``_s`` are in milliseconds."""

_WEIGHTS = ("count", "talk", "waiting", "duration")


def columns(rules: MarkRules) -> set[str]:
    """What ``cells`` and ``costs`` need."""
    return {"type", "outcome", "talk", "waiting", "duration", "cost", "currency"} | rules.columns(_MARKS)


def _measures(*, spam_counts: bool) -> list[tuple[int, Mask]]:
    """Of each measure which weight it adds up, over which cells."""
    type_, end, talked, spam, client, target, success = (
        axis.ravel() for axis in np.meshgrid(*(np.arange(size) for size in _SHAPE), indexing="ij")
    )
    counts = np.ones(_CELLS, np.bool_) if spam_counts else spam == 0
    inbound, outbound = (counts & (type_ == TYPES.index(each)) for each in (CallType.INBOUND, CallType.OUTBOUND))
    callback, internal = (counts & (type_ == TYPES.index(each)) for each in (CallType.CALLBACK, CallType.INTERNAL))
    answered, conversation = end == 0, talked == 1
    received, missed = inbound & answered, inbound & ~answered
    told: dict[str, tuple[str, Mask]] = {
        "calls": ("count", np.ones(_CELLS, np.bool_)),
        "inbound": ("count", inbound),
        "received": ("count", received),
        "missed": ("count", missed),
        "abandoned": ("count", inbound & (end == 1)),
        "outbound": ("count", outbound),
        "outbound_answered": ("count", outbound & answered),
        "callback": ("count", callback),
        "callback_answered": ("count", callback & answered),
        "internal": ("count", internal),
        "unique": ("count", counts & (client == 0)),
        "repeat": ("count", counts & (client == 1)),
        "target": ("count", counts & (target == 1)),
        "successful": ("count", counts & (success == 1)),
        "spam": ("count", spam == 1),
        "talk_s": ("talk", counts),
        "talk_n": ("count", counts & conversation),
        "inbound_talk_s": ("talk", inbound),
        "inbound_talk_n": ("count", inbound & conversation),
        "outbound_talk_s": ("talk", outbound),
        "outbound_talk_n": ("count", outbound & conversation),
        "waiting_s": ("waiting", received),
        "waiting_n": ("count", received),
        "missed_waiting_s": ("waiting", missed),
        "duration_s": ("duration", counts),
    }
    return [(_WEIGHTS.index(told[name][0]), told[name][1]) for name in MEASURES]


_FROM_CELLS = {counts: _measures(spam_counts=counts) for counts in (False, True)}


class Cells:
    """A block's calls, each with its cell and its weights."""

    def __init__(self, block: Block, chosen: Ints, rules: MarkRules) -> None:
        had = rules.of(block, _MARKS)
        outcome, talk = block["outcome"], block["talk"]
        end = np.where(outcome == _ANSWERED, 0, np.where(np.isin(outcome, _ABANDONED), 1, 2))
        client = np.where(had[Mark.UNIQUE], 0, np.where(had[Mark.REPEAT], 1, 2))
        cell = np.ravel_multi_index(
            (
                block["type"].astype(np.int64), end, ((end == 0) | (talk > 0)).astype(np.int64),
                had[Mark.SPAM].astype(np.int64), client, had[Mark.TARGET].astype(np.int64),
                had[Mark.SUCCESSFUL].astype(np.int64),
            ),
            _SHAPE,
        )  # fmt: skip
        self._cell = cell[chosen]
        self._weights = [block[name][chosen].astype(np.float64) for name in ("talk", "waiting", "duration")]
        counts = np.ones(len(chosen), np.bool_) if rules.spam_counts else ~had[Mark.SPAM][chosen]
        cost = block["cost"][chosen].astype(np.int64)
        self._priced = (cost != NO_COST) & counts
        self._cost, self._currency = cost, block["currency"][chosen]
        self._spam_counts = rules.spam_counts

    def sums(self, groups: Ints | None = None, places: Ints | None = None) -> "Sums":
        """Added up by group; ``places`` says which call (of the chosen) each group is of, where a call has several."""
        cell, weights = self._cell, self._weights
        if places is not None:
            cell, weights = cell[places], [each[places] for each in weights]
        if groups is None:
            groups = np.zeros(len(cell), np.int64)
        present, of = _places(groups)
        cells, kind = _places(cell)
        code, shape = of * len(cells) + kind, (len(present), len(cells))
        size = shape[0] * shape[1]
        tables: list[Floats] = [np.bincount(code, minlength=size).reshape(shape).astype(np.float64)]
        for weight in weights:
            tables.append(np.bincount(code, weight, minlength=size).reshape(shape).astype(np.float64))  # noqa: PERF401
        added = np.zeros((len(present), len(MEASURES)))
        for place, (weight_of, meant) in enumerate(_FROM_CELLS[self._spam_counts]):
            added[:, place] = tables[weight_of][:, meant[cells]].sum(axis=1)
        return Sums(present, added, self._costs(present, of, places))

    def _costs(self, present: Ints, of: Ints, places: Ints | None) -> dict[tuple[int, int], int]:
        priced, cost, currency = self._priced, self._cost, self._currency
        if not priced.any():
            return {}
        if places is not None:
            priced, cost, currency = priced[places], cost[places], currency[places]
        costs: dict[tuple[int, int], int] = {}
        for code in np.unique(currency[priced]):
            these = priced & (currency == code)
            some = np.zeros(len(present), np.int64)
            np.add.at(some, of[these], cost[these])
            costs |= {(int(present[group]), int(code)): int(some[group]) for group in np.unique(of[these])}
        return costs


def _places(codes: Ints) -> tuple[Ints, Ints]:
    """The codes there are (0 or more), ascending, and the place of each among them: ``unique`` without its sorting."""
    present = np.flatnonzero(np.bincount(codes))
    place = np.zeros(int(present[-1]) + 1 if len(present) else 0, np.int64)
    place[present] = np.arange(len(present))
    return present, place[codes]


class Sums:
    """Measures by group."""

    def __init__(self, groups: Ints, measures: Floats, costs: dict[tuple[int, int], int]) -> None:
        self.groups = groups  # ascending
        self.measures = measures  # a row a group
        self.costs = costs  # by group and currency

    def add(self, other: "Sums") -> None:
        """And another."""
        together = np.union1d(self.groups, other.groups)
        measures = np.zeros((len(together), len(MEASURES)))
        for each in (self, other):
            measures[np.searchsorted(together, each.groups)] += each.measures
        self.groups, self.measures = together, measures
        for key, cost in other.costs.items():
            self.costs[key] = self.costs.get(key, 0) + cost

    def moved(self, to: Mapping[int, Any] | Ints) -> "Sums":
        """The groups put together into others: by array, or by mapping."""
        if isinstance(to, np.ndarray):
            new = to[self.groups]
        else:
            new = np.array([to[int(group)] for group in self.groups], np.int64)
        groups, of = np.unique(new, return_inverse=True)
        measures = np.zeros((len(groups), len(MEASURES)))
        np.add.at(measures, of, self.measures)
        moved = dict(zip(self.groups.tolist(), new.tolist(), strict=True))
        costs: dict[tuple[int, int], int] = {}
        for (group, currency), cost in self.costs.items():
            key = moved[group], currency
            costs[key] = costs.get(key, 0) + cost
        return Sums(groups, measures, costs)


def nothing() -> Sums:
    """No calls."""
    return Sums(np.zeros(0, np.int64), np.zeros((0, len(MEASURES))), {})


def to_totals(sums: Sums, group: int, rules: MarkRules, words: Mapping[int, str]) -> Totals:
    """What people are told of a group; of one without calls everything is 0."""
    at = int(np.searchsorted(sums.groups, group))
    there = at < len(sums.groups) and sums.groups[at] == group
    row: Array = sums.measures[at] if there else np.zeros(len(MEASURES))
    ms = {name: int(value) for name, value in zip(MEASURES, row.tolist(), strict=True)}  # whole, as floats
    told: dict[str, Any] = {name: to_s(value) if name.endswith("_s") else value for name, value in ms.items()}
    costs = sorted((words[code], cost) for (of, code), cost in sums.costs.items() if of == group) if sums.costs else []
    counted = told["calls"] if rules.spam_counts else told["calls"] - told["spam"]
    return Totals(
        **told,
        cost=tuple((currency, money(cost)) for currency, cost in costs),
        average_talk_s=_mean(ms["talk_s"], told["talk_n"]),
        average_inbound_talk_s=_mean(ms["inbound_talk_s"], told["inbound_talk_n"]),
        average_outbound_talk_s=_mean(ms["outbound_talk_s"], told["outbound_talk_n"]),
        average_waiting_s=_mean(ms["waiting_s"], told["waiting_n"]),
        answered_ratio=_share(told["received"], told["received"] + told["missed"]),
        conversion=_share(told["target"] if rules.by_talk else told["successful"], counted),
    )


def _mean(ms: int, n: int) -> float | None:
    return ms / 1000 / n if n else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
