"""``callfloor repair`` as it is typed: by itself, and where the service runs and does the work."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callfloor import repair_command
from callfloor.cli import app
from callfloor.floor.calls import CallRecord
from callfloor.project import importing
from callfloor.store import ProjectStore, Store
from callfloor.store.links import LinkValues
from callfloor.store.repairs import RepairState
from support.past_records import TRUNKS
from support.repair_files import NOW, RecordFiles, everything, linked, tried
from support.waiting import wait_until

DAY = ("--from", "2026-11-21", "--to", "2026-11-21")
"""All recorded calls are of this day."""
CALLS = 60
Run = Callable[..., Result]


class Clock:
    """The command's: long after the recorded calls, whatever the machine's says."""

    def __init__(self) -> None:
        self.looked = threading.Event()

    def time(self) -> float:
        return NOW

    def sleep(self, seconds: float) -> None:
        self.looked.set()
        threading.Event().wait(min(seconds, 0.02))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(repair_command, "time", made)
    return made


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.first_start(
        project_name="Acme", timezone="UTC", country="RU", language="en", login="anna", user_name="Anna",
        password_hash=lambda: "-", now=1.0,
    )  # fmt: skip
    return store.project(made.project.id)


@pytest.fixture
def run(
    clock: Clock, project: ProjectStore, database_url: str, files: RecordFiles, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:  # fmt: skip
    monkeypatch.delenv("CALLFLOOR_PBX_URL", raising=False)
    monkeypatch.setenv("CALLFLOOR_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLFLOOR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CALLFLOOR_PBX_LOGS", str(files.folder))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, ["repair", *words])


@pytest.fixture
def whole(store: Store, files: RecordFiles) -> dict[str, CallRecord]:
    other = store.project(store.projects.add("Other", timezone="UTC", country="RU", language="en", now=1.0).id)
    asked = importing.Asked(
        zone="UTC", cel_files=(files.paths["cel"],), cdr_files=(files.paths["cdr"],),
        queue_logs=(files.paths["queue_log"],), trunks=TRUNKS,
    )  # fmt: skip
    importing.run(other, asked, country="RU", clock=lambda: NOW)
    return everything(other)


def test_a_day_is_repaired_once_where_no_service_runs(
    run: Run, project: ProjectStore, whole: dict[str, CallRecord]
) -> None:
    linked(project)
    told = run(*DAY)
    assert told.exit_code == 0, told.output
    assert told.stdout.strip().startswith(f"{CALLS} calls written, 0 made whole, 0 in the journal already")
    assert everything(project) == whole
    assert all(row.record.repaired for row in project.journal.page(0.0, NOW, limit=100).calls)
    told = run(*DAY, "--project", "Acme", "--link", "PBX")
    assert told.stdout.strip().startswith(f"0 calls written, 0 made whole, {CALLS} in the journal already")
    assert everything(project) == whole
    deeds = project.audit.page().entries
    assert [(each.action, each.details["by"]) for each in deeds] == [("repair", "callfloor repair")] * 2


def test_where_the_service_runs_it_is_waited_for_and_told_of(
    run: Run, clock: Clock, project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord]
) -> None:
    linked(project)
    project.statuses.heartbeat(NOW)
    told: list[Result] = []
    typed = threading.Thread(target=lambda: told.append(run(*DAY)))
    typed.start()
    try:
        wait_until(clock.looked.is_set, "it waits for the service")
        assert not everything(project), "the command itself reads nothing"
        (asked,) = project.repairs.due(NOW)
        assert (asked.state, asked.user_name) == (RepairState.WAITING, "callfloor repair")
        tried(project, files.specs(), repair=asked)  # as the service does
    finally:
        typed.join(60)
    assert told[0].exit_code == 0, told[0].output
    assert f"{CALLS} calls written" in told[0].stdout
    assert everything(project) == whole


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "yesterday"), "'yesterday' is no time"),
        (("--from", "2999-01-01"), "lies in the past"),
        (("--from", "2026-11-21", "--to", "2026-11-20"), "lies in the past"),
        ((*DAY, "--project", "Nobody"), "no project 'Nobody'"),
        ((*DAY, "--link", "Nowhere"), "no PBX connection 'Nowhere'"),
    ],
)
def test_what_cannot_be_is_said_in_a_line_and_nothing_is_asked_for(
    run: Run, project: ProjectStore, words: tuple[str, ...], said: str
) -> None:
    linked(project)
    told = run(*words)
    assert told.exit_code == 1
    assert said in told.stderr
    assert project.repairs.latest(10) == ()


def test_of_several_pbxes_one_is_named_and_one_without_records_is_refused(
    run: Run, project: ProjectStore, files: RecordFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.links.add(LinkValues(name="Office", url="ami://a@b"), now=1.0)
    project.links.add(LinkValues(name="Branch", url="ami://a@c", mark="north"), now=1.0)
    told = run(*DAY)
    assert (told.exit_code, "--link: Office, Branch" in told.stderr) == (1, True), told.stderr
    monkeypatch.setenv("CALLFLOOR_PBX_LOGS", f"Office={files.folder}")
    told = run(*DAY, "--link", "Branch")
    assert (told.exit_code, "nobody said where" in told.stderr) == (1, True), told.stderr
    assert f"{CALLS} calls written" in run(*DAY, "--link", "Office").stdout
