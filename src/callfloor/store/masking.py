"""How a client's number looks to those who must not see it whole: the one place that decides, for every way out.

A number becomes ``+48600*****7~KEY``: as much of it as tells one client from another at a glance, and the client's key.
The key is the number itself, encrypted so that equal numbers have equal keys (AES-SIV, RFC 5297) with a key of the
project's own: history, filters and callbacks are asked for by it, and whoever has it learns nothing from it. In free
text (notes, the audit's details, files' names) whatever looks like a telephone number is starred, unless it is the
company's own. Which fields of which shapes carry a client's number is told by ``FIELDS``; a test holds that table
against every shape of the API (docs/decisions/0161).
"""

import base64
import functools
import re
import types
import typing
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from callfloor.floor.directory import Directory

T = TypeVar("T")

KEY_BYTES: Final = 32
NOBODY: Final = Directory()
KEY: Final = r"[0-9+*#]{0,40}~[A-Za-z0-9_-]{20,120}"
"""A masked number, or its key alone, as an address has it."""

_MARK: Final = "~"
_LEAST: Final = 6
"""Digits of which a number has at least so many: what is shorter is an extension, or nobody's."""

_RUN = re.compile(r"[0-9](?:[0-9 ()./\-\u00a0\u2009\u202f\u2010-\u2013]*[0-9])?")
_PIECE = re.compile(r"[0-9]+")
_NOT_A_NUMBER = re.compile(
    r"(?<![0-9])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2})?"  # a day, an instant
    r"|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}"
    r"|1[0-9]{9}\.[0-9]{1,9})(?![0-9])"  # a channel of Asterisk's
    r"|~[A-Za-z0-9_-]{20,}"  # a key
)
_KEPT = 20_000


class Kind(Enum):
    """What a field holds of a client."""

    E164 = "e164"  # their number, by which they are known: becomes the masked number with its key
    NUMBER = "number"  # a number as the PBX had it; the company's own stay
    TEXT = "text"  # words, in which numbers may stand
    FILE = "file"  # a file's name
    ANY = "any"  # what JSON can hold, in whose texts numbers may stand
    SEALED = "sealed"  # made of a number, and read by nobody but us: a row's id, a place in a list


_STEP = {"number": Kind.NUMBER, "detail": Kind.FILE}
_CALL = {"client_number": Kind.NUMBER, "client_e164": Kind.E164, "route": Kind.TEXT}
_CALLBACK = {"id": Kind.SEALED, "client_e164": Kind.E164, "client_number": Kind.NUMBER, "note": Kind.TEXT}

FIELDS: Final[dict[str, dict[str, Kind]]] = {
    "LiveCall": _CALL,
    "LiveParty": {"number": Kind.NUMBER},
    "StoryStep": _STEP,
    "CallRecord": {**_CALL, "recording": Kind.FILE},
    "ExternalPart": {"number": Kind.NUMBER},
    "Badge": {"reason": Kind.TEXT},
    "QueueSeat": {"reason": Kind.TEXT},
    "LiveSupervision": {"reason": Kind.TEXT, "ending_detail": Kind.TEXT},
    "LoggedSupervision": {"reason": Kind.TEXT, "ending_detail": Kind.TEXT},
    "SupervisionRecord": {"reason": Kind.TEXT, "ending_detail": Kind.TEXT},
    "JournalRow": {**_CALL, "tags": Kind.TEXT},
    "CallNote": {"text": Kind.TEXT},
    "ClientHistory": {"client_e164": Kind.E164},
    "TagList": {"tags": Kind.TEXT},
    "VoicemailRow": {
        "caller_number": Kind.NUMBER, "caller_e164": Kind.E164, "caller_name": Kind.TEXT, "note": Kind.TEXT,
    },
    "FaxRow": {
        "number": Kind.NUMBER, "e164": Kind.E164, "station": Kind.TEXT, "local_station": Kind.TEXT,
        "error": Kind.TEXT, "file": Kind.FILE, "note": Kind.TEXT,
    },
    "CallbackRow": _CALLBACK,
    "CallbackEntry": _CALLBACK,
    "CallbackList": {"next_cursor": Kind.SEALED},
    "Closing": {"client_e164": Kind.E164},
    "ClientFound": {"client_e164": Kind.E164},
    "SpamNumber": {"number": Kind.E164},
    "AuditEntry": {"details": Kind.ANY},
    "Job": {"params": Kind.ANY, "result": Kind.ANY, "error": Kind.TEXT},
    "ReportInfo": {"query": Kind.TEXT},
    "ScheduleInfo": {"name": Kind.TEXT},
    "DeliveryInfo": {"name": Kind.TEXT, "error": Kind.TEXT, "file": Kind.TEXT},
    "ErrorBody": {"message": Kind.TEXT, "details": Kind.ANY},
    "Waveform": {"name": Kind.FILE},
    "ImportFile": {"name": Kind.TEXT},
}  # fmt: skip
"""By a shape's name: its fields that may tell a client's number. Every other field of text holds none, by a test."""

