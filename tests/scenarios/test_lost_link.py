"""A link lost in the middle of things: after the listings the floor is what it would have been (law L4)."""

import random
from collections import Counter

import pytest

from callfloor.floor import facts
from callfloor.floor.calls import CallResult, CallStatus, LiveCall, PartyState
from callfloor.floor.floor import Floor
from support.laws import WatchedFloor, play
from support.listing import Shadow
from support.scenarios import Capture, Line, Player, load, names

CUTS = 4  # of each capture
QUIET_S = 0.45
SERVED = (CallStatus.VOICEMAIL, CallStatus.FAX, CallStatus.PARKED)


def shape(call: LiveCall, unknown: set[str]) -> tuple[object, ...]:
    """What a listing can tell of a call: who is in it, and what they do. Not whether somebody answered it before, and
    not the number of a client whom Originate called (``unknown``: such calls' own ids).
    """
    number = None if call.id.partition("-")[2] in unknown else call.client_number
    present = [
        (party.account or party.number, party.state is PartyState.RINGING)
        for party in call.parties
        if party.state is not PartyState.LEFT
    ]
    return call.type, number, call.status in SERVED, tuple(sorted(present, key=str))


def cuts(capture: Capture) -> list[tuple[int, int]]:
    """Stretches of messages to be lost: from any of them to one that comes after a quiet moment.

    A listing tells the state at one instant; where the PBX is in the middle of things, it tells half of them.
    """
    rolls = random.Random(capture.name)
    lines = capture.lines
    begin = max((index for index, line in enumerate(lines) if line.listed), default=-1) + 1
    quiet = [last for last in range(begin + 1, len(lines)) if lines[last].at_s - lines[last - 1].at_s > QUIET_S]
    return [(rolls.randrange(begin, last), last) for last in rolls.choices(quiet, k=CUTS if quiet else 0)]


# What no listing could tell: two groups of channels are one story only by words that were lost; a channel is listed
# whose party has hung up.
UNKNOWABLE = {
    "conference_client",
    "transfer_to_queue_attended_waiting",
    "blond_transfer_dtmf",
    "blond_transfer_dtmf_abandoned",
    "blond_transfer_dtmf_back",
}
LISTABLE = [name for name in names() if not name.endswith("-late") and name not in UNKNOWABLE and cuts(load(name))]


@pytest.mark.parametrize("name", LISTABLE)
def test_after_a_lost_stretch_the_listings_heal_the_floor(name: str, watched: WatchedFloor) -> None:
    """Four stretches, one after the other on one floor: it must come out clean each time."""
    capture = load(name)
    watched.whole = False
    for number, (first, last) in enumerate(cuts(capture)):
        lost_and_found(capture, first, last, watched, link=f"pbx{number}")


def lost_and_found(capture: Capture, first: int, last: int, watched: WatchedFloor, link: str) -> None:
    player, whole, unbroken, shadow = Player(link), Player(), Floor(), Shadow()
    start_at = capture.start_at

    def unharmed(lines: tuple[Line, ...]) -> None:
        for line in lines:
            shadow.hear(line)
        for some in whole.play(start_at, lines):
            for fact in some:
                unbroken.apply(fact)

    unharmed(capture.lines[:last])
    play(watched, player.play(start_at, capture.lines[:first]))
    at_s = capture.lines[last].at_s - QUIET_S / 2
    watched.put(facts.LinkLost(start_at + capture.lines[first].at_s, link, "PBX", "the connection was closed"))
    play(watched, player.play(start_at, shadow.listing(at_s)))
    watched.put(facts.LinkUp(start_at + at_s, link, "PBX"))
    mine = [call for call in watched.live if call.id.startswith(f"{link}-")]
    unknown = {call.id.removeprefix(f"{link}-") for call in mine if call.client_number is None}
    should = Counter(shape(call, unknown) for call in unbroken.snapshot().calls)
    assert Counter(shape(call, unknown) for call in mine) == should, f"{capture.name}, {first} to {last} lost"
    assert not any(call.stale for call in mine)
    play(watched, player.play(start_at, capture.lines[last:]))
    unharmed(capture.lines[last:])
    still = [call for call in watched.live if call.id.startswith(f"{link}-")]
    assert len(still) == len(unbroken.snapshot().calls)
    watched.may_live_on |= bool(still)


@pytest.mark.parametrize(
    "name",
    [
        f"asterisk_restart_midcall{how}"
        for how in ("", "_sigterm", "_sigkill")
        if f"asterisk_restart_midcall{how}-late" in names()
    ],
)
def test_a_restart_of_the_pbx_ends_its_calls_and_the_next_one_is_whole(name: str, watched: WatchedFloor) -> None:
    before, after = load(name), load(f"{name}-late")
    watched.whole = False
    player = Player()
    play(watched, player.play(before.start_at, before.lines))
    begun = {call.id for call in watched.live} | {record.call_id for record in watched.records}
    lost_at = before.end_at
    watched.put(facts.LinkLost(lost_at, "pbx", "PBX", "the connection was closed"))
    assert all(call.stale for call in watched.live)
    play(watched, player.play(after.start_at, after.lines))
    watched.put(facts.LinkUp(after.end_at, "pbx", "PBX"))
    assert {record.call_id for record in watched.records} >= begun
    later = [record for record in watched.records if record.call_id not in begun]
    assert [record.result for record in later] == [CallResult.ANSWERED] * len(later)
    assert not any(record.partial for record in later)


def test_a_second_connection_to_the_same_pbx_in_mid_call_doubles_nothing(watched: WatchedFloor) -> None:
    """The link drops and is made again at once; the PBX's listings show what the floor knows already."""
    whole, late = load("ami_reconnect_midcall"), load("ami_reconnect_midcall-late")
    player = Player()
    reconnected_at = late.start_at + late.lines[0].at_s
    before = [line for line in whole.lines if whole.start_at + line.at_s < reconnected_at]
    play(watched, player.play(whole.start_at, before))
    known = {call.id for call in watched.live}
    watched.put(facts.LinkLost(reconnected_at, "pbx", "PBX", "the connection was closed"))
    play(watched, player.play(late.start_at, late.lines))
    watched.put(facts.LinkUp(late.end_at, "pbx", "PBX"))
    assert len(known) == 3
    assert {record.call_id for record in watched.records} == known
    talked = {record.call_id: round(record.talk_s, 1) for record in watched.records}
    expected = {call["call_id"]: round(call["talk_s"], 1) for call in whole.expected["calls"]}
    assert talked == expected
