"""What people's phones do on a real Asterisk, as a viewer of the running product sees it: soon, and with its cause."""

import asyncio
import time

import pytest

from callfloor.floor.employees import BadgeKind, LiveAccount, LiveDevice, LiveEmployee, Status, Why
from support.house import SEEN_WITHIN_S, House
from support.pbx.lab import AGENTS, Lab, during
from support.pbx.leg import Leg
from support.product import MOBILE
from support.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


def account_of(row: LiveEmployee) -> LiveAccount:
    """The only account of an employee."""
    (account,) = row.accounts
    return account


def devices_of(row: LiveEmployee) -> dict[str | None, LiveDevice]:
    """An employee's devices by User-Agent."""
    return {device.user_agent: device for device in account_of(row).devices}


def badges_of(row: LiveEmployee) -> list[BadgeKind]:
    return [badge.kind for badge in row.badges]


# --- devices ----------------------------------------------------------------------------------------------------------


async def test_a_phone_that_signs_off_and_registers_again(house: House) -> None:
    acted_at = time.time()
    assert await house.lab.phones["107"].register(0)
    row = await house.shows("107", Status.OFFLINE, since=acted_at)
    assert (row.cause.why, row.cause.account, account_of(row).devices) == (Why.SIGNED_OFF, "107", ())
    assert row.since == pytest.approx(acted_at, abs=house.near(acted_at, SEEN_WITHIN_S))
    acted_at = time.time()
    assert await house.lab.phones["107"].register()
    row = await house.shows("107", Status.ONLINE, since=acted_at)
    assert (row.cause.why, row.cause.account) == (Why.REGISTERED, "107")
    _, row = await house.stream.employee("107", lambda row: devices_of(row).get(AGENTS["107"]), since=acted_at)
    device = devices_of(row)[AGENTS["107"]]
    assert device.status is Status.ONLINE
    assert device.address == f"{house.lab.phones['107'].host}:5060"
    assert device.expires_at is not None
    assert device.expires_at > acted_at


async def test_a_registration_that_runs_out_is_no_sign_off(house: House) -> None:
    phone = house.lab.phones["108"]
    assert await phone.register(0)
    assert await phone.register(5)
    soon = time.time() + 10
    registered_at, _ = await house.stream.employee(
        "108",
        lambda row: any((device.expires_at or soon) < soon for device in account_of(row).devices),
        since=soon - 11,
    )
    at, row = await house.stream.employee(
        "108", lambda row: row.status is Status.OFFLINE, since=registered_at, within_s=20
    )

    def removed() -> list[float]:
        return [
            at for at, event in house.lab.ami.events
            if (event.get("EndpointName"), event.get("ContactStatus")) == ("108", "Removed") and at > registered_at
        ]  # fmt: skip

    await until(removed, "the operator, too, is told by the PBX")
    (event_at,) = removed()
    assert row.cause.why is Why.EXPIRED
    house.soon(at, event_at, "it is shown")
    acted_at = time.time()
    assert await phone.register()
    assert (await house.shows("108", Status.ONLINE, since=acted_at)).cause.why is Why.REGISTERED


async def test_a_phone_that_falls_off_the_network_and_comes_back(house: House) -> None:
    """The PBX finds out by its own OPTIONS; from there on the viewer must know."""
    phone = house.lab.phones["109"]
    begun_at = time.time()
    for deaf, status, word, why in (
        (True, Status.OFFLINE, "Unreachable", Why.UNREACHABLE),
        (False, Status.ONLINE, "Reachable", Why.REGISTERED),
    ):
        phone.deaf = deaf
        at, row = await house.stream.employee(
            "109", lambda row, status=status: row.status is status, since=begun_at, within_s=20
        )
        told: list[float] = []

        def is_told(word: str = word, begun_at: float = begun_at, told: list[float] = told) -> bool:
            told[:] = [
                told_at for told_at, event in house.lab.ami.events
                if (event.get("EndpointName"), event.get("ContactStatus")) == ("109", word) and told_at > begun_at
            ]  # fmt: skip
            return bool(told)

        await until(is_told, "the PBX itself says so")  # on the tests' own connection, which may be the later one
        house.soon(at, told[0], "it is shown")
        assert row.cause.why is why
        assert [device.status for device in account_of(row).devices] == [status]
        begun_at = at
    _, row = await house.stream.employee("109", lambda row: account_of(row).devices[0].round_trip_ms, since=begun_at)
    assert 0 < (account_of(row).devices[0].round_trip_ms or 0) < 1000


