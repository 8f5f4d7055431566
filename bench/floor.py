"""From the PBX's bytes to the floor's changes: codec, translator and floor on one core, at 1,000 live calls.

The stream is made of recorded calls (tests/scenarios/captures), renumbered and interleaved so that 1,000 of them go on
at any moment, with as much noise between their messages as a real PBX sends (counted over 57 recordings: 52 % VarSet,
15 % Newexten, 17 % of what the floor acts on). The same bytes in every run.
"""

import itertools
import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from bench import Figure, at_least, at_most, shown
from callfloor.asterisk.ami import Codec
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import Translator, keep
from callfloor.floor.changes import CallFinished
from callfloor.floor.floor import Floor

CAPTURES = Path(__file__).resolve().parent.parent / "tests" / "scenarios" / "captures"
CALLS = (  # a working day's mix
    *("inbound_queue_ringall", "inbound_queue_rr_local", "inbound_ivr_queue", "inbound_queue_abandoned"),
    *("inbound_ext_answered", "inbound_missed", "outbound_answered", "outbound_answered", "outbound_busy"),
    *("internal_answered", "hold_unhold", "attended_transfer_refer", "blind_transfer_refer", "inbound_ring_group"),
)
LIVE = 1_000
STARTED = 4_500  # calls in all: enough for three windows of measuring after the floor has filled
QUEUES = 20
EXTENSIONS = 1_000
READ_BYTES = 65_536
WINDOWS = 3
COUNTRY = "RU"

_ID = re.compile(r"\b1795\d{6}\.\d+|(?<=-)[0-9a-f]{8}(?=[;\t]|$)|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")
_EXTENSION = re.compile(r"(?<![\d.:-])(?:10[1-9]|110)(?![\d.])")
_CLIENT = re.compile(r"(?<!\d)7916\d{7}(?!\d)")
# What a message about a channel has besides what a capture keeps.
_MORE = (
    "Privilege: call,all\r\nChannelStateDesc: Up\r\nCallerIDName: Alice\r\nConnectedLineName: <unknown>\r\n"
    "Language: en\r\nAccountCode: \r\nPriority: 8\r\n"
)
_NOISE = (  # of 100 messages between those that matter, roughly
    *[("VarSet", "Variable: BRIDGEPEER\r\nValue: PJSIP/trunk-a-0000001f\r\n")] * 9,
    *[("VarSet", "Variable: RTPAUDIOQOSJITTER\r\nValue: minrxjitter=000.000000;maxrxjitter=000.000000\r\n")] * 9,
    *[("VarSet", "Variable: DIALEDPEERNUMBER\r\nValue: 101/sip:101@10.0.0.101:5060\r\n")] * 9,
    *[("VarSet", "Variable: ARG1\r\nValue: in\r\n")] * 36,
    *[("Newexten", "Extension: s\r\nApplication: NoOp\r\nAppData: inbound\r\n")] * 9,
    *[("Newexten", "Extension: s\r\nApplication: Set\r\nAppData: __RECORDING=1\r\n")] * 9,
    *[("DeviceStateChange", "Device: PJSIP/101\r\nState: INUSE\r\n")] * 6,
    *[("ExtensionStatus", "Hint: PJSIP/101\r\nStatus: 1\r\nStatusText: InUse\r\n")] * 3,
    *[("QueueMemberStatus", "Queue: sales\r\nInterface: PJSIP/101\r\nMemberName: A\r\nStatus: 2\r\nPaused: 0\r\n")] * 3,
    *[("NewConnectedLine", "")] * 2,
    *[("SoftHangupRequest", "Cause: 16\r\n")] * 1,
    *[("RTCPSent", "SSRC: 0x6354add7\r\nPT: 200(SR)\r\nReportCount: 1\r\nSentNTP: 1795290389.927808\r\n")] * 2,
    *[("MixMonitorStart", "")] * 1,
    *[("BridgeCreate", "BridgeType: basic\r\nBridgeNumChannels: 0\r\n")] * 1,
)
_NOISE_FOR_ONE = 4.9  # messages of noise for one that matters


