"""What ``callfloor project`` does with an installation's projects. A running Callfloor follows within seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from callfloor import data_folder
from callfloor.config import LANGUAGES, Config
from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.project import removing
from callfloor.store.memberships import Role
from callfloor.store.projects import Project
from callfloor.store.store import Store


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A project as the list shows it."""

    project: Project
    connections: int
    administrators: tuple[str, ...]  # logins


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    """The store, for one command."""
    config.data.mkdir(parents=True, exist_ok=True)
    store = Store.open(config.database_url)
    try:
        yield store
    finally:
        store.close()


def lines(store: Store) -> list[Line]:
    """Every project."""
    return [
        Line(
            project=project,
            connections=len(store.project(project.id).links.all()),
            administrators=administrators(store, project.id),
        )
        for project in store.projects.all()
    ]


def administrators(store: Store, project_id: int) -> tuple[str, ...]:
    """The logins of who administers a project."""
    users = {user.id: user.login for user in store.memberships.users_of(project_id)}
    places = store.memberships.of_users(list(users))
    administer = (m.user_id for m in places if m.project_id == project_id and m.role is Role.ADMINISTRATOR)
    return tuple(sorted(users[user_id] for user_id in administer))


def find(store: Store, named: str) -> Project:
    """A project by its number or its name.

    Raises:
        NotFoundError: there is none.
        ConflictError: several have this name.
    """
    every = store.projects.all()
    by_id = [project for project in every if str(project.id) == named]
    found = by_id or [project for project in every if project.name == named]
    if not found:
        raise NotFoundError(f"There is no project {named!r}; `callfloor project list` shows them.")
    if len(found) > 1:
        numbers = ", ".join(str(project.id) for project in found)
        raise ConflictError(f"Several projects have this name; say which by its number: {numbers}")
    return found[0]


def add(
    store: Store,
    name: str,
    *,
    timezone: str,
    country: str,
    language: str,
    logins: list[str],
    clock: float | None = None,
) -> tuple[Project, tuple[str, ...]]:
    """A new project, and who administers it: these users, else those of the first project.

    Raises:
        InvalidInputError: a value cannot be, or nobody would administer it.
        NotFoundError: a login is nobody's.
        ConflictError: there is a project of this name.
    """
    if language not in LANGUAGES:
        raise InvalidInputError(f"The language is one of {', '.join(LANGUAGES)}.")
    every = store.projects.all()
    if any(project.name == name.strip() for project in every):
        raise ConflictError("There is a project of this name.")
    chosen = logins or (list(administrators(store, every[0].id)) if every else [])
    users = []
    for login in chosen:
        user = store.users.by_login(login)
        if user is None:
            raise NotFoundError(f"Nobody has the login {login!r}.")
        users.append(user.user)
    if every and not users:
        raise InvalidInputError("Say who administers it: --administrator LOGIN")
    now = time.time() if clock is None else clock
    made = store.projects.add(name, timezone=timezone, country=country, language=language, now=now)
    for each in users:
        store.memberships.grant(each.id, made.id, Role.ADMINISTRATOR)
    return made, tuple(each.login for each in users)


def archive(store: Store, named: str, *, archived: bool, now: float | None = None) -> Project:
    """Put a project to rest, or take it up again; a running Callfloor follows within seconds.

    Raises:
        NotFoundError: there is none.
        ConflictError: several have this name.
    """
    at = time.time() if now is None else now
    project = store.projects.archive(find(store, named).id, at if archived else None)
    _audit(store, project.id, "archive_project" if archived else "unarchive_project", {"name": project.name}, at)
    return project


def remove(config: Config, named: str, confirmed: str, tell: Callable[[int], None] = lambda _: None) -> Project:
    """Forget a project that rests, with everything that is its, while Callfloor does not run.

    Raises:
        ConfigurationError: Callfloor runs on this data folder.
        InvalidInputError: it was not confirmed by its name.
        NotArchivedError: it does not rest.
        ConflictError: it is the only one.
        NotFoundError: there is none.
    """
    with data_folder.held(config.data), opened(config) as store:
        project = find(store, named)
        if confirmed != project.name:
            raise InvalidInputError(f"To remove it, give its name: --yes {project.name!r}")
        now = time.time()
        administer = {
            m.user_id
            for m in store.memberships.of_users([user.id for user in store.memberships.users_of(project.id)])
            if m.project_id == project.id and m.role is Role.ADMINISTRATOR
        }
        store.projects.begin_removal(project.id, now=now)
        removing.take_out_now(store, config.data, project.id, tell)
        for other in {m.project_id for m in store.memberships.of_users(administer)}:
            _audit(store, other, "remove_project", {"name": project.name}, now, project_id=project.id)
        return project


def _audit(
    store: Store, where: int, action: str, details: dict[str, str], now: float, *, project_id: int | None = None
) -> None:
    store.project(where).audit.write(
        at=now,
        user_id=None,
        user_login="callfloor project",
        action=action,
        outcome="done",
        subject_kind=None if project_id is None else "project",
        subject_id=project_id,
        details=details,
    )