async def test_two_devices_of_one_account_are_told_apart(house: House) -> None:
    desk, mobile = AGENTS["102"], AGENTS["102m"]
    _, row = await house.stream.employee("102", lambda row: set(devices_of(row)) == {desk, mobile}, since=0)
    lab = house.lab
    call = await lab.phones["104"].call("102")
    legs = {device: await lab.phones[device].comes() for device in ("102", "102m")}
    legs["102m"].answer()
    await call.answered()
    row = await house.shows("102", Status.TALKING, since=house.acted_at("102m", "up"))
    assert {agent: device.status for agent, device in devices_of(row).items()} == {
        desk: Status.ONLINE, mobile: Status.TALKING,
    }  # fmt: skip
    call.hang_up()
    await house.shows("102", Status.ONLINE, since=house.acted_at("104", "ended"))
    acted_at = time.time()
    assert await lab.phones["102"].register(0)
    at, row = await house.stream.employee("102", lambda row: set(devices_of(row)) == {mobile}, since=acted_at)
    house.soon(at, acted_at, "it is shown")
    assert row.status is Status.ONLINE, "one of two is left"
    acted_at = time.time()
    assert await lab.phones["102m"].register(0)
    assert (await house.shows("102", Status.OFFLINE, since=acted_at)).cause.why is Why.SIGNED_OFF
    for device in ("102", "102m"):
        await lab.register(device)
    await house.stream.employee("102", lambda row: set(devices_of(row)) == {desk, mobile}, since=acted_at)


# --- do-not-disturb and pauses ----------------------------------------------------------------------------------------


async def code(lab: Lab, phone: str, digits: str) -> Leg:
    """Dials a feature code; the PBX beeps and hangs up."""
    leg = await lab.phones[phone].call(digits)
    await leg.answered()
    return leg


async def test_dnd_by_feature_code_while_idle(house: House) -> None:
    begun_at = time.time()
    leg = await code(house.lab, "106", "*78")
    row = await house.shows("106", Status.DND, since=house.acted_at("106", "dial"))
    assert (row.cause.why, row.cause.account, account_of(row).dnd) == (Why.DND_ON, "106", True)
    await leg.over()
    leg = await code(house.lab, "106", "*79")
    row = await house.shows("106", Status.ONLINE, since=house.acted_at("106", "dial"))
    assert (row.cause.why, account_of(row).dnd) == (Why.DND_OFF, False)
    await leg.over()
    await house.free("106")
    told = [row.status for row in house.stream.history("106", begun_at)]
    assert Status.TALKING not in told, "a feature code is no conversation"


async def test_dnd_by_feature_code_in_a_call(house: House) -> None:
    lab = house.lab
    client, employee = await lab.talking()
    await house.shows("101", Status.TALKING, since=house.acted_at("101", "up"))
    begun_at = time.time()
    leg = await code(lab, "101", "*78")
    at, row = await house.stream.employee("101", lambda row: account_of(row).dnd, since=begun_at)
    house.soon(at, house.acted_at("101", "dial"), "it is shown")
    assert row.status is Status.TALKING
    await leg.over()
    await during(0.3)
    client.hang_up()
    await employee.over()
    row = await house.shows("101", Status.DND, since=house.acted_at("client", "ended"))
    assert row.cause.why is Why.DND_ON
    assert {row.status for row in house.stream.history("101", begun_at)} == {Status.TALKING, Status.DND}
    leg = await code(lab, "101", "*79")
    await house.shows("101", Status.ONLINE, since=house.acted_at("101", "dial"))
    await leg.over()


