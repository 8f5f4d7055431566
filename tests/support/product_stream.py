"""A viewer of the live floor, as the page is one: it applies every frame, and notes when each row changed for it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callfloor.floor.calls import LiveCall
from callfloor.floor.employees import LiveEmployee
from support.web_page import Page

OPENED_S = 60.0
"""A server that starts answers when it is there."""

SEEN_S = 30.0
"""How long something may take to be seen before a test fails; how long it took is the test's to judge."""

_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Seen(Generic[_Row]):
    """One row as a frame made it; None: it is gone. ``at`` is when the frame came, UTC epoch seconds."""

    at: float
    row: _Row | None


class Stream:
    """An open stream. ``page`` is the floor as of the last frame; frames must follow one another (law L1)."""

    def __init__(self, socket: ClientConnection) -> None:
        self.page = Page()
        self.calls: dict[str, list[Seen[LiveCall]]] = {}
        self.employees: dict[int, list[Seen[LiveEmployee]]] = {}
        self.link_states: list[tuple[float, str]] = []
        self._socket = socket
        self._news = asyncio.Event()
        self._ended = False
        self._reading = asyncio.create_task(self._read(), name="stream")

    @classmethod
    async def open(cls, base_url: str, project_id: int, cookies: httpx.Cookies) -> Self:
        """A stream from its snapshot on."""
        url = f"{base_url.replace('http', 'ws', 1)}/api/v1/projects/{project_id}/stream"
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {"Cookie": cookie, "Origin": base_url}
        stream = cls(
            await connect(
                url, additional_headers=headers, max_size=None, compression=None, proxy=None, open_timeout=OPENED_S
            )
        )
        await stream.until(lambda page: bool(page.epoch), "the snapshot")
        return stream

    async def close(self) -> None:
        """Ends it; raises what went wrong with a frame."""
        await self._socket.close()
        await self._reading

    @property
    def is_open(self) -> bool:
        """Whether frames can still come."""
        return not self._ended

    # --- what a test waits for ------------------------------------------------------------------------------------

    async def until(self, condition: Callable[[Page], object], what: str, *, within_s: float = 30.0) -> None:
        """Returns when the page is so.

        Raises:
            AssertionError: it is not, in time.
        """
        await self._wait(lambda: condition(self.page) or None, what, within_s)

    async def links(self, state: str, *, since: float = 0.0, within_s: float = 30.0) -> float:
        """When a frame told that a link is in that state: the first from ``since`` on, or now."""

        def found() -> float | None:
            told = (at for at, one in self.link_states if one == state and at >= since)
            return next(told, None)

        return await self._wait(found, f"the link is {state}; so far {self.link_states}", within_s)

    async def employee(
        self, account: str, wanted: Callable[[LiveEmployee], object], *, since: float, within_s: float = SEEN_S
    ) -> tuple[float, LiveEmployee]:
        """When the row of an account's employee first was as wanted, by a frame that came from ``since`` on.

        Raises:
            AssertionError: it was not, in time.
        """
        (employee_id,) = [one.id for one in self.page.directory.employees if account in one.accounts]

        def found() -> tuple[float, LiveEmployee] | None:
            for seen in self.employees.get(employee_id, []):
                if seen.at >= since and seen.row is not None and wanted(seen.row):
                    return seen.at, seen.row
            return None

        def last() -> str:
            return f"{account}, of which was seen {[seen for seen in self.employees[employee_id] if seen.at >= since]}"

        return await self._wait(found, last, within_s)

    async def call(
        self, wanted: Callable[[LiveCall], object], *, since: float, within_s: float = SEEN_S
    ) -> tuple[float, LiveCall]:
        """When a call first was as wanted, by a frame that came from ``since`` on.

        Raises:
            AssertionError: none was, in time.
        """

        def found() -> tuple[float, LiveCall] | None:
            every = (seen for history in self.calls.values() for seen in history if seen.at >= since)
            fitting = [(seen.at, seen.row) for seen in every if seen.row is not None and wanted(seen.row)]
            return min(fitting, key=lambda one: one[0], default=None)

        return await self._wait(found, lambda: f"a call; there are {self.page.calls}", within_s)

    async def gone(self, call_id: str, *, within_s: float = SEEN_S) -> float:
        """When a call was taken off the floor."""

        def found() -> float | None:
            history = self.calls[call_id]
            return history[-1].at if history[-1].row is None else None

        return await self._wait(found, f"call {call_id} is gone", within_s)

    def history(self, account: str, since: float) -> list[LiveEmployee]:
        """Every row of an account's employee from that instant on, that of the instant first."""
        (employee_id,) = [one.id for one in self.page.directory.employees if account in one.accounts]
        rows = [(seen.at, seen.row) for seen in self.employees.get(employee_id, []) if seen.row is not None]
        before = [row for at, row in rows if at < since]
        return before[-1:] + [row for at, row in rows if at >= since]

    def employee_now(self, account: str) -> LiveEmployee:
        """The row of an account's employee as it is."""
        (employee_id,) = [one.id for one in self.page.directory.employees if account in one.accounts]
        return self.page.employees[employee_id]

    # --- within ---------------------------------------------------------------------------------------------------

    async def _wait(self, found: Callable[[], _Row | None], what: str | Callable[[], str], within_s: float) -> _Row:
        end = time.monotonic() + within_s
        while (answer := found()) is None:
            self._news.clear()
            assert not self._ended, f"the stream ended: {self._socket.close_code} {self._socket.close_reason}"
            left = end - time.monotonic()
            assert left > 0, f"not within {within_s:g} s: {what if isinstance(what, str) else what()}"
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                continue  # found() has the last word
        return answer

    async def _read(self) -> None:
        try:
            while True:
                text = await self._socket.recv()
                at = time.time()
                calls, employees = dict(self.page.calls), dict(self.page.employees)
                links = self.page.links
                self.page.take_text(text)
                _note(self.calls, calls, self.page.calls, at)
                _note(self.employees, employees, self.page.employees, at)
                if self.page.links is not links:
                    self.link_states += [(at, str(link.state)) for link in self.page.links]
                self._news.set()
        except ConnectionClosed:
            pass
        finally:
            self._ended = True
            self._news.set()


_Key = TypeVar("_Key", str, int)


def _note(history: dict[_Key, list[Seen[_Row]]], before: dict[_Key, _Row], after: dict[_Key, _Row], at: float) -> None:
    for key in before.keys() | after.keys():
        if before.get(key) is not after.get(key):
            history.setdefault(key, []).append(Seen(at, after.get(key)))
