"""``callfloor project`` and ``callfloor doctor`` as they are typed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callfloor import data_folder
from callfloor.cli import app
from callfloor.project.examining import indexes
from callfloor.sealing import KEY_FILE, sealer
from callfloor.store.links import LinkValues
from callfloor.store.memberships import Role
from callfloor.store.store import Store
from support.ami_peer import AmiPeer
from support.databases import sqlite_in
from support.mariadb import CDR_TABLE, PASSWORD, USER, MariaDb, mariadb  # noqa: F401 - a fixture

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("CALLFLOOR_PBX_URL", "CALLFLOOR_DATABASE_URL", "CALLFLOOR_ADMIN_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CALLFLOOR_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store.open(sqlite_in(tmp_path))
    project = found.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    user = found.users.add("anna", name="Anna", password_hash="x", now=1.0)
    found.memberships.grant(user.id, project.id, Role.ADMINISTRATOR)
    found.close()
    return Store.open(f"sqlite:///{tmp_path / 'callfloor.db'}")


def test_projects_are_added_listed_renamed_and_removed(run: Run, store: Store) -> None:
    made = run("project", "add", "Two", "--timezone", "Europe/Warsaw", "--country", "pl", "--language", "pl")
    assert (made.exit_code, made.output) == (0, "Project 2, Two; administered by anna\n")
    assert run("project", "rename", "Two", "Second").exit_code == 0
    listed = run("project", "list").output
    assert re.search(r"2\s+Second\s+Europe/Warsaw\s+PL\s+pl\s+0\s+anna", listed), listed
    assert run("project", "remove", "2").exit_code == 1
    assert run("project", "remove", "2", "--yes", "second").exit_code == 1
    assert "project_not_archived" in run("project", "remove", "2", "--yes", "Second").stderr
    assert run("project", "archive", "Second").output == "Project 2, Second, rests\n"
    assert re.search(r"2\s+Second.*anna\s+archived", run("project", "list").output)
    assert run("project", "unarchive", "2").exit_code == 0
    assert run("project", "archive", "2").exit_code == 0
    assert run("project", "remove", "2", "--yes", "Second").exit_code == 0
    assert [project.name for project in store.projects.all()] == ["One"]
    (told,) = store.project(1).audit.page().entries
    assert (told.action, told.user_login, told.details) == ("remove_project", "callfloor project", {"name": "Second"})
    store.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "One", "--timezone", "UTC", "--country", "PL"), "conflict"),
        (("add", "Two", "--timezone", "Nowhere", "--country", "PL"), "invalid_input"),
        (("add", "Two", "--timezone", "UTC", "--country", "Poland"), "invalid_input"),
        (("add", "Two", "--timezone", "UTC", "--country", "PL", "--language", "de"), "invalid_input"),
        (("add", "Two", "--timezone", "UTC", "--country", "PL", "--administrator", "nobody"), "not_found"),
        (("rename", "Nine", "Ten"), "not_found"),
        (("archive", "Nine"), "not_found"),
        (("remove", "One", "--yes", "One"), "project_not_archived"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(run: Run, store: Store, words: tuple[str, ...], told: str) -> None:
    result = run("project", *words)
    assert result.exit_code == 1
    assert told in result.stderr
    assert [project.name for project in store.projects.all()] == ["One"]
    store.close()


def test_nothing_is_removed_from_under_a_running_callfloor(run: Run, store: Store, tmp_path: Path) -> None:
    run("project", "add", "Two", "--timezone", "UTC", "--country", "PL")
    with data_folder.held(tmp_path):
        result = run("project", "remove", "Two", "--yes", "Two")
    assert (result.exit_code, "Another Callfloor runs" in result.stderr) == (1, True)
    assert len(store.projects.all()) == 2
    store.close()


async def test_the_doctor_looks_at_what_is_kept(run: Run, store: Store, tmp_path: Path) -> None:
    """In a thread: the command has a loop of its own."""
    import asyncio  # noqa: PLC0415

    peer = AmiPeer()
    async with peer.listening() as port:
        sealed = sealer(tmp_path).seal(peer.secret)
        link = LinkValues(name="Head office", url=f"ami://{peer.user}@127.0.0.1:{port}", secret=sealed)
        store.project(1).links.add(link, now=1.0)
        result = await asyncio.to_thread(run, "doctor")
    assert "One: Head office" in result.output
    assert "Asterisk 22.10.1" in result.output
    assert peer.secret not in result.output
    assert result.exit_code == 2, "a PBX that lists no channels is no floor"
    store.close()


def test_the_doctor_says_that_there_is_no_pbx_yet(run: Run, store: Store) -> None:
    result = run("doctor")
    assert (result.exit_code, "No PBX is connected yet" in result.stderr) == (1, True)
    store.close()


def test_the_doctor_where_nobody_answers(run: Run) -> None:
    result = run("doctor", "ami://u:geheim@127.0.0.1:9")
    assert result.exit_code == 2
    assert "bindaddr = 0.0.0.0" in result.output
    assert "geheim" not in result.output


def test_a_table_of_calls_without_its_indexes(mariadb: MariaDb) -> None:  # noqa: F811
    name = mariadb.make()
    url = f"mysql://{USER}:{PASSWORD.replace('@', '%40').replace('/', '%2F').replace(':', '%3A')}@/{name}"
    url += f"?socket={mariadb.socket}"
    assert [found.id for found in indexes(url)] == ["cdr_database"], "no such table yet"
    with mariadb.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(CDR_TABLE)
        (missing,) = indexes(url)
        assert (missing.id, missing.values) == ("no_cdr_index", {"column": "linkedid"})
        cursor.execute(missing.lines[0].rstrip(";"))
    assert [found.id for found in indexes(url)] == ["cdr_index"]
    assert [found.id for found in indexes(url.replace(USER, "nobody"))] == ["cdr_database"]


def test_the_key_is_for_its_user_alone_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    sealed = sealer(tmp_path).seal("geheim")
    assert sealer(tmp_path).open(sealed) == "geheim"
    path = tmp_path / KEY_FILE
    path.chmod(0o644)
    sealer(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("no key")
    with pytest.raises(Exception, match="damaged"):
        sealer(tmp_path)
