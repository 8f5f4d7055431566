"""Every route, every role, own and other projects: one table, and no route outside it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from callfloor.floor.calls import CallStatus
from callfloor.store.call_filter import CallFilter
from callfloor.store.memberships import Role
from callfloor.store.report_asks import Every, Form, ReportAsk, What, When
from callfloor.store.schedules import Recipients
from callfloor.web.access import ALLOWED, Action
from callfloor.web.app import bare_app
from support.access_rights import EVERYBODY, RIGHTS
from support.access_rows import PERIOD, ROWS, WHO, Row
from support.access_rows_directory import DIRECTORY_ROWS
from support.access_rows_people import PEOPLE_ROWS
from support.access_rows_supervision import SUPERVISION_ROWS
from support.web_floor import NOW, call, record
from support.web_messages import leave
from support.web_site import Site

TABLE = (*DIRECTORY_ROWS, *PEOPLE_ROWS, *SUPERVISION_ROWS, *ROWS)  # the last of ROWS ends the session


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


def test_no_route_is_outside_the_table() -> None:
    found = set(routes(bare_app()))
    assert found == {(row.method, row.route) for row in TABLE}
    assert found == set(RIGHTS), "each has the right it asks for in tests/support/access_rights.py"


def test_whoever_lacks_the_right_is_refused_in_the_table_too() -> None:
    for row in TABLE:
        right = RIGHTS[(row.method, row.route)]
        for who, answer in zip(WHO, row.answers, strict=True):
            if right == EVERYBODY:
                assert answer not in {401, 403} or row.route == "/api/v1/session", row
            elif who == "nobody":
                assert answer in {401, 4401}, row
            elif who == "stranger" and "{project_id}" in row.route:
                assert answer in {404, 4404}, row
            elif isinstance(right, Action) and right not in ALLOWED[Role(who)]:
                assert answer in {403, 404, 4403}, (who, row)


async def asked(ours: Site, client: httpx.AsyncClient, row: Row, project_id: int) -> int:
    """The status or close code of one row's request, in this project."""
    if row.method == "WEBSOCKET":
        async with ours.stream(client, project_id, at=row.address or "/stream") as socket:
            return await closed_with(socket)
    names = {"anna": ours.anna, "boris": ours.boris, "job": 1}
    address = row.address.format(p=f"/api/v1/projects/{project_id}", **names)
    return (await client.request(row.method, address, json=row.body)).status_code


@pytest.mark.parametrize("place", range(len(WHO)), ids=WHO)
async def test_each_role_gets_what_the_table_says(ours: Site, place: int) -> None:
    who = WHO[place]
    fill(ours)
    client = ours.client() if who == "nobody" else await ours.signed_in(who)
    found = [(row, await asked(ours, client, row, ours.ours)) for row in TABLE]
    assert [(row[:3], row.body, code) for row, code in found] == [
        (row[:3], row.body, row.answers[place]) for row in TABLE
    ]


@pytest.mark.parametrize("who", ["administrator", "analyst", "supervisor", "employee"])
async def test_another_project_does_not_exist_for_anybody_of_ours(ours: Site, who: str) -> None:
    client = await ours.signed_in(who)
    for row in TABLE:
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
