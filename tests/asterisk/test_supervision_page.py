"""The whole way of the sound: real phones, the PBX, the product, and a browser that hears and speaks."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callfloor.floor.supervisions import Ending
from support.house import House
from support.listening_page import ListeningPage, listening_page
from support.pbx.leg import Leg
from support.supervisor import TONES, Supervisor, hear
from support.tcp_link import tcp_link
from support.waiting import answer

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

FIRST_SOUND_S = 2.0
"""From the click, on a machine that plays PBX, phones, product and browser at once; bench/supervision.py measures."""

EARS = ("client", "101", "web")


@pytest_asyncio.fixture(loop_scope="module")
async def call(house: House) -> AsyncIterator[tuple[Leg, Leg, str]]:
    """A client and 101 in conversation, each saying a tone, and the call's id."""
    house.lab.clients.hertz, house.lab.phones["101"].hertz = TONES["client"], TONES["101"]
    client, employee = await house.lab.talking()
    await house.stream.until(lambda page: any(one.status == "talking" for one in page.calls.values()), "they talk")
    (call_id,) = house.stream.page.calls
    yield client, employee, call_id
    assert client.state == employee.state == "up", "whoever listens, leaves or vanishes: the call goes on"
    client.hang_up()


async def nobody_listens(house: House) -> None:
    """Neither the product nor the PBX knows of anybody who does."""
    supervisor = Supervisor(house.product, house.product.rest)
    await answer(supervisor.own, lambda found: not found, "no session is left")

    async def legs() -> list[str]:
        return [one["Channel"] for one in await house.lab.ami.channels() if "AudioSocket" in one["Channel"]]

    await answer(legs, lambda found: not found, "no leg is left")


async def last_ending(house: House) -> str:
    async def latest() -> str | None:
        found = await house.product.rest.get(f"{house.product.api}/supervision-log", params={"limit": 1})
        assert found.status_code == 200, found.text
        ending: str | None = found.json()["records"][0]["ending"]
        return ending

    return str(await answer(latest, bool, "the log has its end"))


async def speaks(page: ListeningPage, mode: str) -> None:
    await page.press(mode)
    await page.bar.get_by_role("button", name=mode, exact=True, pressed=True).wait_for()


async def test_a_supervisor_hears_and_speaks_in_the_browser(
    house: House, call: tuple[Leg, Leg, str], tmp_path: Path
) -> None:
    client, employee, call_id = call
    legs = {"client": client, "101": employee}
    async with listening_page(house.product, tmp_path, EARS) as page:
        asked_at = time.time()
        await page.listen(call_id)
        heard_at = await page.hears("client 101", since=asked_at)
        house.soon(heard_at, asked_at, "the first sound", within_s=FIRST_SOUND_S)
        assert page.asked == [], "who only listens is not asked for a microphone"

        await speaks(page, "Whisper")
        assert [asked["audio"]["echoCancellation"] for asked in page.asked] == [True]
        await hear(legs, {"client": "101", "101": "client"})  # it starts muted
        await page.press("Unmute me")
        await hear(legs, {"client": "101", "101": "client web"})
        await speaks(page, "Join")
        await hear(legs, {"client": "101 web", "101": "client web"})
        await page.press("Mute me")
        await hear(legs, {"client": "101", "101": "client"})
        await page.hears("client 101", since=time.time())
        await page.press("Unmute me")
        await hear(legs, {"client": "101 web", "101": "client web"})
        await speaks(page, "Listen")
        await hear(legs, {"client": "101", "101": "client"})

        left_at = time.time()
        await page.press("Leave")
        await page.hears("", since=left_at)
        assert len(page.asked) == 1
        assert page.faults == []
    await nobody_listens(house)
    assert await last_ending(house) == Ending.LEFT


async def test_a_browser_that_is_closed_leaves_nothing_behind(
    house: House, call: tuple[Leg, Leg, str], tmp_path: Path
) -> None:
    async with listening_page(house.product, tmp_path, EARS) as page:
        await page.listen(call[2])
        await page.hears("client 101", since=0)
    await nobody_listens(house)
    assert await last_ending(house) == Ending.PAGE_GONE
    await hear({"client": call[0], "101": call[1]}, {"client": "101", "101": "client"})


async def test_a_network_that_is_cut_for_a_moment_is_got_over(
    house: House, call: tuple[Leg, Leg, str], tmp_path: Path
) -> None:
    port = int(house.product.base_url.rpartition(":")[2])
    async with (
        tcp_link(("127.0.0.1", port)) as wire,
        listening_page(house.product, tmp_path, EARS, f"http://127.0.0.1:{wire.address[1]}") as page,
    ):
        await page.listen(call[2])
        await page.hears("client 101", since=0)
        cut_at = time.time()
        await wire.cut()
        await page.hears("", since=cut_at)
        await wire.open()
        mended_at = time.time()
        await page.hears("client 101", since=mended_at)
        cut_at = time.time()
        await wire.cut()
        await nobody_listens(house)
        await page.hears("", since=cut_at)
    assert await last_ending(house) == Ending.PAGE_GONE
