"""How fast Callfloor is, as figures with targets and, where there is one, a peer measured in the same run.

Each module beside this one has ``def main() -> list[Figure]`` and takes no arguments; ``python -m bench`` (or
``make bench``) runs them one after the other, each in a process of its own, and prints one table. What a main needs and
cannot find (a peer's package, a browser) it raises ``MissingPartError`` for: the table says so, and the target counts
as missed. A main prints nothing on standard output.

    def main() -> list[Figure]:
        ours, theirs = median_of(5, run_ours), median_of(5, run_theirs)
        return [at_least("codec", ours, 7 * theirs, "messages/s", peer=theirs, note="against panoramisk, same bytes")]

Ratios are what counts: a figure without its peer depends on the machine. Random input is seeded.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass


class MissingPartError(Exception):
    """What this benchmark needs is not on this machine; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    name: str
    value: float
    unit: str  # "messages/s", "ms", "MB", "s of CPU", "×" …
    target: str  # in words, for people: "≥ 40,000 messages/s", "≥ 7 × panoramisk"; "" where there is none
    met: bool | None  # None where there is no target
    peer: float | None = None  # the same measure of the peer, in the same unit, from the same run
    ratio: float | None = None  # ours : peer
    note: str = ""  # conditions: load, sizes, which peer and its version


def at_least(
    name: str, value: float, target: float, unit: str, *, peer: float | None = None, words: str = "", note: str = ""
) -> Figure:
    """A figure whose value must not be below the target."""
    return _against(name, value, unit, words or f"≥ {number(target)} {unit}", peer, note, met=value >= target)


def at_most(
    name: str, value: float, target: float, unit: str, *, peer: float | None = None, words: str = "", note: str = ""
) -> Figure:
    """A figure whose value must not be above the target."""
    return _against(name, value, unit, words or f"≤ {number(target)} {unit}", peer, note, met=value <= target)


def shown(name: str, value: float, unit: str, *, peer: float | None = None, note: str = "") -> Figure:
    """A figure worth knowing that has no target."""
    return _against(name, value, unit, "", peer, note, met=None)


def median_of(times: int, measure: Callable[[], float]) -> float:
    """The middle of several runs; a lone run is a rumour."""
    return statistics.median(measure() for _ in range(times))


def number(value: float) -> str:
    """Three significant digits, with thousands apart: 258,000 · 41.3 · 0.052."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def unmeasured(name: str, why: str) -> Figure:
    """A benchmark that could not be run; it counts as missed."""
    return Figure(name, 0.0, "", target="to be measured", met=False, note=why)


def _against(
    name: str, value: float, unit: str, target: str, peer: float | None, note: str, *, met: bool | None
) -> Figure:
    ratio = value / peer if peer else None
    return Figure(name, value, unit, target, met, peer, ratio, note)
