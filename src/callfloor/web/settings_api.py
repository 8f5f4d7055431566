"""The company's numbers over REST: label, advertising source, scheme and kind of each; in force at once."""

from functools import partial
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Request, Response

from callfloor.store.lines import OwnNumber
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit
from callfloor.web.contract_directory import Revision
from callfloor.web.directory_api import RevisionAsked
from callfloor.web.directory_desk import DirectoryDesk
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
    revision: Revision | None = None  # of what the editor saw; ``new``: there must be no such number yet


class NumberList(msgspec.Struct, frozen=True, kw_only=True):
    """The company's numbers, by number."""

    numbers: tuple[OwnNumber, ...]


def number_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/numbers."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/numbers", tags=["settings"])
    desk = DirectoryDesk(deps, audit)

    @router.get("", operation_id="listNumbers", responses=documented(NumberList, 401, 403, 404, 422))
    async def numbers(viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_DIRECTORY))]) -> Response:
        """Every number of the company."""
        return Json(NumberList(numbers=await deps.store.run(deps.store.project(viewer.project_id).lines.numbers)))

    @router.put(
        "/{number}",
        operation_id="putNumber",
        responses=documented(OwnNumber, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("NumberChange"),
    )
    async def put(number: Number, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Say all that is known of a number; one that is not there yet is made."""
        asked = body(NumberChange, await request.body())
        live = deps.projects.get(member.viewer.project_id)
        change = partial(
            deps.store.project(member.viewer.project_id).line_edits.put_number,
            number,
            e164=None if live is None else live.settings.e164(number),
            label=_said(asked.label),
            source=_said(asked.source),
            scheme=_said(asked.scheme),
            kind=asked.kind,
            seen=asked.revision,
        )
        after = await desk.edit(member, "put_number", ("number", number), change)
        return Json(OwnNumber(**{name: getattr(after, name) for name in OwnNumber.__struct_fields__}))

    @router.delete(
        "/{number}",
        operation_id="removeNumber",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def remove(
        number: Number, member: Annotated[Member, Depends(gate.member)], revision: RevisionAsked = None
    ) -> Response:
        """The number is the company's no more; its calls stay."""
        lines = deps.store.project(member.viewer.project_id).line_edits
        change = partial(lines.remove_number, number, seen=revision)
        await desk.edit(member, "remove_number", ("number", number), change)
        return Response(status_code=204)

    return router


def _said(text: str | None) -> str | None:
    return (text or "").strip() or None
