"""The day: how many calls it has at which hour, and what people do besides taking them."""

import math
import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from callfloor.simulator.agenda import Script
from callfloor.simulator.channel import Endpoint
from callfloor.simulator.queues import Member, Queue
from callfloor.simulator.world import World

HOURS = (0, 0, 0, 0, 0, 0, 0.02, 0.08, 0.35, 0.9, 1.25, 1.3, 1.1, 0.8, 1.1, 1.2, 1.1, 0.85, 0.45, 0.2, 0.08, 0.03, 0, 0)
"""A working day's pace by the hour; the mean from 9 to 18 is about 1."""

WEEKDAYS = (1.08, 1.0, 1.0, 1.0, 0.95, 0.16, 0.07)
CALLS_PER_DAY_AND_EMPLOYEE = 8.2  # by the profile: about 330 a working day with 40 people
CALLS_PER_MINUTE_AND_EMPLOYEE = 0.25  # lively: about 15 calls at once with 40 people
BREAK_EVERY_S = 3 * 3600.0  # each person, about


class Pace:
    """How many calls begin in a minute at an instant."""

    def __init__(self, *, per_minute: float | None, employees: int, timezone: str, lively: bool) -> None:
        self._per_minute = per_minute
        self._zone = ZoneInfo(timezone)
        self._lively = lively
        self._employees = employees

    def at(self, now: float) -> float:
        """Calls per minute. A fixed pace, or the day's, or a lively day's that never sleeps."""
        if self._per_minute is not None:
            return self._per_minute
        if self._lively:
            # a slow swell of a fifth up and down over a quarter of an hour, so that the counters move
            return self._employees * CALLS_PER_MINUTE_AND_EMPLOYEE * (1 + 0.2 * math.sin(now / 140))
        local = datetime.fromtimestamp(now, UTC).astimezone(self._zone)
        hour = HOURS[local.hour] + (HOURS[(local.hour + 1) % 24] - HOURS[local.hour]) * local.minute / 60
        return self._employees * CALLS_PER_DAY_AND_EMPLOYEE / 60 * hour * WEEKDAYS[local.weekday()] / sum(HOURS)


def breaks(world: World, rng: random.Random, pace: Pace) -> Script:
    """Queue members go on breaks, people want no calls for a while, forward them, or leave the network."""
    accounts = [p.account for p in world.company.people]
    while True:
        yield rng.expovariate(len(accounts) / BREAK_EVERY_S)
        if pace.at(world.agenda.now) > 0.02:
            endpoint = world.switch.endpoints[rng.choice(accounts)]
            if endpoint.free and endpoint.forward_to is None:
                world.agenda.start(_away(world, rng, endpoint))


def _away(world: World, rng: random.Random, endpoint: Endpoint) -> Script:
    switch = world.switch
    members = [
        (q, m) for q in switch.queues.values() for m in q.members.values() if m.endpoint is endpoint and not m.paused
    ]
    roll = rng.random()
    if members and roll < 0.7:
        yield from _pause(members, rng)
    elif roll < 0.85:
        switch.do_not_disturb(endpoint, on=True)
        yield rng.uniform(300, 1800)
        switch.do_not_disturb(endpoint, on=False)
    elif roll < 0.95:
        endpoint.forward_to = rng.choice((rng.choice(world.company.people).account, "79031112233"))
        if endpoint.forward_to == endpoint.name:
            endpoint.forward_to = "79031112233"
        yield rng.uniform(600, 2400)
        endpoint.forward_to = None
    else:
        switch.unregister(endpoint)
        yield rng.uniform(120, 1200)
        switch.register(endpoint)


def _pause(members: list[tuple[Queue, Member]], rng: random.Random) -> Script:
    reason = rng.choice(("lunch", "coffee", "training", "meeting"))
    for queue, member in members:
        queue.pause(member, on=True, reason=reason)
    yield rng.uniform(240, 1500)
    for queue, member in members:
        if member.paused and member.interface in queue.members:
            queue.pause(member, on=False)
