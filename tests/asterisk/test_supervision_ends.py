"""Nothing stuck, nobody hurt: whatever ends a session, no leg is left at the PBX and the call goes on; the policy."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from callfloor.floor.supervisions import Ending, Phase
from callfloor.store.memberships import Role
from callfloor.store.store import Store
from support.house import House
from support.pbx.media import amplitude
from support.pbx.phone import Ring
from support.supervised import by_phone, closed, ended, signed_in, talking
from support.supervisor import EMPLOYEE, Supervisor, hear
from support.waiting import answer, until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


async def channels(house: House, expected: int) -> None:
    """Waits until the PBX has so many channels."""
    await answer(house.lab.ami.channels, lambda found: len(found) == expected, f"{expected} channels")


@asynccontextmanager
async def policy(admin: Supervisor, **rules: Any) -> AsyncIterator[None]:
    """The project's policy, for the block."""
    path = f"{admin.product.api}/rules"
    before = (await admin.rest.get(path)).json()["supervision"]
    found = await admin.rest.put(path, json={"supervision": rules})
    assert found.status_code == 200, found.text
    try:
        yield
    finally:
        await admin.rest.put(path, json={"supervision": {name: before[name] for name in rules}})


@asynccontextmanager
async def writes(house: House, allowed: str) -> AsyncIterator[None]:
    """What Callfloor's AMI user may ask for, for the block."""
    file = house.lab.pbx.folder / "etc" / "manager.conf"
    before = file.read_text()
    usual = "write=all"
    assert usual in before
    try:
        await _logs_in(house, before.replace(usual, f"write={allowed}"))
        yield
    finally:
        await _logs_in(house, before)


async def _logs_in(house: House, users: str) -> None:
    (house.lab.pbx.folder / "etc" / "manager.conf").write_text(users)
    await house.lab.pbx.cli("manager reload")
    lost_at = time.time()
    await house.wire.cut()
    await house.wire.open()
    await house.stream.links("live", since=lost_at)


async def test_callfloor_is_killed_while_a_supervisor_listens_by_phone(place: House, admin: Supervisor) -> None:
    """Nobody is left at the PBX to hang up but the next Callfloor: it finds the leg, and closes the row."""
    client, employee = await place.lab.talking()
    session, supervisor = await by_phone(place, admin, await talking(place), mode="whisper")
    await place.product.kill()
    await hear({"client": client, "101": employee}, {"client": "101", "101": "client 110"})
    await place.product.start()
    await supervisor.over()
    await channels(place, 2)
    record = await ended(place, session.id)
    assert record["ending"] == Ending.STOPPED
    assert all(part["ended_at"] for part in (*record["modes"], *record["followed"]))
    await hear({"client": client, "101": employee}, {"client": "101", "101": "client"})


async def test_callfloor_is_killed_while_a_supervisor_listens_in_the_browser(place: House, admin: Supervisor) -> None:
    """The audio's connection dies with it, and with that the leg."""
    client, employee = await place.lab.talking()
    session, token = await admin.start(await talking(place), "browser")
    line = await admin.line(session.id, token)
    await line.shows(lambda now: now.phase is Phase.ON, "it is on")
    await place.product.kill()
    await channels(place, 2)
    await line.close()
    await place.product.start()
    assert (await ended(place, session.id))["ending"] == Ending.STOPPED
    await hear({"client": client, "101": employee}, {"client": "101", "101": "client"})


