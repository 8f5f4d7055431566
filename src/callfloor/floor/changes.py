"""What changed on the floor, as before and after. Push, journal and metrics eat the same list.

Law L1: a snapshot plus the changes made since equals the later snapshot. Nothing changed, nothing returned.
"""

from enum import StrEnum

import msgspec

from callfloor.floor.calls import CallRecord, LiveCall
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee, StatusTold
from callfloor.floor.messages import FaxRecord
from callfloor.floor.supervisions import LiveSupervision


class LinkState(StrEnum):
    """The link to one PBX."""

    CONNECTING = "connecting"  # never been up since the start
    LIVE = "live"
    STALE = "stale"  # lost: what is shown is last known, since ``since``


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One PBX connection of the project, as the floor sees it."""

    id: str
    name: str
    state: LinkState
    since: float
    detail: str | None = None  # what to do about it, in a few words


class CallChanged(msgspec.Struct, frozen=True, tag="call"):
    """A live call began (``before`` None), changed, or ended (``after`` None)."""

    call_id: str
    before: LiveCall | None
    after: LiveCall | None


class CallFinished(msgspec.Struct, frozen=True, tag="finished"):
    """The row of a call that has ended: to be written down once."""

    record: CallRecord


class LinkChanged(msgspec.Struct, frozen=True, tag="link"):
    """A PBX link changed its state, or is no longer watched (``after`` None)."""

    link: str
    before: Link | None
    after: Link | None


class DirectoryChanged(msgspec.Struct, frozen=True, tag="directory"):
    """The directory was edited."""

    before: Directory
    after: Directory


class EmployeeChanged(msgspec.Struct, frozen=True, tag="employee"):
    """An employee's live row is another one. Gone from the directory: ``after`` None."""

    employee_id: int
    before: LiveEmployee | None
    after: LiveEmployee | None


class StatusChanged(msgspec.Struct, frozen=True, tag="status"):
    """A status of an account or of an employee began: for history."""

    told: StatusTold


class MailboxChanged(msgspec.Struct, frozen=True, kw_only=True, tag="mailbox"):
    """Messages of a voicemail box came, were heard or deleted: look at it. By which call, where one did it."""

    at: float
    link: str
    context: str
    box: str
    call_id: str | None
    channel: str | None


class FaxFinished(msgspec.Struct, frozen=True, tag="fax"):
    """A fax is over: to be written down once, and its file kept."""

    record: FaxRecord


class SupervisionChanged(msgspec.Struct, frozen=True, tag="supervision"):
    """A session of supervision began (``before`` None), changed, or ended (``after`` None)."""

    supervision_id: str
    before: LiveSupervision | None
    after: LiveSupervision | None


Change = (
    CallChanged
    | CallFinished
    | LinkChanged
    | DirectoryChanged
    | EmployeeChanged
    | StatusChanged
    | MailboxChanged
    | FaxFinished
    | SupervisionChanged
)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The whole floor at an instant."""

    at: float
    calls: tuple[LiveCall, ...]
    links: tuple[Link, ...]
    directory: Directory
    employees: tuple[LiveEmployee, ...] = ()
    supervisions: tuple[LiveSupervision, ...] = ()  # those of our own
