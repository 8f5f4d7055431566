"""What was not watched is told by the PBX's records: once, whole, and marked."""

import gzip
import threading
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from callfloor.asterisk.history.slices import SourceSpec
from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.errors import InvalidInputError
from callfloor.floor.calls import CallRecord
from callfloor.project import importing
from callfloor.store import ProjectStore, Store
from callfloor.store.repairs import RepairState
from support.repair_files import FIRST, LAST, LINK, NOW, RecordFiles, everything, linked, tried

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


def cut(record: CallRecord, began: float, ended: float) -> Iterator[CallRecord]:
    """What a Callfloor has of a call that did not watch for a while: it, a part of it, or nothing."""
    assert record.ended_at is not None
    if record.ended_at < began or record.started_at > ended:
        yield record
    elif record.ended_at > ended or record.started_at < began:
        yield msgspec.structs.replace(
            record, partial=True, answered_at=None, talk_s=0.0, employees=(), queues=(), story=(), hung_up_by=None
        )


@pytest.fixture
def whole(store: Store, files: RecordFiles) -> dict[str, CallRecord]:
    return everything(imported(store, files))


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_the_outage_the_journal_is_as_if_it_had_never_been(
    store: Store, files: RecordFiles, whole: dict[str, CallRecord], data: st.DataObject
) -> None:
    """Law: repaired = undisturbed, apart from the mark; a second outage in the same time changes nothing."""
    instants = sorted(at for record in whole.values() for at in (record.started_at, record.ended_at or 0.0))
    began = data.draw(st.sampled_from(instants)) + data.draw(st.floats(-2, 2))
    ended = began + data.draw(st.floats(0.5, 4000))
    made = store.projects.add(f"Cut {began} {ended}", timezone="UTC", country="RU", language="en", now=1.0)
    project = store.project(made.id)
    project.journal.write(part for record in whole.values() for part in cut(record, began, ended))
    known = {call_id for call_id, record in everything(project).items() if not record.partial}
    link = linked(project)
    project.links.down(link, at=began, reason="cut")
    project.links.up(link, at=ended)
    project.repairs.note_outages(link, now=NOW)
    (repair,) = project.repairs.due(NOW)
    repair, _ = tried(project, files.specs(), repair=repair)
    assert (repair.state, repair.unmended) == (RepairState.DONE, 0)
    assert everything(project) == whole
    marked = {call.record.call_id for call in project.journal.page(0.0, NOW, limit=100).calls if call.record.repaired}
    assert marked == whole.keys() - known
    assert project.repairs.note_outages(link, now=NOW) == 0
    _, came = tried(project, files.specs(), began - 100, ended + 100)
    assert (came.calls, came.mended) == (0, 0)


def test_a_call_that_goes_on_is_left_to_the_floor_and_told_when_it_has_ended(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord]
) -> None:
    some = max(whole, key=lambda call_id: whole[call_id].duration_s)
    live = frozenset({some.removeprefix(f"{LINK}-")})
    repair, came = tried(project, files.specs(), live=live)
    assert (repair.state, repair.lacking, repair.waits_for, came.waits) == (RepairState.INCOMPLETE, "going_on", 1, 1)
    assert some not in everything(project)
    project.journal.write([msgspec.structs.replace(whole[some], partial=True, story=())])  # its end was seen
    tried(project, files.specs())
    assert everything(project) == whole
    project.journal.write([msgspec.structs.replace(whole[some], partial=True, story=())])  # late, out of a spill
    assert everything(project) == whole


def test_what_a_call_was_known_under_before_it_was_joined_goes_into_it(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord]
) -> None:
    """Decision 0003's one case: it is there once, with what was said of it."""
    line = next(
        line for line in files.lines["cel"] if '"CHAN_START"' in line and line.split('","')[14] != line.split('","')[15]
    )
    fields = line.split('","')
    main, other = f"{LINK}-{fields[15]}", f"{LINK}-{fields[14]}"
    assert main in whole
    project.journal.write([msgspec.structs.replace(whole[main], call_id=other, partial=True, story=())])
    note = project.annotations.add_note(other, None, "Anna", "Promised to call back.", NOW)
    tried(project, files.specs())
    assert everything(project) == whole
    assert project.annotations.note(note.id)[0] == main


