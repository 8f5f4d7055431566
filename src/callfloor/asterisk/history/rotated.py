"""A file that its PBX still writes, with what was rotated away beside it (``Master.csv.1``, ``queue_log-20260101.gz``).

logrotate and Asterisk's own ``logger rotate`` both leave the older ones in the same folder, under the name with more
behind it. They are read one after the other, by when their first row was written.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from callfloor.asterisk.history.files import CsvFile, QueueLogFile, written
from callfloor.asterisk.history.rows import HistoryRow
from callfloor.asterisk.history.sources import QUEUE_LOG, ImportSourceError, Refused
from callfloor.asterisk.history.times import Clock

MOST_FILES: Final = 400
"""A year of daily rotation; what lies beside it beyond that is left out, the oldest first."""
_BEHIND: Final = re.compile(r"[.-]\d{1,14}([.-]\d{1,6})?(\.gz)?")
_PLACE: Final = 1 << 44
"""Places of one file: its number times this, and the byte in it."""


class Rotated:
    """One kind's files of one folder as one source. Which there are is looked up at each pass."""

    def __init__(self, path: Path, kind: str, clock: Clock, *, encoding: str = "utf-8") -> None:
        """``path`` is the one that is written now."""
        self._path = path
        self._encoding = encoding
        self.kind = kind
        self.clock = clock
        self.key = f"{kind} {path}"
        self._files: list[CsvFile | QueueLogFile] | None = None
        self._begins: list[float] = []  # when the first row of each was written

    def _all(self) -> list[CsvFile | QueueLogFile]:
        if self._files is None:
            beside = [each for each in self._beside() if _BEHIND.fullmatch(each.name[len(self._path.name) :])]
            newest = sorted(beside, key=lambda each: each.stat().st_mtime)[-MOST_FILES:]
            if self._path.exists():
                newest.append(self._path)
            if not newest:
                raise ImportSourceError(f"there is no file {self._path}")
            dated = [(_begins(file), place, file) for place, file in enumerate(map(self._one, newest))]
            known = sorted((at, place, file) for at, place, file in dated if at is not None)
            self._files, self._begins = [file for _, _, file in known], [at for at, _, _ in known]
        return self._files

    def _beside(self) -> Iterator[Path]:
        try:
            yield from self._path.parent.glob(f"{self._path.name}?*")
        except OSError as error:
            raise ImportSourceError(f"{self._path}: {error.strerror}") from None

    def _one(self, path: Path) -> CsvFile | QueueLogFile:
        if self.kind == QUEUE_LOG:
            return QueueLogFile(path, self.clock, growing=True)
        return CsvFile(path, self.kind, self.clock, encoding=self._encoding, growing=True)

    def _first(self, at: float) -> int:
        """The number of the file in which rows of this instant are looked for."""
        return max((place for place, first in enumerate(self._begins) if first < at), default=0)

    def size(self, after: int) -> int:
        """Bytes left."""
        number, place = divmod(after, _PLACE)
        files = self._all()
        return sum(file.size(place if at == number else 0) for at, file in enumerate(files) if at >= number)

    def steps(self, after: int, place: int) -> int:
        """Bytes between them."""
        return max(0, self.size(after) - self.size(place))

    def place_at(self, at: float) -> int:
        """See ``Source``."""
        files = self._all()
        if not files:
            return 0
        number = self._first(self.clock.surely_before(at))
        return number * _PLACE + files[number].place_at(at)

    def rows(self, after: int) -> Iterator[HistoryRow | Refused | None]:
        """See ``Source``."""
        number, place = divmod(after, _PLACE)
        for at, file in enumerate(self._all()):
            if at >= number:
                rows = file.rows(place if at == number else 0)
                yield from _moved(rows, at * _PLACE) if at else rows


def _begins(file: CsvFile | QueueLogFile) -> float | None:
    """When its first row was written; None where it has none."""
    return next((written(row) for row in file.rows(0) if row is not None and not isinstance(row, Refused)), None)


def _moved(rows: Iterator[HistoryRow | Refused | None], by: int) -> Iterator[HistoryRow | Refused | None]:
    for row in rows:
        if isinstance(row, Refused):
            yield Refused(source=row.source, place=row.place + by, reason=row.reason)
            continue
        if row is not None:
            row.place += by
        yield row
