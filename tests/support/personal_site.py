"""A site with clients' numbers in everything that can have one, and the words by which a whole one is found."""

import asyncio
import re
from typing import Any

import httpx
import msgspec

from callfloor.floor.calls import CallResult, ExternalPart, LiveParty, PartyState, StoryStep
from callfloor.floor.supervisions import Ending, Mode, ModeStretch, SupervisionRecord, Way
from support.access_rows import DAYS
from support.web_floor import NOW, call, record
from support.web_messages import fax, voicemail
from support.web_site import Site

CLIENTS = ("+48600100207", "+48511222333", "+380671112233", "+48789456123")
WHOLE = re.compile(rb"|".join(rb"[ ().\-]*".join(b"%c" % digit for digit in each[-9:].encode()) for each in CLIENTS))
"""Any client's number without its country, however it is written."""

TYPED = "600-100-207"


def record_of(call_id: str, client: str, *accounts: str, **fields: Any) -> Any:
    """A call of this client, with the number in every place that a call has for one."""
    national = client[-9:]
    told = {
        "client_number": national,
        "client_e164": client,
        "external": (ExternalPart(number=CLIENTS[3], talk_s=5.0),),
        "route": ("48221234567", national),
        "recording": f"out-{national}-101.wav",
        "story": (
            StoryStep(at=NOW - 600, what="arrived", number=national, detail=f"Dial({national})"),
            StoryStep(at=NOW - 590, what="recording", account="101", detail=f"2023/in-{national}.wav"),
        ),
    }
    return msgspec.structs.replace(record(call_id, *accounts), **{**told, **fields})


async def fill(ours: Site) -> None:
    """Some of everything that can have a client's number in it; what people do is done by who sees numbers whole."""
    project = ours.store.project(ours.ours)
    project.lines.put_number("48221234567", e164="+48221234567", label="Main", kind="geographic")
    missed = {"result": CallResult.MISSED, "answered_at": None, "talk_s": 0.0, "employees": ()}
    project.journal.write(
        [
            record_of("done-anna", CLIENTS[0], "101"),
            record_of("done-boris", CLIENTS[1], "201", started_at=NOW - 500),
            record_of("missed", CLIENTS[2], started_at=NOW - 400, **missed),
            record_of("missed-2", CLIENTS[3], started_at=NOW - 300, **missed),
        ]
    )
    for client in CLIENTS[:2]:
        known: dict[str | None, str | None] = {client[-9:]: client}
        message = voicemail("101", int(client[-3:]), caller_number=client[-9:], caller_name=f"Jan {client}")
        project.voicemails.apply([message], [], at=NOW, calls_of={}, e164=known.get)
        sent = fax(
            "done-anna",
            key=f"f-{client[-3:]}",
            number=client,
            e164=client,
            station=client[-9:],
            files=(f"/fax/{client}.tif",),
        )
        project.faxes.put(sent, keeping="missing", kept_files=(), kept_pages=None)
    project.supervisions.open(
        SupervisionRecord(
            id="s1", user_id=ours.users["analyst"], user_name="X", call_id="done-anna", way=Way.PHONE, phone="101",
            reason=f"he calls from {TYPED}", started_at=NOW - 60, connected_at=NOW - 50, ended_at=NOW - 10,
            modes=(ModeStretch(mode=Mode.LISTEN, muted=False, began_at=NOW - 50, ended_at=NOW - 10),), followed=(),
            ending=Ending.LEFT, ending_detail=None,
        )
    )  # fmt: skip
    other = LiveParty(account=None, number=CLIENTS[0][-9:], state=PartyState.TALKING, since=NOW)
    live = call("live", ours.anna, client_number=CLIENTS[0][-9:], client_e164=CLIENTS[0], route=(CLIENTS[0],))
    ours.floor.put(msgspec.structs.replace(live, parties=(*live.parties, other)))
    chief = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    report = {"what": "calls", "form": "csv", "query": f"{DAYS}&client=%2B{CLIENTS[0][1:]}"}
    schedule = {
        "name": f"Of {TYPED}", "report": report, "recipients": {"user_ids": [1]},
        "when": {"every": "day", "minute": 420, "period": "yesterday"},
    }  # fmt: skip
    asked: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/journal/calls/done-anna/notes", {"text": f"Ring {TYPED} or {CLIENTS[1]} back."}),
        ("PUT", "/journal/calls/done-anna/tags", {"tags": [f"is {TYPED}"]}),
        ("POST", f"/callbacks/{CLIENTS[3]}/close", {"reason": "other", "note": f"see {CLIENTS[3]}"}),
        ("POST", "/spam", {"number": CLIENTS[1]}),
        ("PUT", "/voicemails/1/note", {"note": f"from {TYPED}"}),
        ("PUT", "/faxes/1/note", {"note": f"from {TYPED}"}),
        ("POST", "/exports", report),
        ("POST", "/report-schedules", schedule),
        ("POST", "/live-calls/live/actions", {"type": "transfer", "number": CLIENTS[2]}),
    )
    for method, path, body in asked:
        answer = await chief.request(method, base + path, json=body)
        assert answer.status_code < 400 or "actions" in path, (path, answer.text)
    await ended(ours, chief)


async def ended(ours: Site, client: httpx.AsyncClient) -> None:
    """Until all long work has ended."""
    async with asyncio.timeout(20):
        while True:
            jobs = (await client.get(f"/api/v1/projects/{ours.ours}/jobs")).json()["jobs"]
            if all(each["state"] in {"done", "failed", "cancelled"} for each in jobs):
                return
            await asyncio.sleep(0)


async def masked(ours: Site, *roles: str) -> None:
    chief = await ours.signed_in("administrator")
    answer = await chief.put(f"/api/v1/projects/{ours.ours}/rules", json={"masked_roles": roles})
    assert answer.status_code == 200, answer.text
