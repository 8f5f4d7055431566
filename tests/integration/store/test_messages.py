"""The journals of voicemail and faxes, on both databases."""

import itertools

import msgspec
import pytest

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.floor.messages import FaxDirection
from callfloor.store import Store
from callfloor.store.faxes import FaxFilter, FaxOutcome
from callfloor.store.message_pages import MessageSight, MessageSort
from callfloor.store.store import ProjectStore
from callfloor.store.voicemail_rows import VoicemailFilter, VoicemailRow, VoicemailState
from callfloor.store.voicemails import VOICEMAIL_SORTS
from support.web_floor import NOW, record
from support.web_messages import fax, voicemail

EVERYTHING = VoicemailFilter(left_from=0.0, left_to=NOW + 86_400)
FAXES = FaxFilter(from_at=0.0, to_at=NOW + 86_400)
ALL = MessageSight()
LATEST = MessageSort()


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.project(store.projects.add("One", timezone="Europe/Warsaw", country="PL", language="pl", now=1.0).id)
    sales, help_ = made.directory.add_department("Sales").id, made.directory.add_department("Help").id
    made.directory.add_employee("Anna", department_id=sales, account_names=["101"])
    made.directory.add_employee("Boris", department_id=help_, account_names=["201"])
    return made


def put(project: ProjectStore, *messages: object, gone: tuple[str, ...] = (), at: float = NOW) -> int:
    return project.voicemails.apply(
        messages, gone, at=at, calls_of={}, e164=lambda number: f"+{number}" if number else None
    )  # type: ignore[arg-type]


def seen(project: ProjectStore, wanted: VoicemailFilter = EVERYTHING, sight: MessageSight = ALL) -> list[VoicemailRow]:
    return list(project.voicemails.page(wanted, LATEST, sight, limit=100).messages)


def test_a_message_is_one_row_from_its_coming_to_its_going(project: ProjectStore) -> None:
    assert put(project, voicemail("101"), voicemail("900", 1)) == 2
    assert put(project, voicemail("101"), voicemail("900", 1), at=NOW + 1) == 0
    assert project.voicemails.present() == {"default/101/0", "default/900/1"}
    shared, new = seen(project)
    assert (new.state, new.employee_name, new.department_name, new.caller_e164) == (
        "new", "Anna", "Sales", "+48601234567",
    )  # fmt: skip
    assert (shared.employee_name, new.seen_at, new.heard_at) == (None, NOW, None)

    put(project, voicemail("101", folder="Old", place="default/101/Old/msg0003"), at=NOW + 5)
    heard = project.voicemails.get(new.id, ALL)
    assert (heard.state, heard.folder, heard.heard_at, heard.seen_at) == ("heard", "Old", NOW + 5, NOW)
    put(project, gone=("default/101/0", "default/101/unheard of"), at=NOW + 9)
    gone = project.voicemails.get(new.id, ALL)
    assert (gone.state, gone.gone_at, gone.heard_at, gone.playable) == ("gone", NOW + 9, NOW + 5, False)
    put(project, voicemail("101", folder="Old"), at=NOW + 12)
    assert project.voicemails.get(new.id, ALL).gone_at is None, "it was on its way"
    assert len(seen(project)) == 2


def test_a_message_finds_its_call_however_they_come(project: ProjectStore) -> None:
    left_at = voicemail("101").left_at
    call = msgspec.structs.replace(record("told", "101"), client_number="48601234567")
    other = msgspec.structs.replace(record("asked", "101"), client_number="380671112233")
    put(project, voicemail("101", channel="PJSIP/1"))
    assert project.voicemails.link(call.call_id, "48601234567", left_at - 20, left_at + 10) == 1
    assert project.voicemails.link("later", "48601234567", left_at - 20, left_at + 10) == 0, "it has one"
    project.journal.write([other])
    put(project, voicemail("101", 1, caller_number="380671112233", left_at=float(int(other.started_at)) + 1))
    project.voicemails.apply(
        [voicemail("101", 2)], [], at=NOW, calls_of={"default/101/2": "named"}, e164=lambda _: None
    )
    assert {row.call_id for row in seen(project)} == {"told", "asked", "named"}


