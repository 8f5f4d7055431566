"""What phones really did on a real Asterisk 16 and 22, and the statuses that follow: within 50 ms of the phone's act.

The instants of the expectations are the phones' own (the lines with ``#`` of each recording), not the PBX's.
"""

from collections.abc import Iterator

import pytest

from callfloor.floor.employees import Status
from support.recorded_people import history, names, replay
from support.team import Team

NEAR_S = 0.05
EVERYBODY = [str(number) for number in range(101, 111)]
DESK = {account: f"sip:{account}@127.0.1.{account}:5060" for account in EVERYBODY}

# seconds from the recording's start, status, why, device: of each account whose status changed
RECORDINGS: dict[str, dict[str, list[tuple[float, str]]]] = {
    "register_unregister": {
        "107": [
            (0.050, f"offline signed_off {DESK['107']}"),
            (1.056, f"online registered {DESK['107']}"),
            (5.588, f"offline signed_off {DESK['107']}"),
            (5.892, f"online registered {DESK['107']}"),
            (18.905, f"offline signed_off {DESK['107']}"),  # it had run out at 15.9, and nobody had asked until when
            (18.905, f"online registered {DESK['107']}"),
        ]
    },
    "register_unregister-16": {
        "107": [
            (0.438, f"offline signed_off {DESK['107']}"),
            (1.443, f"online registered {DESK['107']}"),
            (5.975, f"offline signed_off {DESK['107']}"),
            (6.278, f"online registered {DESK['107']}"),
            (19.285, f"offline signed_off {DESK['107']}"),
            (19.285, f"online registered {DESK['107']}"),
        ]
    },
    "device_qualify_lost": {
        # dead from 1.43 on, back at 15.43: the PBX asks every 5 s and waits 2 s
        "109": [(4.062, f"offline unreachable {DESK['109']}"), (17.063, f"online registered {DESK['109']}")]
    },
    "device_qualify_lost_in_call": {
        "101": [(0.944, f"talking call {DESK['101']}"), (19.952, "online call_ended")],
        "109": [(0.944, f"talking call {DESK['109']}"), (19.952, "online call_ended")],
    },
    "dnd_freepbx": {
        "101": [
            *((0.458, "dnd dnd_on"), (0.971, "online dnd_off")),  # by AMI, and *79
            *((1.919, "dnd dnd_on"), (2.865, "online dnd_off")),  # *78, and by AMI
        ]
    },
    "dnd_freepbx-16": {
        "101": [(0.310, "dnd dnd_on"), (0.822, "online dnd_off"), (1.770, "dnd dnd_on"), (2.716, "online dnd_off")]
    },
    "dnd_in_call": {"101": [(1.657, f"talking call {DESK['101']}"), (4.680, "dnd dnd_on"), (5.682, "online dnd_off")]},
    "dnd_in_call_phone": {
        "101": [(1.672, f"talking call {DESK['101']}"), (5.131, "dnd dnd_on"), (5.136, "online dnd_off")]
    },
    "queue_pause_in_call": {"101": [(1.196, f"talking call {DESK['101']}"), (4.203, "online call_ended")]},
    "queue_pause_ringing": {"101": [(2.577, f"talking call {DESK['101']}"), (4.578, "online call_ended")]},
    "queue_pause_unpause": {},
    "queue_pause_unpause-16": {},
    "inbound_queue_ringall": {
        "102": [(2.207, "talking call"), (5.208, "online call_ended")]
    },  # which phone is not told
    "inbound_queue_ringall-16": {"102": [(1.637, "talking call"), (4.633, "online call_ended")]},
    "inbound_two_contacts": {"102": [(1.480, f"talking call {DESK['102']}"), (3.487, "online call_ended")]},
    "inbound_two_aors": {"103": [(1.577, "talking call sip:103@127.0.2.103:5060"), (3.578, "online call_ended")]},
}


@pytest.fixture
def closing() -> Iterator[list[Team]]:
    """Teams whose floors are held under the laws of a scenario's end."""
    teams: list[Team] = []
    yield teams
    for team in teams:
        team.watched.close()


def test_every_recording_has_its_expectation() -> None:
    assert sorted(RECORDINGS) == names()


