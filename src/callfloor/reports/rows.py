"""Where a document's rows come from: the journal's calls of a filter, in chunks of columns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from callfloor.reports.columns import Chunk, Column, call_takers
from callfloor.reports.csv_file import Known
from callfloor.reports.words import words
from callfloor.store.call_filter import CallFilter, Sort, SortKey
from callfloor.store.journal_columns import MARKS, NAMES
from callfloor.store.journal_rows import JournalRow
from callfloor.store.masking import Masking
from callfloor.store.store import ProjectStore

_NEWEST = Sort()
CHUNK = 2_000
"""Calls taken at a time where they must be taken whole."""


def call_chunks(
    project: ProjectStore,
    wanted: CallFilter,
    columns: Sequence[Column],
    language: str,
    sort: Sort = _NEWEST,
    mask: Masking | None = None,
) -> Iterator[Chunk]:
    """The calls of a filter in this order, as raw values of these columns; clients' numbers as the mask has them.

    Newest first, columns that the journal keeps as such are taken as such, a million calls in seconds; with any other
    column, and in any other order, the calls are taken whole.
    """
    if sort == _NEWEST and all(column.key in NAMES for column in columns):
        return _from_columns(project, wanted, columns, language, mask)
    by_start = sort.key is SortKey.STARTED
    found = project.journal.stream(wanted, sort) if by_start else project.journal.ordered(wanted, sort)
    return _from_lines(found if mask is None else map(_shortened(mask), found), columns, language)


def _from_columns(
    project: ProjectStore, wanted: CallFilter, columns: Sequence[Column], language: str, mask: Masking | None
) -> Iterator[Chunk]:
    say = _sayings(language, mask)
    for found in project.journal_columns.stream(wanted, [column.key for column in columns]):
        chunk: list[Sequence[Any]] = []
        for column in columns:
            values, said = found[column.key], say.get(column.key)
            chunk.append(values if said is None else list(map(said, values)))
        yield chunk


def _from_lines(found: Iterable[JournalRow], columns: Sequence[Column], language: str) -> Iterator[Chunk]:
    takers = call_takers(columns, language)
    rows = iter(found)
    while some := list(islice(rows, CHUNK)):
        yield [[take(row) for row in some] for take in takers]


def _shortened(mask: Masking) -> Callable[[JournalRow], JournalRow]:
    """A line as it stands in a document: the client by the masked number and the beginning of its key."""

    def line(row: JournalRow) -> JournalRow:
        client = row.client_e164 or row.client_number
        return msgspec.structs.replace(mask.over(row), client_e164=None if client is None else mask.short(client))

    return line


def _sayings(language: str, mask: Masking | None) -> dict[str, Callable[[Any], Any]]:
    """For the columns whose values are words of the API, the language's words."""
    said = words(language)

    def named(prefix: str) -> Callable[[Any], Any]:
        found = {key.removeprefix(prefix): word for key, word in said.items() if key.startswith(prefix)}
        return found.get

    def marks(bits: int) -> str:
        return ", ".join(said[f"mark.{mark}"] for place, mark in enumerate(MARKS) if bits >> place & 1)

    hidden, yes = said["hidden"], said["yes"]
    known_marks: dict[Any, str] = Known(marks)
    shown: Callable[[str], str] = str if mask is None else mask.short
    parts = {part: said[f"part.{part}"] for part in ("ivr", "voicemail", "fax", "conference")}

    def way(route: str | None) -> str | None:
        told = route and " → ".join(parts.get(step, step) for step in route.split(" → "))
        return told if mask is None or not told else mask.text(told)

    masked: dict[str, Callable[[Any], Any]] = {} if mask is None else {"tags": lambda text: text and mask.text(text)}
    return {
        "type": named("type."),
        "result": named("result."),
        "hung_up_by": named("party."),
        "marks": lambda bits: known_marks[bits] or None,
        "client": lambda number: shown(number) if number else hidden,
        "recorded": lambda recorded: yes if recorded else None,
        "route": way,
        **masked,
    }
