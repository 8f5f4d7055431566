"""Who is there: devices, do-not-disturb, queue seats and conversations, into one status for each employee.

The order is talking > online > dnd > offline, over an account's devices and over an employee's accounts (ST-1). The
live row shows the last known status while a PBX link is down, marked stale; history is told *unknown* meanwhile.
"""

from collections.abc import Iterable

from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import (
    STATUS_ORDER,
    Badge,
    BadgeKind,
    Cause,
    LiveAccount,
    LiveDevice,
    LiveEmployee,
    QueueSeat,
    Status,
    StatusTold,
    Switch,
    Why,
)

MISSED_IN_A_ROW = "missed_in_a_row"  # the rule's name, as a cause's ``by``


class Device:
    """One registered contact."""

    __slots__ = ("address", "expires_at", "id", "reachable", "round_trip_ms", "since", "status", "user_agent")

    def __init__(self, device: str, at: float) -> None:
        self.id = device
        self.reachable = True
        self.since = at
        self.status = Status.UNKNOWN
        self.user_agent: str | None = None
        self.address: str | None = None
        self.round_trip_ms: float | None = None
        self.expires_at: float | None = None


class Doing:
    """What an account does in one call."""

    __slots__ = ("device", "kind", "since")

    def __init__(self, kind: Status | BadgeKind, since: float, device: str | None) -> None:
        self.kind = kind
        self.since = since
        self.device = device


