"""A supervision's line over real sockets: sound both ways, commands, who is refused, and every way it ends."""

import asyncio
import json
import socket as sockets
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callfloor.errors import SupervisionForbiddenError
from callfloor.floor.supervisions import Ending, Mode, Phase
from callfloor.web import supervision_line
from callfloor.web.sessions import COOKIE
from callfloor.web.supervision_frames import LARGEST
from callfloor.web.supervision_line import COMMAND_BURST, SOUND_BURST, UNSENT_FRAMES, WAITING_FRAMES
from callfloor.web.supervision_tokens import TOKEN_S
from support.waiting import until
from support.web_site import Site
from support.web_supervised import Session, SupervisedSite

FRAME = bytes(320)
SAID = b"\x00\x00\x08\x00" + FRAME


@pytest.fixture
def house(ours: Site) -> SupervisedSite:
    return SupervisedSite(ours)


@pytest.fixture
async def client(ours: Site) -> httpx.AsyncClient:
    """A supervisor's browser."""
    return await ours.signed_in("supervisor")


async def state(socket: ClientConnection) -> dict[str, Any]:
    """The next text, which tells the session's state."""
    async with asyncio.timeout(30):
        while isinstance(message := await socket.recv(), bytes):
            pass
    told = json.loads(message)
    assert told["type"] == "supervision"
    return told["supervision"]  # type: ignore[no-any-return]


async def end_of(socket: ClientConnection) -> tuple[int | None, str | None]:
    async with asyncio.timeout(30):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed:
            return socket.close_code, socket.close_reason


