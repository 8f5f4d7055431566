"""Clients to call back over REST: who sees whom, how old, off the list with a reason and back, and audited."""

from typing import Any

import httpx
import pytest

from callfloor.floor.calls import CallRecord, CallResult
from callfloor.store.rules import Rules
from callfloor.store.working_hours import WorkingHours
from support.call_backs import BEGIN, talk
from support.web_floor import NOW
from support.web_site import Site

SALES, HELP, NOBODYS, QUEUED = "+48600000001", "+48600000002", "+48600000003", "+48600000004"
THEIRS = "+48600000009"


def tell(ours: Site, *records: CallRecord) -> None:
    ours.store.project(ours.ours).journal.write(records)


@pytest.fixture
def told(ours: Site) -> Site:
    """Four clients were missed, one in each way; one of the other project's too."""
    at = NOW - BEGIN - 3600
    tell(
        ours,
        talk(1, SALES, at, rang=("101",)),
        talk(2, HELP, at + 60, rang=("201",), queue="help", result=CallResult.ABANDONED),
        talk(3, NOBODYS, at + 120),
        talk(4, QUEUED, at + 180, rang=("201",), queue="sales", business_number="+48221000000"),
        talk(5, None, at + 240),
    )
    ours.store.project(ours.theirs).journal.write([talk(1, THEIRS, at)])
    ours.store.project(ours.ours).lines.put_number("+48221000000", label="Shop", source="Radio")
    return ours


