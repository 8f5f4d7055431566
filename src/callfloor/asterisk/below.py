"""Files of the PBX's, opened below one folder or not at all: no link is followed, nothing but a plain file is read."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path


def open_below(root: Path, parts: Sequence[str]) -> int:
    """The descriptor of a plain file, opened for reading step by step without following any link. The caller closes it.

    Raises:
        OSError: it is not there, a step is a link or no folder, the file is no plain one, or it is not ours to read.
    """
    if not parts or any(part in {"", ".", ".."} or "/" in part or "\0" in part for part in parts):
        raise FileNotFoundError("a name that leads elsewhere")
    step = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for place, part in enumerate(parts, start=1):
        last = place == len(parts)
        # A named pipe would hold whoever opens it until somebody writes.
        flags = os.O_NONBLOCK if last else os.O_DIRECTORY
        try:
            below = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=step)
        finally:
            os.close(step)
        step = below
    if not stat.S_ISREG(os.fstat(step).st_mode):
        os.close(step)
        raise FileNotFoundError("not a plain file")
    return step


def read_below(root: Path, parts: Sequence[str], most: int) -> bytes:
    """The first ``most`` bytes of such a file.

    Raises:
        OSError: as ``open_below``.
    """
    with open(open_below(root, parts), "rb") as file:
        return file.read(most)
