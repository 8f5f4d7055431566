"""What the PBX named a recording, read as places where the file may lie. Pure: nothing is opened here.

Sources: FreePBX's ``sub-record-check`` (``YYYY/MM/DD/type-dest-from-YYYYMMDD-HHMMSS-uniqueid.ext``; its
``cdr.recordingfile`` holds the last part alone), Asterisk's ``ast_writefile`` (``wav49`` is written as ``.WAV``), and
app_confbridge's ``set_rec_filename``, which puts the epoch second between the name and its extension.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

SOUNDS: Final = (
    "wav", "WAV", "wav49", "gsm", "mp3", "ogg", "ulaw", "alaw", "sln", "sln16",
    "ul", "mu", "pcm", "al", "raw", "sln48", "g722", "g729", "MP3", "GSM", "opus",
    "sln12", "sln24", "sln32", "sln44", "sln96", "sln192",
    "g719", "g723", "g723sf", "g726-40", "g726-32", "g726-24", "g726-16", "ilbc", "siren7", "siren14",
)  # fmt: skip
"""Extensions that Asterisk's formats and FreePBX's converters give, the usual ones first; nothing else is opened."""

LONGEST: Final = 1024
"""Characters of what the PBX names; Asterisk's own buffers are shorter (PATH_MAX is 4,096 and of no use here)."""

DEEPEST: Final = 12
"""Folders above the file; FreePBX has 8 (/var/spool/asterisk/monitor and three of the date)."""

LONGEST_PART: Final = 255
"""Bytes of one name in every file system that Linux mounts."""

_DATE = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)-\d{6}(?!\d)")
_LEG = re.compile(r"(?<![\d.])(\d{9,11}\.\d{1,9})(?![\d])")
_KNOWN = frozenset(one.lower() for one in SOUNDS)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look: every name in every folder, in this order; then what a name became, or whose channel is in it."""

    folders: tuple[tuple[str, ...], ...]  # below a folder of recordings; () is that folder itself
    names: tuple[str, ...]
    stem: str  # without the extension; empty where the PBX named nothing
    legs: tuple[str, ...]  # unique ids of channels, the name's own first


def wanted(named: str, leg: str | None = None) -> Wanted:
    """Read what the PBX named.

    Args:
        named: a full path, a bare name, a path of another machine; may be anything at all.
        leg: the unique id of the call's oldest channel, where it is known.

    Returns:
        Places below the folders of recordings. None of them has a part that is empty, ``.`` or ``..``, or that no file
        system could hold; a name that cannot be trusted gives no places.
    """
    legs = (leg,) if leg is not None and _LEG.fullmatch(leg) else ()
    if not named:  # FreePBX leaves the field empty where the recording began on another channel
        return Wanted(folders=_around(legs[0]) if legs else (), names=(), stem="", legs=legs)
    if not _can_be_a_path(named):
        return Wanted(folders=(), names=(), stem="", legs=legs)
    parts = [part for part in named.split("/") if part not in {"", "."}]
    if not parts or parts[-1] == "..":
        return Wanted(folders=(), names=(), stem="", legs=legs)
    name = parts[-1]
    above = [] if ".." in parts else parts[:-1][-DEEPEST:]
    day = _day_in(name)
    folders = [tuple(above[depth:]) for depth in range(len(above))]
    folders += [_folder_of(day)] if day else []
    folders.append(())
    stem, known = _split(name)
    names = [name] if known else []
    names += [f"{stem}.{extension}" for extension in SOUNDS]
    return Wanted(
        folders=tuple(dict.fromkeys(folders)),
        names=tuple(one for one in dict.fromkeys(names) if len(one.encode()) <= LONGEST_PART),
        stem=stem,
        legs=tuple(dict.fromkeys([*_LEG.findall(stem), *legs])),
    )


def is_sound(name: str) -> bool:
    """Whether a file's extension is one of a recording's."""
    return _split(name)[1]


def extension_of(name: str) -> str:
    """The extension, in small letters; empty where it is none of a recording's."""
    stem, known = _split(name)
    return name[len(stem) + 1 :].lower() if known else ""


def became(name: str, stem: str) -> bool:
    """Whether a name is this one with ConfBridge's epoch second: ``conf-900-1763719200.wav`` of ``conf-900.wav``."""
    found, known = _split(name)
    return (
        bool(stem)
        and known
        and found.startswith(f"{stem}-")
        and bool(re.fullmatch(r"\d{9,11}", found[len(stem) + 1 :]))
    )


def holds(name: str, leg: str) -> bool:
    """Whether a recording's name has this channel's unique id in it, whole."""
    stem, known = _split(name)
    return known and leg in _LEG.findall(stem)


def _can_be_a_path(named: str) -> bool:
    if not named or len(named) > LONGEST or any(ord(one) < 32 or ord(one) == 127 for one in named):
        return False
    try:
        parts = named.encode().split(b"/")
    except UnicodeEncodeError:  # a lone surrogate: bytes that were no text
        return False
    return all(len(part) <= LONGEST_PART for part in parts)


def _split(name: str) -> tuple[str, bool]:
    stem, dot, extension = name.rpartition(".")
    known = bool(dot and stem) and extension.lower() in _KNOWN
    return (stem, True) if known else (name, False)


def _folder_of(day: date) -> tuple[str, str, str]:
    return f"{day:%Y}", f"{day:%m}", f"{day:%d}"


def _around(leg: str) -> tuple[tuple[str, ...], ...]:
    """The folders of the day in which a channel began, in whatever zone the PBX is; a channel's id begins with it."""
    day = datetime.fromtimestamp(float(leg.partition(".")[0]), UTC).date()
    return (*(_folder_of(day + timedelta(days=ahead)) for ahead in (0, 1, -1)), ())


def _day_in(name: str) -> date | None:
    """The last date with a time behind it: numbers that were dialled come before it."""
    for year, month, day in reversed(_DATE.findall(name)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None
