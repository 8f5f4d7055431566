"""A block of the past floor that grows: in memory, to be read, and in a file, which outlives the process.

The file is ``<began>.past``, named by the millisecond at which it began, and has the block's lines as they are. What
a killed process or a full disk cut short ends at its last whole line: up to there it is known.
"""

import contextlib
import os
import threading
from pathlib import Path

import msgspec

from callfloor.floor.changes import Change
from callfloor.floor.past import PlainFloor, Reading, Step, line_of, line_of_rest
from callfloor.floor.past_survey import Survey, Surveyor
from callfloor.store.instants import LATEST_MS
from callfloor.store.past_blocks import Span

ENDING = ".past"


class Sealed(msgspec.Struct, frozen=True):
    """A block that grows no more, in its file."""

    span: Span
    survey: Survey
    path: Path

    def text(self) -> bytes:
        """Its lines.

        Raises:
            OSError: the disk is broken.
        """
        return self.path.read_bytes()


class Segment:
    """The block that grows. One thread writes it; any may read it."""

    def __init__(self, folder: Path, began_ms: int, floor: PlainFloor) -> None:
        """Begin with the floor as it is, which is this segment's from now on.

        Raises:
            OSError: the file cannot be written.
        """
        self.floor = floor
        self.began_ms = self.last_ms = began_ms
        self._surveyor = Surveyor(began_ms, floor)
        self._lock = threading.Lock()
        first = floor.line()
        self._lines = [first]
        self._written = 0  # lines in the file
        self.first_bytes = self.bytes = len(first)
        self.path = folder / f"{began_ms}{ENDING}"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            self.write()
        except OSError:
            os.close(self._file)
            with contextlib.suppress(OSError):
                self.path.unlink()
            raise

    @property
    def lines(self) -> int:
        """How many changes there are, and rests."""
        return len(self._lines) - 1

    @property
    def span(self) -> Span:
        """What is known now: up to the last line, which is part of it."""
        with self._lock:
            return Span(self.began_ms, self.last_ms + 1)

    def take(self, at_ms: int, change: Change) -> None:
        """A change was made at this millisecond, or one that does not show."""
        took = self.floor.take(change)
        if took is None:
            return
        step = Step(at_ms, *took)
        with self._lock:
            self._surveyor.saw(step)
            self._add(at_ms, line_of(at_ms - self.last_ms, step.kind, step.key, step.before, step.after))

    def rest(self, at_ms: int) -> None:
        """All that happened until now is told."""
        if at_ms <= self.last_ms:
            return
        with self._lock:
            self._surveyor.passed(at_ms)
            self._add(at_ms, line_of_rest(at_ms - self.last_ms))

    def write(self, *, sync: bool = True) -> None:
        """Bring what is new to the file; ``sync`` waits for the disk.

        Raises:
            OSError: the disk is full or broken. The file ends somewhere in what was new.
        """
        new = self._lines[self._written :]
        if not new:
            return
        view = memoryview(b"\n".join([*new, b""]))
        while view:
            view = view[os.write(self._file, view) :]
        if sync:
            os.fdatasync(self._file)
        self._written += len(new)

    def text(self) -> bytes:
        """The lines there are now."""
        with self._lock:
            some = list(self._lines)
        return b"\n".join(some)

    def survey(self) -> Survey:
        """What happened until now."""
        with self._lock:
            return self._surveyor.survey()

    def seal(self, ended_ms: int) -> Sealed:
        """It ends here, where the next one begins, and all of it is in the file.

        Raises:
            OSError: it is not.
        """
        self.write()
        self.close()
        return Sealed(Span(self.began_ms, ended_ms), self.survey(), self.path)

    def close(self) -> None:
        """Leave the file as it is."""
        os.close(self._file)

    def _add(self, at_ms: int, line: bytes) -> None:
        self._lines.append(line)
        self.bytes += len(line) + 1
        self.last_ms = at_ms


def recovered(path: Path) -> Sealed | None:
    """What is whole in a file that was left; None where nothing is. The file then ends with it.

    Raises:
        OSError: the disk is broken.
    """
    try:
        began_ms = int(path.name.removesuffix(ENDING))
    except ValueError:
        return None
    text = path.read_bytes()
    whole = _whole(text)
    if not whole:
        return None
    reading = Reading(text[:whole], began_ms)
    surveyor = Surveyor(began_ms, reading.floor)
    for step in reading.until(LATEST_MS):
        surveyor.saw(step)
    surveyor.passed(reading.at_ms)
    _cut(path, whole)
    return Sealed(Span(began_ms, reading.at_ms + 1), surveyor.survey(), path)


def _whole(text: bytes) -> int:
    """How many bytes from the beginning on are lines as they were written."""
    first, end, _ = text.partition(b"\n")
    try:
        PlainFloor.read(first)
    except (ValueError, KeyError, TypeError):
        return 0
    if not end:
        return 0
    whole = len(first) + 1
    for line in text[whole:].splitlines(keepends=True):
        if not line.endswith(b"\n") or not _is_line(line):
            break
        whole += len(line)
    return whole


def _is_line(line: bytes) -> bool:
    try:
        told = msgspec.json.decode(line)
    except ValueError:
        return False
    return isinstance(told, list) and len(told) in {1, 4} and isinstance(told[0], int) and told[0] >= 0


def _cut(path: Path, size: int) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(file, size)
        os.fsync(file)
    finally:
        os.close(file)
