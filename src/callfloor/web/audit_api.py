"""The audit over REST: who did what in a project, for its administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, documented
from callfloor.web.contract import AuditEntry, AuditList
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate

PAGE = 50
PAGE_MOST = 500


def audit_routes(deps: Deps, gate: Gate) -> APIRouter:
    """The route of the audit."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["project"])

    @router.get("/audit", operation_id="listAudit", responses=documented(AuditList, 401, 403, 404, 422))
    async def audit(
        viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_AUDIT))],
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE,
        cursor: Annotated[str | None, Query(max_length=200, description="The last page's next_cursor.")] = None,
    ) -> Response:
        """Actions, sign-ins and sign-outs, with their outcomes, newest first."""
        page = await deps.store.run(deps.store.project(viewer.project_id).audit.page, limit=limit, cursor=cursor)
        entries = tuple(
            AuditEntry(
                id=entry.id,
                at=entry.at,
                user_id=entry.user_id,
                user_login=entry.user_login,
                action=entry.action,
                subject=None if entry.subject_kind is None else f"{entry.subject_kind}:{entry.subject_id}",
                details=entry.details,
                outcome=entry.outcome,
            )
            for entry in page.entries
        )
        return Json(AuditList(entries=entries, next_cursor=page.next_cursor))

    return router
