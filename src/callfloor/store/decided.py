"""What was decided about what a PBX says: its last value that was taken over, refused, or the directory's already."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, select

from callfloor.floor.found import Found
from callfloor.store.changes_found import Known, Proposal, agreed
from callfloor.store.discovery_tables import decided_findings
from callfloor.store.lines_found import outbound
from callfloor.store.scope import Scope
from callfloor.store.upserts import put

_NOTHING = object()


def decided(connection: Connection, scope: Scope, link_id: int) -> dict[tuple[str, str], Any]:
    """By kind and key."""
    rows = connection.execute(
        select(decided_findings).where(scope.within(decided_findings), decided_findings.c.link_id == link_id)
    )
    return {(row.kind, row.key): msgspec.json.decode(row.value) for row in rows}


def decide(connection: Connection, scope: Scope, some: Iterable[Proposal], refused_at: int | None) -> None:
    """Remember what became of them (``refused_at``: None, carried out); of what was let go, nothing stays."""
    of_link: dict[int, dict[tuple[str, str], Any]] = {}
    for proposal in some:
        if proposal.act == "gone":
            _let_go(connection, scope, proposal, refused_at)
        else:
            value = proposal.source if proposal.kind == "number" else proposal.new
            of_link.setdefault(proposal.link_id, {})[proposal.kind, proposal.key] = value
    for link_id, values in of_link.items():
        write(connection, scope, link_id, values, refused_at)


def _let_go(connection: Connection, scope: Scope, proposal: Proposal, refused_at: int | None) -> None:
    kind = proposal.kind
    of = "account" if kind == "employee" else kind
    for key in proposal.accounts or (proposal.key,):
        if refused_at is None:
            drop(connection, scope, proposal.link_id, of, key)
        else:
            write(connection, scope, proposal.link_id, {(f"gone_{of}", key): proposal.subject}, refused_at)
    if kind == "employee" and refused_at is None:
        drop(connection, scope, proposal.link_id, "employee", proposal.key)


def settle(connection: Connection, scope: Scope, link_id: int, found: Found, known: Known) -> None:
    """Decide without a word what agrees with the directory; what is there again is not gone any more."""
    before = decided(connection, scope, link_id)
    now = agreed(found, known)
    refused = _refused(connection, scope, link_id)
    new = {at: value for at, value in now.items() if before.get(at, _NOTHING) != value or at in refused}
    write(connection, scope, link_id, new, None)
    there: Mapping[str, Iterable[str]] = {
        "gone_account": {account for person in found.employees for account in person.accounts},
        "gone_queue": {queue.name for queue in found.queues},
        "gone_number": {number.number for number in found.numbers},
        "gone_trunk": {trunk.channel for trunk in found.trunks},
        "gone_route": {route.key for route in outbound(found)},
    }
    for kind, key in before:
        if key in there.get(kind, ()):
            drop(connection, scope, link_id, kind, key)


def write(
    connection: Connection,
    scope: Scope,
    link_id: int,
    values: Mapping[tuple[str, str], Any],
    refused_at: int | None,
) -> None:
    """Put these in the place of what was decided before."""
    rows = [
        {
            "project_id": scope.project_id,
            "link_id": link_id,
            "kind": kind,
            "key": key,
            "value": msgspec.json.encode(value).decode(),
            "refused_at": refused_at,
        }
        for (kind, key), value in values.items()
    ]
    put(connection, decided_findings, rows, ("value", "refused_at"))


def drop(connection: Connection, scope: Scope, link_id: int, kind: str, key: str) -> None:
    """Forget it."""
    connection.execute(delete(decided_findings).where(*this(scope, link_id, kind, key)))


def this(scope: Scope, link_id: int, kind: str, key: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions of one row."""
    at = decided_findings.c
    return scope.within(decided_findings), at.link_id == link_id, at.kind == kind, at.key == key


def _refused(connection: Connection, scope: Scope, link_id: int) -> set[tuple[str, str]]:
    rows = connection.execute(
        select(decided_findings.c.kind, decided_findings.c.key).where(
            scope.within(decided_findings),
            decided_findings.c.link_id == link_id,
            decided_findings.c.refused_at.is_not(None),
        )
    )
    return {(row.kind, row.key) for row in rows}
