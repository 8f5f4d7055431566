"""Who comes while Callfloor is being upgraded sees how far it is, and then the page."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Literal

import msgspec
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Page, expect

from callfloor.store import MigrationStep
from callfloor.web.front import Front
from callfloor.web.server import serve
from support.axe import violations

STEP = MigrationStep(number=2, of=3, revision="0003", title="Marks.", done=False, rows=41, of_rows=100)
Schemes = Literal["light", "dark"]


class Upgrade:
    """A process that is being upgraded, in a thread beside the browser."""

    def __init__(self) -> None:
        self.address = ""
        self._begun: Future[tuple[Front, asyncio.Task[None], str]] = Future()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="upgrade")
        self._thread.start()
        self.front, self._server, self.address = self._begun.result(timeout=30)

    def do(self, what: Callable[[], object]) -> None:
        """Something on the server's loop; returns when it is done."""

        async def call() -> None:
            made = what()
            if asyncio.iscoroutine(made):
                await made

        asyncio.run_coroutine_threadsafe(call(), self._loop).result(timeout=30)

    def end(self) -> None:
        """No more."""
        self._loop.call_soon_threadsafe(self._server.cancel)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        async def live() -> None:
            front = Front("1.2.3")
            server = asyncio.create_task(serve(front, "127.0.0.1", 0, ready=front.listens))
            _, port = await front.address
            self._begun.set_result((front, server, f"http://127.0.0.1:{port}"))
            await asyncio.gather(server, return_exceptions=True)

        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(live())


@pytest.fixture
def upgrade() -> Iterator[Upgrade]:
    running = Upgrade()
    try:
        running.do(lambda: running.front.upgrading(STEP))
        yield running
    finally:
        running.end()


def the_page() -> FastAPI:
    app = FastAPI()

    @app.get("/{path:path}")
    async def page(path: str) -> HTMLResponse:
        return HTMLResponse(f"<h1>{path}</h1>")

    return app


def test_an_upgrade_is_followed_in_place_until_the_page_is_there(upgrade: Upgrade, page: Page) -> None:
    at = upgrade.address
    page.clock.install()
    page.goto(f"{at}/calls")
    expect(page.get_by_role("heading", name="Callfloor is being upgraded")).to_be_visible()
    bar = page.get_by_role("progressbar", name="Step 2 of 3, 41 %")
    expect(bar).to_have_attribute("value", "41")
    page.evaluate("window.still = true")
    upgrade.do(lambda: upgrade.front.upgrading(msgspec.structs.replace(STEP, number=3, rows=7)))
    page.clock.run_for(3000)
    expect(page.get_by_text("Step 3 of 3, 7 %")).to_be_visible()
    assert page.evaluate("window.still"), "nothing was loaded anew"
    upgrade.do(lambda: upgrade.front.attach(the_page()))
    page.clock.run_for(3000)
    expect(page.get_by_role("heading", name="calls")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_upgrade_reads_well_for_everyone(scheme: Schemes, upgrade: Upgrade, page: Page) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(upgrade.address)
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert violations(page) == []
