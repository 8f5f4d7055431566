"""A simulated PBX at load in a process of its own, with an undisturbed twin of Callfloor beside it.

    python -m support.soak.simulated FILE SIMULTANEOUS SEED

It prints the simulator's address, and goes on until its standard input ends. The twin is a link and a floor that no
fault touches; each finished call's record goes into FILE, one JSON text a line: what Callfloor should have written.
Which calls became part of others, and when, goes into FILE.joined.
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
from callfloor.floor.changes import CallChanged, CallFinished
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
        self._joined = joined_beside(self.file)
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
        return [msgspec.json.decode(line, type=CallRecord) for line in _lines(self.file)]

    def joined(self) -> dict[str, float]:
        """The calls that the twin saw become part of others, so far, and when."""
        return dict(msgspec.json.decode(line, type=tuple[str, float]) for line in _lines(self._joined))


def joined_beside(file: Path) -> Path:
    """Where the twin writes down what became part of another call."""
    return file.with_name(f"{file.name}.joined")


def _lines(file: Path) -> list[bytes]:
    """Those that are whole."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    return [line for line in lines if line.endswith(b"\n")]


class Twin:
    """A floor that nothing disturbs, and the file of what ended on it."""

    def __init__(self, file: TextIO, joined: TextIO) -> None:
        self._file = file
        self._joined = joined
        self._floor = Floor()

    def take(self, told: Iterable[Fact]) -> None:
        """Facts of the link."""
        for fact in told:
            changes = self._floor.apply(fact)
            ended = {change.record.call_id for change in changes if isinstance(change, CallFinished)}
            for change in changes:
                if isinstance(change, CallFinished):
                    self._say(self._file, change.record)
                elif isinstance(change, CallChanged) and change.after is None and change.call_id not in ended:
                    self._say(self._joined, (change.call_id, fact.at))

    @staticmethod
    def _say(file: TextIO, what: object) -> None:
        file.write(msgspec.json.encode(what).decode() + "\n")
        file.flush()


async def simulate(file: Path, simultaneous: int, seed: int) -> None:
    simulator = Simulator(seed=seed, employees=EMPLOYEES, simultaneous=simultaneous, noise=True, timestamps=True)
    with file.open("w", encoding="utf-8") as out, joined_beside(file).open("w", encoding="utf-8") as joined:
        async with simulator.serve() as url:
            twin = Twin(out, joined)
            link = PbxLink(link="twin", name="twin", url=parse_url(url), on_facts=twin.take, country="RU")
            watching = asyncio.create_task(link.run(), name="twin")
            await until(lambda: link.connection.is_up, "the twin watches", within_s=READY_S)
            print(url, flush=True)
            await asyncio.to_thread(sys.stdin.read)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(simulate(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
