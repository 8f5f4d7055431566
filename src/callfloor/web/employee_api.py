"""One employee over REST: profile, hours and statuses of a day, and what may be asked of the PBX for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from callfloor.floor.directory import Directory, Employee
from callfloor.web import days_asked, profiles
from callfloor.web.access import Action, Viewer
from callfloor.web.actions import carry_out, live_row, right_of, told
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.contract import Accepted, DayStatuses, EmployeeAction, Profile, ProfileHours
from callfloor.web.days_asked import FirstDay, LastDay, OneDay
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member

_ACTION: Any = EmployeeAction  # a union is no ``type`` to mypy


def employee_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/employees/{employee_id}."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/employees/{employee_id}", tags=["employee"])
    reader = gate.viewer(Action.READ_PROFILE)

    @router.get("/profile", operation_id="getProfile", responses=documented(Profile, 401, 403, 404, 422))
    async def profile(
        employee_id: Id, viewer: Annotated[Viewer, Depends(reader)], begin: FirstDay, end: LastDay
    ) -> Response:
        """An employee's calls and statuses over some days of the project's zone, both ends inclusive."""
        first, last = days_asked.period(begin, end)
        employee, directory = await seen(viewer, employee_id)
        project = deps.projects.get(viewer.project_id)
        made = await deps.store.run(
            profiles.profile,
            deps.store,
            deps.store.project(viewer.project_id),
            employee,
            directory,
            (first, last),
            deps.clock(),
        )
        return Json(made if project is None else profiles.with_live(made, live_row(project, employee_id)))

    @router.get("/days/{day}/hours", operation_id="getDayHours", responses=documented(ProfileHours, 401, 403, 404, 422))
    async def hours(employee_id: Id, day: OneDay, viewer: Annotated[Viewer, Depends(reader)]) -> Response:
        """An employee's day by hours, and the calls in it, oldest first."""
        asked = days_asked.day(day, "path.day")
        employee, _ = await seen(viewer, employee_id)
        store = deps.store.project(viewer.project_id)
        return Json(await deps.store.run(profiles.hours, deps.store, store, employee, asked))

    @router.get(
        "/days/{day}/statuses", operation_id="getDayStatuses", responses=documented(DayStatuses, 401, 403, 404, 422)
    )
    async def statuses(employee_id: Id, day: OneDay, viewer: Annotated[Viewer, Depends(reader)]) -> Response:
        """An employee's statuses over a day, and those of each of their accounts, without gaps."""
        asked = days_asked.day(day, "path.day")
        employee, _ = await seen(viewer, employee_id)
        store = deps.store.project(viewer.project_id)
        return Json(await deps.store.run(profiles.statuses, deps.store, store, employee, asked, deps.clock()))

    @router.post(
        "/actions",
        operation_id="actOnEmployee",
        status_code=202,
        responses=documented(Accepted, 401, 403, 404, 413, 422, 502, status=202),
        openapi_extra=documented_body("EmployeeAction"),
    )
    async def act(request: Request, employee_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Ask the PBX, or set Callfloor's own switch. Accepted is not done: the stream tells what came of it."""
        action: EmployeeAction = body(_ACTION, await request.body())
        viewer, user = member.viewer, member.user
        name, details = told(action)
        deed = Deed(at=deps.clock(), user=user, action=name, subject=("employee", employee_id), details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(right_of(action))
            project = gate.live(viewer)
            employee = viewer.employee(employee_id, project.source.snapshot().directory)
            await carry_out(action, employee, project, by=user.login)
        return Json(Accepted(), 202)

    async def seen(viewer: Viewer, employee_id: int) -> tuple[Employee, Directory]:
        directory = await deps.store.run(deps.store.project(viewer.project_id).directory.load)
        return viewer.employee(employee_id, directory), directory

    return router
