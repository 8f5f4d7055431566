"""The simulator's messages against those of a real Asterisk 22, channel by channel.

``simulator_recordings.txt`` is what the recordings say: for each scenario and each role in it (a channel, a device, a
hint, a queue's member, the bridges) its messages in order, and ``headers`` the shape of every message. Roles are named
by the endpoint; a second channel of the same endpoint has a prime. Left out of both sides, because the recordings
themselves disagree about them from one run to the next:

- the order of what happens in the same millisecond on different threads: the messages while a leg begins to ring are
  sorted, and a BridgeLeave does not say how many are left;
- HangupRequest of the party that did not hang up first (both phones' BYEs race);
- dialplan noise, RTCP, security events; ``Queue:…_avail``.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from callfloor.asterisk.ami import Codec, Message
from callfloor.simulator import SCENARIOS, play

RECORDINGS = Path(__file__).with_name("simulator_recordings.txt")

NOISE = frozenset(
    {
        "VarSet", "Newexten", "RTCPSent", "RTCPReceived", "DTMFBegin", "SuccessfulAuth", "ChallengeSent", "TestEvent",
        "FullyBooted", "ContactStatus", "PeerStatus", "ChallengeResponseFailed", "QueueMemberPause",
        "OriginateResponse",
    }
)  # fmt: skip
RINGING = re.compile(r"Newstate:Ringing$|NewConnectedLine|AgentCalled|DialBegin|DialState:RINGING")
LOCAL = re.compile(r"Local/([^@]+)@(.+)-[0-9a-f]{8};(\d)$")
DIALLED = frozenset({"DialBegin", "DialState", "DialEnd"})
DETAIL = {
    "Newstate": "ChannelStateDesc", "NewConnectedLine": "ConnectedLineNum", "NewCallerid": "CallerIDNum",
    "Hangup": "Cause", "SoftHangupRequest": "Cause", "QueueCallerJoin": "Position", "DTMFEnd": "Digit",
}  # fmt: skip

DIFFERENT = {
    # (scenario, role): (what the simulator says, why it may)
    ("attended_transfer_dtmf", "101"): "the phone's last digit is repeated while the transfer starts",
    ("attended_transfer_dtmf", "104"): "the repeated digit, passed on",
    ("attended_transfer_dtmf", "1:104@from-internal"): "the repeated digit, passed on",
    ("attended_transfer_dtmf", "2:104@from-internal"): "the repeated digit, passed on",
    ("inbound_unregistered", "device PJSIP/105"): "the recording ends with the phone's return",
    ("inbound_unregistered", "hint 105"): "the recording ends with the phone's return",
    ("inbound_unregistered", "member support Daria"): "the recording ends with the phone's return",
    ("inbound_queue_abandoned_nobody", "device Queue:sales_pause_PJSIP/101"): "the recording ends with the unpausing",
    ("inbound_queue_abandoned_nobody", "device Queue:sales_pause_PJSIP/102"): "the recording ends with the unpausing",
    ("inbound_queue_abandoned_nobody", "device Queue:sales_pause_PJSIP/103"): "the recording ends with the unpausing",
}
"""Each is checked to differ still: an entry that is no longer needed fails."""


class Roles:
    """What each role did, in order."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}
        self._hung_up = False

    def of(self, channel: str) -> str:
        """The role's name of a channel."""
        if channel not in self._names:
            local = LOCAL.match(channel)
            base = f"{local[3]}:{local[1]}@{local[2]}" if local else channel.removeprefix("PJSIP/").rpartition("-")[0]
            taken = set(self._names.values())
            while base in taken:
                base += "'"
            self._names[channel] = base
        return self._names[channel]

    def add(self, role: str, what: str) -> None:
        """One more thing."""
        self.rows.setdefault(role, []).append(what)

    def take(self, m: Message) -> None:
        """Enter one message where it belongs."""
        get, event = m.get, m.event or ""
        if event == "VarSet" and get("Variable") == "MIXMONITOR_FILENAME":
            self.add(self.of(get("Channel")), "Recording")
        elif event in NOISE:
            return
        elif event == "DeviceStateChange":
            device = get("Device")
            if not device.startswith(("Local/", "MWI:")) and not device.endswith("_avail"):
                self.add(f"device {device}", get("State"))
        elif event == "ExtensionStatus":
            self.add(f"hint {get('Exten')}", get("StatusText"))
        elif event == "QueueMemberStatus":
            self.add(f"member {get('Queue')} {get('MemberName')}", get("Status"))
        elif event in {"BridgeCreate", "BridgeDestroy", "BridgeMerge"}:
            self.add("bridges", event)
        elif event in DIALLED:
            status = f":{get('DialStatus')}" if get("DialStatus") else ""
            by = self.of(get("Channel")) if get("Channel") else "-"
            self.add(self.of(get("DestChannel")), f"{event}{status}<{by}")
        elif event.startswith("Agent"):
            self.add(self.of(get("DestChannel")), event + (f":{get('Reason')}" if get("Reason") else ""))
        elif event.startswith("Local"):
            self.add(self.of(get("LocalOneChannel")), event)
        elif event == "BlindTransfer":
            self.add(
                self.of(get("TransfererChannel")), f"{event}:{self.of(get('TransfereeChannel'))}>{get('Extension')}"
            )
        elif event == "AttendedTransfer":
            self.add(self.of(get("OrigTransfererChannel")), f"{event}:{self.of(get('TransfereeChannel'))}")
        elif event in {"ParkedCall", "UnParkedCall"}:
            self.add(self.of(get("ParkeeChannel")), f"{event}:{get('ParkingSpace')}")
        elif event == "HangupRequest":
            if not self._hung_up and not LOCAL.match(get("Channel")):
                self._hung_up = True
                self.add("hung up first", f"{self.of(get('Channel'))}:{get('Cause')}")
        else:
            self.add(self.of(get("Channel")), event + self._detail(m, event))

    def _detail(self, m: Message, event: str) -> str:
        get = m.get
        match event:
            case "Newchannel":
                return f":{get('ChannelStateDesc')}:{get('Context')}:{get('Exten')}:{get('CallerIDNum')}"
            case "BridgeEnter":
                return f":{get('BridgeNumChannels')}{':swap' if get('SwapUniqueid') else ''}"
            case "Pickup":
                return f":{self.of(get('TargetChannel'))}"
            case "Hangup" if get("TechCause"):
                return f":{get('Cause')}:{get('TechCause')}"
        return f":{get(DETAIL[event])}" if event in DETAIL else ""


