"""Listings of what does not move with the calls: devices, endpoints, hints, states, the database."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from callfloor.simulator.channel import Contact, Endpoint
from callfloor.simulator.devices import hint_headers
from callfloor.simulator.wire import headers

if TYPE_CHECKING:
    from callfloor.simulator.world import World

Listing = Iterator[tuple[str, str]]
"""(event name, headers); the action id is added by whoever sends them."""

DEVICE_TEXT = {
    "NOT_INUSE": "Not in use",
    "INUSE": "In use",
    "BUSY": "Busy",
    "UNAVAILABLE": "Unavailable",
    "RINGING": "Ringing",
    "RINGINUSE": "Ring+Inuse",
    "ONHOLD": "On Hold",
}


def contacts(world: "World") -> Listing:
    """PJSIPShowContacts: the only place where a User-Agent is to be had."""
    for endpoint in world.switch.endpoints.values():
        for contact in endpoint.known_contacts:
            if not contact.registered:
                continue
            qualified = contact.roundtrip_us is not None
            yield (
                "ContactList",
                (
                    headers(
                        ObjectType="contact",
                        ObjectName=f"{endpoint.name};@{abs(hash_of(contact.uri)):032x}",
                        ViaAddr=contact.address,
                        QualifyTimeout="3.000000",
                        Qualify2xxOnly="false",
                        CallId=f"{abs(hash_of(contact.uri)):016x}",
                        RegServer="",
                        PruneOnBoot="no",
                        Path="",
                        Endpoint=endpoint.name,
                        ViaPort=5060,
                        AuthenticateQualify="no",
                        Uri=contact.uri,
                        QualifyFrequency=60 if qualified else 0,
                        UserAgent=contact.user_agent,
                        ExpirationTime=int(contact.expires_at(world.agenda.now)),
                        OutboundProxy="",
                        Status=_status(contact),
                        RoundtripUsec=contact.roundtrip_us if qualified and contact.reachable else "N/A",
                    )
                ),
            )


def _status(contact: Contact) -> str:
    if contact.roundtrip_us is None:
        return "NonQualified"
    return "Reachable" if contact.reachable else "Unreachable"


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
                headers(
                    ObjectType="endpoint",
                    ObjectName=e.name,
                    Transport="",
                    Aor=e.name,
                    Auths="" if e.trunk else e.name,
                    OutboundAuths="",
                    Contacts=uris,
                    DeviceState=DEVICE_TEXT[e.state],
                    ActiveChannels=channels,
                )
            ),
        )


def endpoint_detail(world: "World", name: str) -> Listing:
    """PJSIPShowEndpoint: the endpoint and its contacts' states."""
    e = world.switch.endpoints[name]
    yield (
        "EndpointDetail",
        (
            headers(
                ObjectType="endpoint",
                ObjectName=e.name,
                Context="from-trunk" if e.trunk else "from-internal",
                Callerid=f"{chr(34)}{e.person}{chr(34)} <{e.name}>" if e.person else "<unknown>",
                Aors=e.name,
                DeviceState=DEVICE_TEXT[e.state],
                ActiveChannels=e.ringing + e.inuse + e.hold + e.busy,
            )
        ),
    )
    for c in e.known_contacts:
        if not c.registered:
            continue
        yield (
            "ContactStatusDetail",
            (
                headers(
                    AOR=e.name,
                    URI=c.uri,
                    UserAgent=c.user_agent,
                    RegExpire=int(c.expires_at(world.agenda.now)),
                    ViaAddress=f"{c.address}:5060",
                    CallID=f"{hash_of(c.uri):016x}",
                    Status=_status(c),
                    RoundtripUsec="N/A" if c.roundtrip_us is None or not c.reachable else c.roundtrip_us,
                    EndpointName=e.name,
                    ID=f"{e.name};@{hash_of(c.uri):032x}",
                    AuthenticateQualify=0,
                    OutboundProxy="",
                    Path="",
                    QualifyFrequency=0,
                    QualifyTimeout="3.000",
                )
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
        return "DeviceStateChange", headers(Device=device, State=state)

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
            headers(Presentity=f"CustomPresence:{endpoint.name}", Status="not_set", Subtype="", Message=""),
        )


def database(world: "World", family: str = "") -> Iterator[tuple[str, str]]:
    """astdb as FreePBX fills it: (key, value). ``family`` limits it: ``AMPUSER``, ``DND``, ``CF``."""
    for e in _people(world):
        rows = [
            (f"/AMPUSER/{e.name}/cidname", e.person),
            (f"/AMPUSER/{e.name}/cidnum", e.name),
            (f"/AMPUSER/{e.name}/device", e.name),
            (f"/AMPUSER/{e.name}/hint", f"PJSIP/{e.name}&Custom:DND{e.name},CustomPresence:{e.name}"),
            (f"/DEVICE/{e.name}/dial", f"PJSIP/{e.name}"),
            (f"/DEVICE/{e.name}/user", e.name),
        ]
        if e.dnd_key:
            rows.append((f"/DND/{e.name}", "YES"))
        if e.forward_to:
            rows.append((f"/CF/{e.name}", e.forward_to))
        for key, value in rows:
            if not family or key.startswith(f"/{family.strip('/')}/"):
                yield key, value
    for key, value in world.switch.database.items():
        if not family or key.startswith(f"/{family.strip('/')}/"):
            yield key, value
