"""The same scenario from the simulated PBX and from a real Asterisk gives the same story (issue: simulator)."""

from typing import Any

import pytest

from callfloor.asterisk.replay import replay_chunks, to_line
from callfloor.floor.calls import RECORDING
from callfloor.simulator import SCENARIOS, play
from support.scenarios import load, names

STARTED_AT = 1_795_000_000.0
WITHIN_S = 0.15  # the PBX's own work between two events; what people do is scripted to the recording
OWN = {"call_id", "started_at", "answered_at", "ended_at", "recording", "partial", "story"}
"""Fields that two runs of one scenario never share; the story is compared below by its steps."""

MIRRORED = sorted(set(SCENARIOS) & set(names()))


@pytest.mark.parametrize("name", MIRRORED)
def test_the_simulator_tells_the_same_story_as_the_real_pbx(name: str) -> None:
    simulated = [to_line(record) for record in replay_chunks(play(name, at=STARTED_AT))]
    real = load(name).expected["calls"]
    assert len(simulated) == len(real)
    for ours, theirs in zip(simulated, real, strict=True):
        for field in ours.keys() - OWN:
            assert like(ours[field], plain(field, theirs[field])), field
        assert steps(ours["story"]) == steps(theirs["story"])


def test_most_scenarios_have_a_recording() -> None:
    assert len(MIRRORED) > 35


def steps(story: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What happened to whom, without the order inside one moment; of recordings the captures' stories do not tell."""
    return sorted((step["what"], step.get("account") or "") for step in story if step["what"] != RECORDING)


def plain(field: str, value: Any) -> Any:
    """The recording's own form of a field, as a replay prints it."""
    if field == "queues":
        return list(dict.fromkeys(part["queue"] if isinstance(part, dict) else part for part in value))
    return value


def like(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return abs(ours - theirs) <= WITHIN_S
    if isinstance(ours, dict):
        return all(like(ours[key], theirs.get(key)) for key in ours if not key.endswith("_at"))
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(like, ours, theirs))
    return bool(ours == theirs)
