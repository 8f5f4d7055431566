"""What a process that ends in good order leaves for the next: the floor, so that live calls go on as they were.

The file lies in the data folder from the end of the one to the beginning of the other, and is read once. It has phone
numbers in it, as the spill files have, and is readable by Callfloor's user alone. After one that was killed there are
its notes of the calls (``live_notes``).
"""

import contextlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from callfloor.asterisk import keeping as plumbing_keeping
from callfloor.asterisk.link import PbxLink
from callfloor.floor import facts, keeping
from callfloor.floor.changes import Change, LinkState
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.floor.on_links import GHOST_AFTER_S
from callfloor.project import live_notes

logger = logging.getLogger(__name__)

LONGEST_S = GHOST_AFTER_S
"""After a longer time the calls of before end where they were seen last. A shorter one is a link that was lost for as
long: the PBX lists its channels by ids that it gives once, and by these a call that goes on is the same call."""


class _File(msgspec.Struct, frozen=True):
    at: float
    floor: bytes
    links: dict[str, bytes]
    lost: dict[str, float] = {}  # links that were lost, and since when


class HandOver:
    """One project's."""

    def __init__(self, path: Path, notes: Path) -> None:
        self._path = path
        self._notes = notes
        self._at = 0.0
        self._lost: dict[str, float] = {}
        self._plumbing: dict[str, bytes] = {}
        self._noted: dict[str, list[bytes]] = {}
        self._links: set[str] = set()  # of the calls that were taken over
        self._given: set[str] = set()

    def take(self, floor: Floor, now: float) -> tuple[list[Change], list[Fact]]:
        """Make a floor what it was, if anything was left for it: what is shown by it, and what is to be told it then.

        The file stays until ``taken``: killed before that, the next process takes it again.
        """
        try:
            shown = self._whole(floor) if self._path.exists() else self._from_notes(floor)
        except OSError as error:
            logger.warning("what the process before left cannot be read", extra={"errno": error.errno})
            return [], []
        except (ValueError, msgspec.MsgspecError) as error:
            logger.warning("what the process before left does not fit", extra={"reason": str(error)})
            return [], []
        if shown is None:
            return [], []
        after_s = round(now - self._at, 1)
        logger.info("the floor goes on", extra={"calls": len(floor.books.calls), "after_s": after_s})
        for call in floor.books.calls.values():
            call.last_fact_at = max(call.last_fact_at, self._lost.get(call.link, self._at))
        self._links = {call.link for call in floor.books.calls.values()}
        if 0 <= after_s <= LONGEST_S:
            return shown, []
        self._plumbing, self._noted = {}, {}
        return shown, self.ended(now)

    def taken(self) -> None:
        """There are notes now of all that was taken over."""
        self._remove(self._path)

    def _whole(self, floor: Floor) -> list[Change]:
        content = self._path.read_bytes()
        kept = msgspec.msgpack.decode(content, type=_File)
        shown = keeping.take_over(floor.books, kept.floor)
        self._at, self._lost, self._plumbing = kept.at, kept.lost, kept.links
        return shown

    def _from_notes(self, floor: Floor) -> list[Change] | None:
        noted = live_notes.read(self._notes)
        if noted is None:
            return None
        shown = keeping.take_up(floor.books, [note.floor for note in noted.calls.values()])
        self._at = noted.at
        self._lost = {link: noted.since(link) for link in noted.links}
        self._noted = {link: [] for link in noted.links}
        for note in noted.calls.values():
            self._noted.setdefault(note.link, []).extend(note.plumbing)
        return shown

    def give(self, pbx: PbxLink) -> float | None:
        """Let a link that is opened know what was known of its PBX; since when nobody listened. None: nothing was."""
        kept, noted = self._plumbing.pop(pbx.id, None), self._noted.pop(pbx.id, None)
        if kept is None and noted is None:
            return None
        try:
            if kept is not None:
                pbx.take_over(kept)
            else:
                pbx.take_up(noted or ())
        except ValueError as error:
            logger.warning("what was known of a PBX does not fit", extra={"link": pbx.id, "reason": str(error)})
            return None
        self._given.add(pbx.id)
        return self._lost.get(pbx.id, self._at)

    def ended(self, now: float) -> list[Fact]:
        """The calls of links that know nothing of them cannot be followed: they end where they were seen last."""
        gone, self._links = self._links - self._given, set()
        return [facts.LinkRemoved(now, link) for link in sorted(gone)]

    def leave(self, floor: Floor, links: Iterable[PbxLink], now: float) -> None:
        """Leave the floor for the next process: on disk, whole or not at all."""
        partial = self._path.with_name(self._path.name + ".part")
        try:
            known = {pbx.id: plumbing_keeping.keep(pbx.translator.plumbing) for pbx in links if pbx.was_up}
            shown = floor.snapshot().links
            lost = {link.id: link.since for link in shown if link.state is LinkState.STALE}
            content = msgspec.msgpack.encode(_File(now, keeping.keep(floor.books), known, lost))
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
            self._notes.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("the floor could not be left for the next process", extra={"errno": error.errno})
            self._remove(self._path)
        except TypeError:
            logger.exception("the floor cannot be left for the next process")

    def forget(self) -> None:
        """Nobody comes after."""
        for path in (self._path, self._notes):
            self._remove(path)

    @staticmethod
    def _remove(path: Path) -> None:
        for each in (path, path.with_name(path.name + ".part")):
            with contextlib.suppress(OSError):
                each.unlink()
