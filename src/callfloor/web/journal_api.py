"""The journal over REST: its lines, one call whole, totals and groups over exactly the same filter."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from callfloor.errors import InvalidInputError
from callfloor.store.call_filter import Grouping, SortKey
from callfloor.store.journal_rows import ClientHistory, JournalRows, JournalTotals, TotalsGroup, WholeCall
from callfloor.store.masking import KEY
from callfloor.web import masked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import REF, Json, documented
from callfloor.web.journal_asked import AskedBy, asked_filter, documented_parameters, parameter, sort_asked
from callfloor.web.journal_sight import seen_by
from callfloor.web.ports import Deps
from callfloor.web.signed_in import CallId, Gate

PAGE = 50
PAGE_MOST = 500

Cursor = Annotated[str | None, Query(max_length=400, pattern=r"^[!-~]+$")]
E164 = Annotated[str, Path(pattern=rf"^(\+?[0-9]{{4,15}}|{KEY})$", description="The client's number, E.164, or key.")]

_PAGE_WORDS = ("limit", "after", "before")
_SORT = parameter("sort", "what the journal sorts by; with a minus the greatest first", default="-started")
_BY = parameter("by", "what the totals are split by", enum=[str(each) for each in Grouping], required=True)


class TagList(msgspec.Struct, frozen=True, kw_only=True):
    """The tags in use, by name."""

    tags: tuple[str, ...]


def journal_routes(deps: Deps, gate: Gate) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/journal that read, and what they need beside."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["journal"])
    reader = gate.viewer(Action.READ_CALLS)

    @router.get(
        "/journal",
        operation_id="listJournal",
        responses=documented(JournalRows, 401, 403, 404, 422),
        openapi_extra=documented_parameters(_SORT),
    )
    async def journal(
        request: Request,
        asked: Annotated[AskedBy, Depends(asked_filter(deps, gate, beside=(*_PAGE_WORDS, "sort")))],
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE,
        after: Cursor = None,
        before: Cursor = None,
    ) -> Response:
        """Finished calls in the order asked for; ``after`` and ``before`` are cursors that an answer gave."""
        if after is not None and before is not None:
            raise InvalidInputError("Go on either way, not both.", at=["query.after", "query.before"])
        sort = sort_asked(request.query_params)
        if sort.key is SortKey.CLIENT:
            masked.refused(asked.viewer, "order")
        store = deps.store.project(asked.viewer.project_id)
        return Json(
            await deps.store.run(store.journal.rows, asked.wanted, sort, limit=limit, after=after, before=before)
        )

    @router.get(
        "/journal/totals",
        operation_id="getJournalTotals",
        responses=documented(JournalTotals, 401, 403, 404, 422),
        openapi_extra=documented_parameters(),
    )
    async def totals(asked: Annotated[AskedBy, Depends(asked_filter(deps, gate))]) -> Response:
        """The filter's calls added up, and those of as many days just before."""
        store, previous = deps.store.project(asked.viewer.project_id), asked.previous()
        now = await deps.store.run(store.journal.totals, asked.wanted)
        before = None if previous is None else await deps.store.run(store.journal.totals, previous)
        return Json(JournalTotals(totals=now, previous=before))

    @router.get(
        "/journal/groups",
        operation_id="listJournalGroups",
        responses=_list_of(TotalsGroup, documented(JournalTotals, 401, 403, 404, 422)),
        openapi_extra=documented_parameters(_BY),
    )
    async def groups(
        request: Request, asked: Annotated[AskedBy, Depends(asked_filter(deps, gate, beside=("by",)))]
    ) -> Response:
        """The filter's calls added up by one thing: groups in time in its order, others the greatest first."""
        known = [str(each) for each in Grouping]
        if request.query_params.get("by") not in known:
            raise InvalidInputError("There is no such grouping.", at=["query.by"], known=known)
        by = Grouping(request.query_params["by"])
        store = deps.store.project(asked.viewer.project_id)
        return Json(await deps.store.run(store.journal.groups, asked.wanted, by))

    @router.get(
        "/journal/calls/{call_id}", operation_id="getWholeCall", responses=documented(WholeCall, 401, 403, 404, 422)
    )
    async def whole(call_id: CallId, viewer: Annotated[Viewer, Depends(reader)]) -> Response:
        """Everything kept of one call: its line, its story, its notes, and the client's calls before it."""
        store = deps.store.project(viewer.project_id)
        seen = await seen_by(deps, viewer)
        return Json(
            await deps.store.run(
                store.journal.whole,
                call_id,
                seen_department_ids=seen.departments,
                seen_employee_id=seen.employee_id,
            )
        )

    @router.get("/clients/{e164}", operation_id="getClient", responses=documented(ClientHistory, 401, 403, 404, 422))
    async def client(e164: E164, viewer: Annotated[Viewer, Depends(reader)]) -> Response:
        """A client's finished calls until now, as far as the viewer sees them."""
        store = deps.store.project(viewer.project_id)
        number = await masked.number_of(deps.store, viewer, e164, at="path.e164")
        number = number if number.startswith("+") else f"+{number}"
        seen = await seen_by(deps, viewer)
        return Json(
            await deps.store.run(
                store.journal.client,
                number,
                None,
                seen_department_ids=seen.departments,
                seen_employee_id=seen.employee_id,
            )
        )

    @router.get("/tags", operation_id="listTags", responses=documented(TagList, 401, 403, 404, 422))
    async def tags(viewer: Annotated[Viewer, Depends(reader)]) -> Response:
        """Every tag in use in the project."""
        store = deps.store.project(viewer.project_id)
        return Json(TagList(tags=tuple(await deps.store.run(store.annotations.tags))))

    return router


def _list_of(kind: type, responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "array", "items": {"$ref": REF.format(name=kind.__name__)}}
    return {
        **responses,
        200: {"description": "Groups.", "content": {"application/json": {"schema": schema}}},
    }
