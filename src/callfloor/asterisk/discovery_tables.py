"""FreePBX's own tables, read and never written: people, queues, numbers, trunks, routes, working hours.

Column by column after the modules' ``module.xml`` (core, queues, userman, contactmanager, timeconditions; 13 to 17).
Each table is asked for by itself: one that is missing, refused, or another one than expected costs what stands in it
alone. Every answer has a bound in rows, in text and in time, so that a table of anything does no harm.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pymysql

from callfloor.asterisk.mysql_tls import tls_options
from callfloor.errors import DiscoveryDatabaseError
from callfloor.floor.found import FoundNote

MOST_ROWS: Final = 20_000  # of one table: more than any PBX has people
MOST_TEXT: Final = 200
MOST_MEMBERS_TEXT: Final = 200_000  # a group's list of its members
CONNECT_S: Final = 8
ANSWER_S: Final = 15
WHOLE_S: Final = 45.0
NAME: Final = "asterisk"
"""FreePBX's database, as its installer calls it."""

Row = dict[str, str]


class Tables(msgspec.Struct, kw_only=True):
    """What stands in the tables, each row as texts; a table that could not be read is missing here."""

    rows: dict[str, list[Row]]
    notes: list[FoundNote]

    def of(self, table: str) -> list[Row]:
        """A table's rows; none where it could not be read."""
        return self.rows.get(table, [])

    def whole(self, table: str) -> bool:
        """Whether nothing of the table is missing."""
        return table in self.rows and len(self.rows[table]) < MOST_ROWS


# A table, the columns that must be there, those that may be, and which rows.
WANTED: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...]] = (
    ("users", ("extension", "name"), ("outboundcid",), ""),
    ("devices", ("id", "tech", "user"), ("dial",), ""),
    ("queues_config", ("extension", "descr"), (), ""),
    ("incoming", ("extension", "description"), ("cidnum",), ""),
    ("trunks", ("trunkid", "name", "tech", "channelid"), ("outcid", "disabled"), ""),
    ("outbound_routes", ("route_id", "name"), ("outcid",), ""),
    ("outbound_route_trunks", ("route_id", "trunk_id", "seq"), (), ""),
    ("outbound_route_sequence", ("route_id", "seq"), (), ""),
    (
        "outbound_route_patterns",
        ("route_id", "match_pattern_pass"),
        ("match_pattern_prefix", "match_cid", "prepend_digits"),
        "",
    ),
    ("userman_users", ("id", "default_extension"), ("displayname", "fname", "lname", "department", "cell"), ""),
    ("userman_groups", ("id", "groupname", "users"), (), ""),
    ("contactmanager_groups", ("id", "name", "type"), (), "type = 'internal'"),
    ("contactmanager_group_entries", ("groupid", "user"), (), ""),
    ("timeconditions", ("time", "displayname"), ("mode",), ""),
    ("timegroups_groups", ("id", "description"), (), ""),
    ("timegroups_details", ("timegroupid", "time"), (), ""),
)
LONG: Final = frozenset({("userman_groups", "users")})

_NO_SUCH_TABLE: Final = 1146
_LOST: Final = frozenset({0, 2006, 2013, 2055})  # the connection itself


def read_tables(url: str, clock: Callable[[], float] = time.monotonic) -> Tables:
    """All that is wanted of FreePBX's database. Blocking; for ``WHOLE_S`` seconds and an answer at most.

    Args:
        url: ``mysql://user:password@host:3306/asterisk``; ``?socket=`` for a Unix socket.
        clock: what time passes by.

    Raises:
        DiscoveryDatabaseError: it cannot be reached, refuses, or is no FreePBX's; with its words.
    """
    found = Tables(rows={}, notes=[])
    until = clock() + WHOLE_S
    with _connected(url) as connection:
        for table, needed, more, condition in WANTED:
            if clock() > until:
                found.notes.append(FoundNote(id="database_slow", values={"table": table}))
                break
            try:
                rows = _table(connection, table, needed, more, condition, found.notes)
            except (pymysql.Error, OSError) as error:
                if not isinstance(error, pymysql.Error) or _number(error) in _LOST:
                    raise DiscoveryDatabaseError(reason=_said(error)) from None
                values = {"table": table, "reason": _said(error)}
                found.notes.append(FoundNote(id="table_refused", values=values))
                continue
            if rows is not None:
                found.rows[table] = rows
    if "users" not in found.rows and "devices" not in found.rows:
        refused = next((note.values["reason"] for note in found.notes if note.id == "table_refused"), None)
        raise DiscoveryDatabaseError(reason=refused or "it has no tables users and devices: it is no FreePBX's")
    return found


