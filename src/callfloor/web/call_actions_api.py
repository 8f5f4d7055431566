"""Live calls acted on over REST: hang up, send on, take. Accepted is not done: the stream tells what came of it."""

from typing import Annotated, Any, assert_never

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import CallGoneError, InvalidInputError, NotFoundError, TargetUnavailableError
from callfloor.floor.directory import Directory
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.call_actions import CallAction, CallControl, HangUp, RemoveParty, TakeCall, TransferCall
from callfloor.web.contract import Accepted
from callfloor.web.ports import Deps, LiveProject
from callfloor.web.signed_in import CallId, Gate, Member

_ACTION: Any = CallAction  # a union is no ``type`` to mypy
NAMES = {
    "hang_up": "hang_up_call",
    "transfer": "transfer_call",
    "take": "take_call",
    "remove": "remove_from_call",
}
"""How the audit calls them."""


def call_action_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The route of what is asked for a live call."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["project"])

    @router.post(
        "/live-calls/{call_id}/actions",
        operation_id="actOnCall",
        status_code=202,
        responses=documented(Accepted, 401, 403, 404, 409, 413, 422, 502, status=202),
        openapi_extra=documented_body("CallAction"),
    )
    async def act(request: Request, call_id: CallId, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Hang a live call up, send its client on, have it rung to oneself, or take somebody out of a conference."""
        action: CallAction = body(_ACTION, await request.body())
        viewer, user = member.viewer, member.user
        said = {name: value for name, value in msgspec.structs.asdict(action).items() if value is not None}
        name = NAMES[str(action.__struct_config__.tag)]
        deed = Deed(at=deps.clock(), user=user, action=name, subject=("call", call_id), details=said)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CONTROL_CALLS)
            project = gate.live(viewer)
            found = project.source.call_detail(call_id)
            directory = project.source.snapshot().directory
            if found is None or not viewer.may_see_call(found[0], directory):
                raise CallGoneError("There is no such live call.")
            await _carry_out(action, call_id, viewer, project, directory, by=user.name or user.login)
        return Json(Accepted(), 202)

    return router


async def _carry_out(
    action: CallAction, call_id: str, viewer: Viewer, project: LiveProject, directory: Directory, *, by: str
) -> None:
    control = _control(project)
    match action:
        case HangUp():
            await control.hang_up(call_id, by=by)
        case TransferCall(employee_id=employee_id, queue=queue, number=number):
            if sum(each is not None for each in (employee_id, queue, number)) != 1:
                raise InvalidInputError("Say one of employee_id, queue and number.", at=["$"])
            if employee_id is not None:
                await control.transfer_to_employee(call_id, viewer.employee(employee_id, directory).id, by=by)
            elif queue is not None:
                if all(each.name != queue for each in directory.queues):
                    raise NotFoundError("There is no such queue.")
                await control.transfer_to_queue(call_id, queue, by=by)
            elif number is not None:
                await control.transfer_to_number(call_id, number, by=by)
        case TakeCall(account=account):
            if viewer.employee_id is None:
                raise TargetUnavailableError("You are no employee of this project: nobody knows your phone.")
            own = next((each for each in directory.employees if each.id == viewer.employee_id), None)
            if own is None or account not in own.accounts:
                raise NotFoundError("This is no phone of yours.")
            await control.take(call_id, account, by=by)
        case RemoveParty(party=party):
            await control.remove(call_id, party, by=by)
        case _:
            assert_never(action)


def _control(project: LiveProject) -> CallControl:
    if project.calls is None:
        raise NotFoundError("No PBX can be asked here.")
    return project.calls
