"""Who may do what, in one place: a table of roles and actions, and what of the live floor a viewer sees.

REST and the stream ask here and nowhere else. Another project's ids are answered as if they did not exist.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from callfloor.errors import ForbiddenError, NotFoundError, ProjectArchivedError
from callfloor.floor.calls import CallStatus, LiveCall
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import LiveEmployee
from callfloor.store.memberships import Membership, Role


class Action(StrEnum):
    """What a request wants to do in a project."""

    WATCH_FLOOR = "watch_floor"  # the live pages: snapshot, stream, a live call's story
    READ_CALLS = "read_calls"  # the journal, as far as the viewer's sight goes
    READ_DIRECTORY = "read_directory"  # names of departments, employees, queues, numbers
    READ_PROFILE = "read_profile"  # an employee's calls and statuses, as far as the viewer's sight goes
    SWITCH_STATUS = "switch_status"  # Callfloor's own switch of an employee in sight
    COMMAND_PBX = "command_pbx"  # pauses, queues and do-not-disturb of an employee in sight
    SUPERVISE = "supervise"  # listen to a call in sight, whisper to its employee, join it
    CONTROL_CALLS = "control_calls"  # hang up, transfer or take a call in sight
    READ_AUDIT = "read_audit"  # who did what
    LISTEN = "listen"  # recordings of calls in sight
    READ_MESSAGES = "read_messages"  # voicemail and faxes in sight: list, hear, view, mark
    ANNOTATE = "annotate"  # notes, tags and the success mark of calls in sight
    CALL_BACK = "call_back"  # the list of clients to call back: read it, take off it
    EXPORT = "export"  # documents of what is in sight, by mail too
    MARK_SPAM = "mark_spam"  # numbers whose calls are spam
    CHANGE_SETTINGS = "change_settings"  # the project's rules, numbers, tariffs; imports
    HANDLE_PERSONAL_DATA = "handle_personal_data"  # one client's data given out or taken out; what is too old deleted
    MANAGE_USERS = "manage_users"  # who may enter the project, as what; their sessions and second factors
    ARCHIVE = "archive"  # put the project to rest, take it up again; remove one that rests


_READ = frozenset({Action.READ_CALLS, Action.READ_DIRECTORY, Action.READ_PROFILE, Action.READ_MESSAGES})
_WORK_ON_CALLS = frozenset({Action.LISTEN, Action.ANNOTATE, Action.EXPORT})

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.ADMINISTRATOR: frozenset(Action),
    Role.ANALYST: _READ | _WORK_ON_CALLS | {Action.WATCH_FLOOR},
    Role.SUPERVISOR: _READ
    | _WORK_ON_CALLS
    | {Action.WATCH_FLOOR, Action.SWITCH_STATUS, Action.COMMAND_PBX, Action.CALL_BACK, Action.MARK_SPAM}
    | {Action.SUPERVISE, Action.CONTROL_CALLS},
    Role.EMPLOYEE: _READ | {Action.SWITCH_STATUS},  # their sight is themself alone
}

AT_REST = _READ | {
    Action.LISTEN,
    Action.EXPORT,
    Action.READ_AUDIT,
    Action.HANDLE_PERSONAL_DATA,
    Action.MANAGE_USERS,
    Action.ARCHIVE,
}
"""What is left of it in a project that rests: its past, and the duties that go on."""

UNASSIGNED_WAITING = frozenset({CallStatus.IVR, CallStatus.QUEUE})
"""Where a call that has reached nobody yet may still become any department's: every supervisor sees it there."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What of a project's calls and employees may be seen. Equal sights share one view of the stream, and its bytes."""

    departments: frozenset[int] | None = None  # None: every call
    employee_id: int | None = None  # with no departments: this employee's calls alone
    supervisions: bool = False  # who supervises whom now
    causes: bool = False  # why writing is held up, and what waits
    mask: bytes | None = None  # the project's key to masked numbers; None: clients' numbers are seen whole

    def lens(self, directory: Directory) -> Callable[[LiveCall], bool]:
        """The test of one call by this sight, under this directory."""
        if self.departments is None and self.employee_id is None:
            return _everything
        employees = self.employees(directory) or frozenset()

        def may_see(call: LiveCall) -> bool:
            unassigned = True
            for party in call.parties:
                if party.employee_id is not None:
                    if party.employee_id in employees:
                        return True
                    unassigned = False
            return unassigned and self.departments is not None and call.status in UNASSIGNED_WAITING

        return may_see

    def employee_lens(self, directory: Directory) -> Callable[[LiveEmployee], bool]:
        """The test of one employee's row by this sight, under this directory."""
        employees = self.employees(directory)
        return _everything if employees is None else lambda row: row.id in employees

    def employees(self, directory: Directory) -> frozenset[int] | None:
        """The ids of the employees who are seen, and whose live calls are; None means all, calls without one too."""
        departments = self.departments_within(directory)
        if departments is not None:
            return frozenset(e.id for e in directory.employees if e.department_id in departments)
        return None if self.employee_id is None else frozenset({self.employee_id})

    def departments_within(self, directory: Directory) -> frozenset[int] | None:
        """The departments that are seen, with all below them; None where the sight does not go by departments."""
        return None if self.departments is None else with_those_below(self.departments, directory)


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """One user in one project, as established from the session. Nothing of it comes from the request's body."""

    user_id: int
    project_id: int
    role: Role
    departments: frozenset[int] = frozenset()  # a supervisor's
    employee_id: int | None = None  # who the user is in the directory, where they are in it
    only: frozenset[Action] | None = None  # what a program's token may do of it; None: it is no program
    mask: bytes | None = None  # the project's key to masked numbers; None: the role sees clients' numbers whole
    archived: bool = False  # the project rests

    @classmethod
    def of(cls, membership: Membership) -> "Viewer":
        """The viewer that a membership makes of its user."""
        return cls(
            user_id=membership.user_id,
            project_id=membership.project_id,
            role=membership.role,
            departments=frozenset(membership.department_ids),
            employee_id=membership.employee_id,
            mask=membership.mask,
            archived=membership.archived_at is not None,
        )

    @property
    def person(self) -> "Viewer":
        """The same without a token's limits."""
        return self if self.only is None else msgspec.structs.replace(self, only=None)

    @property
    def sight(self) -> Sight:
        """What of the calls this viewer sees."""
        if self.role in {Role.ADMINISTRATOR, Role.ANALYST}:
            administers = self.role is Role.ADMINISTRATOR
            return Sight(supervisions=administers, causes=administers, mask=self.mask)
        if self.role is Role.SUPERVISOR:
            return Sight(departments=self.departments, mask=self.mask)
        return Sight(employee_id=self.employee_id if self.employee_id is not None else _NOBODY, mask=self.mask)

    def may(self, action: Action) -> bool:
        """Whether the role allows the action, the token where it is one, and the project unless it rests."""
        allowed = action in ALLOWED[self.role] and (not self.archived or action in AT_REST)
        return allowed and (self.only is None or action in self.only)

    def require(self, action: Action) -> None:
        """Raise unless the role allows the action.

        Raises:
            ForbiddenError: it does not.
            ProjectArchivedError: it would, but the project rests.
        """
        if not self.may(action):
            if self.archived and action in ALLOWED[self.role] and action not in AT_REST:
                raise ProjectArchivedError
            if action in ALLOWED[self.role]:
                raise ForbiddenError("The token's scopes do not allow this.", action=str(action))
            raise ForbiddenError(action=str(action))

    def may_see_call(self, call: LiveCall, directory: Directory) -> bool:
        """Whether this live call is in the viewer's sight."""
        return self.sight.lens(directory)(call)

    def employee(self, employee_id: int, directory: Directory) -> Employee:
        """An employee in the viewer's sight.

        Raises:
            NotFoundError: there is none of this id, or none that the viewer sees: the two are not told apart.
        """
        seen = self.sight.employees(directory)
        if seen is None or employee_id in seen:
            for employee in directory.employees:
                if employee.id == employee_id:
                    return employee
        raise NotFoundError("There is no such employee.")


_NOBODY = -1  # no employee has this id: the store's begin at 1


def _everything(_row: LiveCall | LiveEmployee) -> bool:
    return True


def with_those_below(departments: frozenset[int], directory: Directory) -> frozenset[int]:
    """The departments with all that are below them; a loop in them does no harm."""
    within = set(departments)
    grown = True
    while grown:
        below = {d.id for d in directory.departments if d.parent_id in within} - within
        within |= below
        grown = bool(below)
    return frozenset(within)
