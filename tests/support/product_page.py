"""The product's own page in a real browser, watched from inside: what each row reads, and when it was painted so."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import ConsoleMessage, Page, ViewportSize, async_playwright, expect

from support.chromium import LAUNCH
from support.product import Product
from support.product_stream import SEEN_S

# Told by the page itself: the policy of the product's page forbids what would look into it from outside (eval), and
# looking again and again would measure the looking. A row is told in the frame that paints it.
WATCH = """
(() => {
  const last = new Map()
  const told = (id, text) => requestAnimationFrame(() => rowReads(id, text, Date.now() / 1000))
  const look = () => {
    const there = new Set()
    for (const row of document.querySelectorAll('[role=row][data-id]')) {
      const id = row.dataset.id, text = row.querySelector('.td.status')?.innerText.replace(/\\s+/g, ' ').trim() ?? ''
      there.add(id)
      if (last.get(id) !== text) { last.set(id, text); told(id, text) }
    }
    for (const id of last.keys()) if (!there.has(id)) { last.delete(id); told(id, null) }
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
})()
"""


NETWORK = ("Failed to load resource", "WebSocket connection to")
"""What the browser says of a server that is not there."""

expect.set_options(timeout=30_000)  # milliseconds; five seconds else


@dataclass(frozen=True)
class Painted:
    """From ``at`` (UTC epoch seconds) on the status cell of a row reads so; None: there is no such row."""

    at: float
    row: str
    text: str | None


class ProductPage:
    """One open page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.painted: list[Painted] = []
        self.faults: list[str] = []
        self.loads = 0
        """How often the browser has loaded it: once, unless it was reloaded."""
        self._news = asyncio.Event()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("load", self._loaded)

    async def open(self, address: str) -> None:
        """Goes there, and waits for the first row."""
        await self.page.expose_function("rowReads", self._reads)
        await self.page.add_init_script(WATCH)
        await self.page.goto(address)

    async def reads(self, row: str | None, wanted: str, *, since: float, within_s: float = SEEN_S) -> Painted:
        """When the status of a row (None: of any) first read so, from ``since`` on.

        Raises:
            AssertionError: it did not, in time.
        """

        def found() -> Painted | None:
            fitting = (one for one in self.painted if one.at >= since and one.text == wanted and row in {None, one.row})
            return next(fitting, None)

        return await self._wait(found, f"row {row} reads {wanted!r}", since, within_s)

    async def gone(self, row: str, *, since: float, within_s: float = SEEN_S) -> Painted:
        """When a row was no longer there."""

        def found() -> Painted | None:
            return next((one for one in self.painted if one.at >= since and one.text is None and one.row == row), None)

        return await self._wait(found, f"row {row} is gone", since, within_s)

    async def heals(self, calls: Collection[str]) -> None:
        """Returns when it shows those calls, live, of PBXes within reach.

        Raises:
            AssertionError: it does not, in time, or it has been loaded anew.
        """
        await self.page.wait_for_selector("[data-connection=live]")
        await expect(self.page.get_by_role("region", name="PBX out of reach")).to_have_count(0)
        rows = self.page.locator("[role=row][data-id]")
        await expect(rows).to_have_count(len(calls))
        assert {await row.get_attribute("data-id") for row in await rows.all()} == set(calls)
        assert self.loads == 1, "without a reload"

    def server_was_away(self) -> None:
        """What the browser said of it is no fault of the page's."""
        self.faults[:] = [fault for fault in self.faults if not fault.startswith(NETWORK)]

    async def _wait(self, found: Callable[[], Painted | None], what: str, since: float, within_s: float) -> Painted:
        end = time.monotonic() + within_s
        while (answer := found()) is None:
            self._news.clear()
            left = end - time.monotonic()
            so_far = [one for one in self.painted if one.at >= since]
            assert left > 0, f"not within {within_s:g} s: {what}; painted were {so_far}; {self.faults}"
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                continue  # found() has the last word
        return answer

    def _reads(self, row: str, text: str | None, at: float) -> None:
        self.painted.append(Painted(at, row, text))
        self._news.set()

    def _loaded(self, _page: Page) -> None:
        self.loads += 1

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(message.text)


@asynccontextmanager
async def product_page(product: Product, path: str) -> AsyncIterator[ProductPage]:
    """The page at that path, signed in, in English; its script's errors and the policy's refusals fail the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**LAUNCH)
        try:
            context = await browser.new_context(viewport=ViewportSize(width=1440, height=900), locale="en-GB")
            cookies = product.rest.cookies.items()
            await context.add_cookies(
                [{"name": name, "value": value, "url": product.base_url} for name, value in cookies]
            )
            watched = ProductPage(await context.new_page())
            await watched.open(product.base_url + path)
            yield watched
            assert watched.faults == []
        finally:
            await browser.close()
