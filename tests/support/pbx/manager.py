"""The tests' own AMI client: drives the PBX, and records every byte as it came. It shares no code with Callfloor."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

Event = dict[str, str]
"""Headers of one message; of a repeated header the first."""
STATE = (
    "CoreStatus", "CoreShowChannels", "BridgeList", "QueueStatus", "PJSIPShowContacts", "ExtensionStateList",
    "DeviceStateList", "ParkedCalls", "Status",
)  # fmt: skip
ANSWER_S = 20.0


class ManagerClosedError(ConnectionError):
    """The PBX closed the manager connection."""


def _parsed(raw: bytes) -> Event:
    headers: Event = {}
    for line in raw.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name, value.removeprefix(" "))
    return headers


class Manager:
    """One connection. With a folder: ``<prefix>.raw`` (the bytes, banner first) and ``<prefix>.chunks.jsonl``
    (``{t, off, len}`` of each read, epoch seconds)."""

    def __init__(self, folder: Path | None = None, prefix: str = "ami") -> None:
        self.folder, self.prefix = folder, prefix
        self.events: list[tuple[float, Event]] = []
        self.closed = asyncio.Event()
        self.closed_at: float | None = None
        """When the PBX closed it, epoch seconds."""
        self._raw, self._chunks, self._buffer = bytearray(), list[str](), b""
        self._banner = False
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Queue[Event | None]] = {}
        self._news = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self, address: tuple[str, int], *, events: bool = True) -> Self:
        """Connects and logs in.

        Raises:
            OSError: nobody listens.
            ManagerClosedError: the login was refused.
        """
        reader, self._writer = await asyncio.open_connection(*address)
        self._reading = asyncio.create_task(self._read(reader), name=f"manager {self.prefix}")
        words = {"Username": "tests", "Secret": "tests-secret", "Events": "on" if events else "off"}
        answer = await self.action("Login", words)
        if answer[0].get("Response") != "Success":
            raise ManagerClosedError(str(answer[0]))
        return self

    async def reconnect(self, address: tuple[str, int], within: float = 60.0) -> Self:
        """Connects as soon as the PBX listens again."""
        async with asyncio.timeout(within):
            while True:
                try:
                    return await self.connect(address)
                except (OSError, ManagerClosedError):
                    await self.close()
                    self.closed, self._banner, self._buffer = asyncio.Event(), False, b""
                    self._raw.clear()
                    self._chunks.clear()
                    await asyncio.sleep(0.1)

    async def action(
        self, name: str, headers: dict[str, str] | None = None, variables: Iterable[str] = ()
    ) -> list[Event]:
        """The answer: its response, and of a listing every event up to the last.

        Raises:
            ManagerClosedError: the connection ended before the answer.
            TimeoutError: no answer.
        """
        if self._writer is None or self.closed.is_set():
            raise ManagerClosedError(f"not connected: {name}")
        action_id = f"tests-{next(self._ids)}"
        answers = self._answers[action_id] = asyncio.Queue()
        lines = [f"Action: {name}", f"ActionID: {action_id}"]
        lines += [f"{key}: {value}" for key, value in (headers or {}).items()] + [
            f"Variable: {one}" for one in variables
        ]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        got: list[Event] = []
        try:
            async with asyncio.timeout(ANSWER_S):
                while True:
                    event = await answers.get()
                    if event is None:
                        raise ManagerClosedError(f"closed before the answer to {name}")
                    got.append(event)
                    listing = event.get("EventList", "").lower()
                    if (len(got) == 1 and listing != "start") or listing.startswith(("complete", "cancel")):
                        return got
        finally:
            del self._answers[action_id]

    async def state(self) -> None:
        """Asks for everything the PBX can list, so that the recording begins with it."""
        for name in STATE:
            await self.action(name)
        bridges = [event["BridgeUniqueid"] for _, event in self.events if event.get("Event") == "BridgeListItem"]
        for bridge in bridges:
            await self.action("BridgeInfo", {"BridgeUniqueid": bridge})

    async def channels(self) -> list[Event]:
        return [event for event in await self.action("CoreShowChannels") if event.get("Event") == "CoreShowChannel"]

    async def idle(self, within: float = 30.0) -> None:
        """Waits until the PBX has no channel, so that this connection has seen how every call ended."""
        async with asyncio.timeout(within):
            while await self.channels():
                await asyncio.sleep(0.02)

    async def sees(self, wanted: Callable[[Event], bool], within: float = 30.0, since: int = 0) -> Event:
        """The first event from index ``since`` on that is wanted, now or later.

        Raises:
            TimeoutError: none came.
            ManagerClosedError: the connection ended first.
        """
        async with asyncio.timeout(within):
            while True:
                for _, event in self.events[since:]:
                    if wanted(event):
                        return event
                since = len(self.events)
                if self.closed.is_set():
                    raise ManagerClosedError("closed before the event")
                self._news.clear()
                await self._news.wait()

    async def close(self) -> None:
        """Ends the connection, and writes the recording down."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
            await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)
        self._reading = self._writer = None
        if self.folder is not None and self._raw:
            (self.folder / f"{self.prefix}.raw").write_bytes(self._raw)
            (self.folder / f"{self.prefix}.chunks.jsonl").write_text("".join(self._chunks))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(65536):
                now = time.time()
                if self.folder is not None:
                    chunk = {"t": round(now, 6), "off": len(self._raw), "len": len(data)}
                    self._chunks.append(json.dumps(chunk) + "\n")
                    self._raw += data
                self._take(now, data)
        except ConnectionError:
            pass  # a killed PBX resets the connection
        finally:
            self.closed_at = time.time()
            self.closed.set()
            self._news.set()
            for answers in self._answers.values():
                answers.put_nowait(None)

    def _take(self, now: float, data: bytes) -> None:
        self._buffer += data
        if not self._banner:
            if b"\r\n" not in self._buffer:
                return
            self._buffer, self._banner = self._buffer.split(b"\r\n", 1)[1], True
        while b"\r\n\r\n" in self._buffer:
            raw, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            event = _parsed(raw)
            self.events.append((now, event))
            if answers := self._answers.get(event.get("ActionID", "")):
                answers.put_nowait(event)
        self._news.set()
