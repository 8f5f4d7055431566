"""What the journal has of the soak's calls, against who saw them: phones, CEL, CDR and queue_log, and the twin.

A call that went on while a link was not watched may be marked ``partial``: what such a row does not know is *unknown*,
not wrong. Whose call it was, and everything of a row without that mark, must be right.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callfloor.asterisk.replay import to_line
from callfloor.floor.calls import CallRecord
from support.pbx.agreement import Disagreement
from support.soak.cut import OF_THE_END, not_as_such
from support.soak.deaths import Death
from support.soak.faults import POWER_CUT, Stretch

CERTAIN = frozenset({"type", "client_number", "business_number", "missing", "invented", "truth"})
"""What a row that was told in part must have right all the same, or say of it that it is not known."""
COMPARED = frozenset({
    *("type", "result", "abandoned_in", "client_number", "business_number", "hung_up_by", "started_at", "answered_at"),
    *("ended_at", "waiting_s", "talk_s", "hold_s", "queues"),
})  # fmt: skip
"""Fields that the twin and the phones both tell: wrong is what differs from both, for either may be late alone."""
ONE_WITNESS = frozenset({"abandoned_in", "employees"})
ALSO = {"waiting_s": ("waiting_s", "answered_at", "started_at")}
NOT_IN_RECORDS = frozenset({"employee ring_s", "employee taken_elsewhere", "employee missed", "cdr"})
"""A PBX's own records do not say when a phone began to ring, so a repaired row knows it as far as they tell."""
LATE_S = 2.5
"""What happens while a process starts is told when it is read."""
WRITTEN_S = 5.0
"""What ends so shortly before the end may be told to one and not yet to the other."""
NEAR_S = 0.35
"""Two links to one PBX hear of a moment so far apart on a machine under load."""


