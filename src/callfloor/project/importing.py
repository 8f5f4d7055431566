"""Importing a PBX's own records into the journal: what the command line and the page both do.

The records are read by ``asterisk.history`` and written by ``store.imports``; a batch is one transaction, with the
position from which the next run goes on. What the journal knows whole is left as it is.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from callfloor.asterisk.history.databases import Table
from callfloor.asterisk.history.reading import BATCH_CALLS, Bounds, Reading
from callfloor.asterisk.history.servers import checked_url
from callfloor.asterisk.history.slices import CompanySpec, SourceSpec
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, Source
from callfloor.asterisk.history.times import zone_named
from callfloor.asterisk.history.worker import PiecesAsked
from callfloor.errors import InvalidInputError
from callfloor.project.record_readers import Readers
from callfloor.store.imports import ImportBatch, ImportPosition, ImportRefusal
from callfloor.store.store import ProjectStore

SETTLED_S: Final = 600.0
"""A call that was heard of so lately may still go on in the PBX's tables."""
FILE_KINDS: Final = (CEL, CDR, QUEUE_LOG)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be imported. Days are the PBX's local days, both inclusive."""

    zone: str
    cdr_files: tuple[Path, ...] = ()
    cel_files: tuple[Path, ...] = ()
    queue_logs: tuple[Path, ...] = ()
    database: str | None = None
    cdr_table: str | None = None
    cel_table: str | None = None
    queue_log_table: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    link: str | None = None
    encoding: str = "utf-8"
    trunks: tuple[str, ...] = ()
    again: bool = False


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    calls: int  # written now
    mended: int  # known in part before, and whole now
    known: int  # in the journal already, and left as they were
    refused: int
    rows: int
    sources: tuple[str, ...]


def specs_of(asked: Asked) -> tuple[SourceSpec, ...]:
    """Where the sources are.

    Raises:
        InvalidInputError: none was given, or something in it cannot be.
        ImportSourceError: one cannot be read.
    """
    zone_named(asked.zone)
    try:
        "".encode(asked.encoding)
    except LookupError:
        raise InvalidInputError(f"{asked.encoding!r} is no encoding; give one as utf-8 or cp1251") from None
    found: list[SourceSpec] = []
    for kind, paths in ((CEL, asked.cel_files), (CDR, asked.cdr_files), (QUEUE_LOG, asked.queue_logs)):
        found += [
            SourceSpec(kind=kind, zone=asked.zone, path=str(path), encoding=asked.encoding, alone=True)
            for path in paths
        ]
    began, ended = _period(asked)
    if asked.database is not None:
        url = checked_url(asked.database)
        named = {CEL: asked.cel_table, CDR: asked.cdr_table, QUEUE_LOG: asked.queue_log_table}
        specs = [
            SourceSpec(kind=kind, zone=asked.zone, url=url, table=name, began=began, ended=ended)
            for kind, name in named.items()
        ]
        tables = [(spec, spec.open()) for spec in specs]
        found += [
            spec for spec, table in tables if spec.table is not None or (isinstance(table, Table) and table.is_there())
        ]
    if not any(source.kind in (CEL, CDR) for source in found):
        raise InvalidInputError("give call records (cdr) or call events (cel): a file, or a database that has them")
    return tuple(found)


def _day(said: str) -> datetime:
    try:
        return datetime.strptime(said, "%Y-%m-%d")  # noqa: DTZ007 - a day of the PBX's, in no zone yet
    except ValueError:
        raise InvalidInputError(f"{said!r} is no day; give it as 2026-01-31") from None


def _period(asked: Asked) -> tuple[datetime | None, datetime | None]:
    """The days, a day wider at both ends for the tables: calls over midnight are told whole."""
    began = _day(asked.first_day) if asked.first_day else None
    ended = _day(asked.last_day) if asked.last_day else None
    if began and ended and ended < began:
        raise InvalidInputError("the last day is before the first")
    return (
        datetime.fromordinal(began.toordinal() - 1) if began else None,
        datetime.fromordinal(ended.toordinal() + 2) if ended else None,
    )


