"""The project's rules over REST: read by everyone in it, changed by its administrators, and in force at once."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from msgspec import UNSET, UnsetType

from callfloor.store.jobs import Job
from callfloor.store.rules import ProjectRules, Rules, WorkingHours
from callfloor.store.users import User
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.ports import Deps, LiveProject
from callfloor.web.signed_in import Gate, Member

Hours = Annotated[tuple[WorkingHours, ...], msgspec.Meta(max_length=7 * 12)] | UnsetType | None


class RulesChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules that are to be others; those left out stay. ``store.rules`` says what each means."""

    missed_after_s: Annotated[float, msgspec.Meta(ge=0, le=600)] | UnsetType = UNSET
    dnd_after_missed: Annotated[int, msgspec.Meta(ge=1, le=100)] | UnsetType | None = UNSET
    pause_is_dnd: bool | UnsetType = UNSET
    working_hours: Hours = UNSET
    unique_depth_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | UnsetType | None = UNSET
    target_talk_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | UnsetType = UNSET
    success_is: Literal["target", "hand"] | UnsetType = UNSET
    spam_counts: bool | UnsetType = UNSET


MARKING = frozenset({"unique_depth_days", "target_talk_s", "success_is", "spam_counts"})
"""Rules by which calls are marked: they hold at once for every call; sums are made anew by them in the background."""


class RulesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The rules as they are now, and the work by which history's sums follow them; null where there is none."""

    rules: Rules
    job: Job | None


def rule_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/rules."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/rules", tags=["settings"])

    @router.get("", operation_id="getRules", responses=documented(Rules, 401, 403, 404, 422))
    async def rules(viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_DIRECTORY))]) -> Response:
        """What the project counts, and what Callfloor does by itself."""
        return Json(await deps.store.run(deps.store.project(viewer.project_id).rules.load))

    @router.put(
        "",
        operation_id="changeRules",
        responses=documented(RulesAnswer, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("RulesChange"),
    )
    async def change(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Change some rules; the answer has all. Live pages go by them at once, and so does what is counted."""
        asked = body(RulesChange, await request.body())
        wanted = {name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not UNSET}
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="change_rules", details=msgspec.to_builtins(wanted))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            rules = deps.store.project(viewer.project_id).rules
            before, after = await deps.store.change(_change, rules, wanted)
            deed.details = told(before, after)
        project = deps.projects.get(viewer.project_id)
        job = None
        if project is not None and before != after:
            await project.settings.load_rules()
            if any(getattr(before, name) != getattr(after, name) for name in MARKING):
                job = await remark(project, member.user)
        return Json(RulesAnswer(rules=after, job=job))

    return router


async def remark(project: LiveProject, user: User) -> Job:
    """Have history's sums made anew by what holds now; one that runs for what held before is cancelled."""
    return await project.work.start("remark", {}, user_id=user.id, user_name=user.name)


def _change(rules: ProjectRules, wanted: dict[str, Any]) -> tuple[Rules, Rules]:
    """On the store's one writing thread: nobody changes them in between."""
    before = rules.load()
    after = msgspec.structs.replace(before, **wanted)
    if before != after:
        rules.set(after)
    return before, after


def told(before: msgspec.Struct, after: msgspec.Struct) -> dict[str, Any]:
    """For the audit: what is another now, each with what it was and what it is."""
    was, now = msgspec.to_builtins(before), msgspec.to_builtins(after)
    names = [name for name in now if was[name] != now[name]]
    return {"before": {name: was[name] for name in names}, "after": {name: now[name] for name in names}}
