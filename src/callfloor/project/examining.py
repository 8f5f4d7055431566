"""The doctor for one project: what the PBX tells, and whether what lies beside it can be reached from here."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from callfloor.asterisk import doctor
from callfloor.asterisk.ami_url import AmiUrl
from callfloor.asterisk.doctor_found import Found, Places, own_address
from callfloor.asterisk.doctor_places import QUEUE_LOG
from callfloor.asterisk.history.servers import checked_url, connected
from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.spying import PREFIX as SPY_PREFIX
from callfloor.config import Config
from callfloor.errors import AmiError, CallfloorError
from callfloor.project.audio_port import AudioPort
from callfloor.project.doctor_words import words
from callfloor.project.pbx_database import tried
from callfloor.project.record_places import RECORDS_DATABASE
from callfloor.web.connections import Examination, Finding

AUDIO_S = 5.0
_CEL = (
    *("eventtype", "eventtime", "CALLERID(name)", "CALLERID(num)", "CALLERID(ANI)", "CALLERID(RDNIS)"),
    *("CALLERID(DNID)", "CHANNEL(exten)", "CHANNEL(context)", "CHANNEL(channame)", "CHANNEL(appname)"),
    *("CHANNEL(appdata)", "CHANNEL(amaflags)", "CHANNEL(accountcode)", "CHANNEL(uniqueid)", "CHANNEL(linkedid)"),
    *("BRIDGEPEER", "CHANNEL(userfield)", "userdeftype", "eventextra"),
)
CEL_IN_A_FILE = "[mappings]", "Master.csv => " + ",".join(f"${{CSV_QUOTE(${{{name}}})}}" for name in _CEL)
"""Call events in a file, as Asterisk's own sample of ``cel_custom.conf`` has them."""
INDEXED = ("calldate", "uniqueid", "linkedid")
"""By these, calls are imported day by day, and put together from their rows."""


async def examine(
    url: AmiUrl,
    config: Config,
    *,
    pbx: PbxLink | None = None,
    port: AudioPort | None = None,
    database: str | None = None,
    tables: str | None = None,
    country: str | None = None,
    repaired: bool | None = None,
    clock: Callable[[], float] = time.time,
) -> Examination:
    """Look at a PBX, by its own link (``pbx``) where that is up; and at its databases where given.

    Args:
        url: where its manager interface is.
        config: where recordings and voicemail are.
        pbx: its link, where it has one.
        port: our port for sound.
        database: that of its call records, as a URL.
        tables: that of FreePBX's own tables, as a URL.
        country: the project's, by which numbers are read.
        repaired: whether it is known from where outages are repaired; None: that is not looked at.
        clock: UTC epoch seconds.

    Raises:
        InvalidInputError: the database's address cannot be understood.
    """
    if database is not None:
        checked_url(database)
    at = clock()
    connection = None if pbx is None else pbx.connection
    report = await doctor.examine(url, connection=connection, clock=clock)
    found = list(report.found)
    if pbx is not None and port is not None and "audiosocket" in {each.id for each in found}:
        found += await audio(port, pbx)
    if report.connected and not config.simulated:
        found += await asyncio.to_thread(lambda: [*recordings(config, report.spool), *voicemail(config, report.spool)])
    if repaired is not None and report.records is not None:
        found += repairs(report.records, url, repaired=repaired)
    if tables is not None:
        found += await asyncio.to_thread(tried, tables, country)
    if database is not None:
        found += await asyncio.to_thread(indexes, database)
    return Examination(
        at=at,
        took_s=max(0.0, clock() - at),
        connected=report.connected,
        version=None if report.version is None else ".".join(str(part) for part in report.version),
        accounts=report.accounts,
        queues=report.queues,
        trunks=report.trunks,
        calls=report.calls,
        findings=tuple(told(each) for each in found),
    )


def told(found: Found) -> Finding:
    """A finding with its English words."""
    title, costs = words(found.id, found.values)
    return Finding(
        id=found.id,
        level=found.level,
        title=title,
        costs=costs,
        lines=found.lines,
        place=found.place,
        values=found.values,
    )


async def audio(port: AudioPort, pbx: PbxLink) -> list[Found]:
    """Whether the PBX reaches our port for sound: it is asked to connect there once, for a moment, with nobody on it.

    Nothing where it cannot be asked: that AudioSocket or the right to originate is missing, was found before.
    """
    told_to = port.told(pbx)
    if port.server is None or told_to is None:
        return []
    reached = asyncio.Event()
    line = port.server.expect(
        port.callers(pbx),
        on_open=reached.set,
        on_audio=lambda _samples, _rate, _sides: None,
        on_closed=lambda _why: None,
        within_s=AUDIO_S,
    )
    host, number = told_to
    address = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
    try:
        await pbx.connection.action(
            "Originate",
            {
                "Channel": f"AudioSocket/{address}/{line.uuid}/c(slin)",
                "Application": "Wait",
                "Data": "1",
                "ChannelId": f"{SPY_PREFIX}doctor-{line.uuid}",  # no call, and nobody's leg, on the floor
                "Async": "true",
            },
        )
        async with asyncio.timeout(AUDIO_S):
            await reached.wait()
    except AmiError:
        return []
    except TimeoutError:
        return [Found(id="no_audio_port", level="warning", values={"address": address})]
    finally:
        line.close()
    return [Found(id="audio_port", level="ok", values={"address": address})]