def bounds_of(asked: Asked, now: float) -> Bounds:
    """The instants between which calls must have begun."""
    zone = zone_named(asked.zone)
    began = _day(asked.first_day).replace(tzinfo=zone).timestamp() if asked.first_day else 0.0
    ended = 1e12
    if asked.last_day:
        ended = datetime.fromordinal(_day(asked.last_day).toordinal() + 1).replace(tzinfo=zone).timestamp()
    return Bounds(began=began, ended=ended, settled=now - SETTLED_S)


def company_of(project: ProjectStore, asked: Asked, country: str | None) -> CompanySpec:
    """What the directory and the rules say of the company whose records they are.

    Raises:
        InvalidInputError: several PBX links, and none was named; or no such link.
    """
    directory = project.directory.load()
    return CompanySpec(
        link=_link(project, asked.link),
        country=country,
        accounts=tuple(account for employee in directory.employees for account in employee.accounts),
        trunks=asked.trunks,
        directory=directory,
        missed_after_s=project.rules.load().missed_after_s,
        names={employee.name: employee.accounts[0] for employee in directory.employees if employee.accounts},
        mark="",
    )


def _link(project: ProjectStore, name: str | None) -> str:
    """What the ids of this PBX's calls begin with, as the service names the link (decision 0003)."""
    links = project.links.all()
    if name is None and len(links) > 1:
        names = ", ".join(link.name for link in links)
        raise InvalidInputError(f"this project has several PBX connections; say whose records these are: {names}")
    for link in links:
        if name in (None, link.name):
            return f"pbx{link.id}"
    if name is not None:
        raise InvalidInputError(f"this project has no PBX connection named {name!r}")
    return "pbx1"


def run(
    project: ProjectStore,
    asked: Asked,
    *,
    country: str | None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    clock: Callable[[], float] = time.time,
    batch_calls: int = BATCH_CALLS,
    processes: int = 0,
) -> Imported:
    """Read everything asked for, from where the last run came to, and write what is new.

    So many ``processes`` read beside this one, which writes; 0: it does all by itself. The result is the same.

    ``progress`` is told the steps done and of how many after every ``batch_calls`` calls, and while these are waited
    for; it may raise to end it there: nothing is lost.

    Raises:
        InvalidInputError: what was asked cannot be.
        ImportSourceError: a source cannot be read; what came before is written, and the next run goes on there.
        StoreError: the store refused; likewise.
    """
    specs = specs_of(asked)
    sources = [spec.open() for spec in specs]
    keys = {source.key: _key(source, asked) for source in sources}
    if asked.again:
        project.imports.forget(keys.values())
    known = project.imports.positions(keys.values())
    positions = {key: (known[kept].position, known[kept].reached) for key, kept in keys.items() if kept in known}
    company, bounds = company_of(project, asked, country), bounds_of(asked, clock())
    of = Reading(sources, bounds, positions).size()
    wanted = PiecesAsked(sources=specs, bounds=bounds, positions=positions, calls=batch_calls)
    calls = mended = present = refused = rows = 0
    done = [0]
    with Readers(processes) as readers:
        for batch in readers.told(wanted, company, lambda: progress(done[0], of)):
            made = ImportBatch(
                records=tuple(batch.records),
                refused=tuple(
                    ImportRefusal(source=keys[each.source], place=each.place, reason=each.reason)
                    for each in batch.refused
                ),
                positions={
                    keys[key]: ImportPosition(position=place, reached=reached)
                    for key, (place, reached) in batch.positions.items()
                },
                rows=batch.rows,
            )
            written = project.imports.write(made, at=clock())
            calls, mended = calls + written.calls, mended + written.mended
            present, refused, rows = present + written.known, refused + written.refused, rows + batch.rows
            done[0] = min(batch.done, of)
            progress(done[0], of)
    progress(of, of)
    return Imported(calls=calls, mended=mended, known=present, refused=refused, rows=rows, sources=tuple(keys.values()))


def _key(source: Source, asked: Asked) -> str:
    """What names the source in the store: another zone or another PBX is another import."""
    return f"{source.key} {asked.zone} {asked.link or ''} {asked.first_day or ''} {asked.last_day or ''}".strip()


def refusal_lines(project: ProjectStore, sources: Sequence[str]) -> list[ImportRefusal]:
    """What was refused of these sources, in the order of reading; see ``REFUSALS_KEPT``."""
    return [each for source in sources for each in project.imports.refusals(source)]
