"""A contact centre with everything in it: a PBX, its phones and providers, and the product that watches them."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from callfloor.floor.employees import LiveEmployee, Status
from support.machine import Stalls, watched_stalls
from support.pbx.lab import EXTENSIONS, Lab
from support.pbx.phone import Answer
from support.pbx.records import read_cel
from support.pbx.scenarios.queues import SALES
from support.pbx.server import Pbx, running_pbx
from support.product import Product, running_product
from support.product_stream import Stream
from support.tcp_link import TcpLink, tcp_link
from support.waiting import answer

SEEN_WITHIN_S = 0.5
"""How soon a viewer must see what a phone did (issue 3), on a machine that stalls nobody."""
BEGAN_ABOUT_S = 2.0
"""A listing tells in whole seconds when a call began."""


@dataclass(frozen=True)
class House:
    """``wire`` is the link between the product and the PBX."""

    lab: Lab
    wire: TcpLink
    product: Product
    stalls: Stalls

    @property
    def stream(self) -> Stream:
        return self.product.stream

    def acted_at(self, device: str, what: str) -> float:
        """When a phone last did something, by its own log."""
        return next(
            float(line["t"])
            for line in reversed(self.lab.truth.lines)
            if (line["phone"], line["what"]) == (device, what)
        )

    def operator_lost_at(self) -> float:
        """When the PBX closed the operator's own manager connection: it closes all of them together.

        Raises:
            AssertionError: it has not.
        """
        assert self.lab.ami.closed_at is not None, "the PBX has not closed it"
        return self.lab.ami.closed_at

    async def calm(self) -> None:
        """Nobody calls, everybody is registered and online, nothing is paused: where each test begins."""
        lab = self.lab
        if lab.ami.closed.is_set():
            await lab.operate_again()
        for phone in lab.everybody:
            for leg in list(phone.legs.values()):
                leg.hang_up()
            phone.reset()
        lab.clients.policy = Answer(0.5)
        lab.truth.lines.clear()
        lab.ami.events.clear()
        self.wire.passed.clear()
        self.wire.bytes_s = None
        await lab.ami.idle()
        await asyncio.gather(*(lab.register(device) for device in lab.phones if device != "103m"))
        await lab.pause(*SALES, paused=False)
        await self.stream.until(lambda page: not page.calls, "no call is left")
        await self.free(*EXTENSIONS)

    async def free(self, *accounts: str) -> None:
        """Waits until they are online, and nothing else."""

        def is_free(account: str) -> bool:
            row = self.stream.employee_now(account)
            return row.status is Status.ONLINE and not row.badges and not row.stale

        await self.stream.until(lambda _: all(map(is_free, accounts)), f"free: {accounts}")

    async def shows(self, account: str, status: Status, *, since: float) -> LiveEmployee:
        """The row with which a viewer saw, soon enough after that instant, that the employee has this status.

        Raises:
            AssertionError: it came too late, or never.
        """
        at, row = await self.stream.employee(account, lambda row: row.status is status, since=since)
        self.soon(at, since, f"{account} is {status}")
        return row

    async def each_call_once(self, since: float) -> None:
        """The journal has every call that the PBX's own event log has since an instant, each once, and no other.

        Raises:
            AssertionError: it has not, in time.
        """
        log = await asyncio.to_thread(self.lab.pbx.records["cel.csv"].read_text, encoding="utf-8")
        begun = {row.linkedid for row in read_cel(log) if row.event == "CHAN_START" and row.at >= since}
        assert begun, "there was something to be told"

        async def told() -> Counter[str]:
            calls = [call.record for call in await self.product.journal(since - BEGAN_ABOUT_S)]
            own = Counter(record.call_id.partition("-")[2] for record in calls)
            late = {record.call_id.partition("-")[2] for record in calls if record.started_at >= since}
            return Counter({name: times for name, times in own.items() if name in begun | late})

        await answer(told, lambda found: found == Counter(begun), "each of the PBX's calls is there once")

    def soon(self, at: float, since: float, what: str, *, within_s: float = SEEN_WITHIN_S) -> None:
        """What was seen at an instant was seen soon enough after another (UTC epoch seconds).

        Raises:
            AssertionError: too late, and not for what the machine took.
        """
        stalled = self.stalls.between(since, at)
        assert at - since - stalled < within_s, f"{what}: {at - since:.3f} s, the machine took {stalled:.3f} of it"

    def near(self, since: float, within_s: float) -> float:
        """How far apart two accounts of what happened since an instant may be: so far, and what the machine took."""
        return within_s + self.stalls.between(since, time.time())


def spools(pbx: Pbx) -> dict[str, str]:
    """The product's settings by which it reaches what that PBX writes."""
    spool = pbx.folder / "spool"
    return {
        "CALLFLOOR_RECORDINGS": str(spool / "monitor"),
        "CALLFLOOR_VOICEMAIL": str(spool / "voicemail"),
        "CALLFLOOR_FAX": f"{spool / 'fax'},{pbx.folder / 'etc'}",
    }


@asynccontextmanager
async def running_house(folder: Path, asterisk: str = "22") -> AsyncIterator[House]:
    """Everything, with that version of Asterisk; ended at the end whatever happens."""
    with watched_stalls() as stalls:
        async with running_pbx(folder / "pbx", asterisk) as pbx, tcp_link(pbx.ami) as wire:
            lab = Lab(pbx)
            await lab.open()
            try:
                async with lab.operated(), running_product(folder / "product", wire.address, spools(pbx)) as product:
                    yield House(lab, wire, product, stalls)
            finally:
                await lab.close()
