"""One channel's audio, once its channel has shown the UUID that it is expected by."""

import asyncio
import ipaddress
import logging
import uuid
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Protocol

from callfloor.asterisk.audiosocket_frames import ERROR, HANGUP, HANGUP_FRAME, RATES, audio_frame, frame_bytes
from callfloor.asterisk.audiosocket_speech import Speech
from callfloor.unsent import not_sent

logger = logging.getLogger(__name__)

UNSENT_FRAMES = 2
"""20 ms frames that may wait in this machine; a network that takes no more gets silence until it has recovered.
Asterisk would throw such a burst away (audiosocket_speech.py)."""

QUIET_RATE = 8000
"""Of the silence before the PBX's own audio has told its rate."""

CLOSE_S = 2.0
"""For the last bytes to leave; then the connection is cut."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Lines(Protocol):
    """Whoever holds the lines."""

    def forget(self, line: "AudioLine") -> None:
        """The line has ended."""

    def speaks(self, line: "AudioLine") -> None:
        """The line is open: tick it every 20 ms until it has ended."""


class Closing(StrEnum):
    """How a line ended."""

    CLOSED = "closed"  # by us
    HUNG_UP = "hung_up"  # by the PBX
    LOST = "lost"  # the connection broke, or what came was no AudioSocket
    NEVER_CAME = "never_came"  # nobody connected in time


class AudioLine:
    """One channel's audio. ``uuid`` is for the PBX's eyes alone: whoever shows it first is the channel."""

    def __init__(
        self,
        lines: Lines,
        addresses: Collection[str],
        on_open: Callable[[], None],
        on_audio: Callable[[bytes, int, int], None],
        on_closed: Callable[[Closing], None],
        *,
        apart: bool,
    ) -> None:
        self.uuid = str(uuid.uuid4())
        self.addresses = frozenset(filter(None, map(address_of, addresses)))
        self.rate: int | None = None
        """Samples a second, as the PBX's first audio says; None before it."""
        self.closing: Closing | None = None
        self.dropped = 0
        """20 ms frames that could not go to the PBX."""
        self._lines = lines
        self._apart = apart
        self._on_open, self._on_audio, self._on_closed = on_open, on_audio, on_closed
        self._transport: asyncio.Transport | None = None
        self._speech = Speech()
        self._speech_rate = 0

    @property
    def is_open(self) -> bool:
        """Whether the PBX's channel is connected."""
        return self._transport is not None and self.closing is None

    def send(self, pcm: bytes, rate: int) -> None:
        """20 ms to say into the call. Never waits; dropped before the line is open and where the rate is not its own.

        Args:
            pcm: signed 16-bit little-endian mono samples, exactly 20 ms.
            rate: samples a second: what ``on_audio`` was given.
        """
        if not self.is_open or rate != self.rate or len(pcm) != frame_bytes(rate):
            self.dropped += 1
            return
        if rate != self._speech_rate:
            self._speech, self._speech_rate = Speech(), rate
        self._speech.put(pcm)

    def hush(self) -> None:
        """Forget what was to be said: the supervisor was muted."""
        self._speech.clear()

    def close(self) -> None:
        """Hang the channel up, or stop expecting it. Harmless when repeated."""
        self.end(Closing.CLOSED)

    def tick(self) -> bool:
        """20 ms have passed: say what is due, silence where nothing is. False: the line has ended.

        A line is never still, as no phone is: Asterisk reads from it with the channel locked, now and then when nothing
        has come (ChanSpy that lets go of a channel). That read waits for the next frame, and with it whoever looks
        a channel up in the PBX; and once a frame has come, what is heard comes at the tempo of what is said
        (``ast_read_generator_actions``).
        """
        if not self.is_open or self._transport is None:
            return False
        frame = self._speech.tick()
        rate = self._speech_rate if frame is not None else self.rate or QUIET_RATE
        if frame is None:
            frame = bytes(frame_bytes(rate))
        if not_sent(self._transport) > UNSENT_FRAMES * (len(frame) + 3):
            self.dropped += 1
        else:
            self._transport.write(audio_frame(frame, rate))
        return True

    # --- the connection's side --------------------------------------------------------------------------------------

    def opened(self, transport: asyncio.Transport) -> None:
        """The PBX's channel is here."""
        self._transport = transport
        self._lines.speaks(self)
        self._on_open()

    def heard(self, kind: int, payload: bytes) -> None:
        """A frame came."""
        rate = RATES.get(kind)
        if rate is not None:
            self.rate = rate
            # Both sides apart are told by their length alone: the frame's kind is the same.
            sides = 2 if self._apart and len(payload) == 2 * frame_bytes(rate) else 1
            if payload and len(payload) % (2 * sides) == 0:
                self._on_audio(payload, rate, sides)
        elif kind == HANGUP:
            self.end(Closing.HUNG_UP)
        elif kind == ERROR:
            logger.warning("The PBX reported an error on an audio line", extra={"code": payload[:1].hex()})
            self.end(Closing.LOST)

    def end(self, closing: Closing) -> None:
        """It is over; told once."""
        if self.closing is not None:
            return
        self.closing = closing
        self._lines.forget(self)
        transport, self._transport = self._transport, None
        if transport is not None and not transport.is_closing():
            if closing is Closing.CLOSED:
                transport.write(HANGUP_FRAME)
            transport.close()
            asyncio.get_running_loop().call_later(CLOSE_S, transport.abort)
        self._on_closed(closing)


def address_of(text: str) -> IpAddress | None:
    """An address as it is compared: IPv4 within IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