_IDS: Final = frozenset({"call_id", "call", "id", "error_id", "token", "at", "columns", "phone", "account"})
"""Names in free JSON that are an id's, and no client's number."""


class Masking:
    """How one project's clients look to a role that sees them masked. Equal numbers look alike, always."""

    def __init__(self, key: bytes, directory: Directory = NOBODY) -> None:
        """``key`` is the project's, of ``KEY_BYTES``; the directory tells which numbers are the company's own."""
        self._cipher = AESSIV(key)
        self._directory = directory
        self._known: dict[str, str] = {}

    # --- one number -------------------------------------------------------------------------------------------

    def e164(self, number: str) -> str:
        """The masked number with its key; a number that is none of a client's has a key too."""
        if _MARK in number:
            return number
        found = self._known.get(number)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[number] = f"{starred(number)}{self.sealed(number)}"
        return found

    def sealed(self, text: str) -> str:
        """A text as a key; equal texts have equal ones."""
        sealed = self._cipher.encrypt(text.encode(), None)
        return _MARK + base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def short(self, number: str) -> str:
        """For documents: the masked number, and enough of its key to know the client again by."""
        if len("".join(_PIECE.findall(number))) < _LEAST:
            return number
        shown, _, key = self.e164(number).partition(_MARK)
        return f"{shown} ~{key[:4]}"

    def opened(self, masked: str) -> str | None:
        """What a masked number or a key stands for; None: it is none of ours."""
        key = masked.rpartition(_MARK)[2]
        try:
            sealed = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
            return self._cipher.decrypt(sealed, None).decode()
        except (InvalidTag, ValueError):
            return None

    def number(self, number: str) -> str:
        """A number as the PBX had it: starred, unless it is the company's own or too short to be a client's."""
        digits = "".join(_PIECE.findall(number))
        return number if len(digits) < _LEAST or self._is_own(digits) else starred(number)

    # --- words ------------------------------------------------------------------------------------------------

    def text(self, text: str) -> str:
        """Words, with whatever looks like a telephone number starred but for the company's own."""
        if not any(char.isdigit() for char in text):
            return text
        found, at = [], 0
        for kept in _NOT_A_NUMBER.finditer(text):
            found += [_RUN.sub(self._run, text[at : kept.start()]), kept.group()]
            at = kept.end()
        return "".join([*found, _RUN.sub(self._run, text[at:])])

    def file(self, name: str) -> str:
        """A file's name; one with a number in it says what kind of file it is, and no more."""
        if self.text(name) == name:
            return name
        return f"recording{name[name.rfind('.') :] if re.search(r'[.][A-Za-z]{1,5}$', name) else ''}"

    def anything(self, value: Any) -> Any:
        """What JSON can hold, with every text in it masked; values of ids stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                self.text(name): each if name in _IDS and not isinstance(each, dict) else self.anything(each)
                for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.anything(each) for each in value]
        return value

    # --- shapes -----------------------------------------------------------------------------------------------

    def over(self, value: T) -> T:
        """The same shape with every client's number in it masked; the same object where there is none."""
        return typing.cast(T, self._over(value))

    def _over(self, value: Any) -> Any:
        if isinstance(value, msgspec.Struct):
            return self._struct(value)
        if isinstance(value, tuple | list):
            made = [self._over(each) for each in value]
            same = all(new is old for new, old in zip(made, value, strict=True))
            return value if same else type(value)(made)
        if isinstance(value, dict):
            return {name: self._over(each) for name, each in value.items()}
        return value

    def _struct(self, value: msgspec.Struct) -> Any:
        kinds, below = _plan(type(value))
        changed: dict[str, Any] = {}
        for name in below:
            old = getattr(value, name)
            new = self._over(old)
            if new is not old:
                changed[name] = new
        for name, kind in kinds:
            old = getattr(value, name)
            if not old or old is msgspec.UNSET:
                continue
            new = self._field(value, kind, old)
            if new != old:
                changed[name] = new
        return msgspec.structs.replace(value, **changed) if changed else value

    def _field(self, value: Any, kind: Kind, old: Any) -> Any:
        if isinstance(old, tuple):
            return tuple(self._field(value, kind, each) for each in old)
        if kind is Kind.ANY:
            return self.anything(old)
        if kind is Kind.E164:
            return self.e164(old)
        if kind is Kind.SEALED:
            return self.sealed(old)
        if kind is Kind.TEXT:
            return self.text(old)
        if kind is Kind.FILE:
            # Of a story's steps only a recording's detail is a file.
            return self.file(old) if getattr(value, "what", "recording") == "recording" else self.text(old)
        return self.number(old)

    # --- the company's own ------------------------------------------------------------------------------------

    @functools.cached_property
    def _own(self) -> frozenset[str]:
        named: Iterable[str] = (
            *(each.number for each in self._directory.numbers),
            *(account for each in self._directory.employees for account in each.accounts),
        )
        digits = {"".join(_PIECE.findall(each)) for each in named}
        return frozenset(own[-9:] for own in digits if len(own) >= _LEAST)

    def _is_own(self, digits: str) -> bool:
        """With or without the country's or the trunk's prefix."""
        return digits[-9:] in self._own or any(
            len(own) < 9 and digits.endswith(own) and len(digits) - len(own) <= 3 for own in self._own
        )

    def _run(self, found: re.Match[str]) -> str:
        run = found.group()
        pieces = _PIECE.findall(run)
        if any(len(piece) >= _LEAST for piece in pieces):
            return _PIECE.sub(lambda piece: self.number(piece.group()), run)
        digits = "".join(pieces)
        if len(digits) <= _LEAST or self._is_own(digits):
            return run
        return starred(run)


