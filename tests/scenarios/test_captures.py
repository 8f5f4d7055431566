"""Recordings of real Asterisks, replayed: the rows of the reviewed expectation, and what each phone really did."""

from typing import Any

import msgspec
import pytest

from callfloor.floor.calls import RECORDING, CallRecord, CallType
from support import phones
from support.laws import WatchedFloor, play
from support.scenarios import Capture, Player, load, names

NEAR_S = 0.0015  # expectations are written to the millisecond
NO_CLIENT_LEG = {
    *("callback_agent_busy", "callback_agent_noanswer"),  # the client was never called
    *("fax_receive", "fax_receive_trunk"),  # told through a Local half
}
NO_ANSWER = {"no answer": "no_answer", "agent no answer": "no_answer"}


def test_there_are_captures(watched: WatchedFloor) -> None:
    assert len(names()) > 150


@pytest.mark.parametrize("name", names())
def test_a_recorded_scenario_gives_the_reviewed_rows(name: str, watched: WatchedFloor) -> None:
    capture = load(name)
    records = replayed(capture, watched)
    told = [relative(reviewed(msgspec.to_builtins(record)), capture.start_at) for record in records]
    expected = capture.expected["calls"]
    assert [call["call_id"] for call in told] == [call["call_id"] for call in expected]
    for is_, should in zip(told, expected, strict=True):
        for key in should.keys() | is_.keys():
            assert same(is_.get(key), should.get(key)), f"{should['call_id']}: {key} is {is_.get(key)}"


@pytest.mark.parametrize("name", names())
def test_a_recorded_call_knows_its_line_to_the_carrier(name: str, watched: WatchedFloor) -> None:
    """The laboratory has two, and sends everything out by the first."""
    line = "trunk-b" if name == "inbound_trunk_b" else "trunk-a"
    for record in replayed(load(name), watched):
        without = record.type is CallType.INTERNAL or name in NO_CLIENT_LEG
        assert record.trunk == (None if without else line), record.call_id
        assert {part.trunk for part in record.external} <= {"trunk-a"}


@pytest.mark.parametrize("name", names())
def test_a_recorded_scenario_is_what_the_phones_did(name: str, watched: WatchedFloor) -> None:
    capture = load(name)
    records = replayed(capture, watched)
    heard = phones.dialogues(capture.start_at, capture.expected["phones"])
    since = next(line.at_s for line in capture.lines if line.event == "CoreShowChannelsComplete")
    assert not phones.disagreements(records, heard, since=capture.start_at + since, until=capture.end_at + 0.1)


@pytest.mark.parametrize("name", names())
def test_a_recorded_scenario_ends_as_whoever_made_it_says(name: str, watched: WatchedFloor) -> None:
    capture = load(name)
    records = replayed(capture, watched)
    expect = capture.expected["expect"]
    if expect.get("kind") is None:  # several calls, or none: the other two tests know them
        assert capture.expected["calls"] or not records
        return
    kind = "callback" if expect.get("callback") else expect["kind"]
    assert any(fits(record, expect) for record in records if record.type == kind), expect


@pytest.mark.parametrize("name", names())
def test_a_recorded_calls_story_tells_of_every_recording(name: str, watched: WatchedFloor) -> None:
    """The laboratory names each file after the call's first leg; who was recorded had a leg in it."""
    for record in replayed(load(name), watched):
        steps = [step for step in record.story if step.what == RECORDING]
        assert record.recording in {None, *(step.detail for step in steps)}
        assert bool(steps) == (record.recording is not None)
        assert len({step.detail for step in steps}) == len(steps)
        people = {part.account for part in record.employees} | {part.number for part in record.external}
        assert all(step.account in people or step.number == record.client_number for step in steps if record.recording)


def reviewed(row: dict[str, Any]) -> dict[str, Any]:
    """The reviewed rows do not say by which line, nor when a recording began; those have tests of their own.

    Nor that they are told by nobody but who watched.
    """
    assert not row["repaired"]
    parts = [{"number": part["number"], "talk_s": part["talk_s"]} for part in row["external"]]
    story = [step for step in row["story"] if step["what"] != RECORDING]
    return {
        **{key: value for key, value in row.items() if key not in {"trunk", "repaired"}},
        "external": parts,
        "story": story,
    }


def replayed(capture: Capture, watched: WatchedFloor) -> list[CallRecord]:
    """The rows of a capture, those of calls that go on at its end among them."""
    watched.may_live_on = any(call["ended_at"] is None for call in capture.expected["calls"])
    play(watched, Player().play(capture.start_at, capture.lines, capture.name))
    return watched.records + watched.floor.unfinished(capture.end_at)


def fits(record: CallRecord, expect: dict[str, Any]) -> bool:
    """Is this the call that the scenario's maker had in mind?"""
    answered_by = expect.get("answered_by", [])
    answered = [part.account for part in record.employees if part.answered]
    people = [part.account for part in record.employees]
    ended_by = expect.get("ended_by")
    return all(
        (
            NO_ANSWER.get(expect["outcome"], expect["outcome"]) in (None, record.result),
            expect.get("client") in (None, record.client_number),
            expect.get("did") in (None, record.business_number),
            expect.get("forwarded_from") in (None, record.forwarded_from),
            expect.get("queue") in (None, *(part.queue for part in record.queues)),
            not answered_by
            or sorted([answered_by] if isinstance(answered_by, str) else answered_by)
            == sorted([*answered, *(part.number for part in record.external)]),
            expect.get("caller") in (None, *people),
            expect.get("rang") in (None, *people),
            ended_by is None or record.hung_up_by == ("client" if ended_by == "client" else "employee"),
        )
    )


def relative(value: Any, start_at: float) -> Any:
    """Instants as seconds since the start, as an expectation has them."""
    if isinstance(value, dict):
        return {
            key: part - start_at
            if part is not None and (key == "at" or key.endswith("_at"))
            else relative(part, start_at)
            for key, part in value.items()
        }
    return [relative(part, start_at) for part in value] if isinstance(value, list | tuple) else value


def same(one: Any, other: Any) -> bool:
    """Equal, numbers within ``NEAR_S``."""
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) < NEAR_S
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
