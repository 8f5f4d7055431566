"""Every format that a PBX writes becomes what browsers play, with its waveform; what is wrong with a file is said."""

import os
from pathlib import Path

import numpy as np
import pytest

from callfloor.errors import SoundDamagedError, SoundEmptyError, SoundError, SoundFormatError
from callfloor.media.shelf import Shelf
from callfloor.media.speech import conversation, frames_of, seed_of
from callfloor.media.waveform import BUCKETS, LOUDEST, Peaks
from support.sound_files import RATE, heard, tone, torn, write

MIB = 1024**2


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", 64 * MIB)


def played(shelf: Shelf, path: Path) -> tuple[str, bytes]:
    """The media type, and all that a browser is given."""
    body = shelf.playable(os.open(path, os.O_RDONLY), path.name)
    try:
        return body.media_type, body.read(0, body.size)
    finally:
        body.close()


def refused(shelf: Shelf, path: Path) -> type[SoundError]:
    """What playing and drawing are refused with, the same of both."""
    kinds = set()
    for ask in (shelf.playable, shelf.waveform):
        with pytest.raises(SoundError) as caught:
            ask(os.open(path, os.O_RDONLY), path.name)
        kinds.add(type(caught.value))
    (kind,) = kinds
    return kind


@pytest.mark.parametrize(
    ("name", "media_type", "kind"),
    [
        ("a.wav", "audio/wav", "wav"),
        ("a.WAV", "audio/wav", "wav"),
        ("a.gsm", "audio/wav", "gsm610"),
        ("a.mp3", "audio/mpeg", "mp3"),
        ("a.ulaw", "audio/wav", "ulaw"),
        ("a.alaw", "audio/wav", "alaw"),
        ("a.sln", "audio/wav", "pcm_16"),
        ("a.ogg", "audio/ogg", "ogg"),
    ],
)
def test_each_format_is_played_with_its_tone(name: str, media_type: str, kind: str, shelf: Shelf, tmp_path: Path):
    path = write(tmp_path / name, tone(440))
    served, content = played(shelf, path)
    assert served == media_type
    assert heard(content) == [pytest.approx(440, abs=2)]
    if media_type == "audio/wav":
        assert content[20:22] == b"\x01\x00", "16-bit PCM, which every browser has"
    drawn = shelf.waveform(os.open(path, os.O_RDONLY), name)
    assert (drawn.kind, drawn.rate, drawn.complete, len(drawn.channels)) == (kind, RATE, True, 1)
    assert drawn.duration_s == pytest.approx(2.0, abs=0.15)
    assert len(drawn.channels[0]) == BUCKETS


def test_what_browsers_play_goes_out_as_it_lies_there(shelf: Shelf, tmp_path: Path):
    path = write(tmp_path / "a.wav", tone(440, 660))
    assert played(shelf, path)[1] == path.read_bytes()
    assert not list(shelf.folder.glob("*.wav")), "nothing was decoded"


