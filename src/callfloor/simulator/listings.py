"""The answers that list the PBX's state: what a client asks when it connects in the middle of everything.

Each function yields the bodies of the events of one listing, in the shape that Asterisk 22 sends (recorded by
``ami_reconnect_midcall``). What they show and what the events told agree: both come from the same objects.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from callfloor.simulator.channel import BUSY, RINGING, Channel, Endpoint
from callfloor.simulator.queues import Queue
from callfloor.simulator.switch import hint_headers

if TYPE_CHECKING:
    from callfloor.simulator.world import World

Listing = Iterator[tuple[str, str]]
"""(event name, headers) with the action id left out; a leading ``@`` in the headers marks that it comes last."""

DEVICE_TEXT = {
    "NOT_INUSE": "Not in use", "INUSE": "In use", "BUSY": "Busy", "UNAVAILABLE": "Unavailable", "RINGING": "Ringing",
    "RINGINUSE": "Ring+Inuse", "ONHOLD": "On Hold",
}  # fmt: skip


def core_show_channels(world: "World") -> Listing:
    """CoreShowChannels: every channel, Local halves included. The DID that was dialled is not in it."""
    for ch in world.switch.channels.values():
        seconds = int(world.agenda.now - ch.created_at)
        yield (
            "CoreShowChannel",
            (
                f"{ch.headers()}Application: {ch.application}\r\nApplicationData: {ch.data}\r\n"
                f"Duration: {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}\r\nBridgeId: {_bridge(ch)}\r\n"
            ),
        )


def status(world: "World", channel: str = "") -> Listing:
    """Status: every channel, or one, with the number that it dialled (DNID)."""
    for ch in world.switch.channels.values():
        if channel and ch.name != channel:
            continue
        group = 0 if ch.endpoint is None or ch.endpoint in world.company.trunks else 2
        yield (
            "Status",
            (
                f"@Privilege: Call\r\n{ch.headers()}Type: {'Local' if ch.endpoint is None else 'PJSIP'}\r\nDNID: {ch.dnid}\r\n"
                f"EffectiveConnectedLineNum: {ch.conn_num}\r\nEffectiveConnectedLineName: {ch.conn_name}\r\nTimeToHangup: 0\r\n"
                f"BridgeID: {_bridge(ch)}\r\nApplication: {ch.application}\r\nData: {ch.data}\r\nNativeformats: (ulaw)\r\n"
                f"Readformat: ulaw\r\nReadtrans: \r\nWriteformat: ulaw\r\nWritetrans: \r\nCallgroup: {group}\r\nPickupgroup: {group}\r\n"
                f"Seconds: {int(world.agenda.now - ch.created_at)}\r\n"
            ),
        )


def _bridge(ch: Channel) -> str:
    return ch.bridge.uid if ch.bridge else ""


def bridge_list(world: "World") -> Listing:
    """BridgeList: the parking lot's too, once it exists."""
    for bridge in world.switch.bridges.values():
        yield "BridgeListItem", bridge.headers()


def bridge_info(world: "World", uid: str) -> Listing:
    """BridgeInfo: who is in one bridge."""
    for ch in world.switch.bridges[uid].channels:
        yield "BridgeInfoChannel", ch.headers()


def queue_status(world: "World", only: str = "", member: str = "") -> Listing:
    """QueueStatus: parameters, members and waiting callers of every queue, or of one."""
    for queue in _queues(world, only):
        level = f"{100.0 * queue.in_level / queue.completed if queue.completed else 0.0:.1f}"
        yield (
            "QueueParams",
            (
                f"@Queue: {queue.name}\r\nMax: 0\r\nStrategy: {queue.strategy}\r\nCalls: {len(queue.entries)}\r\n"
                f"Holdtime: {queue.hold_average}\r\nTalkTime: {queue.talk_average}\r\nCompleted: {queue.completed}\r\n"
                f"Abandoned: {queue.abandoned}\r\nServiceLevel: 20\r\nServicelevelPerf: {level}\r\nServicelevelPerf2: {level}\r\nWeight: 0\r\n"
            ),
        )
        for m in queue.members.values():
            if member in {"", m.interface, m.name}:
                yield (
                    "QueueMember",
                    (
                        f"@Queue: {queue.name}\r\nName: {m.name}\r\nLocation: {m.interface}\r\nStateInterface: {m.state_interface}\r\n"
                        f"Membership: {m.membership}\r\nPenalty: {m.penalty}\r\nCallsTaken: {m.calls_taken}\r\nLastCall: {m.last_call}\r\n"
                        f"LastPause: {m.last_pause}\r\nLoginTime: {m.login_at}\r\nInCall: {int(m.incall)}\r\nStatus: {m.status}\r\n"
                        f"Paused: {int(m.paused)}\r\nPausedReason: {m.reason}\r\nWrapuptime: {queue.wrapup_s}\r\n"
                    ),
                )
        for position, entry in enumerate(queue.entries, 1):
            ch = entry.caller
            yield (
                "QueueEntry",
                (
                    f"@Queue: {queue.name}\r\nPosition: {position}\r\nChannel: {ch.name}\r\nUniqueid: {ch.uid}\r\n"
                    f"CallerIDNum: {_plain(ch.cid_num)}\r\nCallerIDName: {_plain(ch.cid_name)}\r\nConnectedLineNum: {_plain(ch.conn_num)}\r\n"
                    f"ConnectedLineName: {_plain(ch.conn_name)}\r\nWait: {int(world.agenda.now - entry.joined_at)}\r\nPriority: 0\r\n"
                ),
            )


