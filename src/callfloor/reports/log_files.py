"""The logs as files: who supervised whom, and who did what. Blocking; for a thread of the caller's.

Rows are read and written a part at a time into a file that has no name, so memory does not grow with them, and
nothing is left behind however it ends.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from callfloor.errors import ReportDiskError
from callfloor.floor.supervisions import Followed, Mode, ModeStretch, SupervisionRecord
from callfloor.reports.clock import Clock
from callfloor.reports.columns import Column, Kind
from callfloor.reports.csv_file import CsvFile
from callfloor.reports.making import LEFT_FREE, MEDIA_TYPES
from callfloor.reports.words_logs import log_words
from callfloor.reports.xlsx_file import XlsxFile
from callfloor.store.audit import AuditEntry, AuditFilter
from callfloor.store.masking import Masking
from callfloor.store.store import ProjectStore
from callfloor.store.supervision_rows import SupervisionFilter

_R = TypeVar("_R")
_CHUNK: Final = 1000

_SUPERVISIONS: Final = (
    ("started", Kind.INSTANT, 19),
    ("user", Kind.TEXT, 22),
    ("employees", Kind.TEXT, 40),
    ("way", Kind.TEXT, 18),
    ("modes", Kind.TEXT, 46),
    ("listen_s", Kind.DURATION, 10),
    ("whisper_s", Kind.DURATION, 10),
    ("join_s", Kind.DURATION, 10),
    ("duration", Kind.DURATION, 10),
    ("reason", Kind.TEXT, 30),
    ("ending", Kind.TEXT, 22),
    ("detail", Kind.TEXT, 22),
    ("connected", Kind.INSTANT, 19),
    ("ended", Kind.INSTANT, 19),
    ("call_id", Kind.TEXT, 28),
    ("supervision_id", Kind.TEXT, 28),
)
_AUDIT: Final = (
    ("at", Kind.INSTANT, 19),
    ("who", Kind.TEXT, 22),
    ("action", Kind.TEXT, 22),
    ("outcome", Kind.TEXT, 18),
    ("subject_kind", Kind.TEXT, 12),
    ("subject_id", Kind.TEXT, 28),
    ("details", Kind.TEXT, 60),
)


class LogFile:
    """A file that is made, open and without a name; the web gives it out and closes it."""

    def __init__(self, file: IO[bytes], name: str, media_type: str, made_at: float) -> None:
        self._file = file
        self.name = name
        self.media_type = media_type
        self.modified_at = made_at
        self.etag = f'"{id(file):x}-{made_at}"'  # made for one answer: no other has it

    @property
    def size(self) -> int:
        """In bytes."""
        return self._file.seek(0, 2)

    def read(self, start: int, length: int) -> bytes:
        """The bytes from ``start`` on."""
        self._file.seek(start)
        return self._file.read(length)

    def close(self) -> None:
        """It is gone with this."""
        self._file.close()


class LogFiles:
    """Makes them, in a folder whose disk it does not fill. Both raise ``ReportDiskError`` and ``StoreError``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def supervisions(
        self,
        project: ProjectStore,
        zone: ZoneInfo,
        wanted: SupervisionFilter,
        *,
        form: str,
        language: str,
        now: float,
        mask: Masking | None = None,
    ) -> LogFile:
        """Sessions, one row each, the latest begun first. ``form`` is csv or xlsx."""
        said, clock = log_words(language), Clock(zone)
        names = project.supervisions.employees()
        row = _supervision_row(said, clock, names, now)
        found = _masked(project.supervisions.stream(wanted), mask)
        return self._made("supervisions", _SUPERVISIONS, found, row, zone, form, said, now)

    def audit(
        self,
        project: ProjectStore,
        zone: ZoneInfo,
        wanted: AuditFilter,
        *,
        form: str,
        language: str,
        now: float,
        mask: Masking | None = None,
    ) -> LogFile:
        """Entries, one row each, newest first. ``form`` is csv or xlsx."""
        said = log_words(language)
        found = _masked(project.audit.stream(wanted), mask)
        return self._made("audit", _AUDIT, found, _audit_row, zone, form, said, now)

    def _made(
        self,
        title: str,
        columns: Sequence[tuple[str, Kind, int]],
        rows: Iterator[_R],
        row: Callable[[_R], Sequence[Any]],
        zone: ZoneInfo,
        form: str,
        said: dict[str, str],
        now: float,
    ) -> LogFile:
        named = [Column(key=key, title=said[key], kind=kind, width=width) for key, kind, width in columns]
        heading = said[f"title.{title}"]
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - whoever takes it closes it
            try:
                self._write(file, named, map(row, rows), zone, form, heading)
                file.flush()
            except BaseException:
                file.close()
                raise
        except OSError as error:
            raise ReportDiskError(reason=error.strerror or type(error).__name__) from error
        day = datetime.fromtimestamp(now, zone).date().isoformat()
        return LogFile(file, f"{heading} {day}.{form}", MEDIA_TYPES[form], now)

    def _write(
        self,
        file: Any,
        columns: Sequence[Column],
        rows: Iterator[Sequence[Any]],
        zone: ZoneInfo,
        form: str,
        heading: str,
    ) -> None:
        clock = Clock(zone)
        written = (
            CsvFile(file, columns, clock, bom=True)
            if form == "csv"
            else XlsxFile(file, columns, clock, sheet=heading[:31], head=(("title", heading), ("author", "Callfloor")))
        )
        try:
            while some := list(islice(rows, _CHUNK)):
                written.put(list(zip(*some, strict=True)))
                if shutil.disk_usage(self._folder).free < LEFT_FREE:
                    raise ReportDiskError
            written.close()
        except BaseException:
            if isinstance(written, XlsxFile):
                written.drop()
            raise


