"""The project's users over REST, for its administrators: who may enter, as what, and how they get in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from msgspec import UNSET

from callfloor.errors import ConflictError, NotFoundError
from callfloor.store.one_time_links import Purpose
from callfloor.store.report_asks import checked_address
from callfloor.web import users_desk
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed, told
from callfloor.web.contract import SessionEntry, SessionList
from callfloor.web.contract_access import (
    CandidateList,
    Disabled,
    GivenPassword,
    LinkAsked,
    LinkMade,
    NewUser,
    Place,
    ProjectUser,
    SecondFactorRoles,
    UserChange,
    UserList,
)
from callfloor.web.one_time import OneTime
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps
from callfloor.web.sessions import Sessions
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.streams import Streams

_ERRORS = (401, 403, 404, 409, 413, 422)


def user_routes(
    deps: Deps, gate: Gate, audit: Audit, sessions: Sessions, streams: Streams, passwords: Passwords, links: OneTime
) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/users."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["users"])
    store = deps.store
    manager = gate.viewer(Action.MANAGE_USERS)

    def deed_of(member: Member, action: str, user_id: int | None = None, **details: Any) -> Deed:
        subject = None if user_id is None else ("user", user_id)
        return Deed(at=deps.clock(), user=member.user, action=action, subject=subject, details=details)

    async def user_of(viewer: Viewer, user_id: int, *, whole: bool) -> ProjectUser:
        find = users_desk.whole_user if whole else users_desk.user_of
        return await store.run(find, store, viewer.user_id, viewer.project_id, user_id)

    @asynccontextmanager
    async def ending_streams(user_id: int) -> AsyncIterator[None]:
        """What ends a user's sessions: their streams go at once after it, and not within the second."""
        found = [session.id for session in await store.run(store.sessions.of_user, user_id)]
        found += [-token.id for token in await store.run(store.api_tokens.of_user, user_id)]
        yield
        for session_id in found:
            streams.revoked(session_id)

    @router.get("/users", operation_id="listUsers", responses=documented(UserList, 401, 403, 404, 422))
    async def users(viewer: Annotated[Viewer, Depends(manager)]) -> Response:
        """Who may enter the project, and as what."""
        found = await store.run(users_desk.users_of, store, viewer.user_id, viewer.project_id)
        roles = await store.run(store.memberships.second_factor_roles, viewer.project_id)
        return Json(UserList(users=found, mail=links.can_write, second_factor_roles=roles))

    @router.get(
        "/user-candidates", operation_id="listUserCandidates", responses=documented(CandidateList, 401, 403, 404, 422)
    )
    async def candidates(viewer: Annotated[Viewer, Depends(manager)]) -> Response:
        """Users of your other projects, who may be let into this one as they are."""
        found = await store.run(users_desk.candidates, store, viewer.user_id, viewer.project_id)
        return Json(CandidateList(candidates=found))

    @router.post(
        "/users",
        operation_id="addUser",
        status_code=201,
        responses=documented(ProjectUser, *_ERRORS, status=201),
        openapi_extra=documented_body("NewUser"),
    )
    async def add(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Make a user of this project."""
        asked = body(NewUser, await request.body())
        viewer = member.viewer
        deed = deed_of(member, "add_user", login=asked.login, name=asked.name, role=str(asked.role))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            project = store.project(viewer.project_id)
            directory = await store.run(project.directory.load)
            place = users_desk.checked_place(directory, asked.role, asked.employee_id, asked.department_ids)
            email = checked_address(asked.email) if asked.email else None
            hashed = None
            if asked.password is not None:
                hashed = await passwords.choose(asked.password, asked.login, asked.name, email or "")
            about = await store.run(store.projects.get, viewer.project_id)
            made = await store.change(
                store.project_users.add,
                viewer.project_id,
                place,
                login=asked.login.strip(),
                name=asked.name.strip(),
                email=email,
                locale=asked.locale or about.language,
                password_hash=hashed,
                given=hashed is not None and asked.change_password,
                now=deps.clock(),
            )
            deed.subject = ("user", made.id)
            deed.details = {"made": {"login": made.login, "name": made.name, "email": email, **_place(place)}}
        return Json(await user_of(viewer, made.id, whole=False), 201)

    @router.put(
        "/users/{user_id}",
        operation_id="changeUser",
        responses=documented(ProjectUser, *_ERRORS),
        openapi_extra=documented_body("UserChange"),
    )
    async def change(user_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Change a user's place in the project, or their account; what is left out stays."""
        asked = body(UserChange, await request.body())
        viewer = member.viewer
        deed = deed_of(member, "change_user", user_id, asked=msgspec.to_builtins(asked))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            account = any(each is not UNSET for each in (asked.login, asked.name, asked.email))
            before = await user_of(viewer, user_id, whole=account)
            directory = await store.run(store.project(viewer.project_id).directory.load)
            moved = any(each is not UNSET for each in (asked.role, asked.employee_id, asked.department_ids))
            place = (
                users_desk.checked_place(
                    directory,
                    before.role if asked.role is UNSET else asked.role,
                    before.employee_id if asked.employee_id is UNSET else asked.employee_id,
                    before.department_ids if asked.department_ids is UNSET else asked.department_ids,
                )
                if moved
                else None
            )
            email: tuple[str | None, ...] = ()
            if asked.email is not UNSET:
                email = (checked_address(asked.email) if asked.email else None,)
            await store.change(
                store.project_users.change,
                user_id,
                viewer.project_id,
                place=place,
                login=None if asked.login is UNSET else asked.login.strip(),
                name=None if asked.name is UNSET else asked.name.strip(),
                email=email,
            )
            after = await user_of(viewer, user_id, whole=False)
            deed.details = told(before, after)
        return Json(after)

    @router.post(
        "/users/{user_id}/place",
        operation_id="letUserIn",
        status_code=201,
        responses=documented(ProjectUser, *_ERRORS, status=201),
        openapi_extra=documented_body("Place"),
    )
    async def let_in(user_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Let a user of your other projects into this one."""
        asked = body(Place, await request.body())
        viewer = member.viewer
        deed = deed_of(member, "let_user_in", user_id, role=str(asked.role))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            known = await store.run(users_desk.candidates, store, viewer.user_id, viewer.project_id)
            if user_id not in {each.id for each in known}:
                raise NotFoundError("There is no such user whom you may let in.")
            directory = await store.run(store.project(viewer.project_id).directory.load)
            place = users_desk.checked_place(directory, asked.role, asked.employee_id, asked.department_ids)
            await store.change(
                store.memberships.grant,
                user_id,
                viewer.project_id,
                place.role,
                employee_id=place.employee_id,
                department_ids=place.department_ids,
            )
            deed.details = {"made": _place(place)}
        return Json(await user_of(viewer, user_id, whole=False), 201)

    @router.delete(
        "/users/{user_id}",
        operation_id="removeUser",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def remove(user_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """The user may enter this project no more; what they did stays, and so does their account."""
        viewer = member.viewer
        deed = deed_of(member, "remove_user", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            before = await user_of(viewer, user_id, whole=False)
            deed.details = {"login": before.login, "role": str(before.role)}
            await store.change(store.memberships.withdraw, user_id, viewer.project_id)
        return Response(status_code=204)

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
        deed = deed_of(member, "disable_user" if asked.disabled else "enable_user", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            before = await user_of(viewer, user_id, whole=True)
            deed.details = {"login": before.login}
            if not asked.disabled:
                await store.change(store.users.enable, user_id)
            elif user_id == viewer.user_id:
                raise ConflictError("You would shut yourself out: another administrator can do this.")
            else:
                async with ending_streams(user_id):
                    await store.change(store.users.disable, user_id, now=deps.clock())
        return Json(await user_of(viewer, user_id, whole=False))

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
        deed = deed_of(member, "give_password", user_id, change_password=asked.change_password)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            user = await user_of(viewer, user_id, whole=True)
            if user_id == viewer.user_id:
                raise ConflictError("Your own password is changed at your account.")
            hashed = await passwords.choose(asked.password, user.login, user.name, user.email or "")
            set_hash = store.users.set_password_hash
            async with ending_streams(user_id):
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
        deed = deed_of(member, "make_link", user_id, by=asked.by)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            shown = await user_of(viewer, user_id, whole=True)
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
        deed = deed_of(member, "reset_second_factor", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            await user_of(viewer, user_id, whole=True)
            if user_id == viewer.user_id:
                raise ConflictError("Your own second factor is removed at your account.")
            async with ending_streams(user_id):
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
        await user_of(viewer, user_id, whole=True)
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
        deed = deed_of(member, "end_sessions", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            await user_of(viewer, user_id, whole=True)
            async with ending_streams(user_id):
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
        deed = deed_of(member, "end_session", user_id, session=session_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            await user_of(viewer, user_id, whole=True)
            if not await store.change(store.sessions.revoke, session_id, now=deps.clock(), user_id=user_id):
                raise NotFoundError("There is no such session.")
            streams.revoked(session_id)
        return Response(status_code=204)

    @router.put(
        "/second-factor-roles",
        operation_id="requireSecondFactor",
        responses=documented(SecondFactorRoles, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("SecondFactorRoles"),
    )
    async def require(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Of which roles a second factor is required: whoever has none is asked to set one up before anything else."""
        asked = body(SecondFactorRoles, await request.body())
        viewer = member.viewer
        deed = deed_of(member, "require_second_factor")
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            before = await store.run(store.memberships.second_factor_roles, viewer.project_id)
            await store.change(store.memberships.require_second_factor, viewer.project_id, asked.roles)
            after = await store.run(store.memberships.second_factor_roles, viewer.project_id)
            deed.details = {"before": [str(each) for each in before], "after": [str(each) for each in after]}
        return Json(SecondFactorRoles(roles=after))

    return router


def _place(place: Any) -> dict[str, Any]:
    return dict(msgspec.to_builtins(place))


def _of(session: Any) -> dict[str, Any]:
    names = ("id", "created_at", "last_seen_at", "expires_at", "address", "user_agent")
    return {name: getattr(session, name) for name in names}
