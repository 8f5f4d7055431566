"""What calls make of a person: badges, consultations, callbacks, mobile numbers, supervision, missed calls."""

import pytest

from callfloor.floor import facts
from callfloor.floor.employees import Status
from callfloor.floor.facts import Born, EndCause, Side, TransferKind
from support.team import LINK, MIDNIGHT, Team, seconds

CALL = f"{LINK}-c1"
CLIENT, LEG, COLLEAGUE = f"{CALL}-client", f"{CALL}-A", f"{CALL}-B"


def started(team: Team, leg: str, account: str | None, born: Born, call: str = CALL, **more: object) -> None:
    side = Side.EMPLOYEE if account else Side.OUTSIDE
    known = {"at": team.now, "leg": leg, "call": call, "side": side, "born": born, "account": account}
    team.put(facts.LegStarted(**{**known, **more}))  # type: ignore[arg-type]


def placed(team: Team, *places: tuple[str, str | None]) -> None:
    team.put(facts.LegsPlaced(team.now, places))


def test_every_phone_of_a_ring_all_has_its_badge_until_somebody_answers() -> None:
    team = Team("A")
    team.employs({1: ("A",), 2: ("B",), 3: ("C",)})
    team.day(
        "08:00 A registers\n08:00 B registers\n08:00 C registers\n09:00 A rings c1\n09:00 B rings c1\n09:00 C rings c1"
    )
    assert [[badge.kind for badge in row.badges] for row in team.rows.values()] == [["ringing"]] * 3
    assert [row.status for row in team.rows.values()] == [Status.ONLINE] * 3
    team.day("09:01 A talks c1\n09:01 B drops c1\n09:01 C drops c1")
    assert [list(row.badges) for row in team.rows.values()] == [[], [], []]
    assert [row.status for row in team.rows.values()] == [Status.TALKING, Status.ONLINE, Status.ONLINE]


def test_who_dials_has_a_badge_and_talks_when_the_other_answers() -> None:
    team = Team("A").day("08:00 A registers")
    started(team, LEG, "A", Born.CALLING, dialled="79161234567")
    started(team, CLIENT, None, Born.CALLED, number="79161234567")
    assert (team.row.status, team.badges()) == (Status.ONLINE, ["dialling"])
    team.put(facts.LegAnswered(team.now, CLIENT), facts.LegAnswered(team.now, LEG))
    placed(team, (LEG, "room"), (CLIENT, "room"))
    assert (team.row.status, team.badges()) == (Status.TALKING, [])


def test_a_callback_makes_its_employee_wait_for_the_client_and_then_talk() -> None:
    team = Team("A").day("08:00 A registers")
    started(team, LEG, "A", Born.ORIGINATED, number="79161234567")
    team.put(facts.LegRang(team.now, LEG))
    assert team.badges() == ["ringing"]
    team.put(facts.LegAnswered(team.now, LEG))
    assert (team.row.status, team.badges()) == (Status.ONLINE, ["dialling"])
    started(team, CLIENT, None, Born.CALLED, number="79161234567")
    assert team.badges() == ["dialling"]
    team.put(facts.LegAnswered(team.now, CLIENT))
    placed(team, (LEG, "room"), (CLIENT, "room"))
    assert (team.row.status, team.badges()) == (Status.TALKING, [])
    team.put(facts.LegEnded(team.now + 60, CLIENT, EndCause.NORMAL))
    placed(team, (LEG, None))
    assert (team.history()[-1], team.badges()) == ("08:01 online", [])


def test_who_consults_a_colleague_by_feature_code_goes_on_talking() -> None:
    team = Team("A")
    team.employs({1: ("A",), 2: ("B",)})
    team.day("08:00 A registers\n08:00 B registers\n09:00 A talks c1")
    team.now += 60
    placed(team, (LEG, None))  # the client hears music, A hears B's phone ring
    started(team, COLLEAGUE, "B", Born.CALLED)
    team.put(facts.LegRang(team.now, COLLEAGUE))
    assert team.row.status is Status.TALKING
    team.put(facts.LegAnswered(team.now, COLLEAGUE))
    placed(team, (LEG, "aside"), (COLLEAGUE, "aside"))
    assert [row.status for row in team.rows.values()] == [Status.TALKING, Status.TALKING]
    team.now += 60
    placed(team, (COLLEAGUE, "room-c1"), (LEG, None))
    team.put(facts.LegEnded(team.now, LEG, EndCause.NORMAL))
    assert [row.status for row in team.rows.values()] == [Status.ONLINE, Status.TALKING]
    assert team.history()[1:] == ["08:00 online", "09:00 talking", "09:02 online"]


