"""The project's users over REST, for its administrators: who may enter, as what, and how they get in."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from msgspec import UNSET

from callfloor.errors import NotFoundError
from callfloor.store.report_asks import checked_address
from callfloor.web import users_desk
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, told
from callfloor.web.contract_access import (
    CandidateList,
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
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.streams import Streams
from callfloor.web.user_deeds import UserDesk

_ERRORS = (401, 403, 404, 409, 413, 422)


def user_routes(
    deps: Deps, gate: Gate, audit: Audit, streams: Streams, passwords: Passwords, links: OneTime
) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/users."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["users"])
    store = deps.store
    manager = gate.viewer(Action.MANAGE_USERS)
    desk = UserDesk(deps, streams)

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
        deed = desk.deed_of(member, "add_user", login=asked.login, name=asked.name, role=str(asked.role))
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
        return Json(await desk.user_of(viewer, made.id, whole=False), 201)

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
        deed = desk.deed_of(member, "change_user", user_id, asked=msgspec.to_builtins(asked))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            account = any(each is not UNSET for each in (asked.login, asked.name, asked.email))
            before = await desk.user_of(viewer, user_id, whole=account)
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
            after = await desk.user_of(viewer, user_id, whole=False)
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
        deed = desk.deed_of(member, "let_user_in", user_id, role=str(asked.role))
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
        return Json(await desk.user_of(viewer, user_id, whole=False), 201)

    @router.delete(
        "/users/{user_id}",
        operation_id="removeUser",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def remove(user_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """The user may enter this project no more; what they did stays, and so does their account."""
        viewer = member.viewer
        deed = desk.deed_of(member, "remove_user", user_id)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MANAGE_USERS)
            before = await desk.user_of(viewer, user_id, whole=False)
            deed.details = {"login": before.login, "role": str(before.role)}
            await store.change(store.memberships.withdraw, user_id, viewer.project_id)
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
        deed = desk.deed_of(member, "require_second_factor")
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
