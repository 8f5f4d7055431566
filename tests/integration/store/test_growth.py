"""PostgreSQL is told to count its tables when a repair or an import has made them many times larger."""

from collections.abc import Callable, Iterator, Sequence

import psycopg
import pytest

from callfloor.floor.calls import CallRecord
from callfloor.store import ProjectStore, Store
from callfloor.store.growth import FIRST_CALLS, TIMES
from callfloor.store.imports import ImportBatch, ImportPosition
from support.call_records import call

BATCH = 500
DAY_S = 86_400.0
LATER_S = 60.0


@pytest.fixture
def grown(postgres_url: str) -> Iterator[ProjectStore]:
    store = Store.open(postgres_url)
    try:
        yield store.project(store.projects.add("One", timezone="UTC", country="PL", language="en", now=1.0).id)
    finally:
        store.close()


def repaired(project: ProjectStore, records: Sequence[CallRecord]) -> None:
    project.repairs.write("1", records, {})


def imported(project: ProjectStore, records: Sequence[CallRecord]) -> None:
    position = ImportPosition(position=1, reached=1)
    batch = ImportBatch(records=tuple(records), refused=(), positions={"cel.csv": position}, rows=len(records))
    project.imports.write(batch, at=1.0)


def counted(url: str) -> int:
    """Calls, as the server believes; -1: it has never counted them. Our cluster does not by itself."""
    with psycopg.connect(url) as connection:
        (found,) = connection.execute("SELECT reltuples FROM pg_class WHERE oid = 'calls'::regclass").fetchone() or ()
    return int(found)


@pytest.mark.parametrize("write", [repaired, imported])
def test_tables_are_counted_when_they_have_become_many_times_larger(
    write: Callable[[ProjectStore, Sequence[CallRecord]], None], grown: ProjectStore, postgres_url: str
) -> None:
    url, seen = postgres_url, []
    for first in range(0, TIMES * FIRST_CALLS, BATCH):
        write(grown, [call(number, started_at=DAY_S + number * LATER_S) for number in range(first, first + BATCH)])
        seen.append(counted(url))
    quarter = FIRST_CALLS // BATCH
    assert seen[: quarter - 1] == [-1] * (quarter - 1), "a few calls are not worth it"
    assert seen[quarter - 1 : -1] == [FIRST_CALLS] * (len(seen) - quarter), "once, until there are many more"
    assert seen[-1] == TIMES * FIRST_CALLS


def test_a_server_that_refuses_to_count_hinders_no_repair(
    grown: ProjectStore, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callfloor.store.growth._COUNT", "ANALYZE no_such_table")
    for first in range(0, FIRST_CALLS + BATCH, BATCH):
        repaired(grown, [call(number, started_at=DAY_S + number * LATER_S) for number in range(first, first + BATCH)])
    assert counted(postgres_url) == -1
    assert grown.journal.get(f"call-{FIRST_CALLS}").record.call_id == f"call-{FIRST_CALLS}"
