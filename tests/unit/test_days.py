"""Statuses cut into a project's days: every day adds up, in every zone, on every kind of day (law L5)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.days import (
    StatusTotals,
    day_bounds,
    day_of,
    days_between,
    hour_bounds,
    stretches_of,
    tile,
    totals,
)
from callfloor.floor.employees import Cause, Status, StatusStretch, StatusTold, Why

KYIV = ZoneInfo("Europe/Kyiv")
ONE_DAY = timedelta(days=1)
# Every sort of trouble: clocks set at 02:00, at 00:00, by half an hour, over midnight; days that were none.
ZONES = [
    *("UTC", "Europe/Kyiv", "Europe/Warsaw", "Europe/Moscow", "America/New_York", "America/Sao_Paulo"),
    *("America/Havana", "America/St_Johns", "Asia/Beirut", "Asia/Tehran", "Asia/Kathmandu", "Africa/Cairo"),
    *("Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Antarctica/Troll"),
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(2005, 1, 1), date(2036, 12, 31))

LENGTHS = [
    ("Europe/Kyiv", "2026-06-01", 24, 24),
    ("Europe/Kyiv", "2026-03-29", 23, 23),
    ("Europe/Kyiv", "2026-10-25", 25, 25),
    ("America/Sao_Paulo", "2018-11-04", 23, 23),  # the clocks went from 00:00 to 01:00
    ("America/Sao_Paulo", "2018-02-17", 25, 25),  # and from 00:00 back to 23:00
    ("America/Havana", "2026-11-01", 25, 25),  # 00:00 comes twice
    ("Australia/Lord_Howe", "2026-04-05", 24.5, 25),
    ("Australia/Lord_Howe", "2026-10-04", 23.5, 24),
    ("Pacific/Apia", "2011-12-30", 0, 0),  # left out
    ("America/Toronto", "1919-03-31", 23.5, 24),  # from 23:30 to 00:30
    ("America/St_Johns", "2010-11-07", 25, 26),  # from 00:01 back to 23:01
]


@pytest.mark.parametrize(("zone", "day", "length_h", "hours"), LENGTHS)
def test_a_day_has_the_length_that_its_clocks_give_it(zone: str, day: str, length_h: float, hours: int) -> None:
    begins_at, ends_at = day_bounds(date.fromisoformat(day), ZoneInfo(zone))
    assert (ends_at - begins_at) / 3600 == length_h
    assert len(hour_bounds(date.fromisoformat(day), ZoneInfo(zone))) == hours


@given(days, zones)
def test_days_follow_one_another_and_begin_when_the_clocks_say_so(day: date, zone: ZoneInfo) -> None:
    begins_at, ends_at = day_bounds(day, zone)
    assert day_bounds(day + ONE_DAY, zone)[0] == ends_at
    if begins_at < ends_at:
        assert datetime.fromtimestamp(begins_at, zone).date() == day
        assert day_of(begins_at, zone) == day_of(ends_at - 0.25, zone) == day
    assert datetime.fromtimestamp(begins_at - 1, UTC).astimezone(zone).date() < day or zone.key == "America/St_Johns"


@given(days, zones)
def test_hours_tile_the_day_and_begin_as_the_clocks_show_them(day: date, zone: ZoneInfo) -> None:
    begins_at, ends_at = day_bounds(day, zone)
    hours = hour_bounds(day, zone)
    assert [hour[0] for hour in hours[1:]] == [hour[1] for hour in hours[:-1]]
    if hours:
        assert (hours[0][0], hours[-1][1]) == (begins_at, ends_at)
    for begins, ends in hours:
        shown = {datetime.fromtimestamp(at, zone).hour for at in (begins, (begins + ends) / 2, ends - 1)}
        assert len(shown) == 1


def test_a_day_that_had_begun_goes_on_where_the_clocks_are_set_back_over_midnight() -> None:
    zone, day = ZoneInfo("America/St_Johns"), date(2010, 11, 7)
    begins_at, ends_at = day_bounds(day, zone)
    assert datetime.fromtimestamp(begins_at + 120, zone).date() == day - ONE_DAY  # what the clocks show
    assert {day_of(at, zone) for at in (begins_at, begins_at + 120, begins_at + 7200, ends_at - 1)} == {day}


def test_both_ends_are_included() -> None:
    first, last = date(2026, 2, 27), date(2026, 3, 1)
    assert days_between(first, last) == (first, date(2026, 2, 28), last)
    assert days_between(last, last) == (last,)
    assert days_between(last, first) == ()


# --- stretches ------------------------------------------------------------------------------------------------------

BEGINS_AT, ENDS_AT = day_bounds(date(2026, 10, 25), KYIV)
CAUSE = Cause(why=Why.REGISTERED)
STATUSES = [status for status in Status if status is not Status.UNKNOWN]


def stretch(status: Status, began_s: float, ended_s: float | None) -> StatusStretch:
    end = None if ended_s is None else BEGINS_AT + ended_s
    return StatusStretch(status=status, began_at=BEGINS_AT + began_s, ended_at=end, cause=CAUSE)


@st.composite
def histories(draw: st.DrawFn) -> list[StatusStretch]:
    """A subject's stretches in order, with gaps, perhaps running, some before the day and some after."""
    cuts = sorted(draw(st.lists(st.integers(-200_000, 300_000_000), unique=True, max_size=16)))
    made = []
    for began, ended in zip(cuts[::2], [*cuts[1::2], None], strict=False):
        status = draw(st.sampled_from(list(Status)))
        made.append(stretch(status, began / 1000, None if ended is None else ended / 1000))
    return made


