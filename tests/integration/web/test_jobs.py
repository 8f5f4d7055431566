"""Long work over REST: whose it is, how far, its file, its end."""

from typing import Any

import httpx
import pytest

from callfloor.store.memberships import Role
from support.waiting import answer
from support.web_site import Site


async def ask(client: httpx.AsyncClient, method: str, address: str) -> Any:
    found = await client.request(method, address)
    assert found.status_code == 200, found.text
    return found.json()


async def test_everyone_sees_their_own_and_administrators_all(ours: Site) -> None:
    work, base = ours.work[ours.ours], f"/api/v1/projects/{ours.ours}/jobs"
    ids = {
        who: (await work.start("wait", {"_password": "x", "who": who}, user_id=ours.users[who], user_name=who)).id
        for who in ("administrator", "analyst", "supervisor")
    }
    ids["nobody"] = (await work.start("wait", {})).id
    for who, seen in (
        ("administrator", set(ids.values())),
        ("analyst", {ids["analyst"]}),
        ("supervisor", {ids["supervisor"]}),
        ("employee", set[int]()),
    ):
        client = await ours.signed_in(who)
        jobs = (await ask(client, "GET", base))["jobs"]
        assert {job["id"] for job in jobs} == seen
        for job_id in ids.values():
            expected = 200 if job_id in seen else 404
            assert (await client.get(f"{base}/{job_id}")).status_code == expected
            if expected == 404:
                assert (await client.post(f"{base}/{job_id}/cancel")).status_code == 404
        assert "_password" not in str(jobs)
    client = await ours.signed_in("administrator")
    entries = (await ask(client, "GET", f"/api/v1/projects/{ours.ours}/audit"))["entries"]
    refused = [entry for entry in entries if entry["action"] == "cancel_job"]
    assert {entry["outcome"] for entry in refused} == {"not_found"}


async def test_it_runs_is_cancelled_and_that_is_audited(ours: Site) -> None:
    client = await ours.signed_in("supervisor")
    base = f"/api/v1/projects/{ours.ours}/jobs"
    job_id = (await ours.work[ours.ours].start("wait", {}, user_id=ours.users["supervisor"])).id
    running = await answer(
        lambda: ask(client, "GET", f"{base}/{job_id}"), lambda job: job["done"] == 1, "it tells its progress"
    )
    assert (running["state"], running["of"]) == ("running", 2)
    await ask(client, "POST", f"{base}/{job_id}/cancel")
    ended = await answer(lambda: ask(client, "GET", f"{base}/{job_id}"), lambda job: job["ended_at"], "it ends")
    assert (ended["state"], ended["error_id"]) == ("cancelled", "job_cancelled")
    assert (await ask(client, "POST", f"{base}/{job_id}/cancel")) == ended
    administrator = await ours.signed_in("administrator")
    entries = (await ask(administrator, "GET", f"/api/v1/projects/{ours.ours}/audit"))["entries"]
    deed = next(entry for entry in entries if entry["action"] == "cancel_job")
    assert (deed["subject"], deed["outcome"], deed["details"]) == (f"job:{job_id}", "done", {"kind": "wait"})


@pytest.mark.parametrize("name", ["calls.csv", 'Звонки "май"; 100%.csv'])
async def test_its_file_is_for_who_asked_and_for_administrators(ours: Site, name: str) -> None:
    job_id = (await ours.work[ours.ours].start("wait", {"file": name}, user_id=ours.users["supervisor"])).id
    address = f"/api/v1/projects/{ours.ours}/jobs/{job_id}/file"
    client = await ours.signed_in("supervisor")
    assert (await client.get(address)).status_code == 404
    ours.go.set()
    assert (await ours.work[ours.ours].ended(job_id)).result["rows"] == 1
    for who, status in (("supervisor", 200), ("administrator", 200), ("analyst", 404), ("employee", 404)):
        found = await (await ours.signed_in(who)).get(address)
        assert found.status_code == status
        if status == 200:
            assert (found.text, found.headers["content-type"]) == ("a;b", "text/csv; charset=utf-8")
            kind, _, told = found.headers["content-disposition"].partition("; filename*=UTF-8''")
            assert kind == "attachment"
            assert httpx.URL(f"http://x/{told}").path == f"/{name}"


async def test_another_projects_jobs_do_not_exist(ours: Site) -> None:
    theirs = (await ours.work[ours.theirs].start("wait", {}, user_id=ours.users["administrator"])).id
    client = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}/jobs"
    assert (await ask(client, "GET", base))["jobs"] == []
    for method, end in (("GET", ""), ("GET", "/file"), ("POST", "/cancel")):
        assert (await client.request(method, f"{base}/{theirs}{end}")).status_code == 404


async def test_a_documents_file_is_only_for_who_may_export_now(ours: Site) -> None:
    """Who asked for it has become an employee since, and then a member of the project no more."""
    user = ours.users["supervisor"]
    client = await ours.signed_in("supervisor")
    asked = {"what": "calls", "form": "csv", "query": "from=2023-11-14&to=2023-11-15"}
    made = await client.post(f"/api/v1/projects/{ours.ours}/exports", json=asked)
    assert made.status_code == 202, made.text
    job_id = made.json()["id"]
    await ours.work[ours.ours].ended(job_id)
    address = f"/api/v1/projects/{ours.ours}/jobs/{job_id}/file"
    assert (await client.get(address)).status_code == 200
    ours.store.memberships.grant(user, ours.ours, Role.EMPLOYEE)
    refused = await client.get(address)
    assert (refused.status_code, refused.json()["error_id"]) == (403, "forbidden")
    ours.store.memberships.withdraw(user, ours.ours)
    assert (await client.get(address)).status_code == 404
