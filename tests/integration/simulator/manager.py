"""A manager for the tests of the simulated PBX's port, and two small PBXes to ask."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from urllib.parse import urlsplit

from callfloor.asterisk.ami import Codec, Message, encode
from callfloor.simulator import Simulator
from callfloor.simulator.company import lab_company
from callfloor.simulator.plan import Answers, End, Hold, Inbound, Talk
from callfloor.simulator.world import Fixed, World

START = 1_795_289_860.0
PATIENCE_S = 30.0  # real seconds for what comes at once on loopback


class Manager:
    """A client of the port: asks, and keeps what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = Codec()
        self._asked = 0
        self.events: list[Message] = []
        self._answers: dict[str, list[Message]] = {}

    async def read(self) -> bool:
        """What comes next; False at the end."""
        try:
            data = await asyncio.wait_for(self._reader.read(1 << 16), PATIENCE_S)
        except ConnectionResetError:  # closed with something of ours unread
            return False
        for m in self._codec.feed(data):
            if m.action_id:
                self._answers.setdefault(m.action_id, []).append(m)
            if m.event is not None and (not m.action_id or m.event == "OriginateResponse"):
                self.events.append(m)
        return bool(data)

    async def until(self, done: Callable[[], bool]) -> None:
        """Read until it is so."""
        while not done():
            assert await self.read(), "closed"

    async def until_event(self, name: str) -> Message:
        """Read until an event of this name has come."""
        await self.until(lambda: any(m.event == name for m in self.events))
        return next(m for m in self.events if m.event == name)

    def send(self, data: bytes) -> None:
        """Anything at all."""
        self._writer.write(data)

    async def ask(self, action: str, **headers: str) -> list[Message]:
        """The answer and, of a listing, its events."""
        self._asked += 1
        mark = f"t{self._asked}"
        self.send(encode(action, {"ActionID": mark, **headers}))

        def whole() -> bool:
            got = self._answers.get(mark, [])
            return bool(got) and (got[0].get("EventList") != "start" or got[-1].get("EventList") == "Complete")

        await self.until(whole)
        return self._answers[mark]

    async def listing(self, action: str, **headers: str) -> list[Message]:
        """A listing's events; its last says how many there are."""
        first, *events, last = await self.ask(action, **headers)
        assert first.response == "Success"
        assert last.get("ListItems") == str(len(events))
        return events

    async def closed(self) -> None:
        """Read to the end."""
        while await self.read():
            pass


@contextlib.asynccontextmanager
async def manager(url: str, *, log_in: bool = True, **headers: str) -> AsyncIterator[Manager]:
    """A manager, logged in unless told otherwise."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    found = Manager(reader, writer)
    try:
        if log_in:
            login = {"Username": parts.username or "", "Secret": parts.password or "", **headers}
            (answer,) = await found.ask("Login", **login)
            assert answer.response == "Success"
            await found.until(lambda: headers.get("Events") == "off" or bool(found.events))
        yield found
    finally:
        writer.close()
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()


def quiet(phones: Mapping[str, Answers] | None = None) -> Simulator:
    """The lab's PBX with nobody calling; its clock stands still until told."""
    people = Fixed(phones or {"101": Answers(1.0)})
    world = World(company=lab_company(), people=people, start=START)
    return Simulator(world=world, users={"boss": "s3cret"}, clock=lambda: START, paced=False)


def calling(*then: Talk | Hold | End) -> Simulator:
    """The same, with a client who calls 101."""
    simulator = quiet()
    simulator.world.begin(Inbound(did="74951000003", client="79161234567", then=then or (Talk(60.0), End())))
    return simulator
