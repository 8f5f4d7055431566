"""CSV as RFC 4180 has it: commas, CRLF, quotes doubled; UTF-8, with a byte-order mark where Excel shall read it.

A spreadsheet takes a cell that begins with ``= + - @`` or a control character for a formula. Such a text gets an
apostrophe before it, as OWASP's "CSV injection" page advises; a plain telephone number (+ and digits) computes
nothing, and stays as machines want it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO

from callfloor.reports.clock import Clock, duration_text
from callfloor.reports.columns import Chunk, Column, Kind

BOM = b"\xef\xbb\xbf"
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_PHONE = re.compile(r"\+[0-9]+\Z")
_QUOTED = re.compile(r'[",\r\n]')
_KNOWN_MOST = 20_000  # texts whose form is remembered
# A whole column at once, its texts with line feeds between them: is there any that cannot stay as it is?
_ANY_UNSAFE = re.compile(r'[",\r]|(?:\A|\n)(?:[=\-@\t]|\+(?![0-9]+(?:\n|\Z)))')


class Known(dict[Any, str]):
    """Values to their texts; what was made once is remembered, for there are few different ones."""

    def __init__(self, make: Callable[[Any], str], none: str = "") -> None:
        super().__init__()
        self._make = make
        self._none = none

    def __missing__(self, value: Any) -> str:
        if len(self) >= _KNOWN_MOST:
            self.clear()
        found = self[value] = self._none if value is None else self._make(value)
        return found


def safe(text: str) -> str:
    """The text, harmless to a spreadsheet."""
    if _FORMULA.match(text) and not _PHONE.match(text):
        return "'" + text
    return text


def cell(text: str) -> str:
    """The text as a cell of a line: safe, and in quotes where it must be."""
    text = safe(text)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


class CsvFile:
    """A CSV being written to an open binary file."""

    def __init__(
        self, file: BinaryIO, columns: Sequence[Column], clock: Clock, *, bom: bool, head: bool = True
    ) -> None:
        self._file = file
        cells, durations = Known(cell), Known(duration_text)

        def texts(values: Sequence[Any]) -> Iterable[str]:
            if None not in values:
                whole = "\n".join(values)
                if not _ANY_UNSAFE.search(whole) and whole.count("\n") == len(values) - 1:
                    return values
            return map(cells.__getitem__, values)

        def lengths(values: Sequence[Any]) -> Iterable[str]:
            if None in values:
                return ["" if value is None else durations[int(value)] for value in values]
            return map(durations.__getitem__, map(int, values))

        def by(make: Callable[[Any], str]) -> Callable[[Sequence[Any]], Iterable[str]]:
            known = Known(make).__getitem__
            return lambda values: map(known, values)

        kinds: dict[Kind, Callable[[Sequence[Any]], Iterable[str]]] = {
            Kind.TEXT: texts,
            Kind.INSTANT: clock.texts,
            Kind.DURATION: lengths,
            Kind.COUNT: by(str),
            Kind.SHARE: by(lambda value: f"{value * 100:.1f}"),
            Kind.MONEY: by(str),
        }
        self._formers = [kinds[column.kind] for column in columns]
        if head:
            if bom:
                file.write(BOM)
            file.write((",".join(cell(column.title) for column in columns) + "\r\n").encode())

    def put(self, chunk: Chunk) -> None:
        """Write some rows."""
        cells = [form(values) for form, values in zip(self._formers, chunk, strict=True)]
        lines = list(map(",".join, zip(*cells, strict=True)))
        if lines:
            lines.append("")
            self._file.write("\r\n".join(lines).encode("utf-8", "replace"))

    def close(self) -> None:
        """Nothing is left to write. The file stays open."""
