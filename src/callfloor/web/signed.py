"""Who asks: a person with a session, or a program with a token; and the CSRF token that binds a person's request."""

import base64
import hashlib
import hmac
from enum import StrEnum

import msgspec

from callfloor.errors import ForbiddenError, NotFoundError, SetUpFirstError
from callfloor.store.memberships import Membership
from callfloor.store.sessions import Session
from callfloor.store.users import User
from callfloor.web.access import Viewer
from callfloor.web.scopes import granted


class Pending(StrEnum):
    """What a user must do before anything else."""

    PASSWORD = "password"  # noqa: S105 - choose their own: somebody else chose the present one
    SECOND_FACTOR = "second_factor"  # set one up: a project requires it of their role


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A request with a good session, or with a good token."""

    session: Session
    user: User
    memberships: tuple[Membership, ...]
    csrf_token: str
    pending: tuple[Pending, ...] = ()
    scopes: tuple[str, ...] | None = None  # a program's; None: a person's session

    def viewer(self, project_id: int, *, writes: bool = False) -> Viewer:
        """The user as a viewer of a project; ``writes``: something is to be changed.

        Raises:
            NotFoundError: not one of theirs; whether it exists is not told.
            SetUpFirstError: something must be done first.
        """
        for membership in self.memberships:
            if membership.project_id == project_id and not membership.shut:
                self.require_ready()
                viewer = Viewer.of(membership)
                if self.scopes is None:
                    return viewer
                return msgspec.structs.replace(viewer, only=granted(self.scopes, writes=writes))
        raise NotFoundError("There is no such project.")

    def require_ready(self) -> None:
        """Raise where something must be done first.

        Raises:
            SetUpFirstError: it must.
        """
        if self.pending:
            raise SetUpFirstError(pending=[str(each) for each in self.pending])


def digest(token: str) -> str:
    """What the store keeps of a token: it has 256 random bits, so a plain SHA-256 cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The CSRF token of a session, bound to it by a keyed hash; nothing to store, nothing to guess."""
    mac = hmac.digest(token.encode(), b"callfloor csrf token", "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def require_csrf(signed: Signed, given: str | None) -> None:
    """Raise unless the header's token is the session's.

    Raises:
        ForbiddenError: it is missing, or another session's.
    """
    if given is None or not hmac.compare_digest(given.encode(), signed.csrf_token.encode()):
        raise ForbiddenError("The request lacks the session's CSRF token.", header="X-CSRF-Token")
