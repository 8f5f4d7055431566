"""FreePBX's tables in a real MariaDB: understood, and whatever stands there instead does no harm."""

import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from callfloor.asterisk import discovery_tables
from callfloor.asterisk.discovery_freepbx import understood, week_of
from callfloor.asterisk.discovery_tables import WANTED, grants, read_tables
from callfloor.errors import DiscoveryDatabaseError
from callfloor.floor.found import Found
from support.freepbx_tables import TABLES, execute, make_freepbx
from support.mariadb import MariaDb


def look(server: MariaDb, database: str) -> Found:
    return understood(read_tables(server.url(database)), "UA")


def test_a_company_is_found_with_all_that_its_modules_know(mariadb: MariaDb) -> None:
    found = look(mariadb, make_freepbx(mariadb))
    assert {one.key: (one.name, one.accounts, one.department, one.mobiles) for one in found.employees} == {
        "101": ("Anna Kovalenko", ("101",), "Sales", ("+380505554433",)),
        "102": ("Borys Melnyk", ("102",), "Support", ()),
        "103": ("Taras Shevchuk", ("103",), "Support", ()),
        "110": ("Hanna Łoś", ("110", "9101", "9102"), "Warehouse", ()),
    }
    assert [(queue.name, queue.label) for queue in found.queues] == [("800", "Sales line"), ("801", "Support")]
    assert [(n.number, n.e164, n.kind, n.scheme, n.label) for n in found.numbers] == [
        ("0442000100", "+380442000100", "geographic", "Daytime", None),
        ("0800500500", "+380800500500", "toll_free", "Hotline", None),
        ("0672000200", "+380672000200", "mobile", None, "Kyivstar"),
    ]
    assert [(trunk.name, trunk.channel, trunk.tech, trunk.disabled) for trunk in found.trunks] == [
        ("Kyivstar", "kyivstar", "pjsip", False),
        ("Old line", "old-in", "sip", True),
    ]
    assert [(r.key, r.position, r.name, r.by, r.patterns, r.trunks) for r in found.routes if not r.inbound] == [
        ("2", 1, "Abroad", ("Kyivstar",), ("00X.",), ("kyivstar",)),
        ("1", 2, "Cities", ("Kyivstar", "Old line"), ("0+9|X./101", "0ZXXXXXXXX"), ("kyivstar", "old-in")),
    ]
    assert ("Everything else", ()) in [(route.name, route.by) for route in found.routes if route.inbound]
    (hours,) = found.hours
    assert (hours.name, hours.hours) == (
        "Office hours",
        (*((day, 540, 1080) for day in range(5)), (5, 600, 900)),
    )
    assert (set(found.whole), found.notes) == ({"employees", "queues", "numbers", "trunks", "routes"}, ())


def test_the_grants_are_enough_and_no_password_can_be_read_with_them(mariadb: MariaDb) -> None:
    name = make_freepbx(mariadb)
    create, *lines = grants("looker", local=True, name=name)
    with mariadb.connect(name) as connection, connection.cursor() as cursor:
        for line in (create.replace("…", "pw"), *lines):
            cursor.execute(line)
    url = f"mysql://looker:pw@localhost/{name}?socket={mariadb.socket}"
    assert understood(read_tables(url), "UA") == look(mariadb, name)
    read = {(table, column) for table, needed, more, _ in WANTED for column in (*needed, *more)}
    assert {column for _, column in read} & {"password", "secret", "data", "permissions"} == set()
    assert {table for table, _ in read} <= TABLES.keys()


def test_the_page_tells_the_same_grants() -> None:
    told = (Path(__file__).parents[3] / "frontend" / "src" / "live" / "discovery.ts").read_text(encoding="utf-8")
    read = re.search(r"const READ[^=]*= \{(.*?)\n\}", told, re.DOTALL)
    assert read is not None
    said = {name: tuple(re.findall(r"'(\w+)'", columns)) for name, columns in re.findall(r"(\w+): \[(.*?)\]", read[1])}
    assert said == {table: (*needed, *more) for table, needed, more, _ in WANTED}


