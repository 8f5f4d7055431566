"""The PBX, its phones and its providers together; a script runs on them, and what happened becomes a capture.

A capture is a folder: ``ami.raw`` and ``ami.chunks.jsonl`` (what the manager connection received, and when; the same
for ``ami-late`` where a script reconnects), ``truth.jsonl`` (what every phone and the operator did), ``cel.csv``,
``cdr.csv``, ``queue_log`` (that script's rows only), ``meta.json``.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.pbx.leg import Leg
from support.pbx.manager import Event, Manager
from support.pbx.phone import Answer, Phone
from support.pbx.recorder import Recorder
from support.pbx.records import channels_of, read_cel
from support.pbx.server import POLL_S, Pbx
from support.pbx.truth import Truth

CLIENT, CLIENT2, CLIENT3 = "79161234567", "79167654321", "79031112233"
NUMBERS = {
    "echo": "74951000000", "sales": "74951000001", "support": "74951000002", "e101": "74951000003",
    "ivr": "74951000004", "fax": "74951000005", "e103": "74951000006", "group": "74951000007",
    "e105": "74951000008", "e102": "74951000009",
}  # fmt: skip
"""The company's numbers by what answers them (``etc/extensions.conf``)."""
TRUNKS = ("trunk-a", "trunk-b")
AGENTS = {
    "101": "Yealink SIP-T46S 66.85.0.5", "102": "Grandstream GXP2170 1.0.11.48", "102m": "Zoiper rv2.10.20.2",
    "103": "snomD785/10.1.73.16", "103m": "LinphoneAndroid/5.2.0 (Pixel 7)", "104": "MicroSIP/3.21.3",
    "105": "Fanvil X4U 2.12.1", "106": "Cisco/SPA504G-7.6.2", "107": "PhonerLite 3.20", "108": "Jitsi 2.10",
    "109": "Bria 6.5.1", "110": "baresip v3.9.0 (x86_64/linux)",
}  # fmt: skip
EXTENSIONS = tuple(device for device in AGENTS if not device.endswith("m"))
QUIET_S = 10.0  # how long the PBX may need to write its last rows
ENDING_S = 1.0  # how long a script's last hang-up may need to reach the other phone

Script = Callable[["Lab"], Awaitable[None]]


async def during(seconds: float) -> None:
    """The script's tempo: how long people talk, think, ring. Real calls take real time; nothing is waited for here."""
    await asyncio.sleep(seconds)


