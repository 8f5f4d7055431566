"""Recorded scenarios: read, and played through the real codec, translator, resync and floor.

A capture is ``tests/scenarios/captures/<name>.ami``: what one manager connection heard of a scenario on a real
Asterisk, one message a line: seconds since the start, event, headers (``Name: value``), with tabs between them. Lines
with ``#`` tell what it is. Seconds and ``@<file>`` stand for a listing of people that captures have in common.
Only what the translator and the resync act on is kept, the noise is dropped (``support.taking`` makes the files).
Beside it ``<name>.expected.json``: what the phones did, and the calls that the floor must make of it.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from callfloor.asterisk.ami import Codec, Message
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.resync import Resync
from callfloor.asterisk.translate import Translator
from callfloor.floor.facts import Fact

CAPTURES = Path(__file__).resolve().parent.parent / "scenarios" / "captures"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
LARGEST_READ = 700  # bytes; a message of a capture has about 300


@dataclass(frozen=True)
class Line:
    """One message: seconds since the capture's start, the event's name, its headers in order."""

    at_s: float
    event: str
    headers: tuple[tuple[str, str], ...]

    def text(self) -> str:
        return "\t".join((f"{self.at_s:.6f}", self.event, *(f"{name}: {value}" for name, value in self.headers)))

    def encoded(self) -> bytes:
        """The message as a PBX sends it."""
        lines = [f"Event: {self.event}", *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return "\r\n".join(lines).encode()

    def get(self, header: str) -> str:
        return next((value for name, value in self.headers if name == header), "")

    @property
    def listed(self) -> str:
        """The ActionID of a listing's event, "" of an event that the PBX sent by itself."""
        return self.get("ActionID")


@dataclass(frozen=True)
class Capture:
    """One recorded scenario."""

    name: str
    about: str
    start_at: float  # UTC epoch seconds of time 0
    lines: tuple[Line, ...]
    expected: dict[str, Any] = field(repr=False)

    @property
    def end_at(self) -> float:
        return self.start_at + (self.lines[-1].at_s if self.lines else 0.0)


def names() -> list[str]:
    """Every capture there is."""
    return sorted(file.name.removesuffix(".ami") for file in CAPTURES.glob("*.ami"))


@cache
def load(name: str) -> Capture:
    """A capture with its expectation."""
    expected = json.loads((CAPTURES / f"{name}.expected.json").read_text(encoding="utf-8"))
    return read(name, (CAPTURES / f"{name}.ami").read_text(encoding="utf-8"), expected)


def read(name: str, text: str, expected: dict[str, Any]) -> Capture:
    """A capture from its text."""
    about, start_at, lines = "", 0.0, []
    for line in text.splitlines():
        if line.startswith("# start "):
            start_at = float(line.removeprefix("# start "))
        elif line.startswith("#"):
            about = about or line.removeprefix("# ")
        elif "\t@" in line:
            lines += _shared(line)
        elif line:
            lines.append(parse(line))
    return Capture(name, about, start_at, tuple(lines), expected)


def _shared(line: str) -> list[Line]:
    """A listing that captures have in common: ``<seconds>\t@<file>``."""
    at, _, file = line.partition("\t@")
    rows = (CAPTURES / file).read_text(encoding="utf-8").splitlines()
    return [parse(f"{at}\t{row}\tActionID: {file}") for row in rows]


def parse(line: str) -> Line:
    """One line of a capture, or of a table in a test."""
    at, event, *headers = line.strip().split("\t")
    pairs = []
    for header in headers:
        name, colon, value = header.partition(":")
        assert colon, f"no header: {header!r}"
        pairs.append((name, value.removeprefix(" ")))
    return Line(float(at), event, tuple(pairs))


def torn(data: bytes, seed: object) -> Iterator[bytes]:
    """The bytes in reads of every size, one byte among them; the same for the same seed."""
    rolls = random.Random(repr(seed))
    at = 0
    while at < len(data):
        size = rolls.choice((1, 2, rolls.randint(1, LARGEST_READ), rolls.randint(1, 8 * LARGEST_READ)))
        yield data[at : at + size]
        at += size


def messages(lines: Sequence[Line], seed: object = "") -> list[Message]:
    """The lines as messages that came through the codec in torn reads."""
    codec = Codec()
    data = BANNER + b"".join(line.encoded() for line in lines)
    made = [message for part in torn(data, seed) for message in codec.feed(part)]
    assert len(made) == len(lines), f"{len(lines)} messages went in, {len(made)} came out"
    return made


class Player:
    """One PBX link: messages in, facts out."""

    def __init__(self, link: str = "pbx", *, country: str | None = None, parties: Parties | None = None) -> None:
        self.translator = Translator(link, parties or Parties(), country=country)
        self.resync = Resync(self.translator)
        self._listings: dict[str, list[Message]] = {}

    def message(self, at: float, message: Message) -> list[Fact]:
        """The facts of one message; those of a listing come all together with its last event."""
        listing = message.action_id if message.event != "OriginateResponse" else None
        if listing is None:
            return self.translator.translate(at, message)
        self._listings.setdefault(listing, []).append(message)
        if message.get("EventList").lower() == "complete":
            return self.resync.listing(at, self._listings.pop(listing))
        return []

    def play(self, start_at: float, lines: Sequence[Line], seed: object = "") -> Iterator[list[Fact]]:
        """The facts of each line, in order."""
        for line, message in zip(lines, messages(lines, seed), strict=True):
            yield self.message(start_at + line.at_s, message)


def facts_of(capture: Capture, *, seed: object = None, country: str | None = None) -> list[Fact]:
    """All facts of a capture, its reads torn by the seed."""
    played = Player(country=country).play(capture.start_at, capture.lines, seed if seed is not None else capture.name)
    return [fact for facts in played for fact in facts]


def without(lines: Iterable[Line], *, first: int, last: int) -> list[Line]:
    """The lines but for a stretch that nobody heard."""
    return [line for index, line in enumerate(lines) if not first <= index < last]
