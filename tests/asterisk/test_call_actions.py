"""What a supervisor asks for a live call takes effect on the real PBX: as phones saw it, and as the journal has it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import pytest_asyncio

from callfloor.floor.calls import CallStatus, LiveCall
from support.asked_calls import agreed, story
from support.call_orders import ask, asked, audited, hears, is_employee, live, refused
from support.house import House
from support.pbx.lab import CLIENT, CLIENT2, Lab, during
from support.pbx.leg import Leg
from support.pbx.phone import Answer
from support.waiting import answer

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

CLIENTS_HZ, OWN_HZ, OTHERS_HZ = 500, 900, 1300
MINE = "110"
"""The supervisor's own phone."""


@pytest_asyncio.fixture(loop_scope="module")
async def supervisor(house: House) -> House:
    """The user is the employee of the account 110."""
    await is_employee(house, MINE)
    return house


def with_tones(lab: Lab, own: str, other: str) -> None:
    lab.clients.hertz, lab.phones[own].hertz, lab.phones[other].hertz = CLIENTS_HZ, OWN_HZ, OTHERS_HZ


def silent(lab: Lab) -> None:
    for phone in lab.everybody:
        phone.hertz = 0


# --- hang up --------------------------------------------------------------------------------------------------------


async def test_a_talk_is_hung_up(house: House, tmp_path: Path) -> None:
    calls: list[LiveCall] = []

    async def deed(lab: Lab) -> None:
        since = time.time()
        client, ours = await lab.talking()
        calls.append(await live(house, since, lambda call: call.status is CallStatus.TALKING))
        await asked(house, calls[0], type="hang_up")
        await ours.over()
        await client.over()

    (record,) = await agreed(house, tmp_path / "hang-up", deed)
    assert (record.call_id, record.hung_up_by, record.result) == (calls[0].id, "system", "answered")
    assert story(record) == [("supervisor_hung_up", None, "Administrator")]
    assert (await audited(house, calls[0]))["action"] == "hang_up_call"
    assert await refused(house, calls[0], "call_gone", type="hang_up") == "There is no such live call."


async def test_who_waits_is_hung_up_and_has_not_abandoned(house: House, tmp_path: Path) -> None:
    async def deed(lab: Lab) -> None:
        since = time.time()
        client = await lab.inbound("sales")
        await lab.comes("101")
        await asked(house, await live(house, since, lambda call: call.status is CallStatus.RINGING), type="hang_up")
        await client.over()

    since = time.time()
    await deed(house.lab)
    record = await house.product.record(since)
    assert (record.hung_up_by, record.queues[0].outcome, record.abandoned_in) == ("system", "left", None)
    assert story(record) == [("supervisor_hung_up", None, "Administrator")]


async def test_an_outgoing_call_is_hung_up_before_the_client_answers(house: House) -> None:
    since = time.time()
    house.lab.clients.policy = Answer(20)
    ours = await house.lab.phones["107"].call(CLIENT)
    call = await live(house, since, lambda call: call.status is CallStatus.DIALLING)
    words = await refused(house, call, "call_cannot_move", type="transfer", number="101")
    assert "still being called" in words
    await asked(house, call, type="hang_up")
    await ours.over()
    record = await house.product.record(since)
    assert (record.type, record.answered_at, record.hung_up_by) == ("outbound", None, "system")


# --- transfer -------------------------------------------------------------------------------------------------------


async def test_a_direct_talk_goes_to_a_colleague(house: House, tmp_path: Path) -> None:
    async def deed(lab: Lab) -> None:
        since = time.time()
        with_tones(lab, "101", "107")
        client, ours = await lab.talking()
        call = await live(house, since, lambda call: call.status is CallStatus.TALKING)
        await hears(client, OWN_HZ)
        employee = house.product.employee_id("107")
        first, second = await ask(house, call, type="transfer", employee_id=employee), None
        assert first.status_code == 202, first.text
        second = await ask(house, call, type="transfer", employee_id=employee)  # a second click
        assert second.status_code == 202, second.text
        theirs = await lab.phones["107"].comes()
        await ours.over()
        await live(house, since, lambda call: call.status is CallStatus.TRANSFER)
        theirs.answer()
        await hears(client, OTHERS_HZ, OWN_HZ)
        await hears(theirs, CLIENTS_HZ, OWN_HZ)
        assert len(lab.phones["107"].came) == 1
        client.hang_up()
        await theirs.over()
        silent(lab)

    (record,) = await agreed(house, tmp_path / "to-a-colleague", deed)
    assert story(record) == [("supervisor_transferred", "107", "Administrator")]
    assert [(part.account, part.answered) for part in record.employees] == [("101", True), ("107", True)]
    assert (record.hung_up_by, record.hold_s) == ("client", 0.0)


