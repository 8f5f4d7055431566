"""What the journal says of calls beside themselves: marks, notes, tags, spam; none of it is lost or left behind."""

import math

import msgspec
import pytest
from alembic import command
from sqlalchemy import text

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.floor.calls import CallRecord, CallType
from callfloor.floor.days import day_bounds, day_of
from callfloor.store import ProjectStore, Rules, Store, block_writer, client_marks
from callfloor.store.call_filter import CallFilter, Grouping, Mark, PartIn, Sort, SortKey
from callfloor.store.engine import connect
from callfloor.store.migrate import _config
from support.call_records import call
from support.journal_model import ZONE

EVER = CallFilter(started_from=-math.inf, started_to=math.inf)
DAY_S = 86_400.0


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("One", timezone="Europe/Warsaw", country="PL", language="pl", now=1.0)
    return store.project(made.id)


def of_client(number: int, days: float, client: str | None = "+48600000001") -> CallRecord:
    at = 1_700_000_000.0 + days * DAY_S
    return msgspec.structs.replace(call(number, started_at=at), client_e164=client, client_number=client)


def new_clients(project: ProjectStore) -> dict[str, Mark | None]:
    found = {}
    for row in project.journal.rows(EVER, limit=1000).rows:
        found[row.call_id] = next((mark for mark in row.marks if mark in {Mark.UNIQUE, Mark.REPEAT}), None)
    return found


def test_a_client_is_new_again_after_the_depth_and_a_setting_holds_at_once(project: ProjectStore) -> None:
    project.journal.write([of_client(1, 0.0), of_client(2, 1.0), of_client(3, 2.0 + 0.001 / DAY_S), of_client(4, 9.0)])
    assert list(new_clients(project).values()) == [Mark.REPEAT, Mark.REPEAT, Mark.REPEAT, Mark.UNIQUE]
    project.rules.set(Rules(unique_depth_days=1))  # a call after exactly a day is a repeat; a millisecond later is not
    expected = {"call-1": Mark.UNIQUE, "call-2": Mark.REPEAT, "call-3": Mark.UNIQUE, "call-4": Mark.UNIQUE}
    assert new_clients(project) == expected
    assert project.journal.totals(EVER).unique == 3
    project.journal.remark(lambda done, of: None)
    assert new_clients(project) == expected


def test_who_is_not_known_is_neither_new_nor_known(project: ProjectStore) -> None:
    outbound = msgspec.structs.replace(of_client(3, 2.0, "+48600000009"), type=CallType.OUTBOUND)
    project.journal.write(
        [of_client(1, 0.0, None), of_client(2, 1.0, None), outbound, of_client(4, 3.0, "+48600000009")]
    )
    assert new_clients(project) == {"call-1": None, "call-2": None, "call-3": None, "call-4": Mark.UNIQUE}


