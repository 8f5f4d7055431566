"""What a look at a PBX would change in the directory: compared three ways, so that no edit made here is lost.

The PBX says X, the directory has D, and the last value of the PBX that was decided about (taken over, refused, or equal
to D) is B. X is proposed where it is neither D nor B: a PBX that goes on saying the same is not listened to twice. D
that is not B was edited here: the proposal is then marked, and taken only by itself.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import msgspec

from callfloor.floor.directory import Directory, Employee
from callfloor.floor.found import Found, FoundEmployee, FoundRoute, FoundTrunk, Source
from callfloor.store.directory_entries import RouteEntry, TrunkEntry
from callfloor.store.lines import OwnNumber
from callfloor.store.lines_found import Asked, agreed_lines, line_proposals

Kind = Literal[
    "employee",
    "account",
    "mobile",
    "name",
    "department",
    "queue",
    "queue_name",
    "number",
    "scheme",
    "hours",
    "trunk",
    "trunk_name",
    "trunk_state",  # its technology, and whether it is switched off
    "route",
    "route_name",
    "route_path",  # its place, patterns and trunks
]
Act = Literal["add", "change", "gone"]
Decided = Mapping[tuple[str, str], Any]
"""By kind and key: the PBX's last value that was decided about."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """One change to take over or to refuse."""

    id: str  # of all that it says: what was shown is what is taken over
    link_id: int
    kind: Kind
    act: Act
    key: str  # the extension, account, queue, number, time group, trunk or route
    subject: str  # whom or what it is about, for people
    old: str | None = None
    new: str | None = None
    accounts: tuple[str, ...] = ()
    department: str | None = None  # of a new employee
    number_kind: str | None = None
    hours: tuple[tuple[int, int, int], ...] = ()  # weekday from Monday 0, minutes
    trunk: FoundTrunk | None = None
    route: FoundRoute | None = None
    employee_id: int | None = None
    source: Source
    edited: bool = False  # the value was edited here
    by_itself: bool = False  # not taken together with the others: it takes something away, or is a matter of taste


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the project has."""

    directory: Directory
    accounts: Mapping[str, int | None]  # every account, with whose it is
    numbers: Mapping[str, OwnNumber]
    hours: frozenset[tuple[int, int, int]] | None
    trunks: tuple[TrunkEntry, ...] = ()
    routes: tuple[RouteEntry, ...] = ()
    elsewhere: Collection[str] = ()  # accounts, queues, numbers and lines that another PBX of the project has


def proposals(link_id: int, found: Found, known: Known, decided: Decided) -> tuple[Proposal, ...]:
    """All that the look would change and that was not decided yet."""
    return tuple(_Comparing(link_id, found, known, decided).all())


def agreed(found: Found, known: Known) -> dict[tuple[str, str], Any]:
    """What the PBX says and the directory has, too: decided without a question."""
    out: dict[tuple[str, str], Any] = {}
    whose = _Whose(found, known)
    for person in found.employees:
        for account in person.accounts:
            if account in known.accounts:
                out["account", account] = person.key
        employee = whose.alone(person)
        if employee is None:
            continue
        out["employee", person.key] = True
        if person.name is not None and person.name == employee.name:
            out["name", person.key] = person.name
        if person.department is not None and person.department == whose.department(employee):
            out["department", person.key] = person.department
    labels = {queue.name: queue.label for queue in known.directory.queues}
    for queue in found.queues:
        if queue.name in labels:
            out["queue", queue.name] = True
            if queue.label is not None and queue.label == labels[queue.name]:
                out["queue_name", queue.name] = queue.label
    for number in found.numbers:
        have = known.numbers.get(number.number)
        if have is not None:
            out["number", number.number] = number.source
            if number.scheme is not None and number.scheme == have.scheme:
                out["scheme", number.number] = number.scheme
    for each in found.hours:
        if frozenset(each.hours) == known.hours:
            out["hours", each.key] = said_hours(each.hours)
    return out | agreed_lines(found, known)


def said_hours(hours: Collection[tuple[int, int, int]]) -> str:
    """Hours as a text, to compare: ``0 540-1080; …``."""
    return "; ".join(f"{day} {first}-{last}" for day, first, last in sorted(hours))


class _Whose:
    """Which employee of the directory a person of the PBX is."""

    def __init__(self, found: Found, known: Known) -> None:
        self._known = known
        self.by_id = {employee.id: employee for employee in known.directory.employees}
        self._names = {department.id: department.name for department in known.directory.departments}
        persons: dict[int, set[str]] = {}
        for person in found.employees:
            owner = self.owner(person)
            if owner is not None:
                persons.setdefault(owner.id, set()).add(person.key)
        self._several = {employee for employee, keys in persons.items() if len(keys) > 1}

    def owner(self, person: FoundEmployee) -> Employee | None:
        """The one who has their extension, else any account of theirs."""
        for account in dict.fromkeys((person.key, *person.accounts)):
            employee = self._known.accounts.get(account)
            if employee is not None and employee in self.by_id:
                return self.by_id[employee]
        return None

    def alone(self, person: FoundEmployee) -> Employee | None:
        """As ``owner``; None for an employee who has several of the PBX's persons: whose name would it be?"""
        owner = self.owner(person)
        return None if owner is None or owner.id in self._several else owner

    def department(self, employee: Employee) -> str | None:
        """Its name."""
        return None if employee.department_id is None else self._names.get(employee.department_id)


