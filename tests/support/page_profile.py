"""Made-up pasts for the page's tests: a working day of calls and statuses for any employee, the same each time.

The figures of a profile are counted from the very calls and stretches that its days show, so all of it agrees.
"""

import random
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callfloor.floor.calls import CallRecord, CallResult, CallType, EmployeePart
from callfloor.floor.days import StatusTotals, day_bounds, days_between, hour_bounds, tile, totals
from callfloor.floor.directory import Employee
from callfloor.floor.employees import Cause, Status, StatusStretch, Why
from callfloor.store.journal import JournalCall, JournalEmployee
from callfloor.web.contract import (
    DayStatuses,
    Profile,
    ProfileDay,
    ProfileEmployee,
    ProfileHour,
    ProfileHours,
    ProfileSummary,
    StatusSeconds,
    StatusTrack,
)
from support.page_answers import answer, refusal

if TYPE_CHECKING:
    from support.page_server import PageServer

HOUR = 3600.0
_PARTS = ("answered_inbound", "outbound", "callback", "missed", "taken_elsewhere", "internal")
_KINDS = (*("answered_inbound",) * 6, *("outbound",) * 3, "callback", "missed", "taken_elsewhere", "internal")


class Pasts:
    """Every employee's past, in a zone. Weekends are off; on a working day calls come from nine to six."""

    def __init__(self, timezone: str = "Europe/Moscow") -> None:
        self.timezone = timezone
        self.refused: Response | None = None  # what all of it is answered with instead
        self.asked: list[str] = []  # the path of each question, with its query
        self.extra: dict[date, list[StatusStretch]] = {}  # of the employee's own track, instead of the made-up ones
        self.added: list[JournalCall] = []  # calls that ended while the page was looking

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def calls(self, employee: Employee, day: date, now: float) -> list[JournalCall]:
        """A day's calls that are over, oldest first."""
        begins_at, ends_at = day_bounds(day, self._zone)
        late = [one for one in self.added if begins_at <= one.record.started_at < ends_at]
        if day.weekday() >= 5:
            return late
        dice = random.Random(f"{employee.id} {day}")
        at = begins_at + 9 * HOUR
        made = []
        for number in range(dice.randint(14, 26)):
            at += dice.uniform(300, 1500)
            made.append(past_call(employee, f"{day}-{number}", dice.choice(_KINDS), at, dice.uniform(30, 700), dice))
            at += made[-1].record.duration_s
        return [*(one for one in made if (one.record.ended_at or now) < now), *late]

    def stretches(self, employee: Employee, account: str | None, day: date, now: float) -> tuple[StatusStretch, ...]:
        """A day's statuses: of the employee, of their first account, or of another, which is never there."""
        begins_at, ends_at = day_bounds(day, self._zone)
        if account is None and day in self.extra:
            return tile(self.extra[day], begins_at, ends_at, now)
        told = [(begins_at, Status.OFFLINE, Cause(why=Why.SIGNED_OFF))]
        if day.weekday() < 5 and account in (None, employee.accounts[0]):
            told += self._working(employee, day, begins_at)
        ends = [*(at for at, _, _ in told[1:]), ends_at]
        return tile(
            [
                StatusStretch(status=status, began_at=at, ended_at=end if end < now else None, cause=cause)
                for (at, status, cause), end in zip(told, ends, strict=True)
                if at < now and end > at
            ],
            begins_at,
            ends_at,
            now,
        )

    def _working(self, employee: Employee, day: date, begins_at: float) -> list[tuple[float, Status, Cause]]:
        account = employee.accounts[0]
        online = Cause(why=Why.CALL_ENDED, account=account)
        told = [
            (begins_at + 8.5 * HOUR, Status.ONLINE, Cause(why=Why.REGISTERED, account=account)),
            (begins_at + 13 * HOUR, Status.DND, Cause(why=Why.SWITCH, by="boris")),
            (begins_at + 13.6 * HOUR, Status.ONLINE, Cause(why=Why.SWITCH, by="anna")),
            (begins_at + 16 * HOUR, Status.UNKNOWN, Cause(why=Why.LINK_LOST)),
            (begins_at + 16.2 * HOUR, Status.ONLINE, Cause(why=Why.WATCH_BEGAN, account=account)),
            (begins_at + 20 * HOUR, Status.OFFLINE, Cause(why=Why.EXPIRED, account=account)),
        ]
        for call in self.calls(employee, day, float("inf")):
            record = call.record
            if record.answered_at is None or not call.record.employees[0].answered or record.ended_at is None:
                continue
            talks = Cause(why=Why.CALL, account=account, call_id=record.call_id)
            told += [(record.answered_at, Status.TALKING, talks), (record.ended_at, Status.ONLINE, online)]
        return sorted(told, key=lambda one: one[0])

    def profile(self, employee: Employee, department: str | None, first: date, last: date, now: float) -> Profile:
        """The period in figures, without the live row."""
        days, seconds, calls = [], StatusTotals(), []
        for day in days_between(first, last):
            begins_at, ends_at = day_bounds(day, self._zone)
            own = self.calls(employee, day, now)
            spent = totals(self.stretches(employee, None, day, now), begins_at, ends_at, now)
            figures = msgspec.structs.asdict(spent)
            days.append(
                ProfileDay(day=day, begins_at=begins_at, length_s=ends_at - begins_at, **_counts(own), **figures)
            )
            seconds += spent
            calls += own
        return Profile(
            employee=ProfileEmployee(
                id=employee.id,
                name=employee.name,
                department_id=employee.department_id,
                department_name=department,
                accounts=employee.accounts,
            ),
            first=first,
            last=last,
            timezone=self.timezone,
            now=now,
            live=None,
            summary=_summary(calls, seconds),
            days=tuple(days),
        )

    def hours(self, employee: Employee, day: date, now: float) -> ProfileHours:
        """A day by hours, and its calls."""
        calls = self.calls(employee, day, now)
        return ProfileHours(
            day=day,
            hours=tuple(
                ProfileHour(
                    begins_at=begins_at,
                    hour_label=datetime.fromtimestamp(begins_at, self._zone).strftime("%H:%M"),
                    **_counts([one for one in calls if begins_at <= one.record.started_at < ends_at]),
                )
                for begins_at, ends_at in hour_bounds(day, self._zone)
            ),
            calls=tuple(calls),
        )

    def statuses(self, employee: Employee, day: date, now: float) -> DayStatuses:
        """A day's statuses, the employee's own first."""
        begins_at, ends_at = day_bounds(day, self._zone)
        tracks = tuple(
            StatusTrack(account=account, stretches=self.stretches(employee, account, day, now))
            for account in (None, *employee.accounts)
        )
        return DayStatuses(day=day, begins_at=begins_at, ends_at=ends_at, tracks=tracks)


