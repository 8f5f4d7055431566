"""Sign-in by OpenID Connect at a real provider: the way there and back, whose account it is, and every lie refused."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from callfloor.store.memberships import Role
from callfloor.web.oidc import Issuer
from callfloor.web.push.frames import CloseCode
from callfloor.web.sessions import COOKIE
from support.oidc_provider import Provider, provider
from support.web_site import Site

SETTINGS = "/api/v1/installation/oidc"


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
async def admin(ours: Site, there: Provider) -> httpx.AsyncClient:
    """Who administers every project, with the provider set up; the provider's clock is the real one."""
    ours.clock.now = time.time()
    there.lies()
    ours.store.memberships.grant(ours.users["administrator"], ours.theirs, Role.ADMINISTRATOR)
    client = await ours.signed_in("administrator")
    await set_up(client, there)
    return client


async def set_up(client: httpx.AsyncClient, there: Provider, **changes: Any) -> httpx.Response:
    wanted = {"enabled": True, "issuer": there.issuer, "client_id": "callfloor", "client_secret": "s3cret", **changes}
    answer = await client.put(SETTINGS, json=wanted)
    assert answer.status_code == 200, answer.text
    return answer


async def round_trip(
    ours: Site, there: Provider, subject: str, *, to: str = "/journal", action: str = "authorize", **spoiled: str
) -> tuple[httpx.AsyncClient, str]:
    """A browser goes there and back; where it is in the end."""
    browser = ours.client()
    begun = await browser.get("/api/v1/oidc/start", params={"to": to})
    assert begun.status_code == 303
    asked = {key: values[0] for key, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    assert begun.headers["location"].startswith(there.issuer + "/oauth2/authorize?")
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    back = there.sign_in(begun.headers["location"], subject, action)
    answer = {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()}
    if "error" in answer:  # this provider leaves out of a refusal what RFC 6749, section 4.1.2.1, asks for
        answer["state"] = asked["state"]
    answer |= spoiled
    arrived = await browser.get("/api/v1/oidc/callback", params=answer)
    assert arrived.status_code == 303
    return browser, arrived.headers["location"]


async def test_a_verified_address_finds_its_user_and_the_subject_from_then_on(
    ours: Site, there: Provider, admin: httpx.AsyncClient
) -> None:
    ours.store.users.set_email(ours.users["analyst"], "Nina@example.com")
    there.user("nina-1", email="nina@example.com", email_verified=True)
    browser, at = await round_trip(ours, there, "nina-1")
    assert at == "/journal"
    info = (await browser.get("/api/v1/session")).json()
    assert (info["user"]["login"], info["pending"]) == ("analyst", [])
    ours.store.users.set_email(ours.users["analyst"], None)
    browser, at = await round_trip(ours, there, "nina-1")
    assert (await browser.get("/api/v1/session")).json()["user"]["login"] == "analyst"
    entries = (await admin.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
    theirs = [each for each in entries if each["user_login"] == "analyst"]
    assert [each["action"] for each in theirs] == ["sign_in", "sign_in", "link_sign_in"]
    assert theirs[0]["details"]["issuer"] == there.issuer
    account = (await browser.get("/api/v1/account")).json()
    assert [each["issuer"] for each in account["elsewhere"]] == [there.issuer]


@pytest.mark.parametrize("claims", [{"email": "nina@example.com"}, {"email_verified": True}, {}])
async def test_who_is_not_known_is_refused(
    ours: Site, there: Provider, admin: httpx.AsyncClient, claims: dict[str, Any]
) -> None:
    ours.store.users.set_email(ours.users["analyst"], "nina@example.com")
    there.user("stranger-1", **claims)
    browser, at = await round_trip(ours, there, "stranger-1")
    assert at == "/sign-in?fault=unknown"
    assert COOKIE not in browser.cookies
    assert (await browser.get("/api/v1/session")).status_code == 401


async def test_an_address_of_two_users_is_neithers_and_a_disabled_user_stays_out(
    ours: Site, there: Provider, admin: httpx.AsyncClient
) -> None:
    for login in ("analyst", "supervisor"):
        ours.store.users.set_email(ours.users[login], "both@example.com")
    there.user("both-1", email="both@example.com", email_verified=True)
    assert (await round_trip(ours, there, "both-1"))[1] == "/sign-in?fault=unknown"
    ours.store.users.set_email(ours.users["supervisor"], None)
    assert (await round_trip(ours, there, "both-1"))[1] == "/journal"
    ours.store.users.disable(ours.users["analyst"], now=ours.clock())
    assert (await round_trip(ours, there, "both-1"))[1] == "/sign-in?fault=unknown"


async def test_a_new_user_gets_the_roles_of_their_groups(ours: Site, there: Provider, admin: httpx.AsyncClient) -> None:
    rules = [
        {"value": "leads", "project_id": ours.ours, "role": "analyst"},
        {"value": "all", "project_id": ours.theirs, "role": "supervisor"},
    ]
    await set_up(admin, there, unknown="create", rules=rules)
    there.user("oleg-1", name="Oleg", preferred_username="oleg", groups=["leads", "all", "x"], locale="uk-UA")
    browser, at = await round_trip(ours, there, "oleg-1")
    assert at == "/journal"
    info = (await browser.get("/api/v1/session")).json()
    assert (info["user"]["login"], info["user"]["name"], info["user"]["locale"]) == ("oleg", "Oleg", "uk")
    assert [(each["id"], each["role"]) for each in info["projects"]] == [
        (ours.ours, "analyst"),
        (ours.theirs, "supervisor"),
    ]
    there.user("oleg-2", preferred_username="oleg", groups="leads")
    browser, _ = await round_trip(ours, there, "oleg-2")
    assert (await browser.get("/api/v1/session")).json()["user"]["login"] != "oleg", "a login is one person's"
    there.user("ivan-1", preferred_username="ivan", groups=["others"])
    assert (await round_trip(ours, there, "ivan-1"))[1] == "/sign-in?fault=unknown"


async def test_roles_follow_the_groups_at_each_sign_in_but_for_those_given_by_hand(
    ours: Site, there: Provider, admin: httpx.AsyncClient
) -> None:
    rules = [
        {"value": "leads", "project_id": ours.ours, "role": "administrator"},
        {"value": "all", "project_id": ours.ours, "role": "analyst"},
        {"value": "others", "project_id": ours.theirs, "role": "supervisor"},
    ]
    await set_up(admin, there, unknown="create", rules=rules)

    async def roles(*groups: str) -> list[tuple[int, str]]:
        there.user("oleg-1", preferred_username="oleg", groups=list(groups))
        browser, at = await round_trip(ours, there, "oleg-1")
        if at != "/journal":
            assert at == "/sign-in?fault=unknown"
            return []
        return [(each["id"], each["role"]) for each in (await browser.get("/api/v1/session")).json()["projects"]]

    assert await roles("leads") == [(ours.ours, "administrator")]
    assert await roles("all", "others") == [(ours.ours, "analyst"), (ours.theirs, "supervisor")]
    assert await roles("others") == [(ours.theirs, "supervisor")]
    assert await roles() == []
    assert await roles("all") == [(ours.ours, "analyst")]
    oleg = next(each.id for each in ours.store.memberships.users_of(ours.ours) if each.login == "oleg")
    ours.store.memberships.grant(oleg, ours.ours, Role.SUPERVISOR)  # by hand: theirs whatever the groups say
    assert await roles("leads", "others") == [(ours.ours, "supervisor"), (ours.theirs, "supervisor")]
    assert await roles() == [(ours.ours, "supervisor")]
    entries = (await admin.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
    followed = [each["details"] for each in entries if each["action"] == "follow_groups"]
    assert [(each["before"]["role"], each["after"]["role"]) for each in followed] == [
        (None, "analyst"),
        ("analyst", None),
        ("administrator", "analyst"),
    ]


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"aud": "another client"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1}},
        {"claims": {"sub": "analyst-1"}},  # well-formed, and not what was signed
        {"signature": ""},
        {"head": {"alg": "none"}, "signature": ""},
        {"head": {"alg": "HS256"}},
    ],
)
async def test_an_id_token_that_is_not_the_issuers_word_signs_nobody_in(
    ours: Site, there: Provider, admin: httpx.AsyncClient, lie: dict[str, Any]
) -> None:
    ours.store.identities.link(ours.users["analyst"], there.issuer, "analyst-1", email=None, now=1.0)
    there.lies(token=lie)
    browser, at = await round_trip(ours, there, "analyst-1")
    assert at == "/sign-in?fault=token"
    assert (await browser.get("/api/v1/session")).status_code == 401
    there.lies()
    assert (await round_trip(ours, there, "analyst-1"))[1] == "/journal"