def _supervision_row(
    said: dict[str, str], clock: Clock, names: dict[int, str], now: float
) -> Callable[[SupervisionRecord], Sequence[Any]]:
    def time_of(stretch: ModeStretch | Followed) -> str:
        ended = "…" if stretch.ended_at is None else clock.text(stretch.ended_at)[11:]
        return f"{clock.text(stretch.began_at)[11:]}–{ended}"

    def employee(each: Followed) -> str:
        who = each.account if each.employee_id is None else names.get(each.employee_id, each.account)
        return f"{who} ({each.account}) {time_of(each)}"

    def mode(each: ModeStretch) -> str:
        muted = f", {said['muted']}" if each.muted and each.mode is not Mode.LISTEN else ""
        return f"{said[f'mode.{each.mode}']}{muted} {time_of(each)}"

    def row(record: SupervisionRecord) -> Sequence[Any]:
        until = now if record.ended_at is None else record.ended_at
        spent = dict.fromkeys(Mode, 0.0)
        for each in record.modes:
            spent[each.mode] += max(0.0, (until if each.ended_at is None else each.ended_at) - each.began_at)
        way = said[f"way.{record.way}"]
        return (
            record.started_at,
            record.user_name,
            "; ".join(map(employee, record.followed)) or None,
            way if record.phone is None else f"{way} {record.phone}",
            "; ".join(map(mode, record.modes)) or None,
            *spent.values(),
            max(0.0, until - record.started_at),
            record.reason,
            None if record.ending is None else said[f"ending.{record.ending}"],
            record.ending_detail,
            record.connected_at,
            record.ended_at,
            record.call_id,
            record.id,
        )

    return row


def _masked(rows: Iterator[_R], mask: Masking | None) -> Iterator[_R]:
    return rows if mask is None else map(mask.over, rows)


def _audit_row(entry: AuditEntry) -> Sequence[Any]:
    details = msgspec.json.encode(entry.details).decode() if entry.details else None
    user = entry.user_login if entry.user_id is None else entry.user_login or str(entry.user_id)
    return entry.at, user, entry.action, entry.outcome, entry.subject_kind, entry.subject_id, details
