"""What the routes of users have in common: deeds, how a user is shown, and streams that end with sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from callfloor.errors import ConflictError
from callfloor.web import users_desk
from callfloor.web.access import Viewer
from callfloor.web.audit import Deed
from callfloor.web.contract_access import ProjectUser
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Member
from callfloor.web.streams import Streams


class UserDesk:
    """Of one app."""

    def __init__(self, deps: Deps, streams: Streams) -> None:
        self._deps, self._streams = deps, streams

    def deed_of(self, member: Member, action: str, user_id: int | None = None, **details: Any) -> Deed:
        """What somebody is about to do, perhaps to a user."""
        subject = None if user_id is None else ("user", user_id)
        return Deed(at=self._deps.clock(), user=member.user, action=action, subject=subject, details=details)

    async def user_of(self, viewer: Viewer, user_id: int, *, whole: bool) -> ProjectUser:
        """A user of the viewer's project; ``whole``: whose account is theirs to change.

        Raises:
            NotFoundError, ForbiddenError: see ``users_desk``.
        """
        find = users_desk.whole_user if whole else users_desk.user_of
        return await self._deps.store.run(find, self._deps.store, viewer.user_id, viewer.project_id, user_id)

    async def of_employee(self, viewer: Viewer, employee_id: int) -> tuple[ProjectUser, ...]:
        """Who signs in as an employee of the viewer's project, and may.

        Raises:
            ConflictError: the viewer themself.
        """
        store = self._deps.store
        found = await store.run(users_desk.users_of, store, viewer.user_id, viewer.project_id)
        theirs = tuple(user for user in found if user.employee_id == employee_id and user.disabled_at is None)
        if viewer.user_id in {user.id for user in theirs}:
            raise ConflictError("You would shut yourself out: another administrator can do this.")
        return theirs

    @asynccontextmanager
    async def ending_streams(self, user_id: int) -> AsyncIterator[None]:
        """What ends a user's sessions: their streams go at once after it, and not within the second."""
        store = self._deps.store
        found = [session.id for session in await store.run(store.sessions.of_user, user_id)]
        found += [-token.id for token in await store.run(store.api_tokens.of_user, user_id)]
        yield
        for session_id in found:
            self._streams.revoked(session_id)
