"""What a PBX says against the directory: proposed once, taken over or refused, and never over what was edited here."""

from typing import Any

import msgspec
import pytest

from callfloor.errors import NotFoundError
from callfloor.floor.directory import Employee
from callfloor.floor.found import Found, FoundEmployee, FoundHours, FoundNumber, FoundQueue, FoundRoute, FoundTrunk
from callfloor.store import ProjectStore, Store
from callfloor.store.changes_found import Proposal
from callfloor.store.links import LinkValues

NOW = 1_000_000.0


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    project = store.project(made.id)
    for name in ("Kyiv", "Lviv"):
        project.links.add(LinkValues(name=name, url=f"ami://u@{name.lower()}:5038"), now=1.0)
    return project


def person(key: str, name: str | None = None, *more: str, **fields: Any) -> FoundEmployee:
    return FoundEmployee(key=key, accounts=(key, *more), name=name, source="database", **fields)


WHOLE = Found(
    employees=(person("101", "Anna", "9101", department="Sales", mobiles=("+380501112233",)), person("102", "Borys")),
    queues=(FoundQueue(name="800", label="Sales line", source="database"),),
    numbers=(FoundNumber(number="0442000100", e164="+380442000100", scheme="Day", source="database"),),
    hours=(FoundHours(key="1", name="Office", hours=((0, 540, 1080),), source="database"),),
    whole=("employees", "queues", "numbers"),
)
KYIV, LVIV = 1, 2


def look(project: ProjectStore, found: Found, link: int = KYIV) -> list[tuple[str, str, str, str | None, str | None]]:
    project.discoveries.note(link, found, now=NOW)
    return told(project)


def told(project: ProjectStore) -> list[tuple[str, str, str, str | None, str | None]]:
    return [(one.kind, one.act, one.key, one.old, one.new) for one in project.discoveries.proposals()]


def find(project: ProjectStore, kind: str, key: str | None = None) -> Proposal:
    (found,) = [p for p in project.discoveries.proposals() if p.kind == kind and key in (None, p.key)]
    return found


def accept(project: ProjectStore, kind: str, key: str | None = None) -> None:
    taken = project.discoveries.accept([find(project, kind, key).id], now=NOW)
    assert (len(taken.done), taken.stale) == (1, 0)


def accept_all(project: ProjectStore) -> None:
    project.discoveries.accept([one.id for one in project.discoveries.proposals()], now=NOW)


def change(found: Found, **fields: Any) -> Found:
    return msgspec.structs.replace(found, **fields)


def test_all_is_proposed_taken_over_and_then_nothing(project: ProjectStore) -> None:
    assert look(project, WHOLE) == [
        ("employee", "add", "101", None, "Anna"),
        ("employee", "add", "102", None, "Borys"),
        ("queue", "add", "800", None, "Sales line"),
        ("number", "add", "0442000100", None, "Day"),
        ("hours", "change", "1", None, "0 540-1080"),
    ]
    assert project.directory.load().employees == (), "nothing is done unasked"
    accept_all(project)
    directory = project.directory.load()
    (sales,) = directory.departments
    anna, borys = directory.employees
    assert (anna.name, anna.department_id, anna.accounts) == ("Anna", sales.id, ("101", "9101"))
    assert (borys.name, borys.department_id, borys.accounts) == ("Borys", None, ("102",))
    assert [(queue.name, queue.label) for queue in directory.queues] == [("800", "Sales line")]
    (number,) = project.lines.numbers()
    assert (number.number, number.e164, number.scheme, number.source) == ("0442000100", "+380442000100", "Day", None)
    (hours,) = project.rules.load().working_hours or ()
    assert (hours.weekday, hours.begins_minute, hours.ends_minute) == (0, 540, 1080)
    # What is left is a matter of taste, and never taken with the others: their own mobile.
    assert told(project) == [("mobile", "add", "+380501112233", None, "+380501112233")]
    assert find(project, "mobile").by_itself
    assert look(project, WHOLE) == told(project), "the same again says nothing new"


