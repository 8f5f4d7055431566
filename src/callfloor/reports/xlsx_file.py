"""XLSX with any number of rows, in memory that does not grow.

XlsxWriter makes the workbook: formats, widths, the frozen head, the filter. Its rows (some 10,000 a second) would be
too slow, so each sheet's rows are written here, straight into the compressed file: a sheet of XlsxWriter's with
its head alone is cut at the end of its rows, and ours go in. Where a sheet is full (1,048,576 rows), another begins.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any, Final

import xlsxwriter

from callfloor.reports.clock import DAY_S, Clock
from callfloor.reports.columns import Chunk, Column, Kind
from callfloor.reports.csv_file import Known

LARGEST_SHEET: Final = 1_048_576
"""Rows of a sheet, the head's among them."""

LONGEST_TEXT: Final = 32_767
"""Characters of a cell."""

_LEVEL = 1  # of compression: the rows are much alike, and more would cost more time than all the rest
_END_OF_ROWS = "</sheetData>"
_LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_CUT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 cannot have
_FORMATS: Final = {
    Kind.TEXT: {},
    Kind.INSTANT: {"num_format": "yyyy-mm-dd hh:mm:ss"},
    Kind.DURATION: {"num_format": "[h]:mm:ss"},
    Kind.COUNT: {"num_format": "0"},
    Kind.SHARE: {"num_format": "0.0%"},
    Kind.MONEY: {"num_format": "0.00##"},
}
_HEAD: Final = {"bold": True, "bg_color": "#EEF1F5", "bottom": 1, "bottom_color": "#8592A6", "text_wrap": True}


class XlsxFile:
    """A workbook being written to an open, seekable binary file."""

    def __init__(
        self,
        file: IO[bytes],
        columns: Sequence[Column],
        clock: Clock,
        *,
        sheet: str,
        head: Sequence[tuple[str, str]] = (),
        largest_sheet: int = LARGEST_SHEET,
    ) -> None:
        """``sheet`` names the sheets; ``head`` are the workbook's properties: title, subject, comments."""
        self._columns = tuple(columns)
        self._sheet = sheet
        self._head = tuple(head)
        self._largest = largest_sheet
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._rows: list[int] = []  # of each sheet, its head's with them
        self._out: IO[bytes] | None = None
        self._formers = [
            _former(column.kind, clock, style) for column, style in zip(self._columns, self._styles(), strict=True)
        ]

    def put(self, chunk: Chunk) -> None:
        """Write some rows."""
        cells = [form(values) for form, values in zip(self._formers, chunk, strict=True)]
        rows = list(map("".join, zip(*cells, strict=True)))
        at = 0
        while at < len(rows):
            if self._out is None or self._rows[-1] >= self._largest:
                self._begin()
            room = self._largest - self._rows[-1]
            part = rows[at : at + room]
            self._write("<row>" + "</row><row>".join(part) + "</row>")
            self._rows[-1] += len(part)
            at += len(part)

    def close(self) -> None:
        """Write the rest of the workbook. The file stays open."""
        if self._out is None:
            self._begin()
        self._end()
        with zipfile.ZipFile(io.BytesIO(self._skeleton(self._rows))) as skeleton:
            for name in skeleton.namelist():
                if not name.startswith("xl/worksheets/sheet"):
                    self._zip.writestr(name, skeleton.read(name))
        self._zip.close()

    def drop(self) -> None:
        """Give up: nothing more is written, and what there is is no workbook."""
        self._out = None
        self._zip.fp = None  # otherwise the garbage collector writes a directory to a file that is closed by then

    def _begin(self) -> None:
        if self._out is not None:
            self._end()
        self._rows.append(1)
        number = len(self._rows)
        self._out = self._zip.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True)
        self._write(self._sheet_xml(1).partition(_END_OF_ROWS)[0])

    def _end(self) -> None:
        tail = self._sheet_xml(self._rows[-1]).partition(_END_OF_ROWS)[2]
        self._write(_END_OF_ROWS + tail)
        if self._out is not None:
            self._out.close()

    def _write(self, text: str) -> None:
        if self._out is None:
            raise ValueError("the workbook is closed")
        self._out.write(text.encode("utf-8"))

    # --- what XlsxWriter makes --------------------------------------------------------------------------------

    def _sheet_xml(self, rows: int) -> str:
        with zipfile.ZipFile(io.BytesIO(self._skeleton([rows]))) as skeleton:
            text = skeleton.read("xl/worksheets/sheet1.xml").decode("utf-8")
        text = re.sub(r"<dimension [^>]*/>", "", text)  # optional, and not known when a sheet begins
        return text if len(self._rows) == 1 else text.replace(' tabSelected="1"', "")

    def _skeleton(self, rows: Sequence[int]) -> bytes:
        """A workbook of so many sheets, each with its head alone, whose filter spans so many rows."""
        made = io.BytesIO()
        book = xlsxwriter.Workbook(made, {"in_memory": True, "constant_memory": False})
        book.set_properties(dict(self._head))
        formats = {kind: book.add_format(look) for kind, look in _FORMATS.items()}
        title = book.add_format(_HEAD)
        for number, count in enumerate(rows, 1):
            sheet = book.add_worksheet(self._sheet if len(rows) == 1 else f"{self._sheet[:24]} {number}")
            for at, column in enumerate(self._columns):
                sheet.set_column(at, at, column.width, formats[column.kind])
                sheet.write_string(0, at, column.title, title)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(1, count - 1), len(self._columns) - 1)
        book.close()
        return made.getvalue()

    def _styles(self) -> list[str]:
        """What of each column's cells names their format: the number that XlsxWriter gave it."""
        found = dict.fromkeys(range(len(self._columns)), "")
        for tag in re.findall("<col [^>]*>", self._sheet_xml(1)):
            told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if "style" in told:
                for at in range(int(told["min"]) - 1, int(told["max"])):
                    found[at] = f' s="{told["style"]}"'
        return [found[at] for at in range(len(self._columns))]


Former = Callable[[Sequence[Any]], Iterable[str]]
"""A column's raw values to its cells."""


def _text(text: str) -> str:
    text = _LIKE_AN_ESCAPE.sub("_x005F_", text[:LONGEST_TEXT])
    text = _CUT.sub("\ufffd", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    space = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f'<c t="inlineStr"><is><t{space}>{text}</t></is></c>' if text else "<c/>"


def _former(kind: Kind, clock: Clock, style: str) -> Former:
    head, tail = f"<c{style}><v>", "</v></c>"

    if kind is Kind.TEXT:
        texts = Known(_text, none="<c/>").__getitem__
        return lambda values: map(texts, values)
    if kind is Kind.INSTANT:
        serial = clock.serial
        return lambda values: ["<c/>" if at is None else f"{head}{serial(at):.10f}{tail}" for at in values]
    if kind is Kind.DURATION:
        days = Known(lambda seconds: f"{head}{seconds / DAY_S:.10f}{tail}", none="<c/>")
        return lambda values: ["<c/>" if value is None else days[int(value)] for value in values]
    numbers = Known(lambda value: f"{head}{value}{tail}", none="<c/>").__getitem__
    return lambda values: map(numbers, values)
