"""The second factor, from the QR code to the lost phone; and projects that require it."""

import base64
import re
from typing import Any

import httpx
import pyotp
import pytest

from callfloor.web.push.frames import CloseCode
from callfloor.web.throttle import FREE
from support.web_site import PASSWORD, Site


async def enrolled(ours: Site, login: str) -> tuple[httpx.AsyncClient, pyotp.TOTP, list[str]]:
    client = await ours.signed_in(login)
    begun = (await client.post("/api/v1/account/second-factor", json={"password": PASSWORD})).json()
    app = pyotp.TOTP(begun["secret"])
    answer = await client.put("/api/v1/account/second-factor", json={"code": app.at(int(ours.clock.now))})
    assert answer.status_code == 200, answer.text
    return client, app, answer.json()["codes"]


async def sign_in(ours: Site, login: str, code: str | None = None) -> tuple[int, str | None]:
    asked: dict[str, Any] = {"login": login, "password": PASSWORD}
    answer = await ours.client().post("/api/v1/session", json=asked if code is None else {**asked, "code": code})
    return answer.status_code, answer.json().get("error_id")


async def test_it_is_shown_as_a_picture_our_policy_allows_and_counts_after_a_right_code(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    answer = await client.post("/api/v1/account/second-factor", json={"password": "wrong password"})
    assert answer.json()["error_id"] == "wrong_password"
    begun = (await client.post("/api/v1/account/second-factor", json={"password": PASSWORD})).json()
    assert begun["uri"].startswith("otpauth://totp/Callfloor:analyst?secret=" + begun["secret"])
    kind, _, picture = begun["svg"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = base64.b64decode(picture).decode()
    assert svg.startswith("<svg")
    assert not re.search(r"<style|<script|style=", svg)
    assert await sign_in(ours, "analyst") == (200, None), "not proved yet"
    wrong = await client.put("/api/v1/account/second-factor", json={"code": "12345"})
    assert wrong.json()["error_id"] == "wrong_code"
    sealed = ours.store.second_factors.find(ours.users["analyst"])
    assert sealed is not None
    assert begun["secret"] not in sealed.secret, "the database alone makes no codes"


async def test_signing_in_needs_a_code_which_counts_once(ours: Site) -> None:
    client, app, codes = await enrolled(ours, "analyst")
    assert len(set(codes)) == 10
    assert (await client.get("/api/v1/account")).json()["recovery_codes_left"] == 10
    assert await sign_in(ours, "analyst") == (401, "code_required")
    used = app.at(int(ours.clock.now))
    assert await sign_in(ours, "analyst", used) == (401, "wrong_code"), "it was shown at the set-up"
    ours.clock.now += 30
    code = app.at(int(ours.clock.now))
    assert await sign_in(ours, "analyst", f" {code[:3]} {code[3:]} ") == (200, None)
    assert await sign_in(ours, "analyst", code) == (401, "wrong_code"), "replayed"
    assert await sign_in(ours, "analyst", used) == (401, "wrong_code"), "older than one that was taken"


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
async def test_clocks_may_differ_by_one_step(ours: Site, steps: int, status: int) -> None:
    _, app, _ = await enrolled(ours, "analyst")
    ours.clock.now += 300
    assert (await sign_in(ours, "analyst", app.at(int(ours.clock.now) + 30 * steps)))[0] == status


async def test_recovery_codes_count_once_and_are_renewed(ours: Site) -> None:
    client, _, codes = await enrolled(ours, "analyst")
    assert await sign_in(ours, "analyst", codes[0].upper()) == (200, None)
    assert await sign_in(ours, "analyst", codes[0]) == (401, "wrong_code")
    assert (await client.get("/api/v1/account")).json()["recovery_codes_left"] == 9
    answer = await client.post("/api/v1/account/second-factor/recovery-codes", json={"password": PASSWORD})
    assert await sign_in(ours, "analyst", codes[1]) == (401, "wrong_code")
    assert await sign_in(ours, "analyst", answer.json()["codes"][0]) == (200, None)


async def test_guessing_codes_is_throttled_and_asking_for_one_is_no_guess(ours: Site) -> None:
    await enrolled(ours, "analyst")
    for _ in range(FREE + 3):
        assert await sign_in(ours, "analyst") == (401, "code_required")
    for _ in range(FREE + 1):
        assert await sign_in(ours, "analyst", "000000") == (401, "wrong_code")
    assert await sign_in(ours, "analyst", "000000") == (429, "throttled")


async def test_it_is_removed_by_its_owner_and_reset_by_an_administrator(ours: Site) -> None:
    client, _, _ = await enrolled(ours, "analyst")
    removed = await client.post("/api/v1/account/second-factor/remove", json={"password": PASSWORD})
    assert removed.status_code == 204
    assert await sign_in(ours, "analyst") == (200, None)
    client, _, _ = await enrolled(ours, "analyst")
    admin = await ours.signed_in("administrator")
    address = f"/api/v1/projects/{ours.ours}/users/{ours.users['analyst']}/second-factor"
    assert (await admin.delete(address)).status_code == 204
    assert (await client.get("/api/v1/session")).status_code == 401, "whoever sat there proves themself anew"
    assert await sign_in(ours, "analyst") == (200, None)
    entries = (await admin.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
    actions = [each["action"] for each in entries if "second_factor" in each["action"]]
    assert actions == ["reset_second_factor", "add_second_factor", "remove_second_factor", "add_second_factor"]


async def test_a_project_may_require_it_of_roles(ours: Site) -> None:
    admin, analyst = await ours.signed_in("administrator"), await ours.signed_in("analyst")
    token = (
        await analyst.post("/api/v1/tokens", json={"name": "x", "project_id": ours.ours, "scopes": ["floor:read"]})
    ).json()["token"]
    program = ours.client(Authorization=f"Bearer {token}")
    floor, roles = (f"/api/v1/projects/{ours.ours}/{end}" for end in ("floor", "second-factor-roles"))
    async with ours.stream(analyst) as socket:
        await socket.recv()
        assert (await admin.put(roles, json={"roles": ["analyst"]})).status_code == 200
        await socket.wait_closed()
        assert socket.close_code == CloseCode.SESSION_REVOKED, "an open stream does not outlive the rule"
    assert (await analyst.get("/api/v1/session")).json()["pending"] == ["second_factor"]
    for client in (analyst, program):
        answer = await client.get(floor)
        assert (answer.status_code, answer.json()["error_id"]) == (403, "set_up_first")
    assert (await analyst.get("/api/v1/tokens")).status_code == 403
    assert (await admin.get(floor)).status_code == 200
    client, _, _ = await enrolled(ours, "analyst")
    assert (await client.get(floor)).status_code == 200
    assert (await analyst.get(floor)).status_code == 200
    assert (await program.get(floor)).status_code == 200
    removed = await client.post("/api/v1/account/second-factor/remove", json={"password": PASSWORD})
    assert removed.status_code == 409
    assert (await admin.put(roles, json={"roles": []})).status_code == 200
