"""A capture of which a stretch was not heard, beside the same heard whole (law L4).

The link is lost at one message and back at another, wherever those are: in the middle of a transfer as in a quiet
moment. What the PBX would have listed then is told by a ``Shadow`` of it. From there on both floors hear the same.
"""

from dataclasses import dataclass
from functools import cache

import msgspec

from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallType
from callfloor.floor.changes import CallChanged, CallFinished
from callfloor.floor.facts import Side
from callfloor.floor.floor import Floor
from support.laws import WatchedFloor, play
from support.listing import Shadow
from support.scenarios import Capture, Player, load

LINK = "pbx"
WHOLE_S = 1.1
"""A listing tells ages in whole seconds, and a fax begins when it is received."""
MOMENT_S = 0.05
"""What a PBX takes from a party's hang-up, which may have been lost, to the last word of the call."""


@dataclass(frozen=True)
class Whole:
    """A call of a capture that was heard whole: its row, and the messages by which it came and was over."""

    row: CallRecord
    named: int
    """The first message that has its name in it; it may be a while before there is a call."""
    came: int
    over: int
    ends_s: tuple[float, ...]
    """When its channels ended, in seconds since the start."""
    clients: tuple[tuple[int, int], ...]
    """Of each leg that is nobody's of the house: the messages by which it came and went."""


@cache
def heard_whole(name: str) -> tuple[Whole, ...]:
    """What a floor makes of a capture of which nothing is lost."""
    capture, player, floor = load(name), Player(LINK), Floor()
    came: dict[str, int] = {}
    legs: dict[str, list[int]] = {}
    clients: dict[str, list[list[int]]] = {}
    found: list[tuple[CallRecord, int]] = []
    end = len(capture.lines)
    for index, some in enumerate(player.play(capture.start_at, capture.lines)):
        for fact in some:
            if isinstance(fact, facts.LegStarted) and fact.side is Side.OUTSIDE:
                legs[fact.leg] = [index, end]
            elif isinstance(fact, facts.LegEnded) and fact.leg in legs:
                legs[fact.leg][1] = index
            for change in floor.apply(fact):
                if isinstance(change, CallChanged) and change.before is None:
                    came.setdefault(change.call_id, index)
                elif isinstance(change, CallFinished):
                    found.append((change.record, index))
            for leg, times in legs.items():
                if (call := floor.call_of(leg)) is not None and times not in clients.setdefault(call, []):
                    clients[call].append(times)
    found += [(row, end) for row in floor.unfinished(capture.end_at)]
    return tuple(
        Whole(
            row,
            _named(capture, row.call_id),
            came.get(row.call_id, over),
            over,
            _ends(capture, row.call_id),
            tuple((first, last) for first, last in clients.get(row.call_id, [])),
        )
        for row, over in found
    )


def _ends(capture: Capture, call_id: str) -> tuple[float, ...]:
    own = call_id.removeprefix(f"{LINK}-").partition("~")[0]
    return tuple(line.at_s for line in capture.lines if line.event == "Hangup" and line.get("Linkedid") == own)


def _named(capture: Capture, call_id: str) -> int:
    """The first message of the channels that a call is named after."""
    own = call_id.removeprefix(f"{LINK}-").partition("~")[0]
    return next(
        index for index, line in enumerate(capture.lines) if own in {line.get("Linkedid"), line.get("Uniqueid")}
    )


@cache
def words_of_what_is_one(name: str) -> tuple[tuple[int, str, str], ...]:
    """The messages by which two calls turned out to be one, or a call turned out to be a supervisor's listening."""
    capture, player = load(name), Player(LINK)
    found: list[tuple[int, str, str]] = []
    for index, some in enumerate(player.play(capture.start_at, capture.lines)):
        for fact in some:
            if isinstance(fact, facts.CallsJoined):
                found.append((index, fact.into, fact.call))
            elif isinstance(fact, facts.SupervisionStarted):
                found.append((index, "", fact.leg))
    return tuple(found)


def explained(name: str, first: int, last: int, known: set[str]) -> set[str]:
    """Calls that are no calls of their own, or no calls at all, by words that were lost and that no listing repeats."""
    reached = set(known)
    lost = [(one, other) for index, one, other in words_of_what_is_one(name) if first <= index < last]
    for _ in lost:
        for one, other in lost:
            if one in reached or other in reached:
                reached |= {one, other}
    return reached


def first_that_may_be_lost(capture: Capture) -> int:
    """What is listed at a capture's start is known."""
    return max((index for index, line in enumerate(capture.lines) if line.listed), default=-1) + 1


