"""Who may sign in, and what they may do where. The hash of a password is made and compared by the web room."""

import unicodedata
from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update
from typing_extensions import override

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store.administrators import keep_another
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.scope import Scope
from callfloor.store.tables import sessions, users
from callfloor.store.texts import can_be_kept


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in."""

    id: int
    login: str
    name: str
    locale: str
    theme: str
    created_at: float
    disabled_at: float | None = None
    email: str | None = None  # where reports are sent
    password_given_at: float | None = None  # when somebody else chose the password; None: the user did
    look_chosen_at: float | None = None  # when the user last chose language or theme; None: never


class UserSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A user with what their password is compared to; for the sign-in alone."""

    user: User
    password_hash: str | None  # None: may not sign in by password

    @override
    def __repr__(self) -> str:
        """Without the hash: this may end up in a log."""
        return f"UserSecret(user={self.user.id})"


class Users:
    """Every user of the installation. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def all(self) -> tuple[User, ...]:
        """By login, the disabled too."""
        with self._scope.reading() as connection:
            return tuple(to_user(row) for row in connection.execute(select(users).order_by(users.c.login_key)))

    def get(self, user_id: int) -> User:
        """One user.

        Raises:
            NotFoundError: there is none.
        """
        with self._scope.reading() as connection:
            return to_user(find_user(connection, user_id))

    def of_ids(self, user_ids: Collection[int]) -> dict[int, User]:
        """Those of the users that there are, by id."""
        with self._scope.reading() as connection:
            found = connection.execute(select(users).where(users.c.id.in_(sorted(set(user_ids)))))
            return {row.id: to_user(row) for row in found}

    def by_login(self, login: str) -> UserSecret | None:
        """The user of this login in whatever case, disabled or not; None if there is none."""
        if not can_be_kept(login):
            return None
        with self._scope.reading() as connection:
            row = connection.execute(select(users).where(users.c.login_key == _folded(login))).one_or_none()
            return None if row is None else UserSecret(user=to_user(row), password_hash=row.password_hash)

    def with_password(self, user_ids: Collection[int]) -> frozenset[int]:
        """Those of the users who have a password."""
        wanted = users.c.id.in_(sorted(set(user_ids)))
        with self._scope.reading() as connection:
            found = connection.execute(select(users.c.id).where(wanted, users.c.password_hash.is_not(None)))
            return frozenset(found.scalars())

    def password_hash(self, user_id: int) -> str | None:
        """What the user's password is compared to; None where they have none.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._scope.reading() as connection:
            return find_user(connection, user_id).password_hash  # type: ignore[no-any-return]

    def add(
        self,
        login: str,
        *,
        name: str,
        password_hash: str | None,
        now: float,
        locale: str = "en",
        theme: str = "system",
        email: str | None = None,
        given: bool = False,
    ) -> User:
        """Make a user; ``given``: the password is somebody else's choice.

        Raises:
            ConflictError: another has this login, perhaps in another case.
            InvalidInputError: the login is empty, too long, or has spaces or control characters in it.
        """
        with self._scope.writing() as connection:
            user = insert_user(
                connection,
                login,
                name=name,
                password_hash=password_hash,
                now=now,
                locale=locale,
                theme=theme,
                email=email,
            )
            if given:
                connection.execute(update(users).where(users.c.id == user.id).values(password_given_at=to_ms(now)))
            return to_user(find_user(connection, user.id))

    def change(
        self,
        user_id: int,
        *,
        login: str | None = None,
        name: str | None = None,
        locale: str | None = None,
        theme: str | None = None,
    ) -> User:
        """Change what is given.

        Raises:
            NotFoundError, ConflictError, InvalidInputError: as above.
        """
        values: dict[str, Any] = {"name": name, "locale": locale, "theme": theme}
        values = {column: value for column, value in values.items() if value is not None}
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            if login is not None:
                rename_user(connection, user_id, login)
            if values:
                connection.execute(update(users).where(users.c.id == user_id).values(**values))
            return to_user(find_user(connection, user_id))

    def set_email(self, user_id: int, email: str | None) -> None:
        """Where reports are sent from now on; None: nowhere. The address is checked before (``report_asks``).

        Raises:
            NotFoundError: there is no such user.
        """
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            connection.execute(update(users).where(users.c.id == user_id).values(email=email))

    def choose_look(self, user_id: int, *, locale: str | None, theme: str | None, now: float) -> User:
        """Language and theme as the user wants them, on whatever machine.

        Raises:
            NotFoundError: there is no such user.
        """
        values = {name: value for name, value in (("locale", locale), ("theme", theme)) if value is not None}
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            connection.execute(update(users).where(users.c.id == user_id).values(**values, look_chosen_at=to_ms(now)))
            return to_user(find_user(connection, user_id))

    def set_password_hash(
        self, user_id: int, password_hash: str | None, *, now: float, keep_session: int = 0, given: bool = False
    ) -> None:
        """Another password: every session but ``keep_session`` ends in the same transaction.

        ``given``: it is somebody else's choice, and the user's first act is to choose another.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            values = {"password_hash": password_hash, "password_given_at": to_ms(now) if given else None}
            connection.execute(update(users).where(users.c.id == user_id).values(**values))
            end_sessions(connection, user_id, now, keep_session)

    def rehash(self, user_id: int, *, before: str, after: str) -> None:
        """The same password hashed with newer parameters; nothing happens if it was changed meanwhile."""
        with self._scope.writing() as connection:
            connection.execute(
                update(users).where(users.c.id == user_id, users.c.password_hash == before).values(password_hash=after)
            )

    def disable(self, user_id: int, *, now: float, last_too: bool = False) -> None:
        """No more signing in; every session ends in the same transaction. ``last_too``: whatever comes of it.

        Raises:
            NotFoundError: there is no such user.
            LastAdministratorError: a project would have no administrator.
        """
        with self._scope.writing() as connection:
            shut_out(connection, user_id, now, last_too=last_too)

    def enable(self, user_id: int) -> None:
        """May sign in again.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            connection.execute(update(users).where(users.c.id == user_id).values(disabled_at=None))


