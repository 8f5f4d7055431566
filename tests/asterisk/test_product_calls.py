"""Real calls through the whole product: on the floor while they go on, in the journal once, and as the phones saw."""

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from callfloor.asterisk.replay import to_line
from callfloor.floor.calls import CallRecord, CallStatus, LiveCall
from support.house import SEEN_WITHIN_S, House
from support.pbx.agreement import disagreements
from support.pbx.delivery import lateness_s, later_s
from support.pbx.lab import CLIENT, NUMBERS, during
from support.pbx.records import Records
from support.pbx.scenarios import SCENARIOS

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PLAYED = (
    "inbound_queue_ringall", "inbound_ivr_queue_abandoned", "inbound_missed_long", "outbound_hold", "internal_answered",
    "callback_answered", "blind_transfer_external", "attended_transfer_from_queue", "inbound_queue_abandoned",
    "queue_pause_in_call", "parking_retrieved",
)  # fmt: skip


def line_of(record: CallRecord) -> dict[str, Any]:
    """A journal's row as ``callfloor replay`` prints calls, which the witnesses are compared with."""
    line: dict[str, Any] = json.loads(msgspec.json.encode(to_line(record)))
    return line


@pytest.mark.parametrize("name", PLAYED)
async def test_the_journal_agrees_with_phones_and_pbx(name: str, house: House, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    since = time.time()
    await house.lab.record(tmp_path / name, name, scenario.about, scenario.script, {})
    said = scenario.calls or ()
    journal = await house.product.journal(since, len(said))
    records = Records.of(tmp_path / name)
    told = [line_of(call.record) for call in journal]
    assert [(line["type"], line["result"]) for line in told] == [(one.type, one.result) for one in said]
    # The PBX told the product when it did: what the phones saw is allowed that lag, measured on the product's own wire.
    late = lateness_s(tmp_path / name, records.cel)
    for uniqueid, later in later_s(tmp_path / name, house.wire.passed).items():
        late[uniqueid] = max(late.get(uniqueid, 0.0), later)
    wrong = disagreements(told, records, late)
    assert not wrong, f"{'; '.join(map(str, wrong))}\nthe PBX was late by {late}\nthe product tells {told}"
    for call in journal:
        accounts = {part.account for part in call.record.employees}
        assert {person.account for person in call.employees} == accounts
        assert all(person.employee_id == house.product.employee_id(person.account) for person in call.employees)
        history = house.stream.calls[call.record.call_id]
        assert history[-1].row is None, "it is off the floor"
        rows = [seen.row for seen in history[:-1] if seen.row is not None]
        assert len(rows) == len(history) - 1, "it was there once, from its beginning to its end"
        assert not any(row.stale or row.partial for row in rows)
        assert call.record.ended_at is not None
        assert history[0].at - call.record.started_at < SEEN_WITHIN_S
        assert history[-1].at - call.record.ended_at < SEEN_WITHIN_S
    for key, history in house.stream.calls.items():
        if history[0].at >= since and key not in {call.record.call_id for call in journal}:
            assert history[-1].row is None, "a consultation, until it became part of the call that was passed on"


async def test_a_viewer_sees_each_turn_of_a_call_soon(house: House) -> None:
    """Arrives in the queue, rings three, is answered, put on hold, taken back, ends."""
    lab, stream = house.lab, house.stream
    since = time.time()
    client = await lab.inbound("sales")
    legs = [await lab.comes(member) for member in ("101", "102", "103")]

    async def shows(wanted: str, at: float) -> LiveCall:
        seen_at, call = await stream.call(lambda call: call.status == wanted, since=at)
        assert seen_at - at < SEEN_WITHIN_S, f"{wanted} was seen {seen_at - at:.3f} s after the phone's act"
        return call

    call = await shows(CallStatus.RINGING, max(house.acted_at(leg.phone.device, "incoming") for leg in legs))
    assert (call.client_number, call.business_number, call.queue) == (CLIENT, NUMBERS["sales"], "sales")
    await stream.call(lambda row: len([one for one in row.parties if one.state == "ringing"]) == len(legs), since=since)
    legs[0].answer()
    answered_at = house.acted_at("101", "up")
    call = await shows(CallStatus.TALKING, answered_at)
    assert call.answered_at == pytest.approx(answered_at, abs=0.05)
    employee = house.product.employee_id("101")
    assert [(one.employee_id, one.state) for one in call.parties if one.state != "left"] == [(employee, "talking")]
    await during(0.4)
    begun_at = time.time()
    await legs[0].hold()
    await shows(CallStatus.HOLD, begun_at)
    begun_at = time.time()
    await legs[0].unhold()
    await shows(CallStatus.TALKING, begun_at)
    client.hang_up()
    ended_at = house.acted_at("client", "ended")
    assert await stream.gone(call.id) - ended_at < SEEN_WITHIN_S
    record = await house.product.record(since)
    assert record.call_id == call.id
    assert record.ended_at == pytest.approx(ended_at, abs=0.05)
    assert record.hung_up_by == "client"
    detail = await house.product.rest.get(f"{house.product.api}/calls/{call.id}")
    assert detail.status_code == 200
    story = [step["what"] for step in detail.json()["record"]["story"]]
    assert story.count("ringing") == len(legs)
    assert {"queue_joined", "answered", "hold"} <= set(story)
