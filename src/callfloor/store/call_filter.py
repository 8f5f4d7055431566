"""What is asked of the journal: which calls, in which order, added up by what. Pure: no SQL.

Every part of a filter that is given must hold; within a part any of its values does. None says nothing.
"""

from enum import StrEnum
from typing import Self

import msgspec

from callfloor.floor.calls import CallType


class Outcome(StrEnum):
    """A finished call's result as people filter by it: the abandoned ones by where the caller left."""

    ANSWERED = "answered"
    MISSED = "missed"
    ABANDONED_QUEUE = "abandoned_queue"
    ABANDONED_IVR = "abandoned_ivr"
    VOICEMAIL = "voicemail"
    FAX = "fax"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


class Mark(StrEnum):
    """What a finished call is beside its type and result (docs/glossary.md, "Marks")."""

    UNIQUE = "unique"
    REPEAT = "repeat"
    TARGET = "target"
    CALLBACK = "callback"
    SPAM = "spam"
    SUCCESSFUL = "successful"
    UNSUCCESSFUL = "unsuccessful"


class Party(StrEnum):
    """Who ended a call."""

    CLIENT = "client"
    EMPLOYEE = "employee"
    EXTERNAL = "external"
    SYSTEM = "system"


class PartIn(StrEnum):
    """What an employee had to do with a call, as their profile counts it."""

    TOOK_PART = "took_part"  # dialled, answered, or talked
    MISSED = "missed"
    TAKEN_ELSEWHERE = "taken_elsewhere"


class Between(msgspec.Struct, frozen=True, kw_only=True):
    """A range of seconds, both ends inclusive; None is open."""

    least_s: float | None = None
    most_s: float | None = None


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls: those that began in ``[started_from, started_to)`` and hold all that follows."""

    started_from: float
    started_to: float
    employee_ids: frozenset[int] | None = None
    department_ids: frozenset[int] | None = None  # at the time of the call, with all below them already in it
    business_numbers: frozenset[str] | None = None
    sources: frozenset[str] | None = None  # as the directory has the numbers' sources now
    queues: frozenset[str] | None = None
    types: frozenset[CallType] | None = None
    outcomes: frozenset[Outcome] | None = None
    marks: frozenset[Mark] | None = None
    hung_up_by: frozenset[Party] | None = None
    tags: frozenset[str] | None = None
    hours: frozenset[int] | None = None  # of the project's day, 0–23, in which the call began
    weekdays: frozenset[int] | None = None  # of the project's day, 0 is Monday
    talk: Between | None = None
    waiting: Between | None = None
    duration: Between | None = None
    number_part: str | None = None  # 3 digits or more of the client's or the business number
    clients_masked: bool = False  # who asks sees clients' numbers masked: the part is the business number's alone
    client_e164: str | None = None
    recorded: bool | None = None
    counted: bool | None = None  # whether totals count it: spam they do not, unless the project says otherwise
    part_in: PartIn | None = None  # what ``employee_ids`` had to do with it; without them, any employee
    # What the viewer may see, beside what they ask for: calls with one of these departments or this employee.
    seen_department_ids: frozenset[int] | None = None
    seen_employee_id: int | None = None

    def over(self, started_from: float, started_to: float) -> Self:
        """The same question of another period."""
        return msgspec.structs.replace(self, started_from=started_from, started_to=started_to)


class SortKey(StrEnum):
    """What the journal sorts by; the call's start decides among equals. What is unknown comes last."""

    STARTED = "started"
    TYPE = "type"
    RESULT = "result"
    CLIENT = "client"
    NUMBER = "number"
    SOURCE = "source"
    SCHEME = "scheme"
    QUEUE = "queue"
    EMPLOYEE = "employee"
    DEPARTMENT = "department"
    WAITING = "waiting"
    TALK = "talk"
    DURATION = "duration"
    COST = "cost"
    HUNG_UP_BY = "hung_up_by"


class Sort(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the journal."""

    key: SortKey = SortKey.STARTED
    descending: bool = True


class Grouping(StrEnum):
    """What totals are split by. Days, weeks, months, hours and weekdays are the project's own."""

    EMPLOYEE = "employee"
    DEPARTMENT = "department"
    NUMBER = "number"
    SOURCE = "source"
    QUEUE = "queue"
    TYPE = "type"
    RESULT = "result"
    HOUR = "hour"  # of the day, 0–23
    WEEKDAY = "weekday"  # 0 is Monday
    DAY = "day"
    WEEK = "week"  # by its Monday
    MONTH = "month"
