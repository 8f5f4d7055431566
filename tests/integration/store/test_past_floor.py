"""Law L7 on real databases, and what becomes of the past floor where the disk, the database or the process fails."""

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import msgspec
import pytest

from callfloor.errors import ProjectBoundaryError, StoreError
from callfloor.floor.calls import CallStatus, CallType, LiveCall
from callfloor.floor.changes import CallChanged, Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.floor import Floor
from callfloor.floor.past import Reading
from callfloor.store import ProjectStore, Store
from callfloor.store.past_reader import PastReader, Unknown
from callfloor.store.past_tables import past_blocks
from callfloor.store.past_writer import PastWriter
from callfloor.web import past
from callfloor.web.access import Sight
from callfloor.web.contract_past import PastFrame
from support.databases import Cluster
from support.past_floor import shown, simulated_facts
from support.web_floor import record

T = 1_790_000_000.0
EVERYTHING = Sight(supervisions=True)


class Life:
    """A floor of one counter: call ``N`` is there alone at second ``N``."""

    def __init__(self) -> None:
        self.now = T
        self.calls = (self._call(),)

    def _call(self) -> LiveCall:
        at = self.now
        return LiveCall(id=f"{at:.0f}", type=CallType.INBOUND, status=CallStatus.IVR, status_since=at, started_at=at)

    def clock(self) -> float:
        return self.now

    def snapshot(self) -> Snapshot:
        return Snapshot(at=self.now, calls=self.calls, links=(), directory=Directory())

    def goes_on(self, writer: PastWriter, seconds: int) -> None:
        for _ in range(seconds):
            before = self.calls[0]
            self.now += 1
            self.calls = (self._call(),)
            writer.saw(
                [CallChanged(before.id, before, None), CallChanged(self.calls[0].id, None, self.calls[0])], self.now
            )


def _project(store: Store) -> ProjectStore:
    return store.project(store.projects.add("One", timezone="UTC", country="PL", language="en", now=1.0).id)


@asynccontextmanager
async def keeping(
    store: Store, project: ProjectStore, folder: Path, life: Life, **options: int
) -> AsyncIterator[PastWriter]:
    writer = PastWriter(store, project.past, folder, snapshot=life.snapshot, clock=life.clock, **options)
    await writer.start()
    try:
        yield writer
    finally:
        await writer.close()


def seconds(reader: PastReader, begin: float, end: float) -> list[str | None]:
    """The call of each second; None where it is not known."""
    found: list[str | None] = []
    for second in range(int(begin), int(end)):
        at = reader.at(second * 1000)
        if isinstance(at, Reading):
            (call,) = at.floor.snapshot(0.0).calls
            found.append(call.id)
        else:
            found.append(None)
    return found


def numbers(begin: float, end: float) -> list[str]:
    return [str(second) for second in range(int(begin), int(end))]


NOON = T - 4 * 3600  # of a Monday in Kyiv


async def test_any_second_of_a_simulated_company_is_as_it_was_live(store: Store, tmp_path: Path) -> None:
    await _agrees(store, tmp_path, NOON, length_s=2400, block_lines=60)


async def test_each_second_of_a_whole_day_is_as_it_was_live(sqlite_url: str, tmp_path: Path) -> None:
    with closing(Store.open(sqlite_url)) as store:
        await _agrees(store, tmp_path, NOON + 10 * 3600, length_s=86_400, block_lines=300, employees=14)