def test_a_consultation_by_a_second_call_is_one_stretch() -> None:
    team = Team("A").day("08:00 A registers\n09:00 A talks c1\n09:01 A holds c1")
    started(team, f"{LINK}-c2-A", "A", Born.CALLING, call=f"{LINK}-c2", dialled="102")
    assert team.row.status is Status.TALKING
    assert team.badges() == ["dialling"]
    team.put(facts.CallsJoined(team.now, CALL, f"{LINK}-c2"))
    assert team.row.status is Status.TALKING
    assert team.row.cause.call_id == CALL
    team.put(facts.LegEnded(team.now, f"{LINK}-c2-A", EndCause.NORMAL))
    team.day("09:02 A hangs_up c1")
    assert team.history()[1:] == ["08:00 online", "09:00 talking", "09:02 online"]


def test_a_row_points_to_a_call_that_goes_on() -> None:
    team = Team("A").day("08:00 A registers\n09:00 A talks c1\n09:01 A talks c2\n09:02 A hangs_up c1")
    assert team.row.cause.call_id == f"{LINK}-c2"
    assert team.row.accounts[0].cause.call_id == f"{LINK}-c2"
    team = Team("A", "B").day("09:00 A talks c1\n09:01 B talks c2\n09:02 A hangs_up c1")
    assert team.row.cause.call_id == f"{LINK}-c2"


def test_parked_by_them_and_fetched() -> None:
    team = Team("A").day("08:00 A registers\n09:00 A talks c1")
    placed(team, (CLIENT, None))
    team.put(facts.Parked(team.now, CLIENT, "701"))
    team.put(facts.LegEnded(team.now, LEG, EndCause.NORMAL))
    assert team.row.status is Status.ONLINE


def test_after_a_blind_transfer_they_are_free_when_their_leg_is_gone() -> None:
    team = Team("A").day("08:00 A registers\n09:00 A talks c1")
    team.put(facts.Transferred(at=team.now, leg=LEG, kind=TransferKind.BLIND, target="102"))
    placed(team, (LEG, None))
    team.put(facts.LegEnded(team.now + 1, LEG, EndCause.NORMAL))
    assert team.history()[1:] == ["08:00 online", "09:00 talking", "09:00:01 online"]


def test_who_stays_on_the_line_alone_is_not_talking() -> None:
    team = Team("A").day("08:00 A registers\n09:00 A talks c1")
    team.put(facts.LegEnded(team.now + 60, CLIENT, EndCause.NORMAL))
    assert team.history()[-1] == "09:01 online"


def test_a_feature_code_is_no_conversation() -> None:
    team = Team("A").day("08:00 A registers")
    started(team, LEG, "A", Born.CALLING, dialled="*78", feature=True)
    team.put(facts.LegAnswered(team.now, LEG))
    team.day("08:00:01 A dnd on")
    assert (team.row.status, team.badges()) == (Status.DND, [])


def test_a_service_of_the_pbx_is_no_conversation() -> None:
    team = Team("A").day("08:00 A registers")
    started(team, LEG, "A", Born.CALLING, dialled="600")
    assert team.badges() == ["dialling"]
    team.put(facts.LegAnswered(team.now, LEG), facts.ServiceEntered(at=team.now, leg=LEG, service=facts.Service.IVR))
    assert (team.row.status, team.badges()) == (Status.ONLINE, [])


def test_listening_to_a_colleague_is_no_conversation() -> None:
    team = Team("A")
    team.employs({1: ("A",), 2: ("B",)})
    team.day("08:00 A registers\n08:00 B registers\n09:00 B talks c1")
    spy = f"{LINK}-spy"
    started(team, spy, "A", Born.ORIGINATED, call=spy)
    team.put(facts.LegRang(team.now, spy), facts.LegAnswered(team.now, spy))
    team.put(facts.SupervisionStarted(team.now, spy, COLLEAGUE))
    assert (team.row.status, team.badges()) == (Status.ONLINE, [])
    placed(team, (spy, "room-c1"))  # nothing that is told of the leg counts any more
    assert team.row.status is Status.ONLINE


def test_in_a_conference_everybody_talks_while_there_are_two() -> None:
    team = Team("A")
    team.employs({1: ("A",), 2: ("B",)})
    for n, account in enumerate("AB"):
        started(team, f"{LINK}-{n}", account, Born.CALLING, call=f"{LINK}-{n}", dialled="800")
        team.put(facts.LegAnswered(team.now, f"{LINK}-{n}"))
    team.put(facts.CallsJoined(team.now, f"{LINK}-0", f"{LINK}-1"))
    placed(team, (f"{LINK}-0", "conf"))
    assert [row.status for row in team.rows.values()] == [Status.OFFLINE, Status.OFFLINE]
    placed(team, (f"{LINK}-1", "conf"))
    assert [row.status for row in team.rows.values()] == [Status.TALKING, Status.TALKING]


MOBILE = "79165550000"


