"""Browsers that come back in one moment are looked up together, and each sees what is its own."""

import asyncio
import hashlib
import secrets
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from callfloor.errors import UnauthenticatedError
from callfloor.web.sessions import COOKIE
from callfloor.web.streams import STREAMS_PER_SESSION
from callfloor.web.together import Together
from support.held import left_by
from support.waiting import until
from support.web_floor import call
from support.web_site import Site

EACH = 20
WITHIN_S = 60.0


def token_of(ours: Site, user_id: int, *, expires_in_s: float = 3600.0) -> str:
    """A session of this user."""
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    ours.store.sessions.open(
        user_id, token_sha256=digest, now=ours.clock() - 7200, expires_at=ours.clock() + expires_in_s
    )
    ours.store.sessions.touch(ours.store.sessions.by_token(digest).id, now=ours.clock())  # type: ignore[union-attr]
    return token


async def seen(ours: Site, token: str) -> frozenset[str] | int | None:
    """What a browser is shown first: the calls' ids; or the code with which it is closed."""
    url = f"ws://127.0.0.1:{ours.port}/api/v1/projects/{ours.ours}/stream"
    headers = {"Cookie": f"{COOKIE}={token}"}
    async with connect(url, additional_headers=headers, proxy=None, open_timeout=WITHIN_S) as socket:
        try:
            found: Any = msgspec.json.decode(await socket.recv())
        except ConnectionClosed:
            return socket.close_code
    return frozenset(each["id"] for each in found["snapshot"]["calls"])


async def test_who_comes_at_once_is_looked_up_together_and_sees_what_is_theirs(ours: Site) -> None:
    assert EACH <= STREAMS_PER_SESSION
    ours.floor.put(call("a", ours.anna), call("b", ours.boris))
    analyst, supervisor, stranger = (ours.users[each] for each in ("analyst", "supervisor", "stranger"))
    revoked, over = token_of(ours, analyst), token_of(ours, analyst, expires_in_s=-1.0)
    digest = hashlib.sha256(revoked.encode()).hexdigest()
    ours.store.sessions.revoke(ours.store.sessions.by_token(digest).id, now=ours.clock())  # type: ignore[union-attr]
    wanted: list[tuple[str, frozenset[str] | int]] = [
        (token_of(ours, analyst), frozenset({"a", "b"})),
        (token_of(ours, supervisor), frozenset({"a"})),
        (token_of(ours, stranger), 4404),
        (token_of(ours, ours.users["employee"]), 4403),
        (revoked, 4401),
        (over, 4401),
        (secrets.token_urlsafe(32), 4401),
    ]
    async with asyncio.timeout(WITHIN_S):
        coming = [(token, shows) for token, shows in wanted for _ in range(EACH)]
        found = await asyncio.gather(*(seen(ours, token) for token, _ in coming))
    assert found == [shows for _, shows in coming]


async def test_a_rush_of_browsers_leaves_no_memory(ours: Site) -> None:
    ours.floor.put(*(call(f"c{number}", ours.anna) for number in range(50)))
    tokens = [token_of(ours, ours.users["analyst"]) for _ in range(3)]
    headers = [{"Cookie": f"{COOKIE}={token}"} for token in tokens for _ in range(EACH)]
    url = f"ws://127.0.0.1:{ours.port}/api/v1/projects/{ours.ours}/stream"

    async def rush() -> int:
        async with asyncio.timeout(WITHIN_S):
            pages = await asyncio.gather(
                *(connect(url, additional_headers=each, proxy=None, open_timeout=WITHIN_S) for each in headers)
            )
            await asyncio.gather(*(page.recv() for page in pages))
            assert ours.floor.hub.viewers == len(pages)
            ours.floor.put(call("c0", ours.anna, talk_s=1.0), call("c1", ours.anna, talk_s=2.0))
            height = sys.getallocatedblocks()
            for page in pages[::2]:
                page.transport.abort()  # gone without a word
            await asyncio.gather(*(page.close() for page in pages))
            await until(lambda: not ours.floor.hub.viewers, "nobody is there")
        return height

    left, height = await left_by(rush)
    assert left < height / 20, (left, height)


async def test_questions_that_come_while_one_is_answered_are_asked_together() -> None:
    asked: list[list[int]] = []
    turn = asyncio.Event()

    async def ask(keys: Sequence[int]) -> dict[int, str]:
        asked.append(list(keys))
        await turn.wait()
        if 13 in keys:
            raise UnauthenticatedError
        return {key: str(key) for key in keys if key != 4}

    together = Together(ask, most=3)
    first = asyncio.create_task(together.get(1))
    while not asked:
        await asyncio.sleep(0)
    more = [asyncio.create_task(together.get(key)) for key in (2, 2, 4, 5, 13)]
    gone = asyncio.create_task(together.get(6))
    await asyncio.sleep(0)
    gone.cancel()
    turn.set()
    assert await first == "1"
    assert [await each for each in more[:3]] == ["2", "2", None]
    for each in more[3:]:
        with pytest.raises(UnauthenticatedError):
            await each
    assert asked == [[1], [2, 4], [5, 13, 6]]
    assert await together.get(7) == "7", "and so on"
