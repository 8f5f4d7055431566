"""The PBX's clock by its answers to pings, however late these are read."""

import pytest

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.message import Message
from callfloor.asterisk.pbx_clock import ANSWERS, PbxClock

APART_S = 7.25  # our clock is so much ahead of the PBX's


def pong(stamp: str) -> Message:
    (message,) = Codec().feed(
        f"Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nTimestamp: {stamp}\r\n\r\n".encode()
    )
    return message


def answered(clock: PbxClock, at: float, late_s: float, apart_s: float = APART_S) -> None:
    """Asked at ``at``, answered a millisecond later, read so much later."""
    clock.answered(at, at + 0.001 + late_s, pong(f"{at + 0.001 - apart_s:.6f}"))


def test_an_answer_that_is_read_late_puts_no_clock_on() -> None:
    clock = PbxClock()
    answered(clock, 1000.0, 0.9)
    assert clock.ahead_s == pytest.approx(APART_S + 0.9), "it is the only one"
    answered(clock, 1010.0, 0.001)
    answered(clock, 1020.0, 1.5)
    assert clock.ahead_s == pytest.approx(APART_S + 0.001)


def test_the_pbx_clock_is_set_and_drifts() -> None:
    clock = PbxClock()
    answered(clock, 1000.0, 0.0)
    answered(clock, 1010.0, 0.0, APART_S + 3.0)  # it was put back by three seconds
    assert clock.ahead_s == pytest.approx(APART_S + 3.0)
    answered(clock, 1020.0, 0.0, APART_S - 3600.0)  # and on by an hour
    assert clock.ahead_s == pytest.approx(APART_S - 3600.0)
    for number in range(2 * ANSWERS):
        answered(clock, 1030.0 + number * 10, 0.0, APART_S - 3600.0 + number * 0.002)
    assert clock.ahead_s == pytest.approx(APART_S - 3600.0 + (ANSWERS * 0.002), abs=0.003)


def test_our_own_clock_is_set_and_nonsense_is_not_heard() -> None:
    clock = PbxClock()
    answered(clock, 1000.0, 0.0)
    clock.clock_set(100.0)
    assert clock.ahead_s == pytest.approx(APART_S + 100.0)
    for stamp in ("", "nonsense", "12345678901.5"):
        clock.answered(1200.0, 1200.0, pong(stamp))
    assert clock.ahead_s == pytest.approx(APART_S + 100.0)
