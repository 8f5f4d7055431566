"""An import of the directory, carried out: all of it in one transaction, or nothing."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from callfloor.errors import StaleEditError
from callfloor.store.directory_csv import DirectoryFault, Path, read, write
from callfloor.store.directory_entries import Entries, load_entries
from callfloor.store.directory_plan import Absent, DirectoryChange, Plan, plan
from callfloor.store.directory_rows import key_of, present
from callfloor.store.directory_tables import outbound_routes, queue_departments, trunks
from callfloor.store.instants import to_ms
from callfloor.store.line_edits import route_row
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments, employees, numbers, projects, queues
from callfloor.store.upserts import insert_all, put

TOUCHED = "directory_touched_at"
"""Among a project's settings: when the command line last changed its directory."""

_AT_ONCE = 500
"""Values of one IN list, or rows of one statement."""


class DirectoryImported(msgspec.Struct, frozen=True, kw_only=True):
    """What came, or would come, of an import. Where there are errors nothing is taken over."""

    applied: bool
    revision: str  # of the directory it was compared with
    added: int
    changed: int
    left: int
    back: int
    removed: int
    same: int
    changes: tuple[DirectoryChange, ...]
    errors: tuple[DirectoryFault, ...]


class DirectoryFile:
    """One project's directory as a file. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def export(self, *, delimiter: str = ",") -> str:
        """The whole directory as a table of text."""
        with self._scope.reading() as connection:
            return write(load_entries(connection, self._scope), delimiter=delimiter)

    def look(self, text: str, *, absent: Absent = "stay") -> DirectoryImported:
        """What an import would change."""
        with self._scope.reading() as connection:
            entries = load_entries(connection, self._scope)
        return _told(entries, _planned(entries, text, absent), applied=False)

    def take(
        self,
        text: str,
        *,
        now: float,
        e164: Callable[[str], str | None],
        absent: Absent = "stay",
        seen: str | None = None,
    ) -> DirectoryImported:
        """Carry an import out. ``seen`` is the revision that ``look`` told.

        Raises:
            StaleEditError: the directory is another since.
        """
        with self._scope.editing() as connection:
            entries = load_entries(connection, self._scope)
            if seen is not None and seen != entries.revision:
                raise StaleEditError(
                    "Somebody else has changed the directory since you looked: nothing was taken over. Look again."
                )
            planned = _planned(entries, text, absent)
            if not planned.errors:
                _Taking(connection, self._scope, planned, e164).all(to_ms(now))
            return _told(entries, planned, applied=not planned.errors)

    def touched(self, *, now: float) -> None:
        """Somebody else's process has changed the directory: who runs the project reads it anew (see TOUCHED)."""
        this = projects.c.id == self._scope.project_id
        with self._scope.editing() as connection:
            settings = msgspec.json.decode(connection.execute(select(projects.c.settings).where(this)).scalar_one())
            encoded = msgspec.json.encode({**settings, TOUCHED: now}).decode()
            connection.execute(update(projects).where(this).values(settings=encoded))


def _planned(entries: Entries, text: str, absent: Absent) -> Plan:
    found = read(text)
    if found.errors:
        return Plan(errors=list(found.errors))
    return plan(entries, found.lines, absent=absent)


def _told(entries: Entries, planned: Plan, *, applied: bool) -> DirectoryImported:
    counts = dict.fromkeys(("added", "changed", "left", "back", "removed"), 0)
    for change in planned.changes:
        counts[change.what] += 1
    return DirectoryImported(
        applied=applied,
        revision=entries.revision,
        **counts,
        same=planned.same,
        changes=tuple(planned.changes),
        errors=tuple(planned.errors),
    )


