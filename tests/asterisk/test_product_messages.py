"""Voicemail and faxes of a real Asterisk in the whole product: as they come, are heard, are deleted."""

import io
import time
from pathlib import Path
from typing import Any

import pypdf
import pytest
from PIL import Image, ImageDraw

from support.house import House
from support.pbx.lab import CLIENT, CLIENT2, during
from support.waiting import answer, until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

SHOWN_WITHIN_S = 2.0
"""How soon after the PBX has written a message down the journal must have it."""


async def voicemails(house: House, **asked: str) -> list[dict[str, Any]]:
    """The journal's voicemail, the latest first."""
    found = await house.product.rest.get(f"{house.product.api}/voicemails", params=asked)
    assert found.status_code == 200, found.text
    messages: list[dict[str, Any]] = found.json()["messages"]
    return messages


async def leave(house: House, number: str, client: str) -> None:
    """A client calls, nobody answers, and the client speaks to voicemail for two seconds."""
    house.lab.clients.hertz = 600
    leg = await house.lab.inbound(number, client)
    await leg.answered()  # the PBX itself, once the phone has rung for its time
    await during(0.8)
    await leg.press("#")  # past the greeting
    await during(2.6)
    leg.hang_up()
    await leg.over()


def texts(house: House, box: str, folder: str) -> list[Path]:
    """The messages as they lie in a folder of the PBX's spool."""
    return sorted((house.lab.pbx.folder / "spool" / "voicemail" / "default" / box / folder).glob("msg*.txt"))


async def test_voicemail_comes_is_heard_and_is_deleted(house: House) -> None:
    lab = house.lab
    await lab.setting("RINGTIMER", "1")
    since = time.time()
    await leave(house, "e102", CLIENT)
    await until(lambda: texts(house, "102", "INBOX"), "the PBX has written the message down")
    written_at = time.time()
    (first,) = await answer(lambda: voicemails(house), lambda found: len(found) == 1, "the message")
    house.soon(time.time(), written_at, "the message is shown", within_s=5 * SHOWN_WITHIN_S)
    call = await house.product.record(since)
    assert call.result == "voicemail"
    wanted = {
        "context": "default", "box": "102", "folder": "INBOX", "state": "new", "caller_number": CLIENT,
        "caller_e164": f"+{CLIENT}", "employee_id": house.product.employee_id("102"), "call_id": call.call_id,
        "playable": True, "heard_at": None, "gone_at": None,
    }  # fmt: skip
    assert {name: first[name] for name in wanted} == wanted
    assert call.started_at - 1 <= first["left_at"] <= (call.ended_at or 0.0)
    assert 1 <= first["duration_s"] <= 4

    await leave(house, "e102", CLIENT2)
    second = (await answer(lambda: voicemails(house), lambda found: len(found) == 2, "the second message"))[0]
    assert (second["caller_number"], second["folder"]) == (CLIENT2, "INBOX")
    ids = [_id_of(text) for text in texts(house, "102", "INBOX")]
    sound = await house.product.rest.get(f"{house.product.api}/voicemails/{second['id']}/audio")
    assert sound.status_code == 200, sound.text
    assert sound.content == texts(house, "102", "INBOX")[1].with_suffix(".wav").read_bytes()

    # Who hears the first moves it to Old; the second takes its name.
    box = {"Mailbox": "102", "Context": "default", "Folder": "INBOX"}
    await lab.ami.action("VoicemailMove", {**box, "ID": ids[0], "ToFolder": "Old"})
    await until(lambda: texts(house, "102", "Old"), "the PBX has moved it")
    (moved,) = await answer(
        lambda: voicemails(house, state="heard"), lambda found: len(found) == 1, "the message is heard"
    )
    assert (moved["id"], moved["folder"], moved["gone_at"]) == (first["id"], "Old", None)
    assert moved["heard_at"] >= first["seen_at"]
    assert [message["id"] for message in await voicemails(house, state="new")] == [second["id"]]
    again = await house.product.rest.get(f"{house.product.api}/voicemails/{second['id']}/audio")
    assert again.content == sound.content, "another name, the same message"

    deleted_at = time.time()
    await lab.ami.action("VoicemailRemove", {**box, "ID": ids[1]})
    (gone,) = await answer(lambda: voicemails(house, state="gone"), lambda found: len(found) == 1, "it is gone")
    assert gone["id"] == second["id"]
    assert gone["gone_at"] >= deleted_at
    house.soon(gone["gone_at"], deleted_at, "the message is gone", within_s=5 * SHOWN_WITHIN_S)
    missing = await house.product.rest.get(f"{house.product.api}/voicemails/{second['id']}/audio")
    assert (missing.status_code, missing.json()["error_id"]) == (404, "voicemail_gone")
    assert {message["id"] for message in await voicemails(house)} == {first["id"], second["id"]}, "both stay known"


