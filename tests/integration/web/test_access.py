"""Every route, every role, own and other projects: one table, and no route outside it."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from callfloor.floor.calls import CallStatus
from callfloor.store.call_filter import CallFilter
from callfloor.store.report_asks import Every, Form, ReportAsk, What, When
from callfloor.store.schedules import Recipients
from support.web_floor import NOW, call, record
from support.web_messages import leave
from support.web_site import Site

WHO = ("nobody", "administrator", "analyst", "supervisor", "employee", "stranger")
"""``stranger`` administers another project, and stands for "somebody else's project" in every row."""

PERIOD = f"from={NOW - 3600:.0f}&to={NOW:.0f}"

DAY = "2023-11-14"
DAYS = f"from={DAY}&to={DAY}"
PROJECT = "/api/v1/projects/{project_id}"
EMPLOYEES = "/api/v1/projects/{project_id}/employees/{employee_id}"
DND = {"action": "switch", "status": "dnd"}
TARIFF: Any = {"prefix": "48", "price": "1", "currency": "PLN"}
REPORT = {"what": "calls", "form": "csv", "query": f"from={DAY}&to={DAY}"}
LETTERS: Any = {"name": "Report", "report": REPORT, "recipients": {"user_ids": [1]}}
SCHEDULE: Any = {**LETTERS, "when": {"every": "day", "minute": 420, "period": "yesterday"}}
REPORTS: tuple[tuple[str, str, tuple[int, ...], Any], ...] = (
    ("GET", "/report-options", (401, 200, 200, 200, 403, 404), None),
    ("POST", "/exports", (401, 202, 202, 202, 403, 404), REPORT),
    ("GET", "/deliveries", (401, 200, 200, 200, 403, 404), None),
    ("POST", "/deliveries", (401, 409, 409, 409, 403, 404), LETTERS),  # this site has no mail server
    ("POST", "/deliveries/{delivery_id}/again", (401, 409, 404, 409, 403, 404), None),
    ("GET", "/deliveries/{delivery_id}/file", (401, 404, 404, 404, 403, 404), None),
    ("PUT", "/report-recipients/{user_id}", (401, 200, 404, 404, 403, 404), {"email": "anna@example.com"}),
    ("GET", "/report-schedules", (401, 200, 200, 200, 403, 404), None),
    ("POST", "/report-schedules", (401, 201, 201, 201, 403, 404), SCHEDULE),
    ("PUT", "/report-schedules/{schedule_id}", (401, 200, 404, 200, 403, 404), SCHEDULE),
    ("POST", "/report-schedules/{schedule_id}/send", (401, 409, 404, 409, 403, 404), None),
    ("DELETE", "/report-schedules/{schedule_id}", (401, 204, 404, 204, 403, 404), None),
    ("POST", "/report-schedules/{schedule_id}/restore", (401, 200, 404, 200, 403, 404), None),
)
"""Exports, letters and schedules: letter and schedule 1 are the supervisor's, user 1 the administrator."""


class Row(NamedTuple):
    """What each of WHO gets. ``route`` is as the app spells it, ``address`` for the request: {p} is our project."""

    method: str
    route: str
    address: str
    answers: tuple[int, ...]
    body: dict[str, Any] | None = None


