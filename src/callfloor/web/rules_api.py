"""The project's rules over REST: read by everyone in it, changed by its administrators, and in force at once."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from msgspec import UNSET, UnsetType

from callfloor.errors import NotFoundError, StaleEditError
from callfloor.store.jobs import Job
from callfloor.store.rules import (
    MASKABLE,
    MOST_FORBIDDEN,
    MOST_KEPT_DAYS,
    MOST_ON_CALL,
    MOST_PAST_DAYS,
    MOST_SUPERVISIONS,
    MaskedRole,
    Rules,
)
from callfloor.store.store import ProjectStore
from callfloor.store.users import User
from callfloor.store.working_hours import (
    MOST_HOLIDAYS,
    MOST_OWN,
    MOST_STRETCHES,
    DepartmentHours,
    Holiday,
    QueueHours,
    WorkingHours,
)
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed, told
from callfloor.web.ports import Deps, LiveProject
from callfloor.web.signed_in import LARGEST_ID, Gate, Member


class SupervisionPolicyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of the policy is to be another; what is left out stays. ``store.rules`` says what each means."""

    ask_reason: bool | UnsetType = UNSET
    tone: bool | UnsetType = UNSET
    tell_employee: bool | UnsetType = UNSET
    forbidden_employee_ids: (
        Annotated[
            tuple[Annotated[int, msgspec.Meta(ge=1, le=LARGEST_ID)], ...], msgspec.Meta(max_length=MOST_FORBIDDEN)
        ]
        | UnsetType
    ) = UNSET
    most_at_once: Annotated[int, msgspec.Meta(ge=1, le=MOST_SUPERVISIONS)] | UnsetType = UNSET
    most_on_call: Annotated[int, msgspec.Meta(ge=1, le=MOST_ON_CALL)] | UnsetType = UNSET


Hours = Annotated[tuple[WorkingHours, ...], msgspec.Meta(max_length=MOST_STRETCHES)] | UnsetType | None


Days = Annotated[int, msgspec.Meta(ge=1, le=MOST_KEPT_DAYS)] | UnsetType | None


class KeepDaysChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of it is to be another; what is left out stays. ``store.rules`` says what each means."""

    calls: Days = UNSET
    recordings: Days = UNSET
    messages: Days = UNSET
    audit: Days = UNSET
    supervisions: Days = UNSET


class RulesChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules that are to be others; those left out stay. ``store.rules`` says what each means.

    ``was``: rules as they were read; where one that is to be changed is another by now, nothing is changed.
    """

    was: dict[str, Any] | UnsetType = UNSET
    missed_after_s: Annotated[float, msgspec.Meta(ge=0, le=600)] | UnsetType = UNSET
    dnd_after_missed: Annotated[int, msgspec.Meta(ge=1, le=100)] | UnsetType | None = UNSET
    pause_is_dnd: bool | UnsetType = UNSET
    working_hours: Hours = UNSET
    offline_outside_hours: bool | UnsetType = UNSET
    holidays: Annotated[tuple[Holiday, ...], msgspec.Meta(max_length=MOST_HOLIDAYS)] | UnsetType = UNSET
    department_hours: Annotated[tuple[DepartmentHours, ...], msgspec.Meta(max_length=MOST_OWN)] | UnsetType = UNSET
    queue_hours: Annotated[tuple[QueueHours, ...], msgspec.Meta(max_length=MOST_OWN)] | UnsetType = UNSET
    unique_depth_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | UnsetType | None = UNSET
    target_talk_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | UnsetType = UNSET
    success_is: Literal["target", "hand"] | UnsetType = UNSET
    spam_counts: bool | UnsetType = UNSET
    supervision: SupervisionPolicyChange | UnsetType = UNSET
    keep: KeepDaysChange | UnsetType = UNSET
    masked_roles: Annotated[tuple[MaskedRole, ...], msgspec.Meta(max_length=len(MASKABLE))] | UnsetType = UNSET
    past_days: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAST_DAYS)] | UnsetType = UNSET
    transfer_context: Annotated[str, msgspec.Meta(min_length=1, max_length=79)] | UnsetType | None = UNSET


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
        """What the project counts, and what Callfloor does by itself; whom nobody hears, only supervisors learn."""
        rules = await deps.store.run(deps.store.project(viewer.project_id).rules.load)
        if not viewer.may(Action.SUPERVISE):
            policy = msgspec.structs.replace(rules.supervision, forbidden_employee_ids=())
            rules = msgspec.structs.replace(rules, supervision=policy)
        return Json(rules)

    @router.put(
        "",
        operation_id="changeRules",
        responses=documented(RulesAnswer, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("RulesChange"),
    )
    async def change(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Change some rules; the answer has all. Live pages go by them at once, and so does what is counted."""
        asked = body(RulesChange, await request.body())
        wanted = given(asked)
        was: dict[str, Any] = wanted.pop("was", {})
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="change_rules", details=msgspec.to_builtins(wanted))
        async with audit.watching(viewer.project_id, deed):
            # What is kept for how long, and who sees numbers, are duties that go on in a project that rests.
            duties = viewer.archived and wanted.keys() <= AT_REST
            viewer.require(Action.HANDLE_PERSONAL_DATA if duties else Action.CHANGE_SETTINGS)
            before, after = await deps.store.change(_change, deps.store.project(viewer.project_id), wanted, was)
            deed.details = told(before, after)
        project = deps.projects.get(viewer.project_id)
        job = None
        if project is not None and before != after:
            await project.settings.load_rules()
            if any(getattr(before, name) != getattr(after, name) for name in MARKING):
                job = await remark(project, member.user)
        return Json(RulesAnswer(rules=after, job=job))

    return router


AT_REST = frozenset({"keep", "masked_roles"})
"""The rules that can be changed in a project that rests."""


async def remark(project: LiveProject, user: User) -> Job:
    """Have history's sums made anew by what holds now; one that runs for what held before is cancelled."""
    return await project.work.start("remark", {}, user_id=user.id, user_name=user.name)


def given(asked: msgspec.Struct) -> dict[str, Any]:
    """What a request names, by its name."""
    return {name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not UNSET}


def _change(project: ProjectStore, wanted: dict[str, Any], was: dict[str, Any]) -> tuple[Rules, Rules]:
    """On the store's one writing thread: nobody changes them in between."""
    before = project.rules.load()
    known: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(before))  # lists, as whoever read them has them
    stale = [name for name in wanted if name in was and was[name] != known[name]]
    if stale:
        raise StaleEditError(rules=stale)
    wanted = dict(wanted)
    if "supervision" in wanted:
        wanted["supervision"] = msgspec.structs.replace(before.supervision, **given(wanted["supervision"]))
        new = set(wanted["supervision"].forbidden_employee_ids).difference(before.supervision.forbidden_employee_ids)
        if new and not new <= {each.id for each in project.directory.load().employees}:
            raise NotFoundError("There is no such employee.")
    if "keep" in wanted:
        wanted["keep"] = msgspec.structs.replace(before.keep, **given(wanted["keep"]))
    if "masked_roles" in wanted:
        wanted["masked_roles"] = tuple(role for role in MASKABLE if role in wanted["masked_roles"])
    after = msgspec.structs.replace(before, **wanted)
    if before != after:
        project.rules.set(after)
    return before, after
