"""Recordings through the server's door: ranges to the byte, who may hear, what is written down, what is wrong."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from callfloor.errors import (
    NotRecordedError,
    RecordingMissingError,
    RecordingsNotSetUpError,
    SoundDamagedError,
    SoundEmptyError,
    SoundFormatError,
)
from callfloor.floor.calls import StoryStep
from callfloor.web.listening import SAME_FOR_S
from support.sound_files import heard, tone, torn, write
from support.web_floor import NOW, record
from support.web_site import Site

MONITOR = "/var/spool/asterisk/monitor/2026/11/21"


def address(site: Site, call_id: str) -> str:
    return f"/api/v1/projects/{site.ours}/journal/calls/{call_id}/recording"


def call(site: Site, call_id: str, named: str | None, *accounts: str) -> None:
    """A finished call with a recording of this name."""
    kept = msgspec.structs.replace(record(call_id, *(accounts or ("101",))), recording=named)
    site.store.project(site.ours).journal.write([kept])


@pytest.fixture
def wav(ours: Site) -> Path:
    """Anna's call ``a-1``, recorded in two channels under the name FreePBX gives it."""
    name = "in-74951000040-7916-20261121-101112-1795306419.1.wav"
    call(ours, "a-1", f"{MONITOR}/{name}")
    return write(ours.recordings / "2026/11/21" / name, tone(440, 660))


@pytest.fixture
async def anna(ours: Site) -> httpx.AsyncClient:
    """An administrator's browser."""
    return await ours.signed_in("administrator")


