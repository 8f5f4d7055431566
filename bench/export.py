"""A million calls as a file: CSV and XLSX of the usual columns, and ten thousand as PDF, from SQLite as it is shipped.

Rows a second are from the question to the closed file, reading included. Memory is the growth of the process's peak
over half of the same file: what does not grow with the rows is nought.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import Figure, at_least, at_most
from bench.journal_fill import FIRST
from bench.years import smaller
from callfloor.reports.making import About, Seen, make
from callfloor.store import Store
from callfloor.store.call_filter import CallFilter
from callfloor.store.report_asks import Form, ReportAsk, What

CALLS = 1_000_000
TWO_YEARS_S = 731 * 86_400.0
PDF_ROWS = 10_000
GROWTH_MB = 100.0


def main() -> list[Figure]:
    """About a minute and a half."""
    with tempfile.TemporaryDirectory(prefix="callfloor-bench-") as folder, smaller(CALLS) as (store, _):
        half, whole = FIRST + TWO_YEARS_S / 2, FIRST + TWO_YEARS_S
        figures = []
        for form, target in ((Form.CSV, 100_000.0), (Form.XLSX, 20_000.0)):
            _made(store, folder, form, FIRST, half)
            before = _peak_mb()
            rows, took = _made(store, folder, form, FIRST, whole)
            note = f"{rows:,} calls, 14 columns"
            figures.append(at_least(f"export: {form.upper()}", rows / took, target, "rows/s", note=note))
            figures.append(
                at_most(
                    f"export: {form.upper()}, memory for twice the rows", _peak_mb() - before, GROWTH_MB, "MB",
                    words="flat",
                )
            )  # fmt: skip
        day = TWO_YEARS_S / 731 * (PDF_ROWS / (CALLS / 731))
        rows, took = _made(store, folder, Form.PDF, half, half + day)
        note = f"{rows:,} calls, 14 columns, chart and totals"
        figures.append(at_most("export: PDF", took * PDF_ROWS / max(rows, 1), 30.0, "s for 10,000 rows", note=note))
        return figures


def _made(store: Store, folder: str, form: Form, begin: float, end: float) -> tuple[int, float]:
    """How many rows a file has, and the seconds it took."""
    ask = ReportAsk(what=What.CALLS, form=form, filter=CallFilter(started_from=begin, started_to=end))
    about = About(project="Bench", zone=ZoneInfo("Europe/Warsaw"))
    begun = time.perf_counter()
    made = make(store.project(1), about, ask, Seen(), Path(folder) / "report", lambda _done, _of: None, now=end)
    return made.rows, time.perf_counter() - begun


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