def _queues(world: "World", only: str) -> list[Queue]:
    return [q for q in world.switch.queues.values() if only in {"", q.name}]


def _plain(value: str) -> str:
    """QueueEntry says ``unknown`` without the brackets."""
    return value.strip("<>")


def queue_summary(world: "World", only: str = "") -> Listing:
    """QueueSummary."""
    for queue in _queues(world, only):
        here = [m for m in queue.members.values() if m.endpoint.state != "UNAVAILABLE"]
        longest = max((int(world.agenda.now - e.joined_at) for e in queue.entries), default=0)
        yield (
            "QueueSummary",
            (
                f"@Queue: {queue.name}\r\nLoggedIn: {len(here)}\r\nAvailable: {sum(m.endpoint.free and not m.paused for m in here)}\r\n"
                f"Callers: {len(queue.entries)}\r\nHoldTime: {queue.hold_average}\r\nTalkTime: {queue.talk_average}\r\n"
                f"LongestHoldTime: {longest}\r\n"
            ),
        )


def contacts(world: "World") -> Listing:
    """PJSIPShowContacts: the only place where a User-Agent is to be had."""
    for endpoint in world.switch.endpoints.values():
        for contact in endpoint.contacts:
            qualified = contact.roundtrip_us is not None
            yield (
                "ContactList",
                (
                    f"ObjectType: contact\r\nObjectName: {endpoint.name};@{abs(hash_of(contact.uri)):032x}\r\nViaAddr: {contact.address}\r\n"
                    f"QualifyTimeout: 3.000000\r\nQualify2xxOnly: false\r\nCallId: {abs(hash_of(contact.uri)):016x}\r\nRegServer: \r\n"
                    f"PruneOnBoot: no\r\nPath: \r\nEndpoint: {endpoint.name}\r\nViaPort: 5060\r\nAuthenticateQualify: no\r\nUri: {contact.uri}\r\n"
                    f"QualifyFrequency: {60 if qualified else 0}\r\nUserAgent: {contact.user_agent}\r\nExpirationTime: {contact.expires_at}\r\n"
                    f"OutboundProxy: \r\nStatus: {'Reachable' if qualified else 'NonQualified'}\r\n"
                    f"RoundtripUsec: {contact.roundtrip_us if qualified else 'N/A'}\r\n"
                ),
            )


def hash_of(text: str) -> int:
    """A number that is the same in every run, unlike ``hash``."""
    value = 0
    for byte in text.encode():
        value = (value * 1_000_003 + byte) % 2**61
    return value


def endpoints(world: "World") -> Listing:
    """PJSIPShowEndpoints."""
    for e in world.switch.endpoints.values():
        uris = (
            "".join(f"{e.name}/{c.uri}," for c in e.contacts) if not e.trunk else f"{e.name}/sip:{e.name}.example:5060,"
        )
        channels = e.ringing + e.inuse + e.hold + e.busy
        yield (
            "EndpointList",
            (
                f"ObjectType: endpoint\r\nObjectName: {e.name}\r\nTransport: \r\nAor: {e.name}\r\nAuths: {'' if e.trunk else e.name}\r\n"
                f"OutboundAuths: \r\nContacts: {uris}\r\nDeviceState: {DEVICE_TEXT[e.state]}\r\nActiveChannels: {channels}\r\n"
            ),
        )


