"""What a request asks of the journal: the query's words to a filter, within what the viewer may see.

One reading for the journal, its totals, exports and whatever else takes the same words. A list's values stand with
commas between them; a comma of a value's own is ``%2C`` in it, and a per cent sign ``%25``, before the address's own
escaping. What cannot be understood is refused by the parameter's name; nothing is passed over.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Request

from callfloor.errors import InvalidInputError
from callfloor.floor.calls import CallType
from callfloor.floor.days import day_bounds
from callfloor.floor.directory import Directory
from callfloor.store.call_filter import Between, CallFilter, Mark, Outcome, PartIn, Party, Sort, SortKey
from callfloor.web import days_asked, masked
from callfloor.web import journal_values as values
from callfloor.web.access import Action, Sight, Viewer, with_those_below
from callfloor.web.journal_values import LEAST_DIGITS, LONGEST
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

_LISTS = "a list: values with commas between them, %2C for a comma of a value's own"
_SPAN = "seconds: 10-60, -20, 5-; both ends inclusive"

PARAMETERS: dict[str, str] = {
    "from": "the first day of the project's zone, YYYY-MM-DD",
    "to": "the last day, inclusive",
    "from_time": "HH:MM of the first day; without it from its beginning",
    "to_time": "HH:MM of the last day, from which on nothing is meant; without it to its end",
    "employee": f"ids of employees, {_LISTS}",
    "part_in": f"what the employees asked for (or else any) had to do with the call: {', '.join(PartIn)}",
    "department": f"ids of departments at the time of the call, with all below them, {_LISTS}",
    "number": f"business numbers, {_LISTS}",
    "source": f"the numbers' sources, {_LISTS}",
    "queue": f"queues, {_LISTS}",
    "type": f"types of call, {_LISTS}",
    "result": f"results, {_LISTS}",
    "mark": f"marks, {_LISTS}",
    "hung_up_by": f"who ended the call, {_LISTS}",
    "tag": f"tags, {_LISTS}",
    "hour": f"hours of the day in which the call began, 0 to 23, {_LISTS}",
    "weekday": f"weekdays on which the call began, 0 (Monday) to 6, {_LISTS}",
    "talk": f"conversation, {_SPAN}",
    "waiting": f"waiting, {_SPAN}",
    "duration": f"the whole call, {_SPAN}",
    "part": f"{LEAST_DIGITS} digits or more of the client's or the business number, one after the other",
    "client": "one client's number, E.164, or the key that stands for it where numbers are masked",
    "recorded": "yes or no: whether the PBX named a recording",
    "counted": "yes or no: whether totals count it; spam they do not, unless the project says otherwise",
}
"""Every word of the filter."""

_SORTS = frozenset(SortKey)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A filter as asked for, read and checked, before it is bound to a viewer and a zone.

    It can be kept: ``msgspec`` writes and reads it, and ``read(parse_qsl(query))`` gives it back.
    """

    first: date
    last: date
    from_time: time | None = None
    to_time: time | None = None
    employees: frozenset[int] | None = None
    part_in: PartIn | None = None
    departments: frozenset[int] | None = None
    numbers: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    queues: frozenset[str] | None = None
    types: frozenset[CallType] | None = None
    outcomes: frozenset[Outcome] | None = None
    marks: frozenset[Mark] | None = None
    hung_up_by: frozenset[Party] | None = None
    tags: frozenset[str] | None = None
    hours: frozenset[int] | None = None
    weekdays: frozenset[int] | None = None
    talk: Between | None = None
    waiting: Between | None = None
    duration: Between | None = None
    part: str | None = None
    client: str | None = None
    recorded: bool | None = None
    counted: bool | None = None

    @classmethod
    def read(cls, query: Iterable[tuple[str, str]]) -> Self:
        """The filter that a query asks for; the words of other things must be taken out before.

        Raises:
            InvalidInputError: a parameter is unknown, given twice, missing or wrong; ``at`` in the details names it.
        """
        given: dict[str, str] = {}
        for name, value in query:
            if name not in PARAMETERS:
                raise InvalidInputError("There is no such parameter.", at=[f"query.{name[:LONGEST]}"])
            if name in given:
                raise InvalidInputError("The parameter is given twice: join its values by commas.", at=values.at(name))
            if _CONTROL.search(value):
                raise InvalidInputError("A parameter has characters that nothing here has.", at=values.at(name))
            if value != "":
                given[name] = value
        for name in ("from", "to"):
            if not _DAY.fullmatch(given.get(name, "")):
                raise InvalidInputError("Give the day as YYYY-MM-DD.", at=values.at(name))
        found = cls(
            first=days_asked.day(given["from"], "query.from"),
            last=days_asked.day(given["to"], "query.to"),
            from_time=values.clock_time(given, "from_time"),
            to_time=values.clock_time(given, "to_time"),
            employees=values.numbers(given, "employee"),
            part_in=values.one_of(given, "part_in", PartIn),
            departments=values.numbers(given, "department"),
            numbers=values.names(given, "number"),
            sources=values.names(given, "source"),
            queues=values.names(given, "queue"),
            types=values.closed(given, "type", CallType),
            outcomes=values.closed(given, "result", Outcome),
            marks=values.closed(given, "mark", Mark),
            hung_up_by=values.closed(given, "hung_up_by", Party),
            tags=values.names(given, "tag"),
            hours=values.numbers(given, "hour", least=0, most=23),
            weekdays=values.numbers(given, "weekday", least=0, most=6),
            talk=values.between(given, "talk"),
            waiting=values.between(given, "waiting"),
            duration=values.between(given, "duration"),
            part=values.digits(given),
            client=values.client(given),
            recorded=values.yes_or_no(given, "recorded"),
            counted=values.yes_or_no(given, "counted"),
        )
        if found.last < found.first:
            raise InvalidInputError("The period ends before it begins.", at=["query.from", "query.to"])
        if found.first == found.last and found.from_time and found.to_time and found.to_time <= found.from_time:
            raise InvalidInputError("The period ends before it begins.", at=["query.from_time", "query.to_time"])
        return found

    def wanted(self, sight: Sight, directory: Directory, zone: ZoneInfo) -> CallFilter:
        """The calls that are asked for, among those in this sight; days and hours are the zone's."""
        departments = None if self.departments is None else with_those_below(self.departments, directory)
        began, ended = self.bounds(zone)
        return CallFilter(
            started_from=began,
            started_to=ended,
            employee_ids=self.employees,
            part_in=self.part_in,
            department_ids=departments,
            business_numbers=self.numbers,
            sources=self.sources,
            queues=self.queues,
            types=self.types,
            outcomes=self.outcomes,
            marks=self.marks,
            hung_up_by=self.hung_up_by,
            tags=self.tags,
            hours=self.hours,
            weekdays=self.weekdays,
            talk=self.talk,
            waiting=self.waiting,
            duration=self.duration,
            number_part=self.part,
            clients_masked=sight.mask is not None,
            client_e164=self.client,
            recorded=self.recorded,
            counted=self.counted,
            seen_department_ids=sight.departments_within(directory),
            seen_employee_id=sight.employee_id,
        )

    def bounds(self, zone: ZoneInfo) -> tuple[float, float]:
        """The period's instants in a zone, the end exclusive."""
        began, ended = day_bounds(self.first, zone)[0], day_bounds(self.last, zone)[1]
        if self.from_time is not None:
            began = datetime.combine(self.first, self.from_time, zone).timestamp()
        if self.to_time is not None:
            ended = datetime.combine(self.last, self.to_time, zone).timestamp()
        return began, max(began, ended)  # a day on which that hour is skipped

    def before(self) -> "Asked | None":
        """The same question of as many days just before; None where there are none before."""
        days = self.last - self.first + timedelta(days=1)
        if self.first - days < days_asked.EARLIEST:
            return None
        return msgspec.structs.replace(self, first=self.first - days, last=self.last - days)


