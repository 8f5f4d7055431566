"""One call in progress: its channels, and the moves that every kind of call is made of."""

from typing import TYPE_CHECKING, Any

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import FOREVER, Script, Task
from callfloor.simulator.channel import DOWN, RING, RINGING, UP, Bridge, Channel, Contact
from callfloor.simulator.queues import Entry

if TYPE_CHECKING:
    from callfloor.simulator.world import World

RTCP_EVERY_S = 5.0  # rtp.conf's rtcpinterval


class Cut(BaseException):
    """Somebody outside the plan hung up: raised where the call's script waits."""

    def __init__(self, by: Channel | None, *, asked: bool = False) -> None:
        super().__init__()
        self.by = by
        self.asked = asked  # by the PBX's own command: no HangupRequest comes from the device


class Sent(BaseException):
    """A channel was redirected to another extension: raised where the call's script waits."""

    def __init__(self, channel: Channel, exten: str) -> None:
        super().__init__()
        self.channel = channel
        self.exten = exten


class Handed(BaseException):
    """A channel was bridged with a leg of another call: raised where its script waits."""

    def __init__(self, channel: Channel, leg: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.leg = leg


class Given(BaseException):
    """The leg of a phone that was rung has gone over to another call: raised where its own script waits."""


class Call:
    """What belongs together until the last of it hangs up.

    ``client`` is the other party's channel (the callee of an internal call), ``agent`` the employee's. ``dials`` holds
    what rings now, as (source, leg). The scripts in ``flows``, ``offers`` and ``transfers`` do the telephony.
    """

    def __init__(self, world: "World") -> None:
        self.world = world
        self.switch = world.switch
        self.channels: list[Channel] = []
        self.dials: list[tuple[Channel | None, Channel]] = []
        self.client: Channel | None = None
        self.agent: Channel | None = None
        self.entry: Entry | None = None  # the queue entry, until its AgentComplete
        self.gives_up_at = FOREVER  # the caller's patience, unless a person answers
        self.message_s = 9.0
        self.task: Task | None = None
        self.plan: Any = None

    # --- beginning and end ------------------------------------------------------------------------------------

    def run(self, script: Script) -> Script:
        """The script with its end: whatever is left of the call is taken down in order."""
        try:
            yield from script
        except Cut as cut:
            self.take_down(cut.by, asked=cut.asked)
        except (Sent, Handed) as moved:
            yield from self.run(self.world.moved(self, moved))
        except Given:
            pass
        finally:
            self.world.calls.discard(self)
        if self.channels:
            self.take_down(None)

    def own(self, ch: Channel) -> Channel:
        """A first channel, which no other brought in."""
        ch.call = self
        self.channels.append(ch)
        return ch

    def hang_up(self, by: Channel) -> None:
        """A party hangs up, and the call with it."""
        self.take_down(by)

    def take_down(self, by: Channel | None, *, asked: bool = False) -> None:
        """Everything goes, ``by`` first: what rings is cancelled, bridges are left, Local halves pass it on."""
        s = self.switch
        talking = by is not None and by.bridge is not None and by.bridge.kind == "basic"
        early = by is not None and by.state in {RING, RINGING, DOWN}
        if by is not None and not asked:
            if early:
                s.hangup_request(by, 127, 487)
            else:
                s.hangup_request(by, 16 if talking and not by.room.no_cause else None)
        self._cancel_ringing(by, early=early)
        self._leave_queue(by)
        leaving = self.alive(_reachable(by)) if by is not None else []
        leaving += [c for c in self.channels if c not in leaving]
        for ch in leaving:
            peer = next((c for c in ch.bridge.channels if c is not ch), None) if ch.bridge else None
            if ch.bridge is not None:
                dialplan.quality(s, ch, peer)
        for ch in leaving:
            s.music(ch, on=False) if ch.musical else None
            if ch.twin is not None and ch.pbx and ch is not by:
                s.hangup_request(ch, 16 if talking else 0)
            bridge = s.leave(ch)
            if bridge is not None and not bridge.channels:
                s.destroy(bridge)
        self.unpark(leaving)
        for ch in leaving:
            if ch.uid in s.channels:
                dialplan.ended(s, ch)
                s.hangup(ch, 16 if talking or by is None else 127 if early else 0)

    def _cancel_ringing(self, by: Channel | None, *, early: bool) -> None:
        s = self.switch
        for src, leg in self.dials:
            s.dial("DialEnd", src, leg, "DialStatus: CANCEL\r\n")
        if self.entry is not None and self.entry.member is None:
            for src, leg in self.dials:
                if src is self.entry.caller:
                    s.dial("DialEnd", src, leg, "DialStatus: CANCEL\r\n")
        dials, self.dials = self.dials, []
        for src, leg in dials:
            if leg is by:
                continue
            if early:
                s.hangup(leg, 127, 500)
            elif self.entry is not None and src is self.entry.caller and leg.twin is None:
                s.hangup(leg, 0)
            elif leg.twin is None:
                s.hangup(leg, 16)

    def _leave_queue(self, by: Channel | None) -> None:
        entry, self.entry = self.entry, None
        if entry is None:
            return
        if entry in entry.queue.entries:
            self.switch.music(entry.caller, on=False)
            entry.queue.leave(entry, answered=False)
        else:
            entry.queue.complete(entry, "caller" if by is entry.caller else "agent")

    def unpark(self, channels: list[Channel]) -> None:
        """Those of them that are parked leave their slots."""
        for slot, (parkee, _, _) in list(self.switch.parked.items()):
            if parkee in channels:
                self.world.unpark(slot, "ParkedCallGiveUp")

    def alive(self, channels: list[Channel]) -> list[Channel]:
        """Those that are still there: a manager may have hung one up."""
        return [c for c in channels if c.uid in self.switch.channels]

    # --- moves ------------------------------------------------------------------------------------------------

    def up(self, ch: Channel) -> None:
        """The channel is answered, unless it is already."""
        if ch.state != UP:
            self.switch.state(ch, UP)

    def leg_to(self, account: str, src: Channel) -> Channel:
        """A new outgoing channel to an employee's device."""
        endpoint = self.switch.endpoints[account]
        return self.switch.channel(
            f"PJSIP/{account}", state=DOWN, context="from-internal", exten="s", num=account, name=endpoint.person,
            parent=src, endpoint=account,
        )  # fmt: skip

    def dial_devices(self, src: Channel, targets: list[tuple[str, Contact]]) -> list[Channel]:
        """Dial these devices at once, up to DialBegin."""
        s = self.switch
        legs: list[Channel] = []
        for account, contact in targets:
            leg = self.leg_to(account, src)
            dialplan.called_leg(s, leg, src, f"{account}/{contact.uri}", "AppDial")
            s.connected(leg, src.cid_num, src.cid_name)
            legs.append(leg)
        for leg, (account, contact) in zip(legs, targets, strict=True):
            s.dial("DialBegin", src, leg, f"DialString: {account}/{contact.uri}\r\n")
            self.dials.append((src, leg))
        if len(legs) == 1:
            self.now_connected(src, legs[0])
        return legs

    def now_connected(self, ch: Channel, other: Channel) -> None:
        """``ch`` learns whom it is connected to, and so does who stands behind its Local pair."""
        self.switch.connected(ch, other.cid_num, other.cid_name)
        outer = self.behind(ch)
        if outer is not None:
            self.switch.connected(outer, other.cid_num, other.cid_name)

    def behind(self, two: Channel) -> Channel | None:
        """Who dialled the Local channel whose second half this is."""
        return next((src for src, leg in self.dials if leg is two.twin and src is not None), None) if two.twin else None

    def ringing(self, src: Channel | None, leg: Channel) -> None:
        """The device rings, and a Local pair before it with it."""
        s = self.switch
        s.state(leg, RINGING)
        if src is not None and src.twin is not None and src.twin.state == DOWN:
            one = src.twin
            outer = self.behind(src)
            one.cid_num, one.cid_name = leg.cid_num, leg.cid_name
            one.exten = outer.exten if outer else one.exten
            caller = outer or src
            news = (one.conn_num, one.conn_name) != (caller.cid_num, caller.cid_name)
            one.conn_num, one.conn_name = caller.cid_num, caller.cid_name
            s.state(one, RINGING)
            s.callerid(one, leg.cid_num, leg.cid_name)
            s.connected(one, one.conn_num, one.conn_name, always=news)
            s.dial("DialState", outer, one, "DialStatus: RINGING\r\n")
        s.dial("DialState", src, leg, "DialStatus: RINGING\r\n")

    def answered(self, src: Channel, leg: Channel, legs: list[Channel], cause: int = 26) -> None:
        """One of the legs answers, the others are cancelled; not yet bridged."""
        s = self.switch
        legs = self.alive(legs)
        s.state(leg, UP)
        if len(legs) > 1:
            self.now_connected(src, leg)
        others = [x for x in legs if x is not leg]
        for other in others:
            s.dial("DialEnd", src, other, "DialStatus: CANCEL\r\n")
        s.dial("DialEnd", src, leg, "DialStatus: ANSWER\r\n")
        self.dials = [(a, b) for a, b in self.dials if b not in legs]
        self.up(src)
        s.varset(src, "DIALSTATUS", "ANSWER")
        for other in others:
            s.hangup(other, cause)

    def not_answered(self, src: Channel, legs: list[Channel], status: str = "NOANSWER", cause: int = 0) -> None:
        """The dial's time is up, or it failed."""
        s = self.switch
        legs = self.alive(legs)
        for leg in legs:
            s.dial("DialEnd", src, leg, f"DialStatus: {status}\r\n")
        self.dials = [(a, b) for a, b in self.dials if b not in legs]
        s.varset(src, "DIALSTATUS", status)
        for leg in legs:
            s.hangup(leg, cause)

    def join(self, leg: Channel, src: Channel, *, quiet_link: bool = False) -> Bridge:
        """A new bridge of the called and the caller, in this order."""
        s = self.switch
        bridge = s.bridge()
        if leg.application == "AppDial":
            s.newexten(leg, leg.context, "", 1, "AppDial", "(Outgoing Line)")
        s.enter(bridge, leg)
        s.enter(bridge, src, quiet_link=quiet_link)
        dialplan.bridged(s, leg, src)
        if s.noise:
            for ch in (leg, src):
                if ch.endpoint is not None:
                    self.world.agenda.start(self._reports(ch))
        return bridge

    def _reports(self, ch: Channel) -> Script:
        yield RTCP_EVERY_S * (0.5 + (ch.order % 100) / 100)
        while ch.bridge is not None:
            dialplan.rtcp(self.switch, ch)
            yield RTCP_EVERY_S

    def wait(self, seconds: float) -> Script:
        """Let time pass, but no longer than the caller's patience; True when the caller is still there."""
        left = self.gives_up_at - self.switch.now
        yield max(0.0, min(seconds, left))
        return left > seconds

    def patient(self, *, on: bool) -> None:
        """A person has answered (or a machine that takes its time): the caller waits no more."""
        if on:
            self.gives_up_at = FOREVER


def _reachable(ch: Channel) -> list[Channel]:
    """``ch``, then whom it talks to, through Local pairs, in the order in which a hangup spreads."""
    found = [ch]
    for current in found:
        near = list(current.bridge.channels) if current.bridge is not None and current.bridge.kind != "parking" else []
        if current.twin is not None:
            near.append(current.twin)
        found += [c for c in near if c not in found]
    return found
