"""The floor of any past second over REST: a moment, what to play, where to step, and the time line's picture."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.floor.calls import StoryStep
from callfloor.store.past_reader import PastReader
from callfloor.web import past
from callfloor.web.access import Action, Sight, Viewer
from callfloor.web.answers import Json, documented
from callfloor.web.contract import LiveCallDetail
from callfloor.web.contract_past import PastEvent, PastFloor, PastFrames, PastLine
from callfloor.web.ports import Deps
from callfloor.web.project_api import Instant
from callfloor.web.signed_in import CallId, Gate

PLAYED_MOST_S = 3600.0
LINE_MOST_S = 8 * 86_400.0
POINTS_MOST = 3000
FLUSH_WITHIN_S = 10.0
"""What happened in the last seconds may still be on its way to where it is read."""

At = Annotated[Instant, Query(alias="at", description="UTC epoch seconds.")]


def past_routes(deps: Deps, gate: Gate) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/past."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/past", tags=["past"])
    may_watch = gate.viewer(Action.WATCH_FLOOR)

    async def reader(viewer: Viewer, until: float) -> PastReader:
        """The past of the viewer's project, known up to now if that is asked for."""
        writer = gate.live(viewer).past
        if writer is not None and until >= deps.clock() - FLUSH_WITHIN_S:
            await writer.flush()
        return PastReader(deps.store.project(viewer.project_id).past, writer)

    @router.get("", operation_id="getPastFloor", responses=documented(PastFloor, 401, 403, 404, 422))
    async def floor(viewer: Annotated[Viewer, Depends(may_watch)], at: At) -> Response:
        """The floor as it was shown at an instant, as far as the viewer sees it."""
        found = await reader(viewer, at)
        return Json(await deps.store.run(past.moment, found, viewer.sight, at))

    @router.get("/changes", operation_id="getPastChanges", responses=documented(PastFrames, 401, 403, 404, 422))
    async def changes(
        viewer: Annotated[Viewer, Depends(may_watch)],
        begin: Annotated[Instant, Query(alias="from", description="What changed after this, UTC epoch seconds.")],
        end: Annotated[Instant, Query(alias="to", description="And until this; an hour at most.")],
        every: Annotated[
            float, Query(ge=0, le=600, allow_inf_nan=False, description="At most one frame in so many seconds.")
        ] = 0.0,
    ) -> Response:
        """What changed in a stretch of the past, as frames to be played; a bounded page of them."""
        if not begin < end <= begin + PLAYED_MOST_S:
            raise InvalidInputError("From and to are up to an hour apart.", at=["query.from", "query.to"])
        found = await reader(viewer, end)
        args = found, viewer.sight, begin, min(end, deps.clock()), every
        # Rows are masked before they are compared, as in the stream: the answer is sent as it is.
        return Response(await deps.store.run(_played, *args), media_type=Json.media_type)

    @router.get("/events", operation_id="getPastEvent", responses=documented(PastEvent, 401, 403, 404, 422))
    async def event(
        viewer: Annotated[Viewer, Depends(may_watch)],
        at: At,
        step: Annotated[Literal["next", "previous"], Query()] = "next",
        of: Annotated[Literal["calls", "employees"], Query()] = "calls",
    ) -> Response:
        """The next event after an instant, or the one before it: of calls, or of employees."""
        found = await reader(viewer, at)
        return Json(
            await deps.store.run(
                past.event, found, viewer.sight, at, employees=of == "employees", back=step == "previous"
            )
        )

    @router.get("/line", operation_id="getPastLine", responses=documented(PastLine, 401, 403, 404, 422))
    async def line(
        viewer: Annotated[Viewer, Depends(may_watch)],
        begin: Annotated[Instant, Query(alias="from", description="UTC epoch seconds.")],
        end: Annotated[Instant, Query(alias="to", description="Up to eight days later.")],
        step: Annotated[float, Query(ge=60, le=86_400, allow_inf_nan=False, description="Seconds.")] = 60.0,
    ) -> Response:
        """How many calls there were, step by step, and which stretches nobody watched."""
        if not begin < end <= begin + LINE_MOST_S or (end - begin) / step > POINTS_MOST:
            raise InvalidInputError("The line is too long, or has too many steps.", at=["query.from", "query.to"])
        found, live = await reader(viewer, end), gate.live(viewer)
        directory = live.source.snapshot().directory
        args = found, viewer.sight, directory, begin, end, step, deps.clock()
        return Json(await deps.store.run(past.line, *args))

    @router.get(
        "/calls/{call_id}", operation_id="getPastCall", responses=documented(LiveCallDetail, 401, 403, 404, 422)
    )
    async def call(call_id: CallId, viewer: Annotated[Viewer, Depends(may_watch)], at: At) -> Response:
        """A call as it was at an instant, with its story up to there."""
        found = await deps.store.run(past.call_at, await reader(viewer, at), viewer.sight, at, call_id)
        if found is None:
            raise NotFoundError("There was no such call then.")
        return Json(LiveCallDetail(call=found, story=told_until(await story(viewer, call_id), at)))

    async def story(viewer: Viewer, call_id: str) -> tuple[StoryStep, ...]:
        """The whole story: of the floor while the call goes on, and of the journal afterwards."""
        live = gate.live(viewer).source.call_detail(call_id)
        if live is not None:
            return tuple(live[1])
        try:
            return (await deps.store.run(deps.store.project(viewer.project_id).journal.get, call_id)).record.story
        except NotFoundError:  # it became part of another call, or is on its way to the journal
            return ()

    return router


def _played(reader: PastReader, sight: Sight, begin: float, end: float, every_s: float) -> bytes:
    return msgspec.json.encode(past.frames(reader, sight, begin, end, every_s))


def told_until(story: tuple[StoryStep, ...], at: float) -> tuple[StoryStep, ...]:
    """A story as it was told at an instant; how long something took is told when it is over."""
    return tuple(step for step in story if step.at <= at)
