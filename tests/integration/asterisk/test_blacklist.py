"""The PBX's blacklist becomes part of the list of spam, and leaves it, on a simulated PBX's port."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callfloor.asterisk.ami_url import parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.simulator import Simulator
from callfloor.simulator.company import lab_company
from callfloor.simulator.world import Fixed, World
from support.blacklists import AT, Listed, listed
from support.waiting import until


@pytest.fixture
async def spam(tmp_path: Path) -> AsyncIterator[Listed]:
    world = World(company=lab_company(), people=Fixed({}), start=time.time())
    async with Simulator(world=world).serve() as url, listed(url, tmp_path) as found:
        yield found


async def test_numbers_come_in_every_form_and_what_is_none_stays_out(spam: Listed) -> None:
    await spam.at_pbx("89161234567", "74951234567", "+48221234567", "1234", value="Sales calls")
    await spam.at_pbx("blocked", "dest", "conditions", value="1")
    await spam.blacklist.read()
    assert spam.spam() == {"+79161234567": "pbx", "+74951234567": "pbx", "+48221234567": "pbx", "1234": "pbx"}


async def test_what_leaves_there_leaves_here_and_what_people_put_here_stays(spam: Listed) -> None:
    spam.project.spam.put("+79161234567", "list", "Anna", AT)
    spam.project.spam.put("+79160000000", "hand", "Anna", AT)
    await spam.at_pbx("89161234567", "74951234567")
    await spam.blacklist.read()
    assert spam.spam() == {"+79161234567": "list", "+79160000000": "hand", "+74951234567": "pbx"}
    await spam.at_pbx(gone=("89161234567", "74951234567"))
    await spam.blacklist.read()
    assert spam.spam() == {"+79161234567": "list", "+79160000000": "hand"}


async def test_the_sums_follow_where_something_is_another_and_only_there(spam: Listed) -> None:
    await spam.at_pbx("89161234567")
    await spam.blacklist.read()
    await spam.blacklist.read()
    assert [(job.kind, job.user_id) for job in spam.project.jobs.list()] == [("remark", None)]


async def test_it_is_read_when_the_link_comes_up(spam: Listed) -> None:
    await spam.at_pbx("89161234567")
    watching = asyncio.create_task(spam.blacklist.watch(), name="blacklist")
    try:
        spam.blacklist.connected()
        await until(spam.spam, "the list has the number")
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def test_a_pbx_out_of_reach_takes_nothing_off(spam: Listed) -> None:
    await spam.at_pbx("89161234567")
    await spam.blacklist.read()
    await spam.at_pbx(gone=("89161234567",))
    away = PbxLink(link="pbx2", name="B", url=parse_url("ami://u:s@127.0.0.1:1"), on_facts=lambda _: None)
    for links in ([away], [spam.link, away]):
        await spam.reading(links).read()
        assert spam.spam() == {"+79161234567": "pbx"}
    await spam.blacklist.read()
    assert spam.spam() == {}
