"""What a PBX keeps of its calls: call event log, call records, queue log. The doctor's questions about them."""

from collections.abc import Sequence
from typing import Protocol

from callfloor.asterisk.doctor_found import Level
from callfloor.asterisk.doctor_rights import Rights
from callfloor.asterisk.message import Message

CEL_EVENTS = (
    *("CHAN_START", "CHAN_END", "HANGUP", "ANSWER", "APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT"),
    *("BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD", "LINKEDID_END", "PARK_START", "PARK_END"),
)
CEL_APPS = ("queue", "voicemail", "mixmonitor")


class Asks(Protocol):
    """The doctor, as far as questions go: None where this user may not ask."""

    async def ask(self, action: str, **headers: str) -> Message | None:
        """The answer to an action."""

    async def command(self, command: str) -> list[str] | None:
        """What the console prints."""

    async def section(self, file: str, category: str) -> dict[str, list[str]] | None:
        """The settings of a section."""

    def tell(
        self, what: str, level: Level, *, lines: Sequence[str] = (), place: str | None = None, **values: str
    ) -> None:
        """A finding."""


async def cel(doctor: Asks, rights: Rights) -> None:
    """Call event log: what the history before Callfloor, and after a gap, is made from."""
    status = await doctor.command("cel show status")
    if status is not None:
        on = any(line.startswith("CEL Logging: Enabled") for line in status)
        events = {line.partition(": ")[2].strip().upper() for line in status if "Tracking Event" in line}
        apps = {line.partition(": ")[2].strip().lower() for line in status if "Tracking Application" in line}
        kept = any("Subscriber" in line for line in status)
    else:
        general = await doctor.section("cel.conf", "general")
        if general is None:
            if not rights.write & {"system", "command", "config"}:
                doctor.tell("cel_unknown", "note")
                return
            general = {}
        on = is_yes(general.get("enable", ["no"])[-1])
        events = {name.strip().upper() for text in general.get("events", []) for name in text.split(",")}
        apps = {name.strip().lower() for text in general.get("apps", []) for name in text.split(",")}
        kept = True
    wanted = ("[general]", "enable = yes", "events = ALL", f"apps = {','.join(CEL_APPS)}")
    lacking = [] if "ALL" in events else [name for name in CEL_EVENTS if name not in events]
    no_apps = [name for name in CEL_APPS if name not in apps]
    if not on:
        doctor.tell("cel_off", "warning", lines=wanted, place="cel.conf")
    elif not kept:
        doctor.tell("cel_nowhere", "warning", lines=("[manager]", "enabled = no"), place="cel_odbc.conf")
    elif lacking or no_apps:
        doctor.tell("cel_partial", "warning", lines=wanted, place="cel.conf", lacking=", ".join(lacking + no_apps))
    else:
        doctor.tell("cel", "ok")


async def cdr(doctor: Asks) -> None:
    settings = await doctor.ask("CoreSettings")
    status = await doctor.command("cdr show status")
    if status is not None:
        on = any("Logging:" in line and "Enabled" in line for line in status)
        backends = _after(status, "Registered Backends")
        if on and not backends:
            doctor.tell("cdr_nowhere", "warning", lines=("load = cdr_csv.so",), place="modules.conf")
            return
    elif settings is not None and settings.get("CoreCDRenabled"):
        on = is_yes(settings.get("CoreCDRenabled"))
    else:
        doctor.tell("cdr_unknown", "note")
        return
    if on:
        doctor.tell("cdr", "ok")
    else:
        doctor.tell("cdr_off", "warning", lines=("[general]", "enable = yes"), place="cdr.conf")


async def queue_log(doctor: Asks, rights: Rights) -> None:
    general = await doctor.section("logger.conf", "general")
    if general is None:
        if not rights.write & {"system", "config"}:
            doctor.tell("queue_log_unknown", "note")
        else:
            doctor.tell("queue_log", "ok")  # nothing said is yes
    elif is_no(general.get("queue_log", ["yes"])[-1]):
        doctor.tell("queue_log_off", "warning", lines=("[general]", "queue_log = yes"), place="logger.conf")
    else:
        doctor.tell("queue_log", "ok")


def _after(lines: Sequence[str], heading: str) -> list[str]:
    """What is listed below a heading that is underlined."""
    for place, line in enumerate(lines):
        if heading in line:
            below = [each.strip() for each in lines[place + 1 :]]
            return [each for each in below if each and set(each) != {"-"}]
    return []


def is_yes(text: str) -> bool:
    return text.strip().lower() in {"yes", "true", "y", "t", "1", "on"}


def is_no(text: str) -> bool:
    return text.strip().lower() in {"no", "false", "n", "f", "0", "off"}
