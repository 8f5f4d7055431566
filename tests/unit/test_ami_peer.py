"""The scripted PBX itself: it answers as Asterisk does, and as it is told."""

import asyncio
import hashlib

import pytest

from support.ami_peer import AmiPeer, message
from support.virtual_time import settled, virtual_time

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


async def talk(peer: AmiPeer, *sent: bytes) -> bytes:
    """All that the peer answered."""
    reader, writer = await peer.dial(None)
    for data in sent:
        writer.write(data)
    await settled()
    writer.close()
    await writer.wait_closed()
    reader.feed_eof()
    return (await reader.read()).removeprefix(BANNER)


def key(challenge: str, secret: str) -> str:
    return hashlib.md5((challenge + secret).encode()).hexdigest()


LOGIN = b"Action: Login\r\nUsername: monitor\r\nSecret: s3cret\r\n\r\n"
ACCEPTED = (
    b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
    b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 106\r\nStatus: Fully Booted\r\n\r\n"
)


@virtual_time
async def test_it_accepts_the_right_key_and_the_right_secret_only() -> None:
    peer = AmiPeer()
    by_key = (
        f"Action: Login\r\nAuthType: MD5\r\nUsername: monitor\r\nKey: {key('482913755', 's3cret')}\r\n\r\n".encode()
    )
    assert await talk(peer, LOGIN) == ACCEPTED
    assert await talk(peer, by_key) == ACCEPTED
    refused = b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"
    assert await talk(peer, LOGIN.replace(b"s3cret", b"other")) == refused
    assert await talk(peer, LOGIN.replace(b"monitor", b"other")) == refused
    assert await talk(peer, by_key.replace(b"Key: ", b"Key: 0")) == refused
    assert not peer.link.open


@virtual_time
async def test_it_gives_ids_back_and_refuses_who_is_not_logged_in() -> None:
    ping = b"Action: Ping\r\nActionID: 7\r\n\r\n"
    assert await talk(AmiPeer(), ping) == b"Response: Error\r\nActionID: 7\r\nMessage: Permission denied\r\n\r\n"
    assert b"ActionID: 7\r\nPing: Pong" in await talk(AmiPeer(), LOGIN, ping)
    assert b"ActionID: 7\r\nChallenge: 482913755" in await talk(
        AmiPeer(), b"Action: Challenge\r\nActionID: 7\r\nAuthType: MD5\r\n\r\n"
    )


@virtual_time
async def test_actions_may_come_in_pieces_and_repeat_a_header() -> None:
    peer = AmiPeer()
    assert await talk(peer, LOGIN[:20], LOGIN[20:] + b"Action: X\r\nVariable: a", b"\r\nVariable: b\r\n\r\n")
    assert peer.link.names == ["Login", "X"]
    assert peer.link.actions[1]["Variable"] == "a\nb"


@virtual_time
async def test_it_is_silent_scripted_and_torn_as_told() -> None:
    peer = AmiPeer()
    peer.silent = {"Ping"}
    peer.answers = {"A": b"{id}!", "B": lambda link, action: link.listing(action, [{"Event": "E", "X": "1"}], last="L")}
    peer.piece = 1
    peer.booted = False
    got = await talk(peer, *(b"Action: %s\r\nActionID: 3\r\n\r\n" % name for name in (b"Ping", b"A", b"B")))
    assert got == (
        b"3!Response: Success\r\nActionID: 3\r\nEventList: start\r\nMessage: A list will follow\r\n\r\n"
        b"Event: E\r\nActionID: 3\r\nX: 1\r\n\r\nEvent: L\r\nActionID: 3\r\nEventList: Complete\r\nListItems: 1\r\n\r\n"
    )


@virtual_time
async def test_what_it_delivers_in_pieces_comes_in_order() -> None:
    peer = AmiPeer()
    peer.piece = 2
    reader, writer = await peer.dial(None)
    await settled()
    peer.link.send(b"Event: A\r\n\r\n")
    peer.link.close()
    await settled()
    assert await reader.read() == BANNER + b"Event: A\r\n\r\n"
    writer.close()
    await writer.wait_closed()


@virtual_time
async def test_refusing_the_link_is_the_error_it_was_given() -> None:
    peer = AmiPeer()
    peer.refuses = ConnectionRefusedError(111, "Connection refused")
    with pytest.raises(ConnectionRefusedError):
        await peer.dial(None)
    assert peer.links == []


async def test_on_a_socket_it_is_the_same_peer() -> None:
    peer = AmiPeer()
    async with peer.listening() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LOGIN + b"Action: Logoff\r\n\r\n")
        got = await reader.read()
        assert got == BANNER + ACCEPTED + message(Response="Goodbye", Message="Thanks for all the fish.")
        writer.close()
        await writer.wait_closed()
