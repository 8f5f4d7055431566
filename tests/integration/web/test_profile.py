"""An employee's profile, hours and statuses, over real sockets, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from callfloor.floor.calls import CallRecord, CallResult, CallType, EmployeePart
from callfloor.floor.employees import Cause, LiveEmployee, Status, StatusTold, Why
from support.databases import postgres, postgres_url  # noqa: F401 - fixtures
from support.web_floor import NOW, record
from support.web_site import Site, site

TODAY, YESTERDAY = "2023-11-14", "2023-11-13"
MIDNIGHT = 1_699_916_400.0  # 2023-11-14 00:00 in Warsaw, an hour ahead of UTC
HOUR = 3600.0
FUTURE_S = MIDNIGHT + 24 * HOUR - NOW
COUNTED = ("answered_inbound", "outbound", "callback", "missed", "taken_elsewhere", "internal")
STATUSES = ("talking_s", "online_s", "dnd_s", "offline_s", "unknown_s", "future_s")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ours(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """A site on each of the two databases."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    async with site(tmp_path, url=url) as found:
        yield found


def part(account: str, **fields: Any) -> EmployeePart:
    """An account that the call passed by."""
    values = {
        "ring_s": 0.0,
        "answered": False,
        "answered_at": None,
        "talk_s": 0.0,
        "missed": False,
        "taken_elsewhere": False,
    }
    return EmployeePart(account=account, **{**values, **fields})


def finished(call_id: str, at: float, kind: CallType, *parts: EmployeePart, answered: bool = True) -> CallRecord:
    """A call of these parts, begun at ``at``; answered calls are held for two seconds."""
    return msgspec.structs.replace(
        record(call_id, started_at=at),
        type=kind,
        result=CallResult.ANSWERED if answered else CallResult.NO_ANSWER,
        answered_at=at + 10 if answered else None,
        talk_s=sum(each.talk_s for each in parts),
        hold_s=2.0 if answered else 0.0,
        employees=parts,
    )


def talked(account: str, ring_s: float, talk_s: float) -> EmployeePart:
    """An account that answered."""
    return part(account, ring_s=ring_s, answered=True, answered_at=NOW, talk_s=talk_s)


def fill(ours: Site) -> None:
    """A day of Anna's, and a call on the day before."""
    nine = MIDNIGHT + 9 * HOUR
    ours.store.project(ours.ours).journal.write(
        [
            finished("in", nine, CallType.INBOUND, talked("101", 6.0, 60.0)),
            finished("in too", nine + 60, CallType.INBOUND, talked("101", 3.0, 30.0)),
            finished("missed", nine + 120, CallType.INBOUND, part("101", ring_s=5.001, missed=True), answered=False),
            finished("short", nine + 180, CallType.INBOUND, part("101", ring_s=5.0), answered=False),
            finished(
                "theirs",
                nine + HOUR,
                CallType.INBOUND,
                part("101", ring_s=8.0, taken_elsewhere=True),
                talked("201", 8.0, 40.0),
            ),
            finished("out", nine + HOUR, CallType.OUTBOUND, part("101", talk_s=90.0, answered_at=NOW)),
            finished("unheard", nine + HOUR + 1, CallType.OUTBOUND, part("101"), answered=False),
            finished("back", nine + 2 * HOUR, CallType.CALLBACK, talked("101", 0.0, 20.0)),
            finished("inside", nine + 3 * HOUR, CallType.INTERNAL, part("101", talk_s=10.0), talked("201", 1.0, 10.0)),
            finished("Boris's", nine + 4 * HOUR, CallType.INBOUND, talked("201", 4.0, 50.0)),
            finished("before", MIDNIGHT - 1, CallType.INBOUND, talked("101", 5.0, 25.0)),
        ]
    )
    told = [
        (8.0, Status.ONLINE, Why.REGISTERED),
        (9.0, Status.TALKING, Why.CALL),
        (9.5, Status.ONLINE, Why.CALL_ENDED),
        (12.0, Status.DND, Why.DND_ON),
        (13.0, Status.OFFLINE, Why.SIGNED_OFF),
        (14.0, Status.UNKNOWN, Why.LINK_LOST),
        (15.0, Status.ONLINE, Why.WATCH_BEGAN),
    ]
    ours.store.project(ours.ours).statuses.write(
        [
            StatusTold(at=MIDNIGHT + hour * HOUR, status=status, cause=Cause(why=why, account="101"), **subject)
            for hour, status, why in told
            for subject in ({"employee_id": ours.anna}, {"account": "101"})
        ]
    )


