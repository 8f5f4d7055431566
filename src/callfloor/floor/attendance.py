"""Who is there: devices, do-not-disturb, queue seats and conversations, into one status for each employee.

The order is talking > online > dnd > offline, over an account's devices and over an employee's accounts (ST-1). The
live row shows the last known status while a PBX link is down, marked stale; history is told *unknown* meanwhile, and
so it is where nothing was ever told. Only a conversation on a PBX that is watched is certain without the others.
"""

from collections.abc import Iterable

import msgspec

from callfloor.floor.accounts import Account, Doing, Person
from callfloor.floor.calls import EmployeePart
from callfloor.floor.directory import Directory
from callfloor.floor.employees import STATUS_ORDER, Cause, LiveEmployee, Status, StatusTold, Switch, Why

MISSED_IN_A_ROW = "missed_in_a_row"  # the rule's name, as a cause's ``by``

Row = tuple[LiveEmployee | None, LiveEmployee]
"""A row before and after."""


class Attendance:
    """Everybody's status. The floor tells it what happened; it says whose row reads differently."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.people: dict[int, Person] = {}
        self.pause_is_dnd = False
        self.dnd_after_missed: int | None = None
        self.live_links: set[str] = set()
        self.known_links: set[str] = set()
        self.listing_links: set[str] = set()  # that have listed all devices
        self.listed_at: dict[str, float] = {}  # when all of a link's people were listed last
        self._ever_links: set[str] = set()  # that have been live
        self._now = float("-inf")
        self._touched: dict[str, tuple[Why, str | None]] = {}  # account -> why, through which device
        self._touched_people: dict[int, Cause | None] = {}
        self._wrapping: dict[str, Account] = {}
        self._left: list[Account | Person] = []  # no longer the directory's
        self._passed_over: float | None = None  # since when, by a clock that was put on

    # --- what happened ----------------------------------------------------------------------------------------

    def account(self, name: str, link: str | None = None) -> Account:
        """The account of this name, made where it is new; ``link`` has told of it."""
        account = self.accounts.get(name)
        if account is None:
            account = self.accounts[name] = Account(name)
        if link is not None and link not in account.links:
            account.links.add(link)
            self.touch(name, Why.WATCH_BEGAN)
        return account

    def touch(self, account: str, why: Why, device: str | None = None) -> None:
        """Something of the account changed: derive it anew. Of several reasons in one fact, the first counts."""
        known = self._touched.get(account)
        if known is None or known == (Why.WATCH_BEGAN, None):
            self._touched[account] = why, device

    def touch_person(self, employee_id: int, cause: Cause | None = None) -> None:
        """Something of the employee changed that is none of an account's."""
        if cause is not None or employee_id not in self._touched_people:
            self._touched_people[employee_id] = cause

    def touch_all(self, why: Why) -> None:
        """Everything that depends on the links, the directory or the rules."""
        for name in self.accounts:
            self.touch(name, why)
        for employee_id in self.people:
            self.touch_person(employee_id, Cause(why=why))

    def link_is(self, link: str, *, live: bool) -> None:
        """A PBX link came up, with everything listed, or went down."""
        was_known = link in self.known_links
        self.known_links.add(link)
        if (link in self.live_links) == live and was_known:
            return
        if live:
            self.live_links.add(link)
            self._ever_links.add(link)
        else:
            self.live_links.discard(link)
        self.touch_all(Why.WATCH_BEGAN if live else Why.LINK_LOST)

    def forget_link(self, link: str) -> None:
        """A PBX is no longer watched: its devices are no more, and what it said of accounts is not asked again."""
        for account in self.accounts.values():
            if link in account.links:
                account.links.discard(link)
                account.callable.pop(link, None)
                for device in [device for device in account.devices.values() if device.link == link]:
                    del account.devices[device.id]
                if not account.links:
                    account.dnd_by.clear()
                    account.tells_devices = False
        for links in (self.known_links, self.live_links, self.listing_links, self._ever_links):
            links.discard(link)
        self.listed_at.pop(link, None)
        self.touch_all(Why.LINK_LOST)

    def set_directory(self, directory: Directory) -> list[int]:
        """Seat the accounts with their employees; returns the ids of employees who are gone."""
        before = {account.name for account in self.accounts.values() if account.people}
        for account in self.accounts.values():
            account.people = ()
        gone = set(self.people) - {employee.id for employee in directory.employees}
        for employee in directory.employees:
            person = self.people.get(employee.id)
            if person is None:
                person = self.people[employee.id] = Person(employee)
            person.accounts = [self.account(name) for name in dict.fromkeys(employee.accounts)]
            for account in person.accounts:
                account.people += (employee.id,)
        self._left += [self.accounts[name] for name in sorted(before) if not self.accounts[name].people]
        self._left += [self.people[employee_id] for employee_id in sorted(gone)]
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
                ended = known is not None and known.kind is Status.TALKING and now.kind is not Status.TALKING
                self.touch(name, Why.CALL_ENDED if ended else Why.CALL)

    def offers_ended(self, parts: Iterable[EmployeePart], at: float) -> None:
        """A call is over. So many missed in a row may switch an employee; one call counts once, on however many
        accounts it rang."""
        outcomes: dict[int, bool] = {}
        for part in parts:
            account = self.accounts.get(part.account)
            if account is not None and (part.answered or part.missed):
                for employee_id in account.people:
                    outcomes[employee_id] = part.answered  # who answered has missed nothing of the same call
        for employee_id, answered in outcomes.items():
            person = self.people[employee_id]
            person.missed_in_a_row = 0 if answered else person.missed_in_a_row + 1
            limit = self.dnd_after_missed
            if limit is not None and person.missed_in_a_row >= limit and person.switch is None:
                self.set_switch(person.id, Status.DND, at=at, by=MISSED_IN_A_ROW, by_rule=True)

    def set_switch(self, employee_id: int, status: Status | None, *, at: float, by: str, by_rule: bool) -> None:
        """Callfloor's own switch. A person's word stands above a rule's: a rule neither replaces it nor ends it."""
        person = self.people.get(employee_id)
        if person is None or (by_rule and person.switch is not None and not person.switch.by_rule):
            return
        if status is None:
            person.missed_in_a_row = 0
        now = person.switch
        if (now is None) if status is None else (now is not None and (now.status, now.by) == (status, by)):
            return
        person.switch = None if status is None else Switch(status=status, since=at, by=by, by_rule=by_rule)
        self.touch_person(employee_id, Cause(why=Why.RULE if by_rule else Why.SWITCH, by=by))

    def clock_set(self, at: float, by_s: float) -> None:
        """The clock was put on or back. Of the time that was passed over, history is told that nobody watched it."""
        self._now = at
        self.listed_at = {link: listed_at + by_s for link, listed_at in self.listed_at.items()}
        if by_s > 0:
            self._passed_over = at - by_s
        self.touch_all(Why.WATCH_BEGAN)

    def wrap_up(self, account: Account, queue: str, at: float, until: float | None) -> None:
        """The PBX gives the account no call of this queue before ``until``; None ends that."""
        known = account.wrap_up.get(queue)
        if until is not None and until > at:
            since = known[0] if known is not None and known[1] > at else at
            if known is None or known[1] != until:
                account.wrap_up[queue] = since, until
                self._wrapping[account.name] = account
                self.touch(account.name, Why.WATCH_BEGAN)
        elif account.wrap_up.pop(queue, None) is not None:
            self.touch(account.name, Why.WATCH_BEGAN)

    def expire(self, at: float) -> None:
        """Time passes: wrap-ups end."""
        for account in list(self._wrapping.values()):
            for queue in [queue for queue, (_, until) in account.wrap_up.items() if until <= at]:
                self.wrap_up(account, queue, at, None)
            if not account.wrap_up:
                del self._wrapping[account.name]

    # --- what follows -----------------------------------------------------------------------------------------

    @property
    def is_touched(self) -> bool:
        return bool(self._touched or self._touched_people or self._left)

    def settle(self, at: float) -> tuple[list[StatusTold], list[Row]]:
        """Derive every touched status; returns what history is told, and the rows that changed (before, after).

        Nothing is told of the past: a fact about an earlier instant (a call found in a listing) counts from now on.
        """
        at = self._now = max(at, self._now)
        told: list[StatusTold] = []
        rows: list[Row] = []
        touched, self._touched = self._touched, {}
        people, self._touched_people = self._touched_people, {}
        self._farewell(told, at)
        if self._passed_over is not None:
            since, self._passed_over = self._passed_over, None
            subjects: list[Account | Person] = [account for account in self.accounts.values() if account.people]
            for each in (*subjects, *self.people.values()):
                self._tell(told, each, Status.UNKNOWN, since, Why.NOT_WATCHED)
        turned: dict[int, list[Account]] = {}
        for name, (why, device) in touched.items():
            account = self.accounts[name]
            changed = self._derive_account(account, why, device, at)
            for employee_id in account.people:
                people.setdefault(employee_id, None)
                if changed:
                    turned.setdefault(employee_id, []).append(account)
            if account.people:
                self._tell(told, account, account.status if self._watched(account) else Status.UNKNOWN, at)
        for employee_id in sorted(people):
            person = self.people.get(employee_id)
            if person is None:
                continue
            self._derive_person(person, people[employee_id], turned.get(employee_id, []), at)
            self._tell(told, person, self._told_status(person), at)
            after = person.row(at, stale=not self._all_watched(person))
            if after != person.emitted:
                rows.append((person.emitted, after))
                person.emitted = after
        return told, rows

    def _farewell(self, told: list[StatusTold], at: float) -> None:
        """Who left the directory is no longer watched."""
        left, self._left = self._left, []
        for gone in left:
            self._tell(told, gone, Status.UNKNOWN, at, Why.DIRECTORY)

    def _watched(self, account: Account) -> bool:
        links = account.links or self.known_links
        return bool(links) and links <= self.live_links

    def _all_watched(self, person: Person) -> bool:
        if not person.accounts:
            return bool(self.known_links) and self.known_links <= self.live_links
        return all(self._watched(account) for account in person.accounts)

    def _base(self, account: Account) -> Status:
        """An account's status without conversations."""
        if account.reachable(self.listing_links):
            return Status.DND if account.dnd else Status.ONLINE
        links = account.links or self.known_links
        heard = bool(links) and links <= self._ever_links
        return Status.OFFLINE if heard else Status.UNKNOWN

    def _derive_account(self, account: Account, why: Why, device: str | None, at: float) -> bool:
        """Derive an account and its devices; has its status changed?"""
        account.live = None
        talks = account.talk()
        status = self._base(account) if talks is None else Status.TALKING
        on_devices = account.talking_devices()
        for each in account.devices.values():
            each.derive(at, talks=each.id in on_devices, dnd=account.dnd)
        call = None if talks is None else talks[0]
        account.since = account.since or at
        if status is account.status:
            if (
                call != account.cause.call_id and call is not None
            ):  # its call became part of another, or one of two ended
                account.cause = msgspec.structs.replace(account.cause, call_id=call)
            return False
        if talks is not None:
            device = talks[1].device if talks[1].device in on_devices else next(iter(sorted(on_devices)), None)
        elif status is Status.OFFLINE and why in (Why.CALL_ENDED, Why.DND_OFF, Why.PRESENCE):
            why, device = account.gone_why, account.gone_device
        elif status is Status.DND and why is Why.CALL_ENDED:
            why = account.dnd_why
        account.status, account.since = status, at
        account.cause = Cause(why=why, account=account.name, call_id=call, device=device)
        return True

    def _derive_person(self, person: Person, cause: Cause | None, turned: list[Account], at: float) -> None:
        have = {account.status for account in person.accounts}
        status = next((wanted for wanted in STATUS_ORDER if wanted in have), None)
        if status is None or (status is Status.OFFLINE and Status.UNKNOWN in have):
            nowhere = not have and bool(self.known_links) and self.known_links <= self._ever_links
            status = Status.OFFLINE if nowhere else Status.UNKNOWN  # without accounts there is nothing to watch
        was_paused, person.paused = person.paused, False
        overruling = None
        switch = person.switch
        if switch is not None and status in (Status.ONLINE, Status.DND) and switch.status is not status:
            status = switch.status
            overruling = Cause(why=Why.RULE if switch.by_rule else Why.SWITCH, by=switch.by)
        elif self.pause_is_dnd and status is Status.ONLINE and person.is_paused():
            status, person.paused = Status.DND, True
            overruling = Cause(why=Why.PAUSED)
        person.since = person.since or at
        if status is person.status:
            if status is Status.TALKING:
                self._follow_call(person)
            return
        person.status, person.since = status, at
        ended = Cause(why=Why.UNPAUSED) if was_paused else None
        by_account = next((account.cause for account in turned if account.status is status), None)
        by_any = turned[0].cause if turned else None
        person.cause = overruling or by_account or by_any or cause or ended or Cause(why=Why.WATCH_BEGAN)
        decides = next((account for account in person.accounts if account.status is status), None)
        if decides is not None and person.cause.account is None:
            person.cause = msgspec.structs.replace(person.cause, account=decides.name, call_id=decides.cause.call_id)

    def _follow_call(self, person: Person) -> None:
        """The conversation that a row points to is one that is going on."""
        calls = {account.cause.call_id for account in person.accounts if account.status is Status.TALKING}
        if person.cause.call_id not in calls:
            talker = next(account for account in person.accounts if account.status is Status.TALKING)
            person.cause = talker.cause

    def _told_status(self, person: Person) -> Status:
        """What history may be told: a conversation on a watched account is certain, whatever the others do."""
        if self._all_watched(person):
            return person.status
        talks = any(account.status is Status.TALKING and self._watched(account) for account in person.accounts)
        return Status.TALKING if talks else Status.UNKNOWN

    def _tell(
        self, told: list[StatusTold], of: Account | Person, status: Status, at: float, lost: Why = Why.LINK_LOST
    ) -> None:
        before = of.told
        if status is before:
            return
        of.told = status
        if status is Status.UNKNOWN:
            if before is None:  # what was never told is unknown anyway
                return
            cause = Cause(why=lost)
        elif before is Status.UNKNOWN or before is None:
            cause = msgspec.structs.replace(of.cause, why=Why.WATCH_BEGAN)
        else:
            cause = of.cause
        account = of.name if isinstance(of, Account) else None
        employee = of.id if isinstance(of, Person) else None
        told.append(StatusTold(at=at, status=status, cause=cause, account=account, employee_id=employee))
