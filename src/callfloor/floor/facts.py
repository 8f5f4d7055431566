"""What can happen on a floor: everything that goes in. Our words and units, each with ``at``.

``at`` is UTC epoch seconds; it never runs backwards within one PBX link. A *leg* is one party's side of a call,
a *room* is where legs hear each other. The PBX's plumbing (Local channels, masquerades, bridges joined by a
Local pair, changing linked ids) is resolved before a fact is made, so nothing of it shows here.

long: a list of shapes, and the union of all of them.
"""

from enum import StrEnum

import msgspec

from callfloor.floor.directory import Directory
from callfloor.floor.messages import FaxDirection, FaxResult
from callfloor.floor.supervisions import LiveSupervision


class Side(StrEnum):
    """Whose leg it is."""

    EMPLOYEE = "employee"  # ``account`` is set
    OUTSIDE = "outside"  # through a trunk; ``number`` where known


class Born(StrEnum):
    """How a leg came to be."""

    CALLING = "calling"  # the party dialled in
    CALLED = "called"  # the PBX rings it for another leg
    ORIGINATED = "originated"  # the PBX rings it by command: a callback's first leg


class EndCause(StrEnum):
    """Why a leg ended, as far as the PBX tells."""

    NORMAL = "normal"
    BUSY = "busy"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    ELSEWHERE = "elsewhere"  # answered on another device
    UNREACHABLE = "unreachable"  # no such number, no route, congestion
    VANISHED = "vanished"  # gone from the PBX's listing without a word


class Service(StrEnum):
    """Something of the PBX's own that a leg talks to instead of a person."""

    IVR = "ivr"
    VOICEMAIL = "voicemail"
    FAX = "fax"
    CONFERENCE = "conference"


class TransferKind(StrEnum):
    """How an employee passed the call on."""

    BLIND = "blind"
    ATTENDED = "attended"


class LegStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A leg appeared. The first leg of an unknown ``call`` begins that call."""

    at: float
    leg: str
    call: str
    side: Side
    born: Born
    account: str | None = None
    number: str | None = None  # the outside party's number; None is anonymous or not known yet
    e164: str | None = None
    dialled: str | None = None  # what a calling leg dialled; the business number on an inbound one
    partial: bool = False  # it began before we watched
    call_began_at: float | None = None  # found in a listing: its call is older than this leg
    seen_at: float | None = None  # found in a listing at this instant; ``at`` is then the PBX's word for its age
    feature: bool = False  # dialled a feature code: not a call unless somebody else joins it
    trunk: str | None = None  # the line to the carrier that an outside leg goes through, as the PBX names it


class LegIdentified(msgspec.Struct, frozen=True, kw_only=True):
    """The outside number of a leg, or the number presented to it, became known."""

    at: float
    leg: str
    number: str | None = None
    e164: str | None = None
    presented: str | None = None
    device: str | None = None  # the contact that is called
    account: str | None = None  # the outside number turned out to be an employee's mobile
    dialled: str | None = None  # a listing's word for the business number of an inbound call


class LegRang(msgspec.Struct, frozen=True):
    """The party's device rings."""

    at: float
    leg: str


class LegAnswered(msgspec.Struct, frozen=True):
    """The leg is up: a person, or on a calling leg the PBX itself, picked up."""

    at: float
    leg: str


class LegsPlaced(msgspec.Struct, frozen=True):
    """Legs moved between rooms, all at once; ``None`` is no room."""

    at: float
    places: tuple[tuple[str, str | None], ...]


class LegHeld(msgspec.Struct, frozen=True):
    """This leg's party pressed hold."""

    at: float
    leg: str


class LegUnheld(msgspec.Struct, frozen=True):
    """This leg's party took the other back from hold."""

    at: float
    leg: str


class HangupAsked(msgspec.Struct, frozen=True):
    """The leg's own party asked to hang up (not the PBX)."""

    at: float
    leg: str


class LegEnded(msgspec.Struct, frozen=True):
    """The leg is gone."""

    at: float
    leg: str
    cause: EndCause


class CallsJoined(msgspec.Struct, frozen=True):
    """Two calls turned out to be one story (an attended transfer, a pick-up, an unparked call)."""

    at: float
    into: str
    call: str


class CallEnded(msgspec.Struct, frozen=True):
    """Nothing of the call is left on the PBX, plumbing included."""

    at: float
    call: str


