"""Signing in and out, over real sockets."""

import pytest

from callfloor.web.sessions import COOKIE
from callfloor.web.throttle import FREE
from support.web_site import PASSWORD, Site


async def test_signing_in_gives_a_hardened_cookie_and_the_projects(ours: Site) -> None:
    answer = await ours.client().post("/api/v1/session", json={"login": "Supervisor", "password": PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie, "the request came by plain http"
    info = answer.json()
    assert info["user"] == {
        "id": ours.users["supervisor"],
        "login": "supervisor",
        "name": "Supervisor",
        "locale": "en",
        "theme": "system",
        "look_chosen": False,
    }
    assert [(p["id"], p["name"], p["role"]) for p in info["projects"]] == [(ours.ours, "Ours", "supervisor")]


async def test_a_proxy_that_says_https_gets_a_secure_cookie(ours: Site) -> None:
    client = ours.client(**{"X-Forwarded-Proto": "https"})
    answer = await client.post("/api/v1/session", json={"login": "analyst", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("login", ["administrator", "nobody", "nobody\x00", "x" * 200])
async def test_a_wrong_password_and_an_unknown_login_answer_alike(ours: Site, login: str) -> None:
    answer = await ours.client().post("/api/v1/session", json={"login": login, "password": "wrong password"})
    assert answer.status_code == 401
    assert answer.json()["error_id"] == "wrong_credentials"
    assert "set-cookie" not in answer.headers


async def test_a_disabled_user_cannot_sign_in_and_their_session_ends(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    ours.store.users.disable(ours.users["analyst"], now=ours.clock())
    assert (await client.get("/api/v1/session")).status_code == 401
    answer = await ours.client().post("/api/v1/session", json={"login": "analyst", "password": PASSWORD})
    assert answer.json()["error_id"] == "wrong_credentials"


async def test_guessing_is_throttled_by_account_and_says_for_how_long(ours: Site) -> None:
    client = ours.client()
    guess = {"login": "administrator", "password": "wrong password"}
    for _ in range(FREE + 1):
        assert (await client.post("/api/v1/session", json=guess)).status_code == 401
    answer = await client.post("/api/v1/session", json={**guess, "login": "ADMINISTRATOR", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.json()["details"] == {"retry_after_s": 2}
    assert answer.headers["retry-after"] == "2"
    ours.clock.now += 2
    answer = await client.post("/api/v1/session", json={**guess, "password": PASSWORD})
    assert answer.status_code == 200


async def test_the_session_changes_at_sign_in_and_the_old_one_is_dead(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    before = client.cookies[COOKIE]
    await client.post("/api/v1/session", json={"login": "analyst", "password": PASSWORD})
    assert client.cookies[COOKIE] != before
    old = ours.client(Cookie=f"{COOKIE}={before}")
    assert (await old.get("/api/v1/session")).status_code == 401


async def test_signing_out_ends_the_session(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    kept = client.cookies[COOKIE]
    assert (await client.delete("/api/v1/session")).status_code == 204
    assert COOKIE not in client.cookies
    assert (await ours.client(Cookie=f"{COOKIE}={kept}").get("/api/v1/session")).status_code == 401


async def test_own_sessions_are_listed_and_revoked_and_others_do_not_exist(ours: Site) -> None:
    desk, phone = await ours.signed_in("analyst"), await ours.signed_in("analyst")
    other = await ours.signed_in("administrator")
    listed = (await desk.get("/api/v1/sessions")).json()["sessions"]
    assert sorted(s["current"] for s in listed) == [False, True]
    (theirs,) = (await other.get("/api/v1/sessions")).json()["sessions"]
    assert (await desk.delete(f"/api/v1/sessions/{theirs['id']}")).status_code == 404
    assert (await other.get("/api/v1/session")).status_code == 200
    (phones,) = (s["id"] for s in listed if not s["current"])
    assert (await desk.delete(f"/api/v1/sessions/{phones}")).status_code == 204
    assert (await phone.get("/api/v1/session")).status_code == 401
    assert (await desk.get("/api/v1/session")).status_code == 200


async def test_a_session_ends_when_idle_and_in_the_end_absolutely(ours: Site) -> None:
    idle, used = await ours.signed_in("analyst"), await ours.signed_in("administrator")
    step = ours.settings.session_idle_s * 0.75
    for _ in range(2):
        ours.clock.now += step
        assert (await used.get("/api/v1/session")).status_code == 200
    assert (await idle.get("/api/v1/session")).status_code == 401
    while ours.clock.now + step < 1_700_000_000.0 + ours.settings.session_absolute_s:
        ours.clock.now += step
        assert (await used.get("/api/v1/session")).status_code == 200
    ours.clock.now += step
    assert (await used.get("/api/v1/session")).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 44, "%00" * 14, "é" * 43, "A" * 20_000])
async def test_a_forged_cookie_is_nobody(ours: Site, cookie: str) -> None:
    client = ours.client()
    headers = [(b"Cookie", f"{COOKIE}={cookie}".encode())]
    answer = await client.get("/api/v1/session", headers=headers)
    assert (answer.status_code, answer.json()["error_id"]) == (401, "unauthenticated")


async def test_unsafe_requests_need_the_csrf_token_of_the_same_session(ours: Site) -> None:
    client, other = await ours.signed_in("analyst"), await ours.signed_in("analyst")
    for token in ("", "x" * 43, "é", other.headers["X-CSRF-Token"]):
        answer = await client.delete("/api/v1/session", headers=[(b"X-CSRF-Token", token.encode())])
        assert answer.status_code == 403, token
    del client.headers["X-CSRF-Token"]
    assert (await client.delete("/api/v1/session")).status_code == 403
    assert (await client.get("/api/v1/session")).status_code == 200, "the session still stands"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "{url}"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "https://{host}"}, 403),
        ({"Origin": "http://{host}.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_another_sites_page_cannot_make_requests(ours: Site, headers: dict[str, str], status: int) -> None:
    sent = {k: v.format(url=ours.url, host=ours.url.removeprefix("http://")) for k, v in headers.items()}
    body = {"login": "analyst", "password": PASSWORD}
    assert (await ours.client().post("/api/v1/session", json=body, headers=sent)).status_code == status
