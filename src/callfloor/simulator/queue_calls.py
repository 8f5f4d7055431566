"""A caller's stay in a queue: being offered to members, one ringing after another."""

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import FOREVER, Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import RINGING, UNKNOWN, UP, Channel
from callfloor.simulator.offers import ABANDONED, ANSWERED, NO_ANSWER, POST_DIAL_S, first_to_act
from callfloor.simulator.plan import PickedUp
from callfloor.simulator.queues import Entry, Member, Queue

ANSWER_S = 0.002  # from Answer() to the next application, as recorded


def enter_queue(call: Call, caller: Channel, queue: Queue) -> Script:
    """By the queue's extension, which answers. Returns (outcome, the employee's leg)."""
    s = call.switch
    s.newexten(caller, "ext-queues", queue.number, 1, "Answer", "")
    if caller.state != UP:
        s.state(caller, UP)
        yield ANSWER_S
    s.newexten(caller, "ext-queues", queue.number, 2, "Queue", f"{queue.name},tTkKxX,,,{queue.max_wait_s:.0f}")
    return (yield from wait_in_queue(call, caller, queue))


def wait_in_queue(call: Call, caller: Channel, queue: Queue) -> Script:
    """Join, be offered to members, be answered or not. Returns (outcome, the employee's leg)."""
    s = call.switch
    entry = call.entry = queue.join(caller)
    deadline = s.now + queue.max_wait_s
    while True:
        members = queue.pick(entry)
        if members:
            outcome, leg = yield from _offer(call, entry, members, deadline)
        else:
            until = min(deadline, call.gives_up_at)
            yield entry.bell, max(0.0, until - s.now)
            outcome, leg = NO_ANSWER, None
        if outcome == ANSWERED:
            return ANSWERED, leg
        if s.now >= call.gives_up_at:
            return ABANDONED, None
        if s.now >= deadline:
            queue.leave(entry, answered=False)
            call.entry = None
            s.varset(caller, "QUEUESTATUS", "TIMEOUT")
            return NO_ANSWER, None


def _offer(call: Call, entry: Entry, members: list[Member], deadline: float) -> Script:
    """One ringing of one or more members."""
    s, queue = call.switch, entry.queue
    started = s.now
    entry.pending = True
    for member in members:
        member.reserved = True
    reactions = {m.endpoint.name: call.world.people.react(m.endpoint.name, call) for m in members}
    try:
        legs = [_ring_member(call, entry, m) for m in members]
        yield POST_DIAL_S
        for member, leg in zip(members, legs, strict=True):
            _member_rings(call, entry, member, leg)
        limit = min(queue.timeout_s, max(0.1, deadline - started))
        accounts = [m.endpoint.name for m in members]
        first = first_to_act(reactions, accounts, legs)
        if first is not None and isinstance(first[1], PickedUp):
            first = None  # not in queues: it would take the member's channel from app_queue
        after = first[0] if first else FOREVER
        if not (yield from call.wait(min(after, limit))):
            return ABANDONED, None
    finally:
        entry.pending = False
        for member in members:
            member.reserved = False
    here = [
        (m, x) for m, x in zip(members, legs, strict=True) if x.uid in s.channels and _device_leg(call, x) is not None
    ]
    if first is None or after >= limit or first[2] not in [x for _, x in here]:
        _nobody(call, entry, members, legs, s.now - started)
        if s.now < deadline:
            yield from call.wait(queue.retry_s)
        return NO_ANSWER, None
    legs = [x for _, x in here]
    winner = legs.index(first[2])
    return ANSWERED, _connect(call, entry, here[winner][0], first[2], legs, s.now - started)


