"""How late the PBX told what it did: CEL stamps the moment, the manager connection gets its event some time after.

Milliseconds, on an idle machine. Where processors are short it is more, and nobody who watches can know earlier; the
comparison allows a call exactly the lateness that its own events had.
"""

import bisect
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from support.pbx.phone_legs import PhoneLeg
from support.pbx.records import CelRow

SAME_MOMENT = {
    b"Newchannel": "CHAN_START",
    b"Hangup": "CHAN_END",
    b"BridgeEnter": "BRIDGE_ENTER",
    b"BridgeLeave": "BRIDGE_EXIT",
}
"""AMI's event, and CEL's row of the same moment."""

TOLD_S = 1.0  # more than this is not the same moment: who is called back is up long before being joined
_STATE = re.compile(rb"^ChannelStateDesc: (Ringing|Up)\r?$", re.MULTILINE)
_UNIQUEID = re.compile(rb"^Uniqueid: (\S+)\r?$", re.MULTILINE)


def lateness_s(folder: Path, cel: list[CelRow]) -> dict[str, float]:
    """The greatest lateness of each channel's events, by uniqueid; seconds."""
    moments: dict[tuple[str, str], list[float]] = {}
    for row in cel:
        moments.setdefault((row.event, row.uniqueid), []).append(row.at)
    late: dict[str, float] = {}
    for received_at, name, uniqueid in _received(folder):
        known = moments.get((SAME_MOMENT[name], uniqueid), [])
        before = bisect.bisect_right(known, received_at)
        if before:
            late[uniqueid] = max(late.get(uniqueid, 0.0), received_at - known[before - 1])
    return late


def states_late_s(folder: Path, legs: Iterable[PhoneLeg]) -> dict[str, float]:
    """How much later than the called phone the PBX told that it rings, is up and is joined, by uniqueid; seconds.

    CEL does not stamp ringing, and a PBX short of processors takes up a 180 or a 200 some time after the phone sent it.
    """
    told: dict[tuple[str, bytes], float] = {}
    for at, message in _recorded(folder):
        uniqueid, state = _UNIQUEID.search(message), _STATE.search(message)
        if uniqueid is not None and state is not None:
            what = b"joined" if message.startswith(b"Event: BridgeEnter") else state[1]
            told.setdefault((uniqueid[1].decode(), what), at)
    late: dict[str, float] = {}
    for leg in legs:
        if leg.channel is None or leg.direction != "in":
            continue
        for moment, what in ((leg.ringing_at, b"Ringing"), (leg.up_at, b"Up"), (leg.up_at, b"joined")):
            heard_at = told.get((leg.channel.uniqueid, what))
            if moment is not None and heard_at is not None and heard_at - moment <= TOLD_S:
                late[leg.channel.uniqueid] = max(late.get(leg.channel.uniqueid, 0.0), heard_at - moment)
    return late


def later_s(folder: Path, other: Iterable[tuple[float, bytes]]) -> dict[str, float]:
    """How much later than the recorder another manager connection was told of each channel, by uniqueid; seconds.

    Asterisk serves each connection by a thread of its own, and each has its own luck: the same event may come to one
    of them hundreds of milliseconds after the other. ``other`` is what that connection received, and when.
    """
    told: dict[bytes, float] = {}
    for at, message in _recorded(folder):
        told.setdefault(message, at)
    later: dict[str, float] = {}
    for at, message in _messages(other):
        uniqueid = _UNIQUEID.search(message)
        if uniqueid is not None and message in told:
            name = uniqueid[1].decode()
            later[name] = max(later.get(name, 0.0), at - told.pop(message))
    return later


def _recorded(folder: Path) -> Iterator[tuple[float, bytes]]:
    raw = (folder / "ami.raw").read_bytes()
    chunks = (json.loads(line) for line in (folder / "ami.chunks.jsonl").read_text().splitlines())
    return _messages((chunk["t"], raw[chunk["off"] : chunk["off"] + chunk["len"]]) for chunk in chunks)


def _messages(chunks: Iterable[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    """Whole messages, with when their last byte came."""
    rest = b""
    for at, data in chunks:
        *whole, rest = (rest + data).split(b"\r\n\r\n")
        for message in whole:
            yield at, message


def _received(folder: Path) -> Iterator[tuple[float, bytes, str]]:
    """Those events as they arrived: when, which, of which channel."""
    raw = (folder / "ami.raw").read_bytes()
    start = 0
    for line in (folder / "ami.chunks.jsonl").read_text().splitlines():
        chunk = json.loads(line)
        end = chunk["off"] + chunk["len"]
        while (stop := raw.find(b"\r\n\r\n", start, end)) >= 0:
            lines = raw[start:stop].split(b"\r\n")
            start = stop + 4
            name = next((one[7:] for one in lines if one.startswith(b"Event: ")), b"")
            if name in SAME_MOMENT:
                uniqueid = next((one[10:] for one in lines if one.startswith(b"Uniqueid: ")), b"")
                yield chunk["t"], name, uniqueid.decode()
