"""A report as a file: what is asked, of the calls that its reader may see. Blocking; for a thread of long work.

Rows come and go a chunk at a time, so memory does not grow with them; a PDF alone keeps a part of ``pdf_file.LARGEST``.
"""

import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from callfloor.errors import ReportDiskError
from callfloor.floor.directory import Directory
from callfloor.reports import saying
from callfloor.reports.clock import Clock
from callfloor.reports.columns import Chunk, Column, Kind, call_columns, totals_columns, totals_takers
from callfloor.reports.csv_file import CsvFile
from callfloor.reports.pdf_file import LARGEST, Page, page_cells, pdf
from callfloor.reports.rows import call_chunks
from callfloor.reports.words import words
from callfloor.reports.xlsx_file import XlsxFile
from callfloor.store.call_filter import CallFilter, Sort, SortKey
from callfloor.store.journal_rows import Totals, TotalsGroup
from callfloor.store.masking import Masking
from callfloor.store.report_asks import Form, ReportAsk, What
from callfloor.store.store import ProjectStore

LEFT_FREE: Final = 256 * 1024 * 1024
"""Bytes of the disk that no report takes: the store may be on the same one, and calls come first."""

MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "zip": "application/zip",
}

Progress = Callable[[int, int | None], None]
"""Told how many rows are written, of how many. What it raises ends the work."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Whose report it is."""

    project: str  # its name
    zone: ZoneInfo


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What of the calls a reader sees, as ``CallFilter`` has it."""

    department_ids: frozenset[int] | None = None
    employee_id: int | None = None
    mask: bytes | None = None  # the project's key to masked numbers; None: clients' numbers are seen whole


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A report's file."""

    name: str
    media_type: str
    rows: int
    calls: int
    period: str
    filters: str


def make(
    project: ProjectStore, about: About, ask: ReportAsk, seen: Seen, path: Path, progress: Progress, *, now: float
) -> Made:
    """Write the report to ``path``. Where it fails, there is no file.

    Raises:
        InvalidInputError: a column is not known, or the filter cannot be understood.
        ReportDiskError: the disk is full, or cannot be written.
        StoreError: the store cannot be read.
    """
    try:
        return _Making(project, about, ask, seen, path, progress, now).make()
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ReportDiskError(reason=error.strerror or type(error).__name__) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


