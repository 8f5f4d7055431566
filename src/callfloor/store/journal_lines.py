"""Lines of the journal, from the rows of their calls."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select

from callfloor.floor.calls import CallResult, CallType
from callfloor.store.asked import numbers_of
from callfloor.store.blocks import from_rows
from callfloor.store.call_filter import Mark
from callfloor.store.instants import to_s, to_s_or_none
from callfloor.store.journal_rows import JournalPerson, JournalRow
from callfloor.store.journal_tables import call_notes, call_tags
from callfloor.store.mark_rules import MarkRules
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, call_queues, calls, departments, employees
from callfloor.store.words import known_words

_CHUNK = 500
_MARKS = frozenset(Mark)
_ORDER = tuple(Mark)
_decode_route = msgspec.json.Decoder(tuple[str, ...]).decode
_MICRO = Decimal(1_000_000)


def lines(connection: Connection, scope: Scope, keys: Sequence[int], rules: MarkRules) -> list[JournalRow]:
    """The lines of these calls, in this order; of those that are there."""
    found: dict[int, JournalRow] = {}
    for start in range(0, len(keys), _CHUNK):
        found |= _some(connection, scope, keys[start : start + _CHUNK], rules)
    return [found[key] for key in keys if key in found]


def money(micro: int) -> str:
    """Millionths as a decimal number: 1250000 is "1.25"."""
    told = f"{Decimal(micro) / _MICRO:f}"
    return told.rstrip("0").rstrip(".") if "." in told else told


def _some(connection: Connection, scope: Scope, keys: Sequence[int], rules: MarkRules) -> dict[int, JournalRow]:
    call = calls.c
    wanted = [column for column in call if column.name not in {"story", "project_id"}]
    rows = connection.execute(select(*wanted).where(scope.within(calls), call.id.in_(keys)).order_by(call.id)).all()
    people: dict[int, list[JournalPerson]] = {}
    for each in connection.execute(_people(scope, keys)):
        people.setdefault(each.call, []).append(
            JournalPerson(
                account=each.account,
                employee_id=each.employee_id,
                employee_name=each.employee_name,
                department_id=each.department_id,
                department_name=each.department_name,
                answered=each.answered,
                missed=each.missed,
                taken_elsewhere=each.taken_elsewhere,
                ring_s=to_s(each.ring_ms),
                talk_s=to_s(each.talk_ms),
            )
        )
    queues = _texts(connection, scope, call_queues, "queue", "part", keys)
    tags = _texts(connection, scope, call_tags, "tag", "tag", keys)
    notes = {
        row.call: row.notes
        for row in connection.execute(
            select(call_notes.c.call, func.count().label("notes"))
            .where(scope.within(call_notes), call_notes.c.call.in_(keys))
            .group_by(call_notes.c.call)
        )
    }
    block = from_rows(connection, scope, [row.id for row in rows], known_words(connection, scope))
    had = rules.of(block, _MARKS)
    named = numbers_of(connection, scope)
    return {
        row.id: _line(
            row,
            people=tuple(people.get(row.id, ())),
            queues=tuple(queues.get(row.id, ())),
            tags=tuple(tags.get(row.id, ())),
            notes=notes.get(row.id, 0),
            marks=tuple(mark for mark in _ORDER if had[mark][place]),
            number=named.get(row.business_number),
        )
        for place, row in enumerate(rows)
    }


def _line(row: Any, *, number: Any, **parts: Any) -> JournalRow:
    return JournalRow(
        call_id=row.call_id,
        type=CallType(row.type),
        result=CallResult(row.result),
        abandoned_in=row.abandoned_in,
        client_number=row.client_number,
        client_e164=row.client_e164,
        business_number=row.business_number,
        number_label=None if number is None else number.label,
        source=None if number is None else number.source,
        scheme=row.scheme,
        route=_decode_route(row.route),
        started_at=to_s(row.started_at),
        answered_at=to_s_or_none(row.answered_at),
        ended_at=to_s(row.ended_at),
        waiting_s=to_s(row.waiting_ms),
        ivr_s=to_s(row.ivr_ms),
        queue_s=to_s(row.queue_ms),
        ringing_s=to_s(row.ringing_ms),
        talk_s=to_s(row.talk_ms),
        hold_s=to_s(row.hold_ms),
        duration_s=to_s(row.duration_ms),
        hung_up_by=row.hung_up_by,
        recorded=row.recording is not None,
        cost=None if row.cost is None else money(row.cost),
        currency=row.currency,
        partial=row.partial,
        **parts,
    )


def _people(scope: Scope, keys: Sequence[int]) -> Any:
    part = call_employees.c
    return (
        select(
            call_employees,
            employees.c.name.label("employee_name"),
            departments.c.name.label("department_name"),
        )
        .outerjoin_from(call_employees, employees, scope.within(employees) & (employees.c.id == part.employee_id))
        .outerjoin(departments, scope.within(departments) & (departments.c.id == part.department_id))
        .where(scope.within(call_employees), part.call.in_(keys))
        .order_by(part.call, part.part)
    )


def _texts(
    connection: Connection, scope: Scope, table: Table, column: str, order: str, keys: Sequence[int]
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    query = select(table.c.call, table.c[column]).where(scope.within(table), table.c.call.in_(keys))
    for call, text in connection.execute(query.order_by(table.c.call, table.c[order])):
        found.setdefault(call, []).append(text)
    return found
