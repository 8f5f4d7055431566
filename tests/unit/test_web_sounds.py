"""A file on its way out: in pieces, closed whatever happens, and read no further once nobody listens."""

import asyncio
import threading

import pytest
from fastapi import Request
from starlette.types import Message

from callfloor.errors import RangeError
from callfloor.web.sounds import CHUNK_BYTES, FileAnswer

SIZE = 40 * CHUNK_BYTES


class Body:
    """A large file that counts what is read of it."""

    media_type, name, etag, modified_at, size = "audio/wav", "a.wav", '"a"', 1.0, SIZE

    def __init__(self, there: int = SIZE) -> None:
        self.there = there
        self.read_bytes = self.closed = 0
        self.reading = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def read(self, start: int, length: int) -> bytes:
        assert not self.closed, "a closed file is not read"
        self.reading.set()
        self.go_on.wait(10)
        found = bytes(max(0, min(length, self.there - start)))
        self.read_bytes += len(found)
        return found

    def close(self) -> None:
        self.closed += 1


def request(method: str = "GET", **headers: str) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": raw, "path": "/", "query_string": b""})


class Peer:
    """Whoever takes the answer; leaves after so many pieces."""

    def __init__(self, leaves_after: int = 10**9) -> None:
        self.leaves_after = leaves_after
        self.pieces: list[int] = []
        self.left = asyncio.Event()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.pieces.append(len(message["body"]))
            if len(self.pieces) >= self.leaves_after:
                self.left.set()
        await asyncio.sleep(0)


async def answered(body: Body, peer: Peer, asked: Request) -> None:
    await FileAnswer(asked, body)(asked.scope, peer.receive, peer.send)


async def test_it_goes_out_in_pieces_and_is_closed() -> None:
    body, peer = Body(), Peer()
    await answered(body, peer, request())
    assert peer.pieces == [CHUNK_BYTES] * 40 + [0]
    assert (body.read_bytes, body.closed) == (SIZE, 1)


async def test_nothing_more_is_read_once_the_browser_has_gone() -> None:
    body, peer = Body(), Peer(leaves_after=3)
    await answered(body, peer, request())
    assert body.read_bytes <= 5 * CHUNK_BYTES
    assert body.closed == 1


async def test_a_file_that_became_shorter_ends_where_it_ends() -> None:
    body, peer = Body(there=CHUNK_BYTES + 5), Peer()
    await answered(body, peer, request())
    assert sum(peer.pieces) == CHUNK_BYTES + 5
    assert body.closed == 1


@pytest.mark.parametrize(("method", "headers"), [("HEAD", {}), ("GET", {"If-None-Match": '"a"'})])
async def test_nothing_is_read_where_nothing_is_sent(method: str, headers: dict[str, str]) -> None:
    body, peer = Body(), Peer()
    await answered(body, peer, request(method, **headers))
    assert (sum(peer.pieces), body.read_bytes, body.closed) == (0, 0, 1)


def test_a_range_outside_closes_it() -> None:
    body = Body()
    with pytest.raises(RangeError):
        FileAnswer(request(Range=f"bytes={SIZE}-"), body)
    assert body.closed == 1


async def test_it_is_not_closed_under_the_thread_that_reads_it() -> None:
    body, peer = Body(), Peer()
    body.go_on.clear()
    task = asyncio.create_task(answered(body, peer, request()))
    await asyncio.to_thread(body.reading.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not body.closed
    body.go_on.set()
    async with asyncio.timeout(10):
        while not body.closed:
            await asyncio.sleep(0)
