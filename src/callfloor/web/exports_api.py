"""Exports and letters over REST: a report to a file is long work; by mail it is a letter to each recipient."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse

from callfloor.errors import ForbiddenError, MailNotSetUpError, NotFoundError
from callfloor.store.deliveries import ENDED, Delivery
from callfloor.store.jobs import Job
from callfloor.store.report_asks import checked_address, checked_name
from callfloor.web import reports_asked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.contract_reports import (
    DeliveryInfo,
    DeliveryList,
    EmailWanted,
    LettersWanted,
    RecipientInfo,
    ReportOptions,
    ReportWanted,
)
from callfloor.web.jobs_api import job_shown
from callfloor.web.ports import Deps, Post
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.users_desk import whole_user

PAGE = 50
PAGE_MOST = 500


def export_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of exports, letters and who gets them, under /api/v1/projects/{project_id}."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["reports"])
    exporter = gate.viewer(Action.EXPORT)

    @router.get(
        "/report-options", operation_id="getReportOptions", responses=documented(ReportOptions, 401, 403, 404, 422)
    )
    async def options(viewer: Annotated[Viewer, Depends(exporter)]) -> Response:
        """What reports can be made of, and to whom they can be sent."""
        project = deps.projects.get(viewer.project_id)
        columns = deps.report_columns
        return Json(
            ReportOptions(
                mail=project is not None and project.post is not None and project.post.is_set_up,
                outside=viewer.may(Action.CHANGE_SETTINGS),
                call_columns=columns.calls,
                usual_call_columns=columns.usual,
                totals_columns=columns.totals,
                recipients=await deps.store.run(reports_asked.readers, deps.store, viewer.project_id),
            )
        )

    @router.post(
        "/exports",
        operation_id="exportReport",
        status_code=202,
        responses=documented(Job, 401, 403, 404, 413, 422, status=202),
        openapi_extra=documented_body("ReportWanted"),
    )
    async def export(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Make a report as a file: long work, whose progress and file are the job's."""
        wanted = body(ReportWanted, await request.body())
        viewer, user = member.viewer, member.user
        details = {"what": str(wanted.what), "form": str(wanted.form), "query": wanted.query}
        deed = Deed(at=deps.clock(), user=user, action="export", details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            ask = await deps.store.run(
                reports_asked.ask_of, deps.store, viewer, deps.report_columns, wanted, relative=False
            )
            work = gate.live(viewer).work
            params = {"ask": msgspec.to_builtins(ask), "user_id": viewer.user_id}
            job = await work.start("export", params, user_id=user.id, user_name=reports_asked.name_of(user))
            return Json(job_shown(job, work), 202)

    @router.get("/deliveries", operation_id="listDeliveries", responses=documented(DeliveryList, 401, 403, 404, 422))
    async def deliveries(
        viewer: Annotated[Viewer, Depends(exporter)], limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE
    ) -> Response:
        """Letters, the latest first, with what became of each."""
        whose = None if viewer.may(Action.CHANGE_SETTINGS) else viewer.user_id
        store = deps.store.project(viewer.project_id).deliveries
        return Json(await shown(viewer, await deps.store.run(store.list, limit=limit, user_id=whose)))

    @router.post(
        "/deliveries",
        operation_id="sendReport",
        status_code=202,
        responses=documented(DeliveryList, 401, 403, 404, 409, 413, 422, status=202),
        openapi_extra=documented_body("LettersWanted"),
    )
    async def send(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Send a report now, a letter to each recipient with what that recipient may see."""
        wanted = body(LettersWanted, await request.body())
        viewer = member.viewer
        details = {
            "what": str(wanted.report.what),
            "form": str(wanted.report.form),
            "query": wanted.report.query,
            "recipients": msgspec.to_builtins(wanted.recipients),
        }
        deed = Deed(at=deps.clock(), user=member.user, action="mail_report", details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            post = posting(viewer)
            name = checked_name(wanted.name)
            recipients = await deps.store.run(reports_asked.recipients_of, deps.store, viewer, wanted.recipients)
            ask = await deps.store.run(
                reports_asked.ask_of, deps.store, viewer, deps.report_columns, wanted.report, relative=False
            )
            put = await deps.store.change(
                deps.store.project(viewer.project_id).deliveries.put,
                name,
                user_id=viewer.user_id,
                ask=ask,
                recipients=recipients,
                now=deps.clock(),
            )
            post.wake()
            return Json(await shown(viewer, put), 202)

    @router.post(
        "/deliveries/{delivery_id}/again",
        operation_id="sendAgain",
        status_code=202,
        responses=documented(DeliveryList, 401, 403, 404, 409, 422, status=202),
    )
    async def again(delivery_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Send a letter once more that has ended, however it did."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="mail_again", subject=("delivery", delivery_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            store = deps.store.project(viewer.project_id).deliveries
            reports_asked.own_or_all(viewer, (await deps.store.run(store.get, delivery_id)).user_id, "letter")
            post = posting(viewer)
            put = await deps.store.change(store.again, delivery_id, now=deps.clock())
            post.wake()
            return Json(await shown(viewer, (put,)), 202)

    @router.get(
        "/deliveries/{delivery_id}/file",
        operation_id="getDeliveryFile",
        responses={
            **documented(None, 401, 403, 404, 422),
            200: {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        },
    )
    async def file(delivery_id: Id, viewer: Annotated[Viewer, Depends(exporter)]) -> Response:
        """The report that was too large for its letter: for its recipient alone, for some days."""
        found = await deps.store.run(deps.store.project(viewer.project_id).deliveries.get, delivery_id)
        project = deps.projects.get(viewer.project_id)
        path = None if project is None or project.post is None else project.post.file(delivery_id)
        if found.to_user_id != viewer.user_id or found.file is None or path is None:
            raise NotFoundError("There is no such file, or it is kept no longer.")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file, safe='')}"}
        return FileResponse(path, media_type="application/octet-stream", headers=headers)

    @router.put(
        "/report-recipients/{user_id}",
        operation_id="setEmail",
        responses=documented(RecipientInfo, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("EmailWanted"),
    )
    async def set_email(request: Request, user_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Where a user gets reports: one's own, or as an administrator anybody's of the project."""
        wanted = body(EmailWanted, await request.body())
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="set_email", subject=("user", user_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.EXPORT)
            reports_asked.own_or_all(viewer, user_id, "recipient")
            if viewer.only is not None:  # where a forgotten password's link goes is no program's business
                raise ForbiddenError("A token cannot do this: it is for people, at the page.")
            if user_id != viewer.user_id:
                await deps.store.run(whole_user, deps.store, viewer.user_id, viewer.project_id, user_id)
            email = None if wanted.email is None else checked_address(wanted.email)
            known = await deps.store.run(reports_asked.readers, deps.store, viewer.project_id)
            found = next((each for each in known if each.user_id == user_id), None)
            if found is None:
                raise NotFoundError("There is no such recipient.")
            was = (await deps.store.run(deps.store.users.get, user_id)).email
            await deps.store.change(deps.store.users.set_email, user_id, email)
            deed.details = {"before": {"email": was}, "after": {"email": email}}
            return Json(RecipientInfo(user_id=user_id, name=found.name, email=email))

    def posting(viewer: Viewer) -> Post:
        post = gate.live(viewer).post
        if post is None or not post.is_set_up:
            raise MailNotSetUpError
        return post

    async def shown(viewer: Viewer, found: Sequence[Delivery]) -> DeliveryList:
        named = await deps.store.run(reports_asked.names, deps.store, viewer.project_id)
        return DeliveryList(deliveries=tuple(delivery_info(each, named) for each in found))

    return router


def delivery_info(delivery: Delivery, named: dict[int, str]) -> DeliveryInfo:
    """A letter as it goes out."""
    to = delivery.address if delivery.to_user_id is None else named.get(delivery.to_user_id)
    return DeliveryInfo(
        id=delivery.id,
        schedule_id=delivery.schedule_id,
        name=delivery.name,
        user_id=delivery.user_id,
        user_name=named.get(delivery.user_id, ""),
        to=to or "",
        address=delivery.address,
        what=delivery.ask.what,
        form=delivery.ask.form,
        asked_at=delivery.asked_at,
        due_at=delivery.due_at,
        late=delivery.late,
        state=delivery.state,
        tries=delivery.tries,
        next_try_at=None if delivery.state in ENDED else delivery.next_try_at,
        ended_at=delivery.ended_at,
        error=delivery.error,
        file=delivery.file,
        bytes=delivery.bytes,
        rows=delivery.rows,
    )
