"""Schedules of reports over REST: one's own; administrators see and change all."""

from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import MailNotSetUpError
from callfloor.store.report_asks import checked_name
from callfloor.store.schedules import Schedule
from callfloor.web import reports_asked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed, told
from callfloor.web.contract_reports import (
    DeliveryList,
    RecipientsInfo,
    ReportInfo,
    ScheduleInfo,
    ScheduleList,
    ScheduleWanted,
    WhenInfo,
)
from callfloor.web.exports_api import delivery_info
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member


def schedule_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/report-schedules."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/report-schedules", tags=["reports"])

    @router.get("", operation_id="listSchedules", responses=documented(ScheduleList, 401, 403, 404, 422))
    async def schedules(viewer: Annotated[Viewer, Depends(gate.viewer(Action.EXPORT))]) -> Response:
        """Reports that go out by themselves."""
        whose = None if viewer.may(Action.CHANGE_SETTINGS) else viewer.user_id
        found = await deps.store.run(deps.store.project(viewer.project_id).schedules.list, user_id=whose)
        named = await deps.store.run(reports_asked.names, deps.store, viewer.project_id)
        return Json(ScheduleList(schedules=tuple(_info(each, named) for each in found)))

    @router.post(
        "",
        operation_id="addSchedule",
        status_code=201,
        responses=documented(ScheduleInfo, 401, 403, 404, 413, 422, status=201),
        openapi_extra=documented_body("ScheduleWanted"),
    )
    async def add(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Have a report go out by itself from now on."""
        wanted = body(ScheduleWanted, await request.body())
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="add_schedule", details=_told(wanted))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            made = await deps.store.change(_put, deps, viewer, wanted, None)
            deed.subject = ("schedule", made.id)
            wake(viewer)
            return Json(await info(viewer, made), 201)

    @router.put(
        "/{schedule_id}",
        operation_id="changeSchedule",
        responses=documented(ScheduleInfo, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("ScheduleWanted"),
    )
    async def change(request: Request, schedule_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """All of it anew. It stays whose it is."""
        wanted = body(ScheduleWanted, await request.body())
        viewer = member.viewer
        deed = Deed(
            at=deps.clock(),
            user=member.user,
            action="change_schedule",
            subject=("schedule", schedule_id),
            details=_told(wanted),
        )
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            before = await deps.store.run(deps.store.project(viewer.project_id).schedules.get, schedule_id)
            changed = await deps.store.change(_put, deps, viewer, wanted, schedule_id)
            deed.details = told(before, changed)
            wake(viewer)
            return Json(await info(viewer, changed))

    @router.delete(
        "/{schedule_id}",
        operation_id="removeSchedule",
        status_code=204,
        responses=documented(None, 401, 403, 404, 422, status=204),
    )
    async def remove(schedule_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """No more of it. For a day it can be brought back."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="remove_schedule", subject=("schedule", schedule_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            await mine(viewer, schedule_id)
            store = deps.store.project(viewer.project_id).schedules
            await deps.store.change(store.remove, schedule_id, now=deps.clock())
            return Response(status_code=204)

    @router.post(
        "/{schedule_id}/restore", operation_id="restoreSchedule", responses=documented(ScheduleInfo, 401, 403, 404, 422)
    )
    async def restore(schedule_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Bring a removed one back."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="restore_schedule", subject=("schedule", schedule_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            found = await mine(viewer, schedule_id, removed=True)
            zone = ZoneInfo((await deps.store.run(deps.store.projects.get, viewer.project_id)).timezone)
            next_at = found.when.next_after(deps.clock(), zone)
            store = deps.store.project(viewer.project_id).schedules
            back = await deps.store.change(store.restore, schedule_id, next_at=next_at)
            wake(viewer)
            return Json(await info(viewer, back))

    @router.post(
        "/{schedule_id}/send",
        operation_id="sendSchedule",
        status_code=202,
        responses=documented(DeliveryList, 401, 403, 404, 409, 422, status=202),
    )
    async def send(schedule_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Send its report now, of the days that it would be of at this moment; its next time stays."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="send_schedule", subject=("schedule", schedule_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            found = await mine(viewer, schedule_id)
            post = gate.live(viewer).post
            if post is None or not post.is_set_up:
                raise MailNotSetUpError
            zone = ZoneInfo((await deps.store.run(deps.store.projects.get, viewer.project_id)).timezone)
            ask = msgspec.structs.replace(found.ask, filter=found.when.filter_of(found.ask.filter, deps.clock(), zone))
            put = await deps.store.change(
                deps.store.project(viewer.project_id).deliveries.put,
                found.name,
                user_id=found.user_id,
                ask=ask,
                recipients=found.recipients,
                now=deps.clock(),
                schedule_id=found.id,
            )
            post.wake()
            named = await deps.store.run(reports_asked.names, deps.store, viewer.project_id)
            return Json(DeliveryList(deliveries=tuple(delivery_info(each, named) for each in put)), 202)

    async def mine(viewer: Viewer, schedule_id: int, *, removed: bool = False) -> Schedule:
        store = deps.store.project(viewer.project_id).schedules
        found = await deps.store.run(store.get, schedule_id, removed=removed)
        reports_asked.own_or_all(viewer, found.user_id, "schedule")
        return found

    async def info(viewer: Viewer, schedule: Schedule) -> ScheduleInfo:
        return _info(schedule, await deps.store.run(reports_asked.names, deps.store, viewer.project_id))

    def wake(viewer: Viewer) -> None:
        project = deps.projects.get(viewer.project_id)
        if project is not None and project.post is not None:
            project.post.wake()

    return router


def _put(deps: Deps, viewer: Viewer, wanted: ScheduleWanted, schedule_id: int | None) -> Schedule:
    """Make or change a schedule. Blocking."""
    store = deps.store
    schedules = store.project(viewer.project_id).schedules
    before = None if schedule_id is None else schedules.get(schedule_id)
    if before is not None:
        reports_asked.own_or_all(viewer, before.user_id, "schedule")
    kept = () if before is None else before.recipients.addresses
    recipients = reports_asked.recipients_of(store, viewer, wanted.recipients, before=kept)
    ask = reports_asked.ask_of(store, viewer, deps.report_columns, wanted.report, relative=True)
    when = reports_asked.when_of(wanted.when)
    next_at = when.next_after(deps.clock(), ZoneInfo(store.projects.get(viewer.project_id).timezone))
    name = checked_name(wanted.name)
    if schedule_id is None:
        return schedules.add(
            name,
            user_id=viewer.user_id,
            when=when,
            ask=ask,
            recipients=recipients,
            paused=wanted.paused,
            next_at=next_at,
            now=deps.clock(),
        )
    return schedules.change(
        schedule_id, name=name, when=when, ask=ask, recipients=recipients, paused=wanted.paused, next_at=next_at
    )


def _told(wanted: ScheduleWanted) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(wanted)
    return told


def _info(schedule: Schedule, named: dict[int, str]) -> ScheduleInfo:
    ask, when = schedule.ask, schedule.when
    return ScheduleInfo(
        id=schedule.id,
        name=schedule.name,
        user_id=schedule.user_id,
        user_name=named.get(schedule.user_id, ""),
        when=WhenInfo(
            every=when.every,
            minute=when.minute,
            weekday=when.weekday,
            month_day=when.month_day,
            period=when.period,
            days=when.days,
        ),
        report=ReportInfo(
            what=ask.what,
            form=ask.form,
            query=ask.query,
            by=ask.by,
            columns=ask.columns,
            language=ask.language,
            bom=ask.bom,
        ),
        recipients=RecipientsInfo(user_ids=schedule.recipients.user_ids, addresses=schedule.recipients.addresses),
        paused=schedule.paused,
        next_at=schedule.next_at,
    )