@pytest.mark.parametrize(
    ("statement", "note"),
    [
        ("DROP TABLE queues_config", ("table_missing", "queues_config")),
        ("ALTER TABLE queues_config DROP COLUMN descr", ("columns_missing", "queues_config")),
        ("DROP TABLE devices", ("table_missing", "devices")),
    ],
)
def test_a_table_that_is_another_one_costs_what_stands_in_it(
    mariadb: MariaDb, statement: str, note: tuple[str, str]
) -> None:
    name = make_freepbx(mariadb)
    execute(mariadb, name, statement)
    found = look(mariadb, name)
    assert [(one.id, one.values["table"]) for one in found.notes] == [note]
    assert ("queues" if note[1] == "queues_config" else "employees") not in found.whole, "nothing of it is gone"
    assert len(found.numbers) == 3
    assert {one.key for one in found.employees} == {"101", "102", "103", "110"}


def test_a_table_that_is_refused_says_so(mariadb: MariaDb) -> None:
    name = make_freepbx(mariadb)
    create, *lines = grants("half", local=True, name=name)
    with mariadb.connect(name) as connection, connection.cursor() as cursor:
        for line in (create.replace("…", "pw"), *[line for line in lines if "incoming" not in line]):
            cursor.execute(line)
    found = understood(read_tables(f"mysql://half:pw@localhost/{name}?socket={mariadb.socket}"), "UA")
    (note,) = found.notes
    assert (note.id, note.values["table"]) == ("table_refused", "incoming")
    assert len(found.employees) == 4


@pytest.fixture
def refusing(mariadb: MariaDb) -> dict[str, str]:
    name = make_freepbx(mariadb, without=frozenset(TABLES))
    good = mariadb.url(name)
    return {
        "1045": good.replace(quote("p@ss/w:rd", safe=""), "wrong"),
        "1049": good.replace(name, "nowhere"),
        "no FreePBX's": good,
        "2003": f"mysql://u:p@127.0.0.1:1/{name}",
    }


def test_a_database_that_cannot_be_read_is_a_plain_finding(refusing: dict[str, str]) -> None:
    for said, url in refusing.items():
        with pytest.raises(DiscoveryDatabaseError) as caught:
            read_tables(url)
        assert said in caught.value.reason
        assert "p@ss" not in str(caught.value)


def test_what_stands_in_the_tables_may_be_anything(mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> None:
    name = make_freepbx(mariadb)
    for statement in (
        "ALTER TABLE users MODIFY name LONGTEXT",
        "UPDATE users SET name = REPEAT('Ω', 5000000) WHERE extension = '101'",
        "UPDATE users SET name = CONCAT('A', CHAR(0), CHAR(10), '<b>') WHERE extension = '102'",
        f"UPDATE userman_groups SET users = '{'[' * 60_000}' WHERE groupname = 'Support'",
        "UPDATE timegroups_details SET time = '99:99-x|noday' WHERE time LIKE '10:00%'",
        "INSERT INTO incoming (extension, description) VALUES ('_X.', 'pattern'), ('s', ''), ('0442000101', NULL)",
    ):
        execute(mariadb, name, statement)
    monkeypatch.setattr(discovery_tables, "MOST_ROWS", 3)
    began = time.monotonic()
    found = look(mariadb, name)
    assert time.monotonic() - began < 60
    assert {one.key: one.name for one in found.employees} == {"101": "Ω" * 200, "102": "A<b>", "103": "Taras Shevchuk"}
    assert {"table_large"} == {note.id for note in found.notes}
    assert "employees" not in found.whole, "a table that was cut says nothing of what is gone"
    assert found.hours == ()


def test_a_server_that_is_slow_is_left(mariadb: MariaDb) -> None:
    name = make_freepbx(mariadb)
    passing = iter([0.0, 1.0, 2.0, *[50.0] * 20])
    tables = read_tables(mariadb.url(name), lambda: next(passing))
    assert set(tables.rows) == {"users", "devices"}
    assert [(note.id, note.values) for note in tables.notes] == [("database_slow", {"table": "queues_config"})]


def test_hours_are_read_as_asterisk_reads_them() -> None:
    assert week_of("09:00-18:00|mon-tue|*|*") == [(0, 540, 1080), (1, 540, 1080)]
    assert week_of("*|sat-mon|*|*") == [(5, 0, 1440), (6, 0, 1440), (0, 0, 1440)]
    assert week_of("22:00-05:59|fri|*|*") == [(4, 1320, 1440), (4, 0, 360)]
    assert week_of("00:00-23:59|*|*|*") == [(day, 0, 1440) for day in range(7)]
    for text in ("*|*|1|jan", "*|*|24-26|dec", "9-17|mon|*|*", "", "a|b|*|*", "10:00-11:00|mon-x|*|*"):
        assert week_of(text) is None
