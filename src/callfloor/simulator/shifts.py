"""Who is at their phone, and when: working days, breaks, do-not-disturb, forwarding, lost networks.

Everybody has a generator of their own, and of each day another: what one does changes nothing of what others do.
"""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from callfloor.simulator.agenda import Script
from callfloor.simulator.desk import Desk
from callfloor.simulator.world import World

SHIFTS = ((8.0, 17.0), (9.0, 18.0), (11.0, 20.0))  # hours of the day
SHIFT_WEIGHTS = (30, 45, 25)
WORKS = (0.96, 0.96, 0.96, 0.96, 0.94, 0.16, 0.08)  # by the weekday: how many of the people come
FORGETS = 0.04  # of the working days: the phone stays registered overnight
LAST_ACT_S = 900.0  # so long before the end nobody begins anything
AWAY = 0.2  # of the people, at any instant, where it is lively day and night
AWAY_UNDER_LOAD = 0.03  # the same where a fixed number of calls is asked of them
LIVELY_ACT_S = 720.0  # how long an absence is there, about
KINDS = ("break", "dnd", "away", "network", "forward")

Act = Callable[[Desk], Script]


class Day(NamedTuple):
    """One person's working day, as it is meant to be. Instants are UTC epoch seconds."""

    begins_at: float
    ends_at: float
    acts: tuple[tuple[float, Act], ...]  # from when on, in time order
    forgets: bool


def attach(world: World, *, seed: int, timezone: str | None, away: float = AWAY) -> None:
    """Let everybody's life begin in this world: by the working days of a zone, or (None) lively at any hour.

    ``away`` is the share of the people who are not there to talk, where it is lively.
    """
    for person in world.company.people:
        key = f"{seed}/shifts/{person.account}"
        desk = Desk(world, world.switch.endpoints[person.account], random.Random(key))
        life = _lively(desk, away) if timezone is None else _days(desk, key, ZoneInfo(timezone))
        world.agenda.start(life)


# --- working days -------------------------------------------------------------------------------------------------


def _days(desk: Desk, key: str, zone: ZoneInfo) -> Script:
    shift = random.Random(key).choices(SHIFTS, SHIFT_WEIGHTS)[0]
    today = datetime.fromtimestamp(desk.now, UTC).astimezone(zone).date()
    first = plan_of(today, key, shift, zone)
    if first is None or not first.begins_at <= desk.now < first.ends_at:
        desk.was_never_here()
    while True:
        plan = plan_of(today, key, shift, zone)
        today += timedelta(days=1)
        if plan is not None and plan.ends_at > desk.now:
            yield from _work(desk, plan)


def _work(desk: Desk, plan: Day) -> Script:
    if desk.now < plan.begins_at:
        yield plan.begins_at - desk.now
        yield from desk.arrive()
    for at, act in plan.acts:
        if at < plan.begins_at or at + LAST_ACT_S < desk.now or desk.now > plan.ends_at - LAST_ACT_S:
            continue  # it was before the world began, or there was no time for it
        if at > desk.now:
            yield at - desk.now
        yield from act(desk)
    if plan.ends_at > desk.now:
        yield plan.ends_at - desk.now
    yield from desk.leave(forgets=plan.forgets)


def plan_of(day: date, key: str, shift: tuple[float, float], zone: ZoneInfo) -> Day | None:
    """What a day is meant to be; None where it is a day off."""
    rng = random.Random(f"{key}/{day}")
    if rng.random() >= WORKS[day.weekday()]:
        return None
    begins, ends = shift if day.weekday() < 5 else (10.0 + rng.random(), 15.0 + 2 * rng.random())
    midnight = datetime.combine(day, time(), zone)
    begins_at = (midnight + timedelta(hours=begins)).timestamp() + max(-900.0, min(1200.0, rng.gauss(-120.0, 300.0)))
    ends_at = (midnight + timedelta(hours=ends)).timestamp() + rng.triangular(-300.0, 2400.0, 120.0)
    acts = sorted(_acts(rng, begins_at, ends_at), key=lambda act: act[0])
    return Day(begins_at, ends_at, tuple(acts), rng.random() < FORGETS)


def _acts(rng: random.Random, begins_at: float, ends_at: float) -> Iterable[tuple[float, Act]]:
    """A day's acts. Each is drawn at once, whether it is got round to or not."""
    if ends_at - begins_at > 6 * 3600:
        yield begins_at + rng.uniform(3.2, 5.0) * 3600, _break("lunch", rng.uniform(1500, 3600))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        yield rng.uniform(begins_at + 1800, ends_at), _break("coffee", rng.uniform(240, 840))
    if rng.random() < 0.25:
        reason = rng.choice(("training", "meeting"))
        yield rng.uniform(begins_at + 1800, ends_at), _break(reason, rng.uniform(1200, 3600))
    for chance, act in (
        (0.40, _no_calls(rng.uniform(600, 2700))),
        (0.08, _forward(rng.uniform(1200, 3600))),
        (0.12, _restart(rng.uniform(40, 240))),
        (0.30, _lose_network(rng.uniform(120, 1200))),
    ):
        if rng.random() < chance:
            yield rng.uniform(begins_at + 600, ends_at), act


# --- lively at any hour -------------------------------------------------------------------------------------------


def _lively(desk: Desk, away: float) -> Script:
    """Away now and then: on a break, most of those in queues; wanting no calls; or gone."""
    rng = desk.rng
    weights = (80, 15, 16, 4, 5) if desk.is_in_queues else (18, 28, 40, 5, 9)
    if rng.random() < away:  # as if it had begun a while ago
        kind = rng.choices(KINDS[:3], weights[:3])[0]
        yield from _lively_act(rng, kind, rng.random())(desk)
    while True:
        yield rng.expovariate(away / (1 - away) / LIVELY_ACT_S)
        yield from _lively_act(rng, rng.choices(KINDS, weights)[0], 1.0)(desk)


def _lively_act(rng: random.Random, kind: str, share: float) -> Act:
    match kind:
        case "break":
            reason = rng.choice(("lunch", "coffee", "training", "meeting"))
            return _break(reason, rng.uniform(240, 960) * share)
        case "dnd":
            return _no_calls(rng.uniform(300, 1500) * share)
        case "away":
            return _restart(rng.uniform(360, 1800) * share)
        case "network":
            return _lose_network(rng.uniform(120, 900) * share)
        case _:
            return _forward(rng.uniform(600, 2400) * share)


def _break(reason: str, seconds: float) -> Act:
    return lambda desk: desk.take_break(reason, seconds)


def _no_calls(seconds: float) -> Act:
    return lambda desk: desk.want_no_calls(seconds)


def _forward(seconds: float) -> Act:
    return lambda desk: desk.forward(seconds)


def _restart(seconds: float) -> Act:
    return lambda desk: desk.be_away(seconds)


def _lose_network(seconds: float) -> Act:
    return lambda desk: desk.lose_network(seconds)
