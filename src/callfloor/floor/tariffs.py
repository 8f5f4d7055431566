"""What a call costs. Pure, and exact: money is whole micro-units (1,000,000 of them are one hryvnia), never a float.

A *leg to pay for* is one connection through the carrier: the client's own leg, and each outside number the call was
sent on to. Which tariff prices it: those of its trunk before those of the whole project; among these the longest
prefix of the other party's number in E.164; among these the latest ``valid_from`` that is not after the call's start.

The price of a leg: its first ``free_s`` seconds cost nothing, and a leg no longer than that costs nothing at all. What
is longer is billed in steps, a begun one in full: once ``first_step_s``, then as many ``next_step_s`` as it takes
(60/60, 30/6, 1/1). Billed seconds at the minute's price, and the connection fee, are added, and rounded once to the
micro-unit, half of one upwards (docs/decisions/0127).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

MICRO = 1_000_000
"""Micro-units in one unit of a currency."""


class Direction(StrEnum):
    """Which way the carrier's line is used: who pays for an incoming call as a rule has a toll-free number."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a price list. Prices are in micro-units of the currency."""

    trunk: str | None = None  # the line to the carrier, as the PBX names it; None: the whole project
    direction: Direction = Direction.OUTBOUND
    prefix: str = ""  # digits that the number in E.164 begins with, without the plus; empty: every number
    label: str = ""
    price_micro: int  # of a minute
    connection_micro: int = 0
    free_s: int = 0
    first_step_s: int = 60
    next_step_s: int = 60
    currency: str  # ISO 4217
    valid_from: float = 0.0  # UTC epoch seconds


class PaidLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One connection through the carrier."""

    trunk: str | None
    direction: Direction
    number: str  # digits of the E.164 number, without the plus
    talked_ms: int


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a call costs."""

    micro: int
    currency: str


def billed_s(tariff: Tariff, talked_ms: int) -> int:
    """Seconds to pay for, in whole steps; 0 where the leg was free."""
    left_ms = talked_ms - tariff.free_s * 1000
    if left_ms <= 0:
        return 0
    beyond_ms = max(0, left_ms - tariff.first_step_s * 1000)
    steps = -(-beyond_ms // (tariff.next_step_s * 1000))
    return tariff.first_step_s + steps * tariff.next_step_s


def price(tariff: Tariff, talked_ms: int) -> int:
    """Micro-units for a leg of so many milliseconds of talk and hold."""
    seconds = billed_s(tariff, talked_ms)
    if seconds == 0:
        return 0
    return tariff.connection_micro + (2 * seconds * tariff.price_micro + 60) // 120


class PriceList:
    """All tariffs of a project, to be asked quickly."""

    def __init__(self, tariffs: Iterable[Tariff]) -> None:
        """Of tariffs in any order; of two that agree in trunk, direction, prefix and beginning the later one holds."""
        self._by_key: dict[tuple[str | None, Direction, str], list[Tariff]] = {}
        for tariff in tariffs:
            self._by_key.setdefault((tariff.trunk, tariff.direction, tariff.prefix), []).append(tariff)
        for rivals in self._by_key.values():
            rivals.sort(key=lambda each: each.valid_from)
        self._longest = max((len(prefix) for _, _, prefix in self._by_key), default=-1)

    def __bool__(self) -> bool:
        """Whether there is any tariff at all."""
        return self._longest >= 0

    def tariff(self, trunk: str | None, direction: Direction, number: str, started_at: float) -> Tariff | None:
        """The tariff of a leg; None where none says."""
        for line in (None,) if trunk is None else (trunk, None):
            for length in range(min(self._longest, len(number)), -1, -1):
                for each in reversed(self._by_key.get((line, direction, number[:length]), ())):
                    if each.valid_from <= started_at:
                        return each
        return None

    def cost(self, legs: Sequence[PaidLeg], started_at: float) -> Cost | None:
        """What the legs of one call cost together; None where there is none to pay for, or no tariff says.

        Legs for which no tariff says are left out. A call has one currency, that of its first priced leg: a leg in
        another one is left out too.
        """
        total, currency = 0, None
        for leg in legs:
            tariff = self.tariff(leg.trunk, leg.direction, leg.number, started_at)
            if tariff is None or currency not in (None, tariff.currency):
                continue
            currency = tariff.currency
            total += price(tariff, leg.talked_ms)
        return None if currency is None else Cost(micro=total, currency=currency)


def to_decimal(micro: int) -> str:
    """Micro-units as a decimal number: ``1.25``, ``0.0004``, ``-3.00``; two places at least."""
    sign, micro = ("-", -micro) if micro < 0 else ("", micro)
    places = f"{micro % MICRO:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{micro // MICRO}.{places}"


def to_micro(text: str) -> int:
    """Micro-units of a decimal number, with a point or a comma and at most six places.

    Raises:
        ValueError: it is no such number.
    """
    whole, _, places = text.strip().replace(",", ".").partition(".")
    digits = whole + places
    if not whole or len(whole) > 9 or len(places) > 6 or not (digits.isascii() and digits.isdigit()):
        raise ValueError("no decimal number")
    return int(whole) * MICRO + int(places.ljust(6, "0"))
