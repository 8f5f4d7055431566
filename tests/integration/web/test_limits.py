"""Oversized, malformed and slow requests, headers, the built page, health: over real sockets."""

import asyncio
import gzip
import json
from pathlib import Path

import msgspec
import pytest

from callfloor.errors import StoreUnreachableError
from callfloor.floor.changes import LinkState
from callfloor.web import protocols
from callfloor.web.app import bare_app
from callfloor.web.guard import BODY_BYTES
from callfloor.web.openapi import document
from callfloor.web.ports import WebSettings
from support.web_floor import NOW, record
from support.web_site import PASSWORD, Site, site


async def raw(ours: Site, *pieces: bytes, wait: bool = True) -> bytes:
    """What the server answers to these bytes until it closes or, without ``wait``, until the head's end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ours.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read() if wait else await reader.readuntil(b"\r\n\r\n")
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * (2 * protocols.HEAD_BYTES) + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * (2 * protocols.HEAD_BYTES),  # never ends
        b"GET /" + b"x" * (2 * protocols.HEAD_BYTES) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * (protocols.HEAD_FIELDS + 1) + b"\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5_000,
    ],
)
async def test_a_head_too_large_is_refused_and_the_connection_closed(ours: Site, head: bytes) -> None:
    answer = await raw(ours, head)
    assert answer.startswith(b"HTTP/1.1 431 "), answer[:200]
    assert answer.count(b"HTTP/1.1") == 1
    assert (await ours.client().get("/healthz")).status_code == 200


async def test_a_head_that_does_not_arrive_is_not_waited_for(ours: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "HEAD_S", 0.2)
    for beginning in (b"", b"GET /healthz HTTP/1.1\r\nHost"):
        assert (await raw(ours, beginning)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("garbage", [b"\x00" * 100 + b"\r\n\r\n", b"HELLO\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"])
async def test_what_is_not_http_is_refused(ours: Site, garbage: bytes) -> None:
    assert (await raw(ours, garbage)).startswith(b"HTTP/1.1 400 ")


async def test_a_body_too_large_is_refused_whether_it_says_so_or_not(ours: Site) -> None:
    client = ours.client()
    answer = await client.post("/api/v1/session", content=b"x" * (BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["error_id"]) == (413, "too_large")

    async def endless() -> object:
        for _ in range(100):
            yield b"x" * 4096

    assert (await client.post("/api/v1/session", content=endless())).status_code == 413
    lying = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n"
    assert (await raw(ours, lying, wait=False)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"login":"a"}',
        b'{"login":1,"password":"x"}',
        b'{"login":"","password":"x"}',
        b'{"login":"a","password":"' + b"x" * 257 + b'"}',
        b'{"login":"a","password":"x","more":1}',
        b'{"login":"\xff","password":"x"}',
        b'{"login":"\\ud800","password":"x"}',
        b"[" * 60_000,
        b'{"more":' + b"[" * 60_000,
        b'{"a":' * 10_000,
    ],
)
async def test_a_malformed_body_is_refused_and_never_quoted(ours: Site, content: bytes) -> None:
    answer = await ours.client().post("/api/v1/session", content=content)
    assert (answer.status_code, answer.json()["error_id"]) == (422, "invalid_input")
    assert set(answer.json()) == {"error_id", "message", "details", "request_id"}
    assert b"xxx" not in answer.content


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=0&to=1", 200),
        ("", 422),
        ("from=1&to=0", 422),
        ("from=nan&to=1", 422),
        ("from=0&to=inf", 422),
        ("from=0&to=1e300", 422),
        ("from=0&to=1&limit=0", 422),
        ("from=0&to=1&limit=501", 422),
        ("from=0&to=1&limit=x", 422),
        ("from=0&to=1&cursor=x", 422),
        ("from=0&to=1&cursor=99999999999999999999", 422),
        ("from=0&to=1&cursor=%00", 422),
        ("from=0&to=1&cursor=" + "1" * 300, 422),
        ("from=0&from=1&to=2", 200),
    ],
)
async def test_wrong_parameters_are_named_and_not_quoted(ours: Site, query: str, status: int) -> None:
    client = await ours.signed_in("analyst")
    answer = await client.get(f"/api/v1/projects/{ours.ours}/calls?{query}")
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["error_id"] == "invalid_input"


@pytest.mark.parametrize("call_id", ["%00", "%FF", "x" * 129, "a%2Fb", "%F0%9F%98%80", "..", "%2e%2e"])
async def test_ids_that_cannot_be_are_refused(ours: Site, call_id: str) -> None:
    client = await ours.signed_in("analyst")
    for kind in ("calls", "live-calls"):
        answer = await client.get(f"/api/v1/projects/{ours.ours}/{kind}/{call_id}")
        assert answer.status_code in {404, 422}, answer.text


async def test_the_journal_is_paged_newest_first(ours: Site) -> None:
    ours.store.project(ours.ours).journal.write([record(f"c{n}", "101", started_at=NOW - n) for n in range(5)])
    client = await ours.signed_in("analyst")
    address = f"/api/v1/projects/{ours.ours}/calls?from={NOW - 100}&to={NOW + 1}&limit=2"
    seen, cursor = [], ""
    while True:
        page = (await client.get(address + cursor)).json()
        seen += [c["record"]["call_id"] for c in page["calls"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["c0", "c1", "c2", "c3", "c4"]
    person = page["calls"][0]["employees"][0]
    assert (person["employee_name"], person["department_name"]) == ("Anna", "Sales")


async def test_every_answer_has_the_security_headers_and_a_request_id(ours: Site) -> None:
    client = ours.client()
    seen = set()
    for address in ("/healthz", "/", "/api/v1/session", "/api/nothing", "/api/v1/projects/x/floor"):
        answer = await client.get(address)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "microphone=(self)" in answer.headers["permissions-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        seen.add(answer.headers["x-request-id"])
        if answer.headers["content-type"] == "application/json" and answer.status_code >= 400:
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert len(seen) == 5


async def test_unknown_addresses_and_methods_answer_in_our_form(ours: Site) -> None:
    client = ours.client()
    assert (await client.get("/api/v1/nothing")).json()["error_id"] == "not_found"
    answer = await client.put("/api/v1/session", json={})
    assert (answer.status_code, answer.json()["error_id"]) == (405, "method_not_allowed")


async def test_a_failure_of_ours_tells_nothing(ours: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await ours.signed_in("analyst")
    monkeypatch.setattr(ours.floor, "links", lambda: 1 / 0)
    answer = await client.get("/readyz")
    assert answer.status_code == 500
    assert answer.json()["error_id"] == "internal"
    assert "division" not in answer.text
    assert "content-security-policy" in answer.headers


async def test_a_store_that_is_down_is_told_apart(ours: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await ours.signed_in("analyst")

    def down(*_: object, **__: object) -> object:
        raise StoreUnreachableError(error="OperationalError")

    monkeypatch.setattr(ours.store.sessions, "by_token", down)
    monkeypatch.setattr(ours.store, "check", down)
    answer = await client.get("/api/v1/session")
    assert (answer.status_code, answer.json()["error_id"]) == (503, "store_unreachable")
    assert answer.json()["details"] == {}
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["reasons"] == ["the store cannot be reached: The database cannot be reached."]
    assert (await client.get("/healthz")).status_code == 200


async def test_readiness_shows_links_backlog_and_viewers(ours: Site) -> None:
    ours.floor.set_link(LinkState.STALE)
    ours.backlog = 7
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        await socket.recv()
        found = (await ours.client().get("/readyz")).json()
    assert found["ready"] is True
    assert (found["backlog"], found["viewers"]) == (7, 1)
    assert {"project_id": ours.ours, "id": "1", "state": "stale", "since": NOW} in found["links"]


async def test_a_page_that_is_not_built_says_what_to_do(ours: Site) -> None:
    answer = await ours.client().get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text


async def test_the_built_page_is_served_with_the_right_caching(ours: Site) -> None:
    root = ours.settings.static
    (root / "assets").mkdir(parents=True)
    script = b"export const x = 1\n" * 100
    (root / "assets" / "index-1a2b3c.js").write_bytes(script)
    (root / "assets" / "index-1a2b3c.js.gz").write_bytes(gzip.compress(script))
    (root / "index.html").write_text("<!doctype html>")
    client = ours.client()
    for address in ("/", "/calls", "/calls/main-1795290349.12", "/projects/1/calls?status=queue", "/index.html"):
        page = await client.get(address)
        assert (page.status_code, page.text) == (200, "<!doctype html>"), address
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
    assert (await client.get("/", headers={"If-None-Match": page.headers["etag"]})).status_code == 304
    plain = await client.get("/assets/index-1a2b3c.js", headers={"Accept-Encoding": "identity"})
    packed = await client.get("/assets/index-1a2b3c.js", headers={"Accept-Encoding": "br, gzip"})
    refused = await client.get("/assets/index-1a2b3c.js", headers={"Accept-Encoding": "gzip;q=0"})
    assert plain.content == packed.content == refused.content == script
    assert packed.headers["content-encoding"] == "gzip"
    assert {"content-encoding"}.isdisjoint({*plain.headers, *refused.headers})
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["vary"] == "Accept-Encoding"
    for address in ("/assets/other.js", "/favicon.ico", "/assets/..%2f..%2fcallfloor.db", "/..%2fcallfloor.db"):
        assert (await client.get(address)).status_code == 404, address
    (root / "index.html").write_text("<!doctype html><p>new")
    assert (await client.get("/")).text == "<!doctype html><p>new"
    assert (await client.head("/")).status_code == 200


async def test_secure_cookies_and_further_origins_are_settings(tmp_path: Path) -> None:
    settings = WebSettings(
        static=tmp_path, secure_cookies=True, origins=frozenset({"https://floor.example"}), session_idle_s=60
    )
    async with site(tmp_path, settings) as found:
        body = {"login": "analyst", "password": PASSWORD}
        answer = await found.client(Origin="https://floor.example").post("/api/v1/session", json=body)
        assert answer.status_code == 200
        assert "Secure" in answer.headers["set-cookie"]


async def test_the_served_document_is_the_generated_one(ours: Site) -> None:
    served = (await ours.client().get("/api/v1/openapi.json")).json()
    generated = json.loads(msgspec.json.encode(document(bare_app())))
    generated["info"]["version"] = served["info"]["version"]
    assert served == generated
