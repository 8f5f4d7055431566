"""What may be asked for an employee: each action's right, and how it is carried out through the ports."""

from typing import Any, assert_never

import msgspec

from callfloor.errors import NotFoundError
from callfloor.floor.directory import Employee
from callfloor.floor.employees import LiveEmployee, QueueSeat, Status
from callfloor.web.access import Action
from callfloor.web.contract import (
    AddToQueue,
    EmployeeAction,
    Pause,
    RemoveFromQueue,
    SetDnd,
    SetSwitch,
    Unpause,
)
from callfloor.web.ports import LiveProject


def right_of(action: EmployeeAction) -> Action:
    """What the viewer must be allowed."""
    return Action.SWITCH_STATUS if isinstance(action, SetSwitch) else Action.COMMAND_PBX


def told(action: EmployeeAction) -> tuple[str, dict[str, Any]]:
    """The action's name and its particulars, for the audit."""
    name = action.__struct_config__.tag
    return str(name), msgspec.structs.asdict(action)


async def carry_out(action: EmployeeAction, employee: Employee, project: LiveProject, *, by: str) -> None:
    """Ask the PBX, or set Callfloor's own switch. What comes of it is told by a fact, not by the return.

    Args:
        action: what is asked; the right to it was checked before.
        employee: whom it is for, as the directory has them.
        project: the live floor, and the ports through which it is asked.
        by: the login of who asks.

    Raises:
        NotFoundError: the account is not the employee's, or they are not in that queue.
        StoreError: the switch could not be stored, and is as it was.
        AmiError: the PBX refused, cannot be reached, or did not answer. Where the employee is in a queue with several
            accounts, those before the refused one were done.
    """
    commands = project.commands
    match action:
        case Pause(queue=queue, reason=reason):
            for seat in _seats(employee, project, queue):
                await commands.pause(seat.account, queue, paused=True, reason=reason)
        case Unpause(queue=queue):
            for seat in _seats(employee, project, queue):
                await commands.pause(seat.account, queue, paused=False)
        case AddToQueue(queue=queue, account=account):
            await commands.add_to_queue(_own(employee, account), queue, name=employee.name)
        case RemoveFromQueue(queue=queue):
            seats = _seats(employee, project, queue)
            # Whom the PBX's configuration seats cannot be taken off; where there are only such, the PBX says so.
            for seat in [seat for seat in seats if seat.dynamic] or seats:
                await commands.remove_from_queue(seat.account, queue)
        case SetDnd(account=account, on=on):
            await commands.set_dnd(_own(employee, account), on=on)
        case SetSwitch(status=status):
            await project.switch(employee.id, None if status is None else Status(status), by=by)
        case _:
            assert_never(action)


def _own(employee: Employee, account: str) -> str:
    if account not in employee.accounts:
        raise NotFoundError("This account is not the employee's.")
    return account


def _seats(employee: Employee, project: LiveProject, queue: str) -> list[QueueSeat]:
    row = live_row(project, employee.id)
    seats = [seat for seat in row.queues if seat.queue == queue] if row else []
    if not seats:
        raise NotFoundError("This employee is not a member of this queue.")
    return seats


def live_row(project: LiveProject, employee_id: int) -> LiveEmployee | None:
    """The employee's live row; None where the floor has none yet."""
    return next((row for row in project.source.snapshot().employees if row.id == employee_id), None)
