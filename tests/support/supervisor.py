"""A supervisor who uses the product's doors: REST, and the line of a session; and who hears whom, by tones.

Everybody in a call says a tone of their own. What somebody hears of each is measured at once for all: wanted tones must
be there, and every other at least 30 dB below them.
"""

import array
import asyncio
import contextlib
import json
import math
import struct
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callfloor.floor.supervisions import LiveSupervision, Phase
from support.pbx.lab import during
from support.pbx.leg import Leg
from support.pbx.media import amplitude
from support.product import Product
from support.waiting import answer, until

TONES = {
    "client": 440,
    "101": 620,
    "102": 700,
    "103": 760,
    "104": 880,
    "105": 940,
    "106": 1010,
    "110": 1200,
    "web": 1500,
}
LISTEN_S = 0.4
BETWEEN_DB = 30.0
EMPLOYEE, CLIENTS = "employee's side", "client's side"
"""What comes over a session's line, apart."""
HEARD = 2000.0
"""Amplitude of a tone that is there; it is sent with 8,000."""
RATE = 8000
FRAME = RATE // 50


class Line:
    """A session's line, as the page holds it: sends a tone, keeps what it hears of each side."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.states: list[tuple[float, LiveSupervision]] = []
        self.refused: list[dict[str, Any]] = []
        self.sides: list[bytearray] = [bytearray(), bytearray()]
        self.first_audio_at: float | None = None
        self.closed: int | None = None
        self._reading = asyncio.create_task(self._read(), name="line")
        self._saying = asyncio.create_task(self._say(TONES["web"]), name="line's voice")

    @property
    def now(self) -> LiveSupervision:
        return self.states[-1][1]

    async def send(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def shows(self, wanted: Any, what: str, within_s: float = 30) -> LiveSupervision:
        """Returns when the session's state is so."""
        await until(lambda: self.states and wanted(self.now), f"{what}; it is {self.states[-1:]}", within_s=within_s)
        return self.now

    async def cut(self) -> None:
        """The network is gone: no goodbye."""
        self._saying.cancel()
        self._socket.transport.abort()
        await asyncio.gather(self._saying, self._reading, return_exceptions=True)

    async def close(self) -> None:
        self._saying.cancel()
        await self._socket.close()
        await asyncio.gather(self._saying, self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if isinstance(message, str):
                    told = json.loads(message)
                    if told["type"] == "supervision":
                        self.states.append((time.time(), msgspec.convert(told["supervision"], LiveSupervision)))
                    else:
                        self.refused.append(told)
                    continue
                if self.first_audio_at is None:
                    self.first_audio_at = time.time()
                samples = array.array("h", message[4:])
                sides = message[3]
                for side in range(2):
                    self.sides[side] += samples[side % sides :: sides].tobytes()
        except ConnectionClosed:
            pass
        finally:
            self.closed = self._socket.close_code

    async def _say(self, hertz: int) -> None:
        loop = asyncio.get_running_loop()
        due, position, number = loop.time(), 0, 0
        with contextlib.suppress(ConnectionClosed):
            while True:
                steps = range(position, position + FRAME)
                pcm = b"".join(struct.pack("<h", int(8000 * math.sin(math.tau * hertz * n / RATE))) for n in steps)
                await self._socket.send(struct.pack("<HBB", number & 0xFFFF, RATE // 1000, 0) + pcm)
                position, number, due = position + FRAME, number + 1, due + 0.02
                await during(max(0.0, due - loop.time()))


class Supervisor:
    """A signed-in user. ``rest`` is theirs."""

    def __init__(self, product: Product, rest: httpx.AsyncClient) -> None:
        self.product, self.rest = product, rest

    @property
    def path(self) -> str:
        return f"{self.product.api}/supervisions"

    async def ask(self, call_id: str, way: str, **more: Any) -> httpx.Response:
        """Ask to supervise."""
        return await self.rest.post(self.path, json={"call_id": call_id, "way": way, **more})

    async def start(self, call_id: str, way: str, **more: Any) -> tuple[LiveSupervision, str]:
        """The session that begins, and its token."""
        found = await self.ask(call_id, way, **more)
        assert found.status_code == 201, found.text
        told = found.json()
        return msgspec.convert(told["supervision"], LiveSupervision), told["token"]

    async def line(self, session: str, token: str) -> Line:
        """The session's line, open."""
        base = self.product.base_url
        url = f"{base.replace('http', 'ws', 1)}{self.path}/{session}/line?token={token}"
        cookie = "; ".join(f"{name}={value}" for name, value in self.rest.cookies.items())
        return Line(await connect(url, additional_headers={"Cookie": cookie, "Origin": base}, proxy=None))

    @contextlib.asynccontextmanager
    async def in_the_browser(self, call_id: str, **more: Any) -> AsyncIterator[Line]:
        """Listens in the browser, until the block ends."""
        session, token = await self.start(call_id, "browser", **more)
        line = await self.line(session.id, token)
        try:
            await line.shows(lambda now: now.phase is Phase.ON, "it is on")
            yield line
        finally:
            if line.closed is None:
                await line.send(type="leave")
                await until(lambda: line.closed is not None, "the line closes")
            await line.close()
        await answer(self.own, lambda found: all(one.id != session.id for one in found), "the session is over")

    async def switch(self, session: str, **wanted: Any) -> httpx.Response:
        return await self.rest.put(f"{self.path}/{session}", json=wanted)

    async def leave(self, session: str) -> httpx.Response:
        return await self.rest.delete(f"{self.path}/{session}")

    async def own(self) -> list[LiveSupervision]:
        found = await self.rest.get(self.path)
        assert found.status_code == 200, found.text
        return msgspec.convert(found.json()["supervisions"], list[LiveSupervision])


def linear(pcm: bytes, hertz: int) -> float:
    """How loud a tone is in 16-bit samples (Goertzel)."""
    samples = array.array("h", pcm)
    if len(samples) < 400:
        return 0.0
    omega = math.tau * hertz / RATE
    factor, last, before = 2 * math.cos(omega), 0.0, 0.0
    for sample in samples:
        last, before = sample + factor * last - before, last
    return 2 * math.sqrt(max(0.0, last * last + before * before - factor * last * before)) / len(samples)


def seams(sound: bytes, hertz: int, *, linear16: bool = True) -> int:
    """How often a tone that is said without a pause is not as loud as on the whole, over 50 ms every 20 ms.

    A gap is quieter, and so is what was cut out or put in: where its phase leaps, the tone cancels itself. Samples are
    16-bit, or mu-law as phones hear it.
    """
    level, width = (linear, 2) if linear16 else (amplitude, 1)
    starts = range(0, len(sound) - 400 * width, FRAME * width)
    levels = [level(sound[at : at + 400 * width], hertz) for at in starts]
    usual = sorted(levels)[len(levels) // 2] if levels else 0.0
    return sum(each < 0.9 * usual for each in levels)


async def heard(legs: Mapping[str, Leg], line: Line | None = None) -> dict[str, dict[str, float]]:
    """How loud each one's tone is to each other, all at once. The line's sides are ``web`` together, and apart."""
    for leg in legs.values():
        leg.audio.heard.clear()
        leg.audio.listening = True
    if line is not None:
        for side in line.sides:
            side.clear()
    await during(LISTEN_S)  # sound takes time: this is what is measured
    found: dict[str, dict[str, float]] = {}
    for name, leg in legs.items():
        leg.audio.listening = False
        sound = bytes(leg.audio.heard)
        found[name] = {other: amplitude(sound, hertz) for other, hertz in TONES.items() if other != name}
    if line is not None:
        employee, client = (bytes(side) for side in line.sides)
        for name, sound in ((EMPLOYEE, employee), (CLIENTS, client)):
            found[name] = {other: linear(sound, hertz) for other, hertz in TONES.items()}
    return found


def judged(found: Mapping[str, Mapping[str, float]], wanted: Mapping[str, str]) -> str:
    """What is not as wanted: each listener hears the tones named (with spaces between) and no other; empty is well."""
    wrong = []
    for listener, names in wanted.items():
        levels = found[listener]
        there = {name: levels[name] for name in names.split()}
        quiet = [name for name, level in there.items() if level < HEARD]
        loudest_other = max((level for name, level in levels.items() if name not in there), default=0.0)
        floor = min(there.values(), default=HEARD)
        between = 20 * math.log10(max(floor, 1.0) / max(loudest_other, 1.0))
        if quiet or between < BETWEEN_DB:
            shown = {name: round(level) for name, level in levels.items() if level > 20}
            wrong.append(f"{listener} should hear {names or 'nobody'} and hears {shown} ({between:.0f} dB)")
    return "; ".join(wrong)


async def hear(
    legs: Mapping[str, Leg], wanted: Mapping[str, str], line: Line | None = None, *, within_s: float = 20.0
) -> None:
    """Waits until each hears just whom they should.

    Raises:
        AssertionError: they do not in time; what was heard last is told.
    """
    end = time.monotonic() + within_s
    while wrong := judged(await heard(legs, line), wanted):
        assert time.monotonic() < end, wrong
