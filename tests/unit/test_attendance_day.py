"""A person's day as a table of what happened, and the statuses that follow from it (ST-1 to ST-3)."""

import pytest

from callfloor.floor.employees import Status
from support.team import MIDNIGHT, Team, seconds

SEED = """
    08:00    A registers phone-a
    08:00    B registers phone-b
    12:00    B dnd on
    12:10    B signs_off phone-b
    12:20    B dnd off
    13:00    B registers phone-b
    17:00    B signs_off phone-b
    18:00    A signs_off phone-a
"""


def test_the_worked_example_holds_to_the_minute() -> None:
    team = Team("A", "B").day(SEED)
    assert team.history("A") == ["00:00 offline", "08:00 online", "18:00 offline"]
    assert team.history("B") == [
        *("00:00 offline", "08:00 online", "12:00 dnd", "12:10 offline", "13:00 online", "17:00 offline"),
    ]
    assert team.history() == ["00:00 offline", "08:00 online", "18:00 offline"]


@pytest.mark.parametrize("other", ["", "08:30 B dnd on", "08:30 B signs_off phone-b"])
def test_whoever_talks_on_one_account_talks_whatever_the_other_does(other: str) -> None:
    team = Team("A", "B").day(f"""
        08:00 A registers phone-a
        08:00 B registers phone-b
        {other}
        09:00 A talks c1
        09:15 A hangs_up c1
    """)
    assert team.history()[1:] == ["08:00 online", "09:00 talking", "09:15 online"]


