"""What Asterisk and the phones wrote down: CEL, CDR, queue_log and the phones' truth, read into plain data.

CEL's columns are those of ``etc/cel_custom.conf``, its times UTC with microseconds. Asterisk's CDR has whole seconds.
"""

import csv
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PBX_KILLED, PBX_RESTARTED = "pbx killed", "pbx restarted"
"""The operator's marks in the truth: when that was done to the PBX with which a capture ends."""
HOLDING = "holding_bridge"
"""Bridge technology of the one bridge that all parked channels share: being in it together is no conversation."""


@dataclass(frozen=True, kw_only=True)
class CelRow:
    """One row of channel event logging; ``extra`` is its JSON, ``at`` epoch seconds."""

    event: str
    at: float
    number: str
    exten: str
    context: str
    channel: str
    app: str
    data: str
    uniqueid: str
    linkedid: str
    extra: dict[str, Any]


@dataclass
class Channel:
    """One channel's life by CEL. ``stays`` are its times in bridges that carry conversation: bridge, from, to."""

    uniqueid: str
    name: str
    started_at: float
    exten: str = ""
    context: str = ""
    number: str = ""
    answered_at: float | None = None
    ended_at: float | None = None
    hung_up_by: str = ""  # the channel that Asterisk names as the source of the hang-up
    linkedids: set[str] = field(default_factory=set)
    stays: list[tuple[str, float, float]] = field(default_factory=list)
    parked: list[tuple[float, float]] = field(default_factory=list)
    apps: list[tuple[str, str, float]] = field(default_factory=list)  # application, data, since

    @property
    def endpoint(self) -> str:
        """``101`` of ``PJSIP/101-0000002a``; empty for a Local channel."""
        return self.name.removeprefix("PJSIP/").rsplit("-", 1)[0] if self.name.startswith("PJSIP/") else ""

    @property
    def dialled_in(self) -> bool:
        """True where a phone made it by its own INVITE; false where Asterisk dialled out."""
        return self.exten not in {"", "s"} or self.context not in {"from-internal", "from-trunk"}


@dataclass(frozen=True, kw_only=True)
class CdrRow:
    """One call detail record; times are epoch seconds, whole."""

    source: str
    destination: str
    channel: str
    to_channel: str
    app: str
    started_at: float
    answered_at: float | None
    ended_at: float
    billed_s: int
    disposition: str
    uniqueid: str
    linkedid: str


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One line of queue_log; ``at`` is a whole second."""

    at: float
    uniqueid: str
    queue: str
    member: str
    event: str
    data: tuple[str, ...]


def _instant(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC).timestamp()


def read_cel(text: str) -> list[CelRow]:
    """Rows in the order they were written; a row half written is left out."""
    rows = []
    for line in csv.reader(io.StringIO(text)):
        if len(line) != 20:
            continue
        rows.append(
            CelRow(  # what a stream plays stands in a column of its own
                event=line[18] or line[0], at=_instant(line[1]), number=line[3],
                exten=line[7], context=line[8], channel=line[9], app=line[10], data=line[11], uniqueid=line[14],
                linkedid=line[15], extra=json.loads(line[19]) if line[19].startswith("{") else {},
            )
        )  # fmt: skip
    return rows


def channels_of(rows: list[CelRow]) -> dict[str, Channel]:
    """Each channel's life, by uniqueid, in the order of their beginnings."""
    channels: dict[str, Channel] = {}
    inside: dict[str, tuple[str, float, bool]] = {}  # uniqueid: bridge, since, holding

    def leave(channel: Channel, at: float) -> None:
        bridge, since, holding = inside.pop(channel.uniqueid)
        if holding:
            channel.parked.append((since, at))
        else:
            channel.stays.append((bridge, since, at))

    for row in rows:
        if row.event == "LINKEDID_END":
            continue
        channel = channels.get(row.uniqueid)
        if channel is None:
            channel = channels[row.uniqueid] = Channel(
                row.uniqueid, row.channel, row.at, row.exten, row.context, row.number
            )
        channel.linkedids.add(row.linkedid)
        match row.event:
            case "ANSWER" if channel.answered_at is None:
                channel.answered_at = row.at
            case "HANGUP":
                channel.hung_up_by = row.extra.get("hangupsource", "")
            case "CHAN_END":
                if channel.uniqueid in inside:
                    leave(channel, row.at)
                channel.ended_at = row.at
            case "APP_START":
                channel.apps.append((row.app, row.data, row.at))
            case "BRIDGE_ENTER":
                if channel.uniqueid in inside:
                    leave(channel, row.at)
                holding = row.extra.get("bridge_technology") == HOLDING
                inside[channel.uniqueid] = (row.extra["bridge_id"], row.at, holding)
            case "BRIDGE_EXIT":
                # a merge or a swap writes the exit from the old bridge after the entry into the new
                current = inside.get(channel.uniqueid)
                if current and current[0] == row.extra["bridge_id"]:
                    leave(channel, row.at)
    for uniqueid, (_, since, _) in list(inside.items()):  # the capture ends in mid-call
        leave(channels[uniqueid], max(since, rows[-1].at))
    return channels


def read_cdr(text: str) -> list[CdrRow]:
    """Rows of ``Master.csv`` with ``newcdrcolumns``, in the order they were written."""
    return [
        CdrRow(
            source=line[1], destination=line[2], channel=line[5], to_channel=line[6], app=line[7],
            started_at=_instant(line[9]), answered_at=_instant(line[10]) if line[10] else None,
            ended_at=_instant(line[11]), billed_s=int(line[13]), disposition=line[14], uniqueid=line[16],
            linkedid=line[19],
        )
        for line in csv.reader(io.StringIO(text))
        if len(line) == 21
    ]  # fmt: skip


def read_queue_log(text: str) -> list[QueueRow]:
    rows = []
    for line in text.splitlines():
        parts = line.split("|")
        if len(parts) >= 5:
            at, uniqueid, queue, member, event, *data = parts
            row = QueueRow(at=float(at), uniqueid=uniqueid, queue=queue, member=member, event=event, data=tuple(data))
            rows.append(row)
    return rows


def read_truth(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line]


@dataclass(frozen=True)
class Records:
    """Everything that was written down about one capture."""

    cel: list[CelRow]
    cdr: list[CdrRow]
    queue_log: list[QueueRow]
    truth: list[dict[str, Any]]

    @property
    def killed_at(self) -> float | None:
        """When the PBX was killed: what it had not written then it has not written at all."""
        return self._marked_at(PBX_KILLED)

    @property
    def died_at(self) -> float | None:
        """When the PBX was killed or told to begin anew; None where it was not."""
        return self._marked_at(PBX_KILLED, PBX_RESTARTED)

    def _marked_at(self, *marks: str) -> float | None:
        return next((float(line["t"]) for line in self.truth if line["phone"] is None and line["what"] in marks), None)

    @classmethod
    def of(cls, folder: Path) -> "Records":
        def text(name: str) -> str:
            file = folder / name
            return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

        return cls(
            read_cel(text("cel.csv")), read_cdr(text("cdr.csv")), read_queue_log(text("queue_log")),
            read_truth(text("truth.jsonl")),
        )  # fmt: skip
