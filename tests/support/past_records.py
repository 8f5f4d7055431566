"""What Asterisk wrote down of the recorded scenarios (``tests/scenarios/records``), held against live calls.

Beside a capture's manager stream its ``.cel`` (cel_custom), ``.cdr`` (cdr_csv) and ``.queue_log`` are kept as Asterisk
wrote them. What a field says may differ from the live record only where the source cannot tell: ``docs/importing.md``
counts it, and a test holds that table.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from callfloor.asterisk.history.files import CsvFile, QueueLogFile
from callfloor.asterisk.history.reading import Bounds, Reading, told
from callfloor.asterisk.history.sources import CDR, CEL, Source
from callfloor.asterisk.history.stories import Company
from callfloor.asterisk.history.times import Clock, zone_named
from callfloor.asterisk.parties import Parties
from callfloor.floor.calls import CallRecord
from support.scenarios import load

RECORDS = Path(__file__).resolve().parent.parent / "scenarios" / "records"
ACCOUNTS: tuple[str, ...] = ()
TRUNKS = ("trunk-a", "trunk-b")
NEAR_S = {"events": 0.35, "seconds": 1.35, "records": 2.0}
"""CEL has no 180 and no 200 of a phone, but what the PBX did of it; CDR has whole seconds, begin and end each cut."""
FIELDS = (
    *("type", "result", "abandoned_in", "client_number", "client_e164", "business_number", "started_at", "answered_at"),
    *("ended_at", "duration_s", "waiting_s", "ivr_s", "queue_s", "ringing_s", "talk_s", "hold_s", "hung_up_by"),
    *("recording", "forwarded_from", "route", "employees", "answered by", "ring_s", "missed", "queues", "positions"),
    "external",
)


def names() -> list[str]:
    """Every scenario whose records there are."""
    return sorted(file.name.removesuffix(".cdr") for file in RECORDS.glob("*.cdr"))


def sources(name: str, kinds: Sequence[str], folder: Path = RECORDS) -> list[Source]:
    """The files of one scenario, each with a clock of its own."""
    found: list[Source] = []
    for kind in kinds:
        path = folder / f"{name}.{kind}"
        if path.exists():
            clock = Clock(zone_named("UTC"))
            found.append(CsvFile(path, kind, clock) if kind in (CEL, CDR) else QueueLogFile(path, clock))
    return found


def company(link: str = "pbx") -> Company:
    return Company(link=link, parties=Parties(ACCOUNTS, TRUNKS), country=None)


@dataclass
class Read:
    """What came of reading some sources to their end."""

    records: list[CallRecord] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read(found: Sequence[Source], of: Company | None = None, bounds: Bounds | None = None) -> Read:
    """Every call, and the reason for each that was refused."""
    read, within, ours = Read(), bounds or Bounds(), of or company()
    for piece in Reading(found, within).pieces():
        batch = told(piece, ours, within)
        read.records += batch.records
        read.refused += [each.reason for each in batch.refused]
    return read


def like_freepbx(name: str, folder: Path) -> None:
    """The scenario's call events as FreePBX has them written: whole seconds, and no ``Dial`` among the applications."""
    text = (RECORDS / f"{name}.cel").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not re.match(r'"APP_(START|END)".*?"Dial"', line)]
    cut = re.sub(r'(\d\d:\d\d:\d\d)\.\d{6}"', r'\1"', "\n".join(lines) + "\n")
    (folder / f"{name}.cel").write_text(cut, encoding="utf-8")


def compared(name: str, records: Sequence[CallRecord], near_s: float) -> Iterator[tuple[str, str, object, object]]:
    """Each field of each call: the call, the field, as imported, as watched. Equal where they agree."""
    start_at = load(name).start_at
    imported = {record.call_id: msgspec.to_builtins(record) for record in records}
    watched = {call["call_id"]: call for call in load(name).expected["calls"] if call["ended_at"] is not None}
    for call_id in imported.keys() ^ watched.keys():
        yield call_id, "call", call_id in imported, call_id in watched
    for call_id in imported.keys() & watched.keys():
        mine, theirs = _told(imported[call_id], start_at), _told(watched[call_id], 0.0)
        for each in FIELDS:
            yield call_id, each, theirs[each] if _same(mine[each], theirs[each], near_s) else mine[each], theirs[each]


def _told(call: dict[str, Any], start_at: float) -> dict[str, Any]:
    told = {
        key: value - start_at if key.endswith("_at") and value is not None else value for key, value in call.items()
    }
    people = call["employees"]
    return told | {
        "recording": (call["recording"] or "").rpartition("/")[2] or None,
        "route": list(call["route"]),
        "employees": sorted(part["account"] for part in people),
        "answered by": sorted(part["account"] for part in people if part["answered"]),
        "missed": sorted((part["account"], part["missed"], part["taken_elsewhere"]) for part in people),
        "ring_s": {part["account"]: part["ring_s"] for part in people},
        "queues": [[part["queue"], part["outcome"], part["answered_by"]] for part in call["queues"]],
        "positions": [part["position"] for part in call["queues"]],
        "external": sorted(part["number"] for part in call["external"]),
    }


def _same(one: Any, other: Any, near_s: float) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key], near_s) for key in one)
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return abs(one - other) <= near_s
    return bool(one == other)


def agreement(rows: Sequence[tuple[str, str, object, object]]) -> Counter[str]:
    """How many calls agree in each field."""
    return Counter(each for _, each, mine, theirs in rows if mine == theirs)
