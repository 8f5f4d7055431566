"""One slice of time of a PBX's records: the calls that began in it, told whole, wherever their rows lie.

A repair is cut into slices that know nothing of one another, so that they can be read at once, by processes of their
own. A call belongs to the slice in which its first channel began: the second is in the channel's unique id. What of
it comes after the slice is read, too; of a call that began before the slice only its rows in it are seen, and it is
left to whoever has the earlier slice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from callfloor.asterisk.history.files import CsvFile, QueueLogFile
from callfloor.asterisk.history.gather import ABANDONED_S, Gathered, Gatherer, in_order
from callfloor.asterisk.history.reading import tell
from callfloor.asterisk.history.rotated import Rotated
from callfloor.asterisk.history.rows import CdrRow, HistoryRow, id_seconds
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, Refused, Source
from callfloor.asterisk.history.stories import Company
from callfloor.asterisk.history.times import Clock, zone_named
from callfloor.asterisk.marks import Mark
from callfloor.asterisk.parties import Parties
from callfloor.errors import InvalidInputError
from callfloor.floor.calls import CallRecord
from callfloor.floor.directory import Directory
from callfloor.floor.retold import Talk

PASSED_S: Final = 5.0
"""Rows of one moment may be out of order by as much, and a call's last are written a moment after its end."""
SILENT_S: Final = 60.0
"""A call that the floor does not have, and of which nothing was written for so long, ended with its PBX."""
REFUSALS_TOLD: Final = 20
TOLD_AT_ONCE: Final = 16
"""Calls that are told one after the other: what a processor has just done it does again sooner."""


class SourceSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Where one kind of a PBX's records lies: the file that is written now, or a table; or a file that is whole."""

    kind: str
    zone: str
    path: str | None = None
    url: str | None = None  # with its password: it goes to a reading process, and nowhere else
    table: str | None = None
    encoding: str = "utf-8"
    alone: bool = False  # nothing was rotated away from the file
    began: datetime | None = None  # of a table: rows from this local time of the PBX
    ended: datetime | None = None  # … and before this

    def open(self) -> Source:
        """The source, with a clock of its own.

        Raises:
            InvalidInputError: it says neither, or no zone.
        """
        clock = Clock(zone_named(self.zone))
        if self.path is not None and self.alone:
            path = Path(self.path)
            if self.kind == QUEUE_LOG:
                return QueueLogFile(path, clock)
            return CsvFile(path, self.kind, clock, encoding=self.encoding)
        if self.path is not None:
            return Rotated(Path(self.path), self.kind, clock, encoding=self.encoding)
        if self.url is None:
            raise InvalidInputError("a source is a file or a table")
        from callfloor.asterisk.history.databases import Table  # noqa: PLC0415  # drivers load longer than all else here

        return Table(self.url, self.kind, clock, table=self.table, began=self.began, ended=self.ended)


class CompanySpec(msgspec.Struct, frozen=True, kw_only=True):
    """``Company``, as it goes to another process."""

    link: str
    country: str | None
    accounts: tuple[str, ...]  # as the PBX names them
    trunks: tuple[str, ...]
    directory: Directory
    missed_after_s: float
    names: dict[str, str]
    mark: str

    def open(self) -> Company:
        """The company."""
        parties = Parties(trunks=self.trunks)
        parties.give(self.accounts)
        return Company(
            link=self.link,
            parties=parties,
            country=self.country,
            directory=self.directory,
            missed_after_s=self.missed_after_s,
            names=self.names,
            mark=Mark(self.mark),
        )


class SliceAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls are wanted. Instants are ours; the PBX's clock is ``ahead_s`` before them."""

    begins: float
    ends: float  # they began in [begins, ends) …
    lived_from: float
    lived_to: float  # … and were going on at some time in here
    only: frozenset[str] | None = None  # … and one of these ids names them, without the link's name
    live: frozenset[str] = frozenset()  # ids of what goes on now
    sure: bool = True  # nothing else goes on
    now: float = 0.0
    ahead_s: float = 0.0


class SliceTold(msgspec.Struct, kw_only=True):
    """What came of a slice."""

    records: list[CallRecord] = []
    talks: list[Talk] = []
    names: dict[str, list[str]] = {}  # a record's call id -> the other ids of its rows, without the link's name
    before: dict[str, float] = {}  # ids of calls that began before the slice -> when, as far as their ids say
    waits: list[str] = []  # ids of wanted calls that have not ended, or whose end has not been written
    rows: int = 0
    refused: int = 0
    refusals: list[Refused] = []
    heard_at: dict[str, float] = {}  # by kind: the last instant of which there is a row


