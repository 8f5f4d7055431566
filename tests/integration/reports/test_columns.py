"""Calls told in columns are the very calls that are told in lines, be they in blocks, in rows, or in both."""

import itertools
import random

import msgspec
import pytest

from callfloor.floor.calls import CallRecord, CallResult, CallType, EmployeePart, QueuePart
from callfloor.reports.columns import Column, call_columns, call_takers
from callfloor.reports.rows import call_chunks
from callfloor.store import ProjectStore, Store
from callfloor.store.block_writer import fold_all
from callfloor.store.call_filter import CallFilter, Mark, Outcome, Sort, SortKey
from callfloor.store.journal_columns import NAMES
from support.call_records import call

BEGINS_AT = 1_700_000_000.0
CLIENTS = ("+48600111222", "+48600111333", "+447700900123", None, None)
WHOLE = CallFilter(started_from=0.0, started_to=4e9)


def records(chance: random.Random, numbers: range) -> list[CallRecord]:
    """Calls of every kind, in no order."""
    made = []
    for number in numbers:
        e164 = chance.choice(CLIENTS)
        result = chance.choice(list(CallResult))
        plain = call(number, started_at=BEGINS_AT + chance.randrange(86_400) + number / 1000)
        made.append(
            msgspec.structs.replace(
                plain,
                type=chance.choice(list(CallType)),
                result=result,
                abandoned_in=chance.choice(("ivr", "queue")) if result is CallResult.ABANDONED else None,
                client_e164=e164,
                client_number=chance.choice(("anonymous", "5550", "007", None)) if e164 is None else e164,
                business_number=chance.choice(("+48221000001", "+48221000002", None)),
                talk_s=float(chance.choice((0, 10, 95))),
                hung_up_by=chance.choice(("client", "employee", "system", "external", None)),
                recording=chance.choice(("a.wav", None)),
                scheme=chance.choice(("Main", None)),
                employees=tuple(
                    EmployeePart(
                        account=chance.choice(("101", "102", "103", "900")),
                        ring_s=6.0,
                        answered=False,
                        answered_at=None,
                        talk_s=0.0,
                        missed=True,
                        taken_elsewhere=False,
                    )
                    for _ in range(chance.randrange(4))
                ),
                queues=tuple(
                    QueuePart(
                        queue=chance.choice(("sales", "care")),
                        joined_at=BEGINS_AT,
                        left_at=None,
                        wait_s=1.0,
                        outcome="answered",
                    )
                    for _ in range(chance.randrange(3))
                ),
            )
        )
    return made


def company(store: Store) -> ProjectStore:
    project = store.project(
        store.projects.add("One", timezone="Europe/Warsaw", country="PL", language="en", now=1.0).id
    )
    sales = project.directory.add_department("Sales").id
    project.directory.add_employee("Anna", department_id=sales, account_names=("101",))
    project.directory.add_employee("Boris, the elder", department_id=sales, account_names=("102",))
    project.directory.add_employee("Vera", account_names=("103",))
    return project


def by_lines(project: ProjectStore, wanted: CallFilter, columns: tuple[Column, ...]) -> list[tuple[object, ...]]:
    takers = call_takers(columns, "pl")
    return [tuple(take(row) for take in takers) for row in project.journal.stream(wanted)]


def by_columns(project: ProjectStore, wanted: CallFilter, columns: tuple[Column, ...]) -> list[tuple[object, ...]]:
    chunks = call_chunks(project, wanted, columns, "pl")
    return [row for chunk in chunks for row in zip(*chunk, strict=True)]


@pytest.mark.parametrize("seed", range(2))
def test_columns_and_lines_tell_the_same(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    project = company(store)
    project.journal.write(records(chance, range(150)))
    fold_all(project.journal._scope)
    project.journal.write(records(chance, range(120, 190)))  # some of them anew, at another time
    columns = call_columns(sorted(NAMES), "pl")
    assert {column.key for column in columns} == NAMES
    whole = by_lines(project, WHOLE, columns)
    assert len(whole) == 190
    assert by_columns(project, WHOLE, columns) == whole
    for wanted in (
        msgspec.structs.replace(WHOLE, marks=frozenset({Mark.TARGET})),
        msgspec.structs.replace(WHOLE, outcomes=frozenset({Outcome.ABANDONED_IVR, Outcome.MISSED})),
        WHOLE.over(BEGINS_AT + 20_000, BEGINS_AT + 60_000),
        msgspec.structs.replace(WHOLE, seen_employee_id=1),
        WHOLE.over(0.0, 1.0),
    ):
        assert by_columns(project, wanted, columns) == by_lines(project, wanted, columns)
        assert len(by_lines(project, wanted, columns)) < 190


def test_a_document_has_the_journals_order(store: Store) -> None:
    """The very rows of the journal's pages, one after the other; also where some stand outside of columns."""
    project = company(store)
    chance = random.Random(11)
    project.journal.write(records(chance, range(60)))
    fold_all(project.journal._scope)
    project.journal.write(records(chance, range(50, 80)))
    for key, descending in itertools.product(SortKey, (True, False)):
        sort = Sort(key=key, descending=descending)
        page = project.journal.rows(WHOLE, sort, limit=47)
        rest = project.journal.rows(WHOLE, sort, limit=47, after=page.next_cursor)
        shown = [row.call_id for row in (*page.rows, *rest.rows)]
        (chunk,) = call_chunks(project, WHOLE, call_columns(("call_id", "started"), "pl"), "pl", sort)
        assert list(chunk[0]) == shown, sort
        assert len(set(shown)) == 80


def test_a_column_that_only_lines_have_is_told_too(store: Store) -> None:
    project = company(store)
    project.journal.write(records(random.Random(7), range(20)))
    columns = call_columns(("call_id", "started", "route", "ringing"), "pl")
    assert by_columns(project, WHOLE, columns) == by_lines(project, WHOLE, columns)
    assert len(by_lines(project, WHOLE, columns)) == 20


def test_a_document_says_which_calls_nobody_watched(store: Store) -> None:
    project = company(store)
    watched, told = records(random.Random(3), range(2))
    project.journal.write([watched, msgspec.structs.replace(told, repaired=True)])
    columns = call_columns(("call_id", "repaired"), "pl")
    assert set(by_columns(project, WHOLE, columns)) == {(watched.call_id, None), (told.call_id, "tak")}
