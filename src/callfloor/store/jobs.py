"""Long work: what it is, how far it is, how it ended. Rows outlive the process; what ran when it died is told so."""

from enum import StrEnum
from typing import Any

import msgspec


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of long work of a project."""

    id: int
    kind: str  # remark | tariff | export | import
    state: JobState
    done: int
    of: int | None  # None: not known yet
    user_id: int | None  # who asked for it; None: Callfloor itself
    asked_at: float
    began_at: float | None
    ended_at: float | None
    params: dict[str, Any]  # what was asked
    result: dict[str, Any]  # what came of it: a file's name and size, rows refused, …
    error_id: str | None
    error: str | None
