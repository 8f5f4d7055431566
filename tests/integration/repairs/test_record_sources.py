"""Where records come from, and what may become of them there: tables, two PBXes, a PBX that dies, a lost mount."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callfloor.asterisk.history.files import CEL_CUSTOM
from callfloor.asterisk.history.rows import QueueRow
from callfloor.asterisk.history.slices import SourceSpec
from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.floor.calls import CallRecord
from callfloor.project import repair_try
from callfloor.project.repair_once import OneTry
from callfloor.store import ProjectStore, Store
from callfloor.store.links import LinkValues
from callfloor.store.repairs import Repair, RepairState
from support.databases import Cluster
from support.mariadb import CDR_TABLE, CEL_TABLE, MariaDb
from support.past_records import names, sources
from support.pbx_tables import CDR_COLUMNS, CEL_COLUMNS, cdr_rows, cel_rows, days_before
from support.repair_files import FIRST, LAST, NOW, RecordFiles, everything, linked, noted, time_of, tried

CALLS = 60
DAYS = 4
BEGAN, ENDED = 1_795_289_850.0, 1_795_291_300.0
"""The recorded calls lie between."""
LOG_COLUMNS = ("time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5")
KINDS = (("cdr", CDR_COLUMNS, cdr_rows), ("cel", CEL_COLUMNS, cel_rows))


@pytest.fixture
def project(store: Store) -> ProjectStore:
    return store.project(store.projects.add("Acme", timezone="UTC", country="RU", language="en", now=1.0).id)


def inserted(kind: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {kind} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"


def days(rows: Callable[[list[str]], Iterable[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    """The recorded day, and the same calls on each of the days before."""
    return [row for ago in range(DAYS - 1, -1, -1) for row in days_before(rows(names()), ago)]


def log_rows() -> list[tuple[str, ...]]:
    """The recorded queue log, as Asterisk writes it into a table."""
    found = (row for name in names() for source in sources(name, ("queue_log",)) for row in source.rows(0))
    return [
        (str(row.at), row.uniqueid, row.queue, row.member, row.event, *[*row.data, "", "", "", "", ""][:5])
        for row in sorted((row for row in found if isinstance(row, QueueRow)), key=lambda row: row.at)
    ]


def in_mariadb(server: MariaDb) -> str:
    database = server.make()
    with server.connect(database) as connection, connection.cursor() as cursor:
        log = ", ".join(f"{name} varchar(100)" for name in LOG_COLUMNS)
        for made in (CDR_TABLE, CEL_TABLE, f"CREATE TABLE queue_log (id int AUTO_INCREMENT PRIMARY KEY, {log})"):
            cursor.execute(made)
        for kind, columns, rows in KINDS:
            cursor.executemany(inserted(kind, columns), days(rows))
        cursor.executemany(inserted("queue_log", LOG_COLUMNS), log_rows())
    return server.url(database)


def in_postgresql(server: Cluster) -> str:
    url = server.url(server.make())
    texts = {kind: ", ".join(f'"{name}" text' for name in columns[1:]) for kind, columns, _ in KINDS}
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE cdr (calldate timestamp, {texts['cdr']})".encode())
        cel = texts["cel"].replace('"eventtime" text', "eventtime timestamp")
        cursor.execute(f"CREATE TABLE cel (id serial PRIMARY KEY, eventtype text, {cel})".encode())
        log = ", ".join(f"{name} text" for name in LOG_COLUMNS)
        cursor.execute(f"CREATE TABLE queue_log (id serial PRIMARY KEY, {log})".encode())
        for kind, columns, rows in KINDS:
            cursor.executemany(inserted(kind, columns).encode(), days(rows))
        cursor.executemany(inserted("queue_log", LOG_COLUMNS).encode(), log_rows())
    return url


@pytest.fixture(params=["mariadb", "postgresql"])
def tables(request: pytest.FixtureRequest, postgres: Cluster) -> str:
    """The URL of a database with the recorded scenarios' call events, call records (in whole seconds) and queue log."""
    if request.param == "mariadb":
        return in_mariadb(request.getfixturevalue("mariadb"))
    return in_postgresql(postgres)


