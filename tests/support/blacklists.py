"""A PBX's blacklist beside the project's list of spam, on a PBX that is there: simulated or real."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from callfloor.asterisk.ami_url import parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.project import remarking
from callfloor.project.blacklist import PbxBlacklist
from callfloor.project.long_work import LongWork
from callfloor.store import ProjectStore, Store
from support.databases import sqlite_in
from support.waiting import until

AT = 1_700_000_000.0


class Listed:
    """A project of Russia on a new store, and the PBX whose blacklist it reads."""

    def __init__(self, store: Store, project: ProjectStore, link: PbxLink, work: LongWork) -> None:
        self.store = store
        self.project = project
        self.link = link
        self.work = work
        self.blacklist = self.reading([link])

    def reading(self, links: Sequence[PbxLink]) -> PbxBlacklist:
        """What reads the blacklists of these PBXs."""
        return PbxBlacklist(self.store, self.project, links, self.work, country="RU", clock=lambda: AT)

    async def at_pbx(self, *numbers: str, gone: tuple[str, ...] = (), value: str = "spam") -> None:
        """Somebody puts numbers into the PBX's blacklist, and takes others off it."""
        for number in numbers:
            await self.link.connection.action("DBPut", {"Family": "blacklist", "Key": number, "Val": value})
        for number in gone:
            await self.link.connection.action("DBDel", {"Family": "blacklist", "Key": number})

    def spam(self) -> dict[str, str]:
        """The project's list: numbers with who put them there."""
        return {each.number: each.source for each in self.project.spam.numbers()}


@contextlib.asynccontextmanager
async def listed(url: str, folder: Path) -> AsyncIterator[Listed]:
    """The link is up; nothing has been read yet."""
    store = Store.open(sqlite_in(folder))
    project = store.project(store.projects.add("One", timezone="Europe/Moscow", country="RU", language="ru", now=AT).id)
    link = PbxLink(link="pbx1", name="PBX", url=parse_url(url), on_facts=lambda _: None, country="RU")
    work = LongWork(store, project, folder / "work", lambda: AT)
    remarking.register(work)
    running = asyncio.create_task(link.run(), name="link")
    try:
        await until(lambda: link.connection.is_up, "the link to the PBX is up")
        yield Listed(store, project, link, work)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await work.close()
        store.close()
