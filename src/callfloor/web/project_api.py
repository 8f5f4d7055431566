"""One project's floor, journal and directory over REST."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.floor.changes import Snapshot
from callfloor.floor.directory import Directory
from callfloor.store.journal import JournalCall
from callfloor.store.store import ProjectStore
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented
from callfloor.web.contract import CallList, LiveCallDetail
from callfloor.web.ports import Deps
from callfloor.web.signed_in import CallId, Gate

PAGE = 50
PAGE_MOST = 500
"""Calls on one page of the journal; a record with its story has some 2 KB."""

LATEST = 4_102_444_800.0
"""The year 2100: instants beyond it are somebody's milliseconds."""

Instant = Annotated[float, Query(ge=0, le=LATEST, allow_inf_nan=False)]


def project_routes(deps: Deps, gate: Gate) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}, but for the stream."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["project"])

    @router.get("/floor", operation_id="getFloor", responses=documented(Snapshot, 401, 403, 404, 422))
    async def floor(viewer: Annotated[Viewer, Depends(gate.viewer(Action.WATCH_FLOOR))]) -> Response:
        """The floor now, as far as the viewer sees it; the stream's snapshot frame holds the same."""
        snapshot = gate.live(viewer).source.snapshot()
        sees_call = viewer.sight.lens(snapshot.directory)
        sees_employee = viewer.sight.employee_lens(snapshot.directory)
        seen = msgspec.structs.replace(
            snapshot,
            calls=tuple(call for call in snapshot.calls if sees_call(call)),
            employees=tuple(row for row in snapshot.employees if sees_employee(row)),
            supervisions=snapshot.supervisions if viewer.sight.supervisions else (),
        )
        return Json(seen)

    @router.get(
        "/live-calls/{call_id}", operation_id="getLiveCall", responses=documented(LiveCallDetail, 401, 403, 404, 422)
    )
    async def live_call(
        call_id: CallId, viewer: Annotated[Viewer, Depends(gate.viewer(Action.WATCH_FLOOR))]
    ) -> Response:
        """A live call and its story so far."""
        source = gate.live(viewer).source
        found = source.call_detail(call_id)
        if found is None or not viewer.may_see_call(found[0], source.snapshot().directory):
            raise NotFoundError("There is no such live call.")
        return Json(LiveCallDetail(call=found[0], story=tuple(found[1])))

    @router.get("/calls", operation_id="listCalls", responses=documented(CallList, 401, 403, 404, 422))
    async def calls(
        viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_CALLS))],
        begin: Annotated[Instant, Query(alias="from", description="Started at or after, UTC epoch seconds.")],
        end: Annotated[Instant, Query(alias="to", description="Started before, UTC epoch seconds.")],
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE,
        cursor: Annotated[str | None, Query(max_length=200, description="The last page's next_cursor.")] = None,
    ) -> Response:
        """The journal of finished calls, newest first."""
        if end <= begin:
            raise InvalidInputError("The period ends before it begins.", at=["query.from", "query.to"])
        store = deps.store.project(viewer.project_id)
        departments, employees = await _scope(viewer, store)
        page = await deps.store.run(
            store.journal.page,
            begin,
            end,
            limit=limit,
            cursor=cursor,
            department_ids=departments,
            employee_ids=employees,
        )
        return Json(CallList(calls=page.calls, next_cursor=page.next_cursor))

    @router.get("/calls/{call_id}", operation_id="getCall", responses=documented(JournalCall, 401, 403, 404, 422))
    async def call(call_id: CallId, viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_CALLS))]) -> Response:
        """One finished call with its story."""
        store = deps.store.project(viewer.project_id)
        found = await deps.store.run(store.journal.get, call_id)
        departments, employees = await _scope(viewer, store)
        if (departments is not None or employees is not None) and not any(
            person.department_id in (departments or ()) or person.employee_id in (employees or ())
            for person in found.employees
        ):
            raise NotFoundError("There is no such call.")
        return Json(found)

    @router.get("/directory", operation_id="getDirectory", responses=documented(Directory, 401, 403, 404, 422))
    async def directory(viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_DIRECTORY))]) -> Response:
        """Departments, employees with their accounts, queues and business numbers."""
        store = deps.store.project(viewer.project_id)
        return Json(await deps.store.run(store.directory.load))

    async def _scope(viewer: Viewer, store: ProjectStore) -> tuple[frozenset[int] | None, frozenset[int] | None]:
        """The departments and the employees whose finished calls the viewer sees; (None, None) is all calls."""
        sight = viewer.sight
        if sight.departments is not None:
            return sight.departments_within(await deps.store.run(store.directory.load)), None
        return None, None if sight.employee_id is None else frozenset({sight.employee_id})

    return router
