"""Made-up people for the page's tests: every status, several devices, pauses, badges, the same each time."""

import random

from callfloor.floor.employees import (
    Badge,
    BadgeKind,
    Cause,
    LiveAccount,
    LiveDevice,
    LiveEmployee,
    QueueSeat,
    Status,
    Why,
)

AGENTS = ("Yealink SIP-T46S 66.85.0.5", "Linphone-Desktop/5.2.6", "Grandstream GXP2170 1.0.11.79", "Zoiper v2.10.20")
_CAUSES = {
    Status.TALKING: Why.CALL,
    Status.ONLINE: Why.CALL_ENDED,
    Status.DND: Why.DND_ON,
    Status.OFFLINE: Why.EXPIRED,
    Status.UNKNOWN: Why.NOT_WATCHED,
}


def device(number: int, *, now: float, status: Status = Status.ONLINE, agent: str | None = AGENTS[0]) -> LiveDevice:
    """A registered contact, two hours old."""
    return LiveDevice(
        id=f"d{number}",
        status=status,
        since=now - 7200,
        user_agent=agent,
        address=f"10.0.{number // 250}.{number % 250}:5060",
        round_trip_ms=12.4 + number % 9,
        expires_at=now + 600,
    )


def employee(
    number: int,
    *,
    now: float,
    status: Status = Status.ONLINE,
    since_s: float = 60.0,
    devices: tuple[LiveDevice, ...] | None = None,
    queues: tuple[QueueSeat, ...] = (),
    badges: tuple[Badge, ...] = (),
    why: Why | None = None,
    dnd: bool = False,
) -> LiveEmployee:
    """Employee n with the account 100 + n."""
    name = str(100 + number)
    cause = Cause(why=why or _CAUSES[status], account=name)
    there = status not in {Status.OFFLINE, Status.UNKNOWN}
    own = devices if devices is not None else ((device(number, now=now, status=status),) if there else ())
    account = LiveAccount(account=name, status=status, since=now - since_s, cause=cause, dnd=dnd, devices=own)
    return LiveEmployee(
        id=number,
        status=status,
        since=now - since_s,
        cause=cause,
        accounts=(account,),
        queues=queues,
        badges=badges,
    )


def seat(number: int, queue: str, *, now: float, reason: str | None = None, paused: bool = False) -> QueueSeat:
    """A seat of employee n's, which they may be taken off."""
    return QueueSeat(
        queue=queue, account=str(100 + number), since=now - 300, paused=paused, reason=reason, dynamic=True
    )


def people(size: int, *, now: float, seed: int = 1) -> list[LiveEmployee]:
    """So many people, mixed as on a working day."""
    dice = random.Random(seed)
    statuses = (
        *(Status.TALKING,) * 6,
        *(Status.ONLINE,) * 8,
        *(Status.DND,) * 2,
        *(Status.OFFLINE,) * 4,
    )
    return [_one(number, dice.choice(statuses), dice, now) for number in range(1, size + 1)]


def _one(number: int, status: Status, dice: random.Random, now: float) -> LiveEmployee:
    there = status is not Status.OFFLINE
    devices = tuple(
        device(number * 10 + n, now=now, status=status if n == 0 else Status.ONLINE, agent=dice.choice(AGENTS))
        for n in range(dice.choice((1, 1, 1, 2, 3)) if there else 0)
    )
    reason = dice.choice(("Lunch", "Lunch", "Training", None)) if there and dice.random() < 0.2 else ""
    paused = reason != ""
    queues = tuple(
        seat(number, queue, now=now, paused=paused, reason=reason or None)
        for queue in dice.sample(("sales", "support", "vip"), k=dice.choice((0, 1, 1, 2)))
    )
    badges = [Badge(kind=BadgeKind.PAUSED, since=now - 300, queue=s.queue, reason=s.reason) for s in queues if s.paused]
    if status is Status.ONLINE and dice.random() < 0.25:
        badges.insert(0, Badge(kind=BadgeKind.RINGING, since=now - 4))
    elif status is Status.ONLINE and dice.random() < 0.15:
        badges.append(Badge(kind=BadgeKind.WRAP_UP, since=now - 5, queue="sales", until=now + 25))
    return employee(
        number,
        now=now,
        status=status,
        since_s=dice.uniform(3, 9000),
        devices=devices,
        queues=queues,
        badges=tuple(badges),
    )
