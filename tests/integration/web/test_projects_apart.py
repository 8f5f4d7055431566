"""Nothing crosses projects: whatever of another project is named through ours does not exist, is not shown, stays.

Generated from the API's own document: every operation of a project, with every id that the other project has.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec

from callfloor.store.call_filter import CallFilter
from callfloor.store.links import LinkValues
from callfloor.store.memberships import Role
from callfloor.store.report_asks import Every, Form, ReportAsk, What, When
from callfloor.store.schedules import Recipients
from callfloor.store.tables import OWNED, memberships
from callfloor.web.app import bare_app
from callfloor.web.openapi import document
from support.access_rows import DAY, ROWS
from support.access_rows_directory import DIRECTORY_ROWS
from support.access_rows_people import PEOPLE_ROWS
from support.access_rows_supervision import SUPERVISION_ROWS
from support.web_floor import NOW, call, record
from support.web_messages import leave
from support.web_site import Site

MARK = "zz-theirs"
PREFIX = "/api/v1/projects/{project_id}"
MORE = 40  # of each kind: ids that no row of ours has
NATURAL = {
    "number": "48221234567",
    "e164": "+48123456789",
    "client": "+48123456789",
    "queue": "500",
    "trunk": "kyivstar",
    "route": "1",
}
"""Parameters that are no ids: a telephone number, a queue's or trunk's name may be known to both, each in its way."""
GIVEN: dict[str, Any] = {**NATURAL, "day": DAY, "page": 1}
EVERY_ROW = (*ROWS, *DIRECTORY_ROWS, *PEOPLE_ROWS, *SUPERVISION_ROWS)
BODIES = {(row.method, row.route): row.body for row in EVERY_ROW if row.body is not None}


def fill_theirs(ours: Site) -> None:
    """The other project has some of everything, each with the mark in its text."""
    store, project = ours.store, ours.store.project(ours.theirs)
    directory = project.directory
    for place in range(MORE):
        department = directory.add_department(f"{MARK} {place}").id
        directory.add_employee(f"{MARK} {place}", department_id=department, account_names=[f"{MARK}-{place}"])
        project.jobs.put("export", {"name": MARK}, user_id=ours.users["stranger"], at=NOW)
    calls = [record(f"{MARK}-{place}", f"{MARK}-{place}") for place in range(MORE)]
    project.journal.write([msgspec.structs.replace(each, scheme=MARK, recording=f"{MARK}.wav") for each in calls])
    for place in range(MORE):
        project.annotations.add_note(f"{MARK}-{place}", ours.users["stranger"], MARK, MARK, NOW)
    project.lines.put_number("48221234567", e164="+48221234567", label=MARK, source=MARK, scheme=MARK, kind="mobile")
    project.line_edits.put_queue("500", label=MARK, department_id=None)
    project.line_edits.put_trunk("kyivstar", label=MARK)
    project.line_edits.put_route("1", label=MARK, patterns=[MARK], lines=["kyivstar"])
    project.spam.put("+48123456789", "hand", MARK, NOW)
    leave(project)
    user_id = ours.users["stranger"]
    ask = ReportAsk(what=What.CALLS, form=Form.CSV, filter=CallFilter(started_from=0.0, started_to=NOW))
    to, when = Recipients(user_ids=(user_id,)), When(every=Every.DAY, minute=420)
    for place in range(MORE):
        project.deliveries.put(MARK, user_id=user_id, ask=ask, recipients=to, now=NOW)
        project.schedules.add(MARK, user_id=user_id, when=when, ask=ask, recipients=to, next_at=NOW + 1, now=NOW)
        project.links.add(LinkValues(name=f"{MARK} {place}", url=f"ami://u@{MARK}"), now=NOW)
    ours.their_floor.put(*(call(f"{MARK}-live-{place}") for place in range(3)))
    store.memberships.grant(store.users.add(MARK, name=MARK, password_hash="x", now=NOW).id, ours.theirs, Role.ANALYST)


def rows_of(ours: Site, project_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a project has in the database."""
    with closing(sqlite3.connect(ours.folder / "callfloor.db")) as database:
        return {
            table.name: sorted(
                database.execute(f"SELECT * FROM {table.name} WHERE project_id = ?", [project_id]).fetchall(), key=str
            )
            for table in sorted({*OWNED, memberships}, key=lambda each: each.name)
            if table.name != "audit"
        }


