"""Actions that change something: hang up, redirect, originate, pause, add, remove."""

import re

from callfloor.asterisk.ami import Message
from callfloor.simulator import spying
from callfloor.simulator.actions import RefusedError, Reply, action
from callfloor.simulator.plan import Callback, RingPhone, Talk
from callfloor.simulator.wire import headers
from callfloor.simulator.world import World

MODULES = frozenset(
    {"app_chanspy", "chan_audiosocket", "res_audiosocket", "app_queue", "chan_pjsip", "app_mixmonitor", "res_parking"}
)
MOST_KEPT = 1000  # variables and database keys that managers make up


@action("Getvar")
def _getvar(world: World, m: Message) -> Reply:
    variable = m.get("Variable")
    channel = m.get("Channel")
    ch = world.switch.find(channel)
    if channel and ch is None:
        raise RefusedError("No such channel")
    known = (
        {
            "SPYGROUP": ch.spygroup,
            "CALLERID(num)": ch.cid_num,
            "CALLERID(name)": ch.cid_name,
            "UNIQUEID": ch.uid,
            "CHANNEL(linkedid)": ch.linked[1],
        }
        if ch
        else {}
    )
    return Reply(headers(Variable=variable, Value=known.get(variable, world.switch.globals.get(variable, ""))))


@action("Setvar")
def _setvar(world: World, m: Message) -> Reply:
    variable, value = m.get("Variable"), m.get("Value")
    if not variable:
        raise RefusedError("No variable specified")
    if m.get("Channel") and world.switch.find(m.get("Channel")) is None:
        raise RefusedError("No such channel")
    spied = world.switch.find(m.get("Channel")) if variable == "SPYGROUP" else None
    if spied is not None:
        spied.spygroup = value
    dnd = re.fullmatch(r"DEVICE_STATE\(Custom:DND(\w+)\)", variable)
    if dnd and dnd[1] in world.switch.endpoints:
        world.switch.dnd_state(world.switch.endpoints[dnd[1]], on=value == "BUSY")
    elif not m.get("Channel") and len(world.switch.globals) < MOST_KEPT:
        world.switch.globals[variable] = value
    return Reply("Message: Variable Set\r\n")


@action("DBPut")
def _db_put(world: World, m: Message) -> Reply:
    family, key, value = m.get("Family"), m.get("Key"), m.get("Val")
    if not family or not key:
        raise RefusedError("No family specified" if not family else "No key specified")
    endpoint = world.switch.endpoints.get(key)
    if family == "DND" and endpoint is not None:
        endpoint.dnd_key = value == "YES"
    elif family == "CF" and endpoint is not None:
        endpoint.forward_to = value or None
    elif len(world.switch.database) < MOST_KEPT:
        world.switch.database[f"/{family}/{key}"] = value
    return Reply("Message: Updated database successfully\r\n")


@action("DBDel")
def _db_del(world: World, m: Message) -> Reply:
    family, key = m.get("Family"), m.get("Key")
    endpoint = world.switch.endpoints.get(key)
    if family == "DND" and endpoint is not None and endpoint.dnd_key:
        endpoint.dnd_key = False
    elif family == "CF" and endpoint is not None and endpoint.forward_to:
        endpoint.forward_to = None
    elif world.switch.database.pop(f"/{family}/{key}", None) is None:
        raise RefusedError("Database entry not found")
    return Reply("Message: Key deleted successfully\r\n")


@action("Hangup")
def _hangup(world: World, m: Message) -> Reply:
    ch = world.switch.find(m.get("Channel"))
    if ch is None or ch.call is None:
        raise RefusedError("No such channel")
    if not world.leaves_conference(ch):
        world.cut(ch.call, ch)
    return Reply("Message: Channel Hungup\r\n")


@action("Redirect")
def _redirect(world: World, m: Message) -> Reply:
    ch = world.switch.find(m.get("Channel"))
    if ch is None:
        raise RefusedError(f"Channel does not exist: {m.get('Channel')}")
    exten = m.get("Exten")
    if not exten.lstrip("+").isdigit():
        raise RefusedError("Redirect failed")
    world.send(ch, exten)
    return Reply("Message: Redirect successful\r\n")


@action("Bridge")
def _bridge(world: World, m: Message) -> Reply:
    channels = [world.switch.find(m.get(name)) for name in ("Channel1", "Channel2")]
    for place, ch in enumerate(channels, 1):
        if ch is None or ch.call is None:
            raise RefusedError(f"Channel{place} does not exist: {m.get(f'Channel{place}')}")
    one, two = channels
    if one is not None and two is not None:
        world.hand(one, two)
    return Reply("Message: Channels have been bridged\r\n")


@action("Originate")
def _originate(world: World, m: Message) -> Reply:
    if m.get("Application"):
        return _ring(world, m)
    channel = re.fullmatch(r"(?:PJSIP/(\w+)|Local/(\w+)@[\w-]+(?:/n)?)", m.get("Channel"))
    account = (channel[1] or channel[2]) if channel else ""
    number = m.get("Exten")
    endpoint = world.switch.endpoints.get(account)
    if endpoint is None or endpoint.trunk or not endpoint.contacts or not number.lstrip("+").isdigit():
        raise RefusedError("Originate failed")
    channel_id = m.get("ChannelId") or None
    if channel_id in world.switch.channels:
        raise RefusedError("Uniqueid is already in use")
    timeout_ms = m.get("Timeout", "30000")
    result, after = world.people.outside(number)
    plan = Callback(
        account=account,
        number=number,
        local=m.get("Channel").startswith("Local/"),
        result=result,
        after_s=after,
        named=bool(m.get("CallerID").split("<")[0].strip()),
        channel_id=channel_id,
        timeout_s=int(timeout_ms) / 1000 if timeout_ms.isdigit() else 30.0,
        then=(Talk(world.people.redirected_s()),),
    )
    world.originate(plan, m.get("ActionID"))
    return Reply("Message: Originate successfully queued\r\n")


