"""Trunks and outbound routes over REST: edited by revision, audited, and in force at once."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from callfloor.store.directory_entries import RouteEntry, TrunkEntry
from callfloor.store.line_edits import LineEdits
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit
from callfloor.web.contract_directory import RoutePut, TrunkPut
from callfloor.web.directory_api import RevisionAsked
from callfloor.web.directory_desk import DirectoryDesk
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Member

_NAME = r"^[!-.0-~]([ -.0-~]{0,198}[!-.0-~])?$"
TrunkName = Annotated[str, Path(pattern=_NAME, description="The trunk as calls and tariffs name it.")]
RouteName = Annotated[str, Path(pattern=_NAME, description="The PBX's key of the route.")]
_PUT = (401, 403, 404, 409, 413, 422)
_GONE = (401, 403, 404, 409, 422)


def line_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes of trunks and outbound routes under /api/v1/projects/{project_id}."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["directory"])
    desk = DirectoryDesk(deps, audit)
    asks = Annotated[Member, Depends(gate.member)]

    def edits(member: Member) -> LineEdits:
        return deps.store.project(member.viewer.project_id).line_edits

    @router.put(
        "/trunks/{trunk}",
        operation_id="putTrunk",
        responses=documented(TrunkEntry, *_PUT),
        openapi_extra=documented_body("TrunkPut"),
    )
    async def put_trunk(trunk: TrunkName, request: Request, member: asks) -> Response:
        """What people call a line to a carrier; one that is not there yet is made."""
        asked = body(TrunkPut, await request.body())
        change = partial(
            edits(member).put_trunk,
            trunk,
            label=(asked.label or "").strip() or None,
            tech=asked.tech,
            disabled=asked.disabled,
            seen=asked.revision,
        )
        return Json(await desk.edit(member, "put_trunk", ("trunk", trunk), change))

    @router.delete(
        "/trunks/{trunk}",
        operation_id="removeTrunk",
        status_code=204,
        responses=documented(None, *_GONE, status=204),
    )
    async def remove_trunk(trunk: TrunkName, member: asks, revision: RevisionAsked = None) -> Response:
        """The trunk is gone from the list; its calls and tariffs stay."""
        change = partial(edits(member).remove_trunk, trunk, seen=revision)
        await desk.edit(member, "remove_trunk", ("trunk", trunk), change)
        return Response(status_code=204)

    @router.put(
        "/outbound-routes/{route}",
        operation_id="putRoute",
        responses=documented(RouteEntry, *_PUT),
        openapi_extra=documented_body("RoutePut"),
    )
    async def put_route(route: RouteName, request: Request, member: asks) -> Response:
        """What people call an outbound route, and what it does on the PBX; one that is not there yet is made."""
        asked = body(RoutePut, await request.body())
        change = partial(
            edits(member).put_route,
            route,
            label=(asked.label or "").strip() or None,
            position=asked.position,
            patterns=tuple(dict.fromkeys(asked.patterns)),
            lines=tuple(dict.fromkeys(asked.trunks)),
            seen=asked.revision,
        )
        return Json(await desk.edit(member, "put_route", ("route", route), change))

    @router.delete(
        "/outbound-routes/{route}",
        operation_id="removeRoute",
        status_code=204,
        responses=documented(None, *_GONE, status=204),
    )
    async def remove_route(route: RouteName, member: asks, revision: RevisionAsked = None) -> Response:
        """The route is gone from the list; on the PBX it stays as it is."""
        change = partial(edits(member).remove_route, route, seen=revision)
        await desk.edit(member, "remove_route", ("route", route), change)
        return Response(status_code=204)

    return router