def test_an_outage_is_repaired_from_tables_as_from_files(
    store: Store, project: ProjectStore, files: RecordFiles, tables: str
) -> None:
    """Only the rows around it are read; who tells the seconds alone is off by less than a second."""
    other = store.project(store.projects.add("Files", timezone="UTC", country="RU", language="en", now=1.0).id)
    tried(other, files.specs())
    whole = everything(other)
    starts = sorted(record.started_at for record in whole.values())
    began, ended = starts[25] - 0.5, starts[35] + 0.5
    expected = {
        call_id: record
        for call_id, record in whole.items()
        if record.started_at < ended and (record.ended_at or 0.0) > began
    }
    specs = [SourceSpec(kind=kind, zone="UTC", url=tables) for kind in ("cel", "cdr", "queue_log")]
    repair, came = tried(project, specs, began, ended)
    assert (repair.state, came.refused) == (RepairState.DONE, 0)
    assert came.rows < sum(len(days(rows)) for *_, rows in KINDS) / 2
    found = everything(project)
    assert found.keys() == expected.keys()
    for call_id, record in found.items():
        assert (record.type, record.result) == (expected[call_id].type, expected[call_id].result)
        assert record.talk_s == pytest.approx(expected[call_id].talk_s, abs=1.0)
        assert stays(record) == stays(expected[call_id]), "the queue log has them"
    assert any(stays(record) for record in found.values())
    _, again = tried(project, specs, BEGAN, ENDED)
    assert (again.calls, again.known) == (CALLS - len(found), len(found))


def stays(record: CallRecord) -> list[tuple[object, ...]]:
    """Where it waited, at which place, and how that ended."""
    return [(stay.queue, stay.position, stay.outcome, stay.answered_by) for stay in record.queues]


def once(project: ProjectStore, store: Store, *folders: tuple[str, Path]) -> OneTry:
    return OneTry(lambda: store.projects.get(project.project_id), folders, lambda: NOW, 0)


def outage(project: ProjectStore, link: int, began: float, ended: float) -> Repair:
    project.links.down(link, at=began, reason="cut")
    project.links.up(link, at=ended)
    assert project.repairs.note_outages(link, now=NOW) == 1
    return next(each for each in project.repairs.due(NOW) if each.link_id == link)


def test_of_two_pbxes_each_outage_is_repaired_from_its_own_records(
    store: Store, project: ProjectStore, files: RecordFiles, tmp_path: Path
) -> None:
    """The second one's people carry its mark; what the first one wrote is none of its calls."""
    first = project.links.add(LinkValues(name="Office", url="ami://a@b"), now=1.0).id
    second = project.links.add(LinkValues(name="Branch", url="ami://a@c", mark="north"), now=1.0).id
    branch = RecordFiles(tmp_path / "branch")
    half = len(branch.lines["cel"]) // 2
    branch.write("cel", branch.lines["cel"][:half])
    for kind in ("cdr", "queue_log"):
        branch.paths[kind].unlink()
    one = once(project, store, ("Office", files.folder), ("Branch", branch.folder))
    _, after = one.run(project, outage(project, second, FIRST, LAST).id, noted(), lambda done, of: None)
    assert after.link_name == "Branch"
    theirs = everything(project)
    assert 0 < len(theirs) < CALLS
    assert all(call_id.startswith(f"pbx{second}-") for call_id in theirs)
    people = {part.account for record in theirs.values() for part in record.employees}
    assert people
    assert all(name.endswith("@north") or len(name) > 6 for name in people)
    _, after = one.run(project, outage(project, first, FIRST, LAST).id, noted(), lambda done, of: None)
    assert (after.calls, after.mended, after.state) == (CALLS, 0, RepairState.DONE)
    assert {call_id: record for call_id, record in everything(project).items() if call_id in theirs} == theirs


def linked_id(line: str) -> str:
    return next(csv.reader([line]))[CEL_CUSTOM.index("linkedid")]


