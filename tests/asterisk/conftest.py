"""Real calls are played once for the whole run, on several PBXs side by side; each test then looks at one of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from support.house import House, running_house
from support.pbx.agreement import of_capture
from support.pbx.lab import Lab
from support.pbx.mix import Mix
from support.pbx.recording import Recorded, lanes, record_all
from support.pbx.scenarios import SCENARIOS
from support.pbx.server import running_pbx
from support.pbx.telling import told
from support.product_page import ProductPage, product_page
from support.supervised import give_tones, staff
from support.supervisor import Supervisor
from support.virtual_time import leaked_tasks
from support.waiting import answer

GROWN_MB = 8.0
"""So much may a process grow over one fault: libraries that are loaded when they are first needed."""
PLAYED_AGAIN = 20
"""So few calls that differ may be the machine's doing, which stalled the PBX in the middle of them: they are played
once more, one at a time, and must agree then. What is wrong with Callfloor is wrong again."""


@pytest.fixture(scope="session")
def recordings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    """Every scenario that a selected test names, played for real; by name."""
    named = {
        item.callspec.params["name"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "recordings" in item.fixturenames
    }
    chosen = [scenario for name, scenario in SCENARIOS.items() if name in named]
    played = asyncio.run(record_all(chosen, tmp_path_factory.mktemp("calls"), lanes()))
    doubtful = [one for one in chosen if _differs(played[one.name])]
    if len(doubtful) <= PLAYED_AGAIN:
        played |= asyncio.run(record_all(doubtful, tmp_path_factory.mktemp("again"), 1))
    return played


def _differs(recorded: Recorded) -> bool:
    return recorded.failed is not None or bool(of_capture(recorded.folder, told(recorded.folder)))


@pytest.fixture
def play_mix(tmp_path: Path) -> Callable[[int, int], Path]:
    """Plays so many random calls of that seed on a PBX of its own; the capture's folder."""

    async def play(seed: int, calls: int) -> None:
        async with running_pbx(tmp_path / "pbx") as pbx:
            lab = Lab(pbx)
            await lab.open()
            try:
                await lab.record(
                    tmp_path / f"mix-{seed}", "mix", f"{calls} random calls, seed {seed}", Mix(seed, calls), {}
                )
            finally:
                await lab.close()

    def played(seed: int, calls: int) -> Path:
        asyncio.run(play(seed, calls))
        return tmp_path / f"mix-{seed}"

    return played


@pytest_asyncio.fixture(loop_scope="module")
async def house(whole_house: House) -> House:
    """The same with nobody calling, everybody online and nothing paused."""
    await whole_house.calm()
    return whole_house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A PBX with its phones, and the whole product that watches it; for all tests of a file, on the file's loop."""
    async with running_house(tmp_path_factory.mktemp("house")) as running:
        yield running
    if leaked := await leaked_tasks():
        pytest.fail(f"tasks left running: {'; '.join(leaked)}", pytrace=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spectator(whole_house: House) -> AsyncIterator[ProductPage]:
    """The Calls page in a real browser, opened once for all tests of a file and left alone whatever happens."""
    async with product_page(whole_house.product, "/calls") as page:
        await page.page.get_by_role("heading", name="Calls").first.wait_for()
        yield page
        page.server_was_away()


@pytest_asyncio.fixture(loop_scope="module")
async def nothing_left_of_it(house: House, spectator: ProductPage) -> AsyncIterator[None]:
    """Whatever a test does to the house: the journal has the calls of the PBX's own event log, each once, and no other;
    the open page shows the floor as it is, without a reload; the process, if it lives on, holds no more memory."""
    since, process, before = time.time(), house.product.pid, house.product.resident_mb()
    yield
    await house.each_call_once(since)
    await spectator.heals(house.stream.page.calls)
    after = house.product.resident_mb()
    if house.product.pid == process and before is not None and after is not None:
        assert after - before < GROWN_MB, f"{before:.0f} MB before, {after:.0f} MB after"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staffed(whole_house: House) -> House:
    """The house with people who may supervise, and people who may not (``support.supervised.staff``)."""
    await staff(whole_house)
    return whole_house


@pytest_asyncio.fixture(loop_scope="module")
async def place(staffed: House) -> AsyncIterator[House]:
    """The same with nobody calling; after the test nothing of a session is left at the PBX."""
    await staffed.calm()
    supervisor = Supervisor(staffed.product, staffed.product.rest)
    await answer(supervisor.own, lambda found: not found, "no session of an earlier test is left")
    give_tones(staffed)
    yield staffed
    for phone in staffed.lab.everybody:
        for leg in list(phone.legs.values()):
            leg.hang_up()
    await staffed.lab.ami.idle()


@pytest.fixture
def admin(place: House) -> Supervisor:
    """Who sees everything, and whose phone is 110."""
    return Supervisor(place.product, place.product.rest)