class Recorded:
    """One recorded call, ready to be told as many times as wanted."""

    def __init__(self, name: str) -> None:
        rows = [
            row.partition("\t")
            for row in (CAPTURES / f"{name}.ami").read_text(encoding="utf-8").splitlines()
            if not row.startswith("#") and "\t@" not in row and "ActionID: " not in row and "FullyBooted" not in row
        ]
        self.at_s = [float(at) - float(rows[0][0]) for at, _, _ in rows]
        texts = [text for _, _, text in rows]
        self.ids = sorted({found for text in texts for found in _ID.findall(text)}, key=len)
        self.extensions = sorted({found for text in texts for found in _EXTENSION.findall(text)})
        self.parts = [self._cut(text) for text in texts]

    def _cut(self, text: str) -> tuple[str, str]:
        """The message with places for what differs from call to call, and its channel's headers for the noise."""
        for number, extension in enumerate(self.extensions):
            text = re.sub(rf"(?<![\d.:-]){extension}(?![\d.])", f"\x01{number}\x02", text)
        for number, known in enumerate(self.ids):
            text = text.replace(known, f"\x03{number}\x02")
        text = _CLIENT.sub("\x04", text).replace("Queue: sales", "Queue: \x05").replace("Queue: support", "Queue: \x05")
        event, *headers = text.split("\t")
        message = f"Event: {event}\r\n" + "".join(f"{header}\r\n" for header in headers)
        own = [header for header in headers if header.startswith(("Channel", "CallerID", "Uniqueid", "Linkedid"))]
        return message + _MORE + "\r\n", "".join(f"{header}\r\n" for header in own) + _MORE

    def tell(self, index: int, call: int) -> tuple[str, str]:
        """Message number ``index`` of this recording as one of call number ``call``; and the channel's headers."""
        first = call * 40
        message, own = self.parts[index]

        def filled(text: str) -> str:
            for number, known in enumerate(self.ids):
                place = f"\x03{number}\x02"
                if place in text:
                    text = text.replace(place, _another(known, first + number))
            for number in range(len(self.extensions)):
                text = text.replace(f"\x01{number}\x02", str(2000 + (call * 3 + number) % EXTENSIONS))
            return text.replace("\x04", f"7916{call:07d}").replace("\x05", f"queue{call % QUEUES}")

        return filled(message), filled(own)


def _another(known: str, number: int) -> str:
    """An identifier of the same kind as a known one."""
    if "." in known:
        return f"{1_800_000_000 + number // 40}.{number}"
    return f"{number:08x}" if len(known) == 8 else f"{number:08x}-0000-4000-8000-000000000000"


def stream(into: BinaryIO) -> float:
    """Write the whole stream; returns the seconds in which the floor fills, of those it spans in all."""
    rolls = random.Random(20260101)
    recorded = {name: Recorded(name) for name in CALLS}
    lasts_s = [recorded[name].at_s[-1] for name in CALLS]
    gap_s = statistics.mean(lasts_s) / LIVE
    order: list[tuple[float, int, int]] = []
    for call in range(STARTED):
        starts_s = call * gap_s
        order += [(starts_s + at, call, index) for index, at in enumerate(recorded[CALLS[call % len(CALLS)]].at_s)]
    order.sort()
    for _, call, index in order:
        message, own = recorded[CALLS[call % len(CALLS)]].tell(index, call)
        into.write(message.encode())
        for _ in range(int(_NOISE_FOR_ONE + rolls.random())):
            event, headers = rolls.choice(_NOISE)
            into.write(f"Event: {event}\r\n{own}{headers}\r\n".encode())
    return max(lasts_s) / (STARTED * gap_s)


class Line:
    """One PBX link as the service has it, without the socket."""

    def __init__(self) -> None:
        self.translator = Translator("pbx", Parties(), country=COUNTRY)
        self.codec = Codec(keep=keep(self.translator.event_names))
        self.floor = Floor()
        self.now = 1_800_000_000.0
        self.changes = self.rows = 0

    def take(self, data: bytes) -> None:
        self.now += 0.01
        for message in self.codec.feed(data):
            for fact in self.translator.translate(self.now, message):
                made = self.floor.apply(fact)
                self.changes += len(made)
                for change in made:
                    self.rows += isinstance(change, CallFinished)


def reads(source: BinaryIO) -> Iterator[bytes]:
    return itertools.takewhile(bool, iter(lambda: source.read(READ_BYTES), None))


def main() -> list[Figure]:
    """Throughput, memory, and the encoding of a snapshot."""
    line, rates, live, encoding = Line(), [], [], []
    with tempfile.TemporaryFile() as file:
        filled = stream(file)
        size = file.tell()
        file.seek(0)
        warm, until = int(size * filled) + READ_BYTES, int(size * (1 - filled))
        bounds = [warm + (until - warm) * window // WINDOWS for window in range(WINDOWS + 1)]
        window, messages, took_s = -1, 0, 0.0
        for data in reads(file):
            began = time.process_time()
            line.take(data)
            took_s += time.process_time() - began
            messages += data.count(b"\r\n\r\n")
            if window + 1 < len(bounds) and file.tell() >= bounds[window + 1]:
                if window >= 0:
                    rates.append(messages / took_s)
                window, messages, took_s = window + 1, 0, 0.0
                live.append(len(line.floor.snapshot().calls))
                encoding += [encode_ms(line.floor) for _ in range(7)]
    if line.rows != STARTED or line.floor.snapshot().calls:
        raise RuntimeError(f"{STARTED} calls went in, {line.rows} rows came out: what was measured is no floor")
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
    calls = f"{min(live):,} to {max(live):,} live calls"
    return [
        at_least(
            "floor: bytes to changes",
            statistics.median(rates),
            40_000,
            "messages/s",
            note=f"seconds of CPU of one core, {calls}",
        ),
        at_most("floor: memory of the process", memory_mb, 200, "MB", note=calls),
        at_most("floor: snapshot encoded", statistics.median(encoding), 30, "ms", note=f"JSON, {calls}"),
        shown("floor: changes", line.changes / STARTED, "for each call"),
    ]


def encode_ms(floor: Floor) -> float:
    """What a viewer who comes now waits for the floor's snapshot."""
    began = time.process_time()
    msgspec.json.encode(floor.snapshot())
    return (time.process_time() - began) * 1000
