"""The journal against brute force: any calls, written again, moved, marked; any filter, order and total."""

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callfloor.floor.calls import CallRecord, CallResult, CallType, EmployeePart, QueuePart
from callfloor.store import ProjectStore, Rules, Store, block_writer, client_search
from callfloor.store.call_filter import Between, CallFilter, Grouping, Mark, Outcome, PartIn, Party, Sort, SortKey
from callfloor.store.rows import as_kept
from support.journal_model import Model, Person, rounded

BEGINS_AT = 1_698_444_000.0  # 28 October 2023, 00:00 in Warsaw; the next day has 25 hours
NUMBERS = ("+48221000001", "+48221000002")
CLIENTS = ("+48600111222", "+48600111333", "+447700900123")
ACCOUNTS = ("101", "102", "103", "104", "900")
TAGS = ("gold", "lead")

_parts = st.builds(
    EmployeePart,
    account=st.sampled_from(ACCOUNTS),
    ring_s=st.sampled_from((0.0, 6.0)),
    answered=st.booleans(),
    answered_at=st.none(),
    talk_s=st.sampled_from((0.0, 40.0)),
    missed=st.booleans(),
    taken_elsewhere=st.booleans(),
)


def _queued(queue: str) -> QueuePart:
    return QueuePart(queue=queue, joined_at=BEGINS_AT, left_at=None, wait_s=1.0, outcome="answered")


@st.composite
def calls(draw: st.DrawFn) -> CallRecord:
    number = draw(st.integers(0, 14))
    e164 = draw(st.sampled_from((*CLIENTS, None)))
    result = draw(st.sampled_from(CallResult))
    # Of each call a millisecond of its own, whatever its start: what two calls of one millisecond are is another test.
    started_at = BEGINS_AT + draw(st.integers(0, 4 * 86_400)) + number / 1000
    waiting_s, talk_s = float(draw(st.integers(0, 30))), float(draw(st.sampled_from((0, 10, 30, 31, 95))))
    return as_kept(
        CallRecord(
            call_id=f"c{number}",
            type=draw(st.sampled_from((CallType.INBOUND, CallType.INBOUND, *CallType))),
            result=result,
            abandoned_in=draw(st.sampled_from(("ivr", "queue"))) if result is CallResult.ABANDONED else None,
            client_number=draw(st.sampled_from(("anonymous", "5550", None))) if e164 is None else e164,
            client_e164=e164,
            business_number=draw(st.sampled_from((*NUMBERS, None))),
            started_at=started_at,
            answered_at=None,
            ended_at=started_at + waiting_s + talk_s,
            waiting_s=waiting_s,
            ivr_s=0.0,
            queue_s=0.0,
            ringing_s=waiting_s,
            talk_s=talk_s,
            hold_s=0.0,
            duration_s=waiting_s + talk_s,
            employees=tuple(draw(st.lists(_parts, max_size=3))),
            external=(),
            queues=tuple(_queued(each) for each in draw(st.lists(st.sampled_from(("sales", "care")), max_size=2))),
            route=(),
            scheme=draw(st.sampled_from(("Main", None))),
            hung_up_by=draw(st.sampled_from((*(party.value for party in Party), None))),
            recording=draw(st.sampled_from(("a.wav", None))),
            forwarded_from=None,
            story=(),
        )
    )


_rules = st.builds(
    Rules,
    unique_depth_days=st.sampled_from((None, 1, 2)),
    target_talk_s=st.sampled_from((10.0, 30.0)),
    success_is=st.sampled_from(("target", "hand")),
    spam_counts=st.booleans(),
)
_said = st.sampled_from((None, True, False))
_call_ids = st.integers(0, 14).map("c{}".format)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.lists(calls(), min_size=1, max_size=8)),
        st.tuples(st.just("write"), st.lists(calls(), min_size=1, max_size=8)),
        st.tuples(st.just("spam"), st.sampled_from((*CLIENTS, "5550"))),
        st.tuples(st.just("rules"), _rules),
        st.tuples(st.just("success"), st.tuples(_call_ids, _said)),
        st.tuples(st.just("hand_spam"), st.tuples(_call_ids, _said)),
        st.tuples(st.just("tags"), st.tuples(_call_ids, st.sets(st.sampled_from(TAGS)))),
        st.tuples(st.just("remark"), st.none()),
    ),
    min_size=1,
    max_size=10,
)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), st.none(), values)


def _some(values: Any, most: int = 2) -> st.SearchStrategy[Any]:
    return _maybe(st.frozensets(st.sampled_from(list(values)), max_size=most))