def test_each_sees_the_boxes_that_are_theirs(project: ProjectStore) -> None:
    put(project, voicemail("101"), voicemail("201", 1), voicemail("900", 2))
    directory = project.directory.load()
    sales = next(one.id for one in directory.departments if one.name == "Sales")
    anna = next(one.id for one in directory.employees if one.name == "Anna")
    for sight, boxes in (
        (ALL, {"101", "201", "900"}),
        (MessageSight(department_ids=frozenset({sales})), {"101"}),
        (MessageSight(department_ids=frozenset()), set()),
        (MessageSight(employee_id=anna), {"101"}),
        (MessageSight(employee_id=-1), set()),
    ):
        assert {row.box for row in seen(project, sight=sight)} == boxes
        assert set(project.voicemails.boxes(sight)) == boxes
        for row in seen(project):
            if row.box in boxes:
                assert project.voicemails.message(row.id, sight).box == row.box
            else:
                with pytest.raises(NotFoundError):
                    project.voicemails.message(row.id, sight)


def test_every_filter_leaves_what_it_says(project: ProjectStore) -> None:
    put(
        project, voicemail("101"), voicemail("201", 1), voicemail("900", 2, folder="Work"),
        voicemail("101", 3, caller_name=None),
    )  # fmt: skip
    put(project, gone=("default/101/3",))
    of_boris = next(row for row in seen(project) if row.box == "201")
    project.voicemails.mark(of_boris.id, handled=True, by_id=1, by="Anna", at=NOW)
    asked: list[tuple[dict[str, object], set[int]]] = [
        ({"boxes": frozenset({"101", "900"})}, {0, 2, 3}),
        ({"states": frozenset({VoicemailState.NEW})}, {0, 1}),
        ({"states": frozenset({VoicemailState.HEARD, VoicemailState.GONE})}, {2, 3}),
        ({"handled": True}, {1}),
        ({"handled": False}, {0, 2, 3}),
        ({"part": "żółć"}, {0, 1, 2}),
        ({"part": "+48 601-23"}, {0, 1, 2, 3}),
        ({"part": "5%"}, set()),
        ({"left_from": NOW - 59.5, "left_to": NOW - 57.5}, {1, 2}),
        ({"employee_ids": frozenset({of_boris.employee_id})}, {1}),
        ({"department_ids": frozenset({of_boris.department_id})}, {1}),
    ]
    for one, numbers in asked:
        found = seen(project, msgspec.structs.replace(EVERYTHING, **one))
        assert {int(row.left_at - voicemail("101").left_at) for row in found} == numbers, one


def test_a_part_of_one_character_is_refused(project: ProjectStore) -> None:
    with pytest.raises(InvalidInputError):
        seen(project, msgspec.structs.replace(EVERYTHING, part=" 4 "))


def test_pages_in_any_order_have_every_row_once_and_unknowns_last(project: ProjectStore) -> None:
    for number in range(7):
        put(
            project,
            voicemail(
                ("101", "201", "900")[number % 3], number, duration_s=None if number % 3 == 0 else number / 2,
                caller_number=None if number % 4 == 1 else f"4860{number % 2}", folder=("INBOX", "Old")[number % 2],
            ),
        )  # fmt: skip
    field = {"at": "left_at", "duration": "duration_s", "caller": "caller_number", "employee": "employee_name"}
    for key, descending in itertools.product(VOICEMAIL_SORTS, (False, True)):
        rows = read_all(project, MessageSort(key=key, descending=descending))
        assert len({row.id for row in rows}) == len(rows) == 7
        values = [getattr(row, field.get(key, key)) for row in rows]
        known = [value for value in values if value is not None]
        assert values == known + [None] * (7 - len(known)), key
        assert known == sorted(known, reverse=descending), key


def read_all(project: ProjectStore, sort: MessageSort) -> list[VoicemailRow]:
    """Every message, two on a page."""
    rows: list[VoicemailRow] = []
    cursor: str | None = None
    while True:
        page = project.voicemails.page(EVERYTHING, sort, ALL, limit=2, cursor=cursor)
        assert page.total == 7
        rows += page.messages
        cursor = page.next_cursor
        if cursor is None:
            return rows


def test_a_cursor_that_no_page_gave_is_refused(project: ProjectStore) -> None:
    for cursor in ("", "x", "WyJhdCJd", "WyJhdCIsdHJ1ZSwiMSIsMSwxXQ", "\u20ac", "W10"):
        with pytest.raises(InvalidInputError):
            project.voicemails.page(EVERYTHING, LATEST, ALL, limit=1, cursor=cursor)


