"""The project's PBX connections, and when each was down."""

from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from typing_extensions import override

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.scope import Scope
from callfloor.store.tables import links, outages


class StoredLink(msgspec.Struct, frozen=True, kw_only=True):
    """One PBX connection as it was set up. The URL has the PBX's secret in it."""

    id: int
    name: str
    url: str
    created_at: float

    @override
    def __repr__(self) -> str:
        """Without the URL: this may end up in a log."""
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

    def put(self, name: str, url: str, *, now: float) -> StoredLink:
        """The connection of this name, made or with this URL from now on.

        Raises:
            InvalidInputError: no name, or not a URL.
        """
        if not 1 <= len(name) <= 200 or not urlsplit(url).scheme:
            raise InvalidInputError("a PBX connection has a name, and a URL such as ami://user:secret@host:5038")
        with self._scope.writing() as connection:
            row = connection.execute(self._named(name)).one_or_none()
            if row is None:
                connection.execute(
                    insert(links),
                    {"project_id": self._scope.project_id, "name": name, "url": url, "created_at": to_ms(now)},
                )
            elif row.url != url:
                connection.execute(update(links).where(self._scope.within(links), links.c.id == row.id).values(url=url))
            return _link(connection.execute(self._named(name)).one())

    def remove(self, link_id: int) -> None:
        """Forget the connection and its outages; its calls stay.

        Raises:
            NotFoundError: the project has no such connection.
        """
        with self._scope.writing() as connection:
            gone = connection.execute(delete(links).where(self._scope.within(links), links.c.id == link_id))
            if gone.rowcount == 0:
                raise NotFoundError

    def down(self, link_id: int, *, at: float, reason: str) -> Outage:
        """The link is down since ``at``. If it was down already, that outage goes on: one stretch, one row.

        Raises:
            NotFoundError: the project has no such connection.
        """
        with self._scope.writing() as connection:
            running = self._running(connection, link_id)
            if running is not None:
                return running
            known = select(links.c.id).where(self._scope.within(links), links.c.id == link_id)
            if connection.execute(known).first() is None:
                raise NotFoundError
            made: Any = connection.execute(
                insert(outages),
                {
                    "project_id": self._scope.project_id,
                    "link_id": link_id,
                    "began_at": to_ms(at),
                    "ended_at": None,
                    "reason": reason,
                },
            ).inserted_primary_key
            return Outage(id=made[0], link_id=link_id, began_at=to_s(to_ms(at)), ended_at=None, reason=reason)

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

    def _named(self, name: str) -> Any:
        return select(links).where(self._scope.within(links), links.c.name == name)

    def _running(self, connection: Connection, link_id: int) -> Outage | None:
        row = connection.execute(
            select(outages)
            .where(self._scope.within(outages), outages.c.link_id == link_id, outages.c.ended_at.is_(None))
            .order_by(outages.c.began_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else _outage(row)


def _link(row: Row[Any]) -> StoredLink:
    return StoredLink(id=row.id, name=row.name, url=row.url, created_at=to_s(row.created_at))


def _outage(row: Row[Any]) -> Outage:
    return Outage(
        id=row.id,
        link_id=row.link_id,
        began_at=to_s(row.began_at),
        ended_at=to_s_or_none(row.ended_at),
        reason=row.reason,
    )
