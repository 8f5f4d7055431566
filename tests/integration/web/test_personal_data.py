"""One client's data given out and taken out by administrators, retention at once, and an employee's name."""

import asyncio
import io
import json
import zipfile
from typing import Any

import httpx
import msgspec
import pytest

from callfloor.store.jobs import Job
from callfloor.web import personal_api
from support.access_rows import DAYS
from support.personal_site import CLIENTS, fill, masked
from support.web_floor import NOW
from support.web_site import Site

RECORDED = f"out-{CLIENTS[0][-9:]}-101.wav"


async def done(ours: Site, answer: httpx.Response) -> Job:
    assert answer.status_code == 202, answer.text
    assert CLIENTS[0] not in answer.text, "whose data it is is the job's own secret"
    return await ours.work[ours.ours].ended(answer.json()["id"])


async def deeds(ours: Site, client: httpx.AsyncClient, action: str) -> list[Any]:
    found = await client.get(f"/api/v1/projects/{ours.ours}/audit?action={action}")
    return [(each["outcome"], each["details"]) for each in found.json()["entries"]]


async def test_all_there_is_of_a_client_is_given_out(ours: Site) -> None:
    await fill(ours)
    (ours.recordings / RECORDED).write_bytes(b"RIFF sound")
    chief = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}/personal-data"
    found = await chief.post(f"{base}/client", json={"client": "600 100 207"})
    assert found.json() == {"client_e164": CLIENTS[0], "calls": 1}
    job = await done(ours, await chief.post(f"{base}/client-export", json={"client": "600 100 207"}))
    assert (job.state, job.result["calls"], job.result["recordings"]) == ("done", 1, 1)
    answer = await chief.get(f"/api/v1/projects/{ours.ours}/jobs/{job.id}/file")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    assert files[f"recordings/done-anna {RECORDED}"] == b"RIFF sound"
    (whole,) = json.loads(files["calls.json"])
    assert whole["call"]["client_e164"] == CLIENTS[0]
    assert whole["notes"][0]["text"].startswith("Ring ")
    assert [each["caller_e164"] for each in json.loads(files["voicemails.json"])] == [CLIENTS[0]]
    assert len(json.loads(files["faxes.json"])) == 1
    assert b"done-anna" in files["calls.csv"]
    assert CLIENTS[1].encode() not in files["voicemails.csv"] + files["faxes.csv"], "nobody else's"
    assert await deeds(ours, chief, "export_client") == [("done", {})]
    await masked(ours, "administrator")
    kept = await chief.get(f"/api/v1/projects/{ours.ours}/jobs/{job.id}/file")
    assert (kept.status_code, kept.json()["error_id"]) == (403, "numbers_masked")
    assert (await chief.post(f"{base}/client-export", json={"client": CLIENTS[0]})).status_code == 403