async def test_state_belongs_to_the_browser_and_counts_once(
    ours: Site, there: Provider, admin: httpx.AsyncClient
) -> None:
    ours.store.identities.link(ours.users["analyst"], there.issuer, "analyst-1", email=None, now=1.0)
    assert (await round_trip(ours, there, "analyst-1", state="another"))[1] == "/sign-in?fault=state"
    assert (await round_trip(ours, there, "analyst-1", iss="https://evil.example"))[1] == "/sign-in?fault=state"
    browser = ours.client()
    begun = await browser.get("/api/v1/oidc/start")
    cookie = begun.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/api/v1/oidc/callback", "Max-Age=600"))
    back = there.sign_in(begun.headers["location"], "analyst-1")
    path = back.removeprefix(ours.url)
    stolen = await ours.client().get(path)
    assert stolen.headers["location"] == "/sign-in?fault=state", "the answer of another browser's sign-in"
    ours.clock.now += 601
    assert (await browser.get(path)).headers["location"] == "/sign-in?fault=state", "too late"
    assert (await round_trip(ours, there, "analyst-1", action="deny"))[1] == "/sign-in?fault=denied"


async def test_a_code_is_of_no_use_without_the_verifier(ours: Site, there: Provider, admin: httpx.AsyncClient) -> None:
    issuer = Issuer(there.issuer, "callfloor", "s3cret", ours.clock)
    address = await issuer.address(redirect_uri=ours.url, scopes="openid", state="s", nonce="n", verifier="right" * 9)
    code = parse_qs(urlsplit(there.sign_in(address, "x")).query)["code"][0]
    with pytest.raises(Exception, match="answered with 400"):
        await issuer.exchange(code, redirect_uri=ours.url, verifier="wrong" * 9)


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "/api/v1/session", ""])
async def test_one_comes_back_to_our_own_page_alone(
    ours: Site, there: Provider, admin: httpx.AsyncClient, to: str
) -> None:
    ours.store.identities.link(ours.users["analyst"], there.issuer, "analyst-1", email=None, now=1.0)
    assert (await round_trip(ours, there, "analyst-1", to=to))[1] == "/"


