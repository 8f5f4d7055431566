"""Looks at a PBX through its manager interface: what it allows, what it has, what is missing, and the lines to add.

Everything is asked by actions that change nothing. What the user may not ask is told as not known, never as missing.
Sources: the actions' own descriptions (core-en_US.xml), and Asterisk 22 with users of few rights (tests/asterisk).
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable, Sequence

from callfloor.asterisk import doctor_records
from callfloor.asterisk.ami_url import AmiUrl
from callfloor.asterisk.connection import Connection, Dial
from callfloor.asterisk.doctor_found import CERTIFICATE, Found, Level, Report, not_connected, rights_lines
from callfloor.asterisk.doctor_places import places
from callfloor.asterisk.doctor_records import is_no, is_yes
from callfloor.asterisk.doctor_rights import (
    NEEDED_READ,
    NEEDED_WRITE,
    Rights,
    classes_of,
    filters_of,
    hidden_by,
    own_section,
    shown_user,
    write_classes,
)
from callfloor.asterisk.message import Message
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.resync import Resync
from callfloor.asterisk.translate import Translator
from callfloor.errors import AmiActionFailedError, AmiError, ConfigurationError

OLDEST, NEWEST = 16, 22
AUDIOSOCKET_SINCE = 18
CLOCK_WARNS_S, CLOCK_HURTS_S = 2.0, 30.0
CONNECT_S = 25.0  # a first link, with the 3 s for which a user without class system waits in vain
ASKS_S = 8.0
PROBLEM_READ, PROBLEM_WRITE = frozenset({"system", "call", "agent"}), frozenset({"system", "reporting"})
LITTLE = frozenset({"user", "reporting"})
PARTS = ("Status", "CoreShowChannels", "QueueStatus")


async def examine(
    url: AmiUrl,
    *,
    connection: Connection | None = None,
    clock: Callable[[], float] = time.time,
    dial: Dial | None = None,
) -> Report:
    """Look at a PBX, through a link that is up or one made for it (``dial`` makes its streams, for tests).

    Takes some seconds at most.

    Raises nothing for what the PBX does or does not: that is in the report.
    """
    if connection is not None and connection.is_up:
        return await _Doctor(url, connection, clock).report()
    up: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()

    async def on_up(link: Connection) -> None:
        if not up.done():
            up.set_result(link)

    def on_down(reason: str) -> None:
        if not up.done():
            up.set_exception(AmiError(reason))

    def on_messages(_at: float, _messages: list[Message]) -> None:
        return

    try:
        link = Connection(url, on_messages=on_messages, on_up=on_up, on_down=on_down, clock=clock, dial=dial)
    except ConfigurationError as error:
        return Report(connected=False, found=(not_connected(url, str(error)),))
    running = asyncio.get_running_loop().create_task(link.run(), name="doctor")
    try:
        async with asyncio.timeout(CONNECT_S):
            await up
        return await _Doctor(url, link, clock).report()
    except (AmiError, TimeoutError) as error:
        reason = str(error) or f"the PBX did not answer within {CONNECT_S:g} s"
        return Report(connected=False, found=(not_connected(url, reason),))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class _Doctor:
    def __init__(self, url: AmiUrl, link: Connection, clock: Callable[[], float]) -> None:
        self._url = url
        self._link = link
        self._clock = clock
        self._found: list[Found] = []
        self._lines: tuple[str, ...] = ()  # by which this user has every right

    async def report(self) -> Report:
        """Ask everything. A link that breaks meanwhile ends it with what is known."""
        self.tell("connected", "ok", address=f"{self._url.host}:{self._url.port}")
        counts: dict[str, int | None] = {}
        spool = records = None
        try:
            self._version()
            rights = await self._rights()
            self._missing(rights)
            self._filters(rights)
            await self._settings()
            await self._clocks()
            await self._modules(rights)
            await doctor_records.cel(self, rights)
            await doctor_records.cdr(self)
            await doctor_records.queue_log(self, rights)
            self._tls()
            counts = await self._counts()
            spool = await self._spool()
            records = await places(self)
        except AmiError as error:
            self.tell("broke_off", "problem", reason=str(error))
        return Report(
            connected=True,
            version=self._link.asterisk_version,
            found=tuple(self._found),
            spool=spool,
            records=records,
            accounts=counts.get("accounts"),
            queues=counts.get("queues"),
            trunks=counts.get("trunks"),
            calls=counts.get("calls"),
        )

    def tell(
        self, what: str, level: Level, *, lines: Sequence[str] = (), place: str | None = None, **values: str
    ) -> None:
        self._found.append(Found(id=what, level=level, lines=tuple(lines), place=place, values=values))

    async def ask(self, action: str, **headers: str) -> Message | None:
        """The answer; None where this user may not ask, or the PBX has no such action.

        Raises:
            AmiDisconnectedError, AmiTimeoutError: the link broke, or the PBX does not answer.
        """
        try:
            return await self._link.action(action, headers, timeout=ASKS_S)
        except AmiActionFailedError:
            return None

    async def command(self, command: str) -> list[str] | None:
        answer = await self.ask("Command", Command=command)
        return None if answer is None else answer.getlist("Output")

    async def section(self, file: str, category: str) -> dict[str, list[str]] | None:
        answer = await self.ask("GetConfig", Filename=file, Category=category)
        return None if answer is None else own_section(answer)

    # --- who we are there ---------------------------------------------------------------------------------------

    def _version(self) -> None:
        version = self._link.asterisk_version
        if version is None:
            self.tell("version_unknown", "warning")
            return
        told = ".".join(str(part) for part in version)
        if version[0] < OLDEST:
            self.tell("version_old", "problem", version=told)
        elif version[0] > NEWEST:
            self.tell("version_new", "note", version=told)
        else:
            self.tell("version", "ok", version=told)

    async def _rights(self) -> Rights:
        commands = await self.ask("ListCommands")
        write = frozenset[str]() if commands is None else write_classes(commands)
        section = await self.section("manager.conf", self._url.user)
        read: frozenset[str] | None = None
        filters: tuple[str, ...] = ()
        if section:
            read = classes_of(section.get("read", []))
            filters = filters_of(section)
        shown = await self.command(f"manager show user {self._url.user}") if " " not in self._url.user else None
        if shown:
            read = shown_user(shown).get("read", read)
        return Rights(read=read, write=write, filters=filters)

    def _missing(self, rights: Rights) -> None:
        """Each class that is lacking; the lines are the same for all, so that one paste mends everything."""
        lines = self._lines = (f"[{self._url.user}]", *rights_lines(rights.read or (), rights.write))
        whole = rights.read is not None
        if rights.read is None:
            self.tell("read_unknown", "warning", lines=lines, place="manager.conf")
        for kind, needed, have, bad in (
            ("read", NEEDED_READ, rights.read, PROBLEM_READ),
            ("write", NEEDED_WRITE, rights.write, PROBLEM_WRITE),
        ):
            for missing in [each for each in needed if have is not None and each not in have]:
                # Either of the two lets the channels be listed, without which there is no floor.
                if have is None or (kind == "write" and missing == "reporting" and "system" in have):
                    continue
                whole = False
                level: Level = "problem" if missing in bad else "note" if missing in LITTLE else "warning"
                self.tell(f"no_{kind}_{missing}", level, lines=lines, place="manager.conf")
        if whole:
            self.tell("rights", "ok")

    def _filters(self, rights: Rights) -> None:
        hidden = sorted(hidden_by(rights.filters))
        if hidden:
            shown = ", ".join(hidden[:8]) + (" …" if len(hidden) > 8 else "")
            lines = [f"; eventfilter = {text}" for text in rights.filters]
            self.tell("filters_hide", "problem", lines=lines, place="manager.conf", events=shown)
        elif rights.filters:
            self.tell("filters", "note", filters="; ".join(rights.filters))
        if not self._link.filtered:
            self.tell("no_own_filters", "note")

    async def _settings(self) -> None:
        general = await self.section("manager.conf", "general")
        if general is None:
            return
        if is_yes(general.get("timestampevents", ["no"])[-1]):
            self.tell("stamps", "ok")
        else:
            self.tell("no_stamps", "note", lines=("[general]", "timestampevents = yes"), place="manager.conf")
        if is_no(general.get("allowmultiplelogin", ["yes"])[-1]):
            self.tell("one_login", "warning", lines=("[general]", "allowmultiplelogin = yes"), place="manager.conf")
        disabled = {name.strip() for text in general.get("disabledevents", []) for name in text.split(",")}
        if hidden := sorted(disabled & hidden_by(["Event: None"])):
            self.tell("events_disabled", "problem", place="manager.conf", events=", ".join(hidden))

    async def _clocks(self) -> None:
        asked_at = self._clock()
        pong = await self.ask("Ping")
        now = self._clock()
        try:
            theirs = float("" if pong is None else pong.get("Timestamp"))
        except ValueError:
            self.tell("clock_unknown", "note")
            return
        ahead_s = theirs - (asked_at + now) / 2
        uncertain_s = (now - asked_at) / 2
        off_s = max(0.0, abs(ahead_s) - uncertain_s)
        level: Level = "problem" if off_s > CLOCK_HURTS_S else "warning" if off_s > CLOCK_WARNS_S else "ok"
        if level == "ok":
            self.tell("clock", "ok", seconds=f"{abs(ahead_s):.3f}")
            return
        direction = "ahead" if ahead_s > 0 else "behind"
        self.tell(f"clock_{direction}", level, lines=("timedatectl set-ntp true",), seconds=f"{abs(ahead_s):.1f}")

    # --- what it has --------------------------------------------------------------------------------------------

    async def has(self, module: str) -> bool | None:
        """Is a module loaded? None: this user may not ask."""
        try:
            await self._link.action("ModuleCheck", {"Module": module}, timeout=ASKS_S)
        except AmiActionFailedError as error:
            if "permission" not in str(error).lower():
                return False
        else:
            return True
        lines = await self.command(f"module show like {module}")
        if lines is None:
            return None
        return any(line.startswith(module) and "Running" in line for line in lines)

    async def _modules(self, rights: Rights) -> None:
        if not rights.write & {"system", "command"}:
            self.tell("modules_unknown", "note")
            return
        for module, found_id, level in (
            ("app_queue", "queue_module", "warning"),
            ("app_mixmonitor", "mixmonitor", "note"),
            ("app_chanspy", "chanspy", "warning"),
            ("func_devstate", "devstate", "note"),
        ):
            await self._module(module, found_id, level)  # type: ignore[arg-type]
        version = self._link.asterisk_version
        if version is not None and version[0] < AUDIOSOCKET_SINCE:
            self.tell("audiosocket_old", "warning", version=str(version[0]))
        else:
            await self._module("chan_audiosocket", "audiosocket", "warning")
        pjsip, sip = await self.has("chan_pjsip"), await self.has("chan_sip")
        if pjsip:
            self.tell("pjsip", "ok")
        if sip:
            self.tell("chan_sip", "note")
        elif pjsip is False:
            self.tell("no_sip", "warning", lines=("load = chan_pjsip.so",), place="modules.conf")

    async def _module(self, module: str, found_id: str, level: Level) -> None:
        if await self.has(module):
            self.tell(found_id, "ok")
        else:
            self.tell(f"no_{found_id}", level, lines=(f"load = {module}.so",), place="modules.conf")

    def _tls(self) -> None:
        if self._url.tls:
            self.tell("tls" if self._url.verify else "tls_unverified", "ok" if self._url.verify else "warning")
        elif _is_here(self._url.host):
            self.tell("tls_not_needed", "ok")
        else:
            lines = ("[general]", "tlsenable = yes", "tlsbindaddr = 0.0.0.0:5039", CERTIFICATE)
            self.tell("no_tls", "warning", lines=lines, place="manager.conf")

    async def _spool(self) -> str | None:
        folders = await self.section("asterisk.conf", "directories")
        return folders["astspooldir"][-1] if folders and folders.get("astspooldir") else None

    async def _counts(self) -> dict[str, int | None]:
        """How many people, queues, trunks and calls the floor would begin with, read the way it reads them."""
        parties = Parties()
        resync = Resync(Translator("doctor", parties))
        counts: dict[str, int | None] = {}
        for action in ("ExtensionStateList", "PJSIPShowContacts", *PARTS):
            asked_at = self._clock()
            try:
                events = await self._link.list_action(action, timeout=ASKS_S)
            except AmiActionFailedError:
                if action == "CoreShowChannels":
                    self.tell("no_channels", "problem", lines=self._lines, place="manager.conf")
                continue
            resync.listing(self._clock(), events, since=asked_at)
            if action == "CoreShowChannels":
                counts["calls"] = len({e.get("Linkedid") for e in events if e.event == "CoreShowChannel"})
            elif action == "QueueStatus":
                counts["queues"] = sum(1 for e in events if e.event == "QueueParams")
        counts["accounts"], counts["trunks"] = len(parties.accounts), len(parties.trunks)
        return counts


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