async def test_the_whole_and_its_parts_to_the_byte(ours: Site, anna: httpx.AsyncClient, wav: Path) -> None:
    content = wav.read_bytes()
    whole = await anna.get(address(ours, "a-1"))
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-length"] == str(len(content))
    assert "no-store" not in whole.headers["cache-control"]
    etag = whole.headers["etag"]
    for asked, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=44-1043", 44, 1043),
        ("bytes=1000-", 1000, len(content) - 1),
        ("bytes=-10", len(content) - 10, len(content) - 1),
        (f"bytes=5-{len(content) * 2}", 5, len(content) - 1),
    ):
        part = await anna.get(address(ours, "a-1"), headers={"Range": asked, "If-Range": etag})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"
        assert part.content == content[first : last + 1]
    again = await anna.get(address(ours, "a-1"), headers={"Range": "bytes=5-9", "If-Range": '"of another file"'})
    assert (again.status_code, again.content) == (200, content)
    beyond = await anna.get(address(ours, "a-1"), headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond.json()["error_id"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(content)}"
    known = await anna.get(address(ours, "a-1"), headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")


async def test_each_of_several_recordings_is_heard_and_audited_by_itself(
    ours: Site, anna: httpx.AsyncClient, wav: Path
) -> None:
    """The queue's, and one that Anna began with a key after she had the call."""
    steps = (
        StoryStep(at=NOW, what="recording", number="+48123456789", detail=f"{MONITOR}/{wav.name}"),
        StoryStep(at=NOW + 60, what="recording", account="101", detail="auto-1795306479-101-7916.wav"),
    )
    kept = msgspec.structs.replace(record("a-5", "101"), recording=steps[0].detail, story=steps)
    ours.store.project(ours.ours).journal.write([kept])
    second = write(ours.recordings / "auto-1795306479-101-7916.wav", tone(550, 880))
    for part, file in (("", wav), ("?part=0", wav), ("?part=1", second)):
        assert (await anna.get(address(ours, "a-5") + part)).content == file.read_bytes()
    assert (await anna.get(f"{address(ours, 'a-5')}/peaks?part=1")).json()["name"] == second.name
    beyond = await anna.get(f"{address(ours, 'a-5')}?part=2")
    assert (beyond.status_code, beyond.json()["error_id"]) == (404, "not_found")
    entries = ours.store.project(ours.ours).audit.page(limit=50).entries
    heard_of = [(one.details.get("part", 0), one.outcome) for one in entries if one.action == "listen_recording"]
    assert sorted(heard_of) == [(0, "done"), (1, "done"), (2, "not_found")]


async def test_head_tells_the_same_and_gives_nothing(ours: Site, anna: httpx.AsyncClient, wav: Path) -> None:
    head = await anna.head(address(ours, "a-1"))
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == wav.stat().st_size
    part = await anna.head(address(ours, "a-1"), headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


async def test_a_large_file_comes_whole_in_many_pieces(ours: Site, anna: httpx.AsyncClient) -> None:
    call(ours, "a-2", "large.wav")
    content = write(ours.recordings / "large.wav", tone(440, 660, seconds=90)).read_bytes()
    found = bytearray()
    async with anna.stream("GET", address(ours, "a-2")) as answer:
        async for piece in answer.aiter_bytes():
            found += piece
    assert bytes(found) == content


@pytest.mark.parametrize("extension", ["gsm", "WAV", "ulaw"])
async def test_what_browsers_cannot_play_is_decoded_and_its_parts_agree(
    ours: Site, anna: httpx.AsyncClient, extension: str
) -> None:
    name = "q-800-7916-20261121-101112-1795306419.2"
    call(ours, "a-2", f"{name}.wav")
    original = write(ours.recordings / "2026/11/21" / f"{name}.{extension}", tone(440, seconds=4)).read_bytes()
    whole = await anna.get(address(ours, "a-2"))
    assert whole.headers["content-type"] == "audio/wav"
    assert heard(whole.content) == [pytest.approx(440, abs=2)]
    parts = [
        (await anna.get(address(ours, "a-2"), headers={"Range": f"bytes={at}-{at + 9999}"})).content
        for at in range(0, len(whole.content), 10_000)
    ]
    assert b"".join(parts) == whole.content
    saved = await anna.get(address(ours, "a-2"), params={"download": 1})
    assert saved.content == original
    assert saved.headers["content-disposition"].startswith(f'attachment; filename="{name}.{extension}"; ')
    assert saved.headers["content-type"] == "application/octet-stream"


async def test_what_is_drawn(ours: Site, anna: httpx.AsyncClient, wav: Path) -> None:
    found = (await anna.get(address(ours, "a-1") + "/peaks")).json()
    assert found["duration_s"] == pytest.approx(2.0)
    assert (found["rate"], found["kind"], found["complete"], found["name"]) == (8000, "wav", True, wav.name)
    assert found["size_bytes"] == wav.stat().st_size
    assert [len(channel) for channel in found["channels"]] == [1200, 1200]
    assert all(0 <= level <= 255 for channel in found["channels"] for level in channel)


async def test_a_recording_that_still_grows_is_played_as_far_as_it_goes(ours: Site, anna: httpx.AsyncClient) -> None:
    call(ours, "a-2", "now.wav")
    torn(write(ours.recordings / "now.wav", tone(440, seconds=5)), 24_044)
    first = await anna.get(address(ours, "a-2"))
    assert heard(first.content) == [pytest.approx(440, abs=3)]
    assert not (await anna.get(address(ours, "a-2") + "/peaks")).json()["complete"]
    write(ours.recordings / "now.wav", tone(440, seconds=5))
    rest = await anna.get(address(ours, "a-2"), headers={"Range": "bytes=24044-", "If-Range": first.headers["etag"]})
    assert rest.status_code == 200, "it is another file now"
    assert (await anna.get(address(ours, "a-2") + "/peaks")).json()["complete"]


@pytest.mark.parametrize(
    ("named", "content", "why"),
    [
        (None, None, NotRecordedError),
        ("gone.wav", None, RecordingMissingError),
        ("../../../etc/passwd", None, RecordingMissingError),
        ("/etc/passwd", None, RecordingMissingError),
        ("a\0b.wav", None, RecordingMissingError),
        ("empty.wav", b"", SoundEmptyError),
        ("noise.wav", b"\1\2\3\4" * 999, SoundDamagedError),
        ("a.g722", b"\1\2\3\4" * 999, SoundFormatError),
    ],
)
async def test_what_is_wrong_is_said(
    ours: Site, anna: httpx.AsyncClient, named: str | None, content: bytes | None, why: Any
) -> None:
    call(ours, "x-2", None if named is None else named.replace("\0", ""))
    if content is not None and named is not None:
        (ours.recordings / named).write_bytes(content)
    for end in ("", "/peaks"):
        answer = await anna.get(address(ours, "x-2") + end)
        assert (answer.status_code, answer.json()["error_id"]) == (why.status, why.error_id)
    saved = await anna.get(address(ours, "x-2"), params={"download": True})
    assert saved.status_code == (404 if content is None else 200)


async def test_where_nobody_said_where_recordings_are(ours: Site, anna: httpx.AsyncClient, wav: Path) -> None:
    away = wav.parent.parent.parent.parent
    away.rename(away.with_name("elsewhere"))
    answer = await anna.get(address(ours, "a-1"))
    assert (answer.status_code, answer.json()["error_id"]) == (502, "recordings_unreachable")
    assert RecordingsNotSetUpError.status == 404


@pytest.mark.parametrize(
    ("who", "annas", "boriss"),
    [("administrator", 200, 200), ("analyst", 200, 200), ("supervisor", 200, 404), ("employee", 403, 403)],
)
async def test_who_may_hear_what(ours: Site, wav: Path, who: str, annas: int, boriss: int) -> None:
    call(ours, "b-1", wav.name, "201")
    client = await ours.signed_in(who)
    for call_id, status in (("a-1", annas), ("b-1", boriss), ("none", 403 if annas == 403 else 404)):
        for end in ("", "/peaks", "?download=1"):
            assert (await client.get(address(ours, call_id) + end)).status_code == status
        assert (await client.head(address(ours, call_id))).status_code == status


async def test_another_project_hears_nothing(ours: Site, wav: Path) -> None:
    stranger, nobody = await ours.signed_in("stranger"), ours.client()
    theirs = address(ours, "a-1").replace(f"projects/{ours.ours}", f"projects/{ours.theirs}")
    assert (await stranger.get(theirs)).status_code == 404
    assert (await stranger.get(address(ours, "a-1"))).status_code == 404
    assert (await nobody.get(address(ours, "a-1"))).status_code == 401


async def test_each_listening_and_download_is_written_down_once(ours: Site, anna: httpx.AsyncClient, wav: Path) -> None:
    async def told() -> list[tuple[str, str, str]]:
        entries = (await anna.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
        return [
            (one["action"], one["details"]["call_id"], one["outcome"])
            for one in reversed(entries)
            if one["action"].endswith("_recording")
        ]

    for at in range(0, 30_000, 3000):
        await anna.get(address(ours, "a-1"), headers={"Range": f"bytes={at}-{at + 2999}"})
        ours.clock.now += SAME_FOR_S - 1
    await anna.head(address(ours, "a-1"))
    await anna.get(address(ours, "a-1") + "/peaks")
    assert await told() == [("listen_recording", "a-1", "done")]
    await anna.get(address(ours, "a-1"), params={"download": 1})
    assert (await told())[1:] == [("download_recording", "a-1", "done")]
    ours.clock.now += SAME_FOR_S + 1
    await anna.get(address(ours, "a-1"))
    assert (await told())[2:] == [("listen_recording", "a-1", "done")]
    call(ours, "b-1", "gone.wav")
    for _ in range(2):
        await anna.get(address(ours, "b-1"))
    assert (await told())[3:] == [("listen_recording", "b-1", "recording_missing")] * 2
    write(ours.recordings / "gone.wav", tone(440))
    await anna.get(address(ours, "b-1"))
    assert (await told())[5:] == [("listen_recording", "b-1", "done")], "a refusal before it is no listening"
    employee = await ours.signed_in("employee")
    await employee.get(address(ours, "a-1"))
    assert (await told())[6:] == [("listen_recording", "a-1", "forbidden")]