def _ring(world: World, m: Message) -> Reply:
    """An employee's phone into an application: to wait there for a call, or to listen to one."""
    if m.get("Application") == "ChanSpy":
        return _spy(world, m)
    channel, uid = re.fullmatch(r"PJSIP/(\w+)(?:/sip:.+)?", m.get("Channel")), m.get("ChannelId")
    endpoint = world.switch.endpoints.get(channel[1] if channel else "")
    application = m.get("Application")
    if application not in {"Wait", "ConfBridge"} or endpoint is None or endpoint.trunk or not uid:
        raise RefusedError("Originate failed")
    if uid in world.switch.channels:
        raise RefusedError("Uniqueid is already in use")
    if not endpoint.contacts:
        raise RefusedError("Originate failed")
    data, timeout_ms = m.get("Data"), m.get("Timeout", "30000")
    plan = RingPhone(
        channel=m.get("Channel"),
        account=endpoint.name,
        uid=uid,
        application=application,
        data=data,
        shown=m.get("CallerID").partition("<")[2].rstrip(">"),
        timeout_s=int(timeout_ms) / 1000 if timeout_ms.isdigit() else 30.0,
        waits_s=float(data) if application == "Wait" and data.isdigit() else 10.0,
    )
    world.originate(plan, m.get("ActionID"))
    return Reply("Message: Originate successfully queued\r\n")


def _spy(world: World, m: Message) -> Reply:
    timeout_ms = m.get("Timeout", "30000")
    timeout_s = int(timeout_ms) / 1000 if timeout_ms.isdigit() else 30.0
    plan = spying.plan_of(world, m.get("Channel"), m.get("Data"), m.get("ChannelId"), timeout_s)
    if plan is None:
        raise RefusedError("Originate failed")
    world.originate(plan, m.get("ActionID"))
    return Reply("Message: Originate successfully queued\r\n")


@action("PlayDTMF")
def _play_dtmf(world: World, m: Message) -> Reply:
    ch, digit = world.switch.find(m.get("Channel")), m.get("Digit")
    if ch is None:
        raise RefusedError("Channel not found")
    if len(digit) != 1 or digit not in "0123456789*#ABCD":
        raise RefusedError("No digit specified")
    duration = m.get("Duration")
    if m.get("Receive").lower() in {"true", "yes", "1", "on"}:
        spying.press(world, ch, digit, int(duration) if duration.isdigit() else 100)
    return Reply("Message: DTMF successfully queued\r\n")


@action("ModuleCheck")
def _module(world: World, m: Message) -> Reply:
    if m.get("Module").removesuffix(".so") not in MODULES:
        raise RefusedError("Module not loaded")
    return Reply("Version: \r\n")


@action("QueuePause")
def _queue_pause(world: World, m: Message) -> Reply:
    interface, only = m.get("Interface"), m.get("Queue")
    on = m.get("Paused").lower() in {"true", "yes", "1", "on"}
    found = [
        (q, q.members[interface])
        for q in world.switch.queues.values()
        if only in {"", q.name} and interface in q.members
    ]
    if not interface or not found:
        raise RefusedError("Interface not found" if interface else "Need 'Interface' parameter.")
    for queue, member in found:
        queue.pause(member, on=on, reason=m.get("Reason"))
    return Reply(f"Message: Interface {'paused' if on else 'unpaused'} successfully\r\n")


@action("QueueAdd")
def _queue_add(world: World, m: Message) -> Reply:
    queue, interface = world.switch.queues.get(m.get("Queue")), m.get("Interface")
    found = re.fullmatch(r"(?:PJSIP/(\w+)|Local/(\w+)@from-queue(?:/n)?)", interface)
    account = (found[1] or found[2]) if found else ""
    endpoint = world.switch.endpoints.get(account)
    if queue is None or endpoint is None or endpoint.trunk:
        raise RefusedError(
            "Unable to add interface to queue: No such queue" if queue is None else "Unable to add interface"
        )
    if interface in queue.members:
        raise RefusedError("Unable to add interface: Already there")
    member = world.member(account, local=interface.startswith("Local/"))
    member.interface = interface
    member.membership = "dynamic"
    member.name = m.get("MemberName") or member.name
    member.penalty = int(m.get("Penalty")) if m.get("Penalty").isdigit() else 0
    member.paused = m.get("Paused").lower() in {"true", "yes", "1", "on"}
    queue.add(member)
    queue.say_member("QueueMemberAdded", member)
    return Reply("Message: Added interface to queue\r\n")


@action("QueueRemove")
def _queue_remove(world: World, m: Message) -> Reply:
    queue, interface = world.switch.queues.get(m.get("Queue")), m.get("Interface")
    if queue is None:
        raise RefusedError("Unable to remove interface from queue: No such queue")
    if interface not in queue.members:
        raise RefusedError("Unable to remove interface: Not there")
    queue.say_member("QueueMemberRemoved", queue.remove(interface))
    return Reply("Message: Removed interface from queue\r\n")