ROWS = (
    Row("GET", "/healthz", "/healthz", (200, 200, 200, 200, 200, 200)),
    Row("GET", "/readyz", "/readyz", (200, 200, 200, 200, 200, 200)),
    Row("GET", "/api/v1/openapi.json", "/api/v1/openapi.json", (200, 200, 200, 200, 200, 200)),
    Row("GET", "/{address:path}", "/calls", (503, 503, 503, 503, 503, 503)),  # the page is not built here
    Row("HEAD", "/{address:path}", "/calls", (503, 503, 503, 503, 503, 503)),
    Row(
        "POST",
        "/api/v1/session",
        "/api/v1/session",
        (401, 401, 401, 401, 401, 401),
        {"login": "nobody", "password": "wrong password"},
    ),
    Row("GET", "/api/v1/session", "/api/v1/session", (401, 200, 200, 200, 200, 200)),
    Row("GET", "/api/v1/sessions", "/api/v1/sessions", (401, 200, 200, 200, 200, 200)),
    Row("DELETE", "/api/v1/sessions/{session_id}", "/api/v1/sessions/999999", (401, 404, 404, 404, 404, 404)),
    Row("GET", "/api/v1/projects/{project_id}/floor", "{p}/floor", (401, 200, 200, 200, 403, 404)),
    Row(
        "GET",
        "/api/v1/projects/{project_id}/live-calls/{call_id}",
        "{p}/live-calls/boris",
        (401, 200, 200, 404, 403, 404),
    ),
    Row("GET", "/api/v1/projects/{project_id}/calls", "{p}/calls?" + PERIOD, (401, 200, 200, 200, 200, 404)),
    Row("GET", "/api/v1/projects/{project_id}/calls/{call_id}", "{p}/calls/done-boris", (401, 200, 200, 404, 404, 404)),
    Row("GET", "/api/v1/projects/{project_id}/directory", "{p}/directory", (401, 200, 200, 200, 200, 404)),
    Row("GET", "/api/v1/projects/{project_id}/audit", "{p}/audit", (401, 200, 403, 403, 403, 404)),
    Row("GET", "/api/v1/projects/{project_id}/jobs", "{p}/jobs", (401, 200, 200, 200, 200, 404)),
    *(  # the supervisor's job; the administrator's comes into being in test_jobs.py
        Row(method, "/api/v1/projects/{project_id}/jobs/{job_id}" + end, "{p}/jobs/{job}" + end, answers)
        for method, end, answers in (
            ("GET", "", (401, 200, 404, 200, 404, 404)),
            ("GET", "/file", (401, 404, 404, 404, 404, 404)),
            ("POST", "/cancel", (401, 200, 404, 200, 404, 404)),
        )
    ),
    *(
        Row(method, PROJECT + end, "{p}" + re.sub(r"\{\w+\}", "1", end), answers, sent)
        for method, end, answers, sent in REPORTS
    ),
    Row("GET", "/api/v1/projects/{project_id}/rules", "{p}/rules", (401, 200, 200, 200, 200, 404)),
    Row("PUT", "/api/v1/projects/{project_id}/rules", "{p}/rules", (401, 200, 403, 403, 403, 404), {}),
    Row("GET", "/api/v1/projects/{project_id}/numbers", "{p}/numbers", (401, 200, 200, 200, 200, 404)),
    *(
        Row(method, "/api/v1/projects/{project_id}/numbers/{number}", "{p}/numbers/48221234567", answers, body)
        for method, answers, body in (
            ("PUT", (401, 200, 403, 403, 403, 404), {"label": "Main"}),
            ("DELETE", (401, 204, 403, 403, 403, 404), None),
        )
    ),
    *(
        Row("GET", f"{PROJECT}/{address.partition('?')[0]}", "{p}/" + address, (401, 200, 200, 200, 200, 404))
        for address in (f"journal?{DAYS}", f"journal/totals?{DAYS}", f"journal/groups?{DAYS}&by=day", "tags")
    ),
    Row("GET", PROJECT + "/clients/{e164}", "{p}/clients/+48123456789", (401, 200, 200, 200, 200, 404)),
    # Whoever may not write about calls hears that, whichever call it is.
    *(
        Row(method, f"{PROJECT}/journal/calls/{{call_id}}{end}", f"{{p}}/journal/calls/{call_id}{end}", answers, body)
        for call_id, supervisor, employee in (("done-anna", 200, 200), ("done-boris", 404, 404))
        for method, end, answers, body in (
            ("GET", "", (401, 200, 200, supervisor, employee, 404), None),
            ("PUT", "/tags", (401, 200, 200, supervisor, 403, 404), {"tags": ["vip"]}),
            ("PUT", "/success", (401, 200, 200, supervisor, 403, 404), {"success": True}),
            ("PUT", "/spam", (401, 200, 403, supervisor, 403, 404), {"spam": True}),
            ("POST", "/notes", (401, 200, 200, supervisor, 403, 404), {"text": "called back"}),
        )
    ),
    Row(
        "DELETE",
        PROJECT + "/journal/calls/{call_id}/notes/{note_id}",
        "{p}/journal/calls/done-anna/notes/1",
        (401, 200, 200, 200, 403, 404),
    ),
    Row("GET", f"{PROJECT}/spam", "{p}/spam", (401, 200, 403, 200, 403, 404)),
    Row("POST", f"{PROJECT}/spam", "{p}/spam", (401, 200, 403, 200, 403, 404), {"number": "123456780"}),
    Row("DELETE", PROJECT + "/spam/{number}", "{p}/spam/+48123456780", (401, 204, 403, 204, 403, 404)),
    Row("GET", f"{PROJECT}/imports", "{p}/imports", (401, 200, 403, 403, 403, 404)),
    Row("POST", f"{PROJECT}/imports", "{p}/imports", (401, 422, 403, 403, 403, 404), {"zone": "Mars/Base"}),
    Row(
        "POST",
        f"{PROJECT}/imports/files",
        "{p}/imports/files",
        (401, 201, 403, 403, 403, 404),
        {"kind": "cdr", "name": "Master.csv", "size": 1},
    ),
    Row(
        "POST",
        PROJECT + "/imports/files/{file_id}/part",
        "{p}/imports/files/none/part?offset=0",
        (401, 404, 403, 403, 403, 404),
    ),
    *(
        Row(method, f"{PROJECT}/tariffs{route}", "{p}/tariffs" + address, (401, answer, 403, 403, 403, 404), asks)
        for method, route, address, answer, asks in (
            ("POST", "", "", 201, TARIFF),
            ("PUT", "/{tariff_id}", "/1", 200, {**TARIFF, "price": "2"}),  # and has another id from now on
            ("GET", "", "", 200, None),
            ("GET", "/export", "/export", 200, None),
            ("GET", "/cost", "/cost?number=%2B48601000000&seconds=61", 200, None),
            ("POST", "/import", "/import", 200, {"text": "prefix,price,currency\n49,1,EUR\n"}),
            ("POST", "/apply", "/apply", 202, {"first": DAY, "last": DAY}),
            ("DELETE", "/{tariff_id}", "/2", 204, None),
        )
    ),
    Row("GET", f"{PROJECT}/presence", f"{{p}}/presence?{DAYS}", (401, 200, 200, 200, 200, 404)),
    Row("GET", f"{PROJECT}/callbacks", "{p}/callbacks", (401, 200, 403, 200, 403, 404)),
    Row("GET", f"{PROJECT}/callbacks/revision", "{p}/callbacks/revision", (401, 200, 403, 200, 403, 404)),
    # Nobody waits for a call here; who sees whom of those who do is in test_callbacks_api.py.
    Row(
        "POST",
        PROJECT + "/callbacks/{client}/close",
        "{p}/callbacks/%2B48601000000/close",
        (401, 404, 403, 404, 403, 404),
        {"reason": "other"},
    ),
    Row(
        "DELETE",
        PROJECT + "/callbacks/closings/{closing_id}",
        "{p}/callbacks/closings/1",
        (401, 404, 403, 404, 403, 404),
    ),
    # Anna is the supervisor's, and is the employee; Boris is neither.
    *(
        row
        for block in (f"profile?{DAYS}", f"days/{DAY}/hours", f"days/{DAY}/statuses")
        for route in [f"{EMPLOYEES}/{block.split('?')[0].replace(DAY, '{day}')}"]
        for row in (
            Row("GET", route, "{p}/employees/{anna}/" + block, (401, 200, 200, 200, 200, 404)),
            Row("GET", route, "{p}/employees/{boris}/" + block, (401, 200, 200, 404, 404, 404)),
            Row("GET", route, "{p}/employees/999/" + block, (401, 404, 404, 404, 404, 404)),
        )
    ),
    *(
        Row("POST", f"{EMPLOYEES}/actions", "{p}/employees/" + whom + "/actions", answers, body)
        for body, whom, answers in (
            (DND, "{anna}", (401, 202, 403, 202, 202, 404)),
            (DND, "{boris}", (401, 202, 403, 404, 404, 404)),
            (DND, "999", (401, 404, 403, 404, 404, 404)),
            ({"action": "pause", "queue": "sales"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "unpause", "queue": "sales"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "dnd", "account": "101", "on": True}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "dnd", "account": "201", "on": True}, "{anna}", (401, 404, 403, 404, 403, 404)),
            ({"action": "dnd", "account": "201", "on": True}, "{boris}", (401, 202, 403, 404, 403, 404)),
            ({"action": "add_to_queue", "queue": "help", "account": "101"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "remove_from_queue", "queue": "help"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "pause", "queue": "help"}, "{boris}", (401, 202, 403, 404, 403, 404)),
        )
    ),
    # Anna's message and fax come first, then Boris's; of neither is there a file here.
    *(
        Row("GET", f"{PROJECT}/{address.partition('?')[0]}", "{p}/" + address, (401, 200, 200, 200, 200, 404))
        for address in ("messages", "voicemails?state=new", "voicemail-boxes", "faxes?sort=pages")
    ),
    *(
        Row(method, f"{PROJECT}/{route}", "{p}/" + address, answers, body)
        for kind, row_id, files in (
            ("voicemails", "{message_id}", ("audio", "peaks")),
            ("faxes", "{fax_id}", ("pages/{page}", "file")),
        )
        for whose, answers, unplayed in (
            ("1", (401, 200, 200, 200, 200, 404), (401, 404, 404, 404, 404, 404)),
            ("2", (401, 200, 200, 404, 404, 404), (401, 404, 404, 404, 404, 404)),
            ("999", (401, 404, 404, 404, 404, 404), (401, 404, 404, 404, 404, 404)),
        )
        for method, route, address, answers, body in (
            ("GET", f"{kind}/{row_id}", f"{kind}/{whose}", answers, None),
            ("PUT", f"{kind}/{row_id}/handled", f"{kind}/{whose}/handled", answers, {"handled": True}),
            ("PUT", f"{kind}/{row_id}/note", f"{kind}/{whose}/note", answers, {"note": "x"}),
            *(
                ("GET", f"{kind}/{row_id}/{file}", f"{kind}/{whose}/{file.format(page=1)}", unplayed, None)
                for file in files
            ),
        )
    ),
    *(  # nothing of it was recorded; who hears what is recorded is in test_recordings.py
        Row(
            method,
            f"{PROJECT}/journal/calls/{{call_id}}/recording" + end,
            "{p}/journal/calls/done-boris/recording" + end,
            (401, 404, 404, 404, 403, 404),
        )
        for method, end in (("GET", ""), ("HEAD", ""), ("GET", "/peaks"))
    ),
    Row("WEBSOCKET", "/api/v1/projects/{project_id}/stream", "", (4401, 0, 0, 0, 4403, 4404)),
    Row(
        "DELETE", "/api/v1/session", "/api/v1/session", (401, 204, 204, 204, 204, 204)
    ),  # the last: it ends the session
)


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path of the app, those of included routers too."""

    def within(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
        for route in found:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                yield from within(inner.routes)
                continue
            for method in getattr(route, "methods", None) or {"WEBSOCKET"}:
                yield method, route.path

    return within(app.routes)


async def test_no_route_is_outside_the_table(ours: Site) -> None:
    assert set(routes(ours.app)) == {(row.method, row.route) for row in ROWS}


async def asked(ours: Site, client: httpx.AsyncClient, row: Row, project_id: int) -> int:
    """The status or close code of one row's request, in this project."""
    if row.method == "WEBSOCKET":
        async with ours.stream(client, project_id) as socket:
            return await closed_with(socket)
    names = {"anna": ours.anna, "boris": ours.boris, "job": 1}
    address = row.address.format(p=f"/api/v1/projects/{project_id}", **names)
    return (await client.request(row.method, address, json=row.body)).status_code


