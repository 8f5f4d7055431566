"""Backup and restore, on both databases: everything comes back, or nothing is touched."""

import resource
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from callfloor import backup_command, config, data_folder
from callfloor.errors import BackupError, ConfigurationError, ConflictError, InvalidInputError, StoreTooNewError
from callfloor.store import Store
from callfloor.store.engine import connect
from callfloor.store.tables import metadata
from support.call_records import call


def settings(folder: Path, url: str) -> config.Config:
    return config.read({"CALLFLOOR_DATA": str(folder), "CALLFLOOR_DATABASE_URL": url})


def filled(url: str, calls: int = 20) -> None:
    """A store with something in it."""
    store = Store.open(url)
    try:
        project = store.projects.add("Łódź", timezone="Europe/Warsaw", country="PL", language="pl", now=1.5)
        of = store.project(project.id)
        department = of.directory.add_department("Продажі")
        of.directory.add_employee("Зоя", department_id=department.id)
        of.journal.write(call(number) for number in range(calls))
        of.audit.write(
            at=1.5, user_id=None, user_login="anna", action="sign_in", outcome="done", details={"a": "\t\\N"}
        )
    finally:
        store.close()


def rows(url: str) -> dict[str, list[str]]:
    """Every row of every table."""
    engines = connect(url)
    try:
        with engines.migrate.connect() as connection:
            return {
                table.name: sorted(repr(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {table.name}")))
                for table in metadata.sorted_tables
            }
    finally:
        engines.dispose()


@contextmanager
def changed(file: Path, part: str, change: Callable[[bytes], bytes | None]) -> Iterator[Path]:
    """The backup with one of its files changed, or (None) without it."""
    other = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as read, zipfile.ZipFile(other, "w") as write:
        for name in read.namelist():
            data: bytes | None = read.read(name)
            if name == part:
                data = change(read.read(name))
            if data is not None:
                write.writestr(name, data)
    yield other
    other.unlink()


def test_everything_comes_back(database_url: str, empty_url: str, tmp_path: Path) -> None:
    if database_url.partition(":")[0] != empty_url.partition(":")[0]:
        filled(database_url)
        file, _ = backup_command.backup(settings(tmp_path / "one", database_url), tmp_path / "b.zip")
        with pytest.raises(InvalidInputError, match="This backup is of"):
            backup_command.restore(settings(tmp_path / "two", empty_url), file, replace=False)
        return
    filled(database_url)
    data = tmp_path / "one"
    (data / "faxes" / "1" / "2026-11").mkdir(parents=True)
    (data / "faxes" / "1" / "2026-11" / "a b ü.tif").write_bytes(b"II*\0")
    (data / "calls-1.spill").write_bytes(b"torn")
    (data / "sound").mkdir()
    (data / "sound" / "x.wav").write_bytes(b"made again")
    file, manifest = backup_command.backup(settings(data, database_url), tmp_path / "b.zip")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [part.name for part in manifest.parts if part.name.startswith("data/")] == [
        "data/calls-1.spill",
        "data/faxes/1/2026-11/a b ü.tif",
    ]
    there = tmp_path / "two"
    backup_command.restore(settings(there, empty_url), file, replace=False)
    assert rows(empty_url) == rows(database_url)
    assert (there / "faxes" / "1" / "2026-11" / "a b ü.tif").read_bytes() == b"II*\0"
    assert not (there / "sound").exists()
    store = Store.open(empty_url)  # and it goes on: the next number is free
    try:
        store.projects.add("Two", timezone="UTC", country="PL", language="en", now=2.0)
        store.project(1).journal.write([call(100)])
        assert store.project(1).journal.get("call-100").record.call_id == "call-100"
    finally:
        store.close()


def test_what_is_written_meanwhile_is_wholly_in_or_wholly_out(database_url: str, tmp_path: Path) -> None:
    filled(database_url, 2000)
    store = Store.open(database_url)
    writing, enough = threading.Event(), threading.Event()

    def write() -> None:
        number = 10_000
        while not enough.is_set():
            store.project(1).journal.write(call(number + each) for each in range(10))
            number += 10
            writing.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert writing.wait(30)
        file, _ = backup_command.backup(settings(tmp_path / "data", database_url), tmp_path / "b.zip")
    finally:
        enough.set()
        writer.join()
        store.close()
    config_again = settings(tmp_path / "data", database_url)
    _, aside = backup_command.restore(config_again, file, replace=True)
    assert (aside is not None) == database_url.startswith("sqlite")
    found = rows(database_url)
    assert len(found["calls"]) >= 2010
    assert len(found["calls"]) % 10 == 0, "a batch is in, or it is not"
    assert len(found["call_queues"]) == len(found["calls"])


def test_what_is_there_does_not_go_unasked(database_url: str, tmp_path: Path) -> None:
    filled(database_url)
    mine = settings(tmp_path / "data", database_url)
    file, _ = backup_command.backup(mine, tmp_path / "b.zip")
    before = rows(database_url)
    with pytest.raises(ConflictError, match="--replace"):
        backup_command.restore(mine, file, replace=False)
    with pytest.raises(ConflictError, match="never written over"):
        backup_command.backup(mine, file)
    assert rows(database_url) == before


def test_while_callfloor_runs_nothing_is_restored(sqlite_url: str, tmp_path: Path) -> None:
    filled(sqlite_url)
    mine = settings(tmp_path / "data", sqlite_url)
    file, _ = backup_command.backup(mine, tmp_path / "b.zip")
    with data_folder.held(mine.data), pytest.raises(ConfigurationError, match="Another Callfloor runs"):
        backup_command.restore(mine, file, replace=True)


@pytest.mark.postgres
def test_a_database_that_is_used_is_not_restored(postgres_url: str, tmp_path: Path) -> None:
    filled(postgres_url)
    mine = settings(tmp_path / "data", postgres_url)
    file, _ = backup_command.backup(mine, tmp_path / "b.zip")
    store = Store.open(postgres_url)
    try:
        store.projects.all()
        with pytest.raises(ConflictError, match="stop it first"):
            backup_command.restore(mine, file, replace=True)
    finally:
        store.close()


def test_a_bad_backup_changes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    filled(sqlite_url)
    mine = settings(tmp_path / "data", sqlite_url)
    mine.data.mkdir()
    (mine.data / "key").write_bytes(b"kept")
    file, _ = backup_command.backup(mine, tmp_path / "b.zip")
    before = rows(sqlite_url)

    def refused(bad: Path, *, match: str) -> None:
        with pytest.raises(BackupError, match=match):
            backup_command.restore(mine, bad, replace=True)
        assert rows(sqlite_url) == before

    whole = file.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 30):
        torn = tmp_path / "torn.zip"
        torn.write_bytes(whole[:cut])
        refused(torn, match="torn, or is not a backup")
    refused(tmp_path / "nowhere.zip", match="No such file")
    with changed(file, backup_command.MANIFEST, lambda _: None) as bad:
        refused(bad, match="torn, or is not a backup")
    with changed(file, "store/callfloor.db", lambda data: data[:-1] + b"?") as bad:
        refused(bad, match="is damaged")
    with changed(file, "data/key", lambda _: None) as bad:
        refused(bad, match="torn, or is not a backup")
    with changed(file, "data/key", lambda data: data * 1000) as bad:
        refused(bad, match="is damaged")

    def escaping(data: bytes) -> bytes:
        return data.replace(b"data/key", b"data/../../key")

    with changed(file, backup_command.MANIFEST, escaping) as bad:
        refused(bad, match="would leave its folder")

    with changed(file, backup_command.MANIFEST, lambda data: data.replace(b'"format":1', b'"format":2')) as bad:
        refused(bad, match="restore it with that version")


def test_tables_of_a_newer_callfloor_are_refused(database_url: str, tmp_path: Path) -> None:
    filled(database_url)
    mine = settings(tmp_path / "data", database_url)
    file, manifest = backup_command.backup(mine, tmp_path / "b.zip")
    before = rows(database_url)
    wanted = f'"revision":"{manifest.store.revision}"'.encode()
    with (
        changed(file, backup_command.MANIFEST, lambda data: data.replace(wanted, b'"revision":"9999"')) as bad,
        pytest.raises(StoreTooNewError),
    ):
        backup_command.restore(mine, bad, replace=True)
    assert rows(database_url) == before


def test_a_full_disk_leaves_nothing_behind(sqlite_url: str, tmp_path: Path) -> None:
    """A limit on the length of files stands for the full disk: the very same call fails."""
    filled(sqlite_url, 300)
    target = tmp_path / "there"
    target.mkdir()
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000));"
        "from callfloor.cli import app; app(['backup', sys.argv[1]])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(target)],
        env={
            "CALLFLOOR_DATA": str(tmp_path / "data"),
            "CALLFLOOR_DATABASE_URL": sqlite_url,
            "PYTHONDONTWRITEBYTECODE": "1",  # or the limit would cut those files too
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    assert list(target.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 40_000


def test_in_a_folder_the_oldest_go(sqlite_url: str, tmp_path: Path) -> None:
    filled(sqlite_url)
    mine = settings(tmp_path / "data", sqlite_url)
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"callfloor-2026010{day}-000000.zip").write_bytes(b"")
    (folder / "letters.zip").write_bytes(b"not ours")
    file, _ = backup_command.backup(mine, folder, keep=2)
    assert sorted(one.name for one in folder.iterdir()) == ["callfloor-20260103-000000.zip", file.name, "letters.zip"]


def test_a_killed_backup_is_told_of(sqlite_url: str, tmp_path: Path) -> None:
    filled(sqlite_url)
    (tmp_path / ".b.zip.part").write_bytes(b"half")
    with pytest.raises(ConflictError, match="one was killed"):
        backup_command.backup(settings(tmp_path / "data", sqlite_url), tmp_path / "b.zip")
    assert (tmp_path / ".b.zip.part").read_bytes() == b"half", "it may be another's, in the making"


def test_one_data_folder_has_one_callfloor(tmp_path: Path) -> None:
    with data_folder.held(tmp_path / "data"), pytest.raises(ConfigurationError, match="Another Callfloor runs"):
        data_folder.held(tmp_path / "data").__enter__()
    with data_folder.held(tmp_path / "data"):
        pass
    shutil.rmtree(tmp_path / "data")
