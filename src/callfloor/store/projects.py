"""Projects: one company each."""

import secrets
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from callfloor.errors import InvalidInputError, NotArchivedError, NotFoundError, OnlyProjectError
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.masking import KEY_BYTES
from callfloor.store.scope import Scope
from callfloor.store.tables import memberships, projects


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """One company."""

    id: int
    name: str
    timezone: str  # IANA
    country: str  # ISO 3166-1 alpha-2
    language: str  # en | ru | pl | uk
    settings: dict[str, Any]
    created_at: float
    archived_at: float | None = None  # at rest since then: nothing is collected, its past may be read


class Projects:
    """Every project of the installation. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def all(self) -> tuple[Project, ...]:
        """In the order they were made; without those that are being removed."""
        there = select(projects).where(projects.c.removing_at.is_(None)).order_by(projects.c.id)
        with self._scope.reading() as connection:
            return tuple(_project(row) for row in connection.execute(there))

    def removing(self) -> tuple[int, ...]:
        """The ids of the projects that are being removed: their rows are still to be taken out (see ``removal``)."""
        gone = select(projects.c.id).where(projects.c.removing_at.is_not(None)).order_by(projects.c.id)
        with self._scope.reading() as connection:
            return tuple(connection.execute(gone).scalars())

    def get(self, project_id: int) -> Project:
        """One project.

        Raises:
            NotFoundError: there is none.
        """
        with self._scope.reading() as connection:
            return find_project(connection, project_id)

    def add(
        self, name: str, *, timezone: str, country: str, language: str, now: float, settings: Mapping[str, Any] = {}
    ) -> Project:
        """Make a project.

        Raises:
            InvalidInputError: no such time zone, not a country's code, no name.
        """
        with self._scope.writing() as connection:
            return insert_project(
                connection,
                name=name,
                timezone=timezone,
                country=country,
                language=language,
                settings=settings,
                now=now,
            )

    def change(
        self,
        project_id: int,
        *,
        name: str | None = None,
        timezone: str | None = None,
        country: str | None = None,
        language: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Project:
        """Change what is given; ``settings`` replaces all settings.

        Raises:
            NotFoundError: there is no such project.
            InvalidInputError: as ``add``.
        """
        with self._scope.writing() as connection:
            before = find_project(connection, project_id)
            values = _checked(
                name=before.name if name is None else name,
                timezone=timezone or before.timezone,
                country=country or before.country,
                language=language or before.language,
                settings=before.settings if settings is None else settings,
            )
            connection.execute(update(projects).where(projects.c.id == project_id).values(**values))
            return find_project(connection, project_id)

    def archive(self, project_id: int, at: float | None) -> Project:
        """Put a project to rest at an instant, or (None) take it up again; one that rests already rests since it did.

        Raises:
            NotFoundError: there is no such project.
        """
        with self._scope.writing() as connection:
            before = find_project(connection, project_id)
            if (at is None) is (before.archived_at is None):
                return before
            archived_at = None if at is None else to_ms(at)
            connection.execute(update(projects).where(projects.c.id == project_id).values(archived_at=archived_at))
            return find_project(connection, project_id)

    def begin_removal(self, project_id: int, *, now: float) -> Project:
        """From now on there is no such project, and nobody has a place in it. Users stay; its rows go by ``removal``.

        Raises:
            NotFoundError: there is no such project.
            NotArchivedError: it does not rest.
            ConflictError: it is the only one.
        """
        with self._scope.writing() as connection:
            others = select(projects.c.id).where(projects.c.removing_at.is_(None)).with_for_update()
            there = set(connection.execute(others).scalars())
            before = find_project(connection, project_id)
            if before.archived_at is None:
                raise NotArchivedError
            if there <= {project_id}:
                raise OnlyProjectError
            connection.execute(update(projects).where(projects.c.id == project_id).values(removing_at=to_ms(now)))
            connection.execute(delete(memberships).where(memberships.c.project_id == project_id))
            return before

    def end_removal(self, project_id: int) -> None:
        """Forget a project whose rows are gone; those that are not go with it. Harmless where there is none."""
        with self._scope.writing() as connection:
            this = projects.c.id == project_id, projects.c.removing_at.is_not(None)
            connection.execute(delete(projects).where(*this))


def insert_project(connection: Connection, *, now: float, **values: Any) -> Project:
    """Make a project inside a transaction that the caller has.

    Raises:
        InvalidInputError: as ``Projects.add``.
    """
    made = connection.execute(
        insert(projects), {**_checked(**values), "created_at": to_ms(now), "masking_key": secrets.token_hex(KEY_BYTES)}
    )
    return find_project(connection, _key(made))


def find_project(connection: Connection, project_id: int) -> Project:
    """One project, inside a transaction.

    Raises:
        NotFoundError: there is none.
    """
    this = projects.c.id == project_id, projects.c.removing_at.is_(None)
    row = connection.execute(select(projects).where(*this)).one_or_none()
    if row is None:
        raise NotFoundError("there is no such project")
    return _project(row)


def _key(made: Any) -> int:
    return int(made.inserted_primary_key[0])


def _checked(*, name: str, timezone: str, country: str, language: str, settings: Mapping[str, Any]) -> dict[str, str]:
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise InvalidInputError("a project's name has 1 to 200 characters")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):  # not found, not a name at all, a folder
        raise InvalidInputError(
            "there is no such time zone; an IANA name is meant, for example Europe/Warsaw"
        ) from None
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise InvalidInputError("a country is its two letters, for example PL")
    return {
        "name": name,
        "timezone": timezone,
        "country": country.upper(),
        "language": language,
        "settings": msgspec.json.encode(settings).decode(),
    }


def _project(row: Row[Any]) -> Project:
    return Project(
        id=row.id,
        name=row.name,
        timezone=row.timezone,
        country=row.country,
        language=row.language,
        settings=msgspec.json.decode(row.settings, type=dict[str, Any]),
        created_at=to_s(row.created_at),
        archived_at=to_s_or_none(row.archived_at),
    )
