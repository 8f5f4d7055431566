"""The live stream over real sockets: snapshot, deltas, resume, and every way it ends."""

import asyncio
import json
import socket as sockets
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callfloor.floor.calls import CallStatus
from callfloor.floor.changes import LinkState
from callfloor.web.push import hub as hubs
from callfloor.web.push.outlet import OUTBOX_BYTES
from callfloor.web.sessions import COOKIE
from callfloor.web.streams import PING_BURST, STREAMS_PER_SESSION
from support.web_floor import call
from support.web_page import Page
from support.web_site import Site, read_until


async def end_of(socket: ClientConnection, timeout_s: float = 30) -> tuple[int | None, str | None]:
    """The close code and reason; frames before it are dropped."""
    async with asyncio.timeout(timeout_s):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed:
            return socket.close_code, socket.close_reason


async def test_the_page_follows_the_floor(ours: Site) -> None:
    ours.floor.put(call("a", ours.anna))
    client = await ours.signed_in("analyst")
    page = Page()
    async with ours.stream(client) as socket:
        page.take_text(await socket.recv())
        assert page.calls == ours.floor.calls
        for number in range(30):
            ours.floor.put(call(f"n{number}", ours.boris), call("a", ours.anna, talk_s=float(number)))
            if number % 3 == 0:
                ours.floor.end(f"n{number}")
            await asyncio.sleep(0)
        ours.floor.set_link(LinkState.STALE)
        ours.floor.set_directory(msgspec.structs.replace(ours.floor.directory, queues=()))
        await read_until(socket, page, lambda p: p.links == (ours.floor.link,) and p.calls == ours.floor.calls)
        assert page.directory == ours.floor.directory
        assert len(page.frames) < 10, "changes made together go out together"


async def test_a_frame_is_text_and_is_not_compressed(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    async with ours.stream(client) as socket:
        assert isinstance(await socket.recv(), str)
        assert socket.response is not None
        assert "sec-websocket-extensions" not in socket.response.headers


async def test_a_resumed_stream_gets_what_it_missed_and_then_a_heartbeat(ours: Site) -> None:
    client = await ours.signed_in("supervisor")
    page = Page()
    async with ours.stream(client) as socket:
        page.take_text(await socket.recv())
    async with ours.stream(client) as other:  # somebody keeps the view moving
        watcher = Page()
        for number in range(5):
            ours.floor.put(call(f"c{number}", ours.anna))
            await read_until(other, watcher, lambda p, n=number: f"c{n}" in p.calls)
        async with ours.stream(client, query=f"?epoch={page.epoch}&sequence={page.sequence}") as again:
            await read_until(again, page, lambda p: p.sequence == watcher.sequence and p.frames[-1] == "heartbeat")
    assert "snapshot" not in page.frames[1:]
    assert page.calls == watcher.calls == ours.floor.calls


@pytest.mark.parametrize(
    "query",
    [
        "?epoch=x&sequence=0",
        "?epoch={e}",
        "?sequence=0",
        "?epoch=&sequence=",
        *(f"?epoch={{e}}&sequence={text}" for text in ("99", "-1", "%F0%9D%9F%99", "1e0", "9" * 400)),
    ],
)
async def test_an_unknown_position_gets_a_snapshot(ours: Site, query: str) -> None:
    client = await ours.signed_in("analyst")
    page = Page()
    async with ours.stream(client) as socket:
        page.take_text(await socket.recv())
        async with ours.stream(client, query=query.format(e=page.epoch)) as again:
            assert json.loads(await again.recv())["type"] == "snapshot"


async def test_a_position_of_another_sight_is_unknown(ours: Site) -> None:
    analyst, supervisor = await ours.signed_in("analyst"), await ours.signed_in("supervisor")
    page = Page()
    async with ours.stream(analyst) as socket:
        page.take_text(await socket.recv())
        async with ours.stream(supervisor, query=f"?epoch={page.epoch}&sequence=0") as again:
            assert json.loads(await again.recv())["type"] == "snapshot"


async def test_a_ping_is_answered_with_the_servers_time(ours: Site) -> None:
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        await socket.recv()
        await socket.send('{"type":"ping"}')
        assert json.loads(await socket.recv()) == {"type": "pong", "server_time": ours.clock.now}
        await socket.send('{ "type" : "ping" }')
        assert json.loads(await socket.recv())["type"] == "pong"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "x",
        "{}",
        "[]",
        "null",
        '{"type":"pong"}',
        '{"type":"ping","x":1}',
        '{"type":["ping"]}',
        '{"type":"ping"}{"type":"ping"}',
        "[" * 250,
        b"\x00\xff",
        b'{"type":"ping"}',
    ],
)
async def test_garbage_closes_the_stream_and_disturbs_no_other(ours: Site, message: str | bytes) -> None:
    client = await ours.signed_in("analyst")
    async with ours.stream(client) as other, ours.stream(client) as socket:
        await socket.recv()
        await socket.send(message)
        assert (await end_of(socket))[0] == 4400
        page = Page()
        ours.floor.put(call("a", ours.anna))
        await read_until(other, page, lambda p: "a" in p.calls)