def profile_routes(server: "PageServer") -> list[Route]:
    """The profile's part of the API, out of the server's ``pasts``."""
    base = "/api/v1/projects/{project:int}/employees/{id:int}"

    def asked(request: Request) -> Employee | Response:
        server.pasts.asked.append(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        if server.pasts.refused is not None:
            return server.pasts.refused
        found = (one for one in server.directory.employees if one.id == request.path_params["id"])
        return next(found, refusal(404, "not_found"))

    async def profile(request: Request) -> Response:
        employee = asked(request)
        if isinstance(employee, Response):
            return employee
        names = {one.id: one.name for one in server.directory.departments}
        first, last = (date.fromisoformat(request.query_params[name]) for name in ("from", "to"))
        department = names.get(employee.department_id or 0)
        made = server.pasts.profile(employee, department, first, last, server.now())
        return answer(msgspec.structs.replace(made, live=server.employees.get(employee.id)))

    async def hours(request: Request) -> Response:
        employee = asked(request)
        if isinstance(employee, Response):
            return employee
        return answer(server.pasts.hours(employee, date.fromisoformat(request.path_params["day"]), server.now()))

    async def statuses(request: Request) -> Response:
        employee = asked(request)
        if isinstance(employee, Response):
            return employee
        return answer(server.pasts.statuses(employee, date.fromisoformat(request.path_params["day"]), server.now()))

    return [
        Route(f"{base}/profile", profile),
        Route(f"{base}/days/{{day}}/hours", hours),
        Route(f"{base}/days/{{day}}/statuses", statuses),
    ]


def past_call(
    employee: Employee, call_id: str, kind: str, at: float, talk_s: float, dice: random.Random
) -> JournalCall:
    """A call as the journal has it; ``kind`` is the part of a profile that it counts in."""
    types = {"outbound": CallType.OUTBOUND, "callback": CallType.CALLBACK, "internal": CallType.INTERNAL}
    answered = kind not in {"missed", "taken_elsewhere"}
    ring_s = dice.uniform(2, 12) if answered else dice.uniform(6, 20)
    account = employee.accounts[0]
    client = None if kind == "internal" else f"7916{dice.randrange(10**7):07d}"
    record = CallRecord(
        call_id=call_id,
        type=types.get(kind, CallType.INBOUND),
        result=CallResult.MISSED if kind == "missed" else CallResult.ANSWERED,
        abandoned_in=None,
        client_number=client,
        client_e164=client and f"+{client}",
        business_number="74951000001",
        started_at=at,
        answered_at=None if kind == "missed" else at + ring_s,
        ended_at=at + ring_s + (talk_s if answered else 0),
        waiting_s=ring_s,
        ivr_s=0.0,
        queue_s=0.0,
        ringing_s=ring_s,
        talk_s=talk_s if answered else 0.0,
        hold_s=0.0,
        duration_s=ring_s + (talk_s if answered else 0),
        employees=(
            EmployeePart(
                account=account,
                ring_s=ring_s,
                answered=answered,
                answered_at=at + ring_s if answered else None,
                talk_s=talk_s if answered else 0.0,
                missed=kind == "missed",
                taken_elsewhere=kind == "taken_elsewhere",
            ),
        ),
        external=(),
        queues=(),
        route=(),
        scheme=None,
        hung_up_by="client",
        recording=None,
        forwarded_from=None,
        story=(),
    )
    who = JournalEmployee(
        account=account,
        employee_id=employee.id,
        employee_name=employee.name,
        department_id=employee.department_id,
        department_name=None,
    )
    return JournalCall(record=record, employees=(who,))


def _kind(call: JournalCall) -> str:
    part = call.record.employees[0]
    if call.record.type is not CallType.INBOUND:
        return str(call.record.type)
    return "missed" if part.missed else "taken_elsewhere" if part.taken_elsewhere else "answered_inbound"


def _counts(calls: Sequence[JournalCall]) -> dict[str, int]:
    return {part: sum(_kind(call) == part for call in calls) for part in _PARTS}


def _summary(calls: Sequence[JournalCall], spent: StatusTotals) -> ProfileSummary:
    counts = _counts(calls)
    answered = [call.record for call in calls if call.record.employees[0].answered]
    inbound = [record.employees[0].ring_s for record in answered if record.type is CallType.INBOUND]
    talk_s = sum(record.talk_s for record in answered)
    return ProfileSummary(
        **counts,
        outbound_answered=counts["outbound"],
        callback_answered=counts["callback"],
        calls_s=talk_s,
        talk_s=talk_s,
        average_talk_s=talk_s / len(answered) if answered else None,
        average_talk_n=len(answered),
        average_answer_s=sum(inbound) / len(inbound) if inbound else None,
        average_answer_n=len(inbound),
        statuses=StatusSeconds(
            talking_s=spent.talking_s,
            online_s=spent.online_s,
            dnd_s=spent.dnd_s,
            offline_s=spent.offline_s,
            unknown_s=spent.unknown_s,
        ),
    )
