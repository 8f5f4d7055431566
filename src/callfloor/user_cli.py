"""``callfloor user``: who may sign in, from the command line. For the day nobody can do it in the page."""

import contextlib
import secrets
import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from callfloor import config, project_command
from callfloor.errors import CallfloorError, InvalidInputError, NotFoundError
from callfloor.store.memberships import Role
from callfloor.store.project_users import UserPlace
from callfloor.store.report_asks import checked_address
from callfloor.store.store import Store
from callfloor.store.users import User
from callfloor.web.password_strength import refuse_weak
from callfloor.web.passwords import hash_now

app = typer.Typer(no_args_is_help=True, help="Who may sign in: list, add, passwords, disable and enable.")
out = Console()
err = Console(stderr=True)

Login = Annotated[str, typer.Argument(help="Their login.")]
Project = Annotated[str | None, typer.Option(help="The project's number or name; needed where there are several.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the standard input; without it one is made.")
]


@contextlib.contextmanager
def _opened() -> Iterator[Store]:
    try:
        with project_command.opened(config.read()) as store:
            yield store
    except CallfloorError as error:
        err.print(f"[red]{error.error_id}[/]: {error}", highlight=False)
        raise typer.Exit(1) from None


@app.command(name="list")
def listed() -> None:
    """Every user, with what they are where."""
    with _opened() as store:
        users = store.users.all()
        ids = [user.id for user in users]
        places = store.memberships.of_users(ids)
        factors = store.second_factors.confirmed(ids)
        seen = store.sessions.newest_of(ids)
        table = Table("login", "name", "mail", "projects", "second factor", "last seen", "")
        for user in users:
            roles = ", ".join(f"{p.project_name}: {p.role}" for p in places if p.user_id == user.id)
            at = seen.get(user.id)
            table.add_row(
                user.login,
                user.name,
                user.email or "",
                roles,
                "yes" if user.id in factors else "no",
                "" if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at)),
                "" if user.disabled_at is None else "disabled",
            )
        out.print(table)


@app.command()
def add(
    login: Login,
    *,
    name: Annotated[str | None, typer.Option(help="Their name; the login where it is left out.")] = None,
    role: Annotated[Role, typer.Option(help="What they are in the project.")] = Role.ADMINISTRATOR,
    project: Project = None,
    email: Annotated[str | None, typer.Option(help="Their mail address.")] = None,
    password_stdin: FromInput = False,
) -> None:
    """Make a user of a project. A password that was made up is printed, and is to be changed at the first sign-in."""
    with _opened() as store:
        if role is Role.EMPLOYEE:
            raise InvalidInputError("An employee's user is made in the page, where the employee is chosen.")
        where = _project(store, project)
        password = _password(login, name or "", from_input=password_stdin)
        user = store.project_users.add(
            where,
            UserPlace(role=role),
            login=login,
            name=name or login,
            email=checked_address(email) if email else None,
            locale=store.projects.get(where).language,
            password_hash=hash_now(password),
            given=not password_stdin,
            now=time.time(),
        )
        _audit(store, user, "add_user", {"made": {"login": login, "role": str(role)}}, project_id=where)
        _tell(f"{login} may sign in", password, from_input=password_stdin)


@app.command()
def password(
    login: Login,
    *,
    password_stdin: FromInput = False,
    second_factor: Annotated[
        bool, typer.Option("--reset-second-factor", help="Take the second factor away too.")
    ] = False,
) -> None:
    """Give a user another password; their sessions end. One that was made up is to be changed at the next sign-in."""
    with _opened() as store:
        user = _user(store, login)
        chosen = _password(user.login, user.name, from_input=password_stdin)
        hashed = hash_now(chosen)
        store.users.set_password_hash(user.id, hashed, now=time.time(), given=not password_stdin)
        _audit(store, user, "give_password", {})
        if second_factor and store.second_factors.remove(user.id):
            _audit(store, user, "reset_second_factor", {})
            out.print("  the second factor is gone")
        _tell(f"{user.login} has another password", chosen, from_input=password_stdin)


@app.command()
def disable(login: Login) -> None:
    """Nobody signs in as this user any more; their sessions end."""
    with _opened() as store:
        user = _user(store, login)
        store.users.disable(user.id, now=time.time())
        _audit(store, user, "disable_user", {})
        out.print(f"  {user.login} cannot sign in any more", highlight=False)


@app.command()
def enable(login: Login) -> None:
    """This user may sign in again."""
    with _opened() as store:
        user = _user(store, login)
        store.users.enable(user.id)
        _audit(store, user, "enable_user", {})
        out.print(f"  {user.login} may sign in again", highlight=False)


def _user(store: Store, login: str) -> User:
    found = store.users.by_login(login)
    if found is None:
        raise NotFoundError("There is no user of this login: see callfloor user list.")
    return found.user


def _project(store: Store, named: str | None) -> int:
    if named is not None:
        return project_command.find(store, named).id
    found = store.projects.all()
    if len(found) != 1:
        raise InvalidInputError("Say which project by --project: see callfloor project list.")
    return found[0].id


def _password(*about: str, from_input: bool) -> str:
    if not from_input:
        return secrets.token_urlsafe(12)
    chosen = sys.stdin.readline().rstrip("\r\n")
    refuse_weak(chosen, *about)
    return chosen


def _tell(what: str, chosen: str, *, from_input: bool) -> None:
    out.print(f"  {what}" + ("" if from_input else f", password {chosen}"), highlight=False)


def _audit(store: Store, user: User, action: str, details: dict[str, Any], *, project_id: int | None = None) -> None:
    places = [project_id] if project_id is not None else [p.project_id for p in store.memberships.of_user(user.id)]
    for place in places:
        store.project(place).audit.write(
            at=time.time(),
            user_id=None,
            user_login="callfloor user",
            action=action,
            outcome="done",
            subject_kind="user",
            subject_id=user.id,
            details=details,
        )
