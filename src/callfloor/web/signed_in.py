"""From a request to its user: the cookie, the CSRF header, the role. All routes but the public ones come here."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from fastapi import Path, Request

from callfloor.errors import ForbiddenError, NotFoundError
from callfloor.store.users import User
from callfloor.web.access import Action, Viewer
from callfloor.web.guard import SAFE
from callfloor.web.masked import veil, veil_of
from callfloor.web.ports import Deps, LiveProject
from callfloor.web.sessions import CSRF_HEADER, Sessions
from callfloor.web.signed import Signed, require_csrf

LARGEST_ID = 2**53 - 1
"""Ids are whole numbers that JavaScript holds exactly."""

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
CallId = Annotated[str, Path(pattern=r"^[!-.0-~]{1,128}$")]
"""Printable ASCII without the slash: what a call id can be; a NUL is more than PostgreSQL can be asked for."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A user in one of their projects."""

    viewer: Viewer
    user: User


class Gate:
    """Makes the dependencies by which routes learn who asks."""

    def __init__(self, deps: Deps, sessions: Sessions) -> None:
        self._deps = deps
        self._sessions = sessions

    async def signed(self, request: Request) -> Signed:
        """The person of the request; on unsafe methods with a good CSRF token.

        Raises:
            UnauthenticatedError: no good session.
            ForbiddenError: no good CSRF token; or a program asks, with its token.
        """
        signed = await self.anybody(request)
        if signed.scopes is not None:
            raise ForbiddenError("A token cannot do this: it is for people, at the page.")
        return signed

    async def ready(self, request: Request) -> Signed:
        """As ``signed``, of somebody who has done what an administrator requires first.

        Raises:
            SetUpFirstError: they have not.
        """
        signed = await self.signed(request)
        signed.require_ready()
        return signed

    async def anybody(self, request: Request) -> Signed:
        """The person or the program of the request; of people, on unsafe methods with a good CSRF token.

        Raises:
            UnauthenticatedError: no good session or token.
            ForbiddenError: no good CSRF token.
        """
        veil.set(None)
        signed = await self._sessions.who_asks(request, self._deps.clock())
        if signed.scopes is None and request.method not in SAFE:
            require_csrf(signed, request.headers.get(CSRF_HEADER))
        return signed

    async def member(self, request: Request, project_id: Id) -> "Member":
        """The user of the request in the path's project, before any right is asked for.

        Raises:
            NotFoundError: not one of the user's projects.
        """
        signed = await self.anybody(request)
        viewer = signed.viewer(project_id, writes=request.method not in SAFE)
        veil.set(await veil_of(self._deps.store, viewer))
        return Member(viewer=viewer, user=signed.user)

    def viewer(self, action: Action) -> Callable[[Request, int], Awaitable[Viewer]]:
        """A dependency: the viewer of the path's project, allowed to do this.

        Raises (at the request):
            NotFoundError: not one of the user's projects.
            ForbiddenError: their role does not allow it.
        """

        async def allowed(request: Request, project_id: Id) -> Viewer:
            member = await self.member(request, project_id)
            member.viewer.require(action)
            return member.viewer

        return allowed

    def live(self, viewer: Viewer) -> LiveProject:
        """The project's live floor.

        Raises:
            NotFoundError: it does not run in this process.
        """
        project = self._deps.projects.get(viewer.project_id)
        if project is None:
            raise NotFoundError("The project has no live floor.")
        return project
