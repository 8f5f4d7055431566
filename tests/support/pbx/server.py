"""Asterisk as a process of the tests: started from the private root, on loopback, in a folder of its own.

It needs no root rights and no chroot: the root's own dynamic loader runs it. ``core restart now`` makes Asterisk
execute its own ``argv[0]`` again, which is therefore a small script that goes through the loader, too.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from support.pbx.network import AMI_PORT, Network
from support.pbx.root import libraries, loader, modules, root

ETC = Path(__file__).parent / "etc"
FOLDERS = ("etc", "lib", "run", "log/cdr-csv", "log/cel-custom", "tmp")
SPOOLS = ("monitor", "voicemail", "tmp", "fax", "outgoing", "system", "recording", "dictate", "meetme")
BOOT_S = 60.0  # two busy cores need it
STOP_S = 10.0
POLL_S = 0.02


class PbxFailedError(RuntimeError):
    """Asterisk did not start, or died."""


class Pbx:
    """One Asterisk, 22 or 16.

    Its records lie in ``records``: ``cel.csv``, ``cdr.csv``, ``queue_log`` (paths, growing while it runs).
    """

    def __init__(self, folder: Path, network: Network, version: str = "22", *, stamps: bool = False) -> None:
        """``stamps``: it says of each event when that was (``timestampevents``)."""
        self.folder = folder
        self._stamps = stamps
        self.version = version
        self.network = network
        self._process: subprocess.Popen[bytes] | None = None
        log = folder / "log"
        self.records = {
            "cel.csv": log / "cel-custom" / "Master.csv",
            "cdr.csv": log / "cdr-csv" / "Master.csv",
            "queue_log": log / "queue_log",
            "full.log": log / "full",
        }

    @property
    def ami(self) -> tuple[str, int]:
        """Where the manager interface listens: host, port."""
        return self.network.pbx, AMI_PORT

    @property
    def pid(self) -> int:
        if self._process is None:
            raise PbxFailedError("Asterisk is not running")
        return self._process.pid

    def prepare(self) -> None:
        """Writes the configuration into the run's folder."""
        installed = root(self.version)
        for name in (*FOLDERS, *(f"spool/{spool}" for spool in SPOOLS)):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        values = {
            "@RUN@": str(self.folder),
            "@ROOT@": str(installed),
            "@MODULES@": str(modules(installed)),
            "@HOST@": self.network.pbx,
            "@NET@": self.network.prefix,
        }
        for source in ETC.iterdir():
            if source.suffix != ".conf":
                shutil.copy(source, self.folder / "etc")
                continue
            text = source.read_text()
            for name, value in values.items():
                text = text.replace(name, value)
            if self._stamps:
                text = text.replace("timestampevents=no", "timestampevents=yes")
            (self.folder / "etc" / source.name).write_text(text)
        program = self.folder / "asterisk"
        # Debian 11's loader cannot give a program its name: that one cannot be restarted from within
        named = "" if self.version == "16" else f" --argv0 {program}"
        program.write_text(
            f"#!/bin/sh\nexec {loader(installed)}{named} --library-path {libraries(installed)} "
            f'{installed}/usr/sbin/asterisk "$@"\n'
        )
        program.chmod(0o755)

    @property
    def _words(self) -> list[str]:
        return [str(self.folder / "asterisk"), "-C", str(self.folder / "etc" / "asterisk.conf")]

    async def start(self) -> None:
        """Starts Asterisk, and returns when it is fully booted.

        Raises:
            PbxFailedError: it died, or is not up within ``BOOT_S``.
        """
        if not (self.folder / "asterisk").exists():
            self.prepare()
        # The package's Asterisk asks for files by the C locale and a home; its memory pools grow per CPU
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder / "tmp"), "TZ": "UTC"}
        with (self.folder / "asterisk.out").open("ab") as output:
            self._process = subprocess.Popen(
                # whoever kills the tests kills the PBX, too: pdeathsig outlives Asterisk's own restarts
                ["setpriv", "--pdeathsig", "KILL", *self._words, "-f"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
                cwd=self.folder,
            )
        await self.booted()

    async def booted(self) -> None:
        """Waits until Asterisk says that it is fully booted."""
        end = time.monotonic() + BOOT_S
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                tail = (self.folder / "asterisk.out").read_text(errors="replace")[-2000:]
                raise PbxFailedError(f"Asterisk died:\n{tail}")
            if "fully booted" in await self.cli("core waitfullybooted"):
                return
            await asyncio.sleep(POLL_S)
        raise PbxFailedError(f"Asterisk is not up in {BOOT_S:.0f} s")

    async def cli(self, command: str) -> str:
        """What Asterisk's console answers; empty where it is not there."""
        asked = await asyncio.create_subprocess_exec(
            *self._words, "-rx", command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            output, _ = await asked.communicate()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                asked.kill()
            await asked.wait()
            raise
        return output.decode(errors="replace")

    async def reload(self, module: str = "") -> None:
        """``core reload``: every module, or one, reads its configuration again; calls go on."""
        await self.cli(f"module reload {module}" if module else "core reload")

    async def restart(self) -> None:
        """``core restart now``: every call is hung up, the same process starts anew; returns when it is up."""
        control = self.folder / "run" / "asterisk.ctl"
        before = control.stat().st_mtime_ns  # not its inode, which the next one may be given
        await self.cli("core restart now")
        end = time.monotonic() + BOOT_S
        while time.monotonic() < end:
            with suppress(FileNotFoundError):
                if control.stat().st_mtime_ns != before:
                    break
            await asyncio.sleep(POLL_S)
        await self.booted()

    async def stop(self) -> None:
        """Ends it in good order (SIGTERM), then by force."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Ends it the way a power cut would (SIGKILL)."""
        await self._end(signal.SIGKILL)

    async def _end(self, by: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            os.kill(process.pid, by)
        end = time.monotonic() + STOP_S
        while process.poll() is None:
            if time.monotonic() > end:
                os.kill(process.pid, signal.SIGKILL)
                end = float("inf")
            await asyncio.sleep(POLL_S)


@asynccontextmanager
async def running_pbx(folder: Path, version: str = "22", *, stamps: bool = False) -> AsyncIterator[Pbx]:
    """A PBX in that folder, on addresses of its own, stopped at the end whatever happens."""
    network = Network.reserve()
    pbx = Pbx(folder, network, version, stamps=stamps)
    try:
        pbx.prepare()
        await pbx.start()
        yield pbx
    finally:
        await pbx.stop()
        network.release()
