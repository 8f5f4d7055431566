"""Ringing somebody until they answer: extensions, groups, queues' members, outside numbers."""

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import FOREVER, Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import DOWN, UNKNOWN, Channel
from callfloor.simulator.plan import Answers, PickedUp, Reaction, Refuses
from callfloor.simulator.queues import Entry, Member, Queue

ANSWERED, NO_ANSWER, BUSY_NOW, ABANDONED, FAILED = "answered", "no answer", "busy", "abandoned", "failed"
OUTSIDE_RING_S = 30.0
POST_DIAL_S = 0.002  # between INVITE and 180 on loopback, as recorded


def ring_accounts(
    call: Call, src: Channel, accounts: tuple[str, ...], seconds: float, context: str, exten: str
) -> Script:
    """Ring all devices of these accounts. Returns (outcome, the leg that answered)."""
    s = call.switch
    targets = [(a, c) for a in accounts for c in s.endpoints[a].contacts]
    if not targets:
        return NO_ANSWER, None
    what = "&".join(f"PJSIP/{a}/{c.uri}" for a, c in targets)
    dialplan.dial(
        s,
        src,
        (context, exten, 8 if context == "ext-local" else 4 if context == "from-queue" else 1),
        f"{what},{seconds:.0f},tTkKxX",
    )
    legs = call.dial_devices(src, targets)
    reactions = {a: call.world.react(a, call) for a in accounts}
    if len(legs) == 1 and isinstance(reactions[accounts[0]], Refuses):
        s.hangup_request(legs[0], 17, 486)
        call.not_answered(src, legs, "BUSY", 17)
        return BUSY_NOW, None
    yield POST_DIAL_S
    for leg in legs:
        call.ringing(src, leg)
    first = _first(reactions, [a for a, _ in targets], legs)
    return (yield from _until_answered(call, src, legs, first, seconds))


def _first(
    reactions: dict[str, Reaction], accounts: list[str], legs: list[Channel]
) -> tuple[float, Reaction, Channel] | None:
    """Who acts first, and on which of the legs."""
    found: list[tuple[float, int, Reaction, Channel]] = []
    for i, (account, leg) in enumerate(zip(accounts, legs, strict=True)):
        reaction = reactions[account]
        if isinstance(reaction, PickedUp) or (
            isinstance(reaction, Answers) and reaction.contact == i - accounts.index(account)
        ):
            found.append((reaction.after_s, i, reaction, leg))
    if not found:
        return None
    after, _, reaction, leg = min(found, key=lambda x: x[:2])
    return after, reaction, leg


def _until_answered(
    call: Call, src: Channel, legs: list[Channel], first: tuple[float, Reaction, Channel] | None, seconds: float
) -> Script:
    after = first[0] if first else FOREVER
    if not (yield from call.wait(min(after, seconds))):
        return ABANDONED, None
    if first is None or after >= seconds:
        call.not_answered(src, legs)
        return NO_ANSWER, None
    _, reaction, leg = first
    if isinstance(reaction, PickedUp):
        return ANSWERED, pick_up(call, src, leg, legs, reaction)
    call.answered(src, leg, legs)
    call.join(leg, src)
    return ANSWERED, leg


def pick_up(call: Call, src: Channel, target: Channel, legs: list[Channel], plan: PickedUp) -> Channel:
    """A colleague dials ``*8`` or ``**nnn``: their channel takes the ringing one's place."""
    s = call.switch
    person = s.endpoints[plan.by].person
    picker = s.channel(
        f"PJSIP/{plan.by}",
        state=4,
        context="from-internal",
        exten=plan.code,
        num=plan.by,
        name=person,
        endpoint=plan.by,
    )
    call.own(picker)
    directed = plan.code.startswith("**")
    if directed:
        s.newexten(picker, "from-internal", plan.code, 2, "PickupChan", f"{target.resource},p")
    s.connected(picker, target.conn_num, target.conn_name)
    s.state(picker, 6)
    s.emit("Pickup", "call", picker.headers() + target.headers("Target"))
    call.now_connected(src, picker)
    s.dial("DialEnd", src, picker, "DialStatus: ANSWER\r\n")
    for other in legs:
        if other is not target:
            s.dial("DialEnd", src, other, "DialStatus: CANCEL\r\n")
    call.dials = [(a, b) for a, b in call.dials if b not in legs]
    call.up(src)
    target.pbx = directed  # the pick-up code's own dialplan goes on for the channel that was swapped out
    for leg in legs:
        s.hangup(leg, 26 if directed or leg is not target else 16)
    picker.application = "AppDial"
    bridge = s.bridge()
    s.newexten(picker, "from-internal", "", 1, "AppDial", "(Outgoing Line)")
    s.enter(bridge, picker)
    s.enter(bridge, src, quiet_link=True)
    dialplan.bridged(s, picker, src)
    return picker


