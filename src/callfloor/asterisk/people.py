"""Messages and listings about people's devices, do-not-disturb and queue seats, into facts.

Sources: AMI events ContactStatus, PeerStatus, DeviceStateChange, PresenceStateChange, QueueMember*, Newexten, and the
listings PJSIPShowContacts, DeviceStateList, PresenceStateList, QueueStatus and ``database show DND``. What a real
Asterisk does: the ContactStatus event carries no User-Agent (the listing has it), a refresh of a registration emits
nothing, an expired contact is noticed late, DND makes the aggregated hint Busy even in a call (so hints are not read).
"""

import re
from collections.abc import Callable, Iterable

from callfloor.asterisk.message import Message
from callfloor.asterisk.numbers import looks_outside
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.pbx_clock import PbxClock
from callfloor.floor import facts
from callfloor.floor.facts import DndSource, Fact

# FreePBX: Custom:DND<extension> is BUSY when on; every other value (UNAVAILABLE, NOT_INUSE) is off. DEVDND<device> is
# the same for each device of a user (donotdisturb/functions.inc.php).
_CUSTOM_DND = re.compile(r"Custom:(DEV)?DND(.+)")
# Phones that publish presence: CustomPresence:<extension>, or a device of the extension.
_PRESENCE = re.compile(r"(?:CustomPresence|PJSIP|SIP):(.+)")
_DIALLED_CONTACT = re.compile(r"[^/]+/(sips?:\S+)")
_DND_ROW = re.compile(r"^/DND/(\S+?)\s*:\s*(\S+)", re.IGNORECASE)
# The dialplan of a feature code, as Newexten tells it: Set(DB(DND/101)=YES), DBdel(DND/101).
_DND_SET = re.compile(r"DB\(DND/([^)]+)\)=(\w*)")
_DND_DELETED = re.compile(r"DND/(\S+)")
DND_KEY = b"DND/"  # what every such message has in it
UNREACHABLE_STATES = frozenset({"UNAVAILABLE", "INVALID"})
TECHNOLOGIES = frozenset({"PJSIP", "SIP", "IAX2", "DAHDI", "SCCP"})
GONE_STATUSES = frozenset({"Removed", "NoContact"})
# chan_sip and IAX2; "Rejected" says nothing about the phone that is registered.
PEER_REACHABLE = {
    **dict.fromkeys(("Registered", "Reachable", "Lagged"), True),
    **dict.fromkeys(("Unregistered", "Unreachable"), False),
}
EARLY_S = 2.0  # the PBX tells the end of a registration in whole seconds, by a clock that is not ours
LATE_S = 40.0  # contact_expiration_check_interval is 30 s: a contact that outlives this was registered anew
LONGEST_WRAP_UP_S = 3600.0  # beyond it the clocks disagree, and not the agent


def contact_of(dial_string: str) -> str | None:
    """``102/sip:102@127.0.2.102:5060``: the contact that is called, where the PBX calls one."""
    found = _DIALLED_CONTACT.match(dial_string)
    return found[1] if found else None


