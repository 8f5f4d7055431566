"""One view: what all viewers of equal sight are shown, as numbered frames. Pure; the hub moves it on."""

import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, cast

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import Link, Snapshot
from callfloor.floor.directory import Directory
from callfloor.web.access import Sight
from callfloor.web.push.frames import CallsDelta, DeltaFrame, HeartbeatFrame, SnapshotFrame, encode, on_wire, patch

RING_FRAMES = 2048
"""Kept for resuming: about 40 s at the fastest pace, the reach of a short cut in the network."""

RING_BYTES = 2 * 1024 * 1024
"""Behind this much, a new snapshot (about 0.5 MB at 1,000 calls) costs less than what was missed. Oldest go first."""

SNAPSHOT_KEPT_S = 0.05
"""A snapshot's bytes serve whoever comes within 50 ms: after a restart a thousand pages come back in one second."""


class View:
    """The calls one sight shows, at a position. ``shown`` is exactly what a viewer at ``sequence`` holds (law L1).

    The epoch belongs to the view, not to the process: a position given by another view, or by this one before it was
    dropped and made again, is never mistaken for a known one.
    """

    def __init__(self, sight: Sight, calls: Iterable[LiveCall], links: tuple[Link, ...], directory: Directory) -> None:
        self.sight = sight
        self.epoch = secrets.token_urlsafe(9)
        self.sequence = 0
        self._lens = sight.lens(directory)
        self.shown: dict[str, LiveCall] = {call.id: call for call in calls if self._lens(call)}
        self.links = links
        self.directory = directory
        self._ring: deque[bytes] = deque()  # the frames sequence - len + 1 … sequence
        self._ring_bytes = 0
        self._snapshot: tuple[int, float, bytes] | None = None  # sequence, made at, the frame

    def advance(
        self,
        touched: Mapping[str, LiveCall | None],
        now: float,
        *,
        links: tuple[Link, ...] | None = None,
        directory: Directory | None = None,
    ) -> bytes | None:
        """Move on to the state in which the touched calls are as given (None: ended), and frame what that changes here.

        ``now`` is the UTC epoch second that the frame tells. When ``directory`` is given, ``touched`` must hold every
        live call, since any of them may come into or go out of sight. Returns the frame's bytes as they go on the wire,
        or None where this view shows no difference.
        """
        if directory is not None:
            self._lens = self.sight.lens(directory)
            self.directory = directory
        if links is not None:
            self.links = links
        added: list[LiveCall] = []
        changed: list[dict[str, Any]] = []
        removed: list[str] = []
        for call_id, state in touched.items():
            before = self.shown.get(call_id)
            after = state if state is not None and self._lens(state) else None
            if after is None:
                if before is not None:
                    removed.append(call_id)
                    del self.shown[call_id]
            elif before is None:
                added.append(after)
                self.shown[call_id] = after
            elif before is not after:
                fields = patch(before, after)
                if fields is not None:
                    changed.append(fields)
                    self.shown[call_id] = after
        if not (added or changed or removed or links is not None or directory is not None):
            return None
        self.sequence += 1
        # The encoder writes a dict of changed fields as it would write the CallPatch, at half the cost.
        delta = CallsDelta(added=tuple(added), changed=cast(Any, changed), removed=tuple(removed))
        frame = on_wire(
            encode(
                DeltaFrame(
                    epoch=self.epoch,
                    sequence=self.sequence,
                    server_time=now,
                    calls=delta,
                    links=msgspec.UNSET if links is None else links,
                    directory=msgspec.UNSET if directory is None else directory,
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
        body = Snapshot(at=now, calls=tuple(self.shown.values()), links=self.links, directory=self.directory)
        frame = on_wire(encode(SnapshotFrame(epoch=self.epoch, sequence=self.sequence, server_time=now, snapshot=body)))
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

    def _keep(self, frame: bytes) -> None:
        self._ring.append(frame)
        self._ring_bytes += len(frame)
        while len(self._ring) > RING_FRAMES or self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft())