def test_what_changes_at_the_pbx_is_proposed_and_what_was_edited_here_is_marked(project: ProjectStore) -> None:
    look(project, WHOLE)
    accept_all(project)
    anna, borys = project.directory.load().employees
    project.directory.change_employee(anna.id, name="Anna K.", department_id=None)
    assert look(project, change(WHOLE, numbers=())) == [*told(project)]
    assert {one.kind for one in project.discoveries.proposals()} == {"mobile", "number"}, "an edit is not undone"

    renamed = change(
        WHOLE,
        employees=(
            person("101", "Anna Kovalenko", "9101", "9102", department="Care"),
            person("102", "Borys Melnyk", department="Sales"),
        ),
        queues=(FoundQueue(name="800", label="Sales", source="database"),),
        numbers=(FoundNumber(number="0442000100", scheme="Night", source="database"),),
        hours=(),
    )
    look(project, renamed)
    found = {(one.kind, one.key): one for one in project.discoveries.proposals()}
    assert {at: (one.old, one.new, one.edited) for at, one in found.items()} == {
        ("account", "9102"): (None, "9102", False),
        ("name", "101"): ("Anna K.", "Anna Kovalenko", True),
        ("department", "101"): (None, "Care", True),
        ("name", "102"): ("Borys", "Borys Melnyk", False),
        ("department", "102"): (None, "Sales", False),
        ("queue_name", "800"): ("Sales line", "Sales", False),
        ("scheme", "0442000100"): ("Day", "Night", False),
    }
    accept(project, "name", "102")
    accept(project, "department", "102")
    accept(project, "account", "9102")
    accept(project, "queue_name")
    accept(project, "scheme")
    directory = project.directory.load()
    assert {one.name: one.accounts for one in directory.employees} == {
        "Anna K.": ("101", "9101", "9102"),
        "Borys Melnyk": ("102",),
    }
    assert [one.name for one in directory.departments] == ["Sales"], "the department that is there is taken"
    assert directory.queues[0].label == "Sales"
    assert directory.numbers[0].scheme == "Night"
    assert borys.id in {one.id for one in directory.employees}


def test_what_was_refused_is_not_asked_again_until_the_pbx_says_something_else(project: ProjectStore) -> None:
    look(project, WHOLE)
    refused = find(project, "employee", "102")
    accept(project, "employee", "101")
    assert project.discoveries.refuse([refused.id], now=NOW).done == (refused,)
    renamed = (person("101", "Anna B.", "9101"), person("102", "Bohdan"))
    look(project, change(WHOLE, employees=renamed, queues=(), numbers=(), hours=()))
    assert told(project) == [("name", "change", "101", "Anna", "Anna B.")]
    project.discoveries.refuse([find(project, "name").id], now=NOW)
    assert look(project, change(WHOLE, employees=renamed)) != []
    assert not [one for one in told(project) if one[0] in ("name", "employee")]
    (third,) = look(project, change(Found(), employees=(person("101", "Anna C.", "9101"),)))
    assert third == ("name", "change", "101", "Anna", "Anna C.")

    assert {(one.kind, one.key, one.value) for one in project.discoveries.refusals()} == {
        ("employee", "102", "Borys"),
        ("name", "101", "Anna B."),
    }
    project.discoveries.reconsider(KYIV, "employee", "102")
    look(project, change(WHOLE, employees=renamed, queues=(), numbers=(), hours=()))
    assert ("employee", "add", "102", None, "Bohdan") in told(project)
    for kind, key in (("employee", "102"), ("name", "nobody"), ("name", "\ud800")):
        with pytest.raises(NotFoundError):
            project.discoveries.reconsider(KYIV, kind, key)


def test_what_was_shown_is_what_is_taken_over(project: ProjectStore) -> None:
    look(project, WHOLE)
    shown = find(project, "employee", "102")
    look(project, change(WHOLE, employees=(person("102", "Bohdan"),)))
    taken = project.discoveries.accept([shown.id, find(project, "queue").id, "0" * 20], now=NOW)
    assert ([one.kind for one in taken.done], taken.stale) == (["queue"], 2)
    assert project.directory.load().employees == ()