@pytest.mark.parametrize("name", RECORDINGS)
def test_statuses_follow_what_the_phones_did(name: str, closing: list[Team]) -> None:
    team = replay(name, *EVERYBODY)
    closing.append(team)
    for account in EVERYBODY:
        first, *rest = history(team, name, account)
        assert first.split()[1:3] == ["offline" if account == "108" else "online", "watch_began"], account
        expected = RECORDINGS[name].get(account, [])
        assert [line.partition(" ")[2] for line in rest] == [what for _, what in expected], account
        for line, (at_s, _) in zip(rest, expected, strict=True):
            assert abs(float(line.split()[0]) - at_s) < NEAR_S, f"{account}: {line}"


@pytest.mark.parametrize("name", ["register_unregister", "register_unregister-16"])
def test_devices_come_with_agent_address_and_expiry(name: str) -> None:
    team = replay(name, *EVERYBODY)
    first, second = team.account("102").devices
    assert [first.user_agent, second.user_agent] == ["Grandstream GXP2170 1.0.11.48", "Zoiper rv2.10.20.2"]
    assert [first.address, second.address] == ["127.0.1.102:5060", "127.0.2.102:5060"]
    (qualified,) = team.account("109").devices
    assert qualified.round_trip_ms is not None
    assert 0 < qualified.round_trip_ms < 50
    (phone,) = team.account("107").devices
    assert phone.expires_at is not None
    assert 6900 < phone.expires_at - team.now < 7100
    assert not team.account("108").devices


def test_a_second_device_comes_and_goes_beside_the_first() -> None:
    with_two = replay("register_unregister", "103", until=lambda team: len(team.account("103").devices) == 2)
    assert [device.status for device in with_two.account("103").devices] == [Status.ONLINE, Status.ONLINE]
    after = replay("register_unregister", "103")
    assert [device.id for device in after.account("103").devices] == [DESK["103"]]


def test_the_phone_that_answered_is_the_one_that_talks() -> None:
    def talks(team: Team) -> bool:
        return team.account("102").status is Status.TALKING

    team = replay("inbound_two_contacts", "102", until=talks)
    assert {device.id: device.status for device in team.account("102").devices} == {
        DESK["102"]: Status.TALKING,
        "sip:102@127.0.2.102:5060": Status.ONLINE,
    }


def seen(name: str, account: str) -> list[list[str]]:
    """What badges an employee had, one after another."""
    shown: list[list[str]] = []

    def look(team: Team) -> bool:
        badges = [" ".join(filter(None, (b.kind, b.queue, b.reason))) for b in team.rows[int(account)].badges]
        if not shown or shown[-1] != badges:
            shown.append(badges)
        return False

    replay(name, account, until=look)
    return shown


@pytest.mark.parametrize("version", ["", "-16"])
def test_pauses_with_their_reasons(version: str) -> None:
    assert seen(f"queue_pause_unpause{version}", "101") == [[], ["paused sales lunch"], []]
    assert seen(f"queue_pause_unpause{version}", "102") == [[], ["paused sales training"], []]


def test_a_pause_in_a_call_and_while_ringing() -> None:
    in_call = seen("queue_pause_in_call", "101")
    assert in_call[:3] == [[], ["ringing"], []]
    assert in_call[3][0].startswith("paused sales")
    assert in_call[-1] == []
    ringing = seen("queue_pause_ringing", "101")
    assert [len(badges) for badges in ringing] == [0, 1, 2, 1, 0]


@pytest.mark.parametrize("version", ["", "-16"])
def test_a_dynamic_member_comes_and_goes(version: str) -> None:
    def sits(team: Team) -> bool:
        return bool(team.rows[107].queues)

    team = replay(f"queue_pause_unpause{version}", "107", until=sits)
    (seat,) = team.rows[107].queues
    assert (seat.queue, seat.dynamic, seat.paused) == ("sales", True, False)
    assert replay(f"queue_pause_unpause{version}", "107").rows[107].queues == ()


@pytest.mark.parametrize("version", ["", "-16"])
def test_all_who_rang_had_the_badge(version: str) -> None:
    for account in ("101", "102", "103"):
        assert ["ringing"] in seen(f"inbound_queue_ringall{version}", account)


def test_a_feature_code_shows_no_call() -> None:
    assert seen("dnd_freepbx", "101") == [[]]
