"""What is asked for an employee: carried out by the PBX, refused in its words, audited, and shown when it is told."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from callfloor.errors import AmiActionFailedError, AmiDisconnectedError, AmiError, AmiProtocolError, AmiTimeoutError
from callfloor.floor.employees import LiveEmployee, QueueSeat, Status
from support.web_floor import NOW
from support.web_page import Page
from support.web_pbx import simulated_pbx
from support.web_site import PASSWORD, Site, read_until


async def act(ours: Site, client: httpx.AsyncClient, employee_id: int, **body: Any) -> httpx.Response:
    """Ask for an employee."""
    return await client.post(f"/api/v1/projects/{ours.ours}/employees/{employee_id}/actions", json=body)


async def audited(ours: Site) -> list[dict[str, Any]]:
    """The audit, oldest first, without the sign-ins."""
    client = await ours.signed_in("administrator")
    entries = (await client.get(f"/api/v1/projects/{ours.ours}/audit?limit=500")).json()["entries"]
    return [entry for entry in reversed(entries) if not entry["action"].startswith("sign_")]


def row(ours: Site) -> LiveEmployee:
    return ours.floor.employees[ours.anna]


async def test_each_action_is_asked_of_the_pbx_and_shown_as_it_tells(ours: Site) -> None:
    client = await ours.signed_in("supervisor")
    page = Page()
    async with ours.stream(client) as socket:
        page.take_text(await socket.recv())

        async def does(body: dict[str, Any], so: Any) -> None:
            answer = await act(ours, client, ours.anna, **body)
            assert (answer.status_code, answer.json()) == (202, {})
            await read_until(socket, page, lambda p: so(p.employees[ours.anna]))

        def seat(found: LiveEmployee, queue: str) -> QueueSeat | None:
            return next((seat for seat in found.queues if seat.queue == queue), None)

        def paused(found: LiveEmployee, reason: str | None, *, is_so: bool = True) -> bool:
            of = seat(found, "sales")
            return of is not None and of.paused is is_so and of.reason == reason

        await does({"action": "pause", "queue": "sales", "reason": "lunch"}, lambda e: paused(e, "lunch"))
        await does({"action": "unpause", "queue": "sales"}, lambda e: paused(e, None, is_so=False))
        await does({"action": "add_to_queue", "queue": "help", "account": "101"}, lambda e: seat(e, "help"))
        await does({"action": "remove_from_queue", "queue": "help"}, lambda e: not seat(e, "help"))
        await does({"action": "dnd", "account": "101", "on": True}, lambda e: e.accounts[0].dnd)
        await does({"action": "dnd", "account": "101", "on": False}, lambda e: not e.accounts[0].dnd)
        await does({"action": "switch", "status": "offline"}, lambda e: e.switch and e.switch.status is Status.OFFLINE)
        switch = page.employees[ours.anna].switch
        assert switch is not None
        assert switch.by == "supervisor"
        await does({"action": "switch", "status": None}, lambda e: e.switch is None)
    assert page.employees == {ours.anna: row(ours)}


async def test_a_pause_is_of_every_account_that_sits_in_the_queue(ours: Site) -> None:
    ours.pbx.queues["sales"]["102"] = ours.pbx.queues["sales"]["101"].__class__(dynamic=True)
    both = tuple(
        QueueSeat(queue="sales", account=account, since=NOW, dynamic=account == "102") for account in ("101", "102")
    )
    ours.floor.put_employees(msgspec.structs.replace(row(ours), queues=both))
    ours.pbx.changed = lambda _: None
    client = await ours.signed_in("administrator")
    assert (await act(ours, client, ours.anna, action="pause", queue="sales", reason="x")).status_code == 202
    assert {account: member.paused for account, member in ours.pbx.queues["sales"].items()} == {
        "101": True,
        "102": True,
    }
    assert (await act(ours, client, ours.anna, action="remove_from_queue", queue="sales")).status_code == 202
    assert set(ours.pbx.queues["sales"]) == {"101"}, "who is seated by the configuration stays"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (AmiActionFailedError("the PBX refused QueuePause: Interface not found", action="QueuePause"), 502),
        (AmiProtocolError("what came is no AMI"), 502),
        (AmiDisconnectedError("there is no link to the PBX"), 503),
        (AmiTimeoutError("the PBX did not answer QueuePause within 5 s"), 503),
    ],
)
async def test_what_the_pbx_says_reaches_who_asked(ours: Site, failure: AmiError, status: int) -> None:
    ours.pbx.failure = failure
    client = await ours.signed_in("administrator")
    answer = await act(ours, client, ours.anna, action="pause", queue="sales")
    assert answer.status_code == status
    assert answer.json()["error_id"] == failure.error_id
    assert answer.json()["message"] == str(failure)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert not row(ours).queues[0].paused
    (entry,) = await audited(ours)
    assert (entry["outcome"], entry["details"]["answer"]) == (failure.error_id, str(failure))


async def test_who_the_configuration_seats_cannot_be_taken_off_and_the_pbx_says_so(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    answer = await act(ours, client, ours.anna, action="remove_from_queue", queue="sales")
    assert (answer.status_code, answer.json()["error_id"]) == (502, "ami_action_failed")
    assert "Member not dynamic" in answer.json()["message"]
    answer = await act(ours, client, ours.anna, action="remove_from_queue", queue="help")
    assert (answer.status_code, answer.json()["error_id"]) == (404, "not_found")


MALFORMED = (
    b"",
    b"{}",
    b"[]",
    b'{"action":"explode"}',
    b'{"action":1}',
    b'{"action":"pause"}',
    b'{"action":"pause","queue":""}',
    b'{"action":"pause","queue":null}',
    b'{"action":"pause","queue":"sales","more":1}',
    b'{"action":"pause","queue":"sales","reason":"' + b"x" * 81 + b'"}',
    b'{"action":"pause","queue":"a\\r\\nAction: Command"}',
    b'{"action":"pause","queue":"a\\u0000"}',
    b'{"action":"pause","queue":"sales","reason":"a\\nb"}',
    b'{"action":"add_to_queue","queue":"sales"}',
    b'{"action":"dnd","account":"101","on":1}',
    b'{"action":"dnd","account":"101","on":"true"}',
    b'{"action":"switch"}',
    b'{"action":"switch","status":"talking"}',
    b'{"action":"switch","status":"online"}',
)


async def test_a_malformed_action_is_refused_and_asks_nobody(ours: Site) -> None:
    ours.pbx.failure = AssertionError("nobody is asked")
    client = await ours.signed_in("administrator")
    address = f"/api/v1/projects/{ours.ours}/employees/{ours.anna}/actions"
    for body in MALFORMED:
        answer = await client.post(address, content=body)
        assert (answer.status_code, answer.json()["error_id"]) == (422, "invalid_input"), body
    assert await audited(ours) == []


async def test_every_attempt_is_audited_with_its_outcome(ours: Site) -> None:
    asked = [
        ("administrator", ours.boris, {"action": "pause", "queue": "help", "reason": "lunch"}, "done"),
        ("supervisor", ours.boris, {"action": "unpause", "queue": "help"}, "not_found"),
        ("supervisor", ours.anna, {"action": "dnd", "account": "101", "on": True}, "done"),
        ("supervisor", ours.anna, {"action": "dnd", "account": "201", "on": True}, "not_found"),
        ("analyst", ours.anna, {"action": "remove_from_queue", "queue": "sales"}, "forbidden"),
        ("employee", ours.anna, {"action": "switch", "status": "dnd"}, "done"),
        ("employee", ours.anna, {"action": "switch", "status": None}, "done"),
        ("employee", ours.boris, {"action": "switch", "status": "dnd"}, "not_found"),
        ("employee", ours.anna, {"action": "pause", "queue": "sales"}, "forbidden"),
        (
            "administrator",
            ours.anna,
            {"action": "add_to_queue", "queue": "none", "account": "101"},
            "ami_action_failed",
        ),
    ]
    clients = {who: await ours.signed_in(who) for who in ("administrator", "supervisor", "analyst", "employee")}
    for who, whom, body, _ in asked:
        ours.clock.now += 1
        await act(ours, clients[who], whom, **body)
    found = await audited(ours)
    assert [(e["user_login"], e["subject"], e["action"], e["outcome"]) for e in found] == [
        (who, f"employee:{whom}", body["action"], outcome) for who, whom, body, outcome in asked
    ]
    assert [e["user_id"] for e in found] == [ours.users[who] for who, *_ in asked]
    assert [e["at"] for e in found] == [NOW + n for n in range(1, len(asked) + 1)]
    assert found[0]["details"] == {"queue": "help", "reason": "lunch"}
    assert found[6]["details"] == {"status": None}
    assert "No such queue" in found[9]["details"]["answer"]


async def test_where_the_audit_cannot_be_written_the_answer_is_true_and_the_log_has_it(
    ours: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = await ours.signed_in("supervisor")
    with contextlib.closing(sqlite3.connect(tmp_path / "callfloor.db")) as database:
        database.execute("DROP TABLE audit")
    assert (await act(ours, client, ours.anna, action="dnd", account="101", on=True)).status_code == 202
    assert (await act(ours, client, ours.anna, action="dnd", account="201", on=True)).status_code == 404
    lost = [line for line in caplog.records if line.levelname == "ERROR" and "audit" in line.getMessage()]
    assert [(line.__dict__["action"], line.__dict__["outcome"]) for line in lost] == [
        ("dnd", "done"),
        ("dnd", "not_found"),
    ]
    assert ours.pbx.dnd == {"101"}


async def test_actions_need_the_csrf_token_and_are_not_even_audited_without(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    del client.headers["X-CSRF-Token"]
    assert (await act(ours, client, ours.anna, action="dnd", account="101", on=True)).status_code == 403
    assert await audited(ours) == []
    assert not ours.pbx.dnd


async def test_signing_in_and_out_is_audited_without_the_password(ours: Site) -> None:
    await ours.client().post("/api/v1/session", json={"login": "analyst", "password": "wrong password"})
    await ours.client().post("/api/v1/session", json={"login": "nobody-here", "password": PASSWORD})
    desk, phone = await ours.signed_in("analyst"), await ours.signed_in("analyst", **{"User-Agent": "Phone"})
    (other,) = (s["id"] for s in (await desk.get("/api/v1/sessions")).json()["sessions"] if not s["current"])
    await desk.delete(f"/api/v1/sessions/{other}")
    assert (await phone.get("/api/v1/session")).status_code == 401
    await desk.delete("/api/v1/session")
    stranger = await ours.signed_in("stranger")
    boss = await ours.signed_in("administrator")
    async with asyncio.timeout(30):
        while True:  # a failure is written down after its answer
            entries = (await boss.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
            if len(entries) == 6:
                break
    assert sorted((e["user_login"], e["action"], e["outcome"]) for e in entries) == [
        ("administrator", "sign_in", "done"),
        ("analyst", "session_revoked", "done"),
        ("analyst", "sign_in", "done"),
        ("analyst", "sign_in", "done"),
        ("analyst", "sign_in", "wrong_credentials"),
        ("analyst", "sign_out", "done"),
    ]
    (revoked,) = (e for e in entries if e["action"] == "session_revoked")
    assert revoked["subject"] == f"session:{other}"
    assert "Phone" in {e["details"].get("user_agent") for e in entries}
    text = str(entries)
    assert PASSWORD not in text
    assert "wrong password" not in text
    theirs = (await stranger.get(f"/api/v1/projects/{ours.theirs}/audit")).json()["entries"]
    assert [(e["user_login"], e["action"]) for e in theirs] == [("stranger", "sign_in")]


async def test_the_audit_is_paged_newest_first(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    for number in range(5):
        await act(ours, client, ours.anna, action="pause", queue="sales", reason=f"r{number}")
    address = f"/api/v1/projects/{ours.ours}/audit?limit=2"
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(address + cursor)).json()
        assert len(page["entries"]) <= 2
        seen += [entry["details"].get("reason", "signed in") for entry in page["entries"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["r4", "r3", "r2", "r1", "r0", "signed in"]
    for wrong in ("limit=0", "limit=501", "limit=x", "cursor=x", "cursor=" + "9" * 30, "cursor=%00"):
        assert (await client.get(f"/api/v1/projects/{ours.ours}/audit?{wrong}")).status_code == 422, wrong


async def test_a_simulated_pbx_is_asked_and_the_page_hears_it_from_the_floor(ours: Site) -> None:
    directory = ours.store.project(ours.ours).directory.load()
    async with simulated_pbx(directory) as pbx:
        ours.projects[ours.ours] = pbx.instead_of(ours.projects[ours.ours])
        client = await ours.signed_in("supervisor")
        page = Page()
        async with ours.stream(client) as socket:
            page.take_text(await socket.recv())
            anna = page.employees[ours.anna]
            assert [seat.queue for seat in anna.queues] == ["sales"]
            assert anna.accounts[0].devices[0].user_agent == "Yealink SIP-T46S 66.85.0.5"
            answer = await act(ours, client, ours.anna, action="pause", queue="sales", reason="lunch")
            assert answer.status_code == 202, answer.text
            await read_until(socket, page, lambda p: p.employees[ours.anna].queues[0].reason == "lunch")
            assert (await act(ours, client, ours.anna, action="dnd", account="101", on=True)).status_code == 202
            await read_until(socket, page, lambda p: p.employees[ours.anna].status is Status.DND)
            refused = await act(ours, client, ours.anna, action="add_to_queue", queue="sales", account="101")
            assert (refused.status_code, refused.json()["error_id"]) == (502, "ami_action_failed")
            assert "Already there" in refused.json()["message"]
            assert (await act(ours, client, ours.anna, action="switch", status="offline")).status_code == 202
            await read_until(socket, page, lambda p: p.employees[ours.anna].status is Status.OFFLINE)
    assert set(page.employees) == {ours.anna}
