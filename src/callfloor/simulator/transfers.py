"""Sending the other party on: blind, and after asking; by REFER and by the PBX's own feature codes."""

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import FOREVER, Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import RING, UP, Channel
from callfloor.simulator.offers import ABANDONED, ANSWERED, ring_accounts, ring_outside
from callfloor.simulator.plan import Attended, Blind
from callfloor.simulator.queue_calls import enter_queue
from callfloor.simulator.switch import heard_by
from callfloor.simulator.wire import headers

DIGIT_S = 0.395  # between digits of a phone that sends RFC 4733, as recorded
DIGIT_MS = 160
FEATURE_PAUSE_S = 1.6  # the employee hears "transfer" before dialling on
OPTIMIZE_AFTER_S = 0.457  # the Local pair of a DTMF transfer goes away by itself


def employee(call: Call) -> Channel:
    """The employee's channel. Raises LookupError where nobody has answered yet."""
    if call.agent is None:
        raise LookupError("a talk without an employee")
    return call.agent


def digits(call: Call, ch: Channel, digits: str) -> Script:
    for i, digit in enumerate(digits):
        if i:
            yield DIGIT_S - DIGIT_MS / 1000
        call.switch.emit("DTMFBegin", "dtmf", ch.headers() + headers(Digit=digit, Direction="Received"))
        yield DIGIT_MS / 1000
        call.switch.emit(
            "DTMFEnd", "dtmf", ch.headers() + headers(Digit=digit, DurationMs=DIGIT_MS, Direction="Received")
        )


def blind(call: Call, step: Blind) -> Script:
    """True when somebody answered the transferred party; else the call has ended."""
    s, agent = call.switch, employee(call)
    other = agent.peer
    if step.digits:
        yield from digits(call, agent, "##")
        s.hold(agent, music_class=False)
        yield FEATURE_PAUSE_S - DIGIT_MS / 1000
        yield from digits(call, agent, step.to)
    waiting = heard_by(agent)
    if step.digits:  # the music stops only when they part
        s.call_event("Unhold", agent)
    else:
        s.unhold(agent)
    s.varset(other, "BLINDTRANSFER", agent.name)
    s.varset(agent, "BLINDTRANSFER", other.name)
    bridge = agent.room
    s.emit(
        "BlindTransfer",
        "call",
        headers(Result="Success")
        + agent.headers("Transferer")
        + other.headers("Transferee")
        + bridge.headers()
        + headers(IsExternal="No" if step.digits else "Yes", Context="from-internal", Extension=step.to),
    )
    for ch in (agent, other) if step.digits else (other, agent):
        s.leave(ch)
        for party in waiting if ch is agent else ():
            s.music(party, on=False)
    s.destroy(bridge)
    agent_done(call, "transfer")
    s.hangup(agent)
    other.pbx = True
    return (yield from send_to(call, other, step.to))


def agent_done(call: Call, reason: str) -> None:
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
    elif (queue := next((each for each in s.queues.values() if each.number == to), None)) is not None:
        outcome, leg = yield from enter_queue(call, ch, queue)
    else:
        outcome, leg = yield from ring_outside(call, ch, to, "trunk-a", *call.world.people.outside(to))
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
    s, agent = call.switch, employee(call)
    account = agent.endpoint or ""
    second = call.own(
        s.channel(
            f"PJSIP/{account}",
            state=RING,
            context="from-internal",
            exten=step.to,
            num=account,
            name=s.endpoints[account].person,
            endpoint=account,
        )
    )
    second.pbx = True
    dialplan.ext_local(s, second, step.to)
    outcome, leg = yield from ring_accounts(call, second, (step.to,), call.world.company.ring_s, "ext-local", step.to)
    return second, leg if outcome == ANSWERED else None


def attended(call: Call, step: Attended) -> Script:
    """Hold, ask, REFER with Replaces. True when the client talks to the colleague, or to the employee again."""
    s, agent = call.switch, employee(call)
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
    other, first_bridge, second_bridge = agent.peer, agent.room, second.room
    # Asterisk moves whichever party may be moved: the caller of a plain call, the colleague where app_queue holds it
    keep_first = call.entry is not None or not other.pbx
    facts = (
        headers(Result="Success")
        + agent.headers("OrigTransferer")
        + first_bridge.headers("Orig")
        + second.headers("SecondTransferer")
        + second_bridge.headers("Second")
        + other.headers("Transferee")
        + target.headers("TransferTarget")
        + headers(
            IsExternal="No", DestType="Bridge", DestBridgeUniqueid=(first_bridge if keep_first else second_bridge).uid
        )
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
    agent_done(call, "transfer")
    s.leave(second if keep_first else agent)
    s.connected(other, target.cid_num, target.cid_name)
    s.hangup(agent)
    s.destroy(second_bridge if keep_first else first_bridge)
    s.hangup(second)
    call.agent = target
    return True


def attended_by_digits(call: Call, step: Attended) -> Script:
    """``*2``, the number, ask, hang up: through a Local pair that goes away by itself."""
    s, agent = call.switch, employee(call)
    other, first_bridge = agent.peer, agent.room
    yield from digits(call, agent, "*2")
    s.hold(agent, music_class=False)
    yield FEATURE_PAUSE_S + 0.15
    yield from digits(call, agent, step.to)
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
    reaction = call.world.people.react(step.to, call)
    yield min(getattr(reaction, "after_s", FOREVER), call.world.company.ring_s)
    if target.uid not in s.channels:  # a manager hung it up: nobody is left to talk to
        call.take_down(agent)
        return
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
        headers(Result="Success")
        + agent.headers("OrigTransferer")
        + first_bridge.headers("Orig")
        + agent.headers("SecondTransferer")
        + bridge.headers("Second")
        + other.headers("Transferee")
        + headers(IsExternal="No", DestType="Bridge", DestBridgeUniqueid=first_bridge.uid)
    )
    s.enter(first_bridge, one)
    s.emit("AttendedTransfer", "call", facts)
    agent_done(call, "transfer")
    s.connected(other, target.cid_num, target.cid_name)
    s.destroy(bridge)
    s.hangup(agent)
    for ch in (one, target):
        s.connected(ch, other.cid_num, other.cid_name)
    s.callerid(two, other.cid_num, other.cid_name)
    yield OPTIMIZE_AFTER_S
    s.emit(
        "LocalOptimizationBegin",
        "call",
        one.headers("LocalOne")
        + two.headers("LocalTwo")
        + other.headers("Source")
        + headers(DestUniqueId=two.uid, Id=0),
    )
    s.leave(other)
    s.leave(two)
    s.enter(far, other, swap=two)
    s.emit(
        "LocalOptimizationEnd", "call", one.headers("LocalOne") + two.headers("LocalTwo") + headers(Success="No", Id=0)
    )
    s.leave(one)
    s.hangup_request(two, 16)
    s.hangup(one)
    s.destroy(first_bridge)
    s.hangup(two)
    call.agent = target
