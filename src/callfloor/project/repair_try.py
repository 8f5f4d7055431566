"""One try of a repair: read the PBX's records of the period, write what the journal lacks, say what is still lacking.

Blocking, for a thread of its own; the reading is done by other processes. Trying again changes only what the try
before could not know, so that it does no harm to be killed in the middle, or to try twice at once.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from callfloor.asterisk.history.slices import CompanySpec, SliceAsked, SliceTold, SourceSpec, rows_between
from callfloor.asterisk.history.sources import CDR, CEL, ImportSourceError, Source
from callfloor.asterisk.history.worker import ReadAsked
from callfloor.floor.directory import Directory
from callfloor.floor.retold import Talk
from callfloor.project.record_readers import Readers
from callfloor.store.repairs import Repair, RepairState
from callfloor.store.status_repairs import TalkOf
from callfloor.store.store import ProjectStore

EDGE_S: Final = 60.0
"""An outage began some time before it was noticed: a wire that is mute is found by its pings."""
QUIET_S: Final = 900.0
"""After so long without a row the PBX has written what it had: it keeps call records back for 300 s at most."""
LATE_S: Final = 120.0
"""A call that was watched whole and ended so long ago is in the records, or these are late."""
READ_AGAIN_S: Final = 900.0
"""So much of what the records reached is read again when they reach further: call records come late, calls go on."""
GIVEN_UP_S: Final = 7 * 86_400.0
BACK_OFF_S: Final = (5.0, 15.0, 60.0, 180.0, 300.0, 600.0, 1800.0, 3600.0)
GOING_ON_S: Final = 300.0
"""While a call of the outage goes on, it is looked after so often at the least."""
BATCH_CALLS: Final = 500
GRAIN_S: Final = {CEL: 0.0, CDR: 2.0}
"""Call records have whole seconds, beginning and length each cut."""
STEPS_OF_A_SLICE: Final = {True: 60_000, False: 8_000_000}  # rows of a table; bytes of a file: some thousand calls
SHORTEST_SLICE_S: Final = 3600.0  # up to MOST_SLICES as large: each is read on until its last call is over
MOST_SLICES: Final = 4
LONGEST_SLICES: Final = 20_000
LOOKED_BACK: Final = 3
AGAIN_S: Final = 3600.0
"""So long after a period's end what was seen of its calls, after they had been given up, is looked for."""
_ROUND: Final = 1.0


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on while a repair is tried."""

    at: float
    live: frozenset[str]  # ids of the link's legs and calls, without its name
    sure: bool  # the link is live: nothing else goes on
    ahead_s: float  # the PBX's clock is so much ahead of ours


class Outcome(msgspec.Struct, kw_only=True):
    """What came of a try."""

    calls: int = 0
    mended: int = 0
    known: int = 0
    refused: int = 0
    rows: int = 0
    waits: int = 0
    unmended: int = 0
    late: bool = False
    reaches: float | None = None  # up to here each kind of records is written, where they are late


class RepairTry:
    """One try. ``progress`` is told parts done and of how many, and may raise to end it."""

    def __init__(
        self,
        project: ProjectStore,
        repair: Repair,
        link: str,
        specs: Sequence[SourceSpec],
        company: CompanySpec,
        now: Now,
        progress: Callable[[int, int | None], None],
    ) -> None:
        self._project = project
        self._repair = repair
        self._link = link
        self._specs = tuple(specs)
        self._company = company
        self._now = now
        self._progress = progress
        edge_s = EDGE_S if repair.outage_id is not None else 0.0
        self._began = repair.began_at - edge_s
        self._ended = min(repair.ended_at + edge_s, max(now.at, repair.began_at))
        self._owners = _owners(company.directory)
        self._done = 0
        self._heard: dict[str, float] = {}
        self._waits: set[str] = set()
        self._again: dict[str, list[str]] = {}  # an id of the PBX's -> rows of calls that came to light under it again
        self.came = Outcome()

    def run(self, processes: int) -> Outcome:
        """Try.

        Raises:
            ImportSourceError: the records cannot be read; what was written by then is written.
            InvalidInputError: their zone is plainly another one than was said.
            StoreError: the store refused; likewise.
        """
        partials = self._partials()
        start = max(self._began, self._repair.reached_at or 0.0)
        slices = [self._asked(begins, ends) for begins, ends in self._cut(start)]
        of = len(slices) + 1
        self._progress(0, of)
        before = {self._bare(call_id): began for call_id, began in partials if began < start}
        with Readers(processes) as readers:
            for asked, told in readers.read(slices, self._go_on):
                self._write(told)
                if asked.slice.begins == start:
                    before |= told.before
                self._project.repairs.reach(self._repair.id, asked.slice.ends)
                self._progress(self._done + 1, of)
                self._done += 1
            self._look_back(readers, before, start)
        self._progress(of, of)
        return self._judged()

    def _partials(self) -> list[tuple[str, float]]:
        """Calls of the period that are known in part, and when they began."""
        until = max(self._ended, min(self._ended + AGAIN_S, self._now.at))
        found = self._project.repairs.partials(self._link, self._began, until)
        for call_id, _, _ in found:
            name = call_id.removeprefix(f"{self._link}-")
            if name != self._bare(call_id):
                self._again.setdefault(self._bare(call_id), []).append(name)
        return [(call_id, began) for call_id, began, _ in found if began < self._ended]

    def _names(self, call_id: str, names: Sequence[str]) -> list[str]:
        """The other ids of a call's rows, and what the floor made of these when they came a second time."""
        own = call_id.removeprefix(f"{self._link}-")
        return [*names, *(again for name in (own, *names) for again in self._again.get(name, ()))]

    def _go_on(self) -> None:
        self._progress(self._done, None)

    def _cut(self, start: float) -> Iterator[tuple[float, float]]:
        """The rest of the period, in slices of some thousand calls."""
        sources = self._opened()
        steps = rows_between(sources, start, self._ended)
        of_a_slice = STEPS_OF_A_SLICE[any(spec.url for spec in self._specs if spec.kind in (CEL, CDR))]
        wanted = min(steps / of_a_slice, (self._ended - start) / SHORTEST_SLICE_S)
        number = min(max(1, math.ceil(wanted), math.ceil(steps / of_a_slice / MOST_SLICES)), LONGEST_SLICES)
        length_s = (self._ended - start) / number
        for place in range(number):
            begins = start + place * length_s
            yield begins, self._ended + _ROUND if place == number - 1 else begins + length_s

    def _opened(self) -> list[Source]:
        """The sources that can be read; call records that cannot are done without where there are call events."""
        found: list[Source] = []
        kept: list[SourceSpec] = []
        for spec in self._specs:
            source = spec.open()
            try:
                source.place_at(self._ended)
            except ImportSourceError:
                if spec.kind == CEL or not any(each.kind == CEL for each in self._specs):
                    raise
                continue
            found.append(source)
            kept.append(spec)
        self._specs = tuple(kept)
        return found

    def _asked(self, begins: float, ends: float, only: frozenset[str] | None = None) -> ReadAsked:
        now = self._now
        return ReadAsked(
            sources=self._specs,
            company=self._company,
            slice=SliceAsked(
                begins=begins,
                ends=ends,
                lived_from=self._began,
                lived_to=self._ended,
                only=only,
                live=now.live,
                sure=now.sure,
                now=now.at,
                ahead_s=now.ahead_s,
            ),
        )

    def _look_back(self, readers: Readers, before: dict[str, float], start: float) -> None:
        """Calls that were going on when the period began: from where their oldest channels began."""
        asked_from = start
        for _ in range(LOOKED_BACK):
            begins = min(before.values(), default=asked_from) - _ROUND
            if begins >= asked_from:
                return
            asked = self._asked(begins, start, frozenset(before))
            for _, told in readers.read([asked], self._go_on):
                self._write(told)
                older = {name: began for name, began in told.before.items() if began < begins}
                before = before | older if not before.keys().isdisjoint(older) else before
            asked_from = begins

    def _write(self, told: SliceTold) -> None:
        came, project = self.came, self._project
        for first in range(0, len(told.records), BATCH_CALLS):
            some = told.records[first : first + BATCH_CALLS]
            names = {record.call_id: self._names(record.call_id, told.names.get(record.call_id, [])) for record in some}
            written = project.repairs.write(self._link, some, names)
            came.calls, came.mended = came.calls + written.calls, came.mended + written.mended
            came.known += written.known
            self._go_on()
        if told.talks:
            project.status_repairs.talked(self._talks(told.talks))
        came.refused, came.rows = came.refused + told.refused, came.rows + told.rows
        self._waits |= set(told.waits)
        for kind, at in told.heard_at.items():
            self._heard[kind] = max(at, self._heard.get(kind, 0.0))

    def _talks(self, talks: Sequence[Talk]) -> Iterator[TalkOf]:
        for talk in talks:
            for employee_id in self._owners.get(talk.account, ()):
                yield talk.account, talk.began_at, talk.ended_at, talk.call_id, None
                yield employee_id, talk.began_at, talk.ended_at, talk.call_id, talk.account

    def _judged(self) -> Outcome:
        came, now = self.came, self._now
        left = self._project.repairs.partials(self._link, self._began, self._ended)
        came.unmended = len(left)
        came.waits = len(self._waits)
        needed = {kind: grain_s for kind, grain_s in GRAIN_S.items() if any(s.kind == kind for s in self._specs)}
        reached = min((self._heard.get(kind, 0.0) + grain_s for kind, grain_s in needed.items()), default=0.0)
        if reached <= self._repair.ended_at:
            watched = self._project.repairs.newest_whole(self._link, self._repair.ended_at)
            behind = watched is not None and watched < now.at - LATE_S and watched > reached + LATE_S
            came.late = behind or now.at - self._repair.ended_at < QUIET_S
            came.reaches = reached or None
        return came

    def _bare(self, call_id: str) -> str:
        return call_id.removeprefix(f"{self._link}-").partition("~")[0]


