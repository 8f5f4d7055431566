"""Listen, whisper, join over REST: begin a session, see, switch and end it; the line itself is ``supervision_line``."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from callfloor.errors import NotFoundError
from callfloor.floor.supervisions import LiveSupervision, Mode, Way
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.ports import Deps
from callfloor.web.signed import Signed
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.supervision_ports import AskedSupervision, Supervisions, SupervisionWays
from callfloor.web.supervision_tokens import LineTokens

SupervisionId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_CALL = r"^[!-.0-~]{1,128}$"


class StartSupervision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which call, whom in it, and by what way. In the browser one begins muted."""

    call_id: Annotated[str, msgspec.Meta(pattern=_CALL)]
    employee_id: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None = None  # null: whoever is with the client
    way: Way
    phone: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None  # null: the first that can ring
    mode: Mode = Mode.LISTEN
    reason: Annotated[str, msgspec.Meta(max_length=500, pattern=_PLAIN)] | None = None


class SwitchSupervision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another mode, or mute; what is null stays."""

    mode: Mode | None = None
    muted: bool | None = None


class StartedSupervision(msgspec.Struct, frozen=True, kw_only=True):
    """The session, and the token that opens its line: once, within a minute."""

    supervision: LiveSupervision
    token: str


class SupervisionList(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions that are on."""

    supervisions: tuple[LiveSupervision, ...]


class LineToken(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh token for a session's line."""

    token: str


class Supervised(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody listens to the employee now. Never true where the project does not have employees told."""

    supervised: bool


SUPERVISION_SHAPES = (
    StartSupervision,
    SwitchSupervision,
    StartedSupervision,
    SupervisionList,
    SupervisionWays,
    LineToken,
    Supervised,
)
SUPERVISION_ASKED = frozenset({"StartSupervision", "SwitchSupervision"})


def supervision_routes(deps: Deps, gate: Gate, audit: Audit, tokens: LineTokens) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/supervisions, and whether an employee is told of one."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["supervision"])
    supervisor = gate.viewer(Action.SUPERVISE)

    def desk(viewer: Viewer) -> Supervisions:
        found = gate.live(viewer).supervisions
        if found is None:
            raise NotFoundError("Nobody supervises in this project.")
        return found

    @router.post(
        "/supervisions",
        operation_id="startSupervision",
        status_code=201,
        responses=documented(StartedSupervision, 401, 403, 404, 409, 413, 422, 502, status=201),
        openapi_extra=documented_body("StartSupervision"),
    )
    async def start(
        request: Request,
        signed: Annotated[Signed, Depends(gate.signed)],
        member: Annotated[Member, Depends(gate.member)],
    ) -> Response:
        """Begin to listen; one's session before it ends. How far it is, the line tells, or asking again."""
        viewer, user = member.viewer, member.user
        wanted = body(StartSupervision, await request.body())
        deed = Deed(
            at=deps.clock(),
            user=user,
            action="supervise",
            subject=("call", wanted.call_id),
            details={name: value for name, value in msgspec.to_builtins(wanted).items() if name != "call_id"},
        )
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.SUPERVISE)
            asked = AskedSupervision(**{name: getattr(wanted, name) for name in wanted.__struct_fields__})
            begun = await desk(viewer).start(viewer, user.name, asked)
            deed.details = {**deed.details, "supervision": begun.id, "employee_id": begun.employee_id}
        token = tokens.mint(begun.id, signed.session.id)
        return Json(StartedSupervision(supervision=begun, token=token), 201)

    @router.get(
        "/supervisions", operation_id="getSupervisions", responses=documented(SupervisionList, 401, 403, 404, 422)
    )
    async def listed(viewer: Annotated[Viewer, Depends(supervisor)]) -> Response:
        """One's own session; administrators see all of the project's."""
        return Json(SupervisionList(supervisions=desk(viewer).of(viewer)))

    @router.get(
        "/supervisions/ways",
        operation_id="getSupervisionWays",
        responses=documented(SupervisionWays, 401, 403, 404, 422),
    )
    async def ways(
        viewer: Annotated[Viewer, Depends(supervisor)],
        call_id: Annotated[str | None, Query(pattern=_CALL)] = None,
    ) -> Response:
        """By what one can listen now: in the browser, and by which phones."""
        return Json(await desk(viewer).ways(viewer, call_id))

    @router.put(
        "/supervisions/{supervision_id}",
        operation_id="switchSupervision",
        status_code=202,
        responses=documented(LiveSupervision, 401, 403, 404, 409, 413, 422, 502, status=202),
        openapi_extra=documented_body("SwitchSupervision"),
    )
    async def switch(
        request: Request, supervision_id: SupervisionId, viewer: Annotated[Viewer, Depends(supervisor)]
    ) -> Response:
        """Switch one's own session to another mode, mute or unmute it; it is so with the answer."""
        wanted = body(SwitchSupervision, await request.body())
        found = await desk(viewer).change(supervision_id, viewer, mode=wanted.mode, muted=wanted.muted)
        return Json(found, 202)

    @router.delete(
        "/supervisions/{supervision_id}",
        operation_id="leaveSupervision",
        status_code=202,
        responses=documented(LiveSupervision, 401, 403, 404, 409, 422, status=202),
    )
    async def leave(supervision_id: SupervisionId, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """End one's own session, or as an administrator anybody's."""
        viewer = member.viewer
        viewer.require(Action.SUPERVISE)
        found = await desk(viewer).leave(supervision_id, viewer)
        if found.user_id != viewer.user_id:
            deed = Deed(
                at=deps.clock(),
                user=member.user,
                action="end_supervision",
                subject=("call", found.call_id),
                details={"supervision": found.id, "of": found.user_name},
                outcome="done",
            )
            await audit.write(viewer.project_id, deed)
        return Json(found, 202)

    @router.post(
        "/supervisions/{supervision_id}/token",
        operation_id="getSupervisionToken",
        status_code=201,
        responses=documented(LineToken, 401, 403, 404, 422, status=201),
    )
    async def token(
        supervision_id: SupervisionId,
        signed: Annotated[Signed, Depends(gate.signed)],
        viewer: Annotated[Viewer, Depends(supervisor)],
    ) -> Response:
        """A fresh token for the line of one's own session: the one before opens nothing any more."""
        desk(viewer).line(supervision_id, viewer)
        return Json(LineToken(token=tokens.mint(supervision_id, signed.session.id)), 201)

    @router.get(
        "/employees/{employee_id}/supervised",
        operation_id="getSupervised",
        responses=documented(Supervised, 401, 403, 404, 422),
    )
    async def supervised(
        employee_id: Id, viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_PROFILE))]
    ) -> Response:
        """Whether the employee is to be told that somebody listens to them now."""
        live: Any = gate.live(viewer)
        viewer.employee(employee_id, live.source.snapshot().directory)
        found = live.supervisions
        return Json(Supervised(supervised=found is not None and found.is_told(employee_id)))

    return router
