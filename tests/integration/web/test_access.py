"""Every route, every role, own and other projects: one table, and no route outside it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from callfloor.floor.calls import CallStatus
from support.web_site import NOW, Site, call, record

WHO = ("nobody", "administrator", "analyst", "supervisor", "employee", "stranger")
"""``stranger`` administers another project, and stands for "somebody else's project" in every row."""

PERIOD = f"from={NOW - 3600:.0f}&to={NOW:.0f}"

# What each of WHO gets. Route as the app spells it → (address for the request, the six answers).
ROWS: dict[tuple[str, str], tuple[str, tuple[int, ...]]] = {
    ("GET", "/healthz"): ("/healthz", (200, 200, 200, 200, 200, 200)),
    ("GET", "/readyz"): ("/readyz", (200, 200, 200, 200, 200, 200)),
    ("GET", "/api/v1/openapi.json"): ("/api/v1/openapi.json", (200, 200, 200, 200, 200, 200)),
    ("GET", "/{address:path}"): ("/calls", (503, 503, 503, 503, 503, 503)),  # the page is not built here
    ("HEAD", "/{address:path}"): ("/calls", (503, 503, 503, 503, 503, 503)),
    ("POST", "/api/v1/session"): ("/api/v1/session", (401, 401, 401, 401, 401, 401)),  # with a wrong password
    ("GET", "/api/v1/session"): ("/api/v1/session", (401, 200, 200, 200, 200, 200)),
    ("GET", "/api/v1/sessions"): ("/api/v1/sessions", (401, 200, 200, 200, 200, 200)),
    ("DELETE", "/api/v1/sessions/{session_id}"): ("/api/v1/sessions/999999", (401, 404, 404, 404, 404, 404)),
    ("DELETE", "/api/v1/session"): ("/api/v1/session", (401, 204, 204, 204, 204, 204)),
    ("GET", "/api/v1/projects/{project_id}/floor"): ("{p}/floor", (401, 200, 200, 200, 403, 404)),
    ("GET", "/api/v1/projects/{project_id}/live-calls/{call_id}"): (
        "{p}/live-calls/boris",
        (401, 200, 200, 404, 403, 404),
    ),
    ("GET", "/api/v1/projects/{project_id}/calls"): ("{p}/calls?" + PERIOD, (401, 200, 200, 200, 200, 404)),
    ("GET", "/api/v1/projects/{project_id}/calls/{call_id}"): ("{p}/calls/done-boris", (401, 200, 200, 404, 404, 404)),
    ("GET", "/api/v1/projects/{project_id}/directory"): ("{p}/directory", (401, 200, 200, 200, 200, 404)),
    ("WEBSOCKET", "/api/v1/projects/{project_id}/stream"): ("", (4401, 0, 0, 0, 4403, 4404)),
}


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
    assert set(routes(ours.app)) == set(ROWS)


@pytest.mark.parametrize("place", range(len(WHO)), ids=WHO)
async def test_each_role_gets_what_the_table_says(ours: Site, place: int) -> None:
    who = WHO[place]
    fill(ours)
    client = ours.client() if who == "nobody" else await ours.signed_in(who)
    found = {}
    last = ("DELETE", "/api/v1/session")  # it ends the session
    for (method, path), (address, _) in sorted(ROWS.items(), key=lambda row: row[0] == last):
        if method == "WEBSOCKET":
            async with ours.stream(client) as socket:
                found[method, path] = await closed_with(socket)
            continue
        body = {"login": "nobody", "password": "wrong password"} if method == "POST" else None
        answer = await client.request(method, address.format(p=f"/api/v1/projects/{ours.ours}"), json=body)
        found[method, path] = answer.status_code
    assert found == {route: answers[place] for route, (_, answers) in ROWS.items()}


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
    site.store.project(site.ours).journal.write(
        [record("done-anna", "101"), record("done-boris", "201"), record("done-both", "201", "101"), record("done-")]
    )


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
