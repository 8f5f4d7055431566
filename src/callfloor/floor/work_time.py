"""How much of a stretch of time lay within working hours, by the clocks of a zone. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_ONE_DAY = timedelta(days=1)


class WorkClock:
    """A clock that runs in working hours alone.

    Days are worked out once, when they are first asked for; to ask again for an instant in them is a look into a list.
    """

    def __init__(
        self,
        hours: Iterable[tuple[int, int, int]],
        zone: ZoneInfo,
        days: Mapping[str, Sequence[tuple[int, int]]] = {},
    ) -> None:
        """Of stretches (weekday, 0 is Monday; first minute of the day; minute after the last, up to 1440).

        ``days`` have stretches of their own, or none: by YYYY-MM-DD, or by MM-DD of every year; the former is stronger.
        """
        week: list[list[tuple[int, int]]] = [[] for _ in range(7)]
        for weekday, begins, ends in hours:
            week[weekday].append((begins, ends))
        self._by_weekday = [_joined(each) for each in week]
        self._days = {day: _joined(each) for day, each in days.items()}
        self._zone = zone
        self._known: tuple[date, date] | None = None  # all days from the first to before the second
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._before: list[float] = []  # worked before each stretch

    def worked_s(self, since: float, until: float) -> float:
        """Seconds of work in ``[since, until)``; 0 where ``until`` is not later."""
        if until <= since:
            return 0.0
        self._know(since, until)
        return self._at(until) - self._at(since)

    def runs(self, at: float) -> bool:
        """Whether an instant is in working hours."""
        self._know(at, at)
        place = bisect_right(self._begins, at) - 1
        return place >= 0 and at < self._ends[place]

    def _at(self, at: float) -> float:
        place = bisect_right(self._begins, at) - 1
        return 0.0 if place < 0 else self._before[place] + min(at, self._ends[place]) - self._begins[place]

    def _know(self, since: float, until: float) -> None:
        first = datetime.fromtimestamp(since, self._zone).date() - _ONE_DAY
        last = datetime.fromtimestamp(until, self._zone).date() + 2 * _ONE_DAY
        if self._known is not None and self._known[0] <= first and last <= self._known[1]:
            return
        if self._known is not None:
            first, last = min(first, self._known[0]), max(last, self._known[1])
        self._known = first, last
        self._begins, self._ends, self._before = [], [], []
        worked, day = 0.0, first
        while day < last:
            for begins_minute, ends_minute in self._of(day):
                # Clocks that jump over an edge, or show it twice, never make a stretch negative or two overlap.
                begins = max(self._instant(day, begins_minute), self._ends[-1] if self._ends else float("-inf"))
                ends = self._instant(day, ends_minute)
                if ends > begins:
                    self._begins.append(begins)
                    self._ends.append(ends)
                    self._before.append(worked)
                    worked += ends - begins
            day += _ONE_DAY

    def _of(self, day: date) -> list[tuple[int, int]]:
        text = day.isoformat()
        own = self._days.get(text) if text in self._days else self._days.get(text[5:])
        return self._by_weekday[day.weekday()] if own is None else own

    def _instant(self, day: date, minute: int) -> float:
        if minute == 24 * 60:
            day, minute = day + _ONE_DAY, 0
        return datetime.combine(day, time(minute // 60, minute % 60), self._zone).timestamp()


def _joined(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, without what overlaps or touches."""
    found: list[tuple[int, int]] = []
    for begins, ends in sorted(stretches):
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(ends, found[-1][1])
        else:
            found.append((begins, ends))
    return found
