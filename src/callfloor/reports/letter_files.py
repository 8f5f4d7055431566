"""The files of one project's letters: reports while they are sent, and those too large for a letter. Blocking."""

import shutil
from pathlib import Path
from typing import Final

KEPT_S: Final = 7 * 86_400.0
"""So long a file lies there that a letter links to."""

_HALF: Final = "made-"


class LetterFiles:
    """One folder, for this project's letters alone; it is made when the first is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self, number: int) -> Path:
        """Where a report is made, this turn's so-manieth."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{_HALF}{number}"

    def keep(self, delivery_id: int, path: Path) -> None:
        """From now on a letter links to this report."""
        shutil.copyfile(path, self._folder / str(delivery_id))

    def of(self, delivery_id: int) -> Path | None:
        """The file that a letter links to; None: it has none, or none any more."""
        path = self._folder / str(delivery_id)
        return path if path.is_file() else None

    def drop_halves(self) -> None:
        """What a process that was killed had begun."""
        for path in self._all():
            if path.name.startswith(_HALF):
                path.unlink(missing_ok=True)

    def drop_old(self, now: float) -> None:
        """What is kept no longer."""
        for path in self._all():
            if path.stat().st_mtime < now - KEPT_S:
                path.unlink(missing_ok=True)

    def _all(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.is_dir() else []
