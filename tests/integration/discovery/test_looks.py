"""Looks at a PBX without a database: its keys, its lists, and what only calls have told; over the product's own API."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec
import pytest

from callfloor.asterisk.discovery_keys import people_in
from callfloor.simulator import Simulator
from support.call_records import call
from support.installed import Installed, installed

ZONE = "Europe/Kyiv"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Installed]:
    async with installed(tmp_path) as found:
        yield found


@pytest.fixture
async def pbx() -> AsyncIterator[SplitResult]:
    simulator = Simulator(seed=1, employees=12, timezone=ZONE)
    async with simulator.serve() as url:
        yield urlsplit(url)


async def test_numbers_and_accounts_that_only_calls_have_told_of(site: Installed, pbx: SplitResult) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    address = f"/api/v1/projects/{project}"
    asked: dict[str, Any] = {"host": pbx.hostname, "port": pbx.port, "user": pbx.username, "secret": pbx.password}
    made = (await client.post(f"{address}/connections", json={"name": "Kyiv", "mark": "kyiv", **asked})).json()
    await site.live(project, "Kyiv")
    numbers = ("+380442223344", "0442223344", "0442223344", "0671112233", "s", "s", "0800111222", "0800111222")
    records = [
        msgspec.structs.replace(
            call(place, accounts=("777@kyiv",)), call_id=f"pbx{made['id']}-x{place}", business_number=number
        )
        for place, number in enumerate(numbers)
    ]
    strange = msgspec.structs.replace(records[0], call_id="pbx99-y", business_number="0501234567")
    site.store.project(project).journal.write([*records, strange, msgspec.structs.replace(strange, call_id="pbx99-z")])
    answer = await client.post(f"{address}/discovery/{made['id']}/look")
    report = answer.json()
    # The simulated company's own calls end meanwhile, too, and tell of its numbers.
    found = {p["key"]: p for p in report["proposals"] if p["kind"] == "number" and p["key"] in (*numbers, "0501234567")}
    assert {key: (p["source"], p["number_kind"]) for key, p in found.items()} == {
        "0442223344": ("traffic", "geographic"),
        "0800111222": ("traffic", "toll_free"),
    }, "a single call may be anybody's mistake, and another PBX's are not this one's"
    people = [p for p in report["proposals"] if p["kind"] == "employee"]
    sources = {p["key"]: p["source"] for p in people}
    assert sources.pop("777@kyiv") == "traffic"
    assert len(sources) == 12
    assert all(key.endswith("@kyiv") and source == "ami" for key, source in sources.items())
    (look,) = report["looks"]
    assert (look["name"], look["database"], look["takes_new"], look["connected"]) == ("Kyiv", False, False, True)

    paused = await client.put(f"{address}/connections/{made['id']}/paused", json={"paused": True})
    assert paused.status_code == 200
    refused = await client.post(f"{address}/discovery/{made['id']}/look")
    assert (refused.status_code, refused.json()["error_id"]) == (503, "ami_disconnected")
    missing = await client.post(f"{address}/discovery/99/look")
    assert missing.status_code == 404


async def test_what_is_new_is_taken_over_where_that_was_said(site: Installed, pbx: SplitResult) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    address = f"/api/v1/projects/{project}"
    asked: dict[str, Any] = {"host": pbx.hostname, "port": pbx.port, "user": pbx.username, "secret": pbx.password}
    made = (await client.post(f"{address}/connections", json={"name": "Kyiv", **asked})).json()
    await site.live(project, "Kyiv")
    await client.post(f"{address}/discovery/{made['id']}/look")
    assert site.running(project).snapshot().directory.employees == ()
    said = await client.put(f"{address}/discovery/{made['id']}/takes-new", json={"takes_new": True})
    assert said.status_code == 204
    directory = site.running(project).snapshot().directory
    assert len(directory.employees) == 12, "what is new now, too, and live at once"
    assert {queue.name for queue in directory.queues} == {"sales", "support", "billing"}
    assert (await client.get(f"{address}/discovery")).json()["proposals"] == []
    deeds = [(deed["action"], deed["outcome"]) for deed in await site.audit(project)]
    assert ("take_new_found", "done") in deeds


def test_people_of_asterisks_keys() -> None:
    lines = [
        "/AMPUSER/101/cidname                              : Anna Kovalenko           ",
        "/AMPUSER/101/device                               : 101&9101                 ",
        "/AMPUSER/102/cidname                              : 102                      ",
        "/DEVICE/9101/cidname                              : nobody                   ",
        "/AMPUSER/103/device                               :                          ",
        "2 results found.",
        "/AMPUSER//cidname : x",
        "/AMPUSER/104/cidname                              : a: b/c & d",
    ]
    assert [(one.key, one.accounts, one.name) for one in people_in(lines)] == [
        ("101", ("101", "9101"), "Anna Kovalenko"),
        ("102", ("102",), None),
        ("104", ("104",), "a: b/c & d"),
    ]
