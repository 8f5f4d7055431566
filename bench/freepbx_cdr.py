"""The same calls in our journal and in a stock FreePBX ``cdr`` table in MariaDB, asked the same questions.

The table and its indexes are those that FreePBX's cdr module makes, its questions those that it asks (FreePBX/cdr at
ba021d0): *CDR Reports* (``page.cdr.php``: a period by ``calldate``, "contains" on the caller's number or on the called
one with its channel, newest first, a limit; groups by ``DATE_FORMAT``) and an extension's call history
(``Cdr.class.php``, ``getCalls``). Their limit is set to ours: 50 rows of a page, and all groups.
A row for each phone that rang, as Asterisk writes them. Both servers are private, on this machine, with 1 GB of cache.
And how fast such tables, and call events, are imported. CALLFLOOR_BENCH_CDR_CALLS: another number of calls.
"""

import os
import random
import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bench import Figure, MissingPartError, shown
from bench.journal_fill import DAYS, FIRST
from bench.years import smaller
from callfloor.project import importing
from callfloor.store import ProjectStore, Store
from callfloor.store.call_filter import CallFilter, Grouping

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.mariadb import CDR_TABLE, MariaDb, serving
from support.past_records import RECORDS, names

CALLS = int(os.environ.get("CALLFLOOR_BENCH_CDR_CALLS", "1000000"))
LAST = FIRST + DAYS * 86_400
OURS, THEIRS = 20, 5  # times each is asked
IMPORTED_DAYS = 12
REPEATED = 60  # times the recorded scenarios, for the import of call events
_STAMP = "%Y-%m-%d %H:%M:%S"
_COLUMNS = (
    "calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, billsec, disposition,"
    " amaflags, uniqueid, did, recordingfile, cnum, linkedid, sequence"
)
_PAGE = (
    "SELECT calldate, clid, did, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, billsec,"
    " disposition, amaflags, accountcode, uniqueid, userfield, unix_timestamp(calldate) AS call_timestamp,"
    " recordingfile, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam"
    " FROM cdr WHERE calldate BETWEEN %s AND %s {more} ORDER BY calldate DESC LIMIT 50"
)
_GROUP = (
    "SELECT DATE_FORMAT(calldate, '{form}') AS group_by_field, count(*) AS total_calls, sum(duration) AS total_duration"
    " FROM cdr WHERE calldate BETWEEN %s AND %s {more} GROUP BY group_by_field ORDER BY group_by_field ASC LIMIT 1000"
)
_DAY, _HOUR = "%%Y-%%m-%%d", "%%Y-%%m-%%d %%H"
_CALLER = "AND (cnum LIKE %s OR src LIKE %s)"
_CALLED = "AND (dst LIKE %s OR dstchannel LIKE %s)"
_HISTORY = (
    "SELECT *, UNIX_TIMESTAMP(calldate) AS timestamp FROM cdr WHERE (dstchannel LIKE %s OR dstchannel LIKE %s"
    " OR channel LIKE %s OR src = %s OR dst = %s OR src = %s OR dst = %s OR cnum = %s OR cnum = %s)"
    " ORDER BY timestamp DESC LIMIT 0, 50"
)


def main() -> list[Figure]:
    """Some minutes, most of them for filling."""
    if not Path("/usr/sbin/mariadbd").exists():
        raise MissingPartError("apt-get install mariadb-server-core")
    folder = Path(tempfile.mkdtemp(prefix="callfloor-cdr-"))
    folder.chmod(0o755)
    figures: list[Figure] = []
    try:
        with smaller(CALLS) as (store, journal):
            project = store.project(1)
            for server in serving("--innodb-buffer-pool-size=1G", "--skip-name-resolve"):
                name = server.make()
                rows = _fill(server, name, folder, journal)
                figures += _asked(project, server, name, rows)
                figures.append(_import_table(folder, server.url(name)))
            figures.append(_import_events(folder))
            return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(server: MariaDb, name: str, folder: Path, file: Path) -> int:
    """The journal's calls as Asterisk would have written them; how many rows."""
    table, rows = folder / "cdr.tsv", 0
    journal = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    query = (
        "SELECT c.id, c.type, c.started_at, c.waiting_ms, c.talk_ms, c.client_number, c.business_number, c.recording,"
        " p.account, p.answered, p.part FROM calls c"
        " JOIN call_employees p ON p.project_id = c.project_id AND p.call = c.id WHERE c.project_id = 1"
        " ORDER BY c.id, p.part"
    )
    with table.open("w", encoding="utf-8") as lines:
        for row in journal.execute(query):
            lines.write("\t".join(_cdr(*row)) + "\n")
            rows += 1
    journal.close()
    table.chmod(0o644)
    with server.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(CDR_TABLE)
        cursor.execute(f"LOAD DATA INFILE '{table}' INTO TABLE cdr ({_COLUMNS})")
        cursor.execute("ANALYZE TABLE cdr")
    table.unlink()
    return rows