async def test_a_fax_is_kept_before_the_pbx_deletes_it(house: House) -> None:
    lab, product = house.lab, house.product
    _draw(lab.pbx.folder / "etc" / "fax.tif")
    since = time.time()
    await lab.originate("Local/74951000005@fax-line/n", "s", "fax-send", CallerID=f"<{CLIENT}>")
    event = await lab.ami.sees(lambda event: event.get("Event") == "ReceiveFAX", 90)
    await during(1.0)  # FreePBX's script starts PHP, makes a PDF and hands it to the mailer before it deletes
    received_file = Path(event["FileName"])
    received_file.unlink()

    async def faxes() -> list[dict[str, Any]]:
        found = await product.rest.get(f"{product.api}/faxes", params={"sort": "direction"})
        assert found.status_code == 200, found.text
        listed: list[dict[str, Any]] = found.json()["faxes"]
        return listed

    received, sent = await answer(faxes, lambda found: len(found) == 2, "the fax, received and sent")
    call = await product.record(since)
    assert (received["direction"], sent["direction"]) == ("received", "sent")
    for fax in (received, sent):
        assert (fax["result"], fax["pages"], fax["rate"]) == ("success", 2, 14_400), fax
        assert (fax["keeping"], fax["shown_pages"], fax["call_id"]) == ("kept", 2, call.call_id), fax
    assert received["number"] == CLIENT
    assert received["file"] == str(received_file)

    base = f"{product.api}/faxes/{received['id']}"
    page = await product.rest.get(f"{base}/pages/2")
    assert (page.status_code, page.headers["content-type"]) == (200, "image/png")
    picture = Image.open(io.BytesIO(page.content)).convert("L")
    assert picture.size[0] == 1728
    across, down = _black_box(picture)
    assert across == pytest.approx(down, rel=0.05), "a square is a square though the fax's pixels are none"
    document = await product.rest.get(f"{base}/file")
    assert document.headers["content-type"] == "application/pdf"
    assert len(pypdf.PdfReader(io.BytesIO(document.content)).pages) == 2
    assert (await product.rest.get(f"{base}/pages/3")).status_code == 404


async def test_a_person_on_the_fax_line_is_a_fax_that_failed(house: House) -> None:
    since = time.time()
    client = await house.lab.inbound("fax", CLIENT2)
    await client.answered()
    await during(2)
    client.hang_up()
    call = await house.product.record(since)

    async def failed() -> list[dict[str, Any]]:
        found = await house.product.rest.get(f"{house.product.api}/faxes", params={"result": "failed"})
        listed: list[dict[str, Any]] = found.json()["faxes"]
        return listed

    (fax,) = await answer(failed, lambda found: len(found) == 1, "the fax that failed")
    assert (fax["direction"], fax["call_id"], fax["number"]) == ("received", call.call_id, CLIENT2)
    assert fax["error"]
    assert fax["shown_pages"] is None


def _id_of(text: Path) -> str:
    lines = dict(line.partition("=")[::2] for line in text.read_text().splitlines())
    return lines["msg_id"]


def _draw(file: Path) -> None:
    """Two short pages at the standard resolution: a square inch of black on each."""
    pages = []
    for _ in range(2):
        page = Image.new("1", (1728, 220), 1)
        ImageDraw.Draw(page).rectangle((300, 60, 300 + 204, 60 + 98), fill=0)
        pages.append(page)
    pages[0].save(file, "TIFF", compression="group3", dpi=(204, 98), save_all=True, append_images=pages[1:])


def _black_box(picture: Image.Image) -> tuple[int, int]:
    left, top, right, bottom = picture.point(lambda value: 255 if value < 128 else 0).getbbox() or (0, 0, 0, 0)
    return right - left, bottom - top
