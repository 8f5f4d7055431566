"""Where a PBX's own records lie: its database, or its folder of logs as it is mounted here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from callfloor.asterisk.history.databases import Table
from callfloor.asterisk.history.slices import SourceSpec
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, ImportSourceError
from callfloor.asterisk.history.times import Clock, zone_named
from callfloor.asterisk.mysql_tls import NO_FILES
from callfloor.errors import InvalidInputError, SecretUnreadableError
from callfloor.sealing import Sealer
from callfloor.store.links import StoredLink
from callfloor.store.record_sources import RecordSource
from callfloor.store.store import ProjectStore

RECORDS_DATABASE: Final = "asteriskcdrdb"
FILES: Final[Mapping[str, Sequence[str]]] = {
    CEL: ("cel-custom/Master.csv", "cel.csv"),
    CDR: ("cdr-custom/Master.csv", "cdr-csv/Master.csv", "cdr.csv"),
    QUEUE_LOG: ("queue_log",),
}
"""Where Asterisk writes them below its folder of logs, by its own samples of configuration."""


def folder_of(folders: Sequence[tuple[str, Path]], link: StoredLink, links: Sequence[StoredLink]) -> Path | None:
    """The PBX's folder of logs: the one of its name, else the one without a name where there is one PBX alone."""
    named = dict(folders)
    alone = len(links) == 1 and link.origin != "simulator"
    return named.get(link.name) or (named.get("") if alone else None)


def source_of(link: StoredLink, named: RecordSource | None) -> RecordSource | None:
    """What was said of the PBX's records; else FreePBX's own, beside the database that its settings are read from."""
    if (named is not None and named.database is not None) or link.database is None:
        return named
    parts = urlsplit(link.database)
    return RecordSource(
        link_id=link.id,
        zone=None if named is None else named.zone,
        database=urlunsplit(parts._replace(path=f"/{RECORDS_DATABASE}")),
        database_secret=link.database_secret,
    )


def set_up(source: RecordSource | None, folder: Path | None) -> bool:
    """Whether anybody said where this PBX's records lie."""
    return folder is not None or (source is not None and source.database is not None)


def is_known(within: ProjectStore, link: StoredLink, folders: Sequence[tuple[str, Path]]) -> bool:
    """Whether anybody said where the records of this connection's PBX lie. Blocking."""
    named = within.record_sources.all().get(link.id)
    return set_up(source_of(link, named), folder_of(folders, link, within.links.all()))


def specs(
    source: RecordSource | None, folder: Path | None, *, timezone: str, sealer: Sealer | None
) -> tuple[SourceSpec, ...]:
    """Look where the records are: tables before files. Blocking.

    Raises:
        ImportSourceError: the database cannot be reached, or there are no records.
        InvalidInputError: the zone is none.
    """
    zone = (source.zone if source is not None else None) or timezone
    zone_named(zone)
    found: dict[str, SourceSpec] = {}
    if source is not None and source.database is not None:
        url = address(source, sealer)
        for kind in (CEL, CDR, QUEUE_LOG):
            if Table(url, kind, Clock(zone_named(zone))).is_there():
                found[kind] = SourceSpec(kind=kind, zone=zone, url=url)
    if folder is not None:
        for kind, names in FILES.items():
            path = next((folder / name for name in names if (folder / name).is_file()), None)
            if path is not None and kind not in found:
                found[kind] = SourceSpec(kind=kind, zone=zone, path=str(path))
    if not any(kind in found for kind in (CEL, CDR)):
        where = folder if source is None or source.database is None else named_only(source.database)
        raise ImportSourceError(f"there are no call events (cel) and no call records (cdr) in {where}")
    return tuple(found.values())


def address(source: RecordSource, sealer: Sealer | None) -> str:
    """The database's address with its password.

    Raises:
        ImportSourceError: the password cannot be read.
    """
    if source.database_secret is None or source.database is None:
        return source.database or ""
    try:
        if sealer is None:
            raise SecretUnreadableError
        secret = sealer.open(source.database_secret)
    except SecretUnreadableError:
        raise ImportSourceError("the database's password cannot be read; enter it anew") from None
    return with_password(source.database, secret)


def with_password(url: str, password: str) -> str:
    """The address with the password in it."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}{at}{host}" if at else host))


def without_password(url: str) -> tuple[str, str | None]:
    """The address as it is kept, and the password in it; None: there is none.

    Raises:
        InvalidInputError: it is no address of a database that can be read.
    """
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    if not host or parts.query not in NO_FILES:
        raise InvalidInputError("give the database as mysql://user:password@host:port/asteriskcdrdb")
    return urlunsplit(parts._replace(netloc=f"{name}{at}{host}")), parts.password if colon else None


def named_only(url: str) -> str:
    """The database without its user, as it is shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
