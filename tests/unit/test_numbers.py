"""Numbers as PBXes give them, and in E.164."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.asterisk.numbers import known_number, looks_outside, to_e164


@pytest.mark.parametrize("value", ["", " ", "<unknown>", "unknown", "Anonymous", "restricted", "unavailable", "s"])
def test_a_pbx_has_many_ways_to_say_that_it_has_no_number(value: str) -> None:
    assert known_number(value) is None


def test_a_number_is_kept_as_it_came() -> None:
    assert known_number(" +7 (916) 123-45-67 ") == "+7 (916) 123-45-67"


@pytest.mark.parametrize(
    ("value", "country", "e164"),
    [
        ("79161234567", "RU", "+79161234567"),
        ("79161234567", None, "+79161234567"),
        ("+79161234567", None, "+79161234567"),
        ("89161234567", "RU", "+79161234567"),
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("88001234567", "RU", "+78001234567"),
        ("89161234567", None, None),  # 8916… is no country's number
        ("512345678", "PL", "+48512345678"),
        ("48512345678", "PL", "+48512345678"),
        ("0048512345678", "PL", "+48512345678"),
        ("0501234567", "UA", "+380501234567"),
        ("380501234567", None, "+380501234567"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("(202) 456-1111", "US", "+12024561111"),
        ("12024561111", None, "+12024561111"),
        ("0302345678", "DE", "+49302345678"),
        ("101", "RU", None),
        ("*78", "RU", None),
        ("", "RU", None),
        (None, "RU", None),
    ],
)
def test_e164_by_country(value: str | None, country: str | None, e164: str | None) -> None:
    assert to_e164(value, country) == e164


@given(st.text(max_size=40) | st.none(), st.sampled_from([None, "RU", "PL", "US", "XX"]))
def test_any_text_is_a_number_or_none(value: str | None, country: str | None) -> None:
    found = to_e164(value, country)
    assert found is None or (found.startswith("+") and found[1:].isdigit() and looks_outside(found))


def test_seven_digits_look_outside() -> None:
    assert looks_outside("123-45-67")
    assert not looks_outside("123456")
    assert not looks_outside(None)
