"""Second factors: a shared secret by whose codes a user proves themself, and codes for the day the phone is lost.

No code is taken twice: the step of the last one is kept, and raised in the same statement that asks for it.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update
from typing_extensions import override

from callfloor.errors import ConflictError, NotFoundError
from callfloor.store.access_tables import recovery_codes, second_factors
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.scope import Scope
from callfloor.store.users import find_user


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A user's second factor; it counts once it is confirmed."""

    user_id: int
    secret: str  # sealed
    begun_at: float
    confirmed_at: float | None
    last_step: int
    codes_left: int

    @override
    def __repr__(self) -> str:
        """Without the secret: this may end up in a log."""
        return f"SecondFactor(user={self.user_id})"


class SecondFactors:
    """Every second factor of the installation. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def find(self, user_id: int) -> SecondFactor | None:
        """The user's, confirmed or only begun."""
        with self._scope.reading() as connection:
            row = connection.execute(select(second_factors).where(second_factors.c.user_id == user_id)).one_or_none()
            if row is None:
                return None
            left = connection.execute(
                select(func.count())
                .select_from(recovery_codes)
                .where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
            ).scalar_one()
            return SecondFactor(
                user_id=user_id,
                secret=row.secret,
                begun_at=to_s(row.begun_at),
                confirmed_at=to_s_or_none(row.confirmed_at),
                last_step=row.last_step,
                codes_left=left,
            )

    def confirmed(self, user_ids: Collection[int]) -> frozenset[int]:
        """Those of the users who have one."""
        wanted = second_factors.c.user_id.in_(sorted(set(user_ids)))
        with self._scope.reading() as connection:
            found = select(second_factors.c.user_id).where(wanted, second_factors.c.confirmed_at.is_not(None))
            return frozenset(connection.execute(found).scalars())

    def begin(self, user_id: int, secret: str, *, now: float) -> None:
        """A secret to be proved; one begun before is forgotten.

        Raises:
            NotFoundError: there is no such user.
            ConflictError: the user has a second factor already.
        """
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            connection.execute(
                delete(second_factors).where(
                    second_factors.c.user_id == user_id, second_factors.c.confirmed_at.is_(None)
                )
            )
            if connection.execute(select(second_factors).where(second_factors.c.user_id == user_id)).first():
                raise ConflictError("There is a second factor already: remove it first.")
            row = {"user_id": user_id, "secret": secret, "begun_at": to_ms(now), "last_step": 0}
            connection.execute(insert(second_factors), row)

    def confirm(self, user_id: int, *, step: int, codes: Collection[str], now: float) -> None:
        """A code of the secret was right: from now on it is asked for. ``codes`` are hashes of recovery codes.

        Raises:
            NotFoundError: none was begun.
        """
        with self._scope.writing() as connection:
            done = connection.execute(
                update(second_factors)
                .where(second_factors.c.user_id == user_id, second_factors.c.confirmed_at.is_(None))
                .values(confirmed_at=to_ms(now), last_step=step)
            )
            if done.rowcount == 0:
                raise NotFoundError("No second factor was begun.")
            _renew(connection, user_id, codes)

    def take_step(self, user_id: int, step: int) -> bool:
        """Use a code up; False where it, or one after it, was used already."""
        with self._scope.writing() as connection:
            done = connection.execute(
                update(second_factors)
                .where(second_factors.c.user_id == user_id, second_factors.c.last_step < step)
                .values(last_step=step)
            )
            return done.rowcount > 0

    def take_code(self, user_id: int, code_sha256: str, *, now: float) -> bool:
        """Use a recovery code up; False where it is none of the user's, or was used already."""
        with self._scope.writing() as connection:
            done = connection.execute(
                update(recovery_codes)
                .where(
                    recovery_codes.c.user_id == user_id,
                    recovery_codes.c.code_sha256 == code_sha256,
                    recovery_codes.c.used_at.is_(None),
                )
                .values(used_at=to_ms(now))
            )
            return done.rowcount > 0

    def renew_codes(self, user_id: int, codes: Collection[str]) -> None:
        """Other recovery codes; those before count no more."""
        with self._scope.writing() as connection:
            _renew(connection, user_id, codes)

    def remove(self, user_id: int) -> bool:
        """No second factor any more; False where there was none that counted."""
        with self._scope.writing() as connection:
            connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
            mine = second_factors.c.user_id == user_id
            counted = connection.execute(
                select(second_factors.c.user_id).where(mine, second_factors.c.confirmed_at.is_not(None))
            ).first()
            connection.execute(delete(second_factors).where(mine))
            return counted is not None


def _renew(connection: Any, user_id: int, codes: Collection[str]) -> None:
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    connection.execute(insert(recovery_codes), [{"user_id": user_id, "code_sha256": code} for code in codes])
