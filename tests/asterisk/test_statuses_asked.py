"""What a supervisor asks for an employee takes effect on the real PBX, and comes back as the PBX's own word."""

import time

import pytest

from callfloor.floor.employees import BadgeKind, LiveEmployee, Status, Why
from support.house import SEEN_WITHIN_S, House
from support.pbx.lab import CLIENT2
from support.product import LOGIN, MOBILE
from support.waiting import answer

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


async def member_of(house: House, queue: str, account: str) -> dict[str, str] | None:
    """A member of a queue as the PBX itself lists it."""
    events = await house.lab.ami.action("QueueStatus", {"Queue": queue})
    return next((event for event in events if account in event.get("Location", "")), None)


async def asked(house: House, whose: str, /, **action: object) -> float:
    """Asks, and returns when it did; the PBX accepted it."""
    at = time.time()
    found = await house.product.act(whose, **action)
    assert found.status_code == 202, found.text
    return at


async def audited(house: House, action: str, outcome: str = "done") -> None:
    """The latest entry of the audit is this action's."""

    async def latest() -> tuple[str, str, str]:
        found = await house.product.rest.get(f"{house.product.api}/audit", params={"limit": 1})
        assert found.status_code == 200, found.text
        (entry,) = found.json()["entries"]
        return entry["action"], entry["user_login"], entry["outcome"]

    await answer(latest, lambda found: found == (action, LOGIN, outcome), f"the audit tells last of {action}")


def paused(row: LiveEmployee) -> bool:
    return any(badge.kind is BadgeKind.PAUSED for badge in row.badges)


async def test_a_pause_that_is_asked_for(house: House) -> None:
    at = await asked(house, "102", action="pause", queue="sales", reason="training")
    seen_at, row = await house.stream.employee("102", paused, since=at)
    house.soon(seen_at, at, "it is shown")
    assert [(badge.queue, badge.reason) for badge in row.badges] == [("sales", "training")]
    assert row.status is Status.ONLINE
    member = await member_of(house, "sales", "PJSIP/102")
    assert member is not None
    assert (member["Paused"], member["PausedReason"]) == ("1", "training")
    await audited(house, "pause")

    client = await house.lab.inbound("sales")
    for other in ("101", "103"):
        await house.lab.comes(other)
    assert not any(house.lab.phones[device].came for device in ("102", "102m")), "who is paused is not rung"
    client.hang_up()
    await client.over()

    at = await asked(house, "102", action="unpause", queue="sales")
    seen_at, _ = await house.stream.employee("102", lambda row: not paused(row), since=at)
    house.soon(seen_at, at, "it is shown")
    member = await member_of(house, "sales", "PJSIP/102")
    assert member is not None
    assert member["Paused"] == "0"
    await audited(house, "unpause")


async def test_do_not_disturb_that_is_asked_for(house: House) -> None:
    """As by the feature code: a client meets busy, and the phone's own code takes it back."""
    at = await asked(house, "105", action="dnd", account="105", on=True)
    row = await house.shows("105", Status.DND, since=at)
    assert row.cause.why is Why.DND_ON
    assert "YES" in await house.lab.pbx.cli("database get DND 105")
    client = await house.lab.inbound("e105", CLIENT2)
    await client.over()
    assert client.code == 486
    assert not house.lab.phones["105"].came
    leg = await house.lab.phones["105"].call("*79")
    await house.shows("105", Status.ONLINE, since=house.acted_at("105", "dial"))
    await leg.over()
    at = await asked(house, "105", action="dnd", account="105", on=True)
    await house.shows("105", Status.DND, since=at)
    at = await asked(house, "105", action="dnd", account="105", on=False)
    assert (await house.shows("105", Status.ONLINE, since=at)).cause.why is Why.DND_OFF
    assert "not found" in await house.lab.pbx.cli("database get DND 105")
    await audited(house, "dnd")


async def test_a_seat_that_is_taken_and_left(house: House) -> None:
    at = await asked(house, "107", action="add_to_queue", queue="sales", account="107")
    seen_at, row = await house.stream.employee("107", lambda row: row.queues, since=at)
    house.soon(seen_at, at, "it is shown")
    assert [(seat.queue, seat.dynamic) for seat in row.queues] == [("sales", True)]
    client = await house.lab.inbound("sales")
    await house.lab.comes("107")
    client.hang_up()
    await client.over()
    at = await asked(house, "107", action="remove_from_queue", queue="sales")
    seen_at, _ = await house.stream.employee("107", lambda row: not row.queues, since=at)
    house.soon(seen_at, at, "it is shown")
    assert await member_of(house, "sales", "PJSIP/107") is None


async def test_a_mobile_takes_a_seat_and_is_called(house: House) -> None:
    for member in ("101", "102", "103"):
        await asked(house, member, action="pause", queue="sales")
    at = await asked(house, MOBILE, action="add_to_queue", queue="sales", account=MOBILE)
    await house.stream.employee(MOBILE, lambda row: row.queues, since=at)
    client = await house.lab.inbound("sales")
    theirs = await house.lab.clients.comes()
    await theirs.answered()
    assert theirs.called == MOBILE
    await house.shows(MOBILE, Status.TALKING, since=house.acted_at("client", "up"))
    client.hang_up()
    await theirs.over()
    await asked(house, MOBILE, action="remove_from_queue", queue="sales")


async def test_what_the_pbx_refuses_is_told_in_its_words(house: House) -> None:
    found = await house.product.act("101", action="remove_from_queue", queue="sales")
    assert found.status_code == 502, found.text
    assert "not dynamic" in found.json()["message"].lower(), found.text
    assert (await member_of(house, "sales", "PJSIP/101")) is not None
    found = await house.product.act("107", action="pause", queue="sales")
    assert found.status_code == 404, found.text


async def test_without_a_link_nothing_is_promised(house: House) -> None:
    await house.wire.cut()
    try:
        await house.stream.links("stale", since=0)
        found = await house.product.act("101", action="pause", queue="sales")
        assert found.status_code == 503, found.text
        await audited(house, "pause", found.json()["error_id"])
    finally:
        since = time.time()
        await house.wire.open()
    await house.stream.links("live", since=since)
    member = await member_of(house, "sales", "PJSIP/101")
    assert member is not None
    assert member["Paused"] == "0"


async def test_a_switch_stays_over_a_kill(house: House) -> None:
    at = await asked(house, "106", action="switch", status="dnd")
    row = await house.shows("106", Status.DND, since=at)
    assert (row.cause.why, row.cause.by) == (Why.SWITCH, LOGIN)
    # The store writes one thing after the other: once the audit has this, the switch before it is kept.
    await asked(house, "107", action="switch", status=None)
    await house.product.kill()
    await house.product.start()
    await house.product.live()
    _, row = await house.stream.employee("106", lambda row: row.switch and row.status is Status.DND, since=0)
    assert row.switch is not None
    assert (row.switch.by, row.switch.since) == (LOGIN, pytest.approx(at, abs=house.near(at, SEEN_WITHIN_S)))
    at = await asked(house, "106", action="switch", status=None)
    await house.shows("106", Status.ONLINE, since=at)
