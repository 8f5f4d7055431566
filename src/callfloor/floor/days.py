"""A subject's statuses, cut into the project's own days, so that every day adds up to its length (law L5).

A day is 00:00 to 00:00 of the project's zone: 82,800, 86,400 or 90,000 s as a rule, and whatever a zone makes of it
(half an hour at Lord Howe; Samoa had no 30 December 2011). Days follow one another without a gap, whatever the zone.

Instants are UTC epoch seconds. Between 2004 and 2106 their differences and the sums of these are exact in a float, so
"adds up" means equality.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from callfloor.floor.employees import Cause, Status, StatusStretch, StatusTold, Why

NOT_WATCHED = Cause(why=Why.NOT_WATCHED)
_STEP_S = 900.0  # every offset of today's zones is a multiple of a quarter of an hour
_ONE_DAY = timedelta(days=1)


class StatusTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds in each status. All six add up to the length of the period they are of."""

    talking_s: float = 0.0
    online_s: float = 0.0
    dnd_s: float = 0.0
    offline_s: float = 0.0
    unknown_s: float = 0.0  # not watched
    future_s: float = 0.0  # has not come yet

    @property
    def length_s(self) -> float:
        """The period's length."""
        return self.talking_s + self.online_s + self.dnd_s + self.offline_s + self.unknown_s + self.future_s

    def __add__(self, other: "StatusTotals") -> "StatusTotals":
        return StatusTotals(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


def day_bounds(day: date, zone: ZoneInfo) -> tuple[float, float]:
    """When a day begins and ends, in a zone. ``[1]`` is the next day's ``[0]``."""
    return _begins_at(day, zone), _begins_at(day + _ONE_DAY, zone)


def days_between(first: date, last: date) -> tuple[date, ...]:
    """All days from the first to the last, both included; none where ``last`` is before ``first``."""
    return tuple(first + n * _ONE_DAY for n in range((last - first).days + 1))


def day_of(at: float, zone: ZoneInfo) -> date:
    """The day in whose bounds an instant lies."""
    day = datetime.fromtimestamp(at, zone).date()
    while at >= _begins_at(day + _ONE_DAY, zone):  # clocks set back over midnight: the day that had begun goes on
        day += _ONE_DAY
    return day


def hour_bounds(day: date, zone: ZoneInfo) -> tuple[tuple[float, float], ...]:
    """The hours of a day as its clocks show them: 23, 24 or 25, without gaps; the hour that comes twice is two."""
    begins_at, ends_at = day_bounds(day, zone)
    cuts = []
    before = None
    at = begins_at
    while at < ends_at:
        local = datetime.fromtimestamp(at, zone)
        shown = local.hour, local.utcoffset()
        if shown != before:
            cuts.append(at)
        before = shown
        at += _STEP_S
    return tuple(pairwise([*cuts, ends_at])) if cuts else ()


def stretches_of(told: Iterable[StatusTold]) -> tuple[StatusStretch, ...]:
    """One subject's history as stretches; the last one runs. What was told at the same instant is overruled."""
    inside = sorted(told, key=lambda each: each.at)
    ends: list[float | None] = [*(each.at for each in inside), None][1:]
    return tuple(
        StatusStretch(status=each.status, began_at=each.at, ended_at=ended_at, cause=each.cause)
        for each, ended_at in zip(inside, ends, strict=True)
        if ended_at is None or ended_at > each.at
    )


def tile(stretches: Iterable[StatusStretch], begins_at: float, ends_at: float, now: float) -> tuple[StatusStretch, ...]:
    """The part of a subject's stretches in a period, without gaps: what is not known is explicitly unknown.

    Args:
        stretches: of one subject, in any order. Where two overlap, the later one begins where it says.
        begins_at: the period's first instant.
        ends_at: the period's end, exclusive.
        now: nothing is known after it. A running stretch (``ended_at`` None) goes on until then.

    Returns:
        Stretches that begin at ``begins_at`` and follow one another. The last ends at ``ends_at``, or has no end
        (``ended_at`` None) where it still runs: the period is not over. Empty where the period has not begun.
    """
    return tuple(_tiles(stretches, begins_at, min(ends_at, now), running=now < ends_at))


def totals(stretches: Iterable[StatusStretch], begins_at: float, ends_at: float, now: float) -> StatusTotals:
    """Seconds per status in a period; together exactly ``ends_at - begins_at``. Arguments as of ``tile``."""
    seconds = dict.fromkeys(Status, 0.0)
    until = min(ends_at, now)
    for each in _tiles(stretches, begins_at, until, running=False):
        assert each.ended_at is not None  # noqa: S101 - none runs: the period was cut off at now
        seconds[each.status] += each.ended_at - each.began_at
    return StatusTotals(
        talking_s=seconds[Status.TALKING],
        online_s=seconds[Status.ONLINE],
        dnd_s=seconds[Status.DND],
        offline_s=seconds[Status.OFFLINE],
        unknown_s=seconds[Status.UNKNOWN],
        future_s=max(0.0, ends_at - max(begins_at, now)),
    )


def _tiles(
    stretches: Iterable[StatusStretch], begins_at: float, until: float, *, running: bool
) -> Iterator[StatusStretch]:
    inside = sorted(
        (each for each in stretches if each.began_at < until and (each.ended_at is None or each.ended_at > begins_at)),
        key=lambda each: each.began_at,
    )
    ends = [*(each.began_at for each in inside), until][1:]
    at = begins_at
    for each, next_at in zip(inside, ends, strict=True):
        began_at = max(each.began_at, begins_at)
        ended_at = min(next_at, until if each.ended_at is None else each.ended_at)
        if began_at > at:
            yield StatusStretch(status=Status.UNKNOWN, began_at=at, ended_at=began_at, cause=NOT_WATCHED)
        if ended_at > began_at:
            goes_on = running and each.ended_at is None and ended_at == until
            end = None if goes_on else ended_at
            yield StatusStretch(status=each.status, began_at=began_at, ended_at=end, cause=each.cause)
        at = max(at, began_at, ended_at)
    if at < until:
        yield StatusStretch(status=Status.UNKNOWN, began_at=at, ended_at=None if running else until, cause=NOT_WATCHED)


def _begins_at(day: date, zone: ZoneInfo) -> float:
    """The first instant at which the clocks show this day, or a later one where they skip it."""
    midnight = datetime.combine(day, time(), zone)
    late, early = midnight.timestamp(), midnight.replace(fold=1).timestamp()
    if early >= late:  # midnight comes once, or twice (the first counts)
        return late
    while late - early > 1:  # the clocks jump over midnight: find where
        middle = (late + early) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).date() >= day:
            late = middle
        else:
            early = middle
    return late
