"""The directory as a file: what goes out comes in again and changes nothing; and no edit is lost without a word."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from callfloor.errors import ConflictError, NotFoundError, StaleEditError
from callfloor.store import ProjectStore, Store
from callfloor.store.directory_entries import AccountEntry
from callfloor.store.directory_import import DirectoryImported

NAMES = (
    "Anna",
    "'=1+1",
    "=cmd",
    "O'Neil",
    "Müller / Söhne",
    "a//b",
    "/",
    "Ева",
    "@x",
    "-5",
    "x;y,z",
    'q"q',
    "'",
    "007",
)
SHAPES = ("{}", "PJSIP/{}", "+4860010{:04}", "a|b{}", "mobile:{}")
PATHS = ("Sales", "Key/ accounts", "North // South", "+1", "Отдел", "'quoted'")


@pytest.fixture
def project(store: Store) -> ProjectStore:
    return store.project(store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0).id)


def take(project: ProjectStore, text: str, **more: Any) -> DirectoryImported:
    return project.directory_file.take(text, now=50.0, e164=lambda number: None, **more)


def fill(project: ProjectStore, dice: random.Random) -> None:
    """Some of everything, with names that a table or a spreadsheet might stumble over."""
    edits, lines = project.directory_edits, project.line_edits
    places: list[int | None] = [None]
    for number, name in enumerate(dice.choices(PATHS, k=8)):
        parent = dice.choice(places)
        try:
            places.append(edits.put_department(None, name=name, parent_id=parent).after.id)
        except ConflictError:
            places.append(edits.put_department(None, name=f"{name} {number}", parent_id=parent).after.id)
    for number in range(20):
        accounts = [
            AccountEntry(account=dice.choice(SHAPES).format(each), kind=kind)
            for each, kind in ((3 * number, "sip"), (3 * number + 1, "mobile"), (3 * number + 2, "webrtc"))
        ][: dice.randrange(4)]
        made = edits.put_employee(None, name=dice.choice(NAMES), department_id=dice.choice(places), theirs=accounts)
        if dice.random() < 0.2:
            edits.leave(made.after.id, now=9.0)
    for number in range(5):
        label = dice.choice((None, *NAMES))
        lines.put_queue(f"{number}00", label=label, department_id=dice.choice(places))
        texts = {name: dice.choice((None, *NAMES)) for name in ("label", "source", "scheme")}
        lines.put_number(f"+4822{number}000000", e164=None, kind=dice.choice(("mobile", "toll_free")), **texts)
        tech = dice.choice((None, "pjsip", "iax2"))
        lines.put_trunk(f"{dice.choice(NAMES)}{number}", label=label, tech=tech, disabled=dice.random() < 0.5)
        lines.put_route(
            f"{number}@north",
            label=dice.choice((None, *NAMES)),
            position=dice.choice((None, number + 1)),
            patterns=dice.choices(("00X.", "0+9|X./101", "=1", "_+380."), k=dice.randrange(3)),
            lines=dict.fromkeys(dice.choices(NAMES, k=dice.randrange(4))),
        )


@pytest.mark.parametrize("seed", range(6))
def test_what_goes_out_comes_in_again_and_changes_nothing(project: ProjectStore, seed: int) -> None:
    fill(project, random.Random(seed))
    before = project.directory_edits.entries()
    text = ""
    for delimiter in (",", ";"):
        text = "\ufeff" + project.directory_file.export(delimiter=delimiter)
        told = take(project, text, absent="leave")
        assert (told.errors, told.changes, told.applied) == ((), (), True)
        assert project.directory_edits.entries() == before
    cells = [cell for line in text.splitlines() for cell in line.split(";")]
    assert not [cell for cell in cells if cell.strip('"')[:1] in ("=", "@", "+", "-")]


def test_another_installation_gets_the_same_from_it(project: ProjectStore, store: Store) -> None:
    fill(project, random.Random(1))
    other = store.project(store.projects.add("Two", timezone="UTC", country="PL", language="en", now=1.0).id)
    other.directory_edits.put_employee(None, name="Somebody of theirs", department_id=None, theirs=())
    text = project.directory_file.export()
    assert take(other, text).errors == ()
    mine, theirs = (project.directory.load(), other.directory.load())
    assert {each.name for each in theirs.employees} == {each.name for each in mine.employees} | {"Somebody of theirs"}
    assert [(each.name, each.label) for each in theirs.queues] == [(each.name, each.label) for each in mine.queues]
    were, are = (each.directory_edits.entries() for each in (project, other))
    assert (are.trunks, are.routes) == (were.trunks, were.routes)
    again = take(other, other.directory_file.export())
    assert (again.errors, again.changes) == ((), ())


def test_a_file_renames_moves_and_lets_go_by_what_its_lines_say(project: ProjectStore) -> None:
    edits = project.directory_edits
    sales = edits.put_department(None, name="Sales", parent_id=None).after
    field = edits.put_department(None, name="Field", parent_id=sales.id).after
    anna = edits.put_employee(
        None, name="Anna", department_id=field.id, theirs=[AccountEntry(account="101", kind="webrtc")]
    ).after
    ben = edits.put_employee(
        None, name="Ben", department_id=None, theirs=[AccountEntry(account="102", kind="sip")]
    ).after
    text = f"""record;id;name;department;accounts;state
