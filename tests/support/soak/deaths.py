"""The PBX dies under its calls and comes back: killed, or ``core restart now``. What it wrote is parted there."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from support.pbx.lab import Lab, during
from support.pbx.mix import Mix
from support.pbx.records import PBX_KILLED, PBX_RESTARTED


@dataclass(frozen=True)
class Death:
    """From ``died_at``, when it was told to, until ``gone_at`` it died, and took its connections with it.

    ``ends``: how long each of its files was then, in bytes; what comes after was written by the next life.
    """

    what: str
    died_at: float
    gone_at: float
    back_at: float
    ends: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Plain."""
        return asdict(self)


class Deaths:
    """The phones lose what they were about, nobody begins anything before the PBX is back, and then all goes on."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.all: list[Death] = []
        self._mix: Mix | None = None
        self._sizes_at_first: dict[str, int] = {}

    def begin(self, mix: Mix) -> None:
        """Calls begin, and a recording of them."""
        self._mix = mix
        self._sizes_at_first = self._sizes()

    async def kill(self, down_s: float) -> None:
        """SIGKILL, and a start after so many seconds."""
        await self._nobody_acts()
        died_at = time.time()
        self.lab.truth.mark(PBX_KILLED)
        await self.lab.pbx.kill()
        gone_at = time.time()
        await self._lost()
        ends = self._sizes()
        await during(down_s)
        await self.lab.pbx.start()
        await self._back(Death(PBX_KILLED, died_at, gone_at, time.time(), ends))

    async def restart(self) -> None:
        """``core restart now``: it hangs every call up, and begins anew."""
        await self._nobody_acts()
        died_at = time.time()
        self.lab.truth.mark(PBX_RESTARTED)
        await self.lab.pbx.restart()
        gone_at = self.lab.ami.closed_at or time.time()
        await self._lost()
        await self._back(Death(PBX_RESTARTED, died_at, gone_at, time.time(), self._sizes()))

    async def _nobody_acts(self) -> None:
        assert self._mix is not None, "nobody calls yet"
        await self._mix.stop()

    async def _lost(self) -> None:
        for phone in self.lab.everybody:
            await phone.lose_all()

    async def _back(self, death: Death) -> None:
        assert self._mix is not None
        self.all.append(death)
        await self.lab.pbx_came_back(f"ami-{len(self.all)}")
        self._mix.go_on()

    def _sizes(self) -> dict[str, int]:
        now = {file: path.stat().st_size if path.exists() else 0 for file, path in self.lab.pbx.records.items()}
        return {file: size - self._sizes_at_first.get(file, 0) for file, size in now.items()}
