"""The Journal page in Chromium: from a filter's change to its rows, without what the server takes."""

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Error, Page, sync_playwright

from bench import Figure, MissingPartError, at_most, shown

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.journal_page import JournalSite, past_call  # the tests' site, after their path is known
from support.page_server import PAGE
from support.web_floor import NOW

CALLS = 5_000
CHANGES = 40
ROW = "[role=row][data-id]"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# From the change on a filter's box to the frame after the rows are others; of it what the answer took to come.
WATCH = """() => {
    window.took = []
    const shown = () => [...document.querySelectorAll('[role=row][data-id]')].map(one => one.dataset.id).join()
    document.addEventListener('change', () => {
        const began = performance.now(), before = shown()
        performance.clearResourceTimings()
        const watch = new MutationObserver(() => {
            const now = shown()
            if (!now || now === before) return
            watch.disconnect()
            requestAnimationFrame(() => setTimeout(() => {
                const asked = performance.getEntriesByType('resource').filter(one => /\\/journal\\?/.test(one.name))
                const server = asked.length ? asked[0].responseEnd - asked[0].startTime : 0
                window.took.push([performance.now() - began, server])
            }))
        })
        watch.observe(document.querySelector('main'), { childList: true, subtree: true, attributes: true })
    }, true)
}"""


def main() -> list[Figure]:
    """How long the page itself takes, and how long its main thread computes, for one change of a filter."""
    if not (PAGE / "index.html").exists():
        raise MissingPartError("the built page: make setup")
    with tempfile.TemporaryDirectory() as folder, JournalSite(Path(folder)) as site, sync_playwright() as playwright:
        site.write(*(past_call(n, NOW - 600 - 90 * n) for n in range(CALLS)))
        try:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=FLAGS, ignore_default_args=["--headless"], headless=True
            )
        except Error as error:
            raise MissingPartError("Debian's chromium") from error
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        cookie = site.cookie("administrator")
        context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": cookie["url"]}])
        page = context.new_page()
        page.goto(site.address + "/journal?days=7d")
        page.wait_for_selector(ROW)
        figures = _changes(page)
        browser.close()
        return figures


def _changes(page: Page) -> list[Figure]:
    page.get_by_role("button", name="Filter: Type").click()
    box = page.get_by_label("Outbound", exact=True)
    page.evaluate(WATCH)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # computed, whatever else the machine does
    busy = []
    for done in range(1, CHANGES + 1):
        before = _computed_s(devtools)
        box.evaluate("one => one.click()")  # the tool's own click has the page laid out to aim
        page.wait_for_function("n => window.took.length >= n", arg=done, polling=20)
        busy.append((_computed_s(devtools) - before) * 1000)
    took: list[list[float]] = page.evaluate("window.took")
    own = sorted(whole - server for whole, server in took)
    note = f"{CALLS:,} calls, {CHANGES} changes of a filter, the middle one; a frame of up to 17 ms is in it"
    return [
        at_most(
            "journal page, from a filter's change to its rows, but for the server",
            own[CHANGES // 2],
            50,
            "ms",
            note=note,
        ),
        shown("the same, 95 % within", own[CHANGES * 95 // 100], "ms"),
        shown(
            "journal page, computed on the main thread for it",
            statistics.median(busy),
            "ms",
            note="script, style, layout",
        ),
        shown("journal page, the server's part of it", statistics.median(server for _, server in took), "ms"),
    ]


def _computed_s(devtools: CDPSession) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))
