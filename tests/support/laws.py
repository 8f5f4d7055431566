"""A floor under the laws L1, L2, L3, L7: every scenario runs on one, none can opt out (tests/scenarios/conftest.py)."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallResult, LiveCall
from callfloor.floor.changes import (
    CallChanged,
    CallFinished,
    Change,
    DirectoryChanged,
    EmployeeChanged,
    Link,
    LinkChanged,
    Snapshot,
)
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from support.past_floor import KeptPast

TOLERANCE_S = 1e-6  # sums of floats of about 2e9
MOMENT_S = 0.05  # what a PBX takes from the last word to the last hang-up
# A call may leave the floor without a row only by these: it became part of another, or was a supervisor's leg.
WITHDRAWING = (facts.LegIdentified, facts.CallsJoined, facts.PickedUp, facts.SupervisionStarted)
# Time that is neither waiting, talk nor hold: on the way to somebody else, parked, in a mailbox, a fax, a tail.
ELSEWHERE = frozenset(
    [
        "blind_transfer",
        "attended_transfer",
        "parked",
        "unparked",
        "parking_timed_out",
        "voicemail",
        "fax",
        "conference",
        "picked_up",
        "forwarded",
        "vanished",
    ]
)


class Mirror:
    """What somebody holds who took one snapshot and applied every change since."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.calls: dict[str, LiveCall] = {call.id: call for call in snapshot.calls}
        self.links: dict[str, Link] = {link.id: link for link in snapshot.links}
        self.directory: Directory = snapshot.directory
        self.employees: dict[int, LiveEmployee] = {employee.id: employee for employee in snapshot.employees}

    def apply(self, change: Change) -> None:
        match change:
            case CallChanged(call_id, before, after):
                assert before != after, f"{call_id}: nothing changed"
                assert self.calls.get(call_id) == before, f"{call_id}: changed from what it was not"
                if after is None:
                    del self.calls[call_id]
                else:
                    assert after.id == call_id
                    self.calls[call_id] = after
            case LinkChanged(link, before, after):
                assert before != after
                assert self.links.get(link) == before
                if after is None:
                    del self.links[link]
                else:
                    self.links[link] = after
            case DirectoryChanged(before, after):
                assert before != after
                assert self.directory == before
                self.directory = after
            case EmployeeChanged(employee_id, before, after):
                assert before != after
                assert self.employees.get(employee_id) == before
                if after is None:
                    del self.employees[employee_id]
                else:
                    self.employees[employee_id] = after
            case _:  # a row for the journal or the history
                pass

    def equals(self, snapshot: Snapshot) -> bool:
        return (
            {call.id: call for call in snapshot.calls} == self.calls
            and {link.id: link for link in snapshot.links} == self.links
            and snapshot.directory == self.directory
            and {employee.id: employee for employee in snapshot.employees} == self.employees
        )


class WatchedFloor:
    """A floor whose every change is checked. ``close`` checks what can only be said at the end."""

    def __init__(self, make: Callable[[], Floor] = Floor) -> None:
        self._make = make
        self.floor = make()
        self.mirror = Mirror(self.floor.snapshot())
        self.past = KeptPast(self.floor.snapshot())
        self.facts: list[Fact] = []
        self.records: list[CallRecord] = []
        self.changes: list[Change] = []
        self.may_live_on = False  # the scenario stops in mid-call
        self.whole = True  # False: the PBX's words came with losses or out of order

    def put(self, *some: Fact) -> list[Change]:
        """Apply facts one by one; L1 after each. Returns their changes."""
        made: list[Change] = []
        for fact in some:
            self.facts.append(fact)
            made += self._changes_of(fact)
        return made

    def _changes_of(self, fact: Fact) -> list[Change]:
        changes = self.floor.apply(fact)
        for change in changes:
            self.mirror.apply(change)
            if isinstance(change, CallFinished):
                self.records.append(change.record)
            elif isinstance(change, CallChanged) and change.after is None and not isinstance(fact, WITHDRAWING):
                ended = [other.record.call_id for other in changes if isinstance(other, CallFinished)]
                assert change.call_id in ended, f"{change.call_id} left the floor without a row"
        now = self.floor.snapshot()
        assert self.mirror.equals(now), f"L1 broken by {fact}"
        self.past.saw(fact.at, changes, now)
        self.changes += changes
        return changes

    @property
    def live(self) -> list[LiveCall]:
        return list(self.floor.snapshot().calls)

    @property
    def call(self) -> LiveCall:
        """The only live call."""
        (call,) = self.floor.snapshot().calls
        return call

    @property
    def record(self) -> CallRecord:
        """The only finished call."""
        (record,) = self.records
        return record

    def close(self) -> None:
        """The laws at the end of a scenario."""
        ids = [record.call_id for record in self.records]
        assert len(ids) == len(set(ids)), "L3 broken: a call has two rows"
        for record in self.records:
            adds_up(record, whole=self.whole)
        if not self.may_live_on:
            assert not self.live, f"left for ever: {self.live}"
        self.past.holds()
        self._again(self.facts)
        self._again([round_trip(fact) for fact in self.facts])

    def _again(self, same: Sequence[Fact]) -> None:
        """L2: the same facts give the same floor, the same rows, and the same changes on the way."""
        floor = self._make()
        changes = [change for fact in same for change in floor.apply(fact)]
        assert changes == self.changes, "L2 broken: other changes"
        assert floor.snapshot() == self.floor.snapshot(), "L2 broken: another floor"


