"""What goes wrong at the PBX and on the wire to it, real calls going on: nothing is lost, doubled, or left behind."""

import time

import pytest

from callfloor.floor.calls import CallResult, CallStatus
from callfloor.floor.employees import Status
from support.house import House
from support.pbx.lab import CLIENT2
from support.pbx.phone import Answer

pytestmark = [
    pytest.mark.asterisk, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240),
    pytest.mark.usefixtures("nothing_left_of_it"),
]  # fmt: skip

HEALED_S = 3.0
"""From the wire's return to a true floor (issue 7)."""
SLOW_BYTES_S = 6_000
CUTS = 10
GROWN_MB = 16.0


async def test_the_pbx_is_killed_in_mid_call(house: House) -> None:
    lab, stream = house.lab, house.stream
    begun_at = time.time()
    client, employee = await lab.talking()
    _, before = await stream.call(lambda call: call.status == CallStatus.TALKING, since=begun_at)
    killed_at = time.time()
    await lab.pbx.kill()
    lost_at = await stream.links("stale", since=killed_at)
    house.soon(lost_at, killed_at, "the viewer is told")
    assert stream.page.calls[before.id].stale, "last known, and marked"
    for leg in (client, employee):
        leg.lose()
    await lab.pbx.start()
    await stream.links("live", since=lost_at)
    await stream.until(lambda page: not page.calls, "no call is left for ever")
    record = await house.product.record(begun_at)
    assert (record.call_id, record.result, record.partial) == (before.id, CallResult.ANSWERED, True)
    assert record.ended_at is not None
    assert killed_at - 0.1 <= record.ended_at
    await house.calm()
    again_at = time.time()
    lab.phones["101"].policy = Answer(0.3)
    again = await lab.inbound("e101", CLIENT2)
    await again.answered()
    again.hang_up()
    await again.over()
    record = await house.product.record(again_at)
    assert (record.partial, record.result) == (False, CallResult.ANSWERED)


async def test_the_pbx_reloads_in_mid_call_and_the_call_is_whole(house: House) -> None:
    lab = house.lab
    begun_at = time.time()
    client, employee = await lab.talking()
    await lab.pbx.reload()
    await house.stream.employee("101", lambda row: row.status is Status.TALKING and not row.stale, since=begun_at)
    client.hang_up()
    await employee.over()
    ended_at = house.acted_at("client", "ended")
    record = await house.product.record(begun_at)
    assert (record.partial, record.result, record.hung_up_by) == (False, CallResult.ANSWERED, "client")
    assert record.ended_at == pytest.approx(ended_at, abs=house.near(ended_at, 0.2))
    await house.free("101")


async def test_over_a_slow_wire_calls_come_late_and_whole(house: House) -> None:
    lab = house.lab
    begun_at = time.time()
    house.wire.bytes_s = SLOW_BYTES_S
    try:
        client, employee = await lab.talking()
        client.hang_up()
        await employee.over()
    finally:
        house.wire.bytes_s = None
    record = await house.product.record(begun_at)
    assert (record.partial, record.result) == (False, CallResult.ANSWERED)
    assert [part.account for part in record.employees] == ["101"]
    assert record.talk_s >= 0
    await house.stream.until(lambda page: not page.calls, "the call is over")
    await house.free("101")
    assert not [at for at, state in house.stream.link_states if state == "stale" and at > begun_at], "slow is not lost"


async def test_many_cuts_lose_no_call_and_leave_no_memory(house: House) -> None:
    """One call goes on through all of them: it is one call, told once."""
    lab, stream = house.lab, house.stream
    begun_at = time.time()
    client, employee = await lab.talking()
    _, call = await stream.call(lambda call: call.status == CallStatus.TALKING, since=begun_at)
    sizes: list[float] = []
    for _ in range(CUTS):
        cut_at = time.time()
        await house.wire.cut()
        await stream.links("stale", since=cut_at)
        back_at = time.time()
        await house.wire.open()
        house.soon(await stream.links("live", since=back_at), back_at, "the floor is true", within_s=HEALED_S)
        await stream.until(
            lambda page: [one.stale for one in page.calls.values()] == [False], "the call, current again"
        )
        assert list(stream.page.calls) == [call.id]
        size = house.product.resident_mb()
        assert size is not None
        sizes.append(size)
    client.hang_up()
    await employee.over()
    record = await house.product.record(begun_at)
    assert (record.call_id, record.result, record.hung_up_by) == (call.id, CallResult.ANSWERED, "client")
    assert max(sizes[CUTS // 2 :]) - sizes[0] < GROWN_MB, sizes
    await house.free("101")