@pytest.mark.parametrize("place", range(len(WHO)), ids=WHO)
async def test_each_role_gets_what_the_table_says(ours: Site, place: int) -> None:
    who = WHO[place]
    fill(ours)
    client = ours.client() if who == "nobody" else await ours.signed_in(who)
    found = [(row, await asked(ours, client, row, ours.ours)) for row in ROWS]
    assert [(row[:3], row.body, code) for row, code in found] == [
        (row[:3], row.body, row.answers[place]) for row in ROWS
    ]


@pytest.mark.parametrize("who", ["administrator", "analyst", "supervisor", "employee"])
async def test_another_project_does_not_exist_for_anybody_of_ours(ours: Site, who: str) -> None:
    client = await ours.signed_in(who)
    for row in ROWS:
        if "{project_id}" in row.route:
            assert await asked(ours, client, row, ours.theirs) in {404, 4404}, row
    assert not ours.pbx.dnd


async def closed_with(socket: ClientConnection) -> int:
    """The close code, or 0 where a frame came."""
    try:
        await socket.recv()
    except ConnectionClosed:
        return socket.close_code or -1
    return 0


def fill(site: Site) -> None:
    """Live and finished calls of Anna (Sales), of Boris (Help), and of nobody."""
    site.floor.put(
        call("anna", site.anna),
        call("boris", site.boris),
        call("both", site.boris, site.anna),
        call("queued", status=CallStatus.QUEUE),
        call("menu", status=CallStatus.IVR),
        call("ringing", site.boris, status=CallStatus.RINGING),
        call("arriving", status=CallStatus.ARRIVING),
    )
    site.store.project(site.ours).jobs.put("export", {}, user_id=site.users["supervisor"], at=NOW)
    site.store.project(site.ours).journal.write(
        [record("done-anna", "101"), record("done-boris", "201"), record("done-both", "201", "101"), record("done-")]
    )
    leave(site.store.project(site.ours))
    ask_for_reports(site)


