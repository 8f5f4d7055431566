"""What a manager may ask: the actions that the simulated PBX understands, by name.

An action gets the client's message and returns the answer's headers (without Response and ActionID) or raises
``RefusedError`` with Asterisk's own words. A listing returns its events as well.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from callfloor.asterisk.ami import Message
from callfloor.simulator import listings
from callfloor.simulator.listings import Listing
from callfloor.simulator.plan import Callback, Talk
from callfloor.simulator.world import World

VERSION = "22.10.1"
AMI_VERSION = "11.0.0"


class RefusedError(Exception):
    """The PBX answers ``Response: Error`` with this message."""


class Reply(NamedTuple):
    """``headers`` of the answer; with ``events`` a listing, ended by an event ``complete`` of these ``totals``."""

    headers: str
    events: Listing | None = None
    complete: str = ""
    totals: str = ""


Action = Callable[[World, Message], Reply]
ACTIONS: dict[str, Action] = {}


def action(*names: str) -> Callable[[Action], Action]:
    """Enter an action into the table, under AMI's names for it."""

    def enter(function: Action) -> Action:
        for name in names:
            ACTIONS[name.lower()] = function
        return function

    return enter


def _listing(message: str, complete: str, events: Listing, totals: str = "") -> Reply:
    return Reply(f"EventList: start\r\nMessage: {message}\r\n", events, complete, totals)


# --- listings ----------------------------------------------------------------------------------------------------


@action("CoreSettings")
def _settings(world: World, m: Message) -> Reply:  # noqa: ARG001
    return Reply(
        f"AMIversion: {AMI_VERSION}\r\nAsteriskVersion: {VERSION}\r\nSystemName: \r\nCoreMaxCalls: 0\r\nCoreMaxLoadAvg: 0.000000\r\n"
        "CoreRunUser: asterisk\r\nCoreRunGroup: asterisk\r\nCoreMaxFilehandles: 0\r\nCoreRealTimeEnabled: No\r\n"
        "CoreCDRenabled: Yes\r\nCoreHTTPenabled: No\r\nSoundsSearchCustomDir: No\r\n"
    )


@action("CoreStatus")
def _status(world: World, m: Message) -> Reply:  # noqa: ARG001
    return Reply(listings.core_status(world, world.started_at))


@action("CoreShowChannels")
def _channels(world: World, m: Message) -> Reply:  # noqa: ARG001
    return _listing("Channels will follow", "CoreShowChannelsComplete", listings.core_show_channels(world))


@action("Status")
def _channel_status(world: World, m: Message) -> Reply:
    channel = m.get("Channel")
    if channel and channel not in world.switch.by_name:
        raise RefusedError("No such channel")
    count = 1 if channel else len(world.switch.channels)
    return _listing(
        "Channel status will follow", "StatusComplete", listings.status(world, channel), f"Items: {count}\r\n"
    )


@action("BridgeList")
def _bridges(world: World, m: Message) -> Reply:  # noqa: ARG001
    return _listing("Bridge listing will follow", "BridgeListComplete", listings.bridge_list(world))


@action("BridgeInfo")
def _bridge(world: World, m: Message) -> Reply:
    bridge = world.switch.bridges.get(m.get("BridgeUniqueid"))
    if bridge is None:
        raise RefusedError("Bridge not found")
    return _listing(
        "Bridge channel listing will follow",
        "BridgeInfoComplete",
        listings.bridge_info(world, bridge.uid),
        bridge.headers(),
    )


@action("QueueStatus")
def _queues(world: World, m: Message) -> Reply:
    return _listing(
        "Queue status will follow", "QueueStatusComplete", listings.queue_status(world, m.get("Queue"), m.get("Member"))
    )


@action("QueueSummary")
def _queue_summary(world: World, m: Message) -> Reply:
    return _listing("Queue summary will follow", "QueueSummaryComplete", listings.queue_summary(world, m.get("Queue")))


@action("PJSIPShowContacts")
def _contacts(world: World, m: Message) -> Reply:  # noqa: ARG001
    message = "A listing of Contacts follows, presented as ContactList events"
    return _listing(message, "ContactListComplete", listings.contacts(world))


@action("PJSIPShowEndpoints")
def _endpoints(world: World, m: Message) -> Reply:  # noqa: ARG001
    message = "A listing of Endpoints follows, presented as EndpointList events"
    return _listing(message, "EndpointListComplete", listings.endpoints(world))


@action("PJSIPShowEndpoint")
def _endpoint(world: World, m: Message) -> Reply:
    name = m.get("Endpoint")
    if name not in world.switch.endpoints:
        raise RefusedError(f"Unable to retrieve endpoint {name}")
    return _listing(
        "Following are Events for each object associated with the Endpoint",
        "EndpointDetailComplete",
        listings.endpoint_detail(world, name),
    )


@action("ExtensionStateList")
def _hints(world: World, m: Message) -> Reply:  # noqa: ARG001
    return _listing("Extension Statuses will follow", "ExtensionStateListComplete", listings.extension_states(world))