@dataclass
class Tally:
    """How far one PBX's calls agree."""

    name: str
    compared: int = 0
    whole: int = 0
    partial: int = 0
    repaired: int = 0
    late: int = 0
    """Differences from the phones that the twin has as well: the machine was late, or a phone was taken for another."""
    cut: int = 0
    """Ended by the PBX's death."""
    unseen: int = 0
    """Begun and ended while nobody watched, and not in the journal: the outage says so."""
    unknown: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Nothing missing, nothing invented, nothing wrong, and there was something to compare."""
        return self.compared > 0 and not (self.missing or self.invented or self.wrong)


def count_real(
    told: Sequence[CallRecord],
    twin: Sequence[CallRecord],
    found: Iterable[Disagreement],
    of_twin: Iterable[Disagreement],
    stretches: Sequence[Stretch],
    deaths: Mapping[str, Death] | None = None,
    joined: Mapping[str, float] | None = None,
) -> Tally:
    """The real PBX's calls: by a floor that nothing disturbed, and by phones, CEL, CDR and queue_log.

    Where that floor differs from the phones, too, in the same field of the same call, the machine was late.

    Args:
        told: the journal's calls.
        twin: the calls of the floor that nothing disturbed.
        found: where the journal differs from the phones and the PBX's own records.
        of_twin: where the twin does.
        stretches: when the PBX was not watched.
        deaths: the twin's calls that the PBX's death ended, by the PBX's own id.
        joined: calls that the twin saw become part of others, by the PBX's own id, and when. Where nobody watched then,
            and the PBX died before anybody did again, two rows say in part what was one call.
    """
    deaths, joined = deaths or {}, joined or {}
    tally = Tally("Asterisk", compared=len(told), partial=sum(row.partial for row in told))
    tally.whole = tally.compared - tally.partial
    tally.repaired = sum(row.repaired for row in told)
    twins = {own_id(row.call_id): row for row in twin}
    rows = {own_id(row.call_id): row for row in told}
    by_name, by_twin = _named(told), _named(twin)
    late = {(name, one.field) for one in of_twin for name in _ids(by_twin, one.call)}
    phones = {(name, _kind(one.field)) for one in found for name in _ids(by_name, one.call)}
    unlike: set[tuple[str, str]] = set()
    for own, row in rows.items():
        should = twins.get(own)
        death = deaths.get(own)
        if should is not None and death is not None:
            tally.cut += 1
            beside = [one for one in stretches if one.what == POWER_CUT]
            watched = not any(one.touches("real", death.died_at, death.gone_at) for one in beside)
            for name, was, wanted in not_as_such(row, should, death.died_at, death.gone_at, watched=watched):
                tally.wrong[name] += 1
                tally.examples.append(f"{row.call_id}: {name} is {was!r}, not {wanted!r}")
        for name, was, wanted in [] if should is None else _unlike(row, should, NEAR_S):
            if own in deaths and name in OF_THE_END:
                continue
            unlike.add((own, name))
            if name in ONE_WITNESS or any((own, other) in phones for other in ALSO.get(name, (name,))):
                _judge(tally, row, name, f"{row.call_id}: {name} is {was!r}, not {wanted!r}", (was, wanted), stretches)
            else:
                tally.late += 1
    for one in found:
        ids = _ids(by_name, one.call)
        kind = _kind(one.field)
        if one.field == "missing":
            began = getattr(one.witnessed, "started_at", 0.0)
            ended = getattr(one.witnessed, "ended_at", None) or began
            if any(stretch.hides("real", began, ended) for stretch in stretches):
                tally.unseen += 1
            elif began not in {getattr(other.witnessed, "started_at", 0.0) for other in of_twin}:
                tally.missing.append(str(one))
        elif one.field == "invented":
            if ids and all(_part_of_another(rows[name], joined.get(name), stretches) for name in ids):
                tally.unknown["part of another call"] += 1
            elif not ids & twins.keys():
                tally.invented.append(str(one))
        elif kind in COMPARED or any((name, one.field) in late for name in ids):
            tally.late += not any((name, kind) in unlike for name in ids)
        elif all(_as_twin(rows[name], twins.get(name), one.field) for name in ids):
            tally.late += 1
        else:
            for name in sorted(ids):
                _judge(tally, rows[name], kind, str(one), (one.told, one.witnessed), stretches)
    told_missing = {own for own, row in twins.items() if row.result is not None or own in deaths} - rows.keys()
    for own in sorted(told_missing):
        death = deaths.get(own)
        if death and any(one.hides("real", twins[own].started_at, death.died_at) for one in stretches):
            tally.unseen += 1
        else:
            tally.missing.append(f"{own}, which the twin saw")
    tally.compared += len(tally.missing)
    return tally


def _part_of_another(row: CallRecord, at: float | None, stretches: Sequence[Stretch]) -> bool:
    """Did a call that was told in part become part of another while nobody watched?"""
    return row.partial and at is not None and any(stretch.hides("real", at, at) for stretch in stretches)


def _as_twin(row: CallRecord, twin: CallRecord | None, name: str) -> bool:
    """Is what a row says of an employee what the twin says?"""
    _, _, rest = name.partition("employee ")
    account, _, what = rest.partition(" ")
    mine = next((part for part in row.employees if part.account == account), None)
    theirs = next((part for part in twin.employees if part.account == account), None) if twin else None
    if mine is None or theirs is None:
        return twin is not None and mine is theirs
    was, wanted = getattr(mine, what, None), getattr(theirs, what, None)
    if isinstance(was, float) and isinstance(wanted, float):
        return abs(was - wanted) <= NEAR_S
    return bool(was == wanted)


def _judge(
    tally: Tally,
    row: CallRecord,
    name: str,
    text: str,
    values: tuple[object, object],
    stretches: Sequence[Stretch],
) -> None:
    """A difference is wrong, or unknown and said so."""
    if _excused(row, name, values, stretches):
        tally.unknown[name] += 1
    else:
        tally.wrong[name] += 1
        tally.examples.append(text)


def _named(rows: Iterable[CallRecord]) -> dict[str, set[str]]:
    """The calls by the names that differences have for them."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(name_of(to_line(row)), set()).add(own_id(row.call_id))
    return found


def _ids(named: Mapping[str, set[str]], name: str) -> set[str]:
    return named.get(name, set())


def _kind(name: str) -> str:
    """``employee 101 ring_s`` is the field ``employee ring_s``."""
    return " ".join(word for word in name.split() if not word.lstrip("+").isdigit())


def _excused(row: CallRecord, name: str, values: tuple[object, object], stretches: Sequence[Stretch]) -> bool:
    ended_at = row.ended_at or row.started_at
    slow = [stretch for stretch in stretches if stretch.what == "slow"]
    if _is_time(name) and any(stretch.touches("real", row.started_at, ended_at) for stretch in slow):
        return True
    if row.repaired and (name in NOT_IN_RECORDS or (_is_time(name) and _apart_s(values) <= NEAR_S)):
        return True
    return row.partial and _may_be_unknown(name, values[0])


