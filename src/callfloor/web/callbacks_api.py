"""Clients to call back over REST: who, since when, whose turn; off the list by hand, and back.

A supervisor sees the clients whose missed calls rang their departments, or came through a queue in which somebody of
theirs is a member, or rang nobody; closing is theirs for the same ones.
"""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.datastructures import QueryParams

from callfloor.errors import InvalidInputError
from callfloor.floor.days import day_bounds, day_of
from callfloor.floor.directory import Directory
from callfloor.floor.work_time import WorkClock
from callfloor.store.callbacks import (
    LARGEST_PAGE,
    CallbackCounts,
    CallbackFilter,
    CallbackRow,
    CallbackSight,
    CallbackSort,
    Closing,
    Reason,
)
from callfloor.store.masking import KEY
from callfloor.store.working_hours import WorkClocks
from callfloor.web import days_asked, masked
from callfloor.web import journal_values as values
from callfloor.web.access import Action, Viewer, with_those_below
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.journal_asked import parameter
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member

PAGE = 100
Client = Annotated[
    str, Path(pattern=rf"^(\+[0-9]{{4,15}}|{KEY})$", description="The client's number, E.164, or the key of it.")
]

_SORTS: tuple[CallbackSort, ...] = ("since", "last", "tries", "attempts", "closed")
_NAMES = (
    "state", "sort", "limit", "after", "from", "to", "queue", "department", "number", "source", "employee", "part",
)  # fmt: skip


class CallbackEntry(CallbackRow, frozen=True, kw_only=True):
    """A client with missed calls, open or closed."""

    age_s: float  # since the first missed call, until now or the end; working hours alone where the project has them


class CallbackList(msgspec.Struct, frozen=True, kw_only=True):
    """Some clients, and how the period stands: today where none is asked for."""

    rows: tuple[CallbackEntry, ...]
    next_cursor: str | None
    total: int  # as filtered
    revision: int  # another one after each change of the list
    now: float
    work: Literal["always", "working", "resting"]  # always: the project has no working hours, ages run all the time
    first: str  # the period of the counts: the first day
    last: str
    counts: CallbackCounts


class CallbackRevision(msgspec.Struct, frozen=True, kw_only=True):
    """Which state the list is in."""

    revision: int


