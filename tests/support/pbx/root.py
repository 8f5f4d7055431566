"""Where the private Asterisk lies, which ``scripts/test_parts.py`` unpacked, and how it is started."""

import os
from pathlib import Path


class NoAsteriskError(RuntimeError):
    """The private Asterisk is not there; `python3 scripts/test_parts.py` (and so `make test`) brings it."""


def root(asterisk: str = "22") -> Path:
    """The folder of the unpacked packages of that version of Asterisk, ``22`` or ``16``.

    Raises:
        NoAsteriskError: it has not been made.
    """
    cache = os.environ.get("CALLFLOOR_TEST_CACHE")
    roots = Path(cache).expanduser() if cache else Path.home() / ".cache" / "callfloor-tests"
    folder = roots / f"asterisk-{asterisk}"
    if not (folder / ".callfloor").exists():
        raise NoAsteriskError(NoAsteriskError.__doc__)
    return folder


def loader(folder: Path) -> Path:
    """The root's own dynamic loader: Asterisk and its libraries are not the machine's."""
    return min(found for lib in ("usr/lib", "lib") for found in folder.glob(f"{lib}/*/ld-linux*.so.*"))


def libraries(folder: Path) -> str:
    """Where that loader finds the root's libraries; Debian 11 has them in three places."""
    machine = loader(folder).parent.name
    return ":".join(str(folder / place) for place in (f"usr/lib/{machine}", f"lib/{machine}", "usr/lib"))


def modules(folder: Path) -> Path:
    """Debian 11's package has them beside the libraries, not among them."""
    return next(found for found in folder.glob("usr/lib/**/asterisk/modules"))
