"""Places put together: the first that has it, who is told when nobody can tell, and the simulated PBX's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from callfloor.asterisk.recording_files import RecordingFolders
from callfloor.errors import (
    NotRecordedError,
    RecordingMissingError,
    RecordingsUnreachableError,
)
from callfloor.media.shelf import Shelf
from callfloor.project.recordings import OfPbx, Recordings, Simulated, from_setting
from callfloor.web.ports import AskedRecording
from support.sound_files import tone, write


def asked(named: str | None, *, talk_s: float = 20.0, call_id: str = "pbx1-1795306419.1") -> AskedRecording:
    return AskedRecording(call_id=call_id, named=named, started_at=0.0, talk_s=talk_s)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", 64 * 1024**2)


@pytest.fixture
def simulated(shelf: Shelf) -> Iterator[Recordings]:
    found = from_setting("/of/no/matter", shelf, simulated=True)
    assert found is not None
    yield found
    found.close()


async def test_the_simulated_pbx_plays_what_it_says_it_recorded(simulated: Recordings, shelf: Shelf) -> None:
    one = asked("/var/spool/asterisk/monitor/20261121-101112-in-7495-7916-1795306419.1.wav")
    body = await simulated.playable(one)
    drawn = await simulated.waveform(one)
    assert (body.media_type, body.name) == ("audio/wav", "20261121-101112-in-7495-7916-1795306419.1.wav")
    assert body.size == 44 + 20 * 8000 * 2 * 2
    assert drawn.duration_s == 20.0
    assert [max(channel) > 60 for channel in drawn.channels] == [True, True]
    content = body.read(0, body.size)
    body.close()
    for path in shelf.folder.iterdir():  # as when it was forgotten for want of room
        path.unlink()
    again = await simulated.original(one)
    assert again.read(0, again.size) == content, "it is made anew, the same"
    again.close()
    other = await simulated.playable(asked("another.wav"))
    assert other.read(0, other.size) != content
    other.close()


async def test_of_a_simulated_call_in_which_nobody_talked_there_is_nothing(simulated: Recordings) -> None:
    for one in (asked("in-1.wav", talk_s=0.0), asked(None)):
        with pytest.raises(NotRecordedError):
            await simulated.playable(one)


async def test_what_is_asked_for_again_keeps_its_etag(simulated: Recordings) -> None:
    etags = set()
    for _ in range(3):
        body = await simulated.playable(asked("a.wav"))
        etags.add(body.etag)
        body.close()
    assert len(etags) == 1, "or every range would begin anew"


async def test_places_in_turn(tmp_path: Path, shelf: Shelf) -> None:
    write(tmp_path / "here/a.wav", tone(440))
    here, away = (OfPbx(RecordingFolders([tmp_path / name])) for name in ("here", "away"))
    places = Recordings([away, here, Simulated(shelf)], shelf)
    try:
        body = await places.original(asked("a.wav"))
        assert body.read(0, body.size) == (tmp_path / "here/a.wav").read_bytes()
        body.close()
    finally:
        places.close()
    for named, talk_s, there, why in (
        ("b.wav", 1.0, [here], RecordingMissingError),
        ("b.wav", 0.0, [here], NotRecordedError),
        ("b.wav", 1.0, [away, here], RecordingsUnreachableError),
        (None, 1.0, [here], NotRecordedError),
    ):
        places = Recordings(there, shelf)
        try:
            with pytest.raises(why):
                await places.original(asked(named, talk_s=talk_s))
        finally:
            places.close()


async def test_nothing_is_left_open(tmp_path: Path, shelf: Shelf) -> None:
    write(tmp_path / "here/a.gsm", tone(440))
    places = Recordings([OfPbx(RecordingFolders([tmp_path / "here"]))], shelf)
    try:
        for _ in range(2):
            before = len(os.listdir("/proc/self/fd"))
            (await places.playable(asked("a.wav"))).close()
            (await places.original(asked("a.wav"))).close()
            await places.waveform(asked("a.wav"))
        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        places.close()
