"""Bytes that are read from any place without a position of their own: a file, or a file under another beginning."""

import io
import os
from typing import Protocol

from typing_extensions import Buffer, override


class Source(Protocol):
    """``size`` bytes, as they were when it was opened. Blocking."""

    size: int

    def read(self, start: int, length: int) -> bytes:
        """The bytes from ``start`` on: fewer than ``length`` only at the end, or where the file became shorter."""
        ...

    def close(self) -> None:
        """The file is not needed any more; a second time does nothing."""
        ...


class FileSource:
    """An open file, which it takes over: what grows behind its end later is not seen."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        state = os.fstat(fd)
        self.size = state.st_size
        self.modified_at = state.st_mtime
        self.key = f"{state.st_dev:x}-{state.st_ino:x}-{state.st_size:x}-{state.st_mtime_ns:x}"
        """The same as long as the file is."""

    def fileno(self) -> int:
        """The open file."""
        return self._fd

    def read(self, start: int, length: int) -> bytes:
        return os.pread(self._fd, max(0, min(length, self.size - start)), start)

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class HeadedSource:
    """A part of another source, under a beginning that says the truth about it."""

    def __init__(self, head: bytes, source: Source, start: int, length: int) -> None:
        self._head = head
        self._source = source
        self._start = start
        self.size = len(head) + length

    def read(self, start: int, length: int) -> bytes:
        end = min(start + length, self.size)
        head = self._head[start:end]
        behind = max(start, len(self._head))
        if end <= behind:
            return head
        return head + self._source.read(self._start + behind - len(self._head), end - behind)

    def close(self) -> None:
        self._source.close()


class Reader(io.RawIOBase):
    """A source as the file object that libsndfile reads: with a position."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._at

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence])
        return self._at

    @override
    def readinto(self, into: Buffer) -> int:
        view = memoryview(into).cast("B")
        data = self._source.read(self._at, len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
