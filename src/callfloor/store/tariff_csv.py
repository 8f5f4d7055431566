"""Tariffs as a table of text, both ways: what a carrier sends, and what an office program opens. Pure.

The first line names the columns, in any order; those of ``COLUMNS`` are known, ``prefix``, ``price`` and ``currency``
must be there, any others are an error. Fields are parted by commas, semicolons or tabs. Prices have a point or a comma
and at most six decimal places. A beginning is a day, of the project's zone; none is "since ever".
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.floor.days import day_bounds, day_of
from callfloor.floor.tariffs import Direction, Tariff, to_decimal, to_micro
from callfloor.store.tariffs import MOST_TARIFFS, checked

COLUMNS = (
    "trunk",
    "direction",
    "prefix",
    "label",
    "price",
    "connection",
    "free_s",
    "first_step_s",
    "next_step_s",
    "currency",
    "valid_from",
)
_MUST = ("prefix", "price", "currency")
_FIELD_OF = {"price_micro": "price", "connection_micro": "connection"}
MOST_ERRORS = 100
"""More are not told; they would not be read either."""


class TariffFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that hinders an import."""

    line: int  # of the text, from 1
    column: str | None
    reason: str  # empty | unknown_column | twice_named | missing_column | fields | number | whole | range | direction
    # | day | currency | prefix | same | too_many
    value: str | None = None


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a text holds. Where there are errors, the tariffs are those of the lines without."""

    tariffs: tuple[Tariff, ...]
    errors: tuple[TariffFault, ...]


def read(text: str, zone: ZoneInfo) -> Read:
    """Tariffs from a text; every error that is found, up to ``MOST_ERRORS``."""
    text = text.removeprefix("\ufeff")
    errors: list[TariffFault] = []
    found: dict[tuple[str | None, Direction, str, float], int] = {}
    tariffs: list[Tariff] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    names: list[str] | None = None
    try:
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if names is None:
                names = [field.strip().lower() for field in fields]
                errors += _head(names, reader.line_num)
                if errors:
                    break
                continue
            if len(errors) >= MOST_ERRORS or len(tariffs) > MOST_TARIFFS:
                break
            line = reader.line_num
            if len(fields) != len(names):
                errors.append(TariffFault(line=line, column=None, reason="fields", value=str(len(fields))))
                continue
            made = _line(dict(zip(names, (field.strip() for field in fields), strict=True)), line, zone)
            if isinstance(made, list):
                errors += made
                continue
            key = made.trunk, made.direction, made.prefix, made.valid_from
            if key in found:
                errors.append(TariffFault(line=line, column="prefix", reason="same", value=str(found[key])))
            found.setdefault(key, line)
            tariffs.append(made)
    except csv.Error:
        errors.append(TariffFault(line=reader.line_num, column=None, reason="fields"))
    if names is None and not errors:
        errors.append(TariffFault(line=1, column=None, reason="empty"))
    if len(tariffs) > MOST_TARIFFS:
        errors.append(TariffFault(line=reader.line_num, column=None, reason="too_many", value=str(MOST_TARIFFS)))
    return Read(tariffs=tuple(tariffs), errors=tuple(errors[:MOST_ERRORS]))


def write(tariffs: Iterable[Tariff], zone: ZoneInfo) -> str:
    """Tariffs as text; ``read`` gives the same again (a beginning within a day becomes its day's)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for tariff in tariffs:
        writer.writerow(
            (
                tariff.trunk or "",
                tariff.direction.value,
                tariff.prefix,
                tariff.label,
                to_decimal(tariff.price_micro),
                to_decimal(tariff.connection_micro),
                tariff.free_s,
                tariff.first_step_s,
                tariff.next_step_s,
                tariff.currency,
                "" if tariff.valid_from <= 0 else day_of(tariff.valid_from, zone).isoformat(),
            )
        )
    return out.getvalue()


def _delimiter(text: str) -> str:
    head = text.lstrip().partition("\n")[0]
    return max(",;\t", key=head.count)


def _head(names: list[str], line: int) -> list[TariffFault]:
    errors = [
        TariffFault(line=line, column=name, reason="unknown_column" if name not in COLUMNS else "twice_named")
        for place, name in enumerate(names)
        if name not in COLUMNS or name in names[:place]
    ]
    return errors + [
        TariffFault(line=line, column=name, reason="missing_column") for name in _MUST if name not in names
    ]


def _line(given: Mapping[str, str], line: int, zone: ZoneInfo) -> Tariff | list[TariffFault]:
    errors: list[TariffFault] = []

    def wrong(column: str, reason: str) -> None:
        errors.append(TariffFault(line=line, column=column, reason=reason, value=given.get(column, "")[:80]))

    def money(column: str) -> int:
        try:
            return to_micro(given.get(column) or "0")
        except ValueError:
            wrong(column, "number")
            return 0

    def whole(column: str, default: int) -> int:
        text = given.get(column) or str(default)
        if text.isascii() and text.isdigit() and len(text) <= 9:
            return int(text)
        wrong(column, "whole")
        return default

    direction = (given.get("direction") or Direction.OUTBOUND.value).lower()
    if direction not in {each.value for each in Direction}:
        wrong("direction", "direction")
        direction = Direction.OUTBOUND.value
    if not given["price"]:
        wrong("price", "number")
    begins = given.get("valid_from", "")
    try:
        valid_from = day_bounds(_day(begins), zone)[0] if begins else 0.0
    except ValueError:
        wrong("valid_from", "day")
        valid_from = 0.0
    made = Tariff(
        trunk=given.get("trunk") or None,
        direction=Direction(direction),
        prefix=given["prefix"],
        label=given.get("label", ""),
        price_micro=money("price"),
        connection_micro=money("connection"),
        free_s=whole("free_s", 0),
        first_step_s=whole("first_step_s", 60),
        next_step_s=whole("next_step_s", 60),
        currency=given["currency"],
        valid_from=valid_from,
    )
    try:
        made = checked(made)
    except InvalidInputError as error:
        field = str(error.details.get("field"))
        column = _FIELD_OF.get(field, field)
        wrong(column, column if column in ("prefix", "currency") else "range")
    return errors or made


def _day(text: str) -> date:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if 1970 < found.year < 2100:
            return found
    raise ValueError("no day")
