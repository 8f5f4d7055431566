"""Whether the process lives, and whether it can serve: for watchdogs, without signing in."""

from fastapi import APIRouter, Response

from callfloor.errors import CallfloorError
from callfloor.web.answers import REF, Json
from callfloor.web.contract import Health, LinkHealth, Readiness
from callfloor.web.ports import Deps


def health_routes(deps: Deps) -> APIRouter:
    """/healthz and /readyz."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", operation_id="getHealth", responses=_both(Health, 200), openapi_extra={"security": []})
    async def health() -> Response:
        """The process lives. Asks nobody else."""
        return Json(Health(status="alive", version=deps.version))

    @router.get(
        "/readyz", operation_id="getReadiness", responses=_both(Readiness, 200, 503), openapi_extra={"security": []}
    )
    async def ready() -> Response:
        """Whether the store answers and takes what is to be written, how the PBX links are. 503 has the reasons."""
        reasons = list(deps.troubles())
        try:
            await deps.store.run(deps.store.check)
        except CallfloorError as error:
            reasons.insert(0, f"the store cannot be reached: {error}")
        links = tuple(
            LinkHealth(project_id=project_id, id=link.id, state=link.state, since=link.since)
            for project_id, project in sorted(deps.projects.items())
            for link in project.source.links()
        )
        found = Readiness(
            ready=not reasons,
            reasons=tuple(reasons),
            links=links,
            backlog=deps.backlog(),
            viewers=sum(project.hub.viewers for project in deps.projects.values()),
        )
        return Json(found, 200 if found.ready else 503)

    return router


def _both(kind: type, *codes: int) -> dict[int | str, dict[str, object]]:
    content = {"application/json": {"schema": {"$ref": REF.format(name=kind.__name__)}}}
    return {code: {"description": "Fine." if code == 200 else "Not now.", "content": content} for code in codes}
