"""A made-up floor for the page's tests: a directory, and calls of every kind in every status, the same each time."""

import random
from collections.abc import Sequence

from callfloor.floor.calls import (
    WAITING,
    CallRecord,
    CallResult,
    CallStatus,
    CallType,
    EmployeePart,
    LiveCall,
    LiveParty,
    PartyState,
    StoryStep,
)
from callfloor.floor.directory import BusinessNumber, Department, Directory, Employee, Queue

NAMES = (
    "Анна Кузнецова",
    "Борис Ефимов",
    "Виктория Мельник",
    "Александр Константинопольский",
    "Дарья Соловьёва",
    "Егор Литвин",
    "Katarzyna Wiśniewska",
    "Jakub Szczepański",
    "Małgorzata Dąbrowska",
    "Oliver Brown",
    "Emma Clarke",
    "Noah Wilson",
    "Ірина Ковальчук",
    "Тарас Шевчук",
    "Олена Бондаренко",
    "Michał Lewandowski",
    "Sophie Turner",
    "Максим Егоров",
    "Полина Захарова",
    "Тимофей Орлов",
)

DEPARTMENTS = (
    Department(id=1, name="Sales"),
    Department(id=2, name="Sales, regions", parent_id=1),
    Department(id=3, name="Support"),
    Department(id=4, name="Accounts"),
    Department(id=5, name="Logistics"),
)

QUEUES = (
    Queue(name="sales", label="Sales"),
    Queue(name="support", label="Support, first line"),
    Queue(name="vip", label=None),
)

NUMBERS = (
    BusinessNumber(number="74951000001", label="Main line", source="Website"),
    BusinessNumber(number="74951000002", label="Billboard"),
    BusinessNumber(number="78005553535"),
)

_STATUSES = (
    *(CallStatus.TALKING,) * 9,
    *(CallStatus.RINGING,) * 3,
    *(CallStatus.QUEUE,) * 3,
    *(CallStatus.DIALLING,) * 2,
    CallStatus.IVR,
    CallStatus.ARRIVING,
    CallStatus.HOLD,
    CallStatus.CONFERENCE,
    CallStatus.TRANSFER,
    CallStatus.PARKED,
    CallStatus.VOICEMAIL,
    CallStatus.FAX,
)


def directory(employees: int = 40) -> Directory:
    """People 1…n with the accounts 101…, spread over the departments."""
    people = tuple(
        Employee(
            id=n + 1,
            name=NAMES[n] if n < len(NAMES) else f"{NAMES[n % len(NAMES)]} {n // len(NAMES) + 1}",
            department_id=n % len(DEPARTMENTS) + 1,
            accounts=(str(101 + n),),
        )
        for n in range(employees)
    )
    return Directory(departments=DEPARTMENTS, employees=people, queues=QUEUES, numbers=NUMBERS)


def party(employee: int, state: PartyState, since: float) -> LiveParty:
    """Employee n's account in a call."""
    return LiveParty(account=str(100 + employee), employee_id=employee, state=state, since=since)


def call(
    number: int,
    *,
    now: float,
    status: CallStatus = CallStatus.TALKING,
    kind: CallType = CallType.INBOUND,
    employees: Sequence[int] = (1,),
    age_s: float = 60.0,
    client: str | None = None,
    queue: str | None = "sales",
) -> LiveCall:
    """Call number n, begun ``age_s`` ago; answered a third of the way through, unless it still waits."""
    waiting = status in WAITING
    started = now - age_s
    answered = None if waiting else started + age_s / 3
    state = PartyState.RINGING if waiting else PartyState.TALKING
    there = () if status in {CallStatus.ARRIVING, CallStatus.IVR, CallStatus.QUEUE} else tuple(employees)
    since = started + age_s / 2 if answered is None else answered
    client = client or f"7916{1000000 + number * 7919 % 9000000:07d}"
    talking = status in {CallStatus.TALKING, CallStatus.CONFERENCE}
    return LiveCall(
        id=f"call-{number}.5",
        type=kind,
        status=status,
        status_since=since,
        started_at=started,
        answered_at=answered,
        parties=tuple(party(employee, state, since) for employee in there),
        client_number=client,
        client_e164=f"+{client}",
        business_number=NUMBERS[number % len(NUMBERS)].number,
        queue=queue if kind is CallType.INBOUND else None,
        queue_position=number % 4 + 1 if status is CallStatus.QUEUE else None,
        scheme="Working hours" if kind is CallType.INBOUND else None,
        route=("Main menu", "Sales") if kind is CallType.INBOUND and queue else (),
        talk_since=answered if talking else None,
        talk_s=0.0 if talking or waiting else 21.0,
        hold_since=since if status is CallStatus.HOLD else None,
    )


def floor(size: int, *, now: float, employees: int = 40, seed: int = 1) -> list[LiveCall]:
    """So many calls, mixed as on a working day."""
    dice = random.Random(seed)
    kinds = (*(CallType.INBOUND,) * 6, *(CallType.OUTBOUND,) * 3, CallType.CALLBACK, CallType.INTERNAL)
    made = []
    for number in range(1, size + 1):
        status = dice.choice(_STATUSES)
        kind = dice.choice(kinds)
        if status is CallStatus.DIALLING and kind is CallType.INBOUND:
            kind = CallType.OUTBOUND
        if status in {CallStatus.QUEUE, CallStatus.IVR, CallStatus.VOICEMAIL, CallStatus.FAX}:
            kind = CallType.INBOUND
        crowd = dice.sample(range(1, employees + 1), k=3 if status is CallStatus.RINGING and number % 2 else 1)
        age = dice.uniform(2, 40 if status in WAITING else 900)
        queue = dice.choice(("sales", "support", "vip", None))
        if status is CallStatus.QUEUE:
            queue = queue or "sales"
        made.append(call(number, now=now, status=status, kind=kind, employees=crowd, age_s=age, queue=queue))
    return made


def story(of: LiveCall) -> list[StoryStep]:
    """What has happened to an inbound call so far."""
    steps = [
        StoryStep(at=of.started_at, what="arrived", number=of.client_e164, detail=of.scheme),
        StoryStep(at=of.started_at + 1, what="ivr", detail="Main menu", duration_s=4.0),
    ]
    if of.queue:
        steps.append(StoryStep(at=of.started_at + 5, what="queue_joined", queue=of.queue))
    steps += [StoryStep(at=one.since, what="ringing", account=one.account) for one in of.parties]
    if of.answered_at and of.parties:
        steps.append(StoryStep(at=of.answered_at, what="answered", account=of.parties[0].account))
    return steps


def record(of: LiveCall) -> CallRecord:
    """The row of an inbound call that employee 1 answered and the client ended."""
    return CallRecord(
        call_id=of.id,
        type=of.type,
        result=CallResult.ANSWERED,
        abandoned_in=None,
        client_number=of.client_number,
        client_e164=of.client_e164,
        business_number=of.business_number,
        started_at=of.started_at,
        answered_at=of.answered_at,
        ended_at=of.started_at + 90,
        waiting_s=30.0,
        ivr_s=4.0,
        queue_s=20.0,
        ringing_s=6.0,
        talk_s=41.0,
        hold_s=5.0,
        duration_s=90.0,
        employees=(
            EmployeePart(
                account="101",
                ring_s=6.0,
                answered=True,
                answered_at=of.answered_at,
                talk_s=41.0,
                missed=False,
                taken_elsewhere=False,
            ),
        ),
        external=(),
        queues=(),
        route=of.route,
        scheme=of.scheme,
        hung_up_by="client",
        recording=None,
        forwarded_from=None,
        story=tuple(story(of)),
    )
