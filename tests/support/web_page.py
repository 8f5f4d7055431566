"""What a page does with the stream's frames, in a few lines: the reference for the law, and for the protocol's page."""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import Link
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.supervisions import LiveSupervision
from callfloor.web.push.frames import (
    CallsDelta,
    DeltaFrame,
    EmployeesDelta,
    Frame,
    HeartbeatFrame,
    PongFrame,
    SnapshotFrame,
    Waits,
)


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
        self.employees: dict[int, LiveEmployee] = {}
        self.links: Sequence[Link] = ()
        self.directory = Directory()
        self.supervisions: Sequence[LiveSupervision] = ()
        self.waits: Waits | None = None
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
                self.employees = {row.id: row for row in frame.snapshot.employees}
                self.links, self.directory = frame.snapshot.links, frame.snapshot.directory
                self.supervisions = frame.snapshot.supervisions
                self.waits = frame.waits
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
        _apply(self.calls, frame.calls)
        if frame.employees is not msgspec.UNSET:
            delta = frame.employees
            assert delta.added or delta.changed or delta.removed, "employees without a change"
            _apply(self.employees, delta)
        if frame.links is not msgspec.UNSET:
            self.links = frame.links
        if frame.directory is not msgspec.UNSET:
            self.directory = frame.directory
        if frame.supervisions is not msgspec.UNSET:
            self.supervisions = frame.supervisions
        if frame.waits is not msgspec.UNSET:
            assert frame.waits != self.waits, "what is known is not told again"
            self.waits = frame.waits


def _apply(rows: dict[Any, Any], delta: CallsDelta | EmployeesDelta) -> None:
    told = [*(row.id for row in delta.added), *(row.id for row in delta.changed), *delta.removed]  # type: ignore[attr-defined]  # a patch has the id
    assert len(told) == len(set(told)), "an id stands in one of the three"
    for row in delta.added:
        assert row.id not in rows, "added twice"
        rows[row.id] = row
    for patch in delta.changed:
        fields = {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not msgspec.UNSET}
        before = rows[fields["id"]]
        assert len(fields) > 1, "a change without a change"
        rows[before.id] = msgspec.structs.replace(before, **fields)
    for key in delta.removed:
        del rows[key]
