"""One set of answers for the PBX behind the web's port: the one written by hand, and the simulated one on a socket."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from callfloor.errors import AmiActionFailedError, NotFoundError
from callfloor.floor.directory import Directory, Employee
from callfloor.web.ports import PbxCommands
from support.web_pbx import Pbx, simulated_pbx

EVERYBODY = Directory(employees=tuple(Employee(id=n, name=f"E{n}", accounts=(f"10{n}",)) for n in range(1, 7)))


@pytest.fixture(params=["by hand", "simulated"])
async def pbx(request: pytest.FixtureRequest) -> AsyncIterator[PbxCommands]:
    """The same PBX twice: queue sales with 101 to 103, support with 104 to 106."""
    if request.param == "by hand":
        yield Pbx({"sales": ["101", "102", "103"], "support": ["104", "105", "106"]})
        return
    async with simulated_pbx(EVERYBODY) as simulated:
        yield simulated.commands


async def test_a_member_is_paused_and_unpaused_and_nobody_else(pbx: PbxCommands) -> None:
    await pbx.pause("101", "sales", paused=True, reason="lunch")
    await pbx.pause("101", "sales", paused=True)
    await pbx.pause("101", "sales", paused=False)
    for account, queue in (("104", "sales"), ("101", "support"), ("101", "nothing"), ("999", "sales")):
        with pytest.raises(NotFoundError, match="not a member of this queue"):
            await pbx.pause(account, queue, paused=True)


async def test_an_account_is_added_once_and_to_a_queue_that_is_there(pbx: PbxCommands) -> None:
    with pytest.raises(AmiActionFailedError, match="Already there"):
        await pbx.add_to_queue("101", "sales", name="Anna")
    with pytest.raises(AmiActionFailedError, match="No such queue"):
        await pbx.add_to_queue("101", "nothing", name="Anna")
    await pbx.add_to_queue("104", "sales", name="Gleb")


async def test_only_a_member_can_be_taken_off(pbx: PbxCommands) -> None:
    with pytest.raises(NotFoundError):
        await pbx.remove_from_queue("104", "sales")


async def test_do_not_disturb_is_switched_however_it_was(pbx: PbxCommands) -> None:
    for on in (False, True, True, False, False):
        async with asyncio.timeout(30):
            await pbx.set_dnd("101", on=on)
