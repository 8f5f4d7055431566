"""Rows waiting on disk while the store is down: a file that only grows at its end, and is emptied when all is written.

A record is ``CFR1``, length and CRC-32 of the payload (unsigned, 32 bits, little-endian), and the payload: the row (a
``CallRecord``, a ``StatusEntry``) as JSON. An append is acknowledged after fsync. What a killed process or a full disk
cut short fails its check: everything whole, before and after it, is kept, and the damaged bytes go to ``….damaged``
beside the file.

Drained records are not marked. Killed while draining, the next process writes them again, which changes nothing:
the journal knows a call by its id, and in a spill an older version of it always comes before a newer one; the
statuses know an entry by its number.
"""

import fcntl
import logging
import mmap
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from callfloor.errors import StoreError
from callfloor.store.texts import without_surrogates

log = logging.getLogger(__name__)

_MARK = b"CFR1"
_HEAD = struct.Struct("<4sII")
_LARGEST = 64 * 1024 * 1024
"""A length above this is not one of ours: the longest story is some hundred kilobytes."""

_encode = msgspec.json.Encoder().encode

_Row = TypeVar("_Row")


class Spill(Generic[_Row]):
    """The spill file of one project's rows of one kind. Blocking, and not for two threads at once."""

    def __init__(self, path: Path, kind: type[_Row]) -> None:
        """Open the file, made if missing, and keep what is whole in it.

        Raises:
            StoreError: another process has it open, or it cannot be read or made.
        """
        self.path = path
        self._decode = msgspec.json.Decoder(kind).decode
        self._starts: list[int] = []  # where each record begins, in order
        self._ends: list[int] = []  # and ends; between the two of neighbours there may be damage
        self._drained = 0  # how many from the first on were written
        self._end = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"cannot open the spill file {path}: {error.strerror}") from None
        try:
            self._lock()
            self._recover()
        except OSError as error:
            os.close(self._file)
            raise StoreError(f"cannot read the spill file {path}: {error.strerror}") from None
        except BaseException:
            os.close(self._file)
            raise

    @property
    def count(self) -> int:
        """How many records wait."""
        return len(self._ends) - self._drained

    def append(self, records: Sequence[_Row]) -> None:
        """Add records; they are on disk when this returns, and none of them is if it raises.

        Raises:
            OSError: the disk is full or broken.
        """
        parts: list[bytes] = []
        ends = [self._end]
        for record in records:
            payload = _payload(record)
            head = _HEAD.pack(_MARK, len(payload), zlib.crc32(payload))
            parts += (head, payload)
            ends.append(ends[-1] + len(head) + len(payload))
        try:
            # A cut-short append before this one may have left bytes behind the last whole record.
            os.ftruncate(self._file, self._end)
            _write_at(self._file, b"".join(parts), self._end)
            os.fsync(self._file)
        except OSError:
            try:
                os.ftruncate(self._file, self._end)
            except OSError:
                log.warning("the spill file has a cut record at its end")
            raise
        self._starts += ends[:-1]
        self._ends += ends[1:]
        self._end = ends[-1]

    def peek(self, most: int) -> list[_Row]:
        """The oldest that wait.

        Raises:
            OSError: the disk is broken.
        """
        places = range(self._drained, min(self._drained + most, len(self._ends)))
        return [
            self._decode(
                _read_at(self._file, self._ends[place] - self._starts[place], self._starts[place])[_HEAD.size :]
            )
            for place in places
        ]

    def drop(self, count: int) -> None:
        """The oldest ``count`` are written; when none waits the file is emptied.

        Raises:
            OSError: the disk is broken; what was dropped stays dropped.
        """
        self._drained += count
        if self._drained == len(self._ends) and self._ends:
            self._starts.clear()
            self._ends.clear()
            self._drained = self._end = 0
            os.ftruncate(self._file, 0)
            os.fsync(self._file)

    def close(self) -> None:
        """Leave the file to the next process."""
        os.close(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"another Callfloor is running with the spill file {self.path}; stop it first") from None

    def _recover(self) -> None:
        size = os.fstat(self._file).st_size
        if size == 0:
            _sync_folder(self.path.parent)  # the file may be new: its name must be on disk too
            return
        with mmap.mmap(self._file, size, access=mmap.ACCESS_READ) as data:
            damaged = [
                (start, end) for start, end, good in _cut(data, self._decode) if not self._keep(start, end, good=good)
            ]
            if damaged:
                lost = sum(end - start for start, end in damaged)
                log.warning("the spill file was cut short or damaged", extra={"bytes": lost, "kept": len(self._ends)})
                _append_beside(
                    self.path.with_name(self.path.name + ".damaged"),
                    b"".join(data[start:end] for start, end in damaged),
                )
        # The tail goes; what is damaged in the middle stays, skipped, until the file is emptied.
        os.ftruncate(self._file, self._end)
        os.fsync(self._file)

    def _keep(self, start: int, end: int, *, good: bool) -> bool:
        if good:
            self._starts.append(start)
            self._ends.append(end)
            self._end = end
        return good


def write_refused(path: Path, refused: Sequence[tuple[object, str]]) -> None:
    """Put rows that can never be written, with why, where a person finds them: one JSON object a line, on disk.

    Raises:
        OSError: the disk is full or broken.
    """
    lines = [b'{"reason":' + _encode(reason) + b',"row":' + _payload(row) + b"}\n" for row, reason in refused]
    _append_beside(path, b"".join(lines))


def _payload(record: object) -> bytes:
    try:
        return _encode(record)
    except UnicodeEncodeError:
        # Half of a surrogate pair, which UTF-8 has no form for; the store would not keep it either.
        return _encode(without_surrogates(msgspec.to_builtins(record)))


def _cut(data: mmap.mmap, decode: Callable[[bytes], object]) -> Iterator[tuple[int, int, bool]]:
    """The stretches of a spill file: each whole record, and what is damaged between them."""
    at = bad = 0
    while at < len(data):
        end = _whole(data, at, decode)
        if end is None:
            following = data.find(_MARK, at + 1)
            at = len(data) if following < 0 else following
            continue
        if bad < at:
            yield bad, at, False
        yield at, end, True
        at = bad = end
    if bad < len(data):
        yield bad, len(data), False


def _whole(data: mmap.mmap, at: int, decode: Callable[[bytes], object]) -> int | None:
    """Where the record that begins here ends; None if none does."""
    if len(data) - at < _HEAD.size:
        return None
    mark, length, check = _HEAD.unpack(data[at : at + _HEAD.size])
    end: int = at + _HEAD.size + length
    if mark != _MARK or length > _LARGEST or end > len(data):
        return None
    payload = data[at + _HEAD.size : end]
    if zlib.crc32(payload) != check:
        return None
    try:
        decode(payload)
    except msgspec.MsgspecError:
        return None  # another version's, whose fields this one does not understand
    return end


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _append_beside(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _write_all(file, content)
        os.fsync(file)
    finally:
        os.close(file)


def _write_all(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _write_at(file: int, content: bytes, at: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written


def _read_at(file: int, length: int, at: int) -> bytes:
    parts = []
    while length > 0 and (part := os.pread(file, length, at)):
        parts.append(part)
        length, at = length - len(part), at + len(part)
    return b"".join(parts)