async def get(ours: Site, client: httpx.AsyncClient, address: str, employee_id: int | None = None) -> Any:
    """What an address of an employee's (Anna's) answers."""
    whom = ours.anna if employee_id is None else employee_id
    answer = await client.get(f"/api/v1/projects/{ours.ours}/employees/{whom}/{address}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_summary_counts_by_the_formulas(ours: Site) -> None:
    fill(ours)
    client = await ours.signed_in("supervisor")
    found = await get(ours, client, f"profile?from={TODAY}&to={TODAY}")
    assert found["employee"] == {
        "id": ours.anna,
        "name": "Anna",
        "department_id": ours.sales,
        "department_name": "Sales",
        "accounts": ["101"],
    }
    assert (found["from"], found["to"], found["timezone"], found["now"]) == (TODAY, TODAY, "Europe/Warsaw", NOW)
    summary = found["summary"]
    assert {name: summary[name] for name in COUNTED} == {
        "answered_inbound": 2,
        "outbound": 2,
        "callback": 1,
        "missed": 1,
        "taken_elsewhere": 1,
        "internal": 1,
    }
    assert (summary["outbound_answered"], summary["callback_answered"]) == (1, 1)
    assert summary["talk_s"] == 60 + 30 + 90 + 20 + 10
    assert summary["calls_s"] == summary["talk_s"] + 5 * 2, "the hold of five calls"
    assert (summary["average_talk_s"], summary["average_talk_n"]) == (210 / 5, 5)
    assert (summary["average_answer_s"], summary["average_answer_n"]) == ((6 + 3) / 2, 2)
    assert summary["statuses"] == {
        "talking_s": 0.5 * HOUR,
        "online_s": (1.0 + 2.5) * HOUR + NOW - (MIDNIGHT + 15 * HOUR),
        "dnd_s": HOUR,
        "offline_s": HOUR,
        "unknown_s": 9 * HOUR,  # the night before anything was told, and the hour the link was down
    }
    (day,) = found["days"]
    assert (day["day"], day["begins_at"], day["length_s"], day["future_s"]) == (TODAY, MIDNIGHT, 86_400, FUTURE_S)
    assert {name: day[name] for name in COUNTED} == {name: summary[name] for name in COUNTED}


async def test_everybodys_presence_is_their_profiles_and_only_of_those_in_sight(ours: Site) -> None:
    fill(ours)
    days = f"from={YESTERDAY}&to={TODAY}"
    for who, names in (("analyst", ["Anna", "Boris"]), ("supervisor", ["Anna"]), ("employee", ["Anna"])):
        client = await ours.signed_in(who)
        found = (await client.get(f"/api/v1/projects/{ours.ours}/presence?{days}")).json()["employees"]
        assert [one["employee_name"] for one in found] == names
        for one in found:
            summary = (await get(ours, client, f"profile?{days}", one["employee_id"]))["summary"]["statuses"]
            assert {name: one[name] for name in ("talking_s", "online_s", "dnd_s", "unknown_s")} == {
                name: seconds for name, seconds in summary.items() if name != "offline_s"
            }
            assert one["absent_s"] == summary["offline_s"]
            assert one["present_s"] == summary["talking_s"] + summary["online_s"] + summary["dnd_s"]


async def test_no_calls_have_no_mean_and_a_day_unwatched_is_unknown(ours: Site) -> None:
    found = await get(ours, await ours.signed_in("analyst"), f"profile?from={YESTERDAY}&to=2023-11-15", ours.boris)
    summary = found["summary"]
    assert (summary["average_talk_s"], summary["average_talk_n"]) == (None, 0)
    assert (summary["average_answer_s"], summary["average_answer_n"]) == (None, 0)
    assert [(day["unknown_s"], day["future_s"]) for day in found["days"]] == [
        (86_400, 0),
        (86_400 - FUTURE_S, FUTURE_S),
        (0, 86_400),
    ]


async def test_days_hours_and_the_journal_say_the_same(ours: Site) -> None:
    fill(ours)
    client = await ours.signed_in("employee")
    found = await get(ours, client, f"profile?from={YESTERDAY}&to={TODAY}")
    assert [day["answered_inbound"] for day in found["days"]] == [1, 2]
    for day in found["days"]:
        hours = await get(ours, client, f"days/{day['day']}/hours")
        assert {name: sum(hour[name] for hour in hours["hours"]) for name in COUNTED} == {
            name: day[name] for name in COUNTED
        }
        period = f"from={day['begins_at']}&to={day['begins_at'] + day['length_s']}"
        journal = (await client.get(f"/api/v1/projects/{ours.ours}/calls?{period}")).json()["calls"]
        assert hours["calls"] == list(reversed(journal)), "oldest first"
    nine = next(hour for hour in hours["hours"] if hour["hour_label"] == "09:00")
    assert (nine["begins_at"], nine["answered_inbound"], nine["missed"]) == (MIDNIGHT + 9 * HOUR, 2, 1)


@pytest.mark.parametrize(
    ("day", "labels", "length_s"),
    [
        ("2023-10-29", ["00:00", "01:00", "02:00", "02:00", "03:00"], 90_000),
        ("2023-03-26", ["00:00", "01:00", "03:00", "04:00", "05:00"], 82_800),
        (TODAY, ["00:00", "01:00", "02:00", "03:00", "04:00"], 86_400),
    ],
)
async def test_days_when_the_clocks_change_are_as_long_as_they_are(
    ours: Site, day: str, labels: list[str], length_s: float
) -> None:
    client = await ours.signed_in("analyst")
    hours = (await get(ours, client, f"days/{day}/hours"))["hours"]
    assert [hour["hour_label"] for hour in hours][:5] == labels
    assert len(hours) == length_s / HOUR
    steps = [later["begins_at"] - hour["begins_at"] for hour, later in pairwise(hours)]
    assert set(steps) == {HOUR}
    (found,) = (await get(ours, client, f"profile?from={day}&to={day}"))["days"]
    assert found["length_s"] == sum(found[name] for name in STATUSES) == length_s
    track = (await get(ours, client, f"days/{day}/statuses"))["tracks"][0]
    assert track["stretches"][0]["began_at"] == found["begins_at"] == hours[0]["begins_at"]


async def test_every_day_of_a_long_period_adds_up(ours: Site) -> None:
    fill(ours)
    found = await get(ours, await ours.signed_in("analyst"), "profile?from=2022-11-01&to=2023-12-05")
    assert len(found["days"]) == 400
    for day in found["days"]:
        assert sum(day[name] for name in STATUSES) == day["length_s"], day["day"]
    for earlier, later in pairwise(found["days"]):
        assert earlier["begins_at"] + earlier["length_s"] == later["begins_at"]


async def test_a_days_statuses_have_no_gap_and_end_now(ours: Site) -> None:
    fill(ours)
    found = await get(ours, await ours.signed_in("supervisor"), f"days/{TODAY}/statuses")
    assert (found["begins_at"], found["ends_at"]) == (MIDNIGHT, MIDNIGHT + 24 * HOUR)
    assert [track["account"] for track in found["tracks"]] == [None, "101"]
    for track in found["tracks"]:
        stretches = track["stretches"]
        assert [stretch["status"] for stretch in stretches] == [
            "unknown",
            "online",
            "talking",
            "online",
            "dnd",
            "offline",
            "unknown",
            "online",
        ]
        assert stretches[0]["began_at"] == MIDNIGHT
        assert [stretch["ended_at"] for stretch in stretches[:-1]] == [stretch["began_at"] for stretch in stretches[1:]]
        assert stretches[-1]["ended_at"] is None, "it runs"
        assert stretches[4]["cause"] == {"why": "dnd_on", "account": "101"}
    (last,) = (await get(ours, await ours.signed_in("supervisor"), "days/2023-11-15/statuses"))["tracks"][:1]
    assert last["stretches"] == [], "tomorrow has not begun"


async def test_the_live_row_is_the_floors_and_null_where_no_floor_runs(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    live = (await get(ours, client, f"profile?from={TODAY}&to={TODAY}"))["live"]
    assert msgspec.convert(live, LiveEmployee) == ours.floor.employees[ours.anna]
    del ours.projects[ours.ours]
    assert (await get(ours, client, f"profile?from={TODAY}&to={TODAY}"))["live"] is None
    address = f"/api/v1/projects/{ours.ours}/employees/{ours.anna}/actions"
    assert (await client.post(address, json={"action": "switch", "status": "dnd"})).status_code == 404


WRONG = (
    *("x", "", "2023-11-31", "2023-13-01", "20231114", "2023-11-14T00:00", "1700000000", "1969-12-31", "2100-01-01"),
    *("0000-01-01", "9999-12-31", "２０２３-11-14", "2023-11-1", " 2023-11-14"),
)


async def test_a_day_that_cannot_be_is_refused_and_named(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    base = f"/api/v1/projects/{ours.ours}/employees/{ours.anna}"
    for day in WRONG:
        for query in ({"from": day, "to": TODAY}, {"from": TODAY, "to": day}):
            answer = await client.get(f"{base}/profile", params=query)
            assert (answer.status_code, answer.json()["error_id"]) == (422, "invalid_input"), query
            (place,) = (name for name, text in query.items() if text == day)
            assert f"query.{place}" in answer.json()["details"]["at"]
        for block in ("hours", "statuses"):
            answer = await client.get(f"{base}/days/{day}/{block}")
            assert answer.status_code == (422 if day else 404), (day, block)


async def test_a_period_runs_forward_and_has_an_end(ours: Site) -> None:
    client = await ours.signed_in("analyst")
    base = f"/api/v1/projects/{ours.ours}/employees/{ours.anna}"
    for first, last, status in (
        (TODAY, YESTERDAY, 422),
        ("2022-11-01", "2023-12-06", 422),
        ("1970-01-02", "2099-12-31", 422),
        ("2022-11-01", "2023-12-05", 200),
        ("2099-12-31", "2099-12-31", 200),
        ("1970-01-02", "1970-01-02", 200),
    ):
        assert (await client.get(f"{base}/profile?from={first}&to={last}")).status_code == status, (first, last)
