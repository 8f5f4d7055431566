"""Two years of a company's calls and statuses in SQLite and in PostgreSQL, made once and used by several benchmarks.

They lie in the system's temporary folder (``callfloor-bench``), some 8 GB each, and are brought to the newest tables
when opened. What a run writes comes after everything that is there.
"""

import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import Figure, shown
from bench.journal_fill import DAYS, FIRST, PostgresSink, Sink, SqliteSink, fill
from bench.status_fill import fill_statuses
from callfloor.settled import settle
from callfloor.store import Rebuilding, Store

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.databases import Cluster

CALLS = int(os.environ.get("CALLFLOOR_BENCH_CALLS", "10000000"))
CLIENTS = max(CALLS * 3 // 10, 1)
LAST = FIRST + DAYS * 86_400
DATABASES = ("SQLite", "PostgreSQL")


@contextmanager
def opened(name: str, *, statuses: bool = False, callbacks: bool = False) -> Iterator[tuple[Store, list[Figure]]]:
    """The database of this name with everything in it; and what making it took, measured when it was made."""
    folder = Path(tempfile.gettempdir()) / "callfloor-bench"
    folder.mkdir(mode=0o755, exist_ok=True)
    with (_sqlite if name == "SQLite" else _postgres)(folder) as (url, sink, made):
        store = Store.open(url)
        try:
            figures = [_once(made, f"journal, {name}: filled", "s a million calls", lambda: _calls(store, sink))]
            if statuses:
                title, told = f"days added up anew, {name}", made.with_suffix(".statuses")
                figures = [_once(told, title, "s", lambda: _statuses(store, sink))]
            if callbacks:
                title, told = f"callbacks, {name}: made anew", made.with_suffix(".callbacks")
                figures = [_once(told, title, "s", lambda: _callbacks(name, store, sink))]
            gc.collect()
            settle()
            yield store, figures
        finally:
            store.close()


@contextmanager
def smaller(calls: int) -> Iterator[tuple[Store, Path]]:
    """So many calls in SQLite, and the file they are in: for what only reads."""
    folder = Path(tempfile.gettempdir()) / "callfloor-bench"
    folder.mkdir(mode=0o755, exist_ok=True)
    path, made = folder / f"calls-{calls}.db", folder / f"calls-{calls}.made"
    if not made.exists():
        for each in folder.glob(f"{path.name}*"):
            each.unlink()
    store = Store.open(f"sqlite:///{path}")
    try:
        if not made.exists():
            fill(store, lambda: SqliteSink(path), calls, max(calls * 3 // 10, 1))
            made.touch()
        yield store, path
    finally:
        store.close()


def _once(made: Path, title: str, unit: str, make: Callable[[], tuple[float, str]]) -> Figure:
    if not made.exists():
        value, note = make()
        made.write_text(f"{value:.3f} {note}", encoding="utf-8")
    value_text, _, note = made.read_text(encoding="utf-8").partition(" ")
    return shown(title, float(value_text), unit, note=f"{note}; measured when the database was made")


def _calls(store: Store, sink: Callable[[], Sink]) -> tuple[float, str]:
    _say("ten million calls are made, which takes minutes")
    return fill(store, sink, CALLS, CLIENTS), f"{CALLS:,} calls"


def _statuses(store: Store, sink: Callable[[], Sink]) -> tuple[float, str]:
    _say("statuses are made, which takes minutes")
    stretches = fill_statuses(store, sink)
    rebuild = store.project(1).rollups.rebuild
    told = [0.0]

    def tell(step: Rebuilding) -> None:
        if step.done / step.of >= told[0]:
            _say(f"days added up anew: {step.done / step.of:.0%}")
            told[0] += 0.1

    begun = time.perf_counter()
    rebuild(tell)
    return time.perf_counter() - begun, f"{CALLS:,} calls, {stretches:,} stretches of employees"


def _callbacks(name: str, store: Store, sink: Callable[[], Sink]) -> tuple[float, str]:
    _say("the list of clients to call back is made, which takes minutes")
    told = [0.0]

    def tell(done: int, of: int | None) -> None:
        if of and done / of >= told[0]:
            _say(f"clients to call back: {done / of:.0%}")
            told[0] += 0.1

    begun = time.perf_counter()
    clients = store.project(1).callbacks.rebuild(tell)
    taken = time.perf_counter() - begun
    if name == "PostgreSQL":  # what its autovacuum, which is off here, does within minutes
        tidied = sink()
        tidied.run("VACUUM (ANALYZE) callbacks")
        tidied.close()
    return taken, f"{CALLS:,} calls of {clients:,} clients"


def _say(text: str) -> None:
    print(f"    {text}", file=sys.stderr, flush=True)


@contextmanager
def _sqlite(folder: Path) -> Iterator[tuple[str, Callable[[], Sink], Path]]:
    path = folder / f"journal-{CALLS}.db"
    made = folder / f"journal-{CALLS}.made"
    if not made.exists() or not made.read_text(encoding="utf-8"):
        if not made.exists():
            for each in folder.glob(f"{path.name}*"):
                each.unlink()
        else:
            made.write_text("0 made before times were kept", encoding="utf-8")
    yield f"sqlite:///{path}", lambda: SqliteSink(path), made


@contextmanager
def _postgres(folder: Path) -> Iterator[tuple[str, Callable[[], Sink], Path]]:
    place, made = folder / f"postgres-{CALLS}", folder / f"postgres-{CALLS}.made"
    if not made.exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
    elif not made.read_text(encoding="utf-8"):
        made.write_text("0 made before times were kept", encoding="utf-8")
    cluster = Cluster(place, settings="shared_buffers = 1GB\nmax_wal_size = 8GB\n")
    try:
        url = cluster.url("test_1" if made.exists() else cluster.make())
        yield url, lambda: PostgresSink(url), made
    finally:
        cluster.stop()
