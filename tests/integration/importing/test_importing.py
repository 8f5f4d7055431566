"""Importing into the journal: everything once, what was watched untouched, and on from where it was stopped."""

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from callfloor.errors import InvalidInputError, JobCancelledError
from callfloor.floor.calls import CallRecord
from callfloor.project import importing
from callfloor.store import ProjectStore, Store
from support.past_records import RECORDS, names

NOW = 1_900_000_000.0
CALLS = 60  # in the recorded scenarios


class Files:
    """All recorded scenarios in one set of files, as one PBX wrote them in one day."""

    def __init__(self, folder: Path) -> None:
        self.cel, self.cdr, self.log = (folder / name for name in ("cel.csv", "cdr.csv", "queue_log"))
        for path, kind in ((self.cel, "cel"), (self.cdr, "cdr"), (self.log, "queue_log")):
            lines = [
                line
                for name in names()
                for file in [RECORDS / f"{name}.{kind}"]
                if file.exists()
                for line in file.read_text(encoding="utf-8").splitlines()
            ]
            path.write_text("\n".join(sorted(lines, key=_time_of)) + "\n", encoding="utf-8")

    def asked(self, *, zone: str = "UTC", again: bool = False) -> importing.Asked:
        return importing.Asked(
            zone=zone, cel_files=(self.cel,), cdr_files=(self.cdr,), queue_logs=(self.log,), again=again
        )


def _time_of(line: str) -> str:
    """The first time in a line; the queue log's epoch seconds are as many digits each."""
    return next((part for part in line.split('"') if part[:3] == "202"), line[:10])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.first_start(
        project_name="Acme", timezone="UTC", country="RU", language="en", login="anna", user_name="Anna",
        password_hash=lambda: "-", now=1.0,
    )  # fmt: skip
    return store.project(made.project.id)


def everything(project: ProjectStore) -> dict[str, CallRecord]:
    return {call.record.call_id: call.record for call in project.journal.page(0.0, NOW, limit=1000).calls}


def imported(project: ProjectStore, asked: importing.Asked) -> importing.Imported:
    return importing.run(project, asked, country="RU", clock=lambda: NOW)


def test_everything_is_written_once_however_often_it_is_imported(project: ProjectStore, files: Files) -> None:
    first = imported(project, files.asked())
    assert (first.calls, first.known) == (CALLS, 0)
    before = everything(project)
    assert imported(project, files.asked()).calls == 0
    again = imported(project, files.asked(again=True))
    assert (again.calls, again.known) == (0, CALLS)
    assert everything(project) == before
    (one, *_) = project.imports.sources()
    assert one.calls + one.known == CALLS or one.rows == 0


def test_what_was_watched_live_stays_as_it_is(project: ProjectStore, files: Files) -> None:
    imported(project, files.asked())
    some = min(everything(project).values(), key=lambda record: record.call_id)
    watched = msgspec.structs.replace(some, recording="as-watched.wav")
    project.journal.write([watched])
    imported(project, files.asked(again=True))
    assert everything(project)[some.call_id].recording == "as-watched.wav"


def test_calls_known_from_records_alone_are_made_whole_by_events_and_keep_what_was_said(
    store: Store, project: ProjectStore, files: Files
) -> None:
    records = importing.Asked(zone="UTC", cdr_files=(files.cdr,))
    assert imported(project, records).calls == CALLS - 1  # an answered fax without a call record
    poor = everything(project)
    assert all(record.partial for record in poor.values())
    noted = min(poor)
    note = project.annotations.add_note(noted, None, "Anna", "They will call again.", NOW)
    rich = importing.Asked(zone="UTC", cel_files=(files.cel,), queue_logs=(files.log,))
    came = imported(project, rich)
    assert (came.calls, came.mended, came.known) == (1, CALLS - 1, 0)
    other = store.projects.add("Other", timezone="UTC", country="RU", language="en", now=1.0)
    at_once = store.project(other.id)
    imported(at_once, files.asked())
    whole = everything(at_once)
    mended = everything(project)
    assert mended == {call_id: _with(whole[call_id], mended[call_id]) for call_id in whole}
    assert {record.recording for record in mended.values()} >= {record.recording for record in poor.values()}
    assert project.annotations.note(note.id) == (noted, note)
    assert imported(project, msgspec.structs.replace(rich, again=True)).mended == 0


def _with(record: CallRecord, mended: CallRecord) -> CallRecord:
    """What the call records name and the events do not may be theirs."""
    return msgspec.structs.replace(
        record, recording=mended.recording, business_number=mended.business_number, partial=mended.partial
    )


def test_what_is_whole_is_not_made_poorer_by_records(project: ProjectStore, files: Files) -> None:
    imported(project, files.asked())
    before = everything(project)
    came = imported(project, importing.Asked(zone="UTC", cdr_files=(files.cdr,), again=True))
    assert (came.calls, came.mended, came.known) == (0, 0, CALLS - 1)
    assert everything(project) == before


