"""Working hours: of the project, of departments and queues with hours of their own, and of days that are others."""

from collections.abc import Iterable
from datetime import date
from itertools import chain
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.floor.directory import Directory
from callfloor.floor.work_time import WorkClock

DAY_MINUTES = 24 * 60
MOST_STRETCHES = 7 * 12
MOST_HOLIDAYS = 400
MOST_OWN = 1000


class WorkingHours(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of work on one weekday, by the clocks of the project's zone; a break is where there is none."""

    weekday: int  # 0 is Monday
    begins_minute: int  # since midnight
    ends_minute: int  # up to 1440; not before ``begins_minute``


class DayHours(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of work on a day that is another."""

    begins_minute: int
    ends_minute: int


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """A day with hours of its own, or none: for all, whatever their weekdays are."""

    day: str  # YYYY-MM-DD
    name: str = ""
    every_year: bool = False
    hours: tuple[DayHours, ...] = ()  # nobody works where there are none


class DepartmentHours(msgspec.Struct, frozen=True, kw_only=True):
    """A department with hours of its own, and those below it that have none."""

    department_id: int
    hours: tuple[WorkingHours, ...]


class QueueHours(msgspec.Struct, frozen=True, kw_only=True):
    """A queue with hours of its own; one without has its department's, or the project's."""

    queue: str
    hours: tuple[WorkingHours, ...]


class HoursRules(Protocol):
    """What of the project's rules is about hours."""

    @property
    def working_hours(self) -> tuple[WorkingHours, ...] | None: ...
    @property
    def holidays(self) -> tuple[Holiday, ...]: ...
    @property
    def department_hours(self) -> tuple[DepartmentHours, ...]: ...
    @property
    def queue_hours(self) -> tuple[QueueHours, ...]: ...


class WorkClocks:
    """Whose working hours run when, by these rules and this directory. Equal hours share a clock."""

    def __init__(self, rules: HoursRules, directory: Directory, zone: ZoneInfo) -> None:
        self._days = {
            each.day[5:] if each.every_year else each.day: tuple((s.begins_minute, s.ends_minute) for s in each.hours)
            for each in sorted(rules.holidays, key=lambda each: not each.every_year)
        }
        self._zone = zone
        self._clocks: dict[tuple[WorkingHours, ...], WorkClock] = {}
        self._parents = {each.id: each.parent_id for each in directory.departments}
        self._of_department = {each.department_id: each.hours for each in rules.department_hours}
        self._of_queue = {each.queue: each.hours for each in rules.queue_hours}
        self._queues = {each.name: each.department_id for each in directory.queues}
        self._hours = rules.working_hours

    @property
    def project(self) -> WorkClock | None:
        """The project's; None where nobody said, and work has no hours."""
        return self._clock(self._hours)

    def department(self, department_id: int | None) -> WorkClock | None:
        """A department's: its own, else those of the nearest above that has its own, else the project's."""
        here, steps = department_id, 0
        while here is not None and steps <= len(self._parents):
            if here in self._of_department and here in self._parents:
                return self._clock(self._of_department[here])
            here, steps = self._parents.get(here), steps + 1
        return self.project

    def queue(self, name: str | None) -> WorkClock | None:
        """A queue's: its own, else its department's, else the project's."""
        if name is not None and name in self._of_queue:
            return self._clock(self._of_queue[name])
        return self.department(None if name is None else self._queues.get(name))

    def _clock(self, hours: tuple[WorkingHours, ...] | None) -> WorkClock | None:
        if not hours:
            return None
        if hours not in self._clocks:
            week = ((each.weekday, each.begins_minute, each.ends_minute) for each in hours)
            self._clocks[hours] = WorkClock(week, self._zone, self._days)
        return self._clocks[hours]


def check_hours(rules: HoursRules) -> None:
    """Raises InvalidInputError where a stretch does not end after it begins, or a day is none, or is there twice."""
    own = [each.hours for each in rules.department_hours] + [each.hours for each in rules.queue_hours]
    if not all(own):
        raise InvalidInputError("Who has hours of its own has some.", at=["hours"])
    every = [*(rules.working_hours or ()), *chain.from_iterable(own)]
    for each in every:
        if not (0 <= each.weekday <= 6 and 0 <= each.begins_minute < each.ends_minute <= DAY_MINUTES):
            raise InvalidInputError("working hours are on a weekday from 0 to 6, and end after they begin")
    for holiday in rules.holidays:
        try:
            date.fromisoformat(holiday.day)
        except ValueError:
            raise InvalidInputError("A holiday is a day: YYYY-MM-DD.", at=["holidays"]) from None
        if any(not 0 <= each.begins_minute < each.ends_minute <= DAY_MINUTES for each in holiday.hours):
            raise InvalidInputError("The hours of a day end after they begin.", at=["holidays"])
    _once("holidays", ((each.day[5:] if each.every_year else each.day) for each in rules.holidays))
    _once("department_hours", (each.department_id for each in rules.department_hours))
    _once("queue_hours", (each.queue for each in rules.queue_hours))


def _once(where: str, keys: Iterable[object]) -> None:
    found = list(keys)
    if len(set(found)) < len(found):
        raise InvalidInputError("One is there twice.", at=[where])
