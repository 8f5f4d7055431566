"""Whatever becomes of a PBX's messages on the way, the floor stands, keeps L1 to L3, and lets go of every call."""

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor import facts
from support.laws import WatchedFloor, play
from support.scenarios import Capture, Line, Player, load, names

LEGLESS_GRACE_S = 30.0
NAMES = names()
LISTED_EMPTY = (("ActionID", "empty"), ("EventList", "Complete"), ("ListItems", "0"))


class Mangled:
    """A capture whose messages suffered on the way."""

    def __init__(self, capture: Capture, lines: list[Line]) -> None:
        self.capture = capture
        self.lines = lines

    def __repr__(self) -> str:
        return f"<{self.capture.name}: {len(self.lines)} of {len(self.capture.lines)} messages>"


@st.composite
def mangled(draw: st.DrawFn) -> Mangled:
    """A capture with messages lost, doubled, out of order, cut off at either end."""
    capture = load(draw(st.sampled_from(NAMES)))
    lines = list(capture.lines)
    first = draw(st.integers(0, len(lines) // 2))
    last = draw(st.integers(first, len(lines)))
    kept = lines[first:last]
    fates = draw(st.lists(st.sampled_from(("keep",) * 6 + ("lose", "double", "late")), min_size=1, max_size=40))
    made: list[Line] = []
    late: list[Line] = []
    for line, fate in zip(kept, itertools.cycle(fates), strict=False):
        made += {"keep": [line], "lose": [], "double": [line, line], "late": []}[fate]
        if fate == "late":
            late.append(line)
        elif late and fate == "keep":
            made.append(late.pop(0))
    return Mangled(capture, in_time(made + late))


def in_time(lines: Sequence[Line]) -> list[Line]:
    """The lines in this order, each at an instant not before the last one's: time is when a message came."""
    latest, made = 0.0, []
    for line in lines:
        latest = max(latest, line.at_s)
        made.append(Line(latest, line.event, line.headers))
    return made


def cleared(watched: WatchedFloor, player: Player, at: float) -> None:
    """The PBX lists no channels, and half a minute passes."""
    for message in player.play(at, [Line(0.0, "CoreShowChannelsComplete", LISTED_EMPTY)]):
        watched.put(*message)
    watched.put(facts.LinkUp(at, "pbx", "PBX"), facts.Tick(at + LEGLESS_GRACE_S + 1))


@given(mangled(), st.integers(0, 3))
def test_any_loss_and_order_of_messages_is_survived_and_nothing_lives_for_ever(what: Mangled, seed: int) -> None:
    watched, player = WatchedFloor(), Player()
    watched.whole = False
    play(watched, player.play(what.capture.start_at, what.lines, seed))
    cleared(watched, player, what.capture.end_at + 1)
    watched.close()


@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True), st.randoms(use_true_random=False))
def test_several_scenarios_at_once_on_one_pbx_are_survived(chosen: list[str], rolls: object) -> None:
    """Their channels, bridges and listings get in each other's way; no such PBX exists."""
    lines = sorted((line for name in chosen for line in load(name).lines), key=lambda line: line.at_s)
    watched, player = WatchedFloor(), Player()
    watched.whole = False
    play(watched, player.play(0.0, lines, rolls))
    cleared(watched, player, lines[-1].at_s + 1)
    watched.close()


@given(st.sampled_from(NAMES), st.data())
def test_without_a_listing_a_quiet_day_clears_the_floor(name: str, data: st.DataObject) -> None:
    capture = load(name)
    cut = data.draw(st.integers(0, len(capture.lines)))
    watched = WatchedFloor()
    watched.whole = False
    play(watched, Player().play(capture.start_at, capture.lines[:cut]))
    watched.put(facts.Tick(capture.end_at + 24 * 3600 + 60))
    watched.close()