class CallVanished(msgspec.Struct, frozen=True):
    """The PBX's listing has none of these legs, all that is known of the call: it ended, and nobody heard when."""

    at: float
    call: str
    legs: frozenset[str]


class QueueJoined(msgspec.Struct, frozen=True, kw_only=True):
    """A leg entered a queue. ``position`` counts from 1."""

    at: float
    leg: str
    queue: str
    position: int | None = None
    partial: bool = False


class QueueLeft(msgspec.Struct, frozen=True):
    """A leg is no longer in the queue, whatever the reason."""

    at: float
    leg: str
    queue: str


class QueueGaveUp(msgspec.Struct, frozen=True):
    """The queue itself let the leg go: its time-out, or nobody there to answer. The leg goes on elsewhere."""

    at: float
    leg: str


class ServiceEntered(msgspec.Struct, frozen=True, kw_only=True):
    """A leg talks to a service of the PBX."""

    at: float
    leg: str
    service: Service
    name: str | None = None


class Recorded(msgspec.Struct, frozen=True):
    """A recording began; the file as the PBX named it."""

    at: float
    leg: str
    file: str


class Transferred(msgspec.Struct, frozen=True, kw_only=True):
    """An employee passed the call on."""

    at: float
    leg: str  # the transferer's
    kind: TransferKind
    target: str | None = None  # the extension or number


class Step(StrEnum):
    """What a supervisor had the PBX do to a call, as its story has it."""

    HUNG_UP = "supervisor_hung_up"
    TRANSFERRED = "supervisor_transferred"
    TOOK = "supervisor_took"
    REMOVED = "supervisor_removed"  # one of a conference: the call goes on without them


class Intervened(msgspec.Struct, frozen=True, kw_only=True):
    """A supervisor had the PBX act on the call of ``leg``, the one that it was asked of: the parties did nothing."""

    at: float
    leg: str
    step: Step
    by: str  # the supervisor's name
    account: str | None = None  # to whom the call went; who was removed
    queue: str | None = None
    number: str | None = None


class PickedUp(msgspec.Struct, frozen=True):
    """``leg`` took the call that rang at ``target``."""

    at: float
    leg: str
    target: str


class Parked(msgspec.Struct, frozen=True):
    """A leg was put on a parking space."""

    at: float
    leg: str
    space: str


class Unparked(msgspec.Struct, frozen=True):
    """A parked leg was fetched, or its time ran out."""

    at: float
    leg: str
    timed_out: bool = False


class Forwarded(msgspec.Struct, frozen=True):
    """An account's forwarding sent the call of ``leg`` on."""

    at: float
    leg: str
    account: str
    target: str | None


