"""Users administered over REST: made, changed, disabled, let in, removed; and what no administrator may."""

from typing import Any

import pytest

from callfloor.store.memberships import Role
from callfloor.web.push.frames import CloseCode
from support.web_site import PASSWORD, Site

GOOD = "seven green bottles"


def at(ours: Site, end: str = "", login: str | None = None) -> str:
    user = "" if login is None else f"/{ours.users[login]}"
    return f"/api/v1/projects/{ours.ours}/users{user}{end}"


async def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_id"]


async def test_a_user_is_made_signs_in_and_must_choose_another_password_first(ours: Site) -> None:
    admin = await ours.signed_in("administrator")
    wanted = {
        "login": "Olena",
        "name": "Olena K.",
        "email": "olena@example.com",
        "role": "supervisor",
        "department_ids": [ours.sales],
        "password": GOOD,
    }
    answer = await admin.post(at(ours), json=wanted)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["password"], made["department_ids"], made["whole"]) == ("given", [ours.sales], True)
    browser = ours.client()
    signed = (await browser.post("/api/v1/session", json={"login": "olena", "password": GOOD})).json()
    assert signed["pending"] == ["password"]
    browser.headers["X-CSRF-Token"] = signed["csrf_token"]
    floor = f"/api/v1/projects/{ours.ours}/floor"
    assert await error_of(await browser.get(floor)) == (403, "set_up_first")
    async with ours.stream(browser) as socket:
        await socket.wait_closed()
        assert socket.close_code == CloseCode.FORBIDDEN
    change = {"current": GOOD, "new": GOOD}
    assert (await browser.put("/api/v1/account/password", json=change)).status_code == 409
    change["new"] = "eight green bottles"
    assert (await browser.put("/api/v1/account/password", json=change)).status_code == 204
    assert (await browser.get(floor)).status_code == 200, "the same session goes on"
    entries = (await admin.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
    told = {entry["action"]: entry for entry in reversed(entries)}
    assert told["add_user"]["details"]["made"]["role"] == "supervisor"
    assert told["change_password"]["outcome"] == "done"
    assert GOOD not in str(entries)


async def test_changes_hold_at_once_and_are_told_with_before_and_after(ours: Site) -> None:
    admin = await ours.signed_in("administrator")
    analyst = await ours.signed_in("analyst")
    async with ours.stream(analyst) as socket:
        await socket.recv()
        change = {"role": "supervisor", "department_ids": [ours.help], "name": "Nina", "email": None}
        answer = await admin.put(at(ours, login="analyst"), json=change)
        assert answer.status_code == 200, answer.text
        await socket.wait_closed()
        assert socket.close_code == CloseCode.RESTARTING, "the viewer's rights are others now"
    info = (await analyst.get("/api/v1/session")).json()
    assert (info["user"]["name"], info["projects"][0]["role"]) == ("Nina", "supervisor")
    (entry,) = [
        each
        for each in (await admin.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
        if each["action"] == "change_user"
    ]
    assert entry["details"]["before"] == {"role": "analyst", "department_ids": [], "name": "Analyst"}
    assert entry["details"]["after"] == {"role": "supervisor", "department_ids": [ours.help], "name": "Nina"}


@pytest.mark.parametrize(
    ("change", "at_"),
    [
        ({"role": "employee"}, "employee_id"),
        ({"role": "employee", "employee_id": 999}, "employee_id"),
        ({"role": "supervisor", "department_ids": [999]}, "department_ids"),
        ({"email": "no address"}, None),
        ({"login": "with space"}, None),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_changes(ours: Site, change: dict[str, Any], at_: Any) -> None:
    admin = await ours.signed_in("administrator")
    answer = await admin.put(at(ours, login="analyst"), json=change)
    assert answer.status_code == 422
    if at_ is not None:
        assert answer.json()["details"]["at"] == at_
    found = {each["login"]: each for each in (await admin.get(at(ours))).json()["users"]}
    assert (found["analyst"]["role"], found["analyst"]["email"]) == ("analyst", None)


async def test_a_login_is_ones_own(ours: Site) -> None:
    admin = await ours.signed_in("administrator")
    answer = await admin.put(at(ours, login="analyst"), json={"login": "STRANGER", "role": "supervisor"})
    assert await error_of(answer) == (409, "conflict")
    assert ours.store.memberships.of_user(ours.users["analyst"])[0].role is Role.ANALYST, "all or nothing"


async def test_the_last_administrator_stays_one(ours: Site) -> None:
    admin = await ours.signed_in("administrator")
    for answer in (
        await admin.put(at(ours, login="administrator"), json={"role": "analyst"}),
        await admin.delete(at(ours, login="administrator")),
    ):
        assert await error_of(answer) == (409, "last_administrator")
    answer = await admin.put(at(ours, "/disabled", "administrator"), json={"disabled": True})
    assert answer.status_code == 409
    await admin.put(at(ours, login="analyst"), json={"role": "administrator"})
    assert (await admin.put(at(ours, login="administrator"), json={"role": "analyst"})).status_code == 200
    assert (await admin.get(at(ours))).status_code == 403, "and at once"
    other = await ours.signed_in("analyst")
    ours.store.users.disable(ours.users["administrator"], now=ours.clock())
    answer = await other.delete(at(ours, login="analyst"))
    assert await error_of(answer) == (409, "last_administrator")


async def test_disabling_ends_sessions_and_streams_now_and_can_be_taken_back(ours: Site) -> None:
    admin, analyst = await ours.signed_in("administrator"), await ours.signed_in("analyst")
    async with ours.stream(analyst) as socket:
        await socket.recv()
        assert (await admin.put(at(ours, "/disabled", "analyst"), json={"disabled": True})).status_code == 200
        await socket.wait_closed()
        assert socket.close_code == CloseCode.SESSION_REVOKED
    assert (await analyst.get("/api/v1/session")).status_code == 401
    await admin.put(at(ours, "/disabled", "analyst"), json={"disabled": False})
    await ours.signed_in("analyst")


async def test_sessions_of_others_are_listed_and_ended(ours: Site) -> None:
    admin = await ours.signed_in("administrator")
    desk, phone = await ours.signed_in("analyst"), await ours.signed_in("analyst")
    listed = (await admin.get(at(ours, "/sessions", "analyst"))).json()["sessions"]
    assert len(listed) == 2
    assert (await admin.delete(at(ours, f"/sessions/{listed[0]['id']}", "analyst"))).status_code == 204
    codes = sorted([(await each.get("/api/v1/session")).status_code for each in (desk, phone)])
    assert codes == [200, 401]
    theirs = (await admin.get("/api/v1/sessions")).json()["sessions"][0]["id"]
    assert (await admin.delete(at(ours, f"/sessions/{theirs}", "analyst"))).status_code == 404, "not the analyst's"
    assert (await admin.delete(at(ours, "/sessions", "analyst"))).status_code == 204
    assert [(await each.get("/api/v1/session")).status_code for each in (desk, phone)] == [401, 401]


async def test_who_is_in_another_project_too_is_not_this_ones_to_change(ours: Site) -> None:
    """Or else an administrator would enter another company's project as one of its users."""
    both = ours.users["analyst"]
    ours.store.memberships.grant(both, ours.theirs, Role.SUPERVISOR)
    admin = await ours.signed_in("administrator")
    (shown,) = [each for each in (await admin.get(at(ours))).json()["users"] if each["id"] == both]
    assert shown["whole"] is False
    for answer in (
        await admin.put(at(ours, login="analyst"), json={"login": "mine"}),
        await admin.put(at(ours, login="analyst"), json={"email": "thief@example.com"}),
        await admin.put(at(ours, "/password", "analyst"), json={"password": GOOD}),
        await admin.put(at(ours, "/disabled", "analyst"), json={"disabled": True}),
        await admin.post(at(ours, "/link", "analyst"), json={"by": "hand"}),
        await admin.delete(at(ours, "/second-factor", "analyst")),
        await admin.get(at(ours, "/sessions", "analyst")),
        await admin.delete(at(ours, "/sessions", "analyst")),
        await admin.put(f"/api/v1/projects/{ours.ours}/report-recipients/{both}", json={"email": "thief@example.com"}),
    ):
        assert await error_of(answer) == (403, "forbidden"), answer.request.url
    assert (await admin.put(at(ours, login="analyst"), json={"role": "supervisor"})).status_code == 200
    assert (await admin.delete(at(ours, login="analyst"))).status_code == 204
    assert [each.project_id for each in ours.store.memberships.of_user(both)] == [ours.theirs]
    ours.store.memberships.grant(ours.users["administrator"], ours.theirs, Role.ADMINISTRATOR)
    found = (await admin.get(f"/api/v1/projects/{ours.ours}/user-candidates")).json()["candidates"]
    assert [each["login"] for each in found] == ["analyst", "stranger"]
    assert (await admin.post(at(ours, "/place", "analyst"), json={"role": "analyst"})).status_code == 201
    assert (await admin.put(at(ours, login="analyst"), json={"name": "Nina"})).status_code == 200


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "short"),
        ("x" * 257, None),
        ("password123", "common"),
        ("P@ssw0rd2024", "common"),
        ("qwertyuiop12", "common"),
        ("1234567890", "common"),
        ("abababababab", "repeats"),
        ("xyzxyzxyzxyz", "repeats"),
        ("Olena-2026!", "personal"),
    ],
)
async def test_weak_passwords_are_refused_with_the_reason(ours: Site, password: str, why: str | None) -> None:
    admin = await ours.signed_in("administrator")
    wanted = {"login": "olena", "name": "Olena", "role": "analyst", "password": password}
    answer = await admin.post(at(ours), json=wanted)
    assert answer.status_code == 422
    assert answer.json()["details"].get("why") == why


async def test_ones_own_password_needs_the_one_before_and_ends_the_other_sessions(ours: Site) -> None:
    desk, phone = await ours.signed_in("analyst"), await ours.signed_in("analyst")
    wrong = {"current": "not my password", "new": GOOD}
    assert await error_of(await desk.put("/api/v1/account/password", json=wrong)) == (403, "wrong_password")
    right = {"current": PASSWORD, "new": GOOD}
    assert (await desk.put("/api/v1/account/password", json=right)).status_code == 204
    assert [(await each.get("/api/v1/session")).status_code for each in (desk, phone)] == [200, 401]
    answer = await ours.client().post("/api/v1/session", json={"login": "analyst", "password": GOOD})
    assert answer.json()["pending"] == []
    for _ in range(6):
        await desk.put("/api/v1/account/password", json=wrong)
    assert await error_of(await desk.put("/api/v1/account/password", json=right)) == (429, "throttled")


async def test_language_and_theme_are_kept_with_the_user(ours: Site) -> None:
    desk = await ours.signed_in("analyst")
    assert (await desk.put("/api/v1/account/look", json={"locale": "uk"})).json()["look_chosen"] is True
    await desk.put("/api/v1/account/look", json={"theme": "dark"})
    answer = await ours.client().post("/api/v1/session", json={"login": "analyst", "password": PASSWORD})
    user = answer.json()["user"]
    assert (user["locale"], user["theme"], user["look_chosen"]) == ("uk", "dark", True)
    assert (await desk.put("/api/v1/account/look", json={"theme": "pink"})).status_code == 422
