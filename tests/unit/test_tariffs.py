"""What a call costs: against a clock that is walked second by second, and by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.tariffs import (
    MICRO,
    Cost,
    Direction,
    PaidLeg,
    PriceList,
    Tariff,
    billed_s,
    price,
    to_decimal,
    to_micro,
)

EVERY = st.just("")


def tariffs(prefixes: st.SearchStrategy[str] = EVERY) -> st.SearchStrategy[Tariff]:
    return st.builds(
        Tariff,
        trunk=st.sampled_from([None, "a", "b"]),
        direction=st.sampled_from(Direction),
        prefix=prefixes,
        price_micro=st.integers(0, 5 * MICRO),
        connection_micro=st.integers(0, 2 * MICRO),
        free_s=st.integers(0, 20),
        first_step_s=st.integers(1, 70),
        next_step_s=st.integers(1, 70),
        currency=st.sampled_from(["UAH", "EUR"]),
        valid_from=st.integers(0, 50).map(float),
    )


def walked(tariff: Tariff, talked_ms: int) -> Fraction:
    """Micro-units, by somebody with a stopwatch: each second that begins is looked at."""
    paid_until, cost, second = 0, Fraction(0), 0
    while second * 1000 < talked_ms:
        if second >= tariff.free_s and second - tariff.free_s >= paid_until:
            if paid_until == 0:
                cost += tariff.connection_micro
            step = tariff.next_step_s if paid_until else tariff.first_step_s
            paid_until += step
            cost += Fraction(step * tariff.price_micro, 60)
        second += 1
    return cost


@given(tariff=tariffs(), talked_ms=st.integers(0, 400_000))
def test_a_leg_costs_what_the_clock_says_rounded_once(tariff: Tariff, talked_ms: int) -> None:
    exact = walked(tariff, talked_ms)
    assert price(tariff, talked_ms) == int(exact + Fraction(1, 2))


@given(tariff=tariffs(), one_ms=st.integers(0, 10_000_000), more_ms=st.integers(0, 10_000_000))
def test_a_longer_leg_never_costs_less(tariff: Tariff, one_ms: int, more_ms: int) -> None:
    assert price(tariff, one_ms) <= price(tariff, one_ms + more_ms)


@pytest.mark.parametrize(
    ("steps", "free_s", "talked_s", "paid_s"),
    [
        ((60, 60), 0, 0.001, 60),
        ((60, 60), 0, 60.0, 60),
        ((60, 60), 0, 60.001, 120),
        ((30, 6), 0, 31.0, 36),
        ((1, 1), 0, 61.2, 62),
        ((1, 1), 5, 5.0, 0),
        ((1, 1), 5, 5.001, 1),
        ((60, 60), 5, 65.0, 60),
        ((60, 60), 0, 0.0, 0),
    ],
)
def test_begun_steps_are_paid_in_full(steps: tuple[int, int], free_s: int, talked_s: float, paid_s: int) -> None:
    tariff = Tariff(price_micro=1, free_s=free_s, first_step_s=steps[0], next_step_s=steps[1], currency="EUR")
    assert billed_s(tariff, round(talked_s * 1000)) == paid_s


def test_half_a_micro_unit_is_rounded_upwards() -> None:
    assert price(Tariff(price_micro=30, first_step_s=1, next_step_s=1, currency="EUR"), 1000) == 1
    assert price(Tariff(price_micro=29, first_step_s=1, next_step_s=1, currency="EUR"), 1000) == 0


numbers = st.text("12", max_size=5)


@given(
    lists=st.lists(tariffs(st.text("12", max_size=3)), max_size=12),
    trunk=st.sampled_from([None, "a", "c"]),
    number=numbers,
    direction=st.sampled_from(Direction),
    at=st.integers(0, 60).map(float),
)
def test_the_tariff_is_the_trunks_then_the_longest_prefixs_then_the_latest(
    lists: list[Tariff], trunk: str | None, number: str, direction: Direction, at: float
) -> None:
    fit = [
        (each.trunk is not None, len(each.prefix), each.valid_from, place)
        for place, each in enumerate(lists)
        if each.direction is direction
        and number.startswith(each.prefix)
        and each.valid_from <= at
        and each.trunk in (None, trunk)
    ]
    expected = lists[max(fit)[3]] if fit else None
    assert PriceList(lists).tariff(trunk, direction, number, at) == expected


def test_the_legs_of_a_call_are_added_in_the_first_ones_currency() -> None:
    prices = PriceList(
        [
            Tariff(prefix="380", price_micro=MICRO, currency="UAH"),
            Tariff(prefix="48", price_micro=MICRO, currency="PLN"),
        ]
    )

    def leg(number: str) -> PaidLeg:
        return PaidLeg(trunk=None, direction=Direction.OUTBOUND, number=number, talked_ms=30_000)

    assert prices.cost([leg("1"), leg("380"), leg("48"), leg("3805")], 0.0) == Cost(micro=2 * MICRO, currency="UAH")
    assert prices.cost([leg("1")], 0.0) is None
    assert prices.cost([], 0.0) is None
    assert not PriceList([])


@given(st.integers(0, 10**15 - 1))
def test_money_is_written_and_read_exactly(micro: int) -> None:
    assert to_micro(to_decimal(micro)) == micro
    assert to_micro(to_decimal(micro).replace(".", ",")) == micro


@pytest.mark.parametrize("text", ["", "-1", "1.2345678", "1e3", "1.2.3", "٣", "1 000", "1234567890", ".5", "nan"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        to_micro(text)


def test_prices_have_two_places_at_least() -> None:
    assert [to_decimal(micro) for micro in (0, 400, 1_250_000, -3 * MICRO)] == ["0.00", "0.0004", "1.25", "-3.00"]