def endpoint_detail(world: "World", name: str) -> Listing:
    """PJSIPShowEndpoint: the endpoint and its contacts' states."""
    e = world.switch.endpoints[name]
    yield (
        "EndpointDetail",
        (
            f"ObjectType: endpoint\r\nObjectName: {e.name}\r\nContext: {'from-trunk' if e.trunk else 'from-internal'}\r\n"
            f"Callerid: {f'{chr(34)}{e.person}{chr(34)} <{e.name}>' if e.person else '<unknown>'}\r\nAors: {e.name}\r\n"
            f"DeviceState: {DEVICE_TEXT[e.state]}\r\nActiveChannels: {e.ringing + e.inuse + e.hold + e.busy}\r\n"
        ),
    )
    for c in e.contacts:
        yield (
            "ContactStatusDetail",
            (
                f"AOR: {e.name}\r\nURI: {c.uri}\r\nUserAgent: {c.user_agent}\r\nRegExpire: {c.expires_at}\r\nViaAddress: {c.address}:5060\r\n"
                f"CallID: {hash_of(c.uri):016x}\r\nStatus: {'NonQualified' if c.roundtrip_us is None else 'Reachable'}\r\n"
                f"RoundtripUsec: {'N/A' if c.roundtrip_us is None else c.roundtrip_us}\r\nEndpointName: {e.name}\r\nID: {e.name};@{hash_of(c.uri):032x}\r\n"
                f"AuthenticateQualify: 0\r\nOutboundProxy: \r\nPath: \r\nQualifyFrequency: 0\r\nQualifyTimeout: 3.000\r\n"
            ),
        )


def _people(world: "World") -> Iterator[Endpoint]:
    return (e for e in world.switch.endpoints.values() if not e.trunk)


def extension_states(world: "World") -> Listing:
    """ExtensionStateList: every hint."""
    for endpoint in _people(world):
        yield "ExtensionStatus", hint_headers(endpoint)


def device_states(world: "World") -> Listing:
    """DeviceStateList: devices, do-not-disturb, queues, pauses, parking slots."""

    def row(device: str, state: str) -> tuple[str, str]:
        return "DeviceStateChange", f"Device: {device}\r\nState: {state}\r\n"

    for endpoint in world.switch.endpoints.values():
        yield row(f"PJSIP/{endpoint.name}", endpoint.state)
    for endpoint in _people(world):
        yield row(f"Custom:DND{endpoint.name}", "BUSY" if endpoint.dnd else "NOT_INUSE")
    for queue in world.switch.queues.values():
        yield row(f"Queue:{queue.name}", "RINGING" if queue.entries else "NOT_INUSE")
        for member in queue.members.values():
            yield row(f"Queue:{queue.name}_pause_{member.interface}", "INUSE" if member.paused else "NOT_INUSE")
    for slot in world.switch.parked:
        yield row(f"park:{slot}@parkedcalls", "INUSE")


def presence_states(world: "World") -> Listing:
    """PresenceStateList: nobody publishes a presence here."""
    for endpoint in _people(world):
        yield (
            "PresenceStateChange",
            f"Presentity: CustomPresence:{endpoint.name}\r\nStatus: not_set\r\nSubtype: \r\nMessage: \r\n",
        )


def parked_calls(world: "World") -> Listing:
    """ParkedCalls."""
    for slot in world.switch.parked:
        yield "ParkedCall", world.parked_headers(slot)


def database(world: "World", family: str = "") -> Iterator[tuple[str, str]]:
    """astdb as FreePBX fills it: (key, value). ``family`` limits it: ``AMPUSER``, ``DND``, ``CF``."""
    for e in _people(world):
        rows = [
            (f"/AMPUSER/{e.name}/cidname", e.person), (f"/AMPUSER/{e.name}/cidnum", e.name), (f"/AMPUSER/{e.name}/device", e.name),
            (f"/AMPUSER/{e.name}/hint", f"PJSIP/{e.name}&Custom:DND{e.name},CustomPresence:{e.name}"),
            (f"/DEVICE/{e.name}/dial", f"PJSIP/{e.name}"), (f"/DEVICE/{e.name}/user", e.name),
        ]  # fmt: skip
        if e.dnd:
            rows.append((f"/DND/{e.name}", "YES"))
        if e.forward_to:
            rows.append((f"/CF/{e.name}", e.forward_to))
        for key, value in rows:
            if not family or key.startswith(f"/{family.strip('/')}/"):
                yield key, value


def core_status(world: "World", booted_at: float) -> str:
    """CoreStatus."""

    started = datetime.fromtimestamp(booted_at, UTC)
    day, hour = f"{started:%Y-%m-%d}", f"{started:%H:%M:%S}"
    calls = sum(c.state not in {RINGING, BUSY} for c in world.switch.channels.values())
    return (
        f"CoreStartupDate: {day}\r\nCoreStartupTime: {hour}\r\nCoreReloadDate: {day}\r\nCoreReloadTime: {hour}\r\n"
        f"CoreCurrentCalls: {calls}\r\nCoreProcessedCalls: {world.switch.processed}\r\n"
    )
