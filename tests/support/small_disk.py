"""A file system of a few megabytes that a test may fill: a real one, in memory, mounted for the test alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PIECE = bytes(64 * 1024)


class SmallDisk:
    """It is full once something lies in its way, and has room again once that is gone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Not a byte more goes on it."""
        with self._ballast.open("ab", buffering=0) as file:
            for piece in (PIECE, PIECE[:4096], b"\0"):
                try:
                    while file.write(piece) == len(piece):
                        pass
                except OSError:
                    continue  # a smaller piece may still fit

    def make_room(self) -> None:
        """What an administrator does."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk | None]:
    """A disk at ``folder``; None, and said, on a machine that lets nobody mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "callfloor-test", str(folder)):
        print("\nno file system can be mounted here: limits of the kernel's own stand for a full one", file=sys.stderr)
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "-l", str(folder))  # at once, whoever still has a file open there


def _run(*command: str) -> bool:
    ours = command if os.geteuid() == 0 else ("sudo", "-n", *command)
    try:
        done = subprocess.run(ours, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
