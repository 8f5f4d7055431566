"""An employee's profile, put together from the store's counts and statuses. Blocking: run on a reader's thread.

The days are the project's own. Statuses of a day add up to its length (law L5): what was not watched is unknown, what
has not come is ``future_s``.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from callfloor.floor.days import StatusTotals, day_bounds, days_between, hour_bounds, tile
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import LiveEmployee
from callfloor.store.store import ProjectStore, Store
from callfloor.store.tally import CallCounts
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


def profile(
    store: Store,
    within: ProjectStore,
    employee: Employee,
    directory: Directory,
    period: tuple[date, date],
    now: float,
) -> Profile:
    """The profile of an employee over a period of days, both ends inclusive; without the live row.

    Raises:
        StoreError: the store cannot be read.
    """
    timezone = store.projects.get(within.project_id).timezone
    zone = ZoneInfo(timezone)
    days = days_between(*period)
    bounds = [day_bounds(day, zone) for day in days]
    counts = within.profile.counts(employee.id, bounds)
    totals = within.statuses.day_totals(employee.id, bounds, now)
    return Profile(
        employee=_who(employee, directory),
        first=period[0],
        last=period[1],
        timezone=timezone,
        now=now,
        live=None,
        summary=_summary(counts, totals),
        days=tuple(
            ProfileDay(
                day=day,
                begins_at=begins_at,
                length_s=ends_at - begins_at,
                answered_inbound=count.answered_inbound,
                outbound=count.outbound,
                callback=count.callback,
                missed=count.missed,
                taken_elsewhere=count.taken_elsewhere,
                internal=count.internal,
                talking_s=lasted.talking_s,
                online_s=lasted.online_s,
                dnd_s=lasted.dnd_s,
                offline_s=lasted.offline_s,
                unknown_s=lasted.unknown_s,
                future_s=lasted.future_s,
            )
            for day, (begins_at, ends_at), count, lasted in zip(days, bounds, counts, totals, strict=True)
        ),
    )


def with_live(made: Profile, row: LiveEmployee | None) -> Profile:
    """The profile with the employee's live row."""
    return msgspec.structs.replace(made, live=row)


def hours(store: Store, within: ProjectStore, employee: Employee, day: date) -> ProfileHours:
    """A day's hours, and the calls that began in it, oldest first.

    Raises:
        StoreError: the store cannot be read.
    """
    zone = ZoneInfo(store.projects.get(within.project_id).timezone)
    bounds = hour_bounds(day, zone)
    calls = within.journal.of_employee(employee.id, *day_bounds(day, zone))
    counts = within.profile.counts_in(calls, employee.id, bounds)
    return ProfileHours(
        day=day,
        hours=tuple(
            ProfileHour(
                begins_at=begins_at,
                hour_label=datetime.fromtimestamp(begins_at, zone).strftime("%H:%M"),
                answered_inbound=count.answered_inbound,
                outbound=count.outbound,
                callback=count.callback,
                missed=count.missed,
                taken_elsewhere=count.taken_elsewhere,
                internal=count.internal,
            )
            for (begins_at, _), count in zip(bounds, counts, strict=True)
        ),
        calls=calls,
    )


def statuses(store: Store, within: ProjectStore, employee: Employee, day: date, now: float) -> DayStatuses:
    """A day's statuses: the employee's own, then one track for each of their accounts as they are linked now.

    Raises:
        StoreError: the store cannot be read.
    """
    zone = ZoneInfo(store.projects.get(within.project_id).timezone)
    begins_at, ends_at = day_bounds(day, zone)
    found = within.statuses.tracks([employee.id, *employee.accounts], begins_at, ends_at)
    return DayStatuses(
        day=day,
        begins_at=begins_at,
        ends_at=ends_at,
        tracks=tuple(
            StatusTrack(account=account, stretches=tile(stretches, begins_at, ends_at, now))
            for account, stretches in zip((None, *employee.accounts), found, strict=True)
        ),
    )


def _who(employee: Employee, directory: Directory) -> ProfileEmployee:
    names = {department.id: department.name for department in directory.departments}
    return ProfileEmployee(
        id=employee.id,
        name=employee.name,
        department_id=employee.department_id,
        department_name=None if employee.department_id is None else names.get(employee.department_id),
        accounts=employee.accounts,
    )


def _summary(counts: Sequence[CallCounts], totals: Sequence[StatusTotals]) -> ProfileSummary:
    count, lasted = sum(counts, CallCounts()), sum(totals, StatusTotals())
    return ProfileSummary(
        answered_inbound=count.answered_inbound,
        outbound=count.outbound,
        outbound_answered=count.outbound_answered,
        callback=count.callback,
        callback_answered=count.callback_answered,
        internal=count.internal,
        missed=count.missed,
        taken_elsewhere=count.taken_elsewhere,
        calls_s=count.calls_s,
        talk_s=count.talk_s,
        average_talk_s=_mean(count.talk_s, count.answered),
        average_talk_n=count.answered,
        average_answer_s=_mean(count.answer_s, count.answer_n),
        average_answer_n=count.answer_n,
        statuses=StatusSeconds(
            talking_s=lasted.talking_s,
            online_s=lasted.online_s,
            dnd_s=lasted.dnd_s,
            offline_s=lasted.offline_s,
            unknown_s=lasted.unknown_s,
        ),
    )


def _mean(sum_s: float, n: int) -> float | None:
    """No calls, no mean: never 0."""
    return sum_s / n if n else None