async def test_sound_goes_both_ways(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        assert (await state(socket))["mode"] == "listen"
        session.heard(b"\x01\x02" * 160)
        session.heard(b"\x03\x04" * 320, 8000, 2)
        session.heard(b"\x05\x06" * 320, 16000)
        assert [await socket.recv() for _ in range(3)] == [
            b"\x00\x00\x08\x01" + b"\x01\x02" * 160,
            b"\x01\x00\x08\x02" + b"\x03\x04" * 320,
            b"\x02\x00\x10\x01" + b"\x05\x06" * 320,
        ]
        await socket.send(b"\x00\x00\x08\x00" + b"\x07\x08" * 160)
        await socket.send(b"\x01\x00\x10\x01" + b"\x09\x0a" * 320)
        await until(lambda: len(session.said) == 2, "it is said")
        assert session.said == [(b"\x07\x08" * 160, 8000), (b"\x09\x0a" * 320, 16000)]
    await until(lambda: session.detached == 1, "the line is let go of")
    session.heard(FRAME)


async def test_commands_are_carried_out_in_order_and_the_state_is_told(
    house: SupervisedSite, client: httpx.AsyncClient
) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        await socket.send('{"type":"mode","mode":"whisper"}')
        await socket.send('{"type":"mute","muted":true}')
        assert (await state(socket))["mode"] == "whisper"
        assert (await state(socket))["muted"] is True
        await socket.send('{"type":"leave"}')
        assert (await state(socket))["ending"] == "left"
        assert await end_of(socket) == (1000, "the supervision has ended")
    assert session.asked == [Mode.WHISPER, True, "leave"]


async def test_a_command_that_is_refused_is_told_and_the_line_stands(
    house: SupervisedSite, client: httpx.AsyncClient
) -> None:
    session, token = await house.begin(client)
    session.refusal = SupervisionForbiddenError("Nobody may be whispered to.")
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        await socket.send('{"type":"mode","mode":"join"}')
        assert json.loads(await socket.recv()) == {
            "type": "refused",
            "command": "mode",
            "error_id": SupervisionForbiddenError.error_id,
            "message": "Nobody may be whispered to.",
        }
        session.refusal = None
        await socket.send('{"type":"mode","mode":"join"}')
        assert (await state(socket))["mode"] == "join"


async def test_a_slow_command_holds_no_sound_back_and_is_not_lost_with_the_page(
    house: SupervisedSite, client: httpx.AsyncClient
) -> None:
    session, token = await house.begin(client)
    session.go.clear()
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        await socket.send('{"type":"mode","mode":"join"}')
        await socket.send(SAID)
        await until(lambda: session.said, "sound passes a command that waits")
        await socket.send('{"type":"leave"}')
    await until(lambda: session.detached, "the page has gone")
    assert session.asked == []
    session.go.set()
    await until(lambda: session.asked == [Mode.JOIN, "leave"], "what was asked is still done")


# --- who is refused ---------------------------------------------------------------------------------------------------


async def refused(house: SupervisedSite, *where: Any, **more: Any) -> int | None:
    async with house.line(*where, **more) as socket:
        return (await end_of(socket))[0]


async def test_a_token_opens_its_line_once(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        assert await refused(house, client, session.now.id, token) == 4402
        session.heard(FRAME)
        assert await socket.recv(), "the one that is open is not disturbed"


async def test_a_guessed_token_opens_nothing(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, real = await house.begin(client)
    for guess in (None, "", "x", "A" * 43, "%00", "%F0%9D%9F%99", "A" * 5000, real[:-1], real.swapcase()):
        assert await refused(house, client, session.now.id, guess) == 4402
    async with house.line(client, session.now.id, real) as socket:
        await state(socket)


async def test_a_token_of_another_line_another_session_or_another_time_opens_nothing(
    house: SupervisedSite, client: httpx.AsyncClient
) -> None:
    session, token = await house.begin(client)
    other, _ = await house.begin(client)
    elsewhere = await house.site.signed_in("supervisor")
    administrator = await house.site.signed_in("administrator")
    assert await refused(house, client, other.now.id, token) == 4402
    assert await refused(house, client, "nobody-s", token) == 4402
    assert await refused(house, elsewhere, session.now.id, token) == 4402
    assert await refused(house, administrator, session.now.id, token) == 4402
    house.site.clock.now += TOKEN_S
    assert await refused(house, client, session.now.id, token) == 4402
    assert session.sink is None


async def test_a_fresh_token_comes_by_rest(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, first = await house.begin(client)
    answer = await client.post(f"{house.path}/{session.now.id}/token")
    assert answer.status_code == 201, answer.text
    assert await refused(house, client, session.now.id, first) == 4402
    async with house.line(client, session.now.id, answer.json()["token"]) as socket:
        await state(socket)
    stranger = await house.site.signed_in("administrator")
    assert (await stranger.post(f"{house.path}/{session.now.id}/token")).status_code == 404


async def test_a_line_needs_a_session_a_right_and_its_project(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    where = session.now.id
    assert await refused(house, None, where, token) == 4401
    for login, code in (("analyst", 4403), ("employee", 4403), ("stranger", 4404)):
        assert await refused(house, await house.site.signed_in(login), where, token) == code
    assert await refused(house, client, where, token, house.site.theirs) == 4404
    assert await refused(house, client, where, token, 999) == 4404
    async with house.line(client, where, token) as socket:
        await state(socket)


async def test_another_sites_page_cannot_open_a_line(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        with pytest.raises(InvalidStatus) as answer:
            await house.line(client, session.now.id, token, headers={"Origin": origin})
        assert answer.value.response.status_code == 403
    async with house.line(client, session.now.id, token, headers={"Origin": house.site.url}) as socket:
        await state(socket)


# --- how it ends ------------------------------------------------------------------------------------------------------


GARBAGE: tuple[str | bytes, ...] = (
    *("", "x", "{}", "[]", "null", '{"type":"ping"}', '{"type":"mode"}', '{"type":"mode","mode":"shout"}'),
    *('{"type":"mute","muted":1}', '{"type":"leave","x":1}', "[" * 300),
    *(b"", b"\x00\x00\x08\x00", SAID[:-1], SAID + b"\x00"),
    *(b"\x00\x00\x09\x00" + FRAME, b"\x00\x00\x08\x02" + FRAME),
)


async def test_garbage_closes_the_line_and_is_not_said(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    for message in GARBAGE:
        session, token = await house.begin(client)
        async with house.line(client, session.now.id, token) as socket:
            await state(socket)
            await socket.send(message)
            assert (await end_of(socket))[0] == 4400, message
        assert (session.said, session.asked) == ([], [])
        await until(lambda session=session: session.detached == 1, "it is let go of")


async def test_a_message_too_large_is_not_even_read(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        await socket.send(bytes(LARGEST + 1))
        assert (await end_of(socket))[0] == 1009


@pytest.mark.parametrize(
    ("message", "count", "taken"),
    [(SAID, SOUND_BURST + 20, "said"), ('{"type":"mute","muted":true}', COMMAND_BURST + 5, "asked")],
)
async def test_a_flood_closes_the_line(
    house: SupervisedSite, client: httpx.AsyncClient, message: str | bytes, count: int, taken: str
) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        for _ in range(count):
            await socket.send(message)
        assert (await end_of(socket))[0] == 4400
    assert count - 30 < len(getattr(session, taken)) < count


async def test_the_end_of_the_session_is_told_before_the_line_ends(
    house: SupervisedSite, client: httpx.AsyncClient
) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        session.becomes(phase=Phase.ENDED, ending=Ending.CALL_OVER)
        assert (await state(socket))["ending"] == "call_over"
        assert (await end_of(socket))[0] == 1000


async def test_another_line_of_the_same_session_takes_over(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        fresh = (await client.post(f"{house.path}/{session.now.id}/token")).json()["token"]
        async with house.line(client, session.now.id, fresh) as other:
            await state(other)
            assert (await end_of(socket))[0] == 4406
            session.heard(FRAME)
            assert await other.recv() == b"\x00\x00\x08\x01" + FRAME


async def test_a_session_that_is_revoked_ends_the_line_in_the_middle_of_sound(
    house: SupervisedSite, client: httpx.AsyncClient
) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        session.heard(FRAME)
        house.site.store.users.disable(house.site.users["supervisor"], now=house.site.clock())
        assert await end_of(socket) == (4409, "the session has ended")
    await until(lambda: session.detached == 1, "it is let go of")


async def test_rights_that_change_end_the_line(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        role = house.site.store.memberships.of_user(house.site.users["supervisor"])[0].role
        house.site.store.memberships.grant(
            house.site.users["supervisor"], house.site.ours, role, department_ids=(house.site.help,)
        )
        assert (await end_of(socket))[0] == 1012


# --- a page that does not keep up -------------------------------------------------------------------------------------


async def stalled(house: SupervisedSite, client: httpx.AsyncClient, session: Session, token: str) -> sockets.socket:
    """A page that shakes hands and does not read."""

    def open_() -> sockets.socket:
        found = sockets.socket()
        found.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        found.connect(("127.0.0.1", house.site.port))
        found.sendall(
            f"GET {house.path}/{session.now.id}/line?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{house.site.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {COOKIE}={client.cookies[COOKIE]}\r\n\r\n".encode()
        )
        assert found.recv(12) == b"HTTP/1.1 101"
        return found

    found = await asyncio.to_thread(open_)
    await until(lambda: session.sink is not None, "it is attached")
    return found


async def test_a_page_that_stands_still_loses_the_oldest_sound_and_costs_no_memory(
    house: SupervisedSite, client: httpx.AsyncClient
) -> None:
    session, token = await house.begin(client)
    page = await stalled(house, client, session, token)
    sink = session.sink
    assert isinstance(sink, supervision_line.PageLine)

    def hear(number: int) -> None:
        session.heard(number.to_bytes(2, "little") * 160)

    number = 0
    async with asyncio.timeout(20):
        while not sink.dropped:
            number += 1
            hear(number)
            await asyncio.sleep(0)
    most = sink._transport.get_write_buffer_size()
    for _ in range(3000):
        number += 1
        hear(number)
    assert sink._transport.get_write_buffer_size() <= most <= (UNSENT_FRAMES + 1) * 340
    assert len(sink._waiting) == WAITING_FRAMES
    newest = [int.from_bytes(frame[8:10], "little") for frame in sink._waiting]
    assert newest == list(range(number - WAITING_FRAMES + 1, number + 1)), "the oldest are dropped"

    def read_all() -> bytes:
        page.settimeout(0.3)
        data = bytearray()
        try:
            while more := page.recv(1 << 20):
                data += more
        except TimeoutError:
            pass
        return bytes(data)

    await asyncio.to_thread(read_all)
    hear(number + 1)
    late = await asyncio.to_thread(read_all)
    last = (number + 1).to_bytes(2, "little") * 160
    assert last in late, "what is said now comes as soon as the page reads again"
    await asyncio.to_thread(page.close)


async def test_a_page_that_never_reads_again_is_given_up(
    house: SupervisedSite, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision_line, "STUCK_S", 0.2)
    session, token = await house.begin(client)
    page = await stalled(house, client, session, token)

    def given_up() -> bool:
        session.heard(FRAME)
        return session.sink is None

    await until(given_up, "the line is given up")
    assert session.detached == 1
    await asyncio.to_thread(page.close)


async def test_the_server_says_that_it_restarts(house: SupervisedSite, client: httpx.AsyncClient) -> None:
    session, token = await house.begin(client)
    async with house.line(client, session.now.id, token) as socket:
        await state(socket)
        (task,) = (each for each in asyncio.all_tasks() if each.get_name() == "site")
        task.cancel()
        assert (await end_of(socket))[0] == 1012
