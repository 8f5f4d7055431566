"""The audit over REST: who did what in a project, for its administrators. It is read; nothing here changes it."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.store.audit import AuditEntry as StoredEntry
from callfloor.store.audit import AuditFilter
from callfloor.web import logs_asked
from callfloor.web import message_queries as queries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented, documented_file
from callfloor.web.audit import DONE, Audit, Deed
from callfloor.web.contract import AuditEntry, AuditList
from callfloor.web.logs_asked import PAGE, Cursor, Form, Ids, Limit, LogDesk, Names
from callfloor.web.message_queries import First, Last
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Member

FAILED = "failed"
"""Any outcome but ``done``."""


class AuditUser(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who did something in the project."""

    id: int
    login: str | None  # as it was at their latest entry


class AuditOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit can be filtered by."""

    actions: tuple[str, ...]
    users: tuple[AuditUser, ...]


AUDIT_SHAPES = (AuditList, AuditOptions)

Subject = Annotated[
    str | None, Query(max_length=220, description="A kind (employee, call, queue …), or a kind and an id: employee:12.")
]
Outcomes = Annotated[
    str | None,
    Query(
        max_length=1000,
        pattern=r"^[a-z0-9_,]*$",
        description="done, failed (any other), or error ids, with commas between them.",
    ),
]


def audit_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of the audit."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/audit", tags=["audit"])
    reader = gate.viewer(Action.READ_AUDIT)
    desk = LogDesk(deps, audit)

    @router.get("", operation_id="listAudit", responses=documented(AuditList, 401, 403, 404, 422))
    async def entries(
        viewer: Annotated[Viewer, Depends(reader)],
        first: First = None,
        last: Last = None,
        user: Ids = None,
        action: Names = None,
        subject: Subject = None,
        outcome: Outcomes = None,
        limit: Limit = PAGE,
        cursor: Cursor = None,
    ) -> Response:
        """Who did what and what came of it, newest first. Days are the project's."""
        wanted = await asked(viewer, first, last, user, action, subject, outcome)
        store = deps.store.project(viewer.project_id)
        page = await deps.store.run(store.audit.page, wanted, limit=limit, cursor=cursor)
        return Json(AuditList(entries=tuple(map(entry_shown, page.entries)), next_cursor=page.next_cursor))

    @router.get("/options", operation_id="getAuditOptions", responses=documented(AuditOptions, 401, 403, 404, 422))
    async def options(viewer: Annotated[Viewer, Depends(reader)]) -> Response:
        """The actions and users that there are entries of."""
        found = deps.store.project(viewer.project_id).audit
        actions = await deps.store.run(found.actions)
        users = await deps.store.run(found.users)
        shown = (AuditUser(id=user_id, login=login) for user_id, login in users.items())
        return Json(AuditOptions(actions=actions, users=tuple(shown)))

    @router.get(
        "/file",
        operation_id="getAuditFile",
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
        action: Names = None,
        subject: Subject = None,
        outcome: Outcomes = None,
    ) -> Response:
        """All of it as a file, newest first, by the same filter. That it was taken is an entry of its own."""
        given = {"from": first, "to": last, "user": user, "action": action, "subject": subject, "outcome": outcome}
        deed = Deed(at=deps.clock(), user=member.user, action="export_audit", details=_told(form, given))
        member.viewer.require(Action.READ_AUDIT)
        wanted = await asked(member.viewer, first, last, user, action, subject, outcome)
        return await desk.file(request, member, form, deed, wanted, lambda files: files.audit)

    async def asked(
        viewer: Viewer,
        first: str | None,
        last: str | None,
        user: str | None,
        action: str | None,
        subject: str | None,
        outcome: str | None,
    ) -> AuditFilter:
        began, ended = await logs_asked.period(deps, viewer.project_id, first, last)
        actions = queries.words(action)
        kind, _, subject_id = (logs_asked.one_word(subject, "query.subject", 220) or "").partition(":")
        outcomes = queries.words(outcome)
        failed = None if outcomes not in ([FAILED], [DONE]) else outcomes == [FAILED]
        return AuditFilter(
            at_from=began,
            at_to=ended,
            user_ids=queries.numbers(user, "query.user"),
            actions=None if actions is None else frozenset(actions),
            subject_kind=kind or None,
            subject_id=subject_id or None,
            failed=failed,
            outcomes=None if outcomes is None or failed is not None else frozenset(outcomes),
        )

    return router


def entry_shown(entry: StoredEntry) -> AuditEntry:
    """An entry as it goes out."""
    return AuditEntry(
        id=entry.id,
        at=entry.at,
        user_id=entry.user_id,
        user_login=entry.user_login,
        action=entry.action,
        subject=None if entry.subject_kind is None else f"{entry.subject_kind}:{entry.subject_id}",
        details=entry.details,
        outcome=entry.outcome,
    )


def _told(form: str, given: dict[str, str | None]) -> dict[str, Any]:
    return {"format": form, **{name: value for name, value in given.items() if value}}
