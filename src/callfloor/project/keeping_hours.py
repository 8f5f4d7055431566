"""The rule "offline outside working hours": on at the end of somebody's work, taken back at its beginning."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from callfloor.floor import facts
from callfloor.floor.changes import Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.employees import Status
from callfloor.store.rules import Rules
from callfloor.store.working_hours import WorkClocks

OUTSIDE_HOURS = "outside_working_hours"  # the rule's name, as a cause's ``by``


class KeptHours:
    """Knows the clocks for as long as rules and directory stay the same."""

    def __init__(self) -> None:
        self._made_of: tuple[Rules, Directory, str] | None = None
        self._clocks: WorkClocks | None = None
        self._held = True  # switches of before a restart may be there to be taken back

    def concern(self, rules: Rules) -> bool:
        """Whether there may be anybody to switch."""
        held, self._held = (
            self._held,
            rules.offline_outside_hours and bool(rules.working_hours or rules.department_hours),
        )
        return held or self._held

    def switches(self, rules: Rules, snapshot: Snapshot, timezone: str, now: float) -> Iterator[facts.EmployeeSwitched]:
        """Who is to be switched now. A person's own switch is left alone."""
        clocks = self._of(rules, snapshot.directory, timezone)
        departments = {each.id: each.department_id for each in snapshot.directory.employees}
        for employee in snapshot.employees:
            clock = clocks.department(departments.get(employee.id)) if rules.offline_outside_hours else None
            at_work = clock is None or clock.runs(now)
            ours = employee.switch is not None and employee.switch.by == OUTSIDE_HOURS
            if (at_work and ours) or (not at_work and employee.switch is None):
                wanted = None if at_work else Status.OFFLINE
                yield facts.EmployeeSwitched(
                    at=now, employee_id=employee.id, status=wanted, by=OUTSIDE_HOURS, by_rule=True
                )

    def _of(self, rules: Rules, directory: Directory, timezone: str) -> WorkClocks:
        known = self._made_of
        if self._clocks is None or known is None or known[0] is not rules or known[1:] != (directory, timezone):
            self._made_of = rules, directory, timezone
            self._clocks = WorkClocks(rules, directory, ZoneInfo(timezone))
        return self._clocks
