"""Where decoded sound and waveforms stand for a while: a folder of files, made once each, bounded in size.

Nothing in it is needed: it can be deleted at any time, and whatever is asked for is made again. A file's key has its
place on the disk, its size and its time in it, so what was made of a file that has grown since is never used for it.
"""

import contextlib
import logging
import os
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from callfloor.errors import SoundCacheError
from callfloor.media.bytes_of import FileSource, Source
from callfloor.media.riff import pcm_head
from callfloor.media.sound import Samples, Sound
from callfloor.media.waveform import Waveform, drawn

logger = logging.getLogger(__name__)

VERSION: Final = 1
"""Of what is kept: another one, and everything is made anew."""

_waveform = msgspec.json.Decoder(Waveform)


class Served(msgspec.Struct, kw_only=True):
    """Bytes ready to go out. ``close`` when they have."""

    source: Source
    media_type: str
    name: str
    etag: str
    modified_at: float

    @property
    def size(self) -> int:
        return self.source.size

    def read(self, start: int, length: int) -> bytes:
        """As ``Source.read``."""
        return self.source.read(start, length)

    def close(self) -> None:
        self.source.close()


def as_it_is(fd: int, name: str) -> Served:
    """An open file, untouched; takes it over."""
    source = FileSource(fd)
    return _served(source, source, "application/octet-stream", name)


class Shelf:
    """Sound as browsers play it, its waveform, and the original. Blocking; any number of threads.

    Every method takes the open file over, and may raise what ``Sound`` raises.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self._most_bytes = most_bytes
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()

    def original(self, fd: int, name: str) -> Served:
        """The file as it lies there."""
        return as_it_is(fd, name)

    def playable(self, fd: int, name: str) -> Served:
        """The file as a browser plays it: itself, or decoded to 16-bit PCM.

        Raises:
            SoundCacheError: it must be decoded, and the folder cannot be written.
        """
        with _unless_it_fails(FileSource(fd)) as file:
            sound = Sound(file, _extension(name))
            if sound.media_type is not None:
                return _served(file, sound.source, sound.media_type, name)
            kept = self._kept(file, "wav", lambda into: self._decode(sound, file, into))
        decoded = FileSource(kept)
        played = _served(file, decoded, "audio/wav", f"{Path(name).stem}.wav")
        file.close()
        return played

    def waveform(self, fd: int, name: str) -> Waveform:
        """The file's waveform."""
        with contextlib.closing(FileSource(fd)) as file:
            with contextlib.suppress(OSError, msgspec.DecodeError):
                return _waveform.decode(self._path(file, "peaks").read_bytes())
            sound = Sound(file, _extension(name))
            if sound.media_type is None:  # it will be played next, so one pass makes both
                os.close(self._kept(file, "wav", lambda into: self._decode(sound, file, into)))
                with contextlib.suppress(OSError, msgspec.DecodeError):
                    return _waveform.decode(self._path(file, "peaks").read_bytes())
            seen, channels = drawn(sound.blocks(), sound.frames, sound.channels)
            return self._keep_waveform(file, sound, seen, channels)

    def keep(self, name: str, write: Callable[[IO[bytes]], None]) -> int:
        """A file of this name, made by ``write`` unless it is there; open for reading.

        Raises:
            SoundCacheError: the folder cannot be written.
        """
        path = self.folder / name
        with self._guard:
            lock = self._locks[name]
        with lock:
            try:
                return self._taken(path)
            except FileNotFoundError:
                self._write(path, write)
                self.trim()
                return self._taken(path)
            finally:
                with self._guard:
                    self._locks.pop(name, None)

    def trim(self) -> None:
        """Forget what was not asked for longest, until the rest is within bounds."""
        files = []
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):
                state = path.stat()
                files.append((state.st_atime, state.st_size, path))
        size = sum(one[1] for one in files)
        for _, bytes_, path in sorted(files)[:-1]:  # the newest was just made for somebody
            if size <= self._most_bytes:
                break
            path.unlink(missing_ok=True)
            size -= bytes_

    def _decode(self, sound: Sound, file: FileSource, into: IO[bytes]) -> None:
        into.write(pcm_head(sound.channels, sound.rate, sound.frames))

        def write(block: Samples) -> None:
            into.write(block.astype("<i2", copy=False).tobytes())

        seen, channels = drawn(sound.blocks(), sound.frames, sound.channels, write)
        into.seek(0)
        into.write(pcm_head(sound.channels, sound.rate, seen))
        self._keep_waveform(file, sound, seen, channels)

    def _keep_waveform(
        self, file: FileSource, sound: Sound, seen: int, channels: tuple[tuple[int, ...], ...]
    ) -> Waveform:
        found = Waveform(
            duration_s=seen / sound.rate, rate=sound.rate, kind=sound.kind, complete=sound.complete, channels=channels
        )
        try:
            self._write(self._path(file, "peaks"), lambda into: into.write(msgspec.json.encode(found)))
        except SoundCacheError:
            logger.warning("A waveform could not be kept; it is made again when it is asked for")
        return found

    def _kept(self, file: FileSource, kind: str, write: Callable[[IO[bytes]], None]) -> int:
        return self.keep(self._path(file, kind).name, write)

    def _path(self, file: FileSource, kind: str) -> Path:
        return self.folder / f"{file.key}-{VERSION}.{kind}"

    def _taken(self, path: Path) -> int:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # read now: set by us, for disks are mounted without; written: as it was
            os.utime(fd, ns=(time.time_ns(), os.fstat(fd).st_mtime_ns))
        return fd

    def _write(self, path: Path, write: Callable[[IO[bytes]], object]) -> None:
        """Whole or not at all."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as into:
                made = Path(into.name)
                try:
                    write(into.file)
                    into.close()
                    made.replace(path)
                except BaseException:
                    made.unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise SoundCacheError from error


def _served(file: FileSource, source: Source, media_type: str, name: str) -> Served:
    # The same file gives the same bytes under this version, decoded ones too.
    etag = f'"{file.key}-{VERSION}-{source.size:x}"'
    return Served(source=source, media_type=media_type, name=name, etag=etag, modified_at=file.modified_at)


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower()


@contextlib.contextmanager
def _unless_it_fails(file: FileSource) -> Iterator[FileSource]:
    try:
        yield file
    except BaseException:
        file.close()
        raise