async def test_callfloor_is_stopped(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    session, supervisor = await by_phone(place, admin, await talking(place))
    await place.product.stop()
    await supervisor.over()
    await channels(place, 2)
    assert client.state == employee.state == "up"
    await place.product.start()
    assert (await ended(place, session.id))["ending"] == Ending.STOPPED


async def test_the_link_to_the_pbx_is_cut(place: House, admin: Supervisor) -> None:
    """The session is over at once; the phone's leg is hung up as soon as the PBX can be asked again."""
    client, employee = await place.lab.talking()
    session, supervisor = await by_phone(place, admin, await talking(place))
    lost_at = time.time()
    await place.wire.cut()
    assert (await ended(place, session.id))["ending"] == Ending.LINK_LOST
    await place.wire.open()
    await place.stream.links("live", since=lost_at)
    await supervisor.over()
    await channels(place, 2)
    assert client.state == employee.state == "up"


@pytest.mark.parametrize("way", ["phone", "browser"])
async def test_a_pbx_that_refuses(place: House, admin: Supervisor, way: str) -> None:
    """Its AMI user may call no phones any more, which holds from the next login on."""
    client, employee = await place.lab.talking()
    async with writes(place, "system,call,agent,reporting"):
        session, _ = await admin.start(await talking(place), way)
        record = await ended(place, session.id)
        assert record["ending"] == Ending.REFUSED
        assert record["ending_detail"] == "the PBX refused Originate: Permission denied"
        await channels(place, 2)
        assert client.state == employee.state == "up"


async def test_nobody_answers_for_thirty_seconds(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    place.lab.phones["110"].policy = Ring()
    asked_at = time.time()
    session, _ = await admin.start(await talking(place), "phone")
    ringing = await place.lab.phones["110"].comes()
    await ringing.over()
    assert time.time() - asked_at > 29
    place.soon(time.time(), asked_at, "it rings no more", within_s=32)
    assert (await ended(place, session.id))["ending"] == Ending.NO_ANSWER
    assert client.state == employee.state == "up"


async def test_a_second_session_takes_the_place_of_the_first(place: House, admin: Supervisor) -> None:
    await place.lab.talking()
    call = await talking(place)
    first, supervisor = await by_phone(place, admin, call)
    async with admin.in_the_browser(call) as line:
        await supervisor.over()
        assert [each.id for each in await admin.own()] == [line.now.id]
    assert (await ended(place, first.id))["ending"] == Ending.LEFT


async def test_the_policy(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    call = await talking(place)
    theirs = place.product.employee_id("101")
    told = f"{place.product.api}/employees/{theirs}/supervised"
    clerk, lead = await signed_in(place, "clerk"), await signed_in(place, "lead")
    try:
        async with policy(admin, ask_reason=True):
            assert (await admin.ask(call, "browser")).json()["error_id"] == "reason_needed"
            assert (await admin.rest.get(f"{admin.path}/ways")).json()["ask_reason"] is True
            async with admin.in_the_browser(call, reason=" A complaint ") as line:
                assert line.now.reason == "A complaint"
                assert (await clerk.rest.get(told)).json() == {"supervised": False}, "nobody is to be told"
        async with policy(admin, tell_employee=True), admin.in_the_browser(call):
            assert (await clerk.rest.get(told)).json() == {"supervised": True}
        assert (await clerk.rest.get(told)).json() == {"supervised": False}
        async with policy(admin, most_on_call=1), admin.in_the_browser(call):
            assert (await lead.ask(call, "browser")).json()["error_id"] == "supervision_limit"
        async with policy(admin, most_at_once=1), admin.in_the_browser(call):
            assert (await lead.ask(call, "browser")).json()["error_id"] == "supervision_limit"
        session, token = await admin.start(call, "browser")
        line = await admin.line(session.id, token)
        await line.shows(lambda now: now.phase is Phase.ON, "it is on")
        async with policy(admin, forbidden_employee_ids=[theirs]):
            await closed(line, 1000)  # whoever listens when the policy changes is out
            assert line.now.ending is Ending.NOT_ALLOWED
            assert (await admin.ask(call, "browser")).json()["error_id"] == "supervision_forbidden"
        await line.close()
    finally:
        await clerk.rest.aclose()
        await lead.rest.aclose()
    await hear({"client": client, "101": employee}, {"client": "101", "101": "client"})


async def test_the_employee_hears_a_tone_and_nobody_else(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    call = await talking(place)
    async with policy(admin, tone=True):
        for leg in (client, employee):
            leg.audio.heard.clear()
            leg.audio.listening = True
        async with admin.in_the_browser(call) as line:
            await until(lambda: beeped(bytes(employee.audio.heard)), "the employee hears it")
            assert not beeped(bytes(client.audio.heard))
            await channels(place, 3)  # what played it is gone
            await hear({"client": client, "101": employee}, {"client": "101", "101": "client", EMPLOYEE: "101"}, line)


def beeped(heard: bytes) -> bool:
    """Whether 100 ms of it are the tone."""
    return any(amplitude(heard[start : start + 800], 1400) > 1000 for start in range(0, len(heard) - 800, 800))


async def test_a_right_that_is_taken_away(place: House, admin: Supervisor) -> None:
    """By whom, does not matter: the next look at it ends the session."""
    await place.lab.talking()
    lead = await signed_in(place, "lead")
    session, token = await lead.start(await talking(place), "browser")
    line = await lead.line(session.id, token)
    await line.shows(lambda now: now.phase is Phase.ON, "it is on")
    store = Store.open(f"sqlite:///{place.product.folder / 'callfloor.db'}")
    try:
        user = next(user for user in store.users.all() if user.login == "lead")
        membership = store.memberships.of_user(user.id)[0]
        store.memberships.grant(user.id, place.product.project_id, Role.ANALYST)
        await line.send(type="mode", mode="join")
        await until(lambda: line.closed is not None, "it is over")
        assert (await ended(place, session.id))["ending"] == Ending.NOT_ALLOWED
        store.memberships.grant(
            user.id, place.product.project_id, Role.SUPERVISOR, department_ids=membership.department_ids
        )
    finally:
        store.close()
        await line.close()
        await lead.rest.aclose()
