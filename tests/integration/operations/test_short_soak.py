"""A soak of a minute: the simulated PBX, the real product, a cut and a kill, and nothing missing, invented or wrong.

`make soak` is the long one, with real calls beside these.
"""

import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from callfloor.floor.calls import CallRecord
from callfloor.store.journal import JournalCall
from support.product import Product
from support.soak.agreement import Tally, count_simulated
from support.soak.faults import Faults
from support.soak.simulated import SimulatedPbx
from support.tcp_link import tcp_link
from support.waiting import answer, until

SIMULTANEOUS = 400
SEED = 2  # the wire is cut for 1 s, the product is down for 1.6 s
BETWEEN = 5  # calls seen from their beginning that end before, between and after the faults
LONG_S = 90.0


async def journal(product: Product, since: float) -> list[CallRecord]:
    found = await product.rest.get(f"{product.api}/calls", params={"from": since, "to": time.time() + 60, "limit": 500})
    assert found.status_code == 200, found.text
    return [one.record for one in msgspec.convert(found.json()["calls"], list[JournalCall])]


@pytest.mark.timeout(300)
async def test_after_kills_and_cuts_the_journal_agrees_with_who_was_not_disturbed(tmp_path: Path) -> None:
    simulated = SimulatedPbx(tmp_path, SIMULTANEOUS, SEED)
    await simulated.start()
    at = urlsplit(simulated.url)
    try:
        async with tcp_link((str(at.hostname), int(at.port or 0))) as wire:
            url = f"ami://{at.username}:{at.password}@{wire.address[0]}:{wire.address[1]}"
            product = Product(tmp_path / "product", wire.address, {"CALLFLOOR_PBX_URL": url})
            product.prepare()
            try:
                await product.start()
                await product.stream.links("live", within_s=LONG_S)
                since = time.time()
                faults = Faults(product, {"simulated": wire}, None, SEED, lambda _: None)
                for fault in (faults.cut_shortly, faults.kill):
                    await _calls_end(simulated, since, BETWEEN)
                    await fault()
                await _calls_end(simulated, since, BETWEEN)
                over_at = time.time()

                async def tally() -> Tally:
                    told = await journal(product, since - 600.0)
                    return count_simulated(told, simulated.told(), simulated.joined(), faults.stretches, since, over_at)

                found = await answer(tally, lambda one: not one.missing, "every call is written", within_s=LONG_S)
            finally:
                await product.close()
    finally:
        await simulated.stop()
    assert (found.invented, found.examples) == ([], [])
    assert found.compared > BETWEEN  # of those that ended some had begun and ended unseen


async def _calls_end(simulated: SimulatedPbx, since: float, number: int) -> None:
    def ended() -> int:
        return sum(one.started_at > since for one in simulated.told())

    before = ended()
    await until(lambda: ended() >= before + number, "calls end", within_s=LONG_S)
