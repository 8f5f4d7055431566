"""Where the PBXes' own records lie, as the page says and is told; repairs that are asked for. Fits the web's port."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET

from callfloor.asterisk.history.servers import checked_url
from callfloor.asterisk.history.times import zone_named
from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.project import record_places
from callfloor.project.repairing import Repairing
from callfloor.store.record_sources import RecordSource
from callfloor.store.repairs import Repair
from callfloor.store.store import ProjectStore, Store
from callfloor.web.repairs import RecordPlace, RecordPlaceChange


class RecordDesk:
    """One project's."""

    def __init__(self, store: Store, within: ProjectStore, repairing: Repairing, clock: Callable[[], float]) -> None:
        self._store = store
        self._within = within
        self._repairing = repairing
        self._clock = clock

    @property
    def told(self) -> Mapping[str, int]:
        """How many repairs there are by state."""
        return self._repairing.told

    async def ask(
        self, link_id: int, began: float, ended: float, *, user_id: int | None, user_name: str | None
    ) -> Repair:
        """Have a period repaired."""
        return await self._repairing.ask(link_id, began, ended, user_id=user_id, user_name=user_name)

    async def places(self) -> tuple[RecordPlace, ...]:
        """Of every connection."""
        return await self._store.run(self._places)

    async def set_place(self, link_id: int, asked: RecordPlaceChange) -> RecordPlace:
        """It is this from now on."""
        if asked.zone is not None:
            zone_named(asked.zone)
        before = (await self._store.run(self._within.record_sources.all)).get(link_id)
        kept = before or RecordSource(link_id=link_id)
        after = msgspec.structs.replace(kept, zone=asked.zone)
        if asked.database is None:
            after = msgspec.structs.replace(after, database=None, database_secret=None)
        elif asked.database is not UNSET:
            after = self._named(after, asked.database)
        await self._store.change(self._within.record_sources.set, after, now=self._clock())
        await self._store.change(self._within.repairs.again, link_id, self._clock())
        self._repairing.wake()
        found = next((each for each in await self.places() if each.link_id == link_id), None)
        if found is None:
            raise NotFoundError("There is no such PBX connection.")
        return found

    def _named(self, kept: RecordSource, url: str) -> RecordSource:
        if urlsplit(checked_url(url)).query or not urlsplit(url).hostname:
            raise InvalidInputError(
                "Give the database as mysql://user:password@host:port/asteriskcdrdb.", field="database"
            )
        bare, password = record_places.without_password(url)
        sealer = self._repairing.sealer
        if password is None:
            # The kept one goes nowhere that it did not go before.
            return msgspec.structs.replace(
                kept, database=bare, database_secret=kept.database_secret if bare == kept.database else None
            )
        if sealer is None:
            raise InvalidInputError("No password can be kept here.", field="database")
        return msgspec.structs.replace(kept, database=bare, database_secret=sealer.seal(password))

    def _places(self) -> tuple[RecordPlace, ...]:
        links = self._within.links.all()
        named = self._within.record_sources.all()
        told = []
        for link in links:
            if link.origin == "simulator":
                continue
            own = named.get(link.id)
            source = record_places.source_of(link, own)
            folder = record_places.folder_of(self._repairing.folders, link, links)
            told.append(
                RecordPlace(
                    link_id=link.id,
                    link_name=link.name,
                    zone=None if own is None else own.zone,
                    database=None if source is None else source.database,
                    has_password=source is not None and source.database_secret is not None,
                    implied=source is not None
                    and source.database is not None
                    and (own is None or own.database is None),
                    folder=None if folder is None else str(folder),
                )
            )
        return tuple(told)