class _Taking:
    def __init__(self, connection: Connection, scope: Scope, planned: Plan, e164: Callable[[str], str | None]) -> None:
        self._connection, self._scope, self._plan, self._e164 = connection, scope, planned, e164
        self._keys: dict[Path, int | None] = {(): None}

    def all(self, now_ms: int) -> None:
        """Everything of the plan."""
        self._departments()
        self._people(now_ms)
        self._queues()
        self._numbers()
        self._lines()

    def _departments(self) -> None:
        scope, wanted = self._scope, self._plan.departments
        row_of = {row.id: row for row in self._connection.execute(present(scope, departments))}
        moved: list[dict[str, Any]] = []
        for path, key in wanted.items():  # parents come first
            if key is None:
                row = {
                    "project_id": scope.project_id,
                    "name": path[-1],
                    "parent_id": self._keys[path[:-1]],
                    "removed_at": None,
                }
                self._keys[path] = key_of(self._connection.execute(insert(departments), row))
                continue
            self._keys[path] = key
            was, parent = row_of[key], self._keys[path[:-1]]
            if (was.name, was.parent_id) != (path[-1], parent):
                moved.append({"key": key, "to_name": path[-1], "to_parent": parent})
        if moved:
            this = update(departments).where(scope.within(departments), departments.c.id == bindparam("key"))
            self._connection.execute(this.values(name=bindparam("to_name"), parent_id=bindparam("to_parent")), moved)

    def _people(self, now_ms: int) -> None:
        scope, people = self._scope, self._plan.people
        known = [each for each in people if each.entry is not None]
        new = [each for each in people if each.entry is None]
        keys: list[int] = []
        if new:
            rows = [
                {
                    "project_id": scope.project_id,
                    "name": each.name,
                    "department_id": self._keys[each.department or ()],
                    "removed_at": None,
                }
                for each in new
            ]
            made = insert(employees).returning(employees.c.id, sort_by_parameter_order=True)
            keys = list(self._connection.execute(made, rows).scalars())
        if known:
            this = update(employees).where(scope.within(employees), employees.c.id == bindparam("key"))
            values = [
                {
                    "key": each.entry.id,
                    "to_name": each.name,
                    "to_department": self._keys[each.department or ()] if each.working else each.entry.department_id,
                    "left": None if each.working else now_ms,
                }
                for each in known
                if each.entry is not None
            ]
            self._connection.execute(
                this.values(
                    name=bindparam("to_name"), department_id=bindparam("to_department"), removed_at=bindparam("left")
                ),
                values,
            )
        owners = {e.entry.id: e.accounts for e in known if e.entry is not None}
        owners |= {key: each.accounts for key, each in zip(keys, new, strict=True)}
        self._accounts(owners)

    def _accounts(self, owners: dict[int, dict[str, str]]) -> None:
        """Whose accounts are whose; what these people had and have no more is nobody's."""
        scope, connection = self._scope, self._connection
        have = {
            row.account: (row.employee_id, row.kind)
            for row in connection.execute(select(accounts).where(scope.within(accounts)))
        }
        wanted = {account: (key, kind) for key, theirs in owners.items() for account, kind in theirs.items()}
        freed = [a for a, (owner, _) in have.items() if owner in owners and a not in wanted]
        changed: list[tuple[str, tuple[int | None, str]]] = [
            (a, to) for a, to in wanted.items() if a in have and have[a] != to
        ]
        changed += [(a, (None, have[a][1])) for a in freed]
        if changed:
            this = update(accounts).where(scope.within(accounts), accounts.c.account == bindparam("which"))
            rows = [{"which": a, "owner": owner, "of_kind": kind} for a, (owner, kind) in changed]
            connection.execute(this.values(employee_id=bindparam("owner"), kind=bindparam("of_kind")), rows)
        insert_all(
            connection,
            accounts,
            [
                {"project_id": scope.project_id, "account": a, "kind": kind, "employee_id": key}
                for a, (key, kind) in wanted.items()
                if a not in have
            ],
        )

    def _queues(self) -> None:
        scope, connection, plan_ = self._scope, self._connection, self._plan
        touched = [*plan_.queues, *plan_.gone_queues]
        for start in range(0, len(touched), _AT_ONCE):
            some = touched[start : start + _AT_ONCE]
            for table, column in ((queue_departments, "queue"), (queues, "name")):
                connection.execute(delete(table).where(scope.within(table), table.c[column].in_(some)))
        labels = [
            {"project_id": scope.project_id, "name": name, "label": label} for name, (label, _) in plan_.queues.items()
        ]
        insert_all(connection, queues, labels)
        belong = [(name, self._keys[path or ()]) for name, (_, path) in plan_.queues.items()]
        rows = [{"project_id": scope.project_id, "queue": n, "department_id": key} for n, key in belong if key]
        insert_all(connection, queue_departments, rows)

    def _numbers(self) -> None:
        scope, connection, plan_ = self._scope, self._connection, self._plan
        touched = [*plan_.numbers, *plan_.gone_numbers]
        were = {
            row.number: row.e164
            for row in connection.execute(select(numbers.c.number, numbers.c.e164).where(scope.within(numbers)))
        }
        for start in range(0, len(touched), _AT_ONCE):
            some = touched[start : start + _AT_ONCE]
            connection.execute(delete(numbers).where(scope.within(numbers), numbers.c.number.in_(some)))
        rows = [
            {"project_id": scope.project_id, "number": number, "e164": were.get(number) or self._e164(number), **values}
            for number, values in plan_.numbers.items()
        ]
        insert_all(connection, numbers, rows)

    def _lines(self) -> None:
        scope, connection, plan_ = self._scope, self._connection, self._plan
        for table, gone in ((trunks, plan_.gone_trunks), (outbound_routes, plan_.gone_routes)):
            for start in range(0, len(gone), _AT_ONCE):
                these = table.c.name.in_(gone[start : start + _AT_ONCE])
                connection.execute(delete(table).where(scope.within(table), these))
        rows = [{"project_id": scope.project_id, "name": name, **values} for name, values in plan_.trunks.items()]
        put(connection, trunks, rows, ("label", "tech", "disabled"))
        routes = [
            route_row(
                scope,
                name,
                label=values["label"],
                position=values["order"],
                patterns=values["patterns"],
                lines=values["trunks"],
            )
            for name, values in plan_.routes.items()
        ]
        put(connection, outbound_routes, routes, ("label", "position", "patterns", "trunks"))