@pytest.mark.parametrize("first_whole", [True, False])
def test_what_came_to_light_of_a_call_that_had_been_given_up_goes_into_it(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord], first_whole: bool
) -> None:
    """The floor has no second row of an id that it wrote already: it calls it ``…~2``."""
    some = max(whole.values(), key=lambda record: record.duration_s)
    assert some.ended_at is not None
    half = some.started_at + some.duration_s / 2
    first = some if first_whole else msgspec.structs.replace(some, partial=True, ended_at=half, story=())
    second = msgspec.structs.replace(some, call_id=f"{some.call_id}~2", partial=True, started_at=half, story=())
    project.journal.write([first, second])
    # The period ended before the second came to light.
    _, came = tried(project, files.specs(), some.started_at - 100, half - 0.5)
    assert came.mended >= 1
    tried(project, files.specs())
    assert everything(project) == whole


def test_a_call_that_was_watched_under_another_of_its_ids_is_not_told_again(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord]
) -> None:
    line = next(
        line for line in files.lines["cel"] if '"CHAN_START"' in line and line.split('","')[14] != line.split('","')[15]
    )
    fields = line.split('","')
    main, other = f"{LINK}-{fields[15]}", f"{LINK}-{fields[14]}"
    watched = msgspec.structs.replace(whole[main], call_id=other)
    project.journal.write([watched])
    tried(project, files.specs())
    assert everything(project) == {name: one for name, one in whole.items() if name != main} | {other: watched}


def test_two_repairs_at_once_tell_every_call_once(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord]
) -> None:
    linked(project)
    project.journal.write([min(whole.values(), key=lambda record: record.started_at)])  # not the first of all time
    threads = [threading.Thread(target=tried, args=(project, files.specs())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert everything(project) == whole


def test_a_torn_line_rotated_files_and_rows_that_come_late(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord]
) -> None:
    cel = files.lines["cel"]
    third = len(cel) // 3
    with gzip.open(files.folder / "cel.csv.2.gz", "wt", encoding="utf-8") as packed:
        packed.write("\n".join(cel[:third]) + "\n")
    (files.folder / "cel.csv.1").write_text("\n".join(cel[third : 2 * third]) + "\n", encoding="utf-8")
    files.write("cel", [*cel[2 * third : -8], cel[-8][:60]], end="")
    _, came = tried(project, files.specs())
    assert came.refused == 0, "a line that is being written is none yet"
    assert everything(project).keys() < whole.keys()
    files.write("cel", cel[2 * third :])
    tried(project, files.specs())
    assert everything(project) == whole


def test_late_call_records_add_what_only_they_know(project: ProjectStore, whole: dict[str, CallRecord]) -> None:
    """A PBX keeps call records back for minutes; FreePBX's call events name no recording."""
    some = next(record for record in whole.values() if record.recording is not None)
    poor = msgspec.structs.replace(some, recording=None, repaired=True)
    assert project.repairs.write(LINK, [poor], {}).calls == 1
    rich = msgspec.structs.replace(some, repaired=True)
    assert project.repairs.write(LINK, [rich], {}).mended == 1
    assert project.repairs.write(LINK, [poor], {}).known == 1
    assert everything(project) == {some.call_id: some}


def test_a_pbx_whose_clock_is_wrong_is_told_by_ours(
    project: ProjectStore, files: RecordFiles, whole: dict[str, CallRecord]
) -> None:
    tried(project, files.specs(), FIRST - 4000, LAST - 3600, ahead_s=3600.0)
    ours = everything(project)
    assert ours.keys() == whole.keys()
    for call_id, record in ours.items():
        assert record.started_at == pytest.approx(whole[call_id].started_at - 3600.0, abs=0.001)
        assert record.talk_s == pytest.approx(whole[call_id].talk_s, abs=0.01)


def test_what_cannot_be_read_writes_nothing_and_says_so(project: ProjectStore, files: RecordFiles) -> None:
    with pytest.raises(InvalidInputError, match="time zone"):
        tried(project, files.specs("Asia/Tokyo"), FIRST - 40_000, LAST)
    assert not everything(project)
    gone = SourceSpec(kind="cel", zone="UTC", path=str(files.folder / "away" / "cel.csv"))
    with pytest.raises(ImportSourceError, match="there is no file"):
        tried(project, [gone, *files.specs(kinds=("cdr",))])
    files.paths["cdr"].write_text("a,b,c\n", encoding="utf-8")
    _, came = tried(project, files.specs())
    assert came.calls > 0, "call records that cannot be read are done without"
