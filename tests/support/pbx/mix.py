"""A working day in minutes: calls of every kind at random, many at once, by people who answer or not as they like.

Nothing in it expects anything: the witnesses say afterwards what each call was. A seed gives the same kinds and
tempos again; who meets whom depends on the moment, as in life.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

from support.pbx.lab import EXTENSIONS, NUMBERS, Lab, during
from support.pbx.leg import Leg
from support.pbx.phone import Answer, Manner, Phone, Refuse, Ring

PEOPLE = tuple(extension for extension in EXTENSIONS if extension not in {"108", "109"})
AT_ONCE = 9
PATIENCE_S = (1.5, 7.0)  # how long a caller waits for an answer
TALK_S = (0.4, 2.5)
PARKED_S = 3.0


class Mix:
    """``calls`` calls on one lab, ``AT_ONCE`` of them at the same time; run as the script of a recording."""

    def __init__(self, seed: int, calls: int, *, at_once: int = AT_ONCE, until: float = float("inf")) -> None:
        """``until``: nobody begins a call after that instant (epoch seconds)."""
        self._at_once, self._until = at_once, until
        self.random = random.Random(seed)
        self.seed, self.calls = seed, calls
        self.kinds: dict[str, int] = {}
        self._stories: set[asyncio.Task[None]] = set()
        self._goes_on = asyncio.Event()
        self._goes_on.set()

    async def stop(self) -> None:
        """Nobody does anything any more, in the middle of whatever it was, until ``go_on``."""
        self._goes_on.clear()
        stories = list(self._stories)
        for story in stories:
            story.cancel()
        await asyncio.gather(*stories, return_exceptions=True)

    def go_on(self) -> None:
        """People begin new calls."""
        self._goes_on.set()

    async def __call__(self, lab: Lab) -> None:
        for phone in lab.phones.values():
            phone.policy = self._mood
        lab.clients.policy = lab.clients_b.policy = self._client_mood
        stories: list[tuple[Callable[[Lab, str], Coroutine[Any, Any, None]], int]] = [
            (self.inbound, 10), (self.outbound, 4), (self.internal, 3), (self.callback, 2), (self.picked_up, 2),
        ]  # fmt: skip
        numbers, clients, kinds = itertools.count(), itertools.count(), random.Random(f"kinds {self.seed}")

        def begins() -> bool:
            return next(numbers) < self.calls and time.time() < self._until

        async def worker() -> None:
            while begins():
                (story,) = kinds.choices([story for story, _ in stories], [weight for _, weight in stories])
                number = f"79{self.seed % 1000:03d}{next(clients):06d}"
                name = getattr(story, "__name__", "")
                await self._goes_on.wait()
                self.kinds[name] = self.kinds.get(name, 0) + 1
                await self._tell(story(lab, number))
                await during(self.random.uniform(0.1, 0.6))

        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(worker(), name="mix")
                await during(0.2)
        lab.notes["kinds"] = self.kinds

    async def _tell(self, story: Coroutine[Any, Any, None]) -> None:
        """One story, to its end or until ``stop``."""
        task = asyncio.create_task(story, name="mix story")
        self._stories.add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            self._stories.discard(task)
        if not task.cancelled():
            task.result()

    # --- people ---------------------------------------------------------------------------------------------------

    def _mood(self, leg: Leg) -> Manner:
        talks = any(other.state == "up" for other in leg.phone.legs.values())
        if talks:
            return self._weighted([(Refuse(486), 1), (Ring(), 1), (Answer(1.5), 1)])
        moods: list[tuple[Manner, int]] = [
            (Answer(self.random.uniform(0.3, 1.6)), 14), (Ring(), 3), (Refuse(486, self.random.uniform(0, 1)), 2),
            (Refuse(603, self.random.uniform(0, 1)), 1),
        ]  # fmt: skip
        return self._weighted(moods)

    def _client_mood(self, leg: Leg) -> Manner:
        moods: list[tuple[Manner, int]] = [
            (Answer(self.random.uniform(0.4, 2.0)), 10), (Ring(), 2), (Refuse(486), 1), (Refuse(404), 1),
            (Refuse(480, 1.0), 1), (Refuse(503), 1),
        ]  # fmt: skip
        return self._weighted(moods)

    def _weighted(self, moods: list[tuple[Manner, int]]) -> Manner:
        return self.random.choices([mood for mood, _ in moods], [weight for _, weight in moods])[0]

    def _phone(self, lab: Lab, *others: str) -> Phone:
        return lab.phones[self.random.choice([one for one in PEOPLE if one not in others])]

    async def _talk(self) -> None:
        await during(self.random.uniform(*TALK_S))

    def _patience(self) -> float:
        return self.random.uniform(*PATIENCE_S)

    # --- stories --------------------------------------------------------------------------------------------------

    async def inbound(self, lab: Lab, number: str) -> None:
        """A client calls one of the numbers, gives up or is answered; then something may happen to the call."""
        target = self.random.choice(
            ["e101", "e102", "e103", "e105", "group", "sales", "sales", "sales", "support", "support", "ivr", "ivr"]
        )
        trunk = lab.clients_b if self.random.random() < 0.2 else lab.clients
        if trunk is lab.clients:
            client = await lab.inbound(target, number)
        else:
            client = await trunk.call(NUMBERS[target], caller=number)
        if target == "ivr" and await client.settled(5):
            await during(self.random.uniform(0.5, 1.5))
            await client.press(self.random.choice(["1", "2", "101", "104", "9"]))
        employee = await self._answered_for(lab, number, client, self._patience())
        if employee is not None:
            await self._talk()
            await self._afterwards(lab, number, employee)
            await self._talk()
        if employee is not None and employee.state == "up" and self.random.random() < 0.4:
            employee.hang_up()
            await self._over(client, 3)
        client.hang_up()
        await self._over(client, 5)

    async def outbound(self, lab: Lab, number: str) -> None:
        """An employee calls a client."""
        phone = self._phone(lab)
        ours = await phone.call(number)
        if await ours.settled(self._patience()):
            await self._talk()
            if self.random.random() < 0.3:
                await self._change(lab, ours, phone.user)
            await self._talk()
            theirs = next((leg for leg in lab.clients.legs.values() if leg.called == number), None)
            if theirs is not None and theirs.state == "up" and (ours.state != "up" or self.random.random() < 0.5):
                theirs.hang_up()
                await self._over(ours, 3)
        ours.hang_up()
        await self._over(ours, 5)
        for leg in [leg for leg in lab.clients.legs.values() if leg.called == number]:
            leg.hang_up()

    async def internal(self, lab: Lab, number: str) -> None:
        """An employee calls a colleague."""
        phone = self._phone(lab)
        ours = await phone.call(self._phone(lab, phone.user).user)
        if await ours.settled(self._patience()):
            await self._talk()
        ours.hang_up()
        await self._over(ours, 5)

    async def callback(self, lab: Lab, number: str) -> None:
        """The PBX calls an employee, then the client."""
        phone = self._phone(lab)
        channel = self.random.choice(["PJSIP/{}", "Local/{}@from-internal/n", "Local/{}@from-internal"])
        before = len(lab.ami.events)
        await lab.originate(channel.format(phone.user), number, Timeout="4000")
        await lab.ami.sees(
            lambda event: event.get("Event") == "OriginateResponse" and event.get("Exten") == number, 20, before
        )
        legs = [leg for leg in lab.clients.legs.values() if leg.called == number]
        async with asyncio.timeout(40):
            await during(self._patience())
            legs = [leg for leg in lab.clients.legs.values() if leg.called == number]
            for leg in legs:
                leg.hang_up()
            for other in list(phone.legs.values()):
                if other.peer == number:
                    other.hang_up()
            for leg in legs:
                await leg.over()

    async def picked_up(self, lab: Lab, number: str) -> None:
        """A client rings 101 or 103; a colleague picks the call up, by group or by number."""
        target = self.random.choice(["101", "103"])
        client = await lab.inbound(f"e{target}", number)
        await during(self.random.uniform(0.2, 0.8))
        picker = await self._phone(lab, target).call(self.random.choice(["*8", f"**{target}"]))
        if await picker.settled(4):
            await self._talk()
        picker.hang_up()
        await self._over(client, self._patience())
        client.hang_up()
        await self._over(client, 5)

    # --- what happens to a call in progress -----------------------------------------------------------------------

    async def _answered_for(self, lab: Lab, number: str, client: Leg, patience_s: float) -> Leg | None:
        """The employee's leg that talks to this client, as soon as there is one; None if the client lost patience."""
        end = asyncio.get_running_loop().time() + patience_s
        while asyncio.get_running_loop().time() < end and client.state != "ended":
            for phone in lab.phones.values():
                for leg in list(phone.legs.values()):
                    if leg.direction == "in" and leg.state == "up" and leg.peer == number:
                        return leg
            await asyncio.sleep(0.02)
        return None

    async def _afterwards(self, lab: Lab, number: str, employee: Leg) -> None:
        chance = self.random.random()
        if chance < 0.45:
            return
        if chance < 0.55:
            await self._park(lab, number, employee)
            return
        await self._change(lab, employee, employee.phone.user)

    async def _change(self, lab: Lab, leg: Leg, user: str) -> None:
        """Hold, a blind transfer, an attended one, or one to a queue."""
        what = self.random.choice(["hold", "hold", "blind", "attended", "attended", "queue"])
        if leg.state != "up":
            return
        if what == "blind":
            await leg.refer(self._phone(lab, user).user)
        elif what == "queue":
            await leg.refer(self.random.choice(["601", "602"]))
        else:
            await leg.hold()
            await during(self.random.uniform(0.3, 1.0))
            if what == "attended" and leg.state == "up":
                await self._consult(lab, leg, user)
            if leg.state == "up":
                await leg.unhold()
            return
        await during(self.random.uniform(0.5, 3.0))

    async def _consult(self, lab: Lab, leg: Leg, user: str) -> None:
        colleague = self._phone(lab, user).user
        consult = await leg.phone.call(colleague)
        if await consult.settled(4):
            await self._talk()
            if consult.state == "up" and leg.state == "up" and self.random.random() < 0.8:
                await leg.refer(colleague, consult)
                await self._over(leg, 4)
                return
        consult.hang_up()
        await self._over(consult, 4)

    async def _park(self, lab: Lab, number: str, employee: Leg) -> None:
        before = len(lab.ami.events)
        if employee.state != "up" or await employee.refer("700") != 202:
            return
        try:
            parked = await lab.ami.sees(
                lambda event: event.get("Event") == "ParkedCall" and event.get("ParkeeCallerIDNum") == number, 3, before
            )
        except TimeoutError:  # the client hung up first
            return
        await during(self.random.uniform(0.2, PARKED_S))
        taker = await self._phone(lab, employee.phone.user).call(parked["ParkingSpace"])
        if await taker.settled(3):
            await self._talk()
        taker.hang_up()

    async def _over(self, leg: Leg, within: float) -> None:
        try:
            await leg.over(within)
        except TimeoutError:  # it goes on: somebody else talks to it now
            return