class AskedBy(msgspec.Struct, frozen=True, kw_only=True):
    """A request's question, and whose it is. ``wanted`` has the viewer's sight in it."""

    viewer: Viewer
    asked: Asked
    wanted: CallFilter
    directory: Directory
    zone: ZoneInfo

    def previous(self) -> CallFilter | None:
        """The same question of as many days just before."""
        before = self.asked.before()
        return None if before is None else before.wanted(self.viewer.sight, self.directory, self.zone)


def asked_filter(
    deps: Deps, gate: Gate, action: Action = Action.READ_CALLS, *, beside: Iterable[str] = ()
) -> Callable[[Request, int], Awaitable[AskedBy]]:
    """A dependency: the calls that a request's query asks for, among those that its user sees.

    Args:
        deps: the store.
        gate: the way from a request to its user.
        action: what the user must be allowed.
        beside: names in the query that are not the filter's, and are read elsewhere.

    Raises (at the request):
        InvalidInputError, NotFoundError, ForbiddenError: as ``Asked.read`` and ``Gate.viewer`` say.
    """
    viewer_of, others = gate.viewer(action), frozenset(beside)

    async def asked_for(request: Request, project_id: Id) -> AskedBy:
        viewer = await viewer_of(request, project_id)
        asked = Asked.read(item for item in request.query_params.multi_items() if item[0] not in others)
        return await bind(deps, viewer, asked)

    return asked_for


async def bind(deps: Deps, viewer: Viewer, asked: Asked) -> AskedBy:
    """A question as this viewer may ask it, now."""
    directory = await deps.store.run(deps.store.project(viewer.project_id).directory.load)
    project = await deps.store.run(deps.store.projects.get, viewer.project_id)
    zone = ZoneInfo(project.timezone)
    if asked.client is not None:
        number = await masked.number_of(deps.store, viewer, asked.client, at=values.at("client")[0])
        asked = msgspec.structs.replace(asked, client=number)
    wanted = asked.wanted(viewer.sight, directory, zone)
    return AskedBy(viewer=viewer, asked=asked, wanted=wanted, directory=directory, zone=zone)


def sort_asked(query: Mapping[str, str]) -> Sort:
    """The order that a query asks for: ``sort=-started`` is the newest first, and what holds without it.

    Raises:
        InvalidInputError: there is no such order.
    """
    text = query.get("sort", "") or "-started"
    key = text.removeprefix("-")
    if key not in _SORTS:
        raise InvalidInputError("There is no such order.", at=values.at("sort"), known=sorted(_SORTS))
    return Sort(key=SortKey(key), descending=text.startswith("-"))


def documented_parameters(*more: dict[str, Any]) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that takes the filter, and these parameters."""
    found: list[dict[str, Any]] = []
    for name, told in PARAMETERS.items():
        required = name in {"from", "to"}
        schema: dict[str, Any] = {"type": "string", "format": "date"} if required else {"type": "string"}
        found.append({"name": name, "in": "query", "required": required, "schema": schema, "description": told})
    return {"parameters": [*found, *more]}


def parameter(name: str, told: str, **schema: Any) -> dict[str, Any]:
    """One parameter more, for ``documented_parameters``."""
    required = bool(schema.pop("required", False))
    kind = {"type": "string", **schema}
    return {"name": name, "in": "query", "required": required, "schema": kind, "description": told}
