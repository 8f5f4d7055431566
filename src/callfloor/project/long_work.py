"""Long work of one project: started by people or by Callfloor, run in threads of its own, told of while it runs.

A kind of work is a function ``fn(project, params, report) -> result``. It blocks as it likes, tells how far it is by
``report.progress``, and is stopped there: by a person who cancels it, or by the end of the process. Progress is kept
in memory while it runs (a write to the store could wait for the very transaction that it tells of) and written at
the end.
"""

import asyncio
import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec

from callfloor.errors import (
    CallfloorError,
    ConflictError,
    InvalidInputError,
    JobCancelledError,
    JobInterruptedError,
    NotFoundError,
    RowRefusedError,
    StoreError,
)
from callfloor.store.jobs import UNENDED, Job, JobState
from callfloor.store.store import ProjectStore, Store

logger = logging.getLogger(__name__)

FILES_KEPT_S = 7 * 86_400.0
"""A job's file can be downloaded for so long."""

JOBS_KEPT_S = 90 * 86_400.0
HOUSEKEEPING_S = 3600.0
STORE_RETRY_S = 2.0
CLOSING_S = 20.0
"""How long the end of the process waits for work that does not tell how far it is."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Report:
    """What the function of a job tells while it runs. Its methods may be called from that thread alone."""

    def __init__(self, folder: Path) -> None:
        self.done = 0
        self.of: int | None = None
        self._folder = folder
        self._stop: CallfloorError | None = None
        self._file: tuple[Path, str, str] | None = None

    def progress(self, done: int, of: int | None = None) -> None:
        """So much is done, of so much (None: not known yet). Call it at least every second or so; it costs nothing.

        Raises:
            JobCancelledError: somebody cancelled the job.
            JobInterruptedError: Callfloor is stopping.
        """
        self.done, self.of = done, of
        self.go_on()

    def go_on(self) -> None:
        """Raise as ``progress`` does, if the work is to stop."""
        if self._stop is not None:
            raise self._stop

    def file(self, name: str, media_type: str) -> Path:
        """Where to write the job's file, which can be downloaded under this name once the job is done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "file"
        self._file = path, name, media_type
        return path

    def stop(self, why: CallfloorError) -> None:
        """Have the work end at its next step. The first reason stays. From any thread."""
        if self._stop is None:
            self._stop = why

    def file_written(self) -> dict[str, Any] | None:
        """The job's file as its result tells of it; None where there is none."""
        if self._file is None or not self._file[0].is_file():
            return None
        path, name, media_type = self._file
        return {"name": name, "media_type": media_type, "bytes": path.stat().st_size}


WorkFn = Callable[[ProjectStore, dict[str, Any], Report], dict[str, Any]]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """How work of one kind is done."""

    run: WorkFn
    at_once: int = 1  # how many may run at a time; the others wait, first come first
    resumable: bool = False  # run again from its beginning, with the same parameters, after the process ended in it
    newest_only: bool = False  # a new one cancels those of its kind that have not ended


