"""Captures: what one manager connection heard, in files. This is the reading; ``recorder`` writes them.

A capture is a folder with ``ami.raw`` (the bytes as they came, the banner first), ``ami.chunks.jsonl`` (a line for
each read: ``{"t", "off", "len"}``) and ``ami.jsonl`` (a line for each message: ``{"t", "seq", "event"}``, a repeated
header is a list). Any of the three that has the messages is enough to read it.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from callfloor.asterisk.ami import encode_message
from callfloor.errors import InvalidInputError

log = logging.getLogger(__name__)

RAW: Final = "ami.raw"
CHUNKS: Final = "ami.chunks.jsonl"
MESSAGES: Final = "ami.jsonl"

_READ_BYTES: Final = 65_536
_LONGEST_MESSAGE: Final = 8 * 1024 * 1024  # without an end it is not AMI, and the codec says so
_MESSAGE_END: Final = re.compile(rb"\n\r?\n")

# What tells the time within a message, each measured in 57 captures against when it was read: Timestamp (manager.conf
# timestampevents) and RTCP's SentNTP are 0.5 ms behind, a security event's EventTV 1 ms. A Uniqueid is the second its
# channel was made, LastCall the second a queue's call ended: right when new, so the newest counts.
_EXACT: Final = re.compile(rb"^(?:Timestamp|SentNTP): ([12]\d{9}\.\d{1,9})", re.MULTILINE | re.IGNORECASE)
_SECOND: Final = re.compile(
    rb"^(?:LastCall|\w*(?:Uniqueid|Linkedid)): (?:[^\r\n]*-)?([12]\d{9})\b", re.MULTILINE | re.IGNORECASE
)
_EVENT_TV: Final = re.compile(rb"^EventTV: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4})", re.MULTILINE)


class Chunk(msgspec.Struct, frozen=True):
    """One read: when (epoch seconds), from which byte, how many."""

    t: float
    off: int
    len: int


class Recorded(msgspec.Struct, frozen=True):
    """One message: when its end was read, its number from 1, its headers in order."""

    t: float
    seq: int
    event: dict[str, str | list[str]]


Line = TypeVar("Line", Chunk, Recorded)


def read_capture(path: Path) -> Iterator[tuple[float, bytes]]:
    """A capture's bytes in pieces, each with the instant at which it was read (epoch seconds, never decreasing).

    Args:
        path: a capture's folder; or a file of bytes, whose times are in ``<name>.chunks.jsonl`` beside it; or an
            ``ami.jsonl``, encoded again. Bytes without times get the newest instant that their own messages name.

    Raises:
        InvalidInputError: there is no capture, or a line of it cannot be understood.
    """
    file = _file_of(path)
    if file.suffix == ".jsonl":
        pieces = _encoded(file)
    elif (times := file.with_suffix(".chunks.jsonl")).is_file():
        pieces = _timed(file, times)
    else:
        log.warning("The capture has no read times; they are guessed from its messages", extra={"capture": file.name})
        pieces = _guessed(file)
    return _forward(pieces)


def _file_of(path: Path) -> Path:
    if path.is_file():
        if path.name.endswith((".chunks.jsonl", ".sent.jsonl")):
            raise InvalidInputError(f"{path.name} has no messages; give the .raw or .jsonl file beside it")
        return path
    if not path.is_dir():
        raise InvalidInputError(f"there is no capture at {path}")
    for name in (RAW, MESSAGES):
        if (path / name).is_file():
            return path / name
    raise InvalidInputError(f"the folder {path.name} has neither {RAW} nor {MESSAGES}")


def _forward(pieces: Iterable[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    """A clock that was set back while it was recorded does not make time run backwards."""
    newest = 0.0
    for at, data in pieces:
        newest = max(newest, at)
        yield newest, data


def _timed(raw: Path, times: Path) -> Iterator[tuple[float, bytes]]:
    at, expected = 0.0, 0
    with raw.open("rb") as stream:
        for chunk in _lines(times, Chunk):
            if chunk.off != expected or chunk.len < 0:
                raise InvalidInputError(f"{times.name}: the read at byte {chunk.off} does not follow the one before")
            data = stream.read(chunk.len)
            at, expected = chunk.t, expected + chunk.len
            if data:
                yield at, data
        while data := stream.read(_READ_BYTES):  # the recorder was killed between the two files
            yield at, data


def _encoded(file: Path) -> Iterator[tuple[float, bytes]]:
    for line in _lines(file, Recorded):
        try:
            yield line.t, encode_message(line.event)
        except InvalidInputError as error:
            raise InvalidInputError(f"{file.name}: message {line.seq} is not AMI: {error}") from None


def _lines(file: Path, kind: type[Line]) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(kind)
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.isspace():
                continue
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise InvalidInputError(f"{file.name}, line {number}: {error}") from None


def _guessed(raw: Path) -> Iterator[tuple[float, bytes]]:
    at = 0.0
    waiting: list[bytes] = []  # messages before the first that tells a time: it is theirs too
    for message in _messages(raw):
        at = max(at, _told(message))
        waiting.append(message)
        if at:
            yield from ((at, one) for one in waiting)
            waiting.clear()
    yield from ((at, one) for one in waiting)


def _messages(raw: Path) -> Iterator[bytes]:
    held = b""
    with raw.open("rb") as stream:
        while data := stream.read(_READ_BYTES):
            held += data
            start = 0
            for end in _MESSAGE_END.finditer(held):
                yield held[start : end.end()]
                start = end.end()
            held = held[start:]
            if len(held) > _LONGEST_MESSAGE:
                yield held
                held = b""
    if held:
        yield held


def _told(message: bytes) -> float:
    """The newest instant that a message names; 0 where it names none."""
    told = [float(text) for pattern in (_EXACT, _SECOND) for text in pattern.findall(message)]
    for text in _EVENT_TV.findall(message):
        try:
            told.append(datetime.strptime(text.decode(), "%Y-%m-%dT%H:%M:%S.%f%z").timestamp())
        except ValueError:  # the 31st of February
            continue
    return max(told, default=0.0)