def _cdr(
    key: int, kind: str, started: int, waiting: int, talk: int, client: str | None, did: str | None, file: str | None,
    account: str, answered: int, part: int,
) -> tuple[str, ...]:  # fmt: skip
    at = started / 1000
    trunk, phone = f"PJSIP/trunk-{key % 65536:08x}", f"PJSIP/{account}-{key % 65536:08x}"
    inbound = kind == "inbound"
    source, target = (client or "", account) if inbound else (account, client or "102")
    billed = talk // 1000 if answered or not inbound else 0
    return (
        datetime.fromtimestamp(at, UTC).strftime(_STAMP), f'"" <{source}>', source, target,
        "ext-queues" if inbound else "from-internal", trunk if inbound else phone, phone if inbound else trunk, "Dial",
        f"PJSIP/{account}/sip:{account}@10.0.0.1:5060,60,tTr", str(waiting // 1000 + billed), str(billed),
        "ANSWERED" if billed else "NO ANSWER", "3", f"{int(at)}.{key % 10**6}", (did or "") if inbound else "",
        file or "", source, f"{int(at)}.{key % 10**6}", str(key % 10**6 * 4 + part),
    )  # fmt: skip


def _asked(project: ProjectStore, server: MariaDb, name: str, rows: int) -> list[Figure]:
    chance, journal = random.Random(4), project.journal
    ever = CallFilter(started_from=FIRST, started_to=LAST)
    connection = server.connect(name)
    cursor = connection.cursor()

    def theirs(query: str, begins: float, ends: float, *values: Any, more: str = "", form: str = _DAY) -> None:
        said = [datetime.fromtimestamp(at, UTC).strftime(_STAMP) for at in (begins, ends - 1)]
        cursor.execute(query.format(more=more, form=form), [*said, *values])
        cursor.fetchall()

    def month() -> tuple[float, float]:
        begins = FIRST + chance.random() * (LAST - FIRST - 30 * 86_400)
        return begins, begins + 30 * 86_400

    def part() -> str:
        return "".join(chance.choice("0123456789") for _ in range(6))

    def person() -> tuple[int, str]:
        number = chance.randrange(200)
        return number + 1, str(1000 + number)

    def their_page() -> None:
        theirs(_PAGE, *month())

    def their_days() -> None:
        theirs(_GROUP, FIRST, LAST)

    def our_number() -> None:
        journal.rows(msgspec.structs.replace(ever, number_part=part()))

    def our_month_of_a_person() -> None:
        journal.groups(of_person(ever.over(*month())), Grouping.HOUR)

    def their_number() -> None:
        digits = f"%{part()}%"
        for more in (_CALLER, _CALLED):  # one field asks for callers, another for those called: ours asks for both
            theirs(_PAGE, FIRST, LAST, digits, digits, more=more)

    def their_person() -> None:
        _, number = person()
        mailbox = f"vmu{number}"
        channels = f"%/{number}-%", f"%-{number}@%", f"%/{number}-%"
        cursor.execute(_HISTORY, (*channels, number, number, mailbox, mailbox, number, mailbox))
        cursor.fetchall()

    def of_person(wanted: CallFilter) -> CallFilter:
        return msgspec.structs.replace(wanted, employee_ids=frozenset({person()[0]}))

    def their_month_of_a_person() -> None:
        number = f"%{person()[1]}%"
        theirs(_GROUP, *month(), number, number, more=_CALLED, form=_HOUR)

    note = f"{CALLS:,} calls, {rows:,} rows"
    try:
        return [
            _figure("page of 50 of 30 days", lambda: journal.rows(ever.over(*month())), their_page, note),
            _figure("page of 50 by 6 digits of a number, 2 years", our_number, their_number, note),
            _figure("page of 50 of an employee, all", lambda: journal.rows(of_person(ever)), their_person, note),
            _figure("calls by day, 2 years", lambda: journal.groups(ever, Grouping.DAY), their_days, note),
            _figure("an employee's calls by hour, 30 days", our_month_of_a_person, their_month_of_a_person, note),
        ]
    finally:
        connection.close()


def _figure(what: str, ours: Callable[[], object], theirs: Callable[[], object], note: str) -> Figure:
    mine, other = _median(ours, OURS), _median(theirs, THEIRS)
    told = f"{note}; FreePBX's table takes {other / mine:,.1f} times as long"
    return shown(f"beside FreePBX's cdr in MariaDB: {what}", mine, "ms", peer=other, note=told)


def _median(ask: Callable[[], object], times: int) -> float:
    ask()  # what is cached once is cached for both
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def _imported(folder: Path, name: str, asked: importing.Asked) -> tuple[importing.Imported, float]:
    store = Store.open(f"sqlite:///{folder / name}")
    try:
        made = store.projects.add("Import", timezone="UTC", country="PL", language="en", now=1.0)
        begun = time.perf_counter()
        came = importing.run(store.project(made.id), asked, country="PL", clock=lambda: 4e9)
        return came, time.perf_counter() - begun
    finally:
        store.close()


def _import_table(folder: Path, url: str) -> Figure:
    first = datetime.fromtimestamp(FIRST, UTC)
    days = (first.strftime("%Y-%m-%d"), (first + timedelta(days=IMPORTED_DAYS)).strftime("%Y-%m-%d"))
    asked = importing.Asked(zone="UTC", database=url, first_day=days[0], last_day=days[1])
    came, taken = _imported(folder, "table.db", asked)
    note = f"{came.calls:,} calls of {came.rows:,} rows; SQLite, marks and sums included"
    return shown("import of call records from MariaDB", came.calls / taken, "calls/s", note=note)


def _import_events(folder: Path) -> Figure:
    paths = {kind: folder / kind for kind in ("cel", "cdr", "queue_log")}
    for kind, path in paths.items():
        lines = [line for name in names() for line in _lines(name, kind)]
        with path.open("w", encoding="utf-8") as file:
            for turn in range(REPEATED):
                file.write("\n".join(_later(line, turn * 7200) for line in lines) + "\n")
    asked = importing.Asked(
        zone="UTC", cel_files=(paths["cel"],), cdr_files=(paths["cdr"],), queue_logs=(paths["queue_log"],)
    )
    came, taken = _imported(folder, "events.db", asked)
    note = f"{came.calls:,} calls of {came.rows:,} rows of CEL, CDR and queue_log; SQLite, marks and sums included"
    return shown("import of call events from CSV", came.calls / taken, "calls/s", note=note)


def _lines(name: str, kind: str) -> list[str]:
    path = RECORDS / f"{name}.{kind}"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _later(line: str, seconds: int) -> str:
    """The line as if it had been written so much later, under other ids."""

    def stamp(found: re.Match[str]) -> str:
        return (datetime.strptime(found[0], _STAMP) + timedelta(seconds=seconds)).strftime(_STAMP)  # noqa: DTZ007

    line = re.sub(r"(?<!\d)17952\d{5}(?=[.|])", lambda found: str(int(found[0]) + seconds), line)
    line = re.sub(r"lab-cb-", f"lab-{seconds}-", line)
    line = re.sub(r"(PJSIP/[a-z0-9-]+?-)0(\w{7})", lambda found: f"{found[1]}{seconds // 7200 + 1:x}{found[2]}", line)
    return re.sub(r"2026-\d\d-\d\d \d\d:\d\d:\d\d", stamp, line)