class _Slice:
    def __init__(self, sources: Sequence[Source], company: Company, asked: SliceAsked) -> None:
        self._sources = sources
        self._company = company
        self._asked = asked
        self._ahead = asked.ahead_s
        self._ends = asked.ends + self._ahead  # by the PBX's clock, as everything here
        self._gatherer = Gatherer()
        self._last: dict[str, float] = {}
        self._past = False  # the slice's end was read
        self.told = SliceTold()

    def run(self, go_on: Callable[[], None]) -> SliceTold:
        """Read until every call of the slice is whole, or the sources end."""
        began = self._asked.begins + self._ahead - PASSED_S
        rows = in_order([self._rows(number, began) for number in range(len(self._sources))])
        looked_at, put, keys = 0.0, self._gatherer.put, [source.key for source in self._sources]
        whole: list[Gathered] = []
        for at, number, row in rows:
            put(keys[number], row)
            if at - looked_at > SILENT_S:
                looked_at = at
                go_on()
                whole += self._gatherer.complete()
                if len(whole) >= TOLD_AT_ONCE:
                    self._take_all(whole)
                if at > self._ends + PASSED_S and not self._lacks(at):
                    self._past = True
                    break
        self._take_all([*whole, *self._gatherer.rest()])
        self._check_zones()
        told = self.told
        told.heard_at = {kind: at - self._ahead for kind, at in self._last.items()}
        return told

    def _rows(self, number: int, began: float) -> Iterator[tuple[float, int, HistoryRow]]:
        """A source's rows, each with its instant; of one instant, those of the earlier source go first."""
        told, source = self.told, self._sources[number]
        last, kind = self._last, source.kind
        heard_at = last.get(kind, 0.0)
        for row in source.rows(source.place_at(began)):
            told.rows += 1
            if row is None:
                continue
            if isinstance(row, Refused):
                told.refused += 1
                if len(told.refusals) < REFUSALS_TOLD:
                    told.refusals.append(row)
                continue
            at = row.at
            wrote_at = row.ended_at if row.__class__ is CdrRow else at
            if wrote_at > heard_at:
                last[kind] = heard_at = wrote_at
            yield at, number, row

    def _check_zones(self) -> None:
        for source in self._sources:
            wrong_s = source.clock.wrong_by_s()
            if wrong_s is not None:
                raise InvalidInputError(
                    f"the times of the PBX's records are {wrong_s / 3600:+g} h off the seconds in their unique ids: "
                    "its time zone is another one than is set; nothing was written"
                )

    def _lacks(self, at: float) -> bool:
        """Is a call of this slice not whole yet?"""
        for call in self._gatherer.calls:
            silent_s = at - call.last_at
            if (silent_s <= PASSED_S or (not call.ended and silent_s < ABANDONED_S)) and self._is_wanted(
                call, began_at(call, _ids(call)) - self._ahead
            ):
                return True
        return False

    def _is_wanted(self, call: Gathered, began: float) -> bool:
        asked, ahead = self._asked, self._ahead
        if not asked.begins <= began < asked.ends or began > asked.lived_to:
            return False
        if call.ended and call.last_at - ahead < asked.lived_from:
            return False
        return asked.only is None or not asked.only.isdisjoint(call.keys)

    def _take_all(self, calls: list[Gathered]) -> None:
        for call in calls:
            self._take(call)
        calls.clear()

    def _take(self, call: Gathered) -> None:
        asked, told = self._asked, self.told
        if not call.cel and not call.cdr:
            return
        ids = _ids(call)
        began = began_at(call, ids) - self._ahead
        if began < asked.begins and call.last_at - self._ahead >= asked.lived_from:
            told.before |= {key: began for key in call.keys if id_seconds(key) is not None}
            return
        if not self._is_wanted(call, began):
            return
        if not asked.live.isdisjoint(ids) or (call.cel and not call.ended and not self._is_silent(call)):
            told.waits.append(min(ids))
            return
        if self._ahead:
            _shift(call, -self._ahead)
        found = tell(call, self._company)
        told.records += [msgspec.structs.replace(record, repaired=True) for record in found.records]
        told.talks += found.talks
        if found.records:
            own = {record.call_id.partition("-")[2] for record in found.records}
            told.names[found.records[0].call_id] = sorted(ids - own)

    def _is_silent(self, call: Gathered) -> bool:
        """The source went on without it."""
        heard = max(self._last.values(), default=0.0)
        if not self._asked.sure:
            return heard - call.last_at > ABANDONED_S
        silent_s = max(heard, self._asked.now + self._ahead) - call.last_at
        return silent_s > SILENT_S and heard > call.last_at + PASSED_S


def _ids(call: Gathered) -> set[str]:
    ids = {row.uniqueid for row in call.cel}
    ids.update([row.linkedid for row in call.cel])
    ids.update([row.uniqueid for row in call.cdr])
    ids.update([row.linkedid for row in call.cdr])
    return ids


def began_at(call: Gathered, ids: Iterable[str]) -> float:
    """When the call's oldest channel began, by the PBX's clock, as its ids say; else its first row."""
    by_ids = [at for name in ids if (at := id_seconds(name)) is not None]
    if by_ids:
        return min(by_ids)
    return min([row.at for row in call.cel] + [row.at for row in call.cdr], default=0.0)


def _shift(call: Gathered, by_s: float) -> None:
    for event in call.cel:
        event.at += by_s
    for line in call.log:
        line.at += by_s
    for record in call.cdr:
        record.at += by_s
        record.ended_at += by_s
        if record.answered_at is not None:
            record.answered_at += by_s


def tell_slice(
    sources: Sequence[Source], company: Company, asked: SliceAsked, go_on: Callable[[], None] = lambda: None
) -> SliceTold:
    """The calls of a slice. ``go_on`` is called now and then, and may raise to end it.

    Raises:
        ImportSourceError: a source cannot be read.
        InvalidInputError: the zone is plainly another than was said.
    """
    return _Slice(sources, company, asked).run(go_on)


def rows_between(sources: Sequence[Source], began: float, ended: float) -> int:
    """About how many steps lie between two instants, of the source that tells of calls.

    Raises:
        ImportSourceError: it cannot be read.
    """
    main = next((each for kind in (CEL, CDR) for each in sources if each.kind == kind), None)
    return 0 if main is None else max(0, main.steps(main.place_at(began), main.place_at(ended)))
