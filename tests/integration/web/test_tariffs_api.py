"""Tariffs over REST: by administrators alone, money as text, tables all or nothing, old calls as long work."""

from typing import Any

import httpx
import msgspec
import pytest

from callfloor.floor.calls import CallRecord, CallResult, CallType
from support.call_backs import BEGIN, talk
from support.web_floor import NOW
from support.web_site import Site

UKRAINE = {"prefix": "380", "price": "0.65", "currency": "UAH", "label": "Ukraine"}


def outbound(number: int, client: str = "+380671110001", trunk: str | None = None) -> CallRecord:
    """A call to a client of half a minute, an hour ago."""
    at = NOW - BEGIN - 3600 + number
    made = talk(number, client, at, kind=CallType.OUTBOUND, result=CallResult.ANSWERED, rang=("101",))
    return msgspec.structs.replace(made, trunk=trunk)


async def administrator(ours: Site) -> tuple[httpx.AsyncClient, str]:
    return await ours.signed_in("administrator"), f"/api/v1/projects/{ours.ours}/tariffs"


async def costs(ours: Site) -> list[tuple[int | None, str | None]]:
    from sqlalchemy import select  # noqa: PLC0415

    from callfloor.store.tables import calls  # noqa: PLC0415

    scope = ours.store.project(ours.ours).tariffs._scope
    with scope.reading() as connection:
        rows = connection.execute(
            select(calls.c.cost, calls.c.currency).where(scope.within(calls)).order_by(calls.c.id)
        )
        return [(row.cost, row.currency) for row in rows]


async def test_a_tariff_is_added_changed_and_removed(ours: Site) -> None:
    client, base = await administrator(ours)
    made = await client.post(base, json={**UKRAINE, "trunk": "trunk-a", "valid_from": "2026-02-01", "price": "0,65"})
    assert made.status_code == 201, made.text
    entry = made.json()
    assert (entry["price"], entry["connection"], entry["valid_from"], entry["trunk"]) == (
        "0.65",
        "0.00",
        "2026-02-01",
        "trunk-a",
    )
    again = await client.post(base, json={**UKRAINE, "trunk": "trunk-a", "valid_from": "2026-02-01"})
    assert again.status_code == 409
    changed = await client.put(f"{base}/{entry['id']}", json={**UKRAINE, "free_s": 5})
    assert (changed.status_code, changed.json()["free_s"], changed.json()["valid_from"]) == (200, 5, None)
    found = (await client.get(base)).json()
    assert ([each["id"] for each in found["tariffs"]], found["trunks"]) == ([changed.json()["id"]], [])
    assert (await client.put(f"{base}/{entry['id']}", json=UKRAINE)).status_code == 404
    assert (await client.delete(f"{base}/{changed.json()['id']}")).status_code == 204
    assert (await client.delete(f"{base}/{changed.json()['id']}")).status_code == 404
    assert (await client.get(base)).json()["tariffs"] == []


NO_TARIFF: list[dict[str, Any]] = [
    {"price": "much"},
    {"price": 1.5},
    {"price": "1.1234567"},
    {"price": "99999999"},
    {"currency": "hryvnia"},
    {"prefix": "+38x"},
    {"first_step_s": 0},
    {"free_s": -1},
    {"valid_from": "2026-02-31"},
    {"label": "a\x00b"},
    {"colour": "red"},
]


async def test_what_is_no_tariff_is_refused(ours: Site) -> None:
    client, base = await administrator(ours)
    for change in NO_TARIFF:
        assert (await client.post(base, json={**UKRAINE, **change})).status_code == 422, change
    assert (await client.get(base)).json()["tariffs"] == []


@pytest.mark.parametrize(
    ("login", "status"), [("supervisor", 403), ("analyst", 403), ("employee", 403), ("stranger", 404)]
)
async def test_others_have_nothing_to_do_with_tariffs(ours: Site, login: str, status: int) -> None:
    client, base = await ours.signed_in(login), f"/api/v1/projects/{ours.ours}/tariffs"
    for answer in (
        await client.get(base),
        await client.get(f"{base}/export"),
        await client.get(f"{base}/cost?number=380&seconds=1"),
        await client.post(base, json=UKRAINE),
        await client.put(f"{base}/1", json=UKRAINE),
        await client.delete(f"{base}/1"),
        await client.post(f"{base}/import", json={"text": "", "dry": True}),
        await client.post(f"{base}/apply", json={"first": "2026-01-01", "last": "2026-01-02"}),
    ):
        assert answer.status_code == status, answer.text


