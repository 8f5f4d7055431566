"""The project's PBX connections, and when each was down. Secrets come here sealed, and leave as they came."""

from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from typing_extensions import override

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.scope import Scope
from callfloor.store.tables import links, outages
from callfloor.store.texts import can_be_kept

Origin = Literal["page", "environment", "simulator"]
ARCHIVED = "archived"
"""The reason of an outage in which the project rested: nothing of it is repaired."""


class LinkValues(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a PBX connection."""

    name: str
    url: str  # without a secret: ami://user@host:5038?verify=no
    secret: str | None = None  # sealed
    mark: str | None = None
    origin: Origin = "page"
    database: str | None = None
    database_secret: str | None = None  # sealed

    @override
    def __repr__(self) -> str:
        """Without the addresses: this may end up in a log."""
        return "LinkValues()"


class StoredLink(LinkValues, frozen=True, kw_only=True):
    """One PBX connection as it was set up."""

    id: int
    created_at: float
    paused_at: float | None = None

    @override
    def __repr__(self) -> str:
        """Without the addresses: this may end up in a log."""
        return f"StoredLink(id={self.id})"


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which one PBX was not watched."""

    id: int
    link_id: int
    began_at: float
    ended_at: float | None  # None: still down
    reason: str


class Links:
    """One project's PBX connections. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def all(self) -> tuple[StoredLink, ...]:
        """In the order they were made."""
        with self._scope.reading() as connection:
            found = connection.execute(select(links).where(self._scope.within(links)).order_by(links.c.id))
            return tuple(_link(row) for row in found)

    def get(self, link_id: int) -> StoredLink:
        """One of them.

        Raises:
            NotFoundError: the project has no such connection.
        """
        with self._scope.reading() as connection:
            return self._get(connection, link_id)

    def add(self, values: LinkValues, *, now: float) -> StoredLink:
        """A new connection.

        Raises:
            InvalidInputError: no name, or not a URL, or one with a secret in it.
            ConflictError: another one has this name or this mark.
        """
        row = _row(values)
        with self._scope.editing() as connection:
            self._free(connection, values)
            made: Any = connection.execute(
                insert(links),
                {"project_id": self._scope.project_id, "created_at": to_ms(now), "paused_at": None, **row},
            )
            return self._get(connection, int(made.inserted_primary_key[0]))

    def change(self, link_id: int, values: LinkValues) -> StoredLink:
        """The connection is this one from now on. Its mark stays: its accounts carry it.

        Raises:
            NotFoundError: the project has no such connection.
            InvalidInputError, ConflictError: as ``add``.
        """
        row = _row(values)
        with self._scope.editing() as connection:
            before = self._get(connection, link_id)
            if values.mark != before.mark:
                raise ConflictError("A connection's mark stays: accounts and queues are known by it.")
            self._free(connection, values, except_id=link_id)
            connection.execute(update(links).where(self._scope.within(links), links.c.id == link_id).values(**row))
            return self._get(connection, link_id)

    def pause(self, link_id: int, at: float | None) -> StoredLink:
        """It is not watched since ``at``; None: it is again.

        Raises:
            NotFoundError: the project has no such connection.
        """
        paused_at = None if at is None else to_ms(at)
        with self._scope.editing() as connection:
            self._get(connection, link_id)
            connection.execute(
                update(links).where(self._scope.within(links), links.c.id == link_id).values(paused_at=paused_at)
            )
            return self._get(connection, link_id)

    def remove(self, link_id: int) -> None:
        """Forget the connection and its outages; its calls stay.

        Raises:
            NotFoundError: the project has no such connection.
        """
        with self._scope.writing() as connection:
            gone = connection.execute(delete(links).where(self._scope.within(links), links.c.id == link_id))
            if gone.rowcount == 0:
                raise NotFoundError

    # --- outages ------------------------------------------------------------------------------------------------

    def down(self, link_id: int, *, at: float, reason: str) -> Outage:
        """The link is down since ``at``. If it was down already, that outage goes on: one stretch, one row.

        Raises:
            NotFoundError: the project has no such connection.
        """
        with self._scope.writing() as connection:
            running = self._running(connection, link_id)
            if running is not None:
                return running
            began_at = max(at, self._get(connection, link_id).created_at)
            made: Any = connection.execute(
                insert(outages),
                {
                    "project_id": self._scope.project_id,
                    "link_id": link_id,
                    "began_at": to_ms(began_at),
                    "ended_at": None,
                    "reason": reason,
                },
            ).inserted_primary_key
            return Outage(id=made[0], link_id=link_id, began_at=to_s(to_ms(began_at)), ended_at=None, reason=reason)

    def up(self, link_id: int, *, at: float) -> Outage | None:
        """The link is back: the outage that ended, or None if there was none."""
        with self._scope.writing() as connection:
            running = self._running(connection, link_id)
            if running is None:
                return None
            ended_at = max(at, running.began_at)
            connection.execute(
                update(outages)
                .where(self._scope.within(outages), outages.c.id == running.id)
                .values(ended_at=to_ms(ended_at))
            )
            return msgspec.structs.replace(running, ended_at=to_s(to_ms(ended_at)))

    def outages(self, began_before: float, ended_after: float) -> tuple[Outage, ...]:
        """Those that touch the period ``[ended_after, began_before)``, in time order."""
        with self._scope.reading() as connection:
            found = connection.execute(
                select(outages)
                .where(
                    self._scope.within(outages),
                    outages.c.began_at < to_ms(began_before),
                    or_(outages.c.ended_at.is_(None), outages.c.ended_at > to_ms(ended_after)),
                )
                .order_by(outages.c.began_at, outages.c.id)
            )
            return tuple(_outage(row) for row in found)

    # --- within -------------------------------------------------------------------------------------------------

    def _get(self, connection: Connection, link_id: int) -> StoredLink:
        row = connection.execute(select(links).where(self._scope.within(links), links.c.id == link_id)).one_or_none()
        if row is None:
            raise NotFoundError("There is no such PBX connection.")
        return _link(row)

    def _free(self, connection: Connection, values: LinkValues, *, except_id: int = 0) -> None:
        others = select(links).where(self._scope.within(links), links.c.id != except_id)
        for row in connection.execute(others):
            if row.name == values.name:
                raise ConflictError("Another PBX connection has this name.", field="name")
            if values.mark is not None and row.mark == values.mark:
                raise ConflictError("Another PBX connection has this mark.", field="mark")

    def _running(self, connection: Connection, link_id: int) -> Outage | None:
        row = connection.execute(
            select(outages)
            .where(self._scope.within(outages), outages.c.link_id == link_id, outages.c.ended_at.is_(None))
            .order_by(outages.c.began_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else _outage(row)


def _row(values: LinkValues) -> dict[str, Any]:
    if not 1 <= len(values.name) <= 200 or not can_be_kept(values.name):
        raise InvalidInputError("a PBX connection's name has 1 to 200 characters")
    for url in (values.url, values.database):
        if url is not None and (not urlsplit(url).scheme or urlsplit(url).password is not None):
            raise InvalidInputError("a PBX's address is kept as a URL without its secret: ami://user@host:5038")
    found = msgspec.structs.asdict(values)
    return {name: found[name] for name in LinkValues.__struct_fields__} | {
        "origin": None if values.origin == "page" else values.origin
    }


def _link(row: Row[Any]) -> StoredLink:
    return StoredLink(
        id=row.id,
        name=row.name,
        url=row.url,
        secret=row.secret,
        mark=row.mark,
        origin=row.origin or "page",
        database=row.database,
        database_secret=row.database_secret,
        created_at=to_s(row.created_at),
        paused_at=to_s_or_none(row.paused_at),
    )


def _outage(row: Row[Any]) -> Outage:
    return Outage(
        id=row.id,
        link_id=row.link_id,
        began_at=to_s(row.began_at),
        ended_at=to_s_or_none(row.ended_at),
        reason=row.reason,
    )
