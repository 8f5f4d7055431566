"""Import over REST: uploads in parts, what is refused, and that a database's password is never shown."""

from typing import Any

import httpx
import pytest

from support.past_records import RECORDS
from support.web_site import Site

CDR = (RECORDS / "inbound_queue_ringall.cdr").read_bytes()


def base(site: Site) -> str:
    return f"/api/v1/projects/{site.ours}/imports"


async def upload(client: httpx.AsyncClient, site: Site, data: bytes, kind: str = "cdr") -> str:
    """A file, in two parts, the first of them twice."""
    asked = {"kind": kind, "name": "Master.csv", "size": len(data)}
    made = (await client.post(f"{base(site)}/files", json=asked)).json()
    half = len(data) // 2
    for offset, part in ((0, data[:half]), (0, data[:half]), (half, data[half:])):
        made = (await send(client, site, made["id"], offset, part)).json()
    assert made["received"] == made["size"] == len(data)
    return str(made["id"])


async def send(client: httpx.AsyncClient, site: Site, file_id: str, offset: int, part: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/octet-stream"}
    address = f"{base(site)}/files/{file_id}/part"
    return await client.post(address, params={"offset": offset}, content=part, headers=headers)


async def ended(site: Site, job_id: int) -> dict[str, Any]:
    job = await site.work[site.ours].ended(job_id)
    return {"state": job.state.value, "result": job.result, "error": job.error, "params": job.params}


async def test_an_uploaded_file_is_imported_once(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    for written, known in ((1, 0), (0, 1)):
        file_id = await upload(client, ours, CDR)
        answer = await client.post(base(ours), json={"zone": "UTC", "files": [file_id], "again": True})
        assert answer.status_code == 202, answer.text
        job = await ended(ours, answer.json()["id"])
        assert job["state"] == "done", job
        assert (job["result"]["calls"], job["result"]["known"]) == (written, known)
        gone = await client.post(base(ours), json={"zone": "UTC", "files": [file_id]})
        assert gone.status_code == 404
    (source,) = (await client.get(base(ours))).json()["sources"]
    assert (source["calls"], source["known"]) == (0, 1)


async def test_what_was_refused_can_be_downloaded(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    file_id = await upload(client, ours, CDR + b'"a","b"\n')
    job_id = (await client.post(base(ours), json={"zone": "UTC", "files": [file_id]})).json()["id"]
    job = await ended(ours, job_id)
    assert job["result"]["reasons"] == [{"reason": "2 columns of 21", "rows": 1}]
    found = await client.get(f"/api/v1/projects/{ours.ours}/jobs/{job_id}/file")
    assert found.status_code == 200
    assert "2 columns of 21" in found.text


async def test_a_databases_password_is_shown_to_nobody(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    asked = {"zone": "UTC", "database": "mysql://reader:very-secret@127.0.0.1:9/asteriskcdrdb"}
    waiting = str(ours.desks[ours.ours].params(dict(asked)))
    assert "127.0.0.1" in waiting
    assert "very-secret" not in waiting, "sealed in the job, too, while it waits and runs"
    answer = await client.post(base(ours), json=asked)
    assert answer.status_code == 202, answer.text
    job = await ended(ours, answer.json()["id"])
    assert job["state"] == "failed"
    assert "refused" in job["error"], "it was opened, and asked"
    assert not [name for name in job["params"] if name.startswith("_")]
    audit = (await client.get(f"/api/v1/projects/{ours.ours}/audit?limit=500")).text
    jobs = (await client.get(f"/api/v1/projects/{ours.ours}/jobs")).text
    for shown in (answer.text, str(job), audit, jobs):
        assert "very-secret" not in shown
        assert "reader" not in shown


@pytest.mark.parametrize(
    "asked",
    [
        {"zone": "UTC"},
        {"zone": "Mars/Base", "files": []},
        {"zone": "UTC", "database": "sqlite:////etc/passwd"},
        {"zone": "UTC", "database": "mysql://a:b@h/db?socket=/run/mysqld/mysqld.sock"},
        {"zone": "UTC", "database": "postgresql://a:b@h/db?passfile=/etc/shadow"},
        {"zone": "UTC", "database": "postgresql:///db?host=/run/postgresql"},
        {"zone": "UTC", "database": "mysql://a:b@h/db", "first_day": "2026-02-30"},
        {"zone": "UTC", "path": "/var/log/asterisk/cdr-csv/Master.csv"},
    ],
)
async def test_no_path_of_the_server_and_no_nonsense_is_taken(ours: Site, asked: dict[str, Any]) -> None:
    client = await ours.signed_in("administrator")
    assert (await client.post(base(ours), json=asked)).status_code == 422


async def test_a_file_must_come_whole_and_in_order(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    files = f"{base(ours)}/files"
    made = (await client.post(files, json={"kind": "cdr", "name": "x", "size": 10})).json()
    assert (await send(client, ours, made["id"], 5, b"x")).status_code == 409
    assert (await send(client, ours, made["id"], 0, b"x" * 11)).status_code == 422
    assert (await send(client, ours, "0" * 32, 0, b"x")).status_code == 404
    assert (await send(client, ours, "..etc", 0, b"x")).status_code == 404
    answer = await client.post(base(ours), json={"zone": "UTC", "files": [made["id"]]})
    assert answer.status_code == 422
    for size in (0, 2**39):
        assert (await client.post(files, json={"kind": "cdr", "name": "x", "size": size})).status_code == 422


async def test_administrators_alone_import(ours: Site) -> None:
    for who in ("analyst", "supervisor", "employee", "stranger"):
        client = await ours.signed_in(who)
        expected = 404 if who == "stranger" else 403
        answers = [
            await client.get(base(ours)),
            await client.post(base(ours), json={"zone": "UTC", "database": "mysql://a:b@h/db"}),
            await client.post(f"{base(ours)}/files", json={"kind": "cdr", "name": "x", "size": 1}),
            await send(client, ours, "0" * 32, 0, b"x"),
        ]
        assert [answer.status_code for answer in answers] == [expected] * 4


async def test_another_projects_upload_is_not_there(ours: Site) -> None:
    stranger = await ours.signed_in("stranger")
    theirs = f"/api/v1/projects/{ours.theirs}/imports"
    made = (await stranger.post(f"{theirs}/files", json={"kind": "cdr", "name": "x", "size": 1})).json()
    client = await ours.signed_in("administrator")
    assert (await send(client, ours, made["id"], 0, b"x")).status_code == 404
