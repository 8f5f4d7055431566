"""Long work on personal data: what is too old, one client's data given out, one client's data taken out.

Recordings are the PBX's: they are deleted only where the installation says so (``CALLFLOOR_RECORDINGS_DELETE``), and
never outside the folders that it names. What was made of them here (decoded sound, waveforms) always goes.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from callfloor.asterisk.recording_files import RecordingFolders
from callfloor.config import Config
from callfloor.errors import CallfloorError, InvalidInputError, StoreError
from callfloor.floor.days import day_bounds
from callfloor.project import waiting_files
from callfloor.project.client_export import export_client, files_of, of_client, old_call
from callfloor.project.long_work import Kind, LongWork, Report
from callfloor.store.call_filter import Sort
from callfloor.store.projects import Project
from callfloor.store.retention import OldCall
from callfloor.store.rows import range_of
from callfloor.store.store import ProjectStore, Store

logger = logging.getLogger(__name__)

RETENTION: Final = "retention"
CLIENT_EXPORT: Final = "client_export"
CLIENT_ERASURE: Final = "client_erasure"

AT_HOUR: Final = 3
_REACHED: Final = "recordings_before"
LOOK_S: Final = 600.0


class PersonalData:
    """One project's. Registered with its long work; ``nightly`` is to be run."""

    def __init__(
        self,
        store: Store,
        project: Callable[[], Project],
        work: LongWork,
        config: Config,
        *,
        clock: Callable[[], float] = time.time,
        sweeps: Sequence[Callable[[], object]] = (),
    ) -> None:
        """``sweeps`` take away what lies around for too long; each is called every ten minutes, in a thread."""
        self._sweeps = sweeps
        self._data = config.data
        self._store, self._project, self._work, self._clock = store, project, work, clock
        self._within = store.project(project().id)
        self._faxes = config.data / "faxes" / str(project().id)
        self._caches = (config.data / "sound", config.data / "messages")
        folders = [one.strip() for one in (config.recordings or "").split(",") if one.strip()]
        self._recordings = RecordingFolders([Path(each) for each in folders if "://" not in each])
        self._spool = config.voicemail
        self._may_delete = config.recordings_delete
        work.register(RETENTION, Kind(run=self._retain, resumable=True, newest_only=True))
        work.register(CLIENT_EXPORT, Kind(run=self._export))
        work.register(CLIENT_ERASURE, Kind(run=self._erase, resumable=True))

    async def nightly(self) -> None:
        """Each night at three by the project's clocks, or as soon after as Callfloor runs, delete what is too old."""
        last = await self._last()
        while True:
            try:
                await asyncio.to_thread(self._sweep)
                due = self._due()
                if last is None or last < due:
                    rules = await self._store.run(self._within.rules.load)
                    if any(days is not None for days in msgspec.structs.astuple(rules.keep)):
                        await self._work.start(RETENTION, {})
                    last = self._clock()
            except CallfloorError as error:
                logger.warning("what is too old could not be deleted", extra={"error_id": error.error_id})
            except OSError as error:
                logger.warning("what is too old could not be deleted", extra={"errno": error.errno})
            await asyncio.sleep(LOOK_S)

    def _sweep(self) -> None:
        waiting_files.sweep(self._data, self._project().id, before=self._clock() - waiting_files.KEPT_S)
        for sweep in self._sweeps:
            sweep()

    async def _last(self) -> float | None:
        try:
            jobs = await self._store.run(self._within.jobs.list, limit=500)
        except StoreError:
            return None
        return next((each.asked_at for each in jobs if each.kind == RETENTION), None)

    def _due(self) -> float:
        """The latest instant at which it was to be done."""
        zone, now = ZoneInfo(self._project().timezone), self._clock()
        today = datetime.fromtimestamp(now, zone).replace(hour=AT_HOUR, minute=0, second=0, microsecond=0)
        return (today if today.timestamp() <= now else today - timedelta(days=1)).timestamp()

    # --- what is too old --------------------------------------------------------------------------------------

    def _retain(self, project: ProjectStore, _params: dict[str, Any], report: Report) -> dict[str, Any]:
        keep, now = project.rules.load().keep, self._clock()
        zone = ZoneInfo(self._project().timezone)
        today = datetime.fromtimestamp(now, zone).date()

        def before(days: int) -> float:
            return day_bounds(today - timedelta(days=days), zone)[0]

        gone: dict[str, Any] = {}
        done = 0

        def step(rows: int) -> None:
            nonlocal done
            done += rows
            report.progress(done)

        recordings = min((days for days in (keep.recordings, keep.calls) if days is not None), default=None)
        if recordings is not None:
            gone |= self._old_recordings(project, before(recordings), step)
        if keep.messages is not None:
            start = done
            self._unlink(project.retention.messages(before(keep.messages), step))
            gone["messages"] = done - start
        if keep.calls is not None:
            gone["calls"] = project.retention.calls(before(keep.calls), step)
        for name, days, delete in (
            ("supervisions", keep.supervisions, project.retention.supervisions),
            ("audit", keep.audit, project.retention.audit),
        ):
            if days is not None:
                start = done
                delete(before(days), step)
                gone[name] = done - start
        if any(rows for name, rows in gone.items() if name != _REACHED):
            self._written(project, "retention", gone)
        return gone

    def _old_recordings(self, project: ProjectStore, before: float, step: Callable[[int], None]) -> dict[str, Any]:
        """Delete the PBX's files where that is allowed; from where the last time went to."""
        if not self._may_delete:
            return {}
        done = (each.result.get(_REACHED, 0.0) for each in project.jobs.list(limit=500) if each.kind == RETENTION)
        gone, after = 0, range_of(0.0, min(before, next(filter(None, done), 0.0)))[1]
        while some := project.retention.old_calls(before, after):
            gone += sum(map(self._remove, some))
            after = some[-1].key
            step(0)
        return {"recordings": gone, _REACHED: before}

    def _remove(self, call: OldCall) -> int:
        return sum(map(self._recordings.remove, files_of(call)))

    def _unlink(self, files: tuple[str, ...]) -> None:
        for name in files:
            path = self._faxes / name
            if path.resolve().is_relative_to(self._faxes.resolve()):
                path.unlink(missing_ok=True)

    # --- one client -------------------------------------------------------------------------------------------

    def _erase(self, project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        try:
            client, name = str(params["_client"]), str(params["pseudonym"])
        except KeyError:
            raise InvalidInputError("There is no client to erase.") from None
        left, gone = 0, 0
        for row in project.journal.stream(of_client(client), Sort()):
            report.go_on()
            if row.recorded:
                old = old_call(project, row.call_id)
                removed = self._remove(old) if self._may_delete else 0
                gone += removed
                left += not removed
        made = project.erasure.erase(client, name, report.progress)
        waiting_files.forget(self._data, project.project_id, client)
        self._unlink(made.files)
        for folder in self._caches:  # whose sound it is cannot be told from outside; all is made anew when asked for
            shutil.rmtree(folder, ignore_errors=True)
        for job in project.jobs.list(limit=500):
            path = self._work.file(job)
            if path is not None and job.kind in {"export", CLIENT_EXPORT}:
                path.unlink(missing_ok=True)
        told = {
            "calls": made.calls,
            "notes": made.notes,
            "messages": made.messages,
            "mentions": made.mentions,
            "recordings": gone,
            "recordings_left": left,
        }
        self._written(project, "client_erased", {"pseudonym": name, **told})
        return told

    def _export(self, project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        try:
            client = str(params["_client"])
        except KeyError:
            raise InvalidInputError("There is no client to export.") from None
        now = self._clock()
        day = datetime.fromtimestamp(now, ZoneInfo(self._project().timezone)).date()
        path = report.file(f"client {day}.zip", "application/zip")
        places = self._recordings, self._faxes, self._spool
        return export_client(project, client, path, report.progress, *places, now=now)

    def _written(self, project: ProjectStore, action: str, details: dict[str, Any]) -> None:
        project.audit.write(
            at=self._clock(), user_id=None, user_login=None, action=action, details=details, outcome="done"
        )
