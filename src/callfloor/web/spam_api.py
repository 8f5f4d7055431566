"""The list of spam over REST: numbers whose calls are spam, by FreePBX's blacklist, by this list, or by hand."""

import re
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Request, Response

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store.masking import KEY, is_key
from callfloor.store.spam import SpamNumber
from callfloor.web import masked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.ports import Deps
from callfloor.web.rules_api import remark
from callfloor.web.signed_in import Gate, Member

Number = Annotated[str, Path(pattern=rf"^([0-9+*#]{{2,40}}|{KEY})$", description="As the list has it.")]

_TYPED = re.compile(r"[0-9+*#() .\-/]{2,60}")


class AddSpam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number whose calls are spam, in any form that is read in the project's country."""

    number: Annotated[str, msgspec.Meta(min_length=2, max_length=160)]  # or the key of it, where numbers are masked
    source: Literal["list", "hand"] = "list"  # hand: from a call that somebody looked at


class SpamList(msgspec.Struct, frozen=True, kw_only=True):
    """Every number whose calls are spam, by number."""

    numbers: tuple[SpamNumber, ...]


def spam_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/spam."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/spam", tags=["settings"])

    @router.get("", operation_id="listSpam", responses=documented(SpamList, 401, 403, 404, 422))
    async def spam(viewer: Annotated[Viewer, Depends(gate.viewer(Action.MARK_SPAM))]) -> Response:
        """The list, and who put each number there."""
        return Json(SpamList(numbers=await deps.store.run(deps.store.project(viewer.project_id).spam.numbers)))

    @router.post(
        "",
        operation_id="addSpam",
        responses=documented(SpamNumber, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("AddSpam"),
    )
    async def add(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """From now on this client's calls are spam, those of the past too."""
        asked = body(AddSpam, await request.body())
        viewer = member.viewer
        details = {"number": asked.number, "source": asked.source}
        deed = Deed(at=deps.clock(), user=member.user, action="add_spam", details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MARK_SPAM)
            typed = asked.number
            if is_key(typed):
                typed = await masked.number_of(deps.store, viewer, typed, at="$.number")
            number = _read(typed, gate.live(viewer).settings.e164(typed))
            deed.details = {**details, "number": number}
            store = deps.store.project(viewer.project_id)
            await deps.store.change(store.spam.put, number, asked.source, member.user.name, deps.clock())
            found = await _found(viewer, number)
        await remark(gate.live(viewer), member.user)
        return Json(found)

    @router.delete(
        "/{number}",
        operation_id="removeSpam",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def remove(number: Number, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """This client's calls are no spam any more, those of the past neither."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="remove_spam", details={"number": number})
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.MARK_SPAM)
            number = await masked.number_of(deps.store, viewer, number, at="path.number")
            found = await _found(viewer, number)
            live = gate.live(viewer)
            deed.details = {"number": number, "source": found.source, "by": found.by}
            if found.source == "pbx":
                raise ConflictError("The PBX's own blacklist has this number: take it off there, and it leaves here.")
            await deps.store.change(deps.store.project(viewer.project_id).spam.remove, number)
        await remark(live, member.user)
        return Response(status_code=204)

    async def _found(viewer: Viewer, number: str) -> SpamNumber:
        numbers = await deps.store.run(deps.store.project(viewer.project_id).spam.numbers)
        found = next((each for each in numbers if each.number == number), None)
        if found is None:
            raise NotFoundError("This number is not in the list.")
        return found

    return router


def _read(typed: str, e164: str | None) -> str:
    """E.164; of what is no public number the digits, as the PBX shows them."""
    if not _TYPED.fullmatch(typed) or not any(char.isdigit() for char in typed):
        raise InvalidInputError("This is no telephone number.", at="$.number")
    found = e164 or re.sub(r"[^0-9+*#]", "", typed)
    if len(found) < 2:
        raise InvalidInputError("This is no telephone number.", at="$.number")
    return found
