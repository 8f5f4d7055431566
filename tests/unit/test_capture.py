"""Captures: written from a scripted PBX, read back in every form, masked."""

import asyncio
import itertools
import json
import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.asterisk.ami import Codec, Message
from callfloor.asterisk.capture import read_capture
from callfloor.asterisk.connection import parse_url
from callfloor.asterisk.masking import Masker
from callfloor.asterisk.recorder import Recorder, Summary, record
from callfloor.errors import AmiDisconnectedError, InvalidInputError
from support.ami_peer import AmiPeer, message
from support.virtual_time import passes, settled, virtual_time

URL = parse_url("ami://monitor:s3cret@pbx")
KEY = b"of this test"
START = 1_795_289_965.5


def messages_of(path: Path) -> list[tuple[float, Message]]:
    codec = Codec()
    return [(at, message) for at, data in read_capture(path) for message in codec.feed(data)]


def written(folder: Path, *reads: tuple[float, bytes], key: bytes | None = None) -> Path:
    with Recorder(folder, key=key) as recorder:
        for at, data in reads:
            recorder.read(at, data)
    return folder


CALL = (
    (START, b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: 1\r\n\r\nEvent: Newchannel\r\nCaller"),
    (START + 1.25, b"IDNum: +7916123"),
    (START + 2, b"4567\r\nUniqueid: 1795289965.12\r\nContacts: a\r\nContacts: b\r\n\r\nEvent: Hangup\r\n\r\n"),
)


# --- written and read -------------------------------------------------------------------------------------------


def test_a_capture_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = written(tmp_path / "deep" / "capture", *CALL)
    assert list(read_capture(folder)) == list(CALL)
    times = [(at - START, message.name) for at, message in messages_of(folder)]
    assert times == [(0.0, "Response"), (2.0, "Newchannel"), (2.0, "Hangup")]
    assert (folder / "ami.raw").stat().st_mode & 0o077 == 0
    assert json.loads((folder / "meta.json").read_text()) == {
        "started_at": START, "ended_at": START + 2, "asterisk_version": None,
        "masked": False, "links": 1, "messages": 3, "bytes": sum(len(data) for _, data in CALL),
    }  # fmt: skip


def test_the_messages_alone_give_the_same_messages_at_the_same_times(tmp_path: Path) -> None:
    folder = written(tmp_path / "capture", *CALL)
    whole = messages_of(folder)
    assert messages_of(folder / "ami.jsonl") == whole
    assert messages_of(folder / "ami.raw") == whole
    (folder / "ami.raw").unlink()
    assert messages_of(folder) == whole


def test_a_clock_set_back_while_recording_does_not_turn_time_back(tmp_path: Path) -> None:
    folder = written(tmp_path, (START, b"Event: A\r\n\r\n"), (START - 60, b"Event: B\r\n\r\n"))
    assert [at for at, _ in messages_of(folder)] == [START, START]
    assert [at for at, _ in messages_of(folder / "ami.jsonl")] == [START, START]


def test_a_folder_is_never_recorded_over(tmp_path: Path) -> None:
    written(tmp_path, *CALL)
    with pytest.raises(InvalidInputError, match=r"has a capture already: ami\.raw"):
        Recorder(tmp_path)


def test_a_link_that_breaks_in_mid_message_does_not_swallow_the_next_ones_banner(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.read(START, CALL[0][1])
        recorder.broken()
        recorder.broken()
        recorder.read(START + 9, b"Asterisk Call Manager/11.0.0\r\nEvent: FullyBooted\r\n\r\n")
        assert recorder.summary().links == 2
    names = [(message.name, at) for at, message in messages_of(tmp_path)]
    assert names == [("Response", START), ("Newchannel", START), ("FullyBooted", START + 9)]


def test_what_is_no_ami_is_written_down_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    flood = b"x" * (5 * 1024 * 1024)
    with Recorder(tmp_path) as recorder:
        recorder.read(START, flood)
        recorder.read(START, b"more")
        recorder.broken()
        recorder.read(START + 1, b"Asterisk Call Manager/11.0.0\r\nEvent: FullyBooted\r\n\r\n")
        assert recorder.summary().messages == 1
    assert (tmp_path / "ami.raw").read_bytes().startswith(flood + b"more")
    assert "What the PBX sends is not AMI" in caplog.text


# --- bytes without times ----------------------------------------------------------------------------------------


def guessed(tmp_path: Path, data: bytes) -> list[float]:
    raw = tmp_path / "some.raw"
    raw.write_bytes(data)
    pieces = list(read_capture(raw))
    assert b"".join(piece for _, piece in pieces) == data
    return [at for at, _ in pieces]


@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("Timestamp: 1795289965.534427", 1795289965.534427),
        ("SentNTP: 1795289965.123456", 1795289965.123456),
        ("EventTV: 2026-11-21T19:39:25.534+0000", 1795289965.534),
        ("EventTV: 2026-11-21T22:39:25.534+0300", 1795289965.534),
        ("Uniqueid: 1795289965.12", 1795289965.0),
        ("DestLinkedid: pbx-7-1795289965.12", 1795289965.0),
        ("LastCall: 1795289965", 1795289965.0),
        ("EventTV: 2026-02-31T19:39:25.534+0000", 0.0),
        ("ExpirationTime: 1795289965", 0.0),
        ("CallerIDNum: 1795289965", 0.0),
    ],
)
def test_times_are_guessed_from_what_the_messages_name(tmp_path: Path, header: str, at: float) -> None:
    assert guessed(tmp_path, f"Event: X\r\n{header}\r\n\r\n".encode()) == [pytest.approx(at, abs=1e-6)]


