"""Where a PBX's own records lie, as its project's administrators say. Passwords come here sealed."""

from urllib.parse import urlsplit

import msgspec
from sqlalchemy import delete, select
from typing_extensions import override

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.store.instants import to_ms
from callfloor.store.repair_tables import record_sources
from callfloor.store.scope import Scope
from callfloor.store.tables import links
from callfloor.store.texts import can_be_kept
from callfloor.store.upserts import put


class RecordSource(msgspec.Struct, frozen=True, kw_only=True):
    """Of one connection: its database without the password, its time zone; None: none, and the project's."""

    link_id: int
    zone: str | None = None
    database: str | None = None
    database_secret: str | None = None  # sealed

    @override
    def __repr__(self) -> str:
        """Without the address: this may end up in a log."""
        return f"RecordSource(link_id={self.link_id})"


class RecordSources:
    """One project's. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def all(self) -> dict[int, RecordSource]:
        """By the connection's id."""
        with self._scope.reading() as connection:
            found = connection.execute(select(record_sources).where(self._scope.within(record_sources)))
            return {
                row.link_id: RecordSource(
                    link_id=row.link_id, zone=row.zone, database=row.database, database_secret=row.database_secret
                )
                for row in found
            }

    def set(self, source: RecordSource, *, now: float) -> None:
        """It is this from now on.

        Raises:
            NotFoundError: the project has no such connection.
            InvalidInputError: a value cannot be kept, or the address has a password in it.
        """
        for text in (source.zone, source.database):
            if text is not None and not can_be_kept(text):
                raise InvalidInputError("this cannot be kept")
        if source.database is not None and urlsplit(source.database).password is not None:
            raise InvalidInputError("a database's address is kept without its password")
        scope = self._scope
        with scope.editing() as connection:
            this = scope.within(links), links.c.id == source.link_id
            if connection.execute(select(links.c.id).where(*this)).first() is None:
                raise NotFoundError("There is no such PBX connection.")
            if source.zone is None and source.database is None:
                mine = scope.within(record_sources), record_sources.c.link_id == source.link_id
                connection.execute(delete(record_sources).where(*mine))
                return
            row = {"project_id": scope.project_id, "changed_at": to_ms(now), **msgspec.structs.asdict(source)}
            put(connection, record_sources, [row], ["zone", "database", "database_secret", "changed_at"])
