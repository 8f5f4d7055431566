"""Callfloor's finished calls against the witnesses: what is missing, what is invented, and each field that differs.

The calls compared are the JSON objects of ``callfloor replay`` (``replay_line``), as plain dictionaries.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from typing_extensions import override

from support.pbx.delivery import lateness_s, states_late_s
from support.pbx.phone_legs import legs_of, match_channels
from support.pbx.records import CdrRow, Records, channels_of
from support.pbx.witness import Witnessed, witnessed_calls

Told = Mapping[str, Any]
TOLERANCE_S = 0.05
"""How far a time may be from what the phones saw (issue 2, item 4)."""
KEPT = Path(__file__).parents[3] / "build" / "captures"  # not test-results/, which playwright empties
SHOWN = 40
SAME_CALL_S = 1.0
MISSED_S = 5.0  # the glossary's threshold: exactly 5 s is not missed
CDR_S = 1.5  # its seconds are whole, and begin and end are each cut


@dataclass(frozen=True)
class Disagreement:
    """One field of one call (by its client's number and start), as told and as witnessed."""

    call: str
    field: str
    told: object
    witnessed: object

    @override
    def __str__(self) -> str:
        return f"{self.call}: {self.field} told {self.told!r}, witnessed {self.witnessed!r}"


def instant(text: str | None) -> float | None:
    """ISO 8601 with Z to epoch seconds."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


def disagreements(
    told: Iterable[Told], records: Records, late: Mapping[str, float] | None = None
) -> list[Disagreement]:
    """Everything in which the calls told differ from the phones, CEL, CDR and queue_log; empty is agreement.

    ``late`` is the lateness of the PBX's own events by channel (``delivery.lateness_s``), which a time may have more
    than ``TOLERANCE_S``; so may it have what lies between a phone and the PBX.
    """
    told = list(told)
    witnessed, complaints = witnessed_calls(records)
    found = [Disagreement("the records", "truth", None, complaint) for complaint in complaints]
    pairs, invented, missing = _pairs(told, witnessed)
    found += [Disagreement(_name(call), "invented", _gist(call), None) for call in invented]
    cdr_of = _cdr_by_channel(records.cdr, records)
    # A leg of which the PBX keeps no CDR is no call of its own: the recall of whoever had transferred the client.
    kept = [call for call in missing if call.cut or any(cdr_of.get(uniqueid) for uniqueid in call.uniqueids)]
    found += [Disagreement(_name_of(call), "missing", None, call) for call in kept]
    for call, witness in pairs:
        name = _name(call)
        slow = max(((late or {}).get(uniqueid, 0.0) for uniqueid in witness.uniqueids), default=0.0)
        allowed_s = TOLERANCE_S + witness.lag_s + slow
        for field, said, seen in _differences(call, witness, allowed_s):
            found.append(Disagreement(name, field, said, seen))
        rows = [row for uniqueid in witness.uniqueids for row in cdr_of.get(uniqueid, [])]
        found += [Disagreement(name, field, said, seen) for field, said, seen in _cdr_differences(call, witness, rows)]
    return found


def of_capture(folder: Path, told: Iterable[Told]) -> list[Disagreement]:
    """The same for a capture's folder."""
    records = Records.of(folder)
    legs = legs_of(records.truth)
    match_channels(legs, channels_of(records.cel).values())
    late, states = lateness_s(folder, records.cel), states_late_s(folder, legs)
    return disagreements(told, records, {one: max(late.get(one, 0.0), states.get(one, 0.0)) for one in late | states})


def verdict(folder: Path, told: Sequence[Told]) -> str:
    """Empty where all agree; else what does not, and where the capture has been kept to look at."""
    found = of_capture(folder, told)
    if not found:
        return ""
    kept = KEPT / folder.name
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept)
    lines = "\n".join(map(str, found[:SHOWN]))
    return f"{len(found)} disagreements in {len(told)} calls; `callfloor replay {kept}`\n{lines}"


def _name(call: Told) -> str:
    return f"{call['type']} {call['client_number'] or '-'} {call['started_at']}"


def _name_of(call: Witnessed) -> str:
    return f"{call.type} {call.client_number or '-'} {call.started_at:.3f}"


def _gist(call: Told) -> str:
    accounts = ",".join(part["account"] for part in call["employees"])
    return f"{call['result']} business {call['business_number']} employees {accounts}"


def _pairs(
    told: Sequence[Told], witnessed: Sequence[Witnessed]
) -> tuple[list[tuple[Told, Witnessed]], list[Told], list[Witnessed]]:
    """Each call told with the one witnessed: same client, begun together; then what is left on either side."""
    candidates = []
    for a, call in enumerate(told):
        accounts = {part["account"] for part in call["employees"]}
        for b, witness in enumerate(witnessed):
            apart = abs((instant(call["started_at"]) or 0.0) - witness.started_at)
            if apart <= SAME_CALL_S * (2 if witness.machine else 1):
                other_client = (call["client_number"] or None) != witness.client_number
                strange = len(accounts ^ set(witness.parts))
                candidates.append((other_client, call["type"] != witness.type, strange, apart, a, b))
    used_a: set[int] = set()
    used_b: set[int] = set()
    pairs = []
    for *_, a, b in sorted(candidates):
        if a not in used_a and b not in used_b:
            used_a.add(a)
            used_b.add(b)
            pairs.append((told[a], witnessed[b]))
    invented = [call for a, call in enumerate(told) if a not in used_a]
    return pairs, invented, [call for b, call in enumerate(witnessed) if b not in used_b]


def _near(told: float | None, seen: float | None, tolerance_s: float) -> bool:
    if told is None or seen is None:
        return told is seen
    return abs(told - seen) <= tolerance_s