class MailboxTouched(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of a voicemail box came, were heard or deleted; ``call`` and ``channel`` where a caller did it."""

    at: float
    link: str
    context: str
    box: str
    call: str | None = None
    channel: str | None = None


class FaxEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A fax was received or sent, or failed to be."""

    at: float
    link: str
    uid: str  # the channel's own
    call: str | None
    direction: FaxDirection
    account: str | None = None
    number: str | None = None  # the other side's, as this channel shows it
    e164: str | None = None
    station: str | None = None
    local_station: str | None = None
    pages: int | None = None
    resolution: str | None = None
    rate: int | None = None
    result: FaxResult | None = None
    error: str | None = None
    files: tuple[str, ...] = ()


class SupervisionStarted(msgspec.Struct, frozen=True):
    """``leg`` listens to another call: it is a supervisor's leg and no call of its own."""

    at: float
    leg: str
    target: str


class SupervisionTold(msgspec.Struct, frozen=True):
    """A session of supervision of our own is this now; it leaves the floor when it has ended."""

    at: float
    supervision: LiveSupervision


class DndSource(StrEnum):
    """Who says that do-not-disturb is on. It is on while anybody says so."""

    FEATURE = "feature"  # a feature code or the PBX's own page, as the PBX shows it on
    DEVICE = "device"  # the same for one of a user's phones, where the PBX keeps them apart
    DATABASE = "database"  # the PBX's own record, which may change without a word
    PRESENCE = "presence"  # published by the phone


class DeviceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A device of an account is registered, or something about it became known. ``None`` tells nothing new."""

    at: float
    link: str
    account: str
    device: str
    reachable: bool
    user_agent: str | None = None
    address: str | None = None
    round_trip_ms: float | None = None
    expires_at: float | None = None
    found: bool = False  # in a listing, and not as an event


class DeviceGone(msgspec.Struct, frozen=True, kw_only=True):
    """A device is no longer registered."""

    at: float
    link: str
    account: str
    device: str
    expired: bool = False  # its time ran out; False: it signed off


class AccountReachable(msgspec.Struct, frozen=True, kw_only=True):
    """The PBX's word for an account whose single devices it does not tell: can it be called at all?"""

    at: float
    link: str
    account: str
    reachable: bool
    found: bool = False


class DndSet(msgspec.Struct, frozen=True, kw_only=True):
    """Do-not-disturb of an account went on or off, as the PBX knows it."""

    at: float
    link: str
    account: str
    on: bool
    source: DndSource = DndSource.FEATURE
    found: bool = False


class SeatTaken(msgspec.Struct, frozen=True, kw_only=True):
    """An account is a member of a queue, with this state."""

    at: float
    link: str
    account: str
    queue: str
    paused: bool = False
    reason: str | None = None
    dynamic: bool = False
    penalty: int = 0
    wrap_up_until: float | None = None  # the PBX gives them no call of this queue before


class SeatLeft(msgspec.Struct, frozen=True, kw_only=True):
    """An account is no longer a member of a queue."""

    at: float
    link: str
    account: str
    queue: str


class PeopleListed(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that listings told of devices, do-not-disturb and seats is told: what was not told is no more.

    Accounts of which no device was told are offline.
    """

    at: float
    link: str
    devices: bool  # devices were listed; False: this user may not ask
    seats: bool
    dnd: bool
    since: float | None = None  # when the listings were asked for; None: when the last were complete


class EmployeeSwitched(msgspec.Struct, frozen=True, kw_only=True):
    """Callfloor's own switch of an employee. ``status`` None takes it back."""

    at: float
    employee_id: int
    status: str | None  # dnd | offline
    by: str
    by_rule: bool = False


class RulesSet(msgspec.Struct, frozen=True, kw_only=True):
    """The project's rules, as far as the floor applies them."""

    at: float
    missed_after_s: float = 5.0
    dnd_after_missed: int | None = None  # in a row; None: no such rule
    pause_is_dnd: bool = False  # paused in every queue counts as do-not-disturb


class LinkUp(msgspec.Struct, frozen=True):
    """The PBX link is up and the floor is resynchronised."""

    at: float
    link: str
    name: str


class LinkLost(msgspec.Struct, frozen=True):
    """The PBX link is down; what is shown is last known."""

    at: float
    link: str
    name: str
    reason: str
    ever: bool = True  # False: it has not been up since the start
    silent_since: float | None = None  # nothing was heard since then, and only now it is known why


class LinkRenamed(msgspec.Struct, frozen=True):
    """The PBX is called otherwise from now on."""

    at: float
    link: str
    name: str


class LinkRemoved(msgspec.Struct, frozen=True):
    """The PBX is no longer watched, by somebody's decision: nothing of it is on the floor any more."""

    at: float
    link: str


class DirectorySet(msgspec.Struct, frozen=True):
    """The directory as it is now."""

    at: float
    directory: Directory


class ClockSet(msgspec.Struct, frozen=True):
    """The clock that instants are told by was put on (or back, below zero) by ``by_s``, and shows ``at`` now."""

    at: float
    by_s: float


class Tick(msgspec.Struct, frozen=True):
    """Time passes: ghosts expire."""

    at: float


Fact = (
    LegStarted
    | LegIdentified
    | LegRang
    | LegAnswered
    | LegsPlaced
    | LegHeld
    | LegUnheld
    | HangupAsked
    | LegEnded
    | CallsJoined
    | CallEnded
    | CallVanished
    | QueueJoined
    | QueueLeft
    | QueueGaveUp
    | ServiceEntered
    | Recorded
    | Transferred
    | Intervened
    | PickedUp
    | Parked
    | Unparked
    | Forwarded
    | MailboxTouched
    | FaxEnded
    | SupervisionStarted
    | SupervisionTold
    | DeviceSeen
    | DeviceGone
    | AccountReachable
    | DndSet
    | SeatTaken
    | SeatLeft
    | PeopleListed
    | EmployeeSwitched
    | RulesSet
    | LinkUp
    | LinkLost
    | LinkRenamed
    | LinkRemoved
    | DirectorySet
    | ClockSet
    | Tick
)