def starred(number: str) -> str:
    """The number with at least five of its digits as ``*``: the first five at most and one at the end stay."""
    count = sum(char.isdigit() for char in number)
    tail = 1 if count > _LEAST else 0
    head = min(5, max(0, count - tail - 5))
    made, at = [], 0
    for char in number:
        if char.isdigit():
            at += 1
            made.append(char if at <= head or at > count - tail else "*")
        else:
            made.append(char)
    return "".join(made)


def is_key(text: str) -> bool:
    """Whether it is a masked number or a key, and no number."""
    return re.fullmatch(KEY, text) is not None


@functools.cache
def _plan(shape: type[msgspec.Struct]) -> tuple[tuple[tuple[str, Kind], ...], tuple[str, ...]]:
    """Of a shape: its fields that are masked, and those in which there are other shapes with such."""
    kinds = FIELDS.get(shape.__name__, {})
    fields = msgspec.structs.fields(shape)
    below = tuple(
        each.name for each in fields if each.name not in kinds and any(map(_is_touched, _shapes_in(each.type)))
    )
    return tuple((each.name, kinds[each.name]) for each in fields if each.name in kinds), below


@functools.cache
def _is_touched(shape: type[msgspec.Struct]) -> bool:
    """Whether anything is masked in a shape, or in one below it."""
    pending, seen = [shape], {shape}
    while pending:
        of = pending.pop()
        if of.__name__ in FIELDS:
            return True
        below = {found for each in msgspec.structs.fields(of) for found in _shapes_in(each.type)} - seen
        seen |= below
        pending += below
    return False


def _shapes_in(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    elif isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        for each in typing.get_args(annotation):
            yield from _shapes_in(each)