async def test_a_table_is_shown_first_then_taken_over_and_comes_out_again(ours: Site) -> None:
    client, base = await administrator(ours)
    await client.post(base, json=UKRAINE)
    text = "prefix;price;currency;label\n380;0,70;UAH;Ukraine\n48;1,20;PLN;Poland\n"
    dry = (await client.post(f"{base}/import", json={"text": text})).json()
    assert [dry[name] for name in ("applied", "added", "changed", "same", "errors")] == [False, 1, 1, 0, []]
    assert [each["prefix"] for each in dry["first"]] == ["380", "48"]
    assert len((await client.get(base)).json()["tariffs"]) == 1
    made = (await client.post(f"{base}/import", json={"text": text, "dry": False})).json()
    assert [made[name] for name in ("applied", "added", "changed", "same")] == [True, 1, 1, 0]
    again = (await client.post(f"{base}/import", json={"text": text, "dry": False})).json()
    assert [again[name] for name in ("added", "changed", "same")] == [0, 0, 2]
    out = await client.get(f"{base}/export")
    assert out.headers["content-type"].startswith("text/csv")
    back = (await client.post(f"{base}/import", json={"text": out.text, "dry": False})).json()
    assert [back[name] for name in ("added", "changed", "same", "errors")] == [0, 0, 2, []]


async def test_of_a_table_with_an_error_nothing_is_taken_over(ours: Site) -> None:
    client, base = await administrator(ours)
    text = "prefix,price,currency\n380,0.70,UAH\n48,much,PLN\n"
    answer = (await client.post(f"{base}/import", json={"text": text, "dry": False})).json()
    assert (answer["applied"], answer["errors"]) == (
        False,
        [{"line": 3, "column": "price", "reason": "number", "value": "much"}],
    )
    assert (await client.get(base)).json()["tariffs"] == []


async def test_a_table_may_be_larger_than_a_form_and_not_endless(ours: Site) -> None:
    client, base = await administrator(ours)
    rows = "".join(f"38{n:06d},1,UAH\n" for n in range(20_000))
    answer = await client.post(f"{base}/import", json={"text": f"prefix,price,currency\n{rows}", "dry": False})
    assert (answer.status_code, answer.json()["added"]) == (200, 20_000), answer.text[:300]
    assert (await client.post(base, json=UKRAINE)).status_code == 422
    too_large = await client.post(f"{base}/import", json={"text": "x" * (3 * 2**20)})
    assert too_large.status_code == 413
    assert (await client.post(base, json={"label": "x" * 70_000})).status_code == 413


async def test_new_calls_have_a_cost_and_old_ones_on_request(ours: Site) -> None:
    client, base = await administrator(ours)
    journal = ours.store.project(ours.ours).journal
    journal.write([outbound(1), outbound(2, "+48600000001")])
    assert await costs(ours) == [(None, None), (None, None)]
    await client.post(base, json=UKRAINE)
    await client.post(base, json={**UKRAINE, "trunk": "trunk-a", "price": "2", "connection": "0.1"})
    journal.write([outbound(3), outbound(4, trunk="trunk-a")])
    assert await costs(ours) == [(None, None), (None, None), (650_000, "UAH"), (2_100_000, "UAH")]
    started = await client.post(f"{base}/apply", json={"first": "2000-01-01", "last": "2099-01-01"})
    assert started.status_code == 202, started.text
    job = await ours.work[ours.ours].ended(started.json()["id"])
    assert (job.state, job.result) == ("done", {"calls": 4, "changed": 1, "priced": 3})
    assert (await costs(ours))[0] == (650_000, "UAH")
    found = (await client.get(base)).json()
    assert found["trunks"] == ["trunk-a"]


async def test_a_call_is_tried_out(ours: Site) -> None:
    client, base = await administrator(ours)
    await client.post(base, json={**UKRAINE, "first_step_s": 30, "next_step_s": 6, "connection": "0.05"})
    answer = (await client.get(f"{base}/cost", params={"number": "+380 67 111-00-01", "seconds": 31})).json()
    assert (answer["cost"], answer["currency"], answer["tariff"]["label"]) == ("0.44", "UAH", "Ukraine")
    none = (await client.get(f"{base}/cost", params={"number": "+48600000001", "seconds": 31})).json()
    assert none == {"cost": None, "currency": None, "tariff": None}


async def test_days_that_end_before_they_begin_are_no_period(ours: Site) -> None:
    client, base = await administrator(ours)
    answer = await client.post(f"{base}/apply", json={"first": "2026-01-02", "last": "2026-01-01"})
    assert answer.status_code == 422
