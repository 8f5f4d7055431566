"""What lies beside a project's spill files: rows that could never be written, and bytes that were cut short.

They are kept for whoever looks into a fault, and hold clients' numbers: for ``KEPT_S`` at most, and nothing of a client
who is taken out. A spill file itself is emptied as soon as its rows are written.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

KEPT_S: Final = 30 * 86_400.0
_LAST_DIGITS: Final = 9
"""By so many a number is known with its country and without."""


def sweep(data: Path, project_id: int, *, before: float) -> int:
    """Delete what was last added to before an instant; how many files went."""
    gone = 0
    for path in _beside(data, project_id):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone


def forget(data: Path, project_id: int, client: str) -> int:
    """Take a client out: the lines that name them go; so do bytes that cannot be read. How many lines and files went.

    Args:
        client: the number, E.164.

    Raises:
        OSError: the disk is full or broken; what had gone by then is gone.
    """
    digits, gone = client.lstrip("+")[-_LAST_DIGITS:].encode(), 0
    for path in _beside(data, project_id):
        if not path.name.endswith(".refused"):
            path.unlink(missing_ok=True)
            gone += 1
            continue
        # Whoever appends meanwhile begins a new file; what stays here is added to that.
        taken = path.with_name(f"{path.name}.taken")
        path.rename(taken)
        lines = taken.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if digits not in line]
        gone += len(lines) - len(kept)
        if kept:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(file, "ab") as into:
                into.writelines(kept)
                into.flush()
                os.fsync(into.fileno())
        taken.unlink()
    return gone


def _beside(data: Path, project_id: int) -> Iterator[Path]:
    yield from sorted(path for path in data.glob(f"*-{project_id}.spill.*") if path.is_file())
