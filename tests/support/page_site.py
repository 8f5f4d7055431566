"""The page on the product's own server, store and routes: the site of the web tests, in a thread beside the browser."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from playwright.sync_api import Page

from callfloor.web.ports import WebSettings
from support.page_server import PAGE
from support.web_site import PASSWORD, Site, site


@contextlib.contextmanager
def page_site(folder: Path) -> Iterator[tuple[Site, Callable[[Callable[[], object]], None]]]:
    """The site, and what calls something on its loop and waits for it: the floor may be moved there alone."""
    ready: Future[tuple[Site, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def live() -> None:
        stop = asyncio.Event()
        async with site(folder, WebSettings(static=PAGE)) as found:
            ready.set_result((found, asyncio.get_running_loop(), stop))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # the test hears it, not this thread
            if ready.done():
                raise
            ready.set_exception(error)

    thread = Thread(target=run, name="site")
    thread.start()
    found, loop, stop = ready.result(timeout=60)

    def there(fn: Callable[[], object]) -> None:
        async def call() -> None:
            made = fn()
            if inspect.isawaitable(made):
                await made

        asyncio.run_coroutine_threadsafe(call(), loop).result(timeout=30)

    try:
        yield found, there
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)


def sign_in(page: Page, where: Site, login: str, path: str = "/", language: str = "en") -> None:
    """Sign in as this user, and open a page in a language."""
    answer = page.request.post(f"{where.url}/api/v1/session", data={"login": login, "password": PASSWORD})
    assert answer.ok, answer.text()
    page.add_init_script(f"localStorage.setItem('callfloor.language', '{language}')")
    page.goto(where.url + path)
