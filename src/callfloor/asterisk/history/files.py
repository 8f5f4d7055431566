"""Records in files: CSV as Asterisk writes it or a table exported with a head, and the queue log.

Files are read once, line by line, whatever their size. A place is a byte offset. Layouts without a head are known by
their columns: cdr_csv (with and without unique id, user field and the new columns), the samples of cdr_custom and
cel_custom (https://docs.asterisk.org: CDR and CEL backends, ``cdr_custom.conf.sample``, ``cel_custom.conf.sample``).
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from callfloor.asterisk.history.rows import HistoryRow, queue_line
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, ImportSourceError, Refused, lacking, read_row
from callfloor.asterisk.history.times import Clock, RefusedRowError

LONGEST_LINE: Final = 65_536
TORN_LINES: Final = 20  # a quoted field may hold as many line ends; after that the quote was never closed
HEAD_BYTES: Final = 4096
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")

CDR_CSV: Final = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata"),
    *("start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
    *("uniqueid", "userfield", "peeraccount", "linkedid", "sequence"),
)
CDR_CUSTOM: Final = (
    *("clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end"),
    *("duration", "billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield", "sequence"),
)
CEL_CUSTOM: Final = (
    *("eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context"),
    *("channame", "appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userfield"),
    *("userdeftype", "extra"),
)


def layout(kind: str, record: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The columns of a file by its first record, and whether that record is a head.

    Raises:
        ImportSourceError: it is no layout that can be known.
    """
    named = tuple(field.strip().lower().strip("`\"'") for field in record)
    if not lacking(kind, set(named)):
        return named, True
    if kind == CEL and len(record) in (18, 19, 20) and _TIME.match(record[1]):
        return CEL_CUSTOM, False
    if kind == CDR and 17 <= len(record) <= 21 and len(record) > 9:
        if _TIME.match(record[9]):
            return CDR_CSV, False
        if _TIME.match(record[8]):
            return CDR_CUSTOM, False
    if any(name in named for name in ("uniqueid", "eventtype", "calldate", "src")):
        raise ImportSourceError(f"the table's head lacks: {lacking(kind, set(named))}")
    raise ImportSourceError(
        f"these {len(record)} columns are no known layout of {kind}; export the table with a head, "
        "and let Asterisk write the unique id (loguniqueid)"
    )


class CsvFile:
    """A file of call records or call events."""

    def __init__(self, path: Path, kind: str, clock: Clock, *, encoding: str = "utf-8") -> None:
        self._path = path
        self.kind = kind
        self.clock = clock
        self._encoding = encoding
        self.key = f"{kind} file {fingerprint(path)}"

    def size(self, after: int) -> int:
        """Bytes left."""
        return max(0, self._path.stat().st_size - after)

    def steps(self, after: int, place: int) -> int:
        """Bytes between them."""
        return place - after

    def rows(self, after: int) -> Iterator[HistoryRow | Refused | None]:
        """See ``Source``."""
        with opened(self._path) as file:
            records = self._records(file)
            first = next(records, None)
            if first is None:
                return
            place, record = first
            if isinstance(record, str):
                raise ImportSourceError("the first line cannot be read as CSV")
            columns, is_head = layout(self.kind, record)
            if after:
                file.seek(after)
                records = self._records(file)
            elif not is_head:
                yield read_row(self.kind, self.key, dict(zip(columns, record, strict=False)), place, self.clock)
            for place, record in records:
                if isinstance(record, str):
                    yield Refused(source=self.key, place=place, reason=record)
                elif len(record) < min(len(columns), 16):
                    yield Refused(source=self.key, place=place, reason=f"{len(record)} columns of {len(columns)}")
                else:
                    yield read_row(self.kind, self.key, dict(zip(columns, record, strict=False)), place, self.clock)

    def _records(self, file: IO[bytes]) -> Iterator[tuple[int, list[str] | str]]:
        """Each record with its place; why it is none, where it is torn. Only what is torn is lost."""
        waiting: list[tuple[int, bytes]] = []  # lines given back after a quote that was never closed
        while True:
            place, line = waiting.pop(0) if waiting else (file.tell(), file.readline(LONGEST_LINE))
            if not line:
                return
            if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
                while (more := file.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                    pass
                yield place, "a line without end"
                continue
            if not line.strip():
                continue
            taken: list[tuple[int, bytes]] = []
            whole = line
            while whole.count(b'"') % 2 and len(taken) < TORN_LINES:
                more_at, more = waiting.pop(0) if waiting else (file.tell(), file.readline(LONGEST_LINE))
                if not more:
                    break
                taken.append((more_at, more))
                whole += more
                if not more.endswith(b"\n"):
                    break
            if whole.count(b'"') % 2:
                waiting = [*taken, *waiting]
                yield place, "a quote that is not closed"
                continue
            text = whole.decode(self._encoding, "replace").replace("\x00", " ")
            try:
                records = list(csv.reader([text.replace("\r", " ").replace("\n", " ").strip()]))
            except csv.Error as error:
                yield place, f"no CSV: {error}"
                continue
            if records:
                yield place, records[0]


class QueueLogFile:
    """Asterisk's ``queue_log``; its times are epoch seconds."""

    kind = QUEUE_LOG

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self.clock = clock
        self.key = f"queue_log file {fingerprint(path)}"

    def size(self, after: int) -> int:
        """Bytes left."""
        return max(0, self._path.stat().st_size - after)

    def steps(self, after: int, place: int) -> int:
        """Bytes between them."""
        return place - after

    def rows(self, after: int) -> Iterator[HistoryRow | Refused | None]:
        """See ``Source``."""
        with opened(self._path) as file:
            file.seek(after)
            while True:
                place = file.tell()
                line = file.readline(LONGEST_LINE)
                if not line:
                    return
                if not line.strip():
                    continue
                try:
                    yield queue_line(line.decode("utf-8", "replace"), place)
                except RefusedRowError as error:
                    yield Refused(source=self.key, place=place, reason=str(error))


def opened(path: Path) -> IO[bytes]:
    """The file, to be read.

    Raises:
        ImportSourceError: it cannot be opened.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise ImportSourceError(f"{path.name}: {error.strerror}") from None


def fingerprint(path: Path) -> str:
    """What tells this file from others, and stays when it grows: its first lines."""
    with opened(path) as file:
        return hashlib.sha256(file.read(HEAD_BYTES).rpartition(b"\n")[0] or path.name.encode()).hexdigest()[:16]
