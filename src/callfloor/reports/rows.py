"""Where a document's rows come from: the journal's calls of a filter, in chunks of columns."""

from collections.abc import Iterator, Sequence
from itertools import islice

from callfloor.reports.columns import Chunk, Column, call_takers
from callfloor.store.call_filter import CallFilter
from callfloor.store.store import ProjectStore

CHUNK = 2_000
"""Calls taken at a time."""


def call_chunks(project: ProjectStore, wanted: CallFilter, columns: Sequence[Column], language: str) -> Iterator[Chunk]:
    """The calls of a filter, newest first, as raw values of these columns."""
    takers = call_takers(columns, language)
    rows = iter(project.journal.stream(wanted))
    while some := list(islice(rows, CHUNK)):
        yield [[take(row) for row in some] for take in takers]
