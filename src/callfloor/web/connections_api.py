"""The project's PBX connections over REST, for its administrators: each change holds at once, and is audited."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import NotFoundError
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.connections import (
    ConnectionChange,
    ConnectionList,
    Connections,
    ConnectionTest,
    DatabaseChange,
    Examination,
    PauseChange,
    PbxConnection,
)
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member

CONNECTION_SHAPES = (ConnectionList, PbxConnection, Examination, ConnectionChange, ConnectionTest, PauseChange)
CONNECTION_ASKED = frozenset({"ConnectionChange", "ConnectionTest", "DatabaseChange", "PauseChange"})

_SETTINGS = ("name", "host", "port", "user", "tls", "verify", "ca", "login", "mark", "database", "state")


def connection_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/connections."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/connections", tags=["connections"])

    def kept(viewer: Viewer) -> Connections:
        found = gate.live(viewer).connections
        if found is None:
            raise NotFoundError("The project's PBX connections are not kept here.")
        return found

    def deed(member: Member, action: str, link_id: int | None = None, **details: Any) -> Deed:
        subject = None if link_id is None else ("connection", link_id)
        return Deed(at=deps.clock(), user=member.user, action=action, subject=subject, details=details)

    @router.get("", operation_id="listConnections", responses=documented(ConnectionList, 401, 403, 404, 422))
    async def listed(viewer: Annotated[Viewer, Depends(gate.viewer(Action.CHANGE_SETTINGS))]) -> Response:
        """The PBX connections with how they are now; without their secrets."""
        return Json(ConnectionList(connections=await kept(viewer).all()))

    @router.post(
        "",
        operation_id="addConnection",
        status_code=201,
        responses=documented(PbxConnection, 401, 403, 404, 409, 413, 422, status=201),
        openapi_extra=documented_body("ConnectionChange"),
    )
    async def add(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Add a PBX; it is watched at once."""
        asked = body(ConnectionChange, await request.body())
        noted = deed(member, "add_connection", made=_said(asked))
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            made = await kept(member.viewer).add(asked)
            noted.subject = ("connection", made.id)
            noted.details = {"made": _told(made)}
        return Json(made, 201)

    @router.put(
        "/{connection_id}",
        operation_id="changeConnection",
        responses=documented(PbxConnection, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("ConnectionChange"),
    )
    async def change(connection_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Change a PBX connection; a secret that is left out stays, as long as it goes where it went."""
        asked = body(ConnectionChange, await request.body())
        noted = deed(member, "change_connection", connection_id, asked=_said(asked))
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            connections = kept(member.viewer)
            before = await connections.get(connection_id)
            after = await connections.change(connection_id, asked)
            noted.details = _difference(before, after)
            if asked.secret is not msgspec.UNSET:
                noted.details |= {"secret": "changed"}
            if isinstance(asked.database, DatabaseChange) and asked.database.password is not msgspec.UNSET:
                noted.details |= {"database_password": "changed"}
        return Json(after)

    @router.put(
        "/{connection_id}/paused",
        operation_id="pauseConnection",
        responses=documented(PbxConnection, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("PauseChange"),
    )
    async def pause(connection_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Watch a PBX no more, or again. What it showed leaves the floor; its calls stay in the journal."""
        asked = body(PauseChange, await request.body())
        noted = deed(member, "pause_connection" if asked.paused else "resume_connection", connection_id)
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            after = await kept(member.viewer).pause(connection_id, paused=asked.paused)
            noted.details = {"name": after.name}
        return Json(after)

    @router.delete(
        "/{connection_id}",
        operation_id="removeConnection",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def remove(connection_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Forget a PBX. Its calls stay."""
        noted = deed(member, "remove_connection", connection_id)
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            connections = kept(member.viewer)
            noted.details = {"removed": _told(await connections.get(connection_id))}
            await connections.remove(connection_id)
        return Response(status_code=204)

    @router.post(
        "/test",
        operation_id="testConnection",
        responses=documented(Examination, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("ConnectionTest"),
    )
    async def test(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Try a PBX connection without keeping it; what is found, with the lines to add. Takes some seconds."""
        asked = body(ConnectionTest, await request.body())
        noted = deed(member, "test_connection", asked.id, asked=_said(asked))
        async with audit.watching(member.viewer.project_id, noted):
            member.viewer.require(Action.CHANGE_SETTINGS)
            found = await kept(member.viewer).test(asked)
            noted.details["connected"] = found.connected
        return Json(found)

    @router.post(
        "/{connection_id}/examination",
        operation_id="examineConnection",
        responses=documented(Examination, 401, 403, 404, 409, 422),
    )
    async def examine(
        connection_id: Id, viewer: Annotated[Viewer, Depends(gate.viewer(Action.CHANGE_SETTINGS))]
    ) -> Response:
        """Look at a PBX: what it allows, what it has, what is missing, and the lines to add. Takes some seconds."""
        return Json(await kept(viewer).examine(connection_id))

    return router


def _said(asked: ConnectionChange) -> dict[str, Any]:
    """What was asked, for the audit: without the secrets."""
    found = msgspec.to_builtins(asked)
    if isinstance(found.get("database"), dict):
        found["database"].pop("password", None)
    return {name: found[name] for name in _SETTINGS if name in found}


def _told(connection: PbxConnection) -> dict[str, Any]:
    told = msgspec.to_builtins(connection)
    return {name: told[name] for name in _SETTINGS if name != "state"}


def _difference(before: PbxConnection, after: PbxConnection) -> dict[str, Any]:
    was, now = _told(before), _told(after)
    names = [name for name in now if was[name] != now[name]]
    return {"before": {name: was[name] for name in names}, "after": {name: now[name] for name in names}}
