"""The simulated people: who comes also goes, breaks end, nobody talks on a phone that is not there, days add up."""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from callfloor.asterisk.ami import Codec, Message
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import Translator
from callfloor.floor import facts
from callfloor.floor.changes import StatusChanged
from callfloor.floor.days import day_bounds, days_between, stretches_of, tile, totals
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import Status, StatusTold, Why
from callfloor.floor.floor import Floor
from callfloor.project.simulated_past import hear
from callfloor.simulator import Simulator, directory, history
from callfloor.simulator.agenda import Script
from callfloor.simulator.company import lab_company
from callfloor.simulator.desk import Desk
from callfloor.simulator.history import world_of
from callfloor.simulator.past import heard
from callfloor.simulator.plan import Answers, Inbound, Talk
from callfloor.simulator.shifts import plan_of
from callfloor.simulator.world import Fixed, Timed, World

KYIV = ZoneInfo("Europe/Kyiv")
SATURDAY = 1_795_289_860.0  # 21:37 in Kyiv
UNTIL = 1_795_633_200.0  # a Wednesday evening, eight days after a Tuesday's
WORKING_DAYS = (
    days_between(date(2026, 11, 18), date(2026, 11, 20)),
    days_between(date(2026, 11, 23), date(2026, 11, 24)),
)


@pytest.fixture(scope="module")
def week() -> list[Timed]:
    return list(history(until=UNTIL, days=8))


@pytest.fixture(scope="module")
def told(week: list[Timed]) -> list[StatusTold]:
    return statuses(week)


def staff() -> Directory:
    people = enumerate(directory().employees, start=1)
    return Directory(employees=tuple(Employee(id=n, name=each.name, accounts=(each.account,)) for n, each in people))


def statuses(timed: Iterable[Timed], accounts: tuple[str, ...] = ()) -> list[StatusTold]:
    """What history is told of the demo's people, or of these accounts, an employee each."""
    floor, found = Floor(), list[StatusTold]()
    people = staff()
    if accounts:
        people = Directory(employees=tuple(Employee(id=int(a), name=a, accounts=(a,)) for a in accounts))
    floor.apply(facts.DirectorySet(0.0, people))
    translator = Translator("past", Parties(a for e in people.employees for a in e.accounts), country="UA")
    for chunk in hear(translator, timed, name="PBX", watched=True):
        for fact in chunk:
            found += [each.told for each in floor.apply(fact) if isinstance(each, StatusChanged)]
    return found


def events(timed: Iterable[Timed]) -> Iterator[tuple[float, Message]]:
    """The events, without the answers to what was asked."""
    codec = Codec()
    for at, data in timed:
        for message in codec.feed(data):
            if message.action_id is None:
                yield at, message


def opening(timed: list[Timed]) -> list[Message]:
    return Codec().feed(timed[0][1])


# --- conservation -------------------------------------------------------------------------------------------------


def test_every_registration_ends_and_every_end_had_a_registration(week: list[Timed]) -> None:
    there = {m.get("Uri") for m in opening(week) if m.event == "ContactList"}
    began = Counter[str]()
    for _, m in events(week):
        uri, status = m.get("URI"), m.get("ContactStatus")
        if m.event != "ContactStatus":
            continue
        if status == "Removed":
            assert uri in there
            there.remove(uri)
        elif status == "NonQualified" or (status == "Reachable" and uri not in there):
            assert uri not in there
            there.add(uri)
            began[uri] += 1
        else:
            assert uri in there
            assert status in {"Reachable", "Unreachable"}
    assert began.total() > 40 * 5
    assert len(there) < 30  # a Wednesday evening: the late shift, and who forgot to sign off


