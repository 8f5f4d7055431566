"""What the soak holds against the journal where the PBX died: it excuses what nobody can know, and nothing else."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from callfloor.asterisk.replay import to_line
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallResult
from callfloor.floor.changes import CallFinished
from callfloor.floor.facts import Born, Side
from callfloor.floor.floor import Floor, fold
from support.pbx.agreement import Disagreement
from support.pbx.records import PBX_KILLED, Records
from support.soak.agreement import Tally, count_real, name_of
from support.soak.deaths import Death
from support.soak.faults import POWER_CUT, Stretch
from support.soak.lives import RECORDS, lives_of

BEGAN_AT, ANSWERED_AT, DIED_AT = 1000.0, 1005.0, 1060.0
CLIENT, EMPLOYEE = "pbx1-1.1", "pbx1-1.2"
DEATH = Death(PBX_KILLED, DIED_AT, DIED_AT + 0.1, DIED_AT + 10, dict.fromkeys(RECORDS, len("before\n")))
KILLED = Stretch("PBX killed", frozenset({"real"}), DIED_AT - 0.5, DIED_AT + 10)


def seen_and_told() -> tuple[CallRecord, CallRecord]:
    """A call that goes on when its PBX dies: as the twin saw it until then, and as the journal has it."""
    floor = Floor()
    began = facts.LegStarted(
        at=BEGAN_AT, leg=CLIENT, call=CLIENT, side=Side.OUTSIDE, born=Born.CALLING, number="79161234567",
        dialled="74951000003",
    )  # fmt: skip
    called = facts.LegStarted(
        at=BEGAN_AT + 1, leg=EMPLOYEE, call=CLIENT, side=Side.EMPLOYEE, born=Born.CALLED, account="101"
    )
    fold(floor, [facts.LinkUp(BEGAN_AT - 1, "pbx1", "PBX"), began, called, facts.LegRang(BEGAN_AT + 1, EMPLOYEE)])
    fold(floor, [facts.LegAnswered(ANSWERED_AT, EMPLOYEE), facts.LegAnswered(ANSWERED_AT, CLIENT)])
    fold(floor, [facts.LegsPlaced(ANSWERED_AT, ((CLIENT, "b"), (EMPLOYEE, "b")))])
    (seen,) = floor.unfinished(DIED_AT)
    fold(floor, [facts.LinkLost(DIED_AT, "pbx1", "PBX", "closed")])
    over = floor.apply(facts.CallVanished(DIED_AT + 5, CLIENT, frozenset({CLIENT, EMPLOYEE})))
    (told,) = (change.record for change in over if isinstance(change, CallFinished))
    return seen, told


def tally(told: list[CallRecord], seen: CallRecord, stretch: Stretch = KILLED) -> Tally:
    return count_real(told, [seen], [], [], [stretch], {"1.1": DEATH})


def test_what_the_floor_makes_of_a_call_whose_pbx_died_is_told_as_such() -> None:
    seen, told = seen_and_told()
    assert (told.partial, told.result, told.hung_up_by) == (True, CallResult.ANSWERED, None)
    found = tally([told], seen)
    assert (found.cut, found.compared, found.agrees) == (1, 1, True), found.examples


@pytest.mark.parametrize(
    ("others", "field"),
    [
        ({"partial": False}, "cut: partial"),
        ({"result": CallResult.MISSED}, "cut: result"),
        ({"hung_up_by": "client"}, "cut: hung_up_by"),
        ({"ended_at": DIED_AT + 8}, "cut: ended_at"),
        ({"ended_at": DIED_AT - 8}, "cut: ended_at"),
        ({"ended_at": None}, "cut: ended_at"),
    ],
)
def test_a_row_that_says_what_nobody_knows_is_wrong(others: dict[str, object], field: str) -> None:
    seen, told = seen_and_told()
    assert tally([replace(told, **others)], seen).wrong == {field: 1}


def test_a_row_is_missing_unless_it_began_in_the_moment_of_the_death() -> None:
    seen, _ = seen_and_told()
    assert tally([], seen).missing == ["1.1, which the twin saw"]
    late = replace(seen, started_at=DIED_AT - 0.2, answered_at=None)
    found = tally([], late)
    assert (found.missing, found.unseen) == ([], 1)


def test_where_callfloor_died_with_it_the_last_notes_may_be_some_seconds_old() -> None:
    seen, told = seen_and_told()
    noted = replace(told, ended_at=DIED_AT - 2)
    both = replace_what(KILLED, POWER_CUT)
    assert tally([noted], seen).wrong
    assert tally([noted], seen, both).agrees
    assert tally([replace(told, ended_at=DIED_AT - 8)], seen, both).wrong
    ringing = replace(noted, result=CallResult.MISSED)
    assert tally([ringing], seen, both).wrong, "it was answered long before"
    assert not tally([ringing], replace(seen, answered_at=DIED_AT - 1), both).wrong["cut: result"]


def test_two_rows_of_one_call_are_one_too_many_unless_they_became_one_as_nobody_watched() -> None:
    seen, told = seen_and_told()
    other = replace(told, call_id="pbx1-1.9", started_at=BEGAN_AT + 20)
    found = [Disagreement(name_of(to_line(other)), "invented", "a call", None)]

    def invented(row: CallRecord, joined: dict[str, float]) -> int:
        return len(count_real([told, row], [seen], found, [], [KILLED], {"1.1": DEATH}, joined).invented)

    assert invented(other, {}) == 1
    assert invented(other, {"1.9": DIED_AT - 5}) == 1, "it was told that they are one"
    assert invented(other, {"1.9": DIED_AT - 0.2}) == 0
    assert invented(replace(other, partial=False), {"1.9": DIED_AT - 0.2}) == 1


def replace_what(stretch: Stretch, what: str) -> Stretch:
    return Stretch(what, stretch.links, stretch.began_at, stretch.healed_at)


def test_a_capture_is_parted_where_the_pbx_died(tmp_path: Path) -> None:
    capture = tmp_path / "calls"
    capture.mkdir()
    marks = [(1.0, "scenario-start"), (DIED_AT, PBX_KILLED), (DIED_AT + 20, "scenario-end")]
    lines = (json.dumps({"t": at, "phone": None, "what": what}) + "\n" for at, what in marks)
    (capture / "truth.jsonl").write_text("".join(lines))
    for name in RECORDS:
        (capture / name).write_text("before\nafter\n")
    for prefix in ("ami", "ami-1"):
        (capture / f"{prefix}.raw").write_text(prefix)
        (capture / f"{prefix}.chunks.jsonl").write_text("")
    first, second = lives_of(capture, [DEATH])
    assert [(one.folder / "cel.csv").read_text() for one in (first, second)] == ["before\n", "after\n"]
    assert [(one.folder / "ami.raw").read_text() for one in (first, second)] == ["ami", "ami-1"]
    assert (Records.of(first.folder).killed_at, Records.of(second.folder).killed_at) == (DIED_AT, None)
    assert (first.death, second.death) == (DEATH, None)
    assert (first.until, second.since) == (DEATH.back_at, DEATH.back_at)
    assert lives_of(capture, [])[0].folder == capture