def ask_for_reports(site: Site) -> None:
    """A letter and a schedule of the supervisor's."""
    project, user_id = site.store.project(site.ours), site.users["supervisor"]
    ask = ReportAsk(what=What.CALLS, form=Form.CSV, filter=CallFilter(started_from=0.0, started_to=NOW))
    to = Recipients(user_ids=(user_id,))
    project.deliveries.put("Report", user_id=user_id, ask=ask, recipients=to, now=NOW)
    when = When(every=Every.DAY, minute=420)
    project.schedules.add("Report", user_id=user_id, when=when, ask=ask, recipients=to, next_at=NOW + 1, now=NOW)


async def test_employees_are_seen_as_their_calls_are_alike_by_every_way(ours: Site) -> None:
    for who, seen in (
        ("administrator", {ours.anna, ours.boris}),
        ("analyst", {ours.anna, ours.boris}),
        ("supervisor", {ours.anna}),
    ):
        client = await ours.signed_in(who)
        floor = (await client.get(f"/api/v1/projects/{ours.ours}/floor")).json()
        assert {row["id"] for row in floor["employees"]} == seen
        async with ours.stream(client) as socket:
            assert {row["id"] for row in json.loads(await socket.recv())["snapshot"]["employees"]} == seen


EVERYTHING = {"anna", "boris", "both", "queued", "menu", "ringing", "arriving"}
DONE = {"done-anna", "done-boris", "done-both", "done-"}