def round_trip(fact: Fact) -> Fact:
    """The fact as it comes back from a file or a wire."""
    return msgspec.json.decode(msgspec.json.encode(fact), type=type(fact))


def adds_up(record: CallRecord, *, whole: bool = True) -> None:
    """L3: the parts of a row agree with one another; of a ``whole`` story, no time is nowhere."""
    call = record.call_id
    assert record.ended_at is not None, call
    assert record.result is not None, call
    durations = ("waiting_s", "ivr_s", "queue_s", "ringing_s", "talk_s", "hold_s", "duration_s")
    for name in durations:
        assert getattr(record, name) >= -TOLERANCE_S, f"{call}: {name} is negative"
    parts = record.ivr_s + record.queue_s + record.ringing_s
    assert abs(parts - record.waiting_s) < TOLERANCE_S, f"{call}: waits {parts} s in parts, {record.waiting_s} s in all"
    spent = record.waiting_s + record.talk_s + record.hold_s
    assert spent <= record.duration_s + TOLERANCE_S, f"{call}: {spent} s in a call of {record.duration_s} s"
    assert abs(record.duration_s - (record.ended_at - record.started_at)) < TOLERANCE_S, call
    told = {step.what for step in record.story}
    asked_again = any(step.what == "ringing" and step.at > (record.answered_at or step.at) for step in record.story)
    if whole and not (told & ELSEWHERE or asked_again or record.partial):
        assert record.duration_s - spent < MOMENT_S, f"{call}: {record.duration_s - spent} s are nowhere"
    _instants(record, whole=whole)
    _people(record, whole=whole)
    assert (record.abandoned_in is not None) == (record.result is CallResult.ABANDONED), call
    if record.queue_s > 0:
        stayed = sum(part.wait_s for part in record.queues)
        assert record.queue_s <= stayed + MOMENT_S, f"{call}: {record.queue_s} s in queues it stayed {stayed} s in"


def _instants(record: CallRecord, *, whole: bool) -> None:
    call = record.call_id
    assert record.ended_at is not None
    if record.answered_at is not None:
        assert record.result is CallResult.ANSWERED, call
        assert record.started_at <= record.answered_at <= record.ended_at, call
        if whole and not record.partial:
            waited = record.answered_at - record.started_at
            assert abs(waited - record.waiting_s) < MOMENT_S, f"{call}: answered after {waited} s"
    elif record.result is CallResult.ANSWERED:
        assert record.partial, f"{call}: answered, and nobody knows when"
    else:
        assert record.talk_s == 0, f"{call}: talk in a call that nobody answered"
    at = [step.at for step in record.story]
    assert at == sorted(at), f"{call}: its story runs backwards"
    for part in record.queues:
        assert part.left_at is not None, f"{call}: still in {part.queue}"
        assert part.outcome != "waiting", call


def _people(record: CallRecord, *, whole: bool) -> None:
    call = record.call_id
    talks = [part.talk_s for part in record.employees]
    talks += [part.talk_s for part in record.external]
    assert all(talk <= record.talk_s + TOLERANCE_S for talk in talks), f"{call}: somebody talks longer than the call"
    if whole and any(talks):
        assert sum(talks) >= record.talk_s - MOMENT_S, f"{call}: the call talks, and nobody in it"
    accounts = [part.account for part in record.employees]
    assert len(accounts) == len(set(accounts)), f"{call}: an employee twice"
    for part in record.employees:
        assert 0 <= part.ring_s <= record.duration_s + TOLERANCE_S, call
        assert not (part.missed and part.answered), f"{call}: {part.account} missed what they answered"
        assert not (part.missed and part.taken_elsewhere), call
        assert (part.answered_at is None) or part.answered, call


def play(watched: WatchedFloor, many: Iterable[Sequence[Fact]]) -> WatchedFloor:
    """Put lists of facts, as a player makes them."""
    for some in many:
        watched.put(*some)
    return watched