class CallbackClose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a client need not be called back."""

    reason: Reason
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


CALLBACK_SHAPES = (CallbackList, CallbackRevision, CallbackClose, Closing)
CALLBACK_ASKED = frozenset({"CallbackClose"})


def callback_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/callbacks."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/callbacks", tags=["callbacks"])
    allowed = gate.viewer(Action.CALL_BACK)

    @router.get(
        "",
        operation_id="listCallbacks",
        responses=documented(CallbackList, 401, 403, 404, 422),
        openapi_extra={"parameters": _PARAMETERS},
    )
    async def callbacks(request: Request, viewer: Annotated[Viewer, Depends(allowed)]) -> Response:
        """Clients to call back, who has waited longest first; or those who were reached."""
        query = request.query_params
        given = _given(query)
        closed = given.get("state", "open") == "closed"
        if given.get("state", "open") not in {"open", "closed"}:
            raise InvalidInputError("There is no such state.", at=values.at("state"), known=["open", "closed"])
        text = given.get("sort", "-closed" if closed else "since")
        sort = next((each for each in _SORTS if each == text.removeprefix("-")), None)
        if sort is None:
            raise InvalidInputError("There is no such order.", at=values.at("sort"), known=list(_SORTS))
        limit = values.numbers(given, "limit", most=LARGEST_PAGE) or {PAGE}
        store, now = deps.store.project(viewer.project_id), deps.clock()
        directory = await deps.store.run(store.directory.load)
        zone = ZoneInfo((await deps.store.run(deps.store.projects.get, viewer.project_id)).timezone)
        if "part" in given:
            masked.refused(viewer, "search")
        after = await masked.text_of(deps.store, viewer, given.get("after"), at="query.after")
        period = _days(given)
        wanted = _wanted(given, directory, sight_of(viewer, directory))
        revision = await deps.store.run(store.callbacks.revision)
        first, last = period or (day_of(now, zone),) * 2
        bounds = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
        counts = await deps.store.run(store.callbacks.counts, wanted, *bounds)
        if period is not None:
            wanted = msgspec.structs.replace(wanted, missed_from=bounds[0], missed_to=bounds[1])
        page = await deps.store.run(
            store.callbacks.page,
            wanted,
            closed=closed,
            sort=sort,
            descending=text.startswith("-"),
            limit=max(limit),
            after=after,
        )
        clocks = WorkClocks(await deps.store.run(store.rules.load), directory, zone)
        clock = clocks.project
        return Json(
            CallbackList(
                rows=tuple(_entry(row, clocks.queue(row.queue), now) for row in page.rows),
                next_cursor=page.next_cursor,
                total=page.total,
                revision=revision,
                now=now,
                work="always" if clock is None else "working" if clock.runs(now) else "resting",
                first=first.isoformat(),
                last=last.isoformat(),
                counts=counts,
            )
        )

    @router.get(
        "/revision", operation_id="getCallbackRevision", responses=documented(CallbackRevision, 401, 403, 404, 422)
    )
    async def revision(viewer: Annotated[Viewer, Depends(allowed)]) -> Response:
        """Whether the list is another than the one that was read: cheap, to be asked every second."""
        found = await deps.store.run(deps.store.project(viewer.project_id).callbacks.revision)
        return Json(CallbackRevision(revision=found))

    @router.post(
        "/{client}/close",
        operation_id="closeCallback",
        responses=documented(Closing, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("CallbackClose"),
    )
    async def close(client: Client, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Take a client off the list, with a reason. A call of theirs that is missed later puts them on it again."""
        asked = body(CallbackClose, await request.body())
        viewer, user = member.viewer, member.user
        details = {"client": client, "reason": str(asked.reason)}
        deed = Deed(at=deps.clock(), user=user, action="close_callback", details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CALL_BACK)
            client = await masked.number_of(deps.store, viewer, client, at="path.client")
            deed.details = {**details, "client": client}
            store = deps.store.project(viewer.project_id)
            directory = await deps.store.run(store.directory.load)
            made = await deps.store.change(
                store.callbacks.close,
                client,
                asked.reason,
                note=asked.note,
                sight=sight_of(viewer, directory),
                user_id=user.id,
                user_name=user.name,
                at=deed.at,
            )
            deed.subject = ("closing", made.id)
        return Json(made)

    @router.delete(
        "/closings/{closing_id}", operation_id="reopenCallback", responses=documented(Closing, 401, 403, 404, 422)
    )
    async def reopen(closing_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Put a client back on the list who was taken off it by hand."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="reopen_callback", subject=("closing", closing_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CALL_BACK)
            store = deps.store.project(viewer.project_id)
            sight = sight_of(viewer, await deps.store.run(store.directory.load))
            made = await deps.store.change(store.callbacks.reopen, closing_id, sight=sight, at=deed.at)
            deed.details = {"client": made.client_e164}
        return Json(made)

    def sight_of(viewer: Viewer, directory: Directory) -> CallbackSight | None:
        seen = viewer.sight.departments_within(directory)
        if seen is None:
            return None
        theirs = viewer.sight.employees(directory) or frozenset()
        project = deps.projects.get(viewer.project_id)
        seats = () if project is None else project.source.snapshot().employees
        queues = frozenset(seat.queue for row in seats if row.id in theirs for seat in row.queues)
        return CallbackSight(department_ids=seen, queues=queues)

    return router


def _given(query: QueryParams) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in query.multi_items():
        if name not in _NAMES:
            raise InvalidInputError("There is no such parameter.", at=[f"query.{name[: values.LONGEST]}"])
        if name in given:
            raise InvalidInputError("The parameter is given twice: join its values by commas.", at=values.at(name))
        if any(ord(each) < 32 or ord(each) == 127 or 0xD800 <= ord(each) < 0xE000 for each in value):
            raise InvalidInputError("A parameter has characters that nothing here has.", at=values.at(name))
        if value:
            given[name] = value
    return given


def _days(given: dict[str, str]) -> tuple[date, date] | None:
    if "from" not in given and "to" not in given:
        return None
    first, last = (days_asked.day(given.get(name, ""), f"query.{name}") for name in ("from", "to"))
    if last < first:
        raise InvalidInputError("The period ends before it begins.", at=["query.from", "query.to"])
    return first, last


def _wanted(given: dict[str, str], directory: Directory, sight: CallbackSight | None) -> CallbackFilter:
    departments = values.numbers(given, "department")
    return CallbackFilter(
        sight=sight,
        queues=values.names(given, "queue"),
        department_ids=None if departments is None else with_those_below(departments, directory),
        business_numbers=values.names(given, "number"),
        sources=values.names(given, "source"),
        employee_ids=values.numbers(given, "employee"),
        number_part=values.digits(given),
    )


def _entry(row: CallbackRow, clock: WorkClock | None, now: float) -> CallbackEntry:
    until = now if row.closed_at is None else row.closed_at
    age_s = max(0.0, until - row.since) if clock is None else clock.worked_s(row.since, until)
    return CallbackEntry(**msgspec.structs.asdict(row), age_s=age_s)


_PARAMETERS = [
    parameter("state", "open: to be called back; closed: reached, or taken off by hand", enum=["open", "closed"]),
    parameter("sort", f"one of {', '.join(_SORTS)}; with - before it, descending"),
    parameter("limit", f"how many, {LARGEST_PAGE} at most"),
    parameter("after", "the last page's next_cursor"),
    parameter("from", "a call of theirs was missed from this day on, YYYY-MM-DD; with ``to``"),
    parameter("to", "… up to this day, inclusive"),
    parameter("queue", "queues of the last missed call, with commas between them"),
    parameter("department", "ids of departments that a missed call rang, with all below them"),
    parameter("number", "business numbers of the last missed call"),
    parameter("source", "their sources"),
    parameter("employee", "ids of employees whose turn it is"),
    parameter("part", f"{values.LEAST_DIGITS} digits or more of the client's number, one after the other"),
]