class LongWork:
    """One project's long work. Its methods are for the event loop."""

    def __init__(self, store: Store, project: ProjectStore, folder: Path, clock: Callable[[], float] = time.time):
        """``folder`` is for the jobs' files, this project's alone; it is made when the first is written."""
        self._store = store
        self._project = project
        self._folder = folder
        self._clock = clock
        self._kinds: dict[str, Kind] = {}
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._reports: dict[int, tuple[str, Report]] = {}  # of jobs that have not ended
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._closing = False
        self._threads: ThreadPoolExecutor | None = None

    def register(self, name: str, kind: Kind) -> None:
        """Work of this name is done so. Before ``begin``."""
        self._kinds[name] = kind
        self._lanes[name] = asyncio.Semaphore(kind.at_once)

    async def begin(self) -> None:
        """Take up what an earlier process left.

        Raises:
            StoreError: the store cannot be reached.
        """
        resumable = {name for name, kind in self._kinds.items() if kind.resumable}
        for job in await self._store.change(self._project.jobs.recover, resumable, at=self._clock()):
            if job.kind in self._kinds:
                self._launch(job)
            else:
                logger.error("work of a kind that nobody does", extra={"job": job.id, "kind": job.kind})
                await self._finish(
                    job.id, JobState.FAILED, error_id="not_found", error="Nobody does work of this kind."
                )

    async def start(
        self, kind: str, params: dict[str, Any], *, user_id: int | None = None, user_name: str | None = None
    ) -> Job:
        """Have work done; the job waits until it is its turn.

        Args:
            kind: a registered name.
            params: what the kind's function is given; names that begin with ``_`` are secrets (``store.jobs``).
            user_id: who asks; None is Callfloor itself.
            user_name: their name as it is now.

        Raises:
            InvalidInputError: there is no such kind, or the parameters are no JSON.
            StoreError: the store refused.
        """
        found = self._kinds.get(kind)
        if found is None or self._closing:
            raise InvalidInputError("There is no such kind of work.", kind=kind)
        if found.newest_only:
            for job_id in [job_id for job_id, (other, _) in self._reports.items() if other == kind]:
                await self.cancel(job_id)
        job = await self._store.change(
            self._project.jobs.put, kind, params, user_id=user_id, user_name=user_name, at=self._clock()
        )
        self._launch(job)
        return job

    async def cancel(self, job_id: int) -> Job:
        """Stop a job: at once where it waits, at its next step where it runs. One that has ended stays as it is.

        Raises:
            NotFoundError: this project has no such job.
            StoreError: the store refused.
        """
        job = await self._store.run(self._project.jobs.get, job_id)
        _, report = self._reports.get(job_id, (None, None))
        if report is not None:
            report.stop(JobCancelledError())
        if job.state is JobState.WAITING:
            with contextlib.suppress(ConflictError):  # it has begun meanwhile, and ends at its first step
                return await self._store.change(
                    self._project.jobs.finish, job_id, JobState.CANCELLED, at=self._clock(), error_id="job_cancelled"
                )
        return self.now(job)

    async def ended(self, job_id: int) -> Job:
        """Wait until a job of this process has ended; the job as it ended.

        Raises:
            NotFoundError: this project has no such job.
        """
        task = self._tasks.get(job_id)
        if task is not None:
            await asyncio.shield(task)
        return await self._store.run(self._project.jobs.get, job_id)

    def now(self, job: Job) -> Job:
        """The job with its progress as it is this moment."""
        _, report = self._reports.get(job.id, (None, None))
        if report is None or job.state is not JobState.RUNNING:
            return job
        return msgspec.structs.replace(job, done=report.done, of=report.of)

    def file(self, job: Job) -> Path | None:
        """The job's file; None where it has none, or has none any more."""
        path = self._folder / str(job.id) / "file"
        return path if job.state is JobState.DONE and "file" in job.result and path.is_file() else None

    async def keep_house(self) -> None:
        """Now and then drop old files and old jobs."""
        while True:
            try:
                await self.tidy()
            except (StoreError, OSError) as error:
                logger.warning("old jobs could not be dropped", extra={"error": type(error).__name__})
            await asyncio.sleep(HOUSEKEEPING_S)

    async def tidy(self) -> None:
        """Drop jobs that ended long ago, and files that are old or whose job did not get done.

        Raises:
            StoreError: the store cannot be reached.
            OSError: a file cannot be removed.
        """
        now = self._clock()
        await self._store.change(self._project.jobs.forget, before=now - JOBS_KEPT_S)
        for folder in sorted(self._folder.iterdir()) if self._folder.is_dir() else []:
            try:
                job = await self._store.run(self._project.jobs.get, int(folder.name))
            except (ValueError, NotFoundError):
                keep = False
            else:
                old = job.ended_at is not None and job.ended_at < now - FILES_KEPT_S
                keep = job.state in UNENDED or (job.state is JobState.DONE and not old)
            if not keep:
                await asyncio.to_thread(shutil.rmtree, folder)

    async def close(self) -> None:
        """Stop what runs; what can be resumed waits for the next process."""
        self._closing = True
        for _, report in self._reports.values():
            report.stop(JobInterruptedError())
        if self._tasks:
            _, left = await asyncio.wait(self._tasks.values(), timeout=CLOSING_S)
            if left:
                logger.error("work does not end", extra={"jobs": len(left)})
            for task in left:
                task.cancel()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    # --- one job ----------------------------------------------------------------------------------------------

    def _launch(self, job: Job) -> None:
        report = Report(self._folder / str(job.id))
        self._reports[job.id] = job.kind, report
        task = asyncio.get_running_loop().create_task(self._whole(job, report), name=f"job-{job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: (self._tasks.pop(job.id, None), self._reports.pop(job.id, None)))

    async def _whole(self, job: Job, report: Report) -> None:
        async with self._lanes[job.kind]:
            if self._closing:
                return  # it waits for the next process
            try:
                job = await self._surely(self._project.jobs.take, job.id, at=self._clock())
            except (ConflictError, NotFoundError):
                return  # somebody cancelled it
            except StoreError:
                return  # the process ends
            if self._threads is None:
                most = sum(kind.at_once for kind in self._kinds.values())
                self._threads = ThreadPoolExecutor(most, thread_name_prefix="work")
            threads = self._threads
            outcome = await asyncio.get_running_loop().run_in_executor(threads, self._call, job, report)
            if isinstance(outcome, JobInterruptedError) and self._kinds[job.kind].resumable:
                with contextlib.suppress(StoreError):
                    await self._store.change(self._project.jobs.give_back, job.id)
                return
            if isinstance(outcome, CallfloorError):
                await asyncio.to_thread(shutil.rmtree, self._folder / str(job.id), ignore_errors=True)
                state = JobState.CANCELLED if isinstance(outcome, JobCancelledError) else JobState.FAILED
                error_id, error = outcome.error_id, str(outcome)
                done, of = report.done, report.of
                await self._finish(job.id, state, done=done, of=of, error_id=error_id, error=error)
            else:
                await self._finish(job.id, JobState.DONE, done=report.done, of=report.of, result=outcome)

    def _call(self, job: Job, report: Report) -> dict[str, Any] | CallfloorError:
        """On a thread of the work's own: the job's result, or why there is none."""
        threading.current_thread().name = f"work-{job.kind}-{job.id}"
        try:
            report.go_on()
            result = self._kinds[job.kind].run(self._project, job.params, report)
            written = report.file_written()
            result = result if written is None else {**result, "file": written}
            msgspec.json.encode(result)
            return result
        except CallfloorError as error:
            if error.status >= 500 and not isinstance(error, JobInterruptedError):
                logger.warning("long work failed", extra={"job": job.id, "kind": job.kind, "error_id": error.error_id})
            return error
        except Exception:  # the last line: the job's row tells that it failed, the log why
            logger.exception("long work failed", extra={"job": job.id, "kind": job.kind})
            return CallfloorError()

    async def _finish(self, job_id: int, state: JobState, **more: Any) -> None:
        with contextlib.suppress(ConflictError, NotFoundError, StoreError):
            await self._surely(self._project.jobs.finish, job_id, state, at=self._clock(), **more)

    async def _surely(self, fn: Callable[_P, _T], *args: _P.args, **more: _P.kwargs) -> _T:
        """A change of the store; while it cannot be reached it is tried again.

        Raises:
            StoreError: the process ends.
        """
        while True:
            try:
                return await self._store.change(fn, *args, **more)
            except RowRefusedError:
                raise
            except StoreError as error:
                if self._closing:
                    raise
                logger.warning("a job waits for the store", extra={"error_id": error.error_id})
            await asyncio.sleep(STORE_RETRY_S)
