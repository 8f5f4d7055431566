"""``callfloor backup`` and ``callfloor restore``: everything that cannot be made again, as one file.

A backup is a ZIP: the database as ``store/…``, the data folder's own files as ``data/…``, and at its end
``manifest.json`` with every file's length and SHA-256. Without a manifest it is torn, and is not restored.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from callfloor import __version__, data_folder
from callfloor.config import Config
from callfloor.errors import BackupError, ConflictError
from callfloor.store.copying import CHUNK, Copied, copy_in, copy_out

MANIFEST = "manifest.json"
NAME = "callfloor-%Y%m%d-%H%M%S.zip"
FORMAT = 1
MADE_AGAIN = frozenset(
    {"sound", "messages", "work", "imports", "letters", "logs", "simulated-fax", "simulated-voicemail"}
)
"""Folders of the data folder that are caches, or of the moment."""
LARGEST_MANIFEST = 64 * 2**20

err = Console(stderr=True)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup has in it."""

    format: int
    callfloor: str  # the version that made it
    made_at: str
    store: Copied
    parts: tuple[Part, ...]


def backup(config: Config, target: Path, *, keep: int | None = None) -> tuple[Path, Manifest]:
    """Write a backup while Callfloor runs, or does not. The file appears whole, or not at all.

    Args:
        config: the settings.
        target: a file, or a folder in which the file gets a name by the date.
        keep: in a folder, how many backups are left there in the end; None: all.

    Raises:
        ConflictError: there is such a file.
        BackupError: it cannot be written.
        CallfloorError: the database cannot be read; see ``copying.copy_out``.
    """
    file = target / f"{datetime.now(UTC):{NAME}}" if target.is_dir() else target
    if file.exists():
        raise ConflictError(f"There is {file} already; a backup is never written over.")
    torn = file.with_name(f".{file.name}.part")
    try:
        with torn.open("xb") as raw:
            try:
                torn.chmod(0o600)  # phone numbers, password hashes, the PBX's secret
                with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    manifest = _write(config, archive, file.parent)
                raw.flush()
                os.fsync(raw.fileno())
                torn.rename(file)
            except BaseException:
                torn.unlink(missing_ok=True)
                raise
        if keep is not None and target.is_dir():
            for old in sorted(target.glob(f"{NAME.partition('%')[0]}*.zip"))[:-keep]:
                old.unlink()
    except FileExistsError:
        raise ConflictError(f"{torn} is there: another backup is being made, or one was killed. Delete it.") from None
    except OSError as error:
        raise BackupError(f"{file}: {error.strerror or error}. Nothing was kept of this backup.") from None
    return file, manifest


def _write(config: Config, archive: zipfile.ZipFile, scratch: Path) -> Manifest:
    parts: list[Part] = []
    # The spill files first: a row that leaves them meanwhile is then in the database, and is known there by its id.
    for path in _kept(config):
        with _part(archive, f"data/{path.relative_to(config.data).as_posix()}", parts) as write:
            _copy(path, write)
    with _shown("the database") as told:
        store = copy_out(config.database_url, lambda name: _part(archive, f"store/{name}", parts), scratch, told)
    manifest = Manifest(
        format=FORMAT,
        callfloor=__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        store=store,
        parts=tuple(parts),
    )
    archive.writestr(MANIFEST, msgspec.json.encode(manifest))
    return manifest


def restore(config: Config, file: Path, *, replace: bool) -> tuple[Manifest, Path | None]:
    """Make the store and the data folder what they were.

    Returns:
        The manifest, and where SQLite's file of before was put.

    Raises:
        BackupError: the file is no whole backup, or cannot be unpacked.
        ConfigurationError: Callfloor runs on the data folder.
        CallfloorError: the database cannot be written; see ``copying.copy_in``.
    """
    config.data.mkdir(parents=True, exist_ok=True)
    with (
        data_folder.held(config.data),
        tempfile.TemporaryDirectory(dir=config.data, prefix=".restore-") as scratch,
    ):
        manifest = _unpack(file, Path(scratch))
        files = {
            PurePosixPath(part.name).name: Path(scratch) / part.name
            for part in manifest.parts
            if part.name.startswith("store/")
        }
        with _shown("the database") as told:
            aside = copy_in(config.database_url, manifest.store, files, told, replace=replace)
        for part in manifest.parts:
            if part.name.startswith("data/"):
                target = config.data / part.name.removeprefix("data/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(Path(scratch) / part.name, target)
        return manifest, aside


def _kept(config: Config) -> Iterator[Path]:
    """The files of the data folder that cannot be made again, the database's own left out."""
    for top in sorted(config.data.iterdir()) if config.data.is_dir() else ():
        if top.is_dir() and not top.is_symlink() and top.name not in MADE_AGAIN and not top.name.startswith("."):
            yield from sorted(path for path in top.rglob("*") if path.is_file() and not path.is_symlink())
        elif top.is_file() and top.name != data_folder.LOCK and not top.name.startswith(".") and not _is_database(top):
            yield top


def _is_database(file: Path) -> bool:
    """SQLite's file, its logs, one that was put aside; and a backup that was made into the data folder."""
    return ".db" in file.name or file.suffix == ".zip"


def _copy(path: Path, write: IO[bytes]) -> None:
    with path.open("rb") as read:
        shutil.copyfileobj(read, write, CHUNK)


class _Counted:
    """A file that is written into the archive, with what its part will say of it."""

    def __init__(self, write: IO[bytes]) -> None:
        self._write = write
        self.size = 0
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._write.write(data)
        self.sha256.update(data)
        self.size += len(data)
        return len(data)


@contextlib.contextmanager
def _part(archive: zipfile.ZipFile, name: str, parts: list[Part]) -> Iterator[IO[bytes]]:
    with archive.open(name, "w", force_zip64=True) as write:
        counted: Any = _Counted(write)
        yield counted
    parts.append(Part(name=name, size=counted.size, sha256=counted.sha256.hexdigest()))


def _unpack(file: Path, folder: Path) -> Manifest:
    """Every part checked and on disk, before anything of what is there is touched."""
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
                raise BackupError(f"{file} is not a backup of Callfloor's.")
            manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
            if manifest.format > FORMAT:
                raise BackupError(f"Callfloor {manifest.callfloor} made this backup; restore it with that version.")
            with _shown("unpacking") as told:
                of, done = max(1, sum(part.size for part in manifest.parts)), 0
                for part in manifest.parts:
                    _one(archive, part, folder)
                    done += part.size
                    told(done / of)
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError, NotImplementedError, EOFError):
        raise BackupError(f"{file} is torn, or is not a backup of Callfloor's. Nothing was changed.") from None
    except OSError as error:
        raise BackupError(f"{error.filename or file}: {error.strerror or error}. Nothing was changed.") from None
    return manifest


def _one(archive: zipfile.ZipFile, part: Part, folder: Path) -> None:
    place = PurePosixPath(part.name)
    if place.is_absolute() or ".." in place.parts or place.parts[:1] not in {("store",), ("data",)}:
        raise BackupError("The backup has a file that would leave its folder. Nothing was changed.")
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with archive.open(part.name) as read, target.open("wb") as write:
        target.chmod(0o600)
        while chunk := read.read(CHUNK):
            size += len(chunk)
            if size > part.size:
                break
            digest.update(chunk)
            write.write(chunk)
    if size != part.size or digest.hexdigest() != part.sha256:
        raise BackupError(f"{part.name} in the backup is damaged. Nothing was changed.")


@contextlib.contextmanager
def _shown(what: str) -> Iterator[Callable[[float], None]]:
    columns = TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)
