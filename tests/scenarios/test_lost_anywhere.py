"""A link lost anywhere, for as long as may be: the floor heals, and equals one that never lost it (law L4)."""

import random

import pytest

from support.laws import WatchedFloor
from support.lost_stretch import differences, first_that_may_be_lost
from support.scenarios import Capture, load, names

CUTS = 4  # of each capture
LISTED_S = 0.5
# What a listing tells wrongly, or not: a number of the company's own that the PBX has put in the place of the client's;
# a second channel to whoever had passed the client on; a supervisor's redirect into a conference.
UNKNOWABLE = {"blind_transfer_external", "blond_transfer_dtmf_back", "conference_client"}


def cuts(capture: Capture) -> list[tuple[int, int, int]]:
    """Random stretches of messages: the first that is lost, the first that is heard again, and by which one the PBX
    has listed its channels: by the same, or by one that came within half a second."""
    rolls = random.Random(f"{capture.name} anywhere")
    lines = capture.lines
    begin, end = first_that_may_be_lost(capture), len(lines)
    made = []
    for number in range(CUTS if end - begin >= 2 else 0):
        first, last = sorted(rolls.sample(range(begin, end), 2))
        soon = [index for index in range(last, end) if lines[index].at_s - lines[last].at_s < LISTED_S]
        made.append((first, last, rolls.choice(soon) if number % 2 else last))
    return made


LOSABLE = [name for name in names() if not name.endswith("-late") and name not in UNKNOWABLE and cuts(load(name))]


@pytest.mark.parametrize("name", LOSABLE)
def test_wherever_it_was_lost_the_floor_is_as_if_it_never_was(name: str, watched: WatchedFloor) -> None:
    capture = load(name)
    found = []
    for first, last, listed in cuts(capture):
        one = WatchedFloor()
        one.whole, one.may_live_on = False, True
        found += [f"{first} to {last}: {text}" for text in differences(capture, first, last, one, listed)]
        one.close()
    assert not found, "\n".join(found)
    watched.may_live_on = True
