"""The PBX's moving parts: what each step does to the state, and the message it sends.

Every method here is one thing Asterisk does; the order in which calls do them stands in ``call.py`` and its
neighbours. Message names, headers and their order are those of Asterisk 22's recorded sessions.
"""

import random
import uuid
from typing import TYPE_CHECKING

from callfloor.simulator.agenda import Agenda
from callfloor.simulator.channel import DOWN, RING, UNKNOWN, Bridge, Channel
from callfloor.simulator.devices import Devices
from callfloor.simulator.queues import Queue

if TYPE_CHECKING:
    from callfloor.simulator.call import Call

CAUSES = {
    0: "Unknown", 1: "Unallocated (unassigned) number", 16: "Normal Clearing", 17: "User busy",
    19: "User alerting, no answer", 26: "Answered elsewhere",
    34: "Circuit/channel congestion", 127: "Interworking, unspecified",
}  # fmt: skip
TELLING = frozenset({"Background", "WaitExten", "Queue", "Dial", "VoiceMail", "ParkedCall", "ConfBridge", "Busy"})
"""Applications that say what a caller hears: their Newexten is no noise."""
PARKING_LOT = "default"


class Switch(Devices):
    """State and messages. ``out`` collects (instant, bytes); whoever runs the world takes and clears it."""

    def __init__(self, *, agenda: Agenda, seed: int, noise: bool = False, first_serial: int = 0) -> None:
        super().__init__(agenda)
        self.noise = noise
        self.monitor_dir = "/var/spool/asterisk/monitor"
        self.channels: dict[str, Channel] = {}  # by unique id, in order of creation
        self.by_name: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.queues: dict[str, Queue] = {}
        self.parked: dict[int, tuple[Channel, str, float]] = {}  # slot -> parkee, parker's dial string, since
        self.parking_bridge: Bridge | None = None
        self.globals: dict[str, str] = {}
        self.database: dict[str, str] = {}  # what managers put there and nothing else here asks for
        self.processed = 0  # calls that have ended, as CoreStatus counts them
        self._order = first_serial
        self._names = first_serial
        self._locals = 0
        self._ids = random.Random(f"{seed}/bridges")

    # --- messages ---------------------------------------------------------------------------------------------

    def call_event(self, event: str, ch: Channel, extra: str = "") -> None:
        """An event about one channel."""
        self.emit(event, "call", ch.headers() + extra)

    # --- channels ---------------------------------------------------------------------------------------------

    def channel(
        self, resource: str, *, state: int, context: str, exten: str, num: str = UNKNOWN, name: str = UNKNOWN,
        parent: Channel | None = None, uid: str | None = None, endpoint: str | None = None, suffix: str | None = None,
    ) -> Channel:  # fmt: skip
        """A new channel, announced. ``parent`` gives its linkedid; ``uid`` overrides the unique id (Originate)."""
        order, self._order = self._order, self._order + 1
        if suffix is None:
            suffix, self._names = f"{self._names:08x}", self._names + 1
        ch = Channel(
            name=f"{resource}-{suffix}", uid=uid or f"{int(self.now)}.{order}", order=order, state=state,
            context=context, exten=exten, created_at=self.now,
        )  # fmt: skip
        ch.cid_num, ch.cid_name = num or UNKNOWN, name or UNKNOWN
        if parent is not None:
            ch.linked, ch.call, ch.recorded = parent.linked, parent.call, parent.recorded
        if state == RING:
            ch.dnid = exten
        ch.endpoint = endpoint
        self.channels[ch.uid] = ch
        self.by_name[ch.name] = ch
        if ch.call is not None:
            ch.call.channels.append(ch)
        self.call_event("Newchannel", ch)
        return ch

    def local_pair(
        self, exten: str, context: str, parent: Channel | None, call: "Call | None" = None
    ) -> tuple[Channel, Channel]:
        """Two halves of a Local channel; ``;2`` runs the dialplan."""
        suffix, self._locals = f"{self._locals:08x}", self._locals + 1
        one = self.channel(
            f"Local/{exten}@{context}", state=DOWN, context=context, exten=exten, parent=parent, suffix=f"{suffix};1"
        )
        if call is not None and one.call is None:
            call.own(one)
        two = self.channel(
            f"Local/{exten}@{context}", state=RING, context=context, exten=exten, parent=one, suffix=f"{suffix};2"
        )
        one.twin, two.twin, two.pbx, two.dnid = two, one, True, ""
        return one, two

    def local_bridge(self, one: Channel, *, optimize: bool) -> None:
        """The two halves are told of each other."""
        two = one.twin
        if two is None:
            return
        self.emit(
            "LocalBridge", "call",
            f"{one.headers('LocalOne')}{two.headers('LocalTwo')}Context: {two.context}\r\nExten: {two.exten}\r\n"
            f"LocalOptimization: {'Yes' if optimize else 'No'}\r\n",
        )  # fmt: skip

    def state(self, ch: Channel, state: int) -> None:
        """Newstate, and what follows from it for the device."""
        ch.state = state
        self.call_event("Newstate", ch)
        self.touch(ch)

    def callerid(self, ch: Channel, num: str, name: str | None = None) -> None:
        """NewCallerid."""
        ch.cid_num = num
        if name is not None:
            ch.cid_name = name
        self.call_event("NewCallerid", ch, "CID-CallingPres: 0 (Presentation Allowed, Not Screened)\r\n")

    def connected(self, ch: Channel, num: str, name: str, *, always: bool = False) -> None:
        """NewConnectedLine, where it says something new."""
        if always or ch.conn_num != num or name not in {ch.conn_name, UNKNOWN}:
            ch.conn_num, ch.conn_name = num, name
            self.call_event("NewConnectedLine", ch)

    def newexten(self, ch: Channel, context: str, exten: str, priority: int, application: str, data: str) -> None:
        """A step of the dialplan: always known to the listings, sent with the noise on or where it tells something."""
        ch.context, ch.exten, ch.priority, ch.application, ch.data = context, exten, priority, application, data
        if self.noise or application in TELLING:
            extra = f"Extension: {exten}\r\nApplication: {application}\r\nAppData: {data}\r\n"
            self.emit("Newexten", "dialplan", ch.headers() + extra)

    def varset(self, ch: Channel, variable: str, value: str, *, always: bool = False) -> None:
        """A channel variable; only the recording's path is sent with the noise off."""
        if self.noise or always:
            self.emit("VarSet", "dialplan", f"{ch.headers()}Variable: {variable}\r\nValue: {value}\r\n")

    def hangup_request(self, ch: Channel, cause: int | None, tech: int | None = None) -> None:
        """The device hung up."""
        ch.tech_cause = tech or ch.tech_cause
        self.call_event("HangupRequest", ch, _causes(cause, tech))

    def soft_hangup(self, ch: Channel, cause: int = 16) -> None:
        """The PBX asks a dialplan to end."""
        self.call_event("SoftHangupRequest", ch, _causes(cause, ch.tech_cause))

    def hangup(self, ch: Channel, cause: int = 16, tech: int | None = None) -> None:
        """The channel is gone."""
        if self.channels.pop(ch.uid, None) is None:
            return
        del self.by_name[ch.name]
        if ch.call is not None:
            ch.call.channels.remove(ch)
        self.music(ch, on=False)
        if ch.pbx:
            self.soft_hangup(ch)
        tech = tech or ch.tech_cause
        self.call_event(
            "Hangup",
            ch,
            f"Cause: {cause}\r\nCause-txt: {CAUSES[cause]}\r\n" + (f"TechCause: {tech}\r\n" if tech else ""),
        )
        if ch.endpoint is not None:
            self._count(ch, "")
        elif ch.twin is not None:
            self.device_state(ch.resource, "NOT_INUSE")
        self.processed += 1

    def find(self, name: str) -> Channel | None:
        """The channel of this name or this unique id, as Asterisk's actions look for one."""
        return self.by_name.get(name) or self.channels.get(name)

    # --- dialling ---------------------------------------------------------------------------------------------

    def dial(self, event: str, src: Channel | None, dst: Channel, extra: str) -> None:
        """DialBegin, DialState, DialEnd: the source is missing in an Originate."""
        self.emit(event, "call", (src.headers() if src else "") + dst.headers("Dest") + extra)

    # --- bridges ----------------------------------------------------------------------------------------------

    def bridge(self, technology: str = "simple_bridge", kind: str = "basic", name: str = "") -> Bridge:
        """A new empty bridge."""
        bridge = Bridge(str(uuid.UUID(int=self._ids.getrandbits(128), version=4)), technology, kind, name)
        self.bridges[bridge.uid] = bridge
        self.emit("BridgeCreate", "call", bridge.headers())
        return bridge

    def enter(self, bridge: Bridge, ch: Channel, swap: Channel | None = None, *, quiet_link: bool = False) -> None:
        """A channel enters; the oldest linkedid spreads. ``quiet_link``: it shows only on the next event."""
        bridge.channels.append(ch)
        ch.bridge = bridge
        if not quiet_link:
            self.link(bridge)
        self.emit(
            "BridgeEnter", "call", bridge.headers() + ch.headers() + (f"SwapUniqueid: {swap.uid}\r\n" if swap else "")
        )
        self.link(bridge)
        ch.device = ch.device or ""
        self.touch(ch)

    def link(self, bridge: Bridge) -> None:
        """Everyone in a bridge takes the oldest linkedid there, without any event of its own."""
        if bridge.kind == "basic" and len(bridge.channels) > 1:
            oldest = min(c.linked for c in bridge.channels)
            for c in bridge.channels:
                c.linked = oldest

    def leave(self, ch: Channel) -> Bridge | None:
        """A channel leaves its bridge; the bridge stays for the caller to destroy."""
        bridge = ch.bridge
        if bridge is None:
            return None
        bridge.channels.remove(ch)
        ch.bridge = None
        self.emit("BridgeLeave", "call", bridge.headers() + ch.headers())
        return bridge

    def destroy(self, bridge: Bridge) -> None:
        """An empty bridge goes; the parking lot stays for ever."""
        if bridge.kind != "parking" and not bridge.channels and bridge.uid in self.bridges:
            del self.bridges[bridge.uid]
            self.emit("BridgeDestroy", "call", bridge.headers())

    # --- hold, music, recording -------------------------------------------------------------------------------

    def hold(self, ch: Channel, *, music_class: bool = True) -> None:
        """``ch`` pressed hold: the others in its bridge hear music, and their devices show it."""
        self.call_event("Hold", ch, "MusicClass: default\r\n" if music_class else "")
        for other in heard_by(ch):
            self.music(other, on=True)
            other.held = True
            self.touch(other)

    def unhold(self, ch: Channel) -> None:
        """``ch`` takes the others back."""
        self.call_event("Unhold", ch)
        for other in heard_by(ch):
            self.music(other, on=False)

    def music(self, ch: Channel, *, on: bool) -> None:
        """Music on hold starts or stops; a second start or stop is nothing."""
        if ch.musical is not on:
            ch.musical = on
            self.call_event("MusicOnHoldStart" if on else "MusicOnHoldStop", ch, "Class: default\r\n" if on else "")
        if ch.held and not on:
            ch.held = False
            self.touch(ch)

    def record(self, ch: Channel, filename: str) -> None:
        """MixMonitor starts: the path is known only from the variable."""
        ch.recorded = True
        self.varset(ch, "MIXMONITOR_FILENAME", f"{self.monitor_dir}/{filename}", always=True)
        self.call_event("MixMonitorStart", ch)


def _causes(cause: int | None, tech: int | None) -> str:
    return (f"Cause: {cause}\r\n" if cause is not None else "") + (f"TechCause: {tech}\r\n" if tech else "")


def heard_by(ch: Channel) -> list[Channel]:
    """The real parties at the other side: through a Local pair, not the pair itself."""
    found: list[Channel] = []
    for other in ch.bridge.channels if ch.bridge else ():
        if other is ch:
            continue
        found += heard_by(other.twin) if other.twin is not None else [other]
    return found
