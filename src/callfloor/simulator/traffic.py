"""Chance: how people behave and when they call. Everything is drawn from one seeded generator.

Distributions are those of ordinary contact centres: talk and patience log-normal, answers after a few seconds, one
call in four with a hold, a few in a hundred transferred.
"""

import math
import random

from callfloor.simulator.agenda import Script
from callfloor.simulator.call import Call
from callfloor.simulator.company import Target, ToExtension, ToGroup, ToIvr, ToQueue
from callfloor.simulator.day import Pace
from callfloor.simulator.names import Clients
from callfloor.simulator.plan import (
    Answers,
    Attended,
    Blind,
    Callback,
    Conference,
    End,
    Hold,
    Ignores,
    Inbound,
    Internal,
    Outbound,
    Park,
    PickedUp,
    Plan,
    Reaction,
    Refuses,
    Step,
    Talk,
)
from callfloor.simulator.world import World

TALK_MEDIAN_S, TALK_SPREAD = 62.0, 0.8
PATIENCE_MEDIAN_S, PATIENCE_SPREAD = 95.0, 0.7


class Traffic:
    """The people (see ``world.People``) and the calls they make."""

    def __init__(self, *, seed: int, pace: Pace, simultaneous: int | None = None) -> None:
        self._rng = random.Random(f"{seed}/people")
        self._clients = Clients(random.Random(f"{seed}/clients"))
        self._pace = pace
        self._simultaneous = simultaneous  # keep so many calls up, whatever the pace
        self._world: World | None = None
        self._weights: list[float] = []

    def attach(self, world: World) -> None:
        """Let the calls begin in this world."""
        self._world = world
        self._weights = [r.weight for r in world.company.routes]
        world.agenda.start(self._arrivals(world))

    # --- people -----------------------------------------------------------------------------------------------

    def react(self, account: str, call: Call) -> Reaction:
        """Who is in a call mostly refuses another; of the others nine in ten answer."""
        rng, world = self._rng, call.world
        if world.switch.endpoints[account].inuse:
            return Refuses() if rng.random() < 0.7 else Ignores()
        if not world.switch.endpoints[account].attended:
            return Ignores()
        roll = rng.random()
        if roll < 0.11:
            return Ignores()
        after = min(25.0, rng.lognormvariate(math.log(9.0), 0.55))
        if roll < 0.14 and call.entry is None and isinstance(call.plan, Inbound):
            colleague = self._free(world, beside=account)
            if colleague is not None:
                return PickedUp(after, colleague, rng.choice(("*8", f"**{account}")))
        devices = len(world.switch.endpoints[account].contacts)
        return Answers(after, contact=rng.randrange(devices) if devices > 1 and rng.random() < 0.3 else 0)

    def outside(self, number: str) -> tuple[str, float]:
        """Seven outside phones in ten answer."""
        roll = self._rng.random()
        if roll < 0.70:
            return "answered", min(28.0, self._rng.lognormvariate(math.log(16.0), 0.4))
        if roll < 0.80:
            return "busy", 0.0
        if roll < 0.93:
            return "cancelled", self._rng.uniform(12, 28)
        if roll < 0.97:
            return "unknown", 0.0
        return ("refused", 0.0) if roll < 0.985 else ("ignored", 30.0)

    def redirected_s(self) -> float:
        """See ``world.People``."""
        return self._talk_s()

    def _free(self, world: World, beside: str | None = None) -> str | None:
        people, rng = world.company.people, self._rng
        for _ in range(12):
            account = people[int(rng.random() * len(people))].account
            endpoint = world.switch.endpoints[account]
            if account != beside and endpoint.idle:
                return account
        return None

    def _talk_s(self) -> float:
        return min(1500.0, max(6.0, self._rng.lognormvariate(math.log(TALK_MEDIAN_S), TALK_SPREAD)))

    # --- calls ------------------------------------------------------------------------------------------------

    def _arrivals(self, world: World) -> Script:
        while True:
            rate = self._pace.at(world.agenda.now)
            if self._simultaneous is not None:
                missing = self._simultaneous - len(world.calls)
                rate = min(6000.0, max(1.0, missing * 30.0))  # a missing call comes within two seconds or so
            if rate < 0.01:
                yield 300.0
                continue
            gap = self._rng.expovariate(rate / 60)
            longest_s = 300.0 if self._simultaneous is None else 1.0
            if gap > longest_s:
                yield longest_s  # the pace may have changed by then, or calls may have ended
                continue
            yield gap
            plan = self._plan(world)
            if plan is not None:
                world.begin(plan)

    def _plan(self, world: World) -> Plan | None:
        rng = self._rng
        roll = rng.random()
        if roll < 0.57:
            return self._inbound(world)
        account = self._free(world)
        if account is None:
            return self._inbound(world)
        if roll < 0.87:
            number, (result, after) = self._clients.number(), self.outside("")
            return Outbound(
                account=account,
                number=number,
                result=result,
                after_s=after,
                trunk=_trunk(number),
                then=self._steps(world, account),
            )
        if roll < 0.93:
            other = self._free(world, beside=account)
            patience = rng.uniform(12, 25)
            return (
                Internal(account=account, to=other, patience_s=patience, then=(Talk(self._talk_s() / 2), self._end()))
                if other
                else None
            )
        number, (result, after) = self._clients.number(), self.outside("")
        return Callback(
            account=account,
            number=number,
            result=result,
            after_s=after,
            trunk=_trunk(number),
            local=rng.random() < 0.3,
            named=rng.random() < 0.5,
            then=self._steps(world, account),
        )

    def _inbound(self, world: World) -> Inbound:
        rng = self._rng
        route = rng.choices(world.company.routes, self._weights)[0]
        for _ in range(3):
            if not _overloaded(world, route.target):
                break
            route = rng.choices(world.company.routes, self._weights)[0]
        number, name = self._clients.caller()
        patience = min(420.0, max(3.0, rng.lognormvariate(math.log(PATIENCE_MEDIAN_S), PATIENCE_SPREAD)))
        if isinstance(route.target, ToExtension | ToGroup):
            patience = rng.uniform(8, 60)  # nobody waits long where nothing but ringing is heard
        digit: str | None = None
        digit_after = 0.0
        if isinstance(route.target, ToIvr):
            if rng.random() < 0.08:
                patience = rng.uniform(3, route.target.menu_s + 10)  # gives up in the menu
            elif rng.random() < 0.85:
                served = [d for d, to in route.target.options.items() if not _overloaded(world, to)]
                digit = rng.choice(served or tuple(route.target.options))
            digit_after = rng.uniform(10, route.target.menu_s + 22)
        return Inbound(
            did=route.number,
            client=number,
            name=name,
            trunk=route.trunk,
            patience_s=patience,
            digit=digit,
            digit_after_s=digit_after,
            message_s=rng.uniform(6, 45),
            then=self._steps(world, None),
        )

    def _end(self) -> End:
        return End("client" if self._rng.random() < 0.55 else "employee")

    def _steps(self, world: World, account: str | None) -> tuple[Step, ...]:
        rng = self._rng
        talk = self._talk_s()
        part = talk * rng.uniform(0.2, 0.8)
        colleague = self._free(world, beside=account)
        roll = rng.random()
        middle: tuple[Step, ...] = ()
        if roll < 0.26:
            middle = (Hold(min(240.0, rng.lognormvariate(math.log(38), 0.6))),)
        elif colleague is not None and roll < 0.35:
            ask = rng.lognormvariate(math.log(14), 0.5)
            digits = rng.random() < 0.3
            if roll < 0.295:
                middle = (Blind(colleague, digits=digits),)
            elif roll < 0.335:
                middle = (Attended(colleague, pause_s=rng.uniform(1, 5), consult_s=ask, digits=digits),)
            elif roll < 0.343:
                middle = (Park(colleague if rng.random() < 0.9 else None, wait_s=rng.uniform(4, 12)),)
            else:
                middle = (Conference(colleague, seconds=rng.uniform(20, 120)),)
        return (Talk(part), *middle, Talk(talk - part), self._end())


def _trunk(number: str) -> str:
    return "trunk-b" if number.startswith(("38", "48")) else "trunk-a"


def _overloaded(world: World, target: Target) -> bool:
    """So many wait there already that people hear of it and choose another line: keeps a load test's queues sane."""
    if not isinstance(target, ToQueue):
        return False
    queue = world.switch.queues[target.queue]
    return len(queue.entries) > 2 * len(queue.members)
