"""Roles and sight, as pure rules."""

import pytest

from callfloor.errors import ForbiddenError, NotFoundError
from callfloor.floor.calls import CallStatus, CallType, LiveCall, LiveParty, PartyState
from callfloor.floor.directory import Department, Directory, Employee
from callfloor.floor.employees import Cause, LiveEmployee, Status, Why
from callfloor.store.memberships import Role
from callfloor.web.access import ALLOWED, Action, Sight, Viewer

DIRECTORY = Directory(
    departments=(
        Department(id=1, name="Sales", parent_id=3),
        Department(id=2, name="Night", parent_id=1),
        Department(id=3, name="A loop", parent_id=2),
        Department(id=4, name="Help"),
    ),
    employees=(
        Employee(id=1, name="One", department_id=1),
        Employee(id=2, name="Two", department_id=2),
        Employee(id=4, name="Four", department_id=4),
        Employee(id=5, name="Five"),
    ),
)


def call(*employees: int | None, status: CallStatus = CallStatus.TALKING) -> LiveCall:
    parties = tuple(
        LiveParty(account="1", employee_id=employee, state=PartyState.LEFT, since=1.0) for employee in employees
    )
    return LiveCall(id="a", type=CallType.INBOUND, status=status, status_since=1.0, started_at=1.0, parties=parties)


def test_every_role_has_its_row() -> None:
    assert set(ALLOWED) == set(Role)


def test_the_employee_may_not_watch_the_floor_and_the_others_may() -> None:
    for role in Role:
        viewer = Viewer(user_id=1, project_id=1, role=role)
        assert viewer.may(Action.WATCH_FLOOR) is (role is not Role.EMPLOYEE)
    with pytest.raises(ForbiddenError):
        Viewer(user_id=1, project_id=1, role=Role.EMPLOYEE).require(Action.WATCH_FLOOR)


READING = {Action.READ_CALLS, Action.READ_DIRECTORY, Action.READ_PROFILE, Action.READ_MESSAGES}
WORKING = {Action.LISTEN, Action.ANNOTATE, Action.EXPORT}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.ADMINISTRATOR, set(Action)),
        (Role.ANALYST, READING | WORKING | {Action.WATCH_FLOOR}),
        (
            Role.SUPERVISOR,
            READING
            | WORKING
            | {
                Action.WATCH_FLOOR,
                Action.COMMAND_PBX,
                Action.SWITCH_STATUS,
                Action.CALL_BACK,
                Action.MARK_SPAM,
                Action.SUPERVISE,
                Action.CONTROL_CALLS,
            },
        ),
        (Role.EMPLOYEE, READING | {Action.SWITCH_STATUS}),
    ],
)
def test_each_role_may_what_it_may_and_a_new_action_is_nobodys_by_accident(role: Role, allowed: set[Action]) -> None:
    assert ALLOWED[role] == allowed


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        (Viewer(user_id=1, project_id=1, role=Role.ADMINISTRATOR), {1, 2, 4, 5}),
        (Viewer(user_id=1, project_id=1, role=Role.ANALYST, employee_id=4), {1, 2, 4, 5}),
        (Viewer(user_id=1, project_id=1, role=Role.SUPERVISOR, departments=frozenset({1})), {1, 2}),
        (Viewer(user_id=1, project_id=1, role=Role.SUPERVISOR, departments=frozenset({1}), employee_id=5), {1, 2}),
        (Viewer(user_id=1, project_id=1, role=Role.SUPERVISOR), set()),
        (Viewer(user_id=1, project_id=1, role=Role.EMPLOYEE, employee_id=4), {4}),
        (Viewer(user_id=1, project_id=1, role=Role.EMPLOYEE), set()),
    ],
)
def test_a_row_and_an_id_are_seen_alike(viewer: Viewer, seen: set[int]) -> None:
    lens = viewer.sight.employee_lens(DIRECTORY)
    rows = [LiveEmployee(id=n, status=Status.ONLINE, since=1.0, cause=Cause(why=Why.CALL)) for n in (1, 2, 4, 5)]
    assert {row.id for row in rows if lens(row)} == seen
    for employee_id in (1, 2, 4, 5, 99, -1):
        if employee_id in seen:
            assert viewer.employee(employee_id, DIRECTORY).id == employee_id
        else:
            with pytest.raises(NotFoundError, match="There is no such employee"):
                viewer.employee(employee_id, DIRECTORY)


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        (call(1), True),
        (call(2), True),  # a department below
        (call(4, 2), True),  # any party, those who left too
        (call(4), False),
        (call(5), False),
        (call(99), False),
        (call(), False),
        (call(None), False),
        (call(status=CallStatus.QUEUE), True),
        (call(None, status=CallStatus.IVR), True),
        (call(4, status=CallStatus.QUEUE), False),
        (call(status=CallStatus.RINGING), False),
        (call(status=CallStatus.ARRIVING), False),
    ],
)
def test_a_supervisor_sees_their_departments_and_what_waits_for_anybody(shown: LiveCall, seen: bool) -> None:
    viewer = Viewer(user_id=1, project_id=1, role=Role.SUPERVISOR, departments=frozenset({1}))
    assert viewer.may_see_call(shown, DIRECTORY) is seen
    assert Viewer(user_id=1, project_id=1, role=Role.ANALYST).may_see_call(shown, DIRECTORY)


def test_a_supervisor_without_departments_and_a_user_who_is_no_employee_see_nobody() -> None:
    supervisor = Viewer(user_id=1, project_id=1, role=Role.SUPERVISOR)
    assert supervisor.sight.employees(DIRECTORY) == frozenset()
    employee = Viewer(user_id=1, project_id=1, role=Role.EMPLOYEE)
    assert not employee.may_see_call(call(1), DIRECTORY)
    assert not employee.may_see_call(call(status=CallStatus.QUEUE), DIRECTORY)
    assert employee.sight != Sight()


def test_an_employee_sees_their_own() -> None:
    employee = Viewer(user_id=1, project_id=1, role=Role.EMPLOYEE, employee_id=4)
    assert employee.may_see_call(call(1, 4), DIRECTORY)
    assert not employee.may_see_call(call(1), DIRECTORY)
    assert employee.sight.employees(DIRECTORY) == frozenset({4})
