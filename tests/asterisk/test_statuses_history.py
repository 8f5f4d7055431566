"""What phones did, as history keeps it: to the moment, without a gap, and honest about what was not watched."""

import time
from itertools import pairwise

import pytest

from callfloor.floor.employees import Status, StatusStretch, Why
from callfloor.web.contract import DayStatuses
from support.house import House
from support.pbx.lab import during

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

NEAR_S = 0.1
"""Between a phone's act and the PBX's word of it."""
HEARTBEAT_S = 4.0
"""How much of what was watched a kill may cost: the last sign that it was current, and its way to the disk."""


def without_gaps(day: DayStatuses, since: float) -> list[list[StatusStretch]]:
    """The stretches of each track that end after ``since``; a track fills the day up to now."""
    for track in day.tracks:
        assert track.stretches[0].began_at == day.begins_at
        assert all(one.ended_at == two.began_at for one, two in pairwise(track.stretches))
        assert track.stretches[-1].ended_at is None
    return [[one for one in track.stretches if one.ended_at is None or one.ended_at > since] for track in day.tracks]


def told(stretches: list[StatusStretch]) -> list[tuple[Status, Why]]:
    return [(one.status, one.cause.why) for one in stretches]


async def test_a_sign_off_is_kept_to_the_moment(house: House) -> None:
    begun_at = time.time()
    left_at = time.time()
    assert await house.lab.phones["107"].register(0)
    await house.shows("107", Status.OFFLINE, since=left_at)
    await during(0.5)
    back_at = time.time()
    assert await house.lab.phones["107"].register()
    await house.shows("107", Status.ONLINE, since=back_at)
    day = await house.product.statuses("107", Status.ONLINE)
    assert [track.account for track in day.tracks] == [None, "107"]
    for track in without_gaps(day, begun_at):
        assert told(track[1:]) == [(Status.OFFLINE, Why.SIGNED_OFF), (Status.ONLINE, Why.REGISTERED)]
        assert [one.began_at for one in track[1:]] == pytest.approx([left_at, back_at], abs=house.near(left_at, NEAR_S))


async def test_a_day_adds_up_to_what_the_phones_did(house: House) -> None:
    before = await house.product.profile("105")
    client, employee = await house.lab.talking("e105", "105")
    up_at = house.acted_at("105", "up")
    await during(1.0)
    client.hang_up()
    await employee.over()
    ended_at = house.acted_at("client", "ended")
    await house.shows("105", Status.ONLINE, since=ended_at)
    await house.product.journal(up_at - 5, 1)
    await house.product.statuses("105", Status.ONLINE)
    after = await house.product.profile("105")
    assert after.live is not None
    assert after.live.status is Status.ONLINE
    talked_s = after.summary.statuses.talking_s - before.summary.statuses.talking_s
    assert talked_s == pytest.approx(ended_at - up_at, abs=house.near(up_at, NEAR_S))
    assert after.summary.talk_s - before.summary.talk_s == pytest.approx(
        ended_at - up_at, abs=house.near(up_at, NEAR_S)
    )
    assert after.summary.answered_inbound - before.summary.answered_inbound == 1
    (today,) = after.days
    statuses = (today.talking_s, today.online_s, today.dnd_s, today.offline_s, today.unknown_s, today.future_s)
    assert sum(statuses) == pytest.approx(today.length_s, abs=0.01)
    assert today.begins_at + today.length_s - after.now == pytest.approx(today.future_s, abs=0.01)


async def test_killed_in_mid_call_the_hole_is_unknown(house: House) -> None:
    client, employee = await house.lab.talking()
    up_at = house.acted_at("101", "up")
    await house.shows("101", Status.TALKING, since=up_at)
    await house.product.statuses("101", Status.TALKING)
    await during(HEARTBEAT_S)  # so that the talk outlasts what the kill may cost
    killed_at = time.time()
    await house.product.kill()
    await during(1.0)
    started_at = time.time()
    await house.product.start()
    await house.product.live()
    client.hang_up()
    await employee.over()
    ended_at = house.acted_at("client", "ended")
    await house.shows("101", Status.ONLINE, since=ended_at)
    day = await house.product.statuses("101", Status.ONLINE)
    for track in without_gaps(day, up_at):
        talking, hole, again, online = track[-4:]
        assert (talking.status, talking.cause.why) == (Status.TALKING, Why.CALL)
        assert talking.began_at == pytest.approx(up_at, abs=house.near(up_at, NEAR_S))
        assert (hole.status, hole.cause.why) == (Status.UNKNOWN, Why.STOPPED)
        assert killed_at - HEARTBEAT_S <= hole.began_at <= killed_at, "it is closed where it was last known"
        assert (again.status, again.cause.why) == (Status.TALKING, Why.WATCH_BEGAN)
        assert again.began_at > started_at
        assert (online.status, online.cause.why) == (Status.ONLINE, Why.CALL_ENDED)
        assert online.began_at == pytest.approx(ended_at, abs=house.near(ended_at, NEAR_S))


async def test_while_the_wire_is_cut_nothing_is_known(house: House) -> None:
    begun_at = time.time()
    await house.wire.cut()
    lost_at = await house.stream.links("stale", since=begun_at)
    await during(0.5)
    since = time.time()
    await house.wire.open()
    back_at = await house.stream.links("live", since=since)
    day = await house.product.statuses("104", Status.ONLINE)
    for track in without_gaps(day, begun_at):
        assert told(track[1:]) == [(Status.UNKNOWN, Why.LINK_LOST), (Status.ONLINE, Why.WATCH_BEGAN)]
        assert [one.began_at for one in track[1:]] == pytest.approx(
            [lost_at, back_at], abs=house.near(begun_at, NEAR_S)
        )


async def test_stopped_in_good_order_the_hole_begins_at_the_stop(house: House) -> None:
    begun_at = time.time()
    await house.product.stop()
    stopped_at = time.time()
    await house.product.start()
    await house.product.live()
    day = await house.product.statuses("104", Status.ONLINE)
    for track in without_gaps(day, begun_at):
        assert told(track[1:]) == [(Status.UNKNOWN, Why.STOPPED), (Status.ONLINE, Why.WATCH_BEGAN)]
        assert begun_at - NEAR_S <= track[1].began_at <= stopped_at, "nothing of what was watched is lost"
