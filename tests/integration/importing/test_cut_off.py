"""The way to the PBX's database is cut in mid-import: what was read is kept, and the next run goes on from there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.floor.calls import CallRecord
from callfloor.project import importing
from callfloor.store import ProjectStore, Store
from support.databases import Cluster
from support.mariadb import CEL_TABLE, PASSWORD, USER, MariaDb
from support.past_records import names
from support.pbx_tables import CEL_COLUMNS, cel_rows, days_before
from support.tcp_link import tcp_link

NOW = 1_900_000_000.0
DAYS = 12
"""Of calls: more pages than one, and more than the sockets on the way hold at once."""
CALLS = 59 * DAYS + 1
"""One of the sixty has an id that was chosen by who asked for it: with the days before it, it is one call."""
PG_CEL = f"CREATE TABLE cel (id serial PRIMARY KEY, {', '.join(f'{name} text' for name in CEL_COLUMNS)})"


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, ...]]:
    one_day = list(cel_rows(names()))
    return [row for back in range(DAYS - 1, -1, -1) for row in days_before(one_day, back)]


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def served(
    request: pytest.FixtureRequest, mariadb: MariaDb, postgres: Cluster, rows: list[tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """The server's Unix socket, and the database's address but for host and port."""
    marks = ", ".join(["%s"] * len(CEL_COLUMNS))
    insert = f"INSERT INTO cel ({', '.join(CEL_COLUMNS)}) VALUES ({marks})"
    if request.param == "mariadb":
        name = mariadb.make()
        with mariadb.connect(name) as connection, connection.cursor() as cursor:
            cursor.execute(CEL_TABLE)
            cursor.executemany(insert, rows)
        yield mariadb.socket, f"mysql://{USER}:{quote(PASSWORD, safe='')}@{{host}}:{{port}}/{name}"
        return
    name = postgres.make()
    url = postgres.url(name)
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(PG_CEL.encode())
        cursor.executemany(insert.encode(), rows)
    folder = url.partition("host=")[2]
    yield str(Path(folder) / ".s.PGSQL.5432"), f"postgresql://callfloor@{{host}}:{{port}}/{name}"
    postgres.drop(name)


def project_of(store: Store, name: str) -> ProjectStore:
    made = store.projects.add(name, timezone="UTC", country="RU", language="en", now=1.0)
    return store.project(made.id)


def everything(project: ProjectStore) -> dict[str, CallRecord]:
    return {call.record.call_id: call.record for call in project.journal.page(0.0, NOW, limit=1000).calls}


@pytest.mark.parametrize("after", [1, 4])
async def test_an_import_goes_on_where_the_connection_was_cut(
    store: Store, served: tuple[str, str], after: int
) -> None:
    socket, address = served
    loop = asyncio.get_running_loop()
    cut_off, straight = project_of(store, "Cut off"), project_of(store, "Straight")
    async with tcp_link(socket) as link:
        host, port = link.address
        asked = importing.Asked(zone="UTC", database=address.format(host=host, port=port))
        batches = 0

        def cutting(_done: int, _of: int) -> None:
            nonlocal batches
            batches += 1
            if batches == after:
                asyncio.run_coroutine_threadsafe(link.cut(), loop).result(timeout=30)

        with pytest.raises(ImportSourceError, match=r"the connection was lost.*run it again to go on"):
            await asyncio.to_thread(
                importing.run, cut_off, asked, country="RU", clock=lambda: NOW, progress=cutting, batch_calls=40
            )
        half = await asyncio.to_thread(everything, cut_off)
        assert 0 < len(half) < CALLS
        with pytest.raises(ImportSourceError, match="cannot be reached"):
            await asyncio.to_thread(importing.run, cut_off, asked, country="RU", clock=lambda: NOW)
        await link.open()
        rest = await asyncio.to_thread(importing.run, cut_off, asked, country="RU", clock=lambda: NOW)
        whole = await asyncio.to_thread(importing.run, straight, asked, country="RU", clock=lambda: NOW)
    assert len(half) + rest.calls == whole.calls
    assert whole.calls == CALLS
    assert await asyncio.to_thread(everything, cut_off) == await asyncio.to_thread(everything, straight)
