"""The page in a real browser (Debian's Chromium), on a floor that each test moves by hand."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from support import page_floor
from support.chromium import LAUNCH
from support.journal_page import JournalSite
from support.page_server import PAGE, PageServer

ROW = "[role=row][data-id]"

expect.set_options(timeout=30_000)  # milliseconds: two cores may have four browsers to serve


@pytest.fixture(scope="session")
def base_url() -> None:
    """Every test has a server of its own. (The plugin's fixture of this name is a method, which pytest 9 warns of.)"""


@pytest.fixture(scope="session")
def _verify_url() -> None:
    """The same plugin's other method."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium."""
    return {**browser_type_launch_args, **LAUNCH}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desk's screen, in English, in the light, of somebody who asked for rest: frames that nobody looks at take a
    third of a test's time. What moves for the others has a test of its own.
    """
    return {
        **browser_context_args,
        "viewport": {"width": 1440, "height": 900},
        "permissions": ["clipboard-read", "clipboard-write"],
        "locale": "en-GB",
        "color_scheme": "light",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def server() -> Iterator[PageServer]:
    """A server with nothing on its floor."""
    if not (PAGE / "index.html").exists():
        pytest.fail("the page is not built: run `make setup`")
    with PageServer() as running:
        yield running


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page whose script errors and refusals by the content security policy fail the test."""
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # What the network refuses is a test's own doing; what the page's code or the policy refuses is not.
        network = ("Failed to load resource", "WebSocket connection to")
        if message.type in {"error", "warning"} and not message.text.startswith(network):
            faults.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []


@pytest.fixture
def calls(server: PageServer, page: Page) -> Callable[..., Page]:
    """Opens the Calls page and waits for its rows."""

    def open_page(path: str = "/calls", *, rows: bool = True) -> Page:
        page.goto(server.address + path)
        if rows:
            page.wait_for_selector(ROW)
        return page

    return open_page


@pytest.fixture
def busy(server: PageServer) -> PageServer:
    """A server with sixty calls of every kind."""
    server.calls = {call.id: call for call in page_floor.floor(60, now=time.time())}
    return server


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalSite]:
    """The real app on a real store, without a call."""
    with JournalSite(tmp_path) as running:
        yield running


@pytest.fixture
def opened(journal: JournalSite, page: Page) -> Callable[..., Page]:
    """Signs in and opens the journal."""

    def open_page(query: str = "days=7d", *, login: str = "administrator", rows: bool = True) -> Page:
        page.context.add_cookies([journal.cookie(login)])
        page.goto(f"{journal.address}/journal?{query}")
        if rows:
            page.wait_for_selector(ROW)
        return page

    return open_page