def test_who_left_the_pbx_is_gone_only_by_a_whole_look_and_only_when_somebody_says_so(project: ProjectStore) -> None:
    look(project, WHOLE)
    accept_all(project)
    project.directory.add_employee("Mila", account_names=["+380670000001"], kind="mobile")
    gone = change(WHOLE, employees=(person("101", "Anna"),), queues=(), numbers=(), hours=())
    assert look(project, change(gone, whole=())) == [], "what a source does not know may be there"
    assert look(project, gone) == [
        ("queue", "gone", "800", "Sales line", None),
        ("number", "gone", "0442000100", "Day", None),
        ("account", "gone", "9101", "9101", None),
        ("employee", "gone", "102", "Borys", None),
    ]
    assert all(one.by_itself for one in project.discoveries.proposals())
    # Another PBX of the project has them, too.
    look(project, change(WHOLE, employees=(person("102", "Borys"),), numbers=(), hours=()), LVIV)
    assert {one[2] for one in told(project)} == {"0442000100", "9101"}
    look(project, Found(), LVIV)
    accept(project, "employee", "102")
    accept(project, "account", "9101")
    accept(project, "queue", "800")
    project.discoveries.refuse([find(project, "number").id], now=NOW)
    assert told(project) == []
    directory = project.directory.load()
    assert {one.name: one.accounts for one in directory.employees} == {"Anna": ("101",), "Mila": ("+380670000001",)}
    assert directory.queues == ()
    assert len(directory.numbers) == 1
    # They come back: as somebody new, and the number that stayed is no question any more.
    assert {one[:3] for one in look(project, WHOLE)} == {
        ("employee", "add", "102"),
        ("account", "add", "9101"),
        ("queue", "add", "800"),
        ("mobile", "add", "+380501112233"),
    }
    assert ("number", "gone", "0442000100", "Day", None) in look(project, gone)


def test_who_was_removed_here_stays_away(project: ProjectStore) -> None:
    look(project, WHOLE)
    accept_all(project)
    anna, _ = project.directory.load().employees
    project.directory.remove_employee(anna.id, now=NOW)
    assert not [one for one in look(project, WHOLE) if one[2] in ("101", "9101")]


def test_two_extensions_of_one_employee_do_not_quarrel_about_the_name(project: ProjectStore) -> None:
    project.directory.add_employee("Anna", account_names=["101", "102"])
    both = (person("101", "Anna K."), person("102", "Anna at home"))
    assert look(project, Found(employees=both)) == []


def test_an_employee_who_is_called_as_the_account_gets_a_name(project: ProjectStore) -> None:
    project.directory.add_employee("101", account_names=["101"])
    project.directory.add_employee("By hand", account_names=["102"])
    look(project, Found(employees=(person("101", "Anna"), person("102", "Borys"))))
    assert {one.key: one.edited for one in project.discoveries.proposals()} == {"101": False, "102": True}


def test_what_is_new_can_be_taken_over_unasked(project: ProjectStore) -> None:
    project.discoveries.set_takes_new(KYIV, takes_new=True)
    look(project, WHOLE)
    assert len(project.discoveries.accept_new(KYIV, now=NOW).done) == 4
    assert {one[0] for one in told(project)} == {"hours", "mobile"}
    (kept,) = project.discoveries.looks()
    assert (kept.takes_new, kept.looked_at, kept.found) == (True, NOW, WHOLE)
    with pytest.raises(NotFoundError):
        project.discoveries.set_takes_new(99, takes_new=True)


def test_what_two_pbxes_have_is_proposed_once_and_another_projects_never(store: Store, project: ProjectStore) -> None:
    look(project, WHOLE)
    before = told(project)
    assert look(project, WHOLE, LVIV) == before
    other = store.project(store.projects.add("Two", timezone="UTC", country="PL", language="pl", now=1.0).id)
    assert other.discoveries.proposals() == ()
    with pytest.raises(NotFoundError):
        other.discoveries.note(KYIV, WHOLE, now=NOW)
    ids = [one.id for one in project.discoveries.proposals()]
    assert other.discoveries.accept(ids, now=NOW).done == ()
    assert other.directory.load().employees == ()
    project.links.remove(KYIV)
    assert [one.link_id for one in project.discoveries.proposals()] == [LVIV] * len(before)