def _differences(call: Told, witness: Witnessed, tolerance_s: float) -> list[tuple[str, object, object]]:
    out: list[tuple[str, object, object]] = []

    def same(field: str, said: object, seen: object) -> None:
        if said != seen:
            out.append((field, said, seen))

    def near(field: str, said: float | None, seen: float | None) -> None:
        if not _near(said, seen, tolerance_s):
            out.append((field, said, seen))

    same("type", call["type"], witness.type)
    unanswered = call["result"] != "answered" and "answered" not in witness.results
    if call["result"] not in witness.results and not (witness.cut and unanswered):
        out.append(("result", call["result"], sorted(witness.results)))
    if witness.machine:
        return out
    same("client_number", call["client_number"], witness.client_number)
    if witness.business_number is not None:
        same("business_number", call["business_number"], witness.business_number)
    near("started_at", instant(call["started_at"]), witness.started_at)
    near("answered_at", instant(call["answered_at"]), witness.answered_at)
    if not witness.cut:
        near("ended_at", instant(call["ended_at"]), witness.ended_at)
        near("talk_s", call["talk_s"], witness.talk_s)
        near("hold_s", call["hold_s"], witness.hold_s)
    same("queues", tuple(call["queues"]), witness.queues)
    if witness.ended_by is not None and not witness.cut:
        same("hung_up_by", call["hung_up_by"], witness.ended_by)
    _sums(call, out, tolerance_s)
    told_parts = {part["account"]: part for part in call["employees"]}
    for account in sorted(set(told_parts) | set(witness.parts)):
        part, seen = told_parts.get(account), witness.parts.get(account)
        if part is None or seen is None:
            out.append((f"employee {account}", part, seen))
            continue
        near(f"employee {account} ring_s", part["ring_s"], seen.rang_s)
        # Who only spoke to a colleague about the client, and never with the client, has not answered the call.
        consulted = witness.type == "inbound" and seen.answered_at is not None and seen.talk_s == 0
        if not consulted:
            near(f"employee {account} answered_at", instant(part["answered_at"]), seen.answered_at)
            same(f"employee {account} answered", part["answered"], seen.answered_at is not None)
        if not witness.cut:
            near(f"employee {account} talk_s", part["talk_s"], seen.talk_s)
        offered = seen.rang_at is not None
        later = any(at >= (seen.rang_at or 0.0) for at in witness.answers)
        elsewhere = offered and seen.answered_at is None and later
        same(f"employee {account} taken_elsewhere", part["taken_elsewhere"], elsewhere)
        missed = offered and not later and seen.rang_s > MISSED_S
        if abs(seen.rang_s - MISSED_S) > tolerance_s:
            same(f"employee {account} missed", part["missed"], missed)
    told_outside = {part["number"]: part["talk_s"] for part in call["external"] if part["talk_s"] > 0}
    for number in sorted(set(told_outside) | set(witness.external)):
        near(f"external {number}", told_outside.get(number), witness.external.get(number))
    return out


def _sums(call: Told, out: list[tuple[str, object, object]], tolerance_s: float) -> None:
    """Law L3 in one call: the parts of the waiting add up to it, and the whole contains its parts."""
    started, ended = instant(call["started_at"]), instant(call["ended_at"])
    if started is not None and ended is not None and not _near(call["duration_s"], ended - started, tolerance_s):
        out.append(("duration_s", call["duration_s"], ended - started))
    parts = call["ivr_s"] + call["queue_s"] + call["ringing_s"]
    if call["type"] == "inbound" and not _near(call["waiting_s"], parts, tolerance_s):
        out.append(("waiting_s", call["waiting_s"], parts))
    if call["waiting_s"] + call["talk_s"] + call["hold_s"] > call["duration_s"] + tolerance_s:
        out.append(
            ("duration_s holds its parts", call["duration_s"], call["waiting_s"] + call["talk_s"] + call["hold_s"])
        )


def _cdr_by_channel(rows: Iterable[CdrRow], records: Records) -> dict[str, list[CdrRow]]:
    """CDR rows by the uniqueid of the channel they speak of; several rows may speak of one."""
    mine = channels_of(records.cel)
    known = {channel.name: channel.uniqueid for channel in mine.values()}
    found: dict[str, list[CdrRow]] = {}
    for row in rows:
        found.setdefault(row.uniqueid if row.uniqueid in mine else known.get(row.channel, ""), []).append(row)
    return found


def _cdr_differences(call: Told, witness: Witnessed, rows: Sequence[CdrRow]) -> list[tuple[str, object, object]]:
    """CDR counts in whole seconds and by legs; what it says for certain must be true of the call."""
    out: list[tuple[str, object, object]] = []
    if witness.cut or witness.machine:
        return out
    if not rows:
        out.append(("cdr", "a call", "no row"))
    told_parts = {part["account"]: part for part in call["employees"]}
    for row in rows:
        account = row.to_channel.removeprefix("PJSIP/").rsplit("-", 1)[0]
        talked = row.disposition == "ANSWERED" and row.billed_s >= 2 and row.to_channel.startswith("PJSIP/")
        if talked and account.isdigit() and account not in told_parts:
            out.append((f"cdr {account}", "not in the call", f"answered, {row.billed_s} s"))
    started, ended = instant(call["started_at"]), instant(call["ended_at"])
    if rows and started is not None and min(row.started_at for row in rows) < started - CDR_S:
        out.append(("cdr start", call["started_at"], min(row.started_at for row in rows)))
    if rows and ended is not None and max(row.ended_at for row in rows) > ended + CDR_S:
        out.append(("cdr end", call["ended_at"], max(row.ended_at for row in rows)))
    return out