async def test_presence_that_a_phone_sets_is_do_not_disturb_and_outlasts_a_restart(house: House) -> None:
    leg = await code(house.lab, "105", "*56")
    row = await house.shows("105", Status.DND, since=house.acted_at("105", "dial"))
    assert (row.cause.why, row.cause.account, account_of(row).dnd) == (Why.PRESENCE, "105", True)
    await leg.over()
    await house.product.stop()
    begun_at = time.time()
    await house.product.start()
    await house.product.live()
    _, row = await house.stream.employee("105", lambda row: not row.stale, since=begun_at)
    assert row.status is Status.DND, "the PBX's listing of presence tells it again"
    leg = await code(house.lab, "105", "*57")
    row = await house.shows("105", Status.ONLINE, since=house.acted_at("105", "dial"))
    assert (row.cause.why, account_of(row).dnd) == (Why.PRESENCE, False)
    await leg.over()


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in a call"])
async def test_a_queue_pause_is_a_badge_with_its_reason(house: House, busy: bool) -> None:
    lab = house.lab
    status = Status.ONLINE
    if busy:
        call = await lab.phones["103"].call("104")
        other = await lab.comes("104")
        other.answer()
        await call.answered()
        await house.shows("103", Status.TALKING, since=house.acted_at("104", "up"))
        status = Status.TALKING
    acted_at = time.time()
    await lab.pause("103", reason="lunch")
    at, row = await house.stream.employee("103", lambda row: BadgeKind.PAUSED in badges_of(row), since=acted_at)
    house.soon(at, acted_at, "it is shown")
    (badge,) = row.badges
    assert (badge.kind, badge.queue, badge.reason) == (BadgeKind.PAUSED, "sales", "lunch")
    assert row.status is status
    (seat,) = row.queues
    assert (seat.queue, seat.account, seat.paused, seat.reason) == ("sales", "103", True, "lunch")
    acted_at = time.time()
    await lab.pause("103", paused=False)
    at, row = await house.stream.employee("103", lambda row: not row.badges, since=acted_at)
    house.soon(at, acted_at, "it is shown")
    assert row.status is status
    if busy:
        call.hang_up()
        await other.over()


# --- conversations ----------------------------------------------------------------------------------------------------


async def test_a_queue_that_rings_three_and_one_answers(house: House) -> None:
    members = ("101", "102", "103")
    lab = house.lab
    begun_at = time.time()
    client = await lab.inbound("sales")
    legs = {member: await lab.comes(member) for member in members}
    for member, leg in legs.items():
        at, row = await house.stream.employee(member, lambda row: BadgeKind.RINGING in badges_of(row), since=begun_at)
        house.soon(at, house.acted_at(leg.phone.device, "ringing"), "it is shown")
        assert row.status is Status.ONLINE, "ringing is no status"
    legs["102"].answer()
    answered_at = house.acted_at(legs["102"].phone.device, "up")
    row = await house.shows("102", Status.TALKING, since=answered_at)
    _, call = await house.stream.call(lambda call: call.queue == "sales", since=begun_at)
    assert (row.cause.why, row.cause.call_id) == (Why.CALL, call.id)
    assert BadgeKind.RINGING not in badges_of(row)
    for member in ("101", "103"):
        at, row = await house.stream.employee(member, lambda row: not row.badges, since=answered_at)
        house.soon(at, house.acted_at(legs[member].phone.device, "ended"), "it is shown")
        assert row.status is Status.ONLINE
    await during(0.5)
    client.hang_up()
    await legs["102"].over()
    row = await house.shows("102", Status.ONLINE, since=house.acted_at("client", "ended"))
    assert row.cause.why is Why.CALL_ENDED


