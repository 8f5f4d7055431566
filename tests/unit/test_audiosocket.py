"""AudioSocket's frames, torn anywhere; and what is said to the PBX, at the PBX's pace."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.asterisk.audiosocket_frames import (
    AUDIO,
    AUDIO_16,
    HANGUP_FRAME,
    LARGEST,
    UUID,
    Decoder,
    audio_frame,
    frame_bytes,
)
from callfloor.asterisk.audiosocket_line import address_of
from callfloor.asterisk.audiosocket_speech import CALM_TICKS, LEAST, MOST, SLACK, Speech
from callfloor.errors import AudioSocketProtocolError

FRAME = frame_bytes(8000)


def wire(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


@given(
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=700)), max_size=12),
    st.lists(st.integers(1, 400), min_size=1, max_size=60),
)
def test_frames_are_the_same_wherever_they_are_torn(frames: list[tuple[int, bytes]], pieces: list[int]) -> None:
    data = b"".join(wire(*frame) for frame in frames)
    decoder, found = Decoder(), list[tuple[int, bytes]]()
    at = 0
    for size in [*pieces, len(data)]:
        found += decoder.feed(data[at : at + size])
        at += size
    assert found == frames


@pytest.mark.parametrize("length", [LARGEST + 1, 0xFFFF])
def test_a_payload_longer_than_any_audio_is_refused_before_it_is_waited_for(length: int) -> None:
    with pytest.raises(AudioSocketProtocolError):
        list(Decoder().feed(b"\x10" + length.to_bytes(2, "big")))


@given(st.binary(max_size=3000))
def test_garbage_is_frames_or_is_refused_and_is_never_kept_beyond_a_frame(garbage: bytes) -> None:
    decoder = Decoder()
    try:
        found = list(decoder.feed(garbage))
    except AudioSocketProtocolError:
        return
    assert sum(len(payload) + 3 for _, payload in found) <= len(garbage)
    assert len(garbage) - sum(len(payload) + 3 for _, payload in found) < LARGEST + 3


def test_what_asterisk_22_puts_on_the_wire() -> None:
    """As recorded: the uuid, 20 ms at 8 kHz and at 16, and a hang-up."""
    assert audio_frame(b"\x01\x00" * 160, 8000) == b"\x10\x01\x40" + b"\x01\x00" * 160
    assert audio_frame(b"\x01\x00" * 320, 16000)[:3] == b"\x12\x02\x80"
    data = wire(UUID, b"u" * 16) + audio_frame(bytes(320), 8000) + audio_frame(bytes(640), 16000) + HANGUP_FRAME
    assert [(kind, len(payload)) for kind, payload in Decoder().feed(data)] == [
        (UUID, 16),
        (AUDIO, 320),
        (AUDIO_16, 640),
        (0, 0),
    ]


def test_ipv4_within_ipv6_is_the_same_address() -> None:
    assert address_of("::ffff:192.0.2.5") == address_of("192.0.2.5") is not None
    assert address_of("fe80::1%eth0") == address_of("fe80::1") is not None
    assert address_of("pbx.example") is None


# --- speech ---------------------------------------------------------------------------------------------------------


def tone(number: int, hertz: float = 200.0, loud: float = 8000.0) -> bytes:
    """The n-th 20 ms of a sine."""
    at = np.arange(number * 160, (number + 1) * 160)
    return (loud * np.sin(2 * np.pi * hertz * at / 8000)).astype("<i2").tobytes()


def samples(frames: list[bytes]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.frombuffer(b"".join(frames), "<i2").astype(np.float64)


def spoken(speech: Speech, arrivals: dict[int, int], ticks: int) -> list[bytes | None]:
    """What is said tick by tick; ``arrivals`` are frames by the tick before which they come."""
    number, said = 0, []
    for tick in range(ticks):
        for _ in range(arrivals.get(tick, 0)):
            speech.put(tone(number))
            number += 1
        said.append(speech.tick())
    return said


def test_what_comes_evenly_is_said_whole_after_two_frames() -> None:
    speech = Speech()
    said = spoken(speech, dict.fromkeys(range(100), 1), 100)
    assert said[: LEAST - 1] == [None] * (LEAST - 1)
    assert said[LEAST:] == [tone(n) for n in range(1, 100 - LEAST + 1)]
    assert (speech.dropped, speech.gaps) == (0, 0)


def test_nothing_is_sent_while_nothing_is_said() -> None:
    speech = Speech()
    assert speech.idle
    said = spoken(speech, dict.fromkeys(range(10), 1), 40)
    assert said[-20:] == [None] * 20
    assert speech.idle


def test_a_gap_ends_and_begins_again_without_a_click() -> None:
    speech = Speech()
    said = spoken(speech, dict.fromkeys([*range(20), *range(40, 60)], 1), 80)
    heard = samples([frame or bytes(FRAME) for frame in said])
    assert np.abs(np.diff(heard)).max() < 1.3 * np.abs(np.diff(samples([tone(0)]))).max()
    assert speech.gaps == 2


def test_a_network_that_is_late_is_waited_for_a_little_longer_each_time_and_not_for_ever() -> None:
    speech = Speech()
    for _ in range(30):
        spoken(speech, dict.fromkeys(range(MOST), 1), 3 * MOST)
    assert speech.target == MOST
    spoken(speech, dict.fromkeys(range(CALM_TICKS * MOST), 1), CALM_TICKS * MOST)
    assert speech.target == LEAST
    assert len(speech) <= LEAST


def test_a_burst_is_cut_to_what_is_not_too_late() -> None:
    speech = Speech()
    spoken(speech, dict.fromkeys(range(10), 1), 10)
    for number in range(200):
        speech.put(tone(number))
        assert len(speech) <= speech.target + SLACK
    said = [speech.tick() for _ in range(3)]
    assert said[-1] is not None
    assert speech.dropped > 150


def test_what_a_burst_leaves_behind_is_gone_within_seconds() -> None:
    speech = Speech()
    spoken(speech, {**dict.fromkeys(range(300), 1), 20: 1 + SLACK}, 20 + 5)
    late = len(speech)
    assert late > LEAST + 2
    spoken(speech, dict.fromkeys(range(50), 1), 50)
    assert len(speech) <= LEAST + 1, "most of it within a second"
    spoken(speech, dict.fromkeys(range(150), 1), 150)
    assert len(speech) <= LEAST
    assert speech.gaps == 0


@pytest.mark.parametrize("faster", [1.0002, 0.9998])
def test_clocks_that_differ_for_an_hour_cost_a_frame_now_and_then(faster: float) -> None:
    speech = Speech()
    came, most = 0.0, 0
    ticks = 50 * 600
    for _ in range(ticks):
        before, came = came, came + faster
        for _ in range(int(came) - int(before)):
            speech.put(bytes(FRAME))
        speech.tick()
        most = max(most, len(speech))
    assert most <= LEAST + 3
    assert speech.gaps + speech.dropped <= ticks * 0.0002 + 8


@given(st.integers(0, 2**32), st.lists(st.integers(0, 5), max_size=300))
def test_whatever_comes_what_waits_is_bounded_and_each_tick_says_one_frame_or_none(
    seed: int, arrivals: list[int]
) -> None:
    speech, chance = Speech(), random.Random(seed)
    for count in arrivals:
        for _ in range(count):
            speech.put(tone(chance.randrange(50)))
        said = speech.tick()
        assert said is None or len(said) == FRAME
        assert len(speech) <= MOST + SLACK
        if chance.random() < 0.02:
            speech.clear()
            assert speech.idle
