"""The site's floor: what a test tells it, it holds and tells the hub, as the real one does; and rows to tell it."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from callfloor.floor.calls import (
    CallRecord,
    CallResult,
    CallStatus,
    CallType,
    EmployeePart,
    LiveCall,
    LiveParty,
    PartyState,
    StoryStep,
)
from callfloor.floor.changes import (
    CallChanged,
    Change,
    DirectoryChanged,
    EmployeeChanged,
    Link,
    LinkChanged,
    LinkState,
    Snapshot,
)
from callfloor.floor.directory import Directory
from callfloor.floor.employees import Cause, LiveAccount, LiveEmployee, QueueSeat, Status, Switch, Why
from callfloor.web.push.hub import Hub

NOW: Final = 1_700_000_000.0


class Clock:
    """The wall clock of the site: stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Floor:
    """A floor that holds what it is told, and tells the hub as the real one's task does."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._clock = clock
        self.calls: dict[str, LiveCall] = {}
        self.employees: dict[int, LiveEmployee] = {}
        self.link = Link(id="1", name="PBX", state=LinkState.LIVE, since=NOW)
        self.directory = directory
        self.hub = Hub(self.snapshot(), clock)

    def snapshot(self) -> Snapshot:
        return Snapshot(
            at=self._clock(),
            calls=tuple(self.calls.values()),
            links=(self.link,),
            directory=self.directory,
            employees=tuple(self.employees.values()),
        )

    def call_detail(self, call_id: str) -> tuple[LiveCall, Sequence[StoryStep]] | None:
        call = self.calls.get(call_id)
        return None if call is None else (call, (StoryStep(at=call.started_at, what="arrived"),))

    def links(self) -> Sequence[Link]:
        return (self.link,)

    def inbox(self) -> dict[str, int]:
        return {self.link.id: 12}

    def finished(self) -> dict[tuple[str, str], int]:
        return {("inbound", "answered"): 3}

    def put(self, *calls: LiveCall) -> None:
        """These calls are so now."""
        changes: list[Change] = []
        for call in calls:
            changes.append(CallChanged(call_id=call.id, before=self.calls.get(call.id), after=call))
            self.calls[call.id] = call
        self.hub.publish(changes)

    def end(self, call_id: str) -> None:
        """The call is over."""
        before = self.calls.pop(call_id)
        self.hub.publish([CallChanged(call_id=call_id, before=before, after=None)])

    def put_employees(self, *rows: LiveEmployee) -> None:
        """These employees are so now."""
        changes: list[Change] = []
        for row in rows:
            changes.append(EmployeeChanged(employee_id=row.id, before=self.employees.get(row.id), after=row))
            self.employees[row.id] = row
        self.hub.publish(changes)

    def remove_employee(self, employee_id: int) -> None:
        """The employee is no more."""
        before = self.employees.pop(employee_id)
        self.hub.publish([EmployeeChanged(employee_id=employee_id, before=before, after=None)])

    async def switch(self, employee_id: int, status: Status | None, *, by: str) -> None:
        """Callfloor's own switch."""
        switch = None if status is None else Switch(status=status, since=self._clock(), by=by)
        self.put_employees(msgspec.structs.replace(self.employees[employee_id], switch=switch))

    def set_link(self, state: LinkState) -> None:
        """The PBX link is so now."""
        before, self.link = self.link, msgspec.structs.replace(self.link, state=state, since=self._clock())
        self.hub.publish([LinkChanged(link=self.link.id, before=before, after=self.link)])

    def set_directory(self, directory: Directory) -> None:
        """The directory was edited."""
        before, self.directory = self.directory, directory
        self.hub.publish([DirectoryChanged(before=before, after=directory)])


def call(call_id: str, *employees: int, status: CallStatus = CallStatus.TALKING, **fields: Any) -> LiveCall:
    """A live call in which these employees take part."""
    parties = tuple(
        LiveParty(account=f"{employee}01", employee_id=employee, state=PartyState.TALKING, since=NOW)
        for employee in employees
    )
    values = {"type": CallType.INBOUND, "status_since": NOW, "started_at": NOW, "parties": parties, **fields}
    return LiveCall(id=call_id, status=status, **values)


def employee(
    employee_id: int, account: str, *queues: str, status: Status = Status.ONLINE, **fields: Any
) -> LiveEmployee:
    """An employee's live row, a member of these queues."""
    cause = Cause(why=Why.REGISTERED, account=account)
    return LiveEmployee(
        id=employee_id,
        status=status,
        since=NOW,
        cause=cause,
        accounts=(LiveAccount(account=account, status=status, since=NOW, cause=cause),),
        queues=tuple(QueueSeat(queue=queue, account=account, since=NOW) for queue in queues),
        **fields,
    )


def record(call_id: str, *accounts: str, started_at: float = NOW - 600) -> CallRecord:
    """A finished call that these accounts answered."""
    return CallRecord(
        call_id=call_id,
        type=CallType.INBOUND,
        result=CallResult.ANSWERED,
        abandoned_in=None,
        client_number="+48123456789",
        client_e164="+48123456789",
        business_number="+48221234567",
        started_at=started_at,
        answered_at=started_at + 10,
        ended_at=started_at + 70,
        waiting_s=10.0,
        ivr_s=0.0,
        queue_s=4.0,
        ringing_s=6.0,
        talk_s=60.0,
        hold_s=0.0,
        duration_s=70.0,
        employees=tuple(
            EmployeePart(
                account=account,
                ring_s=6.0,
                answered=True,
                answered_at=started_at + 10,
                talk_s=60.0,
                missed=False,
                taken_elsewhere=False,
            )
            for account in accounts
        ),
        external=(),
        queues=(),
        route=("+48221234567",),
        scheme="Main",
        hung_up_by="client",
        recording=None,
        forwarded_from=None,
        story=(StoryStep(at=started_at, what="arrived"),),
    )
