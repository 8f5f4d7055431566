"""The Calls page in Chromium: 1,000 live calls, every one changed five times a second, and the first paint."""

import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, CDPSession, Error, Page, expect, sync_playwright

from bench import Figure, MissingPartError, at_least, at_most, shown

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support import page_floor  # the tests' server and floor, after their path is known
from support.page_server import PAGE, PageServer

CALLS = 1_000
RATE_HZ = 5
WATCHED_S = 10.0
ROW = "[role=row][data-id]"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FIRST_ROW = """new MutationObserver((_, watch) => {
    if (!document.querySelector('[role=row][data-id]')) return
    watch.disconnect()
    requestAnimationFrame(() => setTimeout(() => (window.firstRow = performance.now())))
}).observe(document, { childList: true, subtree: true })"""
FRAMES = """() => new Promise(done => {
    const long = [], times = [], end = performance.now() + %d
    const watch = new PerformanceObserver(list => long.push(...list.getEntries().map(one => one.duration)))
    watch.observe({ type: 'longtask' })
    const step = now => {
        times.push(now)
        if (now < end) return requestAnimationFrame(step)
        watch.disconnect()
        done({ frames: times.length - 1, span: times.at(-1) - times[0], long })
    }
    requestAnimationFrame(step)
})"""


class Traffic:
    """Changes every call of the floor at a steady rate from a thread of its own, until it is left."""

    def __init__(self, server: PageServer) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = 0

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += 1 / RATE_HZ
            step = 0.001 * (self.sent + 1)
            changed = (
                msgspec.structs.replace(call, status_since=call.status_since + step, talk_s=call.talk_s + step)
                for call in self._server.calls.values()
            )
            self._server.change(*changed)
            self.sent += 1


def main() -> list[Figure]:
    """How busy the page's thread is, how many frames a second it draws, and when the first rows stand."""
    if not (PAGE / "index.html").exists():
        raise MissingPartError("the built page: make setup")
    with PageServer() as server, sync_playwright() as playwright:
        server.calls = {call.id: call for call in page_floor.floor(CALLS, now=time.time())}
        try:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=FLAGS, ignore_default_args=["--headless"], headless=True
            )
        except Error as error:
            raise MissingPartError("Debian's chromium") from error
        figures = _first_rows(browser, server)
        for name, path in (("table", "/calls"), ("sorted by waiting, panel open", "/calls/call-1.5?sort=-waiting")):
            figures += _live(browser, server, name, path)
        browser.close()
        return figures


def _first_rows(browser: Browser, server: PageServer) -> list[Figure]:
    paints, rows = [], []
    for _ in range(5):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(FIRST_ROW)
        page.goto(server.address + "/calls")
        page.wait_for_selector(ROW)
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        rows.append(page.evaluate("firstRow"))
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.close()
    paint, table = statistics.median(paints), statistics.median(rows) - statistics.median(paints)
    note = f"{CALLS:,} calls, 1440 × 900, the middle of five loads, server and browser on one machine"
    return [
        at_most("page, first paint", paint, 1000, "ms", note=note),
        at_most("page, rows after the first paint", table, 300, "ms", note=note),
    ]


def _live(browser: Browser, server: PageServer, name: str, path: str) -> list[Figure]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(server.address + path)
    page.wait_for_selector(ROW)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    with Traffic(server):
        before, started = _busy_s(devtools), time.monotonic()
        drawn: dict[str, Any] = page.evaluate(FRAMES % (WATCHED_S * 1000))
        busy = (_busy_s(devtools) - before) / (time.monotonic() - started) * 100
    _keeps_up(page, server)
    page.close()
    note = f"{CALLS:,} calls, all changed {RATE_HZ} times a second for {WATCHED_S:.0f} s, software drawing"
    fps = drawn["frames"] / drawn["span"] * 1000
    return [
        at_least(f"page, frames drawn, {name}", fps, 50, "a second", note=note),
        shown(f"page, main thread busy, {name}", busy, "%", note=note),
        shown(f"page, longest task, {name}", max(drawn["long"], default=0.0), "ms", note="0: none above 50 ms"),
    ]


def _busy_s(devtools: CDPSession) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _keeps_up(page: Page, server: PageServer) -> None:
    """After the traffic the page shows the last thing said, within a second."""
    server.change(removed=list(server.calls)[: CALLS // 2])
    expect(page.locator(".counters strong").first).to_have_text(f"{CALLS // 2}", timeout=1000)
    server.show(page_floor.floor(CALLS, now=time.time()))
