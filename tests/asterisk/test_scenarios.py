"""Every kind of call on a real Asterisk 22: Callfloor's story against the phones, CEL, CDR and queue_log."""

import pytest

from support.pbx.agreement import verdict
from support.pbx.recording import Recorded
from support.pbx.scenarios import SCENARIOS
from support.pbx.telling import told

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.alone,
    pytest.mark.timeout(900),  # the first test waits for all the calls to be played
]


@pytest.mark.parametrize("name", SCENARIOS)
def test_agrees_with_phones_and_pbx(name: str, recordings: dict[str, Recorded]) -> None:
    recorded = recordings[name]
    assert recorded.failed is None, recorded.failed
    told_wrong = verdict(recorded.folder, told(recorded.folder))
    assert not told_wrong, told_wrong


@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if scenario.calls is not None])
def test_tells_what_a_person_would_say(name: str, recordings: dict[str, Recorded]) -> None:
    recorded = recordings[name]
    assert recorded.failed is None, recorded.failed
    calls = told(recorded.folder)
    said = SCENARIOS[name].calls or ()
    assert [(call["type"], call["result"]) for call in calls] == [(one.type, one.result) for one in said]
    for call, one in zip(calls, said, strict=True):
        assert {part["account"] for part in call["employees"] if part["talk_s"] > 0} == set(one.by)
        assert {part["number"] for part in call["external"]} == set(one.external)
        assert tuple(call["queues"]) == one.queues
        for field in ("abandoned_in", "forwarded_from"):
            if getattr(one, field) is not None:
                assert call[field] == getattr(one, field)
        if one.ended_by is not None:
            assert call["hung_up_by"] == one.ended_by