def test_the_account_goes_with_its_last_device_and_comes_with_its_first(week: list[Timed]) -> None:
    devices: dict[str, set[str]] = defaultdict(set)
    for m in opening(week):
        if m.event == "ContactList":
            devices[m.get("Endpoint")].add(m.get("Uri"))
    state: dict[str, str] = {}
    checked = 0
    for _, m in events(week):
        account = m.get("AOR")
        if m.event == "DeviceStateChange" and m.get("Device").startswith("PJSIP/"):
            state[m.get("Device").removeprefix("PJSIP/")] = m.get("State")
        elif m.event == "ContactStatus":
            gone = m.get("ContactStatus") in {"Removed", "Unreachable"}
            (devices[account].discard if gone else devices[account].add)(m.get("URI"))
            if account in state:
                assert (state[account] == "UNAVAILABLE") is not bool(devices[account])
                checked += 1
    assert checked > 300


def test_every_break_and_every_do_not_disturb_ends_the_same_day(week: list[Timed]) -> None:
    since: dict[tuple[str, str], float] = {}
    reasons: Counter[str] = Counter()
    switched = 0
    for at, m in events(week):
        if m.event == "QueueMemberPause":
            key, on = (m.get("Queue"), m.get("Interface")), m.get("Paused") == "1"
            reasons[m.get("PausedReason")] += on
        elif m.event == "DeviceStateChange" and m.get("Device").startswith("Custom:DND"):
            key, on = ("", m.get("Device")), m.get("State") == "BUSY"
            switched += on
        else:
            continue
        if on:
            assert key not in since
            since[key] = at
        else:
            assert 60.0 < at - since.pop(key) < 5400.0
    assert len(since) < 8  # those of this hour
    assert set(reasons) - {""} == {"lunch", "coffee", "training", "meeting"}
    assert reasons["lunch"] > 50
    assert switched > 60


# --- nobody talks on a phone that is not there --------------------------------------------------------------------


@pytest.mark.parametrize("lively", [False, True])
def test_nobody_is_rung_takes_or_makes_a_call_while_offline(lively: bool) -> None:
    start = SATURDAY - 2 * 86_400.0
    world = world_of(start=start, lively=lively, seed=3)
    out = list(heard(world, start + (86_400.0 if not lively else 4 * 3600.0)))
    devices: dict[str, set[str]] = defaultdict(set)
    for m in opening(out):
        if m.event == "ContactList" and m.get("Status") != "Unreachable":
            devices[m.get("Endpoint")].add(m.get("Uri"))
    born = 0
    for _, m in events(out):
        if m.event == "ContactStatus":
            gone = m.get("ContactStatus") in {"Removed", "Unreachable"}
            (devices[m.get("AOR")].discard if gone else devices[m.get("AOR")].add)(m.get("URI"))
        technology, _, rest = m.get("Channel").partition("/")
        account = rest.rpartition("-")[0]
        if m.event in {"Newchannel", "Newstate"} and technology == "PJSIP" and not account.startswith("trunk"):
            assert devices[account], m.raw
            born += m.event == "Newchannel"
    assert born > 300


def lab() -> tuple[World, Desk]:
    """The lab's PBX, nobody calling, and the place of 101, who sits in the queue "sales"."""
    world = World(company=lab_company(), people=Fixed({"101": Answers(2.0)}), start=SATURDAY)
    return world, Desk(world, world.switch.endpoints["101"], random.Random(1))


def lived(world: World, seconds: float) -> list[Timed]:
    return list(world.advance(world.agenda.now + seconds))


def test_who_is_on_a_break_is_paused_with_the_reason_and_makes_no_call() -> None:
    world, desk = lab()
    endpoint = world.switch.endpoints["101"]
    (seat,) = [m for q in world.switch.queues.values() for m in q.members.values() if m.endpoint is endpoint]
    assert endpoint.idle
    world.agenda.start(desk.take_break("lunch", 600.0))
    lived(world, 1.0)
    assert (seat.paused, seat.reason, endpoint.free, endpoint.idle) == (True, "lunch", True, False)
    lived(world, 600.0)
    assert (seat.paused, endpoint.idle) == (False, True)


