"""A proposal carried out: the directory is changed inside a transaction that the caller has."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from callfloor.errors import NotFoundError
from callfloor.floor.found import FoundNumber, FoundRoute
from callfloor.store.changes_found import Proposal
from callfloor.store.directory_entries import RouteEntry, route_entry, trunk_entry
from callfloor.store.directory_rows import NAME_LENGTH, key_of, present, row_of, set_row
from callfloor.store.directory_tables import outbound_routes, trunks
from callfloor.store.instants import to_ms
from callfloor.store.line_edits import route_row
from callfloor.store.lines_found import label_of, patterns_of, state_of
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments, employees, numbers, queues


def carry_out(
    connection: Connection, scope: Scope, proposal: Proposal, number: FoundNumber | None, *, now: float
) -> bool:
    """Make it so; False where that cannot be any more. ``number`` is the one that a new number's proposal is about.

    Working hours are no part of the directory: see ``Discoveries.accept``.
    """
    if proposal.kind in ("queue", "queue_name", "number", "scheme"):
        return _line(connection, scope, proposal, number)
    if proposal.kind in ("trunk", "trunk_name", "trunk_state"):
        return _trunk(connection, scope, proposal)
    if proposal.kind in ("route", "route_name", "route_path"):
        return _route(connection, scope, proposal)
    if proposal.kind == "employee" and proposal.act == "add":
        row = {
            "project_id": scope.project_id,
            "name": _name(proposal.new or proposal.key),
            "department_id": _department(connection, scope, proposal.department),
            "removed_at": None,
        }
        _give(connection, scope, proposal.accounts, key_of(connection.execute(insert(employees), row)), "sip")
        return True
    employee_id = proposal.employee_id or 0
    try:
        row_of(connection, scope, employees, employee_id)
    except NotFoundError:
        return False
    match proposal.kind, proposal.act:
        case ("account" | "mobile") as kind, "add":
            _give(connection, scope, (proposal.key,), employee_id, "mobile" if kind == "mobile" else "sip")
        case "name", _:
            set_row(connection, scope, employees, employee_id, name=_name(proposal.new or proposal.key))
        case "department", _:
            place = _department(connection, scope, proposal.new)
            set_row(connection, scope, employees, employee_id, department_id=place)
        case ("account" | "employee") as kind, "gone":
            _drop(connection, scope, accounts, "account", proposal.accounts)
            if kind == "employee":
                set_row(connection, scope, employees, employee_id, removed_at=to_ms(now))
        case _:
            return False
    return True


def _line(connection: Connection, scope: Scope, proposal: Proposal, number: FoundNumber | None) -> bool:
    match proposal.kind, proposal.act:
        case "queue", "add":
            row = {"project_id": scope.project_id, "name": proposal.key, "label": proposal.new}
            connection.execute(insert(queues), row)
        case "queue", _:
            _drop(connection, scope, queues, "name", (proposal.key,))
        case "queue_name", _:
            _set(connection, scope, queues, "name", proposal.key, label=proposal.new)
        case "number", "add" if number is not None:
            row = {
                "project_id": scope.project_id,
                "number": number.number,
                "e164": number.e164,
                "label": number.label,
                "source": None,
                "scheme": number.scheme,
                "kind": number.kind,
            }
            connection.execute(insert(numbers), row)
        case "number", "gone":
            _drop(connection, scope, numbers, "number", (proposal.key,))
        case "scheme", _:
            _set(connection, scope, numbers, "number", proposal.key, scheme=proposal.new)
        case _:
            return False
    return True


def _trunk(connection: Connection, scope: Scope, proposal: Proposal) -> bool:
    key, found = proposal.key, proposal.trunk
    match proposal.kind, proposal.act:
        case "trunk", "gone":
            _drop(connection, scope, trunks, "name", (key,))
        case "trunk_name", _:
            _set(connection, scope, trunks, "name", key, label=proposal.new)
        case "trunk", "add" if found is not None:
            tech, disabled = state_of(found, None)
            row = {"project_id": scope.project_id, "name": key, "label": label_of(found), "tech": tech}
            connection.execute(insert(trunks), {**row, "disabled": disabled})
        case "trunk_state", _ if found is not None:
            tech, disabled = state_of(found, trunk_entry(connection, scope, key))
            _set(connection, scope, trunks, "name", key, tech=tech, disabled=disabled)
        case _:
            return False
    return True


def _route(connection: Connection, scope: Scope, proposal: Proposal) -> bool:
    key, found = proposal.key, proposal.route
    match proposal.kind, proposal.act:
        case "route", "gone":
            _drop(connection, scope, outbound_routes, "name", (key,))
        case "route_name", _:
            _set(connection, scope, outbound_routes, "name", key, label=proposal.new)
        case "route", "add" if found is not None:
            row = _route_row(scope, key, found, None)
            connection.execute(insert(outbound_routes), {**row, "label": found.name})
        case "route_path", _ if found is not None:
            row = _route_row(scope, key, found, route_entry(connection, scope, key))
            names = ("position", "patterns", "trunks")
            _set(connection, scope, outbound_routes, "name", key, **{name: row[name] for name in names})
        case _:
            return False
    return True


def _route_row(scope: Scope, key: str, found: FoundRoute, have: RouteEntry | None) -> dict[str, Any]:
    patterns = patterns_of(found, have)
    return route_row(scope, key, label=None, position=found.position, patterns=patterns, lines=found.trunks)


def _department(connection: Connection, scope: Scope, name: str | None) -> int | None:
    """The department of this name wherever it is, the one at the top first; made there where there is none."""
    if name is None:
        return None
    name = _name(name)
    have = connection.execute(present(scope, departments).where(departments.c.name == name)).all()
    at_top = [row for row in have if row.parent_id is None]
    if at_top or len(have) == 1:
        return int((at_top or have)[0].id)
    row = {"project_id": scope.project_id, "name": name, "parent_id": None, "removed_at": None}
    return key_of(connection.execute(insert(departments), row))


def _give(connection: Connection, scope: Scope, names: Iterable[str], employee_id: int, kind: str) -> None:
    wanted = dict.fromkeys(names)
    there = select(accounts.c.account).where(scope.within(accounts), accounts.c.account.in_(wanted))
    known = set(connection.execute(there).scalars())
    rows = [
        {"project_id": scope.project_id, "account": account, "kind": kind, "employee_id": employee_id}
        for account in wanted
        if account not in known
    ]
    if rows:
        connection.execute(insert(accounts), rows)


def _set(connection: Connection, scope: Scope, table: Table, column: str, key: str, **values: Any) -> None:
    connection.execute(update(table).where(scope.within(table), table.c[column] == key).values(**values))


def _drop(connection: Connection, scope: Scope, table: Table, column: str, keys: Iterable[str]) -> None:
    connection.execute(delete(table).where(scope.within(table), table.c[column].in_(tuple(keys))))


def _name(text: str) -> str:
    return text[:NAME_LENGTH]
