"""Records in files: CSV as Asterisk writes it or a table exported with a head, and the queue log.

Files are read once, line by line, whatever their size. A place is a byte offset. Layouts without a head are known by
their columns: cdr_csv (with and without unique id, user field and the new columns), the samples of cdr_custom and
cel_custom (https://docs.asterisk.org: CDR and CEL backends, ``cdr_custom.conf.sample``, ``cel_custom.conf.sample``).
"""

import csv
import gzip
import hashlib
import io
import itertools
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import IO, Final

from callfloor.asterisk.history.rows import CdrRow, HistoryRow, queue_line, reader
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, ImportSourceError, Refused, lacking, read_row
from callfloor.asterisk.history.times import Clock, RefusedRowError

LONGEST_LINE: Final = 65_536
TORN_LINES: Final = 20  # a quoted field may hold as many line ends; after that the quote was never closed
HEAD_BYTES: Final = 4096
MOST_BYTES: Final = 32_768  # of lines that are read at once: with what becomes of them they stay in a processor's cache
NEAR_BYTES: Final = 65_536
_Record = tuple[int, list[str] | str]
"""Where a line begins, and what stands in it; or why that cannot be read."""
_said = itemgetter(1)
_EPOCH: Final = re.compile(rb"\d{9,11}(\.\d+)?")
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

    def __init__(self, path: Path, kind: str, clock: Clock, *, encoding: str = "utf-8", growing: bool = False) -> None:
        """Of a ``growing`` file, which its PBX still writes, a last line without an end has not come whole."""
        self._path = path
        self._growing = growing
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
            make, fewest, key, clock = reader(self.kind, columns), min(len(columns), 16), self.key, self.clock
            if after:
                file.seek(after)
                records = self._records(file)
            elif not is_head:
                yield read_row(make, key, record, place, clock)
            for place, record in records:
                if isinstance(record, str):
                    yield Refused(source=key, place=place, reason=record)
                elif len(record) < fewest:
                    yield Refused(source=key, place=place, reason=f"{len(record)} columns of {len(columns)}")
                else:
                    row: HistoryRow | Refused | None
                    try:
                        row = make(record, place, clock)
                    except RefusedRowError as error:
                        row = Refused(source=key, place=place, reason=str(error))
                    yield row

    def place_at(self, at: float) -> int:
        """See ``Source``."""
        with opened(self._path) as file:
            first = next(self._records(file), None)
            if first is None or isinstance(first[1], str):
                return 0
            make = reader(self.kind, layout(self.kind, first[1])[0])

            def written_at(records: Iterator[_Record]) -> tuple[int, float] | None:
                clock = self.clock.again()
                for place, record in itertools.islice(records, TORN_LINES):
                    if not isinstance(record, str):
                        row = read_row(make, self.key, record, place, clock)
                        if row is not None and not isinstance(row, Refused):
                            return place, written(row)
                return None

            return _place_at(file, self.clock.surely_before(at), lambda: written_at(self._records(file)))

    def _records(self, file: IO[bytes]) -> Iterator[_Record]:
        """Each record with its place; why it is none, where it is torn. Only what is torn is lost."""
        return itertools.chain.from_iterable(self._runs(file))

    def _plain(self, file: IO[bytes]) -> Generator[Sequence[_Record], None, int]:
        """Records by the thousand, while each line is a record of its own, as nearly all are.

        Returns how many lines follow that have to be looked at one by one.
        """
        size = HEAD_BYTES
        while True:
            place = file.tell()
            lines = file.readlines(size)
            if lines and not lines[-1].endswith(b"\n"):
                file.seek(-len(lines.pop()), io.SEEK_CUR)
            if not lines:
                return 0
            records = self._parsed(lines)
            if len(records) != len(lines):
                file.seek(place)
                return len(lines)
            places = itertools.accumulate(map(len, lines), initial=place)
            yield list(filter(_said, zip(places, records, strict=False)))
            size = min(2 * size, MOST_BYTES)

    def _parsed(self, lines: Sequence[bytes]) -> list[list[str]]:
        """A record of each line; too few where one goes over its line's end, or is none."""
        whole = b"".join(lines)
        if b"\x00" in whole or b"\r" in whole or max(map(len, lines)) >= LONGEST_LINE:
            return []
        if any(map((1).__and__, map(bytes.count, lines, itertools.repeat(b'"')))):
            return []
        texts = whole.decode(self._encoding, "replace").split("\n")
        try:
            return list(csv.reader(map(str.strip, texts[:-1])))  # an end is behind each line
        except csv.Error:
            return []

    def _runs(self, file: IO[bytes]) -> Iterator[Sequence[_Record]]:
        lines: list[str] = []  # the one that is parsed
        parsed = csv.reader(iter(lines.pop, None))
        waiting: list[tuple[int, bytes]] = []  # lines given back after a quote that was never closed
        left = 0
        while True:
            if not left and not waiting:
                left = yield from self._plain(file)
            left = max(0, left - 1)
            place, line = waiting.pop(0) if waiting else (file.tell(), file.readline(LONGEST_LINE))
            if not line.count(b'"') % 2 and line.endswith(b"\n") and b"\x00" not in line and b"\r" not in line:
                text = line.decode(self._encoding, "replace").strip()  # as nearly all are
                if text:
                    lines.append(text)
                    try:
                        record = next(parsed)
                    except (csv.Error, IndexError) as error:  # IndexError: it wants another line
                        lines.clear()
                        parsed = csv.reader(iter(lines.pop, None))
                        reason = "a quote that is not closed" if isinstance(error, IndexError) else f"no CSV: {error}"
                        yield ((place, reason),)
                    else:
                        yield ((place, record),)
                continue
            if not line or (self._growing and not line.endswith(b"\n") and len(line) < LONGEST_LINE):
                return
            if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
                while (more := file.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                    pass
                yield ((place, "a line without end"),)
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
                yield ((place, "a quote that is not closed"),)
                continue
            text = whole.decode(self._encoding, "replace").replace("\x00", " ")
            try:
                records = list(csv.reader([text.replace("\r", " ").replace("\n", " ").strip()]))
            except csv.Error as error:
                yield ((place, f"no CSV: {error}"),)
                continue
            if records:
                yield ((place, records[0]),)


class QueueLogFile:
    """Asterisk's ``queue_log``; its times are epoch seconds."""

    kind = QUEUE_LOG

    def __init__(self, path: Path, clock: Clock, *, growing: bool = False) -> None:
        """As ``CsvFile``."""
        self._path = path
        self._growing = growing
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
                if not line or (self._growing and not line.endswith(b"\n")):
                    return
                if not line.strip():
                    continue
                try:
                    yield queue_line(line.decode("utf-8", "replace"), place)
                except RefusedRowError as error:
                    yield Refused(source=self.key, place=place, reason=str(error))

    def place_at(self, at: float) -> int:
        """See ``Source``."""
        with opened(self._path) as file:

            def written_at() -> tuple[int, float] | None:
                for _ in range(TORN_LINES):
                    place = file.tell()
                    said = file.readline(LONGEST_LINE).partition(b"|")[0]
                    if not said:
                        return None
                    if _EPOCH.fullmatch(said):
                        return place, float(said)
                return None

            return _place_at(file, at, written_at)


def written(row: HistoryRow) -> float:
    """When the PBX wrote the row down: a call record at its end."""
    return row.ended_at if isinstance(row, CdrRow) else row.at


def _place_at(file: IO[bytes], at: float, next_row: Callable[[], tuple[int, float] | None]) -> int:
    """A place from which on rows were written at this instant or later; a little before it."""
    low, high = 0, file.seek(0, io.SEEK_END)
    while high - low > NEAR_BYTES:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline(LONGEST_LINE)
        row = next_row()
        if row is None or row[1] >= at:
            high = middle
        else:
            low = row[0]
    return low


def opened(path: Path) -> IO[bytes]:
    """The file, to be read; one that was packed when it was rotated is unpacked.

    Raises:
        ImportSourceError: it cannot be opened.
    """
    try:
        if path.suffix == ".gz":
            return io.BufferedReader(gzip.open(path, "rb"))
        return path.open("rb")
    except OSError as error:
        raise ImportSourceError(f"{path.name}: {error.strerror}") from None


def fingerprint(path: Path) -> str:
    """What tells this file from others, and stays when it grows: its first lines."""
    with opened(path) as file:
        return hashlib.sha256(file.read(HEAD_BYTES).rpartition(b"\n")[0] or path.name.encode()).hexdigest()[:16]
