"""Whoever sees numbers masked finds no whole one: in no answer, no frame, no file, by no search; and can work on."""

import asyncio
import io
import logging
import re
import zipfile
from pathlib import Path

import httpx
import msgspec
import pypdf
import pytest

from callfloor.floor.calls import CallStatus
from callfloor.logs import JsonFormatter
from callfloor.project.reporting import reader_of
from callfloor.store.memberships import Role
from callfloor.web.app import bare_app
from callfloor.web.openapi import document
from support.access_rows import DAY, DAYS
from support.past_site import PastSite
from support.personal_site import CLIENTS, WHOLE, ended, fill, masked
from support.sound_files import tone, write
from support.web_floor import NOW, call
from support.web_page import Page
from support.web_site import Site, read_until

PREFIX = "/api/v1/projects/{project_id}"


NO_ROWS = frozenset(
    f"{PREFIX}/{path}"
    for path in (
        "connections",  # of whom nobody has clients' numbers
        "repairs",
        "discovery",
        "employees/{employee_id}/photo",
        "supervisions",
        "supervisions/ways",
        "voicemails/{message_id}/audio",  # sound; the file's name is the message's id
        "voicemails/{message_id}/peaks",
        "faxes/{fax_id}/pages/{page}",  # a picture
        "faxes/{fax_id}/file",
        "deliveries/{delivery_id}/file",  # of a letter: see the test of letters
    )
) | {"/api/v1/installation/oidc", "/api/v1/oidc/start", "/api/v1/oidc/callback"}
"""Ways of reading that answer nothing here."""

QUERIES = (
    *("", f"?{DAYS}", "?state=closed", f"?from={NOW:.0f}&to={NOW + 900:.0f}", f"?from={NOW - 9000:.0f}&to={NOW:.0f}"),
    *("?form=xlsx", f"?at={NOW + 150:.0f}", f"?at={NOW + 5:.0f}&step=next&of=calls", f"?{DAYS}&by=employee"),
    *("?number=48600100200&seconds=60", "?download=true"),
)


def operations() -> list[tuple[str, list[str]]]:
    """Every way of reading, with what its path asks for."""
    return [
        (path, [each["name"] for each in of["get"].get("parameters", []) if each["in"] == "path"])
        for path, of in document(bare_app())["paths"].items()
        if "get" in of
    ]


