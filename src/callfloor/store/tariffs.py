"""One project's tariffs: the list, changed one by one or taken over from a table."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.floor.tariffs import MICRO, Tariff
from callfloor.store.cost_tables import tariffs
from callfloor.store.directory_entries import load_trunks
from callfloor.store.instants import to_ms, to_s
from callfloor.store.pricing import KEY, Pricing, pricing, rows_of, to_tariff
from callfloor.store.scope import Scope
from callfloor.store.tables import calls
from callfloor.store.texts import can_be_kept

MOST_TARIFFS = 20_000
LONGEST_PREFIX = 15
LONGEST_TEXT = 200
MOST_S = 86_400
MOST_MICRO = 1_000_000 * MICRO
LATEST_S = 4_102_444_800.0
"""The year 2100."""

_LATEST_CALLS = 5000


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
            return tuple(KeptTariff(id=row.id, tariff=to_tariff(row)) for row in rows_of(connection, self._scope))

    def prices(self) -> "Pricing":
        """What calls cost by the list as it is now."""
        with self._scope.reading() as connection:
            return pricing(connection, self._scope)

    def trunks(self) -> dict[str, str | None]:
        """The lines to carriers of the directory, those that the latest calls went by, and those that have tariffs.

        Each with what people call it.
        """
        latest = (
            select(calls.c.trunk, calls.c.id)
            .where(self._scope.within(calls))
            .order_by(calls.c.id.desc())
            .limit(_LATEST_CALLS)
            .subquery()
        )
        with self._scope.reading() as connection:
            lines = set(connection.execute(select(latest.c.trunk).distinct()).scalars())
            lines |= set(
                connection.execute(select(tariffs.c.trunk).distinct().where(self._scope.within(tariffs))).scalars()
            )
            labels = {each.name: each.label for each in load_trunks(connection, self._scope)}
        return {line: labels.get(line) for line in sorted(filter(None, lines | labels.keys()))}

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
            same = [tariffs.c[name] == value for name, value in zip(KEY, _key(tariff), strict=True)]
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
            kept = [(row.id, to_tariff(row)) for row in rows_of(connection, self._scope)]
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
        return to_tariff(found)

    def _row(self, tariff: Tariff) -> dict[str, Any]:
        return {
            "project_id": self._scope.project_id,
            **dict(zip(KEY, _key(tariff), strict=True)),
            "label": tariff.label,
            "price_micro": tariff.price_micro,
            "connection_micro": tariff.connection_micro,
            "free_s": tariff.free_s,
            "first_step_s": tariff.first_step_s,
            "next_step_s": tariff.next_step_s,
            "currency": tariff.currency,
        }


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


def _key(tariff: Tariff) -> tuple[str, str, str, int]:
    return tariff.trunk or "", tariff.direction.value, tariff.prefix, to_ms(tariff.valid_from)