class _Comparing:
    def __init__(self, link_id: int, found: Found, known: Known, decided: Decided) -> None:
        self._link_id = link_id
        self._found = found
        self._known = known
        self._decided = decided
        self._whose = _Whose(found, known)
        self._asked = Asked(
            decided=lambda kind, key: decided.get((kind, key)),
            made=self._made,
            is_edited=lambda kind, key, have, unsaid: self._is_edited(kind, key, have, unsaid=unsaid),
            has_gone=self._has_gone,
        )

    def all(self) -> Iterator[Proposal]:
        for person in self._found.employees:
            yield from self._person(person)
        yield from self._queues()
        yield from self._numbers()
        yield from self._hours()
        yield from line_proposals(self._found, self._known, self._asked)
        yield from self._gone_accounts()

    # --- people -------------------------------------------------------------------------------------------------

    def _person(self, person: FoundEmployee) -> Iterator[Proposal]:
        accounts = self._known.accounts
        if not any(account in accounts for account in person.accounts):
            if not self._is_decided("employee", person.key):
                name = person.name or person.key
                yield self._made(
                    "employee",
                    "add",
                    person.key,
                    name,
                    new=name,
                    accounts=person.accounts,
                    department=person.department,
                    source=person.source,
                )
            return
        owner = self._whose.owner(person)
        if owner is None:  # their accounts were freed here
            return
        for kind, theirs in (("account", person.accounts), ("mobile", person.mobiles)):
            for account in theirs:
                if account not in accounts and not self._is_decided(kind, account):
                    yield self._made(
                        "account" if kind == "account" else "mobile",
                        "add",
                        account,
                        owner.name,
                        new=account,
                        employee_id=owner.id,
                        source=person.source,
                        by_itself=kind == "mobile",
                    )
        alone = self._whose.alone(person)
        if alone is None:
            return
        for field, value, have, unsaid in (
            ("name", person.name, alone.name, alone.name in person.accounts),
            ("department", person.department, self._whose.department(alone), alone.department_id is None),
        ):
            if value is None or value == have or self._decided.get((field, person.key)) == value:
                continue
            yield self._made(
                "name" if field == "name" else "department",
                "change",
                person.key,
                alone.name,
                old=have,
                new=value,
                employee_id=alone.id,
                source=person.source,
                edited=self._is_edited(field, person.key, have, unsaid=unsaid),
            )

    def _gone_accounts(self) -> Iterator[Proposal]:
        """Accounts that this PBX once had and has no more. Of whom nothing is left, the employee is gone."""
        if "employees" not in self._found.whole:
            return
        there = {account for person in self._found.employees for account in (*person.accounts, *person.mobiles)}
        gone = {
            key
            for kind, key in self._decided
            if kind == "account"
            and key not in there
            and key not in self._known.elsewhere
            and self._known.accounts.get(key) is not None
            and not self._is_decided("gone_account", key)
        }
        for employee in self._known.directory.employees:
            theirs = [account for account in employee.accounts if account in gone]
            if theirs and len(theirs) == len(employee.accounts):
                yield self._made(
                    "employee",
                    "gone",
                    theirs[0],
                    employee.name,
                    old=employee.name,
                    accounts=tuple(theirs),
                    employee_id=employee.id,
                    source="database",
                    by_itself=True,
                )
                continue
            for account in theirs:
                yield self._made(
                    "account",
                    "gone",
                    account,
                    employee.name,
                    old=account,
                    accounts=(account,),
                    employee_id=employee.id,
                    source="database",
                    by_itself=True,
                )

    # --- queues, numbers, hours -----------------------------------------------------------------------------------

    def _queues(self) -> Iterator[Proposal]:
        labels = {queue.name: queue.label for queue in self._known.directory.queues}
        for queue in self._found.queues:
            if queue.name not in labels:
                if not self._is_decided("queue", queue.name):
                    new = queue.label or queue.name
                    yield self._made("queue", "add", queue.name, new, new=queue.label, source=queue.source)
                continue
            have = labels[queue.name]
            if queue.label is None or queue.label in (have, self._decided.get(("queue_name", queue.name))):
                continue
            yield self._made(
                "queue_name",
                "change",
                queue.name,
                have or queue.name,
                old=have,
                new=queue.label,
                source=queue.source,
                edited=self._is_edited("queue_name", queue.name, have, unsaid=have is None),
            )
        if "queues" in self._found.whole:
            there = {queue.name for queue in self._found.queues}
            for name in sorted(labels.keys() - there):
                if self._has_gone("queue", name):
                    label = labels[name] or name
                    yield self._made("queue", "gone", name, label, old=label, source="database", by_itself=True)

    def _numbers(self) -> Iterator[Proposal]:
        e164s = {number.e164 for number in self._known.numbers.values() if number.e164}
        for number in self._found.numbers:
            have = self._known.numbers.get(number.number)
            if have is None:
                if number.e164 not in e164s and not self._is_decided("number", number.number):
                    if number.e164 is not None:
                        e164s.add(number.e164)
                    said = number.scheme or number.label
                    yield self._made(
                        "number",
                        "add",
                        number.number,
                        number.number,
                        new=said,
                        number_kind=number.kind,
                        source=number.source,
                    )
                continue
            base = self._decided.get(("scheme", number.number))
            if number.scheme is None or number.scheme in (have.scheme, base):
                continue
            yield self._made(
                "scheme",
                "change",
                number.number,
                number.number,
                old=have.scheme,
                new=number.scheme,
                source=number.source,
                edited=self._is_edited("scheme", number.number, have.scheme, unsaid=have.scheme is None),
            )
        if "numbers" in self._found.whole:
            there = {number.number for number in self._found.numbers}
            for name, have in self._known.numbers.items():
                if (
                    name not in there
                    and self._decided.get(("number", name)) == "database"
                    and self._has_gone("number", name)
                ):
                    yield self._made(
                        "number", "gone", name, name, old=have.label or have.scheme, source="database", by_itself=True
                    )

    def _hours(self) -> Iterator[Proposal]:
        old = None if self._known.hours is None else said_hours(self._known.hours)
        for each in self._found.hours:
            new = said_hours(each.hours)
            if new not in (old, self._decided.get(("hours", each.key))):
                yield self._made(
                    "hours",
                    "change",
                    each.key,
                    each.name,
                    old=old,
                    new=new,
                    hours=each.hours,
                    source=each.source,
                    by_itself=True,
                )

    # --- within -------------------------------------------------------------------------------------------------

    def _is_decided(self, kind: str, key: str) -> bool:
        return (kind, key) in self._decided

    def _has_gone(self, kind: str, key: str) -> bool:
        """This PBX had it, and nobody said that it stays."""
        had = self._is_decided(kind, key) and key not in self._known.elsewhere
        return had and not self._is_decided(f"gone_{kind}", key)

    def _is_edited(self, kind: str, key: str, have: str | None, *, unsaid: bool) -> bool:
        base = self._decided.get((kind, key))
        return not unsaid if base is None else base != have

    def _made(self, kind: Kind, act: Act, key: str, subject: str, *, source: Source, **more: Any) -> Proposal:
        whole = Proposal(
            id="", link_id=self._link_id, kind=kind, act=act, key=key, subject=subject, source=source, **more
        )
        digest = hashlib.sha256(msgspec.json.encode(whole)).hexdigest()[:20]
        return msgspec.structs.replace(whole, id=digest)
