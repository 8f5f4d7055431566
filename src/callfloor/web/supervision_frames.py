"""What goes over a supervision's line: JSON texts for state and commands, binary frames for sound.

docs/supervision-line.md is their page; the texts are in the OpenAPI document as LineFrame and LineMessage.
"""

from enum import IntEnum
from typing import Final

import msgspec

from callfloor.floor.supervisions import LiveSupervision, Mode

HEAD: Final = 4
"""Bytes before the samples: sequence (2, little-endian), samples a second / 1000, sides."""

RATES: Final = (8, 16)
"""Samples a second / 1000."""

LARGEST: Final = HEAD + 640
"""Bytes of a binary message from the page: 20 ms of mono at 16 kHz."""


class LineClose(IntEnum):
    """Why the server closed a line. Beside these: 1009 and 1012, as on the stream."""

    OVER = 1000  # the session has ended; its last state was sent before
    INTERNAL = 1011
    BAD_MESSAGE = 4400  # not a message of the protocol, or too many
    UNAUTHENTICATED = 4401  # no session, or it has expired
    TOKEN_REFUSED = 4402  # unknown, used, too old, or another session's: ask for a new one
    FORBIDDEN = 4403  # the role may not supervise
    NO_SUCH_SUPERVISION = 4404  # or not one of the user's, or it has ended
    REPLACED = 4406  # another line of the same session was opened
    TOO_SLOW = 4408  # nothing could be sent for some seconds
    TOO_MANY = 4429  # streams and lines in one session


class SupervisionFrame(msgspec.Struct, frozen=True, kw_only=True, tag="supervision", tag_field="type"):
    """The session's state, at once and whenever it changes."""

    supervision: LiveSupervision


class RefusedFrame(msgspec.Struct, frozen=True, kw_only=True, tag="refused", tag_field="type"):
    """A command was not carried out; the session goes on as it was."""

    command: str
    error_id: str
    message: str


LineFrame = SupervisionFrame | RefusedFrame


class ModeMessage(msgspec.Struct, frozen=True, kw_only=True, tag="mode", tag_field="type", forbid_unknown_fields=True):
    """Switch to a mode."""

    mode: Mode


class MuteMessage(msgspec.Struct, frozen=True, kw_only=True, tag="mute", tag_field="type", forbid_unknown_fields=True):
    """Mute or unmute oneself."""

    muted: bool


class LeaveMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag="leave", tag_field="type", forbid_unknown_fields=True
):
    """End the session."""


LineMessage = ModeMessage | MuteMessage | LeaveMessage

read_message = msgspec.json.Decoder(LineMessage).decode
"""A command of the page's; raises ``msgspec.MsgspecError``."""


def sound_on_wire(sequence: int, pcm: bytes, rate: int, sides: int) -> bytes:
    """One whole unmasked binary frame of the server (RFC 6455, section 5.2), with the sound's head in it."""
    size = HEAD + len(pcm)
    start = b"\x82" + size.to_bytes(1, "big") if size < 126 else b"\x82\x7e" + size.to_bytes(2, "big")
    return start + (sequence & 0xFFFF).to_bytes(2, "little") + bytes((rate // 1000, sides)) + pcm


def sound_of(message: bytes) -> tuple[bytes, int] | None:
    """The samples that the page sent, and how many of them make a second; None where it is no 20 ms of mono sound."""
    if len(message) < HEAD:
        return None
    rate = message[2]
    if rate not in RATES or message[3] > 1 or len(message) != HEAD + rate * 40:
        return None
    return message[HEAD:], rate * 1000
