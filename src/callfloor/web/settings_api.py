"""The company's numbers over REST: label, advertising source, scheme and kind of each; in force at once."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Request, Response

from callfloor.errors import NotFoundError
from callfloor.store.lines import OwnNumber
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed, told
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Member

Number = Annotated[str, Path(pattern=r"^[0-9A-Za-z+*#._\-]{1,64}$", description="The number as the PBX has it.")]

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Text = Annotated[str, msgspec.Meta(max_length=200, pattern=_PLAIN)] | None


class NumberChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a number of the company's; a text that is empty or null says nothing."""

    label: _Text = None
    source: _Text = None
    scheme: _Text = None
    kind: Literal["geographic", "toll_free", "internal", "mobile"] = "geographic"


class NumberList(msgspec.Struct, frozen=True, kw_only=True):
    """The company's numbers, by number."""

    numbers: tuple[OwnNumber, ...]


def number_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/numbers."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/numbers", tags=["settings"])

    @router.get("", operation_id="listNumbers", responses=documented(NumberList, 401, 403, 404, 422))
    async def numbers(viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_DIRECTORY))]) -> Response:
        """Every number of the company."""
        return Json(NumberList(numbers=await deps.store.run(deps.store.project(viewer.project_id).lines.numbers)))

    @router.put(
        "/{number}",
        operation_id="putNumber",
        responses=documented(OwnNumber, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("NumberChange"),
    )
    async def put(number: Number, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Say all that is known of a number; one that is not there yet is made."""
        asked = body(NumberChange, await request.body())
        viewer = member.viewer
        details = {name: value for name, value in msgspec.structs.asdict(asked).items() if value}
        deed = Deed(at=deps.clock(), user=member.user, action="put_number", subject=("number", number), details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            lines, live = deps.store.project(viewer.project_id).lines, gate.live(viewer).settings
            before = await deps.store.run(lines.find_number, number)
            await deps.store.change(
                lines.put_number,
                number,
                e164=live.e164(number) if before is None or before.e164 is None else before.e164,
                label=_said(asked.label),
                source=_said(asked.source),
                scheme=_said(asked.scheme),
                kind=asked.kind,
            )
            after = await deps.store.run(lines.find_number, number)
            if after is None:  # somebody removed it that very moment
                raise NotFoundError("There is no such number.")
            deed.details = {"made": details} if before is None else told(before, after)
        await live.load_directory()
        return Json(after)

    @router.delete(
        "/{number}",
        operation_id="removeNumber",
        status_code=204,
        responses=documented(None, 401, 403, 404, 422, status=204),
    )
    async def remove(number: Number, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """The number is the company's no more; its calls stay."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="remove_number", subject=("number", number))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            live = gate.live(viewer).settings
            await deps.store.change(deps.store.project(viewer.project_id).lines.remove_number, number)
        await live.load_directory()
        return Response(status_code=204)

    return router


def _said(text: str | None) -> str | None:
    return (text or "").strip() or None
