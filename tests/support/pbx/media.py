"""What a phone hears and says: RTP with G.711 mu-law tones, and digits by RFC 4733."""

import asyncio
import math
import random
import struct
from collections import deque
from typing import Self

from typing_extensions import override

FRAME = 160  # samples of 20 ms at 8 kHz
FRAME_S = 0.02
IDLE_S = 0.2
"""A phone with nothing to say sends one frame in ten: enough for Asterisk's symmetric RTP, and cheap for 60 calls."""
DIGITS = "0123456789*#ABCD"
PCMU, EVENTS = 0, 101
FULL = 8000
"""Amplitude of a tone as it is sent."""


def _to_ulaw(sample: int) -> int:
    sign, magnitude = (0x80 if sample < 0 else 0), min(abs(sample), 32635) + 0x84
    exponent = max(0, magnitude.bit_length() - 8)
    return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0F)) & 0xFF


def _from_ulaw(octet: int) -> int:
    octet = ~octet & 0xFF
    value = (((octet & 0x0F) << 3) + 0x84) << ((octet & 0x70) >> 4)
    return (0x84 - value) if octet & 0x80 else (value - 0x84)


_LINEAR = [_from_ulaw(octet) for octet in range(256)]
_tones: dict[int, bytes] = {}


def tone(hertz: int, position: int) -> bytes:
    """20 ms of a sine as mu-law, in phase with ``position`` samples from the start; 0 is silence."""
    if not hertz:
        return b"\xff" * FRAME
    if hertz not in _tones:
        second = bytes(_to_ulaw(int(FULL * math.sin(2 * math.pi * hertz * i / 8000))) for i in range(8000))
        _tones[hertz] = second * 2
    start = position % 8000
    return _tones[hertz][start : start + FRAME]


def amplitude(heard: bytes, hertz: int) -> float:
    """How loud one tone is in mu-law audio (Goertzel): about ``FULL`` where it is heard, a few tens where not."""
    count = len(heard)
    if count < 400:
        return 0.0
    omega = 2 * math.pi * hertz / 8000
    factor, last, before = 2 * math.cos(omega), 0.0, 0.0
    for octet in heard:
        last, before = _LINEAR[octet] + factor * last - before, last
    return 2 * math.sqrt(max(0.0, last * last + before * before - factor * last * before)) / count


class Audio(asyncio.DatagramProtocol):
    """One leg's audio: sends a tone or silence, keeps what it hears while ``listening``."""

    _next_port: int = 40000

    def __init__(self, host: str, hertz: int = 0) -> None:
        self.host, self.hertz, self.port = host, hertz, 0
        self.listening = False
        self.heard = bytearray()
        self._remote: tuple[str, int] | None = None
        self._digits: deque[str] = deque()
        self._said = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None
        self._pump: asyncio.Task[None] | None = None
        self._source, self._sequence = random.getrandbits(32), random.getrandbits(15)
        self._timestamp = random.getrandbits(30)

    async def open(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(1000):
            port = Audio._next_port
            Audio._next_port = port + 2 if port < 60000 else 40000
            try:
                self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, port))
            except OSError:
                continue
            self.port = port
            return self
        raise RuntimeError("no free port for audio")

    def send_to(self, remote: tuple[str, int] | None) -> None:
        """Starts sending there; None leaves it as it was."""
        if remote is None:
            return
        self._remote = remote
        if self._pump is None:
            self._pump = asyncio.create_task(self._run(), name="audio")

    async def say(self, digits: str) -> None:
        """Sends digits, one after another; returns when the last has gone."""
        self._said.clear()
        self._digits.extend(digits)
        await self._said.wait()

    async def close(self) -> None:
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self._said.set()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        if self.listening and len(data) > 12 and data[1] & 0x7F == PCMU:
            self.heard += data[12:]

    def _send(self, kind: int, payload: bytes, *, marker: bool = False) -> None:
        if self._remote is None or self._transport is None or self._transport.is_closing():
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack(
            "!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, self._timestamp & 0xFFFFFFFF, self._source
        )
        self._transport.sendto(head + payload, self._remote)

    async def _digit(self, digit: str) -> None:
        """100 ms of one digit and its three ends, then a pause: the tempo Asterisk's features follow."""
        event = DIGITS.index(digit)
        for step in range(1, 9):
            ended = 0x80 if step >= 6 else 0
            payload = struct.pack("!BBH", event, ended | 10, min(step, 6) * FRAME)
            self._send(EVENTS, payload, marker=step == 1)
            await asyncio.sleep(FRAME_S)
        self._timestamp += 10 * FRAME
        await asyncio.sleep(0.08)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due, position = loop.time(), 0
        while True:
            if self._digits:
                await self._digit(self._digits.popleft())
                if not self._digits:
                    self._said.set()
                due = loop.time()
                continue
            self._send(PCMU, tone(self.hertz, position))
            frames = 1 if self.hertz or self._digits else round(IDLE_S / FRAME_S)
            position += frames * FRAME
            self._timestamp += frames * FRAME
            due += frames * FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))
