"""The floor's own notes on accounts, their devices, and employees; mutable, and never handed out."""

from collections.abc import Iterator

from callfloor.floor.directory import Employee
from callfloor.floor.employees import (
    Badge,
    BadgeKind,
    Cause,
    LiveAccount,
    LiveDevice,
    LiveEmployee,
    QueueSeat,
    Status,
    Switch,
    Why,
)
from callfloor.floor.facts import DndSource


class Device:
    """One registered contact."""

    __slots__ = (
        "address",
        "expires_at",
        "heard_at",
        "id",
        "link",
        "reachable",
        "round_trip_ms",
        "since",
        "status",
        "user_agent",
    )

    def __init__(self, device: str, link: str, at: float) -> None:
        self.id = device
        self.link = link
        self.reachable = True
        self.since = at
        self.heard_at = at
        self.status = Status.UNKNOWN
        self.user_agent: str | None = None
        self.address: str | None = None
        self.round_trip_ms: float | None = None
        self.expires_at: float | None = None

    def derive(self, at: float, *, talks: bool, dnd: bool) -> None:
        """Its own status: the account's do-not-disturb is that of each device."""
        if talks:
            status = Status.TALKING
        elif not self.reachable:
            status = Status.OFFLINE
        else:
            status = Status.DND if dnd else Status.ONLINE
        if status is not self.status:
            self.status, self.since = status, at

    def live(self) -> LiveDevice:
        """As the page sees it."""
        return LiveDevice(
            id=self.id,
            status=self.status,
            since=self.since,
            user_agent=self.user_agent,
            address=self.address,
            round_trip_ms=self.round_trip_ms,
            expires_at=self.expires_at,
        )


class Doing:
    """What an account does in one call."""

    __slots__ = ("device", "kind", "since")

    def __init__(self, kind: Status | BadgeKind, since: float, device: str | None) -> None:
        self.kind = kind
        self.since = since
        self.device = device


class Seat:
    """A membership of one queue, with when a listing or an event last told of it."""

    __slots__ = ("heard_at", "link", "seat")

    def __init__(self, seat: QueueSeat, link: str, heard_at: float) -> None:
        self.seat = seat
        self.link = link
        self.heard_at = heard_at


class Account:
    """One account: what the PBX tells of it, and what follows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.people: tuple[int, ...] = ()  # the employees whose account it is; one, as a rule
        self.links: set[str] = set()  # the PBX links that have told of it
        self.devices: dict[str, Device] = {}
        self.tells_devices = False  # single devices of it have been told
        self.callable: dict[str, bool] = {}  # each link's word for the account as a whole
        self.dnd_by: dict[DndSource, float] = {}  # what says do-not-disturb is on, and when that was told last
        self.dnd_why = Why.DND_ON
        self.doing: dict[str, Doing] = {}  # by call id
        self.seats: dict[str, Seat] = {}  # by queue
        self.wrap_up: dict[str, tuple[float, float]] = {}  # queue -> since, until
        self.status = Status.UNKNOWN
        self.since = 0.0
        self.cause = Cause(why=Why.NOT_WATCHED)
        self.told: Status | None = None  # what history was told last
        self.gone_why = Why.WATCH_BEGAN  # why the last device went
        self.gone_device: str | None = None
        self.gone_at = 0.0
        self.live: LiveAccount | None = None  # as the page sees it, made anew when something changed

    @property
    def dnd(self) -> bool:
        return bool(self.dnd_by)

    def talk(self) -> tuple[str, Doing] | None:
        """The call in which the account is in a conversation, if any; the one of its cause before others."""
        current = self.doing.get(self.cause.call_id or "")
        if current is not None and current.kind is Status.TALKING:
            return self.cause.call_id or "", current
        return next(((call, doing) for call, doing in self.doing.items() if doing.kind is Status.TALKING), None)

    def talking_devices(self) -> frozenset[str]:
        """The devices in a conversation, as far as the PBX tells which: with one device, it is that one."""
        found = set()
        for doing in self.doing.values():
            if doing.kind is Status.TALKING:
                if doing.device in self.devices:
                    found.add(doing.device)
                elif len(self.devices) == 1:
                    found.update(self.devices)
        return frozenset(found)

    def reachable(self, listing: set[str]) -> bool:
        """Can it be called? ``listing`` are the links that list all devices: there, no device is no."""
        if any(device.reachable for device in self.devices.values()):
            return True
        return any(up for link, up in self.callable.items() if not (self.tells_devices and link in listing))

    def gone(self, at: float, why: Why, device: str | None) -> None:
        """A device, or the whole account, can no longer be called."""
        self.gone_at, self.gone_why, self.gone_device = at, why, device

    def make_live(self) -> LiveAccount:
        self.live = LiveAccount(
            account=self.name,
            status=self.status,
            since=self.since,
            cause=self.cause,
            dnd=self.dnd,
            devices=tuple(device.live() for device in self.devices.values()),
        )
        return self.live

    def badges(self, at: float) -> Iterator[Badge]:
        """What else is so beside the status."""
        for doing in self.doing.values():
            if isinstance(doing.kind, BadgeKind):
                yield Badge(kind=doing.kind, since=doing.since)
        for known in self.seats.values():
            seat = known.seat
            if seat.paused:
                yield Badge(kind=BadgeKind.PAUSED, since=seat.since, queue=seat.queue, reason=seat.reason)
        for queue, (since, until) in self.wrap_up.items():
            if until > at:
                yield Badge(kind=BadgeKind.WRAP_UP, since=since, queue=queue, until=until)


class Person:
    """One employee of the directory."""

    def __init__(self, employee: Employee) -> None:
        self.id = employee.id
        self.accounts: list[Account] = []
        self.status = Status.UNKNOWN
        self.since = 0.0
        self.cause = Cause(why=Why.NOT_WATCHED)
        self.switch: Switch | None = None
        self.paused = False  # the status follows from pauses
        self.missed_in_a_row = 0
        self.told: Status | None = None
        self.emitted: LiveEmployee | None = None

    def seats(self) -> tuple[QueueSeat, ...]:
        return tuple(known.seat for account in self.accounts for known in account.seats.values())

    def is_paused(self) -> bool:
        """Paused in every queue they sit in."""
        seats = self.seats()
        return bool(seats) and all(seat.paused for seat in seats)

    def row(self, at: float, *, stale: bool) -> LiveEmployee:
        """As the page sees it."""
        return LiveEmployee(
            id=self.id,
            status=self.status,
            since=self.since,
            cause=self.cause,
            accounts=tuple(account.live or account.make_live() for account in self.accounts),
            queues=self.seats(),
            badges=tuple(badge for account in self.accounts for badge in account.badges(at)),
            switch=self.switch,
            stale=stale,
        )