async def test_signing_out_goes_on_at_the_provider(ours: Site, there: Provider, admin: httpx.AsyncClient) -> None:
    ours.store.identities.link(ours.users["analyst"], there.issuer, "analyst-1", email=None, now=1.0)
    browser, _ = await round_trip(ours, there, "analyst-1")
    info = (await browser.get("/api/v1/session")).json()
    async with ours.stream(browser) as socket:
        await socket.recv()
        answer = await browser.delete("/api/v1/session", headers={"X-CSRF-Token": info["csrf_token"]})
        assert answer.status_code == 200
        await socket.wait_closed()
        assert socket.close_code == CloseCode.SESSION_REVOKED
    address = urlsplit(answer.json()["elsewhere"])
    asked = parse_qs(address.query)
    assert (address.path, asked["client_id"]) == ("/oauth2/end_session", ["callfloor"])
    assert asked["post_logout_redirect_uri"] == [f"{ours.url}/"]
    assert asked["id_token_hint"][0].count(".") == 2


async def test_a_required_second_factor_is_the_issuers_matter(
    ours: Site, there: Provider, admin: httpx.AsyncClient
) -> None:
    ours.store.identities.link(ours.users["analyst"], there.issuer, "analyst-1", email=None, now=1.0)
    ours.store.memberships.require_second_factor(ours.ours, [Role.ANALYST])
    browser, _ = await round_trip(ours, there, "analyst-1")
    assert (await browser.get(f"/api/v1/projects/{ours.ours}/floor")).status_code == 200
    async with ours.stream(browser) as socket:
        await socket.recv()
        assert ours.store.memberships.lacking_second_factor([ours.users["analyst"]])


async def test_the_settings_keep_their_secret_and_are_told_in_the_audit(
    ours: Site, there: Provider, admin: httpx.AsyncClient
) -> None:
    shown = (await admin.get(SETTINGS)).json()
    assert shown["has_secret"] is True
    assert shown["redirect_uri"] == f"{ours.url}/api/v1/oidc/callback"
    assert "s3cret" not in str(shown)
    assert b"s3cret" not in b"".join(path.read_bytes() for path in ours.folder.glob("callfloor.db*"))
    keeping = {"enabled": True, "issuer": there.issuer, "client_id": "callfloor", "label": "Company"}
    assert (await admin.put(SETTINGS, json=keeping)).json()["has_secret"] is True
    assert (await ours.client().get("/api/v1/sign-in")).json() == {"elsewhere": "Company", "forgotten": False}
    moved = {**keeping, "issuer": "https://login.example.com"}
    assert (await admin.put(SETTINGS, json=moved)).json()["has_secret"] is False, "it was for the other issuer"
    entries = (await admin.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
    changes = [each for each in entries if each["action"] == "change_oidc"]
    assert changes[0]["details"]["after"]["issuer"] == "https://login.example.com"
    assert changes[0]["details"]["before"]["secret"] == "***"
    wrong = await admin.put(SETTINGS, json={**keeping, "issuer": "http://login.example.com"})
    assert (wrong.status_code, wrong.json()["error_id"]) == (409, "sign_in_elsewhere")
    await admin.put(SETTINGS, json={**keeping, "enabled": False})
    assert (await ours.client().get("/api/v1/sign-in")).json()["elsewhere"] is None
    assert (await ours.client().get("/api/v1/oidc/start")).headers["location"] == "/sign-in?fault=off"


async def test_an_issuer_is_tried_before_it_is_kept(ours: Site, there: Provider, admin: httpx.AsyncClient) -> None:
    asked = {"enabled": True, "issuer": there.issuer, "client_id": "x"}
    found = (await admin.post(f"{SETTINGS}/test", json=asked)).json()
    assert (found["ok"], found["sign_out"]) == (True, True)
    there.lies(configuration={"issuer": "https://another.example"})
    found = (await admin.post(f"{SETTINGS}/test", json=asked)).json()
    assert (found["ok"], found["problem"]) == (
        False,
        "The issuer calls itself https://another.example: give this address.",
    )
    there.lies(configuration={"token_endpoint": "http://evil.example/token"})
    assert "https://" in (await admin.post(f"{SETTINGS}/test", json=asked)).json()["problem"]
    nobody = {**asked, "issuer": "http://127.0.0.1:9"}
    assert "cannot be reached" in (await admin.post(f"{SETTINGS}/test", json=nobody)).json()["problem"]