def ids(rows: dict[str, list[tuple[Any, ...]]]) -> set[int]:
    return {value for found in rows.values() for row in found for value in row[:3] if isinstance(value, int)}


def operations() -> Iterator[tuple[str, str, list[str], dict[str, str]]]:
    """Every operation of a project with parameters beside it: method, path, their names, the names' types."""
    for path, found in document(bare_app())["paths"].items():
        if not path.startswith(PREFIX):
            continue
        for method, operation in found.items():
            types = {
                each["name"]: each["schema"].get("type", "string")
                for each in operation.get("parameters", [])
                if each["in"] == "path" and each["name"] != "project_id"
            }
            yield method.upper(), path, sorted(types), types


async def test_no_id_of_another_project_leads_anywhere(ours: Site) -> None:
    fill_theirs(ours)
    theirs, own = rows_of(ours, ours.theirs), rows_of(ours, ours.ours)
    foreign = sorted(each for each in ids(theirs) - ids(own) - {ours.ours, ours.theirs} if 0 < each < 2**31)
    assert len(foreign) >= MORE // 2
    whole = [foreign[0], foreign[len(foreign) // 2], foreign[-1], ours.users["stranger"]]
    texts = [f"{MARK}-0", f"{MARK}-live-0"]
    client = await ours.signed_in("administrator")
    asked = 0
    for method, path, names, types in operations():
        for value in range(max(len(whole), len(texts)) if names else 0):
            chosen = {
                name: GIVEN[name]
                if name in GIVEN
                else whole[value % len(whole)]
                if types[name] in {"integer", "number"}
                else texts[value % len(texts)]
                for name in names
            }
            address = path.format(project_id=ours.ours, **chosen)
            if method == "GET":
                address += f"?from={DAY}&to={DAY}&at={NOW}"
            elif path.endswith("/part"):
                address += "?offset=0"
            answer = await client.request(method, address, json=BODIES.get((method, path)))
            assert MARK not in answer.text.replace(address, "").replace(texts[value % 2], ""), (method, address)
            if not NATURAL.keys() & set(names):
                assert answer.status_code == 404, (method, address, answer.status_code, answer.text)
            asked += 1
    assert asked > 150
    assert rows_of(ours, ours.theirs) == theirs


async def test_no_list_of_ours_shows_another_projects(ours: Site) -> None:
    fill_theirs(ours)
    client = await ours.signed_in("administrator")
    looked_at = 0
    period = f"from={DAY}&to={DAY}"
    for method, path, names, _ in operations():
        if method != "GET" or names:
            continue
        for query in ("", f"?{period}", f"?from={NOW - 9000:.0f}&to={NOW:.0f}"):
            answer = await client.get(path.format(project_id=ours.ours) + query)
            assert MARK not in answer.text, path + query
            looked_at += answer.status_code == 200
    assert looked_at > 40
    theirs = await ours.signed_in("stranger")
    for part in ("directory", "floor", f"journal?{period}"):
        assert MARK in (await theirs.get(f"/api/v1/projects/{ours.theirs}/{part}")).text, "it is there, for its own"


async def test_no_body_takes_in_another_projects_people(ours: Site) -> None:
    fill_theirs(ours)
    their = ours.store.project(ours.theirs).directory.load()
    department, employee, stranger = their.departments[-1].id, their.employees[-1].id, ours.users["stranger"]
    client = await ours.signed_in("administrator")
    before = rows_of(ours, ours.ours)
    person = {"login": "new", "name": "New", "password": "a long enough one"}
    report = {"what": "calls", "form": "csv", "query": f"from={DAY}&to={DAY}"}
    schedule = {"name": "R", "report": report, "when": {"every": "day", "minute": 420, "period": "yesterday"}}
    bodies: tuple[tuple[str, dict[str, Any]], ...] = (
        ("users", {**person, "role": "supervisor", "department_ids": [department]}),
        ("users", {**person, "role": "employee", "employee_id": employee}),
        ("report-schedules", {**schedule, "recipients": {"user_ids": [stranger]}}),
        ("supervisions", {"call_id": f"{MARK}-live-0", "way": "browser"}),
        ("supervisions", {"call_id": "x", "employee_id": employee, "way": "browser"}),
    )
    for part, body in bodies:
        answer = await client.post(f"/api/v1/projects/{ours.ours}/{part}", json=body)
        assert 400 <= answer.status_code < 500, (part, body, answer.text)
        assert MARK not in answer.text
    assert rows_of(ours, ours.ours) == before
