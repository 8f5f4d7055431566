"""What an employee is, live: status, accounts, devices, queues; and one stretch of status, as history keeps it.

Statuses have an order: talking > online > dnd > offline. An account's status is the first that any of its devices
has, an employee's the first that any of their accounts has (ST-1). What was not watched is ``unknown``.
"""

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """In order: the first that any account has is the employee's."""

    TALKING = "talking"  # in a conversation, on hold included
    ONLINE = "online"
    DND = "dnd"
    OFFLINE = "offline"
    UNKNOWN = "unknown"  # not watched; never a guess


STATUS_ORDER = (Status.TALKING, Status.ONLINE, Status.DND, Status.OFFLINE)


class Why(StrEnum):
    """What made a status begin."""

    CALL = "call"  # a conversation began
    CALL_ENDED = "call_ended"
    REGISTERED = "registered"  # a phone registered, or came back
    SIGNED_OFF = "signed_off"  # the phone unregistered itself: a chosen sign-off
    EXPIRED = "expired"  # the registration ran out: network or device
    UNREACHABLE = "unreachable"  # the phone stopped answering the PBX's qualify
    DND_ON = "dnd_on"  # feature code, phone or PBX
    DND_OFF = "dnd_off"
    PRESENCE = "presence"  # published by the phone
    PAUSED = "paused"  # paused in every queue, where the project counts that as do-not-disturb
    UNPAUSED = "unpaused"
    SWITCH = "switch"  # Callfloor's own switch, by hand: set or taken back, ``by`` says by whom
    RULE = "rule"  # Callfloor's own switch, by a rule: set or taken back, ``by`` names it
    WATCH_BEGAN = "watch_began"  # found so when we came
    LINK_LOST = "link_lost"
    STOPPED = "stopped"  # Callfloor itself was not running
    DIRECTORY = "directory"  # an account was linked or unlinked
    NOT_WATCHED = "not_watched"  # unknown: nothing was told of this time


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a status began, and through what."""

    why: Why
    account: str | None = None  # the account that decided an employee's status
    device: str | None = None  # the device's id, as in ``LiveDevice``
    call_id: str | None = None
    by: str | None = None  # a user's login, or a rule's name


class LiveDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One registered contact of an account."""

    id: str  # stable while it is registered
    status: Status
    since: float
    user_agent: str | None = None
    address: str | None = None  # host and port, as the PBX sees it
    round_trip_ms: float | None = None
    expires_at: float | None = None


class LiveAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account of an employee."""

    account: str
    status: Status
    since: float
    cause: Cause
    dnd: bool = False
    devices: tuple[LiveDevice, ...] = ()


class QueueSeat(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's membership of one queue."""

    queue: str
    account: str
    since: float  # of the paused or unpaused state
    paused: bool = False
    reason: str | None = None
    dynamic: bool = False  # may be taken off the queue
    penalty: int = 0


class BadgeKind(StrEnum):
    """Beside the status, never a fifth status."""

    RINGING = "ringing"
    DIALLING = "dialling"
    PAUSED = "paused"
    WRAP_UP = "wrap_up"


class Badge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What else an employee does now."""

    kind: BadgeKind
    since: float
    queue: str | None = None
    reason: str | None = None
    until: float | None = None  # wrap-up ends by itself


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """Callfloor's own status switch of an employee: do-not-disturb or offline until it is taken back."""

    status: Status  # dnd | offline
    since: float
    by: str
    by_rule: bool = False


class LiveEmployee(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the Employees page. Name and department are the directory's."""

    id: int
    status: Status
    since: float
    cause: Cause
    accounts: tuple[LiveAccount, ...] = ()
    queues: tuple[QueueSeat, ...] = ()
    badges: tuple[Badge, ...] = ()
    switch: Switch | None = None
    stale: bool = False  # a PBX link of theirs is down: last known, not current


class StatusTold(msgspec.Struct, frozen=True, kw_only=True):
    """From ``at`` on, an account (``employee_id`` None) or an employee (``account`` None) has this status.

    The stretch before ends at ``at``. History is the sequence of these for one subject.
    """

    at: float
    status: Status
    cause: Cause
    account: str | None = None
    employee_id: int | None = None


class StatusStretch(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of one status; ``ended_at`` None is the running one."""

    status: Status
    began_at: float
    ended_at: float | None
    cause: Cause