async def listed(ours: Site, client: httpx.AsyncClient, **query: str) -> Any:
    answer = await client.get(f"/api/v1/projects/{ours.ours}/callbacks", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def clients(answer: Any) -> list[str]:
    return [row["client_e164"] for row in answer["rows"]]


async def test_the_list_has_who_has_waited_longest_first(told: Site) -> None:
    found = await listed(told, await told.signed_in("administrator"))
    assert clients(found) == [SALES, HELP, NOBODYS, QUEUED]
    assert found["counts"] == {"missed": 4, "open": 4, "closed": 0, "uncallable": 1}
    assert (found["work"], found["total"], found["next_cursor"]) == ("always", 4, None)
    first, last = found["rows"][0], found["rows"][3]
    assert (first["age_s"], first["tries"], first["attempts"]) == (3600, 1, 0)
    assert (first["turn_employee_name"], first["turn_department_name"], first["queue"]) == ("Anna", "Sales", None)
    assert (last["number_label"], last["source"], last["queue"]) == ("Shop", "Radio", "sales")


async def test_a_supervisor_sees_whom_their_people_or_queues_or_nobody_missed(told: Site) -> None:
    supervisor = await told.signed_in("supervisor")
    found = await listed(told, supervisor)
    assert clients(found) == [SALES, NOBODYS, QUEUED]  # Anna is a member of the queue "sales"
    assert found["counts"]["missed"] == found["total"] == 3
    answer = await supervisor.post(f"/api/v1/projects/{told.ours}/callbacks/{HELP}/close", json={"reason": "no_need"})
    assert answer.status_code == 404
    assert clients(await listed(told, await told.signed_in("administrator"), part="002")) == [HELP]


@pytest.mark.parametrize(("login", "status"), [("employee", 403), ("analyst", 403), ("stranger", 404)])
async def test_others_have_no_list(told: Site, login: str, status: int) -> None:
    client = await told.signed_in(login)
    base = f"/api/v1/projects/{told.ours}/callbacks"
    for answer in (
        await client.get(base),
        await client.get(f"{base}/revision"),
        await client.post(f"{base}/{SALES}/close", json={"reason": "other"}),
        await client.delete(f"{base}/closings/1"),
    ):
        assert answer.status_code == status, answer.text


async def test_a_client_is_closed_by_hand_and_put_back(told: Site) -> None:
    client = await told.signed_in("supervisor")
    base = f"/api/v1/projects/{told.ours}/callbacks"
    before = (await client.get(f"{base}/revision")).json()["revision"]
    made = await client.post(f"{base}/{SALES}/close", json={"reason": "wrong_number", "note": " a fax "})
    assert made.status_code == 200, made.text
    assert (await client.get(f"{base}/revision")).json()["revision"] > before
    assert clients(await listed(told, client)) == [NOBODYS, QUEUED]
    (row,) = (await listed(told, client, state="closed"))["rows"]
    assert (row["closed_how"], row["closed_by"], row["reason"], row["note"]) == (
        "hand",
        "Supervisor",
        "wrong_number",
        "a fax",
    )
    assert (await client.post(f"{base}/{SALES}/close", json={"reason": "other"})).status_code == 404
    assert (await client.delete(f"{base}/closings/{made.json()['id']}")).status_code == 200
    assert (await client.delete(f"{base}/closings/{made.json()['id']}")).status_code == 404
    assert clients(await listed(told, client)) == [SALES, NOBODYS, QUEUED]
    administrator = await told.signed_in("administrator")
    entries = (await administrator.get(f"/api/v1/projects/{told.ours}/audit")).json()["entries"]
    deeds = [(each["action"], each["outcome"]) for each in entries if "callback" in each["action"]]
    assert deeds == [
        ("reopen_callback", "not_found"),
        ("reopen_callback", "done"),
        ("close_callback", "not_found"),
        ("close_callback", "done"),
    ]


async def test_whoever_is_reached_leaves_the_list_and_the_counts_say_so(told: Site) -> None:
    client = await told.signed_in("administrator")
    tell(told, talk(9, SALES, NOW - BEGIN - 600, result=CallResult.ANSWERED, rang=("201",)))
    found = await listed(told, client)
    assert SALES not in clients(found)
    assert found["counts"] == {"missed": 4, "open": 3, "closed": 1, "uncallable": 1}
    (row,) = (await listed(told, client, state="closed"))["rows"]
    assert (row["closed_how"], row["closed_by"], row["closed_call_id"]) == ("inbound", "Boris", "call-9")
    assert row["age_s"] == 3010


async def test_ages_run_in_working_hours_alone(told: Site) -> None:
    # NOW is a Friday, 13:00 in Warsaw or so: hours that have ended an hour ago, whatever it is.
    from datetime import UTC, datetime  # noqa: PLC0415
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    local = datetime.fromtimestamp(NOW, UTC).astimezone(ZoneInfo("Europe/Warsaw"))
    minute = local.hour * 60 + local.minute
    hours = WorkingHours(weekday=local.weekday(), begins_minute=minute - 90, ends_minute=minute - 45)
    told.store.project(told.ours).rules.set(Rules(working_hours=(hours,)))
    found = await listed(told, await told.signed_in("administrator"))
    assert found["work"] == "resting"
    seconds_into_minute = local.second + local.microsecond / 1e6
    assert found["rows"][0]["age_s"] == pytest.approx(900 - seconds_into_minute, abs=0.01)


async def test_filters_orders_and_pages(told: Site) -> None:
    client = await told.signed_in("administrator")
    assert clients(await listed(told, client, queue="sales,help")) == [HELP, QUEUED]
    assert clients(await listed(told, client, source="Radio")) == [QUEUED]
    assert clients(await listed(told, client, number="+48221000000")) == [QUEUED]
    assert clients(await listed(told, client, department=str(told.sales))) == [SALES]
    assert clients(await listed(told, client, employee=str(told.boris))) == [HELP, QUEUED]
    assert clients(await listed(told, client, sort="-last")) == [QUEUED, NOBODYS, HELP, SALES]
    seen: list[str] = []
    query = {"limit": "1", "sort": "-tries"}
    while True:
        page = await listed(told, client, **query)
        assert page["total"] == 4
        seen += clients(page)
        if page["next_cursor"] is None:
            break
        query["after"] = page["next_cursor"]
    assert seen == [QUEUED, NOBODYS, HELP, SALES]


async def test_spam_is_in_none_of_it(told: Site) -> None:
    told.store.project(told.ours).spam.put(SALES, "hand", by="Anna", at=NOW)
    found = await listed(told, await told.signed_in("administrator"))
    assert SALES not in clients(found)
    assert found["counts"]["missed"] == found["counts"]["open"] == 3


NO_QUESTION = [
    ("state=maybe", "query.state"),
    ("sort=luck", "query.sort"),
    ("limit=0", "query.limit"),
    ("limit=501", "query.limit"),
    ("after=x", "query.after"),
    ("from=2026-01-01", "query.to"),
    ("from=2026-01-02&to=2026-01-01", "query.from"),
    ("part=12", "query.part"),
    ("queue=a&queue=b", "query.queue"),
    ("what=1", "query.what"),
    ("queue=%00", "query.queue"),
]


async def test_what_cannot_be_understood_is_refused_by_its_name(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    for query, at in NO_QUESTION:
        answer = await client.get(f"/api/v1/projects/{ours.ours}/callbacks?{query}")
        assert answer.status_code == 422, query
        assert at in answer.json()["details"]["at"], query