@action("ExtensionState")
def _hint(world: World, m: Message) -> Reply:
    endpoint = world.switch.endpoints.get(m.get("Exten"))
    if endpoint is None or endpoint.trunk:
        return Reply(
            f"Message: Extension Status\r\nExten: {m.get('Exten')}\r\nContext: {m.get('Context')}\r\nHint: \r\nStatus: -1\r\nStatusText: Unknown\r\n"
        )
    return Reply("Message: Extension Status\r\n" + listings.hint_headers(endpoint))


@action("DeviceStateList")
def _devices(world: World, m: Message) -> Reply:  # noqa: ARG001
    return _listing("Device State Changes will follow", "DeviceStateListComplete", listings.device_states(world))


@action("PresenceStateList")
def _presence(world: World, m: Message) -> Reply:  # noqa: ARG001
    return _listing("Presence State Changes will follow", "PresenceStateListComplete", listings.presence_states(world))


@action("ParkedCalls")
def _parked(world: World, m: Message) -> Reply:  # noqa: ARG001
    count = len(world.switch.parked)
    return _listing(
        "Parked calls will follow", "ParkedCallsComplete", listings.parked_calls(world), f"Total: {count}\r\n"
    )


@action("DBGet")
def _db_get(world: World, m: Message) -> Reply:
    family, key = m.get("Family"), m.get("Key")
    value = dict(listings.database(world)).get(f"/{family}/{key}")
    if value is None:
        raise RefusedError("Database entry not found")
    event = ("DBGetResponse", f"@Family: {family}\r\nKey: {key}\r\nVal: {value}\r\n")
    return _listing("Result will follow", "DBGetComplete", iter([event]))


@action("ListCommands")
def _commands(world: World, m: Message) -> Reply:  # noqa: ARG001
    return Reply("".join(f"{name}: simulated\r\n" for name in sorted(ACTIONS)))


@action("Command")
def _command(world: World, m: Message) -> Reply:
    words = m.get("Command").split()
    match words:
        case ["core", "show", "version"]:
            lines = [f"Asterisk {VERSION} simulated by Callfloor"]
        case ["core", "show", "uptime", *_]:
            seconds = int(world.agenda.now - world.started_at)
            lines = [f"System uptime: {seconds // 3600} hours, {seconds // 60 % 60} minutes, {seconds % 60} seconds"]
        case ["database", "show", *family]:
            rows = [f"{key:<50}: {value:<25}" for key, value in listings.database(world, "/".join(family))]
            lines = [*rows, f"{len(rows)} results found."]
        case _:
            lines = [
                f"No such command '{m.get('Command')}' (type 'core show help {m.get('Command')}' for other possible commands)"
            ]
    return Reply("Message: Command output follows\r\n" + "".join(f"Output: {line}\r\n" for line in lines))


# --- commands ----------------------------------------------------------------------------------------------------


@action("Getvar")
def _getvar(world: World, m: Message) -> Reply:
    variable = m.get("Variable")
    channel = m.get("Channel")
    ch = world.switch.by_name.get(channel)
    if channel and ch is None:
        raise RefusedError("No such channel")
    known = (
        {
            "CALLERID(num)": ch.cid_num,
            "CALLERID(name)": ch.cid_name,
            "UNIQUEID": ch.uid,
            "CHANNEL(linkedid)": ch.linked[1],
        }
        if ch
        else {}
    )
    return Reply(f"Variable: {variable}\r\nValue: {known.get(variable, world.switch.globals.get(variable, ''))}\r\n")


@action("Setvar")
def _setvar(world: World, m: Message) -> Reply:
    variable, value = m.get("Variable"), m.get("Value")
    if not variable:
        raise RefusedError("No variable specified")
    dnd = re.fullmatch(r"DEVICE_STATE\(Custom:DND(\w+)\)", variable)
    if dnd and dnd[1] in world.switch.endpoints:
        world.switch.do_not_disturb(world.switch.endpoints[dnd[1]], on=value == "BUSY")
    elif not m.get("Channel") and len(world.switch.globals) < 1000:
        world.switch.globals[variable] = value
    return Reply("Message: Variable Set\r\n")


@action("Hangup")
def _hangup(world: World, m: Message) -> Reply:
    ch = world.switch.by_name.get(m.get("Channel"))
    if ch is None or ch.call is None:
        raise RefusedError("No such channel")
    world.cut(ch.call, ch)
    return Reply("Message: Channel Hungup\r\n")


@action("Redirect")
def _redirect(world: World, m: Message) -> Reply:
    ch = world.switch.by_name.get(m.get("Channel"))
    if ch is None:
        raise RefusedError(f"Channel does not exist: {m.get('Channel')}")
    exten = m.get("Exten")
    if not exten.lstrip("+").isdigit():
        raise RefusedError("Redirect failed")
    world.send(ch, exten)
    return Reply("Message: Redirect successful\r\n")


@action("Originate")
def _originate(world: World, m: Message) -> Reply:
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
    result, after = world.outside(number)
    plan = Callback(
        account=account, number=number, local=m.get("Channel").startswith("Local/"), result=result, after_s=after,
        named=bool(m.get("CallerID").split("<")[0].strip()), channel_id=channel_id,
        timeout_s=int(timeout_ms) / 1000 if timeout_ms.isdigit() else 30.0, then=(Talk(world.people.redirected_s()),),
    )  # fmt: skip
    world.originate(plan, m.get("ActionID"))
    return Reply("Message: Originate successfully queued\r\n")


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
