"""The four kinds of call, from the first channel to the last hangup; what happens after the answer is in ``talks``."""

from callfloor.simulator import dialplan
from callfloor.simulator.agenda import Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import BUSY, RING, UP, Channel
from callfloor.simulator.company import Target, ToExtension, ToGroup, ToIvr, ToQueue
from callfloor.simulator.offers import ABANDONED, ANSWERED, BUSY_NOW, FAILED, ring_accounts, ring_outside
from callfloor.simulator.plan import Inbound, Internal, Outbound
from callfloor.simulator.queue_calls import enter_queue
from callfloor.simulator.talks import talk
from callfloor.simulator.wire import headers

GREETING_S = 6.5  # who goes before its end leaves no message


def inbound(call: Call, plan: Inbound) -> Script:
    """A client calls a business number."""
    s = call.switch
    client = call.own(
        s.channel(
            f"PJSIP/{plan.trunk}",
            state=RING,
            context="from-trunk",
            exten=plan.did,
            num=plan.client,
            name=plan.name,
            endpoint=plan.trunk,
        )
    )
    client.pbx = True
    call.client = client
    call.message_s = plan.message_s
    route = call.world.routes.get(plan.did)
    if route is None:
        s.newexten(client, "from-trunk", plan.did, 2, "Hangup", "1")
        s.hangup(client, 1, 404)
        return
    if plan.patience_s is not None:
        call.gives_up_at = s.now + plan.patience_s
    dialplan.from_trunk(s, client, plan.did)
    s.newexten(client, route.context, "s", 1, "Goto", "")
    s.touch(client)
    if (yield from to_target(call, client, route.target, route.context, plan)):
        call.patient(on=True)
        yield from talk(call, plan.then)


def to_target(call: Call, src: Channel, target: Target, context: str, plan: Inbound | None) -> Script:
    """Follow a route. True when a person has answered and talks; else the call has ended."""
    match target:
        case ToIvr():
            return (yield from _ivr(call, src, target, context, plan))
        case ToQueue(queue):
            return (yield from _queue(call, src, queue))
        case ToGroup(accounts, seconds):
            outcome, leg = yield from ring_accounts(call, src, accounts, seconds, context, "s")
            return _talking(call, leg) if outcome == ANSWERED else _given_up(call, src, outcome)
        case ToExtension(account):
            return (yield from to_extension(call, src, account))


def _talking(call: Call, leg: Channel) -> bool:
    call.agent = leg
    return True


def _given_up(call: Call, src: Channel, outcome: str) -> bool:
    """Nobody, and no voicemail: the caller or the dialplan ends it."""
    if outcome == ABANDONED:
        call.hang_up(src)
    else:
        call.switch.hangup(src, 16)
    return False


def to_extension(call: Call, src: Channel, account: str) -> Script:
    """ext-local: forwarding, then the phone, then busy or voicemail."""
    s = call.switch
    dialplan.ext_local(s, src, account)
    endpoint = s.endpoints[account]
    if endpoint.dnd_key:
        yield from _busy(call, src)
        return False
    if endpoint.forward_to is not None:
        return (yield from _forwarded(call, src, account, endpoint.forward_to))
    outcome, leg = yield from ring_accounts(call, src, (account,), call.world.company.ring_s, "ext-local", account)
    if outcome == ANSWERED:
        return _talking(call, leg)
    if outcome == ABANDONED:
        call.hang_up(src)
    elif outcome == BUSY_NOW:
        yield from _busy(call, src)
    else:
        yield from voicemail(call, src, account)
    return False


def _busy(call: Call, src: Channel) -> Script:
    """Busy(): the caller is told, and goes."""
    s = call.switch
    s.newexten(src, src.context, src.exten, 16 if src.context == "ext-local" else 9, "Busy", "3")
    if src.state == UP:
        yield 3.0
    else:
        s.state(src, BUSY)
        s.hangup_request(src, 17, 486)
    s.hangup(src, 17)


def voicemail(call: Call, src: Channel, account: str) -> Script:
    """The caller speaks to the account's voicemail."""
    s = call.switch
    s.newexten(src, src.context, src.exten, 12, "Answer", "")
    call.up(src)
    s.newexten(src, src.context, src.exten, 13, "VoiceMail", f"{account}@default,us")
    call.patient(on=True)
    yield call.message_s
    s.hangup_request(src, None)
    if call.message_s < GREETING_S:
        s.hangup(src, 0)
        return
    count = call.world.left_message(account)
    s.call_event("MessageWaiting", src, headers(Mailbox=f"{account}@default", Waiting=1, New=count, Old=0))
    s.hangup(src, 0)


def _queue(call: Call, src: Channel, name: str) -> Script:
    s = call.switch
    queue = s.queues[name]
    outcome, leg = yield from enter_queue(call, src, queue)
    if outcome == ANSWERED:
        return _talking(call, leg)
    if outcome == ABANDONED or queue.overflow is None:
        call.hang_up(src) if outcome == ABANDONED else s.hangup(src, 16)
    else:
        s.newexten(src, "sub-vm", queue.overflow, 1, "Answer", "")
        yield from voicemail(call, src, queue.overflow)
    return False


