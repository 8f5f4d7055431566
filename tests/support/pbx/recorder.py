"""Records one manager connection in a process of its own, so that its times do not depend on what the phones do.

    python -m support.pbx.recorder HOST FOLDER PREFIX

It connects (as soon as the PBX listens), asks for the state, prints ``ready``, and records until its standard input
ends or the PBX closes the connection.
"""

import asyncio
import sys
from pathlib import Path

from support.pbx.manager import Manager
from support.pbx.network import AMI_PORT

TESTS = Path(__file__).parents[2]


class Recorder:
    """The process, as the lab sees it."""

    def __init__(self, host: str, folder: Path, prefix: str) -> None:
        self._words = [sys.executable, "-m", "support.pbx.recorder", host, str(folder), prefix]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when the state has been asked for, and everything that happens is recorded."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._words, stdin=pipe, stdout=pipe, cwd=TESTS)
        if self._process.stdout is None or await self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("the recorder did not start")

    async def stop(self) -> None:
        """Ends it; what it recorded lies in its folder after that."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            await self._process.wait()
            self._process = None


async def record(host: str, folder: Path, prefix: str) -> None:
    manager = await Manager(folder, prefix).reconnect((host, AMI_PORT))
    try:
        await manager.state()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        asked_to_end = asyncio.create_task(_standard_input_ends())
        closed = asyncio.create_task(manager.closed.wait())
        _, pending = await asyncio.wait({asked_to_end, closed}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    finally:
        await manager.close()


async def _standard_input_ends() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        await reader.read()
    finally:
        transport.close()


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
