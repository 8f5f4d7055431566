"""The simulated company: the same every time, nothing lost and nothing invented, at the pace of a working day."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callfloor.asterisk.ami import Codec, Message
from callfloor.simulator import directory, history, play
from callfloor.simulator.agenda import FOREVER, Agenda, Bell, Script
from callfloor.simulator.history import world_of
from callfloor.simulator.world import Timed, World

START = 1_795_289_860.0  # a Saturday evening
MONDAY_NOON = 1_795_424_400.0


def parsed(timed: Iterable[Timed]) -> list[Message]:
    """Through the product's own codec."""
    return Codec().feed(b"Asterisk Call Manager/11.0.0\r\n" + b"".join(data for _, data in timed))


def values(messages: Iterable[Message], event: str, header: str) -> list[str]:
    """One header of every message of a name."""
    return [m.get(header) for m in messages if m.event == event]


def lived_through(world: World, seconds: float, meddler: random.Random | None = None) -> list[Timed]:
    """Let a world live, a manager hanging up and redirecting at random if there is one; then hang up everything."""
    out: list[Timed] = []
    until = world.agenda.now + seconds
    while world.agenda.now < until:
        out += world.advance(min(until, world.agenda.now + (meddler.expovariate(1 / 10) if meddler else seconds)))
        if meddler is not None and world.switch.channels and meddler.random() < 0.4:
            channel = meddler.choice(list(world.switch.channels.values()))
            assert channel.call is not None
            if meddler.random() < 0.5:
                world.cut(channel.call, channel)
            else:
                world.send(channel, meddler.choice([*(p.account for p in world.company.people), "79160000000"]))
            out += world.switch.out
            world.switch.out.clear()
    return [*out, *world.close()]


# --- the virtual clock --------------------------------------------------------------------------------------------


def test_scripts_wait_for_time_and_for_bells_in_the_order_they_came() -> None:
    agenda, bell, said = Agenda(100.0), Bell(), []

    def sleeper() -> Script:
        yield 2.0
        said.append(("slept", agenda.now))
        bell.ring(agenda)

    def waiter(patience: float) -> Script:
        rang = yield bell, patience
        said.append((rang, agenda.now))

    for script in (waiter(5.0), sleeper(), waiter(1.0), waiter(FOREVER)):
        agenda.start(script)
    while agenda.step(200.0):
        pass
    assert said == [(False, 101.0), ("slept", 102.0), (True, 102.0), (True, 102.0)]
    assert agenda.now == 200.0


def test_an_interrupted_script_is_not_woken_by_its_old_timer() -> None:
    agenda, said = Agenda(0.0), []

    def script() -> Script:
        try:
            yield 10.0
        except KeyError:
            said.append("interrupted")
        yield 100.0
        said.append("later")

    task = agenda.start(script())
    agenda.step(1.0)
    agenda.at(5.0, lambda: task.interrupt(KeyError()))
    while agenda.step(50.0):
        pass
    assert said == ["interrupted"]
    assert not task.done


