"""Messages and listings about people's devices, do-not-disturb and queue seats, into facts.

Sources: AMI events ContactStatus, PeerStatus, DeviceStateChange, PresenceStateChange, QueueMember*, and the listings
PJSIPShowContacts, DeviceStateList, PresenceStateList, QueueStatus and ``database show DND``. What a real Asterisk
does: the ContactStatus event carries no User-Agent (query again after each), a refresh of a registration emits
nothing, an expired contact is noticed late, DND makes the aggregated hint Busy even in a call (so hints are not read).
"""

import re
from collections.abc import Callable, Iterable

from callfloor.asterisk.message import Message
from callfloor.asterisk.parties import Parties
from callfloor.floor import facts
from callfloor.floor.facts import DndSource, Fact

# FreePBX: Custom:DND<extension> is BUSY when on; every other value (UNAVAILABLE, NOT_INUSE) is off.
_CUSTOM_DND = re.compile(r"Custom:(?:DEV)?DND(.+)")
# Phones that publish presence: CustomPresence:<extension>, or a device of the extension.
_PRESENCE = re.compile(r"(?:CustomPresence|PJSIP|SIP):(.+)")
_DIALLED_CONTACT = re.compile(r"[^/]+/(sips?:\S+)")
_DND_ROW = re.compile(r"^/DND/(\S+?)\s*:\s*(\S+)", re.IGNORECASE)
UNREACHABLE_STATES = frozenset({"UNAVAILABLE", "INVALID"})
GONE_STATUSES = frozenset({"Removed", "NoContact"})
LATE_S = 2.0  # a contact gone this close to the end of its time, or after it, ran out


def contact_of(dial_string: str) -> str | None:
    """``102/sip:102@127.0.2.102:5060``: the contact that is called, where the PBX calls one."""
    found = _DIALLED_CONTACT.match(dial_string)
    return found[1] if found else None


