"""What a manager may ask: the actions that the simulated PBX understands, by name.

An action gets the client's message and returns the answer's headers (without Response and ActionID) or raises
``RefusedError`` with Asterisk's own words. A listing returns its events as well.
"""

from collections.abc import Callable
from typing import NamedTuple

from callfloor.asterisk.ami import Message
from callfloor.simulator import device_listings, listings
from callfloor.simulator.devices import hint_headers
from callfloor.simulator.listings import Listing
from callfloor.simulator.wire import headers
from callfloor.simulator.world import World

VERSION = "22.10.1"
AMI_VERSION = "11.0.0"


class RefusedError(Exception):
    """The PBX answers ``Response: Error`` with this message."""


class Reply(NamedTuple):
    """``body`` of the answer; with ``events`` a listing, ended by an event ``complete`` of these ``totals``.

    ``id_last``: the ActionID ends each of its events, as app_queue and Status write them.
    """

    body: str
    events: Listing | None = None
    complete: str = ""
    totals: str = ""
    id_last: bool = False

    def encode(self, action_id: str | None) -> bytes:
        """The answer as it is sent, a listing with all its events."""
        mark = f"ActionID: {action_id}\r\n" if action_id else ""
        out = [f"Response: Success\r\n{mark}{self.body}\r\n"]
        if self.events is not None:
            out += [
                f"Event: {event}\r\n{body + mark if self.id_last else mark + body}\r\n" for event, body in self.events
            ]
            end = headers(EventList="Complete", ListItems=len(out) - 1) + self.totals
            out.append(f"Event: {self.complete}\r\n{mark}{end}\r\n")
        return "".join(out).encode()


Action = Callable[[World, Message], Reply]
ACTIONS: dict[str, Action] = {}


def action(*names: str) -> Callable[[Action], Action]:
    """Enter an action into the table, under AMI's names for it."""

    def enter(function: Action) -> Action:
        for name in names:
            ACTIONS[name.lower()] = function
        return function

    return enter


def _listing(message: str, complete: str, events: Listing, totals: str = "", *, id_last: bool = False) -> Reply:
    return Reply(headers(EventList="start", Message=message), events, complete, totals, id_last)


# --- listings ----------------------------------------------------------------------------------------------------


@action("CoreSettings")
def _settings(world: World, m: Message) -> Reply:
    return Reply(
        headers(
            AMIversion=AMI_VERSION,
            AsteriskVersion=VERSION,
            SystemName="",
            CoreMaxCalls=0,
            CoreMaxLoadAvg="0.000000",
            CoreRunUser="asterisk",
            CoreRunGroup="asterisk",
            CoreMaxFilehandles=0,
            CoreRealTimeEnabled="No",
            CoreCDRenabled="Yes",
            CoreHTTPenabled="No",
            SoundsSearchCustomDir="No",
        )
    )


@action("CoreStatus")
def _status(world: World, m: Message) -> Reply:
    return Reply(listings.core_status(world, world.started_at))


@action("CoreShowChannels")
def _channels(world: World, m: Message) -> Reply:
    return _listing("Channels will follow", "CoreShowChannelsComplete", listings.core_show_channels(world))


@action("Status")
def _channel_status(world: World, m: Message) -> Reply:
    channel = m.get("Channel")
    if channel and channel not in world.switch.by_name:
        raise RefusedError("No such channel")
    count = 1 if channel else len(world.switch.channels)
    return _listing(
        "Channel status will follow",
        "StatusComplete",
        listings.status(world, channel),
        f"Items: {count}\r\n",
        id_last=True,
    )


@action("BridgeList")
def _bridges(world: World, m: Message) -> Reply:
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
        "Queue status will follow",
        "QueueStatusComplete",
        listings.queue_status(world, m.get("Queue"), m.get("Member")),
        id_last=True,
    )


@action("QueueSummary")
def _queue_summary(world: World, m: Message) -> Reply:
    return _listing(
        "Queue summary will follow", "QueueSummaryComplete", listings.queue_summary(world, m.get("Queue")), id_last=True
    )


@action("PJSIPShowContacts")
def _contacts(world: World, m: Message) -> Reply:
    message = "A listing of Contacts follows, presented as ContactList events"
    return _listing(message, "ContactListComplete", device_listings.contacts(world))


@action("PJSIPShowEndpoints")
def _endpoints(world: World, m: Message) -> Reply:
    message = "A listing of Endpoints follows, presented as EndpointList events"
    return _listing(message, "EndpointListComplete", device_listings.endpoints(world))


@action("PJSIPShowEndpoint")
def _endpoint(world: World, m: Message) -> Reply:
    name = m.get("Endpoint")
    if name not in world.switch.endpoints:
        raise RefusedError(f"Unable to retrieve endpoint {name}")
    return _listing(
        "Following are Events for each object associated with the Endpoint",
        "EndpointDetailComplete",
        device_listings.endpoint_detail(world, name),
    )


@action("ExtensionStateList")
def _hints(world: World, m: Message) -> Reply:
    return _listing(
        "Extension Statuses will follow", "ExtensionStateListComplete", device_listings.extension_states(world)
    )


@action("ExtensionState")
def _hint(world: World, m: Message) -> Reply:
    endpoint = world.switch.endpoints.get(m.get("Exten"))
    if endpoint is None or endpoint.trunk:
        return Reply(
            headers(
                Message="Extension Status",
                Exten=m.get("Exten"),
                Context=m.get("Context"),
                Hint="",
                Status="-1",
                StatusText="Unknown",
            )
        )
    return Reply("Message: Extension Status\r\n" + hint_headers(endpoint))


@action("DeviceStateList")
def _devices(world: World, m: Message) -> Reply:
    return _listing("Device State Changes will follow", "DeviceStateListComplete", device_listings.device_states(world))


@action("PresenceStateList")
def _presence(world: World, m: Message) -> Reply:
    return _listing(
        "Presence State Changes will follow", "PresenceStateListComplete", device_listings.presence_states(world)
    )


@action("ParkedCalls")
def _parked(world: World, m: Message) -> Reply:
    count = len(world.switch.parked)
    return _listing(
        "Parked calls will follow", "ParkedCallsComplete", listings.parked_calls(world), f"Total: {count}\r\n"
    )


@action("ShowDialPlan")
def _dialplan(world: World, m: Message) -> Reply:
    context, extension = m.get("Context"), m.get("Extension")
    found = list(listings.dialplan(world, context, extension))
    if not found and context not in listings.CONTEXTS:
        raise RefusedError(f"Did not find context {context}")
    if not found:
        raise RefusedError(f"Did not find extension {extension}@{context}")
    return _listing("DialPlan list will follow", "ShowDialPlanComplete", iter(found))


@action("DBGet")
def _db_get(world: World, m: Message) -> Reply:
    family, key = m.get("Family"), m.get("Key")
    value = dict(device_listings.database(world)).get(f"/{family}/{key}")
    if value is None:
        raise RefusedError("Database entry not found")
    event = ("DBGetResponse", headers(Family=family, Key=key, Val=value))
    return _listing("Result will follow", "DBGetComplete", iter([event]), id_last=True)


@action("ListCommands")
def _commands(world: World, m: Message) -> Reply:
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
            rows = [f"{key:<50}: {value:<25}" for key, value in device_listings.database(world, "/".join(family))]
            lines = [*rows, f"{len(rows)} results found."]
        case _:
            asked = m.get("Command")
            lines = [f"No such command '{asked}' (type 'core show help {asked}' for other possible commands)"]
    return Reply("Message: Command output follows\r\n" + "".join(f"Output: {line}\r\n" for line in lines))
