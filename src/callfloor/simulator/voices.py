"""What a supervisor hears of the simulated company: two voices without words, the client's and the employee's, in turn.

Each is a hum with the rhythm of syllables, made once; soft enough for headphones. AudioSocket carries them: frames of
kind, length and payload (Asterisk's ``res_audiosocket.c``), 20 ms of signed 16-bit samples at 8 kHz.
"""

import array
import asyncio
import contextlib
import logging
import math
import random
import uuid
from typing import Final

from callfloor.simulator.spying import Spy

log = logging.getLogger(__name__)

RATE: Final = 8000
FRAME: Final = 160  # samples of 20 ms
FRAME_S: Final = 0.02
SECONDS: Final = 24  # then it begins again
LOUDEST: Final = 3000
UUID, AUDIO, HANGUP = 0x01, 0x10, 0x00
CLIENT_HZ, EMPLOYEE_HZ = 205.0, 128.0
SILENCE: Final = array.array("h", [0] * FRAME)


def voice(hertz: float, seed: int, *, speaks_first: bool) -> list["array.array[int]"]:
    """Frames of somebody who speaks for two to five seconds, and listens for as long."""
    chance = random.Random(seed)
    samples = array.array("h")
    speaks = speaks_first
    phase = 0.0
    while len(samples) < SECONDS * RATE:
        seconds = chance.uniform(2.0, 4.5)
        while seconds > 0:
            syllable, pitch = chance.uniform(0.12, 0.26), hertz * chance.uniform(0.88, 1.14)
            length = int(syllable * RATE)
            for n in range(length):
                phase += 2 * math.pi * pitch / RATE
                tone = math.sin(phase) + 0.5 * math.sin(2 * phase) + 0.25 * math.sin(3 * phase)
                swell = math.sin(math.pi * n / length) ** 2
                samples.append(int(LOUDEST * 0.55 * swell * tone) if speaks else 0)
            seconds -= syllable
        speaks = not speaks
    return [samples[at : at + FRAME] for at in range(0, SECONDS * RATE, FRAME)]


class Voices:
    """Speaks into the ports of AudioSocket legs; one task for each leg."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._made: tuple[list[array.array[int]], list[array.array[int]]] | None = None

    def speak(self, spy: Spy) -> None:
        """From now on, until the leg is gone or the other side hangs up."""
        task = asyncio.get_running_loop().create_task(self._speak(spy), name=f"voices-{spy.channel.uid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Everybody is silent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _speak(self, spy: Spy) -> None:
        world, plan = spy.call.world, spy.plan
        try:
            reader, writer = await asyncio.open_connection(plan.host, plan.port)
        except OSError as error:
            log.info("nobody takes the audio", extra={"reason": str(error)})
            world.cut(spy.call, spy.channel)
            return
        heard = asyncio.create_task(_listened(reader), name="voices-heard")
        try:
            writer.write(_frame(UUID, uuid.UUID(plan.token).bytes))
            await self._say(spy, writer, heard)
        except OSError as error:
            log.debug("the audio's other side is gone", extra={"reason": str(error)})
        finally:
            heard.cancel()
            if spy.channel.uid in world.switch.channels:
                world.cut(spy.call, spy.channel)
            with contextlib.suppress(OSError):
                writer.write(_frame(HANGUP, b""))
            writer.close()

    async def _say(self, spy: Spy, writer: asyncio.StreamWriter, heard: "asyncio.Task[None]") -> None:
        loop = asyncio.get_running_loop()
        due, at = loop.time(), 0
        while not heard.done() and spy.channel.uid in spy.call.switch.channels:
            writer.write(_frame(AUDIO, self._frame(spy, at)))
            await writer.drain()
            at += 1
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _frame(self, spy: Spy, at: int) -> bytes:
        if self._made is None:
            self._made = voice(EMPLOYEE_HZ, 1, speaks_first=True), voice(CLIENT_HZ, 1, speaks_first=False)
        if spy.hears is None:
            own = other = SILENCE
        else:
            own, other = (each[(at + spy.hears.order * 37) % len(each)] for each in self._made)
        if not spy.plan.apart:
            return array.array("h", map(sum, zip(own, other, strict=True))).tobytes()
        both = array.array("h", bytes(4 * FRAME))
        both[0::2], both[1::2] = own, other  # what comes from the channel that is spied on, then what goes to it
        return both.tobytes()


async def _listened(reader: asyncio.StreamReader) -> None:
    """Until the other side hangs up; what is said there nobody here hears."""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        while True:
            head = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(head[1:], "big"))
            if head[0] == HANGUP:
                return


def _frame(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload
