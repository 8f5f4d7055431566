"""What is known of a person while a PBX is watched, is not, and while the directory changes (ST-4)."""

from callfloor.floor import facts
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import Status, Why
from support.team import LINK, Team, clock

OTHER = "other"


def test_before_any_pbx_was_watched_everybody_is_unknown() -> None:
    team = Team("A", up=False)
    assert (team.row.status, team.row.stale) == (Status.UNKNOWN, True)
    team.put(facts.LinkLost(team.now, LINK, "PBX", "no route", ever=False))
    assert team.row.status is Status.UNKNOWN
    assert team.history() == []


def test_who_was_found_so_is_told_from_when_the_link_was_up() -> None:
    team = Team("A", "B", up=False).day("""
        08:00 A finds
        08:00 A talks c1
        08:00:01 - listed 08:00
        08:00:02 - up
    """)
    assert team.history(why=True) == ["08:00:02 talking watch_began desk"]
    assert team.history("B", why=True) == ["08:00:02 offline watch_began"]
    told = team.historian.told[1][0]
    assert told.cause.call_id is not None
    assert not team.row.stale


def test_a_lost_link_keeps_the_last_known_status_live_and_tells_history_unknown() -> None:
    team = Team("A").day("08:00 A registers\n09:00 - lost")
    assert (team.row.status, team.row.stale) == (Status.ONLINE, True)
    assert clock(team.row.since) == "08:00"
    team.day("""
        09:10 A finds
        09:10:01 - listed 09:09:59
        09:10:02 - up
    """)
    assert (team.row.status, team.row.stale) == (Status.ONLINE, False)
    assert clock(team.row.since) == "08:00"
    assert team.history(why=True)[1:] == [
        "08:00 online registered desk",
        "09:00 unknown link_lost",
        "09:10:02 online watch_began desk",
    ]
    assert team.history("A") == team.history()


def test_what_changed_meanwhile_is_found_so() -> None:
    team = Team("A").day("""
        08:00 A registers
        08:30 A talks c1
        09:00 - lost
        09:10 A hangs_up c1
        09:10:01 - listed 09:09:59
        09:10:02 - up
    """)
    assert team.row.status is Status.OFFLINE
    assert team.row.cause.why is Why.WATCH_BEGAN
    assert team.history()[-2:] == ["09:00 unknown", "09:10:02 offline"]


def test_a_device_listed_long_before_the_outage_is_not_taken_for_listed() -> None:
    team = Team("A").day("""
        08:00 A finds
        08:00:01 - listed 07:59:59
        08:00:02 A finds
        09:00 - lost
        09:10:01 - listed 09:09:59
        09:10:02 - up
    """)
    assert team.row.status is Status.OFFLINE


def test_a_link_that_flaps_tells_each_outage() -> None:
    team = Team("A").day("08:00 A registers\n09:00 - lost\n09:00:05 - up\n09:00:10 - lost\n09:00:20 - up")
    assert team.history()[2:] == ["09:00 unknown", "09:00:05 online", "09:00:10 unknown", "09:00:20 online"]


def two_pbxes() -> Team:
    """A is on one PBX, B on another; both are up, both are online."""
    team = Team("A", "B")
    team.put(facts.LinkUp(team.now, OTHER, "Other"))
    team.day("08:00 A registers")
    seen = facts.DeviceSeen(at=team.now, link=OTHER, account="B", device="soft", reachable=True)
    team.put(seen)
    return team


def test_one_of_two_pbxes_lost_makes_its_accounts_unknown_and_whoever_has_one_there() -> None:
    team = two_pbxes().day("09:00 - lost\n09:10 - up")
    assert team.history("A")[-2:] == ["09:00 unknown", "09:10 online"]
    assert team.history("B") == ["00:00 offline", "08:00 online"]
    assert team.history()[-2:] == ["09:00 unknown", "09:10 online"]  # on A they might have been talking


def test_a_conversation_on_the_pbx_that_is_watched_is_certain() -> None:
    team = two_pbxes()
    team.put(facts.LinkLost(team.now, OTHER, "Other", "cut"))
    team.day("09:00 A talks c1\n09:10 A hangs_up c1")
    assert team.history()[-3:] == ["08:00 unknown", "09:00 talking", "09:10 unknown"]
    assert team.row.stale


