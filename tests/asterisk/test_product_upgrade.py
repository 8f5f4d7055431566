"""Callfloor is stopped and started again in mid-call, as an upgrade does it: live calls go on as they were."""

import asyncio
import time

import msgspec
import pytest
from playwright.async_api import expect

from callfloor.floor.calls import CallResult, CallStatus, LiveCall
from callfloor.floor.employees import Status
from support.house import House
from support.pbx.lab import CLIENT2, CLIENT3
from support.product_page import product_page

pytestmark = [
    pytest.mark.asterisk, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240),
]  # fmt: skip

STALE_S = 15.0
"""Of a machine that has much else to do; most of it is the program's loading."""


def known(call: LiveCall) -> LiveCall:
    """A call without what a moment of not watching leaves on it."""
    return msgspec.structs.replace(call, partial=False, stale=False)


async def test_a_new_process_shows_the_same_calls_and_the_page_comes_back_by_itself(house: House) -> None:
    lab, product = house.lab, house.product
    begun_at = time.time()
    client, employee = await lab.talking()
    ours = await lab.phones["107"].call(CLIENT3)
    await ours.answered()
    second, other = await lab.talking("e105", "105", CLIENT2)
    await house.stream.until(
        lambda page: [call.status for call in page.calls.values()] == [CallStatus.TALKING] * 3, "three talk"
    )
    before = {call.id: known(call) for call in house.stream.page.calls.values()}
    rows = {account: house.stream.employee_now(account) for account in ("101", "105", "107")}
    async with product_page(product, "/calls") as page:
        shown = page.page.locator("[role=row][data-id]")
        state = page.page.locator("[data-connection]")
        await page.page.wait_for_selector("[data-connection=live]")
        await expect(shown).to_have_count(3)

        async def away_s() -> float:
            await page.page.wait_for_selector("[data-connection]:not([data-connection=live])")
            left_at = time.monotonic()
            await page.page.wait_for_selector("[data-connection=live]")
            return time.monotonic() - left_at

        began_at = time.time()
        away = asyncio.create_task(away_s())
        await product.stop()
        second.hang_up()
        await other.over()
        await product.start()
        await product.live()
        assert await away < house.near(began_at, STALE_S)
        await product.stream.until(lambda page: len(page.calls) == 2, "the call that ended meanwhile is gone")
        assert await state.get_attribute("data-connection") == "live"
        await expect(shown).to_have_count(2)
        page.server_was_away()
    after = {call.id: known(call) for call in product.stream.page.calls.values()}
    assert after == {call_id: call for call_id, call in before.items() if call_id in after}, "as if nothing had been"
    for account in ("101", "107"):
        now, row = product.stream.employee_now(account), rows[account]
        assert (now.status, now.since, now.cause, now.stale) == (Status.TALKING, row.since, row.cause, False)
    client.hang_up()
    ours.hang_up()
    await employee.over()
    records = {call.record.call_id: call.record for call in await product.journal(begun_at, 3)}
    assert set(records) == set(before), "each of them once"
    for call_id, record in records.items():
        was = before[call_id]
        assert (record.started_at, record.answered_at) == pytest.approx((was.started_at, was.answered_at), abs=0.001)
        assert record.result is CallResult.ANSWERED
