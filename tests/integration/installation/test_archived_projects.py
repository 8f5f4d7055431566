"""A project at rest: nothing is collected or live, its administrators read its past; and it is removed."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from callfloor.simulator import Simulator
from callfloor.store.links import ARCHIVED, Outage
from callfloor.store.memberships import Role
from support.installed import CHEAP, PASSWORD, Installed, installed
from support.waiting import answer, until
from support.web_floor import record

API = "/api/v1/projects"
EXPORT = {"what": "calls", "form": "csv", "query": "from=2020-01-01&to=2099-01-01"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Installed]:
    """A project with a live simulated PBX, and another; the installation follows what is done to them."""
    simulator = Simulator(seed=1, employees=12, timezone="Europe/Kyiv")
    async with simulator.serve() as address, installed(tmp_path) as found:
        one = await found.add_project("One")
        await found.add_project("Two")
        url = urlsplit(address)
        asked = {"name": "PBX", "host": url.hostname, "port": url.port, "user": url.username, "secret": url.password}
        client = await found.sign_in()
        assert (await client.post(f"{API}/{one}/connections", json=asked)).status_code == 201
        await found.live(one, "PBX")
        following = asyncio.create_task(found.installation.follow())
        yield found
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def rests(site: Installed, project: int, *, archived: bool) -> None:
    told = await site.client.put(f"{API}/{project}/project/archived", json={"archived": archived})
    assert (told.status_code, told.json()["archived_at"] is not None) == (200, archived)

    def follows() -> bool:
        running = site.installation.get(project)
        return running is not None and running.archived is archived and project in site.installation.live

    await until(follows, f"the project follows: archived {archived}")


def at_rest(site: Installed, project: int) -> Outage:
    (found,) = [
        each for each in site.store.project(project).links.outages(time.time() + 60, 0.0) if each.reason == ARCHIVED
    ]
    return found


async def test_what_rests_collects_nothing_and_its_past_is_read_by_administrators(site: Installed) -> None:
    one, client = 1, site.client
    analyst = site.store.users.add("ada", name="Ada", password_hash=CHEAP.hash(PASSWORD), now=1.0)
    site.store.memberships.grant(analyst.id, one, Role.ANALYST)
    site.store.memberships.grant(analyst.id, 2, Role.ANALYST)
    before = site.running(one)
    await until(lambda: bool(before.snapshot().calls), "there are live calls")
    await rests(site, one, archived=True)

    running = site.running(one)
    assert (len(running.pbx), running.snapshot().calls, running.links()) == (0, (), ())
    kept = site.store.project(one)
    period = {"from": 0, "to": 4_102_444_800}
    page = kept.journal.page(0.0, 4e9, limit=500)
    ended = {call.record.call_id for call in page.calls}
    assert before.snapshot().calls == (), "what went on ends where it was seen last"
    assert len(ended) == sum(before.finished().values()) > 0, "and is in the journal"
    assert any(call.record.partial for call in page.calls)
    (link,) = kept.links.all()
    gap = at_rest(site, one)
    assert (gap.link_id, gap.ended_at) == (link.id, None)

    session = (await client.get("/api/v1/session")).json()
    assert [each["archived_at"] is not None for each in session["projects"]] == [True, False]
    read = await client.get(f"{API}/{one}/calls", params=period)
    assert {call["record"]["call_id"] for call in read.json()["calls"]} <= ended
    for address in ("audit", "directory", f"journal/calls/{next(iter(ended))}", "users", "rules"):
        assert (await client.get(f"{API}/{one}/{address}")).status_code == 200, address
    for method, address, body in (
        ("GET", "floor", None),
        ("GET", "connections", None),
        ("PUT", "queues/500", {"label": "Line"}),
        ("PUT", "project", {"name": "X", "timezone": "UTC", "country": "PL", "language": "en"}),
        ("POST", f"journal/calls/{next(iter(ended))}/notes", {"text": "x"}),
    ):
        refused = await client.request(method, f"{API}/{one}/{address}", json=body)
        assert (refused.status_code, refused.json()["error_id"]) == (409, "project_archived"), address
    rules = f"{API}/{one}/rules"
    refused = await client.put(rules, json={"keep": {"calls": 9}, "missed_after_s": 9})
    assert (refused.status_code, refused.json()["error_id"]) == (409, "project_archived"), "how calls are counted rests"
    kept_days = await client.put(rules, json={"keep": {"calls": 36_000}, "masked_roles": ["employee"]})
    assert kept_days.json()["rules"]["keep"]["calls"] == 36_000, "how long things are kept is a duty that goes on"
    (changed,) = [d for d in await site.audit(one) if (d["action"], d["outcome"]) == ("change_rules", "done")]
    assert changed["details"]["after"] == {"keep": {"calls": 36_000}, "masked_roles": ["employee"]}
    swept = await client.post(f"{API}/{one}/personal-data/retention")
    assert swept.status_code == 202, swept.text
    export = await client.post(f"{API}/{one}/exports", json=EXPORT)
    assert export.status_code == 202, export.text
    job = export.json()["id"]

    async def made() -> dict[str, Any]:
        return dict((await client.get(f"{API}/{one}/jobs/{job}")).json())

    await answer(made, lambda told: told["state"] == "done", "the past is exported")

    theirs = await site.sign_in("ada")
    assert [each["id"] for each in (await theirs.get("/api/v1/session")).json()["projects"]] == [2]
    assert (await theirs.get(f"{API}/{one}/calls", params=period)).status_code == 404
    await site.sign_in()

    await rests(site, one, archived=False)
    await site.live(one, "PBX")
    await until(lambda: bool(site.running(one).snapshot().calls), "the floor is live again")
    await until(lambda: at_rest(site, one).ended_at is not None, "its rest is over")
    kept.repairs.note_outages(link.id, now=time.time())
    assert gap.id not in {repair.outage_id for repair in kept.repairs.latest(50)}, (
        "of the time at rest nothing is fetched"
    )
    deeds = [(deed["action"], deed["outcome"]) for deed in await site.audit(one) if "archive" in deed["action"]]
    assert deeds == [("archive_project", "done"), ("unarchive_project", "done")]


async def test_what_rests_is_removed_by_its_name_with_all_that_is_its(site: Installed, tmp_path: Path) -> None:
    one, client = 1, site.client
    address = f"{API}/{one}/project/removal"
    refused = await client.post(address, json={"name": "One"})
    assert (refused.status_code, refused.json()["error_id"]) == (409, "project_not_archived")
    await rests(site, one, archived=True)
    site.store.project(one).journal.write([record("a", "b")])
    wrong = await client.post(address, json={"name": "one"})
    assert (wrong.status_code, wrong.json()["details"]) == (422, {"at": "name"})
    for name in ("work", "past", "faxes"):
        (tmp_path / name / str(one)).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / str(one) / "file").touch()
    (tmp_path / "work" / "2").mkdir(exist_ok=True)
    (tmp_path / f"calls-{one}.spill").touch()

    assert (await client.post(address, json={"name": " One "})).status_code == 204
    assert [each["name"] for each in (await client.get("/api/v1/session")).json()["projects"]] == ["Two"]
    assert (await client.get(f"{API}/{one}/project")).status_code == 404
    await until(lambda: site.store.projects.removing() == (), "its rows are gone")
    assert site.store.project(one).removal.rows() == 0
    assert not any((tmp_path / name / str(one)).exists() for name in ("work", "past", "faxes"))
    assert not list(tmp_path.glob(f"*-{one}.*"))
    assert (tmp_path / "work" / "2").exists()
    assert site.installation.get(one) is None
    (deed,) = [deed for deed in await site.audit(2) if deed["action"] == "remove_project"]
    assert (deed["outcome"], deed["details"], deed["user_login"]) == ("done", {"name": "One"}, "anna")
    assert (await client.post(f"{API}/2/project/removal", json={"name": "Two"})).status_code == 409


async def test_a_removal_that_was_cut_short_is_gone_on_with(tmp_path: Path) -> None:
    async with installed(tmp_path) as site:
        one = await site.add_project("One")
        await site.add_project("Two")
        site.store.project(one).directory.add_employee("Anna", account_names=["101"])
        site.store.projects.archive(one, 2.0)
        site.store.projects.begin_removal(one, now=3.0)
    async with installed(tmp_path) as site:
        await site.installation.look()
        await until(lambda: site.store.projects.removing() == (), "its rows are gone")
        assert site.store.project(one).removal.rows() == 0
        assert [project.name for project in site.store.projects.all()] == ["Two"]
