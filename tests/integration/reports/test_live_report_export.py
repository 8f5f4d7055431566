"""Law L6: what the page's tiles showed live, what the journal adds up, and what its documents say are the same.

A simulated company's life, another one with each seed, is heard by a floor; what ended is written into a journal.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallType, LiveCall
from callfloor.floor.changes import CallFinished
from callfloor.floor.directory import Directory
from callfloor.floor.floor import Floor
from callfloor.floor.metrics import CallCounters, count_calls
from callfloor.reports import making
from callfloor.reports.words import words
from callfloor.store import ProjectStore, Store
from callfloor.store.call_filter import CallFilter, Grouping, PartIn
from callfloor.store.journal_rows import JournalRow
from callfloor.store.report_asks import Form, ReportAsk, What
from support.past_floor import simulated_facts

ZONE = ZoneInfo("Europe/Kyiv")
NOON = 1_790_000_000.0 - 4 * 3600  # of a Monday in Kyiv
LENGTH_S = 5400
EMPLOYEES = 40
COLUMNS = ("call_id", "type", "employee", "waiting", "talk", "duration", "result")
WHOLE = CallFilter(started_from=NOON - LENGTH_S, started_to=NOON)


@dataclass
class Life:
    """What was heard, and what was seen of it each second."""

    directory: Directory
    seen: dict[int, tuple[LiveCall, ...]]
    ended: dict[str, CallRecord]

    @property
    def going_on(self) -> tuple[LiveCall, ...]:
        return self.seen[max(self.seen)]

    def tiles(self) -> Iterator[tuple[int, CallCounters]]:
        """By the second. A consultation is a call of its own until it is joined to the one that it is about: that one's
        row tells it, and it has none."""
        told = self.ended.keys() | {call.id for call in self.going_on}
        for second, calls in self.seen.items():
            yield second, count_calls([call for call in calls if call.id in told])

    def consultations(self) -> set[str]:
        told = self.ended.keys() | {call.id for call in self.going_on}
        return {call.id for calls in self.seen.values() for call in calls} - told


def life(seed: int) -> Life:
    floor, second = Floor(), int(NOON - LENGTH_S)
    seen: dict[int, tuple[LiveCall, ...]] = {}
    ended: dict[str, CallRecord] = {}
    directory = Directory()
    for told in simulated_facts(until=NOON, days=LENGTH_S / 86_400, employees=EMPLOYEES, seed=seed):
        for fact in told:
            if isinstance(fact, facts.DirectorySet):
                directory = fact.directory
            while second < min(fact.at, NOON):
                seen[second] = floor.snapshot().calls
                second += 1
            if fact.at <= NOON:
                changes = floor.apply(fact)
                ended |= {each.record.call_id: each.record for each in changes if isinstance(each, CallFinished)}
    return Life(directory, seen, ended)


@pytest.fixture(params=[2, 3], ids="seed {}".format)
def lived(request: pytest.FixtureRequest) -> Life:
    return life(request.param)


@pytest.fixture
def project(store: Store, lived: Life) -> ProjectStore:
    """Its journal, in which they are."""
    made = store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="en", now=1.0)
    project = store.project(made.id)
    project.directory.accept(lived.directory)
    project.journal.write(lived.ended.values())
    return project


def document(project: ProjectStore, folder: Path, form: Form, **asked: object) -> list[dict[str, object]]:
    """A document's rows as another program reads them, by the keys of its columns."""
    ask = ReportAsk(**{"what": What.CALLS, "form": form, "filter": WHOLE, "columns": COLUMNS} | asked)  # type: ignore[arg-type]
    path = folder / f"document.{form}"
    about = making.About(project="One", zone=ZONE)
    making.make(project, about, ask, making.Seen(), path, lambda _done, _of: None, now=NOON)
    if form is Form.CSV:
        rows = [*csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))]
    else:
        (sheet,) = openpyxl.load_workbook(path).worksheets
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]  # type: ignore[misc]
    said = {title: key.removeprefix("column.") for key, title in words("en").items() if key.startswith("column.")}
    keys = [said.get(str(title), "group") for title in rows[0]]
    return [dict(zip(keys, row, strict=True)) for row in rows[1:]]