DAYS = {
    "the best of two devices is the account's": (
        """
        08:00 A registers desk
        08:10 A registers mobile
        08:20 A signs_off desk
        08:30 A loses mobile
        """,
        ["08:00 online registered desk", "08:30 offline unreachable mobile"],
    ),
    "a chosen sign-off is told apart from a registration that ran out": (
        """
        08:00 A registers
        09:00 A signs_off
        10:00 A registers
        11:00 A expires
        """,
        [
            *("08:00 online registered desk", "09:00 offline signed_off desk"),
            *("10:00 online registered desk", "11:00 offline expired desk"),
        ],
    ),
    "a phone that stops answering and comes back": (
        """
        08:00 A registers
        09:00 A loses
        09:00:20 A registers
        """,
        ["08:00 online registered desk", "09:00 offline unreachable desk", "09:00:20 online registered desk"],
    ),
    "a phone rebooted on another port: its old contact expires later": (
        """
        08:00 A registers sip:a@10.0.0.7:5060
        09:00 A registers sip:a@10.0.0.7:5071
        09:30 A expires sip:a@10.0.0.7:5060
        10:00 A signs_off sip:a@10.0.0.7:5071
        """,
        ["08:00 online registered sip:a@10.0.0.7:5060", "10:00 offline signed_off sip:a@10.0.0.7:5071"],
    ),
    "a contact that is refreshed tells nothing": (
        """
        08:00 A registers
        08:30 A registers
        08:59 A finds
        """,
        ["08:00 online registered desk"],
    ),
    "the PBX tells of the phone's end twice, in either order": (
        """
        08:00 A registers
        08:00 A callable yes
        09:00 A callable no
        09:00 A signs_off
        10:00 A registers
        10:00 A callable yes
        11:00 A signs_off
        11:00 A callable no
        """,
        [
            *("08:00 online registered desk", "09:00 offline signed_off desk"),
            *("10:00 online registered desk", "11:00 offline signed_off desk"),
        ],
    ),
    "a phone that signs off in a call has signed off when the call is over": (
        """
        08:00 A registers
        09:00 A talks c1
        09:05 A signs_off
        09:05 A callable yes
        09:05 A callable no
        09:10 A hangs_up c1
        """,
        ["08:00 online registered desk", "09:00 talking call desk", "09:10 offline signed_off desk"],
    ),
    "an account whose devices are not told is what the PBX says of it": (
        """
        08:00 A callable yes
        09:00 A talks c1
        09:05 A callable no
        09:10 A hangs_up c1
        """,
        ["08:00 online registered", "09:00 talking call", "09:10 offline unreachable"],
    ),
    "do-not-disturb by a feature code": (
        """
        08:00 A registers
        09:00 A dnd on
        09:10 A dnd off
        """,
        ["08:00 online registered desk", "09:00 dnd dnd_on", "09:10 online dnd_off"],
    ),
    "do-not-disturb in a call waits for its end": (
        """
        08:00 A registers
        09:00 A talks c1
        09:01 A dnd on
        09:10 A hangs_up c1
        09:20 A dnd off
        """,
        [
            *("08:00 online registered desk", "09:00 talking call desk", "09:10 dnd dnd_on"),
            "09:20 online dnd_off",
        ],
    ),
    "a phone on do-not-disturb can call": (
        """
        08:00 A registers
        08:30 A dnd on
        09:00 A talks c1
        09:10 A hangs_up c1
        """,
        ["08:00 online registered desk", "08:30 dnd dnd_on", "09:00 talking call desk", "09:10 dnd dnd_on"],
    ),
    "a phone that publishes its presence": (
        """
        08:00 A registers
        09:00 A dnd on presence
        09:05 A dnd on feature
        09:10 A dnd off presence
        09:20 A dnd off feature
        """,
        ["08:00 online registered desk", "09:00 dnd presence", "09:20 online dnd_off"],
    ),
    "the database alone": (
        """
        08:00 A registers
        09:00 A dnd on database
        09:10 A dnd off database
        """,
        ["08:00 online registered desk", "09:00 dnd dnd_on", "09:10 online dnd_off"],
    ),
    "a device state that goes off takes the database's key with it": (
        """
        08:00 A registers
        08:30 A dnd on
        08:30 A finds_dnd on database
        09:00 A dnd off
        """,
        ["08:00 online registered desk", "08:30 dnd dnd_on", "09:00 online dnd_off"],
    ),
    "the same listed again and again": (
        """
        08:00 A registers
        08:30 A dnd on database
        09:00 A finds_dnd off feature
        09:00 A finds_dnd off device
        09:00 A finds_dnd on database
        09:00 A finds
        09:00:01 - listed 09:00
        """,
        ["08:00 online registered desk", "08:30 dnd dnd_on"],
    ),
    "a key that the listing has no more": (
        """
        08:00 A registers
        08:30 A dnd on database
        09:00 A finds
        09:00:01 - listed 09:00
        """,
        ["08:00 online registered desk", "08:30 dnd dnd_on", "09:00:01 online watch_began"],
    ),
    "a device that the listing has no more": (
        """
        08:00 A registers
        09:00:01 - listed 09:00
        """,
        ["08:00 online registered desk", "09:00:01 offline watch_began desk"],
    ),
    "a device that came while the listing was on its way stays": (
        """
        09:00:00.5 A registers
        09:00:01 - listed 09:00
        """,
        ["09:00 online registered desk"],
    ),
    "qualify lost in a call, which goes on": (
        """
        08:00 A registers
        09:00 A talks c1
        09:05 A loses
        09:10 A hangs_up c1
        09:20 A registers
        """,
        [
            *("08:00 online registered desk", "09:00 talking call desk"),
            *("09:10 offline unreachable desk", "09:20 online registered desk"),
        ],
    ),
    "hold is talking": (
        """
        08:00 A registers
        09:00 A talks c1
        09:01 A holds c1
        09:02 A unholds c1
        09:03 A hangs_up c1
        """,
        ["08:00 online registered desk", "09:00 talking call desk", "09:03 online call_ended"],
    ),
    "two conversations at once are one stretch": (
        """
        08:00 A registers
        09:00 A talks c1
        09:00 A holds c1
        09:01 A talks c2
        09:02 A hangs_up c1
        09:03 A hangs_up c2
        """,
        ["08:00 online registered desk", "09:00 talking call desk", "09:03 online call_ended"],
    ),
    "ringing is a badge and no status": (
        """
        08:00 A registers
        09:00 A rings c1
        09:01 A hangs_up c1
        """,
        ["08:00 online registered desk"],
    ),
    "a second account signs off while the first stays: the cause is whoever left last": (
        """
        08:00 A registers
        08:10 B registers desk-b
        09:00 A expires
        10:00 B signs_off desk-b
        """,
        ["08:00 online registered desk", "10:00 offline signed_off desk-b"],
    ),
    "the switch, by hand": (
        """
        08:00 A registers
        09:00 - switched dnd boss
        09:10 A talks c1
        09:20 A hangs_up c1
        09:30 - switched offline boss
        09:40 A dnd on
        09:50 - switched back anna
        10:00 A dnd off
        """,
        [
            *("08:00 online registered desk", "09:00 dnd switch boss", "09:10 talking call desk"),
            *("09:20 dnd switch boss", "09:30 offline switch boss", "09:50 dnd switch anna", "10:00 online dnd_off"),
        ],
    ),
    "nobody who is offline is switched to anything else": (
        """
        08:00 - switched dnd boss
        09:00 A registers
        10:00 A signs_off
        """,
        ["09:00 dnd switch boss", "10:00 offline signed_off desk"],
    ),
    "outside working hours, by rule": (
        """
        08:00 A registers
        18:00 - switched offline working_hours rule
        18:30 A talks c1
        18:40 A hangs_up c1
        20:00 - switched back working_hours rule
        """,
        [
            *("08:00 online registered desk", "18:00 offline rule working_hours", "18:30 talking call desk"),
            *("18:40 offline rule working_hours", "20:00 online rule working_hours"),
        ],
    ),
    "a rule neither replaces nor ends what a person switched": (
        """
        08:00 A registers
        17:00 - switched dnd anna
        18:00 - switched offline working_hours rule
        20:00 - switched back working_hours rule
        21:00 - switched back anna
        """,
        ["08:00 online registered desk", "17:00 dnd switch anna", "21:00 online switch anna"],
    ),
    "paused in every queue, where that counts as do-not-disturb": (
        """
        08:00 - rules - pause
        08:00 A registers
        08:00 A sits sales
        08:00 A sits support
        09:00 A sits sales paused lunch
        09:01 A sits support paused lunch
        09:30 A sits support
        09:31 A sits support paused lunch
        09:40 A leaves sales
        09:41 A leaves support
        """,
        [
            *("08:00 online registered desk", "09:01 dnd paused", "09:30 online unpaused"),
            *("09:31 dnd paused", "09:41 online unpaused"),
        ],
    ),
    "a pause is a badge, and no status by itself": (
        """
        08:00 A registers
        09:00 A sits sales paused lunch
        """,
        ["08:00 online registered desk"],
    ),
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day(name: str) -> None:
    table, expected = DAYS[name]
    team = Team("A", "B").day(table)
    assert team.history(why=True) == ["00:00 offline watch_began", *expected]
    team.watched.close()


def test_each_device_has_its_own_status_and_agent() -> None:
    team = Team("A").day("""
        08:00 A registers desk Yealink
        08:00 A registers soft Zoiper
        09:00 A talks c1 soft
        09:01 A loses desk
    """)
    assert (team.device("A", "desk"), team.device("A", "soft")) == (Status.OFFLINE, Status.TALKING)
    assert {device.id: device.user_agent for device in team.account("A").devices} == {
        "desk": "Yealink",
        "soft": "Zoiper",
    }
    assert team.row.cause.device == "soft"
    team.day("09:02 A registers desk\n09:03 A dnd on\n09:04 A hangs_up c1")
    assert (team.device("A", "desk"), team.device("A", "soft")) == (Status.DND, Status.DND)


def test_two_devices_may_talk_at_once() -> None:
    team = Team("A").day("""
        08:00 A registers desk
        08:00 A registers soft
        09:00 A talks c1 soft
        09:01 A talks c2 desk
    """)
    assert (team.device("A", "desk"), team.device("A", "soft")) == (Status.TALKING, Status.TALKING)


def test_a_contact_that_the_pbx_does_not_tell_is_not_guessed() -> None:
    team = Team("A").day("08:00 A registers desk\n08:00 A registers soft\n09:00 A talks c1")
    assert team.account("A").status is Status.TALKING
    assert (team.device("A", "desk"), team.device("A", "soft")) == (Status.ONLINE, Status.ONLINE)


def test_an_account_may_be_two_peoples() -> None:
    team = Team("A")
    team.employs({1: ("A",), 2: ("A",)})
    team.day("08:00 A registers\n09:00 A talks c1")
    assert [row.status for row in team.rows.values()] == [Status.TALKING, Status.TALKING]
    assert team.history("A")[1:] == ["08:00 online", "09:00 talking"]


def test_an_account_given_twice_counts_once() -> None:
    team = Team("A", "A").day("08:00 A registers\n09:00 A sits sales paused lunch")
    assert len(team.row.accounts) == len(team.row.queues) == 1


def test_time_in_status_begins_with_the_status() -> None:
    team = Team("A").day("08:00 A registers\n08:30 A registers\n09:00 A sits sales\n09:30 A dnd on\n09:40 A dnd on")
    assert team.row.since == MIDNIGHT + seconds("09:30")
    assert team.row.accounts[0].since == MIDNIGHT + seconds("09:30")
    assert team.row.accounts[0].devices[0].since == MIDNIGHT + seconds("09:30")
