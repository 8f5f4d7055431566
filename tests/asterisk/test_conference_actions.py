"""A supervisor acts on a conference of the real PBX: takes one out, takes its client over, sends the client on."""

import time
from collections.abc import Callable

import pytest

from callfloor.floor.calls import CallStatus, LiveCall
from support.asked_calls import story
from support.call_orders import ask, asked, hears, is_employee, live, refused
from support.house import House
from support.pbx.lab import Lab, during
from support.pbx.leg import Leg

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

ROOM = "8000"
TONES = {"101": 620, "104": 880, "106": 1010, "107": 760, "110": 1200}
CLIENTS_HZ = 440


def tones(lab: Lab, *, on: bool = True) -> None:
    lab.clients.hertz = CLIENTS_HZ * on
    for account, hertz in TONES.items():
        lab.phones[account].hertz = hertz * on


def talk(*accounts: str, status: CallStatus = CallStatus.CONFERENCE) -> Callable[[LiveCall], bool]:
    """Just these employees talk in it."""

    def so(call: LiveCall) -> bool:
        return call.status is status and {one.account for one in call.parties if one.state == "talking"} == {*accounts}

    return so


async def comes_in(lab: Lab, account: str) -> Leg:
    leg = await lab.phones[account].call(ROOM)
    await leg.answered()
    return leg


async def test_one_is_taken_out_and_the_client_is_taken_over(house: House) -> None:
    await is_employee(house, "110")
    lab, since = house.lab, time.time()
    tones(lab)
    client, employee = await lab.talking()
    await employee.refer(ROOM)
    await employee.over()
    first, second = await comes_in(lab, "101"), await comes_in(lab, "104")
    call = await live(house, since, talk("101", "104"))
    assert "not in" in await refused(house, call, "not_in_conference", type="remove", party="107")
    await asked(house, call, type="remove", party="104")
    await second.over()
    call = await live(house, since, talk("101", status=CallStatus.TALKING))
    await hears(client, TONES["101"], TONES["104"])
    assert "no conference" in await refused(house, call, "not_in_conference", type="remove", party="101")
    third = await comes_in(lab, "106")
    call = await live(house, since, talk("101", "106"))
    await asked(house, call, type="take", account="110")
    mine = await lab.phones["110"].comes()
    await hears(client, TONES["106"], TONES["110"])  # until it is picked up, nothing has changed
    mine.answer()
    await first.over()
    await third.over()
    await hears(client, TONES["110"], TONES["101"], TONES["106"])
    await hears(mine, CLIENTS_HZ, TONES["101"], TONES["106"])
    client.hang_up()
    await during(0.3)
    mine.hang_up()
    tones(lab, on=False)
    record = await house.product.record(since)
    assert story(record) == [
        ("supervisor_removed", "104", "Administrator"),
        ("supervisor_took", "110", "Administrator"),
    ]
    assert (record.hung_up_by, record.result) == ("client", "answered")
    assert {part.account for part in record.employees if part.answered} == {"101", "104", "106", "110"}
    await lab.ami.idle()


async def test_the_client_of_three_is_sent_on_and_the_others_stay(house: House) -> None:
    lab, since = house.lab, time.time()
    tones(lab)
    client, employee = await lab.talking()
    await employee.press("*2")
    await during(1.5)
    await employee.press("104")
    colleague = await lab.phones["104"].comes()
    colleague.answer()
    await during(1)
    await employee.press("*3")  # all three together
    call = await live(house, since, talk("101", "104"))
    await asked(house, call, type="transfer", employee_id=house.product.employee_id("107"))
    theirs = await lab.phones["107"].comes()
    theirs.answer()
    await live(house, since, lambda call: any(one.account == "107" and one.state == "talking" for one in call.parties))
    await hears(client, TONES["107"], TONES["101"], TONES["104"])
    await hears(employee, TONES["104"], CLIENTS_HZ, TONES["107"])
    client.hang_up()
    await theirs.over()
    employee.hang_up()
    await colleague.over()
    tones(lab, on=False)
    record = await house.product.record(since)
    assert story(record) == [("supervisor_transferred", "107", "Administrator")]
    assert (record.hung_up_by, record.result) == ("client", "answered")
    assert {part.account for part in record.employees if part.answered} == {"101", "104", "107"}


async def test_of_colleagues_alone_one_is_taken_out_and_nobody_else_is_moved(house: House) -> None:
    lab, since = house.lab, time.time()
    legs = {account: await comes_in(lab, account) for account in ("101", "104", "107")}
    call = await live(house, since, talk(*legs))
    words = await refused(house, call, "conference_without_client", type="transfer", number="108")
    assert "colleagues" in words
    found = await ask(house, call, type="remove", party="101")
    assert found.status_code == 202, found.text
    await legs["101"].over()
    await live(house, since, talk("104", "107", status=CallStatus.TALKING))
    assert [legs[account].state for account in ("104", "107")] == ["up", "up"]
    await asked(house, call, type="hang_up")
    await legs["104"].over()
    await legs["107"].over()
    record = await house.product.record(since)
    assert [what for what, _, _ in story(record)] == ["supervisor_removed", "supervisor_hung_up"]
    assert record.hung_up_by == "system"