async def _agrees(
    store: Store, tmp_path: Path, until: float, *, length_s: int, block_lines: int, employees: int = 40
) -> None:
    """L7 over a simulated company's last ``length_s`` seconds: read on, asked for by itself, cut, and played."""
    project, floor = _project(store), Floor()
    begin = until - length_s
    live: dict[int, Snapshot] = {}
    now, second = begin, int(begin)
    writer = PastWriter(
        store,
        project.past,
        tmp_path / "past",
        snapshot=floor.snapshot,
        clock=lambda: now,
        block_lines=block_lines,
        waiting_bytes=2**30,
    )
    await writer.start()
    for told in simulated_facts(until=until, days=length_s / 86_400, employees=employees):
        for fact in told:
            while second < fact.at <= until:  # all that was told up to the full second, and nothing after it
                live[second] = floor.snapshot()
                now = float(second)
                second += 1
                if second % 60 == 0:
                    await writer.flush()
                if second % 700 == 0 and second < until - 0.3 * length_s:
                    await writer.store_waiting()  # what is asked for lies in the store, in files, and still grows
            if fact.at <= until:
                now = max(now, fact.at)
                writer.saw(floor.apply(fact), now)
    while second < until:  # a quiet end: nobody told anything any more
        live[second], now = floor.snapshot(), float(second)
        second += 1
    await writer.flush()
    reader = PastReader(project.past, writer)
    assert len(live) == length_s
    assert len({span.began_ms for span in project.past.spans(0, 1 << 50)}) > 3
    assert writer.state.waiting > 0
    assert max(len(each.calls) for each in live.values()) > 2
    # Each second, read on from the second before.
    compared = 0
    for piece in reader.pieces(int(begin) * 1000, max(live) * 1000):
        assert piece.reading is not None
        for second in range(-(-piece.from_ms // 1000), -(-piece.to_ms // 1000)):
            piece.reading.go(second * 1000)
            assert shown(piece.reading.floor.snapshot(0.0)) == shown(live[second]), second
            compared += 1
    assert compared >= length_s - 1, "all but the one that is now"
    # Some, each asked for by itself, as every role sees them.
    for second in random.Random(5).sample(sorted(live)[:-2], 40):
        for sight in (EVERYTHING, Sight(), Sight(departments=frozenset({1}))):
            found = past.moment(reader, sight, float(second))
            assert found.snapshot is not None
            assert shown(found.snapshot) == shown(past.cut(live[second], sight)), second
    # Played in steps of seven seconds, over the borders of blocks, a viewer holds the same.
    for sight in (EVERYTHING, Sight(departments=frozenset({2}))):
        held = Held(past.moment(reader, sight, begin + 1010).snapshot)
        frames = past.frames(reader, sight, begin + 1010, begin + 1710, 7.0)
        assert frames.reached == begin + 1710
        left = list(frames.frames)
        for second in range(int(begin) + 1010, int(begin) + 1711, 7):
            while left and left[0].at <= second:
                held.take(left.pop(0))
            assert held.rows == shown(past.cut(live[second], sight)), second
    await writer.close()
    assert (writer.state.waiting, writer.state.given_up) == (0, 0)
    assert list((tmp_path / "past").iterdir()) == []


class Held:
    """What a page holds that took a snapshot and plays frames."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        assert snapshot is not None
        self.rows = shown(snapshot)

    def take(self, sent: PastFrame) -> None:
        # As it comes over the wire.
        frame = msgspec.json.decode(msgspec.json.encode(sent), type=PastFrame)
        for name, delta in (("calls", frame.calls), ("employees", frame.employees)):
            if delta is msgspec.UNSET:
                continue
            rows = self.rows[name]
            for row in delta.added:
                assert row.id not in rows
                rows[row.id] = row
            for patch in delta.changed:
                fields = {
                    field: value
                    for field in patch.__struct_fields__
                    if field != "id" and (value := getattr(patch, field)) is not msgspec.UNSET
                }
                rows[patch.id] = msgspec.structs.replace(rows[patch.id], **fields)
            for key in delta.removed:
                del rows[key]
        if frame.links is not msgspec.UNSET:
            self.rows["links"] = {link.id: link for link in frame.links}
        if frame.directory is not msgspec.UNSET:
            self.rows["directory"] = frame.directory


async def test_a_block_that_still_grows_and_one_in_a_file_are_read_as_those_in_the_store(
    store: Store, tmp_path: Path
) -> None:
    project, life = _project(store), Life()
    async with keeping(store, project, tmp_path, life, block_lines=40) as writer:
        for _ in range(30):
            life.goes_on(writer, 7)
            await writer.flush()
        assert writer.state.waiting > 5
        reader = PastReader(project.past, writer)
        assert seconds(reader, T, T + 211) == numbers(T, T + 211)
        await writer.store_waiting()
        assert seconds(reader, T, T + 211) == numbers(T, T + 211)
        assert reader.at(int((T + 212) * 1000)) == Unknown(int((T + 210) * 1000) + 1, None)
        assert reader.first() == int(T * 1000)
    assert seconds(PastReader(project.past, None), T, T + 212) == [*numbers(T, T + 211), None]


def _remove(store: Store, project_id: int) -> None:
    store.projects.add("Another", timezone="UTC", country="PL", language="en", now=1.0)
    store.projects.archive(project_id, 2.0)
    store.projects.begin_removal(project_id, now=3.0)
    store.projects.end_removal(project_id)


async def test_the_past_of_a_project_that_is_no_more_holds_up_nobody(store: Store, tmp_path: Path) -> None:
    project, life = _project(store), Life()
    async with keeping(store, project, tmp_path, life) as writer:
        life.goes_on(writer, 30)
        _remove(store, project.project_id)
    assert (writer.state.given_up, writer.state.waiting) == (1, 0)
    assert list(tmp_path.glob("*.past")) == []


async def test_what_is_to_be_changed_is_brought_to_the_store_at_once(store: Store, tmp_path: Path) -> None:
    project, life = _project(store), Life()
    async with keeping(store, project, tmp_path, life) as writer:
        life.goes_on(writer, 30)
        await writer.settle()
        assert seconds(PastReader(project.past, None), T, T + 31) == numbers(T, T + 31)
        life.goes_on(writer, 30)
        await writer.flush()
        assert seconds(PastReader(project.past, writer), T, T + 61) == numbers(T, T + 61)


async def test_what_ended_before_an_instant_is_forgotten_and_no_more(store: Store, tmp_path: Path) -> None:
    project, other, life = _project(store), _project(store), Life()
    for each in (project, other):
        life.now = T
        life.calls = life.snapshot().calls
        async with keeping(store, each, tmp_path / str(each.project_id), life, block_lines=20) as writer:
            life.calls = (life._call(),)
            await writer.flush()
            life.goes_on(writer, 100)
    reader = PastReader(project.past, None)
    before = len(project.past.spans(0, 1 << 50))
    gone = project.past.delete_before(T + 50)
    assert 2 < gone < before
    assert project.past.delete_before(T + 50) == 0
    kept = seconds(reader, T, T + 101)
    first = next(place for place, name in enumerate(kept) if name is not None)
    assert 40 < first <= 50
    assert kept[first:] == numbers(T + first, T + 101)
    assert isinstance(reader.at(int(T * 1000)), Unknown)
    assert len(other.past.spans(0, 1 << 50)) == before, "another project's past stays"
    assert project.past.bytes_kept() > 0
    with pytest.raises(ProjectBoundaryError), project.past._scope.reading() as connection:
        connection.execute(past_blocks.select())


async def test_the_past_is_kept_for_its_days_and_never_longer_than_calls(store: Store, tmp_path: Path) -> None:
    project, life = _project(store), Life()
    async with keeping(store, project, tmp_path, life, block_lines=20) as writer:
        life.goes_on(writer, 100)
        await writer.settle()
        life.now = T + 90 * 86_400 + 50
        await writer.forget_old()
        assert 40 < (project.past.first() or 0) / 1000 - T <= 50
        project.retention.calls(T + 90, lambda _rows: None)
        assert 40 < (project.past.first() or 0) / 1000 - T <= 50, "no call was deleted"
        project.journal.write([record("old", started_at=T + 5), record("new", started_at=T + 95)])
        project.retention.calls(T + 90, lambda _rows: None)
        await writer.forget_old()
        assert 80 < (project.past.first() or 0) / 1000 - T <= 90


async def test_while_the_disk_refuses_nothing_is_known_and_then_all_is_again(store: Store, tmp_path: Path) -> None:
    project, life = _project(store), Life()
    folder = tmp_path / "past"
    async with keeping(store, project, folder, life) as writer:
        life.goes_on(writer, 10)
        await writer.flush()
        os.close(os.open(tmp_path / "kept", os.O_CREAT))
        # The next block cannot be begun: its folder is gone, and a file is in its place.
        life.now -= 7200  # the clock is set back, which begins a block
        folder.rename(tmp_path / "elsewhere")
        folder.touch()
        life.goes_on(writer, 5)
        await writer.flush()
        assert writer.state.broken
        assert writer.state.last_error
        life.goes_on(writer, 5)
        await writer.flush()
        folder.unlink()
        (tmp_path / "elsewhere").rename(folder)
        await writer.flush()
        assert not writer.state.broken
        began = life.now
        life.goes_on(writer, 5)
        await writer.flush()
        reader = PastReader(project.past, writer)
        assert seconds(reader, began - 10, began + 6) == [*[None] * 10, *numbers(began, began + 6)]
        assert seconds(reader, T, T + 11) == numbers(T, T + 11)
    assert seconds(PastReader(project.past, None), began - 1, began + 6) == [None, *numbers(began, began + 6)]


async def test_where_the_clock_is_set_back_the_later_telling_holds(store: Store, tmp_path: Path) -> None:
    project, life = _project(store), Life()
    async with keeping(store, project, tmp_path, life) as writer:
        life.goes_on(writer, 60)
        life.now -= 30
        life.goes_on(writer, 20)
        await writer.flush()
        reader = PastReader(project.past, writer)
        assert seconds(reader, T, T + 51) == numbers(T, T + 51)
        assert isinstance(reader.at(int((T + 55) * 1000)), Unknown)


async def test_while_the_database_is_away_blocks_wait_in_files_and_only_so_many(
    breakable_postgres: Cluster, tmp_path: Path
) -> None:
    store = Store.open(breakable_postgres.url(breakable_postgres.make()))
    project, life = _project(store), Life()
    async with keeping(store, project, tmp_path, life, block_lines=40, waiting_bytes=30_000) as writer:
        await asyncio.to_thread(breakable_postgres.stop)
        for _ in range(40):
            life.goes_on(writer, 18)
            await writer.flush()
        with pytest.raises(StoreError):
            await writer.store_waiting()
        assert writer.state.given_up > 0
        assert 0 < writer.state.waiting_bytes <= 30_000
        assert not writer.state.broken
        await asyncio.to_thread(breakable_postgres.start)
        await writer.store_waiting()
        assert writer.state.waiting == 0
    known = seconds(PastReader(project.past, None), T, T + 721)
    lost = known.index(next(name for name in known if name is not None))
    assert lost > 0
    assert known[lost:] == numbers(T + lost, T + 721)
    store.close()


def test_killed_again_and_again_at_most_what_was_not_safe_is_unknown(database_url: str, tmp_path: Path) -> None:
    store = Store.open(database_url)
    project = _project(store)
    runs = []
    for turn, stop_after in enumerate((1, 8, 3)):
        began = int(T) + turn * 10_000
        runs.append((began, _keep_until_killed(database_url, project.project_id, tmp_path, began, stop_after)))

    async def come_back() -> None:
        life = Life()
        life.now = T + 1e6
        async with keeping(store, project, tmp_path, life):
            pass

    asyncio.run(come_back())
    assert list(tmp_path.glob("*.past")) == []
    reader = PastReader(project.past, None)
    for began, safe in runs:
        assert seconds(reader, began, safe + 1) == numbers(began, safe + 1)
        after = reader.at((safe + 200) * 1000)
        assert isinstance(after, Unknown)
        assert after.from_ms is not None
        assert after.from_ms > safe * 1000
    for (_, safe), (began, _) in itertools.pairwise(runs):
        between = reader.at((safe + 200) * 1000)
        assert isinstance(between, Unknown)
        assert between.to_ms == began * 1000
    store.close()


def _keep_until_killed(url: str, project_id: int, folder: Path, began: int, stop_after: int) -> int:
    script = Path(__file__).with_name("killed_past_writer.py")
    child = subprocess.Popen(
        [sys.executable, script, url, str(project_id), folder, str(began)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert child.stdout is not None
    said: list[int] = []
    with child, child.stdout:
        for line in child.stdout:
            if line.endswith("\n"):  # the last may be cut
                said.append(int(line))
            if len(said) == stop_after:
                child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    return said[-1]
