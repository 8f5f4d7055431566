"""What was not watched is told by the PBX's records: once, whole, and marked."""

import pytest

from callfloor.project import importing
from callfloor.store import ProjectStore, Store
from callfloor.store.repairs import RepairState
from support.repair_files import NOW, RecordFiles, everything, linked, tried

CALLS = 60


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.first_start(
        project_name="Acme", timezone="UTC", country="RU", language="en", login="anna", user_name="Anna",
        password_hash=lambda: "-", now=1.0,
    )  # fmt: skip
    return store.project(made.project.id)


def imported(store: Store, files: RecordFiles) -> ProjectStore:
    """Another project with the same calls, as an import tells them."""
    other = store.project(store.projects.add("Other", timezone="UTC", country="RU", language="en", now=1.0).id)
    asked = importing.Asked(
        zone="UTC",
        cel_files=(files.paths["cel"],),
        cdr_files=(files.paths["cdr"],),
        queue_logs=(files.paths["queue_log"],),
        trunks=("trunk-a", "trunk-b"),
    )
    importing.run(other, asked, country="RU", clock=lambda: NOW)
    return other


def test_a_period_is_told_once_however_often_it_is_repaired(
    store: Store, project: ProjectStore, files: RecordFiles
) -> None:
    linked(project)
    repair, came = tried(project, files.specs())
    assert (came.calls, came.known, came.waits, repair.state) == (CALLS, 0, 0, RepairState.DONE)
    assert everything(project) == everything(imported(store, files))
    assert all(row.record.repaired for row in project.journal.page(0.0, NOW, limit=100).calls)
    again, came = tried(project, files.specs(), processes=2)
    assert (came.calls, came.mended, came.known, again.state) == (0, 0, CALLS, RepairState.DONE)
