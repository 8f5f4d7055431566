"""One soak: everything started, calls and faults for so many minutes, and the journal against what really was."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from rich.console import Console

from callfloor.floor.calls import CallRecord
from callfloor.store.journal import JournalCall
from support.house import spools
from support.pbx.lab import Lab, during
from support.pbx.mix import Mix
from support.pbx.server import running_pbx
from support.product import Product, running_product
from support.soak.deaths import Deaths
from support.soak.faults import Faults
from support.soak.kept import keep, tallies_of
from support.soak.shown import show
from support.soak.simulated import SimulatedPbx
from support.tcp_link import tcp_link
from support.waiting import answer

SAID_EVERY_S = 15.0
SETTLED_S = 120.0
REPAIRED_S = 300.0
MARK = "sim"
SIMULATED = "simulated"
PAGE = 500


@dataclass(frozen=True)
class Plan:
    """``minutes`` of calls, a fault about every ``every_s`` seconds, all of it the same again by ``seed``.

    ``restarts``: how often the PBX is killed, restarted, and killed with Callfloor, each, in a round of all faults.
    ``long_cut_s``: all wires are cut for so long at first; 0 is never.
    """

    minutes: float
    seed: int
    every_s: float = 60.0
    at_once: int = 6
    simultaneous: int = 150
    restarts: int = 1
    long_cut_s: float = 0.0


async def soak(folder: Path, plan: Plan, console: Console) -> bool:
    """Run it, and print the agreement.

    Returns whether nothing was missing, nothing invented, and nothing wrong.
    """
    began_at = time.time()

    def say(text: str) -> None:
        passed = time.time() - began_at
        console.print(f"{int(passed // 60):02}:{int(passed % 60):02}  {text}", highlight=False, soft_wrap=True)

    simulated = SimulatedPbx(folder, plan.simultaneous, plan.seed)
    async with running_pbx(folder / "pbx", stamps=True) as pbx, tcp_link(pbx.ami) as wire:
        lab = Lab(pbx)
        await lab.open()
        try:
            await simulated.start()
            at = urlsplit(simulated.url)
            async with tcp_link((str(at.hostname), int(at.port or 0))) as other:
                settings = spools(pbx) | {"CALLFLOOR_PBX_LOGS": f"{wire.address[0]}={pbx.folder / 'log'}"}
                async with running_product(folder / "product", wire.address, settings, timezone="UTC") as product:
                    await _watch(product, other.address, str(at.username), str(at.password))
                    say(f"{plan.simultaneous} simulated calls at once, and {plan.at_once} real ones; seed {plan.seed}")
                    deaths = Deaths(lab)
                    wires = {"real": wire, SIMULATED: other}
                    faults = Faults(
                        product, wires, pbx, plan.seed, say, deaths=deaths if plan.restarts else None,
                        restarts=plan.restarts, long_cut_s=plan.long_cut_s,
                    )  # fmt: skip
                    script = _Script(plan, product, faults, deaths, say)
                    since = time.time()
                    await lab.record(folder / "calls", "soak", f"a soak, seed {plan.seed}", script, {})
                    say("the calls are over; what is left to write and to repair is waited for")
                    twin_until = time.time()
                    told = await _written(product, since - 60.0)
                    twin, joined = simulated.told(), simulated.joined()
                    said = product.said()
        finally:
            await simulated.stop()
            await lab.close()
    keep(folder, told, twin, joined, faults.stretches, deaths.all, since, twin_until)
    tallies = tallies_of(folder)
    show(tallies, console)
    console.print(f"memory {script.memory()}", highlight=False)
    console.print(
        f"{len(faults.stretches)} faults; seed {plan.seed}; kept in {folder}", highlight=False, soft_wrap=True
    )
    (folder / "product.last.out").write_text(said)
    return all(one.agrees for one in tallies)


class _Script:
    """The calls, while faults happen beside them; what a lab records."""

    def __init__(
        self, plan: Plan, product: Product, faults: Faults, deaths: Deaths, say: Callable[[str], None]
    ) -> None:
        self._plan, self._product, self._faults, self._deaths, self._say = plan, product, faults, deaths, say
        self._resident: list[tuple[float, float]] = []  # when, MB

    async def __call__(self, lab: Lab) -> None:
        ends_at = time.time() + self._plan.minutes * 60
        mix = Mix(self._plan.seed, 1_000_000, at_once=self._plan.at_once, until=ends_at)
        self._deaths.begin(mix)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._progress(lab, mix, ends_at), name="progress")
            faults = group.create_task(self._faults.run(ends_at - 20.0, self._plan.every_s), name="faults")
            await mix(lab)
            await faults
            watching.cancel()

    async def _progress(self, lab: Lab, mix: Mix, ends_at: float) -> None:
        while True:
            await during(SAID_EVERY_S)
            size = self._product.resident_mb()
            if size is not None:
                self._resident.append((time.time(), size))
            shown = self._product.watches()
            up = "it is down" if shown is None else f"{len(shown.page.calls)} live calls on its page"
            left = max(0.0, ends_at - time.time())
            calls = sum(mix.kinds.values())
            memory = "" if size is None else f", {size:.0f} MB"
            self._say(f"{calls} real calls begun, {up}{memory}; {left / 60:.1f} min left")

    def memory(self) -> str:
        """What the product's process held on the way."""
        if not self._resident:
            return "not measured"
        sizes = [size for _, size in self._resident]
        return f"{sizes[0]:.0f} MB at first, {max(sizes):.0f} MB at most, {sizes[-1]:.0f} MB at the end"


async def _watch(product: Product, address: tuple[str, int], user: str, secret: str) -> None:
    """The simulated PBX is a second one of the product's."""
    host, port = address
    wanted = {"name": SIMULATED, "host": host, "port": port, "user": user, "secret": secret, "mark": MARK}
    made = await product.rest.post(f"{product.api}/connections", json=wanted)
    assert made.status_code == 201, made.text
    await product.stream.until(
        lambda page: [str(link.state) for link in page.links] == ["live", "live"], "both PBXes are live"
    )


async def _written(product: Product, since: float) -> list[CallRecord]:
    """The journal once nothing waits to be written or repaired."""

    async def waits() -> int:
        found = await product.rest.get("/readyz")
        return int(found.json()["backlog"])

    await answer(waits, lambda rows: rows == 0, "rows wait to be written", within_s=SETTLED_S)
    await _repaired(product)
    calls: list[CallRecord] = []
    cursor: str | None = None
    while True:
        asked: dict[str, str | float | int] = {"from": since, "to": time.time() + 60, "limit": PAGE}
        if cursor is not None:
            asked["cursor"] = cursor
        found = await product.rest.get(f"{product.api}/calls", params=asked)
        assert found.status_code == 200, found.text
        body = found.json()
        calls += [one.record for one in msgspec.convert(body["calls"], list[JournalCall])]
        cursor = body["next_cursor"]
        if cursor is None:
            return calls


async def _repaired(product: Product) -> None:
    """Waits until every outage of the real PBX has been repaired, where the product repairs."""

    async def open_repairs() -> int:
        found = await product.rest.get(f"{product.api}/repairs")
        assert found.status_code == 200, found.text
        named = [one for one in found.json()["repairs"] if one["link_name"] != SIMULATED]
        return sum(one["state"] in {"waiting", "running"} for one in named)

    await answer(open_repairs, lambda count: count == 0, "repairs go on", within_s=REPAIRED_S)


def seed_of(text: str | None) -> int:
    """The seed that was asked for, or a new one."""
    return int(text) if text else random.SystemRandom().randrange(1_000_000)
