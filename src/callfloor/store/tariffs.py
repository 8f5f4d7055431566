"""One project's tariffs: the list, and what finished calls cost by it.

A tariff that is changed gets a new number, and numbers are never given twice. So (how many there are, the largest
number) is another pair after every change, and a price list that was read once is used until that pair is another.
"""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import phonenumbers
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.floor.calls import CallType
from callfloor.floor.tariffs import MICRO, Cost, Direction, PaidLeg, PriceList, Tariff
from callfloor.store.cost_tables import tariffs
from callfloor.store.instants import to_ms, to_s
from callfloor.store.scope import Scope
from callfloor.store.tables import projects
from callfloor.store.texts import can_be_kept

MOST_TARIFFS = 20_000
LONGEST_PREFIX = 15
LONGEST_TEXT = 200
MOST_S = 86_400
MOST_MICRO = 1_000_000 * MICRO
LATEST_S = 4_102_444_800.0
"""The year 2100."""

OUTSIDE_DIGITS = 7
"""An account with so many digits is an employee's outside number."""

_OUT = frozenset({CallType.OUTBOUND.value, CallType.CALLBACK.value})
_DIALLED = frozenset({CallType.OUTBOUND.value, CallType.INTERNAL.value})


class KeptTariff(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff with its number."""

    id: int
    tariff: Tariff


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import does, or would do."""

    added: int
    changed: int
    same: int


class Tariffs:
    """One project's price list. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def list(self) -> tuple[KeptTariff, ...]:
        """All tariffs, by trunk (the project's own first), direction, prefix and beginning."""
        with self._scope.reading() as connection:
            return tuple(KeptTariff(id=row.id, tariff=_tariff(row)) for row in _rows(connection, self._scope))

    def prices(self) -> "Pricing":
        """What calls cost by the list as it is now."""
        with self._scope.reading() as connection:
            return pricing(connection, self._scope)

    def put(self, tariff: Tariff, *, instead_of: int | None = None) -> KeptTariff:
        """Add a tariff, or change the one of this number; it gets a new number.

        Raises:
            InvalidInputError: a value is out of range, or there are ``MOST_TARIFFS`` already.
            NotFoundError: there is none of that number.
            ConflictError: there is one of the same trunk, direction, prefix and beginning.
        """
        tariff = checked(tariff)
        with self._scope.editing() as connection:
            if instead_of is not None:
                self._drop(connection, instead_of)
            count = select(func.count()).select_from(tariffs).where(self._scope.within(tariffs))
            if connection.execute(count).scalar_one() >= MOST_TARIFFS:
                raise InvalidInputError(f"There are at most {MOST_TARIFFS} tariffs.", most=MOST_TARIFFS)
            same = [tariffs.c[name] == value for name, value in zip(_KEY, _key(tariff), strict=True)]
            if connection.execute(select(tariffs.c.id).where(self._scope.within(tariffs), *same)).first() is not None:
                raise ConflictError("There is a tariff of this trunk, direction, prefix and beginning already.")
            made = connection.execute(insert(tariffs), self._row(tariff)).inserted_primary_key
            assert made is not None  # noqa: S101 - of one row it is always told
            return KeptTariff(id=made[0], tariff=tariff)

    def remove(self, tariff_id: int) -> Tariff:
        """Remove a tariff; it is given back, so that it can be put again.

        Raises:
            NotFoundError: there is none of this number.
        """
        with self._scope.editing() as connection:
            return self._drop(connection, tariff_id)

    def take_in(self, given: Sequence[Tariff], *, dry: bool) -> Imported:
        """Add these and change what they differ from, all or nothing; again, nothing changes. ``dry`` only tells.

        Raises:
            InvalidInputError: a value is out of range, two are of one key, or there would be too many.
        """
        wanted = {_key(tariff): tariff for tariff in map(checked, given)}
        if len(wanted) != len(given):
            raise InvalidInputError("Two tariffs are of one trunk, direction, prefix and beginning.")
        with self._scope.editing() as connection:
            kept = [(row.id, _tariff(row)) for row in _rows(connection, self._scope)]
            known = {_key(tariff): (number, tariff) for number, tariff in kept}
            changed = {key for key in wanted.keys() & known.keys() if known[key][1] != wanted[key]}
            added = wanted.keys() - known.keys()
            if len(known) + len(added) > MOST_TARIFFS:
                raise InvalidInputError(f"There are at most {MOST_TARIFFS} tariffs.", most=MOST_TARIFFS)
            if not dry and (changed or added):
                ids = sorted(known[key][0] for key in changed)
                for start in range(0, len(ids), 500):
                    some = ids[start : start + 500]
                    connection.execute(delete(tariffs).where(self._scope.within(tariffs), tariffs.c.id.in_(some)))
                connection.execute(insert(tariffs), [self._row(wanted[key]) for key in sorted(changed | added)])
            return Imported(added=len(added), changed=len(changed), same=len(wanted) - len(added) - len(changed))

    def _drop(self, connection: Connection, tariff_id: int) -> Tariff:
        this = self._scope.within(tariffs), tariffs.c.id == tariff_id
        found = connection.execute(select(tariffs).where(*this)).one_or_none()
        if found is None:
            raise NotFoundError("There is no such tariff.")
        connection.execute(delete(tariffs).where(*this))
        return _tariff(found)

    def _row(self, tariff: Tariff) -> dict[str, Any]:
        return {
            "project_id": self._scope.project_id,
            **dict(zip(_KEY, _key(tariff), strict=True)),
            "label": tariff.label,
            "price_micro": tariff.price_micro,
            "connection_micro": tariff.connection_micro,
            "free_s": tariff.free_s,
            "first_step_s": tariff.first_step_s,
            "next_step_s": tariff.next_step_s,
            "currency": tariff.currency,
        }


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
        prices = PriceList(_tariff(row) for row in _rows(connection, scope)) if seen[0] else PriceList(())
        held = known[scope.project_id] = stamp, Pricing(prices, country)
    return held[1]


_known: WeakKeyDictionary[Engine, dict[int, tuple[tuple[Any, ...], Pricing]]] = WeakKeyDictionary()


def checked(tariff: Tariff) -> Tariff:
    """The tariff, its texts trimmed.

    Raises:
        InvalidInputError: a value is out of range; ``details["field"]`` names it.
    """
    trunk = (tariff.trunk or "").strip() or None
    label, prefix, currency = tariff.label.strip(), tariff.prefix.strip().lstrip("+"), tariff.currency.strip().upper()
    for field, value in (("trunk", trunk or ""), ("label", label)):
        if len(value) > LONGEST_TEXT or not can_be_kept(value):
            raise _wrong(field)
    if len(prefix) > LONGEST_PREFIX or not (prefix == "" or (prefix.isascii() and prefix.isdigit())):
        raise _wrong("prefix")
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise _wrong("currency")
    for field, least, most in (
        ("price_micro", 0, MOST_MICRO),
        ("connection_micro", 0, MOST_MICRO),
        ("free_s", 0, MOST_S),
        ("first_step_s", 1, MOST_S),
        ("next_step_s", 1, MOST_S),
    ):
        if not least <= getattr(tariff, field) <= most:
            raise _wrong(field)
    if not 0 <= tariff.valid_from <= LATEST_S:  # false for NaN too
        raise _wrong("valid_from")
    valid_from = to_s(to_ms(tariff.valid_from))
    return msgspec.structs.replace(
        tariff, trunk=trunk, label=label, prefix=prefix, currency=currency, valid_from=valid_from
    )


def _wrong(field: str) -> InvalidInputError:
    return InvalidInputError(f"A tariff's {field} is out of range.", field=field)


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


_KEY = ("trunk", "direction", "prefix", "valid_from")


def _key(tariff: Tariff) -> tuple[str, str, str, int]:
    return tariff.trunk or "", tariff.direction.value, tariff.prefix, to_ms(tariff.valid_from)


def _rows(connection: Connection, scope: Scope) -> Sequence[Row[Any]]:
    order = [tariffs.c[name] for name in _KEY]
    return connection.execute(select(tariffs).where(scope.within(tariffs)).order_by(*order)).all()


def _tariff(row: Row[Any]) -> Tariff:
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