def roles(messages: Iterable[Message]) -> dict[str, list[str]]:
    """What each role does, with the races sorted out."""
    found = Roles()
    for m in messages:
        if m.event is not None and (m.action_id is None or m.event == "OriginateResponse"):
            found.take(m)
    return {role: sorted_races(row) for role, row in found.rows.items()}


def sorted_races(row: list[str]) -> list[str]:
    """Runs of what several threads say while a leg begins to ring, in alphabetical order."""
    done: list[str] = []
    run: list[str] = []
    for what in [*row, ""]:
        if RINGING.match(what):
            run.append(what)
        else:
            done += [*sorted(run), what]
            run = []
    return done[:-1]


CHANNEL_HEADERS = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
BRIDGE_HEADERS = (
    "BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels",
    "BridgeVideoSourceMode",
)  # fmt: skip
SHORT = [
    (re.compile(rf"(\w*){names[0]} " + " ".join(rf"\1{name}" for name in names[1:]) + r"\b"), mark)
    for names, mark in ((CHANNEL_HEADERS, r"\1@"), (BRIDGE_HEADERS, r"\1%"))
]


def shape(m: Message) -> str:
    """A message's header names in order; ``@`` is a channel's fourteen, ``%`` a bridge's seven, a prefix before it."""
    names = " ".join(name for name, _ in m.items())
    for pattern, mark in SHORT:
        names = pattern.sub(mark, names)
    return names


def recorded() -> dict[str, dict[str, list[str]]]:
    """The recordings' tables: section -> role -> what it did."""
    sections: dict[str, dict[str, list[str]]] = {}
    rows: dict[str, list[str]] = {}
    for line in RECORDINGS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            rows = sections.setdefault(line.strip("[]"), {})
        elif line:
            role, _, row = line.partition(" = ")
            rows[role] = row.split(" ")
    return sections


def messages_of(name: str, *, noise: bool = False) -> list[Message]:
    """What a played scenario sends."""
    return Codec().feed(b"Asterisk Call Manager/11.0.0\r\n" + b"".join(data for _, data in play(name, noise=noise)))


TABLES = recorded()
SHAPES = {name: " ".join(row) for name, row in TABLES.pop("headers").items()}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_role_does_what_it_did_in_the_recording(name: str) -> None:
    real, simulated = TABLES[name], roles(messages_of(name))
    for role in real.keys() | simulated.keys():
        if (name, role) in DIFFERENT:
            assert simulated.get(role) != real.get(role), f"no longer different: {role}"
        else:
            assert simulated.get(role) == real.get(role), role


def test_every_scenario_has_a_recording_or_says_that_it_has_none() -> None:
    assert {name for name in SCENARIOS if name not in TABLES} == {"inbound_ivr_abandoned"}
    assert not [name for name in TABLES if name not in SCENARIOS]


@pytest.mark.parametrize("noise", [False, True])
def test_every_message_has_the_headers_of_a_recorded_one(noise: bool) -> None:
    known = set(SHAPES.values())
    for name in SCENARIOS:
        for m in messages_of(name, noise=noise):
            assert shape(m) in known, m.raw.decode()
            assert SHAPES[f"{m.event} {shape(m).count(' ')}"] == shape(m)


CLASSES = {
    "agent": "AgentCalled AgentConnect AgentComplete AgentRingNoAnswer QueueCallerJoin QueueCallerLeave "
    "QueueCallerAbandon QueueMemberStatus QueueMemberPause",
    "dialplan": "VarSet Newexten",
    "dtmf": "DTMFBegin DTMFEnd",
    "reporting": "RTCPSent",
    "system": "ContactStatus PeerStatus",
}
"""As recorded; every other message of a call is of class ``call``."""


def test_the_privilege_of_a_message_is_that_of_the_recording() -> None:
    classes = {event: name for name, events in CLASSES.items() for event in events.split()}
    for name in SCENARIOS:
        for m in messages_of(name, noise=True):
            assert m.get("Privilege") == f"{classes.get(m.event or '', 'call')},all"
