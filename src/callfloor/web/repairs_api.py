"""Repairs over REST, for administrators: what is repaired, a period asked for, where a PBX's records lie."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import NotFoundError
from callfloor.store.repairs import Repair
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.ports import Deps
from callfloor.web.repairs import RecordPlace, RecordPlaceChange, RepairAsked, RepairList, Repairs
from callfloor.web.signed_in import Gate, Id, Member

LISTED = 100


def repair_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/repairs."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/repairs", tags=["settings"])

    @router.get("", operation_id="listRepairs", responses=documented(RepairList, 401, 403, 404, 422))
    async def listed(viewer: Annotated[Viewer, Depends(gate.viewer(Action.CHANGE_SETTINGS))]) -> Response:
        """What is being repaired, and what was, the latest periods first."""
        project = deps.store.project(viewer.project_id)
        repairs = await deps.store.run(project.repairs.latest, LISTED)
        places = await running(viewer).places()
        zone = (await deps.store.run(deps.store.projects.get, viewer.project_id)).timezone
        return Json(RepairList(repairs=repairs, places=places, timezone=zone))

    @router.post(
        "",
        operation_id="startRepair",
        status_code=202,
        responses=documented(Repair, 401, 403, 404, 413, 422, status=202),
        openapi_extra=documented_body("RepairAsked"),
    )
    async def start(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Have a period told by the PBX's own records. What the journal has whole stays as it is."""
        asked = body(RepairAsked, await request.body())
        noted = deed(member, "repair", asked.link_id)
        noted.details = {"from": asked.began_at, "to": asked.ended_at}
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            made = await running(member.viewer).ask(
                asked.link_id,
                asked.began_at,
                asked.ended_at,
                user_id=member.viewer.user_id,
                user_name=member.user.name,
            )
            noted.details["name"] = made.link_name
        return Json(made, 202)

    @router.put(
        "/places/{connection_id}",
        operation_id="setRecordPlace",
        responses=documented(RecordPlace, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("RecordPlaceChange"),
    )
    async def place(connection_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Say where a PBX's own records are read from, and in which time zone it writes them."""
        asked = body(RecordPlaceChange, await request.body())
        noted = deed(member, "change_record_place", connection_id)
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            repairs = running(member.viewer)
            before = next((each for each in await repairs.places() if each.link_id == connection_id), None)
            after = await repairs.set_place(connection_id, asked)
            noted.details = {"before": _told(before), "after": _told(after)}
        return Json(after)

    def running(viewer: Viewer) -> Repairs:
        found = gate.live(viewer).repairs
        if found is None:
            raise NotFoundError("Nothing is repaired here.")
        return found

    def deed(member: Member, action: str, link_id: int) -> Deed:
        return Deed(at=deps.clock(), user=member.user, action=action, subject=("connection", link_id))

    return router


def _told(place: RecordPlace | None) -> dict[str, Any]:
    return {} if place is None else {name: getattr(place, name) for name in ("link_name", "zone", "database")}