@given(histories(), st.integers(-100_000, 400_000))
def test_a_day_adds_up_to_its_length_exactly(history: list[StatusStretch], now_s: int) -> None:
    now = BEGINS_AT + now_s
    found = totals(history, BEGINS_AT, ENDS_AT, now)
    assert found.length_s == ENDS_AT - BEGINS_AT == 90_000
    assert found.future_s == min(90_000, max(0, 90_000 - now_s))
    assert min(getattr(found, name) for name in found.__struct_fields__) >= 0


@given(histories(), st.integers(-100_000, 400_000))
def test_tiles_have_no_gaps_and_nothing_after_now(history: list[StatusStretch], now_s: int) -> None:
    now = BEGINS_AT + now_s
    tiles = tile(history, BEGINS_AT, ENDS_AT, now)
    if now <= BEGINS_AT:
        assert tiles == ()
        return
    assert tiles[0].began_at == BEGINS_AT
    assert [each.ended_at for each in tiles[:-1]] == [each.began_at for each in tiles[1:]]
    assert tiles[-1].ended_at == ENDS_AT if now >= ENDS_AT else tiles[-1].ended_at in (now, None)
    assert all(each.ended_at is None or each.ended_at > each.began_at for each in tiles)
    by_status = dict.fromkeys(Status, 0.0)
    for each in tiles:
        by_status[each.status] += (min(now, ENDS_AT) if each.ended_at is None else each.ended_at) - each.began_at
    sums = totals(history, BEGINS_AT, ENDS_AT, now)
    assert [by_status[status] for status in Status] == [getattr(sums, f"{status}_s") for status in Status]


@given(histories(), st.integers(0, 90_000), st.data())
def test_any_cut_of_a_period_adds_up_to_the_whole(
    history: list[StatusStretch], now_s: int, data: st.DataObject
) -> None:
    cut = BEGINS_AT + data.draw(st.integers(0, 90_000))
    now = BEGINS_AT + now_s
    parts = totals(history, BEGINS_AT, cut, now) + totals(history, cut, ENDS_AT, now)
    assert parts == totals(history, BEGINS_AT, ENDS_AT, now)


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    history = [stretch(Status.ONLINE, 3600, 7200), stretch(Status.TALKING, 7200, 7260), stretch(Status.DND, 9000, None)]
    now = BEGINS_AT + 10_000
    shown = [(each.status, each.began_at - BEGINS_AT, each.ended_at) for each in tile(history, BEGINS_AT, ENDS_AT, now)]
    assert shown == [
        (Status.UNKNOWN, 0, BEGINS_AT + 3600),
        (Status.ONLINE, 3600, BEGINS_AT + 7200),
        (Status.TALKING, 7200, BEGINS_AT + 7260),
        (Status.UNKNOWN, 7260, BEGINS_AT + 9000),
        (Status.DND, 9000, None),  # runs
    ]
    assert tile(history, BEGINS_AT, ENDS_AT, now)[0].cause.why is Why.NOT_WATCHED
    assert totals(history, BEGINS_AT, ENDS_AT, now) == StatusTotals(
        online_s=3600, talking_s=60, dnd_s=1000, unknown_s=3600 + 1740, future_s=80_000
    )


def test_what_ended_just_now_does_not_run_on() -> None:
    now = BEGINS_AT + 100
    (only,) = tile([stretch(Status.ONLINE, -50, 100)], BEGINS_AT, ENDS_AT, now)
    assert (only.began_at, only.ended_at) == (BEGINS_AT, now)
    (only,) = tile([stretch(Status.ONLINE, -50, None)], BEGINS_AT, ENDS_AT, ENDS_AT)
    assert only.ended_at == ENDS_AT


def test_where_two_overlap_the_later_begins_where_it_says() -> None:
    both = [stretch(Status.DND, 50, 60), stretch(Status.ONLINE, 0, None)]
    shown = [(each.status, each.began_at - BEGINS_AT) for each in tile(both, BEGINS_AT, BEGINS_AT + 100, ENDS_AT)]
    assert shown == [(Status.ONLINE, 0), (Status.DND, 50), (Status.UNKNOWN, 60)]


def test_a_history_is_the_stretches_between_what_was_told() -> None:
    told = [
        StatusTold(at=at, status=status, cause=CAUSE, account="101")
        for at, status in [(10.0, Status.ONLINE), (20.0, Status.OFFLINE), (20.0, Status.ONLINE), (30.0, Status.DND)]
    ]
    assert [(each.status, each.began_at, each.ended_at) for each in stretches_of(told)] == [
        (Status.ONLINE, 10.0, 20.0),
        (Status.ONLINE, 20.0, 30.0),
        (Status.DND, 30.0, None),
    ]
    assert stretches_of([]) == ()