async def test_who_is_on_hold_goes_to_a_queue_with_local_members(house: House, tmp_path: Path) -> None:
    """Two calls of one client's company at once: the one that is meant goes, the other stays."""

    async def deed(lab: Lab) -> None:
        since = time.time()
        with_tones(lab, "101", "104")
        client, ours = await lab.talking()
        await ours.hold()
        call = await live(house, since, lambda call: call.status is CallStatus.HOLD)
        other_since = time.time()
        other = await lab.inbound("e101", CLIENT2)
        second = await lab.phones["101"].comes()
        second.answer()
        await other.answered()
        await live(house, other_since, lambda one: one.client_number == CLIENT2 and one.status is CallStatus.TALKING)
        await asked(house, call, type="transfer", queue="support")
        taken = await lab.comes_to("104", "105", "106", within=15)
        lab.phones[taken.phone.device].hertz = taken.audio.hertz = OTHERS_HZ
        taken.answer()
        await ours.over()
        await hears(client, OTHERS_HZ, OWN_HZ)
        await hears(other, OWN_HZ, OTHERS_HZ)
        assert second.state == "up"
        client.hang_up()
        await taken.over()
        other.hang_up()
        await second.over()
        silent(lab)

    moved, stayed = await agreed(house, tmp_path / "to-a-queue", deed, calls=2)
    assert story(moved) == [("supervisor_transferred", "support", "Administrator")]
    assert [(one.queue, one.outcome) for one in moved.queues] == [("support", "answered")]
    assert story(stayed) == []


async def test_an_outgoing_call_goes_to_an_outside_number(house: House, tmp_path: Path) -> None:
    async def deed(lab: Lab) -> None:
        since = time.time()
        ours = await lab.phones["107"].call(CLIENT)
        await ours.answered()
        call = await live(house, since, lambda call: call.status is CallStatus.TALKING)
        await asked(house, call, type="transfer", number="79035556677")
        outside = await lab.clients.comes()
        while outside.called != "79035556677":
            outside = await lab.clients.comes()
        await outside.answered()
        await ours.over()
        await live(house, since, lambda call: any(party.number == "79035556677" for party in call.parties))
        await during(0.5)
        outside.hang_up()

    since = time.time()
    await deed(house.lab)
    record = await house.product.record(since)
    assert (record.type, record.client_number) == ("outbound", CLIENT)
    assert story(record) == [("supervisor_transferred", "79035556677", "Administrator")]
    assert [part.number for part in record.external] == ["79035556677"]


async def test_who_waits_in_a_queue_goes_to_a_colleague(house: House, tmp_path: Path) -> None:
    async def deed(lab: Lab) -> None:
        since = time.time()
        await lab.pause("101", "102", "103")
        client = await lab.inbound("sales")
        call = await live(house, since, lambda call: call.status is CallStatus.QUEUE)
        await asked(house, call, type="transfer", employee_id=house.product.employee_id("108"))
        theirs = await lab.phones["108"].comes()
        theirs.answer()
        await live(house, since, lambda call: call.status is CallStatus.TALKING)
        await during(0.4)
        client.hang_up()
        await theirs.over()

    since = time.time()
    await deed(house.lab)
    record = await house.product.record(since)
    assert [(one.queue, one.outcome) for one in record.queues] == [("sales", "left")]
    assert (record.result, record.abandoned_in, record.hung_up_by) == ("answered", None, "client")
    assert [(part.account, part.answered) for part in record.employees] == [("108", True)]


