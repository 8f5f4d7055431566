"""Repair of 100,000 calls from call events, call records and the queue log, as the service does it.

The records are those of real calls (tests/scenarios/records), played over and over: each recorded scenario as often as
the next, which is richer in transfers, queues and holds than a company's day (26 rows a call); each time by other
clients. Repairs and imports are done as the service has them done, in processes of their own, while live calls are
written here; the longest that one waited is told, and by how much the event loop of a process that does nothing else
was late. Nobody else repairs: the ratio is to the import of the same records.
CALLFLOOR_BENCH_REPAIR_CALLS: another number of calls.
"""

import asyncio
import functools
import os
import re
import resource
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

from bench import Figure, at_least, at_most
from callfloor.project import importing
from callfloor.project.apart import Apart
from callfloor.project.repair_once import Noted
from callfloor.project.repair_try import Now, processes
from callfloor.store import ProjectStore, Store
from callfloor.store.links import LinkValues

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench.freepbx_cdr import _lines
from support.call_records import call
from support.databases import Cluster
from support.past_records import TRUNKS, names

CALLS = int(os.environ.get("CALLFLOOR_BENCH_REPAIR_CALLS", "100000"))
SHARE = 4  # imports have a part of the calls: a second's rate is what counts
OF_A_TURN = 60  # calls in the recorded scenarios
TURN_S = 7200
BACK_S = 400 * 86_400
"""So long before they were recorded the first are told: all of them are over."""
FIRST = 1_795_200_000.0 - BACK_S
LIVE_EVERY_S = 0.2
TICK_S = 0.005
TARGET, PATIENCE_MS, STALL_MS = 3_000, 500, 50
KINDS = {"cel": "cel.csv", "cdr": "cdr.csv", "queue_log": "queue_log"}
CLIENTS = ("79161234567", "79031112233", "79167654321")
_STAMP = "%Y-%m-%d %H:%M:%S"


def main() -> list[Figure]:
    """Measure on both databases."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)  # the server is another user's
        for part, calls in (("all", CALLS), ("some", CALLS // SHARE)):
            _write(folder / part, max(1, calls // OF_A_TURN))
        figures = _measured(folder, folder / "all", f"sqlite:///{folder / 'repair.db'}", "SQLite")
        place = folder / "postgres"
        place.mkdir()
        cluster = Cluster(place, settings="shared_buffers = 1GB\n")
        try:
            return figures + _measured(folder, folder / "all", cluster.url(cluster.make()), "PostgreSQL")
        finally:
            cluster.stop()


def _write(folder: Path, turns: int) -> None:
    folder.mkdir()
    for kind, name in KINDS.items():
        blocks = [lines for each in names() if (lines := _lines(each, kind))]
        written = [(_written(row, kind), at, place) for at, rows in enumerate(blocks) for place, row in enumerate(rows)]
        order = [(at, place) for _, at, place in sorted(written)]  # as one PBX writes them
        with (folder / name).open("w", encoding="utf-8") as file:
            for turn in range(turns):
                later = [_later("\n".join(block), turn, at).split("\n") for at, block in enumerate(blocks)]
                file.writelines(f"{later[at][place]}\n" for at, place in order)


def _written(line: str, kind: str) -> str:
    """When a row was written: a call record at its end, which is the last of its times."""
    if kind == "queue_log":
        return line.partition("|")[0]
    return max(found[0] for found in re.finditer(r"2026-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?", line))


def _later(block: str, turn: int, place: int) -> str:
    """A scenario's rows as if they had been written so many turns later, under other ids, of other clients."""
    seconds = turn * TURN_S - BACK_S
    block = re.sub(r"(?<!\d)17952\d{5}(?=[.|])", lambda found: str(int(found[0]) + seconds), block)
    block = block.replace("lab-cb-", f"lab-{seconds}-")
    block = re.sub(r"(PJSIP/[a-z0-9-]+?-)0(\w{7})", rf"\g<1>{turn + 1:x}\g<2>", block)
    for ahead, client in enumerate(CLIENTS):
        block = block.replace(client, f"7916{1_000_000 + (turn * OF_A_TURN + place + ahead * 7) % 8_999_999}")
    return re.sub(r"2026-\d\d-\d\d \d\d:\d\d:\d\d", lambda found: _stamp(found[0], seconds), block)


