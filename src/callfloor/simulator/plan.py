"""What people do in a call, as plain data: a scenario is a table of these.

Seconds throughout. The PBX's own doings follow from the routes; a plan says only what the people add.
"""

import msgspec


class Answers(msgspec.Struct, frozen=True):
    """The phone is answered after so long; ``contact`` is which of the account's devices."""

    after_s: float
    contact: int = 0


class Ignores(msgspec.Struct, frozen=True):
    """The phone rings on."""


class Refuses(msgspec.Struct, frozen=True):
    """The phone answers 486, busy."""


class PickedUp(msgspec.Struct, frozen=True):
    """A colleague dials a pick-up code while the phone rings."""

    after_s: float
    by: str
    code: str  # *8 or **<extension>


Reaction = Answers | Ignores | Refuses | PickedUp


class Talk(msgspec.Struct, frozen=True):
    """They talk."""

    seconds: float


class Hold(msgspec.Struct, frozen=True):
    """The employee puts the other party on music."""

    seconds: float


class Blind(msgspec.Struct, frozen=True):
    """The employee sends the other party on, unseen: by REFER, or by ``##`` and digits."""

    to: str
    digits: bool = False


class Attended(msgspec.Struct, frozen=True):
    """The employee asks a colleague first, then connects: by REFER with Replaces, or by ``*2``."""

    to: str
    pause_s: float = 0.3  # between the hold and the second call
    consult_s: float = 1.5
    digits: bool = False


class Park(msgspec.Struct, frozen=True):
    """The employee parks the other party; a colleague takes them from the slot, or nobody does."""

    by: str | None
    parker_stays_s: float = 2.645  # hearing the slot's number
    wait_s: float = 1.594


class Conference(msgspec.Struct, frozen=True):
    """Both move into a conference room and a colleague joins them."""

    by: str
    seconds: float


class End(msgspec.Struct, frozen=True):
    """Somebody hangs up: ``client`` (the other party) or ``employee``."""

    by: str = "client"


Step = Talk | Hold | Blind | Attended | Park | Conference | End


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody calls one of our numbers."""

    did: str
    client: str = ""  # "" is anonymous
    name: str = ""
    trunk: str = "trunk-a"
    patience_s: float | None = None  # hangs up after so long unless a person has answered
    digit: str | None = "1"  # what they press in an IVR; None lets it run out
    digit_after_s: float = 2.0
    message_s: float = 9.0  # how long they speak to a voicemail
    then: tuple[Step, ...] = (End(),)


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """An employee calls an outside number.

    ``result``: answered, busy, unknown (404), refused (503), cancelled (by the employee), ignored.
    """

    account: str
    number: str
    result: str = "answered"
    after_s: float = 2.0
    trunk: str = "trunk-a"
    then: tuple[Step, ...] = (End(),)


class Internal(msgspec.Struct, frozen=True, kw_only=True):
    """An employee calls another."""

    account: str
    to: str
    patience_s: float | None = None
    then: tuple[Step, ...] = (End(),)


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """The PBX rings an employee and then the client (AMI Originate)."""

    account: str
    number: str
    result: str = "answered"  # of the client's leg, as in Outbound
    after_s: float = 2.0
    local: bool = False  # the employee's leg through Local/…@from-internal/n
    named: bool = False  # a caller name on the employee's display
    timeout_s: float = 15.0
    channel_id: str | None = None
    trunk: str = "trunk-a"
    then: tuple[Step, ...] = (End(),)


class RingPhone(msgspec.Struct, frozen=True, kw_only=True):
    """The PBX rings an employee, and has the phone wait in an application (AMI Originate)."""

    channel: str  # as it was asked for
    account: str
    uid: str
    application: str
    data: str
    shown: str = ""  # the number on the phone's display
    timeout_s: float = 30.0
    waits_s: float = 10.0  # in the application


class Spies(msgspec.Struct, frozen=True, kw_only=True):
    """The PBX connects a supervisor's phone, or an AudioSocket port, to ChanSpy (AMI Originate)."""

    channel: str  # as it was asked for
    uid: str
    group: str
    data: str
    timeout_s: float
    application: str = "ChanSpy"
    shown: str = ""
    apart: bool = False  # both sides of the call, interleaved
    account: str | None = None  # the phone's
    host: str | None = None  # the port's
    port: int = 0
    token: str = ""


Plan = Inbound | Outbound | Internal | Callback | RingPhone | Spies
