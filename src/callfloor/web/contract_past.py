"""The shapes of the past floor in the API. Instants are UTC epoch seconds."""

import msgspec

from callfloor.floor.changes import Link, Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.supervisions import LiveSupervision
from callfloor.web.push.frames import CallsDelta, EmployeesDelta


class PastFloor(msgspec.Struct, frozen=True, kw_only=True):
    """The floor as it was shown at a past instant, as far as the viewer sees it; or that nobody watched then."""

    at: float
    snapshot: Snapshot | None  # null: not known
    unknown_from: float | None = None  # where it is not known: since when, null for since ever
    unknown_to: float | None = None  # and until when, null for until now


class PastFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What changed up to ``at`` since the frame before: fields as in the stream's delta.

    Instead of them, ``snapshot`` where the floor becomes known, and ``known`` false from where it is not.
    """

    at: float
    known: bool = True
    snapshot: Snapshot | msgspec.UnsetType = msgspec.UNSET
    calls: CallsDelta | msgspec.UnsetType = msgspec.UNSET
    employees: EmployeesDelta | msgspec.UnsetType = msgspec.UNSET
    links: tuple[Link, ...] | msgspec.UnsetType = msgspec.UNSET
    directory: Directory | msgspec.UnsetType = msgspec.UNSET
    supervisions: tuple[LiveSupervision, ...] | msgspec.UnsetType = msgspec.UNSET


class PastFrames(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the past to be played, after ``from``."""

    frames: tuple[PastFrame, ...]
    reached: float  # nothing more changed up to here; before ``to`` where there was too much for one answer


class PastEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The next event that the viewer sees, or the one before."""

    at: float | None  # null: none was found
    searched: float | None  # so far was looked: ask again from here; null: there is nothing more


class PastStretch(msgspec.Struct, frozen=True, kw_only=True):
    """From when on until when, not included."""

    begins_at: float
    ends_at: float


class PastLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a time line is drawn of."""

    begins_at: float
    step_s: float
    calls: tuple[int | None, ...]  # calls in sight in the busiest minute of each step; null: not known
    unknown: tuple[PastStretch, ...]
    first: float | None  # since when anything is known
    now: float


PAST_SHAPES = (PastFloor, PastFrames, PastEvent, PastLine)
