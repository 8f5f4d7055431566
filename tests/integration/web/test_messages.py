"""Voicemail and faxes over REST, with the real spool and files behind them."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from callfloor.errors import StoreError
from support.message_site import Left, tiff
from support.waiting import answer
from support.web_floor import NOW, record
from support.web_messages import fax
from support.web_site import Site


@pytest.fixture
async def left(ours: Site, tmp_path: Path) -> AsyncIterator[Left]:
    made = Left(ours, tmp_path)
    made.leave("101", 0)
    made.leave("201", 1)
    made.start()
    yield made
    await made.stop()


async def listed(client: Any, left: Left, wanted: int, query: str = "") -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        found = await client.get(f"{left.base}/voicemails?{query}")
        assert found.status_code == 200, found.text
        messages: list[dict[str, Any]] = found.json()["messages"]
        return messages

    return await answer(ask, lambda found: len(found) == wanted, f"{wanted} messages")


async def test_a_message_is_heard_by_who_may_and_each_listening_is_written_down_once(left: Left) -> None:
    supervisor = await left.site.signed_in("supervisor")
    (mine,) = await listed(supervisor, left, 1)
    assert (mine["box"], mine["employee_name"], mine["caller_e164"]) == ("101", "Anna", "+48601234567")
    address = f"{left.base}/voicemails/{mine['id']}"
    whole = await supervisor.get(f"{address}/audio")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    part = await supervisor.get(f"{address}/audio", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    saved = await supervisor.get(f"{address}/audio?download=true")
    assert saved.headers["content-disposition"].startswith('attachment; filename="voicemail-101-')
    peaks = (await supervisor.get(f"{address}/peaks")).json()
    assert (peaks["duration_s"], len(peaks["channels"])) == (1.0, 1)

    admin = await left.site.signed_in("administrator")
    theirs = next(one for one in await listed(admin, left, 2) if one["box"] == "201")
    for what in ("", "/audio", "/peaks"):
        assert (await supervisor.get(f"{left.base}/voicemails/{theirs['id']}{what}")).status_code == 404
    entries = (await admin.get(f"{left.base}/audit")).json()["entries"]
    deeds = [(e["user_login"], e["action"], e["subject"], e["outcome"]) for e in entries if "voicemail" in e["action"]]
    assert set(deeds) == {
        ("supervisor", "download_voicemail", f"voicemail:{mine['id']}", "done"),
        ("supervisor", "listen_voicemail", f"voicemail:{mine['id']}", "done"),
        ("supervisor", "listen_voicemail", f"voicemail:{theirs['id']}", "not_found"),
    }
    assert len(deeds) == 3


async def test_an_employee_hears_their_own_box_alone(left: Left) -> None:
    employee = await left.site.signed_in("employee")
    (mine,) = await listed(employee, left, 1)
    assert (await employee.get(f"{left.base}/voicemails/{mine['id']}/audio")).status_code == 200
    assert (await employee.get(f"{left.base}/voicemail-boxes")).json() == {"boxes": ["101"]}


async def test_a_new_message_shows_at_once_with_its_call_and_the_revision_moves(left: Left) -> None:
    client = await left.site.signed_in("administrator")
    await listed(client, left, 2)
    before = (await client.get(f"{left.base}/messages")).json()
    assert (before["voicemail_set_up"], before["voicemail_reachable"], before["fax_set_up"]) == (True, True, True)
    left.leave("900", 7)
    left.told("900", "call-7", "PJSIP/t-7")
    found = await listed(client, left, 3)
    assert [one["call_id"] for one in found if one["box"] == "900"] == ["call-7"]
    after = (await client.get(f"{left.base}/messages")).json()
    assert after["revision"] != before["revision"]


async def test_marks_are_kept_audited_and_told(left: Left) -> None:
    client = await left.site.signed_in("supervisor")
    (mine,) = await listed(client, left, 1)
    address = f"{left.base}/voicemails/{mine['id']}"
    before = (await client.get(f"{left.base}/messages")).json()["revision"]
    handled = await client.put(f"{address}/handled", json={"handled": True})
    assert (handled.json()["handled_by"], handled.json()["handled_at"]) == ("Supervisor", NOW)
    noted = await client.put(f"{address}/note", json={"note": "rang back"})
    assert noted.json()["note"] == "rang back"
    assert (await client.get(f"{left.base}/messages")).json()["revision"] != before
    assert [one["id"] for one in await listed(client, left, 1, "handled=yes&part=anna&state=new")] == [mine["id"]]
    for body, status in (({"handled": "yes"}, 422), ({}, 422), ({"handled": True, "by": "me"}, 422)):
        assert (await client.put(f"{address}/handled", json=body)).status_code == status
    assert (await client.put(f"{address}/note", json={"note": "x" * 2001})).status_code == 422


@pytest.mark.parametrize(
    "query",
    ["state=loud", "employee=anna", "sort=secret", "after=zzz", "from=2026-13-01", "part=4", "handled=maybe",
     "from=2026-02-02&to=2026-02-01", "limit=0", "limit=9999"],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused(left: Left, query: str) -> None:
    client = await left.site.signed_in("administrator")
    found = await client.get(f"{left.base}/voicemails?{query}")
    assert (found.status_code, found.json()["error_id"]) == (422, "invalid_input"), found.text


async def test_sound_that_is_none_says_why(left: Left) -> None:
    client = await left.site.signed_in("administrator")
    left.leave("900", 8, b"this is no sound at all, whatever its name is" * 20)
    left.told("900")
    broken = next(one for one in await listed(client, left, 3) if one["box"] == "900")
    for what in ("audio", "peaks"):
        found = await client.get(f"{left.base}/voicemails/{broken['id']}/{what}")
        assert (found.status_code, found.json()["error_id"]) == (415, "sound_damaged")
    left.spool.rename(left.spool.with_name("away"))

    async def reachable() -> Any:
        return (await client.get(f"{left.base}/messages")).json()["voicemail_reachable"]

    await answer(reachable, lambda found: found is False, "the spool is away")
    found = await client.get(f"{left.base}/voicemails/{broken['id']}/audio")
    assert (found.status_code, found.json()["error_id"]) == (404, "voicemail_unreachable")
    assert len(await listed(client, left, 3, "state=new")) == 3, "nothing is gone for that"


async def test_what_the_store_could_not_take_is_written_when_it_is_back(
    left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await left.site.signed_in("administrator")
    await listed(client, left, 2)
    apply, refusals = left.messages.voicemail._journal.apply, [StoreError(), StoreError()]

    def down(*args: Any, **more: Any) -> int:
        if refusals:
            raise refusals.pop()
        return apply(*args, **more)

    monkeypatch.setattr(left.messages.voicemail._journal, "apply", down)
    left.leave("900", 9)
    left.told("900")
    await listed(client, left, 3)
    assert not refusals


# --- faxes ------------------------------------------------------------------------------------------------------


async def received(left: Left, client: Any, name: str, content: bytes | None, **more: Any) -> dict[str, Any]:
    if content is not None:
        (left.faxes / name).write_bytes(content)
    left.messages.faxes.ended(fax("done-anna", key=name, files=(f"/pbx/fax/{name}",), **more))

    async def ask() -> Any:
        found = (await client.get(f"{left.base}/faxes?sort=at")).json()["faxes"]
        return next((one for one in found if one["file"] == f"/pbx/fax/{name}"), None)

    row: dict[str, Any] = await answer(ask, lambda found: found is not None, f"the fax {name}")
    return row


async def test_a_fax_is_viewed_page_by_page_and_downloaded_after_the_pbx_has_deleted_it(left: Left) -> None:
    left.site.store.project(left.site.ours).journal.write([record("done-anna", "101")])
    client = await left.site.signed_in("supervisor")
    row = await received(left, client, "a.tif", tiff(2))
    (left.faxes / "a.tif").unlink()
    assert (row["keeping"], row["shown_pages"], row["result"], row["e164"]) == ("kept", 2, "success", "+48221234567")
    address = f"{left.base}/faxes/{row['id']}"
    page = await client.get(f"{address}/pages/2")
    assert (page.status_code, page.headers["content-type"]) == (200, "image/png")
    again = await client.get(f"{address}/pages/2", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    document = await client.get(f"{address}/file")
    assert (
        document.headers["content-disposition"]
        == f"attachment; filename=\"fax-{row['id']}.pdf\"; filename*=UTF-8''fax-{row['id']}.pdf"
    )
    assert len(pypdf.PdfReader(io.BytesIO(document.content)).pages) == 2
    for number, status in ((0, 422), (3, 404), (99_999, 404)):
        assert (await client.get(f"{address}/pages/{number}")).status_code == status
    admin = await left.site.signed_in("administrator")
    entries = (await admin.get(f"{left.base}/audit")).json()["entries"]
    assert sorted((e["action"], e["outcome"]) for e in entries if "fax" in e["action"]) == [
        ("download_fax", "done"),
        ("view_fax", "done"),
    ]


@pytest.mark.parametrize(
    ("content", "keeping", "status", "error_id"),
    [
        (None, "missing", 404, "fax_not_kept"),
        (b"no TIFF" * 100, "kept", 415, "fax_broken"),
        (tiff(1)[:60], "kept", 415, "fax_broken"),
    ],
    ids=["deleted already", "no TIFF", "cut off"],
)
async def test_a_fax_that_cannot_be_shown_says_why(
    left: Left, content: bytes | None, keeping: str, status: int, error_id: str
) -> None:
    client = await left.site.signed_in("administrator")
    row = await received(left, client, "b.tif", content)
    assert (row["keeping"], row["shown_pages"]) == (keeping, None)
    for what in ("pages/1", "file"):
        found = await client.get(f"{left.base}/faxes/{row['id']}/{what}")
        assert (found.status_code, found.json()["error_id"]) == (status, error_id)
