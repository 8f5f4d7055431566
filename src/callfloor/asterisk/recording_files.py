"""A recording's file, opened: below the configured folders or not at all, whatever the name or the disk holds.

A path is resolved first, links and all, and must lie in one of the folders; then it is opened step by step without
following any link (``O_NOFOLLOW``), so that nothing can be put in its place in between.
"""

import contextlib
import functools
import logging
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from callfloor.asterisk.recording_names import Wanted, became, holds, is_sound, wanted
from callfloor.errors import RecordingMissingError, RecordingsUnreachableError

logger = logging.getLogger(__name__)

MOST_ENTRIES = 100_000
"""Names read of one folder when a recording is looked for by a part of its name."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An open file. Whoever is given it closes ``fd``."""

    fd: int
    name: str  # the last part of its path


class RecordingFolders:
    """The folders that recordings may lie in. Blocking: each call reads the disk."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def find(self, named: str, leg: str | None = None) -> Found:
        """The file that the PBX named so, or whose name has the call's oldest channel in it.

        Raises:
            RecordingMissingError: none of them does.
            RecordingsUnreachableError: that, and one of the folders cannot be read (not mounted, not ours).
        """
        places = wanted(named, leg)
        found = self._by_name(places) or self._by_part(places)
        if found is not None:
            return found
        for folder in self._folders:
            if not os.access(folder, os.R_OK | os.X_OK):
                raise RecordingsUnreachableError("The folder of recordings cannot be read.", folder=str(folder))
        raise RecordingMissingError

    def remove(self, named: str) -> bool:
        """Delete the file that the PBX named so; whether there was one. Of exactly this name, and in no other place."""
        places = wanted(named, None)
        for root in self._folders:
            for folder in places.folders:
                fd = self._enter(root, folder, os.O_RDONLY | os.O_DIRECTORY)
                if fd is None:
                    continue
                try:
                    for name in places.names:
                        with contextlib.suppress(OSError):
                            if stat.S_ISREG(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
                                os.unlink(name, dir_fd=fd)
                                return True
                finally:
                    os.close(fd)
        return False

    def _by_name(self, places: Wanted) -> Found | None:
        for root in self._folders:
            for folder in places.folders:
                if not root.joinpath(*folder).is_dir():
                    continue
                for name in places.names:
                    found = self._open(root, (*folder, name))
                    if found is not None:
                        return found
        return None

    def _by_part(self, places: Wanted) -> Found | None:
        """ConfBridge's added time first; then the names with the call's own channels in them."""
        tests: list[Callable[[str], bool]] = [functools.partial(became, stem=places.stem)] if places.stem else []
        tests += [functools.partial(holds, leg=leg) for leg in places.legs]
        for root in self._folders:
            for folder in places.folders:
                names = [name for name in self._listed(root, folder) if is_sound(name)]
                for fits in tests:
                    for name in sorted(filter(fits, names)):
                        found = self._open(root, (*folder, name))
                        if found is not None:
                            return found
        return None

    def _open(self, root: Path, parts: tuple[str, ...]) -> Found | None:
        fd = self._enter(root, parts, os.O_RDONLY | os.O_NONBLOCK)
        if fd is None:
            return None
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            return None
        return Found(fd=fd, name=parts[-1])

    def _listed(self, root: Path, folder: tuple[str, ...]) -> Iterator[str]:
        fd = self._enter(root, folder, os.O_RDONLY | os.O_DIRECTORY)
        if fd is None:
            return
        try:
            with os.scandir(fd) as entries:
                for _, entry in zip(range(MOST_ENTRIES), entries, strict=False):
                    yield entry.name
        finally:
            os.close(fd)

    def _enter(self, root: Path, parts: tuple[str, ...], flags: int) -> int | None:
        """Open what is at the end of a path, where that is in one of the folders."""
        try:
            real = Path(os.path.realpath(root.joinpath(*parts), strict=True))
            for folder in self._folders:
                base = Path(os.path.realpath(folder))
                if real.is_relative_to(base):
                    return _walk(base, real.relative_to(base).parts, flags)
        except (OSError, ValueError):  # not there, a loop of links, not ours to read, changed in between
            return None
        logger.warning("A recording's name leads out of its folder")
        return None


def _walk(base: Path, parts: tuple[str, ...], flags: int) -> int:
    step = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for place, part in enumerate(parts, start=1):
        kind = flags if place == len(parts) else os.O_RDONLY | os.O_DIRECTORY
        with contextlib.closing(_Step(step)):
            step = os.open(part, kind | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=step)
    return step


class _Step(msgspec.Struct):
    """A folder on the way, closed once the next is open."""

    fd: int

    def close(self) -> None:
        os.close(self.fd)
