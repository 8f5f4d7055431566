"""What people add to a call: notes, tags, the success mark. Audited, and answered with the call as it is now."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import ForbiddenError, InvalidInputError, NotFoundError
from callfloor.store.call_filter import Mark
from callfloor.store.journal_rows import WholeCall
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.journal_sight import seen_by
from callfloor.web.ports import Deps
from callfloor.web.signed_in import CallId, Gate, Id, Member

MOST_TAGS = 20

_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_SOME_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=_ONE_LINE)]


class SetTags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tags of a call, in place of those it has."""

    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=MOST_TAGS)]


class SetSuccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a call was a success; null takes back what was said."""

    success: bool | None


class SetSpam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether this very call is spam, whatever the list says; null takes back what was said."""

    spam: bool | None


class AddNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note on a call."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000, pattern=_SOME_LINES)]


def note_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/journal/calls/{call_id} that write."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/journal/calls/{call_id}", tags=["journal"])
    answers = documented(WholeCall, 401, 403, 404, 413, 422)

    @router.put("/tags", operation_id="setTags", responses=answers, openapi_extra=documented_body("SetTags"))
    async def tags(call_id: CallId, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Replace a call's tags."""
        wanted = sorted({" ".join(tag.split()) for tag in body(SetTags, await request.body()).tags})
        if "" in wanted:
            raise InvalidInputError("A tag has a letter or a figure.", at="$.tags")
        async with audit.watching(member.viewer.project_id, _deed(member, "set_tags", call_id, tags=wanted)) as deed:
            before = await seen(member.viewer, call_id)
            deed.details = {**deed.details, "before": list(before.row.tags)}
            store = deps.store.project(member.viewer.project_id)
            await deps.store.change(store.annotations.set_tags, call_id, wanted)
        return await answered(member.viewer, call_id)

    @router.put("/success", operation_id="setSuccess", responses=answers, openapi_extra=documented_body("SetSuccess"))
    async def success(call_id: CallId, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Say whether a call was a success, whatever the rule says."""
        wanted = body(SetSuccess, await request.body()).success
        deed = _deed(member, "set_success", call_id, success=wanted)
        async with audit.watching(member.viewer.project_id, deed):
            before = await seen(member.viewer, call_id)
            deed.details = {**deed.details, "before": _success(before)}
            store = deps.store.project(member.viewer.project_id)
            await deps.store.change(store.annotations.set_success, call_id, wanted)
        return await answered(member.viewer, call_id)

    @router.put("/spam", operation_id="setSpam", responses=answers, openapi_extra=documented_body("SetSpam"))
    async def spam(call_id: CallId, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Say whether this call is spam; all calls of a number are by the list of spam."""
        wanted = body(SetSpam, await request.body()).spam
        viewer, deed = member.viewer, _deed(member, "set_spam", call_id, spam=wanted)
        async with audit.watching(viewer.project_id, deed):
            before = await seen(viewer, call_id, Action.MARK_SPAM)
            deed.details = {**deed.details, "before": Mark.SPAM in before.row.marks}
            await deps.store.change(deps.store.project(viewer.project_id).annotations.set_spam, call_id, wanted)
        return await answered(viewer, call_id)

    @router.post("/notes", operation_id="addNote", responses=answers, openapi_extra=documented_body("AddNote"))
    async def add_note(call_id: CallId, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Add a note under the user's name."""
        text = body(AddNote, await request.body()).text.strip()
        if not text:
            raise InvalidInputError("A note has words.", at="$.text")
        viewer, user = member.viewer, member.user
        deed = _deed(member, "add_note", call_id, characters=len(text))
        async with audit.watching(viewer.project_id, deed):
            await seen(viewer, call_id)
            store = deps.store.project(viewer.project_id)
            await deps.store.change(store.annotations.add_note, call_id, user.id, user.name, text, deps.clock())
        return await answered(viewer, call_id)

    @router.delete("/notes/{note_id}", operation_id="removeNote", responses=answers)
    async def remove_note(call_id: CallId, note_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Remove a note: one's own, or as an administrator anybody's."""
        viewer = member.viewer
        deed = _deed(member, "remove_note", call_id, note=note_id)
        async with audit.watching(viewer.project_id, deed):
            found = await seen(viewer, call_id)
            note = next((note for note in found.notes if note.id == note_id), None)
            if note is None:
                raise NotFoundError("There is no such note.")
            deed.details = {**deed.details, "of": note.user_name}
            if note.user_id != viewer.user_id and not viewer.may(Action.CHANGE_SETTINGS):
                raise ForbiddenError("A note is removed by who wrote it, or by an administrator.")
            store = deps.store.project(viewer.project_id)
            await deps.store.change(store.annotations.remove_note, note_id)
        return await answered(viewer, call_id)

    async def seen(viewer: Viewer, call_id: str, action: Action = Action.ANNOTATE) -> WholeCall:
        viewer.require(action)
        return await whole(viewer, call_id)

    async def whole(viewer: Viewer, call_id: str) -> WholeCall:
        store = deps.store.project(viewer.project_id)
        sight = await seen_by(deps, viewer)
        return await deps.store.run(
            store.journal.whole,
            call_id,
            seen_department_ids=sight.departments,
            seen_employee_id=sight.employee_id,
        )

    async def answered(viewer: Viewer, call_id: str) -> Response:
        return Json(await whole(viewer, call_id))

    def _deed(member: Member, action: str, call_id: str, **details: Any) -> Deed:
        return Deed(at=deps.clock(), user=member.user, action=action, subject=("call", call_id), details=details)

    return router


def _success(call: WholeCall) -> bool | None:
    if Mark.SUCCESSFUL in call.row.marks:
        return True
    return False if Mark.UNSUCCESSFUL in call.row.marks else None