def ring_outside(call: Call, src: Channel, number: str, trunk: str, result: str, after_s: float) -> Script:
    """Dial an outside number through a trunk. Returns (outcome, leg). For ``result`` see plan.Outbound."""
    s = call.switch
    presented = call.world.company.presented
    s.newexten(src, "outbound", number, 4, "Set", f"CALLERID(num)={presented}")
    if src.cid_num != presented:
        s.callerid(src, presented)
    dialplan.dial(s, src, ("outbound", number, 5), f"PJSIP/{number}@{trunk},30,tTkKxX")
    leg = s.channel(f"PJSIP/{trunk}", state=DOWN, context="from-trunk", exten="s", parent=src, endpoint=trunk)
    dialplan.called_leg(s, leg, src, number, "AppDial")
    s.callerid(leg, number)
    s.connected(leg, src.cid_num, src.cid_name)
    s.dial("DialBegin", src, leg, f"DialString: {number}@{trunk}\r\n")
    call.dials.append((src, leg))
    call.now_connected(src, leg)
    yield POST_DIAL_S
    codes = {"busy": (17, 486, "BUSY"), "unknown": (1, 404, "NOANSWER"), "refused": (34, 503, "CONGESTION")}
    if result in codes:
        cause, tech, status = codes[result]
        s.hangup_request(leg, cause, tech)
        call.not_answered(src, [leg], status, cause)
        return (BUSY_NOW if result == "busy" else FAILED), leg
    call.ringing(src, leg)
    if result == "cancelled":
        call.gives_up_at = s.now + after_s
    answers = after_s if result == "answered" else FOREVER
    if not (yield from call.wait(min(answers, OUTSIDE_RING_S))):
        return ABANDONED, None
    if answers >= OUTSIDE_RING_S:
        call.not_answered(src, [leg])
        return NO_ANSWER, None
    call.answered(src, leg, [leg])
    call.join(leg, src)
    return ANSWERED, leg


# --- queues ------------------------------------------------------------------------------------------------------


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
            s.music(caller, on=False)
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
    reactions = {m.endpoint.name: call.world.react(m.endpoint.name, call) for m in members}
    try:
        legs = [_ring_member(call, entry, m) for m in members]
        yield POST_DIAL_S
        for member, leg in zip(members, legs, strict=True):
            _member_rings(call, entry, member, leg)
        limit = min(queue.timeout_s, max(0.1, deadline - started))
        accounts = [m.endpoint.name for m in members]
        first = _first(reactions, accounts, legs)
        if first is not None and isinstance(first[1], PickedUp):
            first = None  # not in queues: it would take the member's channel from app_queue
        after = first[0] if first else FOREVER
        if not (yield from call.wait(min(after, limit))):
            return ABANDONED, None
    finally:
        entry.pending = False
        for member in members:
            member.reserved = False
    if first is None or after >= limit:
        _nobody(call, entry, members, legs, s.now - started)
        yield from call.wait(queue.retry_s)
        return NO_ANSWER, None
    winner = legs.index(first[2])
    return ANSWERED, _connect(call, entry, members, legs, winner, s.now - started)


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


def _device_leg(call: Call, leg: Channel) -> Channel:
    """The device's own channel behind a member's Local ;1, or the leg itself."""
    return next(b for a, b in call.dials if a is leg.twin) if leg.twin is not None else leg


def _member_rings(call: Call, entry: Entry, member: Member, leg: Channel) -> None:
    s, caller = call.switch, entry.caller
    if leg.twin is not None:
        call.ringing(leg.twin, _device_leg(call, leg))
        return
    dialplan.called_leg(s, leg, caller, member.endpoint.name, "AppQueue")
    s.state(leg, 5)
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
    s.dial("DialEnd", two, device, "DialStatus: CANCEL\r\n")
    s.hangup(device, 26 if cause == 26 else 16)
    s.hangup(two, cause)


def _nobody(call: Call, entry: Entry, members: list[Member], legs: list[Channel], ring_s: float) -> None:
    s = call.switch
    for member, leg in zip(members, legs, strict=True):
        entry.queue.not_answered(entry, member, leg, ring_s)
    for leg in legs:
        s.dial("DialEnd", entry.caller, leg, "DialStatus: NOANSWER\r\n")
    for leg in legs:
        _cancel(call, entry, leg, 0)


def _connect(
    call: Call, entry: Entry, members: list[Member], legs: list[Channel], winner: int, ring_s: float
) -> Channel:
    s, caller, queue = call.switch, entry.caller, entry.queue
    leg = legs[winner]
    others = [x for x in legs if x is not leg]
    device, two = _device_leg(call, leg), leg.twin
    s.state(device, 6)
    if two is not None:
        s.dial("DialEnd", two, device, "DialStatus: ANSWER\r\n")
        s.state(leg, 6)
    s.dial("DialEnd", caller, leg, "DialStatus: ANSWER\r\n")
    call.dials = [d for d in call.dials if d[1] not in {leg, device}]
    for other in others:
        s.dial("DialEnd", caller, other, "DialStatus: CANCEL\r\n")
    s.connected(caller, leg.cid_num, leg.cid_name)
    for other in others:
        _cancel(call, entry, other, 26)
    s.music(caller, on=False)
    if two is not None:
        s.state(two, 6)
    dialplan.queue_variables(s, caller, queue.name, entry.original_position)
    dialplan.queue_variables(s, leg, queue.name, entry.original_position)
    queue.leave(entry, answered=True)
    queue.connect(entry, members[winner], leg, ring_s)
    call.join(leg, caller)
    if two is not None:
        call.join(device, two)
    return device