# Of few calls of a client all are looked at; of many, those around. Both ways must say the same.
@pytest.mark.parametrize("at_once", [20_000, 1])
def test_a_late_a_moved_and_a_rewritten_call_change_what_follows_them(
    project: ProjectStore, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(client_marks, "_AT_ONCE", at_once)
    project.journal.write([of_client(2, 2.0), of_client(3, 3.0)])
    project.journal.write([of_client(1, 1.0)])  # late
    assert new_clients(project) == {"call-1": Mark.UNIQUE, "call-2": Mark.REPEAT, "call-3": Mark.REPEAT}
    project.journal.write([of_client(1, 4.0)])  # moved
    assert new_clients(project) == {"call-2": Mark.UNIQUE, "call-3": Mark.REPEAT, "call-1": Mark.REPEAT}
    project.journal.write([of_client(2, 2.0, "+48600000002")])  # another client's
    assert new_clients(project) == {"call-2": Mark.UNIQUE, "call-3": Mark.UNIQUE, "call-1": Mark.REPEAT}
    project.journal.write([msgspec.structs.replace(of_client(3, 3.0), type=CallType.INTERNAL)])
    assert new_clients(project) == {"call-2": Mark.UNIQUE, "call-3": None, "call-1": Mark.UNIQUE}
    assert project.journal.client("+48600000001").calls == 2


def test_spam_is_out_of_all_but_its_own_count_unless_the_project_says_otherwise(project: ProjectStore) -> None:
    project.journal.write([of_client(1, 0.0), of_client(2, 1.0, "+48600000002")])
    project.spam.put("+48600000001", "pbx", None, 5.0)
    assert [each.number for each in project.spam.numbers()] == ["+48600000001"]
    assert project.spam.is_spam("+48600000001")
    totals = project.journal.totals(EVER)
    assert (totals.calls, totals.spam, totals.inbound, totals.unique, totals.target) == (2, 1, 1, 1, 1)
    project.annotations.set_spam("call-1", spam=False)  # this one is not, whatever the list says
    assert project.journal.totals(EVER).spam == 0
    project.annotations.set_spam("call-1", spam=None)
    project.rules.set(Rules(spam_counts=True))
    totals = project.journal.totals(EVER)
    assert (totals.spam, totals.inbound, totals.unique) == (1, 2, 2)
    project.spam.remove("+48600000001")
    assert project.journal.totals(EVER).spam == 0
    with pytest.raises(NotFoundError):
        project.spam.remove("+48600000001")
    with pytest.raises(InvalidInputError):
        project.spam.put(" ", "list", None, 1.0)
    with pytest.raises(InvalidInputError):
        project.spam.put("+48600000001", "rumour", None, 1.0)


def test_what_was_said_of_a_call_stays_when_it_is_written_again_and_when_it_moves(project: ProjectStore) -> None:
    project.journal.write([of_client(1, 1.0), of_client(2, 2.0)])
    first = project.annotations.add_note("call-1", 7, "Ann", " Will call again ", 5.0)
    project.annotations.add_note("call-2", None, None, "Another", 6.0)
    assert project.annotations.set_tags("call-1", ["lead", "gold", "lead"]) == ("gold", "lead")
    project.annotations.set_success("call-1", success=False)
    # Each takes the other's place: their keys, and what was said of them, cross.
    project.journal.write([of_client(1, 2.0), of_client(2, 1.0)])
    whole = project.journal.whole("call-1")
    assert [(note.text, note.user_name) for note in whole.notes] == [("Will call again", "Ann")]
    assert (whole.row.tags, whole.row.notes, Mark.UNSUCCESSFUL in whole.row.marks) == (("gold", "lead"), 1, True)
    assert [note.text for note in project.journal.whole("call-2").notes] == ["Another"]
    assert project.annotations.tags() == ("gold", "lead")
    assert project.annotations.note(first.id) == ("call-1", first)
    project.annotations.remove_note(first.id)
    project.annotations.set_tags("call-1", [])
    project.annotations.set_success("call-1", success=None)
    whole = project.journal.whole("call-1")
    assert (whole.notes, whole.row.tags, Mark.SUCCESSFUL in whole.row.marks) == ((), (), True)
    with pytest.raises(NotFoundError):
        project.annotations.remove_note(first.id)


@pytest.mark.parametrize("words", ["", "  ", "x" * 4001, "a\x00b"])
def test_a_note_that_is_none_is_refused(project: ProjectStore, words: str) -> None:
    project.journal.write([call(1)])
    with pytest.raises(InvalidInputError):
        project.annotations.add_note("call-1", 1, "Ann", words, 1.0)


def test_tags_that_are_none_and_calls_that_are_not_there_are_refused(project: ProjectStore) -> None:
    project.journal.write([call(1)])
    for tags in ([""], ["x" * 61], [str(number) for number in range(31)]):
        with pytest.raises(InvalidInputError):
            project.annotations.set_tags("call-1", tags)
    for call_id in ("call-2", "a\x00"):
        with pytest.raises(NotFoundError):
            project.annotations.set_tags(call_id, [])
        with pytest.raises(NotFoundError):
            project.annotations.set_success(call_id, success=True)
        with pytest.raises(NotFoundError):
            project.journal.whole(call_id)


def test_a_whole_call_tells_of_its_client_before_it_as_far_as_the_viewer_sees(project: ProjectStore) -> None:
    sales, care = (project.directory.add_department(name).id for name in ("Sales", "Care"))
    ann = project.directory.add_employee("Ann", department_id=sales, account_names=["101"])
    project.directory.add_employee("Ben", department_id=care, account_names=["102"])
    records = [of_client(number, float(number)) for number in range(1, 13)]
    theirs = msgspec.structs.replace(
        call(20, accounts=("102",)), started_at=1_700_000_000.0, client_e164="+48600000001"
    )
    project.journal.write([*records, theirs])
    told = project.journal.whole("call-12").client
    assert told is not None
    assert (told.calls, told.first_at, told.last_at) == (12, theirs.started_at, records[-2].started_at)
    assert (told.last_employee_id, told.last_employee_name, told.spam) == (ann.id, "Ann", False)
    assert [row.call_id for row in told.recent] == [f"call-{number}" for number in range(11, 1, -1)]
    seen = project.journal.whole("call-12", seen_department_ids=frozenset({sales})).client
    assert seen is not None
    assert seen.calls == 11
    with pytest.raises(NotFoundError):
        project.journal.whole("call-12", seen_department_ids=frozenset({care}))
    assert project.journal.whole("call-12", seen_employee_id=ann.id).row.call_id == "call-12"
    assert project.journal.client("+1").calls == 0


def test_an_employees_profile_counts_what_the_journal_counts(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101", "102"])
    records = []
    for number in range(60):
        people = (("101",), ("999", "101"), ("102", "101"), ("999",))[number % 4]
        record = call(number, started_at=1_698_537_000.0 + number * 1800, accounts=people)
        changed = msgspec.structs.replace(
            record.employees[0],
            answered=number % 3 > 0,
            talk_s=float(number % 5) * (number % 3 > 0),
            missed=number % 3 == 0,
        )
        kind = tuple(CallType)[number % 4 if number % 7 else 0]
        records.append(msgspec.structs.replace(record, type=kind, employees=(changed, *record.employees[1:])))
    project.journal.write(records)
    day = day_of(records[0].started_at, ZONE)  # 25 hours long
    bounds = day_bounds(day, ZONE)
    (counts,) = project.profile.counts(ann.id, [bounds])
    theirs = CallFilter(started_from=bounds[0], started_to=bounds[1], employee_ids=frozenset({ann.id}))
    took = msgspec.structs.replace(theirs, part_in=PartIn.TOOK_PART)
    totals = project.journal.totals(took)
    assert counts.answered_inbound + counts.outbound + counts.internal > 0
    assert (totals.inbound, totals.outbound, totals.callback, totals.internal) == (
        counts.answered_inbound,
        counts.outbound,
        counts.callback,
        counts.internal,
    )
    assert counts.missed > 0
    for part, counted in ((PartIn.MISSED, counts.missed), (PartIn.TAKEN_ELSEWHERE, counts.taken_elsewhere)):
        assert project.journal.count(msgspec.structs.replace(theirs, part_in=part)) == counted


@pytest.mark.parametrize("part", ["12", "a", "", "1" * 21])
def test_a_part_of_a_number_that_is_too_short_or_long_is_refused(project: ProjectStore, part: str) -> None:
    with pytest.raises(InvalidInputError, match="digits"):
        project.journal.rows(msgspec.structs.replace(EVER, number_part=part))


@pytest.mark.parametrize("cursor", ["", "x", "bm90IG9uZQ", "WyJhIiwxXQ", "WzEsLTFd", "é"])
def test_a_cursor_that_no_page_gave_is_refused(project: ProjectStore, cursor: str) -> None:
    for place in ({"after": cursor}, {"before": cursor}):
        with pytest.raises(InvalidInputError):
            project.journal.rows(EVER, **place)


def test_a_page_asks_for_what_has_come_since(project: ProjectStore) -> None:
    project.journal.write([call(1), call(2)])
    page = project.journal.rows(EVER)
    project.journal.write([call(3), call(4)])
    since = project.journal.rows(EVER, before=page.previous_cursor)
    assert [row.call_id for row in since.rows] == ["call-4", "call-3"]
    nothing = project.journal.rows(EVER, before=since.previous_cursor)
    assert (nothing.rows, nothing.previous_cursor) == ((), since.previous_cursor)
    with pytest.raises(InvalidInputError):
        project.journal.rows(EVER, after=page.previous_cursor, before=page.previous_cursor)


def test_a_page_goes_on_by_the_name_it_stood_at_though_somebody_was_renamed(project: ProjectStore) -> None:
    for number, name in enumerate(("Ann", "Ben", "Cyd")):
        project.directory.add_employee(name, account_names=[f"10{number}"])
    project.journal.write([call(number, accounts=(f"10{number}",)) for number in range(3)])
    by_name = Sort(key=SortKey.EMPLOYEE, descending=False)
    page = project.journal.rows(EVER, by_name, limit=1)
    assert [row.people[0].employee_name for row in page.rows] == ["Ann"]
    ann = page.rows[0].people[0].employee_id
    assert ann is not None
    project.directory.change_employee(ann, name="Zoe", department_id=None)
    after = project.journal.rows(EVER, by_name, after=page.next_cursor)
    assert [row.people[0].employee_name for row in after.rows] == ["Ben", "Cyd", "Zoe"]


def test_the_journals_days_are_the_projects_whatever_they_were(store: Store, project: ProjectStore) -> None:
    project.journal.write([of_client(number, number / 7) for number in range(40)])
    project.journal.fold()
    before = project.journal.groups(EVER, Grouping.DAY)
    store.projects.change(project.project_id, name="One", timezone="Asia/Tokyo", country="PL", language="pl")
    after = project.journal.groups(EVER, Grouping.DAY)
    assert [each.key for each in before] != [each.key for each in after]
    assert sum(each.totals.calls for each in after) == 40


def test_sums_are_made_anew_until_somebody_stops_it(project: ProjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_writer, "LARGEST", 5)
    project.journal.write([of_client(number, number / 7) for number in range(40)])
    assert project.journal.unfolded() == 40
    project.journal.fold()
    assert project.journal.unfolded() == 0
    assert project.journal.remark(lambda done, of: None) == 0
    project.rules.set(Rules(target_talk_s=1.0))
    told: list[tuple[int, int]] = []

    class StoppedError(Exception):
        pass

    def stop(done: int, of: int) -> None:
        told.append((done, of))
        if done == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        project.journal.remark(stop)
    assert told == [(0, 8), (1, 8), (2, 8), (3, 8)]
    assert project.journal.remark(lambda done, of: None) == 5


def test_calls_from_before_have_their_marks_after_the_migration(empty_url: str) -> None:
    engines = connect(empty_url)
    with engines.migrate.begin() as connection:
        command.upgrade(_config(connection), "0002")
        connection.execute(
            text(
                "INSERT INTO projects (name, timezone, country, language, settings, created_at)"
                " VALUES ('Old', 'Europe/Warsaw', 'PL', 'pl', '{}', 1)"
            )
        )
        project_id = connection.execute(text("SELECT max(id) FROM projects")).scalar_one()
        for number in range(6):
            at = 1_700_000_000_000 + number * 3_600_000
            connection.execute(
                text(
                    "INSERT INTO calls (project_id, id, call_id, type, result, client_number, client_e164,"
                    " business_number, started_at, ended_at, waiting_ms, ivr_ms, queue_ms, ringing_ms, talk_ms,"
                    " hold_ms, duration_ms, partial, route, story) VALUES (:project, :id, :call, :type, 'answered',"
                    " :number, :e164, '+48221', :at, :at, 0, 0, 0, 0, 5, 0, 5, false, '[]', '[]')"
                ),
                {
                    "project": project_id,
                    "id": at * 4096,
                    "call": f"c{number}",
                    "at": at,
                    "type": "outbound" if number == 3 else "inbound",
                    "number": "anonymous" if number == 4 else None,
                    "e164": None if number == 4 else f"+4860000000{number % 2}",
                },
            )
    engines.dispose()
    store = Store.open(empty_url)
    try:
        project = store.project(project_id)
        expected = {"c0": Mark.UNIQUE, "c1": Mark.UNIQUE, "c2": Mark.REPEAT, "c3": None, "c4": None, "c5": Mark.REPEAT}
        assert new_clients(project) == expected
        before = project.journal.groups(EVER, Grouping.NUMBER)
        assert project.journal.fold() == 6
        assert project.journal.groups(EVER, Grouping.NUMBER) == before
        assert new_clients(project) == expected
        found = project.journal.rows(msgspec.structs.replace(EVER, number_part="600000001"))
        assert [row.call_id for row in found.rows] == ["c5", "c3", "c1"]
    finally:
        store.close()
