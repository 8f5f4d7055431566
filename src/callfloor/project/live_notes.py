"""Notes of the calls that go on, for the process that comes after one that is killed.

A process that ends in good order leaves the whole floor (``handover``). One that is killed leaves these: each second
what changed of each call, and of what its link knows of its channels, is added to a file. The next process takes the
calls up as they were at the last instant noted, and goes on as after a link that was lost then: a call that the PBX
still has is what it was, and one that is gone is written down in part, closed at that instant.

A call that ended is struck out once its row is safe. Killed in between, it is found among the notes although its row
is there; the row that is whole stays.
"""

import asyncio
import logging
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from callfloor.asterisk import keeping as plumbing_keeping
from callfloor.asterisk.link import PbxLink
from callfloor.floor import keeping
from callfloor.floor.changes import LinkState
from callfloor.floor.floor import Floor
from callfloor.store.row_writer import RowWriter

logger = logging.getLogger(__name__)

EVERY_S: Final = 1.0
AT_ONCE: Final = 50
"""Calls noted in one turn of the event loop: about 10 ms."""
SAFE_S: Final = 0.5
GROWN: Final = 4
GROWN_LEAST_BYTES: Final = 256 * 1024
_HEAD: Final = b"callfloor notes 1\n"
_FRAME: Final = struct.Struct("!II")


class Note(msgspec.Struct, frozen=True, array_like=True):
    """One call, as of some second."""

    link: str
    floor: bytes
    plumbing: list[bytes]


class _Turn(msgspec.Struct, frozen=True, array_like=True):
    """What one second added."""

    at: float
    links: dict[str, float | None]  # those that have been up, and since when one is lost
    noted: dict[str, Note]
    gone: list[str]


class Noted(msgspec.Struct, kw_only=True):
    """What the notes say."""

    at: float = 0.0
    """The last instant that they know of."""
    links: dict[str, float | None] = {}
    calls: dict[str, Note] = {}

    def since(self, link: str) -> float:
        """When a link was watched last."""
        lost_at = self.links.get(link)
        return self.at if lost_at is None else min(lost_at, self.at)


class LiveNotes:
    """Keeps one project's. All but ``read`` is the event loop's."""

    def __init__(
        self,
        path: Path,
        *,
        floor: Floor,
        links: Iterable[PbxLink],
        rows: RowWriter,  # type: ignore[type-arg]
        clock: Callable[[], float],
    ) -> None:
        """``rows`` writes the calls that have ended."""
        self._path = path
        self._floor = floor
        self._links = links
        self._rows = rows
        self._clock = clock
        self._notes: dict[str, Note] = {}
        self._bytes = 0
        self._grown = 0  # bytes of the file; 0: it is to be written anew
        self._over: set[str] = set()  # calls that ended, whose rows may not be safe yet
        self._turn = asyncio.Lock()
        self._broken = False

    async def run(self, begun: Callable[[], None] = lambda: None) -> None:
        """Note each second, until cancelled. ``begun`` is called once all that goes on is noted."""
        books = self._floor.books
        books.changed = set(books.calls)
        try:
            await self.note()
            begun()
            while True:
                await asyncio.sleep(EVERY_S)
                await self.note()
        finally:
            books.changed = None

    async def note(self) -> None:
        """Note what has changed. A disk that refuses is told in the log, and tried again."""
        async with self._turn:
            gone = await self._safe()
            at, links = self._clock(), self._lost_links()
            noted = await self._changed(gone)
            turn = _Turn(at, links, noted, sorted(gone))
            for call_id in gone:
                self._notes.pop(call_id, None)
            self._notes |= noted
            live = self._size()
            anew = self._grown == 0 or self._grown > GROWN_LEAST_BYTES + GROWN * live
            data = _frame(msgspec.structs.replace(turn, noted=self._notes, gone=[]) if anew else turn)
            try:
                await asyncio.to_thread(self._rewrite if anew else self._append, data)
            except OSError as error:
                self._grown = 0
                if not self._broken:
                    logger.warning("live calls cannot be noted", extra={"errno": error.errno})
                self._broken = True
            else:
                self._grown = len(data) if anew else self._grown + len(data)
                self._broken = False

    # --- within -----------------------------------------------------------------------------------------------

    @property
    def _part(self) -> Path:
        return self._path.with_name(self._path.name + ".part")

    def _size(self) -> int:
        return sum(len(note.floor) + sum(map(len, note.plumbing)) for note in self._notes.values())

    async def _safe(self) -> set[str]:
        """Calls that ended and whose rows outlive this process."""
        over = set(self._over)
        if over:
            try:
                async with asyncio.timeout(SAFE_S):
                    await self._rows.flush()
            except TimeoutError:
                return set()
        self._over -= over
        return over

    async def _changed(self, gone: set[str]) -> dict[str, Note]:
        """What is to be said of calls that are others than they were. What became part of one is ``gone``."""
        books = self._floor.books
        changed, books.changed = books.changed or set(), set()
        links = {pbx.id: pbx.translator.plumbing for pbx in self._links}
        noted: dict[str, Note] = {}
        for number, call_id in enumerate(changed):
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)  # hundreds change at once where a link is lost: others have a turn
            call = books.calls.get(call_id)
            if call is None:
                self._over.add(call_id)
                continue
            for part in call.joined:  # some that were noted a moment ago are part of this one now
                gone.add(part)
                noted.pop(part, None)
            plumbing = links.get(call.link)
            parts = [] if plumbing is None else plumbing_keeping.keep_call(plumbing, call.keys)
            try:
                noted[call_id] = Note(call.link, keeping.keep_call(call), parts)
            except TypeError:
                logger.exception("a live call cannot be noted", extra={"call_id": call_id})
        return noted

    def _lost_links(self) -> dict[str, float | None]:
        shown = {link.id: link for link in self._floor.snapshot().links}
        return {
            pbx.id: None if pbx.id not in shown or shown[pbx.id].state is LinkState.LIVE else shown[pbx.id].since
            for pbx in self._links
            if pbx.was_up
        }

    # --- the thread's -----------------------------------------------------------------------------------------

    def _append(self, data: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            _write(file, data)
        finally:
            os.close(file)

    def _rewrite(self, data: bytes) -> None:
        file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write(file, _HEAD + data)
        finally:
            os.close(file)
        self._part.replace(self._path)


def read(path: Path) -> Noted | None:
    """What a process that was killed left, up to where it is whole; None where there is nothing.

    Raises:
        OSError: the disk is broken.
        ValueError: another version wrote it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if not content.startswith(_HEAD):
        raise ValueError("it is no file of notes")
    found: Noted | None = None
    for turn in _turns(content[len(_HEAD) :]):
        found = found or Noted()
        found.at, found.links = turn.at, turn.links
        found.calls = {call_id: note for call_id, note in found.calls.items() if call_id not in turn.gone} | turn.noted
    return found


def _turns(content: bytes) -> Iterator[_Turn]:
    place = 0
    while place + _FRAME.size <= len(content):
        length, check = _FRAME.unpack_from(content, place)
        body = content[place + _FRAME.size : place + _FRAME.size + length]
        if len(body) < length or zlib.crc32(body) != check:
            return  # it was killed in the middle of this
        yield msgspec.msgpack.decode(body, type=_Turn)
        place += _FRAME.size + length


def _frame(turn: _Turn) -> bytes:
    body = msgspec.msgpack.encode(turn)
    return _FRAME.pack(len(body), zlib.crc32(body)) + body


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
