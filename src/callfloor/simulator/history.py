"""A company's last days, and its living present, from the same world."""

from collections.abc import Iterator

from callfloor.simulator import shifts
from callfloor.simulator.company import Company, demo_company
from callfloor.simulator.day import Pace
from callfloor.simulator.past import heard
from callfloor.simulator.traffic import Traffic
from callfloor.simulator.world import Timed, World

DAY_S = 86_400.0
WARM_UP_S = 1200.0  # longer than nearly every call: the floor is as full at the first second as later
FILL_UP_S = 300.0  # the same where a fixed number of calls is kept up: they are begun as fast as they are missing
LIVE_SERIALS = 10_000_000  # the living world's unique ids never meet the history's


def world_of(
    *,
    start: float,
    seed: int = 1,
    employees: int = 40,
    timezone: str = "Europe/Kyiv",
    calls_per_minute: float | None = None,
    simultaneous: int | None = None,
    lively: bool = True,
    noise: bool = False,
    first_serial: int = 0,
    company: Company | None = None,
) -> World:
    """A company at work from ``start`` (UTC epoch seconds), empty at first.

    ``calls_per_minute`` fixes the pace; otherwise ``lively`` keeps it that of a busy hour day and night, and
    ``lively=False`` follows the day and the week of ``timezone``. ``simultaneous`` keeps that many calls up instead.
    ``noise`` adds VarSet, Newexten and RTCP at a real PBX's ratios.
    """
    company = company or demo_company(employees, seed)
    pace = Pace(per_minute=calls_per_minute, employees=len(company.people), timezone=timezone, lively=lively)
    traffic = Traffic(seed=seed, pace=pace, simultaneous=simultaneous)
    world = World(company=company, people=traffic, start=start, seed=seed, noise=noise, first_serial=first_serial)
    traffic.attach(world)
    away = shifts.AWAY if simultaneous is None else shifts.AWAY_UNDER_LOAD
    shifts.attach(world, seed=seed, timezone=None if lively else timezone, away=away)
    for _ in world.advance(start):  # who is where as it begins was so before
        pass
    world.switch.forget()
    return world


def history(
    *, until: float, days: float = 8, seed: int = 1, employees: int = 40, timezone: str = "Europe/Kyiv"
) -> Iterator[Timed]:
    """The messages of the last ``days`` before ``until``, (UTC epoch seconds, bytes) in time order, all calls ended.

    The pace follows the working day and week of ``timezone``. No noise. See ``past.heard``.
    """
    world = world_of(start=until - days * DAY_S, seed=seed, employees=employees, timezone=timezone, lively=False)
    yield from heard(world, until)
    yield from world.close()
