"""Tokens of programs: what each may do of what its user may, how it is made and ended; they leave no other way in."""

import json
import re
from typing import Any

import httpx
import pytest

from callfloor.store.memberships import Role
from callfloor.web.access import ALLOWED, Action
from callfloor.web.push.frames import CloseCode
from callfloor.web.scopes import NOT_FOR_TOKENS, SCOPES, granted
from callfloor.web.tokens import BURST, GUESSES_FREE
from support.access_rights import EVERYBODY, RIGHTS
from support.access_rows import ROWS, Row
from support.access_rows_directory import DIRECTORY_ROWS
from support.access_rows_people import PEOPLE_ROWS
from support.access_rows_supervision import SUPERVISION_ROWS
from support.web_site import Site

TABLE = {(row.method, row.route): row for row in reversed((*DIRECTORY_ROWS, *PEOPLE_ROWS, *SUPERVISION_ROWS, *ROWS))}
"""Of each route the first row: what its address is of makes no difference to a token."""

READS = frozenset({"GET", "HEAD", "WEBSOCKET"})


async def made(ours: Site, login: str, scopes: list[str], **asked: Any) -> dict[str, Any]:
    client = await ours.signed_in(login)
    project = ours.theirs if login == "stranger" else ours.ours
    wanted = {"name": "Wall", "project_id": project, "scopes": scopes, **asked}
    answer = await client.post("/api/v1/tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def program(ours: Site, login: str, scopes: list[str], **asked: Any) -> httpx.AsyncClient:
    return ours.client(Authorization=f"Bearer {(await made(ours, login, scopes, **asked))['token']}")


async def code_of(ours: Site, client: httpx.AsyncClient, row: Row, project_id: int) -> int:
    if row.method == "WEBSOCKET":
        headers = {"Authorization": client.headers["Authorization"]}
        async with ours.stream(None, project_id, at=row.address or "/stream", headers=headers) as socket:
            try:
                await socket.recv()
            except Exception:  # noqa: BLE001 - whatever closed it has a code
                return socket.close_code or -1
        return 200
    names = {"p": f"/api/v1/projects/{project_id}", "anna": ours.anna, "boris": ours.boris, "job": 1}
    # As programs of another machine ask: a wall of requests is no fault of the token's here.
    ours.clock.now += 1
    return (await client.request(row.method, row.address.format(**names), json=row.body)).status_code


def test_every_right_is_some_scopes_or_no_tokens() -> None:
    in_scopes = {action for scope in SCOPES.values() for action in scope.actions}
    assert in_scopes | NOT_FOR_TOKENS == set(Action), "add it to web/scopes.py"
    assert not in_scopes & NOT_FOR_TOKENS


@pytest.mark.parametrize("scope", SCOPES)
async def test_each_scope_opens_its_routes_and_no_other(ours: Site, scope: str) -> None:
    client = await program(ours, "administrator", [scope])
    for (method, route), row in TABLE.items():
        right = RIGHTS[(method, route)]
        if isinstance(right, Action):
            allowed = right in granted([scope], writes=method not in READS)
            allowed = allowed and "/report-recipients/" not in route  # a test of its own
            assert (await code_of(ours, client, row, ours.ours) not in {403, 4403}) is allowed, row


async def test_a_token_opens_nothing_that_is_peoples_own_and_shuts_nothing_that_is_everybodys(ours: Site) -> None:
    client = await program(ours, "administrator", list(SCOPES))
    for (method, route), row in TABLE.items():
        right = RIGHTS[(method, route)]
        if not isinstance(right, Action):
            code = await code_of(ours, client, row, ours.ours)
            assert code == row.answers[0] if right == EVERYBODY else code in {403, 4401}, row
        else:
            assert await code_of(ours, client, row, ours.theirs) in {404, 4404}, row


@pytest.mark.parametrize("who", ["analyst", "supervisor", "employee"])
async def test_a_token_of_every_scope_does_no_more_than_its_user(ours: Site, who: str) -> None:
    client = await program(ours, who, list(SCOPES))
    for (method, route), row in TABLE.items():
        right = RIGHTS[(method, route)]
        if isinstance(right, Action) and (right in NOT_FOR_TOKENS or right not in ALLOWED[Role(who)]):
            assert await code_of(ours, client, row, ours.ours) in {403, 404, 4403}, row


async def test_a_users_other_project_is_closed_to_a_token(ours: Site) -> None:
    ours.store.memberships.grant(ours.users["administrator"], ours.theirs, Role.ADMINISTRATOR)
    client = await program(ours, "administrator", list(SCOPES))
    assert (await client.get(f"/api/v1/projects/{ours.ours}/directory")).status_code == 200
    assert (await client.get(f"/api/v1/projects/{ours.theirs}/directory")).status_code == 404


async def test_a_token_is_told_once_listed_and_hashed_at_rest(ours: Site) -> None:
    found = await made(ours, "analyst", ["calls:read", "floor:read"], days=30)
    assert re.fullmatch(r"cf_[\w-]{43}", found["token"])
    assert found["entry"]["expires_at"] == pytest.approx(ours.clock.now + 30 * 86_400)
    client = await ours.signed_in("analyst")
    listed = await client.get("/api/v1/tokens")
    assert found["token"] not in listed.text
    assert [each["name"] for each in listed.json()["tokens"]] == ["Wall"]
    assert found["token"].encode() not in b"".join(p.read_bytes() for p in ours.folder.glob("callfloor.db*"))
    bearer = ours.client(Authorization=f"bearer {found['token']}")
    assert (await bearer.get(f"/api/v1/projects/{ours.ours}/directory")).status_code == 200
    (entry,) = (await client.get("/api/v1/tokens")).json()["tokens"]
    assert (entry["last_used_at"], entry["last_address"]) == (pytest.approx(ours.clock.now), "127.0.0.1")
    other = await ours.signed_in("administrator")
    assert (await other.get("/api/v1/tokens")).json()["tokens"] == []
    assert (await other.delete(f"/api/v1/tokens/{entry['id']}")).status_code == 404


@pytest.mark.parametrize("how", ["revoked", "expired", "disabled", "removed"])
async def test_a_token_that_ended_opens_nothing_and_its_stream_closes(ours: Site, how: str) -> None:
    found = await made(ours, "analyst", ["floor:read"], days=1)
    headers = {"Authorization": f"Bearer {found['token']}"}
    bearer = ours.client(**headers)
    address = f"/api/v1/projects/{ours.ours}/floor"
    assert (await bearer.get(address)).status_code == 200
    async with ours.stream(None, headers=headers) as socket:
        assert json.loads(await socket.recv())["type"] == "snapshot"
        if how == "revoked":
            client = await ours.signed_in("analyst")
            assert (await client.delete(f"/api/v1/tokens/{found['entry']['id']}")).status_code == 204
        elif how == "expired":
            ours.clock.now += 86_400
        elif how == "disabled":
            ours.store.users.disable(ours.users["analyst"], now=ours.clock())
        else:
            ours.store.memberships.withdraw(ours.users["analyst"], ours.ours)
        await socket.wait_closed()
        assert socket.close_code == CloseCode.SESSION_REVOKED
    assert (await bearer.get(address)).status_code == 401


async def test_a_write_by_a_token_needs_no_csrf_token_and_is_marked_in_the_audit(ours: Site) -> None:
    found = await made(ours, "administrator", ["settings:write"])
    bearer = ours.client(Authorization=f"Bearer {found['token']}")
    base = f"/api/v1/projects/{ours.ours}"
    assert (await bearer.put(f"{base}/numbers/48221", json={"label": "Main"})).status_code == 200
    client = await ours.signed_in("administrator")
    entries = (await client.get(f"{base}/audit")).json()["entries"]
    assert next(e for e in entries if e["action"] == "put_number")["details"]["token"] == found["entry"]["id"]
    assert next(e for e in entries if e["action"] == "make_token")["details"]["scopes"] == ["settings:write"]
    assert found["token"] not in json.dumps(entries)


async def test_the_mail_address_is_no_programs_business(ours: Site) -> None:
    bearer = await program(ours, "administrator", list(SCOPES))
    address = f"/api/v1/projects/{ours.ours}/report-recipients/{ours.users['administrator']}"
    assert (await bearer.put(address, json={"email": "thief@example.com"})).status_code == 403


async def test_guesses_are_throttled_by_address_and_a_tokens_requests_by_token(ours: Site) -> None:
    bearer = await program(ours, "analyst", ["calls:read"])
    address = f"/api/v1/projects/{ours.ours}/directory"
    codes = [(await bearer.get(address)).status_code for _ in range(BURST + 1)]
    assert codes == [200] * BURST + [429]
    ours.clock.now += 1
    assert (await bearer.get(address)).status_code == 200
    wrong = ours.client(Authorization="Bearer cf_" + "A" * 43)
    codes = [(await wrong.get(address)).status_code for _ in range(GUESSES_FREE + 2)]
    assert codes == [401] * (GUESSES_FREE + 1) + [429]


@pytest.mark.parametrize(
    "asked",
    [{"scopes": []}, {"scopes": ["everything"]}, {"days": 0}, {"name": ""}, {"project_id": 0}, {"more": 1}],
)
async def test_what_can_be_no_token_is_refused(ours: Site, asked: dict[str, Any]) -> None:
    client = await ours.signed_in("analyst")
    wanted = {"name": "x", "project_id": ours.ours, "scopes": ["calls:read"], **asked}
    assert (await client.post("/api/v1/tokens", json=wanted)).status_code == 422