async def test_a_message_too_large_is_not_even_read(ours: Site) -> None:
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        await socket.send("x" * 100_000)
        assert (await end_of(socket))[0] == 1009


async def test_broken_frames_end_the_connection(ours: Site) -> None:
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        socket.transport.write(b"\x81\x05hello")  # unmasked: RFC 6455 section 5.1 forbids it to a client
        assert (await end_of(socket))[0] == 1002
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        await socket.recv()
        socket.transport.write(b"\x81\x82\x00\x00\x00\x00\xff\xff")  # not UTF-8
        assert (await end_of(socket))[0] in {1007, 4400}


async def test_too_many_pings_close_the_stream(ours: Site) -> None:
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        for _ in range(PING_BURST + 2):
            await socket.send('{"type":"ping"}')
        assert await end_of(socket) == (4400, "too many messages")


async def test_control_pings_are_answered(ours: Site) -> None:
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        async with asyncio.timeout(30):
            await (await socket.ping(b"x"))


async def test_one_session_cannot_open_streams_without_end(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    opened = []
    for _ in range(STREAMS_PER_SESSION):
        opened.append(await ours.stream(client))
        await opened[-1].recv()
    async with ours.stream(client) as one_more:
        assert (await end_of(one_more))[0] == 4429
    await opened.pop().close()
    for socket in opened:
        await socket.close()


@pytest.mark.parametrize("how", ["sign out", "revoke", "disable", "expire"])
async def test_a_stream_ends_with_its_session(ours: Site, how: str) -> None:
    client, other = await ours.signed_in("analyst"), await ours.signed_in("analyst")
    async with ours.stream(client) as socket:
        await socket.recv()
        if how == "sign out":
            await client.delete("/api/v1/session")
        elif how == "revoke":
            listed = (await client.get("/api/v1/sessions")).json()["sessions"]
            (mine,) = (s["id"] for s in listed if s["current"])
            await other.delete(f"/api/v1/sessions/{mine}")
        elif how == "disable":  # by another process, as far as this one knows
            ours.store.users.disable(ours.users["analyst"], now=ours.clock())
        else:
            ours.clock.now += ours.settings.session_absolute_s
        assert await end_of(socket, 4) == (4409, "the session has ended")


async def test_a_stream_ends_when_its_viewers_rights_change(ours: Site) -> None:
    client = await ours.signed_in("supervisor")
    async with ours.stream(client) as socket:
        await socket.recv()
        role = ours.store.memberships.of_user(ours.users["supervisor"])[0].role
        ours.store.memberships.grant(ours.users["supervisor"], ours.ours, role, department_ids=(ours.help,))
        assert (await end_of(socket, 4))[0] == 1012
    ours.floor.put(call("b", ours.boris))
    async with ours.stream(client) as socket:
        assert [c["id"] for c in json.loads(await socket.recv())["snapshot"]["calls"]] == ["b"]


@pytest.mark.parametrize("cookie", [None, "x", "A" * 43])
async def test_a_stream_needs_a_session(ours: Site, cookie: str | None) -> None:
    client = ours.client()
    if cookie:
        client.cookies.set(COOKIE, cookie)
    async with ours.stream(client) as socket:
        assert (await end_of(socket))[0] == 4401


@pytest.mark.parametrize("project", ["999", "0", "-1", "x", "9" * 30, "%00", "1.0"])
async def test_a_project_that_is_not_there_has_no_stream(ours: Site, project: str) -> None:
    async with ours.stream(await ours.signed_in("analyst"), project) as socket:
        assert (await end_of(socket))[0] == 4404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_another_sites_page_cannot_open_a_stream(ours: Site, origin: str) -> None:
    client = await ours.signed_in("analyst")
    with pytest.raises(InvalidStatus) as refused:
        await ours.stream(client, headers={"Origin": origin})
    assert refused.value.response.status_code == 403
    async with ours.stream(client, headers={"Origin": ours.url}) as socket:
        await socket.recv()


async def test_an_idle_stream_gets_heartbeats(ours: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "HEARTBEAT_S", 0.5)
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        page = Page()
        await read_until(socket, page, lambda p: p.frames == ["snapshot", "heartbeat"])


async def test_a_viewer_that_does_not_read_is_closed_and_the_others_go_on(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    stalled = await stalled_viewer(ours, client)
    (outlet,) = (each for room in ours.floor.hub._rooms.values() for each in room.outlets)
    line, waited = outlet.wire, 0
    page = Page()
    text = "x" * 4000
    async with ours.stream(client) as socket:
        page.take_text(await socket.recv())
        async with asyncio.timeout(30):
            number = 0
            while ours.floor.hub.viewers == 2:
                number += 1
                ours.floor.put(*(call(f"c{k}", ours.anna, scheme=f"{text}{number}") for k in range(100)))
                page.take_text(await socket.recv())
                waited = max(waited, line.get_write_buffer_size())
        assert number * 100 * len(text) > OUTBOX_BYTES, "it had its bound"
        ours.floor.put(call("last", ours.anna))
        await read_until(socket, page, lambda p: "last" in p.calls)
        assert page.calls == ours.floor.calls
    received = await asyncio.to_thread(read_all, stalled)
    assert OUTBOX_BYTES / 2 < waited < 3 * OUTBOX_BYTES, "what waited for it was bounded"
    async with ours.stream(client) as again:  # as the page does it: without a position
        fresh = Page()
        fresh.take_text(await again.recv())
        assert fresh.frames == ["snapshot"]
        assert fresh.calls == ours.floor.calls
    assert received.endswith(b"\x88" + bytes([2 + len(REASON)]) + (4408).to_bytes(2, "big") + REASON)


REASON = b"too slow: reconnect for a new snapshot"


async def stalled_viewer(ours: Site, client: httpx.AsyncClient) -> sockets.socket:
    """A viewer that shakes hands and never reads again."""

    def connect() -> sockets.socket:
        found = sockets.socket()
        found.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        found.connect(("127.0.0.1", ours.port))
        found.sendall(
            f"GET /api/v1/projects/{ours.ours}/stream HTTP/1.1\r\nHost: 127.0.0.1:{ours.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {COOKIE}={client.cookies[COOKIE]}\r\n\r\n".encode()
        )
        assert found.recv(12) == b"HTTP/1.1 101"
        return found

    found = await asyncio.to_thread(connect)
    async with asyncio.timeout(30):
        while not ours.floor.hub.viewers:
            await asyncio.sleep(0)
    return found


def read_all(found: sockets.socket) -> bytes:
    """Everything until the server closes; a close frame's answer is never given."""
    found.settimeout(20)
    data = bytearray()
    try:
        while more := found.recv(1 << 20):
            data += more
    except ConnectionResetError:
        pass
    found.close()
    return bytes(data)


async def test_supervisors_stream_follows_calls_in_and_out_of_sight(ours: Site) -> None:
    async with ours.stream(await ours.signed_in("supervisor")) as socket:
        page = Page()
        page.take_text(await socket.recv())
        ours.floor.put(call("a", status=CallStatus.QUEUE))
        await read_until(socket, page, lambda p: set(p.calls) == {"a"})
        ours.floor.put(call("a", ours.boris))
        await read_until(socket, page, lambda p: not p.calls)
        ours.floor.put(call("a", ours.boris, ours.anna))
        await read_until(socket, page, lambda p: set(p.calls) == {"a"})


async def test_the_server_says_that_it_restarts(ours: Site) -> None:
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        await socket.recv()
        stop_server()
        assert (await end_of(socket))[0] == 1012


def stop_server() -> None:
    """Cancel what serves the site, as the service does."""
    (task,) = (t for t in asyncio.all_tasks() if t.get_name() == "site")
    task.cancel()


async def test_nothing_is_left_when_viewers_come_and_go(ours: Site) -> None:
    client = await ours.signed_in("analyst")

    async def visit(number: int) -> Any:
        async with ours.stream(client) as socket:
            await socket.recv()
            ours.floor.put(call(f"c{number % 5}", ours.anna, talk_s=float(number)))
            if number % 2:
                socket.transport.abort()

    for start in range(0, 60, 15):
        await asyncio.gather(*(visit(start + n) for n in range(15)))
    async with asyncio.timeout(30):
        while ours.floor.hub.viewers:
            await asyncio.sleep(0)
