"""What happens between the answer and the end: talk, hold, transfers, parking, a conference."""

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import FOREVER, Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import RING, RINGING, UP, Channel
from callfloor.simulator.offers import ABANDONED, ANSWERED, ring_accounts, ring_outside
from callfloor.simulator.plan import Attended, Blind, Conference, End, Hold, Park, Step, Talk

DIGIT_S = 0.395  # between digits of a phone that sends RFC 4733, as recorded
DIGIT_MS = 160
FEATURE_PAUSE_S = 1.6  # the employee hears "transfer" before dialling on
OPTIMIZE_AFTER_S = 0.457  # the Local pair of a DTMF transfer goes away by itself
PARK_TIMEOUT_S = 20
FIRST_SLOT = 701


def talk(call: Call, steps: tuple[Step, ...]) -> Script:
    """Carry out the steps; a step that loses the other party ends the call."""
    for step in steps:
        if isinstance(step, Park | Conference | Attended) and _peer(_agent(call)).twin is not None:
            continue  # app_queue's Local member: only a blind transfer is understood by the PBX there
        match step:
            case Talk(seconds):
                yield seconds
            case Hold(seconds):
                yield from _hold(call, seconds)
            case Blind():
                if not (yield from _blind(call, step)):
                    return
            case Attended(digits=True):
                yield from _attended_by_digits(call, step)
            case Attended():
                if not (yield from _attended(call, step)):
                    return
            case Park():
                if not (yield from _park(call, step)):
                    return
            case Conference():
                yield from _conference(call, step)
                return
            case End(by):
                call.hang_up(_party(call, by))
                return
    call.hang_up(_party(call, "client"))


def _party(call: Call, by: str) -> Channel:
    ch = call.client if by == "client" else call.agent
    if ch is None or ch.uid not in call.switch.channels:
        ch = next(c for c in call.channels if c.twin is None)
    return ch


def _agent(call: Call) -> Channel:
    ch = call.agent
    assert ch is not None  # every talk has an employee
    return ch


def _peer(ch: Channel) -> Channel:
    assert ch.bridge is not None  # only asked of who talks
    return next(c for c in ch.bridge.channels if c is not ch)


def _hold(call: Call, seconds: float) -> Script:
    agent = _agent(call)
    call.switch.hold(agent)
    yield seconds
    call.switch.unhold(agent)


def _digits(call: Call, ch: Channel, digits: str) -> Script:
    for i, digit in enumerate(digits):
        if i:
            yield DIGIT_S - DIGIT_MS / 1000
        call.switch.emit("DTMFBegin", "dtmf", f"{ch.headers()}Digit: {digit}\r\nDirection: Received\r\n")
        yield DIGIT_MS / 1000
        call.switch.emit(
            "DTMFEnd", "dtmf", f"{ch.headers()}Digit: {digit}\r\nDurationMs: {DIGIT_MS}\r\nDirection: Received\r\n"
        )


def _blind(call: Call, step: Blind) -> Script:
    """True when somebody answered the transferred party; else the call has ended."""
    s, agent = call.switch, _agent(call)
    other = _peer(agent)
    if step.digits:
        yield from _digits(call, agent, "##")
        s.hold(agent, music_class=False)
        yield FEATURE_PAUSE_S - DIGIT_MS / 1000
        yield from _digits(call, agent, step.to)
    s.unhold(agent) if not step.digits else s.call_event("Unhold", agent)
    s.varset(other, "BLINDTRANSFER", agent.name)
    s.varset(agent, "BLINDTRANSFER", other.name)
    bridge = agent.bridge
    assert bridge is not None
    s.emit(
        "BlindTransfer", "call",
        f"Result: Success\r\n{agent.headers('Transferer')}{other.headers('Transferee')}{bridge.headers()}"
        f"IsExternal: {'No' if step.digits else 'Yes'}\r\nContext: from-internal\r\nExtension: {step.to}\r\n",
    )  # fmt: skip
    for ch in (agent, other) if step.digits else (other, agent):
        s.leave(ch)
        s.music(other, on=False) if ch is agent else None
    s.destroy(bridge)
    _agent_done(call, "transfer")
    s.hangup(agent)
    other.pbx = True
    return (yield from send_to(call, other, step.to))


def _agent_done(call: Call, reason: str) -> None:
    """The queue's member has handed the call on; a Local member only seems to talk until the very end."""
    if call.entry is not None and call.entry.leg is not None and call.entry.leg.twin is None:
        call.entry.queue.complete(call.entry, reason)
        call.entry = None


def send_to(call: Call, ch: Channel, to: str) -> Script:
    """A channel goes on alone to an extension or an outside number. True when somebody answered."""
    s = call.switch
    s.newexten(ch, "from-internal", to, 1, "Goto", "")
    if to in s.endpoints:
        dialplan.ext_local(s, ch, to)
        outcome, leg = yield from ring_accounts(call, ch, (to,), call.world.company.ring_s, "ext-local", to)
    else:
        outcome, leg = yield from ring_outside(call, ch, to, "trunk-a", *call.world.outside(to))
    if outcome == ANSWERED:
        call.agent = leg
        if ch.twin is None:
            call.client = ch
        return True
    if outcome == ABANDONED:
        call.hang_up(ch)
    else:
        s.hangup(ch, 16)
        if call.channels:  # a Local pair behind it hangs up with it
            call.take_down(None)
    return False