@contextlib.contextmanager
def _connected(url: str) -> Iterator["pymysql.Connection[pymysql.cursors.Cursor]"]:
    parts = urlsplit(url)
    try:
        connection = pymysql.connect(
            host=parts.hostname or "localhost",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")) or NAME,
            unix_socket=next(iter(parse_qs(parts.query).get("socket", ())), None),
            **tls_options(parts.query),
            charset="utf8mb4",
            connect_timeout=CONNECT_S,
            read_timeout=ANSWER_S,
            local_infile=False,
        )
    except (pymysql.Error, OSError, ValueError, RuntimeError) as error:
        raise DiscoveryDatabaseError(reason=_said(error)) from None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            # The server ends what takes long, too; MariaDB counts seconds, MySQL thousandths.
            for limit in (f"max_statement_time = {ANSWER_S}", f"max_execution_time = {ANSWER_S * 1000}"):
                with contextlib.suppress(pymysql.Error):
                    cursor.execute(f"SET SESSION {limit}")
        yield connection
    finally:
        with contextlib.suppress(pymysql.Error):
            connection.close()


def _table(
    connection: "pymysql.Connection[pymysql.cursors.Cursor]",
    table: str,
    needed: Sequence[str],
    more: Sequence[str],
    condition: str,
    notes: list[FoundNote],
) -> list[Row] | None:
    """A table's rows; None, with a note of why, where it is none that can be understood.

    Raises:
        pymysql.Error: the server refused.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SHOW COLUMNS FROM `{table}`")
        except pymysql.Error as error:
            if _number(error) != _NO_SUCH_TABLE:
                raise
            notes.append(FoundNote(id="table_missing", values={"table": table}))
            return None
        there = {str(row[0]).lower() for row in cursor.fetchall()}
        if missing := [name for name in needed if name not in there]:
            notes.append(FoundNote(id="columns_missing", values={"table": table, "columns": ", ".join(missing)}))
            return None
        names = [*needed, *(name for name in more if name in there)]
        # LEFT: a text of megabytes never leaves the server.
        lengths = [MOST_MEMBERS_TEXT if (table, name) in LONG else MOST_TEXT for name in names]
        chosen = ", ".join(f"LEFT(`{name}`, {length})" for name, length in zip(names, lengths, strict=True))
        where = f" WHERE {condition}" if condition else ""
        cursor.execute(f"SELECT {chosen} FROM `{table}`{where} LIMIT {MOST_ROWS}")  # noqa: S608 - names of our own
        rows = [dict(zip(names, map(_text, row), strict=True)) for row in cursor.fetchall()]
    if len(rows) == MOST_ROWS:
        notes.append(FoundNote(id="table_large", values={"table": table, "most": str(MOST_ROWS)}))
    return rows


def _text(value: object) -> str:
    """A field as it can be shown: no control signs, nothing around it; what is NULL is empty."""
    if value is None:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else str(value)
    return "".join(sign for sign in text if sign.isprintable()).strip()


def _number(error: Exception) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else -1


def _said(error: Exception) -> str:
    """The server's words, with its number. No password is in them."""
    words: list[Any] = list(error.args) or [type(error).__name__]
    return " ".join(str(word) for word in words).strip().splitlines()[0][:200]


def grants(user: str, *, local: bool = False, name: str = NAME) -> tuple[str, ...]:
    """The lines by which a database administrator lets ``user`` read this much, and no password that stands beside."""
    who = f"'{user}'@'{'localhost' if local else '%'}'"
    tables = (
        f"GRANT SELECT ({', '.join(f'`{column}`' for column in (*needed, *more))}) ON {name}.{table} TO {who};"
        for table, needed, more, _ in WANTED
    )
    return (f"CREATE USER {who} IDENTIFIED BY '…';", *tables)