def test_a_name_of_nobody_is_the_account(project: ProjectStore) -> None:
    look(project, Found(employees=(person("103"),)))
    accept_all(project)
    assert project.directory.load().employees == (Employee(id=1, name="103", accounts=("103",)),)


KYIVSTAR = FoundTrunk(name="Kyivstar", channel="kyivstar", tech="pjsip", source="database")
ABROAD = FoundRoute(
    name="Abroad", inbound=False, by=("Kyivstar",), key="2", position=1, patterns=("00X.",), trunks=("kyivstar",)
)
LINES = Found(
    trunks=(KYIVSTAR, FoundTrunk(name="backup", channel="backup")),
    routes=(FoundRoute(name="Everything else", inbound=True), ABROAD),
    whole=("trunks", "routes"),
)


def test_trunks_and_routes_are_taken_over_and_kept_in_step_but_for_what_people_call_them(project: ProjectStore) -> None:
    assert look(project, LINES) == [
        ("trunk", "add", "backup", None, "backup"),
        ("trunk", "add", "kyivstar", None, "Kyivstar"),
        ("route", "add", "2", None, "Abroad"),
    ]
    assert len(project.discoveries.accept_new(KYIV, now=NOW).done) == 3
    assert told(project) == [], "what was taken over is no question"
    entries = project.directory_edits.entries()
    assert [(e.name, e.label, e.tech, e.disabled) for e in entries.trunks] == [
        ("backup", None, None, False),
        ("kyivstar", "Kyivstar", "pjsip", False),
    ]
    (route,) = entries.routes
    assert (route.name, route.label, route.position) == ("2", "Abroad", 1)
    assert (route.patterns, route.trunks) == (("00X.",), ("kyivstar",))
    assert [(each.name, each.label) for each in project.directory.load().trunks] == [
        ("backup", None),
        ("kyivstar", "Kyivstar"),
    ]

    project.line_edits.put_trunk("kyivstar", label="Our line", tech="pjsip")
    project.line_edits.put_route("2", label="Other countries", position=1, patterns=["00X."], lines=["kyivstar"])
    assert look(project, LINES) == [], "an edit is not undone"
    off = change(KYIVSTAR, name="KS", disabled=True)
    other = change(ABROAD, name="World", position=2, patterns=("00X.", "+X."), trunks=("kyivstar", "backup"))
    look(project, change(LINES, trunks=(off, LINES.trunks[1]), routes=(other,)))
    found = {(one.kind, one.key): one for one in project.discoveries.proposals()}
    assert {at: (one.old, one.new, one.edited) for at, one in found.items()} == {
        ("trunk_name", "kyivstar"): ("Our line", "KS", True),
        ("trunk_state", "kyivstar"): ("pjsip", "pjsip off", False),
        ("route_name", "2"): ("Other countries", "World", True),
        ("route_path", "2"): ("1. 00X. → kyivstar", "2. 00X., +X. → kyivstar, backup", False),
    }
    accept(project, "trunk_state")
    accept(project, "route_path")
    project.discoveries.refuse([one.id for one in project.discoveries.proposals()], now=NOW)
    entries = project.directory_edits.entries()
    trunk, (route,) = entries.trunks[1], entries.routes
    assert (trunk.label, trunk.tech, trunk.disabled) == ("Our line", "pjsip", True)
    assert (route.label, route.position, route.patterns) == ("Other countries", 2, ("00X.", "+X."))
    assert route.trunks == ("kyivstar", "backup")
    # Without the database nobody knows what is switched off, nor any route: that is no change.
    assert look(project, Found(trunks=(FoundTrunk(name="kyivstar", channel="kyivstar"),))) == []
    assert look(project, change(LINES, trunks=(off,), routes=())) == [
        ("trunk", "gone", "backup", None, None),
        ("route", "gone", "2", "Other countries", None),
    ]
    accept(project, "trunk", "backup")
    project.discoveries.refuse([find(project, "route").id], now=NOW)
    assert told(project) == []
    assert look(project, change(LINES, trunks=(off,), routes=(other,))) == [], "what stayed and is there again"
    project.line_edits.remove_trunk("kyivstar")
    assert look(project, change(LINES, trunks=(off,), routes=(other,))) == [], "what was removed here stays away"
