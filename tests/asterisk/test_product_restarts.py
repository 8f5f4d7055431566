"""Callfloor, the PBX, or the wire between them goes down in mid-call: it is told at once, heals, and loses nothing."""

import time

import pytest

from callfloor.floor.calls import CallResult, CallStatus, LiveCall
from callfloor.floor.employees import Status, Why
from support.house import House
from support.pbx.lab import CLIENT2, CLIENT3
from support.pbx.phone import Answer

pytestmark = [
    pytest.mark.asterisk, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240),
    pytest.mark.usefixtures("nothing_left_of_it"),
]  # fmt: skip

HALF_OPEN_S = 16.0
"""A wire that goes mute is found by the pings: every 10 s, 5 s to answer."""
BACK_S = 10.0
SLOW_BYTES_S = 40_000


def status_of(call: LiveCall) -> CallStatus:
    return call.status


async def test_killed_in_mid_call_it_knows_the_call_again(house: House) -> None:
    lab, product = house.lab, house.product
    begun_at = time.time()
    client, employee = await lab.talking()
    _, before = await house.stream.call(lambda call: call.status == CallStatus.TALKING, since=begun_at)
    await product.kill()
    await product.start()
    await product.live()
    _, call = await product.stream.call(lambda call: not call.stale, since=0)
    assert list(product.stream.page.calls) == [call.id], "the one call that goes on"
    assert call.partial, "what was not watched is not guessed"
    assert (call.status, call.client_number) == (CallStatus.TALKING, before.client_number)
    assert [party.account for party in call.parties if party.account] == ["101"]
    row = product.stream.employee_now("101")
    assert (row.status, row.cause.call_id) == (Status.TALKING, call.id)
    assert await product.journal(begun_at) == [], "it has not ended"
    client.hang_up()
    await employee.over()
    ended_at = house.acted_at("client", "ended")
    await house.shows("101", Status.ONLINE, since=ended_at)
    record = await product.record(begun_at - 5)
    assert (record.call_id, record.partial, record.result) == (call.id, True, CallResult.ANSWERED)
    assert record.ended_at == pytest.approx(ended_at, abs=house.near(ended_at, 0.05))
    assert record.started_at == pytest.approx(house.acted_at("client", "dial"), abs=house.near(begun_at, 1.5))


async def test_calls_written_before_a_kill_are_there_once(house: House) -> None:
    lab, product = house.lab, house.product
    begun_at = time.time()
    lab.phones["105"].policy = Answer(0.2)
    client = await lab.inbound("e105")
    await client.answered()
    client.hang_up()
    await client.over()
    written = await product.journal(begun_at, 1)
    await product.kill()
    await product.start()
    await product.live()
    assert await product.journal(begun_at) == written
    assert not product.stream.page.calls


async def test_a_call_that_ends_while_it_is_down_does_not_stay(house: House) -> None:
    lab, product = house.lab, house.product
    client, employee = await lab.talking()
    await product.kill()
    client.hang_up()
    await employee.over()
    await product.start()
    await product.live()
    assert not product.stream.page.calls
    await house.free("101")


async def test_the_pbx_restarts_in_mid_call(house: House) -> None:
    lab, product, stream = house.lab, house.product, house.stream
    begun_at = time.time()
    client, employee = await lab.talking()
    ours = await lab.phones["107"].call(CLIENT3)
    await ours.answered()
    theirs = lab.clients.came[-1]
    await stream.until(lambda page: [*map(status_of, page.calls.values())] == [CallStatus.TALKING] * 2, "two talk")
    restarted_at = time.time()
    await lab.pbx.restart()
    lost_at = await stream.links("stale", since=restarted_at)
    closed_at = house.operator_lost_at()
    house.soon(lost_at, closed_at, "the viewer is told that the wire is dead")
    for leg in (client, employee, ours, theirs):
        leg.lose()
    await stream.links("live", since=lost_at)
    await stream.until(lambda page: not page.calls, "no call is left for ever")
    calls = await product.journal(begun_at, 2)
    assert {call.record.result for call in calls} == {CallResult.ANSWERED}
    for call in calls:
        assert call.record.ended_at is not None
        assert restarted_at <= call.record.ended_at <= lost_at, "they ended with the PBX"
    await house.calm()
    again_at = time.time()
    lab.phones["101"].policy = Answer(0.3)
    again = await lab.inbound("e101", CLIENT2)
    await again.answered()
    await house.shows("101", Status.TALKING, since=house.acted_at("101", "up"))
    again.hang_up()
    await again.over()
    record = await product.record(again_at)
    assert (record.partial, record.result) == (False, CallResult.ANSWERED)


