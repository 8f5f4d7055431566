"""What a page does with the stream's frames, in a few lines: the reference for the law, and for the protocol's page."""

import struct
from collections.abc import Sequence

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import Link
from callfloor.floor.directory import Directory
from callfloor.web.push.frames import DeltaFrame, Frame, HeartbeatFrame, PongFrame, SnapshotFrame


class LostError(Exception):
    """A frame does not follow the one before: the page must reconnect without a position."""


def payload(wire: bytes) -> bytes:
    """The payload of one whole unmasked text frame; anything else is an error."""
    assert wire[0] == 0x81, "final, text"
    assert not wire[1] & 0x80, "a server masks nothing"
    if wire[1] == 126:
        (size,), start = struct.unpack_from("!H", wire, 2), 4
        assert size >= 126, "the shortest form must be used"
    elif wire[1] == 127:
        (size,), start = struct.unpack_from("!Q", wire, 2), 10
        assert size >= 65536, "the shortest form must be used"
    else:
        size, start = wire[1], 2
    assert len(wire) == start + size
    return wire[start:]


class Page:
    """Holds what a page would show."""

    def __init__(self) -> None:
        self.epoch = ""
        self.sequence = -1
        self.calls: dict[str, LiveCall] = {}
        self.links: Sequence[Link] = ()
        self.directory = Directory()
        self.frames: list[str] = []  # the types, in the order they came

    def take(self, wire: bytes) -> None:
        """Apply a frame as it went on the wire."""
        self.take_text(payload(wire))

    def take_text(self, text: bytes | str) -> None:
        """Apply a frame's JSON."""
        frame = msgspec.json.decode(text, type=Frame, strict=True)
        self.frames.append(type(frame).__struct_config__.tag)
        match frame:
            case SnapshotFrame():
                self.epoch, self.sequence = frame.epoch, frame.sequence
                self.calls = {call.id: call for call in frame.snapshot.calls}
                self.links, self.directory = frame.snapshot.links, frame.snapshot.directory
            case DeltaFrame():
                self._delta(frame)
            case HeartbeatFrame():
                if (frame.epoch, frame.sequence) != (self.epoch, self.sequence):
                    raise LostError
            case PongFrame():
                pass

    def _delta(self, frame: DeltaFrame) -> None:
        if frame.epoch != self.epoch or frame.sequence != self.sequence + 1:
            raise LostError
        self.sequence = frame.sequence
        for call in frame.calls.added:
            assert call.id not in self.calls, "added twice"
            self.calls[call.id] = call
        for patch in frame.calls.changed:
            fields = {
                name: value for name, value in msgspec.structs.asdict(patch).items() if value is not msgspec.UNSET
            }
            before = self.calls[fields["id"]]
            assert len(fields) > 1, "a change without a change"
            self.calls[before.id] = msgspec.structs.replace(before, **fields)
        for call_id in frame.calls.removed:
            del self.calls[call_id]
        if frame.links is not msgspec.UNSET:
            self.links = frame.links
        if frame.directory is not msgspec.UNSET:
            self.directory = frame.directory