def differences(capture: Capture, first: int, last: int, watched: WatchedFloor, back: int | None = None) -> list[str]:
    """Where a floor that did not hear ``lines[first:last]`` is not what it would have been; empty where L4 holds.

    The link is back at ``last``, and the PBX's listings come at once, or by the message ``back``.
    """
    start_at, lines = capture.start_at, capture.lines
    player, shadow = Player(LINK), Shadow()
    back = last if back is None else back
    for line in lines[:back]:
        shadow.hear(line)
    play(watched, player.play(start_at, lines[:first]))
    lost_at, found_at = start_at + lines[first].at_s, start_at + lines[back].at_s
    watched.put(facts.LinkLost(lost_at, LINK, "PBX", "the connection was closed"))
    player.translator.waiting.begin()
    play(watched, player.play(start_at, lines[last:back]))
    play(watched, player.play(start_at, shadow.listing(lines[back].at_s)))
    watched.put(facts.LinkUp(found_at, LINK, "PBX"))
    found = [f"{call.id} is still stale" for call in watched.live if call.stale]
    play(watched, player.play(start_at, lines[back:]))
    if not watched.floor.snapshot().calls:
        found += [f"{name} of calls that are over are kept" for name in _kept(player)]
    rows = {row.call_id: row for row in (*watched.records, *watched.floor.unfinished(capture.end_at))}
    for call in heard_whole(capture.name):
        row = rows.pop(call.row.call_id, None)
        over_by_then = call.row.ended_at is not None and call.row.ended_at <= found_at
        if call.came >= first and (call.over < last or (over_by_then and row is None)):
            found += [] if row is None else [f"{row.call_id} was not heard of, and is told"]
        elif any(abs(start_at + at_s - found_at) < MOMENT_S for at_s in call.ends_s):
            continue  # the listing came between the last words of its channels
        elif explained(capture.name, first, last, {call.row.call_id}) != {call.row.call_id}:
            continue  # what of it is one story nobody heard: it may have the name of any part of it
        elif row is None:
            found.append(f"{call.row.call_id} is missing")
        elif call.over < first or call.named >= last:
            found += [f"{row.call_id}, all of which was heard: {text}" for text in _unlike(call.row, row)]
        elif call.came < last:
            found += [f"{row.call_id}: {text}" for text in _wrong(call, row, lost_at, found_at, first, last)]
    known = {call.row.call_id for call in heard_whole(capture.name)}
    apart = explained(capture.name, first, last, known | {""})
    return found + [f"{row.call_id} is invented" for row in rows.values() if row.call_id not in apart]


def _kept(player: Player) -> list[str]:
    """What is remembered of a PBX without calls, and should not be: memory is back where it was."""
    plumbing = player.translator.plumbing
    named = {
        "channels": plumbing.channels,
        "bridges": {name: inside for name, inside in plumbing.bridges.items() if inside},
        "groups": plumbing._groups,
        "halves": plumbing._halves,
        "messages": player.translator.waiting.since is not None,
    }
    return [name for name, held in named.items() if held]


def _wrong(call: Whole, row: CallRecord, lost_at: float, found_at: float, first: int, last: int) -> list[str]:
    """What is wrong with the row of a call of which a part was lost."""
    should, out = call.row, []
    if not row.partial:
        out.append("is told as if it was seen whole")
    unheard = all(first <= came and went < last for came, went in call.clients)
    known = ["type", "client_number", "business_number"]
    if unheard and row.client_number is None:
        known = []
    for name in known:
        was, wanted = getattr(row, name), getattr(should, name)
        # A number that was shown, or dialled, on a leg of which nothing was heard, is unknown, and not wrong.
        unsaid = was is None and (unheard or should.type is not CallType.INBOUND or name == "business_number")
        if was != wanted and not unsaid:
            out.append(f"{name} is {was}, not {wanted}")
    if abs(row.started_at - should.started_at) > (MOMENT_S if should.started_at < lost_at else WHOLE_S):
        out.append(f"started at {row.started_at}, not {should.started_at}")
    if (row.ended_at is None) is not (should.ended_at is None):
        out.append(f"ended at {row.ended_at}, not {should.ended_at}")
    elif row.ended_at is None or should.ended_at is None:
        pass
    elif call.over < last and not lost_at - WHOLE_S <= row.ended_at <= found_at:
        out.append(f"ended at {row.ended_at}, unseen between {lost_at} and {found_at}")
    elif call.over >= last and should.ended_at > found_at + MOMENT_S and row.ended_at != should.ended_at:
        out.append(f"ended at {row.ended_at}, not {should.ended_at}")
    return out


def _unlike(should: CallRecord, row: CallRecord) -> list[str]:
    one, other = msgspec.structs.asdict(should), msgspec.structs.asdict(row)
    return [f"{name} is {other[name]}, not {one[name]}" for name in one if one[name] != other[name]]