@pytest.mark.parametrize("queue_member", [True, False])
def test_a_call_through_a_mobile_number_makes_its_employee_talk(queue_member: bool) -> None:
    team = Team("A", MOBILE)
    team.employs({1: ("A", MOBILE), 2: ("B",)})
    caller = None if queue_member else "B"
    started(team, CLIENT, caller, Born.CALLING, dialled=MOBILE, number=None if caller else "79161234567")
    started(team, LEG, None, Born.CALLED, number=MOBILE)
    team.put(facts.LegIdentified(at=team.now, leg=LEG, number=MOBILE, account=MOBILE))
    team.put(facts.LegRang(team.now, LEG))
    assert team.badges() == ["ringing"]
    team.put(facts.LegAnswered(team.now, LEG), facts.LegAnswered(team.now, CLIENT))
    placed(team, (CLIENT, "room"), (LEG, "room"))
    assert team.row.status is Status.TALKING
    assert team.watched.call.client_number == (None if caller else "79161234567")
    assert team.row.cause.account == MOBILE
    team.put(facts.LegEnded(team.now + 60, LEG, EndCause.NORMAL))
    assert team.history()[-2:] == ["00:00 talking", "00:01 offline"]


def test_wrap_up_ends_by_itself_and_is_no_status() -> None:
    team = Team("A").day("08:00 A registers\n09:00 A talks c1\n09:10 A hangs_up c1\n09:10 A sits sales - - 20")
    assert team.badges() == ["wrap_up sales"]
    badge = team.row.badges[0]
    assert (badge.since, badge.until) == (MIDNIGHT + seconds("09:10"), MIDNIGHT + seconds("09:10:20"))
    team.day("09:10:05 A sits sales - - 15")  # the same, told again
    assert team.row.badges == (badge,)
    team.day("09:10:06 A sits sales - - 14.5")  # the PBX's clock is known better by now
    assert [(each.since, each.until) for each in team.row.badges] == [(badge.since, badge.since + 20.5)]
    team.day("09:10:07 A sits sales - - 13")
    assert team.row.status is Status.ONLINE
    team.until("09:10:19")
    assert team.badges() == ["wrap_up sales"]
    team.until("09:10:20")
    assert team.badges() == []


def test_a_call_in_wrap_up_begins_it_anew() -> None:
    team = Team("A").day("09:10 A sits sales - - 20\n09:10:10 A sits sales\n09:11 A sits sales - - 20")
    assert [badge.since for badge in team.row.badges] == [MIDNIGHT + seconds("09:11")]
    team.day("09:11:01 A leaves sales")
    assert team.row.badges == ()


def test_pauses_show_their_queue_and_reason() -> None:
    team = Team("A").day("""
        09:00 A sits sales paused lunch
        09:00 A sits support paused
    """)
    assert team.badges() == ["paused sales lunch", "paused support"]
    since = {seat.queue: seat.since for seat in team.row.queues}
    team.day("09:10 A sits sales paused meeting\n09:10 A sits support paused")
    assert team.badges() == ["paused sales meeting", "paused support"]
    assert {seat.queue: seat.since - since[seat.queue] for seat in team.row.queues} == {"sales": 600, "support": 0}
    team.day("09:20 A sits sales\n09:20 A leaves support")
    assert team.badges() == []
    assert [seat.queue for seat in team.row.queues] == ["sales"]


def is_switched(team: Team) -> bool:
    return team.row.switch is not None


def miss(team: Team, *accounts: str, call: str, rang_s: int = 10) -> None:
    """A call rings on accounts, long enough, and the caller gives up."""
    for account in accounts:
        team.rings(account, call)
    team.now += rang_s
    for account in accounts:
        team.drops(account, call)
    team.hangs_up(accounts[0], call)


def test_so_many_missed_in_a_row_switch_an_employee_to_do_not_disturb() -> None:
    team = Team("A", "B").day("08:00 A registers\n08:00 - rules 2")
    miss(team, "A", "B", call="m1")  # two phones, one call
    assert not is_switched(team)
    miss(team, "A", call="m2", rang_s=5)  # exactly the threshold is not missed
    assert not is_switched(team)
    miss(team, "B", call="m3")
    assert is_switched(team)
    assert team.history(why=True)[-1] == "08:00:25 dnd rule missed_in_a_row"
    team.day("08:10 - switched back anna")
    miss(team, "A", call="m4")
    assert not is_switched(team)  # the count began anew


def test_an_answered_call_ends_the_row_of_missed_ones() -> None:
    team = Team("A").day("08:00 A registers\n08:00 - rules 2")
    miss(team, "A", call="m1")
    team.day("08:10 A talks c1\n08:11 A hangs_up c1")
    miss(team, "A", call="m2")
    assert not is_switched(team)
    miss(team, "A", call="m3")
    assert is_switched(team)


def test_without_the_rule_nobody_is_switched() -> None:
    team = Team("A").day("08:00 A registers")
    for n in range(5):
        miss(team, "A", call=f"m{n}")
    assert not is_switched(team)
