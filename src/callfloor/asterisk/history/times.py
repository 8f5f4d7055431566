"""Times as the PBX wrote them: local, often in whole seconds, and an hour that comes twice each autumn."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callfloor.errors import InvalidInputError

_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?$")
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?$")
BACKWARDS_S = 60.0
"""Rows of one source may be this much out of order without the hour being thought the second of its name."""
DAY_S = 86_400.0
HOUR_TWICE_S = 7200.0
WRONG_ZONE_ROWS = 5
WRONG_ZONE_S = 900.0


class RefusedRowError(Exception):
    """A row that cannot be read; the text says why."""


def zone_named(name: str) -> ZoneInfo:
    """The zone of this IANA name.

    Raises:
        InvalidInputError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInputError(f"{name!r} is no time zone; give one as Europe/Warsaw or UTC") from None


class Clock:
    """Reads the times of one source, in their order.

    A time that occurs twice (summer time ends) is told apart by what is known of its row, the second in which its
    channel began; else by the rows before it: time in a source goes on.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._last = 0.0
        self._near = 0
        self._off: dict[int, int] = {}
        self._minute: datetime | None = None
        self._begins = (0.0, 0.0)
        self._minutes: dict[str, float] = {}  # of the hour before: how their times begin -> when they begin

    def again(self) -> "Clock":
        """Another one of the same zone, for another pass."""
        return Clock(self._zone)

    def surely_before(self, at: float) -> float:
        """An instant from which on a search by local times misses nothing of ``at``, though an hour comes twice."""
        around = {datetime.fromtimestamp(at + away, self._zone).utcoffset() for away in (-DAY_S, DAY_S)}
        return at if len(around) == 1 else at - HOUR_TWICE_S

    def local(self, at: float) -> datetime:
        """What the PBX's clock shows at an instant."""
        return datetime.fromtimestamp(at, self._zone).replace(tzinfo=None)

    def read(self, value: object, began_at: float | None, *, from_id: bool = False) -> float:
        """Epoch seconds of a time as it stands in the source.

        Args:
            value: text, or what a database's driver makes of a DATETIME or a TIMESTAMP; epoch seconds as text too.
            began_at: the earliest instant it can be, where that is known.
            from_id: that instant is the one in a unique id, against which the zone is checked.

        Raises:
            RefusedRowError: it is no time.
        """
        if value.__class__ is str:
            minute_at, second = self._minutes.get(value[:17]), value[17:]  # rows come in order: most are of that hour
            if minute_at is not None and second.replace(".", "", 1).isdecimal():
                at = minute_at + float(second)
                self._last = max(self._last, at)
                if began_at is not None and from_id:
                    self._compare(at - began_at)
                return at
        moment = self._moment(value)
        at = moment if isinstance(moment, float) else self._of_local(moment, began_at)
        if not 0 < at < 10**11:
            raise RefusedRowError("the time is out of range")
        self._last = max(self._last, at) if at - self._last < 10**7 else at
        if began_at is not None and from_id:
            self._compare(at - began_at)
        return at

    def _moment(self, value: object) -> float | datetime:
        if isinstance(value, datetime):
            return value if value.tzinfo is None else value.timestamp()
        if isinstance(value, int | float):
            return float(value)
        if not isinstance(value, str):
            raise RefusedRowError("no time")
        said = value.strip()
        found = _STAMP.match(said)
        if found is None:
            if _EPOCH.match(said):
                return float(said)
            raise RefusedRowError("no time")
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        micro = int((fraction or "0").ljust(6, "0")[:6])
        try:
            moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micro)  # noqa: DTZ001
        except ValueError:
            raise RefusedRowError("no time") from None
        if offset is None:
            return moment
        if offset == "Z":
            return moment.replace(tzinfo=UTC).timestamp()
        sign = -1 if offset[0] == "-" else 1
        digits = offset[1:].replace(":", "").ljust(4, "0")
        away = sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return (moment.replace(tzinfo=UTC) - away).timestamp()

    def _both(self, moment: datetime) -> tuple[float, float]:
        """What a local time is, the first time it is shown and the second."""
        return moment.replace(tzinfo=self._zone).timestamp(), moment.replace(tzinfo=self._zone, fold=1).timestamp()

    def _look_at(self, hour: datetime) -> None:
        """Where an hour goes by as any other, its times are read by their minutes and seconds alone."""
        begins, ends = self._both(hour), self._both(hour.replace(minute=59))
        if begins[0] == begins[1] and ends == (begins[0] + 3540.0, begins[0] + 3540.0):
            said = hour.strftime("%Y-%m-%d %H:")
            self._minutes = {f"{said}{minute:02}:": begins[0] + minute * 60.0 for minute in range(60)}
        else:
            self._minutes = {}

    def _of_local(self, moment: datetime, began_at: float | None) -> float:
        minute = moment.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._begins = self._both(minute)
            self._look_at(minute.replace(minute=0))
        within_s = moment.second + moment.microsecond / 1e6
        first, second = self._begins[0] + within_s, self._begins[1] + within_s
        if first == second:
            return first
        # In spring the hour does not exist: Python gives what a clock not put forward would have shown.
        early, late = min(first, second), max(first, second)
        if began_at is not None:
            return early if early >= began_at - 2.0 else late
        return early if early >= self._last - BACKWARDS_S else late

    def _compare(self, off_s: float) -> None:
        """Unique ids begin with the second of their channel's start: how far is the clock from them?"""
        quarter = round(off_s / WRONG_ZONE_S)
        if quarter:
            self._off[quarter] = self._off.get(quarter, 0) + 1
        else:
            self._near += 1

    def wrong_by_s(self) -> float | None:
        """By how much the source's zone is another than was said, where its rows are sure of that."""
        if not self._off:
            return None
        quarter, rows = max(self._off.items(), key=lambda item: item[1])
        if rows < WRONG_ZONE_ROWS or rows < 10 * self._near:
            return None
        return quarter * WRONG_ZONE_S
