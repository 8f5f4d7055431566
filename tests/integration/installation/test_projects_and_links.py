"""Projects and PBX links come, change and go while others run; nobody is restarted, nothing is mixed up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from callfloor.asterisk.link import PbxLink
from callfloor.errors import ConfigurationError
from callfloor.simulator import Simulator
from callfloor.store.links import LinkValues
from support.installed import Installed, installed
from support.waiting import until

ZONE = "Europe/Kyiv"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Installed]:
    async with installed(tmp_path) as found:
        yield found


@pytest.fixture
async def pbxes() -> AsyncIterator[list[dict[str, Any]]]:
    """Two simulated PBXes with the same extensions, as connections to be asked for."""
    async with AsyncExitStack() as stack:
        found = []
        for seed, name in ((1, "Kyiv"), (2, "Lviv")):
            simulator = Simulator(seed=seed, employees=12, timezone=ZONE)
            url = urlsplit(await stack.enter_async_context(simulator.serve()))
            found.append(
                {
                    "name": name,
                    "host": url.hostname,
                    "port": url.port,
                    "user": url.username,
                    "secret": url.password,
                    "mark": None if name == "Kyiv" else "lviv",
                }
            )
        yield found


def is_up(pbx: PbxLink) -> bool:
    return pbx.connection.is_up


def accounts(site: Installed, project_id: int) -> set[str]:
    directory = site.running(project_id).snapshot().directory
    return {account for employee in directory.employees for account in employee.accounts}


async def test_a_second_pbx_comes_and_the_same_extensions_are_told_apart(
    site: Installed, pbxes: list[dict[str, Any]]
) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    address = f"/api/v1/projects/{project}/connections"
    kyiv, lviv = [(await client.post(address, json=each)).json() for each in pbxes]
    await site.live(project, "Kyiv", "Lviv")
    assert accounts(site, project) == set(), "nothing is taken over unasked"
    await site.take_over(project)
    await until(
        lambda: {name.partition("@")[2] for name in accounts(site, project)} == {"", "lviv"},
        "the people of both are in the directory",
    )
    known = accounts(site, project)
    assert {name for name in known if "@" in name} == {f"{name}@lviv" for name in known if "@" not in name}
    seats = {
        (seat.account.endswith("@lviv"), seat.queue.endswith("@lviv"))
        for row in site.running(project).snapshot().employees
        for seat in row.queues
    }
    assert seats == {(False, False), (True, True)}
    for call in site.running(project).snapshot().calls:
        ours = call.id.startswith(f"pbx{lviv['id']}-")
        assert all(party.account.endswith("@lviv") is ours for party in call.parties if party.account)
    listed = (await client.get(address)).json()["connections"]
    assert [each["accounts"] for each in listed] == [len(known) // 2] * 2
    assert "secret" not in listed[0]
    assert kyiv["id"] != lviv["id"]


async def test_a_command_goes_to_the_pbx_of_its_account(site: Installed, pbxes: list[dict[str, Any]]) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    for each in pbxes:
        await client.post(f"/api/v1/projects/{project}/connections", json=each)
    await site.live(project, "Kyiv", "Lviv")
    await site.take_over(project)
    running = site.running(project)

    def rows() -> dict[str, Any]:
        return {account.account: account for row in running.snapshot().employees for account in row.accounts}

    await until(lambda: any(name.endswith("@lviv") for name in rows()), "Lviv's people are rows")
    one = next(name for name, account in rows().items() if name.endswith("@lviv") and not account.dnd)
    twin = one.removesuffix("@lviv")
    before = rows()[twin].dnd
    await running.commands.set_dnd(one, on=True)
    await until(lambda: rows()[one].dnd, "do-not-disturb is on at Lviv")
    assert rows()[twin].dnd is before
    seat = next(seat for row in running.snapshot().employees for seat in row.queues if seat.account.endswith("@lviv"))
    await running.commands.pause(seat.account, seat.queue, paused=not seat.paused, reason="lunch")

    def paused(account: str, queue: str) -> list[bool]:
        seats = (each for row in running.snapshot().employees for each in row.queues)
        return [each.paused for each in seats if (each.account, each.queue) == (account, queue)]

    await until(lambda: paused(seat.account, seat.queue) == [not seat.paused], "the pause is told")


async def test_a_link_is_paused_resumed_and_removed_and_the_other_lives_on(
    site: Installed, pbxes: list[dict[str, Any]]
) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    address = f"/api/v1/projects/{project}/connections"
    kyiv, lviv = [(await client.post(address, json=each)).json() for each in pbxes]
    await site.live(project, "Kyiv", "Lviv")
    running = site.running(project)
    other: PbxLink | None = running.pbx.find(f"pbx{lviv['id']}")
    assert other is not None
    await until(lambda: any(call.id.startswith(f"pbx{kyiv['id']}-") for call in running.snapshot().calls), "a call")
    gone = [call.id for call in running.snapshot().calls if call.id.startswith(f"pbx{kyiv['id']}-")]

    answer = await client.put(f"{address}/{kyiv['id']}/paused", json={"paused": True})
    assert answer.json()["state"] == "paused"
    assert [link.name for link in running.links()] == ["Lviv"]
    assert not [call for call in running.snapshot().calls if call.id in gone]
    await until(lambda: running.calls.backlog.rows == 0, "what was known of the calls is written down")
    written = site.store.project(project).journal
    assert all(written.get(call_id).record.partial for call_id in gone)
    await client.put(f"{address}/{kyiv['id']}/paused", json={"paused": False})
    await site.live(project, "Kyiv", "Lviv")

    assert (await client.delete(f"{address}/{kyiv['id']}")).status_code == 204
    assert [link.name for link in running.links()] == ["Lviv"]
    assert (await client.get(address)).json()["connections"][0]["name"] == "Lviv"
    assert running.pbx.find(f"pbx{lviv['id']}") is other, "the other link was never touched"
    assert other.connection.is_up
    assert [deed["action"] for deed in await site.audit(project)][1:] == [
        "add_connection", "add_connection", "pause_connection", "resume_connection", "remove_connection",
    ]  # fmt: skip


async def test_a_name_changes_without_a_new_link_and_an_address_with_one(
    site: Installed, pbxes: list[dict[str, Any]]
) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    address = f"/api/v1/projects/{project}/connections"
    kyiv, lviv = pbxes
    made = (await client.post(address, json={**kyiv, "mark": None})).json()
    await site.live(project, "Kyiv")
    running = site.running(project)
    first = running.pbx.find(f"pbx{made['id']}")
    kept = {name: value for name, value in kyiv.items() if name != "secret"}
    await client.put(f"{address}/{made['id']}", json={**kept, "name": "Київ"})
    assert [link.name for link in running.links()] == ["Київ"]
    assert running.pbx.find(f"pbx{made['id']}") is first

    moved = {**lviv, "name": "Київ", "mark": None}
    without = {name: value for name, value in moved.items() if name != "secret"}
    refused = await client.put(f"{address}/{made['id']}", json=without)
    assert (refused.status_code, refused.json()["error_id"]) == (422, "secret_needed")
    assert first is not None
    assert is_up(first), "what was refused changed nothing"
    assert (await client.put(f"{address}/{made['id']}", json=moved)).status_code == 200
    await site.live(project, "Київ")
    assert running.pbx.find(f"pbx{made['id']}") is not first
    assert not is_up(first)
    deeds = [deed for deed in await site.audit(project) if deed["action"] == "change_connection"]
    assert deeds[0]["details"] == {"before": {"name": "Kyiv"}, "after": {"name": "Київ"}}
    assert (deeds[1]["outcome"], deeds[2]["details"]["secret"]) == ("secret_needed", "changed")


@pytest.mark.parametrize(
    "change",
    [
        {"host": "127.0.0.9"},
        {"port": 1},
        {"user": "somebody"},
        {"name": "else", "login": "plain"},
    ],
)
async def test_a_kept_secret_goes_nowhere_else(site: Installed, change: dict[str, Any]) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    address = f"/api/v1/projects/{project}/connections"
    whole = {"name": "PBX", "host": "127.0.0.1", "port": 9, "user": "u", "login": "challenge"}
    made = (await client.post(address, json={**whole, "secret": "geheim"})).json()
    for method, at, body in (
        ("PUT", f"{address}/{made['id']}", {**whole, **change}),
        ("POST", f"{address}/test", {**whole, **change, "id": made["id"]}),
    ):
        answer = await client.request(method, at, json=body)
        assert (answer.status_code, answer.json()["error_id"]) == (422, "secret_needed"), method
    everything = str(await site.audit(project)) + (await client.get(address)).text
    assert "geheim" not in everything


async def test_secrets_lie_sealed_and_old_ones_are_sealed_at_the_start(tmp_path: Path) -> None:
    async with installed(tmp_path) as site:
        project = await site.add_project("One")
        client = await site.sign_in()
        connection = {"name": "PBX", "host": "127.0.0.1", "port": 9, "user": "u", "secret": "geheim:1"}
        await client.post(f"/api/v1/projects/{project}/connections", json=connection)
        (stored,) = site.store.project(project).links.all()
        assert stored.url == "ami://u@127.0.0.1:9"
        assert "geheim" not in str(stored.secret)
        assert site.installation.sealer.open(stored.secret or "") == "geheim:1"
    assert (tmp_path / "secrets.key").stat().st_mode & 0o777 == 0o600
    database = b"".join(path.read_bytes() for path in tmp_path.glob("callfloor.db*"))
    assert b"geheim" not in database
    (tmp_path / "secrets.key").unlink()
    async with installed(tmp_path) as site:
        await site.installation.look()
        client = await site.sign_in()
        (told,) = (await client.get(f"/api/v1/projects/{project}/connections")).json()["connections"]
        assert told["state"] == "unreadable"
        answer = await client.post(f"/api/v1/projects/{project}/connections/{told['id']}/examination")
        assert (answer.status_code, answer.json()["error_id"]) == (409, "secret_unreadable")
        again = {**connection, "secret": "new"}
        mended = await client.put(f"/api/v1/projects/{project}/connections/{told['id']}", json=again)
        assert mended.json()["state"] == "connecting"


async def test_projects_come_and_go_by_themselves(site: Installed, pbxes: list[dict[str, Any]]) -> None:
    one = await site.add_project("One")
    client = await site.sign_in()
    await client.post(f"/api/v1/projects/{one}/connections", json=pbxes[0])
    await site.live(one, "Kyiv")
    first = site.running(one)
    following = asyncio.create_task(site.installation.follow())
    try:
        made = site.store.projects.add("Two", timezone=ZONE, country="UA", language="uk", now=1.0)
        await until(lambda: site.installation.get(made.id) is not None, "the new project runs")
        assert site.running(one) is first
        site.store.projects.change(made.id, timezone="Europe/Warsaw")
        await until(
            lambda: (
                site.installation.get(made.id) is not None and site.running(made.id).project.timezone == "Europe/Warsaw"
            ),
            "it runs in its new zone",
        )
        site.store.projects.archive(made.id, 2.0)
        site.store.projects.begin_removal(made.id, now=3.0)
        await until(lambda: made.id not in site.installation.live, "it runs no more")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    assert site.running(one) is first
    assert first.pbx[0].connection.is_up


async def test_what_the_environment_gives_is_changed_there_alone(tmp_path: Path) -> None:
    async with installed(tmp_path / "a") as site:
        project = site.store.projects.add("One", timezone=ZONE, country="UA", language="uk", now=1.0)
        links = site.store.project(project.id).links
        old = links.add(LinkValues(name="old.example", url="ami://u@old.example:5038"), now=1.0)
        links.change(old.id, LinkValues(name="old.example", url="ami://u@old.example", origin="environment"))
        await site.add_project("Two")
        await site.installation.close(project.id)
        await site.installation.open(project, given="ami://u:s@new.example:5038")
        kept = links.all()
        assert [(each.name, each.url, each.origin) for each in kept] == [
            ("new.example", "ami://u@new.example:5038", "environment")
        ], "one row follows the environment"
        user = site.store.users.by_login("anna")
        assert user is not None
        site.store.memberships.grant(user.user.id, project.id, site.store.memberships.of_user(user.user.id)[0].role)
        client = await site.sign_in()
        at = f"/api/v1/projects/{project.id}/connections/{kept[0].id}"
        body = {"name": "x", "host": "new.example", "user": "u", "secret": "s"}
        for answer in (await client.put(at, json=body), await client.delete(at)):
            assert (answer.status_code, answer.json()["error_id"]) == (409, "connection_given")


async def test_what_the_environment_gives_has_a_database_of_the_page_or_of_the_environment(tmp_path: Path) -> None:
    database = {"host": "db.example", "user": "reader", "password": "p1", "tls": "required"}
    given = {"name": "Office", "host": "pbx.example", "user": "u"}
    async with installed(tmp_path) as site:
        project = await site.add_project("One")
        await site.installation.close(project)
        await site.installation.open(site.store.projects.get(project), given="ami://u:s@pbx.example:5038")
        client = await site.sign_in()
        at = f"/api/v1/projects/{project}/connections"
        (link,) = (await client.get(at)).json()["connections"]
        assert (link["origin"], link["database"], link["database_given"]) == ("environment", None, False)
        asked = {**given, "database": database}
        told = await client.put(f"{at}/{link['id']}", json=asked)
        assert told.status_code == 200, told.text
        assert (told.json()["name"], told.json()["database"]["tls"]) == ("Office", "required")
        for other in ({"host": "other.example"}, {"secret": "x"}, {"tls": True}):
            refused = await client.put(f"{at}/{link['id']}", json={**asked, **other})
            assert (refused.status_code, refused.json()["error_id"]) == (409, "connection_given")
        weaker = {key: value for key, value in database.items() if key not in {"password", "tls"}}
        refused = await client.put(f"{at}/{link['id']}", json={**given, "database": weaker})
        assert (refused.status_code, refused.json()["error_id"]) == (422, "secret_needed"), "not without encryption"
        kept = site.store.project(project).links.all()[0]
        assert (kept.database, "p1" in (kept.database_secret or "p1")) == (
            "mysql://reader@db.example:3306/asterisk?tls=required",
            False,
        )
    by_environment = {"CALLFLOOR_PBX_DATABASE_URL": "mysql://env:p%402@db2.example/asterisk"}
    async with installed(tmp_path, **by_environment) as site:
        await site.installation.open(site.store.projects.get(project), given="ami://u:s@pbx.example:5038")
        assert site.running(project).discovering.databases == {
            link["id"]: "mysql://env:p%402@db2.example:3306/asterisk"
        }
        client = await site.sign_in()
        (link,) = (await client.get(at)).json()["connections"]
        assert (link["name"], link["database"]["user"], link["database_given"]) == ("Office", "env", True)
        refused = await client.put(f"{at}/{link['id']}", json={**given, "database": None})
        assert refused.json()["error_id"] == "connection_given"
        assert (await client.put(f"{at}/{link['id']}", json={**given, "name": "Head office"})).status_code == 200


@pytest.mark.parametrize("url", ["postgresql://u:p@h/asterisk", "mysql://h/asterisk", "mysql://u:p@h/a?tls=maybe", "x"])
async def test_a_database_that_cannot_be_one_is_told_at_the_start(tmp_path: Path, url: str) -> None:
    async with installed(tmp_path, CALLFLOOR_PBX_DATABASE_URL=url) as site:
        project = await site.add_project("One")
        await site.installation.close(project)
        with pytest.raises(ConfigurationError, match="CALLFLOOR_PBX_DATABASE_URL"):
            await site.installation.open(site.store.projects.get(project), given="ami://u:s@pbx.example:5038")


async def test_live_calls_go_on_at_another_address_of_the_same_pbx_and_end_at_another_pbx(site: Installed) -> None:
    project = await site.add_project("One")
    client = await site.sign_in()
    at = f"/api/v1/projects/{project}/connections"
    async with AsyncExitStack() as stack:
        # Two simulated PBXes of one moment give the same ids, which real ones do not: the other lives an hour behind.
        urls = [
            urlsplit(await stack.enter_async_context(simulator.serve()))
            for simulator in (
                Simulator(seed=1, employees=60, timezone=ZONE),
                Simulator(seed=2, employees=60, timezone=ZONE, clock=lambda: time.time() - 3600),
            )
        ]
        asked = [
            {"name": "PBX", "host": url.hostname, "port": url.port, "user": url.username, "secret": url.password}
            for url in urls
        ]
        (link,) = [(await client.post(at, json=asked[0])).json()]
        await site.live(project, "PBX")
        running = site.running(project)
        await until(lambda: len(running.snapshot().calls) > 5, "calls are live")
        calls = {call.id: call.started_at for call in running.snapshot().calls}
        told = await client.put(f"{at}/{link['id']}", json={**asked[0], "host": "localhost"})
        assert (told.status_code, told.json()["host"]) == (200, "localhost")
        there = {call.id for call in running.snapshot().calls}
        assert len(there & calls.keys()) > len(calls) / 2, "nothing ends because of the address"
        await site.live(project, "PBX")
        going_on = {call.id: call.started_at for call in running.snapshot().calls}
        assert {key: going_on[key] for key in there & going_on.keys()} == {
            key: calls.get(key, going_on[key]) for key in there & going_on.keys()
        }
        assert there & going_on.keys(), "and they go on under their names"
        before = {call.id for call in running.snapshot().calls}
        told = await client.put(f"{at}/{link['id']}", json={**asked[1], "host": "localhost"})
        assert told.status_code == 200
        await site.live(project, "PBX")
        await until(
            lambda: not before & {call.id for call in running.snapshot().calls}, "the other PBX has none of them"
        )
        journal = site.store.project(project).journal
        await running.calls.drained()
        written = {call.record.call_id for call in journal.page(0.0, 4e9, limit=500).calls}
        assert len(before & written) > len(before) / 2, "they end where they were seen last"
