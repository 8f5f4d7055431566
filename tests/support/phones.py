"""The floor's answer against what the phones themselves did, by the same clock and within ``NEAR_S``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from callfloor.floor.calls import CallRecord

NEAR_S = 0.05  # issue 2: times within 50 ms of what the phones saw
ANONYMOUS = (None, "anonymous")
SAME_END_S = 1.0  # both sides of a call hang up within a moment
BEGAN_TO_RING = frozenset({"ringing"})
PICKED_UP = frozenset({"answered"})
ENDED = frozenset(
    {"left", "rang_out", "taken_elsewhere", "busy", "refused", "unreachable"}
)  # "vanished" is the PBX's word, not a phone's


@dataclass(frozen=True)
class Dialogue:
    """One phone's part in one call: instants are UTC epoch seconds, None where it did not happen."""

    account: str  # "client" is outside
    dials: bool
    peer: str
    number: str | None  # an outside phone's own number
    began_at: float
    rang_at: float | None
    up_at: float | None
    ended_at: float | None
    by_itself: bool  # it hung up, or refused
    plain: bool  # it neither held nor passed on nor sent digits
    shown: bool  # False: a feature code, or a supervisor's leg: no part of any call

    @property
    def talk(self) -> tuple[float, float] | None:
        """From the answer to the end."""
        return None if self.up_at is None or self.ended_at is None else (self.up_at, self.ended_at)

    @property
    def ring(self) -> tuple[float, float] | None:
        """From the first ring to the answer or the end."""
        until = self.up_at or self.ended_at
        return (self.rang_at, until) if self.rang_at is not None and until is not None else None


def dialogues(start_at: float, rows: Iterable[dict[str, Any]]) -> list[Dialogue]:
    """The phones' rows of an expectation."""

    def at(row: dict[str, Any], key: str) -> float | None:
        return None if row.get(key) is None else start_at + float(row[key])

    return [
        Dialogue(
            account=account_of(row["phone"]),
            dials=row["dir"] == "out",
            peer=row["peer"],
            number=None if row.get("number") in ANONYMOUS else row["number"],
            began_at=start_at + float(row["began"]),
            rang_at=at(row, "rang"),
            up_at=at(row, "up"),
            ended_at=at(row, "let_go") or at(row, "ended"),
            # its own CANCEL is answered by the other end's 487
            by_itself=row.get("by") == "me" or (row["dir"] == "out" and row.get("code") == 487),
            plain=not row.get("held") and not row.get("did"),
            shown=not row.get("hidden", False),
        )
        for row in rows
    ]


def account_of(phone: str) -> str:
    """``103m`` is the second device of 103; ``client`` and ``client-b`` are outside."""
    return phone.rstrip("m") if phone[0].isdigit() else "client"


def told(records: Sequence[CallRecord], what: frozenset[str]) -> dict[str, list[float]]:
    """By account, when the stories say that something of this kind happened."""
    found: dict[str, list[float]] = {}
    for record in records:
        for step in record.story:
            if step.account is not None and step.what in what:
                found.setdefault(step.account, []).append(step.at)
    return {account: sorted(at) for account, at in found.items()}


def done(heard: Sequence[Dialogue], when: str, *, called_only: bool) -> dict[str, list[float]]:
    """By account, when the phones did it."""
    found: dict[str, list[float]] = {}
    for dialogue in heard:
        at = getattr(dialogue, when)
        if at is not None and dialogue.shown and dialogue.account != "client" and not (called_only and dialogue.dials):
            found.setdefault(dialogue.account, []).append(at)
    return {account: sorted(at) for account, at in found.items()}


def disagreements(
    records: Sequence[CallRecord], heard: Sequence[Dialogue], *, since: float = 0.0, until: float = float("inf")
) -> list[str]:
    """Every instant that the floor tells and no phone saw, or the other way round, while the floor watched."""
    found = []
    for what, steps, when, called_only in (
        ("rang", BEGAN_TO_RING, "rang_at", True),
        ("answered", PICKED_UP, "up_at", True),
        ("ended", ENDED, "ended_at", False),
    ):
        floor, phones = told(records, steps), done(heard, when, called_only=called_only)
        for account in sorted(floor.keys() | phones.keys()):
            seen = [at for at in phones.get(account, []) if since <= at <= until]
            found += unmatched(f"{account} {what}", floor.get(account, []), seen)
    for call_id, mine in shares(records, heard).items():
        found += _of_call(next(record for record in records if record.call_id == call_id), mine)
    return found


def unmatched(subject: str, floor: Sequence[float], phones: Sequence[float]) -> list[str]:
    """Pairs up two sorted lists of instants; what has no partner within ``NEAR_S`` is told."""
    left, found = list(phones), []
    for at in floor:
        near = min(left, key=lambda other: abs(other - at), default=None)
        if near is None or abs(near - at) > NEAR_S:
            found.append(f"{subject} at {at:.3f}: only the floor says so")
        else:
            left.remove(near)
    return found + [f"{subject} at {at:.3f}: the floor does not know" for at in left]