def test_a_break_that_a_manager_has_ended_is_not_ended_again() -> None:
    world, desk = lab()
    (queue,) = [q for q in world.switch.queues.values() if "PJSIP/101" in q.members]
    world.agenda.start(desk.take_break("lunch", 600.0))
    lived(world, 1.0)
    member = queue.remove("PJSIP/101")
    queue.pause(member, on=False)
    world.switch.out.clear()
    assert "QueueMemberPause" not in {m.event for _, m in events(lived(world, 700.0))}


def test_nobody_signs_off_while_a_call_rings_or_goes_on() -> None:
    world, desk = lab()
    world.begin(Inbound(did="74951000003", client="79161234567", then=(Talk(120.0),)))
    lived(world, 1.0)
    world.agenda.start(desk.leave(forgets=False))
    lived(world, 60.0)
    assert world.switch.endpoints["101"].contacts
    lived(world, 120.0)
    assert not world.switch.endpoints["101"].contacts
    assert not world.calls


def test_who_forgets_to_sign_off_leaves_a_phone_that_rings_for_nobody() -> None:
    world, desk = lab()
    world.agenda.start(desk.leave(forgets=True))
    lived(world, 60.0)
    endpoint = world.switch.endpoints["101"]
    assert endpoint.contacts
    assert not endpoint.attended


# --- what the floor makes of it -----------------------------------------------------------------------------------


def test_the_same_seed_and_instant_give_the_same_past(week: list[Timed]) -> None:
    assert list(history(until=UNTIL, days=8)) == week
    assert list(itertools.islice(history(until=UNTIL, days=8, seed=2), 100)) != week[:100]


def test_a_persons_statuses_of_each_day_add_up_and_nothing_is_unknown(told: list[StatusTold]) -> None:
    at_work = []
    for employee_id in range(1, 41):
        stretches = stretches_of([each for each in told if each.employee_id == employee_id])
        for day in itertools.chain(*WORKING_DAYS):
            begins_at, ends_at = day_bounds(day, KYIV)
            sums = totals(stretches, begins_at, ends_at, UNTIL)
            assert sums.length_s == ends_at - begins_at
            assert sums.unknown_s == sums.future_s == 0.0
            tiles = tile(stretches, begins_at, ends_at, UNTIL)
            assert all(a.status is not b.status for a, b in itertools.pairwise(tiles))
            at_work.append((sums.talking_s + sums.online_s + sums.dnd_s) / 3600)
    usual = [hours for hours in at_work if 7.5 < hours < 11]
    away = [hours for hours in at_work if hours == 0]
    assert len(usual) > 0.85 * len(at_work)
    assert 0 < len(away) < 0.1 * len(at_work)


def test_on_a_weekend_nearly_everybody_is_offline(told: list[StatusTold]) -> None:
    begins_at, _ = day_bounds(date(2026, 11, 21), KYIV)
    _, ends_at = day_bounds(date(2026, 11, 22), KYIV)
    whole = 0
    for employee_id in range(1, 41):
        stretches = stretches_of([each for each in told if each.employee_id == employee_id])
        whole += totals(stretches, begins_at, ends_at, UNTIL).offline_s == ends_at - begins_at
    assert 20 <= whole < 40


def test_a_lost_network_is_told_apart_from_a_chosen_sign_off(told: list[StatusTold]) -> None:
    why = Counter(each.cause.why for each in told if each.employee_id is not None and each.status is Status.OFFLINE)
    assert why[Why.SIGNED_OFF] > 150
    assert why[Why.EXPIRED] >= 2
    assert why[Why.UNREACHABLE] >= 2


