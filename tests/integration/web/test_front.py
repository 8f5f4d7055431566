"""Before the app is there, and at its end: requests wait or are told why, and none that was begun is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from callfloor.store import MigrationStep
from callfloor.web.front import Front
from callfloor.web.server import serve

STEP = MigrationStep(number=2, of=3, revision="0003", title="Marks.", done=False, rows=41, of_rows=100)


def the_app(begun: asyncio.Event | None = None, turn: asyncio.Event | None = None) -> FastAPI:
    app = FastAPI()

    @app.get("/slow")
    async def slow() -> str:
        if begun is not None and turn is not None:
            begun.set()
            await turn.wait()
        return "done"

    return app


@asynccontextmanager
async def fronted() -> AsyncIterator[tuple[Front, str, asyncio.Task[None]]]:
    front = Front("1.2.3")
    server = asyncio.create_task(serve(front, "127.0.0.1", 0, ready=front.listens))
    _, port = await front.address
    try:
        yield front, f"127.0.0.1:{port}", server
    finally:
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)


async def test_a_request_that_comes_while_it_starts_waits_for_the_app() -> None:
    async with fronted() as (front, at, _), httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"http://{at}/healthz")).status_code == 200
        asked = asyncio.create_task(client.get(f"http://{at}/slow"))
        ready = await client.get(f"http://{at}/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["starting"])
        assert not asked.done()
        await front.attach(the_app())
        assert (await asked).json() == "done"


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en-GB,en;q=0.9", "Callfloor is being upgraded"),
        ("ru", "Шаг 2 из 3, 41 %"),
        ("pl,en", "Krok 2 z 3, 41 %"),
        ("uk-UA", "Callfloor оновлюється"),
        ("fr", "Step 2 of 3, 41 %"),
    ],
)
async def test_a_browser_is_told_how_far_an_upgrade_is_in_its_language(language: str, says: str) -> None:
    async with fronted() as (front, at, _), httpx.AsyncClient(trust_env=False) as client:
        front.upgrading(STEP)
        page = await client.get(f"http://{at}/calls", headers={"Accept-Language": language})
        assert page.status_code == 503
        assert says in page.text
        assert page.headers["retry-after"] == "3"
        assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_programs_watchdogs_and_streams_are_told_of_an_upgrade_at_once() -> None:
    async with fronted() as (front, at, _), httpx.AsyncClient(trust_env=False) as client:
        front.upgrading(STEP)
        told = await client.get(f"http://{at}/api/v1/session")
        assert (told.status_code, told.json()["error_id"]) == (503, "upgrading")
        assert told.json()["details"] | {"retry_after_s": 3} == {
            "step": 2, "of": 3, "title": "Marks.", "percent": 41, "retry_after_s": 3,
        }  # fmt: skip
        ready = await client.get(f"http://{at}/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert ready.json()["reasons"] == ["upgrading, step 2 of 3, 41 %: Marks."]
        assert (await client.get(f"http://{at}/healthz")).json() == {"status": "alive", "version": "1.2.3"}
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{at}/api/v1/projects/1/stream", proxy=None)
        assert refused.value.response.status_code == 503


async def test_at_the_end_a_request_that_was_begun_is_answered() -> None:
    begun, turn = asyncio.Event(), asyncio.Event()
    async with fronted() as (front, at, server), httpx.AsyncClient(trust_env=False) as client:
        await front.attach(the_app(begun, turn))
        asked = asyncio.create_task(client.get(f"http://{at}/slow"))
        await begun.wait()
        server.cancel()
        await asyncio.sleep(0)  # the shutdown begins
        assert not asked.done()
        turn.set()
        assert (await asked).json() == "done"
        with pytest.raises(asyncio.CancelledError):
            await server