def test_who_has_dealt_with_it_and_a_note_stay(project: ProjectStore) -> None:
    put(project, voicemail("101"))
    (row,) = seen(project)
    project.voicemails.mark(row.id, handled=True, by_id=7, by="Anna", at=NOW + 3)
    project.voicemails.note(row.id, "  called back\0 ")
    put(project, voicemail("101", folder="Old"))
    (row,) = seen(project)
    assert (row.handled_at, row.handled_by, row.note) == (NOW + 3, "Anna", "called back\ufffd")
    project.voicemails.mark(row.id, handled=False, by_id=7, by="Anna", at=NOW + 4)
    project.voicemails.note(row.id, "")
    (row,) = seen(project)
    assert (row.handled_at, row.handled_by, row.note) == (None, None, None)
    with pytest.raises(InvalidInputError):
        project.voicemails.note(row.id, "x" * 2001)
    with pytest.raises(NotFoundError):
        project.voicemails.mark(row.id + 1, handled=True, by_id=1, by="", at=NOW)


def test_another_projects_messages_are_not_there(store: Store, project: ProjectStore) -> None:
    put(project, voicemail("101"))
    project.faxes.put(fax(None), keeping="kept", kept_files=["a.tif"], kept_pages=1)
    other = store.project(store.projects.add("Two", timezone="UTC", country="PL", language="pl", now=1.0).id)
    assert seen(other) == []
    assert other.voicemails.present() == frozenset()
    assert other.faxes.page(FAXES, LATEST, ALL, limit=5).total == 0
    with pytest.raises(NotFoundError):
        other.voicemails.note(seen(project)[0].id, "mine")


def test_a_fax_told_twice_is_one_row_and_its_files_are_ours(project: ProjectStore) -> None:
    first = project.faxes.put(fax("c1"), keeping="missing", kept_files=(), kept_pages=None)
    assert project.faxes.put(fax("c1"), keeping="kept", kept_files=["2026/11/a.tif"], kept_pages=2) == first
    row = project.faxes.get(first, ALL)
    assert (row.keeping, row.shown_pages, row.pages, row.call_id) == ("kept", 2, 2, "c1")
    assert project.faxes.files(first, ALL) == ("2026/11/a.tif",)


def test_faxes_are_filtered_and_seen_by_their_calls(project: ProjectStore) -> None:
    project.journal.write([record("by-anna", "101"), record("by-boris", "201")])
    for call_id, more in (
        ("by-anna", {}),
        ("by-boris", {"result": None, "direction": FaxDirection.SENT, "station": "NOTARIUS"}),
        (None, {"result": None, "account": "201", "number": None, "e164": None}),
    ):
        project.faxes.put(fax(call_id, **more), keeping="missing", kept_files=(), kept_pages=None)
    directory = project.directory.load()
    help_, sales = (one.id for one in sorted(directory.departments, key=lambda one: one.name))
    for sight, calls in (
        (ALL, {"by-anna", "by-boris", None}),
        (MessageSight(department_ids=frozenset({sales})), {"by-anna"}),
        (MessageSight(department_ids=frozenset({help_})), {"by-boris", None}),
        (MessageSight(department_ids=frozenset()), set()),
        (MessageSight(employee_id=next(e.id for e in directory.employees if e.name == "Anna")), {"by-anna"}),
    ):
        assert {row.call_id for row in project.faxes.page(FAXES, LATEST, sight, limit=9).faxes} == calls

    def found(**asked: object) -> set[str | None]:
        wanted = msgspec.structs.replace(FAXES, **asked)
        return {row.call_id for row in project.faxes.page(wanted, LATEST, ALL, limit=9).faxes}

    assert found(directions=frozenset({FaxDirection.SENT})) == {"by-boris"}
    assert found(outcomes=frozenset({FaxOutcome.UNKNOWN})) == {"by-boris", None}
    assert found(outcomes=frozenset({FaxOutcome.SUCCESS, FaxOutcome.FAILED})) == {"by-anna"}
    assert found(part="notar") == {"by-boris"}
    assert found(part="221234") == {"by-anna", "by-boris"}
