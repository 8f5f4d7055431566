"""The states of devices, of hints and of queues' members: what follows from the channels."""

from callfloor.simulator.agenda import Agenda
from callfloor.simulator.channel import BUSY, DOWN, RING, RINGING, UP, Channel, Contact, Endpoint
from callfloor.simulator.queues import Queue
from callfloor.simulator.wire import headers

DEVICE_OF_STATE = {DOWN: "", RING: "inuse", RINGING: "ringing", UP: "inuse", BUSY: "busy"}
HINT_STATUS = {"NOT_INUSE": 0, "INUSE": 1, "BUSY": 2, "UNAVAILABLE": 4, "RINGING": 8, "RINGINUSE": 9, "ONHOLD": 16}
HINT_TEXT = {0: "Idle", 1: "InUse", 2: "Busy", 4: "Unavailable", 8: "Ringing", 9: "InUse&Ringing", 16: "Hold"}
DEVICE_LAG_S = 0.004  # device states come from a thread of their own: a state of a millisecond is never told
APART_S = 0.00005  # two messages never leave in the same instant


class Devices:
    """The lower half of the switch: it sends, and it knows what every device does.

    ``out`` collects (instant, bytes) until whoever runs the world takes and clears it.
    """

    def __init__(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self._said_at = 0.0
        self.out: list[tuple[float, bytes]] = []
        self.endpoints: dict[str, Endpoint] = {}
        self.cut_offs = 0  # how many devices have lost their network so far
        self._memberships: dict[str, list[tuple[Queue, str]]] = {}

    @property
    def now(self) -> float:
        """The virtual clock, UTC epoch seconds."""
        return self.agenda.now

    def emit(self, event: str, privilege: str, body: str) -> None:
        """Send one event; ``body`` is its headers, each ended by CR LF."""
        text = f"Event: {event}\r\nPrivilege: {privilege},all\r\n{body}\r\n"
        self._said_at = max(self.agenda.now, self._said_at + APART_S)
        self.out.append((self._said_at, text.encode()))

    def forget(self) -> None:
        """What was said so far was before anybody's time."""
        self.out.clear()
        self._said_at = 0.0

    def touch(self, ch: Channel) -> None:
        """The channel's part in its device's state may have changed."""
        if ch.endpoint is None:
            if ch.state in {RINGING, UP} and ch.twin is not None:
                self.device_state(ch.resource, "INUSE")
            return
        device = "hold" if ch.held else DEVICE_OF_STATE[ch.state]
        if device != ch.device:
            self._count(ch, device)

    def _count(self, ch: Channel, device: str) -> None:
        endpoint = self.endpoints.get(ch.endpoint or "")
        if endpoint is None:
            return
        if ch.device:
            setattr(endpoint, ch.device, getattr(endpoint, ch.device) - 1)
        if device:
            setattr(endpoint, device, getattr(endpoint, device) + 1)
        ch.device = device
        if device in {"inuse", "busy"} and ch.state in {UP, BUSY}:
            self.refresh(endpoint)
        elif not endpoint.unsaid:
            endpoint.unsaid = True
            self.agenda.at(self.now + DEVICE_LAG_S, lambda: self.refresh(endpoint))

    def device_state(self, device: str, state: str) -> None:
        """DeviceStateChange."""
        self.emit("DeviceStateChange", "call", f"Device: {device}\r\nState: {state}\r\n")

    def watch(self, endpoint: str, queue: Queue, interface: str) -> None:
        """A queue member's status follows this endpoint."""
        self._memberships.setdefault(endpoint, []).append((queue, interface))

    def unwatch(self, endpoint: str, queue: Queue, interface: str) -> None:
        """The member has left the queue."""
        self._memberships[endpoint].remove((queue, interface))

    def refresh(self, endpoint: Endpoint) -> None:
        """Tell what changed of an endpoint: its device, its queue memberships, its hint."""
        endpoint.unsaid = False
        state = endpoint.device_state()
        if state != endpoint.state:
            endpoint.state = state
            self.device_state(f"PJSIP/{endpoint.name}", state)
            for queue, interface in self._memberships.get(endpoint.name, ()):
                queue.member_changed(interface)
        if not endpoint.trunk:
            status = HINT_STATUS["BUSY" if endpoint.dnd and state == "NOT_INUSE" else state]
            if status != endpoint.exten_status:
                endpoint.exten_status = status
                self.emit("ExtensionStatus", "call", hint_headers(endpoint))

    def unregister(self, endpoint: Endpoint) -> None:
        """All its devices sign off."""
        self.sign_off(endpoint, *endpoint.known_contacts)

    def sign_off(self, endpoint: Endpoint, *contacts: Contact) -> None:
        """Devices' registrations end: they say so, or the time is up. An expired one is told no differently."""
        could = bool(endpoint.contacts)
        gone = [contact for contact in contacts if contact.registered]
        for contact in gone:
            contact.registered = False
        self._say_contacts(endpoint, dict.fromkeys(gone, "Removed"), could=could)

    def sign_on(self, endpoint: Endpoint, *contacts: Contact) -> None:
        """Devices register."""
        could = bool(endpoint.contacts)
        new = [contact for contact in contacts if not contact.registered]
        for contact in new:
            contact.registered = contact.reachable = True
            contact.registered_at, contact.cut_off_at = self.now, None
        self._say_contacts(
            endpoint,
            {contact: "NonQualified" if contact.roundtrip_us is None else "Reachable" for contact in new},
            could=could,
        )

    def cut_off(self, contact: Contact) -> None:
        """A device loses its network: nobody is told, until its registration runs out or a qualify is not answered."""
        contact.cut_off_at = self.now
        self.cut_offs += 1

    def qualify(self, endpoint: Endpoint, contact: Contact, *, answered: bool) -> None:
        """What the PBX learns by asking a qualified device whether it is there."""
        could = bool(endpoint.contacts)
        contact.reachable = answered
        self._say_contacts(endpoint, {contact: "Reachable" if answered else "Unreachable"}, could=could)

    def _say_contacts(self, endpoint: Endpoint, told: dict[Contact, str], *, could: bool) -> None:
        """The endpoint as a whole first, where it can be called now and could not before or the reverse."""
        if not told:
            return
        name = endpoint.name
        if could is not bool(endpoint.contacts):
            status = "Unreachable" if could else "Reachable"
            self.emit("PeerStatus", "system", headers(ChannelType="PJSIP", Peer=f"PJSIP/{name}", PeerStatus=status))
        self.refresh(endpoint)
        for contact, status in told.items():
            roundtrip_us = contact.roundtrip_us if status == "Reachable" else 0
            self.emit(
                "ContactStatus",
                "system",
                headers(URI=contact.uri, ContactStatus=status, AOR=name, EndpointName=name, RoundtripUsec=roundtrip_us),
            )

    def do_not_disturb(self, endpoint: Endpoint, *, on: bool) -> None:
        """FreePBX's feature code: the key that the dialplan asks, and the device state that the hint includes."""
        endpoint.dnd_key = on
        self.dnd_state(endpoint, on=on)

    def dnd_state(self, endpoint: Endpoint, *, on: bool) -> None:
        """The custom device state alone, as action Setvar changes it."""
        if endpoint.dnd is not on:
            endpoint.dnd = on
            self.device_state(f"Custom:DND{endpoint.name}", "BUSY" if on else "NOT_INUSE")
            self.refresh(endpoint)
            for queue, _ in self._memberships.get(endpoint.name, ()):
                queue.wake()


def hint_headers(endpoint: Endpoint) -> str:
    """A hint's state, as the event and the listing show it."""
    name = endpoint.name
    return (
        f"Exten: {name}\r\nContext: ext-local\r\nHint: PJSIP/{name}&Custom:DND{name},CustomPresence:{name}\r\n"
        f"Status: {endpoint.exten_status}\r\nStatusText: {HINT_TEXT[endpoint.exten_status]}\r\n"
    )
