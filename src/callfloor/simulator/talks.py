"""What happens between the answer and the end: talk, hold, transfers, parking, a conference."""

from callfloor.simulator.agenda import Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import RING, RINGING, UP, Channel, Endpoint
from callfloor.simulator.offers import DIALPLAN_S
from callfloor.simulator.plan import Attended, Blind, Conference, End, Hold, Park, Step, Talk
from callfloor.simulator.switch import Switch
from callfloor.simulator.transfers import agent_done, attended, attended_by_digits, blind, digits, employee
from callfloor.simulator.wire import headers

PARK_TIMEOUT_S = 20
FIRST_SLOT = 701


def talk(call: Call, steps: tuple[Step, ...]) -> Script:
    """Carry out the steps; a step that loses the other party ends the call."""
    for step in steps:
        if not call.channels:
            return
        if isinstance(step, Park | Conference | Attended) and employee(call).peer.twin is not None:
            continue  # app_queue's Local member: only a blind transfer is understood by the PBX there
        colleague = _colleague(call, step)
        if colleague is not None and not colleague.contacts:
            continue  # the colleague has left the network meanwhile
        if colleague is not None:
            colleague.booked += 1
        try:
            goes_on = yield from _step(call, step)
        finally:
            if colleague is not None:
                colleague.booked -= 1
        if not goes_on:
            return
    if call.channels:
        call.hang_up(_party(call, "client"))


def _colleague(call: Call, step: Step) -> Endpoint | None:
    """Whom a step brings into the call, in a while."""
    match step:
        case Attended(to) | Park(by=str(to)) | Conference(by=to):
            return call.switch.endpoints[to]
        case _:
            return None


def _step(call: Call, step: Step) -> Script:
    """One step; False when nobody is left to go on."""
    match step:
        case Talk(seconds):
            yield seconds
        case Hold(seconds):
            yield from _hold(call, seconds)
        case Blind():
            return (yield from blind(call, step))
        case Attended(digits=True):
            yield from attended_by_digits(call, step)
        case Attended():
            return (yield from attended(call, step))
        case Park():
            return (yield from _park(call, step))
        case Conference():
            yield from _conference(call, step)
            return False
        case End(by):
            call.hang_up(_party(call, by))
            return False
    return True


def _party(call: Call, by: str) -> Channel:
    ch = call.client if by == "client" else call.agent
    if ch is None or ch.uid not in call.switch.channels:
        ch = next(c for c in call.channels if c.twin is None)
    return ch


def _hold(call: Call, seconds: float) -> Script:
    agent = employee(call)
    call.switch.hold(agent)
    yield seconds
    call.switch.unhold(agent)


def _park(call: Call, step: Park) -> Script:
    """``#72``: the other party waits in a slot until a colleague dials it. False when nobody did in time."""
    s, agent, world = call.switch, employee(call), call.world
    other, bridge = agent.peer, agent.room
    yield from digits(call, agent, "#72")
    lot = world.parking_lot()
    s.varset(other, "BLINDTRANSFER", agent.name)
    s.leave(other)
    slot = world.park(other, f"PJSIP/{agent.endpoint}")
    s.enter(lot, other)
    s.music(other, on=True)
    yield step.parker_stays_s
    s.leave(agent)
    s.destroy(bridge)
    agent_done(call, "transfer")
    s.hangup(agent)
    yield step.wait_s
    if step.by is None:
        call.hang_up(other)
        return False
    endpoint = s.endpoints[step.by]
    taker = call.own(
        s.channel(
            f"PJSIP/{step.by}",
            state=RING,
            context="from-internal",
            exten=str(slot),
            num=step.by,
            name=endpoint.person,
            endpoint=step.by,
        )
    )
    taker.pbx = True
    s.newexten(taker, "from-internal", str(slot), 1, "ParkedCall", f"default,{slot}")
    yield DIALPLAN_S
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
    s, agent = call.switch, employee(call)
    room = f"8{step.by}"
    endpoint = s.endpoints[step.by]
    other, bridge = agent.peer, agent.room
    for ch in (agent, other):
        s.leave(ch)
    s.destroy(bridge)
    agent_done(call, "transfer")
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
            headers(Conference=room) + conference.headers() + ch.headers() + headers(Admin="No", Muted="No"),
        )
    yield step.seconds
    for ch in call.alive([third, agent, other]):
        s.hangup_request(ch, 16)
        leave_conference(s, ch)


def leave_conference(s: Switch, ch: Channel) -> None:
    """A channel is hung up in a ConfBridge; the last one closes it."""
    conference = s.leave(ch)
    if conference is None:
        return
    room = headers(Conference=conference.name)
    s.emit("ConfbridgeLeave", "call", room + conference.headers() + ch.headers() + headers(Admin="No"))
    if not conference.channels:
        s.emit("ConfbridgeEnd", "call", room + conference.headers())
        s.destroy(conference)
    s.hangup(ch)