def _ring_member(call: Call, entry: Entry, member: Member) -> Channel:
    s, caller = call.switch, entry.caller
    account = member.endpoint.name
    if not member.local:
        leg = call.leg_to(account, caller)
        entry.queue.called(entry, member, leg)
        s.dial("DialBegin", caller, leg, f"DialString: PJSIP/{account}\r\n")
        call.dials.append((caller, leg))
        return leg
    one, two = s.local_pair(account, "from-queue", caller)
    seen = caller.conn_num if caller.conn_num != UNKNOWN else caller.dnid
    one.application, one.data = "AppQueue", "(Outgoing Line)"
    s.callerid(one, seen)
    s.callerid(two, caller.cid_num, caller.cid_name)
    s.connected(two, seen, caller.conn_name)
    s.local_bridge(one, optimize=False)
    entry.queue.called(entry, member, one)
    s.dial("DialBegin", caller, one, f"DialString: {member.interface}\r\n")
    call.dials.append((caller, one))
    for priority, data in ((1, "NOVM=1"), (2, "RINGTIMER=30")):
        s.newexten(two, "from-queue", account, priority, "Set", data)
    contact = member.endpoint.contacts[0]
    dialplan.dial(s, two, ("from-queue", account, 4), f"PJSIP/{account}/{contact.uri},30,tTkKxX")
    call.dial_devices(two, [(account, contact)])
    return one


def _device_leg(call: Call, leg: Channel) -> Channel | None:
    """The device's own channel behind a member's Local ;1 (None: a manager hung it up), or the leg itself."""
    return next((b for a, b in call.dials if a is leg.twin), None) if leg.twin is not None else leg


def _member_rings(call: Call, entry: Entry, member: Member, leg: Channel) -> None:
    s, caller = call.switch, entry.caller
    if leg.twin is not None:
        device = _device_leg(call, leg)
        if device is not None:
            call.ringing(leg.twin, device)
        return
    dialplan.called_leg(s, leg, caller, member.endpoint.name, "AppQueue")
    s.state(leg, RINGING)
    s.connected(leg, caller.cid_num, caller.cid_name)
    s.dial("DialState", caller, leg, "DialStatus: RINGING\r\n")


def _cancel(call: Call, entry: Entry, leg: Channel, cause: int) -> None:
    """A member's leg is let go: the second DialEnd of it, as app_queue sends."""
    s, caller = call.switch, entry.caller
    s.dial("DialEnd", caller, leg, "DialStatus: CANCEL\r\n")
    two = leg.twin
    if two is None:
        call.dials = [d for d in call.dials if d[1] is not leg]
        s.hangup(leg, cause)
        return
    device = _device_leg(call, leg)
    call.dials = [d for d in call.dials if d[1] not in {leg, device}]
    s.hangup_request(two, cause)
    s.hangup(leg, cause)
    if device is not None:
        s.dial("DialEnd", two, device, "DialStatus: CANCEL\r\n")
        s.hangup(device, 26 if cause == 26 else 16)
    s.hangup(two, cause)


def _nobody(call: Call, entry: Entry, members: list[Member], legs: list[Channel], ring_s: float) -> None:
    s = call.switch
    here = [(m, x) for m, x in zip(members, legs, strict=True) if x.uid in s.channels]
    for member, leg in here:
        entry.queue.not_answered(entry, member, leg, ring_s)
    for _, leg in here:
        s.dial("DialEnd", entry.caller, leg, "DialStatus: NOANSWER\r\n")
    for _, leg in here:
        _cancel(call, entry, leg, 0)


def _connect(call: Call, entry: Entry, member: Member, leg: Channel, legs: list[Channel], ring_s: float) -> Channel:
    s, caller, queue = call.switch, entry.caller, entry.queue
    others = [x for x in legs if x is not leg]
    device, two = _device_leg(call, leg) or leg, leg.twin
    s.state(device, UP)
    if two is not None:
        s.dial("DialEnd", two, device, "DialStatus: ANSWER\r\n")
        s.state(leg, UP)
    s.dial("DialEnd", caller, leg, "DialStatus: ANSWER\r\n")
    call.dials = [d for d in call.dials if d[1] not in {leg, device}]
    for other in others:
        s.dial("DialEnd", caller, other, "DialStatus: CANCEL\r\n")
    s.connected(caller, leg.cid_num, leg.cid_name)
    for other in others:
        _cancel(call, entry, other, 26)
    s.music(caller, on=False)
    if two is not None:
        s.state(two, UP)
    dialplan.queue_variables(s, caller, queue.name, entry.original_position)
    dialplan.queue_variables(s, leg, queue.name, entry.original_position)
    queue.leave(entry, answered=True)
    queue.connect(entry, member, leg, ring_s)
    call.join(leg, caller).no_cause = True
    if two is not None:
        call.join(device, two)
    return device
