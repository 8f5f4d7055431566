"""When something happened, by the PBX's own stamps: a slow wire and a busy machine make nothing late."""

import pytest

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.message import Message
from callfloor.asterisk.stamps import WINDOW_S, Stamps

APART_S = 7.25  # our clock is so much ahead of the PBX's
WIRE_S = 0.001


def event(stamp: str | None) -> Message:
    header = "" if stamp is None else f"Timestamp: {stamp}\r\n"
    (message,) = Codec().feed(f"Asterisk Call Manager/9.0.0\r\nEvent: Hangup\r\n{header}\r\n".encode())
    return message


def heard(stamps: Stamps, happened_at: float, late_s: float = WIRE_S) -> float:
    """The instant of an event that happened then, by our clock, and was read so much later."""
    return stamps.at(happened_at + late_s, event(f"{happened_at - APART_S:.6f}"))


def test_what_is_read_late_happened_when_the_pbx_says() -> None:
    stamps = Stamps()
    assert heard(stamps, 1000.0) == pytest.approx(1000.0, abs=0.01)
    assert heard(stamps, 1001.0, late_s=1.7) == pytest.approx(1001.0, abs=0.01)
    assert heard(stamps, 1002.5, late_s=0.3) == pytest.approx(1002.5, abs=0.01)


def test_without_a_stamp_it_happened_when_it_was_read() -> None:
    stamps = Stamps()
    assert stamps.at(1000.0, event(None)) == 1000.0
    for nonsense in ("", "now", "-5.0", "1e9.0", "12345678901.5", "17.", "nan"):
        assert stamps.at(1001.0, event(nonsense)) == 1001.0


def test_time_never_runs_backwards_and_never_ahead_of_what_was_read() -> None:
    stamps = Stamps()
    heard(stamps, 1000.0)
    stamps.told(1003.0)  # a listing was
    assert heard(stamps, 1002.0, late_s=1.5) == 1003.0
    assert stamps.at(1004.0, event(f"{2000.0 - APART_S:.6f}")) <= 1004.0


def test_the_clocks_drift_and_are_set() -> None:
    stamps = Stamps()
    heard(stamps, 1000.0)
    for turn in range(1, 5):  # the PBX's clock goes slower: ours is ever more ahead
        drifted = 1000.0 + turn * (WINDOW_S + 1.0)
        told = stamps.at(drifted, event(f"{drifted - APART_S - turn * 0.02:.6f}"))
        assert told == pytest.approx(drifted, abs=0.05)
    put_back = stamps.at(2000.0, event(f"{1000.0:.6f}"))
    assert put_back == 2000.0, "the PBX's clock was put back by minutes"
    assert stamps.at(2003.0, event(f"{1001.0:.6f}")) == pytest.approx(2001.0, abs=0.01)
    stamps.clock_set(100.0)
    assert stamps.at(2104.5, event(f"{1003.5:.6f}")) == pytest.approx(2103.5, abs=0.01)
