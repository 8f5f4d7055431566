"""The REST API's own shapes; what they carry of calls and directory is the floor's. Instants are UTC epoch seconds."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from callfloor.floor.calls import LiveCall, StoryStep
from callfloor.floor.changes import LinkState
from callfloor.floor.employees import LiveEmployee, StatusStretch
from callfloor.store.journal import JournalCall
from callfloor.store.memberships import Role


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A login and its password."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None  # of the second factor, or a recovery


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The user who is signed in."""

    id: int
    login: str
    name: str
    locale: str
    theme: str
    look_chosen: bool = False  # language and theme are the user's choice, and not what the account began with


class ProjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A project the user may enter, and as what."""

    id: int
    name: str
    timezone: str
    country: str
    role: Role
    employee_id: int | None
    masked: bool = False  # clients' numbers are seen masked in this role
    archived_at: float | None = None  # the project rests since then: only its past is there, for administrators


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, the token that unsafe requests must carry, and the projects."""

    user: UserInfo
    csrf_token: str
    projects: tuple[ProjectInfo, ...]
    pending: tuple[Literal["password", "second_factor"], ...] = ()  # to be done before anything else
    installation: bool = False  # the user administers every project: what is the installation's is theirs too


class SignedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Signed out here; the browser goes on to the issuer, to sign out there too."""

    elsewhere: str


class SessionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One of the user's sessions."""

    id: int
    current: bool
    created_at: float
    last_seen_at: float
    expires_at: float
    address: str | None
    user_agent: str | None


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """The user's sessions, the latest first."""

    sessions: tuple[SessionEntry, ...]


class LiveCallDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A live call and its story so far, in time order."""

    call: LiveCall
    story: tuple[StoryStep, ...]


class CallList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the journal, newest first; ``next_cursor`` is null on the last."""

    calls: tuple[JournalCall, ...]
    next_cursor: str | None


class ProfileEmployee(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a profile is of, by the directory as it is now."""

    id: int
    name: str
    department_id: int | None
    department_name: str | None
    accounts: tuple[str, ...]


class StatusSeconds(msgspec.Struct, frozen=True, kw_only=True):
    """How long each status lasted, in seconds; what was not watched is unknown, what has not come is in none."""

    talking_s: float
    online_s: float
    dnd_s: float
    offline_s: float
    unknown_s: float


class ProfileSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's period in numbers; a mean of nothing is null, and its n is 0."""

    answered_inbound: int
    outbound: int
    outbound_answered: int
    callback: int
    callback_answered: int
    internal: int
    missed: int
    taken_elsewhere: int
    calls_s: float  # talk and hold of the calls this employee had a conversation in
    talk_s: float
    average_talk_s: float | None  # talk / answered calls
    average_talk_n: int
    average_answer_s: float | None  # the mean ring time of the offers this employee answered
    average_answer_n: int
    statuses: StatusSeconds


class ProfileDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of the project's zone. The five statuses and ``future_s`` add up to ``length_s``."""

    day: date
    begins_at: float
    length_s: float  # 86,400; on the days the clocks change 82,800 or 90,000, or what the zone has it
    answered_inbound: int
    outbound: int
    callback: int
    missed: int
    taken_elsewhere: int
    internal: int
    talking_s: float
    online_s: float
    dnd_s: float
    offline_s: float
    unknown_s: float
    future_s: float  # of today: what has not come yet


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's profile over some days of the project's zone, both ends inclusive."""

    employee: ProfileEmployee
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    timezone: str  # IANA
    now: float
    live: LiveEmployee | None  # null where the project's floor does not run here
    summary: ProfileSummary
    days: tuple[ProfileDay, ...]


class ProfileHour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of a day; calls stand in the hour they began in."""

    begins_at: float
    hour_label: str  # "00:00" … "23:00" by the wall clock: one is missing or comes twice where the clocks change
    answered_inbound: int
    outbound: int
    callback: int
    missed: int
    taken_elsewhere: int
    internal: int


class ProfileHours(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's day by hours (23 to 25 of them), and its calls, oldest first."""

    day: date
    hours: tuple[ProfileHour, ...]
    calls: tuple[JournalCall, ...]


class StatusTrack(msgspec.Struct, frozen=True, kw_only=True):
    """Stretches without a gap, from the day's beginning to its end or to now; the running one has no end."""

    account: str | None  # null: the employee's own
    stretches: tuple[StatusStretch, ...]


class DayStatuses(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's statuses over one day: their own track first, then one for each of their accounts."""

    day: date
    begins_at: float
    ends_at: float
    tracks: tuple[StatusTrack, ...]


_PLAIN = r"^[^\x00-\x1f\x7f]*$"  # no control characters: the PBX's protocol is made of lines

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=_PLAIN)]


class Pause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="pause", tag_field="action"):
    """Pause the employee in a queue they are in."""

    queue: Name
    reason: Annotated[str, msgspec.Meta(max_length=80, pattern=_PLAIN)] | None = None


class Unpause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="unpause", tag_field="action"):
    """End the employee's pause in a queue."""

    queue: Name


class AddToQueue(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="add_to_queue", tag_field="action"
):
    """Make one of the employee's accounts a member of a queue."""

    queue: Name
    account: Name


class RemoveFromQueue(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="remove_from_queue", tag_field="action"
):
    """Take the employee off a queue."""

    queue: Name


class SetDnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dnd", tag_field="action"):
    """Switch the PBX's do-not-disturb of one of the employee's accounts."""

    account: Name
    on: bool


class SetSwitch(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="switch", tag_field="action"
):
    """Callfloor's own switch of the employee's status; null takes it back."""

    status: Literal["dnd", "offline"] | None


EmployeeAction = Pause | Unpause | AddToQueue | RemoveFromQueue | SetDnd | SetSwitch


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The PBX accepted it. What comes of it is told by the stream, when the PBX tells it."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did, or tried to do."""

    id: int
    at: float
    user_id: int | None  # null: nobody was signed in
    user_login: str | None  # as it was then
    action: str
    subject: str | None  # whom or what it was done to: kind and id, as employee:12
    details: dict[str, Any]
    outcome: str  # "done", or the error_id of what hindered it


class AuditList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the audit, newest first; ``next_cursor`` is null on the last."""

    entries: tuple[AuditEntry, ...]
    next_cursor: str | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The process lives."""

    status: str
    version: str


class LinkHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The link to one PBX."""

    project_id: int
    id: str
    state: LinkState
    since: float


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether requests can be served. A PBX link that is down does not count: the page shows that itself."""

    ready: bool
    reasons: tuple[str, ...]
    links: tuple[LinkHealth, ...]
    backlog: int  # finished calls that wait to be written
    viewers: int
