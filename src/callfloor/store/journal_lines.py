"""Lines of the journal, from the rows of their calls."""

import functools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, func, literal_column, select, union_all

from callfloor.floor.calls import CallResult, CallType
from callfloor.store.asked import numbers_of
from callfloor.store.blocks import marked_by, of_hands
from callfloor.store.call_filter import Mark
from callfloor.store.instants import to_s, to_s_or_none
from callfloor.store.journal_rows import JournalPerson, JournalRow
from callfloor.store.journal_tables import call_hands, call_notes, call_tags
from callfloor.store.keys import among
from callfloor.store.mark_rules import MarkRules
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, call_queues, calls, departments, employees

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
    queries = _queries(scope.project_id)
    asked = {"keys": list(keys)}
    rows = connection.execute(queries.calls, asked).all()
    people: dict[int, list[JournalPerson]] = {}
    for each in connection.execute(queries.people, asked):
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
    listed: tuple[dict[int, list[str]], ...] = {}, {}
    for kind, call, _, text in connection.execute(queries.texts, asked):
        listed[kind].setdefault(call, []).append(text)
    queues, tags = listed
    hands = {row.id: of_hands(row.success, row.spam) for row in rows}
    had = {mark: found.tolist() for mark, found in rules.of(marked_by(rows, hands), _MARKS).items()}
    named = numbers_of(connection, scope)
    return {
        row.id: _line(
            row,
            people=tuple(people.get(row.id, ())),
            queues=tuple(queues.get(row.id, ())),
            tags=tuple(tags.get(row.id, ())),
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
        notes=row.notes,
        recorded=row.recording is not None,
        cost=None if row.cost is None else money(row.cost),
        currency=row.currency,
        partial=row.partial,
        repaired=bool(row.repaired),
        **parts,
    )


class _Queries(msgspec.Struct, frozen=True):
    calls: Any
    people: Any
    texts: Any


@functools.lru_cache(maxsize=64)  # to make them takes as long as to ask them
def _queries(project_id: int) -> _Queries:
    """What a line is made of, for ``keys``."""

    def of(table: Table, query: Select[Any], column: str = "call") -> Select[Any]:
        return query.where(table.c.project_id == project_id, among(table.c[column]))

    call, part, queue, tag, note, hand = (
        calls.c, call_employees.c, call_queues.c, call_tags.c, call_notes.c, call_hands.c,
    )  # fmt: skip
    wanted = [column for column in call if column.name not in {"story", "project_id", "trunk", "forwarded_from"}]
    notes = (
        select(func.count())
        .select_from(call_notes)
        .where(note.project_id == project_id, call.project_id == project_id, note.call == call.id)
        .correlate(calls)
        .scalar_subquery()
    )
    people = (
        select(call_employees, employees.c.name.label("employee_name"), departments.c.name.label("department_name"))
        .outerjoin_from(
            call_employees,
            employees,
            (employees.c.project_id == project_id) & (employees.c.id == part.employee_id),
        )
        .outerjoin(departments, (departments.c.project_id == project_id) & (departments.c.id == part.department_id))
    )
    said = (hand.project_id == project_id) & (hand.call == call.id)
    line = select(*wanted, hand.success, hand.spam, notes.label("notes")).outerjoin_from(calls, call_hands, said)
    texts = union_all(
        of(call_queues, select(literal_column("0").label("kind"), queue.call, queue.part, queue.queue)),
        of(call_tags, select(literal_column("1"), tag.call, literal_column("0"), tag.tag)),
    )
    return _Queries(
        calls=of(calls, line, "id").order_by(call.id),
        people=of(call_employees, people).order_by(part.call, part.part),
        texts=texts.order_by("kind", "call", "part", "queue"),
    )
