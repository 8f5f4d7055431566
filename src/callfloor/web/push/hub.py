"""The push hub of one project: gathers changes, moves the views on, writes their frames to the viewers."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import (
    CallChanged,
    Change,
    DirectoryChanged,
    EmployeeChanged,
    Link,
    LinkChanged,
    Snapshot,
    SupervisionChanged,
)
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.supervisions import LiveSupervision
from callfloor.web.access import Sight
from callfloor.web.push.frames import CloseCode, Waits
from callfloor.web.push.outlet import Outlet, fan_out
from callfloor.web.push.pace import Pace
from callfloor.web.push.rows import Gathered
from callfloor.web.push.view import View

logger = logging.getLogger(__name__)

HEARTBEAT_S = 10.0
"""A viewer that hears nothing for this long gets a heartbeat; the page takes 25 s of silence for a dead link."""

VIEW_KEPT_S = 60.0
"""A view without viewers stays this long, so that a page that lost its network resumes rather than starts anew."""


class _Room:
    """A view with its viewers."""

    __slots__ = ("deserted_at", "outlets", "sent_at", "view")

    def __init__(self, view: View, now: float) -> None:
        self.view = view
        self.outlets: set[Outlet] = set()
        self.sent_at = now  # monotonic: the last frame or heartbeat
        self.deserted_at = now  # monotonic: when the last viewer left


class Hub:
    """Push for one project. Everything here runs on the event loop's thread; nothing in it waits.

    Args:
        snapshot: the floor as it is now; every later change comes by ``publish``.
        clock: the UTC epoch second now.
    """

    def __init__(self, snapshot: Snapshot, clock: Callable[[], float]) -> None:
        self._calls: Gathered[str, LiveCall] = Gathered(snapshot.calls)
        self._employees: Gathered[int, LiveEmployee] = Gathered(snapshot.employees)
        self._links: dict[str, Link] = {link.id: link for link in snapshot.links}
        self._directory: Directory = snapshot.directory
        self._supervisions: dict[str, LiveSupervision] = {each.id: each for each in snapshot.supervisions}
        self._waits: Waits | None = None
        self._clock = clock
        self._waits_touched = False
        self._links_touched = False
        self._directory_touched = False
        self._supervisions_touched = False
        self._rooms: dict[Sight, _Room] = {}
        self._pace = Pace()
        self._due: asyncio.Handle | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def viewers(self) -> int:
        """How many viewers are attached."""
        return sum(len(room.outlets) for room in self._rooms.values())

    def publish(self, changes: Sequence[Change]) -> None:
        """Take in what changed on the floor; called by the floor's task, right after ``Floor.apply``.

        Frames follow by themselves: at the loop's next turn after a quiet spell, else when the pace allows (20–100 ms).
        """
        for change in changes:
            match change:
                case CallChanged(call_id=call_id, after=after):
                    self._calls.put(call_id, after)
                case EmployeeChanged(employee_id=employee_id, after=row):
                    self._employees.put(employee_id, row)
                case LinkChanged(link=link_id, after=None):
                    self._links.pop(link_id, None)
                    self._links_touched = True
                case LinkChanged(after=link) if link is not None:
                    self._links[link.id] = link
                    self._links_touched = True
                case DirectoryChanged(after=directory):
                    self._directory = directory
                    self._directory_touched = True
                case SupervisionChanged(supervision_id=key, after=None):
                    self._supervisions.pop(key, None)
                    self._supervisions_touched = True
                case SupervisionChanged(supervision_id=key, after=supervision) if supervision is not None:
                    self._supervisions[key] = supervision
                    self._supervisions_touched = True
                case _:  # CallFinished, StatusChanged, MailboxChanged, FaxFinished
                    pass  # the journal's, and the history's
        self._flush_soon()

    def tell_waits(self, waits: Waits | None) -> None:
        """What happened cannot be written down yet; None: all is written again. What is known is not sent anew."""
        if waits != self._waits:
            self._waits = waits
            self._waits_touched = True
            self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._rooms:
            self._forget_touched()
        elif self._due is None and self._is_touched:
            loop = asyncio.get_running_loop()
            now = loop.time()
            due = self._pace.due_at(now)
            # The next turn at the earliest: what one read from the PBX brings makes one frame.
            self._due = loop.call_soon(self._flush) if due <= now else loop.call_at(due, self._flush)

    def attach(self, sight: Sight, outlet: Outlet, epoch: str | None = None, sequence: int | None = None) -> None:
        """Begin to serve a viewer: the frames since a known position and a heartbeat, or else a snapshot."""
        if self._closed:
            outlet.end(CloseCode.RESTARTING, "the server is restarting")
            return
        loop = asyncio.get_running_loop()
        room = self._rooms.get(sight)
        if room is None:
            links = tuple(self._links.values())
            rows = self._calls.now.values(), links, self._directory, self._employees.now.values()
            view = View(sight, *rows, tuple(self._supervisions.values()), self._waits)
            room = self._rooms[sight] = _Room(view, loop.time())
        missed = None if epoch is None or sequence is None else room.view.since(epoch, sequence)
        if missed is None:
            outlet.open([room.view.snapshot(self._clock())])
        else:
            # The heartbeat ends the replay: it says "up to date", and tells the server's time now.
            outlet.open([*missed, room.view.heartbeat(self._clock())])
        room.outlets.add(outlet)
        if self._beat is None:
            self._beat = loop.call_later(1.0, self._each_second)

    def detach(self, outlet: Outlet) -> None:
        """Stop serving a viewer. Harmless when repeated."""
        for room in self._rooms.values():
            if outlet in room.outlets:
                room.outlets.discard(outlet)
                if not room.outlets:
                    room.deserted_at = asyncio.get_running_loop().time()

    def close(self) -> None:
        """End every stream (1012) and stop the timers; for the server's shutdown."""
        self._closed = True
        for handle in (self._due, self._beat):
            if handle is not None:
                handle.cancel()
        self._due = self._beat = None
        for room in self._rooms.values():
            for outlet in room.outlets:
                outlet.end(CloseCode.RESTARTING, "the server is restarting")
        self._rooms.clear()

    @property
    def _is_touched(self) -> bool:
        touched = self._calls.touched or self._employees.touched
        more = self._links_touched or self._directory_touched or self._supervisions_touched or self._waits_touched
        return bool(touched) or more

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        cpu = time.thread_time()
        self._due = None
        # An edited directory may bring any call and any employee into sight or out of it.
        calls = self._calls.since_last(everything=self._directory_touched)
        employees = self._employees.since_last(everything=self._directory_touched)
        links = tuple(self._links.values()) if self._links_touched else None
        directory = self._directory if self._directory_touched else None
        supervisions = tuple(self._supervisions.values()) if self._supervisions_touched else None
        waits = self._waits if self._waits_touched else msgspec.UNSET
        now = self._clock()
        for room in self._rooms.values():
            frame = room.view.advance(
                calls,
                now,
                employees=employees,
                links=links,
                directory=directory,
                supervisions=supervisions,
                waits=waits,
            )
            if frame is not None:
                self._send(room, frame, started)
        self._forget_touched()
        # uvloop makes the system calls at the end of this turn, so what the frame cost is known at the next one.
        # The thread's own CPU time: on a busy machine the clock would also count the time others had.
        loop.call_soon(self._flushed, cpu)

    def _flushed(self, cpu: float) -> None:
        self._pace.sent(asyncio.get_running_loop().time(), time.thread_time() - cpu)

    def _forget_touched(self) -> None:
        self._calls.forget()
        self._employees.forget()
        self._links_touched = self._directory_touched = self._supervisions_touched = self._waits_touched = False

    def _send(self, room: _Room, frame: bytes, at: float) -> None:
        room.sent_at = at
        for outlet in fan_out(frame, room.outlets):
            room.outlets.discard(outlet)
            if not room.outlets:
                room.deserted_at = at
            outlet.end(CloseCode.TOO_SLOW, "too slow: reconnect for a new snapshot")
            logger.info("A viewer was too slow and was closed", extra={"close_code": int(CloseCode.TOO_SLOW)})

    def _each_second(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        wall = self._clock()
        for sight, room in list(self._rooms.items()):
            if not room.outlets and now - room.deserted_at >= VIEW_KEPT_S:
                del self._rooms[sight]
            elif room.outlets and now - room.sent_at >= HEARTBEAT_S:
                self._send(room, room.view.heartbeat(wall), now)
        self._beat = loop.call_later(1.0, self._each_second) if self._rooms else None
