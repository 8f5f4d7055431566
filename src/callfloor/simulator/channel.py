"""Channels, bridges and endpoints: the PBX's nouns, and how they look in a message."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callfloor.simulator.call import Call

DOWN, RING, RINGING, UP, BUSY = 0, 4, 5, 6, 7
STATE_NAMES = {DOWN: "Down", RING: "Ring", RINGING: "Ringing", UP: "Up", BUSY: "Busy"}
"""``AST_STATE_…`` of Asterisk's channelstate.h, those that a PJSIP or Local channel shows."""

UNKNOWN = "<unknown>"


class Bridge:
    """Where channels hear each other."""

    __slots__ = ("channels", "kind", "name", "no_cause", "technology", "uid")

    def __init__(self, uid: str, technology: str = "simple_bridge", kind: str = "basic", name: str = "") -> None:
        self.uid = uid
        self.no_cause = False  # made by app_queue or a pick-up: a HangupRequest in it has no Cause
        self.technology = technology
        self.kind = kind
        self.name = name
        self.channels: list[Channel] = []

    def headers(self, prefix: str = "") -> str:
        """The bridge as every bridge message shows it."""
        creator = "Parking" if self.kind == "parking" else "ConfBridge" if self.kind == "conf" else UNKNOWN
        return (
            f"{prefix}BridgeUniqueid: {self.uid}\r\n"
            f"{prefix}BridgeType: {'base' if self.kind == 'conf' else self.kind}\r\n"
            f"{prefix}BridgeTechnology: {self.technology}\r\n{prefix}BridgeCreator: {creator}\r\n"
            f"{prefix}BridgeName: {self.name or UNKNOWN}\r\n{prefix}BridgeNumChannels: {len(self.channels)}\r\n"
            f"{prefix}BridgeVideoSourceMode: none\r\n"
        )


class Channel:
    """One connection to one endpoint, or one half of a Local pair.

    ``linked`` is (order of creation, id) of the oldest channel tied to this one: bridges spread the lowest.
    ``pbx`` marks a channel that runs a dialplan: those get a SoftHangupRequest before their Hangup.
    """

    __slots__ = (
        "application", "bridge", "call", "cid_name", "cid_num", "conn_name", "conn_num", "context", "created_at",
        "data", "device", "dnid", "endpoint", "exten", "held", "linked", "musical", "name", "order", "pbx", "priority",
        "recorded", "spygroup", "state", "tech_cause", "twin", "uid",
    )  # fmt: skip

    def __init__(
        self, *, name: str, uid: str, order: int, state: int, context: str, exten: str, created_at: float
    ) -> None:
        self.name = name
        self.uid = uid
        self.order = order
        self.linked: tuple[int, str] = (order, uid)
        self.state = state
        self.cid_num = self.cid_name = self.conn_num = self.conn_name = UNKNOWN
        self.context = context
        self.exten = exten
        self.priority = 1
        self.application = self.data = ""
        self.created_at = created_at
        self.dnid = ""
        self.endpoint: str | None = None  # "101", "trunk-a"; None for a Local half
        self.device = ""  # what it does to its device's state: ringing, inuse, busy, hold or nothing
        self.bridge: Bridge | None = None
        self.twin: Channel | None = None
        self.call: Call | None = None
        self.pbx = False
        self.held = False  # on music because the other party pressed hold
        self.musical = False  # a MusicOnHoldStart without its Stop
        self.recorded = False
        self.spygroup = ""  # the variable: groups of supervisors that may hear it, with colons between
        self.tech_cause: int | None = None

    @property
    def room(self) -> Bridge:
        """The bridge it is in. Raises LookupError where it is in none: the script is wrong."""
        if self.bridge is None:
            raise LookupError(self.name)
        return self.bridge

    @property
    def peer(self) -> "Channel":
        """The other one in its bridge. Raises LookupError where there is none."""
        for other in self.room.channels:
            if other is not self:
                return other
        raise LookupError(self.name)

    @property
    def resource(self) -> str:
        """The device's name: ``PJSIP/101``, ``Local/105@from-queue``."""
        return self.name[: self.name.rindex("-")]

    def headers(self, p: str = "") -> str:
        """The channel snapshot of Asterisk 22, fourteen headers, with ``Dest``, ``Parkee`` … before each name."""
        return (
            f"{p}Channel: {self.name}\r\n{p}ChannelState: {self.state}\r\n"
            f"{p}ChannelStateDesc: {STATE_NAMES[self.state]}\r\n"
            f"{p}CallerIDNum: {self.cid_num}\r\n{p}CallerIDName: {self.cid_name}\r\n"
            f"{p}ConnectedLineNum: {self.conn_num}\r\n{p}ConnectedLineName: {self.conn_name}\r\n"
            f"{p}Language: en\r\n{p}AccountCode: \r\n{p}Context: {self.context}\r\n{p}Exten: {self.exten}\r\n"
            f"{p}Priority: {self.priority}\r\n{p}Uniqueid: {self.uid}\r\n{p}Linkedid: {self.linked[1]}\r\n"
        )


