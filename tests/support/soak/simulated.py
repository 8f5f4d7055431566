"""A simulated PBX at load in a process of its own, with an undisturbed twin of Callfloor beside it.

    python -m support.soak.simulated FILE SIMULTANEOUS SEED

It prints the simulator's address, and goes on until its standard input ends. The twin is a link and a floor that no
fault touches; each finished call's record goes into FILE, one JSON text a line: what Callfloor should have written.
"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import msgspec

from callfloor.asterisk.connection import parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import CallFinished
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.simulator import Simulator
from support.waiting import until

TESTS = Path(__file__).parents[2]
EMPLOYEES = 300
READY_S = 60.0


class SimulatedPbx:
    """The process, as the soak sees it."""

    def __init__(self, folder: Path, simultaneous: int, seed: int) -> None:
        self.file = folder / "twin.jsonl"
        self._words = [sys.executable, "-m", "support.soak.simulated", str(self.file), str(simultaneous), str(seed)]
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        """Returns when it listens, and its calls go on."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._words, stdin=pipe, stdout=pipe, cwd=TESTS)
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_S):
            line = await self._process.stdout.readline()
        if not line.startswith(b"ami://"):
            raise RuntimeError("the simulated PBX did not start")
        self.url = line.decode().strip()

    async def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            await self._process.wait()
            self._process = None

    def told(self) -> list[CallRecord]:
        """The calls that the twin saw end, so far."""
        lines = self.file.read_bytes().splitlines(keepends=True) if self.file.exists() else []
        return [msgspec.json.decode(line, type=CallRecord) for line in lines if line.endswith(b"\n")]


class Twin:
    """A floor that nothing disturbs, and the file of what ended on it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._floor = Floor()

    def take(self, told: Iterable[Fact]) -> None:
        """Facts of the link."""
        for fact in told:
            for change in self._floor.apply(fact):
                if isinstance(change, CallFinished):
                    self._file.write(msgspec.json.encode(change.record).decode() + "\n")
                    self._file.flush()


async def simulate(file: Path, simultaneous: int, seed: int) -> None:
    simulator = Simulator(seed=seed, employees=EMPLOYEES, simultaneous=simultaneous, noise=True, timestamps=True)
    with file.open("w", encoding="utf-8") as out:
        async with simulator.serve() as url:
            twin = Twin(out)
            link = PbxLink(link="twin", name="twin", url=parse_url(url), on_facts=twin.take, country="RU")
            watching = asyncio.create_task(link.run(), name="twin")
            await until(lambda: link.connection.is_up, "the twin watches", within_s=READY_S)
            print(url, flush=True)
            await asyncio.to_thread(sys.stdin.read)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(simulate(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
