"""The journal on both databases: each call once, whole, in order, within its project."""

import math

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError, RowRefusedError
from callfloor.floor.calls import CallRecord
from callfloor.store import JournalPage, ProjectStore, Store
from callfloor.store.rows import SLOTS, as_kept
from support.call_records import BROKEN_TEXTS, call, records

EVER = (-math.inf, math.inf)


@pytest.fixture
def project(store: Store) -> ProjectStore:
    return make_project(store, "One")


def make_project(store: Store, name: str) -> ProjectStore:
    made = store.projects.add(name, timezone="Europe/Warsaw", country="PL", language="pl", now=1.0)
    return store.project(made.id)


def ids(page: JournalPage) -> list[str]:
    return [each.record.call_id for each in page.calls]


@pytest.fixture
def kept() -> dict[str, CallRecord]:
    """What a journal must hold, by the calls' ids: the latest of each, and of a part and a whole always the whole."""
    return {}


# The examples share one database, which is the point: what one left must not show in the next.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(batch=st.lists(records() | records(BROKEN_TEXTS), min_size=1, max_size=3))
def test_any_call_comes_back_as_it_was_kept(
    project: ProjectStore, kept: dict[str, CallRecord], batch: list[CallRecord]
) -> None:
    project.journal.write(batch)
    for record in map(as_kept, batch):
        before = kept.get(record.call_id)
        if before is None or before.partial or not record.partial:
            kept[record.call_id] = record
    for record in batch:
        call_id = as_kept(record).call_id
        assert project.journal.get(call_id).record == kept[call_id]


def test_the_same_call_again_replaces_its_rows(project: ProjectStore) -> None:
    before = call(1, accounts=("101", "102", "103"))
    after = msgspec.structs.replace(call(1, accounts=("104",)), queues=(), talk_s=5.0)
    project.journal.write([before, call(2)])
    project.journal.write([after])
    assert project.journal.get("call-1").record == after
    assert ids(project.journal.page(*EVER)) == ["call-2", "call-1"]


@pytest.mark.parametrize("batches", [1, 2])
def test_a_part_never_takes_the_place_of_the_whole(project: ProjectStore, batches: int) -> None:
    whole, part = call(1), msgspec.structs.replace(call(1), partial=True, talk_s=0.5)
    project.journal.write([part, whole, part] if batches == 1 else [part, whole])
    if batches == 2:
        project.journal.write([part])
    assert project.journal.get("call-1").record == whole


def test_the_same_call_again_with_another_start_moves(project: ProjectStore) -> None:
    project.journal.write([call(1), call(2), call(3)])
    moved = msgspec.structs.replace(call(1), started_at=call(9).started_at)
    project.journal.write([moved])
    assert ids(project.journal.page(*EVER)) == ["call-1", "call-3", "call-2"]
    assert project.journal.get("call-1").record == moved


def test_of_two_versions_in_one_batch_the_later_stays(project: ProjectStore) -> None:
    later = msgspec.structs.replace(call(1), talk_s=1.0)
    project.journal.write([call(1), call(2), later])
    assert project.journal.get("call-1").record == later
    assert len(project.journal.page(*EVER).calls) == 2


def test_calls_of_one_millisecond_each_have_a_place(project: ProjectStore) -> None:
    many = [call(number, started_at=5.0) for number in range(700)]
    project.journal.write(many[:300])
    project.journal.write(many[200:])
    page = project.journal.page(*EVER, limit=1000)
    assert sorted(ids(page)) == sorted(each.call_id for each in many)


def test_a_full_millisecond_is_refused_and_told(project: ProjectStore) -> None:
    many = [call(number, started_at=5.0, accounts=()) for number in range(SLOTS)]
    project.journal.write(many)
    with pytest.raises(RowRefusedError, match="millisecond"):
        project.journal.write([call(SLOTS, started_at=5.0)])
    assert len(project.journal.page(*EVER, limit=1000).calls) == 1000


def test_a_batch_is_written_whole_or_not_at_all(project: ProjectStore) -> None:
    unfinished = msgspec.structs.replace(call(2), ended_at=None)
    with pytest.raises(RowRefusedError, match="not ended"):
        project.journal.write([call(1), unfinished])
    too_long = msgspec.structs.replace(call(3), queues=(msgspec.structs.replace(call(3).queues[0], position=2**70),))
    with pytest.raises(RowRefusedError):
        project.journal.write([call(1), too_long])
    assert project.journal.page(*EVER).calls == ()


def test_a_text_longer_than_an_index_takes_is_refused_or_kept_whole(project: ProjectStore) -> None:
    """PostgreSQL's B-tree takes 2,700 bytes a value, compressed; SQLite's any."""
    import random  # noqa: PLC0415 - for a text that does not compress

    wild = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=50_000))
    long = msgspec.structs.replace(call(1), client_e164=wild)
    try:
        project.journal.write([long])
    except RowRefusedError as error:
        told = str(error)
        kept = []
    else:
        told = ""
        kept = [long]
    assert wild[:50] not in told
    assert [each.record for each in project.journal.page(*EVER).calls] == kept


