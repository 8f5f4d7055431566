"""A report as PDF: typst sets ``report.typ`` with the report's words as data, in the fonts that its package brings.

Typst keeps a whole document in memory, some 120 KB a row; so one PDF holds ``LARGEST`` rows at most, and a report of
more is several, in one ZIP.
"""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from callfloor.reports.clock import Clock
from callfloor.reports.columns import Chunk, Column, Kind

LARGEST: Final = 10_000
"""Rows of one PDF."""

TAGGED: Final = 1_000
"""Up to so many rows a PDF has the tags that screen readers go by; of more they would be twenty times the text."""

TEMPLATE: Final = Path(__file__).with_name("report.typ")
_WIDE_FROM = 8  # columns
_TINTED = {"type", "result"}  # columns whose words have colours
_END = {Kind.DURATION, Kind.COUNT, Kind.SHARE, Kind.MONEY}


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Stacked columns: each bar has as many values as there are series."""

    title: str
    series: tuple[tuple[str, str], ...]  # name, colour
    bars: tuple[tuple[str, tuple[int, ...]], ...]  # label, values


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around the table."""

    language: str
    project: str
    title: str
    lines: tuple[tuple[str, str], ...]  # name, value: the period, the filters
    totals: tuple[tuple[str, str, str], ...]  # name, value, colour
    chart: Chart | None
    foot: str
    page: str  # "Page {0} of {1}"
    empty: str
    colours: dict[str, str]  # texts of the table that have a colour


def pdf(
    page: Page, columns: Sequence[Column], rows: Sequence[Sequence[str]], last: Sequence[str] | None = None
) -> bytes:
    """The document.

    Args:
        page: what stands around the table.
        columns: the table's.
        rows: the table's cells, as they are to be read.
        last: a row that stands out at the end: the totals of a table of groups.

    Raises:
        ValueError: there are more rows than ``LARGEST``.
    """
    if len(rows) > LARGEST:
        raise ValueError("too many rows for one document")
    made: bytes = _compile(told(page, columns, rows, last), "pdf", tagged=len(rows) <= TAGGED)
    return made


def pictures(
    page: Page, columns: Sequence[Column], rows: Sequence[Sequence[str]], last: Sequence[str] | None = None
) -> list[bytes]:
    """The document's pages as PNG, to be looked at."""
    made = _compile(told(page, columns, rows, last), "png", tagged=False)
    return made if isinstance(made, list) else [made]


def told(
    page: Page, columns: Sequence[Column], rows: Sequence[Sequence[str]], last: Sequence[str] | None
) -> dict[str, Any]:
    """The template's data."""
    before, _, rest = page.page.partition("{0}")
    between, _, after = rest.partition("{1}")
    wide = len(columns) >= _WIDE_FROM
    return {
        "language": page.language,
        "project": page.project,
        "title": page.title,
        "lines": page.lines,
        "totals": page.totals,
        "chart": None if page.chart is None else _chart(page.chart, wide=wide),
        "foot": page.foot,
        "page": (before, between, after),
        "empty": page.empty,
        "colours": page.colours,
        "wide": wide,
        "size": 9.0 if len(columns) <= 7 else 8.0 if len(columns) <= 11 else 7.0 if len(columns) <= 15 else 6.2,
        "columns": [(column.title, _share(column), column.kind in _END) for column in columns],
        "tinted": [at for at, column in enumerate(columns) if column.key in _TINTED],
        "rows": rows,
        "last": last,
    }


def page_cells(columns: Sequence[Column], chunk: Chunk, clock: Clock) -> list[tuple[str, ...]]:
    """Raw values as a page says them: the rows of a table."""
    cells = [_cells(column.kind, values, clock) for column, values in zip(columns, chunk, strict=True)]
    return list(zip(*cells, strict=True))


def page_duration(seconds: float) -> str:
    """``0:47``, ``12:08``, ``1:02:33``, as the page has it."""
    minute, second = divmod(int(seconds), 60)
    hour, minute = divmod(minute, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


def _share(column: Column) -> int:
    """Of the width: its values', and at least its title's longest word's, a word of more than 11 letters hyphenated."""
    longest = min(11, max(map(len, column.title.split()), default=1))
    return max(column.width, longest + 2)


def _cells(kind: Kind, values: Sequence[Any], clock: Clock) -> list[str]:
    if kind is Kind.INSTANT:
        return clock.texts(values)
    if kind is Kind.DURATION:
        return ["" if value is None else page_duration(value) for value in values]
    if kind is Kind.SHARE:
        return ["" if value is None else f"{value * 100:.1f} %" for value in values]
    return ["" if value is None else str(value) for value in values]


def _chart(chart: Chart, *, wide: bool) -> dict[str, Any] | None:
    if not chart.bars:
        return None
    most = max(sum(values) for _, values in chart.bars)
    step = _step(most)
    top = max(step, math.ceil(most / step) * step)
    slanted = max(len(label) for label, _ in chart.bars) > 8  # names: each has its own, so all are written
    labels = (48 if wide else 32) if slanted else (22 if wide else 14)  # as many as there is room for
    every = math.ceil(len(chart.bars) / labels)
    return {
        "title": chart.title,
        "series": chart.series,
        "most": top,
        "slanted": slanted,
        "ticks": list(range(0, top + 1, step)),
        "bars": [(label if at % every == 0 else "", values) for at, (label, values) in enumerate(chart.bars)],
    }


def _step(most: int) -> int:
    """A round distance between grid lines, of which there are five at most."""
    for power in range(12):
        for first in (1, 2, 5):
            if first * 10**power * 4 >= most:
                return int(first * 10**power)
    return max(1, most)


@cache
def _fonts() -> typst.Fonts:
    # The page is set in the package's own fonts, so it looks alike everywhere; for a script that they do not have
    # (a Chinese name) typst looks among the machine's.
    return typst.Fonts(include_system_fonts=True)


def _compile(data: dict[str, Any], form: Any, *, tagged: bool) -> Any:
    compiler = typst.Compiler(
        TEMPLATE.read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"report": msgspec.json.encode(data).decode()},
    )
    return compiler.compile(format=form, ppi=110 if form == "png" else None, pdf_tags=tagged)
