"""Real calls through the whole product: on the floor while they go on, in the journal once, and as the phones saw."""

import time
from pathlib import Path

import pytest

from callfloor.floor.calls import CallStatus, LiveCall
from support.house import House
from support.pbx.lab import CLIENT, NUMBERS, during
from support.played import played_and_agreed

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PLAYED = (
    "inbound_queue_ringall", "inbound_ivr_queue_abandoned", "inbound_missed_long", "outbound_hold", "internal_answered",
    "callback_answered", "blind_transfer_external", "attended_transfer_from_queue", "inbound_queue_abandoned",
    "queue_pause_in_call", "parking_retrieved",
)  # fmt: skip


@pytest.mark.parametrize("name", PLAYED)
async def test_the_journal_agrees_with_phones_and_pbx(name: str, house: House, tmp_path: Path) -> None:
    await played_and_agreed(house, name, tmp_path)


async def test_a_viewer_sees_each_turn_of_a_call_soon(house: House) -> None:
    """Arrives in the queue, rings three, is answered, put on hold, taken back, ends."""
    lab, stream = house.lab, house.stream
    since = time.time()
    client = await lab.inbound("sales")
    legs = [await lab.comes(member) for member in ("101", "102", "103")]

    async def shows(wanted: str, at: float) -> LiveCall:
        seen_at, call = await stream.call(lambda call: call.status == wanted, since=at)
        house.soon(seen_at, at, f"{wanted} is shown")
        return call

    call = await shows(CallStatus.RINGING, max(house.acted_at(leg.phone.device, "incoming") for leg in legs))
    assert (call.client_number, call.business_number, call.queue) == (CLIENT, NUMBERS["sales"], "sales")
    await stream.call(lambda row: len([one for one in row.parties if one.state == "ringing"]) == len(legs), since=since)
    legs[0].answer()
    answered_at = house.acted_at("101", "up")
    call = await shows(CallStatus.TALKING, answered_at)
    assert call.answered_at == pytest.approx(answered_at, abs=house.near(answered_at, 0.05))
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
    house.soon(await stream.gone(call.id), ended_at, "its end is shown")
    record = await house.product.record(since)
    assert record.call_id == call.id
    assert record.ended_at == pytest.approx(ended_at, abs=house.near(ended_at, 0.05))
    assert record.hung_up_by == "client"
    detail = await house.product.rest.get(f"{house.product.api}/calls/{call.id}")
    assert detail.status_code == 200
    story = [step["what"] for step in detail.json()["record"]["story"]]
    assert story.count("ringing") == len(legs)
    assert {"queue_joined", "answered", "hold"} <= set(story)
