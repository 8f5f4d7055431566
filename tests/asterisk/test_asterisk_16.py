"""The oldest Asterisk that Callfloor knows, which has no AudioSocket: calls, statuses, listening by phone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callfloor.floor.employees import Status
from callfloor.floor.supervisions import Ending
from support.house import House, running_house
from support.played import played_and_agreed
from support.supervised import by_phone, ended, talking
from support.supervisor import Supervisor, hear
from support.virtual_time import leaked_tasks

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PLAYED = ("inbound_queue_ringall", "outbound_hold", "attended_transfer_from_queue", "queue_pause_in_call")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """In place of the house of all other files."""
    async with running_house(tmp_path_factory.mktemp("house-16"), "16") as running:
        yield running
    if leaked := await leaked_tasks():
        pytest.fail(f"tasks left running: {'; '.join(leaked)}", pytrace=False)


@pytest.mark.parametrize("name", PLAYED)
async def test_the_journal_agrees_with_phones_and_pbx(name: str, house: House, tmp_path: Path) -> None:
    assert "Asterisk 16." in await house.lab.pbx.cli("core show version")
    await played_and_agreed(house, name, tmp_path)


async def test_a_phone_signs_off_and_on(house: House) -> None:
    assert await house.lab.phones["104"].register(expires=0)
    await house.shows("104", Status.OFFLINE, since=house.acted_at("104", "unregistered"))
    await house.lab.register("104")
    await house.shows("104", Status.ONLINE, since=house.acted_at("104", "registered"))


async def test_listening_by_phone_is_the_way_that_remains(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    call = await talking(place)
    ways = (await admin.rest.get(f"{admin.product.api}/supervisions/ways")).json()
    assert (ways["browser"], ways["why_not"]) == (False, "no_module")
    refused = await admin.ask(call, "browser")
    assert refused.status_code == 409, refused.text
    session, supervisor = await by_phone(place, admin, call, phone="110")
    legs = {"client": client, "101": employee, "110": supervisor}
    for mode, employee_hears, client_hears in (
        ("listen", "client", "101"),
        ("whisper", "client 110", "101"),
        ("join", "client 110", "101 110"),
        ("listen", "client", "101"),
    ):
        assert (await admin.switch(session.id, mode=mode)).status_code == 202
        await hear(legs, {"client": client_hears, "101": employee_hears, "110": "client 101"})
    supervisor.hang_up()
    assert (await ended(place, session.id))["ending"] == Ending.LEFT
    await hear({"client": client, "101": employee}, {"client": "101", "101": "client"})