class Lab:
    """``phones`` by device, ``clients`` (the provider of trunk-a) and ``clients_b``; ``ami`` while recording."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx
        self.truth = Truth()
        self.notes: dict[str, Any] = {}
        network = pbx.network
        self.phones = {
            device: Phone(
                device.rstrip("m"), network.phone(device.rstrip("m"), 2 if device.endswith("m") else 1), network,
                self.truth, password=f"pw{device.rstrip('m')}", agent=agent, device=device,
                aor=device if device == "103m" else None,
            )
            for device, agent in AGENTS.items()
        }  # fmt: skip
        self.clients = Phone("74951000000", network.trunk(1), network, self.truth, agent="ProviderA", device="client")
        self.clients_b = Phone(
            "74951000000", network.trunk(2), network, self.truth, agent="ProviderB", device="client-b"
        )
        self._ami: Manager | None = None
        self._folder: Path | None = None
        self._recorders: list[Recorder] = []

    @property
    def ami(self) -> Manager:
        """A manager connection to drive the PBX by; the recorder has its own."""
        if self._ami is None:
            raise RuntimeError("nothing is being recorded")
        return self._ami

    @property
    def everybody(self) -> list[Phone]:
        return [*self.phones.values(), self.clients, self.clients_b]

    async def open(self) -> None:
        for phone in self.everybody:
            await phone.open()
        await asyncio.gather(*(self.register(device) for device in self.phones if device != "103m"))

    async def register(self, device: str) -> None:
        if not await self.phones[device].register():
            raise RuntimeError(f"{device} could not register")

    async def close(self) -> None:
        await asyncio.gather(*(phone.close() for phone in self.everybody))

    @asynccontextmanager
    async def operated(self) -> AsyncIterator[None]:
        """``ami`` is connected and nothing is recorded: for whoever watches the PBX by other means."""
        if self._ami is not None:
            raise RuntimeError("there is an operator already")
        self._ami = await Manager().reconnect(self.pbx.ami)
        try:
            yield
        finally:
            await self._ami.close()
            self._ami = None

    async def operate_again(self) -> None:
        """The operator's connection, which the PBX has closed, is made anew."""
        await self.ami.close()
        self._ami = await Manager().reconnect(self.pbx.ami)

    # --- what scripts do ------------------------------------------------------------------------------------------

    async def inbound(self, number: str, client: str = CLIENT, name: str | None = None) -> Leg:
        """A client calls one of the company's ``NUMBERS`` (or any other) through trunk-a."""
        return await self.clients.call(NUMBERS.get(number, number), caller=client, name=name)

    async def talking(self, number: str = "e101", phone: str = "101", client: str = CLIENT) -> tuple[Leg, Leg]:
        """A client and an employee in conversation: their legs."""
        theirs = await self.inbound(number, client)
        ours = await self.phones[phone].comes()
        await during(0.5)
        ours.answer()
        await theirs.answered()
        await during(0.8)
        return theirs, ours

    async def comes(self, account: str, within: float = 30.0) -> Leg:
        """The next leg that rings an account, on whichever of its devices.

        A queue rings one contact of a member, and which one depends on how Asterisk has sorted them.
        """
        devices = [device for device in (account, f"{account}m") if device in self.phones]
        return await self.comes_to(*devices, within=within)

    async def comes_to(self, *devices: str, within: float) -> Leg:
        """The next leg that rings any of the devices."""
        waits = [asyncio.create_task(self.phones[device].comes(within)) for device in devices]
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        return done.pop().result()

    async def channel(self, endpoint: str) -> str:
        """The name of an endpoint's channel, as soon as there is one."""
        async with asyncio.timeout(10):
            while True:
                for event in await self.ami.channels():
                    if event["Channel"].startswith(f"PJSIP/{endpoint}-"):
                        return event["Channel"]
                await asyncio.sleep(POLL_S)

    async def originate(self, channel: str, number: str, context: str = "callback", **extra: str) -> list[Event]:
        self.truth.mark("originate", channel=channel, exten=number)
        words = {
            "Channel": channel, "Context": context, "Exten": number, "Priority": "1", "Timeout": "15000",
            "Async": "true", "CallerID": f"<{number}>", **extra,
        }  # fmt: skip
        return await self.ami.action("Originate", words)

    async def pause(self, *members: str, paused: bool = True, queue: str = "sales", reason: str = "") -> None:
        for member in members:
            words = {"Queue": queue, "Interface": f"PJSIP/{member}", "Paused": str(paused).lower()}
            await self.ami.action("QueuePause", words | ({"Reason": reason} if reason else {}))

    async def setting(self, variable: str, value: str) -> None:
        """Sets a global variable of the dialplan."""
        await self.ami.action("Setvar", {"Variable": variable, "Value": value})

    async def pbx_came_back(self, prefix: str) -> None:
        """A PBX that went down is up again: its phones register, it is driven, and recorded as ``prefix``."""
        if self._folder is None:
            raise RuntimeError("nothing is being recorded")
        await self.operate_again()
        await self._record(prefix, self._folder)
        await asyncio.gather(*(self.register(device) for device in self.phones if device != "103m"))

    async def come_back(self) -> Manager:
        """The client's link comes back after a loss: ``ami-late`` is recorded from here on.

        Returns a connection to drive the PBX by; the caller closes it.
        """
        if self._folder is None:
            raise RuntimeError("nothing is being recorded")
        await self._record("ami-late", self._folder)
        return await Manager().reconnect(self.pbx.ami)

    async def _record(self, prefix: str, folder: Path) -> None:
        recorder = Recorder(self.pbx.network.pbx, folder, prefix)
        self._recorders.append(recorder)
        await recorder.start()

    # --- recording ----------------------------------------------------------------------------------------------------

    async def record(self, folder: Path, name: str, about: str, script: Script, expect: dict[str, Any]) -> None:
        """Runs the script and writes its capture; what the script raises is raised after that."""
        folder.mkdir(parents=True, exist_ok=True)
        started = time.time()
        async with self._recording(folder, name, about, expect):
            await script(self)
        self.notes["seconds"] = round(time.time() - started, 2)

    @asynccontextmanager
    async def _recording(self, folder: Path, name: str, about: str, expect: dict[str, Any]) -> AsyncIterator[None]:
        for phone in self.everybody:
            phone.reset()
        self.clients.policy = Answer(0.8)
        self.notes = {}
        self.truth.lines.clear()
        before = {file: path.stat().st_size if path.exists() else 0 for file, path in self.pbx.records.items()}
        self._folder = folder
        operator, self._ami = self._ami, await Manager().reconnect(self.pbx.ami)
        failed: str | None = "cancelled"
        try:
            await self._record("ami", folder)
            self.truth.mark("scenario-start", name=name)
            yield
            failed = None
        except Exception as error:
            failed = f"{type(error).__name__}: {error}"
            raise
        finally:
            await self._quiet(before["cel.csv"])
            self.truth.mark("scenario-end")
            await self._ami.close()
            await asyncio.gather(*(recorder.stop() for recorder in self._recorders))
            self._recorders.clear()
            self._ami, self._folder = operator, None
            self.truth.write(folder / "truth.jsonl")
            for file, path in self.pbx.records.items():
                if path.exists():
                    (folder / file).write_bytes(path.read_bytes()[before[file] :])
            meta = {"scenario": name, "about": about, "expect": expect, "ok": failed is None, "error": failed}
            (folder / "meta.json").write_text(json.dumps(meta | {"notes": self.notes}, ensure_ascii=False, indent=1))

    async def _quiet(self, cel_from: int) -> None:
        """Hangs up what is left, and waits until the PBX has written its last row about it."""
        # A hang-up of ours in the same instant would compete with the script's own: who ended the call would be open.
        ending = (leg.over(ENDING_S) for phone in self.everybody for leg in phone.legs.values())
        await asyncio.gather(*ending, return_exceptions=True)
        for phone in self.everybody:
            for leg in list(phone.legs.values()):
                leg.hang_up()
        control = await Manager().reconnect(self.pbx.ami)
        try:
            end = time.monotonic() + QUIET_S
            while left := await control.channels():
                if time.monotonic() > end:
                    self.truth.mark("left over", channels=[event["Channel"] for event in left])
                    for event in left:
                        await control.action("Hangup", {"Channel": event["Channel"]})
                    end = float("inf")
                await asyncio.sleep(POLL_S)
        finally:
            await control.close()
        await self._written(cel_from, time.monotonic() + QUIET_S)

    async def _written(self, cel_from: int, end: float) -> None:
        path, sizes = self.pbx.records["cel.csv"], list[int]()
        while time.monotonic() < end:
            rows = read_cel(path.read_bytes()[cel_from:].decode("utf-8", "replace")) if path.exists() else []
            done = all(channel.ended_at is not None for channel in channels_of(rows).values())
            sizes.append(sum(file.stat().st_size for file in self.pbx.records.values() if file.exists()))
            if done and len(sizes) > 5 and len(set(sizes[-5:])) == 1:
                return
            await asyncio.sleep(POLL_S * 2)
