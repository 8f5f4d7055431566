"""Tariffs as a table of text: what is read, what is refused and where, and back again."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.days import day_bounds
from callfloor.floor.tariffs import Direction, Tariff
from callfloor.store.tariff_csv import COLUMNS, MOST_ERRORS, TariffFault, read, write

KYIV = ZoneInfo("Europe/Kyiv")


def test_a_carriers_list_is_read() -> None:
    text = "\ufeffPrefix;Price;Currency;Label;Valid_From\r\n+380;0,65;uah;Ukraine;01.02.2026\r\n\r\n"
    text += '38067;1.5;UAH;"a;b";\r\n'
    ukraine, kyivstar = read(text, KYIV).tariffs
    assert (ukraine.prefix, ukraine.price_micro, ukraine.currency, ukraine.label) == ("380", 650_000, "UAH", "Ukraine")
    assert ukraine.valid_from == day_bounds(date(2026, 2, 1), KYIV)[0]
    assert (kyivstar.label, kyivstar.valid_from, kyivstar.first_step_s) == ("a;b", 0.0, 60)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([], [(1, None, "empty", None)]),
        (
            ["prefix,cost"],
            [
                (1, "cost", "unknown_column", None),
                (1, "price", "missing_column", None),
                (1, "currency", "missing_column", None),
            ],
        ),
        (["prefix,price,currency,prefix"], [(1, "prefix", "twice_named", None)]),
        (["prefix,price,currency", "48,1"], [(2, None, "fields", "2")]),
        (
            ["prefix,price,currency", "48,much,PLN", "49,,EUR"],
            [(2, "price", "number", "much"), (3, "price", "number", "")],
        ),
        (["prefix,price,currency", "4x,1,PLN"], [(2, "prefix", "prefix", "4x")]),
        (["prefix,price,currency", "48,1,zł"], [(2, "currency", "currency", "zł")]),
        (["prefix,price,currency,free_s", "48,1,PLN,-1"], [(2, "free_s", "whole", "-1")]),
        (["prefix,price,currency,next_step_s", "48,1,PLN,0"], [(2, "next_step_s", "range", "0")]),
        (["prefix,price,currency,valid_from", "48,1,PLN,31.02.2026"], [(2, "valid_from", "day", "31.02.2026")]),
        (["prefix,price,currency,direction", "48,1,PLN,sideways"], [(2, "direction", "direction", "sideways")]),
        (["prefix,price,currency", "48,1,PLN", "+48,2,PLN"], [(3, "prefix", "same", "2")]),
        (["prefix,price,currency", '48,1,"PLN'], [(2, None, "fields", None)]),
    ],
)
def test_errors_name_line_column_and_reason(
    lines: list[str], wrong: list[tuple[int, str | None, str, str | None]]
) -> None:
    found = read("\n".join(lines), KYIV)
    assert list(found.errors) == [TariffFault(line=n, column=c, reason=r, value=v) for n, c, r, v in wrong]


def test_not_more_errors_are_told_than_are_read() -> None:
    text = "prefix,price,currency\n" + "x,y,z\n" * 500
    assert len(read(text, KYIV).errors) == MOST_ERRORS


@given(st.text())
def test_whatever_is_given_is_read_or_refused(text: str) -> None:
    found = read(text, KYIV)
    assert found.tariffs or found.errors or text


labels = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=20).map(str.strip)


@given(
    st.lists(
        st.builds(
            Tariff,
            trunk=st.none() | st.sampled_from(["trunk-a", "b, c"]),
            direction=st.sampled_from(Direction),
            prefix=st.text("0123456789", max_size=15),
            label=labels,
            price_micro=st.integers(0, 10**12),
            connection_micro=st.integers(0, 10**12),
            free_s=st.integers(0, 86_400),
            first_step_s=st.integers(1, 86_400),
            next_step_s=st.integers(1, 86_400),
            currency=st.sampled_from(["UAH", "EUR"]),
            valid_from=st.just(0.0)
            | st.dates(min_value=date(1971, 1, 1), max_value=date(2099, 1, 1)).map(
                lambda day: day_bounds(day, KYIV)[0]
            ),
        ),
        unique_by=lambda each: (each.trunk, each.direction, each.prefix, each.valid_from),
        max_size=5,
    )
)
def test_what_is_written_is_read_again(tariffs: list[Tariff]) -> None:
    text = write(tariffs, KYIV)
    assert text.splitlines()[0] == ",".join(COLUMNS)
    found = read(text, KYIV)
    assert (list(found.tariffs), found.errors) == (tariffs, ())
