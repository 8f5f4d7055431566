"""Faults at random, each the same again by its seed: what goes down, for how long, and when it was right again."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from support.pbx.lab import during
from support.pbx.server import Pbx
from support.product import Product
from support.soak.deaths import Deaths
from support.tcp_link import TcpLink

HEALED_S = 60.0
BEFORE_KILL_S = 2.0
"""What began so shortly before a kill may not have been noted: that is done each second, on a busy machine later."""
ON_THE_WIRE_S = 0.5
"""What was said so shortly before a cut may have been on its way, or not been read on a busy machine: it is gone."""
SLOW_BYTES_S = 20_000
POWER_CUT = "kill -9 of the PBX, too"
RELOADED = ("app_queue", "chan_pjsip", "res_pjsip", "pbx_config", "cdr", "cel", "manager")


@dataclass
class Stretch:
    """A time in which a link was not watched, or not well. ``links``: by the names of the wires."""

    what: str
    links: frozenset[str]
    began_at: float
    healed_at: float = float("inf")

    def touches(self, link: str, started_at: float, ended_at: float) -> bool:
        """Did a call of that link go on in it?"""
        return link in self.links and started_at <= self.healed_at and ended_at >= self.began_at

    def hides(self, link: str, started_at: float, ended_at: float) -> bool:
        """Did a call of that link begin and end in it?"""
        return link in self.links and self.began_at <= started_at and ended_at <= self.healed_at


@dataclass
class Faults:
    """What can be done to a product that watches PBXes by ``wires`` (by name; ``real`` is Asterisk's)."""

    product: Product
    wires: dict[str, TcpLink]
    pbx: Pbx | None
    seed: int
    say: Callable[[str], None]
    stretches: list[Stretch] = field(default_factory=list)
    deaths: Deaths | None = None
    """Where the PBX may be killed and restarted."""
    restarts: int = 1
    """How often it is killed, restarted and killed with Callfloor, each, in a round of all faults."""
    long_cut_s: float = 0.0
    """The first fault: all wires are cut for so long."""

    def __post_init__(self) -> None:
        self._rolls = random.Random(self.seed)

    async def run(self, until: float, every_s: float) -> None:
        """One fault after the other, the last of them healed by about ``until`` (epoch seconds)."""
        kinds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self.kill, 4), (self.cut, 4), (self.cut_shortly, 2), (self.mute, 1), (self.slow, 1), (self.reload, 1),
        ]  # fmt: skip
        if self.deaths is not None:
            kinds += [(kind, self.restarts) for kind in (self.kill_pbx, self.restart_pbx, self.power_cut)]
        # Each kind comes before any comes a second time: a short run has tried all.
        bag: list[Callable[[], Awaitable[None]]] = []
        if self.long_cut_s:
            await during(every_s)
            await self.cut_long()
        while True:
            await during(every_s * self._rolls.uniform(0.7, 1.1))
            if time.time() > until:
                return
            if not bag:
                bag = [kind for kind, times in kinds for _ in range(times)]
                self._rolls.shuffle(bag)
            began = time.time()
            await bag.pop()()
            left_s = every_s * 0.2 - (time.time() - began)
            await during(max(0.0, left_s))

    # --- one of them ----------------------------------------------------------------------------------------------

    async def kill(self) -> None:
        """Callfloor gets SIGKILL under load, and is started again after a while."""
        down_s = self._rolls.choice([0.0, self._rolls.uniform(0.5, 12.0)])
        async with self._unwatched("kill -9", *self.wires):
            await self.product.kill()
            await during(down_s)
            await self.product.start()

    async def cut(self) -> None:
        """A wire is cut, or all of them, for up to 20 s."""
        await self._cut(self._rolls.uniform(2.0, 20.0))

    async def cut_shortly(self) -> None:
        """For a moment: it may be back before anybody tries again."""
        await self._cut(self._rolls.uniform(0.0, 1.0))

    async def cut_long(self) -> None:
        """All wires, for longer than most calls last: they begin and end unseen."""
        await self._cut(self.long_cut_s, list(self.wires))

    async def _cut(self, down_s: float, names: list[str] | None = None) -> None:
        names = names or self._rolls.choice([*([name] for name in self.wires), list(self.wires)])
        async with self._unwatched(f"cut {down_s:.1f} s", *names):
            await asyncio.gather(*(self.wires[name].cut() for name in names))
            await during(down_s)
            await asyncio.gather(*(self.wires[name].open() for name in names))

    async def mute(self) -> None:
        """A wire goes mute, and neither end is told: longer than the pings take to find out."""
        name = self._rolls.choice(list(self.wires))
        async with self._unwatched("mute", name):
            self.wires[name].freeze()
            try:
                await during(self._rolls.uniform(17.0, 22.0))
            finally:
                self.wires[name].thaw()

    async def slow(self) -> None:
        """A wire passes few bytes a second for a while: what comes late is told late."""
        stretch = self._begin("slow", ["real"])
        self.wires["real"].bytes_s = SLOW_BYTES_S
        try:
            await during(self._rolls.uniform(5.0, 10.0))
        finally:
            self.wires["real"].bytes_s = None
        await during(1.0)
        self._end(stretch)

    async def reload(self) -> None:
        """``core reload``, or a module's own: Asterisk reads its settings anew; calls go on."""
        if self.pbx is not None:
            module = self._rolls.choice(["", *RELOADED])
            self.say(f"module reload {module}" if module else "core reload")
            await self.pbx.reload(module)

    async def kill_pbx(self) -> None:
        """Asterisk gets SIGKILL under its calls, and is started again."""
        if self.deaths is not None:
            async with self._unwatched("PBX killed", "real"):
                await self.deaths.kill(self._rolls.choice([0.0, self._rolls.uniform(0.5, 12.0)]))

    async def restart_pbx(self) -> None:
        """``core restart now``: Asterisk hangs its calls up, and begins anew."""
        if self.deaths is not None:
            async with self._unwatched("PBX restarted", "real"):
                await self.deaths.restart()

    async def power_cut(self) -> None:
        """Both get SIGKILL, as where they share a machine; which of them is up first is chance."""
        if self.deaths is not None:
            down_s, together = self._rolls.uniform(0.0, 8.0), self._rolls.random() < 0.5
            async with self._unwatched(POWER_CUT, *self.wires):
                await self.product.kill()
                if together:
                    await asyncio.gather(self.deaths.kill(down_s), self.product.start())
                else:
                    await self.deaths.kill(down_s)
                    await self.product.start()

    # --- within ---------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _unwatched(self, what: str, *links: str) -> AsyncIterator[None]:
        stretch = self._begin(what, links)
        yield
        await self.product.stream.until(
            lambda page: len(page.links) >= len(self.wires) and all(one.state == "live" for one in page.links)
            and all(one.since > stretch.began_at for one in page.links if self._name(one.name) in links),
            f"live again after {what}", within_s=HEALED_S,
        )  # fmt: skip
        self._end(stretch)

    @staticmethod
    def _name(link: str) -> str:
        return "simulated" if link == "simulated" else "real"

    def _begin(self, what: str, links: object) -> Stretch:
        early_s = BEFORE_KILL_S if what.startswith("kill") else ON_THE_WIRE_S
        stretch = Stretch(what, frozenset(links), time.time() - early_s)  # type: ignore[call-overload]
        self.stretches.append(stretch)
        self.say(f"{what} ({', '.join(sorted(stretch.links))})")
        return stretch

    def _end(self, stretch: Stretch) -> None:
        stretch.healed_at = time.time()
        self.say(f"healed after {stretch.healed_at - stretch.began_at:.1f} s")
