"""One view: what all viewers of equal sight are shown, as numbered frames. Pure; the hub moves it on."""

import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeVar, cast

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import Link, Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.supervisions import LiveSupervision
from callfloor.store.masking import Masking
from callfloor.web.access import Sight
from callfloor.web.push.frames import (
    CallsDelta,
    DeltaFrame,
    EmployeesDelta,
    HeartbeatFrame,
    SnapshotFrame,
    Waits,
    encode,
    on_wire,
)
from callfloor.web.push.rows import Shown

RING_FRAMES = 2048
"""Kept for resuming: about 40 s at the fastest pace, the reach of a short cut in the network."""

RING_BYTES = 2 * 1024 * 1024
"""Behind this much, a new snapshot (about 0.5 MB at 1,000 calls) costs less than what was missed. Oldest go first."""

SNAPSHOT_KEPT_S = 0.05
"""A snapshot's bytes serve whoever comes within 50 ms: after a restart a thousand pages come back in one second."""

_NO_CALLS = CallsDelta()
_R = TypeVar("_R")


class View:
    """The calls and employees one sight shows, at a position: what a viewer at ``sequence`` holds (law L1).

    The epoch belongs to the view, not to the process: a position given by another view, or by this one before it was
    dropped and made again, is never mistaken for a known one.
    """

    def __init__(
        self,
        sight: Sight,
        calls: Iterable[LiveCall],
        links: tuple[Link, ...],
        directory: Directory,
        employees: Iterable[LiveEmployee] = (),
        supervisions: tuple[LiveSupervision, ...] = (),
        waits: Waits | None = None,
    ) -> None:
        self.sight = sight
        self._veil = _veil(sight, directory)
        self.epoch = secrets.token_urlsafe(9)
        self.sequence = 0
        self.calls: Shown[str, LiveCall] = Shown(self._masked(calls), sight.lens(directory))
        self.employees: Shown[int, LiveEmployee] = Shown(self._masked(employees), sight.employee_lens(directory))
        self.links = links
        self.directory = directory
        self.supervisions = tuple(self._masked(supervisions)) if sight.supervisions else ()
        self.waits = self._told(waits)
        self._ring: deque[bytes] = deque()  # the frames sequence - len + 1 … sequence
        self._ring_bytes = 0
        self._snapshot: tuple[int, float, bytes] | None = None  # sequence, made at, the frame

    def advance(
        self,
        calls: Mapping[str, LiveCall | None],
        now: float,
        *,
        employees: Mapping[int, LiveEmployee | None] = {},
        links: tuple[Link, ...] | None = None,
        directory: Directory | None = None,
        supervisions: tuple[LiveSupervision, ...] | None = None,
        waits: Waits | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> bytes | None:
        """Move on to the state in which the touched rows are as given (None: gone), and frame what that changes here.

        ``now`` is the UTC epoch second that the frame tells. When ``directory`` is given, ``calls`` and ``employees``
        must hold every one there is, since any of them may come into or go out of sight. Returns the frame's bytes as
        they go on the wire, or None where this view shows no difference.
        """
        if directory is not None:
            self.calls.sees = self.sight.lens(directory)
            self.employees.sees = self.sight.employee_lens(directory)
            self.directory = directory
            self._veil = _veil(self.sight, directory)
        if links is not None:
            self.links = links
        if supervisions is not None:
            supervisions = tuple(self._masked(supervisions))
        if not self.sight.supervisions or supervisions == self.supervisions:
            supervisions = None
        if supervisions is not None:
            self.supervisions = supervisions
        if waits is not msgspec.UNSET:
            known, self.waits = self.waits, self._told(waits)
            waits = msgspec.UNSET if self.waits == known else self.waits
        if self._veil is not None:
            calls = {key: self._veil.over(row) for key, row in calls.items()}
            employees = {key: self._veil.over(row) for key, row in employees.items()}
        moved_calls, moved_employees = self.calls.move(calls), self.employees.move(employees)
        told = (moved_calls, moved_employees, links, directory, supervisions)
        if waits is msgspec.UNSET and all(each is None for each in told):
            return None
        self.sequence += 1
        # ``Moved`` has a delta's fields, its patches as dicts: encoded alike.
        frame = on_wire(
            encode(
                DeltaFrame(
                    epoch=self.epoch,
                    sequence=self.sequence,
                    server_time=now,
                    calls=_NO_CALLS if moved_calls is None else cast(CallsDelta, moved_calls),
                    employees=msgspec.UNSET if moved_employees is None else cast(EmployeesDelta, moved_employees),
                    links=msgspec.UNSET if links is None else links,
                    directory=msgspec.UNSET if directory is None else directory,
                    supervisions=msgspec.UNSET if supervisions is None else supervisions,
                    waits=waits,
                )
            )
        )
        self._keep(frame)
        return frame

    def snapshot(self, now: float) -> bytes:
        """The snapshot frame at the present sequence, as it goes on the wire."""
        if self._snapshot is not None:
            sequence, made_at, frame = self._snapshot
            if sequence == self.sequence and 0 <= now - made_at <= SNAPSHOT_KEPT_S:
                return frame
        body = Snapshot(
            at=now,
            calls=tuple(self.calls.rows.values()),
            links=self.links,
            directory=self.directory,
            employees=tuple(self.employees.rows.values()),
            supervisions=self.supervisions,
        )
        whole = SnapshotFrame(
            epoch=self.epoch, sequence=self.sequence, server_time=now, snapshot=body, waits=self.waits
        )
        frame = on_wire(encode(whole))
        self._snapshot = (self.sequence, now, frame)
        return frame

    def heartbeat(self, now: float) -> bytes:
        """The frame that says "nothing new", as it goes on the wire."""
        return on_wire(encode(HeartbeatFrame(epoch=self.epoch, sequence=self.sequence, server_time=now)))

    def since(self, epoch: str, sequence: int) -> list[bytes] | None:
        """The frames after a position (none, if it is the present one); None where it is unknown or too long ago."""
        missed = self.sequence - sequence
        if epoch != self.epoch or not 0 <= missed <= len(self._ring):
            return None
        return list(islice(self._ring, len(self._ring) - missed, None))

    def _masked(self, rows: Iterable[_R]) -> Iterable[_R]:
        return rows if self._veil is None else map(self._veil.over, rows)

    def _told(self, waits: Waits | None) -> Waits | None:
        return waits if waits is None or self.sight.causes else Waits(since=waits.since)

    def _keep(self, frame: bytes) -> None:
        self._ring.append(frame)
        self._ring_bytes += len(frame)
        while len(self._ring) > RING_FRAMES or self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft())


def _veil(sight: Sight, directory: Directory) -> Masking | None:
    return None if sight.mask is None else Masking(sight.mask, directory)
