"""Ringing somebody until they answer: extensions, groups, queues' members, outside numbers."""

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import FOREVER, Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import DOWN, RING, UP, Channel
from callfloor.simulator.plan import Answers, PickedUp, Reaction, Refuses

ANSWERED, NO_ANSWER, BUSY_NOW, ABANDONED, FAILED = "answered", "no answer", "busy", "abandoned", "failed"
OUTSIDE_RING_S = 30.0
DIALPLAN_S = 0.001  # from a new channel to its first application
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
    reactions = {a: call.world.people.react(a, call) for a in accounts}
    if len(legs) == 1 and isinstance(reactions[accounts[0]], Refuses):
        s.hangup_request(legs[0], 17, 486)
        call.not_answered(src, legs, "BUSY", 17)
        return BUSY_NOW, None
    yield POST_DIAL_S
    for leg in legs:
        call.ringing(src, leg)
    first = first_to_act(reactions, [a for a, _ in targets], legs)
    return (yield from _until_answered(call, src, legs, first, seconds))


def first_to_act(
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
    if first is None or after >= seconds or first[2].uid not in call.switch.channels:
        call.not_answered(src, legs)
        return NO_ANSWER, None
    _, reaction, leg = first
    if isinstance(reaction, PickedUp):
        if not call.switch.endpoints[reaction.by].contacts:  # gone home meanwhile
            return (yield from _until_answered(call, src, legs, None, seconds - after))
        return ANSWERED, (yield from pick_up(call, src, leg, legs, reaction))
    call.answered(src, leg, legs)
    call.join(leg, src)
    return ANSWERED, leg


def pick_up(call: Call, src: Channel, target: Channel, legs: list[Channel], plan: PickedUp) -> Script:
    """A colleague dials ``*8`` or ``**nnn``: their channel takes the ringing one's place. Returns it."""
    s = call.switch
    person = s.endpoints[plan.by].person
    picker = s.channel(
        f"PJSIP/{plan.by}",
        state=RING,
        context="from-internal",
        exten=plan.code,
        num=plan.by,
        name=person,
        endpoint=plan.by,
    )
    call.own(picker)
    yield DIALPLAN_S
    legs = call.alive(legs)
    directed = plan.code.startswith("**")
    if directed:
        s.newexten(picker, "from-internal", plan.code, 2, "PickupChan", f"{target.resource},p")
    s.connected(picker, target.conn_num, target.conn_name)
    s.state(picker, UP)
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
    bridge.no_cause = True
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
    if answers >= OUTSIDE_RING_S or leg.uid not in s.channels:
        call.not_answered(src, [leg])
        return NO_ANSWER, None
    call.answered(src, leg, [leg])
    call.join(leg, src)
    return ANSWERED, leg
