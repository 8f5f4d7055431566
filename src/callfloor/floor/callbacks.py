"""Which clients are to be called back. Pure: what happened with one client goes in, their *cases* come out.

A case begins with a missed call of a client who has none open. Further missed calls of theirs and our own attempts
belong to it, until an employee talks to them (they called again and were answered, or they were called and answered)
or somebody closes it by hand. So every missed call is in exactly one case, and at any instant the clients with a
missed call in a period are those whose last such call is in an open case, and those whose is in a closed one: *open +
closed = missed unique clients*.

What happened is taken in order of its instant, whatever the order in which it became known. A missed call and an
attempt happen when they begin, a conversation when the other side answers: who is reached while their own call is
still in the queue has been reached.
"""

from collections.abc import Iterable
from enum import IntEnum

import msgspec

LONGEST_WAIT_MS = 86_400_000
"""Whoever answers does so within a day of the call's beginning; what says otherwise is read so."""


class What(IntEnum):
    """What happened. Of things at one instant the first here comes first."""

    MISSED = 0  # an inbound call that nobody answered
    TRIED = 1  # we called, and nobody answered
    CLOSED = 2  # by hand
    REACHED = 3  # an employee talked to them


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened with a client. Instants in milliseconds."""

    at: int
    what: What
    key: int  # of the call in the journal, or the closing's number
    call_id: str = ""
    how: str = ""  # inbound | outbound | callback; by hand: hand
    closed_at: int = 0  # by hand: when; else as ``at``
    client_number: str | None = None
    business_number: str | None = None
    queue: str | None = None  # the last one that the call was in
    employee_id: int | None = None  # missed: whom it rang last; reached: who talked to them
    department_id: int | None = None
    departments: frozenset[int] = frozenset()  # of all whom it rang
    queues: frozenset[str] = frozenset()
    nobody: bool = False  # it rang no employee


class Case(msgspec.Struct, kw_only=True):
    """From a client's first missed call to the end of it."""

    first_missed_at: int
    first_call: int
    last_missed_at: int
    last_call: int
    last_call_id: str
    client_number: str | None
    tries: int = 0
    attempts: int = 0
    last_attempt_at: int | None = None
    known_until: int
    business_number: str | None
    queue: str | None
    turn_employee_id: int | None
    turn_department_id: int | None
    departments: frozenset[int] = frozenset()
    queues: frozenset[str] = frozenset()
    nobody: bool = False
    settled_at: int | None = None  # None: open
    closed_at: int | None = None
    closed_how: str | None = None
    closed_call_id: str | None = None
    closed_employee_id: int | None = None
    closing_id: int | None = None


def step(case: Case | None, happened: Happened) -> Case | None:
    """What becomes of a client's open case (None: there is none). A case with ``settled_at`` is over."""
    if happened.what is What.MISSED:
        if case is None:
            case = Case(
                first_missed_at=happened.at,
                first_call=happened.key,
                last_missed_at=happened.at,
                last_call=happened.key,
                last_call_id=happened.call_id,
                client_number=happened.client_number,
                known_until=happened.at,
                business_number=happened.business_number,
                queue=happened.queue,
                turn_employee_id=None,
                turn_department_id=None,
            )
        case.last_missed_at, case.last_call, case.last_call_id = happened.at, happened.key, happened.call_id
        case.client_number, case.business_number = happened.client_number, happened.business_number
        case.queue = happened.queue
        case.turn_employee_id, case.turn_department_id = happened.employee_id, happened.department_id
        case.departments |= happened.departments
        case.queues |= happened.queues
        case.nobody |= happened.nobody
        case.tries += 1
    elif case is None:
        return None
    elif happened.what is What.TRIED:
        case.attempts += 1
        case.last_attempt_at = happened.at
    else:
        by_hand = happened.what is What.CLOSED
        case.settled_at = happened.at
        case.closed_at = happened.closed_at if by_hand else happened.at
        case.closed_how = happened.how
        case.closed_call_id = None if by_hand else happened.call_id
        case.closed_employee_id = happened.employee_id
        case.closing_id = happened.key if by_hand else None
    case.known_until = max(case.known_until, happened.at)
    return case


def cases_of(history: Iterable[Happened]) -> list[Case]:
    """One client's cases, oldest first; all but the last are over."""
    made: list[Case] = []
    case: Case | None = None
    for happened in sorted(history, key=lambda each: (each.at, each.what, each.key)):
        before, case = case, step(case, happened)
        if before is None and case is not None:
            made.append(case)
        if case is not None and case.settled_at is not None:
            case = None
    return made
