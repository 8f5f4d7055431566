"""Long work: what it is, how far it is, how it ended. Rows outlive the process; what ran when it died is told so.

A parameter whose name begins with ``_`` is a secret of the job's own (another database's password): it is kept until
the job ends, and never shown.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.job_tables import jobs
from callfloor.store.scope import Scope
from callfloor.store.texts import kept, kept_or_none, without_surrogates

LARGEST_PAGE = 500
MASKED = "masked"
"""In a job's result: its file has clients' numbers masked."""

INTERRUPTED = "interrupted"
"""The ``error_id`` of what ran when the process ended."""


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNENDED = frozenset({JobState.WAITING, JobState.RUNNING})


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of long work of a project."""

    id: int
    kind: str  # remark | tariff | export | import
    state: JobState
    done: int
    of: int | None  # None: not known yet
    user_id: int | None  # who asked for it; None: Callfloor itself
    user_name: str | None  # as it was then
    asked_at: float
    began_at: float | None
    ended_at: float | None
    params: dict[str, Any]  # what was asked
    result: dict[str, Any]  # what came of it: a file's name and size, rows refused, …
    error_id: str | None
    error: str | None


class Jobs:
    """One project's jobs. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put(
        self, kind: str, params: dict[str, Any], *, user_id: int | None, at: float, user_name: str | None = None
    ) -> Job:
        """A job that waits from now on.

        Raises:
            InvalidInputError: ``params`` cannot be written as JSON.
            ConflictError: there is no such project.
        """
        row = {
            "project_id": self._scope.project_id,
            "kind": kept(kind),
            "state": JobState.WAITING.value,
            "done": 0,
            "of": None,
            "user_id": user_id,
            "user_name": kept_or_none(user_name),
            "asked_at": to_ms(at),
            "began_at": None,
            "ended_at": None,
            "params": _encoded(params),
            "result": "{}",
            "error_id": None,
            "error": None,
        }
        with self._scope.writing() as connection:
            made: Any = connection.execute(insert(jobs), row).inserted_primary_key
            return _job(self._row(connection, int(made[0])))

    def take(self, job_id: int, *, at: float) -> Job:
        """It runs from now on.

        Raises:
            NotFoundError: this project has no such job.
            ConflictError: it does not wait: somebody cancelled it.
        """
        with self._scope.editing() as connection:
            if self._row(connection, job_id).state != JobState.WAITING:
                raise ConflictError("this job does not wait any more")
            self._set(connection, job_id, state=JobState.RUNNING.value, began_at=to_ms(at))
            return _job(self._row(connection, job_id))

    def progress(self, job_id: int, done: int, of: int | None) -> None:
        """How far it is. Nothing happens where it does not run."""
        with self._scope.writing() as connection:
            connection.execute(
                update(jobs)
                .where(self._scope.within(jobs), jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
                .values(done=done, of=of)
            )

    def finish(
        self,
        job_id: int,
        state: JobState,
        *,
        at: float,
        done: int | None = None,
        of: int | None = None,
        result: dict[str, Any] | None = None,
        error_id: str | None = None,
        error: str | None = None,
    ) -> Job:
        """It has ended, so; its secrets are forgotten. ``done`` None leaves what was told.

        Raises:
            NotFoundError: this project has no such job.
            ConflictError: it ended before.
        """
        if state in UNENDED:
            raise InvalidInputError("a job ends done, failed or cancelled")
        with self._scope.editing() as connection:
            row = self._row(connection, job_id)
            if row.state not in UNENDED:
                raise ConflictError("this job ended before")
            progress = {} if done is None else {"done": done, "of": of}
            self._set(
                connection,
                job_id,
                state=state.value,
                ended_at=to_ms(at),
                params=_encoded(shown(_decoded(row.params))),
                result=_encoded(result or {}),
                error_id=kept_or_none(error_id),
                error=kept_or_none(error),
                **progress,
            )
            return _job(self._row(connection, job_id))

    def get(self, job_id: int) -> Job:
        """One job, with its secrets.

        Raises:
            NotFoundError: this project has none of this id.
        """
        with self._scope.reading() as connection:
            return _job(self._row(connection, job_id))

    def list(
        self,
        *,
        limit: int = 50,
        user_id: int | None = None,
        kinds: Collection[str] | None = None,
        states: Collection[JobState] | None = None,
    ) -> tuple[Job, ...]:
        """Jobs, the latest first; with ``user_id`` those that this user asked for.

        Raises:
            InvalidInputError: the limit is not 1–500.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        found = select(jobs).where(self._scope.within(jobs)).order_by(jobs.c.id.desc()).limit(limit)
        if user_id is not None:
            found = found.where(jobs.c.user_id == user_id)
        if kinds is not None:
            found = found.where(jobs.c.kind.in_(sorted(kinds)))
        if states is not None:
            found = found.where(jobs.c.state.in_(sorted(states)))
        with self._scope.reading() as connection:
            return tuple(_job(row) for row in connection.execute(found))

    def recover(self, resumable: Collection[str], *, at: float) -> tuple[Job, ...]:
        """At start: what ran when the process died waits again where its kind can be resumed, and has failed else.

        Returns:
            Every job that waits, the earliest first.
        """
        running = self._scope.within(jobs), jobs.c.state == JobState.RUNNING.value
        with self._scope.editing() as connection:
            for row in connection.execute(select(jobs).where(*running)).all():
                if row.kind in resumable:
                    self._set(connection, row.id, state=JobState.WAITING.value)
                else:
                    self._set(
                        connection,
                        row.id,
                        state=JobState.FAILED.value,
                        ended_at=to_ms(at),
                        params=_encoded(shown(_decoded(row.params))),
                        error_id=INTERRUPTED,
                        error="Callfloor was stopped while it ran.",
                    )
            waiting = self._scope.within(jobs), jobs.c.state == JobState.WAITING.value
            return tuple(_job(row) for row in connection.execute(select(jobs).where(*waiting).order_by(jobs.c.id)))

    def give_back(self, job_id: int) -> None:
        """A running one waits again: the process ends, and the next one goes on with it."""
        with self._scope.writing() as connection:
            connection.execute(
                update(jobs)
                .where(self._scope.within(jobs), jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
                .values(state=JobState.WAITING.value)
            )

    def forget(self, *, before: float) -> tuple[int, ...]:
        """Drop the jobs that ended before an instant; their ids."""
        ended = self._scope.within(jobs), jobs.c.ended_at < to_ms(before)
        with self._scope.editing() as connection:
            gone = tuple(connection.execute(select(jobs.c.id).where(*ended)).scalars())
            connection.execute(delete(jobs).where(*ended))
            return gone

    def _row(self, connection: Connection, job_id: int) -> Row[Any]:
        row = connection.execute(select(jobs).where(self._scope.within(jobs), jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise NotFoundError("There is no such job.")
        return row

    def _set(self, connection: Connection, job_id: int, **values: Any) -> None:
        connection.execute(update(jobs).where(self._scope.within(jobs), jobs.c.id == job_id).values(**values))


def shown(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters that may be shown: without the job's secrets."""
    return {name: value for name, value in params.items() if not name.startswith("_")}


def _encoded(value: dict[str, Any]) -> str:
    try:
        return msgspec.json.encode(without_surrogates(value)).decode()
    except (TypeError, msgspec.MsgspecError):
        raise InvalidInputError("this cannot be written as JSON") from None


def _decoded(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        state=JobState(row.state),
        done=row.done,
        of=row.of,
        user_id=row.user_id,
        user_name=row.user_name,
        asked_at=to_s(row.asked_at),
        began_at=to_s_or_none(row.began_at),
        ended_at=to_s_or_none(row.ended_at),
        params=_decoded(row.params),
        result=_decoded(row.result),
        error_id=row.error_id,
        error=row.error,
    )
