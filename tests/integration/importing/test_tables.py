"""The PBX's own tables: FreePBX's in MariaDB, Asterisk's in PostgreSQL, and what may be wrong with them."""

import psycopg
import pytest

from callfloor.asterisk.history.databases import Table
from callfloor.asterisk.history.rows import QueueRow
from callfloor.asterisk.history.servers import named
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, ImportSourceError
from callfloor.asterisk.history.times import Clock, zone_named
from support.databases import Cluster
from support.mariadb import CDR_TABLE, CEL_TABLE, PASSWORD, MariaDb
from support.past_records import NEAR_S, Read, company, compared, names, read, sources
from support.pbx_tables import CDR_COLUMNS, CEL_COLUMNS, cdr_rows, cel_rows

QUEUE_LOG_TABLE = """CREATE TABLE queue_log (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, time varchar(26),
 callid varchar(32), queuename varchar(32), agent varchar(32), event varchar(32), data1 varchar(100),
 data2 varchar(100), data3 varchar(100), data4 varchar(100), data5 varchar(100))"""


def table(url: str, kind: str, **more: str) -> Table:
    return Table(url, kind, Clock(zone_named("UTC")), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def freepbx(mariadb: MariaDb) -> str:
    """The URL of a database as FreePBX makes it, with all recorded scenarios."""
    database = mariadb.make()
    with mariadb.connect(database) as connection, connection.cursor() as cursor:
        for made in (CDR_TABLE, CEL_TABLE, QUEUE_LOG_TABLE):
            cursor.execute(made)
        cdr = f"INSERT INTO cdr ({', '.join(CDR_COLUMNS)}) VALUES ({', '.join(['%s'] * len(CDR_COLUMNS))})"
        cel = f"INSERT INTO cel ({', '.join(CEL_COLUMNS)}) VALUES ({', '.join(['%s'] * len(CEL_COLUMNS))})"
        cursor.executemany(cdr, list(cdr_rows(names())))
        cursor.executemany(cel, list(cel_rows(names())))
        found = (row for name in names() for source in sources(name, ("queue_log",)) for row in source.rows(0))
        for row in sorted((row for row in found if isinstance(row, QueueRow)), key=lambda row: row.at):
            data = [*row.data, "", "", "", "", ""][:5]
            cursor.execute(
                "INSERT INTO queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (str(row.at), row.uniqueid, row.queue, row.member, row.event, *data),
            )
    return mariadb.url(database)


def calls_that_agree(came: Read, *, without: set[str]) -> int:
    """The scenarios' calls that were found; what differs beside ``without`` fails."""
    found = 0
    for name in names():
        known = known_ids(name)
        wanted = [record for record in came.records if record.call_id in known]
        rows = list(compared(name, wanted, NEAR_S["seconds"]))
        wrong = {(each, str(mine), str(theirs)) for _, each, mine, theirs in rows if mine != theirs}
        assert {each for each, *_ in wrong} <= without, (name, wrong)
        found += len(wanted)
    return found


def known_ids(name: str) -> set[str]:
    return {record.call_id for record in read(sources(name, ("cel", "cdr", "queue_log"))).records}


def test_freepbxs_database_gives_every_call(freepbx: str) -> None:
    came = read([table(freepbx, kind) for kind in (CEL, CDR, QUEUE_LOG)])
    not_told = {"route", "missed", "business_number"}
    assert calls_that_agree(came, without=not_told) == len(came.records) == 60
    assert {record.business_number for record in came.records if record.type == "inbound"} >= {"74951000001"}


def test_call_records_of_freepbx_know_the_did_and_the_recording(freepbx: str) -> None:
    came = read([table(freepbx, CDR)])
    inbound = [record for record in came.records if record.type == "inbound"]
    assert {record.call_id for record in came.records} == {
        record.call_id for name in names() for record in read(sources(name, ("cdr",))).records
    }
    assert sum(record.business_number is not None for record in inbound) > 0.9 * len(inbound)
    assert sum(record.recording is not None for record in came.records) > 0.8 * len(came.records)


def test_it_goes_on_from_a_place(freepbx: str) -> None:
    for kind in (CEL, CDR, QUEUE_LOG):
        rows = [row for row in table(freepbx, kind).rows(0) if row is not None]
        middle = rows[len(rows) // 2].place
        rest = [row for row in table(freepbx, kind).rows(middle) if row is not None]
        assert [row.place for row in rest] == [row.place for row in rows if row.place >= middle]


def test_a_connection_that_is_cut_says_so_and_the_next_goes_on(freepbx: str, mariadb: MariaDb) -> None:
    reading = table(freepbx, CEL).rows(0)
    first = next(row for row in reading if row is not None)
    with mariadb.connect(None) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", [freepbx_name(freepbx)])
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {int(number)}")
    with pytest.raises(ImportSourceError) as caught:
        for _ in table(freepbx, "cel", table="no_such_table").rows(0):
            pass
    assert PASSWORD not in str(caught.value)
    reading.close()  # type: ignore[attr-defined]
    assert next(row for row in table(freepbx, CEL).rows(first.place) if row is not None).place == first.place


def freepbx_name(url: str) -> str:
    return url.rpartition("/")[2].partition("?")[0] if "socket" not in url else url.split("/")[3].partition("?")[0]


def test_a_table_without_the_columns_is_refused(mariadb: MariaDb) -> None:
    name = mariadb.make()
    with mariadb.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE cdr (calldate datetime, nothing varchar(3))")
    with pytest.raises(ImportSourceError, match="lacks: uniqueid, channel"):
        read([table(mariadb.url(name), CDR)])


def test_nothing_can_be_written_there(freepbx: str, mariadb: MariaDb) -> None:
    hostile = table(freepbx, CDR)
    hostile._table = "cdr`; DROP TABLE cdr; -- "
    with pytest.raises(ImportSourceError):
        list(hostile.rows(0))
    with mariadb.connect(freepbx_name(freepbx)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM cdr")
        assert cursor.fetchone() == (sum(1 for _ in cdr_rows(names())),)


def test_a_wrong_password_is_told_without_the_password(freepbx: str) -> None:
    with pytest.raises(ImportSourceError) as caught:
        read([table(freepbx.replace(":p%40ss", ":wrong-secret"), CDR)])
    assert "secret" not in str(caught.value)
    assert "freepbxuser" not in named(freepbx)


def test_asterisks_tables_in_postgresql(postgres: Cluster) -> None:
    name = postgres.make()
    url = postgres.url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE cdr (calldate timestamp, clid text, src text, dst text, dcontext text, channel text, "
            "dstchannel text, lastapp text, lastdata text, duration int, billsec int, disposition text, amaflags int, "
            "accountcode text, uniqueid text, userfield text, did text, recordingfile text, linkedid text, "
            "peeraccount text, sequence int)"
        )
        connection.execute(
            "CREATE TABLE cel (id serial PRIMARY KEY, eventtype text, eventtime timestamp, cid_name text, "
            "cid_num text, cid_ani text, cid_rdnis text, cid_dnid text, exten text, context text, channame text, "
            "appname text, "
            "appdata text, amaflags int, accountcode text, uniqueid text, linkedid text, peer text, userdeftype text, "
            "extra text)"
        )
        with connection.cursor() as cursor:
            for columns, kind, rows in (
                (CDR_COLUMNS, "cdr", cdr_rows(names())),
                (CEL_COLUMNS, "cel", cel_rows(names())),
            ):
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {kind} ({', '.join(columns)}) VALUES ({marks})".encode(), list(rows))
    came = read([table(url, CEL), table(url, CDR)], company())
    assert calls_that_agree(came, without={"route", "missed", "business_number", "positions"}) == 60
    postgres.drop(name)