def _ivr(call: Call, src: Channel, ivr: ToIvr, context: str, plan: Inbound | None) -> Script:
    s = call.switch
    s.newexten(src, context, "s", 1, "Answer", "")
    call.up(src)
    s.newexten(src, context, "s", 2, "Set", f"IVR={ivr.name}")
    s.newexten(src, context, "s", 3, "Background", "vm-options")
    digit = plan.digit if plan is not None else None
    if digit is None:
        if not (yield from call.wait(ivr.menu_s)):
            call.hang_up(src)
            return False
        return (yield from to_target(call, src, ivr.otherwise, context, plan))
    if not (yield from call.wait(plan.digit_after_s if plan else 0)):
        call.hang_up(src)
        return False
    s.emit("DTMFBegin", "dtmf", src.headers() + headers(Digit=digit, Direction="Received"))
    still = yield from call.wait(0.16)
    s.emit("DTMFEnd", "dtmf", src.headers() + headers(Digit=digit, DurationMs=160, Direction="Received"))
    s.newexten(src, context, "s", 4, "WaitExten", "6")
    if not still or not (yield from call.wait(ivr.gap_s)):
        call.hang_up(src)
        return False
    return (yield from to_target(call, src, ivr.options.get(digit, ivr.otherwise), context, plan))


def _forwarded(call: Call, src: Channel, account: str, to: str) -> Script:
    """Call forwarding in the dialplan: a Local channel to the new destination."""
    s = call.switch
    dialplan.dial(s, src, ("ext-local", account, 22), f"Local/{to}@from-internal-xfer/n,20,tTkKxX")
    one, two = s.local_pair(to, "from-internal-xfer", src)
    one.application, one.data, one.exten = "AppDial", "(Outgoing Line)", account
    s.callerid(one, account)
    s.connected(one, src.cid_num, src.cid_name)
    s.callerid(two, src.cid_num, src.cid_name)
    s.connected(two, account, two.conn_name)
    s.local_bridge(one, optimize=False)
    s.dial("DialBegin", src, one, f"DialString: {to}@from-internal-xfer/n\r\n")
    call.dials.append((src, one))
    if to in s.endpoints:
        dialplan.ext_local(s, two, to) if s.noise else None
        outcome, leg = yield from ring_accounts(call, two, (to,), call.world.company.ring_s, "ext-local", to)
    else:
        outcome, leg = yield from ring_outside(call, two, to, "trunk-a", *call.world.people.outside(to))
    if outcome != ANSWERED:
        if outcome == ABANDONED:
            call.hang_up(src)
        else:
            call.not_answered(src, [one], "CHANUNAVAIL" if outcome == FAILED else "NOANSWER")
            s.hangup(two, 16)
            s.hangup(src, 16)
        return False
    s.state(one, UP)
    s.dial("DialEnd", src, one, "DialStatus: ANSWER\r\n")
    call.dials = [d for d in call.dials if d[1] is not one]
    call.up(src)
    call.join(one, src)
    return _talking(call, leg)


def employee_dials(call: Call, account: str, number: str) -> Channel:
    """An employee's phone calls: the first channel of an outbound or internal call."""
    s = call.switch
    ch = s.channel(
        f"PJSIP/{account}",
        state=RING,
        context="from-internal",
        exten=number,
        num=account,
        name=s.endpoints[account].person,
        endpoint=account,
    )
    ch.pbx = True
    call.own(ch)
    s.newexten(ch, "from-internal", number, 1, "Goto", "")
    return ch


def outbound(call: Call, plan: Outbound) -> Script:
    """An employee calls an outside number."""
    call.agent = agent = employee_dials(call, plan.account, plan.number)
    yield from to_client(call, agent, plan.number, plan.trunk, plan.result, plan.after_s)
    if call.client is not None:
        yield from talk(call, plan.then)


def to_client(call: Call, agent: Channel, number: str, trunk: str, result: str, after_s: float) -> Script:
    s = call.switch
    s.newexten(agent, "outbound", number, 1, "NoOp", f"outbound {number} from {agent.cid_num}")
    s.newexten(agent, "outbound", number, 2, "Set", f"__OUTNUM={number}")
    dialplan.record(s, agent, "out", number)
    s.touch(agent)
    outcome, leg = yield from ring_outside(call, agent, number, trunk, result, after_s)
    if outcome == ANSWERED:
        call.patient(on=True)
        call.client = leg
    elif outcome == ABANDONED:
        call.hang_up(agent)
    elif outcome == BUSY_NOW:
        yield from _busy(call, agent)
    else:
        cause, tech = {"unknown": (1, 404), "refused": (34, 503)}.get(result, (16, None))
        s.newexten(agent, "outbound", number, 8, "Hangup", str(cause))
        s.hangup(agent, cause, tech)


def internal(call: Call, plan: Internal) -> Script:
    """An employee calls another."""
    s = call.switch
    call.agent = caller = employee_dials(call, plan.account, plan.to)
    s.touch(caller)
    if plan.patience_s is not None:
        call.gives_up_at = s.now + plan.patience_s
    if (yield from to_extension(call, caller, plan.to)):
        call.patient(on=True)
        call.client, call.agent = call.agent, caller
        yield from talk(call, plan.then)
