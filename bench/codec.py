"""The AMI codec beside panoramisk's parser, on the same bytes in the same reads, and what it costs to ask for headers.

The bytes are made here in the proportions of 57 recordings from Asterisk 22, with the headers that each event really
has: a third VarSet, a tenth Newexten, the items of listings, channel, bridge, dial and queue events.
"""

import random
import time
from collections.abc import Callable
from importlib.metadata import version

from bench import Figure, MissingPartError, at_least, median_of, shown
from callfloor.asterisk.ami import Codec, encode_message

READ_BYTES = 16_384  # what a busy link gives at once
MESSAGES = 20_000
RUNS = 7
UNWANTED = frozenset({b"VarSet", b"Newexten", b"RTCPSent", b"DialState", b"MusicOnHoldStart"})
ASKED = ("Channel", "Uniqueid", "Linkedid", "CallerIDNum", "Exten", "Context", "ChannelState", "ConnectedLineNum")

CHANNEL = [
    *("Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum"),
    *("ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid"),
]
BRIDGE = [
    *("BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels"),
    "BridgeVideoSourceMode",
]
DEST = [f"Dest{name}" for name in CHANNEL]
KINDS: dict[str, tuple[int, list[str]]] = {  # of 10,000 messages, and the headers
    "VarSet": (3340, [*CHANNEL, "Variable", "Value"]),
    "DeviceStateChange": (1710, ["Device", "State"]),
    "Newexten": (940, [*CHANNEL, "Extension", "Application", "AppData"]),
    "ExtensionStatus": (560, ["Exten", "Context", "Hint", "Status", "StatusText"]),
    "ContactList": (400, ["ObjectType", "ObjectName", "ViaAddr", "CallId", "Endpoint", "Uri", "UserAgent", "Status"]),
    "Newstate": (350, CHANNEL),
    "QueueMemberStatus": (350, ["Queue", "MemberName", "Interface", "Status", "Paused", "LastCall", "CallsTaken"]),
    "Newchannel": (350, CHANNEL),
    "NewConnectedLine": (300, CHANNEL),
    "Hangup": (350, [*CHANNEL, "Cause", "Cause-txt"]),
    "BridgeEnter": (400, [*BRIDGE, *CHANNEL]),
    "BridgeLeave": (400, [*BRIDGE, *CHANNEL]),
    "DialBegin": (200, [*CHANNEL, *DEST, "DialString"]),
    "DialEnd": (200, [*CHANNEL, *DEST, "DialStatus"]),
    "DialState": (150, [*CHANNEL, *DEST, "DialStatus"]),
}


def main() -> list[Figure]:
    """Messages a second: cut only, with what nobody wants dropped, with headers asked for; and panoramisk."""
    reads = _reads()
    theirs = median_of(RUNS, lambda: _rate(lambda: _panoramisk(reads)))
    words, bytes_each = "≥ 7 × panoramisk", sum(map(len, reads)) // MESSAGES
    note = f"panoramisk {version('panoramisk')}'s Message.from_line, same bytes, {bytes_each} bytes a message"
    target = 7 * theirs

    everything, wanted = b"".join(reads), MESSAGES
    for name in UNWANTED:
        wanted -= everything.count(b"Event: " + name + b"\r\n")

    def ours(ask: tuple[str, ...] = (), *, drop: bool = False) -> float:
        keep, expected = (_wanted, wanted) if drop else (None, MESSAGES)
        return median_of(RUNS, lambda: _rate(lambda: _callfloor(reads, ask, keep), expected))

    return [
        at_least("codec", ours(), target, "messages/s", peer=theirs, words=words, note=note),
        at_least(
            "codec, unwanted dropped",
            ours(drop=True),
            target,
            "messages/s",
            peer=theirs,
            words=words,
            note="of all messages that came",
        ),
        shown(
            "codec, unwanted dropped, 8 headers asked of the rest",
            ours(ASKED, drop=True),
            "messages/s",
            peer=theirs,
        ),
        shown("codec, 8 headers asked of all", ours(ASKED), "messages/s", peer=theirs),
    ]


def _wanted(name: bytes) -> bool:
    return name not in UNWANTED


def _reads() -> list[bytes]:
    chance = random.Random(22)
    kinds = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()], k=MESSAGES)
    stream = b"".join(_message(kind, number, chance) for number, kind in enumerate(kinds))
    return [stream[start : start + READ_BYTES] for start in range(0, len(stream), READ_BYTES)]


def _message(kind: str, number: int, chance: random.Random) -> bytes:
    headers = [("Event", kind), ("Privilege", "call,all")]
    for name in KINDS[kind][1]:
        if name.endswith("id"):
            value = f"{1_795_289_965 + number // 50}.{number}"
        elif name.endswith(("Num", "Exten")):
            value = f"7916{chance.randrange(10**7):07d}"
        elif name.endswith("Channel"):
            value = f"PJSIP/{100 + number % 100}-{number:08x}"
        else:
            value = name.lower()[: chance.randrange(16)]
        headers.append((name, value))
    return encode_message(headers)


def _rate(run: Callable[[], int], expected: int = MESSAGES) -> float:
    began = time.perf_counter()
    read = run()
    took = time.perf_counter() - began
    if read != expected:
        raise AssertionError(f"{read} of {expected} messages were read")
    return MESSAGES / took


def _callfloor(reads: list[bytes], ask: tuple[str, ...], keep: Callable[[bytes], bool] | None) -> int:
    codec = Codec(keep=keep)
    kept = 0
    for data in reads:
        messages = codec.feed(data)
        kept += len(messages)
        for message in messages if ask else ():
            for header in ask:
                message.get(header)
    return kept


def _panoramisk(reads: list[bytes]) -> int:
    try:
        from panoramisk.message import Message  # noqa: PLC0415
    except ImportError:
        raise MissingPartError("panoramisk is in requirements/dev.lock: make check installs it") from None
    held, messages = "", 0
    for data in reads:  # as its protocol's data_received does, without its dispatch and its logging
        *lines, held = (held + data.decode("utf8", "ignore")).split("\r\n\r\n")
        for line in lines:
            messages += Message.from_line(line.strip()) is not None
    return messages
