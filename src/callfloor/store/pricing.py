"""What a finished call costs by its project's tariffs: from the rows of the call, and the list as it is kept.

A tariff that is changed gets a new number, and numbers are never given twice. So (how many there are, the largest
number) is another pair after every change, and a price list that was read once is used until that pair is another.
"""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import phonenumbers
from sqlalchemy import Connection, Engine, Row, func, select

from callfloor.floor.calls import CallType
from callfloor.floor.tariffs import Cost, Direction, PaidLeg, PriceList, Tariff
from callfloor.store.cost_tables import tariffs
from callfloor.store.instants import to_s
from callfloor.store.scope import Scope
from callfloor.store.tables import projects

OUTSIDE_DIGITS = 7
"""An account with so many digits is an employee's outside number."""

_OUT = frozenset({CallType.OUTBOUND.value, CallType.CALLBACK.value})
_DIALLED = frozenset({CallType.OUTBOUND.value, CallType.INTERNAL.value})

KEY = ("trunk", "direction", "prefix", "valid_from")
"""What makes a tariff one of its own."""


class Pricing:
    """A price list, and the country by which numbers without a prefix are read."""

    def __init__(self, prices: PriceList, country: str) -> None:
        self._prices = prices
        self._country = country

    def cost(
        self,
        call: Mapping[Any, Any],
        people: Sequence[Mapping[Any, Any]],
        externals: Sequence[Mapping[Any, Any]],
    ) -> Cost | None:
        """What a call costs, from its rows (columns of ``calls``, ``call_employees``, ``call_externals``)."""
        if not self._prices:
            return None
        legs = tuple(self._legs(call, people, externals))
        return self._prices.cost(legs, to_s(call["started_at"])) if legs else None

    def columns(
        self,
        call: Mapping[Any, Any],
        people: Sequence[Mapping[Any, Any]],
        externals: Sequence[Mapping[Any, Any]],
    ) -> tuple[int | None, str | None]:
        """The call's columns ``cost`` (micro-units) and ``currency``; both None where no tariff says."""
        cost = self.cost(call, people, externals)
        return (None, None) if cost is None else (cost.micro, cost.currency)

    def of_number(self, number: str, talked_s: float, started_at: float, trunk: str | None) -> Cost | None:
        """What a call to this number would cost."""
        leg = PaidLeg(
            trunk=trunk, direction=Direction.OUTBOUND, number=self.digits(number), talked_ms=math.ceil(talked_s * 1000)
        )
        return self._prices.cost((leg,), started_at)

    def tariff_of(self, number: str, started_at: float, trunk: str | None) -> Tariff | None:
        """The tariff by which a call to this number is priced."""
        return self._prices.tariff(trunk, Direction.OUTBOUND, self.digits(number), started_at)

    def digits(self, number: str) -> str:
        """A number's digits in E.164; as they stand where it is no full number."""
        return _digits(number, self._country)

    def _legs(
        self, call: Mapping[Any, Any], people: Sequence[Mapping[Any, Any]], externals: Sequence[Mapping[Any, Any]]
    ) -> Iterable[PaidLeg]:
        trunk, kind = call["trunk"], call["type"]
        talked_ms = call["talk_ms"] + call["hold_ms"]
        if call["answered_at"] is not None and talked_ms > 0 and kind != CallType.INTERNAL.value:
            client = call["client_e164"] or call["client_number"] or ""
            direction = Direction.OUTBOUND if kind in _OUT else Direction.INBOUND
            yield PaidLeg(trunk=trunk, direction=direction, number=self.digits(client), talked_ms=talked_ms)
        for part in externals:
            if part["talk_ms"] > 0:
                line, number = part["trunk"] or trunk, self.digits(part["number"])
                yield PaidLeg(trunk=line, direction=Direction.OUTBOUND, number=number, talked_ms=part["talk_ms"])
        for place, part in enumerate(people):
            # An employee's mobile number is called through the carrier, unless they called us from it.
            account = part["account"]
            if part["talk_ms"] <= 0 or len(account) < OUTSIDE_DIGITS or (place == 0 and kind in _DIALLED):
                continue
            if account.lstrip("+").isdigit():
                number = self.digits(account)
                yield PaidLeg(trunk=trunk, direction=Direction.OUTBOUND, number=number, talked_ms=part["talk_ms"])


def pricing(connection: Connection, scope: Scope) -> Pricing:
    """What calls cost by the list as this connection sees it; quick where it has not changed."""
    known = _known.setdefault(connection.engine, {})
    seen = connection.execute(select(func.count(), func.max(tariffs.c.id)).where(scope.within(tariffs))).one()
    country = connection.execute(select(projects.c.country).where(projects.c.id == scope.project_id)).scalar() or ""
    stamp = (seen[0], seen[1], country)
    held = known.get(scope.project_id)
    if held is None or held[0] != stamp:
        prices = PriceList(to_tariff(row) for row in rows_of(connection, scope)) if seen[0] else PriceList(())
        held = known[scope.project_id] = stamp, Pricing(prices, country)
    return held[1]


_known: WeakKeyDictionary[Engine, dict[int, tuple[tuple[Any, ...], Pricing]]] = WeakKeyDictionary()


@functools.lru_cache(maxsize=20_000)
def _digits(number: str, country: str) -> str:
    digits = "".join(each for each in number if each.isascii() and each.isdigit())
    if number.startswith("+") or len(digits) < OUTSIDE_DIGITS:
        return digits
    for text, region in ((number, country or None), (f"+{digits}", None)):
        if region is None and not text.startswith("+"):
            continue
        try:
            found = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(found):
            return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)[1:]
    return digits


def rows_of(connection: Connection, scope: Scope) -> Sequence[Row[Any]]:
    order = [tariffs.c[name] for name in KEY]
    return connection.execute(select(tariffs).where(scope.within(tariffs)).order_by(*order)).all()


def to_tariff(row: Row[Any]) -> Tariff:
    return Tariff(
        trunk=row.trunk or None,
        direction=Direction(row.direction),
        prefix=row.prefix,
        label=row.label,
        price_micro=row.price_micro,
        connection_micro=row.connection_micro,
        free_s=row.free_s,
        first_step_s=row.first_step_s,
        next_step_s=row.next_step_s,
        currency=row.currency,
        valid_from=to_s(row.valid_from),
    )
