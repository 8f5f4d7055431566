"""A fax's file, taken over before the PBX's own script deletes it.

The PBX names the file as it sees it; the settings say which of its folders are reachable here, and where. Nothing else
is opened, whatever the name holds. FreePBX mails a fax and deletes it within a second of ``ReceiveFAX``, so the file is
opened at once: what is open can be deleted, and is read all the same.
"""

import logging
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from callfloor.asterisk.below import open_below

logger = logging.getLogger(__name__)

MOST_BYTES: Final = 64 * 1024 * 1024
"""A page has some 50 KB; this is a thousand pages and more."""

_PIECE = 1 << 20


class Keeping(StrEnum):
    """What became of a fax's file."""

    KEPT = "kept"
    NOT_SET = "not_set"  # no folder of faxes is set
    NOT_NAMED = "not_named"  # the PBX named no file
    OUTSIDE = "outside"  # the name leads out of the folders that are set
    MISSING = "missing"  # it is not there, or not any more
    TOO_LARGE = "too_large"
    FAILED = "failed"  # it could not be read, or not be written here


class FaxFolder(msgspec.Struct, frozen=True):
    """A folder as the PBX names it, and where it is reachable here."""

    named: str
    here: Path


def keep(folders: Sequence[FaxFolder], named: str, to: Path) -> Keeping:
    """Copy the file that the PBX named to ``to``, whose folder is there. Blocking; raises nothing."""
    if not folders:
        return Keeping.NOT_SET
    if not named:
        return Keeping.NOT_NAMED
    parts: tuple[str, ...] | None = None
    root = folders[0].here
    for folder in folders:
        parts = _below(folder.named, named)
        if parts is not None:
            root = folder.here
            break
    if parts is None:
        logger.warning("A fax's name leads out of the folders that are set")
        return Keeping.OUTSIDE
    try:
        fd = open_below(root, parts)
    except OSError as error:
        logger.info("A fax's file is not there", extra={"errno": error.errno})
        return Keeping.MISSING
    with open(fd, "rb") as file:
        return _copy(file.fileno(), to)


def _below(folder: str, named: str) -> tuple[str, ...] | None:
    """The parts of the name below the folder; None where it does not lie there. A bare name lies in it."""
    if len(named) > 4096 or "\0" in named:
        return None
    path = PurePosixPath(named)
    if not path.is_absolute():
        path = PurePosixPath(folder) / path
    try:
        parts = path.relative_to(PurePosixPath(folder)).parts
    except ValueError:
        return None
    return parts if parts and ".." not in parts else None


def _copy(fd: int, to: Path) -> Keeping:
    if os.fstat(fd).st_size > MOST_BYTES:
        return Keeping.TOO_LARGE
    part = to.with_name(f".{to.name}.part")
    try:
        written = 0
        with part.open("wb") as out:
            os.fchmod(out.fileno(), 0o600)
            while piece := os.read(fd, _PIECE):
                written += len(piece)
                if written > MOST_BYTES:
                    return Keeping.TOO_LARGE
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        part.rename(to)
    except OSError as error:
        logger.error("A fax could not be kept", extra={"errno": error.errno})
        return Keeping.FAILED
    finally:
        part.unlink(missing_ok=True)
    return Keeping.KEPT
