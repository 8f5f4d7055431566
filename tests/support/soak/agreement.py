"""What the journal has of the soak's calls, against who saw them: phones, CEL, CDR and queue_log, and the twin.

A call that went on while a link was not watched may be marked ``partial``: what such a row does not know is *unknown*,
not wrong. Whose call it was, and everything of a row without that mark, must be right.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from callfloor.floor.calls import CallRecord
from support.pbx.agreement import Disagreement
from support.soak.faults import Stretch

CERTAIN = frozenset({"type", "client_number", "business_number", "missing", "invented", "truth"})
"""What a row that was told in part must have right all the same."""
NEAR_S = 0.35
"""Two links to one PBX hear of a moment so far apart on a machine under load."""


@dataclass
class Tally:
    """How far one PBX's calls agree."""

    name: str
    compared: int = 0
    whole: int = 0
    partial: int = 0
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
    found: Iterable[Disagreement],
    stretches: Sequence[Stretch],
    names: Mapping[str, CallRecord],
) -> Tally:
    """The real PBX's calls: what ``support.pbx.agreement`` found, told apart by what could be known.

    Args:
        told: the journal's calls.
        found: every difference.
        stretches: when the PBX was not watched.
        names: the journal's calls by the name that a difference has for them.
    """
    tally = Tally("Asterisk", compared=len(told), partial=sum(row.partial for row in told))
    tally.whole = tally.compared - tally.partial
    for one in found:
        row = names.get(one.call)
        if one.field == "missing":
            witness = one.witnessed
            began = getattr(witness, "started_at", 0.0)
            ended = getattr(witness, "ended_at", None) or began
            if any(stretch.hides("real", began, ended) for stretch in stretches):
                tally.unseen += 1
            else:
                tally.missing.append(str(one))
        elif one.field == "invented":
            tally.invented.append(str(one))
        elif _excused(one, row, stretches):
            tally.unknown[_kind(one.field)] += 1
        else:
            tally.wrong[_kind(one.field)] += 1
            tally.examples.append(str(one))
    tally.compared += len(tally.missing)
    return tally


def _kind(name: str) -> str:
    """``employee 101 ring_s`` is the field ``employee ring_s``."""
    return " ".join(word for word in name.split() if not word.lstrip("+").isdigit())


def _excused(one: Disagreement, row: CallRecord | None, stretches: Sequence[Stretch]) -> bool:
    if row is None:
        return False
    ended_at = row.ended_at or row.started_at
    slow = [stretch for stretch in stretches if stretch.what == "slow"]
    if any(stretch.touches("real", row.started_at, ended_at) for stretch in slow) and _is_time(one.field):
        return True
    return row.partial and one.field not in CERTAIN


def _is_time(name: str) -> bool:
    return name.endswith(("_at", "_s", "missed"))


def count_simulated(
    told: Sequence[CallRecord], twin: Sequence[CallRecord], stretches: Sequence[Stretch], since: float
) -> Tally:
    """The simulated PBX's calls, against a floor that nothing disturbed. It keeps no records to repair from.

    ``since``: when both watched; a call that began before is no part of the comparison.
    """
    tally = Tally("simulated")
    rows = {_own(row.call_id): row for row in told}
    for should in twin:
        row = rows.pop(_own(should.call_id), None)
        began, ended = should.started_at, should.ended_at or should.started_at
        if row is None:
            if any(stretch.hides("simulated", began - NEAR_S, ended + NEAR_S) for stretch in stretches):
                tally.unseen += 1
            elif not should.partial and began > since:
                tally.missing.append(f"{should.call_id} {should.type} {began:.3f} to {ended:.3f}")
            continue
        if should.partial or began <= since:
            continue
        tally.compared += 1
        tally.partial += row.partial
        for name, was, wanted in _unlike(row, should):
            if row.partial and name not in CERTAIN:
                tally.unknown[name] += 1
            else:
                tally.wrong[name] += 1
                tally.examples.append(f"{should.call_id}: {name} is {was!r}, not {wanted!r}")
    tally.invented += [
        f"{row.call_id} {row.type} {row.started_at:.3f}" for row in rows.values() if row.started_at > since
    ]
    tally.compared += len(tally.missing)
    tally.whole = tally.compared - tally.partial
    return tally


def _own(call_id: str) -> str:
    """The PBX's own id of a call, whatever the link is called."""
    return call_id.partition("-")[2]


def _unlike(row: CallRecord, should: CallRecord) -> list[tuple[str, object, object]]:
    words = ("type", "result", "abandoned_in", "client_number", "business_number", "hung_up_by")
    both = [(name, getattr(row, name), getattr(should, name)) for name in words]
    out: list[tuple[str, object, object]] = [one for one in both if one[1] != one[2]]
    for name in ("started_at", "answered_at", "ended_at", "waiting_s", "talk_s", "hold_s"):
        was, wanted = getattr(row, name), getattr(should, name)
        if (was is None) is not (wanted is None) or (was is not None and abs(was - wanted) > NEAR_S):
            out.append((name, was, wanted))
    people = {part.account: part.answered for part in row.employees}
    wanted_people = {part.account: part.answered for part in should.employees}
    if people != wanted_people:
        out.append(("employees", people, wanted_people))
    if [part.queue for part in row.queues] != [part.queue for part in should.queues]:
        out.append(("queues", row.queues, should.queues))
    return out


def name_of(line: Mapping[str, object]) -> str:
    """How a difference names a told call (``support.pbx.agreement``)."""
    return f"{line['type']} {line['client_number'] or '-'} {line['started_at']}"


def table(tallies: Sequence[Tally]) -> Table:
    """The agreement, as it is printed."""
    made = Table(title="Agreement", box=None, header_style="bold", title_justify="left")
    for head in ("PBX", "compared", "whole", "partial", "unseen", "missing", "invented", "wrong", "in which field"):
        made.add_column(head, justify="left" if head in {"PBX", "in which field"} else "right")
    for one in tallies:
        fields = ", ".join(f"{name} {times}" for name, times in one.wrong.most_common()) or "—"
        numbers = (one.compared, one.whole, one.partial, one.unseen, len(one.missing), len(one.invented))
        made.add_row(one.name, *map(str, numbers), str(sum(one.wrong.values())), fields)
    return made


def show(tallies: Sequence[Tally], console: Console) -> None:
    """The table, what partial rows do not know, and examples of what is wrong."""
    console.print(table(tallies))
    for one in tallies:
        if one.unknown:
            fields = ", ".join(f"{name} {times}" for name, times in one.unknown.most_common())
            console.print(f"{one.name}: unknown in rows that say so: {fields}")
        for line in (*one.missing[:20], *one.invented[:20], *one.examples[:40]):
            console.print(f"  {one.name}: {line}", highlight=False, soft_wrap=True)