def test_an_account_on_two_pbxes_needs_both() -> None:
    team = Team("A")
    team.put(facts.LinkUp(team.now, OTHER, "Other"))
    team.day("08:00 A registers desk")
    team.put(facts.DeviceSeen(at=team.now, link=OTHER, account="A", device="soft", reachable=True))
    team.day("09:00:01 - listed 09:00")  # lists the one PBX's devices: desk is gone, soft is not its business
    assert [device.id for device in team.account("A").devices] == ["soft"]
    team.put(facts.LinkLost(team.now, OTHER, "Other", "cut"))
    assert team.history("A")[-1] == "09:00:01 unknown"


def test_a_listing_of_one_pbx_says_nothing_of_another_pbxs_queues() -> None:
    team = Team("A")
    team.put(facts.LinkUp(team.now, OTHER, "Other"))
    team.day("08:00 A sits sales")
    team.put(facts.SeatTaken(at=team.now, link=OTHER, account="A", queue="support"))
    team.day("09:00:01 - listed 09:00")
    assert [seat.queue for seat in team.row.queues] == ["support"]


def test_an_employee_without_accounts_is_offline_where_all_is_watched() -> None:
    team = Team("A")
    team.put(facts.DirectorySet(team.now, Directory(employees=(Employee(id=1, name="Anna"),))))
    assert (team.row.status, team.row.stale) == (Status.OFFLINE, False)
    team.day("09:00 - lost")
    assert (team.row.status, team.row.stale) == (Status.OFFLINE, True)
    assert team.history()[-1] == "09:00 unknown"


def test_an_account_that_moves_in_mid_call_takes_its_call_along() -> None:
    team = Team("A")
    team.employs({1: ("A",), 2: ()})
    team.day("08:00 A registers\n09:00 A talks c1")
    team.now += 300
    team.employs({1: (), 2: ("A",)})
    assert [team.rows[n].status for n in (1, 2)] == [Status.OFFLINE, Status.TALKING]
    assert team.history(1, why=True)[-1] == "09:05 offline directory"
    assert team.history(2, why=True)[-1] == "09:05 talking directory"
    assert team.history("A")[-1] == "09:00 talking"  # the account's own story goes on
    team.day("09:10 A hangs_up c1")
    assert team.history(2)[-1] == "09:10 online"


def test_who_leaves_the_directory_is_unknown_from_then_on_and_comes_back_as_they_are() -> None:
    team = Team("A").day("08:00 A registers\n09:00 A talks c1")
    team.employs({2: ("B",)})
    assert list(team.rows) == [2]
    assert team.history(1, why=True)[-1] == "09:00 unknown directory"
    assert team.history("A", why=True)[-1] == "09:00 unknown directory"
    team.day("09:05 A hangs_up c1\n09:06 A dnd on")
    assert team.history("A")[-1] == "09:00 unknown"
    team.now += 60
    team.employs({1: ("A",), 2: ("B",)})
    assert team.rows[1].status is Status.DND
    assert team.history(1)[-1] == "09:07 dnd"
    assert team.history("A")[-1] == "09:07 dnd"


def test_what_a_pbx_told_of_accounts_before_they_were_anybodys_is_not_forgotten() -> None:
    team = Team("A").day("08:00 X registers\n08:10 X dnd on")
    team.now += 60
    team.employs({1: ("A",), 2: ("X",)})
    assert team.rows[2].status is Status.DND
    assert clock(team.account("X").since) == "08:10"
    assert team.history("X") == ["08:11 dnd"]


def test_a_renamed_employee_tells_nothing() -> None:
    team = Team("A").day("08:00 A registers")
    before = team.history()
    team.put(facts.DirectorySet(team.now, Directory(employees=(Employee(id=1, name="New name", accounts=("A",)),))))
    assert team.history() == before


def test_a_fact_of_the_past_counts_from_now_on() -> None:
    team = Team("A").day("08:00 A registers")
    late = facts.DndSet(at=team.now - 60, link=LINK, account="A", on=True)
    team.put(late)
    assert team.history()[-1] == "08:00 dnd"
    assert clock(team.row.since) == "08:00"


def test_devices_that_a_pbx_may_not_list_are_believed_one_by_one_and_its_word_for_the_account_counts() -> None:
    team = Team("A", up=False)
    team.put(facts.PeopleListed(at=team.now, link=LINK, devices=False, seats=True, dnd=False))
    team.put(facts.LinkUp(team.now, LINK, "PBX"))
    team.day("""
        08:00 A callable yes
        08:10 A registers soft
        08:20 A signs_off soft      # another phone, never told of, is there still
        08:30 A callable no
    """)
    assert team.history(why=True)[1:] == ["08:00 online registered", "08:30 offline unreachable"]
