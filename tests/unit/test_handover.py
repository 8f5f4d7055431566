"""A floor that one process hands over to the next goes on as if there had been one process."""

from collections import Counter

import pytest

from callfloor.asterisk import keeping as plumbing_keeping
from callfloor.floor import facts, keeping
from callfloor.floor.changes import CallChanged, CallFinished, Change, LinkState
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor, fold
from support.scenarios import Player, load, messages, names

LINK = "pbx"
HANDOVERS = 6  # of each capture, at messages that are spread over it


@pytest.mark.parametrize("name", names())
def test_handed_over_in_mid_call_every_call_goes_on_as_it_was(name: str) -> None:
    capture = load(name)
    whole, whole_player, floor, player = Floor(), Player(LINK), Floor(), Player(LINK)
    at = {len(capture.lines) * turn // HANDOVERS for turn in range(HANDOVERS)}
    for index, (line, message) in enumerate(zip(capture.lines, messages(capture.lines, name), strict=True)):
        told_at = capture.start_at + line.at_s
        changes = fold(floor, player.message(told_at, message))
        assert changes == fold(whole, whole_player.message(told_at, message)), f"after message {index}"
        if index in at:
            before, floor = floor, Floor()
            shown = keeping.take_over(floor.books, keeping.keep(before.books))
            assert floor.snapshot().calls == before.snapshot().calls
            assert floor.snapshot().employees == before.snapshot().employees
            assert len(shown) == len(before.snapshot().calls) + len(before.snapshot().employees), "all of it is told"
            plumbing = player.translator.plumbing
            data = plumbing_keeping.keep(plumbing)
            vars(plumbing).update(vars(type(plumbing)(LINK)))  # a new process begins with nothing
            plumbing_keeping.take_over(plumbing, data)
            fold(floor, links_of(before))
    assert floor.unfinished(capture.end_at) == whole.unfinished(capture.end_at)


@pytest.mark.parametrize("name", names())
def test_taken_up_from_notes_of_each_call_every_call_goes_on_as_it_was(name: str) -> None:
    """What a process that is killed leaves; had it been killed between two messages, nothing would be lost of calls."""
    capture = load(name)
    whole, whole_player, floor, player = Floor(), Player(LINK), Floor(), Player(LINK)
    at = {len(capture.lines) * turn // HANDOVERS for turn in range(HANDOVERS)}
    for index, (line, message) in enumerate(zip(capture.lines, messages(capture.lines, name), strict=True)):
        told_at = capture.start_at + line.at_s
        changes = of_calls(fold(floor, player.message(told_at, message)))
        assert changes == of_calls(fold(whole, whole_player.message(told_at, message))), f"after message {index}"
        plumbing = player.translator.plumbing
        if index in at and all(group.legs for group in plumbing._groups.values()):
            before, floor = floor, Floor()
            calls = before.books.calls.values()
            parts = [part for call in calls for part in plumbing_keeping.keep_call(plumbing, call.keys)]
            shown = keeping.take_up(floor.books, [keeping.keep_call(call) for call in calls])
            assert Counter(floor.snapshot().calls) == Counter(before.snapshot().calls)
            assert len(shown) == len(before.snapshot().calls)
            gone = plumbing._gone
            vars(plumbing).update(vars(type(plumbing)(LINK)))
            plumbing._gone = gone
            plumbing_keeping.take_up(plumbing, parts)
            fold(floor, links_of(before))
    assert floor.unfinished(capture.end_at) == whole.unfinished(capture.end_at)


def of_calls(changes: list[Change]) -> list[Change]:
    return [change for change in changes if isinstance(change, CallChanged | CallFinished)]


def links_of(floor: Floor) -> list[Fact]:
    """What is told of the links: they are each process's own."""
    return [
        facts.LinkUp(link.since, link.id, link.name) if link.state is LinkState.LIVE else
        facts.LinkLost(link.since, link.id, link.name, link.detail or "")
        for link in floor.snapshot().links
    ]  # fmt: skip


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    floor = Floor()
    for garbage in (b"", b"\x93\x01\x02\x90", keeping.keep(floor.books)[:-3], b"\x93\x63\xc0\x90"):
        with pytest.raises(ValueError, match=r"fit|version|floor"):
            keeping.take_over(floor.books, garbage)
    assert floor.snapshot().calls == ()