class Contact:
    """One registered device of an account."""

    __slots__ = (
        "address",
        "cut_off_at",
        "lifetime_s",
        "reachable",
        "registered",
        "registered_at",
        "roundtrip_us",
        "uri",
        "user_agent",
    )

    def __init__(self, account: str, address: str, user_agent: str, roundtrip_us: int | None = None) -> None:
        self.address = address
        self.uri = f"sip:{account}@{address}:5060"
        self.user_agent = user_agent
        self.roundtrip_us = roundtrip_us  # None: the account is not qualified
        self.registered = True
        self.reachable = True  # as the PBX's qualify knows
        self.registered_at = 0.0
        self.lifetime_s = 3600.0  # of a registration
        self.cut_off_at: float | None = None  # since when the network has been gone: nothing is renewed

    def expires_at(self, now: float) -> float:
        """When its registration runs out: the phone renews it at half its life, for as long as there is a network."""
        until = now if self.cut_off_at is None else self.cut_off_at
        half = self.lifetime_s / 2
        return self.registered_at + (until - self.registered_at) // half * half + self.lifetime_s


class Endpoint:
    """A SIP endpoint: an employee's account, or a trunk (no hint, never unregistered)."""

    __slots__ = (
        "attended",
        "booked",
        "busy",
        "dnd",
        "dnd_key",
        "exten_status",
        "forward_to",
        "hold",
        "inuse",
        "known_contacts",
        "name",
        "person",
        "ringing",
        "state",
        "trunk",
        "unsaid",
    )

    def __init__(
        self, name: str, *, person: str = "", trunk: bool = False, contacts: list[Contact] | None = None
    ) -> None:
        self.name = name
        self.person = person
        self.trunk = trunk
        self.known_contacts = contacts or []
        self.attended = True  # somebody sits there
        self.booked = 0  # so many colleagues are about to bring it into a call
        self.ringing = self.inuse = self.busy = self.hold = 0  # how many of its channels are in which state
        self.dnd = False  # its custom device state
        self.dnd_key = False  # its key in the database
        self.forward_to: str | None = None
        self.unsaid = False  # its state changed, and the message is on its way
        self.state = "NOT_INUSE" if trunk or self.contacts else "UNAVAILABLE"
        self.exten_status = 0 if self.state == "NOT_INUSE" else 4

    @property
    def contacts(self) -> list[Contact]:
        """The devices that can be called now."""
        return [contact for contact in self.known_contacts if contact.registered and contact.reachable]

    @property
    def idle(self) -> bool:
        """Somebody sits there who could make a call."""
        return self.attended and self.free

    @property
    def free(self) -> bool:
        """Nothing rings, nothing is up, no do-not-disturb."""
        return self.device_state() == "NOT_INUSE" and not (self.dnd or self.dnd_key)

    def device_state(self) -> str:
        """As ``ast_devstate_aggregate`` adds up an endpoint's channels."""
        if not self.trunk and not self.contacts:
            return "UNAVAILABLE"
        if self.ringing:
            return "RINGINUSE" if self.inuse or self.hold else "RINGING"
        if self.inuse:
            return "INUSE"
        if self.hold:
            return "ONHOLD"
        return "BUSY" if self.busy else "NOT_INUSE"
