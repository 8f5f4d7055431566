"""Exports to a file: the kind ``export`` of long work."""

import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from callfloor.errors import InvalidInputError, NoLongerAllowedError
from callfloor.reports.making import About, make
from callfloor.reports.post import ReaderOf
from callfloor.store.jobs import MASKED
from callfloor.store.report_asks import ReportAsk
from callfloor.store.store import ProjectStore

KIND = "export"


class Report(Protocol):
    """What long work gives: see ``long_work.Report``."""

    def progress(self, done: int, of: int | None = None) -> None:
        """So much is done; raises where the work is to stop."""

    def file(self, name: str, media_type: str) -> Any:
        """The path to write to, and what the file is called."""


def export(about: Callable[[], About], reader_of: ReaderOf) -> Callable[[ProjectStore, dict[str, Any], Report], Any]:
    """The function of the kind. Its parameters: ``ask`` (a ``ReportAsk``) and ``user_id``, whose sight it has."""

    def run(project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        try:
            ask = msgspec.convert(params["ask"], ReportAsk)
            user_id = int(params["user_id"])
        except (KeyError, ValueError, msgspec.ValidationError):
            raise InvalidInputError("this is no export") from None
        reader = reader_of(user_id)
        if reader is None:
            raise NoLongerAllowedError
        path = report.file("export", "application/octet-stream")
        made = make(project, about(), ask, reader.seen, path, report.progress, now=time.time())
        report.file(made.name, made.media_type)
        masked = {} if reader.seen.mask is None else {MASKED: True}
        return {"rows": made.rows, "period": made.period, "filters": made.filters, **masked}

    return run
