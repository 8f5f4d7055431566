"""A message's ``.txt`` in the voicemail spool, read for what it tells. Pure.

Written by ``leave_voicemail`` (apps/app_voicemail.c): ``[message]`` and lines of ``name=value``; ``msg_id`` since 11,
``duration`` is appended when the recording is over. It is a stranger's caller id in a file that anybody on the PBX may
edit, so nothing of it is trusted: it may be huge, binary, half written, or no text at all.
"""

import re
from typing import Final

import msgspec

from callfloor.asterisk.numbers import known_number

MOST_BYTES: Final = 64 * 1024
"""Of a text are read; a real one has some 400."""

LONGEST: Final = 200
"""Characters of any value that is kept."""

EARLIEST_S: Final = 631_152_000.0  # 1990: there was no Asterisk
LATEST_S: Final = 4_102_444_800.0  # 2100
LONGEST_S: Final = 7 * 86_400.0

_LINE = re.compile(r"^([A-Za-z_]{1,40})[ \t]*=>?[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_CALLER = re.compile(r'^"?(?P<name>.*?)"?\s*<(?P<number>[^<>]*)>$')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a text tells; None is what it does not."""

    msg_id: str | None
    caller: str  # as it stands, for the identity
    caller_number: str | None
    caller_name: str | None
    channel: str | None
    left_at: float | None
    duration_s: float | None


def read(raw: bytes) -> Told:
    """Read a text, whatever it holds."""
    text = raw[:MOST_BYTES].decode("utf-8", "replace").replace("\r", "\n").replace("\0", "")
    said: dict[str, str] = {}
    for name, value in _LINE.findall(text):
        said.setdefault(name.lower(), _CONTROL.sub(" ", value)[:LONGEST].strip())
    caller = said.get("callerid", "")
    number, name = _caller(caller)
    return Told(
        msg_id=said.get("msg_id") or None,
        caller=caller,
        caller_number=number,
        caller_name=name,
        channel=said.get("callerchan") or None,
        left_at=_number(said.get("origtime", ""), EARLIEST_S, LATEST_S),
        duration_s=_number(said.get("duration", ""), 0.0, LONGEST_S),
    )


def _caller(text: str) -> tuple[str | None, str | None]:
    """``"Anna" <79161234567>``, ``79161234567``, ``Unknown``: number and name."""
    found = _CALLER.match(text)
    if found is not None:
        number = known_number(found["number"])
        name = found["name"].strip().strip('"').strip()
        return number, name if known_number(name) and name != number else None
    if any(one.isdigit() for one in text):
        return known_number(text), None
    return None, known_number(text.strip('"'))


def _number(text: str, least: float, most: float) -> float | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return None
    value = float(text)
    return value if least <= value <= most else None
