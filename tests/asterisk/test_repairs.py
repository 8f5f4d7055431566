"""What goes on while Callfloor does not watch is in the journal afterwards, as a twin saw it who watched throughout."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from callfloor.floor.calls import CallRecord
from callfloor.store.repairs import Repair, RepairState
from support.house import House, spools
from support.machine import watched_stalls
from support.pbx.lab import CLIENT2, CLIENT3, Lab
from support.pbx.phone import Answer
from support.pbx.server import Pbx, running_pbx
from support.product import Product, running_product
from support.tcp_link import tcp_link
from support.waiting import answer

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

NEAR_S = 0.5
REPAIRED_S = 60.0
EXACT = (
    *("call_id", "type", "result", "abandoned_in", "client_number", "client_e164", "business_number", "hung_up_by"),
    *("forwarded_from", "partial"),
)
"""What is the same whoever tells it."""
TIMES = (
    *("started_at", "answered_at", "ended_at", "waiting_s", "ivr_s", "queue_s", "ringing_s", "talk_s", "hold_s"),
    "duration_s",
)


class Pair:
    """A Callfloor whose wire can be cut, and a twin who watches the same PBX throughout."""

    def __init__(self, house: House, twin: Product) -> None:
        self.house = house
        self.twin = twin

    @property
    def product(self) -> Product:
        return self.house.product

    async def told(self) -> None:
        """The times of this PBX's records are UTC."""
        found = await self.product.rest.get(f"{self.product.api}/repairs")
        assert found.status_code == 200, found.text
        (place,) = found.json()["places"]
        said = await self.product.rest.put(
            f"{self.product.api}/repairs/places/{place['link_id']}", json={"zone": "UTC"}
        )
        assert said.status_code == 200, said.text

    async def repaired(self) -> Repair:
        """The latest outage's repair, once it is done.

        Raises:
            AssertionError: it is not in time.
        """

        async def ask() -> list[Repair]:
            found = await self.product.rest.get(f"{self.product.api}/repairs")
            assert found.status_code == 200, found.text
            return msgspec.convert(found.json()["repairs"], list[Repair])

        done = (RepairState.DONE, RepairState.INCOMPLETE)
        repairs = await answer(
            ask,
            lambda all_of: bool(all_of) and all(each.state in done for each in all_of),
            "repaired",
            within_s=REPAIRED_S,
        )
        return repairs[0]

    async def agree(self, since: float, calls: int) -> dict[str, CallRecord]:
        """Both journals tell the same; ours, by the calls' ids.

        Raises:
            AssertionError: they do not.
        """
        theirs = {call.record.call_id: call.record for call in await self.twin.journal(since, calls)}
        ours = {call.record.call_id: call.record for call in await self.product.journal(since, calls)}
        assert ours.keys() == theirs.keys()
        for call_id, record in ours.items():
            twin = theirs[call_id]
            assert {name: getattr(record, name) for name in EXACT} == {name: getattr(twin, name) for name in EXACT}
            assert file_of(record) == file_of(twin)
            for name in TIMES:
                assert getattr(record, name) == pytest.approx(
                    getattr(twin, name), abs=self.house.near(since, NEAR_S)
                ), name
            assert parts(record) == parts(twin)
        return ours


def file_of(record: CallRecord) -> str:
    """Call records have the bare name of a recording."""
    return (record.recording or "").rpartition("/")[2]


def parts(record: CallRecord) -> Any:
    """Who was in the call and where it waited."""
    people = [(part.account, part.answered, part.missed, part.taken_elsewhere) for part in record.employees]
    return sorted(people), [(stay.queue, stay.outcome, stay.answered_by) for stay in record.queues], record.external


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with watched_stalls() as stalls:
        async with running_pbx(folder / "pbx") as pbx, tcp_link(pbx.ami) as wire:
            lab = Lab(pbx)
            await lab.open()
            try:
                async with (
                    lab.operated(),
                    running_product(folder / "twin", pbx.ami, spools(pbx)) as twin,
                    running_product(folder / "product", wire.address, logs(pbx)) as product,
                ):
                    pair = Pair(House(lab, wire, product, stalls), twin)
                    await pair.told()
                    yield pair
            finally:
                await lab.close()


def logs(pbx: Pbx) -> dict[str, str]:
    return {**spools(pbx), "CALLFLOOR_PBX_LOGS": str(pbx.folder / "log")}


@pytest_asyncio.fixture(loop_scope="module")
async def pair(whole_pair: Pair) -> Pair:
    await whole_pair.house.calm()
    return whole_pair


async def lively(lab: Lab) -> None:
    """Calls of several kinds that begin and end: answered, missed, in a queue, among colleagues, to the outside."""
    lab.phones["105"].policy = Answer(0.2)
    answered = await lab.inbound("e105", CLIENT2)
    await answered.answered()
    missed = await lab.inbound("e102", CLIENT3)
    rung = await lab.comes("102")
    inner = await lab.phones["107"].call("108")
    asked = await lab.comes("108")
    asked.answer()
    await inner.answered()
    answered.hang_up()
    missed.hang_up()
    await asyncio.gather(answered.over(), missed.over(), rung.over())
    inner.hang_up()
    await asyncio.gather(inner.over(), asked.over())
    queued = await lab.inbound("sales", CLIENT2)
    taken = await lab.comes("103")
    taken.answer()
    await queued.answered()
    queued.hang_up()
    await asyncio.gather(queued.over(), taken.over())
    outside = await lab.phones["107"].call(CLIENT3)
    await outside.answered()
    outside.hang_up()
    await outside.over()


async def test_what_goes_on_while_the_wire_is_cut_is_told_as_the_twin_saw_it(pair: Pair) -> None:
    """One call goes on through the cut, one ends in it, some begin and end in it, one begins in it and goes on."""
    lab, wire = pair.house.lab, pair.house.wire
    begun_at = time.time()
    client, employee = await lab.talking()
    second, other = await lab.talking("e105", "105", CLIENT2)
    await wire.cut()
    await pair.product.stream.until(lambda page: all(call.stale for call in page.calls.values()), "it is told")
    second.hang_up()
    await other.over()
    await lively(lab)
    third = await lab.phones["104"].call("106")
    asked = await lab.comes("106")
    asked.answer()
    await third.answered()
    mended_at = time.time()
    await wire.open()
    await pair.product.stream.links("live", since=mended_at)
    client.hang_up()
    third.hang_up()
    await asyncio.gather(employee.over(), asked.over())
    repair = await pair.repaired()
    assert (repair.state, repair.unmended) == (RepairState.DONE, 0), repair
    calls = await pair.agree(begun_at, 8)
    assert sum(record.repaired for record in calls.values()) == 8


async def test_what_goes_on_while_callfloor_is_dead_is_told_as_the_twin_saw_it(pair: Pair) -> None:
    lab, product = pair.house.lab, pair.product
    begun_at = time.time()
    client, employee = await lab.talking()
    second, other = await lab.talking("e105", "105", CLIENT2)
    await product.kill()
    second.hang_up()
    await other.over()
    await lively(lab)
    await product.start()
    await product.live()
    client.hang_up()
    await employee.over()
    repair = await pair.repaired()
    assert (repair.state, repair.unmended) == (RepairState.DONE, 0), repair
    calls = await pair.agree(begun_at, 7)
    assert sum(record.repaired for record in calls.values()) == 7