def test_a_call_that_was_watched_in_part_is_made_whole(store: Store, project: ProjectStore, files: Files) -> None:
    other = store.project(store.projects.add("Other", timezone="UTC", country="RU", language="en", now=1.0).id)
    imported(other, files.asked())
    whole = everything(other)
    some = max(whole.values(), key=lambda record: record.talk_s)
    project.journal.write([msgspec.structs.replace(some, partial=True, waiting_s=0.0, scheme="Sales", story=())])
    assert imported(project, files.asked()).mended == 1
    assert everything(project) == whole | {some.call_id: msgspec.structs.replace(some, scheme="Sales")}


@pytest.mark.parametrize("after", [1, 3, 6])
def test_an_import_that_is_killed_goes_on_and_comes_to_the_same(
    database_url: str, store: Store, project: ProjectStore, files: Files, after: int
) -> None:
    words = [database_url, str(project.project_id), str(files.cel), str(files.cdr), str(files.log), str(after)]
    script = Path(__file__).with_name("killed_import.py")
    done = subprocess.run([sys.executable, str(script), *words], capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    half = len(everything(project))
    assert 0 < half < CALLS
    rest = imported(project, files.asked())
    assert half + rest.calls == CALLS
    killed = everything(project)
    other = store.projects.add("Other", timezone="UTC", country="RU", language="en", now=1.0)
    whole = store.project(other.id)
    imported(whole, files.asked())
    assert killed == everything(whole)


@pytest.mark.parametrize("processes", [0, 3])
def test_a_cancelled_import_keeps_what_it_has_written(project: ProjectStore, files: Files, processes: int) -> None:
    def cancel(done: int, of: int) -> None:
        assert 0 <= done <= of
        if done:  # something was written
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        importing.run(
            project, files.asked(), country="RU", progress=cancel, clock=lambda: NOW, batch_calls=5, processes=processes
        )
    assert 0 < len(everything(project)) < CALLS
    imported(project, files.asked())
    assert len(everything(project)) == CALLS


def test_a_wrong_zone_is_refused_before_anything_is_written(project: ProjectStore, files: Files) -> None:
    with pytest.raises(InvalidInputError, match=r"-3 h|\+3 h"):
        imported(project, files.asked(zone="Europe/Moscow"))
    assert not everything(project)


def test_rows_that_cannot_be_read_are_told_and_the_rest_is_imported(project: ProjectStore, files: Files) -> None:
    text = files.cdr.read_text(encoding="utf-8").splitlines()
    text[3:3] = ['"torn,x', "a,b", "\x00\x00\x00", '"",' + "9" * 70_000, *["x," * 20 + "x"]]
    files.cdr.write_text("\n".join(text), encoding="utf-8")
    came = imported(project, files.asked())
    assert came.calls == CALLS
    reasons = {each.reason for each in importing.refusal_lines(project, came.sources)}
    assert {"a quote that is not closed", "2 columns of 21"} <= reasons
    assert any("line without end" in reason for reason in reasons)


def test_calls_of_the_last_minutes_wait_for_the_next_time(project: ProjectStore, files: Files) -> None:
    latest = 1_795_290_020.0 + importing.SETTLED_S
    importing.run(project, files.asked(), country="RU", clock=lambda: latest)
    early = everything(project)
    assert 0 < len(early) < CALLS
    assert all((record.ended_at or 0) < latest - importing.SETTLED_S + 1 for record in early.values())


def test_only_calls_of_the_period_are_taken(project: ProjectStore, files: Files) -> None:
    asked = msgspec.structs.replace(files.asked(), first_day="2026-11-22", last_day="2026-11-22")
    assert imported(project, asked).calls == 0
    inside = msgspec.structs.replace(files.asked(), first_day="2026-11-21", last_day="2026-11-21")
    assert imported(project, inside).calls == CALLS


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"zone": "Mars/Base"}, "time zone"),
        ({"first_day": "yesterday"}, "no day"),
        ({"first_day": "2026-02-02", "last_day": "2026-02-01"}, "before the first"),
        ({"encoding": "klingon"}, "encoding"),
        ({"link": "nobody"}, "connection"),
        ({"cel_files": (), "cdr_files": ()}, "call records"),
        ({"database": "file:///etc/passwd"}, "mysql://"),
        ({"database": "mysql://u:secret@h/db", "cdr_table": "cdr; DROP TABLE x"}, "letters"),
    ],
)
def test_what_cannot_be_is_refused_with_words(
    project: ProjectStore, files: Files, wrong: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        imported(project, msgspec.structs.replace(files.asked(), **wrong))
    assert "secret" not in str(caught.value)