department;{sales.id};Trade;;;
department;{field.id};Field;Sales;;
employee;{anna.id};Anna K;Sales / Field;101 | 102;
employee;{ben.id};Ben;;;left
employee;;Cleo;Trade / New;mobile:+48600100200;
"""
    told = take(project, text)
    assert [(each.line, each.what, each.record) for each in told.changes] == [
        (2, "changed", "department"),
        (4, "changed", "employee"),
        (5, "left", "employee"),
        (6, "added", "department"),
        (6, "added", "employee"),
    ]
    found = edits.entries()
    assert {each.name: each.parent_id for each in found.departments} == {
        "Trade": None,
        "Field": sales.id,
        "New": sales.id,
    }
    kept = next(each for each in found.employees if each.id == anna.id)
    assert (kept.name, kept.department_id) == ("Anna K", field.id)
    assert [(each.account, each.kind) for each in kept.accounts] == [("101", "webrtc"), ("102", "sip")]
    assert [each.id for each in found.left] == [ben.id]
    took = "record,name,accounts\nemployee,Dan,101 | +48600100200\n"
    assert [each.reason for each in take(project, took).errors] == ["several"]
    back = take(project, f"record,id,name,state\nemployee,{ben.id},Ben,working\n")
    assert [each.what for each in back.changes] == ["back"]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [(1, "empty")]),
        ("record,nombre\n", [(1, "unknown_column"), (1, "missing_column")]),
        ("record,name,name\n", [(1, "twice_named")]),
        ("record,name\nemployee\n", [(2, "fields")]),
        ("record,name\nperson,X\nqueue,\n", [(2, "record"), (3, "name")]),
        ("record,name,accounts\nemployee,A,1 | 1\n", [(2, "account")]),
        ("record,name,accounts\nemployee,A,1\nemployee,B,1\n", [(3, "account_taken")]),
        ("record,name\nemployee,A\nemployee,A\n", [(3, "same")]),
        ("record,name,state\nemployee,A,left\nnumber,1,gone\n", [(3, "state")]),
        ("record,name,state\nemployee,A,left\n", [(2, "unknown")]),
        ("record,name,kind\nnumber,1,satellite\nnumber,1 2 ё,\n", [(2, "kind"), (3, "number")]),
        ("record,name,department\nqueue,1,A / / B\n", [(2, "path")]),
        ('record,name\nqueue,"1\n', [(2, "fields")]),
    ],
)
def test_errors_name_their_lines_and_nothing_is_taken_over(
    project: ProjectStore, text: str, faults: list[tuple[int, str]]
) -> None:
    before = project.directory_edits.entries()
    told = take(project, text)
    assert ([(each.line, each.reason) for each in told.errors], told.applied) == (faults, False)
    assert project.directory_edits.entries() == before


def test_ten_thousand_lines_take_seconds(project: ProjectStore) -> None:
    lines = [f"employee,Person {n},Place {n % 50} / Part {n % 7},PJSIP/{1000 + n}" for n in range(10_000)]
    text = "\n".join(["record,name,department,accounts", *lines])
    began = time.process_time()
    assert take(project, text).added == 10_400
    assert take(project, text).same == 10_000
    assert time.process_time() - began < 20  # of this process; alone it is two


@pytest.mark.parametrize("seed", range(4))
def test_two_administrators_never_lose_an_edit_without_a_word(project: ProjectStore, seed: int) -> None:
    """Each sees the directory as it was some time ago, and edits by that; what was accepted is there."""
    dice = random.Random(seed)
    fill(project, dice)
    edits, lines = project.directory_edits, project.line_edits
    seen = [edits.entries(), edits.entries()]
    refused = 0
    for step in range(60):
        who = dice.randrange(2)
        if dice.random() < 0.3:
            seen[who] = edits.entries()
        text, mine = f"by {who} at {step}", seen[who]
        person, queue, number = dice.choice(mine.employees), dice.choice(mine.queues), dice.choice(mine.numbers)
        place = dice.choice(mine.departments)

        def put_person(person: Any = person, text: str = text) -> Any:
            return edits.put_employee(
                person.id, name=text, department_id=person.department_id, theirs=person.accounts, seen=person.revision
            )

        def put_queue(queue: Any = queue, text: str = text) -> Any:
            return lines.put_queue(queue.name, label=text, department_id=queue.department_id, seen=queue.revision)

        def put_number(number: Any = number, text: str = text) -> Any:
            values = {name: getattr(number, name) for name in ("e164", "source", "scheme", "kind")}
            return lines.put_number(number.number, label=text, seen=number.revision, **values)

        def put_place(place: Any = place, text: str = text) -> Any:
            return edits.put_department(place.id, name=text, parent_id=place.parent_id, seen=place.revision)

        acts: tuple[tuple[Any, Callable[[], Any]], ...] = (
            (person, put_person),
            (queue, put_queue),
            (number, put_number),
            (place, put_place),
        )
        what, act = dice.choice(acts)
        try:
            done = act()
        except (StaleEditError, NotFoundError):
            refused += 1
            continue
        assert done.before == what, "what was written over is what the editor had seen"
    assert refused
