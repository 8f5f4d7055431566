"""A MariaDB of our own, as FreePBX has one: a private server in a temporary folder, on a Unix socket alone.

Debian's ``mariadb-server-core`` has the program and no service. In a conftest: ``from support.mariadb import mariadb``.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest

USER, PASSWORD = "freepbxuser", "p@ss/w:rd"
_STARTS_S = 60.0
_SCRIPTS = Path("/usr/share/mysql")
_PROGRAM = "/usr/sbin/mariadbd"
_INIT = (
    f"CREATE USER IF NOT EXISTS '{USER}'@'localhost' IDENTIFIED BY '{PASSWORD}';\n"
    f"GRANT ALL ON *.* TO '{USER}'@'localhost' WITH GRANT OPTION;\n"
)

# cdr: FreePBX/cdr install.php (module 17); cel: FreePBX/cel install.php. Column by column, with their indexes.
CDR_TABLE = """CREATE TABLE `cdr` (
 `calldate` datetime NOT NULL DEFAULT '1970-01-01 00:00:01', `clid` varchar(80) NOT NULL DEFAULT '',
 `src` varchar(80) NOT NULL DEFAULT '', `dst` varchar(80) NOT NULL DEFAULT '',
 `dcontext` varchar(80) NOT NULL DEFAULT '', `channel` varchar(80) NOT NULL DEFAULT '',
 `dstchannel` varchar(80) NOT NULL DEFAULT '', `lastapp` varchar(80) NOT NULL DEFAULT '',
 `lastdata` varchar(80) NOT NULL DEFAULT '', `duration` int(11) NOT NULL DEFAULT 0,
 `billsec` int(11) NOT NULL DEFAULT 0, `disposition` varchar(45) NOT NULL DEFAULT '',
 `amaflags` int(11) NOT NULL DEFAULT 0, `accountcode` varchar(20) NOT NULL DEFAULT '',
 `uniqueid` varchar(32) NOT NULL DEFAULT '', `userfield` varchar(255) NOT NULL DEFAULT '',
 `did` varchar(50) NOT NULL DEFAULT '', `recordingfile` varchar(255) NOT NULL DEFAULT '',
 `cnum` varchar(80) NOT NULL DEFAULT '', `cnam` varchar(80) NOT NULL DEFAULT '',
 `outbound_cnum` varchar(80) NOT NULL DEFAULT '', `outbound_cnam` varchar(80) NOT NULL DEFAULT '',
 `dst_cnam` varchar(80) NOT NULL DEFAULT '', `linkedid` varchar(32) NOT NULL DEFAULT '',
 `peeraccount` varchar(80) NOT NULL DEFAULT '', `sequence` int(11) NOT NULL DEFAULT 0,
 KEY `calldate` (`calldate`), KEY `dst` (`dst`), KEY `accountcode` (`accountcode`), KEY `uniqueid` (`uniqueid`),
 KEY `did` (`did`), KEY `recordingfile` (`recordingfile`(191))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""
CEL_TABLE = """CREATE TABLE `cel` (
 `id` int(11) NOT NULL AUTO_INCREMENT, `eventtype` varchar(30) NOT NULL, `eventtime` datetime NOT NULL,
 `cid_name` varchar(80) NOT NULL, `cid_num` varchar(80) NOT NULL, `cid_ani` varchar(80) NOT NULL,
 `cid_rdnis` varchar(80) NOT NULL, `cid_dnid` varchar(80) NOT NULL, `exten` varchar(80) NOT NULL,
 `context` varchar(80) NOT NULL, `channame` varchar(80) NOT NULL, `appname` varchar(80) NOT NULL,
 `appdata` varchar(255) NOT NULL, `amaflags` int(11) NOT NULL, `accountcode` varchar(20) NOT NULL,
 `uniqueid` varchar(32) NOT NULL, `linkedid` varchar(32) NOT NULL, `peer` varchar(80) NOT NULL,
 `userdeftype` varchar(255) NOT NULL, `extra` varchar(512) NOT NULL,
 PRIMARY KEY (`id`), KEY `uniqueid_index` (`uniqueid`), KEY `linkedid_index` (`linkedid`),
 KEY `context_index` (`context`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""


class MariaDb:
    """A server; each database is made empty."""

    def __init__(self, folder: Path, *extra: str) -> None:
        """Make the system's tables in ``folder`` and start; ``extra`` are options of the server."""
        self._folder = folder
        self._extra = extra
        self._made = 0
        self.user = _unprivileged()
        data = folder / "data"
        data.mkdir()
        (folder / "init.sql").write_text(_INIT)
        if self.user is not None:
            for each in (folder, data, folder / "init.sql"):
                shutil.chown(each, self.user)
        scripts = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
        texts = [(_SCRIPTS / name).read_text() for name in scripts]
        preface = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
        self._run(["--bootstrap", "--log-warnings=0"], stdin=preface + "\n".join(texts))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        words = [*self._words(), "--skip-networking", f"--socket={self.socket}", f"--init-file={self._folder}/init.sql"]
        words += ["--innodb-flush-log-at-trx-commit=0", f"--log-error={self._folder}/log.err", *self._extra]
        self._process = subprocess.Popen(
            words, user=self.user, group=self._group, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=self._folder,
        )  # fmt: skip
        end = time.monotonic() + _STARTS_S
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as door:  # pymysql forgets one that is refused
                    door.connect(self.socket)
                self.connect(None).close()
            except (OSError, pymysql.Error) as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    log = self._folder / "log.err"
                    said = log.read_text(errors="replace")[-2000:] if log.exists() else str(error)
                    raise RuntimeError(f"mariadbd did not start; {said}") from None
                self._wait_a_moment()
            else:
                return

    def _wait_a_moment(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(0.05)
        except subprocess.TimeoutExpired:
            return

    def stop(self) -> None:
        """Stop it, cutting whoever is connected."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def socket(self) -> str:
        return str(self._folder / "socket")

    @property
    def _group(self) -> int | None:
        return None if self.user is None else pwd.getpwnam(self.user).pw_gid

    def _words(self) -> list[str]:
        folder = self._folder
        words = [_PROGRAM, "--no-defaults", "--basedir=/usr", f"--datadir={folder}/data", f"--tmpdir={folder}"]
        return [*words, "--innodb-use-native-aio=0"]  # containers often have no io_uring

    def _run(self, extra: list[str], *, stdin: str) -> None:
        done = subprocess.run(
            [*self._words(), *extra], input=stdin.encode(), capture_output=True, check=False, user=self.user,
            group=self._group, cwd=self._folder,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"mariadbd --bootstrap: {done.stderr.decode(errors='replace')[-2000:]}")

    def connect(self, database: str | None) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        """A connection as FreePBX's user."""
        return pymysql.connect(
            unix_socket=self.socket, user=USER, password=PASSWORD, database=database, autocommit=True, charset="utf8mb4"
        )

    def make(self) -> str:
        """A new, empty database; its name."""
        self._made += 1
        name = f"asteriskcdrdb_{self._made}"
        with self.connect(None) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        return name

    def url(self, database: str) -> str:
        """Where a database of this server is."""
        return f"mysql://{USER}:{quote(PASSWORD, safe='')}@localhost/{database}?socket={self.socket}"


def _unprivileged() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("mysql", "postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("mariadbd does not run as root, and there is neither a user mysql nor nobody")


def serving(*extra: str) -> Iterator[MariaDb]:
    """A server as long as it is needed."""
    folder = Path(tempfile.mkdtemp(prefix="callfloor-my-"))  # a Unix socket's path has 107 bytes at most
    try:
        server = MariaDb(folder, *extra)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """The tests' MariaDB."""
    yield from serving()