class PeopleTranslator:
    """One PBX's people."""

    def __init__(self, link: str, parties: Parties) -> None:
        self._link = link
        self._parties = parties
        self.clock = PbxClock()
        """The PBX stamps registrations and calls by its own."""
        self._account_of: dict[str, str] = {}  # device -> account
        self._expires: dict[str, float] = {}  # device -> when its registration runs out, by our clock
        self._described: set[str] = set()  # devices whose User-Agent was listed
        self._listed: set[str] = set()  # devices of the listing that is being told
        self._heard: dict[tuple[str, str], float] = {}  # what an event told of, and when
        self._technology: dict[str, str] = {}  # account -> SIP, IAX2 …
        self._interfaces: dict[tuple[str, str], tuple[str, str]] = {}  # account, queue -> interface, state interface
        self.device_dnd: set[str] = set()
        """Accounts for which the PBX keeps do-not-disturb by the device as well."""
        self.asks_contacts = False
        """Something changed about contacts that only the listing tells (the User-Agent): ask for it."""
        self._handlers: dict[str, Callable[[float, Message], list[Fact]]] = {
            "ContactStatus": self._contact_status,
            "PeerStatus": self._peer_status,
            "DeviceStateChange": self._device_state,
            "PresenceStateChange": self._presence,
            "QueueMemberAdded": self._seat,
            "QueueMemberStatus": self._seat,
            "QueueMemberPause": self._seat,
            "QueueMemberPenalty": self._seat,
            "QueueMemberRemoved": self._seat_left,
        }

    @property
    def event_names(self) -> frozenset[str]:
        return frozenset(self._handlers)

    def translate(self, at: float, message: Message) -> list[Fact]:
        """The facts that an event tells, none for most."""
        handler = self._handlers.get(message.event or "")
        return handler(at, message) if handler is not None else []

    def ours(self, at: float) -> float:
        """An instant of the PBX's clock, by ours."""
        return at + self.clock.ahead_s

    def clock_set(self, by_s: float) -> None:
        """Our clock was put on by so much."""
        self.clock.clock_set(by_s)
        self._heard = {what: at + by_s for what, at in self._heard.items()}
        self._expires = {device: at + by_s for device, at in self._expires.items()}

    def expires_before(self, at: float) -> bool:
        """Is there a registration that ends before ``at``? It is renewed without a word: ask whether it was."""
        return any(expires < at for expires in self._expires.values())

    def interface_of(self, account: str, queue: str) -> str | None:
        """The interface by which the account sits in the queue; None where it does not."""
        known = self._interfaces.get((account, queue))
        return known[0] if known is not None else None

    def new_interface(self, account: str, queue: str) -> tuple[str, str | None]:
        """The interface, and the state interface, by which an account would sit in a queue.

        As it sits in another queue; else as the queue's other members do: FreePBX's are ``Local/<ext>@from-queue/n``
        with the hint as their state. A mobile number is dialled through the dialplan and has no state.
        """
        for (name, _), (interface, state) in self._interfaces.items():
            if name == account:
                return interface, state or None
        fellows = [pair for (_, other), pair in self._interfaces.items() if other == queue]
        shapes = [interface.partition("@")[2] for interface, _ in fellows if interface.startswith("Local/")]
        if looks_outside(account):
            return f"Local/{account.lstrip('+')}@{shapes[0] if shapes else 'from-internal/n'}", None
        if shapes:
            stated = any(state.startswith("hint:") for _, state in fellows)
            return f"Local/{account}@{shapes[0]}", f"hint:{account}@ext-local" if stated else None
        return self.phone_of(account), None

    def phone_of(self, account: str) -> str:
        """What is dialled to ring the account's own phone, whatever the dialplan does: ``PJSIP/101``."""
        return f"{self._technology.get(account, 'PJSIP')}/{account}"

    # --- events -----------------------------------------------------------------------------------------------

    def _contact_status(self, at: float, message: Message) -> list[Fact]:
        device = message.get("URI")
        account = message.get("EndpointName") or self._account_of.get(device) or message.get("AOR")
        if not account or not device or not self._parties.is_account(account):
            return []
        status = message.get("ContactStatus")
        self._heard["contact", device] = at
        if status in GONE_STATUSES:
            self._account_of.pop(device, None)
            self._described.discard(device)
            expires = self._expires.pop(device, None)
            expired = expires is not None and expires - EARLY_S <= at <= expires + LATE_S
            return [facts.DeviceGone(at=at, link=self._link, account=account, device=device, expired=expired)]
        self._account_of[device] = account
        self.asks_contacts |= device not in self._described
        return [
            facts.DeviceSeen(
                at=at,
                link=self._link,
                account=account,
                device=device,
                reachable=status != "Unreachable",
                round_trip_ms=_round_trip_ms(message),
            )
        ]

    def _peer_status(self, at: float, message: Message) -> list[Fact]:
        """PeerStatus speaks for the endpoint: used for technologies whose single devices are not told."""
        technology, _, account = message.get("Peer").partition("/")
        reachable = PEER_REACHABLE.get(message.get("PeerStatus"))
        if technology == "PJSIP" or reachable is None or not account or not self._parties.is_account(account):
            return []
        return [facts.AccountReachable(at=at, link=self._link, account=account, reachable=reachable)]

    def _device_state(self, at: float, message: Message) -> list[Fact]:
        device = message.get("Device")
        told = self._state(at, device, message.get("State"), found=False)
        if told:
            self._heard["state", device] = at
        return told

    def _state(self, at: float, device: str, state: str, *, found: bool) -> list[Fact]:
        dnd = _CUSTOM_DND.fullmatch(device)
        if dnd is not None:
            by_device, account = dnd.groups()
            if by_device:
                self.device_dnd.add(account)
            source = DndSource.DEVICE if by_device else DndSource.FEATURE
            return [
                facts.DndSet(at=at, link=self._link, account=account, on=state == "BUSY", source=source, found=found)
            ]
        technology, slash, account = device.partition("/")
        if not slash or technology.upper() not in TECHNOLOGIES or not self._parties.is_account(account):
            return []
        self._technology[account] = technology
        reachable = state not in UNREACHABLE_STATES
        return [facts.AccountReachable(at=at, link=self._link, account=account, reachable=reachable, found=found)]

    def _presence(self, at: float, message: Message, *, found: bool = False) -> list[Fact]:
        who = _PRESENCE.fullmatch(message.get("Presentity"))
        status = message.get("Status")
        if who is None or not status:
            return []
        on = status == "dnd"
        if not found:
            self._heard["presence", message.get("Presentity")] = at
        return [facts.DndSet(at=at, link=self._link, account=who[1], on=on, source=DndSource.PRESENCE, found=found)]

    def dialplan(self, at: float, message: Message) -> list[Fact]:
        """A feature code that keeps do-not-disturb in the database only, as its Newexten tells."""
        data = message.get("AppData")
        match message.get("Application").lower():
            case "set":
                found = _DND_SET.fullmatch(data)
                on = found is not None and found[2].upper() == "YES"
            case "dbdel":
                found, on = _DND_DELETED.fullmatch(data), False
            case _:
                return []
        if found is None:
            return []
        return [facts.DndSet(at=at, link=self._link, account=found[1], on=on, source=DndSource.DATABASE)]

    def _seat(self, at: float, message: Message) -> list[Fact]:
        interface = message.get("Interface") or message.get("Location")
        account = self._parties.learn_member(interface, message.get("MemberName") or message.get("Name"))
        if account is None:
            return []
        queue = message.get("Queue")
        if message.event != "QueueMember":
            self._heard["seat", f"{queue} {interface}"] = at
        self._interfaces[account, queue] = interface, message.get("StateInterface")
        return [
            facts.SeatTaken(
                at=at,
                link=self._link,
                account=account,
                queue=queue,
                paused=message.get("Paused") == "1",
                reason=message.get("PausedReason") or None,
                dynamic=message.get("Membership") == "dynamic",
                penalty=_whole(message.get("Penalty")),
                wrap_up_until=self._wrap_up_until(at, message),
            )
        ]

    def _wrap_up_until(self, at: float, message: Message) -> float | None:
        """Until when app_queue passes a member over: its clock's second of LastCall, and Wrapuptime more.

        Wrap-up has no event of its own; the member's status comes with the end of the call.
        """
        wrap_up_s, last_call = _whole(message.get("Wrapuptime")), _whole(message.get("LastCall"))
        if not wrap_up_s or not last_call or message.get("InCall") not in ("", "0"):
            return None
        until = last_call + wrap_up_s + self.clock.ahead_s
        return until if at < until < at + LONGEST_WRAP_UP_S else None

    def _seat_left(self, at: float, message: Message) -> list[Fact]:
        interface = message.get("Interface")
        account = self._parties.learn_member(interface, message.get("MemberName"))
        if account is None:
            return []
        self._heard["seat", f"{message.get('Queue')} {interface}"] = at
        self._interfaces.pop((account, message.get("Queue")), None)
        return [facts.SeatLeft(at=at, link=self._link, account=account, queue=message.get("Queue"))]

    # --- listings ---------------------------------------------------------------------------------------------

    def listed(self, at: float, events: Iterable[Message], *, since: float = float("inf")) -> list[Fact]:
        """The facts of one listing's events: contacts, device states, presence, queue members.

        Args:
            at: when the listing was complete.
            events: its events, in order; perhaps a part of them, the rest to follow.
            since: when it was asked for: what an event has told since is newer than the listing, whichever of the two
                is read first.
        """
        out: list[Fact] = []
        for event in events:
            match event.event:
                case "ContactList" if not self._is_newer("contact", event.get("Uri"), since):
                    out += self._contact(at, event)
                case "ContactListComplete":
                    self._forget_contacts()
                case "DeviceStateChange" if not self._is_newer("state", event.get("Device"), since):
                    out += self._state(at, event.get("Device"), event.get("State"), found=True)
                case "PresenceStateChange" if not self._is_newer("presence", event.get("Presentity"), since):
                    out += self._presence(at, event, found=True)
                case "QueueMember":
                    interface = event.get("Location") or event.get("Interface")
                    if not self._is_newer("seat", f"{event.get('Queue')} {interface}", since):
                        out += self._seat(at, event)
                case _:
                    pass
        return out

    def _is_newer(self, kind: str, what: str, since: float) -> bool:
        """Has an event told of this since?"""
        return self._heard.get((kind, what), float("-inf")) >= since

    def dnd_database(self, at: float, lines: Iterable[str], *, since: float = float("inf")) -> list[Fact]:
        """The rows of ``database show DND``: FreePBX's own truth, a key for each account that is on.

        ``at`` and ``since`` as of ``listed``.
        """
        found = (_DND_ROW.match(line.strip()) for line in lines)
        return [
            facts.DndSet(
                at=at,
                link=self._link,
                account=row[1],
                on=row[2].upper() == "YES",
                source=DndSource.DATABASE,
                found=True,
            )
            for row in found
            if row is not None and not self._is_newer("state", f"Custom:DND{row[1]}", since)
        ]

    def _contact(self, at: float, event: Message) -> list[Fact]:
        account, device = event.get("Endpoint"), event.get("Uri")
        if not account or not device or not self._parties.is_account(account):
            return []
        self._account_of[device] = account
        self._described.add(device)
        self._listed.add(device)
        expires = _whole(event.get("ExpirationTime"))  # 0, or a number beyond all clocks: it is configured
        expires_at = expires + self.clock.ahead_s if 0 < expires < 2**33 else None
        if expires_at is not None:
            self._expires[device] = expires_at
        address = event.get("ViaAddr")
        port = event.get("ViaPort")
        return [
            facts.DeviceSeen(
                at=at,
                link=self._link,
                account=account,
                device=device,
                reachable=event.get("Status") != "Unreachable",
                user_agent=event.get("UserAgent") or None,
                address=f"{address}:{port}" if address and port else address or None,
                round_trip_ms=_round_trip_ms(event),
                expires_at=expires_at,
                found=True,
            )
        ]

    def _forget_contacts(self) -> None:
        """Contacts that a complete listing does not have are gone, and nothing is known of them any more."""
        listed, self._listed = self._listed, set()
        self._described &= listed
        for device in [device for device in self._expires if device not in listed]:
            del self._expires[device]


def _round_trip_ms(message: Message) -> float | None:
    """Microseconds; 0 or N/A where the PBX does not qualify the contact."""
    micros = _whole(message.get("RoundtripUsec"))
    return micros / 1000 if micros else None


def _whole(value: str) -> int:
    return int(value) if value.isdecimal() and value.isascii() and len(value) <= 15 else 0
