"""Time in statuses over some days, of every employee in sight: who was present, and as what."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Response

from callfloor.floor.days import day_bounds, days_between
from callfloor.floor.directory import Employee
from callfloor.store.store import ProjectStore, Store
from callfloor.web import days_asked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented
from callfloor.web.days_asked import FirstDay, LastDay
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate


class EmployeePresence(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's seconds in each status: present is talking, online and do-not-disturb, absent is offline."""

    employee_id: int
    employee_name: str
    department_id: int | None
    department_name: str | None
    present_s: float
    absent_s: float
    talking_s: float
    online_s: float
    dnd_s: float
    unknown_s: float  # not watched: neither present nor absent


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody in sight, by name, as they are in the directory now."""

    employees: tuple[EmployeePresence, ...]
    now: float


def presence_routes(deps: Deps, gate: Gate) -> APIRouter:
    """The route /api/v1/projects/{project_id}/presence."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["journal"])

    @router.get("/presence", operation_id="getPresence", responses=documented(Presence, 401, 403, 404, 422))
    async def presence(
        viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_PROFILE))], begin: FirstDay, end: LastDay
    ) -> Response:
        """Time in statuses over days of the project's zone, both ends inclusive; what has not come counts nowhere."""
        first, last = days_asked.period(begin, end)
        return Json(await deps.store.run(_of, deps.store, viewer, (first, last), deps.clock()))

    return router


def _of(store: Store, viewer: Viewer, period: Any, now: float) -> Presence:
    within: ProjectStore = store.project(viewer.project_id)
    directory = within.directory.load()
    seen = viewer.sight.employees(directory)
    people = [each for each in directory.employees if seen is None or each.id in seen]
    zone = ZoneInfo(store.projects.get(viewer.project_id).timezone)
    bounds = [day_bounds(day, zone) for day in days_between(*period)]
    lasted = within.statuses.period_totals([each.id for each in people], bounds, now)
    names = {department.id: department.name for department in directory.departments}

    def line(employee: Employee) -> EmployeePresence:
        told = lasted[employee.id]
        return EmployeePresence(
            employee_id=employee.id,
            employee_name=employee.name,
            department_id=employee.department_id,
            department_name=None if employee.department_id is None else names.get(employee.department_id),
            present_s=told.talking_s + told.online_s + told.dnd_s,
            absent_s=told.offline_s,
            talking_s=told.talking_s,
            online_s=told.online_s,
            dnd_s=told.dnd_s,
            unknown_s=told.unknown_s,
        )

    return Presence(employees=tuple(sorted(map(line, people), key=lambda one: one.employee_name)), now=now)