def union_s(stretches: Iterable[tuple[float, float]]) -> float:
    """The length of stretches, what overlaps counted once."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(stretches):
        if end > reached:
            total += end - max(begin, reached)
            reached = end
    return total


def shares(records: Sequence[CallRecord], heard: Sequence[Dialogue]) -> dict[str, list[Dialogue]]:
    """Which phones were in which call, by call id: by the instants of its story, and who was at the other end."""
    found: dict[str, list[Dialogue]] = {record.call_id: [] for record in records}
    for dialogue in heard:
        if not dialogue.shown:
            continue
        marks = [(mark, record.call_id) for record in records if (mark := _mark(record, dialogue)) is not None]
        if marks:
            found[min(marks)[1]].append(dialogue)
    return found


def _mark(record: CallRecord, dialogue: Dialogue) -> tuple[bool, float] | None:
    """How badly a phone fits into a call, None for not at all: a stranger at the other end first, then seconds."""
    until = record.ended_at or float("inf")
    if dialogue.account == "client":
        numbers = {record.client_number, *(part.number for part in record.external)}
        if dialogue.dials:
            fits = dialogue.peer == record.business_number and dialogue.number in numbers
            off = abs(dialogue.began_at - record.started_at)
        else:
            fits = dialogue.number in numbers
            off = 0.0 if record.started_at - NEAR_S <= dialogue.began_at <= until + NEAR_S else 1e9
        return (False, off) if fits and off < 1 else None
    first = dialogue.rang_at or (dialogue.ended_at if dialogue.dials or dialogue.up_at is None else None)
    if first is None:
        return None
    steps = [abs(step.at - first) for step in record.story if step.account == dialogue.account]
    off = min(steps, default=1e9)
    known = {record.client_number, record.business_number, *(part.account for part in record.employees)}
    return (dialogue.peer not in known, off) if off < NEAR_S else None


def _of_call(record: CallRecord, mine: Sequence[Dialogue]) -> list[str]:
    """Ring times, answers and the end of one call."""
    found = []
    for part in record.employees if not record.partial else ():
        own = [dialogue for dialogue in mine if dialogue.account == part.account and not dialogue.dials]
        rang_s = union_s(dialogue.ring for dialogue in own if dialogue.ring is not None)
        if abs(rang_s - part.ring_s) > NEAR_S * max(1, len(own)):
            found.append(f"{record.call_id}: {part.account} rang {rang_s:.3f} s, the floor says {part.ring_s:.3f}")
        picked_up = any(dialogue.up_at is not None for dialogue in own)
        consulted = picked_up and not part.answered and part.talk_s == 0 and not part.missed
        if own and picked_up != part.answered and not consulted:
            found.append(f"{record.call_id}: {part.account} answered: the floor says {part.answered}")
    ends = [dialogue.ended_at for dialogue in mine if dialogue.ended_at is not None]
    if ends and record.ended_at is not None and abs(max(ends) - record.ended_at) > NEAR_S:
        found.append(f"{record.call_id}: ended at {max(ends):.3f}, the floor says {record.ended_at:.3f}")
    if not record.partial:
        found += _beginning(record, mine)
        found += _talked(record, mine)
        found += _hung_up(record, mine)
    return found


def _talked(record: CallRecord, mine: Sequence[Dialogue]) -> list[str]:
    """Nobody talks longer than they and somebody else were up; just as long where nobody held or passed on."""
    found = []
    # A conference speaks to whoever comes in before it lets them hear the others.
    plain = all(dialogue.plain for dialogue in mine) and "conference" not in {step.what for step in record.story}
    for part in record.employees if record.ended_at is not None else ():
        own = [dialogue for dialogue in mine if dialogue.account == part.account]
        others = [dialogue for dialogue in mine if dialogue.account != part.account]
        if record.client_number is not None or any(dialogue.account == "client" for dialogue in mine):
            others = [dialogue for dialogue in others if dialogue.account == "client"]
        pairs = [(one.talk, two.talk) for one in own for two in others if one.talk and two.talk]
        both = [(max(one[0], two[0]), min(one[1], two[1])) for one, two in pairs]
        talked_s = union_s((begin, end) for begin, end in both if end > begin)
        told = f"{record.call_id}: {part.account} was up with others {talked_s:.3f} s, talks {part.talk_s:.3f}"
        if others and part.talk_s > talked_s + NEAR_S:
            found.append(told)
        if others and part.talk_s < talked_s - NEAR_S and plain:
            found.append(told)
    return found


def _beginning(record: CallRecord, mine: Sequence[Dialogue]) -> list[str]:
    began = min((dialogue.began_at for dialogue in mine), default=record.started_at)
    if abs(began - record.started_at) > NEAR_S:
        return [f"{record.call_id}: began at {began:.3f}, the floor says {record.started_at:.3f}"]
    return []


def _hung_up(record: CallRecord, mine: Sequence[Dialogue]) -> list[str]:
    """Whoever hung up first of those who were in the call to its end."""
    ended = sorted(
        (dialogue for dialogue in mine if dialogue.ended_at is not None and (dialogue.up_at or dialogue.dials)),
        key=lambda dialogue: dialogue.ended_at or 0.0,
    )
    if not ended or record.ended_at is None:
        return []
    last = [dialogue for dialogue in ended if (ended[-1].ended_at or 0) - (dialogue.ended_at or 0) < SAME_END_S]
    by = next((dialogue for dialogue in last if dialogue.by_itself), None)
    if by is None:
        who = "system"
    elif by.account != "client":
        who = "employee"
    else:
        who = "client" if by.dials or by.number == record.client_number else "external"
    if who != record.hung_up_by:
        return [f"{record.call_id}: {who} hung up, the floor says {record.hung_up_by}"]
    return []
