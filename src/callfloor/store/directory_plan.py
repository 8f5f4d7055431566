"""What an import would make of the directory: line by line, before anything is touched. Pure.

Who a line is of: a department by its ``id``, else by its path; an employee by their ``id``, else by an account of
theirs, else by a name that one of them alone has. An ``id`` counts where something else agrees with it, for a file may
come from another installation, whose ids are others'.
"""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from callfloor.store.directory_csv import RECORDS, DirectoryFault, Line, Path, names_of
from callfloor.store.directory_entries import EmployeeEntry, Entries
from callfloor.store.directory_places import Places

What = Literal["added", "changed", "left", "back", "removed"]
Absent = Literal["stay", "leave"]
"""What becomes of employees of whom the file says nothing."""


class DirectoryChange(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an import changes."""

    line: int | None  # None: the file says nothing of them, and they leave for that
    record: str
    name: str
    what: What
    before: dict[str, Any]  # what is to be another, as it is
    after: dict[str, Any]  # … and as it is to be


class Person(msgspec.Struct, kw_only=True):
    """An employee as they are to be. New ones have no entry."""

    line: int | None
    entry: EmployeeEntry | None
    name: str
    department: Path | None
    accounts: dict[str, str]
    working: bool


class Plan(msgspec.Struct, kw_only=True):
    """All that is to be. Departments by path: the known ones, with where they were, and new ones."""

    changes: list[DirectoryChange] = []
    errors: list[DirectoryFault] = []
    same: int = 0
    departments: dict[Path, int | None] = {}  # path as it is to be, to the number of a known one
    people: list[Person] = []
    queues: dict[str, tuple[str | None, Path | None]] = {}
    gone_queues: list[str] = []
    numbers: dict[str, dict[str, str | None]] = {}
    gone_numbers: list[str] = []
    trunks: dict[str, dict[str, Any]] = {}
    gone_trunks: list[str] = []
    routes: dict[str, dict[str, Any]] = {}
    gone_routes: list[str] = []


def plan(entries: Entries, lines: Iterable[Line], *, absent: Absent = "stay") -> Plan:
    """What these lines make of this directory."""
    by_record: dict[str, list[Line]] = {record: [] for record in RECORDS}
    for line in lines:
        by_record[line.record].append(line)
    made = Plan()

    def changed(line: Line, path: Path, what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        names = [name for name in after if before.get(name) != after[name]]
        change = DirectoryChange(
            line=line.line,
            record="department",
            name=" / ".join(path),
            what="added" if what == "added" else "changed",
            before={name: before[name] for name in names if name in before},
            after={name: after[name] for name in names},
        )
        made.changes.append(change)

    places = Places(entries.departments, changed, made.errors)
    places.take(by_record["department"])
    _People(entries, made, places).lines(by_record["employee"], absent)
    _queues(entries, made, places, by_record["queue"])
    _numbers(entries, made, by_record["number"])
    _trunks(entries, made, by_record["trunk"])
    _routes(entries, made, by_record["route"])
    made.departments = places.as_they_will_be()
    made.same += places.same
    made.changes.sort(key=lambda each: each.line or 1 << 60)
    made.errors.sort(key=lambda each: each.line)
    return made


_SEVERAL = EmployeeEntry(id=0, name="", department_id=None, accounts=(), left_at=None, photo=None)
"""Whose a line is cannot be told: its accounts are of several, and nobody of them has its name."""


class _People:
    """Employees as the file has them."""

    def __init__(self, entries: Entries, made: Plan, places: Places) -> None:
        self._entries, self._made, self._places = entries, made, places
        self._by_id = {each.id: each for each in (*entries.employees, *entries.left)}
        self._by_account = {a.account: each for each in entries.employees for a in each.accounts}
        self._kinds = {a.account: a.kind for each in entries.employees for a in each.accounts}
        self._kinds |= {a.account: a.kind for a in entries.free_accounts}
        self._by_name: dict[str, list[EmployeeEntry]] = {}
        for each in entries.employees:
            self._by_name.setdefault(each.name, []).append(each)

    def lines(self, lines: list[Line], absent: Absent) -> None:
        """The lines of employees."""
        matched: dict[int, int] = {}
        found: dict[int, EmployeeEntry | None] = {}
        nameless: list[Line] = []
        for line in lines:
            entry = self._known(line)
            if entry is _SEVERAL:
                self._wrong(line, "accounts", "several", line.name)
            elif entry is None:
                nameless.append(line)
            elif self._take(line, entry, matched):
                found[line.line] = entry
        names: dict[tuple[str, int | None], int] = {}
        for line in nameless:
            same = [each for each in self._by_name.get(line.name, ()) if each.id not in matched]
            if len(same) > 1:
                self._wrong(line, "name", "ambiguous", line.name)
            elif same and self._take(line, same[0], matched):
                found[line.line] = same[0]
            elif line.state == "left":
                self._wrong(line, "name", "unknown", line.name)
            elif not line.accounts and names.setdefault((line.name, line.id), line.line) != line.line:
                self._wrong(line, "name", "same", str(names[line.name, line.id]))
            else:
                found[line.line] = None
        people = [self._person(line, found[line.line]) for line in lines if line.line in found]
        if absent == "leave":
            people += [
                Person(line=None, entry=e, name=e.name, department=None, accounts={}, working=False)
                for e in self._entries.employees
                if e.id not in matched
            ]
        self._check_accounts(people)
        for person in people:
            self._told(person)

    def _known(self, line: Line) -> EmployeeEntry | None:
        accounts = {each.account for each in line.accounts or ()}
        entry = self._by_id.get(line.id or 0)
        if entry is not None and (
            entry.name == line.name or accounts & {each.account for each in entry.accounts} or line.state == "left"
        ):
            return entry
        owners = {owner.id: owner for a in sorted(accounts) if (owner := self._by_account.get(a)) is not None}
        if len(owners) > 1:  # accounts change hands: then it is who has the name
            return next((each for each in owners.values() if each.name == line.name), _SEVERAL)
        return next(iter(owners.values()), None)

    def _take(self, line: Line, entry: EmployeeEntry, matched: dict[int, int]) -> bool:
        if matched.setdefault(entry.id, line.line) == line.line:
            return True
        self._wrong(line, "name", "same", str(matched[entry.id]))
        return False

    def _person(self, line: Line, entry: EmployeeEntry | None) -> Person:
        working = line.state != "left"
        was = {} if entry is None else {each.account: each.kind for each in entry.accounts}
        accounts = was
        if line.accounts is not None:
            accounts = {each.account: each.kind or self._kinds.get(each.account, "sip") for each in line.accounts}
        if line.department is None:
            department = self._places.path(None if entry is None else entry.department_id)
        else:
            department = self._places.meant(line.department)
            if working:
                self._places.need(department, line)
        return Person(
            line=line.line,
            entry=entry,
            name=line.name,
            department=department,
            accounts=accounts if working else {},
            working=working,
        )

    def _check_accounts(self, people: list[Person]) -> None:
        """Each account is one person's: as the file has it, and as it is of those of whom the file says nothing."""
        told = {each.entry.id for each in people if each.entry is not None}
        owners: dict[str, int] = {
            account.account: 0 for each in self._entries.employees if each.id not in told for account in each.accounts
        }
        for person in people:
            for account in person.accounts:
                if owners.setdefault(account, person.line or 0) != (person.line or 0):
                    fault = DirectoryFault(
                        line=person.line or 1, column="accounts", reason="account_taken", value=account[:80]
                    )
                    self._made.errors.append(fault)

    def _told(self, person: Person) -> None:
        entry = person.entry
        if entry is not None and not person.working:
            if entry.left_at is not None:
                self._made.same += 1
                return
            self._change(person, "left", {}, {})
        elif entry is None:
            self._change(person, "added", {}, _shown(person.name, person.department, person.accounts))
        else:
            were = {each.account: each.kind for each in entry.accounts}
            before = _shown(entry.name, self._places.path(entry.department_id), were)
            after = _shown(person.name, person.department, person.accounts)
            names = [name for name in after if before[name] != after[name]]
            if entry.left_at is None and not names:
                self._made.same += 1
                return
            what: What = "changed" if entry.left_at is None else "back"
            self._change(person, what, {n: before[n] for n in names}, {n: after[n] for n in names})
        self._made.people.append(person)

    def _change(self, person: Person, what: What, before: dict[str, Any], after: dict[str, Any]) -> None:
        change = DirectoryChange(
            line=person.line, record="employee", name=person.name, what=what, before=before, after=after
        )
        self._made.changes.append(change)

    def _wrong(self, line: Line, column: str, reason: str, value: str) -> None:
        self._made.errors.append(DirectoryFault(line=line.line, column=column, reason=reason, value=value[:80]))


def _shown(name: str, department: Path | None, accounts: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "department": list(department or ()), "accounts": dict(sorted(accounts.items()))}


def _queues(entries: Entries, made: Plan, places: Places, lines: list[Line]) -> None:
    known = {each.name: each for each in entries.queues}
    for line in _once(lines, made):
        entry = known.get(line.name)
        if line.state == "removed":
            _gone(line, entry, made, made.gone_queues)
            continue
        was = places.path(None if entry is None else entry.department_id)
        department = was if line.department is None else places.meant(line.department)
        places.need(department, line)
        label = (line.texts["label"] or None) if "label" in line.texts else None if entry is None else entry.label
        before = {} if entry is None else {"label": entry.label, "department": list(was)}
        if _differs(line, made, before, {"label": label, "department": list(department)}):
            made.queues[line.name] = label, department


def _numbers(entries: Entries, made: Plan, lines: list[Line]) -> None:
    known = {each.number: each for each in entries.numbers}
    fields = ("label", "source", "scheme", "kind")
    for line in _once(lines, made):
        entry = known.get(line.name)
        if line.state == "removed":
            _gone(line, entry, made, made.gone_numbers)
            continue
        usual = {"label": None, "source": None, "scheme": None, "kind": "geographic"}
        before = {} if entry is None else {name: getattr(entry, name) for name in fields}
        after = {**usual, **before, **{name: text or usual[name] for name, text in line.texts.items()}}
        if _differs(line, made, before, after):
            made.numbers[line.name] = after


def _trunks(entries: Entries, made: Plan, lines: list[Line]) -> None:
    known = {each.name: each for each in entries.trunks}
    for line in _once(lines, made):
        entry = known.get(line.name)
        if line.state == "removed":
            _gone(line, entry, made, made.gone_trunks)
            continue
        before = {} if entry is None else {"label": entry.label, "kind": entry.tech, "disabled": entry.disabled}
        after = {"label": None, "kind": None, "disabled": False, **before}
        after |= {name: text or None for name, text in line.texts.items()}
        if line.state:
            after["disabled"] = line.state == "disabled"
        if _differs(line, made, before, after):
            made.trunks[line.name] = {"label": after["label"], "tech": after["kind"], "disabled": after["disabled"]}


def _routes(entries: Entries, made: Plan, lines: list[Line]) -> None:
    known = {each.name: each for each in entries.routes}
    for line in _once(lines, made):
        entry = known.get(line.name)
        if line.state == "removed":
            _gone(line, entry, made, made.gone_routes)
            continue
        before: dict[str, Any] = {}
        if entry is not None:
            before = {
                "label": entry.label,
                "order": entry.position,
                "patterns": list(entry.patterns),
                "trunks": list(entry.trunks),
            }
        after = {"label": None, "order": None, "patterns": [], "trunks": [], **before}
        texts = line.texts
        after |= {"label": texts["label"] or None} if "label" in texts else {}
        after |= {"order": int(texts["order"]) if texts["order"] else None} if "order" in texts else {}
        after |= {"patterns": texts["patterns"].split()} if "patterns" in texts else {}
        after |= {"trunks": list(names_of(texts["trunks"]))} if "trunks" in texts else {}
        if _differs(line, made, before, after):
            made.routes[line.name] = after


def _once(lines: list[Line], made: Plan) -> Iterable[Line]:
    seen: dict[str, int] = {}
    for line in lines:
        if seen.setdefault(line.name, line.line) == line.line:
            yield line
        else:
            made.errors.append(DirectoryFault(line=line.line, column="name", reason="same", value=str(seen[line.name])))


def _gone(line: Line, entry: Any, made: Plan, into: list[str]) -> None:
    if entry is None:
        made.same += 1
        return
    into.append(line.name)
    made.changes.append(
        DirectoryChange(line=line.line, record=line.record, name=line.name, what="removed", before={}, after={})
    )


def _differs(line: Line, made: Plan, before: dict[str, Any], after: dict[str, Any]) -> bool:
    names = [name for name in after if not before or before[name] != after[name]]
    if before and not names:
        made.same += 1
        return False
    change = DirectoryChange(
        line=line.line,
        record=line.record,
        name=line.name,
        what="changed" if before else "added",
        before={name: before[name] for name in names if before},
        after={name: after[name] for name in names},
    )
    made.changes.append(change)
    return True
