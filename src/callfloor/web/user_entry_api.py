"""How the project's users get in, over REST: password, link, second factor, sessions; for its administrators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import ConflictError, NotFoundError
from callfloor.store.one_time_links import Purpose
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit
from callfloor.web.contract import SessionEntry, SessionList
from callfloor.web.contract_access import Disabled, GivenPassword, LinkAsked, LinkMade, ProjectUser
from callfloor.web.one_time import OneTime
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps
from callfloor.web.sessions import Sessions
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.streams import Streams
from callfloor.web.user_deeds import UserDesk

_ERRORS = (401, 403, 404, 409, 413, 422)


def user_entry_routes(
    deps: Deps, gate: Gate, audit: Audit, sessions: Sessions, streams: Streams, passwords: Passwords, links: OneTime
) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/users/{user_id} that are about signing in."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["users"])
    store = deps.store
    manager = gate.viewer(Action.MANAGE_USERS)
    desk = UserDesk(deps, streams)

    @router.put(
        "/users/{user_id}/disabled",
        operation_id="disableUser",
        responses=documented(ProjectUser, *_ERRORS),
        openapi_extra=documented_body("Disabled"),
    )
    async def disable(user_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Nobody signs in as this user any more, or again; their sessions end at once."""
        asked = body(Disabled, await request.body())
        viewer = member.viewer
        deed = desk.deed_of(member, "disable_user" if asked.disabled else "enable_user", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            before = await desk.user_of(viewer, user_id, whole=True)
            deed.details = {"login": before.login}
            if not asked.disabled:
                await store.change(store.users.enable, user_id)
            elif user_id == viewer.user_id:
                raise ConflictError("You would shut yourself out: another administrator can do this.")
            else:
                async with desk.ending_streams(user_id):
                    await store.change(store.users.disable, user_id, now=deps.clock())
        return Json(await desk.user_of(viewer, user_id, whole=False))

    @router.put(
        "/users/{user_id}/password",
        operation_id="givePassword",
        status_code=204,
        responses=documented(None, *_ERRORS, status=204),
        openapi_extra=documented_body("GivenPassword"),
    )
    async def give_password(user_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Set somebody's password; their sessions end at once. Links made before can be used no more."""
        asked = body(GivenPassword, await request.body())
        viewer = member.viewer
        deed = desk.deed_of(member, "give_password", user_id, change_password=asked.change_password)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            user = await desk.user_of(viewer, user_id, whole=True)
            if user_id == viewer.user_id:
                raise ConflictError("Your own password is changed at your account.")
            hashed = await passwords.choose(asked.password, user.login, user.name, user.email or "")
            set_hash = store.users.set_password_hash
            async with desk.ending_streams(user_id):
                await store.change(set_hash, user_id, hashed, now=deps.clock(), given=asked.change_password)
        return Response(status_code=204)

    @router.post(
        "/users/{user_id}/link",
        operation_id="makeUserLink",
        status_code=201,
        responses=documented(LinkMade, *_ERRORS, status=201),
        openapi_extra=documented_body("LinkAsked"),
    )
    async def link(user_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """A link by which the user sets a password, once: sent by mail, or told here to be passed on."""
        asked = body(LinkAsked, await request.body())
        viewer, now = member.viewer, deps.clock()
        deed = desk.deed_of(member, "make_link", user_id, by=asked.by)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            shown = await desk.user_of(viewer, user_id, whole=True)
            if shown.disabled_at is not None:
                raise ConflictError("The user is disabled: enable them first.")
            user = await store.run(store.users.get, user_id)
            purpose = Purpose.INVITATION if shown.password == "none" else Purpose.RESET  # noqa: S105
            deed.details |= {"purpose": str(purpose), "address": user.email if asked.by == "mail" else None}
            address = told_link = None
            if asked.by == "mail":
                address, expires_at = user.email, await links.write_to(user, purpose, now)
            else:
                base = deps.settings.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
                told_link, expires_at = await links.make(user, purpose, base, now)
        return Json(LinkMade(purpose=purpose.value, expires_at=expires_at, address=address, link=told_link), 201)

    @router.delete(
        "/users/{user_id}/second-factor",
        operation_id="resetSecondFactor",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def reset_second_factor(user_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Take a second factor away, of somebody who lost it; where one is required they set up another."""
        viewer = member.viewer
        deed = desk.deed_of(member, "reset_second_factor", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            await desk.user_of(viewer, user_id, whole=True)
            if user_id == viewer.user_id:
                raise ConflictError("Your own second factor is removed at your account.")
            async with desk.ending_streams(user_id):
                if not await sessions.second_factors.remove(user_id):
                    raise NotFoundError("The user has no second factor.")
                await sessions.revoke_all(user_id, deps.clock())
        return Response(status_code=204)

    @router.get(
        "/users/{user_id}/sessions",
        operation_id="listUserSessions",
        responses=documented(SessionList, 401, 403, 404, 422),
    )
    async def listed(user_id: Id, viewer: Annotated[Viewer, Depends(manager)]) -> Response:
        """Where a user is signed in."""
        await desk.user_of(viewer, user_id, whole=True)
        found = await sessions.of_user(user_id, deps.clock())
        return Json(SessionList(sessions=tuple(SessionEntry(current=False, **_of(each)) for each in found)))

    @router.delete(
        "/users/{user_id}/sessions",
        operation_id="endUserSessions",
        status_code=204,
        responses=documented(None, 401, 403, 404, 422, status=204),
    )
    async def end_all(user_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Sign a user out everywhere, at once."""
        viewer = member.viewer
        deed = desk.deed_of(member, "end_sessions", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            await desk.user_of(viewer, user_id, whole=True)
            async with desk.ending_streams(user_id):
                deed.details["ended"] = await sessions.revoke_all(user_id, deps.clock())
        return Response(status_code=204)

    @router.delete(
        "/users/{user_id}/sessions/{session_id}",
        operation_id="endUserSession",
        status_code=204,
        responses=documented(None, 401, 403, 404, 422, status=204),
    )
    async def end_one(user_id: Id, session_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Sign a user out at one place, at once."""
        viewer = member.viewer
        deed = desk.deed_of(member, "end_session", user_id, session=session_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            await desk.user_of(viewer, user_id, whole=True)
            if not await store.change(store.sessions.revoke, session_id, now=deps.clock(), user_id=user_id):
                raise NotFoundError("There is no such session.")
            streams.revoked(session_id)
        return Response(status_code=204)

    return router


def _of(session: Any) -> dict[str, Any]:
    names = ("id", "created_at", "last_seen_at", "expires_at", "address", "user_agent")
    return {name: getattr(session, name) for name in names}