def verdict(repair: Repair, came: Outcome, now: float) -> dict[str, object]:
    """How a repair stands after a try: the columns of its row."""
    written = repair.calls + repair.mended
    whole = repair.reached_at is None  # else the try read the rest of the period alone
    values: dict[str, object] = {
        "calls": repair.calls + came.calls,
        "mended": repair.mended + came.mended,
        "known": max(repair.known, came.known - written),
        "refused": came.refused if whole else max(came.refused, repair.refused),
        "waits_for": came.waits,
        "unmended": came.unmended,
        "reached_at": None,
        "error": None,
    }
    lacking = "going_on" if came.waits else "late" if came.late else "partial" if came.unmended else None
    waits = lacking in ("going_on", "late") and now - repair.ended_at < GIVEN_UP_S
    if waits:
        wait_s = back_off(repair.tries, GOING_ON_S if came.waits else None)
        values |= {"state": RepairState.WAITING, "next_at": round((now + wait_s) * 1000)}
        if came.reaches is not None and not came.waits:
            values |= {"reached_at": round((came.reaches - READ_AGAIN_S) * 1000)}
    else:
        values |= {"state": RepairState.INCOMPLETE if lacking else RepairState.DONE, "next_at": None}
    return values | {"lacking": lacking}


def failed(repair: Repair, error: str, now: float, *, for_good: bool) -> dict[str, object]:
    """How a repair stands after a try whose records could not be read."""
    ends = for_good or now - max(repair.ended_at, repair.asked_at) > GIVEN_UP_S
    return {
        "state": RepairState.FAILED if ends else RepairState.WAITING,
        "next_at": None if ends else round((now + back_off(repair.tries)) * 1000),
        "lacking": "unreadable",
        "error": error[:500],
    }


def back_off(tries: int, most_s: float | None = None) -> float:
    """Seconds until the next try."""
    wait_s = BACK_OFF_S[min(max(tries, 1), len(BACK_OFF_S)) - 1]
    return wait_s if most_s is None else min(wait_s, most_s)


def processes() -> int:
    """How many read at once: one a processor, all of them below who serves and writes; with six one writer keeps up."""
    return max(1, min(6, os.cpu_count() or 1))


def _owners(directory: Directory) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for employee in directory.employees:
        for account in employee.accounts:
            found.setdefault(account, []).append(employee.id)
    return found