def repairs(kept: Places, url: AmiUrl, *, repaired: bool) -> list[Found]:
    """Whether what an outage hides can be fetched afterwards; if not, what this PBX has to fetch it from."""
    if repaired:
        return [Found(id="repair_source", level="ok")]
    tables = [kind for kind in kept.tables if kind != QUEUE_LOG]
    files = [name for name in kept.files if name != QUEUE_LOG]
    if tables:
        return [Found(
            id="repair_tables", level="warning", lines=_may_read(kept, url), place="sql",
            values={"kinds": ", ".join(kept.tables)},
        )]  # fmt: skip
    if files:
        line = f"CALLFLOOR_PBX_LOGS={kept.folder}"
        values = {"kinds": ", ".join(kept.files), "folder": kept.folder}
        return [Found(id="repair_files", level="warning", lines=(line,), place="environment", values=values)]
    return [Found(id="no_repair_source", level="warning", lines=CEL_IN_A_FILE, place="cel_custom.conf")]


def _may_read(kept: Places, url: AmiUrl) -> tuple[str, ...]:
    """What lets a user of the PBX's database read its records, and the address to give then."""
    if kept.postgresql:
        given = f"-- postgresql://callfloor:…@{url.host}/asterisk"
        return "CREATE USER callfloor PASSWORD '…';", f"GRANT SELECT ON {', '.join(kept.tables)} TO callfloor;", given
    user = f"'callfloor'@'{own_address(url) or '%'}'"
    return (
        f"CREATE USER {user} IDENTIFIED BY '…';",
        f"GRANT SELECT ON {RECORDS_DATABASE}.* TO {user};",
        f"-- mysql://callfloor:…@{url.host}/{RECORDS_DATABASE}",
    )


def indexes(database: str) -> list[Found]:
    """Whether the PBX's table of call records has the indexes by which it is looked through."""
    try:
        with connected(database) as server:
            if not server.columns("cdr"):
                return [Found(id="cdr_database", level="warning", values={"reason": "it has no table cdr"})]
            have = server.indexed("cdr")
    except CallfloorError as error:
        return [Found(id="cdr_database", level="warning", values={"reason": str(error)})]
    missing = [column for column in INDEXED if column not in have]
    if not missing:
        return [Found(id="cdr_index", level="ok")]
    return [
        Found(
            id="no_cdr_index",
            level="warning",
            lines=(f"CREATE INDEX cdr_{column} ON cdr ({column});",),
            place="sql",
            values={"column": column},
        )
        for column in missing
    ]


def recordings(config: Config, spool: str | None) -> Iterator[Found]:
    """Whether the folders of recordings can be read; of agents on the PBX, that there are some."""
    named = [one.strip() for one in (config.recordings or "").split(",") if one.strip()]
    if not named:
        line = f"CALLFLOOR_RECORDINGS={spool or '/var/spool/asterisk'}/monitor"
        yield Found(id="no_recordings", level="note", lines=(line,), place="environment")
        return
    # An agent's address may have its token in it: only folders are named.
    unread = [one for one in named if one.startswith("/") and not _readable(Path(one))]
    if unread:
        lines = tuple(f"setfacl -R -m u:callfloor:rX -m d:u:callfloor:rX {one}" for one in unread)
        yield Found(id="recordings_unread", level="warning", lines=lines, values={"places": ", ".join(unread)})
    else:
        places = ", ".join(one if one.startswith("/") else "an agent" for one in named)
        yield Found(id="recordings", level="ok", values={"places": places})


def voicemail(config: Config, spool: str | None) -> Iterator[Found]:
    """Whether the voicemail's folder can be read."""
    if config.voicemail is None:
        line = f"CALLFLOOR_VOICEMAIL={spool or '/var/spool/asterisk'}/voicemail"
        yield Found(id="no_voicemail", level="note", lines=(line,), place="environment")
    elif not _readable(config.voicemail):
        line = f"setfacl -R -m u:callfloor:rX -m d:u:callfloor:rX {config.voicemail}"
        yield Found(id="voicemail_unread", level="warning", lines=(line,))
    else:
        yield Found(id="voicemail", level="ok")


def _readable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