class _Making:
    def __init__(
        self,
        project: ProjectStore,
        about: About,
        ask: ReportAsk,
        seen: Seen,
        path: Path,
        progress: Progress,
        now: float,
    ) -> None:
        self._project, self._about, self._ask, self._path, self._now = project, about, ask, path, now
        self._told = progress
        self._wanted: CallFilter = msgspec.structs.replace(
            ask.filter,
            seen_department_ids=seen.department_ids,
            seen_employee_id=seen.employee_id,
            clients_masked=ask.filter.clients_masked or seen.mask is not None,
        )
        self._said = words(ask.language)
        self._directory: Directory = project.directory.load()
        self._mask = None if seen.mask is None else Masking(seen.mask, self._directory)
        if self._mask is not None and ask.sort.key is SortKey.CLIENT:
            self._ask = msgspec.structs.replace(ask, sort=Sort())  # the order of numbers would tell them
        self._done = 0
        self._of: int | None = None
        if ask.what is What.CALLS:
            self._columns = call_columns(ask.columns, ask.language)
        else:
            first = Column(key="group", title=self._said[f"by.{ask.by}"], kind=Kind.TEXT, width=24)
            self._columns = (first, *totals_columns(ask.columns, ask.language))

    def make(self) -> Made:
        self._progress(0)
        self._of = self._project.journal.count(self._wanted) if self._ask.what is What.CALLS else None
        form = str(self._ask.form)
        match self._ask.form:
            case Form.CSV:
                with self._path.open("wb") as file:
                    written = CsvFile(file, self._columns, Clock(self._about.zone), bom=self._ask.bom)
                    for chunk in self._chunks():
                        written.put(chunk)
                        self._progress(len(chunk[0]))
            case Form.XLSX:
                self._xlsx()
            case Form.PDF:
                form = self._pdf()
        return Made(
            name=self._name(form),
            media_type=MEDIA_TYPES[form],
            rows=self._done,
            calls=self._done if self._of is None else self._of,
            period=self._period(),
            filters=self._filters(),
        )

    # --- rows -------------------------------------------------------------------------------------------------

    def _chunks(self) -> Iterator[Chunk]:
        if self._ask.what is What.CALLS:
            yield from call_chunks(
                self._project, self._wanted, self._columns, self._ask.language, self._ask.sort, self._mask
            )
        else:
            groups = self._groups()
            if groups:
                yield self._group_chunk([(self._label(each), each.totals) for each in groups])

    def _groups(self) -> tuple[TotalsGroup, ...]:
        return self._project.journal.groups(self._wanted, self._ask.by)

    def _label(self, group: TotalsGroup) -> str:
        return saying.group_label(group, self._ask.by, self._ask.language)

    def _group_chunk(self, named: Sequence[tuple[str, Totals]]) -> list[list[Any]]:
        takers = totals_takers(self._columns[1:])
        return [[name for name, _ in named], *([take(totals) for _, totals in named] for take in takers)]

    # --- forms ------------------------------------------------------------------------------------------------

    def _xlsx(self) -> None:
        head = (("title", saying.title(self._ask)), ("subject", self._period()), ("author", "Callfloor"))
        with self._path.open("wb") as file:
            sheet = self._said[f"sheet.{self._ask.what}"]
            book = XlsxFile(file, self._columns, Clock(self._about.zone), sheet=sheet, head=head)
            try:
                for chunk in self._chunks():
                    book.put(chunk)
                    self._progress(len(chunk[0]))
                book.close()
            except BaseException:
                book.drop()
                raise

    def _pdf(self) -> str:
        clock = Clock(self._about.zone, f"{saying.date_form(self._ask.language)} ")
        totals = self._project.journal.totals(self._wanted)
        last: tuple[str, ...] | None = None
        if self._ask.what is What.TOTALS:
            (last,) = page_cells(self._columns, self._group_chunk([(self._said["total"], totals)]), clock)
        parts = 1 if self._of is None else max(1, -(-self._of // LARGEST))
        waiting: list[tuple[str, ...]] = []
        made = 0

        def part(rows: Sequence[Sequence[str]], *, end: bool) -> bytes:
            nonlocal made
            made += 1
            page = self._page(totals if made == 1 else None, clock, made, parts)
            return pdf(page, self._columns, rows, last if end else None)

        if parts == 1:
            for chunk in self._chunks():
                waiting += page_cells(self._columns, chunk, clock)
                self._progress(len(chunk[0]))
            self._path.write_bytes(part(waiting[:LARGEST], end=True))
            return "pdf"
        with zipfile.ZipFile(self._path, "w", zipfile.ZIP_STORED) as bundle:
            for chunk in self._chunks():
                waiting += page_cells(self._columns, chunk, clock)
                self._progress(len(chunk[0]))
                while len(waiting) > LARGEST:
                    bundle.writestr(self._name("pdf", part=made + 1), part(waiting[:LARGEST], end=False))
                    del waiting[:LARGEST]
                    self._progress(0)
            bundle.writestr(self._name("pdf", part=made + 1), part(waiting, end=True))
        return "zip"

    def _page(self, totals: Totals | None, clock: Clock, part: int, parts: int) -> Page:
        said, language = self._said, self._ask.language
        lines = [
            (said["period"], self._period()),
            (said["filters"], self._filters()),
        ]
        if parts > 1:
            lines.append(("", said["part"].format(part, parts)))
        chart = None
        if totals is not None:
            by = saying.chart_by(self._wanted) if self._ask.what is What.CALLS else self._ask.by
            chart = saying.chart(self._project.journal.groups(self._wanted, by), by, language)
        made = said["made"].format(clock.text(self._now)[:-3])
        return Page(
            language=language,
            project=self._about.project,
            title=saying.title(self._ask),
            lines=tuple(lines),
            totals=() if totals is None else saying.figures(totals, language),
            chart=chart,
            foot=f"{made} · {said['zone'].format(self._about.zone.key)} · Callfloor",
            page=said["page"],
            empty=said["empty"],
            colours={said[key]: colour for key, colour in saying.COLOURS.items()},
        )

    # --- around it --------------------------------------------------------------------------------------------

    def _filters(self) -> str:
        wanted, mask = self._ask.filter, self._mask
        if mask is not None and wanted.client_e164 is not None:
            wanted = msgspec.structs.replace(wanted, client_e164=mask.short(wanted.client_e164))
        if mask is not None and wanted.number_part is not None:
            wanted = msgspec.structs.replace(wanted, number_part="*" * len(wanted.number_part))
        return saying.filters(wanted, self._directory, self._ask.language)

    def _period(self) -> str:
        return saying.period(self._wanted, self._about.zone, self._ask.language)

    def _name(self, form: str, *, part: int | None = None) -> str:
        first = datetime.fromtimestamp(self._wanted.started_from, self._about.zone).date()
        last = datetime.fromtimestamp(max(self._wanted.started_from, self._wanted.started_to - 1), self._about.zone)
        days = " – ".join(dict.fromkeys([first.isoformat(), last.date().isoformat()]))
        number = "" if part is None else f" {part}"
        return f"{saying.title(self._ask)} {days}{number}.{form}".replace(":", "").replace("/", "-")

    def _progress(self, rows: int) -> None:
        self._done += rows
        self._told(self._done, None if self._of is None else max(self._of, self._done))
        if shutil.disk_usage(self._path.parent).free < LEFT_FREE:
            raise ReportDiskError
