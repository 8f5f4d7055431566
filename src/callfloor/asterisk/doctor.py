"""Looks at a PBX through its manager interface: what it allows, what it has, what is missing, and the lines to add.

Everything is asked by actions that change nothing. What the user may not ask is told as not known, never as missing.
Sources: the actions' own descriptions (core-en_US.xml), and Asterisk 22 with users of few rights (tests/asterisk).
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable, Sequence

from callfloor.asterisk.ami_url import AmiUrl
from callfloor.asterisk.connection import Connection, Dial
from callfloor.asterisk.doctor_found import CERTIFICATE, Found, Level, Report, not_connected, rights_lines
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
CEL_EVENTS = (
    *("CHAN_START", "CHAN_END", "HANGUP", "ANSWER", "APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT"),
    *("BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD", "LINKEDID_END", "PARK_START", "PARK_END"),
)
CEL_APPS = ("queue", "voicemail", "mixmonitor")
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
        self._tell("connected", "ok", address=f"{self._url.host}:{self._url.port}")
        counts: dict[str, int | None] = {}
        spool = None
        try:
            self._version()
            rights = await self._rights()
            self._missing(rights)
            self._filters(rights)
            await self._settings()
            await self._clocks()
            await self._modules(rights)
            await self._cel(rights)
            await self._cdr()
            await self._queue_log(rights)
            self._tls()
            counts = await self._counts()
            spool = await self._spool()
        except AmiError as error:
            self._tell("broke_off", "problem", reason=str(error))
        return Report(
            connected=True,
            version=self._link.asterisk_version,
            found=tuple(self._found),
            spool=spool,
            accounts=counts.get("accounts"),
            queues=counts.get("queues"),
            trunks=counts.get("trunks"),
            calls=counts.get("calls"),
        )

    def _tell(
        self, what: str, level: Level, *, lines: Sequence[str] = (), place: str | None = None, **values: str
    ) -> None:
        self._found.append(Found(id=what, level=level, lines=tuple(lines), place=place, values=values))

    async def _ask(self, action: str, **headers: str) -> Message | None:
        """The answer; None where this user may not ask, or the PBX has no such action.

        Raises:
            AmiDisconnectedError, AmiTimeoutError: the link broke, or the PBX does not answer.
        """
        try:
            return await self._link.action(action, headers, timeout=ASKS_S)
        except AmiActionFailedError:
            return None

    async def _command(self, command: str) -> list[str] | None:
        answer = await self._ask("Command", Command=command)
        return None if answer is None else answer.getlist("Output")

    async def _section(self, file: str, category: str) -> dict[str, list[str]] | None:
        answer = await self._ask("GetConfig", Filename=file, Category=category)
        return None if answer is None else own_section(answer)

    # --- who we are there ---------------------------------------------------------------------------------------

    def _version(self) -> None:
        version = self._link.asterisk_version
        if version is None:
            self._tell("version_unknown", "warning")
            return
        told = ".".join(str(part) for part in version)
        if version[0] < OLDEST:
            self._tell("version_old", "problem", version=told)
        elif version[0] > NEWEST:
            self._tell("version_new", "note", version=told)
        else:
            self._tell("version", "ok", version=told)

    async def _rights(self) -> Rights:
        commands = await self._ask("ListCommands")
        write = frozenset[str]() if commands is None else write_classes(commands)
        section = await self._section("manager.conf", self._url.user)
        read: frozenset[str] | None = None
        filters: tuple[str, ...] = ()
        if section:
            read = classes_of(section.get("read", []))
            filters = filters_of(section)
        shown = await self._command(f"manager show user {self._url.user}") if " " not in self._url.user else None
        if shown:
            read = shown_user(shown).get("read", read)
        return Rights(read=read, write=write, filters=filters)

    def _missing(self, rights: Rights) -> None:
        """Each class that is lacking; the lines are the same for all, so that one paste mends everything."""
        lines = self._lines = (f"[{self._url.user}]", *rights_lines(rights.read or (), rights.write))
        whole = rights.read is not None
        if rights.read is None:
            self._tell("read_unknown", "warning", lines=lines, place="manager.conf")
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
                self._tell(f"no_{kind}_{missing}", level, lines=lines, place="manager.conf")
        if whole:
            self._tell("rights", "ok")

    def _filters(self, rights: Rights) -> None:
        hidden = sorted(hidden_by(rights.filters))
        if hidden:
            shown = ", ".join(hidden[:8]) + (" …" if len(hidden) > 8 else "")
            lines = [f"; eventfilter = {text}" for text in rights.filters]
            self._tell("filters_hide", "problem", lines=lines, place="manager.conf", events=shown)
        elif rights.filters:
            self._tell("filters", "note", filters="; ".join(rights.filters))
        if not self._link.filtered:
            self._tell("no_own_filters", "note")

    async def _settings(self) -> None:
        general = await self._section("manager.conf", "general")
        if general is None:
            return
        if _is_no(general.get("allowmultiplelogin", ["yes"])[-1]):
            self._tell("one_login", "warning", lines=("[general]", "allowmultiplelogin = yes"), place="manager.conf")
        disabled = {name.strip() for text in general.get("disabledevents", []) for name in text.split(",")}
        if hidden := sorted(disabled & hidden_by(["Event: None"])):
            self._tell("events_disabled", "problem", place="manager.conf", events=", ".join(hidden))

    async def _clocks(self) -> None:
        asked_at = self._clock()
        pong = await self._ask("Ping")
        now = self._clock()
        try:
            theirs = float("" if pong is None else pong.get("Timestamp"))
        except ValueError:
            self._tell("clock_unknown", "note")
            return
        ahead_s = theirs - (asked_at + now) / 2
        uncertain_s = (now - asked_at) / 2
        off_s = max(0.0, abs(ahead_s) - uncertain_s)
        level: Level = "problem" if off_s > CLOCK_HURTS_S else "warning" if off_s > CLOCK_WARNS_S else "ok"
        if level == "ok":
            self._tell("clock", "ok", seconds=f"{abs(ahead_s):.3f}")
            return
        direction = "ahead" if ahead_s > 0 else "behind"
        self._tell(f"clock_{direction}", level, lines=("timedatectl set-ntp true",), seconds=f"{abs(ahead_s):.1f}")

    # --- what it has --------------------------------------------------------------------------------------------

    async def _has(self, module: str) -> bool | None:
        """Is a module loaded? None: this user may not ask."""
        try:
            await self._link.action("ModuleCheck", {"Module": module}, timeout=ASKS_S)
        except AmiActionFailedError as error:
            if "permission" not in str(error).lower():
                return False
        else:
            return True
        lines = await self._command(f"module show like {module}")
        if lines is None:
            return None
        return any(line.startswith(module) and "Running" in line for line in lines)

    async def _modules(self, rights: Rights) -> None:
        if not rights.write & {"system", "command"}:
            self._tell("modules_unknown", "note")
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
            self._tell("audiosocket_old", "warning", version=str(version[0]))
        else:
            await self._module("chan_audiosocket", "audiosocket", "warning")
        pjsip, sip = await self._has("chan_pjsip"), await self._has("chan_sip")
        if pjsip:
            self._tell("pjsip", "ok")
        if sip:
            self._tell("chan_sip", "note")
        elif pjsip is False:
            self._tell("no_sip", "warning", lines=("load = chan_pjsip.so",), place="modules.conf")

    async def _module(self, module: str, found_id: str, level: Level) -> None:
        if await self._has(module):
            self._tell(found_id, "ok")
        else:
            self._tell(f"no_{found_id}", level, lines=(f"load = {module}.so",), place="modules.conf")

    async def _cel(self, rights: Rights) -> None:
        """Call event log: what the history before Callfloor, and after a gap, is made from."""
        status = await self._command("cel show status")
        if status is not None:
            on = any(line.startswith("CEL Logging: Enabled") for line in status)
            events = {line.partition(": ")[2].strip().upper() for line in status if "Tracking Event" in line}
            apps = {line.partition(": ")[2].strip().lower() for line in status if "Tracking Application" in line}
            kept = any("Subscriber" in line for line in status)
        else:
            general = await self._section("cel.conf", "general")
            if general is None:
                if not rights.write & {"system", "command", "config"}:
                    self._tell("cel_unknown", "note")
                    return
                general = {}
            on = _is_yes(general.get("enable", ["no"])[-1])
            events = {name.strip().upper() for text in general.get("events", []) for name in text.split(",")}
            apps = {name.strip().lower() for text in general.get("apps", []) for name in text.split(",")}
            kept = True
        wanted = ("[general]", "enable = yes", "events = ALL", f"apps = {','.join(CEL_APPS)}")
        lacking = [] if "ALL" in events else [name for name in CEL_EVENTS if name not in events]
        no_apps = [name for name in CEL_APPS if name not in apps]
        if not on:
            self._tell("cel_off", "warning", lines=wanted, place="cel.conf")
        elif not kept:
            self._tell("cel_nowhere", "warning", lines=("[manager]", "enabled = no"), place="cel_odbc.conf")
        elif lacking or no_apps:
            self._tell("cel_partial", "warning", lines=wanted, place="cel.conf", lacking=", ".join(lacking + no_apps))
        else:
            self._tell("cel", "ok")

    async def _cdr(self) -> None:
        settings = await self._ask("CoreSettings")
        status = await self._command("cdr show status")
        if status is not None:
            on = any("Logging:" in line and "Enabled" in line for line in status)
            backends = _after(status, "Registered Backends")
            if on and not backends:
                self._tell("cdr_nowhere", "warning", lines=("load = cdr_csv.so",), place="modules.conf")
                return
        elif settings is not None and settings.get("CoreCDRenabled"):
            on = _is_yes(settings.get("CoreCDRenabled"))
        else:
            self._tell("cdr_unknown", "note")
            return
        if on:
            self._tell("cdr", "ok")
        else:
            self._tell("cdr_off", "warning", lines=("[general]", "enable = yes"), place="cdr.conf")

    async def _queue_log(self, rights: Rights) -> None:
        general = await self._section("logger.conf", "general")
        if general is None:
            if not rights.write & {"system", "config"}:
                self._tell("queue_log_unknown", "note")
            else:
                self._tell("queue_log", "ok")  # nothing said is yes
        elif _is_no(general.get("queue_log", ["yes"])[-1]):
            self._tell("queue_log_off", "warning", lines=("[general]", "queue_log = yes"), place="logger.conf")
        else:
            self._tell("queue_log", "ok")

    def _tls(self) -> None:
        if self._url.tls:
            self._tell("tls" if self._url.verify else "tls_unverified", "ok" if self._url.verify else "warning")
        elif _is_here(self._url.host):
            self._tell("tls_not_needed", "ok")
        else:
            lines = ("[general]", "tlsenable = yes", "tlsbindaddr = 0.0.0.0:5039", CERTIFICATE)
            self._tell("no_tls", "warning", lines=lines, place="manager.conf")

    async def _spool(self) -> str | None:
        folders = await self._section("asterisk.conf", "directories")
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
                    self._tell("no_channels", "problem", lines=self._lines, place="manager.conf")
                continue
            resync.listing(self._clock(), events, since=asked_at)
            if action == "CoreShowChannels":
                counts["calls"] = len({e.get("Linkedid") for e in events if e.event == "CoreShowChannel"})
            elif action == "QueueStatus":
                counts["queues"] = sum(1 for e in events if e.event == "QueueParams")
        counts["accounts"], counts["trunks"] = len(parties.accounts), len(parties.trunks)
        return counts


def _after(lines: Sequence[str], heading: str) -> list[str]:
    """What is listed below a heading that is underlined."""
    for place, line in enumerate(lines):
        if heading in line:
            below = [each.strip() for each in lines[place + 1 :]]
            return [each for each in below if each and set(each) != {"-"}]
    return []


def _is_yes(text: str) -> bool:
    return text.strip().lower() in {"yes", "true", "y", "t", "1", "on"}


def _is_no(text: str) -> bool:
    return text.strip().lower() in {"no", "false", "n", "f", "0", "off"}


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
