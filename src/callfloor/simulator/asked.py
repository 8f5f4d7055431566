"""What managers have done to calls that go on: sent elsewhere, or handed to a phone that the manager had rung."""

from typing import TYPE_CHECKING

from callfloor.simulator.agenda import Script
from callfloor.simulator.call import Call, Given, Handed, Sent
from callfloor.simulator.channel import DOWN, UP, Channel
from callfloor.simulator.plan import RingPhone, Spies, Talk
from callfloor.simulator.talks import talk
from callfloor.simulator.transfers import send_to
from callfloor.simulator.wire import headers

if TYPE_CHECKING:
    from callfloor.simulator.world import World

TALK_ON_S = 8.0
"""What is left of a conference, without its client."""

ANSWERS_AFTER_S = 1.5
"""Whoever has a call rung to themself sits by the phone."""


def moved(world: "World", call: Call, how: Sent | Handed) -> Script:
    """How a call goes on that a manager has moved."""
    if isinstance(how, Sent):
        return _redirected(world, call, how.channel, how.exten)
    return _handed(world, call, how.channel, how.leg)


def _redirected(world: "World", call: Call, ch: Channel, exten: str) -> Script:
    """AMI Redirect: the channel goes on elsewhere, the others are left behind; a conference goes on without it."""
    if ch.bridge is not None and ch.bridge.kind == "conf" and len(ch.bridge.channels) > 2:
        _part(world, call, ch)
    _leave_the_others(call, ch)
    ch.pbx = True
    if (yield from send_to(call, ch, exten)):
        yield from talk(call, (Talk(world.people.redirected_s()),))


def _handed(world: "World", call: Call, ch: Channel, leg: Channel) -> Script:
    """AMI Bridge: the channel talks with the leg of another call; the others are left behind."""
    s, other = world.switch, leg.call
    _leave_the_others(call, ch)
    if other is not None:
        other.channels.remove(leg)
        if other.task is not None:
            other.task.interrupt(Given())
    leg.call = call
    call.channels.append(leg)
    call.patient(on=True)
    bridge = s.bridge()
    s.enter(bridge, ch)
    s.enter(bridge, leg)
    call.client, call.agent = ch, leg
    yield from talk(call, (Talk(world.people.redirected_s()),))


def ring_phone(call: Call, plan: RingPhone) -> Script:
    """AMI Originate to an application: the phone rings, is answered, and waits for what comes."""
    world, s = call.world, call.switch
    endpoint = s.endpoints[plan.account]
    leg = call.own(
        s.channel(
            f"PJSIP/{plan.account}", state=DOWN, context="from-internal", exten="s", num=plan.account,
            name=endpoint.person, uid=plan.uid, endpoint=plan.account,
        )
    )  # fmt: skip
    s.callerid(leg, plan.shown, plan.shown)
    s.connected(leg, plan.shown, plan.shown)
    s.dial("DialBegin", None, leg, f"DialString: {plan.account}\r\n")
    call.dials.append((None, leg))
    yield 0.001
    call.ringing(None, leg)
    answers = endpoint.free or endpoint.device_state() == "RINGING"
    yield ANSWERS_AFTER_S if answers else plan.timeout_s
    if leg.uid not in s.channels:
        return
    call.dials = []
    if not answers:
        world.originate_answered(plan, None)
        s.hangup(leg, 19, 480)
        return
    s.state(leg, UP)
    s.dial("DialEnd", None, leg, "DialStatus: ANSWER\r\n")
    world.originate_answered(plan, leg)
    s.newexten(leg, "from-internal", "s", 1, plan.application, plan.data)
    if plan.application == "ConfBridge":
        _comes_in(world, leg, plan.data)
    yield plan.waits_s


def _comes_in(world: "World", leg: Channel, room: str) -> None:
    """Whoever enters a conference here does so to talk with its client: the others go at once."""
    for bridge in world.switch.bridges.values():
        call = bridge.channels[0].call if bridge.kind == "conf" and bridge.name == room and bridge.channels else None
        if call is not None and call.client is not None and call.client in bridge.channels:
            world.hand(call.client, leg)
            return


def originate_answered(plan: RingPhone | Spies, ch: Channel | None) -> str:
    """The headers of its OriginateResponse."""
    return headers(
        Response="Success" if ch else "Failure",
        Channel=ch.name if ch else plan.channel,
        Application=plan.application,
        Data=plan.data,
        Reason=4 if ch else 3,
        Uniqueid=plan.uid,
        CallerIDNum=plan.shown,
        CallerIDName=plan.shown,
    )


def _part(world: "World", call: Call, ch: Channel) -> None:
    """Everybody but one becomes a call of their own, in which they talk on for a while."""
    rest = Call(world)
    for other in [each for each in call.channels if each is not ch]:
        call.channels.remove(other)
        rest.own(other)
    world.calls.add(rest)
    rest.task = world.agenda.start(rest.run(_talk_on()))


def _talk_on() -> Script:
    yield TALK_ON_S


def _leave_the_others(call: Call, ch: Channel) -> None:
    """Out of queue, bridge, parking and ring; whoever else was in the call is hung up."""
    s = call.switch
    call.dials, dials = [], call.dials
    for src, leg in dials:
        s.dial("DialEnd", src, leg, "DialStatus: CANCEL\r\n")
    if call.entry is not None:
        entry, call.entry = call.entry, None
        s.music(ch, on=False)
        entry.queue.leave(entry, answered=False) if entry in entry.queue.entries else entry.queue.complete(
            entry, "transfer"
        )
    others = [c for c in call.channels if c is not ch]
    call.unpark([ch, *others])
    for c in (ch, *others):
        bridge = s.leave(c)
        if bridge is not None and not bridge.channels:
            s.destroy(bridge)
    for c in others:
        s.hangup(c, 16)
    s.music(ch, on=False)
    ch.held = False
