"""Calls that the PBX itself begins: the employee's phone first, then the client."""

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import DOWN, UP, Channel
from callfloor.simulator.flows import to_client
from callfloor.simulator.plan import Callback
from callfloor.simulator.talks import talk

LATE_S = 0.005  # an Originate that nobody answers is given up a little after its time, as recorded


def callback(call: Call, plan: Callback) -> Script:
    """AMI Originate: the employee's phone first, then the client. Returns (Uniqueid or None, Originate's reason)."""
    s = call.switch
    name = f"Callback {plan.number}" if plan.named else "<unknown>"
    if plan.local:
        src, leg = _callback_local(call, plan, name)
    else:
        src, leg = None, _callback_leg(call, plan, name)
    first = leg if src is None else src.twin or src
    yield 0.001
    call.ringing(src, leg)
    reaction = call.world.people.react(plan.account, call)
    after = getattr(reaction, "after_s", plan.timeout_s)
    if not (yield from call.wait(min(after, plan.timeout_s + LATE_S))):
        return
    if after >= plan.timeout_s or leg.uid not in s.channels:
        call.dials = []
        call.world.originated(plan, None)
        s.hangup(leg, 19, 480)
        for ch in list(call.channels):
            s.hangup(ch, 0)
        return
    s.state(leg, UP)
    if src is not None:
        s.dial("DialEnd", src, leg, "DialStatus: ANSWER\r\n")
        s.state(src, UP)
        s.state(first, UP)
    s.dial("DialEnd", None, first, "DialStatus: ANSWER\r\n")
    call.dials = []
    call.world.originated(plan, first)
    if src is not None:
        call.join(leg, src)
    first.pbx = True
    call.agent = leg
    s.newexten(first, "callback", plan.number, 3, "Goto", f"outbound,{plan.number},1")
    yield from to_client(call, first, plan.number, plan.trunk, plan.result, plan.after_s)
    if call.client is not None:
        yield from talk(call, plan.then)


def _callback_leg(call: Call, plan: Callback, name: str) -> Channel:
    s = call.switch
    leg = call.own(
        s.channel(
            f"PJSIP/{plan.account}",
            state=DOWN,
            context="from-internal",
            exten="s",
            num=plan.account,
            name=s.endpoints[plan.account].person,
            uid=plan.channel_id,
            endpoint=plan.account,
        )
    )
    s.newexten(leg, "from-internal", "s", 1, "AppDial2", "(Outgoing Line)")
    s.callerid(leg, plan.number, name)
    s.connected(leg, plan.number, name)
    s.dial("DialBegin", None, leg, f"DialString: {plan.account}\r\n")
    call.dials.append((None, leg))
    return leg


def _callback_local(call: Call, plan: Callback, name: str) -> tuple[Channel, Channel]:
    s = call.switch
    one, two = s.local_pair(plan.account, "from-internal", None, call)
    one.application, one.data = "AppDial2", "(Outgoing Line)"
    s.callerid(one, plan.number, name)
    s.connected(one, plan.number, name)
    s.callerid(two, plan.number, name)
    s.connected(two, plan.number, name)
    s.local_bridge(one, optimize=False)
    s.dial("DialBegin", None, one, f"DialString: {plan.account}@from-internal/n\r\n")
    call.dials.append((None, one))
    dialplan.ext_local(s, two, plan.account)
    contact = s.endpoints[plan.account].contacts[0]
    dialplan.dial(s, two, ("ext-local", plan.account, 8), f"PJSIP/{plan.account}/{contact.uri},10,tTkKxX")
    (leg,) = call.dial_devices(two, [(plan.account, contact)])
    return two, leg