def _may_be_unknown(name: str, told: object) -> bool:
    """Of a row that was told in part: numbers may be lacking, and must not be others."""
    return name not in CERTAIN or (told is None and name.endswith("_number"))


def _apart_s(values: tuple[object, object]) -> float:
    was, wanted = values
    return abs(was - wanted) if isinstance(was, float) and isinstance(wanted, float) else float("inf")


def _is_time(name: str) -> bool:
    return name.endswith(("_at", "_s", "missed"))


def count_simulated(
    told: Sequence[CallRecord],
    twin: Sequence[CallRecord],
    joined: Mapping[str, float],
    stretches: Sequence[Stretch],
    since: float,
    until: float,
) -> Tally:
    """The simulated PBX's calls, against a floor that nothing disturbed. It keeps no records to repair from.

    ``joined``: the calls that the twin saw become part of others, and when. Where nobody watched then, and all of it
    was over before anybody did again, two rows say in part what was one call.
    ``since``, ``until``: when both watched; a call that began before, or ended about the end or later, is no part of
    the comparison.
    """
    tally = Tally("simulated")
    rows = {own_id(row.call_id): row for row in told}
    for should in twin:
        row = rows.pop(own_id(should.call_id), None)
        began, ended = should.started_at, should.ended_at or should.started_at
        if should.partial or began <= since or ended > until - WRITTEN_S:
            continue
        if row is None:
            if any(stretch.hides("simulated", began, ended - NEAR_S) for stretch in stretches):
                tally.unseen += 1
            else:
                tally.missing.append(f"{should.call_id} {should.type} {began:.3f} to {ended:.3f}")
            continue
        tally.compared += 1
        tally.partial += row.partial
        touched = any(stretch.touches("simulated", began, ended) for stretch in stretches)
        for name, was, wanted in _unlike(row, should, LATE_S if touched else NEAR_S):
            if row.partial and _may_be_unknown(name, was):
                tally.unknown[name] += 1
            else:
                tally.wrong[name] += 1
                tally.examples.append(f"{should.call_id}: {name} is {was!r}, not {wanted!r}")
    parts = {own_id(call_id): at for call_id, at in joined.items()}
    for own, row in rows.items():
        at = parts.get(own)
        if row.partial and at is not None and any(stretch.hides("simulated", at, at) for stretch in stretches):
            tally.unknown["part of another call"] += 1
        elif since < row.started_at < until:
            tally.invented.append(f"{row.call_id} {row.type} {row.started_at:.3f}")
    tally.compared += len(tally.missing)
    tally.whole = tally.compared - tally.partial - len(tally.missing)
    return tally


def own_id(call_id: str) -> str:
    """The PBX's own id of a call, whatever the link is called."""
    return call_id.partition("-")[2]


def _unlike(row: CallRecord, should: CallRecord, near_s: float) -> list[tuple[str, object, object]]:
    words = ("type", "result", "abandoned_in", "client_number", "business_number", "hung_up_by")
    both = [(name, getattr(row, name), getattr(should, name)) for name in words]
    out: list[tuple[str, object, object]] = [one for one in both if one[1] != one[2]]
    for name in ("started_at", "answered_at", "ended_at", "waiting_s", "talk_s", "hold_s"):
        was, wanted = getattr(row, name), getattr(should, name)
        if (was is None) is not (wanted is None) or (was is not None and abs(was - wanted) > near_s):
            out.append((name, was, wanted))
    people = {part.account.partition("@")[0]: part.answered for part in row.employees}
    wanted_people = {part.account.partition("@")[0]: part.answered for part in should.employees}
    if people != wanted_people:
        out.append(("employees", people, wanted_people))
    queues = [part.queue.partition("@")[0] for part in row.queues]
    wanted_queues = [part.queue for part in should.queues]
    if queues != wanted_queues:
        out.append(("queues", queues, wanted_queues))
    return out


def name_of(line: Mapping[str, object]) -> str:
    """How a difference names a told call (``support.pbx.agreement``)."""
    return f"{line['type']} {line['client_number'] or '-'} {line['started_at']}"