class PeopleTranslator:
    """One PBX's people."""

    def __init__(self, link: str, parties: Parties) -> None:
        self._link = link
        self._parties = parties
        self._expires: dict[str, float] = {}  # device -> when its registration runs out
        self._interfaces: dict[tuple[str, str], str] = {}  # account, queue -> the member's interface
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

    def interface_of(self, account: str, queue: str) -> str | None:
        """The interface by which the account sits in the queue; None where it does not."""
        return self._interfaces.get((account, queue))

    def new_interface(self, account: str, queue: str) -> tuple[str, str | None]:
        """The interface, and the state interface, by which an account would sit in a queue.

        As the queue's other members do: FreePBX's are ``Local/<ext>@from-queue/n`` with the hint as their state.
        """
        fellows = [interface for (_, other), interface in self._interfaces.items() if other == queue]
        if any(interface.startswith("Local/") for interface in fellows):
            return f"Local/{account}@from-queue/n", f"hint:{account}@ext-local"
        return f"PJSIP/{account}", None

    # --- events -----------------------------------------------------------------------------------------------

    def _contact_status(self, at: float, message: Message) -> list[Fact]:
        account, device = message.get("EndpointName") or message.get("AOR"), message.get("URI")
        if not account or not device or not self._parties.is_account(account):
            return []
        self.asks_contacts = True
        status = message.get("ContactStatus")
        if status in GONE_STATUSES:
            expires = self._expires.pop(device, None)
            expired = expires is not None and at >= expires - LATE_S
            return [facts.DeviceGone(at=at, link=self._link, account=account, device=device, expired=expired)]
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
        if technology == "PJSIP" or not account or not self._parties.is_account(account):
            return []
        reachable = message.get("PeerStatus") in ("Registered", "Reachable")
        return [facts.AccountReachable(at=at, link=self._link, account=account, reachable=reachable)]

    def _device_state(self, at: float, message: Message) -> list[Fact]:
        return self._state(at, message.get("Device"), message.get("State"), found=False)

    def _state(self, at: float, device: str, state: str, *, found: bool) -> list[Fact]:
        dnd = _CUSTOM_DND.fullmatch(device)
        if dnd is not None:
            account = dnd[1]
            on = state == "BUSY"
            return [facts.DndSet(at=at, link=self._link, account=account, on=on, found=found)]
        technology, slash, account = device.partition("/")
        if not slash or technology.upper() not in ("PJSIP", "SIP", "IAX2", "DAHDI", "SCCP"):
            return []
        if not self._parties.is_account(account):
            return []
        reachable = state not in UNREACHABLE_STATES
        return [facts.AccountReachable(at=at, link=self._link, account=account, reachable=reachable, found=found)]

    def _presence(self, at: float, message: Message, *, found: bool = False) -> list[Fact]:
        who = _PRESENCE.fullmatch(message.get("Presentity"))
        status = message.get("Status")
        if who is None or status in ("", "not_set"):
            return []
        on = status == "dnd"
        return [facts.DndSet(at=at, link=self._link, account=who[1], on=on, source=DndSource.PRESENCE, found=found)]

    def _seat(self, at: float, message: Message) -> list[Fact]:
        account = self._parties.learn_member(
            message.get("Interface") or message.get("Location"), message.get("MemberName") or message.get("Name")
        )
        if account is None:
            return []
        self._interfaces[account, message.get("Queue")] = message.get("Interface") or message.get("Location")
        wrap_up_s, last_call = _whole(message.get("Wrapuptime")), _whole(message.get("LastCall"))
        free = message.get("InCall") in ("", "0")
        # LastCall is the PBX's own clock, in whole seconds; wrap-up has no event of its own.
        until = (
            at + wrap_up_s if wrap_up_s and free and last_call and abs(at - last_call) < wrap_up_s + LATE_S else None
        )
        return [
            facts.SeatTaken(
                at=at,
                link=self._link,
                account=account,
                queue=message.get("Queue"),
                paused=message.get("Paused") == "1",
                reason=message.get("PausedReason") or None,
                dynamic=message.get("Membership") == "dynamic",
                penalty=_whole(message.get("Penalty")),
                wrap_up_until=None if until is None else min(until, last_call + wrap_up_s + LATE_S),
            )
        ]

    def _seat_left(self, at: float, message: Message) -> list[Fact]:
        account = self._parties.learn_member(message.get("Interface"), message.get("MemberName"))
        if account is None:
            return []
        self._interfaces.pop((account, message.get("Queue")), None)
        return [facts.SeatLeft(at=at, link=self._link, account=account, queue=message.get("Queue"))]

    # --- listings ---------------------------------------------------------------------------------------------

    def listed(self, at: float, events: Iterable[Message]) -> list[Fact]:
        """The facts of one listing's events: contacts, device states, presence, queue members."""
        out: list[Fact] = []
        for event in events:
            match event.event:
                case "ContactList":
                    out += self._contact(at, event)
                case "DeviceStateChange":
                    out += self._state(at, event.get("Device"), event.get("State"), found=True)
                case "PresenceStateChange":
                    out += self._presence(at, event, found=True)
                case "QueueMember":
                    out += self._seat(at, event)
                case _:
                    pass
        return out

    def dnd_database(self, at: float, lines: Iterable[str]) -> list[Fact]:
        """The rows of ``database show DND``: FreePBX's own truth, a key for each account that is on."""
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
            if row is not None
        ]

    def _contact(self, at: float, event: Message) -> list[Fact]:
        account, device = event.get("Endpoint"), event.get("Uri")
        if not account or not device or not self._parties.is_account(account):
            return []
        expires = event.get("ExpirationTime")
        expires_at = float(expires) if expires.isdigit() and 0 < int(expires) < 2**33 else None
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


def _round_trip_ms(message: Message) -> float | None:
    """Microseconds; 0 or N/A where the PBX does not qualify the contact."""
    micros = _whole(message.get("RoundtripUsec"))
    return micros / 1000 if micros else None


def _whole(value: str) -> int:
    return int(value) if value.isdigit() else 0
