"""Repair of 100,000 calls from call events, call records and the queue log, as the service does it.

The records are those of real calls (tests/scenarios/records), played over and over: each recorded scenario as often as
the next, which is richer in transfers, queues and holds than a company's day. Live calls are written beside it, and
the longest that one waited is told. Nobody else repairs: the ratio is to the import of the same records, which is one
process. CALLFLOOR_BENCH_REPAIR_CALLS: another number of calls.
"""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench import Figure, at_least, at_most
from callfloor.asterisk.history.slices import CompanySpec, SourceSpec
from callfloor.floor.directory import Directory
from callfloor.project import importing
from callfloor.project.repair_try import Now, RepairTry, processes
from callfloor.store import ProjectStore, Store
from callfloor.store.links import LinkValues

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench.freepbx_cdr import _later, _lines
from support.call_records import call
from support.databases import Cluster
from support.past_records import TRUNKS, names

CALLS = int(os.environ.get("CALLFLOOR_BENCH_REPAIR_CALLS", "100000"))
OF_A_TURN = 60  # calls in the recorded scenarios
TURN_S = 7200
IMPORTED = 1_800
FIRST = 1_795_200_000.0
LIVE_EVERY_S = 0.2
TARGET, PATIENCE_MS = 3_000, 500
KINDS = {"cel": "cel.csv", "cdr": "cdr.csv", "queue_log": "queue_log"}


def main() -> list[Figure]:
    """Measure on both databases, with the import of some of the same records beside."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for part, calls in (("all", CALLS), ("some", IMPORTED)):
            _write(folder / part, max(1, calls // OF_A_TURN))
        one = _import(folder / "some", f"sqlite:///{folder / 'import.db'}")
        figures = _repair(folder / "all", f"sqlite:///{folder / 'repair.db'}", "SQLite", one)
        place = folder / "postgres"
        place.mkdir()
        folder.chmod(0o755)  # the server is another user's
        cluster = Cluster(place, settings="shared_buffers = 1GB\n")
        try:
            return figures + _repair(folder / "all", cluster.url(cluster.make()), "PostgreSQL", one)
        finally:
            cluster.stop()


def _write(folder: Path, turns: int) -> None:
    folder.mkdir()
    for kind, name in KINDS.items():
        lines = [line for each in names() for line in _lines(each, kind)]
        with (folder / name).open("w", encoding="utf-8") as file:
            for turn in range(turns):
                file.write("\n".join(_later(line, turn * TURN_S) for line in lines) + "\n")


def _made(store: Store) -> ProjectStore:
    project = store.project(store.projects.add("Repair", timezone="UTC", country="RU", language="en", now=1.0).id)
    project.links.add(LinkValues(name="PBX", url="ami://a@b"), now=1.0)
    return project


def _import(folder: Path, url: str) -> float:
    store = Store.open(url)
    try:
        paths = {kind: folder / name for kind, name in KINDS.items()}
        asked = importing.Asked(
            zone="UTC", cel_files=(paths["cel"],), cdr_files=(paths["cdr"],), queue_logs=(paths["queue_log"],)
        )
        begun = time.perf_counter()
        came = importing.run(_made(store), asked, country="RU", clock=lambda: 4e9)
        return came.calls / (time.perf_counter() - begun)
    finally:
        store.close()


def _repair(folder: Path, url: str, name: str, one: float) -> list[Figure]:
    store = Store.open(url)
    try:
        project = _made(store)
        ended = FIRST + 100_000 + (CALLS // OF_A_TURN) * TURN_S
        specs = [SourceSpec(kind=kind, zone="UTC", path=str(folder / file)) for kind, file in KINDS.items()]
        company = CompanySpec(
            link="pbx1", country="RU", accounts=(), trunks=TRUNKS, directory=Directory(), missed_after_s=5.0, names={},
            mark="",
        )  # fmt: skip
        asked = project.repairs.ask(1, FIRST, ended, user_id=None, user_name=None, at=ended)
        now = Now(at=ended, live=frozenset(), sure=True, ahead_s=0.0)
        stop, waited = threading.Event(), [0.0]
        live = threading.Thread(target=_live, args=(project, ended, stop, waited))
        live.start()
        begun = time.perf_counter()
        try:
            came = RepairTry(project, asked, "pbx1", specs, company, now, lambda _done, _of: None).run(processes())
            taken = time.perf_counter() - begun
        finally:
            stop.set()
            live.join()
        note = f"{came.calls:,} calls of {came.rows:,} rows; {processes()} readers; peer: the import, one process"
        return [
            at_least(f"repair, {name}", came.calls / taken, TARGET, "calls/s", peer=one, note=note),
            at_most(f"repair, {name}: a live call waits", waited[0] * 1000, PATIENCE_MS, "ms", note="the longest"),
        ]
    finally:
        store.close()


def _live(project: ProjectStore, after: float, stop: threading.Event, waited: list[float]) -> None:
    """Calls that end meanwhile, one after the other; how long the slowest took to be written."""
    number = 0
    while not stop.wait(LIVE_EVERY_S):
        number += 1
        begun = time.perf_counter()
        project.journal.write([call(number, started_at=after + number)])
        waited[0] = max(waited[0], time.perf_counter() - begun)