async def test_a_call_between_colleagues_goes_on_to_a_third(house: House) -> None:
    since = time.time()
    caller = await house.lab.phones["107"].call("108")
    called = await house.lab.phones["108"].comes()
    called.answer()
    await caller.answered()
    call = await live(house, since, lambda call: call.status is CallStatus.TALKING)
    await asked(house, call, type="transfer", employee_id=house.product.employee_id("109"))
    third = await house.lab.phones["109"].comes()
    third.answer()
    await called.over()
    await during(0.4)
    caller.hang_up()
    await third.over()
    record = await house.product.record(since)
    assert (record.type, story(record)) == ("internal", [("supervisor_transferred", "109", "Administrator")])


async def test_an_ivr_a_local_member_and_parking_are_left(house: House) -> None:
    """From the menu to a queue whose members are Local channels, from a talk with one of them on, parked, and on."""
    lab = house.lab
    since = time.time()
    client = await lab.inbound("ivr")
    call = await live(house, since, lambda call: call.status is CallStatus.IVR)
    await asked(house, call, type="transfer", queue="support")
    first = await lab.comes_to("104", "105", "106", within=15)
    first.answer()
    await live(house, since, lambda call: call.status is CallStatus.TALKING)
    await asked(house, call, type="transfer", employee_id=house.product.employee_id("107"))
    second = await lab.phones["107"].comes()
    await first.over()
    second.answer()
    await live(house, since, talks_with("107"))
    await during(0.5)  # a phone that passes a call on in the instant of the answer is refused
    await second.refer("700")
    await live(house, since, lambda call: call.status is CallStatus.PARKED)
    await asked(house, call, type="transfer", number="108")
    third = await lab.phones["108"].comes()
    third.answer()
    await live(house, since, talks_with("108"))
    client.hang_up()
    await third.over()
    record = await house.product.record(since)
    assert [who for _, who, _ in story(record)] == ["support", "107", "108"]
    assert [part.account for part in record.employees if part.answered] == [first.phone.user, "107", "108"]
    assert (record.hung_up_by, record.queues[0].outcome) == ("client", "answered")


def talks_with(account: str) -> Callable[[LiveCall], bool]:
    return lambda call: any(party.account == account and party.state == "talking" for party in call.parties)


# --- take -----------------------------------------------------------------------------------------------------------


async def test_who_waits_in_a_queue_is_taken(supervisor: House, tmp_path: Path) -> None:
    house = supervisor

    async def deed(lab: Lab) -> None:
        since = time.time()
        with_tones(lab, "101", MINE)
        await lab.pause("101", "102", "103")
        client = await lab.inbound("sales")
        call = await live(house, since, lambda call: call.status is CallStatus.QUEUE)
        await asked(house, call, type="take", account=MINE)
        mine = await lab.phones[MINE].comes()
        await asked(house, call, type="take", account=MINE)  # a second click
        await refused(house, call, "action_under_way", type="transfer", number="101")
        mine.answer()
        await live(house, since, lambda call: call.status is CallStatus.TALKING)
        await hears(client, OTHERS_HZ)
        await hears(mine, CLIENTS_HZ)
        assert len(lab.phones[MINE].came) == 1
        mine.hang_up()
        await client.over()
        silent(lab)

    since = time.time()
    await deed(house.lab)
    record = await house.product.record(since)
    assert story(record) == [("supervisor_took", MINE, "Administrator")]
    assert [(one.queue, one.outcome, one.answered_by) for one in record.queues] == [("sales", "answered", MINE)]
    assert (record.result, record.hung_up_by) == ("answered", "employee")
    assert [(part.account, part.answered) for part in record.employees] == [(MINE, True)]


