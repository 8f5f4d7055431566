"""Where the private Asterisk lies, which ``scripts/test_parts.py`` unpacked, and how it is started."""

import os
from pathlib import Path


class NoAsteriskError(RuntimeError):
    """The private Asterisk is not there; `python3 scripts/test_parts.py` (and so `make test`) brings it."""


def root() -> Path:
    """The folder of the unpacked packages.

    Raises:
        NoAsteriskError: it has not been made.
    """
    cache = os.environ.get("CALLFLOOR_TEST_CACHE")
    folder = (Path(cache).expanduser() if cache else Path.home() / ".cache" / "callfloor-tests") / "asterisk-22"
    if not (folder / ".callfloor").exists():
        raise NoAsteriskError(NoAsteriskError.__doc__)
    return folder


def loader(folder: Path) -> Path:
    """The root's own dynamic loader: Asterisk and its libraries are newer than the machine's."""
    return min(folder.glob("usr/lib/*/ld-linux*.so.*"))


def libraries(folder: Path) -> Path:
    return loader(folder).parent


def modules(folder: Path) -> Path:
    return libraries(folder) / "asterisk" / "modules"
