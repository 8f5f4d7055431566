"""What a call is: live, as the floor and the page see it, and finished, as the journal keeps it.

Instants are UTC epoch seconds (``float``, ``…_at`` or ``since``); durations are seconds and end in ``_s``.
The words are the glossary's. ``LiveCall`` is what the stream sends; ``CallRecord`` is written down once.
"""

from enum import StrEnum

import msgspec


class CallType(StrEnum):
    """From the company's side, fixed at the first leg."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    CALLBACK = "callback"


class CallStatus(StrEnum):
    """The fine status of a live call (LC-7). ``WAITING`` and ``TALKING`` below say which are which."""

    ARRIVING = "arriving"  # on the PBX, and nothing has been decided yet
    IVR = "ivr"  # the caller hears a menu or an announcement
    QUEUE = "queue"  # in a queue, nobody's device rings
    RINGING = "ringing"  # somebody's device rings (all of them in ring-all)
    DIALLING = "dialling"  # outbound: the client's phone is being called
    TALKING = "talking"
    HOLD = "hold"  # answered, and one party is parked on music
    CONFERENCE = "conference"  # three or more people hear each other
    TRANSFER = "transfer"  # answered once, now on the way to another person
    PARKED = "parked"
    VOICEMAIL = "voicemail"
    FAX = "fax"


WAITING = frozenset({CallStatus.ARRIVING, CallStatus.IVR, CallStatus.QUEUE, CallStatus.RINGING, CallStatus.DIALLING})
"""Before the first answer by a person: counted under "waiting for answer". Every other status is "talking"."""


class CallResult(StrEnum):
    """How a finished call ended."""

    ANSWERED = "answered"
    MISSED = "missed"  # inbound, rang directly on people, nobody answered
    ABANDONED = "abandoned"  # inbound, the caller left in ``abandoned_in``
    VOICEMAIL = "voicemail"
    FAX = "fax"
    BUSY = "busy"
    NO_ANSWER = "no_answer"  # outbound, internal, callback
    FAILED = "failed"


class PartyState(StrEnum):
    """What one employee or outside number does in a live call now."""

    CALLING = "calling"  # the one who dials, until the other answers
    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"  # pressed hold: still talking by status
    LEFT = "left"


class LiveParty(msgspec.Struct, frozen=True, kw_only=True):
    """One employee's account (or an outside number, ``account`` None) in a live call."""

    account: str | None
    employee_id: int | None = None
    number: str | None = None  # the outside number, where it is not an account of ours
    state: PartyState
    since: float


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the Calls page. Ages are computed by whoever shows it, from the instants."""

    id: str
    type: CallType
    status: CallStatus
    status_since: float
    started_at: float
    answered_at: float | None = None  # by a person; None while waiting
    parties: tuple[LiveParty, ...] = ()  # in the order they joined
    client_number: str | None = None  # as the PBX gave it; None is anonymous or unknown
    client_e164: str | None = None
    business_number: str | None = None
    queue: str | None = None  # the queue it is in, or was answered from
    queue_position: int | None = None  # while in the queue
    scheme: str | None = None  # the inbound route's name
    route: tuple[str, ...] = ()  # number → IVR → queue → employee
    talk_s: float = 0.0  # finished stretches of talk
    talk_since: float | None = None  # the running stretch; None on hold or waiting
    hold_s: float = 0.0
    hold_since: float | None = None
    stale: bool = False  # the PBX link is down: last known, not current
    partial: bool = False  # it began before we watched: what we did not see is unknown


class StoryStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a call's story, in time order."""

    at: float
    what: str  # see ``Story`` in docs/metrics.md: arrived, ivr, queue_joined, ringing, answered, hold, …
    account: str | None = None
    number: str | None = None
    queue: str | None = None
    detail: str | None = None
    duration_s: float | None = None


class EmployeePart(msgspec.Struct, frozen=True, kw_only=True):
    """One employee's account in a finished call."""

    account: str
    ring_s: float  # how long this employee's own devices rang, all offers together
    answered: bool
    answered_at: float | None
    talk_s: float  # from the bridges, less hold; with the client where there is one
    missed: bool  # rang above the threshold and nobody answered the call
    taken_elsewhere: bool  # rang, and a colleague answered


class ExternalPart(msgspec.Struct, frozen=True, kw_only=True):
    """An outside number that is not the client: a forward or a transfer to a mobile."""

    number: str
    talk_s: float
    trunk: str | None = None  # the line to the carrier that it went through


class QueuePart(msgspec.Struct, frozen=True, kw_only=True):
    """One call's stay in one queue (a queue entry)."""

    queue: str
    joined_at: float
    left_at: float | None
    wait_s: float
    outcome: str  # answered | abandoned | timed_out | left | waiting
    answered_by: str | None = None  # the account
    position: int | None = None  # at the joining


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A finished call, once. ``ended_at`` None only in a capture that stops in mid-call."""

    call_id: str
    type: CallType
    result: CallResult | None  # None while the call has not ended
    abandoned_in: str | None  # ivr | queue
    client_number: str | None
    client_e164: str | None
    business_number: str | None
    started_at: float
    answered_at: float | None
    ended_at: float | None
    waiting_s: float
    ivr_s: float
    queue_s: float
    ringing_s: float
    talk_s: float
    hold_s: float
    duration_s: float
    employees: tuple[EmployeePart, ...]
    external: tuple[ExternalPart, ...]
    queues: tuple[QueuePart, ...]
    route: tuple[str, ...]
    scheme: str | None
    hung_up_by: str | None  # client | employee | external | system; None is unknown
    recording: str | None  # the file as the PBX named it
    forwarded_from: str | None  # the account whose forwarding sent the call on
    story: tuple[StoryStep, ...]
    partial: bool = False  # something of it happened while we did not watch
    trunk: str | None = None  # the line to the carrier that the client came, or was called, through
    repaired: bool = False  # told by the PBX's own records afterwards, for we did not watch


RECORDING = "recording"
"""The step of a story that says when a recording began, on whose channel, and as what file."""


def recordings_of(record: CallRecord) -> tuple[StoryStep, ...]:
    """Every recording of a call: a transfer's and one that was begun in mid-call have files of their own."""
    told = tuple(step for step in record.story if step.what == RECORDING and step.detail)
    if told or record.recording is None:
        return told
    return (StoryStep(at=record.started_at, what=RECORDING, detail=record.recording),)