def test_both_channels_are_kept_and_drawn(shelf: Shelf, tmp_path: Path):
    path = write(tmp_path / "a.wav", np.concatenate([tone(440, 660), tone(440, 660) // 4]))
    assert heard(played(shelf, path)[1]) == [pytest.approx(440, abs=2), pytest.approx(660, abs=2)]
    drawn = shelf.waveform(os.open(path, os.O_RDONLY), "a.wav")
    for channel in drawn.channels:
        loud, quiet = channel[: BUCKETS // 2], channel[BUCKETS // 2 :]
        assert min(loud) > 2 * max(quiet[1:]) > 0


@pytest.mark.parametrize("name", ["a.wav", "a.WAV"])
def test_a_file_that_is_still_written_is_played_as_far_as_it_is_there(name: str, shelf: Shelf, tmp_path: Path):
    path = torn(write(tmp_path / name, tone(440, seconds=5)), 2500 if name == "a.WAV" else 24_001)
    content = played(shelf, path)[1]
    assert heard(content) == [pytest.approx(440, abs=3)]
    assert int.from_bytes(content[4:8], "little") == len(content) - 8, "the head tells the truth now"
    drawn = shelf.waveform(os.open(path, os.O_RDONLY), name)
    assert not drawn.complete
    assert drawn.duration_s == pytest.approx(1.5, abs=0.05)


def test_a_file_that_was_cut_off_is_not_complete(shelf: Shelf, tmp_path: Path):
    path = write(tmp_path / "a.wav", tone(440))
    path.write_bytes(path.read_bytes()[:16_044])
    assert heard(played(shelf, path)[1]) == [pytest.approx(440, abs=3)]
    assert not shelf.waveform(os.open(path, os.O_RDONLY), "a.wav").complete


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.g722", "a.WAV"])
def test_gsm_under_another_name_is_known_by_its_bytes(name: str, shelf: Shelf, tmp_path: Path):
    write(tmp_path / "b.gsm", tone(440)).rename(tmp_path / name)
    assert heard(played(shelf, tmp_path / name)[1]) == [pytest.approx(440, abs=2)]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("nothing.wav", b"", SoundEmptyError),
        ("nothing.gsm", b"", SoundEmptyError),
        ("head-alone.wav", None, SoundEmptyError),
        ("noise.wav", b"\x01\x02\x03\x04" * 2000, SoundDamagedError),
        ("noise.mp3", b"\x01\x02\x03\x04" * 2000, SoundDamagedError),
        ("noise.gsm", b"\x01\x02\x03\x04" * 2000, SoundDamagedError),
        ("torn-head.wav", b"RIFF\0\0\0\0WAVEfmt ", SoundDamagedError),
        ("no-rate.wav", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + bytes(16) + b"data\0\0\0\0" + bytes(99), SoundDamagedError),
        ("a.g722", b"\x01\x02\x03\x04" * 2000, SoundFormatError),
        ("a.g729", b"\x01\x02\x03\x04" * 2000, SoundFormatError),
        ("a", b"hello", SoundFormatError),
    ],
)
def test_what_cannot_be_played_is_said(name: str, content: bytes | None, why: type, shelf: Shelf, tmp_path: Path):
    path = tmp_path / name
    if content is None:
        path = torn(write(path, tone(440)), 44)
    else:
        path.write_bytes(content)
    assert refused(shelf, path) is why
    original = shelf.original(os.open(path, os.O_RDONLY), name)
    assert original.read(0, original.size) == path.read_bytes(), "it can be saved all the same"
    original.close()


def test_files_are_closed_whatever_happens(shelf: Shelf, tmp_path: Path):
    good, bad = write(tmp_path / "a.gsm", tone(440)), tmp_path / "b.gsm"
    bad.write_bytes(b"\1" * 99)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        played(shelf, good)
        shelf.waveform(os.open(good, os.O_RDONLY), "a.gsm")
        refused(shelf, bad)
    assert len(os.listdir("/proc/self/fd")) == before


def test_decoded_once_and_again_when_the_file_has_grown(shelf: Shelf, tmp_path: Path):
    path = write(tmp_path / "a.gsm", tone(440))
    first = shelf.playable(os.open(path, os.O_RDONLY), "a.gsm")
    again = shelf.playable(os.open(path, os.O_RDONLY), "a.gsm")
    assert first.etag == again.etag
    assert first.name == "a.wav"
    assert len(list(shelf.folder.glob("*.wav"))) == 1
    path.write_bytes(path.read_bytes() * 2)
    grown = shelf.playable(os.open(path, os.O_RDONLY), "a.gsm")
    assert grown.etag != first.etag
    assert grown.size == pytest.approx(2 * first.size, abs=100)
    for body in (first, again, grown):
        body.close()


def test_the_shelf_keeps_within_its_size_and_forgets_what_was_heard_longest_ago(tmp_path: Path):
    shelf = Shelf(tmp_path / "shelf", 120_000)
    for name in "abc":  # each 32 KB decoded
        played(shelf, write(tmp_path / f"{name}.gsm", tone(440)))
    kept = {path.name for path in shelf.folder.glob("*.wav")}
    played(shelf, tmp_path / "a.gsm")  # heard again, so b is the oldest now
    played(shelf, write(tmp_path / "d.gsm", tone(440)))
    left = {path.name for path in shelf.folder.glob("*.wav")}
    assert sum(path.stat().st_size for path in shelf.folder.iterdir()) <= 120_000
    (gone,) = kept - left
    inode = f"{(tmp_path / 'b.gsm').stat().st_ino:x}"
    assert gone.split("-")[1] == inode


def test_a_waveform_of_any_length_has_every_sound_in_it():
    for frames in (1, 7, BUCKETS, BUCKETS + 1, 100_003):
        samples = np.zeros((frames, 1), dtype=np.int16)
        samples[frames // 2] = -32_768
        peaks = Peaks(frames, 1)
        for start in range(0, frames, 997):
            peaks.add(samples[start : start + 997])
        (channel,) = peaks.channels()
        assert len(channel) == min(frames, BUCKETS)
        assert (max(channel), sum(channel)) == (LOUDEST, LOUDEST)


def test_a_file_with_more_in_it_than_it_said():
    peaks = Peaks(100, 2)
    peaks.add(np.full((250, 2), 32_767, dtype=np.int16))
    assert peaks.channels() == ((LOUDEST,) * 100,) * 2


def test_the_simulated_conversation_is_the_same_each_time_and_by_turns():
    once, again = (np.concatenate(list(conversation(seed_of("a call"), 30.0))) for _ in range(2))
    assert (once == again).all()
    assert once.shape == (frames_of(30.0), 2)
    assert (np.concatenate(list(conversation(seed_of("another"), 30.0))) != once).any()
    loud = np.abs(once.reshape(-1, RATE // 4, 2)).max(axis=1) > 1500
    assert loud.any(axis=0).all(), "both are heard"
    assert not loud.all(axis=1).mean() > 0.3, "and seldom at once"