def test_a_cut_off_phone_is_offline_when_its_registration_runs_out_and_comes_back() -> None:
    world, desk = lab()
    (contact,) = world.switch.endpoints["101"].known_contacts
    contact.lifetime_s, contact.roundtrip_us = 120.0, None

    def cut(seconds: float) -> Script:
        yield 30.0
        yield from desk.lose_network(seconds)

    world.agenda.start(cut(600.0))
    valid = contact.expires_at(SATURDAY + 30.0)
    found = statuses(heard(world, SATURDAY + 2000.0), accounts=("101",))
    told = [(each.status, each.cause.why, each.at - SATURDAY) for each in found if each.account == "101"]
    assert [each[:2] for each in told] == [
        (Status.ONLINE, Why.WATCH_BEGAN), (Status.OFFLINE, Why.EXPIRED), (Status.ONLINE, Why.REGISTERED),
    ]  # fmt: skip
    assert valid <= SATURDAY + told[1][2] <= valid + 31.0
    assert told[2][2] == pytest.approx(630.0, abs=0.1)


def test_a_qualified_phone_that_is_cut_off_is_unreachable_within_a_minute() -> None:
    world, desk = lab()
    (contact,) = world.switch.endpoints["101"].known_contacts
    contact.roundtrip_us = 20_000
    world.agenda.start(desk.lose_network(300.0))
    found = statuses(heard(world, SATURDAY + 900.0), accounts=("101",))
    told = [(each.status, each.cause.why, each.at - SATURDAY) for each in found if each.account == "101"]
    assert [each[:2] for each in told] == [
        (Status.ONLINE, Why.WATCH_BEGAN), (Status.OFFLINE, Why.UNREACHABLE), (Status.ONLINE, Why.REGISTERED),
    ]  # fmt: skip
    assert 0.0 <= told[1][2] <= 61.0


def test_unwatched_the_past_teaches_who_is_there_and_tells_history_nothing(week: list[Timed]) -> None:
    floor = Floor()
    people = staff()
    floor.apply(facts.DirectorySet(0.0, people))
    for chunk in hear(Translator("past", Parties()), week[:10_000], name="PBX", watched=False):
        for fact in chunk:
            assert not any(isinstance(each, StatusChanged) for each in floor.apply(fact))
    assert (
        sum(bool(account.devices) for row in floor.snapshot().employees for account in row.accounts) > 25
    )  # Wednesday noon


# --- lively -------------------------------------------------------------------------------------------------------


def test_the_living_floor_has_people_of_every_status_from_its_first_minute_on() -> None:
    simulator = Simulator(clock=lambda: SATURDAY, paced=False)
    past = simulator.take_past()
    assert past[0][0] == SATURDAY - 1200.0
    assert simulator.take_past() == []
    later = list(simulator.world.advance(SATURDAY + 3600.0))
    floor, seen, minutes = Floor(), Counter[Status | str](), 0
    people = staff()
    floor.apply(facts.DirectorySet(past[0][0], people))
    next_at = past[0][0] + 60.0
    for chunk in hear(Translator("pbx1", Parties()), [*past, *later], name="PBX", watched=True):
        for fact in chunk:
            floor.apply(fact)
        if chunk[-1].at >= next_at:
            next_at += 60.0
            minutes += 1
            rows = floor.snapshot().employees
            seen.update({row.status for row in rows})
            seen["break"] += any(seat.paused for row in rows for seat in row.queues)
    assert minutes == 79
    assert Status.UNKNOWN not in seen
    assert min(seen[status] for status in Status if status is not Status.UNKNOWN) > 0.6 * minutes, seen
    assert seen["break"] > 0.6 * minutes


# --- plans --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])  # of 23 and of 25 hours, both Sundays
def test_who_works_on_the_day_of_the_clock_change_comes_by_the_clock(day: date) -> None:
    plans = [plan_of(day, f"{n}", (9.0, 18.0), KYIV) for n in range(400)]
    coming = [datetime.fromtimestamp(plan.begins_at, KYIV) for plan in plans if plan is not None]
    assert 8 < len(coming) < 80
    assert all(at.date() == day and 9 <= at.hour <= 11 for at in coming)
