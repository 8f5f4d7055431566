"""What is kept of people beside their statuses: Callfloor's own switch, the project's rules, who did what."""

import msgspec
import pytest

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError, StoreDamagedError
from callfloor.floor.employees import Status, Switch
from callfloor.store import AuditEntry, ProjectStore, Rules, Store, WorkingHours


@pytest.fixture
def project(store: Store) -> ProjectStore:
    return make_project(store, "One")


def make_project(store: Store, name: str, **settings: object) -> ProjectStore:
    made = store.projects.add(name, timezone="Europe/Kyiv", country="UA", language="uk", now=1.0, settings=settings)
    return store.project(made.id)


def test_a_switch_stays_until_it_is_taken_back(store: Store, project: ProjectStore) -> None:
    ann, ben = (project.directory.add_employee(name).id for name in ("Ann", "Ben"))
    by_hand = Switch(status=Status.DND, since=1_790_000_000.125, by="anna")
    by_rule = Switch(status=Status.OFFLINE, since=1_790_000_001.0, by="missed_in_a_row", by_rule=True)
    assert project.switches.load() == {}
    project.switches.set(ben, by_hand)
    project.switches.set(ann, by_hand)
    project.switches.set(ann, by_rule)
    assert project.switches.load() == {ann: by_rule, ben: by_hand}
    assert make_project(store, "Two").switches.load() == {}
    project.switches.set(ann, None)
    project.switches.set(ann, None)
    assert project.switches.load() == {ben: by_hand}


def test_a_switch_that_makes_no_sense_is_refused(store: Store, project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann").id
    for status in (Status.ONLINE, Status.TALKING, Status.UNKNOWN):
        with pytest.raises(InvalidInputError):
            project.switches.set(ann, Switch(status=status, since=1.0, by="x"))
    for elsewhere, employee_id in ((make_project(store, "Two"), ann), (project, 999)):
        with pytest.raises(ConflictError):
            elsewhere.switches.set(employee_id, Switch(status=Status.DND, since=1.0, by="x"))
        elsewhere.switches.set(employee_id, None)
    assert project.switches.load() == {}


def test_rules_are_the_usual_ones_until_they_are_set_and_other_settings_stay(store: Store) -> None:
    project = make_project(store, "One", colour="green")
    assert project.rules.load() == Rules()
    rules = Rules(
        missed_after_s=7.5,
        dnd_after_missed=3,
        pause_is_dnd=True,
        working_hours=(WorkingHours(weekday=0, begins_minute=540, ends_minute=1080),),
    )
    project.rules.set(rules)
    assert project.rules.load() == rules
    assert store.projects.get(project.project_id).settings["colour"] == "green"
    project.rules.set(Rules())
    assert project.rules.load() == Rules()


@pytest.mark.parametrize(
    "wrong",
    [
        {"missed_after_s": -0.1},
        {"missed_after_s": float("nan")},
        {"missed_after_s": 601.0},
        {"dnd_after_missed": 0},
        {"dnd_after_missed": 101},
        {"working_hours": (WorkingHours(weekday=7, begins_minute=0, ends_minute=1),)},
        {"working_hours": (WorkingHours(weekday=0, begins_minute=9, ends_minute=9),)},
        {"working_hours": (WorkingHours(weekday=0, begins_minute=0, ends_minute=1441),)},
    ],
)
def test_rules_that_make_no_sense_are_refused(project: ProjectStore, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        project.rules.set(msgspec.structs.replace(Rules(), **wrong))
    assert project.rules.load() == Rules()


def test_rules_of_nowhere_and_rules_that_cannot_be_read_are_told(store: Store) -> None:
    for call_it in (store.project(999).rules.load, lambda: store.project(999).rules.set(Rules())):
        with pytest.raises(NotFoundError):
            call_it()
    with pytest.raises(StoreDamagedError, match="set them again"):
        make_project(store, "One", rules={"missed_after_s": "long"}).rules.load()


def test_the_audit_is_read_newest_first_and_misses_and_repeats_nothing(store: Store, project: ProjectStore) -> None:
    other = make_project(store, "Two")
    for number in range(7):
        project.audit.write(
            at=1_790_000_000.0 + number,
            user_id=1,
            user_login="anna",
            action="pause",
            outcome="done" if number % 2 else "ami_timeout",
            subject_kind="employee",
            subject_id=number,
            details={"queue": "sales", "reason": "\x00їжа", "n": [number]},
        )
        other.audit.write(at=1.0, user_id=None, user_login=None, action="else", outcome="done")
    seen: list[AuditEntry] = []
    cursor = None
    while True:
        page = project.audit.page(limit=3, cursor=cursor)
        seen += page.entries
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [entry.subject_id for entry in seen] == [str(number) for number in reversed(range(7))]
    assert seen[0] == AuditEntry(
        id=seen[0].id,
        at=1_790_000_006.0,
        user_id=1,
        user_login="anna",
        action="pause",
        subject_kind="employee",
        subject_id="6",
        details={"queue": "sales", "reason": "\x00їжа", "n": [6]},
        outcome="ami_timeout",
    )
    project.audit.write(
        at=1_790_000_007.0, user_id=1, user_login="a\ud800", action="x", outcome="done", details={"\ud800": "\udfff"}
    )
    assert project.audit.page(limit=1).entries[0].details == {"\ufffd": "\ufffd"}
    (last, *_) = other.audit.page(limit=1).entries
    assert (last.user_id, last.user_login, last.subject_kind, last.subject_id, last.details) == (None,) * 4 + ({},)


@pytest.mark.parametrize(("limit", "cursor"), [(0, None), (1001, None), (5, "x"), (5, ""), (5, "-1"), (5, "9" * 30)])
def test_a_page_of_the_audit_that_makes_no_sense_is_refused(
    project: ProjectStore, limit: int, cursor: str | None
) -> None:
    with pytest.raises(InvalidInputError):
        project.audit.page(limit=limit, cursor=cursor)


def test_a_project_that_is_not_there_has_no_audit(store: Store) -> None:
    nowhere = store.project(999)
    with pytest.raises(ConflictError):
        nowhere.audit.write(at=1.0, user_id=None, user_login=None, action="x", outcome="done")
    assert nowhere.audit.page().entries == ()
