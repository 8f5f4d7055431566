"""What is asked of a report, and when one goes out by itself. Pure: no SQL.

Days, weeks and months are the project's own. A schedule names a minute of its clock: where clocks are set forward over
it, the report goes out as much later (02:30 becomes 03:30); where they are set back, the first of the two counts. So
there is one report a day, a week or a month, whatever the clocks do.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.floor.days import day_bounds
from callfloor.store.call_filter import CallFilter, Grouping, Sort

LONGEST_NAME = 200
MOST_ADDRESSES = 50
MOST_DAYS = 3660
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z")
_ONE_DAY = timedelta(days=1)


class Form(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class What(StrEnum):
    """What stands in it."""

    CALLS = "calls"
    TOTALS = "totals"


class ReportAsk(msgspec.Struct, frozen=True, kw_only=True):
    """One report: what, of which calls, how. The sight of who gets it is not in it: it is looked up when it is made."""

    what: What
    form: Form
    filter: CallFilter
    by: Grouping = Grouping.DAY  # of totals
    sort: Sort = Sort()  # of calls
    columns: tuple[str, ...] = ()  # none: the usual ones
    language: str = "en"
    bom: bool = True  # of CSV
    query: str = ""  # the journal's own words for the filter, so that the page can show it again


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Period(StrEnum):
    """Of which days, seen from the day on which it goes out."""

    YESTERDAY = "yesterday"
    LAST_WEEK = "last_week"  # Monday to Sunday
    LAST_MONTH = "last_month"
    LAST_DAYS = "last_days"  # the last n, without the day itself


class When(msgspec.Struct, frozen=True, kw_only=True):
    """When a report goes out, and of which days it is."""

    every: Every
    minute: int  # of the day
    weekday: int = 0  # 0 is Monday
    month_day: int = 1  # a month's last day where it is shorter
    period: Period = Period.YESTERDAY
    days: int = 7  # of LAST_DAYS

    def check(self) -> None:
        """Raise where this is no time.

        Raises:
            InvalidInputError: a number is out of its range.
        """
        ranges = (self.minute, 0, 1439), (self.weekday, 0, 6), (self.month_day, 1, 31), (self.days, 1, MOST_DAYS)
        if any(not least <= value <= most for value, least, most in ranges):
            raise InvalidInputError("a schedule's minute, weekday, day of the month or days are out of range")

    def next_after(self, at: float, zone: ZoneInfo) -> float:
        """The first time after an instant."""
        return next(due for due in self._from(datetime.fromtimestamp(at, zone).date() - _ONE_DAY, zone) if due > at)

    def latest_until(self, at: float, zone: ZoneInfo) -> float:
        """The last time up to an instant, that one included."""
        begin = datetime.fromtimestamp(at, zone).date() - timedelta(days=63)
        latest = None
        for due in self._from(begin, zone):
            if due > at:
                break
            latest = due
        if latest is None:
            raise LookupError("every schedule has a time in two months")
        return latest

    def period_of(self, due_at: float, zone: ZoneInfo) -> tuple[date, date]:
        """The first and the last day that the report of this time is of."""
        today = datetime.fromtimestamp(due_at, zone).date()
        match self.period:
            case Period.YESTERDAY:
                return today - _ONE_DAY, today - _ONE_DAY
            case Period.LAST_WEEK:
                monday = today - timedelta(days=today.weekday() + 7)
                return monday, monday + timedelta(days=6)
            case Period.LAST_MONTH:
                last = today.replace(day=1) - _ONE_DAY
                return last.replace(day=1), last
            case Period.LAST_DAYS:
                return today - timedelta(days=self.days), today - _ONE_DAY

    def filter_of(self, wanted: CallFilter, due_at: float, zone: ZoneInfo) -> CallFilter:
        """The same question, of the days that the report of this time is of."""
        first, last = self.period_of(due_at, zone)
        return wanted.over(day_bounds(first, zone)[0], day_bounds(last, zone)[1])

    def _from(self, day: date, zone: ZoneInfo) -> Iterator[float]:
        while True:
            if self._falls_on(day):
                # PEP 495: fold 0 takes the first of two, and in a gap the offset before it.
                hour, minute = divmod(self.minute, 60)
                local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                yield local.astimezone(UTC).timestamp()
            day += _ONE_DAY

    def _falls_on(self, day: date) -> bool:
        match self.every:
            case Every.DAY:
                return True
            case Every.WEEK:
                return day.weekday() == self.weekday
            case Every.MONTH:
                return day.day == min(self.month_day, calendar.monthrange(day.year, day.month)[1])


def checked_address(text: str) -> str:
    """A mail address that can stand in a header and in the envelope as it is: ASCII, without spaces or controls.

    Raises:
        InvalidInputError: this is none.
    """
    text = text.strip(" ")
    if len(text) > 254 or not _ADDRESS.match(text) or ".." in text:
        raise InvalidInputError("this is no mail address", address=text[:254])
    return text


def checked_name(text: str) -> str:
    """A report's name: one line of text.

    Raises:
        InvalidInputError: it is empty, too long, or has control characters in it.
    """
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_NAME or any(not sign.isprintable() for sign in text):
        raise InvalidInputError(f"a name has 1 to {LONGEST_NAME} characters, on one line")
    return text
