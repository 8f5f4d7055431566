"""What the stream sends: one JSON text per frame, closed types; docs/push-protocol.md is their page.

The page's TypeScript types come from these structs (``callfloor.web.openapi``), so a change here changes the page.
"""

from enum import IntEnum, StrEnum
from typing import Literal

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import Link, Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.supervisions import LiveSupervision


class CloseCode(IntEnum):
    """Why the server closed a stream. 4400–4499 are ours; 1009, 1012 are RFC 6455's and the IANA registry's."""

    BAD_MESSAGE = 4400  # anything but a ping, or too many of them
    UNAUTHENTICATED = 4401  # no session, or it has expired
    FORBIDDEN = 4403  # the role may not open the live stream
    NO_SUCH_PROJECT = 4404  # or not one of the user's
    TOO_SLOW = 4408  # the viewer's outbox is full: reconnect without a position
    SESSION_REVOKED = 4409  # signed out, revoked, or the user was disabled
    TOO_MANY_STREAMS = 4429  # one session opened more streams than anyone needs
    INTERNAL = 1011
    RESTARTING = 1012  # the server restarts, or the viewer's rights changed: reconnect


class WaitCause(StrEnum):
    """What holds writing up. The values are the errors' ids (``errors.py``), and of the files beside the store."""

    UNREACHABLE = "store_unreachable"
    BUSY = "store_busy"  # locked by another program, or it does not answer
    FULL = "store_full"
    READ_ONLY = "store_read_only"
    DAMAGED = "store_damaged"
    SPILL = "spill"  # the store is well; the disk of the data folder is not
    OTHER = "store"


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """What happened lately cannot be written down yet. Viewers but administrators are told since when alone."""

    since: float
    cause: WaitCause | None = None
    calls: int | None = None  # finished ones that wait
    at_risk: int | None = None  # of all that waits, statuses too: what is in memory alone
    lost: int | None = None  # calls, since the start: there was no room for them anywhere


class SnapshotFrame(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot", tag_field="type"):
    """The whole of what this viewer may see, and the position it stands at."""

    epoch: str
    sequence: int
    server_time: float  # UTC epoch seconds when the frame was made
    snapshot: Snapshot
    waits: Waits | None = None  # None: everything is written as it happens


def _patch_of(row: type[msgspec.Struct], name: str, doc: str) -> type[msgspec.Struct]:
    """The struct of a row's id and those of its other fields that changed."""
    others = (f for f in msgspec.structs.fields(row) if f.name != "id")
    (key,) = (f.type for f in msgspec.structs.fields(row) if f.name == "id")
    return msgspec.defstruct(
        name,
        [("id", key), *((f.name, f.type | msgspec.UnsetType, msgspec.UNSET) for f in others)],
        frozen=True,
        kw_only=True,
        module=__name__,
        namespace={"__doc__": doc},
    )


CallPatch = _patch_of(LiveCall, "CallPatch", "The fields of one call that changed; one that became unknown is null.")
EmployeePatch = _patch_of(LiveEmployee, "EmployeePatch", "The fields of one employee's row that changed.")


class CallsDelta(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the calls since the frame before: each id stands in one of the three at most."""

    added: tuple[LiveCall, ...] = ()
    changed: tuple[CallPatch, ...] = ()  # type: ignore[valid-type]  # made from LiveCall's fields above
    removed: tuple[str, ...] = ()


class EmployeesDelta(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the employees' rows since the frame before: each id stands in one of the three at most."""

    added: tuple[LiveEmployee, ...] = ()
    changed: tuple[EmployeePatch, ...] = ()  # type: ignore[valid-type]  # made from LiveEmployee's fields above
    removed: tuple[int, ...] = ()


class DeltaFrame(msgspec.Struct, frozen=True, kw_only=True, tag="delta", tag_field="type"):
    """What changed since ``sequence - 1``. ``links``, ``directory``, ``supervisions`` and ``waits`` are told whole.

    ``employees`` is there only where one of their rows changed.
    """

    epoch: str
    sequence: int
    server_time: float
    calls: CallsDelta
    employees: EmployeesDelta | msgspec.UnsetType = msgspec.UNSET
    links: tuple[Link, ...] | msgspec.UnsetType = msgspec.UNSET
    directory: Directory | msgspec.UnsetType = msgspec.UNSET
    supervisions: tuple[LiveSupervision, ...] | msgspec.UnsetType = msgspec.UNSET  # administrators' frames alone
    waits: Waits | msgspec.UnsetType | None = msgspec.UNSET  # None: everything is written again


class HeartbeatFrame(msgspec.Struct, frozen=True, kw_only=True, tag="heartbeat", tag_field="type"):
    """Nothing changed: the viewer at ``sequence`` is up to date."""

    epoch: str
    sequence: int
    server_time: float


class PongFrame(msgspec.Struct, frozen=True, kw_only=True, tag="pong", tag_field="type"):
    """The answer to the page's ping."""

    server_time: float


class PingMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The only thing the page may send."""

    type: Literal["ping"]  # a field, not a tag: msgspec lets a lone struct's tag be missing


Frame = SnapshotFrame | DeltaFrame | HeartbeatFrame | PongFrame

_encoder = msgspec.json.Encoder()


def encode(frame: Frame) -> bytes:
    """The frame's JSON, in UTF-8."""
    return _encoder.encode(frame)


def on_wire(payload: bytes) -> bytes:
    """One whole unmasked server text frame around the payload (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