@functools.lru_cache(maxsize=2_000)
def _stamp(stamp: str, seconds: int) -> str:
    return (datetime.strptime(stamp, _STAMP) + timedelta(seconds=seconds)).strftime(_STAMP)  # noqa: DTZ007


def _made(store: Store, name: str) -> ProjectStore:
    project = store.project(store.projects.add(name, timezone="UTC", country="RU", language="en", now=1.0).id)
    project.links.add(LinkValues(name="PBX", url="ami://a@b"), now=1.0)
    return project


def _measured(folder: Path, records: Path, url: str, name: str) -> list[Figure]:
    store = Store.open(url)
    try:
        apart = Apart(url, store.turns, folder / "data", processes())
        one = _import(_made(store, "Import"), apart, folder / "some")
        return [
            at_least(f"import of call events from CSV, {name}", one, TARGET, "calls/s", note="marks and sums included"),
            *_repair(_made(store, "Repair"), apart, records, name, one),
        ]
    finally:
        store.close()


def _import(project: ProjectStore, apart: Apart, folder: Path) -> float:
    paths = {kind: folder / name for kind, name in KINDS.items()}
    asked = importing.Asked(
        zone="UTC", cel_files=(paths["cel"],), cdr_files=(paths["cdr"],), queue_logs=(paths["queue_log"],),
        trunks=TRUNKS,
    )  # fmt: skip
    begun = time.perf_counter()
    came = apart.import_(project.project_id, asked, "RU", lambda _done, _of: None)
    return came.calls / (time.perf_counter() - begun)


def _repair(project: ProjectStore, apart: Apart, folder: Path, name: str, one: float) -> list[Figure]:
    ended = FIRST + 100_000 + (CALLS // OF_A_TURN) * TURN_S
    (link,) = project.links.all()
    asked = project.repairs.ask(link.id, FIRST, ended, user_id=None, user_name=None, at=ended)
    noted = Noted(now=Now(at=ended + 1e6, live=frozenset(), sure=True, ahead_s=0.0), trunks=TRUNKS)
    stop, waited, late = threading.Event(), [0.0], [0.0]
    beside = [
        threading.Thread(target=_live, args=(project, ended, stop, waited)),
        threading.Thread(target=lambda: asyncio.run(_tick(stop, late))),
    ]
    for thread in beside:
        thread.start()
    begun, before = time.perf_counter(), _children_s()
    try:
        came, _ = apart.repair(project.project_id, asked.id, noted, [("", folder)], lambda _done, _of: None)
        taken, busy = time.perf_counter() - begun, _children_s() - before
    finally:
        stop.set()
        for thread in beside:
            thread.join()
    note = f"{came.calls:,} calls of {came.rows:,} rows; {processes()} readers, peer: the import"
    note += f"; {busy / came.calls * 1e6:.0f} µs of CPU a call"
    return [
        at_least(f"repair, {name}", came.calls / taken, TARGET, "calls/s", peer=one, note=note),
        at_most(f"repair, {name}: a live call waits", waited[0] * 1000, PATIENCE_MS, "ms", note="the longest"),
        at_most(f"repair, {name}: the loop is late", late[0] * 1000, STALL_MS, "ms", note="the longest"),
    ]


def _children_s() -> float:
    """Seconds of CPU of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _live(project: ProjectStore, after: float, stop: threading.Event, waited: list[float]) -> None:
    """Calls that end meanwhile, one after the other; how long the slowest took to be written."""
    number = 0
    while not stop.wait(LIVE_EVERY_S):
        number += 1
        begun = time.perf_counter()
        project.journal.write([call(number, started_at=after + number)])
        waited[0] = max(waited[0], time.perf_counter() - begun)


async def _tick(stop: threading.Event, late: list[float]) -> None:
    """An event loop of this process, as the service's: how late it was at the worst."""
    while not stop.is_set():
        begun = time.perf_counter()
        await asyncio.sleep(TICK_S)
        late[0] = max(late[0], time.perf_counter() - begun - TICK_S)
