"""Asterisk's AudioSocket on the wire: kind (1 byte), length (2 bytes, big-endian), payload. Pure; torn anywhere.

Source: docs.asterisk.org, Configuration/Channel-Drivers/AudioSocket, and ``res/res_audiosocket.c`` of Asterisk 22.
Two facts of that file rule what is sent to it: a header that arrives in two pieces is misread (the second ``read`` goes
to the header's beginning again), and a payload that does not follow its header within 5 ms ends the channel. So each
frame leaves in one ``write`` of its own, and never into a buffer that is not empty.
"""

from collections.abc import Iterator
from typing import Final

from callfloor.errors import AudioSocketProtocolError

HANGUP: Final = 0x00
UUID: Final = 0x01
DTMF: Final = 0x03  # Asterisk ends a channel that is sent one
AUDIO: Final = 0x10  # signed linear, 16-bit, 8 kHz, mono, little-endian
AUDIO_16: Final = 0x12  # the same at 16 kHz; Asterisk 22.7 and later (0x10 is 8 kHz alone since then)
ERROR: Final = 0xFF

RATES: Final = {AUDIO: 8000, AUDIO_16: 16000}
KINDS: Final = {rate: kind for kind, rate in RATES.items()}
"""Samples a second by the kind of frame, and back."""

FRAME_S: Final = 0.02
LARGEST: Final = 4096
"""Bytes of one payload: 20 ms are 320 at 8 kHz and 640 at 16, and twice that with both sides apart."""

HANGUP_FRAME: Final = b"\x00\x00\x00"


def frame_bytes(rate: int) -> int:
    """Bytes of 20 ms of one side."""
    return rate // 50 * 2


def audio_frame(pcm: bytes, rate: int) -> bytes:
    """20 ms as they stand on the wire.

    Raises:
        KeyError: AudioSocket has no kind for the rate, as far as is known here.
    """
    return KINDS[rate].to_bytes(1, "big") + len(pcm).to_bytes(2, "big") + pcm


class Decoder:
    """What has come of frames so far. One for each connection."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames, kind and payload, that are whole now; the rest waits for more. To be read to its end.

        Raises:
            AudioSocketProtocolError: a payload is longer than ``LARGEST``: this is no AudioSocket (any more).
        """
        if self._rest:
            data = self._rest + data
        at, size = 0, len(data)
        while size - at >= 3:
            length = data[at + 1] << 8 | data[at + 2]
            if length > LARGEST:
                raise AudioSocketProtocolError(length=length, limit=LARGEST)
            end = at + 3 + length
            if end > size:
                break
            yield data[at], data[at + 3 : end]
            at = end
        self._rest = data[at:]
