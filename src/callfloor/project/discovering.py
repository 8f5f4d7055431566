"""What a project's PBXes have: looked at after each connect, every day, and when somebody asks. Fits the web's port.

Nothing that was found changes the directory by itself, but for what is new at a PBX of which that was said: one that
the environment gives is such a one unless somebody says otherwise, for nobody may be there to be asked.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable

import msgspec

from callfloor.asterisk.discovery import discover
from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.numbers import kind_of, to_e164
from callfloor.errors import AmiDisconnectedError, CallfloorError
from callfloor.floor.found import Found, FoundEmployee, FoundNumber, FoundTrunk
from callfloor.project.pbx_links import PbxLinks, id_of, key_of
from callfloor.store.discoveries import Heard, Look, TakenOver
from callfloor.store.links import StoredLink
from callfloor.store.store import ProjectStore, Store
from callfloor.web.discovery import MOST_ROUTES, DiscoveryReport, FoundCount, LookReport

logger = logging.getLogger(__name__)

DAY_S = 86_400.0
CHECK_S = 600.0  # how often it is asked whose day is over
FEWEST_CALLS = 2
"""A number that a single call came by may be anybody's mistake: the net is full of those who try."""
_NUMBER = re.compile(r"\+?\d{3,15}")


class Discovering:
    """One project's looks at its PBXes."""

    def __init__(
        self,
        store: Store,
        within: ProjectStore,
        links: PbxLinks,
        *,
        country: str,
        clock: Callable[[], float],
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        """``changed`` is awaited when the directory or the rules are others."""
        self._store = store
        self._within = within
        self._links = links
        self._country = country
        self._clock = clock
        self._changed = changed
        self._turns: dict[int, asyncio.Lock] = {}
        self.databases: dict[int, str] = {}
        """By connection: its PBX's own database, with the password. ``Connections`` keeps it as it is now."""

    # --- looking --------------------------------------------------------------------------------------------------

    async def connected(self, pbx: PbxLink) -> None:
        """A PBX is there: see what it has. What hinders it is the log's."""
        try:
            await self.look(id_of(pbx.id))
        except CallfloorError as error:
            logger.warning("discovery failed", extra={"link": pbx.id, "error_id": error.error_id})

    async def run(self) -> None:
        """Once a day each, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_S)
            try:
                looked = {
                    look.link_id: look.looked_at for look in await self._store.run(self._within.discoveries.looks)
                }
            except CallfloorError as error:
                logger.warning("looks could not be read", extra={"error_id": error.error_id})
                continue
            for pbx in list(self._links):
                last = looked.get(id_of(pbx.id))
                if pbx.connection.is_up and last is not None and self._clock() - last >= DAY_S:
                    await self.connected(pbx)

    async def look(self, connection_id: int) -> None:
        """See ``web.discovery.Discovery``."""
        kept = await self._store.run(self._within.links.get, connection_id)
        turn = self._turns.setdefault(connection_id, asyncio.Lock())
        if turn.locked():
            async with turn:
                return
        async with turn:
            pbx = self._links.find(key_of(connection_id))
            if pbx is None or not pbx.connection.is_up:
                raise AmiDisconnectedError("The PBX is not connected.")
            await self._look(kept, pbx)

    async def _look(self, kept: StoredLink, pbx: PbxLink) -> None:
        database = self.databases.get(kept.id)
        found = await discover(pbx.connection, pbx.parties, database=database, country=self._country)
        heard = await self._store.run(self._within.discoveries.heard, f"{pbx.id}-")
        found = self._with_calls(pbx.mark.found(found), heard)
        await self._store.change(self._within.discoveries.note, kept.id, found, now=self._clock())
        logger.info(
            "looked at what a PBX has",
            extra={
                "link": pbx.id,
                "employees": len(found.employees),
                "queues": len(found.queues),
                "numbers": len(found.numbers),
                "trunks": len(found.trunks),
                "notes": [note.id for note in found.notes],
            },
        )
        if await self._takes_new(kept):
            await self._take_new(kept.id)

    def _with_calls(self, found: Found, heard: Heard) -> Found:
        """What only calls have told: numbers that they came by, and accounts that spoke."""
        known = {account for person in found.employees for account in person.accounts}
        known |= {trunk.channel for trunk in found.trunks}
        have = {number.number for number in found.numbers} | {number.e164 for number in found.numbers if number.e164}
        numbers = []
        for number, count in sorted(heard.numbers.items()):
            e164 = to_e164(number, self._country)
            if count >= FEWEST_CALLS and _NUMBER.fullmatch(number) and not {number, e164} & have:
                have |= {number} if e164 is None else {number, e164}
                kind = kind_of(number, self._country)
                numbers.append(FoundNumber(number=number, e164=e164, kind=kind, source="traffic"))
        people = [
            FoundEmployee(key=account, accounts=(account,), source="traffic")
            for account, count in sorted(heard.accounts.items())
            if count >= FEWEST_CALLS and account not in known
        ]
        lines = [
            FoundTrunk(name=trunk, channel=trunk, source="traffic")
            for trunk, count in sorted(heard.trunks.items())
            if count >= FEWEST_CALLS and trunk not in known
        ]
        return msgspec.structs.replace(
            found,
            employees=(*found.employees, *people),
            numbers=(*found.numbers, *numbers),
            trunks=(*found.trunks, *lines),
        )

    # --- deciding -------------------------------------------------------------------------------------------------

    async def accept(self, ids: tuple[str, ...]) -> TakenOver:
        """See ``web.discovery.Discovery``."""
        taken = await self._store.change(self._within.discoveries.accept, ids, now=self._clock())
        if taken.done:
            await self._changed()
        return taken

    async def refuse(self, ids: tuple[str, ...]) -> TakenOver:
        """See ``web.discovery.Discovery``."""
        return await self._store.change(self._within.discoveries.refuse, ids, now=self._clock())

    async def reconsider(self, connection_id: int, kind: str, key: str) -> None:
        """See ``web.discovery.Discovery``."""
        await self._store.change(self._within.discoveries.reconsider, connection_id, kind, key)

    async def take_new(self, connection_id: int, *, takes_new: bool) -> None:
        """See ``web.discovery.Discovery``."""
        await self._store.change(self._within.discoveries.set_takes_new, connection_id, takes_new=takes_new)
        if takes_new:
            await self._take_new(connection_id)

    async def _take_new(self, connection_id: int) -> None:
        taken = await self._store.change(self._within.discoveries.accept_new, connection_id, now=self._clock())
        if taken.done:
            logger.info("what was new is taken over", extra={"link": key_of(connection_id), "count": len(taken.done)})
            await self._changed()

    async def _takes_new(self, kept: StoredLink) -> bool:
        looks = await self._store.run(self._within.discoveries.looks)
        return _takes_new(kept, next((look for look in looks if look.link_id == kept.id), None))

    # --- telling --------------------------------------------------------------------------------------------------

    async def report(self) -> DiscoveryReport:
        """See ``web.discovery.Discovery``."""
        kept = await self._store.run(self._within.links.all)
        looks = {look.link_id: look for look in await self._store.run(self._within.discoveries.looks)}
        shown = [link for link in kept if link.paused_at is None and self._links.find(key_of(link.id)) is not None]
        return DiscoveryReport(
            looks=tuple(self._told(link, looks.get(link.id)) for link in shown),
            proposals=await self._store.run(self._within.discoveries.proposals),
            refused=await self._store.run(self._within.discoveries.refusals),
        )

    def _told(self, link: StoredLink, look: Look | None) -> LookReport:
        found = (look.found if look is not None else None) or Found()
        pbx = self._links.find(key_of(link.id))
        turn = self._turns.get(link.id)
        return LookReport(
            connection_id=link.id,
            name=link.name,
            looked_at=None if look is None else look.looked_at,
            looking=turn is not None and turn.locked(),
            connected=pbx is not None and pbx.connection.is_up,
            database=link.id in self.databases,
            takes_new=_takes_new(link, look),
            counts=_counts(found),
            trunks=found.trunks,
            routes=found.routes[:MOST_ROUTES],
            notes=found.notes,
        )


def _takes_new(link: StoredLink, look: Look | None) -> bool:
    if look is not None and look.takes_new is not None:
        return look.takes_new
    return link.origin != "page"


def _counts(found: Found) -> tuple[FoundCount, ...]:
    groups = (
        ("employees", found.employees),
        ("queues", found.queues),
        ("numbers", found.numbers),
        ("hours", found.hours),
        ("trunks", found.trunks),
    )
    return tuple(
        FoundCount(kind=kind, source=source, count=count)
        for kind, group in groups
        for source, count in Counter(each.source for each in group).items()
    )