async def test_a_call_through_a_mobile_number_makes_its_employee_talk(house: House) -> None:
    """FMC: the queue's member is ``Local/<mobile>@…``, and no telephone of the company rings."""
    lab = house.lab
    await lab.pause("101", "102", "103")
    words = {"Queue": "sales", "Interface": f"Local/{MOBILE}@from-internal/n", "MemberName": "Mila"}
    await lab.ami.action("QueueAdd", words)
    acted_at = time.time()
    _, row = await house.stream.employee(MOBILE, lambda row: row.queues, since=0)
    assert row.queues[0].dynamic
    client = await lab.inbound("sales")
    theirs = await lab.clients.comes()  # the provider rings the mobile
    assert theirs.called == MOBILE
    await theirs.answered()
    row = await house.shows(MOBILE, Status.TALKING, since=house.acted_at("client", "up"))
    assert (row.cause.why, row.cause.account) == (Why.CALL, MOBILE)
    assert BadgeKind.RINGING in {
        badge for row in house.stream.history(MOBILE, acted_at) for badge in badges_of(row)
    }  # fmt: skip
    await during(0.5)
    client.hang_up()
    await theirs.over()
    _, row = await house.stream.employee(
        MOBILE, lambda row: row.status is not Status.TALKING, since=house.acted_at("client", "ended")
    )
    assert row.status is Status.OFFLINE, "nobody can be reached but by this call"
    await lab.ami.action("QueueRemove", {"Queue": "sales", "Interface": words["Interface"]})
    await lab.pause("101", "102", "103", paused=False)
    await house.stream.employee(MOBILE, lambda row: not row.queues, since=acted_at)


async def test_hold_and_a_consultation_are_talking(house: House) -> None:
    lab = house.lab
    client, employee = await lab.talking()
    await house.shows("101", Status.TALKING, since=house.acted_at("101", "up"))
    begun_at = time.time()
    await employee.hold()
    await during(0.3)
    asking = await lab.phones["101"].call("104")
    asked = await lab.comes("104")
    await house.stream.employee("104", lambda row: BadgeKind.RINGING in badges_of(row), since=begun_at)
    asked.answer()
    await asking.answered()
    row = await house.shows("104", Status.TALKING, since=house.acted_at("104", "up"))
    assert row.cause.why is Why.CALL
    await during(0.3)
    asking.hang_up()
    await asked.over()
    await house.shows("104", Status.ONLINE, since=house.acted_at("101", "ended"))
    await employee.unhold()
    await during(0.3)
    told = {row.status for row in house.stream.history("101", begun_at)}
    assert told == {Status.TALKING}, "all the while"
    since = {row.since for row in house.stream.history("101", begun_at)}
    assert len(since) == 1, "one stretch"
    client.hang_up()
    await employee.over()
    await house.shows("101", Status.ONLINE, since=house.acted_at("client", "ended"))


async def test_a_supervisor_who_listens_does_not_talk(house: House) -> None:
    lab = house.lab
    client, employee = await lab.talking()
    channel = await lab.channel("101")
    begun_at = time.time()
    words = {"Channel": "PJSIP/110", "Context": "spy", "Exten": "listen", "Priority": "1", "Async": "true"}
    await lab.ami.action("Originate", words, [f"SPYTARGET={channel}"])
    supervisor = await lab.phones["110"].comes()
    supervisor.answer()
    await lab.ami.sees(lambda event: event.get("Event") == "ChanSpyStart" and event["SpyeeChannel"] == channel)
    await during(0.5)
    supervisor.hang_up()
    await during(0.3)
    client.hang_up()
    await employee.over()
    await house.shows("101", Status.ONLINE, since=house.acted_at("client", "ended"))
    assert {row.status for row in house.stream.history("110", begun_at)} == {Status.ONLINE}


async def test_two_calls_at_once_are_one_stretch_of_talking(house: House) -> None:
    """Call waiting: the second conversation begins before the first ends."""
    lab = house.lab
    first, one = await lab.talking("e105", "105")
    await house.shows("105", Status.TALKING, since=house.acted_at("105", "up"))
    begun_at = time.time()
    second, two = await lab.talking("e105", "105", client="79167654321")
    first.hang_up()
    await one.over()
    await during(0.3)
    second.hang_up()
    ended_at = time.time()
    await two.over()
    await house.shows("105", Status.ONLINE, since=ended_at)
    rows = house.stream.history("105", begun_at)
    talking = [row for row in rows if row.status is Status.TALKING]
    assert [row.status for row in rows] == [Status.TALKING] * len(talking) + [Status.ONLINE] * (
        len(rows) - len(talking)
    )
    assert len({row.since for row in talking}) == 1
    assert len({row.cause.call_id for row in talking}) == 2, "the call it points to is one that goes on"
    await asyncio.gather(first.over(), second.over())
