"""Employees on a floor under the laws, driven by a table: ``08:00 A registers desk``, a fact a line.

Times are of one day, ``HH:MM`` or ``HH:MM:SS``. A line is a time, an account (or ``-``), a method of ``Team`` and its
words.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from callfloor.floor import facts
from callfloor.floor.changes import Change, StatusChanged
from callfloor.floor.days import stretches_of
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import LiveAccount, LiveEmployee, Status, StatusStretch, StatusTold
from callfloor.floor.facts import Born, DndSource, EndCause, Fact, Side
from support.laws import WatchedFloor

MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
LINK = "pbx"
Subject = str | int
"""An account's name, or an employee's id."""


def seconds(clock: str) -> float:
    """``08:15`` or ``08:15:30`` as seconds of the day."""
    hours, minutes, rest = [*clock.split(":"), "0"][:3]
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def clock(at: float) -> str:
    """An instant as the tables write it."""
    told = datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
    return told[:5] if told.endswith(":00") else told


class Historian:
    """What history was told, and whether it may have been: the laws of statuses, after each fact."""

    def __init__(self) -> None:
        self.told: dict[Subject, list[StatusTold]] = {}

    def hear(self, change: StatusChanged) -> None:
        told = change.told
        assert (told.account is None) != (told.employee_id is None), told
        subject: Subject = told.account if told.account is not None else told.employee_id or 0
        before = self.told.setdefault(subject, [])
        if before:
            assert told.at >= before[-1].at, f"{subject}: told of the past"
            assert told.status is not before[-1].status, f"{subject}: told {told.status} twice"
        else:
            assert told.status is not Status.UNKNOWN, f"{subject}: nothing was told before, so it is unknown anyway"
        before.append(told)

    def status(self, subject: Subject) -> Status:
        told = self.told.get(subject)
        return told[-1].status if told else Status.UNKNOWN

    def agrees(self, row: LiveEmployee, links_live: bool) -> None:
        """The history told so far ends with what is live, or with unknown while that is not certain."""
        subjects: list[tuple[Subject, Status, bool | None]] = [(row.id, row.status, row.stale)]
        subjects += [(account.account, account.status, None) for account in row.accounts]
        for subject, live, stale in subjects:
            is_told = self.status(subject)
            if stale is False or links_live:
                assert is_told is live, f"{subject}: {live} is told as {is_told}"
            else:
                assert is_told in (Status.UNKNOWN, live), f"{subject}: {live} is told as {is_told}"
                assert is_told in (Status.UNKNOWN, Status.TALKING) or stale is None, f"{subject}: a guess"


class Team:
    """A floor with employees, accounts and one PBX link, which is up unless said otherwise."""

    def __init__(self, *accounts: str, up: bool = True, watched: WatchedFloor | None = None) -> None:
        self.watched = watched or WatchedFloor()
        self.watched.may_live_on = True
        self.now = MIDNIGHT
        self.historian = Historian()
        self.links: dict[str, bool] = {}
        self._legs = 0
        self.changes: list[Change] = []
        self.employs({1: accounts or ("A",)})
        if up:
            self.put(facts.PeopleListed(at=self.now, link=LINK, devices=True, seats=True, dnd=True))
            self.put(facts.LinkUp(self.now, LINK, "PBX"))

    def put(self, *some: Fact) -> list[Change]:
        """Apply facts, under the laws."""
        made: list[Change] = []
        for fact in some:
            self.links.setdefault(getattr(fact, "link", LINK), False)
            if isinstance(fact, facts.LinkUp | facts.LinkLost):
                self.links[fact.link] = isinstance(fact, facts.LinkUp)
            changes = self.watched.put(fact)
            for change in changes:
                if isinstance(change, StatusChanged):
                    self.historian.hear(change)
            live = all(self.links.values())
            for row in self.watched.floor.snapshot().employees:
                self.historian.agrees(row, live)
            made += changes
        self.changes += made
        return made

    def day(self, table: str) -> "Team":
        """Play a table; see above."""
        for line in table.strip().splitlines():
            told = line.partition("#")[0].split()
            if told:
                self.now = MIDNIGHT + seconds(told[0])
                method: Callable[..., None] = getattr(self, told[2])
                method(*([] if told[1] == "-" else [told[1]]), *told[3:])
        return self

    def until(self, time: str) -> "Team":
        """Let time pass."""
        self.now = MIDNIGHT + seconds(time)
        self.put(facts.Tick(self.now))
        return self

    # --- what is so -------------------------------------------------------------------------------------------

    @property
    def row(self) -> LiveEmployee:
        """The first employee's row."""
        return self.rows[1]

    @property
    def rows(self) -> dict[int, LiveEmployee]:
        return {row.id: row for row in self.watched.floor.snapshot().employees}

    def account(self, name: str) -> LiveAccount:
        return next(each for row in self.rows.values() for each in row.accounts if each.account == name)

    def device(self, account: str, device: str) -> Status:
        return next(each.status for each in self.account(account).devices if each.id == device)

    def badges(self) -> list[str]:
        """``paused support lunch``: the first employee's badges."""
        return [" ".join(filter(None, (badge.kind, badge.queue, badge.reason))) for badge in self.row.badges]

    def history(self, subject: Subject = 1, *, why: bool = False) -> list[str]:
        """``08:00 online``, or with why ``08:00 online registered desk``."""
        return [
            " ".join(
                filter(
                    None,
                    (
                        clock(told.at),
                        told.status,
                        *((told.cause.why, told.cause.by, told.cause.device) if why else ()),
                    ),
                )
            )
            for told in self.historian.told.get(subject, [])
        ]

    def stretches(self, subject: Subject = 1) -> tuple[StatusStretch, ...]:
        return stretches_of(self.historian.told.get(subject, []))

    # --- what happens: the words of a table -----------------------------------------------------------------------

    def employs(self, accounts: dict[int, tuple[str, ...]]) -> None:
        people = tuple(Employee(id=n, name=f"Person {n}", accounts=names) for n, names in accounts.items())
        self.put(facts.DirectorySet(self.now, Directory(employees=people)))

    def registers(self, account: str, device: str = "desk", agent: str | None = None) -> None:
        self.put(
            facts.DeviceSeen(at=self.now, link=LINK, account=account, device=device, reachable=True, user_agent=agent)
        )

    def loses(self, account: str, device: str = "desk") -> None:
        self.put(facts.DeviceSeen(at=self.now, link=LINK, account=account, device=device, reachable=False))

    def signs_off(self, account: str, device: str = "desk") -> None:
        self.put(facts.DeviceGone(at=self.now, link=LINK, account=account, device=device))

    def expires(self, account: str, device: str = "desk") -> None:
        self.put(facts.DeviceGone(at=self.now, link=LINK, account=account, device=device, expired=True))

    def callable(self, account: str, yes: str) -> None:
        self.put(facts.AccountReachable(at=self.now, link=LINK, account=account, reachable=yes == "yes"))

    def dnd(self, account: str, on: str, source: str = "feature") -> None:
        self.put(facts.DndSet(at=self.now, link=LINK, account=account, on=on == "on", source=DndSource(source)))

    def finds_dnd(self, account: str, on: str, source: str = "feature") -> None:
        dnd = facts.DndSet(at=self.now, link=LINK, account=account, on=on == "on", source=DndSource(source), found=True)
        self.put(dnd)

    def finds(self, account: str, device: str = "desk") -> None:
        self.put(facts.DeviceSeen(at=self.now, link=LINK, account=account, device=device, reachable=True, found=True))

    def sits(self, account: str, queue: str, state: str = "", reason: str = "", wrap_up: str = "") -> None:
        self.put(
            facts.SeatTaken(
                at=self.now,
                link=LINK,
                account=account,
                queue=queue,
                paused=state == "paused",
                reason=reason.strip("-") or None,
                wrap_up_until=self.now + float(wrap_up) if wrap_up else None,
            )
        )

    def leaves(self, account: str, queue: str) -> None:
        self.put(facts.SeatLeft(at=self.now, link=LINK, account=account, queue=queue))

    def listed(self, since: str) -> None:
        asked = MIDNIGHT + seconds(since)
        self.put(facts.PeopleListed(at=self.now, link=LINK, devices=True, seats=True, dnd=True, since=asked))

    def lost(self, link: str = LINK) -> None:
        self.put(facts.LinkLost(self.now, link, "PBX", "cut"))

    def up(self, link: str = LINK) -> None:
        self.put(facts.LinkUp(self.now, link, "PBX"))

    def switched(self, status: str, by: str, rule: str = "") -> None:
        told = None if status == "back" else status
        self.put(facts.EmployeeSwitched(at=self.now, employee_id=1, status=told, by=by, by_rule=bool(rule)))

    def rules(self, missed: str = "", pause: str = "") -> None:
        limit = int(missed) if missed.isdigit() else None
        self.put(facts.RulesSet(at=self.now, dnd_after_missed=limit, pause_is_dnd=bool(pause)))

    # calls: ``A rings c1``, ``A talks c1 [device]``, ``A holds c1``, ``A hangs_up c1``

    def _client(self, call: str) -> str:
        leg = f"{LINK}-{call}-client"
        started = facts.LegStarted(
            at=self.now, leg=leg, call=f"{LINK}-{call}", side=Side.OUTSIDE, born=Born.CALLING, number="79161234567"
        )
        self.put(started)
        return leg

    def rings(self, account: str, call: str, device: str | None = None) -> None:
        self._client(call)
        leg = f"{LINK}-{call}-{account}"
        self.put(
            facts.LegStarted(
                at=self.now, leg=leg, call=f"{LINK}-{call}", side=Side.EMPLOYEE, born=Born.CALLED, account=account
            )
        )
        if device is not None:
            self.put(facts.LegIdentified(at=self.now, leg=leg, device=device))
        self.put(facts.LegRang(self.now, leg))

    def talks(self, account: str, call: str = "c1", device: str | None = None) -> None:
        self.rings(account, call, device)
        client, leg = f"{LINK}-{call}-client", f"{LINK}-{call}-{account}"
        places = ((client, f"room-{call}"), (leg, f"room-{call}"))
        self.put(facts.LegAnswered(self.now, leg), facts.LegAnswered(self.now, client))
        self.put(facts.LegsPlaced(self.now, places))

    def holds(self, account: str, call: str = "c1") -> None:
        self.put(facts.LegHeld(self.now, f"{LINK}-{call}-{account}"))

    def unholds(self, account: str, call: str = "c1") -> None:
        self.put(facts.LegUnheld(self.now, f"{LINK}-{call}-{account}"))

    def drops(self, account: str, call: str = "c1") -> None:
        """This account's leg only ends."""
        self.put(facts.LegEnded(self.now, f"{LINK}-{call}-{account}", EndCause.NORMAL))

    def hangs_up(self, account: str, call: str = "c1") -> None:
        self.drops(account, call)
        self.put(facts.LegEnded(self.now, f"{LINK}-{call}-client", EndCause.NORMAL))
        self.put(facts.CallEnded(self.now, f"{LINK}-{call}"))
