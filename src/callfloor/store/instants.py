"""Instants and durations: seconds as ``float`` in structs, whole milliseconds in SQL.

A 64-bit whole number compares, indexes and rounds the same in every database; a float does not.
"""

from callfloor.errors import RowRefusedError

LATEST_MS = 2**51 - 1
"""An instant times 4096 (the key of a call) must fit 63 bits: this is the year 73,326."""
_FURTHEST_S = LATEST_MS / 1000


def to_ms(seconds: float) -> int:
    """Milliseconds of an instant or a duration in seconds, rounded to the nearest.

    Raises:
        RowRefusedError: not a number, infinite, or so far off that it cannot be an instant.
    """
    if not -_FURTHEST_S <= seconds <= _FURTHEST_S:  # false for NaN too
        raise RowRefusedError("an instant or a duration is out of range")
    return round(seconds * 1000)


def to_ms_or_none(seconds: float | None) -> int | None:
    """``to_ms``, and None stays None."""
    return None if seconds is None else to_ms(seconds)


def to_s(milliseconds: int) -> float:
    """Seconds of an instant or a duration kept in milliseconds."""
    return milliseconds / 1000


def to_s_or_none(milliseconds: int | None) -> float | None:
    """``to_s``, and None stays None."""
    return None if milliseconds is None else milliseconds / 1000
