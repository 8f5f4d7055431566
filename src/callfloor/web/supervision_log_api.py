"""The log of supervisions over REST: who listened to whom, how, and how it ended. For administrators; it is read."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.floor.supervisions import Ending, Followed, Mode, ModeStretch, SupervisionRecord, Way
from callfloor.store.supervision_rows import SupervisionFilter
from callfloor.web import logs_asked
from callfloor.web import message_queries as queries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented, documented_file
from callfloor.web.audit import Audit, Deed
from callfloor.web.logs_asked import PAGE, Cursor, Form, Ids, Limit, LogDesk, Names
from callfloor.web.message_queries import First, Last
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Member


class LoggedEmployee(Followed, frozen=True, kw_only=True):
    """A stretch of a session with one employee, and the name that the directory has of them."""

    employee_name: str | None


class LoggedSupervision(msgspec.Struct, frozen=True, kw_only=True):
    """One session as it was written down."""

    id: str
    user_id: int
    user_name: str  # as it was then
    call_id: str
    way: Way
    phone: str | None
    reason: str | None
    started_at: float
    connected_at: float | None  # null: nothing was heard
    ended_at: float | None  # null: still on
    modes: tuple[ModeStretch, ...]
    followed: tuple[LoggedEmployee, ...]
    ending: Ending | None
    ending_detail: str | None


class SupervisionLog(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the log, the latest begun first; ``next_cursor`` is null on the last."""

    records: tuple[LoggedSupervision, ...]
    next_cursor: str | None


class LogUser(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has supervised."""

    id: int
    name: str


class SupervisionLogOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the log can be filtered by, beside employees and the closed lists."""

    users: tuple[LogUser, ...]


SUPERVISION_LOG_SHAPES = (SupervisionLog, SupervisionLogOptions)

Call = Annotated[str | None, Query(max_length=128, description="A call's id.")]


def supervision_log_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/supervision-log."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/supervision-log", tags=["audit"])
    reader = gate.viewer(Action.READ_AUDIT)
    desk = LogDesk(deps, audit)

    @router.get("", operation_id="listSupervisionLog", responses=documented(SupervisionLog, 401, 403, 404, 422))
    async def log(
        viewer: Annotated[Viewer, Depends(reader)],
        first: First = None,
        last: Last = None,
        user: Ids = None,
        employee: Ids = None,
        mode: Names = None,
        way: Names = None,
        ending: Names = None,
        call: Call = None,
        limit: Limit = PAGE,
        cursor: Cursor = None,
    ) -> Response:
        """Sessions of supervision, the latest begun first; those that are on now among them."""
        wanted = await asked(viewer, first, last, user, employee, mode, way, ending, call)
        found = deps.store.project(viewer.project_id).supervisions
        page = await deps.store.run(found.page, wanted, limit=limit, cursor=cursor)
        names = await deps.store.run(found.employees)
        records = tuple(shown(record, names) for record in page.records)
        return Json(SupervisionLog(records=records, next_cursor=page.next_cursor))

    @router.get(
        "/options",
        operation_id="getSupervisionLogOptions",
        responses=documented(SupervisionLogOptions, 401, 403, 404, 422),
    )
    async def options(viewer: Annotated[Viewer, Depends(reader)]) -> Response:
        """Whoever has supervised here."""
        users = await deps.store.run(deps.store.project(viewer.project_id).supervisions.users)
        return Json(SupervisionLogOptions(users=tuple(LogUser(id=key, name=name) for key, name in users.items())))

    @router.get(
        "/file",
        operation_id="getSupervisionLogFile",
        responses=documented_file(401, 403, 404, 409, 416, 422, kinds=logs_asked.FILE_KINDS),
        response_class=Response,
    )
    async def file(
        request: Request,
        member: Annotated[Member, Depends(gate.member)],
        form: Form = "csv",
        first: First = None,
        last: Last = None,
        user: Ids = None,
        employee: Ids = None,
        mode: Names = None,
        way: Names = None,
        ending: Names = None,
        call: Call = None,
    ) -> Response:
        """The log as a file, by the same filter. That it was taken is an entry of the audit."""
        given = {"from": first, "to": last, "user": user, "employee": employee, "mode": mode, "way": way}
        given |= {"ending": ending, "call": call}
        details: dict[str, Any] = {"format": form, **{name: value for name, value in given.items() if value}}
        deed = Deed(at=deps.clock(), user=member.user, action="export_supervisions", details=details)
        member.viewer.require(Action.READ_AUDIT)
        wanted = await asked(member.viewer, first, last, user, employee, mode, way, ending, call)
        return await desk.file(request, member, form, deed, wanted, lambda files: files.supervisions)

    async def asked(
        viewer: Viewer,
        first: str | None,
        last: str | None,
        user: str | None,
        employee: str | None,
        mode: str | None,
        way: str | None,
        ending: str | None,
        call: str | None,
    ) -> SupervisionFilter:
        began, ended = await logs_asked.period(deps, viewer.project_id, first, last)
        return SupervisionFilter(
            started_from=began,
            started_to=ended,
            user_ids=queries.numbers(user, "query.user"),
            employee_ids=queries.numbers(employee, "query.employee"),
            modes=queries.known(mode, Mode, "query.mode"),
            ways=queries.known(way, Way, "query.way"),
            endings=queries.known(ending, Ending, "query.ending"),
            call_id=logs_asked.one_word(call, "query.call"),
        )

    return router


def shown(record: SupervisionRecord, names: dict[int, str]) -> LoggedSupervision:
    """A record as it goes out."""
    followed = tuple(
        LoggedEmployee(
            employee_id=each.employee_id,
            employee_name=None if each.employee_id is None else names.get(each.employee_id),
            account=each.account,
            began_at=each.began_at,
            ended_at=each.ended_at,
        )
        for each in record.followed
    )
    return LoggedSupervision(**{**msgspec.structs.asdict(record), "followed": followed})
