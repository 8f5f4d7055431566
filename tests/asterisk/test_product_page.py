"""The product's own page in a real browser, while real phones register, call and want no calls."""

import time

import pytest

from callfloor.floor.calls import CallStatus
from support.house import House
from support.pbx.lab import during
from support.product_page import ProductPage, product_page

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]


async def painted(house: House, page: ProductPage, row: str, wanted: str, acted_at: float) -> None:
    """The row reads so soon enough after a phone's act."""
    told = await page.reads(row, wanted, since=acted_at)
    house.soon(told.at, acted_at, f"{wanted!r} is painted")


async def test_employees_change_on_the_page_as_their_phones_do(house: House) -> None:
    """A phone signs off and comes back; rings, talks and is free again; wants no calls and wants them again."""
    lab = house.lab
    row = str(house.product.employee_id("101"))
    async with product_page(house.product, "/employees") as page:
        await page.reads(row, "Online", since=0, within_s=30)

        acted_at = time.time()
        assert await lab.phones["101"].register(0)
        await painted(house, page, row, "Offline", acted_at)
        acted_at = time.time()
        assert await lab.phones["101"].register()
        await painted(house, page, row, "Online", acted_at)

        client = await lab.inbound("e101")
        leg = await lab.comes("101")
        await painted(house, page, row, "Online Ringing", house.acted_at("101", "incoming"))
        leg.answer()
        await painted(house, page, row, "Talking", house.acted_at("101", "up"))
        await during(0.5)
        client.hang_up()
        await painted(house, page, row, "Online", house.acted_at("client", "ended"))

        for digits, status in (("*78", "Do not disturb"), ("*79", "Online")):
            leg = await lab.phones["101"].call(digits)
            await painted(house, page, row, status, house.acted_at("101", "dial"))
            await leg.over()

        acted_at = time.time()
        await lab.pause("101", reason="Lunch")
        await painted(house, page, row, "Online Paused: Lunch", acted_at)
        acted_at = time.time()
        await lab.pause("101", paused=False)
        await painted(house, page, row, "Online", acted_at)


async def test_a_call_comes_changes_and_goes_on_the_page(house: House) -> None:
    lab = house.lab
    async with product_page(house.product, "/calls") as page:
        await page.page.get_by_role("heading", name="Calls").first.wait_for()
        begun_at = time.time()
        client = await lab.inbound("e105")
        leg = await lab.comes("105")
        rung_at = house.acted_at("105", "incoming")
        _, call = await house.stream.call(lambda call: call.status == CallStatus.RINGING, since=begun_at)
        await painted(house, page, call.id, "Ringing", rung_at)
        leg.answer()
        await painted(house, page, call.id, "Talking", house.acted_at("105", "up"))
        await client.answered()
        begun_at = time.time()
        await leg.hold()
        await painted(house, page, call.id, "On hold", begun_at)
        client.hang_up()
        ended_at = house.acted_at("client", "ended")
        await painted(house, page, call.id, "Ended", ended_at)
        await page.gone(call.id, since=ended_at)


async def test_the_page_outlives_a_kill_and_a_cut_wire_without_reloading(house: House) -> None:
    lab, product = house.lab, house.product
    row = str(product.employee_id("106"))
    async with product_page(product, "/employees") as page:
        await page.reads(row, "Online", since=0, within_s=30)
        await house.wire.cut()
        await page.page.get_by_role("region", name="PBX out of reach").wait_for()
        await house.wire.open()
        await product.kill()
        assert await lab.phones["106"].register(0)
        killed_at = time.time()
        await product.start()
        await product.live()
        await page.reads(row, "Offline", since=killed_at, within_s=30)
        acted_at = time.time()
        assert await lab.phones["106"].register()
        await painted(house, page, row, "Online", acted_at)
        page.server_was_away()