_seconds = st.sampled_from((None, 0.0, 10.0, 30.0, 60.0))
_ranges = _maybe(st.builds(Between, least_s=_seconds, most_s=_seconds))
_instants = st.one_of(
    st.sampled_from((-math.inf, BEGINS_AT, math.inf)), st.integers(0, 5 * 86_400).map(lambda at: BEGINS_AT + at)
)
_filters = st.builds(
    CallFilter,
    started_from=_instants,
    started_to=st.one_of(st.just(math.inf), _instants),
    employee_ids=_some(range(1, 5)),
    part_in=_maybe(st.sampled_from(PartIn)),
    department_ids=_some(range(1, 4)),
    business_numbers=_some((*NUMBERS, "+1")),
    sources=_some(("web", "press", "none")),
    queues=_some(("sales", "care", "none")),
    types=_some(CallType),
    outcomes=_some(Outcome, 4),
    marks=_some(Mark),
    hung_up_by=_some(Party),
    tags=_some((*TAGS, "none")),
    talk=_ranges,
    waiting=_ranges,
    duration=_ranges,
    number_part=_maybe(st.sampled_from(("600111", "555", "000002", "999", "0123"))),
    client_e164=_maybe(st.sampled_from((*CLIENTS, "+1"))),
    recorded=_maybe(st.booleans()),
    counted=_maybe(st.booleans()),
    seen_department_ids=_some(range(1, 4)),
    seen_employee_id=_maybe(st.integers(1, 4)),
)
_all = CallFilter(started_from=-math.inf, started_to=math.inf)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen calls are enough for several blocks, some of them with calls that have changed since."""
    monkeypatch.setattr(block_writer, "LARGEST", 4)
    monkeypatch.setattr(block_writer, "FOLD_AT", 3)
    monkeypatch.setattr(client_search, "GATHER_AT", 2)


def _project(store: Store, name: str) -> tuple[ProjectStore, Model]:
    made = store.projects.add(name, timezone="Europe/Warsaw", country="PL", language="pl", now=1.0)
    project = store.project(made.id)
    people: dict[str, Person] = {}
    departments = [project.directory.add_department(each) for each in ("Care", "Sales")]
    for place, (person, accounts) in enumerate((("Zoe", ["101", "102"]), ("ann", ["103"]), ("Bob", ["104"]))):
        department = departments[place % 2]
        employee = project.directory.add_employee(person, department_id=department.id, account_names=accounts)
        for account in accounts:
            people[account] = Person(employee.id, person, department.id, department.name)
    sources = dict(zip(NUMBERS, ("web", "press"), strict=True))
    for number, source in sources.items():
        project.lines.put_number(number, source=source)
    return project, Model(people, sources)


def _apply(project: ProjectStore, model: Model, what: str, given_: Any) -> None:
    if what == "write":
        project.journal.write(given_)
        model.calls |= {call.call_id: call for call in given_}
    elif what == "spam":
        if given_ in model.spam:
            project.spam.remove(given_)
        else:
            project.spam.put(given_, "hand", "somebody", 1.0)
        model.spam ^= {given_}
    elif what == "rules":
        project.rules.set(given_)
        model.rules = given_
    elif what == "remark":
        project.journal.remark(lambda done, of: None)
    elif given_[0] in model.calls:
        call_id, said = given_
        {
            "success": project.annotations.set_success,
            "hand_spam": project.annotations.set_spam,
            "tags": project.annotations.set_tags,
        }[what](call_id, said)
        kept: dict[str, Any] = getattr(model, what)
        kept[call_id] = said


def _pages(project: ProjectStore, wanted: CallFilter, sort: Sort, limit: int) -> Iterator[list[str]]:
    cursor = None
    while True:
        page = project.journal.rows(wanted, sort, limit=limit, after=cursor)
        yield [row.call_id for row in page.rows]
        if cursor is not None and page.rows:
            back = project.journal.rows(wanted, sort, limit=limit, before=page.previous_cursor)
            assert back.next_cursor == cursor
        cursor = page.next_cursor
        if cursor is None:
            return


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25, deadline=None
)
@given(
    steps=_steps,
    asked=st.lists(_filters, min_size=3, max_size=3),
    sort=st.builds(Sort, key=st.sampled_from(SortKey), descending=st.booleans()),
    by=st.sampled_from(Grouping),
)
def test_whatever_was_written_the_journal_answers_as_brute_force_does(
    store: Store, steps: list[tuple[str, Any]], asked: list[CallFilter], sort: Sort, by: Grouping
) -> None:
    project, model = _project(store, f"Project {len(store.projects.all())}")
    for what, given_ in steps:
        _apply(project, model, what, given_)
    renamed = {model.people[a].id: n for n, a in enumerate(("101", "103", "104"), 1)}
    back = {n: id_ for id_, n in renamed.items()}
    first_department = min(person.department_id for person in model.people.values())

    def ours(ids: frozenset[int] | None, least: int) -> frozenset[int] | None:
        return None if ids is None else frozenset(least + each - 1 for each in ids)

    for each in (_all, *asked):
        wanted = msgspec.structs.replace(
            each,
            employee_ids=None if each.employee_ids is None else frozenset(back.get(n, 999) for n in each.employee_ids),
            seen_employee_id=None if each.seen_employee_id is None else back.get(each.seen_employee_id, 999),
            department_ids=ours(each.department_ids, first_department),
            seen_department_ids=ours(each.seen_department_ids, first_department),
        )
        expected = model.ordered(wanted, sort)
        assert project.journal.count(wanted) == len(expected)
        assert [call_id for page in _pages(project, wanted, sort, 2) for call_id in page] == expected
        assert [row.call_id for row in project.journal.stream(wanted)] == model.ordered(wanted, Sort())
        totals = project.journal.totals(wanted)
        assert rounded(totals) == rounded(model.totals(model.meant(wanted)))
        groups = project.journal.groups(wanted, by)
        assert {group.key: rounded(group.totals) for group in groups} == {
            key: rounded(totals) for key, totals in model.groups(wanted, by).items()
        }
    for row in project.journal.rows(_all, limit=100).rows:
        call = model.calls[row.call_id]
        assert set(row.marks) == model.marks(call)
        assert (set(row.tags), row.source) == (set(model.tags.get(row.call_id, ())), model.source(call))