def test_pages_go_newest_first_and_miss_and_repeat_nothing(project: ProjectStore) -> None:
    project.journal.write([call(number) for number in range(23)])
    seen: list[str] = []
    cursor = None
    while True:
        page = project.journal.page(*EVER, limit=5, cursor=cursor)
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break
        project.journal.write([call(1000 + len(seen))])  # newer ones meanwhile do not shift the pages
    assert seen == [f"call-{number}" for number in reversed(range(23))]


def test_a_period_has_its_beginning_and_not_its_end(project: ProjectStore) -> None:
    project.journal.write([call(number) for number in range(5)])
    page = project.journal.page(call(1).started_at, call(3).started_at)
    assert ids(page) == ["call-2", "call-1"]
    assert project.journal.page(call(3).started_at, call(1).started_at).calls == ()


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 19, "9" * 40, "١٢", "1 or 1=1", "\x00"])
def test_a_forged_cursor_is_refused(project: ProjectStore, cursor: str) -> None:
    with pytest.raises(InvalidInputError):
        project.journal.page(*EVER, cursor=cursor)


@pytest.mark.parametrize(
    ("begin", "end", "limit"), [(0.0, 1.0, 0), (0.0, 1.0, 1001), (math.nan, 1.0, 5), (0.0, math.nan, 5)]
)
def test_a_page_that_makes_no_sense_is_refused(project: ProjectStore, begin: float, end: float, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        project.journal.page(begin, end, limit=limit)


def test_a_call_that_is_not_there_is_not_found(project: ProjectStore) -> None:
    for call_id in ("call-1", "", "\x00", "\ud800", "'; drop table calls"):
        with pytest.raises(NotFoundError):
            project.journal.get(call_id)


def test_two_projects_share_nothing(store: Store) -> None:
    one, two = make_project(store, "One"), make_project(store, "Two")
    ann = one.directory.add_employee("Ann", account_names=["101"])
    ben = two.directory.add_employee("Ben", account_names=["101"])
    one.journal.write([call(1), call(2)])
    two.journal.write([msgspec.structs.replace(call(1), talk_s=7.0)])
    assert ids(one.journal.page(*EVER)) == ["call-2", "call-1"]
    assert ids(two.journal.page(*EVER)) == ["call-1"]
    assert [each.employee_name for each in one.journal.get("call-1").employees] == ["Ann"]
    assert [each.employee_name for each in two.journal.get("call-1").employees] == ["Ben"]
    assert one.journal.page(*EVER, employee_ids=[ben.id]).calls == ()
    assert len(one.journal.page(*EVER, employee_ids=[ann.id]).calls) == 2
    with pytest.raises(NotFoundError):
        two.journal.get("call-2")


def test_a_project_that_is_not_there_takes_no_call(store: Store) -> None:
    with pytest.raises(ConflictError):
        store.project(999).journal.write([call(1)])
    assert store.project(999).journal.page(*EVER).calls == ()


def test_a_call_keeps_who_had_the_account_and_the_department_of_its_time(project: ProjectStore) -> None:
    sales = project.directory.add_department("Sales")
    care = project.directory.add_department("Care")
    ann = project.directory.add_employee("Ann", department_id=sales.id, account_names=["101"])
    project.journal.write([call(1, accounts=("101", "999"))])
    project.directory.change_employee(ann.id, name="Anna", department_id=care.id)
    project.journal.write([call(2)])
    project.directory.unlink_account("101")
    ben = project.directory.add_employee("Ben", department_id=care.id, account_names=["101"])
    project.journal.write([call(3), msgspec.structs.replace(call(1, accounts=("101", "999")), talk_s=1.0)])

    def people(number: int) -> list[tuple[str | None, str | None]]:
        return [(each.employee_name, each.department_name) for each in project.journal.get(f"call-{number}").employees]

    assert people(1) == [("Anna", "Sales"), (None, None)]  # written again, and still of its time
    assert people(2) == [("Anna", "Care")]
    assert people(3) == [("Ben", "Care")]
    assert ids(project.journal.page(*EVER, department_ids=[sales.id])) == ["call-1"]
    assert ids(project.journal.page(*EVER, department_ids=[sales.id, care.id])) == ["call-3", "call-2", "call-1"]
    assert ids(project.journal.page(*EVER, employee_ids=[ann.id])) == ["call-2", "call-1"]
    assert ids(project.journal.page(*EVER, employee_ids=[ben.id], department_ids=[sales.id])) == ["call-3", "call-1"]
    assert ids(project.journal.page(*EVER, employee_ids=[])) == []
    project.directory.remove_employee(ann.id, now=9.0)
    project.directory.remove_department(sales.id, now=9.0)
    assert people(1) == [("Anna", "Sales"), (None, None)]


def test_pages_of_some_people_miss_and_repeat_nothing(project: ProjectStore) -> None:
    employees = [project.directory.add_employee(f"E{n}", account_names=[f"{n}"]) for n in range(70)]
    project.journal.write([call(n, accounts=(f"{n % 70}", f"{(n + 1) % 70}")) for n in range(300)])
    chosen = [employee.id for employee in employees if employee.id % 3]
    wanted = [
        f"call-{n}" for n in reversed(range(300)) if {employees[n % 70].id, employees[(n + 1) % 70].id} & set(chosen)
    ]
    seen: list[str] = []
    cursor = None
    while True:
        page = project.journal.page(*EVER, limit=17, cursor=cursor, employee_ids=chosen)
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == wanted