async def test_a_cut_wire_is_told_at_once_and_what_happened_meanwhile_is_found(house: House) -> None:
    """One call goes on through the cut, one ends in it, one begins in it; a phone signs off in it."""
    lab, product, stream = house.lab, house.product, house.stream
    begun_at = time.time()
    client, employee = await lab.talking()
    second, other = await lab.talking("e105", "105", CLIENT2)
    await stream.until(lambda page: [*map(status_of, page.calls.values())] == [CallStatus.TALKING] * 2, "two talk")
    cut_at = time.time()
    await house.wire.cut()
    house.soon(await stream.links("stale", since=cut_at), cut_at, "the viewer is told")
    await stream.until(lambda page: all(call.stale for call in page.calls.values()), "calls are marked")
    row = stream.employee_now("101")
    assert (row.status, row.stale) == (Status.TALKING, True), "the last that is known, and marked"
    second.hang_up()
    await other.over()
    assert await lab.phones["108"].register(0)
    third = await lab.phones["104"].call("106")
    asked = await lab.comes("106")
    asked.answer()
    await third.answered()
    assert stream.employee_now("108").status is Status.ONLINE, "nobody can know"
    mended_at = time.time()
    await house.wire.open()
    house.soon(await stream.links("live", since=mended_at), mended_at, "the link is back", within_s=BACK_S)
    await stream.until(
        lambda page: len(page.calls) == 2 and not any(call.stale for call in page.calls.values()), "what goes on now"
    )
    by_type = {str(call.type): call for call in stream.page.calls.values()}
    assert set(by_type) == {"inbound", "internal"}
    for account in ("101", "104", "106"):
        await stream.employee(account, lambda row: row.status is Status.TALKING and not row.stale, since=mended_at)
    await house.free("105")
    _, row = await stream.employee("108", lambda row: row.status is Status.OFFLINE, since=mended_at)
    assert row.cause.why is Why.WATCH_BEGAN, "found so: why it left was not seen"
    client.hang_up()
    third.hang_up()
    await employee.over()
    await asked.over()
    records = [call.record for call in await product.journal(begun_at, 3)]
    assert len({record.call_id for record in records}) == 3, "each once"
    assert all(record.partial for record in records)
    assert sorted(str(record.type) for record in records) == ["inbound", "inbound", "internal"]
    ends = {record.client_number: record.ended_at for record in records if record.client_number}
    assert ends[CLIENT2] is not None
    assert cut_at - 0.1 <= ends[CLIENT2] <= mended_at + BACK_S


async def test_a_wire_that_goes_mute_is_found_out(house: House) -> None:
    """Half open: nothing comes, and no end of the connection either; and it is slow, before and afterwards."""
    lab, product, stream = house.lab, house.product, house.stream
    begun_at = time.time()
    client, employee = await lab.talking()
    _, call = await stream.call(lambda call: call.status == CallStatus.TALKING, since=begun_at)
    house.wire.bytes_s = SLOW_BYTES_S
    frozen_at = time.time()
    house.wire.freeze()
    try:
        client.hang_up()
        await employee.over()
        lost_at = await stream.links("stale", since=frozen_at, within_s=HALF_OPEN_S + 30)
        house.soon(lost_at, frozen_at, "the link is found dead", within_s=HALF_OPEN_S)
        assert stream.page.calls[call.id].stale
    finally:
        house.wire.thaw()
    thawed_at = time.time()
    house.soon(await stream.links("live", since=lost_at), thawed_at, "the link is back", within_s=BACK_S)
    await stream.until(lambda page: not page.calls, "the call is over")
    house.wire.bytes_s = None
    record = await product.record(begun_at)
    assert (record.call_id, record.partial) == (call.id, True)
    await house.free("101")
