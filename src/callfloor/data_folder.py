"""The data folder belongs to one running Callfloor: two on one folder would write over each other's spill files."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from callfloor.errors import ConfigurationError

LOCK = "callfloor.lock"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder is this process's inside the block, and free again however the process ends.

    Raises:
        ConfigurationError: another process has it, or it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a")
    except OSError as error:
        raise ConfigurationError(f"The data folder {folder} cannot be used: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"Another Callfloor runs on the data folder {folder}. Stop it, or set CALLFLOOR_DATA to another folder."
            ) from None
        yield