def insert_user(
    connection: Connection,
    login: str,
    *,
    name: str,
    password_hash: str | None,
    now: float,
    locale: str,
    theme: str,
    email: str | None = None,
) -> User:
    """Make a user inside a transaction that the caller has; raises as ``Users.add``."""
    login = _checked(login)
    _free(connection, login)
    made = connection.execute(
        insert(users),
        {
            "login": login,
            "login_key": _folded(login),
            "name": name,
            "password_hash": password_hash,
            "locale": locale,
            "theme": theme,
            "created_at": to_ms(now),
            "email": email,
        },
    )
    key: Any = made.inserted_primary_key
    return to_user(find_user(connection, key[0]))


def rename_user(connection: Connection, user_id: int, login: str) -> None:
    """Another login, inside a transaction that the caller has; raises as ``Users.add``."""
    login = _checked(login)
    _free(connection, login, except_id=user_id)
    values = {"login": login, "login_key": _folded(login)}
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def shut_out(connection: Connection, user_id: int, now: float, *, last_too: bool = False) -> None:
    """As ``Users.disable``, inside a transaction that the caller has."""
    find_user(connection, user_id)
    if not last_too:
        keep_another(connection, user_id)
    connection.execute(update(users).where(users.c.id == user_id).values(disabled_at=to_ms(now)))
    end_sessions(connection, user_id, now)


def end_sessions(connection: Connection, user_id: int, now: float, keep_session: int = 0) -> None:
    """Revoke every session of the user but one, inside a transaction that the caller has."""
    connection.execute(
        update(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None), sessions.c.id != keep_session)
        .values(revoked_at=to_ms(now))
    )


def find_user(connection: Connection, user_id: int) -> Row[Any]:
    """One user's row, inside a transaction.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFoundError("there is no such user")
    return row


def _free(connection: Connection, login: str, except_id: int = 0) -> None:
    taken = select(users.c.id).where(users.c.login_key == _folded(login), users.c.id != except_id)
    if connection.execute(taken).first() is not None:
        raise ConflictError("another user has this login")


def _checked(login: str) -> str:
    if not 1 <= len(login) <= 200 or any(unicodedata.category(sign)[0] in "CZ" for sign in login):
        raise InvalidInputError("a login has 1 to 200 characters, without spaces")
    return login


def _folded(login: str) -> str:
    """One form for all that people take for the same: case, and the ways Unicode spells one letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold())


def to_user(row: Row[Any]) -> User:
    """The user of a row."""
    return User(
        id=row.id,
        login=row.login,
        name=row.name,
        locale=row.locale,
        theme=row.theme,
        created_at=to_s(row.created_at),
        disabled_at=to_s_or_none(row.disabled_at),
        email=row.email,
        password_given_at=to_s_or_none(row.password_given_at),
        look_chosen_at=to_s_or_none(row.look_chosen_at),
    )
