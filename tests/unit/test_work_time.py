"""Working hours: against a clock that is read minute by minute, over days on which clocks are changed."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.work_time import WorkClock

KYIV = ZoneInfo("Europe/Kyiv")
QUARTER_S = 900
AT = datetime(2026, 3, 25, tzinfo=UTC).timestamp()  # clocks go forward on the 29th
AUTUMN = datetime(2026, 10, 22, tzinfo=UTC).timestamp()  # and back on the 25th
quarters = st.integers(0, 96).map(lambda n: n * 15)
hours = st.lists(st.tuples(st.integers(0, 6), quarters, quarters).filter(lambda each: each[1] < each[2]), max_size=9)


def at_work(stretches: list[tuple[int, int, int]], at: float) -> bool:
    local = datetime.fromtimestamp(at, KYIV)
    minute = local.hour * 60 + local.minute
    return any(day == local.weekday() and begins <= minute < ends for day, begins, ends in stretches)


# Where the clocks are changed, between 03:00 and 04:00, the edges of the hours are what decides, and not each minute.
@given(
    stretches=hours.map(lambda all_: [each for each in all_ if each[1] >= 300]),
    begin=st.sampled_from([AT, AUTUMN]),
    since=st.integers(0, 700),
    length=st.integers(0, 700),
)
def test_worked_time_is_that_of_the_clocks(
    stretches: list[tuple[int, int, int]], begin: float, since: int, length: int
) -> None:
    first = begin + since * QUARTER_S
    clock = WorkClock(stretches, KYIV)
    quarters_worked = [first + n * QUARTER_S for n in range(length) if at_work(stretches, first + n * QUARTER_S)]
    assert clock.worked_s(first, first + length * QUARTER_S) == len(quarters_worked) * QUARTER_S
    assert clock.runs(first) == at_work(stretches, first)


@given(stretches=hours, cuts=st.lists(st.integers(0, 20 * 86_400), min_size=3, max_size=6))
def test_worked_time_adds_up_whatever_was_asked_before(stretches: list[tuple[int, int, int]], cuts: list[int]) -> None:
    clock = WorkClock(stretches, KYIV)
    ordered = sorted(AT + cut for cut in cuts)
    parts = sum(clock.worked_s(one, other) for one, other in pairwise(ordered))
    assert (
        parts == clock.worked_s(ordered[0], ordered[-1]) == WorkClock(stretches, KYIV).worked_s(ordered[0], ordered[-1])
    )
    assert clock.worked_s(ordered[-1], ordered[0]) == 0
