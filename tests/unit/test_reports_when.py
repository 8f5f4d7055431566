"""When reports go out, and of which days: whatever the clocks do, one a day, a week, a month."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.errors import InvalidInputError
from callfloor.floor.days import day_bounds
from callfloor.store.call_filter import CallFilter
from callfloor.store.report_asks import Every, Period, When, checked_address, checked_name

WARSAW = ZoneInfo("Europe/Warsaw")
ZONES = st.sampled_from(["Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]).map(
    ZoneInfo
)
WHENS = st.builds(
    When,
    every=st.sampled_from(Every),
    minute=st.integers(0, 1439),
    weekday=st.integers(0, 6),
    month_day=st.integers(1, 31),
    period=st.sampled_from(Period),
    days=st.integers(1, 90),
)
INSTANTS = st.integers(1_600_000_000, 1_900_000_000).map(float)


def local(at: float, zone: ZoneInfo = WARSAW) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


def at(text: str, zone: ZoneInfo = WARSAW) -> float:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone).timestamp()


@given(WHENS, INSTANTS, ZONES)
def test_times_follow_one_another_a_day_a_week_a_month(when: When, start: float, zone: ZoneInfo) -> None:
    first = when.next_after(start, zone)
    second = when.next_after(first, zone)
    assert start < first < second
    days = (datetime.fromtimestamp(second, zone).date() - datetime.fromtimestamp(first, zone).date()).days
    assert days in {Every.DAY: {1}, Every.WEEK: {7}, Every.MONTH: {28, 29, 30, 31}}[when.every]
    assert when.latest_until(first, zone) == first
    assert when.latest_until(second - 1, zone) == first


@given(WHENS, INSTANTS, ZONES)
def test_a_period_is_of_whole_days_before(when: When, start: float, zone: ZoneInfo) -> None:
    due = when.next_after(start, zone)
    begin, end = when.period_of(due, zone)
    today = datetime.fromtimestamp(due, zone).date()
    assert begin <= end < today
    wanted = when.filter_of(CallFilter(started_from=0.0, started_to=1.0), due, zone)
    assert (wanted.started_from, wanted.started_to) == (day_bounds(begin, zone)[0], day_bounds(end, zone)[1])


def test_an_hour_that_is_skipped_is_made_up_for_and_one_that_comes_twice_counts_once() -> None:
    when = When(every=Every.DAY, minute=2 * 60 + 30)
    before = at("2026-03-28 12:00")
    assert local(when.next_after(before, WARSAW)) == "2026-03-29 03:30"
    assert local(when.next_after(when.next_after(before, WARSAW), WARSAW)) == "2026-03-30 02:30"
    autumn = when.next_after(at("2026-10-24 12:00"), WARSAW)
    assert datetime.fromtimestamp(autumn, UTC).hour == 0  # 02:30 of summer time
    assert local(when.next_after(autumn, WARSAW)) == "2026-10-26 02:30"


@pytest.mark.parametrize(
    ("period", "begin", "end"),
    [
        (Period.YESTERDAY, date(2026, 3, 2), date(2026, 3, 2)),
        (Period.LAST_WEEK, date(2026, 2, 23), date(2026, 3, 1)),
        (Period.LAST_MONTH, date(2026, 2, 1), date(2026, 2, 28)),
        (Period.LAST_DAYS, date(2026, 2, 24), date(2026, 3, 2)),
    ],
)
def test_the_days_of_a_report(period: Period, begin: date, end: date) -> None:
    when = When(every=Every.DAY, minute=420, period=period, days=7)
    assert when.period_of(at("2026-03-03 07:00"), WARSAW) == (begin, end)


def test_a_month_that_is_shorter_has_its_last_day() -> None:
    when = When(every=Every.MONTH, minute=0, month_day=31)
    due = at("2026-01-31 00:00")
    assert [local(due := when.next_after(due, WARSAW))[:10] for _ in range(3)] == [
        "2026-02-28", "2026-03-31", "2026-04-30",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"minute": 1440}, {"weekday": 7}, {"month_day": 0}, {"days": 0}])
def test_what_is_no_time_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError):
        When(**({"every": Every.DAY, "minute": 0} | wrong)).check()


def test_addresses_and_names() -> None:
    assert checked_address(" anna.o'neil+x@mail.example.com ") == "anna.o'neil+x@mail.example.com"
    assert checked_name("  Звіт «день»  ") == "Звіт «день»"
    for text in ("a@b\n", "a@@b", "a..b@c", "@", ""):
        with pytest.raises(InvalidInputError):
            checked_address(text)
    for text in ("", "a\nb", "a\x00", "x" * 201):
        with pytest.raises(InvalidInputError):
            checked_name(text)
