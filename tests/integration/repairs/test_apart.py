"""A repair, and an import, in a process of its own: the same journal, whoever is killed in the middle of it."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from callfloor.errors import InvalidInputError, JobInterruptedError
from callfloor.floor.calls import CallRecord
from callfloor.project import importing
from callfloor.project.apart import Apart
from callfloor.store import ProjectStore, Store
from callfloor.store.repairs import RepairState
from support.call_records import call
from support.past_records import TRUNKS
from support.repair_files import FIRST, LAST, NOW, RecordFiles, everything, linked, noted
from support.waiting import wait_until

KILLED = Path(__file__).with_name("killed_repair.py")


@pytest.fixture
def apart(store: Store, database_url: str, tmp_path: Path) -> Apart:
    return Apart(database_url, store.turns, tmp_path / "data", 1)


@pytest.fixture
def project(store: Store) -> ProjectStore:
    return store.project(store.projects.add("Acme", timezone="UTC", country="RU", language="en", now=1.0).id)


def import_of(files: RecordFiles) -> importing.Asked:
    return importing.Asked(
        zone="UTC",
        cel_files=(files.paths["cel"],),
        cdr_files=(files.paths["cdr"],),
        queue_logs=(files.paths["queue_log"],),
        trunks=TRUNKS,
    )


@pytest.fixture
def whole(store: Store, files: RecordFiles) -> dict[str, CallRecord]:
    """What is told of the records by one who reads them here."""
    other = store.project(store.projects.add("Other", timezone="UTC", country="RU", language="en", now=1.0).id)
    importing.run(other, import_of(files), country="RU", clock=lambda: NOW)
    return everything(other)


def asked(project: ProjectStore) -> int:
    return project.repairs.ask(linked(project), FIRST, LAST, user_id=None, user_name=None, at=NOW).id


def parts_before(url: str) -> int:
    """How much is told to be done before the process is surely not at its end: on SQLite it asks for its turn."""
    return 1 if url.startswith("sqlite") else 0


def alive(mark: str) -> bool:
    """Is there a process with this in its environment?"""

    def environment(pid: Path) -> bytes:
        try:
            return (pid / "environ").read_bytes()
        except OSError:
            return b""

    return any(mark.encode() in environment(pid) for pid in Path("/proc").glob("[0-9]*"))


def test_a_service_that_is_killed_in_a_repair_loses_and_doubles_nothing(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord], apart: Apart, database_url: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    """What it had begun ends with it."""
    repair = asked(project)
    mark = uuid.uuid4().hex
    known = (
        str(project.project_id),
        str(repair),
        str(files.folder),
        str(tmp_path / "data"),
        str(parts_before(database_url)),
    )
    done = subprocess.run(
        [sys.executable, KILLED, database_url, *known],
        env={**os.environ, "MARK": mark, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == -9
    wait_until(lambda: not alive(mark), "all that it began has ended")
    assert project.repairs.get(repair).state is RepairState.RUNNING
    assert everything(project).items() <= whole.items()
    project.repairs.recover(NOW)
    came, after = apart.repair(project.project_id, repair, noted(), [("", files.folder)], lambda done, of: None)
    assert (after.state, came.waits) == (RepairState.DONE, 0)
    assert everything(project) == whole


def test_a_repair_that_is_stopped_goes_on_later_and_whoever_writes_beside_it_does(
    store: Store, project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord], apart: Apart,
    database_url: str,
) -> None:  # fmt: skip
    repair = asked(project)
    live = call(1, started_at=LAST + 100)

    def stopped(done: int, of: int | None) -> None:
        project.journal.write([live])  # SQLite has one writer: it is nobody's turn while this is told
        if of is not None and done >= parts_before(database_url):
            raise JobInterruptedError

    with pytest.raises(JobInterruptedError):
        apart.repair(project.project_id, repair, noted(), [("", files.folder)], stopped)
    assert store.turns.take(), "a process that is gone holds up nobody"
    store.turns.give()
    project.repairs.give_back(repair, NOW)
    assert project.repairs.get(repair).state is RepairState.WAITING
    apart.repair(project.project_id, repair, noted(), [("", files.folder)], lambda done, of: None)
    assert everything(project).keys() == {*whole, live.call_id}


@pytest.mark.parametrize("processes", [1, 3])
def test_an_import_apart_tells_the_same_and_its_fault_is_told_here(
    store: Store, project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord], database_url: str,
    tmp_path: Path, processes: int,
) -> None:  # fmt: skip
    """Whether one process reads and tells, or one reads and others tell."""
    apart = Apart(database_url, store.turns, tmp_path / "data", processes)
    told: list[tuple[int, int | None]] = []
    came = apart.import_(project.project_id, import_of(files), "RU", lambda done, of: told.append((done, of)))
    assert (came.calls, everything(project)) == (len(whole), whole)
    assert told[-1][0] == told[-1][1]
    wrong = importing.Asked(zone="Nowhere", cel_files=(files.paths["cel"],))
    with pytest.raises(InvalidInputError, match="no time zone"):
        apart.import_(project.project_id, wrong, "RU", lambda done, of: None)