async def test_a_client_is_taken_out_for_good_and_asked_twice(ours: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(ours)
    (ours.recordings / RECORDED).write_bytes(b"RIFF sound")
    chief = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    before = (await chief.get(f"{base}/journal/totals?{DAYS}")).json()
    ask = {"client": "600100207", "again": CLIENTS[0]}
    wrong = await chief.post(f"{base}/personal-data/client-erasure", json={**ask, "again": CLIENTS[1]})
    assert (wrong.status_code, wrong.json()["details"]) == (422, {"at": ["$.again"]})
    going = await chief.post(f"{base}/personal-data/client-erasure", json=ask)
    assert going.status_code == 409, "a call of theirs is going on"
    ours.floor.end("live")
    live = ours.projects[ours.ours]
    monkeypatch.setattr(personal_api, "SETTLES_S", 0.01)
    ours.projects[ours.ours] = msgspec.structs.replace(live, settle=asyncio.Event().wait)
    waits = await chief.post(f"{base}/personal-data/client-erasure", json=ask)
    assert (waits.status_code, waits.json()["error_id"]) == (503, "store_busy"), "an ended call of theirs may wait"
    ours.projects[ours.ours] = live
    refused, damaged = (ours.folder / f"calls-{ours.ours}.spill.{kind}" for kind in ("refused", "damaged"))
    refused.write_text("".join(f'{{"row":{{"client":"{each[-9:]}"}}}}\n' for each in CLIENTS))
    damaged.write_bytes(b"CFR1" + CLIENTS[0].encode())
    job = await done(ours, await chief.post(f"{base}/personal-data/client-erasure", json=ask))
    assert (job.state, job.result["calls"], job.result["recordings"], job.result["recordings_left"]) == (
        "done",
        1,
        1,
        0,
    )
    assert not (ours.recordings / RECORDED).exists()
    assert [line[18:27] for line in refused.read_text().splitlines()] == [each[-9:] for each in CLIENTS[1:]]
    assert not damaged.exists()
    assert not list((ours.folder / f"work-{ours.ours}").glob("*/file")), "no export has the number any more"
    for part in (
        f"journal?{DAYS}",
        "journal/calls/done-anna",
        "audit",
        "jobs",
        "voicemails",
        "faxes",
        "spam",
        "callbacks",
    ):
        text = (await chief.get(f"{base}/{part}")).text
        assert CLIENTS[0][-9:] not in text, part
    row = next(
        each for each in (await chief.get(f"{base}/journal?{DAYS}")).json()["rows"] if each["call_id"] == "done-anna"
    )
    assert row["client_e164"].startswith("+000")
    history = await chief.get(f"{base}/clients/{row['client_e164']}")
    assert history.json()["calls"] == 1, "the pseudonym is asked for like a number"
    assert (await chief.get(f"{base}/journal/totals?{DAYS}")).json() == before
    (told,) = await deeds(ours, chief, "client_erased")
    assert told[1]["pseudonym"] == row["client_e164"]
    outcomes = [outcome for outcome, _ in await deeds(ours, chief, "erase_client")]
    assert outcomes == ["done", "store_busy", "conflict", "invalid_input"]
    nobody = await chief.post(f"{base}/personal-data/client", json={"client": row["client_e164"]})
    assert nobody.status_code == 422, "nobody is taken out twice"


async def test_what_is_too_old_goes_by_the_rules(ours: Site) -> None:
    await fill(ours)
    (ours.recordings / RECORDED).write_bytes(b"RIFF sound")
    chief = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    first = (await chief.get(f"{base}/personal-data")).json()
    assert first["calls_kept_from"] is None
    wrong = await chief.put(f"{base}/rules", json={"keep": {"calls": 0}})
    assert wrong.status_code == 422
    changed = await chief.put(f"{base}/rules", json={"keep": {"calls": 30, "audit": 90, "supervisions": 30}})
    assert changed.json()["rules"]["keep"] == {
        "calls": 30, "recordings": None, "messages": None, "audit": 90, "supervisions": 30,
    }  # fmt: skip
    job = await done(ours, await chief.post(f"{base}/personal-data/retention"))
    assert job.state == "done", job.error
    assert job.result["calls"] == 0
    assert (ours.recordings / RECORDED).exists()
    ours.clock.now = NOW + 40 * 86_400
    chief = await ours.signed_in("administrator")
    job = await done(ours, await chief.post(f"{base}/personal-data/retention"))
    assert (job.result["calls"], job.result["recordings"], job.result["supervisions"]) == (4, 1, 1)
    assert not (ours.recordings / RECORDED).exists()
    state = (await chief.get(f"{base}/personal-data")).json()
    assert NOW < state["calls_kept_from"] < ours.clock.now, "the page can say what is deleted, and is not nothing"
    assert [each["kind"] for each in state["jobs"]] == ["retention", "retention"]
    assert (await chief.get(f"{base}/journal?{DAYS}")).json()["rows"] == []
    assert len(await deeds(ours, chief, "retention")) == 1
    analyst = await ours.signed_in("analyst")
    assert (await analyst.get(f"{base}/personal-data")).json()["jobs"] == []


async def test_an_employees_name_goes(ours: Site) -> None:
    await fill(ours)
    chief = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    at = f"{base}/personal-data/employees/{ours.anna}/erasure"
    assert (await chief.post(at, json={"name": "Boris"})).status_code == 422
    answer = await chief.post(at, json={"name": "Anna"})
    assert answer.json() == {"id": ours.anna, "name": f"#{ours.anna}"}
    assert "Anna" not in (await chief.get(f"{base}/journal?{DAYS}")).text
    assert "Anna" not in (await chief.get(f"{base}/directory")).text
    assert ours.floor.directory.employees[0].name == f"#{ours.anna}", "the live floor goes by it at once"
    assert "Anna" not in json.dumps(await deeds(ours, chief, "erase_employee"))
