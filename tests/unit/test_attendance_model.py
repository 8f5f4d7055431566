"""Random days of devices, do-not-disturb and calls, against a model that looks at every second by itself."""

from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.days import day_bounds, day_of, days_between, stretches_of, tile, totals
from callfloor.floor.employees import Status
from support.team import MIDNIGHT, Team

LENGTH_S = 60
ACCOUNTS = ("A", "B")
DEVICES = ("desk", "soft")
Toggles = frozenset[int]
"""The seconds at which something goes on, off, on …"""

toggles = st.frozensets(st.integers(0, LENGTH_S - 1), max_size=8)
people = st.fixed_dictionaries(
    {
        **{(account, device): toggles for account in ACCOUNTS for device in DEVICES},
        **{(account, what): toggles for account in ACCOUNTS for what in ("dnd", "presence", "call")},
        ("-", "link"): toggles,
        ("-", "switch"): toggles,
    }
)


def is_on(at: float, changes: Toggles) -> bool:
    return sum(change <= at for change in changes) % 2 == 1


def account_status(day: dict[tuple[str, str], Toggles], account: str, at: float) -> Status:
    """ST-1, looked up afresh at one instant."""
    if is_on(at, day[account, "call"]):
        return Status.TALKING
    if not any(is_on(at, day[account, device]) for device in DEVICES):
        return Status.OFFLINE
    dnd = is_on(at, day[account, "dnd"]) or is_on(at, day[account, "presence"])
    return Status.DND if dnd else Status.ONLINE


def employee_status(day: dict[tuple[str, str], Toggles], at: float) -> Status:
    have = [account_status(day, account, at) for account in ACCOUNTS]
    first = next(s for s in (Status.TALKING, Status.ONLINE, Status.DND, Status.OFFLINE) if s in have)
    switched = is_on(at, day["-", "switch"])
    return Status.DND if switched and first is Status.ONLINE else first


def live_through(day: dict[tuple[str, str], Toggles]) -> Team:
    """The same day, as facts."""
    team = Team(*ACCOUNTS)
    numbers = count(1)
    calls: dict[str, str] = {}
    happens = sorted((second, *what) for what, seconds in day.items() for second in seconds)
    for second, who, what in happens:
        team.now = MIDNIGHT + second
        on = is_on(second, day[who, what])
        match what:
            case "link":
                team.lost() if on else team.up()
            case "switch":
                team.switched("dnd" if on else "back", "anna")
            case "dnd":
                team.dnd(who, "on" if on else "off")
            case "presence":
                team.dnd(who, "on" if on else "off", "presence")
            case "call" if on:
                calls[who] = f"c{next(numbers)}"
                team.talks(who, calls[who])
            case "call":
                team.hangs_up(who, calls[who])
            case _ if on:
                team.registers(who, what)
            case _:
                team.signs_off(who, what)
    return team


@given(people)
def test_any_day_equals_a_model_that_looks_at_every_second(day: dict[tuple[str, str], Toggles]) -> None:
    team = live_through(day)
    end = MIDNIGHT + LENGTH_S
    for subject in (1, *ACCOUNTS):
        tiles = tile(team.stretches(subject), MIDNIGHT, end, end)
        for second in range(LENGTH_S):
            at = second + 0.5
            (shown,) = [s.status for s in tiles if s.began_at <= MIDNIGHT + at and MIDNIGHT + at < (s.ended_at or end)]
            if is_on(at, day["-", "link"]):
                expected = Status.UNKNOWN
            elif isinstance(subject, int):
                expected = employee_status(day, at)
            else:
                expected = account_status(day, subject, at)
            assert shown is expected, f"{subject} at {second}"
    team.watched.close()


@given(
    st.lists(
        st.tuples(st.integers(0, 9 * 86_400), st.sampled_from(["on", "off", "dnd", "free", "lost", "up"])), max_size=30
    ),
    st.sampled_from(["UTC", "Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"]),
    st.integers(0, 10 * 86_400),
)
def test_every_day_of_a_random_week_adds_up(happens: list[tuple[int, str]], zone_name: str, now_s: int) -> None:
    zone = ZoneInfo(zone_name)
    start = datetime(2026, 10, 20, tzinfo=UTC).timestamp()  # a clock is set in most of these zones
    team = Team("A")
    for second, what in sorted(happens):
        team.now = start + second
        match what:
            case "on":
                team.registers("A")
            case "off":
                team.signs_off("A")
            case "lost":
                team.lost()
            case "up":
                team.up()
            case _:
                team.dnd("A", "on" if what == "dnd" else "off")
    stretches = stretches_of(told for told in team.historian.told[1])
    now = start + now_s
    for day in days_between(day_of(start, zone), date(2026, 10, 31)):
        begins_at, ends_at = day_bounds(day, zone)
        assert totals(stretches, begins_at, ends_at, now).length_s == ends_at - begins_at


def test_the_model_can_tell_a_wrong_status() -> None:
    """The seed of the model: what it must say of a day that is known by heart."""
    day = {
        what: frozenset[int]() for what in [*((a, d) for a in ACCOUNTS for d in (*DEVICES, "dnd", "presence", "call"))]
    }
    day |= {("A", "desk"): frozenset({10}), ("A", "call"): frozenset({20, 30}), ("-", "switch"): frozenset({40})}
    found = [employee_status(day, at) for at in (5, 15, 25, 35, 45)]
    assert found == [Status.OFFLINE, Status.ONLINE, Status.TALKING, Status.ONLINE, Status.DND]