def opened(answer: httpx.Response) -> bytes:
    """An answer's head and body; a sheet's, unpacked, and a document's text."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
    if answer.content[:5] == b"%PDF-":
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        return head + "\n".join(page.extract_text() for page in pages).encode()
    if answer.content[:2] != b"PK":
        return head + answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as sheet:
        return head + b"".join(sheet.read(name) for name in sheet.namelist())


async def test_no_whole_number_in_any_byte(ours: Site, tmp_path: Path) -> None:
    past = PastSite(ours, tmp_path / "past")
    await past.writer.start()
    past.lives()
    await past.writer.flush()
    await past.writer.close()
    write(ours.recordings / "2023" / f"in-{CLIENTS[0][-9:]}.wav", tone(440, seconds=0.2))
    await fill(ours)
    role = Role.ADMINISTRATOR  # from whom no route is kept
    whole = await ours.signed_in(role)
    base = f"/api/v1/projects/{ours.ours}"
    before = WHOLE.findall((await whole.get(f"{base}/journal?{DAYS}")).content)
    assert before, "who sees them whole does see them"
    made = (await whole.get(f"{base}/jobs")).json()["jobs"]
    export = next(each["id"] for each in made if each["kind"] == "export")
    await masked(ours, role)
    client = await ours.signed_in(role)
    key = (await client.get(f"{base}/journal?{DAYS}&sort=started")).json()["rows"][0]["client_e164"]
    jobs = []
    for form in ("csv", "xlsx", "pdf"):
        for columns in ([], ["client", "route", "tags", "started"]):
            report = {"what": "calls", "form": form, "query": DAYS, "columns": columns}
            jobs.append((await client.post(f"{base}/exports", json=report)).json()["id"])
    await ended(ours, client)
    ids: dict[str, list[str]] = {
        "call_id": ["done-anna", "done-boris", "missed", "live", "anna"],
        "e164": [key, key[key.index("~") :], CLIENTS[0]],
        "client": [key],
        "job_id": ["1", *map(str, jobs)],
        "employee_id": [str(ours.anna)],
        "day": [DAY],
        "number": ["48221234567"],
    }
    answered = set()
    for path, names in operations():
        for value in {each for name in names for each in ids.get(name, ["1", "2"]) if name != "project_id"} or {""}:
            chosen = {name: (ids.get(name) or ["1", "2"]) for name in names}
            filled = {name: value if value in found else found[0] for name, found in chosen.items()}
            at = path.format(**{**filled, "project_id": ours.ours})
            for query in QUERIES if not value or "/past/" in path else ("", f"?{DAYS}", "?download=true"):
                answer = await client.get(at.replace("+", "%2B") + query)
                if answer.status_code == 200:
                    answered.add(path)
                found = WHOLE.search(opened(answer))
                assert found is None, (at, query, found and found.group())
    assert {path for path, _ in operations()} - answered == NO_ROWS
    rows = (await client.get(f"{base}/jobs/{jobs[0]}/file")).text
    assert "+48600*****7 ~" in rows
    document_ = opened(await client.get(f"{base}/jobs/{jobs[-1]}/file"))
    assert b"+48600*****7" in document_, "it is read as people read it"
    earlier = await client.get(f"{base}/jobs/{export}/file")
    assert (earlier.status_code, earlier.json()["error_id"]) == (403, "numbers_masked"), "it was made with whole ones"


async def test_the_stream_is_cut_and_a_change_of_the_rule_cuts_it_at_once(ours: Site) -> None:
    await fill(ours)
    client = await ours.signed_in("supervisor")
    async with ours.stream(client) as socket:
        assert WHOLE.search((await socket.recv()).encode()) is not None
        await masked(ours, "supervisor")
        async with asyncio.timeout(30):
            await socket.wait_closed()
        assert socket.close_code == 1012, "the page reconnects by itself"
    page = Page()
    async with ours.stream(client) as socket:
        await read_until(socket, page, lambda page: "live" in page.calls)
        ours.floor.put(
            call("next", ours.anna, client_number="600100207", client_e164="+48600100207", status=CallStatus.HOLD)
        )
        await read_until(socket, page, lambda page: "next" in page.calls)
    seen = msgspec.json.encode(page.calls)
    assert WHOLE.search(seen) is None
    assert page.calls["next"].client_e164 == page.calls["live"].client_e164, "the same client is known again"


async def test_a_number_cannot_be_found_digit_by_digit(ours: Site) -> None:
    await fill(ours)
    await masked(ours, "supervisor")
    client = await ours.signed_in("supervisor")
    base = f"/api/v1/projects/{ours.ours}"
    for path in (
        f"journal?{DAYS}&sort=client",
        f"journal?{DAYS}&sort=-client",
        f"journal?{DAYS}&client=%2B48600100207",
        f"journal/totals?{DAYS}&client=%2B48600100207",
        "clients/+48600100207",
        "callbacks?part=600",
        "voicemails?part=600",
        "voicemails?part=%2B48",
        "voicemails?sort=caller",
        "faxes?part=100",
        "faxes?sort=number",
        "faxes?sort=station",
    ):
        answer = await client.get(f"{base}/{path}")
        assert (answer.status_code, answer.json()["error_id"]) == (403, "numbers_masked"), path
    for body in (
        {"what": "calls", "form": "csv", "query": f"{DAYS}&sort=client"},
        {"what": "calls", "form": "csv", "query": f"{DAYS}&client=%2B48600100207"},
    ):
        assert (await client.post(f"{base}/exports", json=body)).status_code == 403
    none = await client.get(f"{base}/journal?{DAYS}&part=600")
    assert none.json()["rows"] == [], "a part is looked for in the company's own numbers"
    assert len((await client.get(f"{base}/journal?{DAYS}&part=2212")).json()["rows"]) == 1
    totals = (await client.get(f"{base}/journal/totals?{DAYS}&part=600")).json()
    assert totals["totals"]["calls"] == 0
    assert (await client.get(f"{base}/voicemails?part=Jan")).status_code == 200
    wrong = await client.get(f"{base}/clients/~{'A' * 40}")
    assert (wrong.status_code, wrong.json()["error_id"]) == (422, "invalid_input")


async def test_by_the_key_everything_still_works(ours: Site) -> None:
    await fill(ours)
    await masked(ours, "supervisor", "administrator")
    client = await ours.signed_in("supervisor")
    base = f"/api/v1/projects/{ours.ours}"
    (row,) = (await client.get(f"{base}/journal?{DAYS}")).json()["rows"]
    key = row["client_e164"]
    assert (row["client_number"], key.partition("~")[0]) == ("600*****7", "+48600*****7")
    history = (await client.get(f"{base}/clients/{key}")).json()
    assert (history["client_e164"], history["calls"]) == (key, 1)
    found = await client.get(f"{base}/journal", params={"from": DAY, "to": DAY, "client": key})
    assert [each["call_id"] for each in found.json()["rows"]] == ["done-anna"]
    answer = await client.post(f"{base}/spam", json={"number": key, "source": "hand"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["number"] == key
    assert (await client.delete(f"{base}/spam/{key}")).status_code == 204
    chief = await ours.signed_in("administrator")
    open_ones = (await chief.get(f"{base}/callbacks?limit=1&sort=-since")).json()
    (waiting,) = open_ones["rows"]
    assert waiting["client_e164"].startswith("+38067*")
    closed = await chief.post(f"{base}/callbacks/{waiting['client_e164']}/close", json={"reason": "no_need"})
    assert closed.status_code == 200, closed.text
    assert closed.json()["client_e164"] == waiting["client_e164"]
    first = (await chief.get(f"{base}/callbacks?state=closed&limit=1")).json()
    assert first["next_cursor"].startswith("~")
    then = await chief.get(f"{base}/callbacks?state=closed&limit=1&after={first['next_cursor']}")
    assert then.status_code == 200, then.text
    assert then.json()["rows"][0]["client_e164"] != first["rows"][0]["client_e164"]
    whole = await ours.signed_in("analyst")
    shared = await whole.get(f"{base}/clients/{key}")
    assert shared.json()["client_e164"] == CLIENTS[0], "a masked colleague's link opens for whoever sees numbers whole"


async def test_a_mailed_report_is_the_recipients(ours: Site) -> None:
    await masked(ours, "supervisor")
    reader = reader_of(ours.store, ours.ours, ours.users["supervisor"])
    other = reader_of(ours.store, ours.ours, ours.users["analyst"])
    assert reader is not None
    assert reader.seen.mask is not None
    assert other is not None
    assert other.seen.mask is None


async def test_the_rule_is_set_by_administrators_and_audited(ours: Site) -> None:
    chief = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    answer = await chief.put(f"{base}/rules", json={"masked_roles": ["employee", "analyst", "employee"]})
    assert answer.json()["rules"]["masked_roles"] == ["analyst", "employee"]
    assert (await chief.put(f"{base}/rules", json={"masked_roles": ["everybody"]})).status_code == 422
    entry = (await chief.get(f"{base}/audit?action=change_rules")).json()["entries"][-1]
    assert entry["details"] == {"before": {"masked_roles": []}, "after": {"masked_roles": ["analyst", "employee"]}}
    assert (await chief.get("/api/v1/session")).json()["projects"][0]["masked"] is False
    analyst = await ours.signed_in("analyst")
    assert (await analyst.get("/api/v1/session")).json()["projects"][0]["masked"] is True


async def test_the_log_has_neither_numbers_nor_names(ours: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="callfloor")
    await fill(ours)
    client = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    for path in (
        f"journal?{DAYS}&part=600",
        f"clients/{CLIENTS[0]}",
        "callbacks?part=511",
        f"spam/{CLIENTS[0]}",
        "floor",
    ):
        await client.get(f"{base}/{path}")
    form = JsonFormatter()
    lines = "\n".join(form.format(record) for record in caplog.records if record.name.startswith("callfloor"))
    assert "Request" in lines, "there is a log"
    assert WHOLE.search(lines.encode()) is None
    assert not re.search(r"Anna|Boris|Kowalski|Jan ", lines)
