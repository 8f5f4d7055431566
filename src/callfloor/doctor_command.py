"""``callfloor doctor``: what a PBX allows, what it has, what is missing, and the lines to add; in the terminal."""

import asyncio
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.markup import escape
from typing_extensions import override

from callfloor.asterisk.ami_url import AmiUrl, parse_url, with_secret
from callfloor.config import Config
from callfloor.errors import SecretUnreadableError
from callfloor.project.examining import examine
from callfloor.project.pbx_database import opened_database
from callfloor.project.record_places import is_known
from callfloor.project_command import find, opened
from callfloor.sealing import sealer
from callfloor.store.links import StoredLink
from callfloor.web.connections import Examination, Finding

MARKS = {"ok": "[green]✓[/]", "note": "[blue]·[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}
PLACES = {
    "manager.conf": "/etc/asterisk/manager.conf (FreePBX: Settings → Asterisk Manager Users), then: manager reload",
    "modules.conf": "/etc/asterisk/modules.conf, then: module load …",
    "cel.conf": "/etc/asterisk/cel.conf (FreePBX: Settings → Advanced Settings → Enable CEL), then: module reload cel",
    "cel_odbc.conf": "/etc/asterisk/cel_odbc.conf or cel_custom.conf",
    "cel_custom.conf": "/etc/asterisk/cel_custom.conf, then: module load cel_custom.so",
    "cdr.conf": "/etc/asterisk/cdr.conf, then: module reload cdr",
    "logger.conf": "/etc/asterisk/logger.conf, then: logger reload",
    "environment": "Callfloor's own settings, where it is started",
    "sql": "the PBX's database",
}


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A PBX that is to be looked at."""

    title: str
    url: AmiUrl
    tables: str | None = None  # FreePBX's database, where the connection has it
    country: str | None = None
    repaired: bool | None = None  # whether it is known from where its outages are repaired

    @override
    def __repr__(self) -> str:
        """Without the database's password."""
        return f"Named({self.title!r})"


def given(config: Config, url: str | None, project: str | None) -> list[Named]:
    """The PBX of an address, else those of a project (of all projects) in the store, else CALLFLOOR_PBX_URL's.

    Raises:
        ConfigurationError: the address cannot be understood.
        NotFoundError: there is no such project.
        SecretUnreadableError: a kept secret was sealed with another key.
    """
    if url is not None:
        parsed = parse_url(url)
        return [Named(title=str(parsed), url=parsed)]
    with opened(config) as store:
        chosen = [find(store, project)] if project is not None else store.projects.all()
        found = [
            Named(
                title=f"{each.name}: {link.name}",
                url=_opened(config, link),
                tables=opened_database(link, sealer(config.data)),
                country=each.country,
                repaired=is_known(store.project(each.id), link, config.pbx_logs),
            )
            for each in chosen
            for link in store.project(each.id).links.all()
            if link.origin != "simulator"
        ]
    if not found and config.pbx_url is not None:
        parsed = parse_url(config.pbx_url)
        found = [Named(title=str(parsed), url=parsed)]
    return found


def _opened(config: Config, link: StoredLink) -> AmiUrl:
    if link.secret is None:
        if urlsplit(link.url).password is None:
            raise SecretUnreadableError
        return parse_url(link.url)  # from before secrets were sealed
    return with_secret(link.url, sealer(config.data).open(link.secret))


def look(config: Config, pbx: Named, *, database: str | None = None) -> Examination:
    """Examine one PBX; ``database`` is its own, with its call records.

    Raises:
        InvalidInputError: the database's address cannot be understood.
    """
    asked = examine(pbx.url, config, database=database, tables=pbx.tables, country=pbx.country, repaired=pbx.repaired)
    return asyncio.run(asked)


def show(out: Console, pbx: Named, found: Examination) -> None:
    """Print what was found: the good in a line each, the rest with what it costs and what to add."""
    out.print(f"[bold]{escape(pbx.title)}[/]", highlight=False)
    if found.connected:
        counts = ((found.accounts, "people"), (found.queues, "queues"), (found.calls, "calls now"))
        told = ", ".join(f"{count} {what}" for count, what in counts if count is not None)
        out.print(f"  {told}", highlight=False)
    for finding in found.findings:
        _show(out, finding)


def _show(out: Console, finding: Finding) -> None:
    out.print(f"  {MARKS[finding.level]} {escape(finding.title)}", highlight=False)
    if finding.costs is not None and finding.level != "ok":
        out.print(f"      [dim]{escape(finding.costs)}[/]", highlight=False)
    if finding.lines:
        if finding.place is not None:
            out.print(f"      in {escape(PLACES[finding.place])}", highlight=False)
        for line in finding.lines:
            out.print(f"        [cyan]{escape(line)}[/]", highlight=False, soft_wrap=True)


def is_well(found: Examination) -> bool:
    """Whether nothing is in the way: no problem. Warnings cost something, and are no failure."""
    return found.connected and not any(finding.level == "problem" for finding in found.findings)
