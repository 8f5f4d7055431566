"""What people cost: 1,000 employees with two phones each, and 50 status changes a second, from bytes to changes.

The bytes are the messages that a real Asterisk 22 sends for each act, with the noise around them: a registration, a
lost qualify, do-not-disturb by FreePBX's device state, a pause, and recorded calls. What a status change costs is the
CPU of all these bytes over the changes of an employee's status that came out.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator

from bench import Figure, at_most, shown
from bench.floor import Recorded
from callfloor.asterisk.ami import Codec
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import Translator, keep
from callfloor.floor import facts
from callfloor.floor.changes import StatusChanged
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor

PEOPLE = 1_000
PHONES = 2
CHANGES_PER_S = 50.0
ACTS = 6_000
RUNS = 5
FIRST = 2_000  # the first extension, as ``bench.floor`` names them
CALLS = ("inbound_ext_answered", "outbound_answered", "internal_answered")
ACT_TENTHS = ("call", "call", "register", "register", "qualify", "qualify", "dnd", "dnd", "dnd", "pause")
LISTING_MS = 300.0
LINK_MS = 100.0


def uri(account: int, phone: int) -> str:
    return f"sip:{account}@10.{phone}.{account // 256}.{account % 256}:5060"


def event(name: str, **headers: object) -> str:
    return f"Event: {name}\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"


def contact(account: int, status: str, round_trip: int = 0, phone: int = 0) -> str:
    whose = {"AOR": account, "EndpointName": account, "RoundtripUsec": round_trip}
    return event("ContactStatus", Privilege="system,all", URI=uri(account, phone), ContactStatus=status, **whose)


def device(name: str, state: str) -> str:
    return event("DeviceStateChange", Privilege="call,all", Device=name, State=state)


def peer(account: int, status: str) -> str:
    return event("PeerStatus", Privilege="system,all", ChannelType="PJSIP", Peer=f"PJSIP/{account}", PeerStatus=status)


def hint(account: int, status: int) -> str:
    hints = f"PJSIP/{account}&Custom:DND{account},CustomPresence:{account}"
    return event("ExtensionStatus", Privilege="call,all", Exten=account, Context="ext-local", Hint=hints, Status=status)


def member(name: str, account: int, *, status: int = 1, paused: int = 0) -> str:
    interface = f"PJSIP/{account}"
    return event(
        name,
        Privilege="agent,all",
        Queue="sales",
        MemberName=f"Person {account}",
        Interface=interface,
        StateInterface=interface,
        Membership="static",
        Penalty=0,
        CallsTaken=5,
        LastCall=1_800_000_000,
        LastPause=0,
        LoginTime=1_700_000_000,
        InCall=0,
        Status=status,
        Paused=paused,
        PausedReason="lunch" if paused else "",
        Ringinuse=0,
        Wrapuptime=10,
    )


def listing(now: float) -> Iterator[str]:
    """PJSIPShowContacts of everybody."""
    for account in range(FIRST, FIRST + PEOPLE):
        for phone in range(PHONES):
            yield event(
                "ContactList",
                ObjectType="contact",
                ObjectName=f"{account};@b380b8ba53420bd8e46777dfaa18242{phone}",
                ViaAddr=uri(account, phone).partition("@")[2].partition(":")[0],
                QualifyTimeout="3.000000",
                CallId="c0f77f55814c9421b89b",
                Endpoint=account,
                ViaPort=5060,
                Uri=uri(account, phone),
                QualifyFrequency=60,
                UserAgent="Yealink SIP-T46S 66.85.0.5" if phone == 0 else "Zoiper rv2.10.20.2",
                ExpirationTime=int(now) + 3600,
                Status="Reachable",
                RoundtripUsec=random.Random(account).randint(500, 90_000),
            )
    yield event("ContactListComplete", EventList="Complete", ListItems=PEOPLE * PHONES)


class Link:
    """One PBX link as the service has it, without the socket."""

    def __init__(self) -> None:
        parties = Parties()
        self.now = 1_800_000_000.0
        self.translator = Translator("pbx", parties)
        self.codec = Codec(keep=keep(self.translator.event_names))
        self.listings = Codec()
        self.floor = Floor()
        self.changed = self.made = 0
        employees = tuple(Employee(id=n, name=f"Person {n}", accounts=(str(n),)) for n in range(FIRST, FIRST + PEOPLE))
        parties.give(str(n) for n in range(FIRST, FIRST + PEOPLE))
        self.put([facts.DirectorySet(self.now, Directory(employees=employees))])
        self.list_all("".join(listing(self.now)).encode())
        self.put([facts.PeopleListed(at=self.now, link="pbx", devices=True, seats=True, dnd=True)])
        self.put([facts.LinkUp(self.now, "pbx", "PBX")])
        self.changed = self.made = 0

    def put(self, many: list[Fact]) -> None:
        for fact in many:
            changes = self.floor.apply(fact)
            self.made += len(changes)
            for change in changes:
                self.changed += isinstance(change, StatusChanged) and change.told.employee_id is not None

    def list_all(self, data: bytes) -> None:
        self.put(self.translator.people.listed(self.now, self.listings.feed(data)))

    def take(self, data: bytes) -> None:
        self.now += 0.01
        for message in self.codec.feed(data):
            self.put(self.translator.translate(self.now, message))


class Acts:
    """What people do, as the PBX tells it."""

    def __init__(self) -> None:
        self._rolls = random.Random(20260201)
        self._recorded = {name: Recorded(name) for name in CALLS}
        self._calls = 0
        self._dnd: set[int] = set()
        self._paused: set[int] = set()

    def act(self) -> str:
        account = self._rolls.randrange(FIRST, FIRST + PEOPLE)
        what: Callable[[int], str] = getattr(self, self._rolls.choice(ACT_TENTHS))
        return what(account)

    def call(self, _: int) -> str:
        recorded = self._recorded[self._rolls.choice(CALLS)]
        self._calls += 1
        return "".join(recorded.tell(index, self._calls)[0] for index in range(len(recorded.parts)))

    def register(self, account: int) -> str:
        """Both phones sign off, and one comes back."""
        gone = [contact(account, "Removed", phone=phone) for phone in range(PHONES)]
        back = contact(account, "NonQualified")
        down = [peer(account, "Unreachable"), device(f"PJSIP/{account}", "UNAVAILABLE"), hint(account, 4)]
        up = [peer(account, "Reachable"), device(f"PJSIP/{account}", "NOT_INUSE"), hint(account, 0)]
        return "".join([*gone, *down, member("QueueMemberStatus", account, status=5), *up, back])

    def qualify(self, account: int) -> str:
        lost = [contact(account, "Unreachable", phone=phone) for phone in range(PHONES)]
        down = [peer(account, "Unreachable"), device(f"PJSIP/{account}", "UNAVAILABLE"), hint(account, 4)]
        back = [contact(account, "Reachable", self._rolls.randint(500, 90_000), phone) for phone in range(PHONES)]
        return "".join([*lost, *down, *back, member("QueueMemberStatus", account)])

    def dnd(self, account: int) -> str:
        on = account not in self._dnd
        self._dnd ^= {account}
        state = device(f"Custom:DND{account}", "BUSY" if on else "NOT_INUSE")
        return state + hint(account, 2 if on else 0) + member("QueueMemberStatus", account)

    def pause(self, account: int) -> str:
        paused = int(account not in self._paused)
        self._paused ^= {account}
        queue = device(f"Queue:sales_pause_PJSIP/{account}", "INUSE" if paused else "NOT_INUSE")
        return queue + member("QueueMemberPause", account, paused=paused)


def main() -> list[Figure]:
    """CPU for a status change, for a listing of every phone, and for a link that comes and goes."""
    costs, listings, links, messages = [], [], [], 0
    link, acts = Link(), Acts()
    for _ in range(RUNS):
        reads = [acts.act().encode() for _ in range(ACTS // RUNS)]
        before, began = link.changed, time.process_time()
        for data in reads:
            link.take(data)
        costs.append((time.process_time() - began) / (link.changed - before))
        messages += sum(data.count(b"\r\n\r\n") for data in reads)

        everything = "".join(listing(link.now)).encode()
        began = time.process_time()
        link.list_all(everything)
        listings.append((time.process_time() - began) * 1000)

        began = time.process_time()
        link.put([facts.LinkLost(link.now, "pbx", "PBX", "cut")])
        link.put([facts.LinkUp(link.now, "pbx", "PBX")])
        links.append((time.process_time() - began) * 1000 / 2)
    floor = link.floor.snapshot()
    if len(floor.employees) != PEOPLE or link.changed < ACTS:
        raise RuntimeError(f"{link.changed} changes of {len(floor.employees)} employees: what was measured is no floor")
    note = f"{PEOPLE:,} employees with {PHONES} phones, {messages / link.changed:.1f} messages for a change"
    share = statistics.median(costs) * CHANGES_PER_S * 100
    return [
        at_most("people: 50 status changes/s", share, 5, "% of a core", note=note),
        shown(
            "people: one status change", statistics.median(costs) * 1e6, "µs", note="seconds of CPU, bytes to changes"
        ),
        at_most(
            "people: all phones listed",
            statistics.median(listings),
            LISTING_MS,
            "ms",
            note=f"{PEOPLE * PHONES:,} contacts",
        ),
        at_most("people: a link lost, or back", statistics.median(links), LINK_MS, "ms", note=f"{PEOPLE:,} employees"),
    ]