def test_a_call_that_died_with_its_pbx_in_the_outage_ends_where_it_was_heard_last(
    store: Store, project: ProjectStore, files: RecordFiles
) -> None:
    """A PBX that is killed writes neither the end of a call nor its record."""
    other = store.project(store.projects.add("Whole", timezone="UTC", country="RU", language="en", now=1.0).id)
    tried(other, files.specs())
    whole = everything(other)
    victim = max(whole.values(), key=lambda record: (record.talk_s, record.call_id))
    died = victim.call_id.partition("-")[2]
    theirs = [line for line in files.lines["cel"] if linked_id(line) == died]
    heard = [place for place, line in enumerate(theirs) if "BRIDGE_ENTER" in line][1]
    gone = set(theirs[heard + 1 :])
    files.write("cel", [line for line in files.lines["cel"] if line not in gone])
    files.write("cdr", [line for line in files.lines["cdr"] if died not in line])
    repair, came = tried(project, files.specs())
    assert (repair.lacking, repair.unmended, came.calls, came.waits) == ("partial", 1, CALLS, 0)
    found = everything(project)
    record = found.pop(victim.call_id)
    assert record.partial
    assert record.answered_at == victim.answered_at
    assert record.answered_at is not None
    assert record.ended_at is not None
    assert victim.ended_at is not None
    assert record.answered_at <= record.ended_at < victim.ended_at
    assert found == {call_id: each for call_id, each in whole.items() if call_id != victim.call_id}


def test_records_that_vanish_midway_and_come_back_are_read_on(
    store: Store, project: ProjectStore, files: RecordFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is not mounted any more: what was written stays, and the rest follows when it is back."""
    monkeypatch.setitem(repair_try.STEPS_OF_A_SLICE, False, 40_000)
    monkeypatch.setattr(repair_try, "SHORTEST_SLICE_S", 1.0)
    link, away = linked(project), files.folder.with_name("away")
    repair = outage(project, link, BEGAN, ENDED)
    one = once(project, store, ("", files.folder))

    def unmounted(done: int, of: int | None) -> None:
        if done == 2 and files.folder.exists():
            files.folder.rename(away)

    with pytest.raises(ImportSourceError, match="no file"):
        one.run(project, repair.id, noted(), unmounted)
    waits = project.repairs.get(repair.id)
    assert (waits.state, waits.lacking) == (RepairState.WAITING, "unreadable")
    assert waits.reached_at is not None
    before = everything(project)
    assert 0 < len(before) < CALLS
    with pytest.raises(ImportSourceError):
        one.run(project, repair.id, noted(), lambda done, of: None)
    away.rename(files.folder)
    came, after = one.run(project, repair.id, noted(), lambda done, of: None)
    assert (after.state, after.lacking, after.error) == (RepairState.DONE, None, None)
    assert came.calls == CALLS - len(before), "what was reached is not read again"
    assert before.items() <= everything(project).items()


def test_what_is_late_is_waited_for_without_reading_all_of_it_again(
    project: ProjectStore, files: RecordFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PBX that writes in batches: each try reads on from a while before what was reached."""
    monkeypatch.setattr(repair_try, "READ_AGAIN_S", 60.0)
    cel = files.lines["cel"]
    files.write("cel", [line for line in cel if time_of(line) < "2026-11-21 19:59"])
    now = ENDED + 60.0
    repair, first = tried(project, files.specs(kinds=("cel",)), BEGAN, ENDED, now=now)
    assert (repair.state, repair.lacking, first.waits) == (RepairState.WAITING, "late", 0)
    assert 0 < repair.calls < CALLS
    files.write("cel", cel)
    after, came = tried(project, files.specs(kinds=("cel",)), repair=repair, now=NOW)
    assert (after.state, after.calls, after.known) == (RepairState.DONE, CALLS, 0)
    assert came.rows < first.rows / 2
    project.repairs.set(after.id, state=RepairState.FAILED, reached_at=1)
    project.repairs.again(linked(project), NOW)
    assert project.repairs.get(after.id).reached_at is None, "another place, or another zone, begins anew"
