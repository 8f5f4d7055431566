"""What is told of a block without reading it: how much happened, and how many calls there were in each minute.

Calls are counted in groups, by the departments of whoever takes part, so that each viewer's sight adds up its own.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from callfloor.floor.calls import CallStatus
from callfloor.floor.past import CALL, DIRECTORY, EMPLOYEE, LINK, Plain, PlainFloor, Step

MINUTE_MS = 60_000

UNASSIGNED = "w"
"""The group of calls that have reached nobody, and may still become anybody's."""

_WAITS = frozenset({CallStatus.IVR.value, CallStatus.QUEUE.value})


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A block in a few numbers."""

    call_events: int = 0
    employee_events: int = 0
    first_minute: int = 0  # whole minutes since 1970
    minutes: dict[str, list[int]] = {}
    """Calls that were there in each minute from ``first_minute`` on, by group: the numbers of departments, ascending,
    with commas between; ``UNASSIGNED``; or nothing, which goes with no department."""


def is_call_event(step: Step) -> bool:
    """Whether somebody who looks at the calls would stop here: a call comes, goes, or is in another phase."""
    if step.kind == LINK:
        return _was(step, "state")
    return step.kind == CALL and _was(step, "status")


def is_employee_event(step: Step) -> bool:
    """Whether somebody who looks at the employees would stop here: another status, or another badge."""
    if step.kind == LINK:
        return _was(step, "state")
    if step.kind != EMPLOYEE:
        return False
    return _was(step, "status") or (step.before is not None and _badges(step.before) != _badges(step.after))


def _was(step: Step, name: str) -> bool:
    if step.before is None or step.after is None:
        return True
    return bool(step.before[name] != step.after[name])


def _badges(row: Plain) -> list[tuple[Any, Any]]:
    return [(badge["kind"], badge.get("queue")) for badge in row["badges"]]


class Surveyor:
    """Goes along with a block as it grows."""

    def __init__(self, began_ms: int, floor: PlainFloor) -> None:
        self._floor = floor
        self._first = self._minute = began_ms // MINUTE_MS
        self._counted: list[Counter[str]] = []
        self._departments = _departments(floor.rows[DIRECTORY][0])
        self._seen = self._now()
        self._calls = self._employees = 0

    def saw(self, step: Step) -> None:
        """A change was made to the floor."""
        self.passed(step.at_ms)
        if step.kind == CALL:
            self._seen[step.key] = self._group(step.after if step.after is not None else step.before)
        elif step.kind == DIRECTORY:
            self._departments = _departments(step.after)
        self._calls += is_call_event(step)
        self._employees += is_employee_event(step)

    def passed(self, at_ms: int) -> None:
        """It is this instant."""
        minute = at_ms // MINUTE_MS
        while self._minute < minute:
            self._counted.append(Counter(self._seen.values()))
            self._minute += 1
            self._seen = self._now()

    def survey(self) -> Survey:
        """Of all until now."""
        counted = [*self._counted, Counter(self._seen.values())]
        groups = {group for minute in counted for group in minute}
        return Survey(
            call_events=self._calls,
            employee_events=self._employees,
            first_minute=self._first,
            minutes={group: [minute[group] for minute in counted] for group in sorted(groups)},
        )

    def _now(self) -> dict[Any, str]:
        return {key: self._group(row) for key, row in self._floor.rows[CALL].items()}

    def _group(self, call: Plain) -> str:
        employees = [party["employee_id"] for party in call["parties"] if party["employee_id"] is not None]
        if not employees:
            return UNASSIGNED if call["status"] in _WAITS else ""
        found = {self._departments.get(each) for each in employees} - {None}
        return ",".join(str(each) for each in sorted(each for each in found if each is not None))


def counted(survey: Survey, seen: Callable[[str], bool]) -> Mapping[int, int]:
    """Calls by minute (since 1970), of the groups that are seen."""
    found: Counter[int] = Counter()
    for group, numbers in survey.minutes.items():
        if seen(group):
            for place, number in enumerate(numbers):
                found[survey.first_minute + place] += number
    return found


def sees_groups(departments: frozenset[int] | None) -> Callable[[str], bool]:
    """The test of one group by a sight of these departments (None: all there is)."""

    def seen(group: str) -> bool:
        if departments is None or group == UNASSIGNED:
            return True
        return any(int(each) in departments for each in group.split(",") if each)

    return seen


def _departments(directory: Plain) -> dict[int, int | None]:
    return {employee["id"]: employee["department_id"] for employee in directory["employees"]}
