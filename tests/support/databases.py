"""Real databases for the tests: a SQLite file, and a private PostgreSQL started here and stopped after.

A test that takes ``store`` runs on both. In a conftest: ``from support.databases import …`` the fixtures one needs.
"""

import functools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from callfloor.store import Store
from callfloor.store.engine import connect
from callfloor.store.migrate import migrate

_TEMPLATE = "callfloor_template"
_WHAT_TO_DO = (
    "The tests need PostgreSQL's server programs (initdb, pg_ctl). On Debian: apt-get install postgresql. "
    "`make test` does it by itself where it may."
)


class Cluster:
    """A PostgreSQL server of our own in a temporary folder, on a Unix socket alone.

    It survives its own death, not the machine's: fsync is off.
    """

    def __init__(self, folder: Path, *, settings: str = "") -> None:
        """Made in an empty folder; ``settings`` are lines of postgresql.conf that win over ours."""
        self._folder = folder
        self._user = _unprivileged()  # initdb refuses to be root
        self._made = 0
        if (folder / "data").exists():  # one from before, that was stopped
            self.start()
            return
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", self._data, "-U", "callfloor", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        with (folder / "data" / "postgresql.conf").open("a") as written:
            written.write(
                "listen_addresses = ''\n"
                f"unix_socket_directories = '{folder}'\n"
                "fsync = off\nfull_page_writes = off\n"
                "shared_buffers = 64MB\nmax_connections = 60\nautovacuum = off\n"
                f"{settings}"
            )
        self.start()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._run("pg_ctl", "-D", self._data, "-l", str(self._folder / "log"), "-w", "-t", "30", "start")

    def stop(self) -> None:
        """Stop it, cutting whoever is connected."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "-t", "30", "stop")

    @property
    def folder(self) -> Path:
        """Everything of it is in here."""
        return self._folder

    def pid(self) -> int:
        """The server's process, whose children serve."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def limit_files(self, pid: int) -> None:
        """One of its processes, and whoever it starts, may write no file beyond its first 4 kB."""
        limit = ["prlimit", "--pid", str(pid), "--fsize=4096:"]
        group = None if self._user is None else pwd.getpwnam(self._user).pw_gid
        subprocess.run(limit, user=self._user, group=group, check=False)  # it may be gone already

    def place(self, folder: Path) -> str:
        """A tablespace in a folder that is made for it; its name."""
        folder.mkdir()
        if self._user is not None:
            shutil.chown(folder, self._user)
        self.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(folder)))
        return "small"

    def url(self, database: str) -> str:
        """Where a database of this server is."""
        return f"postgresql://callfloor@/{database}?host={self._folder}"

    def make(self, template: str = "template0", *, place: str = "pg_default") -> str:
        """A new database, a copy of ``template``, in a tablespace; its name."""
        self._made += 1
        name = f"test_{self._made}"
        names = [sql.Identifier(each) for each in (name, template, place)]
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} TABLESPACE {}").format(*names))
        return name

    def drop(self, name: str) -> None:
        """Remove a database; whoever is still connected is thrown out."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composed | sql.SQL, database: str = "postgres") -> None:
        """Run one statement as the server's superuser."""
        with psycopg.connect(host=str(self._folder), user="callfloor", dbname=database, autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_program(program), *arguments],
            user=self._user,
            group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server inherits it: a pipe would never end
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != 0:
            log = self._folder / "log"
            said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            pytest.fail(f"{program} failed with {done.returncode}; {said}")


def _unprivileged() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.fail("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _program(name: str) -> str:
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: _version(path.parts[-3]))
    found = str(beside[-1]) if beside else shutil.which(name)
    if found is None:
        pytest.fail(_WHAT_TO_DO)
    return found


def _version(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _cluster() -> Iterator[Cluster]:
    # Not under pytest's own folder: that one is closed to the user that the server runs as, and its path may be
    # longer than the 107 bytes of a Unix socket's.
    folder = Path(tempfile.mkdtemp(prefix="callfloor-pg-"))
    try:
        cluster = Cluster(folder)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The tests' PostgreSQL, with a template database that has our tables."""
    for cluster in _cluster():
        cluster.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        engines = connect(cluster.url(_TEMPLATE))
        migrate(engines)
        engines.dispose()
        yield cluster


@pytest.fixture
def breakable_postgres(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A PostgreSQL that the test may stop and start; nobody else uses it. It must be running at the end."""
    del request
    yield from _cluster()


@functools.cache
def _with_our_tables() -> bytes:
    """A SQLite file that has our tables: making one takes twenty times as long as copying it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        engines = connect(f"sqlite:///{path}")
        migrate(engines)
        engines.dispose()  # the last connection folds the write-ahead log into the file
        return path.read_bytes()


def sqlite_in(folder: Path, name: str = "callfloor.db") -> str:
    """A new SQLite database with our tables in a folder; its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.touch(mode=0o600)  # as the product makes it
    path.write_bytes(_with_our_tables())
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has our tables."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    path.write_bytes(_with_our_tables())
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A SQLite database of this test's own, with our tables."""
    shutil.copy(sqlite_template, tmp_path / "callfloor.db")
    return f"sqlite:///{tmp_path / 'callfloor.db'}"


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """A PostgreSQL database of this test's own, with our tables."""
    name = postgres.make(_TEMPLATE)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each of the two, with our tables, empty."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each of the two, without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.make()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open store, on each of the two."""
    opened = Store.open(database_url)
    yield opened
    opened.close()
