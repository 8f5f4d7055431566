"""Imports asked for from the page: uploaded files, and the long work of the kind ``import``.

Files come in parts, lie under the data folder until their import has ended, and at most a day. No path is ever taken
from the page, and no database address that names a file of this machine; the address is the job's secret, sealed as
PBXes' secrets are, and forgotten when the job has ended.
"""

import csv
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from callfloor.asterisk.history.servers import checked_url, named
from callfloor.asterisk.mysql_tls import NO_FILES
from callfloor.errors import ConflictError, InvalidInputError, JobInterruptedError, NotFoundError
from callfloor.project import importing
from callfloor.project.apart import Apart
from callfloor.project.long_work import Kind, LongWork, Report
from callfloor.sealing import Sealer
from callfloor.store.store import ProjectStore

logger = logging.getLogger(__name__)

IMPORT: Final = "import"
FILE_BYTES: Final = 4 * 2**30
ALL_BYTES: Final = 16 * 2**30
KEPT_S: Final = 86_400.0
REASONS_TOLD: Final = 12
_ADDRESS: Final = "_sealed_url"
"""Among a job's parameters: where the database is, with its password, sealed."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way here. ``received`` is where its next part begins."""

    id: str
    kind: str
    name: str
    size: int
    received: int


class ImportDesk:
    """One project's uploads and imports. Its methods block; call them through a thread."""

    def __init__(
        self,
        folder: Path,
        country: str,
        sealer: Sealer,
        clock: Callable[[], float] = time.time,
        apart: Apart | None = None,
    ) -> None:
        """``folder`` is for uploads, this project's alone; it is made when the first comes.

        What is imported ``apart`` holds up nobody here.
        """
        self._folder = folder
        self._country = country
        self._sealer = sealer
        self._clock = clock
        self._apart = apart

    def begin(self, kind: str, name: str, size: int) -> Upload:
        """Make room for a file.

        Raises:
            InvalidInputError: it is of no kind that can be imported, or too large.
        """
        if kind not in importing.FILE_KINDS:
            raise InvalidInputError("a file is call events (cel), call records (cdr) or a queue log (queue_log)")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()
        waiting = sum(path.stat().st_size for path in self._folder.glob("*.part"))
        if not 0 < size <= FILE_BYTES or waiting + size > ALL_BYTES:
            raise InvalidInputError("the file is too large to be uploaded; import it with the command line")
        upload = Upload(id=secrets.token_hex(16), kind=kind, name=name[:200], size=size, received=0)
        self._path(upload.id, "json").write_bytes(msgspec.json.encode(upload))
        self._path(upload.id, "part").touch(mode=0o600)
        return upload

    def add(self, upload_id: str, offset: int, data: bytes) -> Upload:
        """The next part of a file; a part that came before is taken again without harm.

        Raises:
            NotFoundError: there is no such file.
            ConflictError: the part is not the next one.
            InvalidInputError: it is longer than was said.
        """
        upload = self.get(upload_id)
        if offset > upload.received:
            raise ConflictError("a part before this one is missing")
        if offset + len(data) > upload.size:
            raise InvalidInputError("the file is longer than was said")
        with self._path(upload_id, "part").open("r+b") as file:
            file.seek(offset)
            file.write(data)
        return self.get(upload_id)

    def get(self, upload_id: str) -> Upload:
        """A file as it is now.

        Raises:
            NotFoundError: there is none of this id.
        """
        if not (len(upload_id) == 32 and upload_id.isalnum() and upload_id.isascii()):
            raise NotFoundError("There is no such file.")
        try:
            kept = msgspec.json.decode(self._path(upload_id, "json").read_bytes(), type=Upload)
            received = self._path(upload_id, "part").stat().st_size
        except (OSError, msgspec.MsgspecError):
            raise NotFoundError("There is no such file.") from None
        return msgspec.structs.replace(kept, received=received)

    def remove(self, uploads: Sequence[str]) -> None:
        """Forget files; those that are not there are forgotten already."""
        for upload_id in uploads:
            for suffix in ("json", "part"):
                self._path(upload_id, suffix).unlink(missing_ok=True)

    def params(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the page asked for, checked, as the parameters of the job.

        Raises:
            InvalidInputError: something in it cannot be.
            NotFoundError: an upload is not there.
        """
        for upload_id in asked.get("files", ()):
            upload = self.get(upload_id)
            if upload.received != upload.size:
                raise InvalidInputError(f"{upload.name} has not come whole")
        url = asked.pop("database", None)
        if url is not None:
            if urlsplit(checked_url(url)).query not in NO_FILES or not urlsplit(url).hostname:
                raise InvalidInputError("give the database as mysql://user:password@host:port/asteriskcdrdb")
            asked |= {"database": named(url), _ADDRESS: self._sealer.seal(url)}
        if not (url or asked.get("files")):
            raise InvalidInputError("give files, or the address of a database")
        importing.bounds_of(self._asked(asked), 0.0)
        return asked

    def run(self, project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        """The job: see ``importing.run``."""
        uploads: list[str] = params.get("files", [])
        try:
            came = self._import(project, self._asked(params), report)
        except JobInterruptedError:
            raise  # it goes on when the service runs again
        except BaseException:
            self.remove(uploads)
            raise
        self.remove(uploads)
        refused = importing.refusal_lines(project, came.sources) if came.refused else []
        if refused:
            with report.file("import-refused.csv", "text/csv; charset=utf-8").open("w", newline="") as file:
                table = csv.writer(file)
                table.writerow(("source", "place", "reason"))
                table.writerows((each.source, each.place, each.reason) for each in refused)
        reasons = Counter(each.reason for each in refused).most_common(REASONS_TOLD)
        logger.info("history imported", extra={"calls": came.calls, "known": came.known, "refused": came.refused})
        return {
            "calls": came.calls,
            "mended": came.mended,
            "known": came.known,
            "refused": came.refused,
            "rows": came.rows,
            "reasons": [{"reason": reason, "rows": rows} for reason, rows in reasons],
        }

    def _import(self, project: ProjectStore, asked: importing.Asked, report: Report) -> importing.Imported:
        if self._apart is None:
            return importing.run(project, asked, country=self._country, progress=report.progress)
        return self._apart.import_(project.project_id, asked, self._country, report.progress)

    def register(self, work: LongWork) -> None:
        """Let a project's long work do it."""
        work.register(IMPORT, Kind(run=self.run, resumable=True))

    def _asked(self, params: dict[str, Any]) -> importing.Asked:
        uploads = [self.get(upload_id) for upload_id in params.get("files", ())]
        of_kind = {
            kind: tuple(self._path(upload.id, "part") for upload in uploads if upload.kind == kind)
            for kind in importing.FILE_KINDS
        }
        return importing.Asked(
            zone=params["zone"],
            cel_files=of_kind["cel"],
            cdr_files=of_kind["cdr"],
            queue_logs=of_kind["queue_log"],
            database=self._address(params),
            first_day=params.get("first_day"),
            last_day=params.get("last_day"),
            link=params.get("link"),
            encoding=params.get("encoding") or "utf-8",
            again=bool(params.get("again")),
        )

    def _address(self, params: dict[str, Any]) -> str | None:
        sealed = params.get(_ADDRESS)
        return None if sealed is None else self._sealer.open(sealed)

    def _path(self, upload_id: str, suffix: str) -> Path:
        return self._folder / f"{upload_id}.{suffix}"

    def sweep(self) -> None:
        """Delete the files that nobody has added to for a day, and the imports of which ended or never came."""
        if self._folder.is_dir():
            self._sweep()

    def _sweep(self) -> None:
        for path in self._folder.iterdir():
            if self._clock() - path.stat().st_mtime > KEPT_S:
                path.unlink(missing_ok=True)