def test_the_tiles_of_each_second_are_the_journals(project: ProjectStore, lived: Life) -> None:
    rows = [*project.journal.stream(WHOLE)]
    assert len(rows) == len(lived.ended) > 20
    assert len(lived.consultations()) < len(rows) / 10
    compared = 0
    for second, tile in lived.tiles():
        over = [row for row in rows if row.started_at <= second < row.started_at + row.duration_s]
        waiting = [row for row in over if second < row.started_at + row.waiting_s]
        on = [call for call in lived.going_on if call.started_at <= second]
        wait = [call for call in on if call.answered_at is None or second < call.answered_at]
        assert tile == CallCounters(
            active=len(over) + len(on),
            waiting=len(waiting) + len(wait),
            waiting_inbound=_inbound(waiting) + _inbound(wait),
            talking=len(over) + len(on) - len(waiting) - len(wait),
            talking_inbound=_inbound(over) + _inbound(on) - _inbound(waiting) - _inbound(wait),
        ), second
        compared += tile.active > 0
    assert compared > LENGTH_S / 3


@pytest.mark.parametrize("form", [Form.CSV, Form.XLSX])
def test_a_documents_calls_come_to_the_journals_totals(
    project: ProjectStore, lived: Life, tmp_path: Path, form: Form
) -> None:
    said, totals = words("en"), project.journal.totals(WHOLE)
    rows = document(project, tmp_path, form)
    assert {row["call_id"] for row in rows} == lived.ended.keys()
    kinds = Counter(row["type"] for row in rows)
    answered = Counter(row["type"] for row in rows if row["result"] == said["result.answered"])
    assert (totals.calls, totals.inbound, totals.outbound, totals.callback, totals.internal) == (
        len(rows),
        *(kinds[said[f"type.{name}"]] for name in ("inbound", "outbound", "callback", "internal")),
    )
    assert (totals.received, totals.outbound_answered, totals.callback_answered) == tuple(
        answered[said[f"type.{name}"]] for name in ("inbound", "outbound", "callback")
    )
    assert totals.missed == totals.inbound - totals.received
    for name, whole_s in (("talk", totals.talk_s), ("duration", totals.duration_s)):
        in_rows = sum(_seconds(row[name]) for row in rows)
        assert in_rows <= whole_s < in_rows + len(rows), "documents have whole seconds, the rest of each is cut"


@pytest.mark.parametrize("by", [Grouping.EMPLOYEE, Grouping.HOUR, Grouping.RESULT])
def test_a_document_of_totals_is_the_page_of_totals(project: ProjectStore, tmp_path: Path, by: Grouping) -> None:
    groups = project.journal.groups(WHOLE, by)
    rows = document(
        project, tmp_path, Form.XLSX, what=What.TOTALS, by=by, columns=("calls", "received", "missed", "talk")
    )
    shown = [(row["calls"], row["received"], row["missed"]) for row in rows]
    assert shown == [(each.totals.calls, each.totals.received, each.totals.missed) for each in groups]
    assert [_seconds(row["talk"]) for row in rows] == [int(each.totals.talk_s) for each in groups]


def test_a_profile_counts_what_the_documents_name(project: ProjectStore, tmp_path: Path) -> None:
    said = words("en")
    known = 0
    for employee in project.directory.load().employees:
        (counts,) = project.profile.counts(employee.id, [(NOON - LENGTH_S, NOON)])
        theirs = {
            part: document(
                project,
                tmp_path,
                Form.CSV,
                filter=CallFilter(
                    started_from=NOON - LENGTH_S, started_to=NOON, employee_ids=frozenset({employee.id}), part_in=part
                ),
            )
            for part in (PartIn.TOOK_PART, PartIn.MISSED)
        }
        kinds = Counter((row["type"], row["result"]) for row in theirs[PartIn.TOOK_PART])
        assert counts.missed == len(theirs[PartIn.MISSED])
        assert counts.outbound == sum(number for (kind, _), number in kinds.items() if kind == said["type.outbound"])
        assert counts.outbound_answered == kinds[said["type.outbound"], said["result.answered"]]
        assert counts.answered_inbound == sum(n for (kind, _), n in kinds.items() if kind == said["type.inbound"])
        known += counts.answered_inbound + counts.missed
    assert known > 10


def _inbound(calls: Sequence[LiveCall | JournalRow]) -> int:
    return sum(call.type == CallType.INBOUND for call in calls)


def _seconds(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    hours, minutes, seconds = str(value).split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