# --- the same every time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [False, True])
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(noise: bool) -> None:
    first, again, other = (
        list(world_of(start=START, seed=seed, noise=noise).advance(START + 900)) for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_a_played_scenario_is_the_same_at_any_hour() -> None:
    early, late = play("attended_transfer_dtmf", at=START), play("attended_transfer_dtmf", at=START + 86_400)
    assert [m.event for m in parsed(early)] == [m.event for m in parsed(late)]
    assert [round(at - START, 3) for at, _ in early] == [round(at - START - 86_400, 3) for at, _ in late]


# --- nothing lost, nothing invented -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_every_channel_ends_once_and_every_bridge_is_left(seed: int) -> None:
    meddler = random.Random(seed)
    world = world_of(
        start=START, seed=seed, employees=meddler.choice((10, 40, 60)), calls_per_minute=meddler.choice((3, 8, 25)),
        noise=seed % 4 == 0,
    )  # fmt: skip
    out = lived_through(world, 2400, meddler if seed % 2 else None)
    messages = parsed(out)
    assert len(messages) == len(out)
    born, gone = values(messages, "Newchannel", "Uniqueid"), values(messages, "Hangup", "Uniqueid")
    assert len(set(born)) == len(born) > 50
    assert sorted(born) == sorted(gone)
    assert sorted(values(messages, "BridgeDestroy", "BridgeUniqueid")) == sorted(
        m.get("BridgeUniqueid")
        for m in messages
        if m.event == "BridgeCreate" and m.get("BridgeTechnology") != "holding_bridge"
    )
    _no_life_after_death(messages)
    count = Counter(m.event for m in messages)
    for begin, end in (
        ("QueueCallerJoin", "QueueCallerLeave"), ("AgentConnect", "AgentComplete"),
        ("MusicOnHoldStart", "MusicOnHoldStop"),
    ):  # fmt: skip
        assert count[begin] == count[end], begin
    _all_is_quiet(world)


def _no_life_after_death(messages: list[Message]) -> None:
    where: dict[str, str] = {}
    dead: set[str] = set()
    for m in messages:
        uid = m.get("Uniqueid")
        assert uid not in dead, m.raw
        assert m.get("DestUniqueid") not in dead, m.raw
        if m.event == "BridgeEnter":
            assert where.setdefault(uid, m.get("BridgeUniqueid")) == m.get("BridgeUniqueid")
        elif m.event == "BridgeLeave":
            assert where.pop(uid) == m.get("BridgeUniqueid")
        elif m.event == "Hangup":
            assert uid not in where
            dead.add(uid)
    assert not where


def _all_is_quiet(world: World) -> None:
    switch = world.switch
    assert not switch.channels
    assert not switch.by_name
    assert not switch.parked
    assert not world.calls
    assert {e.state for e in switch.endpoints.values()} <= {"NOT_INUSE", "UNAVAILABLE"}
    for queue in switch.queues.values():
        assert not queue.entries
        assert not any(m.reserved or m.incall for m in queue.members.values())


def test_messages_leave_in_time_order_and_never_two_in_one_instant() -> None:
    instants = [at for at, _ in world_of(start=START).advance(START + 1200)]
    assert all(a < b for a, b in itertools.pairwise(instants))


def test_names_in_other_alphabets_arrive_whole() -> None:
    people = {e.name for e in directory(employees=60).employees}
    messages = parsed(world_of(start=START, employees=60).advance(START + 3600))
    seen = {m.get("CallerIDName") for m in messages} - {"<unknown>", "", "Anonymous"}
    assert len(people) == 60
    assert {n for n in seen if not n.startswith("Callback ")} <= people
    assert any(not n.isascii() for n in seen)


# --- the pace -----------------------------------------------------------------------------------------------------


def test_a_working_day_has_its_calls_by_day_and_a_weekend_nearly_none() -> None:
    zone = ZoneInfo("Europe/Kyiv")
    until = MONDAY_NOON + 9 * 86_400
    days: Counter[str] = Counter()
    hours: Counter[int] = Counter()
    for at, data in history(until=until, days=9):
        m = parsed([(at, data)])[0]  # of an answer to a listing: its head
        if m.event == "Newchannel" and m.get("Uniqueid") == m.get("Linkedid"):
            local = datetime.fromtimestamp(at, UTC).astimezone(zone)
            days[f"{local:%a %d}"] += 1
            hours[local.hour] += 1
    whole = {day: n for day, n in days.items() if not day.startswith(("Sat", "Sun"))}
    assert len([n for n in whole.values() if 250 <= n <= 420]) >= 6, days
    assert all(n < 80 for day, n in days.items() if day.startswith(("Sat", "Sun"))), days
    assert sum(hours[h] for h in range(6)) < 20
    assert min(hours[h] for h in (10, 11, 15)) > 3 * hours[19]


def test_the_history_has_no_open_end_and_keeps_within_its_days() -> None:
    timed = list(history(until=START, days=2, seed=3))
    messages = parsed(timed)
    assert START - 2 * 86_400 <= timed[0][0] < timed[-1][0] <= START + 1
    assert sorted(values(messages, "Newchannel", "Uniqueid")) == sorted(values(messages, "Hangup", "Uniqueid"))


def test_the_living_floor_is_busy_at_night_and_shows_every_state() -> None:
    world = world_of(start=START)  # Saturday, 21:37 in Kyiv
    list(world.advance(START + 1200))
    calls, seen = [], Counter[str]()
    for minute in range(60):
        list(world.advance(START + 1260 + minute * 60))
        channels = list(world.switch.channels.values())
        calls.append(sum(bool(c.channels) for c in world.calls))
        entries = [e for q in world.switch.queues.values() for e in q.entries]
        seen["ivr"] += any(c.application in {"Background", "WaitExten"} and c.bridge is None for c in channels)
        seen["queue"] += bool(entries)
        seen["ringing"] += any(c.state == 5 and c.endpoint not in world.company.trunks for c in channels)
        seen["dialling"] += any(c.state == 5 and c.endpoint in world.company.trunks for c in channels)
        seen["hold"] += any(c.held for c in channels)
        seen["talking"] += any(c.bridge for c in channels)
    assert 12 <= sorted(calls)[30] <= 19
    assert seen["talking"] == 60
    assert min(seen.values()) >= 24, seen  # each state is on the floor at least two minutes in five


def test_the_noise_has_a_real_pbxs_proportions() -> None:
    count = Counter(m.event for m in parsed(world_of(start=START, noise=True).advance(START + 1800)))
    dialplan = (count["VarSet"] + count["Newexten"]) / count.total()
    assert 0.5 < dialplan < 0.75  # 0.68 of the recordings' messages
    assert count["RTCPSent"] > 100


# --- sizes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("employees", [1, 10, 40, 449, 1000])
def test_a_company_of_any_size_has_five_departments_and_three_queues(employees: int) -> None:
    found = directory(employees=employees)
    assert len(found.employees) == max(10, employees)
    assert len({e.account for e in found.employees}) == len(found.employees)
    assert {e.department for e in found.employees} == set(found.departments)
    assert len(found.departments) == 5
    assert len(found.queues) == 3
    assert len({n.number for n in found.numbers}) == len(found.numbers)
    assert all(n.scheme and n.label for n in found.numbers)


def test_a_thousand_calls_at_once_are_kept_up() -> None:
    world = world_of(start=START, employees=1000, simultaneous=1000)
    for _ in world.advance(START + 300):
        pass
    busy = sum(bool(c.channels) for c in world.calls)
    assert 900 <= busy <= 1100
    assert len([c for c in world.calls if any(x.bridge for x in c.channels)]) > 500