@pytest.mark.parametrize(
    ("who", "live", "done"),
    [
        ("administrator", EVERYTHING, DONE),
        ("analyst", EVERYTHING, DONE),
        ("supervisor", {"anna", "both", "queued", "menu"}, {"done-anna", "done-both"}),
        ("employee", None, {"done-anna", "done-both"}),
    ],
)
async def test_each_role_sees_its_own_calls_alike_by_every_way(
    ours: Site, who: str, live: set[str] | None, done: set[str]
) -> None:
    fill(ours)
    client = await ours.signed_in(who)
    base = f"/api/v1/projects/{ours.ours}"
    if live is not None:
        floor = (await client.get(f"{base}/floor")).json()
        assert {c["id"] for c in floor["calls"]} == live
        async with ours.stream(client) as socket:
            assert set(ids_of(await socket.recv())) == live
        for call_id in EVERYTHING:
            status = (await client.get(f"{base}/live-calls/{call_id}")).status_code
            assert status == (200 if call_id in live else 404), call_id
    page = (await client.get(f"{base}/calls?{PERIOD}")).json()
    assert {c["record"]["call_id"] for c in page["calls"]} == done
    for call_id in DONE:
        status = (await client.get(f"{base}/calls/{call_id}")).status_code
        assert status == (200 if call_id in done else 404), call_id


def ids_of(frame: Any) -> list[str]:

    return [c["id"] for c in json.loads(frame)["snapshot"]["calls"]]


async def test_another_projects_ids_are_as_if_they_did_not_exist(ours: Site) -> None:
    fill(ours)
    ours.store.project(ours.theirs).journal.write([record("done-theirs")])
    ours.their_floor.put(call("theirs"))
    client = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    for address in (f"{base}/calls/done-theirs", f"{base}/live-calls/theirs"):
        missing = await client.get(address.replace("theirs", "nothing"))
        answer = await client.get(address)
        assert answer.status_code == missing.status_code == 404
        assert answer.json()["message"] == missing.json()["message"]
    theirs = await client.get(f"/api/v1/projects/{ours.theirs}/floor")
    nowhere = await client.get("/api/v1/projects/999/floor")
    assert theirs.status_code == nowhere.status_code == 404
    assert theirs.json()["message"] == nowhere.json()["message"]