class Account:
    """One account: what the PBX tells of it, and what follows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.employee_id: int | None = None
        self.link: str | None = None
        self.devices: dict[str, Device] = {}
        self.callable: bool | None = None  # the PBX's word where it does not tell single devices
        self.dnd = False
        self.doing: dict[str, Doing] = {}  # by call id
        self.seats: dict[str, QueueSeat] = {}
        self.wrap_up: dict[str, tuple[float, float]] = {}  # queue -> since, until
        self.status = Status.UNKNOWN
        self.since = 0.0
        self.cause = Cause(why=Why.WATCH_BEGAN)
        self.told: Status | None = None  # what history was told last
        self.gone_why = Why.WATCH_BEGAN  # why the last device went

    def talking(self) -> tuple[str, Doing] | None:
        """The call in which the account is in a conversation, if any."""
        return next(((call, doing) for call, doing in self.doing.items() if doing.kind is Status.TALKING), None)

    def base(self) -> Status:
        """The status without conversations."""
        known = self.devices.values()
        reachable = any(device.reachable for device in known) if known else bool(self.callable)
        if not reachable:
            return Status.OFFLINE
        return Status.DND if self.dnd else Status.ONLINE


class Person:
    """One employee of the directory."""

    def __init__(self, employee: Employee) -> None:
        self.id = employee.id
        self.accounts: list[Account] = []
        self.status = Status.UNKNOWN
        self.since = 0.0
        self.cause = Cause(why=Why.WATCH_BEGAN)
        self.switch: Switch | None = None
        self.missed_in_a_row = 0
        self.told: Status | None = None
        self.emitted: LiveEmployee | None = None


class Attendance:
    """Everybody's status. The floor tells it what happened; it says whose row reads differently."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.people: dict[int, Person] = {}
        self.pause_is_dnd = False
        self.dnd_after_missed: int | None = None
        self.live_links: set[str] = set()
        self.known_links: set[str] = set()
        self.listed_links: set[str] = set()  # whose people have been listed since they came up
        self._touched: dict[str, Why] = {}
        self._touched_people: set[int] = set()

    # --- what happened ----------------------------------------------------------------------------------------

    def account(self, name: str, link: str | None = None) -> Account:
        account = self.accounts.get(name)
        if account is None:
            account = self.accounts[name] = Account(name)
        if link is not None:
            account.link = link
        return account

    def touch(self, account: str, why: Why) -> None:
        self._touched.setdefault(account, why)

    def touch_person(self, employee_id: int) -> None:
        self._touched_people.add(employee_id)

    def touch_all(self, why: Why) -> None:
        for name in self.accounts:
            self.touch(name, why)
        self._touched_people.update(self.people)

    def set_directory(self, directory: Directory) -> list[int]:
        """Seat the accounts with their employees; returns the ids of employees who are gone."""
        for account in self.accounts.values():
            account.employee_id = None
        gone = set(self.people) - {employee.id for employee in directory.employees}
        for employee in directory.employees:
            person = self.people.get(employee.id)
            if person is None:
                person = self.people[employee.id] = Person(employee)
            person.accounts = [self.account(name) for name in employee.accounts]
            for account in person.accounts:
                account.employee_id = employee.id
        self.touch_all(Why.DIRECTORY)
        return sorted(gone)

    def do(self, call: str, doing: dict[str, Doing], before: Iterable[str]) -> None:
        """What each account does in a call now; ``before`` are the accounts that did something in it before."""
        for name in before:
            if name not in doing and self.account(name).doing.pop(call, None) is not None:
                self.touch(name, Why.CALL_ENDED)
        for name, now in doing.items():
            account = self.account(name)
            known = account.doing.get(call)
            if known is None or known.kind is not now.kind or known.device != now.device:
                account.doing[call] = now
                ended = known is not None and known.kind is Status.TALKING
                self.touch(name, Why.CALL_ENDED if ended else Why.CALL)

    def missed(self, name: str, *, missed: bool, at: float) -> None:
        """An account missed a call, or answered one: so many missed in a row may switch its employee."""
        account = self.accounts.get(name)
        person = self.people.get(account.employee_id) if account and account.employee_id is not None else None
        if person is None:
            return
        person.missed_in_a_row = person.missed_in_a_row + 1 if missed else 0
        limit = self.dnd_after_missed
        if limit is not None and person.missed_in_a_row >= limit and person.switch is None:
            self.set_switch(person.id, Switch(status=Status.DND, since=at, by=MISSED_IN_A_ROW, by_rule=True))

    def set_switch(self, employee_id: int, switch: Switch | None) -> None:
        person = self.people.get(employee_id)
        if person is None:
            return
        if switch is None:
            person.missed_in_a_row = 0
        person.switch = switch
        self.touch_person(employee_id)

    def expire(self, at: float) -> None:
        """Time passes: wrap-ups end."""
        for account in self.accounts.values():
            for queue in [queue for queue, (_, until) in account.wrap_up.items() if until <= at]:
                del account.wrap_up[queue]
                self.touch(account.name, Why.CALL_ENDED)

    # --- what follows -----------------------------------------------------------------------------------------

    @property
    def is_touched(self) -> bool:
        return bool(self._touched or self._touched_people)

    def settle(self, at: float) -> tuple[list[StatusTold], list[tuple[LiveEmployee | None, LiveEmployee]]]:
        """Derive every touched status; returns what history is told, and the rows that changed (before, after)."""
        told: list[StatusTold] = []
        rows: list[tuple[LiveEmployee | None, LiveEmployee]] = []
        touched, self._touched = self._touched, {}
        people, self._touched_people = self._touched_people, set()
        for name, why in touched.items():
            account = self.accounts[name]
            self._derive_account(account, why, at)
            if account.employee_id is not None:
                people.add(account.employee_id)
                status = account.status if self._watched(account) else Status.UNKNOWN
                self._tell(told, account, status, account.cause, at)
        for employee_id in sorted(people):
            person = self.people.get(employee_id)
            if person is None:
                continue
            self._derive_person(person, at)
            self._tell(told, person, self._told_status(person), person.cause, at)
            after = self._row(person, at)
            if after != person.emitted:
                rows.append((person.emitted, after))
                person.emitted = after
        return told, rows

    def _watched(self, account: Account) -> bool:
        links = {account.link} if account.link is not None else self.known_links
        return bool(links) and links <= self.live_links

    def _derive_account(self, account: Account, why: Why, at: float) -> None:
        talking = account.talking()
        status = Status.TALKING if talking else account.base()
        talking_device = talking[1].device if talking else None
        if talking and talking_device is None and len(account.devices) == 1:
            talking_device = next(iter(account.devices))
        for device in account.devices.values():
            now = Status.TALKING if device.id == talking_device else _alone(device, dnd=account.dnd)
            if now is not device.status:
                device.status, device.since = now, at
        if status is account.status:
            return
        if status is Status.OFFLINE and why is Why.CALL_ENDED:
            why = account.gone_why
        call = talking[0] if talking else None
        account.status, account.since = status, at
        account.cause = Cause(why=why, account=account.name, call_id=call, device=talking_device)

    def _derive_person(self, person: Person, at: float) -> None:
        status, cause = Status.OFFLINE, person.cause
        found = None
        for wanted in STATUS_ORDER:
            found = next((account for account in person.accounts if account.status is wanted), None)
            if found is not None:
                status, cause = wanted, found.cause
                break
        if found is None and any(account.status is Status.UNKNOWN for account in person.accounts):
            status = Status.UNKNOWN
        status, cause = self._switched(person, status, cause)
        if status is not person.status:
            person.status, person.since, person.cause = status, at, cause

    def _switched(self, person: Person, status: Status, cause: Cause) -> tuple[Status, Cause]:
        """Callfloor's own switch, and pauses where the project counts them as do-not-disturb."""
        switch = person.switch
        if switch is not None and status not in (Status.TALKING, Status.OFFLINE) and switch.status is not status:
            return switch.status, Cause(why=Why.RULE if switch.by_rule else Why.SWITCH, by=switch.by)
        seats = [seat for account in person.accounts for seat in account.seats.values()]
        if self.pause_is_dnd and status is Status.ONLINE and seats and all(seat.paused for seat in seats):
            return Status.DND, Cause(why=Why.PAUSED)
        return status, cause

    def _told_status(self, person: Person) -> Status:
        """What history may be told: talking or online on a watched account is certain, less is not."""
        unwatched = [account for account in person.accounts if not self._watched(account)]
        if not unwatched and person.accounts:
            return person.status
        watched = [account.status for account in person.accounts if account not in unwatched]
        if person.status in (Status.TALKING, Status.ONLINE) and person.status in watched:
            return person.status
        if not person.accounts and self.known_links and self.known_links <= self.live_links:
            return person.status
        return Status.UNKNOWN

    def _tell(self, told: list[StatusTold], of: Account | Person, status: Status, cause: Cause, at: float) -> None:
        if status is Status.UNKNOWN:
            cause = Cause(why=Why.LINK_LOST)
        elif of.told is Status.UNKNOWN or of.told is None:
            cause = Cause(why=Why.WATCH_BEGAN, account=cause.account, call_id=cause.call_id, by=cause.by)
        if status is of.told:
            return
        of.told = status
        account = of.name if isinstance(of, Account) else None
        employee = of.id if isinstance(of, Person) else None
        told.append(StatusTold(at=at, status=status, cause=cause, account=account, employee_id=employee))

    def _row(self, person: Person, at: float) -> LiveEmployee:
        return LiveEmployee(
            id=person.id,
            status=person.status,
            since=person.since,
            cause=person.cause,
            accounts=tuple(_live_account(account) for account in person.accounts),
            queues=tuple(seat for account in person.accounts for seat in account.seats.values()),
            badges=tuple(_badges(person, at)),
            switch=person.switch,
            stale=any(not self._watched(account) for account in person.accounts),
        )


def _alone(device: Device, *, dnd: bool) -> Status:
    if not device.reachable:
        return Status.OFFLINE
    return Status.DND if dnd else Status.ONLINE


def _live_account(account: Account) -> LiveAccount:
    return LiveAccount(
        account=account.name,
        status=account.status,
        since=account.since,
        cause=account.cause,
        dnd=account.dnd,
        devices=tuple(
            LiveDevice(
                id=device.id,
                status=device.status,
                since=device.since,
                user_agent=device.user_agent,
                address=device.address,
                round_trip_ms=device.round_trip_ms,
                expires_at=device.expires_at,
            )
            for device in account.devices.values()
        ),
    )


def _badges(person: Person, at: float) -> Iterable[Badge]:
    for account in person.accounts:
        for doing in account.doing.values():
            if isinstance(doing.kind, BadgeKind):
                yield Badge(kind=doing.kind, since=doing.since)
        for seat in account.seats.values():
            if seat.paused:
                yield Badge(kind=BadgeKind.PAUSED, since=seat.since, queue=seat.queue, reason=seat.reason)
        for queue, (since, until) in account.wrap_up.items():
            if until > at:
                yield Badge(kind=BadgeKind.WRAP_UP, since=since, queue=queue, until=until)