def _consult(call: Call, step: Attended) -> Script:
    """The employee's second call. Returns (their second channel, the colleague's leg or None)."""
    s, agent = call.switch, _agent(call)
    assert agent.endpoint is not None
    second = call.own(
        s.channel(
            f"PJSIP/{agent.endpoint}", state=RING, context="from-internal", exten=step.to, num=agent.endpoint,
            name=s.endpoints[agent.endpoint].person, endpoint=agent.endpoint,
        )
    )  # fmt: skip
    second.pbx = True
    dialplan.ext_local(s, second, step.to)
    outcome, leg = yield from ring_accounts(call, second, (step.to,), call.world.company.ring_s, "ext-local", step.to)
    return second, leg if outcome == ANSWERED else None


def _attended(call: Call, step: Attended) -> Script:
    """Hold, ask, REFER with Replaces. True when the client talks to the colleague, or to the employee again."""
    s, agent = call.switch, _agent(call)
    s.hold(agent)
    yield step.pause_s
    second, target = yield from _consult(call, step)
    if target is None:
        s.hangup(second, 16)
        yield 0.5
        s.unhold(agent)
        return True
    yield step.consult_s
    s.unhold(agent)
    s.call_event("Unhold", second)
    other, first_bridge, second_bridge = _peer(agent), agent.bridge, second.bridge
    assert first_bridge is not None
    assert second_bridge is not None
    # Asterisk moves whichever party may be moved: the caller of a plain call, the colleague where app_queue holds it
    keep_first = call.entry is not None or not other.pbx
    facts = (
        f"Result: Success\r\n{agent.headers('OrigTransferer')}{first_bridge.headers('Orig')}{second.headers('SecondTransferer')}"
        f"{second_bridge.headers('Second')}{other.headers('Transferee')}{target.headers('TransferTarget')}IsExternal: No\r\n"
        f"DestType: Bridge\r\nDestBridgeUniqueid: {(first_bridge if keep_first else second_bridge).uid}\r\n"
    )
    if keep_first:
        s.leave(target)
        s.leave(agent)
        s.enter(first_bridge, target, swap=agent)
        second.pbx = True
    else:
        s.leave(other)
        s.leave(second)
        s.enter(second_bridge, other, swap=second)
    s.soft_hangup(second, 1)
    s.emit("AttendedTransfer", "call", facts)
    s.connected(target, other.cid_num, other.cid_name)
    _agent_done(call, "transfer")
    s.leave(second if keep_first else agent)
    s.connected(other, target.cid_num, target.cid_name)
    s.hangup(agent)
    s.destroy(second_bridge if keep_first else first_bridge)
    s.hangup(second)
    call.agent = target
    return True


def _attended_by_digits(call: Call, step: Attended) -> Script:
    """``*2``, the number, ask, hang up: through a Local pair that goes away by itself."""
    s, agent = call.switch, _agent(call)
    other, first_bridge = _peer(agent), agent.bridge
    assert first_bridge is not None
    yield from _digits(call, agent, "*2")
    s.hold(agent, music_class=False)
    yield FEATURE_PAUSE_S + 0.15
    yield from _digits(call, agent, step.to)
    one, two = s.local_pair(step.to, "from-internal", agent)
    bridge = s.bridge()
    s.callerid(two, agent.cid_num, agent.cid_name)
    s.local_bridge(one, optimize=True)
    s.connected(one, agent.cid_num, agent.cid_name)
    s.enter(bridge, one)
    s.leave(agent)
    s.enter(bridge, agent)
    s.connected(agent, "<unknown>", "<unknown>")
    endpoint = s.endpoints[step.to]
    dialplan.ext_local(s, two, step.to) if s.noise else None
    contact = endpoint.contacts[0]
    s.newexten(two, "ext-local", step.to, 8, "Dial", f"PJSIP/{step.to}/{contact.uri},10,tTkKxX")
    (target,) = call.dial_devices(two, [(step.to, contact)])
    s.connected(agent, target.cid_num, target.cid_name)
    call.ringing(two, target)
    reaction = call.world.react(step.to, call)
    yield min(getattr(reaction, "after_s", FOREVER), call.world.company.ring_s)
    s.state(target, UP)
    s.dial("DialEnd", two, target, "DialStatus: ANSWER\r\n")
    s.state(two, UP)
    s.state(one, UP)
    s.dial("DialEnd", None, one, "DialStatus: ANSWER\r\n")
    call.dials = []
    far = call.join(target, two)
    yield step.consult_s
    s.hangup_request(agent, 16)
    s.music(other, on=False)
    s.leave(agent)
    s.emit("BridgeMerge", "call", first_bridge.headers("To") + bridge.headers("From"))
    s.leave(one)
    facts = (
        f"Result: Success\r\n{agent.headers('OrigTransferer')}{first_bridge.headers('Orig')}{agent.headers('SecondTransferer')}"
        f"{bridge.headers('Second')}{other.headers('Transferee')}IsExternal: No\r\nDestType: Bridge\r\n"
        f"DestBridgeUniqueid: {first_bridge.uid}\r\n"
    )
    s.enter(first_bridge, one)
    s.emit("AttendedTransfer", "call", facts)
    s.connected(other, target.cid_num, target.cid_name)
    s.destroy(bridge)
    s.hangup(agent)
    for ch in (one, target):
        s.connected(ch, other.cid_num, other.cid_name)
    s.callerid(two, other.cid_num, other.cid_name)
    yield OPTIMIZE_AFTER_S
    s.emit(
        "LocalOptimizationBegin", "call",
        f"{one.headers('LocalOne')}{two.headers('LocalTwo')}{other.headers('Source')}DestUniqueId: {two.uid}\r\nId: 0\r\n",
    )  # fmt: skip
    s.leave(other)
    s.leave(two)
    s.enter(far, other, swap=two)
    s.emit(
        "LocalOptimizationEnd", "call", f"{one.headers('LocalOne')}{two.headers('LocalTwo')}Success: No\r\nId: 0\r\n"
    )
    s.leave(one)
    s.hangup_request(two, 16)
    s.hangup(one)
    s.destroy(first_bridge)
    s.hangup(two)
    call.agent = target