async def test_a_talk_is_taken_over(supervisor: House, tmp_path: Path) -> None:
    house = supervisor

    async def deed(lab: Lab) -> None:
        since = time.time()
        with_tones(lab, "101", MINE)
        client, ours = await lab.talking("sales")
        call = await live(house, since, lambda call: call.status is CallStatus.TALKING)
        await asked(house, call, type="take", account=MINE)
        mine = await lab.phones[MINE].comes()
        await hears(client, OWN_HZ, OTHERS_HZ)  # until it is picked up, nothing has changed
        mine.answer()
        await ours.over()
        await hears(client, OTHERS_HZ, OWN_HZ)
        await hears(mine, CLIENTS_HZ, OWN_HZ)
        client.hang_up()
        await mine.over()
        silent(lab)

    (record,) = await agreed(house, tmp_path / "taken-over", deed)
    assert story(record) == [("supervisor_took", MINE, "Administrator")]
    assert {part.account for part in record.employees if part.answered} == {"101", MINE}
    assert record.hung_up_by == "client"


async def test_who_rings_in_vain_takes_nothing(supervisor: House) -> None:
    """Declined; and the client goes while it rings: the phone falls silent, nobody else notices."""
    house, lab = supervisor, supervisor.lab
    since = time.time()
    client, ours = await lab.talking()
    call = await live(house, since, lambda call: call.status is CallStatus.TALKING)
    await asked(house, call, type="take", account=MINE)
    mine = await lab.phones[MINE].comes()
    mine.reject(603, "Decline")
    await house.stream.call(
        lambda row: any(party.account == MINE and party.state == "left" for party in row.parties), since=since
    )
    assert (client.state, ours.state) == ("up", "up")
    again = await asked_again(house, call)
    client.hang_up()
    await again.over()
    await ours.over()
    record = await house.product.record(since)
    assert (story(record), record.hung_up_by) == ([], "client")
    await lab.ami.idle()


async def test_all_devices_of_a_phone_ring_and_one_takes_the_call(house: House) -> None:
    await is_employee(house, "102")
    lab = house.lab
    since = time.time()
    client, ours = await lab.talking()
    call = await live(house, since, lambda call: call.status is CallStatus.TALKING)
    await asked(house, call, type="take", account="102")
    desk, mobile = await lab.phones["102"].comes(), await lab.phones["102m"].comes()
    mobile.answer()
    await desk.over()
    await ours.over()
    await live(house, since, talks_with("102"))
    client.hang_up()
    await mobile.over()
    record = await house.product.record(since)
    assert [(part.account, part.answered, part.missed) for part in record.employees] == [
        ("101", True, False),
        ("102", True, False),
    ]
    await lab.ami.idle()


async def asked_again(house: House, call: LiveCall) -> Leg:
    """Takes it once more; the leg that rings."""
    found = await answer(
        lambda: ask(house, call, type="take", account=MINE), lambda found: found.status_code != 409, "it is free again"
    )
    assert found.status_code == 202, found.text
    return await house.lab.phones[MINE].comes()


# --- refusals -------------------------------------------------------------------------------------------------------


async def test_what_cannot_be_done_is_refused_in_words_and_the_talk_goes_on(house: House) -> None:
    lab = house.lab
    since = time.time()
    client, ours = await lab.talking()
    call = await live(house, since, lambda call: call.status is CallStatus.TALKING)
    here = house.product.employee_id("101")
    assert "already" in await refused(house, call, "call_cannot_move", type="transfer", employee_id=here)
    assert "dialplan" in await refused(house, call, "no_such_extension", type="transfer", number="99999")
    await refused(house, call, "not_found", type="transfer", queue="nowhere")
    await refused(house, call, "not_found", type="transfer", employee_id=999_999)
    await refused(house, call, "not_found", type="take", account="101")
    await lab.phones["109"].register(0)
    await house.stream.employee("109", lambda row: row.status == "offline", since=since)
    gone = house.product.employee_id("109")
    assert "registered" in await refused(house, call, "target_unavailable", type="transfer", employee_id=gone)
    for wrong in ("1\r\nAction: Originate", "", "101,1", "abc", "1" * 40):
        found = await ask(house, call, type="transfer", number=wrong)
        assert found.status_code == 422, found.text
    assert (client.state, ours.state) == ("up", "up")
    client.hang_up()
    await ours.over()
    await lab.register("109")
    assert story(await house.product.record(since)) == []