def test_guessed_times_begin_with_the_first_known_and_never_go_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [None, "1795289965.1", None, "1795289970.2", "1795289965.1"]
    data = b"".join(message(Event="X", **({"Uniqueid": uid} if uid else {})) for uid in ids) + b"Event: torn"
    assert [at - 1795289965 for at in guessed(tmp_path, data)] == [0, 0, 0, 5, 5, 5]
    assert caplog.record_tuples == [
        ("callfloor.asterisk.capture", logging.WARNING,
         "The capture has no read times; they are guessed from its messages"),
    ]  # fmt: skip


def test_lf_line_ends_are_guessed_too(tmp_path: Path) -> None:
    assert guessed(tmp_path, b"Event: X\nUniqueid: 1795289965.1\n\nEvent: Y\n\n") == [1795289965.0] * 2


# --- what is not a capture --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "given", "why"),
    [
        ({}, "", "has neither ami.raw nor ami.jsonl"),
        ({}, "nothing", "there is no capture at"),
        ({"ami.raw": "x", "ami.chunks.jsonl": ""}, "ami.chunks.jsonl", "give the .raw or .jsonl file"),
        ({"ami.raw": "xx", "ami.chunks.jsonl": '{"t":1,"off":0}'}, "", "ami.chunks.jsonl, line 1"),
        ({"ami.raw": "xx", "ami.chunks.jsonl": '{"t":1,"off":1,"len":1}'}, "", "does not follow"),
        ({"ami.raw": "xx", "ami.chunks.jsonl": '{"t":1,"off":0,"len":-1}'}, "", "does not follow"),
        ({"ami.jsonl": "[]"}, "", "ami.jsonl, line 1"),
        ({"ami.jsonl": '\n{"t":1,"seq":1,"event":{"Event":1}}'}, "", "ami.jsonl, line 2"),
        ({"ami.jsonl": '{"t":1,"seq":7,"event":{"Event":"a\\r\\nb"}}'}, "", "message 7 is not AMI"),
        ({"ami.jsonl": "\udcff"}, "", "ami.jsonl, line 1"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, files: dict[str, str], given: str, why: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidInputError, match=re.escape(why)):
        list(read_capture(tmp_path / given))


def test_a_recorder_that_was_killed_leaves_a_capture_that_can_be_read(tmp_path: Path) -> None:
    folder = written(tmp_path, *CALL)
    times = (folder / "ami.chunks.jsonl").read_text().splitlines(keepends=True)
    (folder / "ami.chunks.jsonl").write_text(times[0])
    assert b"".join(data for _, data in read_capture(folder)) == b"".join(data for _, data in CALL)
    (folder / "ami.chunks.jsonl").write_text("".join(times))
    (folder / "ami.raw").write_bytes(CALL[0][1])
    assert list(read_capture(folder)) == [CALL[0]]


# --- masked -----------------------------------------------------------------------------------------------------


def masked(*pieces: bytes) -> bytes:
    masker = Masker(KEY)
    return b"".join(map(masker.feed, pieces)) + masker.flush()


def test_numbers_are_masked_in_every_file_and_the_capture_still_holds_together(tmp_path: Path) -> None:
    folder = written(tmp_path, *CALL, key=KEY)
    everything = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"1234567" not in everything
    plain = list(read_capture(written(tmp_path / "plain", *CALL)))
    assert [(at, len(data)) for at, data in read_capture(folder)] == [(at, len(data)) for at, data in plain]
    assert messages_of(folder) == messages_of(folder / "ami.jsonl")
    newchannel = messages_of(folder)[1][1]
    assert re.fullmatch(r"\+7916\d{7}", newchannel.get("CallerIDNum"))
    assert newchannel.get("Uniqueid") == "1795289965.12"
    assert json.loads((folder / "meta.json").read_text())["masked"] is True


def test_one_number_is_one_pseudonym_in_all_its_spellings() -> None:
    text = masked(b"+79161234567 89161234567 9161234567 1234567 7495-1234567")
    assert len({part[-7:] for part in text.split()}) == 1
    assert b"1234567" not in text
    assert text.startswith(b"+7916")


@pytest.mark.parametrize("plain", [b"101", b"123456", b"1795289965.1", b"Uniqueid: 1795289965.534427", b"5060"])
def test_extensions_and_epochs_stay(plain: bytes) -> None:
    assert masked(plain) == plain


def test_a_ten_digit_number_is_no_epoch() -> None:
    assert masked(b"/2026/11/21/out-2125551234.wav") != b"/2026/11/21/out-2125551234.wav"


def test_different_numbers_never_become_one_and_other_keys_mean_other_pseudonyms() -> None:
    numbers = [b"%07d" % number for number in range(0, 10_000_000, 487)]
    pseudonyms = [masked(number) for number in numbers]
    assert len(set(pseudonyms)) == len(numbers)
    assert all(len(pseudonym) == 7 for pseudonym in pseudonyms)
    assert sum(map(bytes.__eq__, numbers, pseudonyms)) < 5
    assert Masker(b"another").text("1234567") != Masker(KEY).text("1234567")


@given(st.text("0123456789.+ -a", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_masking_does_not_depend_on_how_the_stream_is_torn(text: str, places: list[int]) -> None:
    data = text.encode()
    cuts = [0, *sorted(place for place in places if place < len(data)), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(cuts)]
    assert masked(*pieces) == masked(data) == Masker(KEY).text(text).encode()
    assert len(masked(data)) == len(data)


# --- from a live PBX --------------------------------------------------------------------------------------------


def listing_peer() -> AmiPeer:
    peer = AmiPeer()
    peer.answers["CoreShowChannels"] = lambda link, action: link.listing(
        action, [{"Event": "CoreShowChannel", "CallerIDNum": "79161234567"}], last="CoreShowChannelsComplete"
    )
    return peer


@virtual_time
async def test_a_recording_has_the_state_of_things_first_and_then_what_happens(tmp_path: Path) -> None:
    peer = listing_peer()
    progress: list[Summary] = []
    task = asyncio.create_task(
        record(URL, tmp_path, key=KEY, seconds=10, dial=peer.dial, clock=lambda: START, on_progress=progress.append)
    )
    await settled()
    assert peer.link.names[:2] == ["Challenge", "Login"]
    assert peer.link.actions[1]["Events"] == "on"
    assert "Filter" not in peer.link.names
    assert {"CoreStatus", "CoreShowChannels", "PJSIPShowContacts", "Status"} <= set(peer.link.names)
    peer.link.send(message(Event="VarSet", Variable="X", Value="79161234567"))
    summary = await task
    names = [message.name for _, message in messages_of(tmp_path)]
    assert names[-1] == "VarSet"
    assert {"CoreShowChannel", "CoreShowChannelsComplete", "FullyBooted"} < set(names)
    assert (summary.masked, summary.links, summary.asterisk_version) == (True, 1, "22.10.1")
    assert summary.messages == len(names)
    assert len(progress) == 10
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"s3cret" not in everything
    assert b"1234567" not in everything


@virtual_time
async def test_a_recording_outlives_a_lost_link_and_a_cancellation(tmp_path: Path) -> None:
    peer = listing_peer()
    task = asyncio.create_task(record(URL, tmp_path, dial=peer.dial, clock=lambda: START))
    await settled()
    peer.link.send(b"Event: Newchannel\r\nUniq")
    await settled()
    peer.link.close()
    await passes(5)
    peer.link.send(message(Event="Hangup"))
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert json.loads((tmp_path / "meta.json").read_text())["links"] == 2
    names = [message.name for _, message in messages_of(tmp_path)]
    assert names.count("FullyBooted") == 2
    assert names[-1] == "Hangup"


@virtual_time
async def test_a_first_link_that_fails_ends_the_recording_and_leaves_nothing(tmp_path: Path) -> None:
    peer = AmiPeer(secret="another")
    with pytest.raises(AmiDisconnectedError, match="refused the manager user or its secret"):
        await record(URL, tmp_path, dial=peer.dial)
    assert list(tmp_path.iterdir()) == []