def _park(call: Call, step: Park) -> Script:
    """``#72``: the other party waits in a slot until a colleague dials it. False when nobody did in time."""
    s, agent, world = call.switch, _agent(call), call.world
    other, bridge = _peer(agent), agent.bridge
    yield from _digits(call, agent, "#72")
    lot = world.parking_lot()
    s.varset(other, "BLINDTRANSFER", agent.name)
    s.leave(other)
    slot = world.park(other, f"PJSIP/{agent.endpoint}")
    s.enter(lot, other)
    s.music(other, on=True)
    yield step.parker_stays_s
    s.leave(agent)
    assert bridge is not None
    s.destroy(bridge)
    _agent_done(call, "transfer")
    s.hangup(agent)
    yield step.wait_s
    if step.by is None:
        call.hang_up(other)
        return False
    endpoint = s.endpoints[step.by]
    taker = call.own(
        s.channel(
            f"PJSIP/{step.by}", state=RING, context="from-internal", exten=str(slot), num=step.by, name=endpoint.person,
            endpoint=step.by,
        )
    )  # fmt: skip
    taker.pbx = True
    s.newexten(taker, "from-internal", str(slot), 1, "ParkedCall", f"default,{slot}")
    s.state(taker, UP)
    new = s.bridge()
    s.music(other, on=False)
    world.unpark(slot, "UnParkedCall", taker)
    s.leave(other)
    s.enter(new, other)
    s.enter(new, taker)
    s.connected(taker, other.cid_num, other.cid_name)
    s.connected(other, taker.cid_num, taker.cid_name)
    call.agent = taker
    return True


def _conference(call: Call, step: Conference) -> Script:
    """Both are redirected into a ConfBridge room, and a colleague dials in."""
    s, agent = call.switch, _agent(call)
    room = f"8{step.by}"
    endpoint = s.endpoints[step.by]
    other, bridge = _peer(agent), agent.bridge
    assert bridge is not None
    for ch in (agent, other):
        s.leave(ch)
    s.destroy(bridge)
    _agent_done(call, "transfer")
    conference = s.bridge("softmix", "conf", room)
    s.emit("ConfbridgeStart", "call", f"Conference: {room}\r\n{conference.headers()}")
    third = call.own(
        s.channel(
            f"PJSIP/{step.by}",
            state=RING,
            context="from-internal",
            exten=room,
            num=step.by,
            name=endpoint.person,
            endpoint=step.by,
        )
    )
    for ch in (agent, other, third):
        ch.pbx = True
        s.newexten(ch, "from-internal", room, 1, "ConfBridge", room)
        if ch.state in {RING, RINGING}:
            s.state(ch, UP)
        s.enter(conference, ch)
        s.emit(
            "ConfbridgeJoin",
            "call",
            f"Conference: {room}\r\n{conference.headers()}{ch.headers()}Admin: No\r\nMuted: No\r\n",
        )
    yield step.seconds
    for ch in (third, agent, other):
        s.hangup_request(ch, 16)
        s.leave(ch)
        s.emit("ConfbridgeLeave", "call", f"Conference: {room}\r\n{conference.headers()}{ch.headers()}Admin: No\r\n")
        if ch is other:
            s.emit("ConfbridgeEnd", "call", f"Conference: {room}\r\n{conference.headers()}")
            s.destroy(conference)
        s.hangup(ch)
