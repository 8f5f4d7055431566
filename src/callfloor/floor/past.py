"""The floor of any past second: what changed is kept as lines, and of lines any second is made again (law L7).

A *block* is a stretch of one floor's life: its first line is the whole floor at its beginning, each further line one
change, or that nothing changed until then. A line says how many milliseconds have passed since the line before, so
that a block is read from its beginning. What a change says of a row is only what differs, in whatever depth.
"""

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import (
    CallChanged,
    Change,
    DirectoryChanged,
    EmployeeChanged,
    Link,
    LinkChanged,
    Snapshot,
    SupervisionChanged,
)
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.supervisions import LiveSupervision

CALL, EMPLOYEE, LINK, SUPERVISION, DIRECTORY = "c", "e", "l", "s", "d"
"""Kinds of rows, as lines name them."""

Plain = Any
"""What JSON has: a row as objects, lists, texts and numbers."""

_KINDS: dict[str, type[msgspec.Struct]] = {
    CALL: LiveCall,
    EMPLOYEE: LiveEmployee,
    LINK: Link,
    SUPERVISION: LiveSupervision,
    DIRECTORY: Directory,
}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Step(msgspec.Struct, frozen=True):
    """One change of one row: what it was, and what it is (None: not there)."""

    at_ms: int
    kind: str
    key: Any
    before: Plain
    after: Plain


def ms_up(at: float) -> int:
    """The first whole millisecond at which something that happened at ``at`` has happened."""
    return math.ceil(round(at * 1000, 3))


class PlainFloor:
    """A whole floor of plain rows, as blocks have it."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, Plain]] = {kind: {} for kind in _KINDS}
        self.rows[DIRECTORY][0] = _plain(Directory())

    @classmethod
    def of(cls, snapshot: Snapshot) -> "PlainFloor":
        """Of what is shown."""
        return cls.read(_encode(snapshot))

    @classmethod
    def read(cls, line: bytes) -> "PlainFloor":
        """Of a block's first line.

        Raises:
            msgspec.DecodeError, KeyError, TypeError: it is none.
        """
        told = _decode(line)
        made = cls()
        for kind, name in (
            (CALL, "calls"),
            (EMPLOYEE, "employees"),
            (LINK, "links"),
            (SUPERVISION, "supervisions"),
        ):
            made.rows[kind] = {row["id"]: row for row in told[name]}
        made.rows[DIRECTORY][0] = told["directory"]
        return made

    def line(self) -> bytes:
        """A block's first line."""
        rows = self.rows
        whole = {
            "calls": list(rows[CALL].values()),
            "links": list(rows[LINK].values()),
            "employees": list(rows[EMPLOYEE].values()),
            "supervisions": list(rows[SUPERVISION].values()),
            "directory": rows[DIRECTORY][0],
        }
        return _encode(whole)

    def take(self, change: Change) -> tuple[str, Any, Plain, Plain] | None:
        """Apply a change; what it was and what it is, or None where no row of the floor differs."""
        match change:
            case CallChanged(call_id=key, after=after):
                kind: str = CALL
            case EmployeeChanged(employee_id=key, after=after):
                kind = EMPLOYEE
            case LinkChanged(link=key, after=after):
                kind = LINK
            case SupervisionChanged(supervision_id=key, after=after):
                kind = SUPERVISION
            case DirectoryChanged(after=after):
                kind, key = DIRECTORY, 0
            case _:  # a row of the journal or of the history
                return None
        rows = self.rows[kind]
        was = rows.get(key)
        now = None if after is None else _plain(after)
        if was == now:
            return None
        if now is None:
            del rows[key]
        else:
            rows[key] = now
        return kind, key, was, now

    def put(self, kind: str, key: Any, told: Plain) -> tuple[Plain, Plain]:
        """Apply what a line says of a row; what it was, and what it is."""
        rows = self.rows[kind]
        was = rows.get(key)
        if told is None:
            rows.pop(key, None)
            return was, None
        now = rows[key] = told if was is None else patched(was, told)
        return was, now

    def snapshot(self, at: float) -> Snapshot:
        """The floor as it was shown."""
        rows = self.rows
        return Snapshot(
            at=at,
            calls=tuple(msgspec.convert(row, LiveCall) for row in rows[CALL].values()),
            links=tuple(msgspec.convert(row, Link) for row in rows[LINK].values()),
            directory=msgspec.convert(rows[DIRECTORY][0], Directory),
            employees=tuple(msgspec.convert(row, LiveEmployee) for row in rows[EMPLOYEE].values()),
            supervisions=tuple(msgspec.convert(row, LiveSupervision) for row in rows[SUPERVISION].values()),
        )


def line_of(passed_ms: int, kind: str, key: Any, before: Plain, after: Plain) -> bytes:
    """A change, as a block keeps it."""
    told = after if before is None or after is None else difference(before, after)
    return _encode([passed_ms, kind, key, told])


def line_of_rest(passed_ms: int) -> bytes:
    """Nothing changed until now, and somebody watched."""
    return _encode([passed_ms])


class Reading:
    """A block that is read from its beginning on: the floor as it is where the reading stands."""

    def __init__(self, text: bytes, began_ms: int) -> None:
        """Of a block's lines, which began at this instant.

        Raises:
            ValueError, KeyError, TypeError: it is no block.
        """
        first, _, rest = text.partition(b"\n")
        self.floor = PlainFloor.read(first)
        self.at_ms = began_ms
        self._lines = iter(rest.split(b"\n"))
        self._next: list[Any] | None = None

    def until(self, at_ms: int) -> Iterator[Step]:
        """Go on to this instant, what happened at it included; each change on the way."""
        while (told := self._peek()) is not None and self.at_ms + told[0] <= at_ms:
            self._next = None
            self.at_ms += told[0]
            if len(told) == 4:
                _, kind, key, said = told
                before, after = self.floor.put(kind, key, said)
                yield Step(self.at_ms, kind, key, before, after)

    def go(self, at_ms: int) -> None:
        """As ``until``, when only the floor at the instant is asked for."""
        for _ in self.until(at_ms):
            pass

    def next_ms(self) -> int | None:
        """When the next line is; None where there is none."""
        told = self._peek()
        return None if told is None else int(self.at_ms + told[0])

    def _peek(self) -> list[Any] | None:
        while self._next is None:
            line = next(self._lines, None)
            if line is None:
                return None
            if line:
                self._next = _decode(line)
        return self._next


def typed(kind: str, row: Plain) -> Any:
    """A row as the floor's own struct of its kind; None stays None."""
    return None if row is None else msgspec.convert(row, _KINDS[kind])


def difference(before: Plain, after: Plain) -> Plain:
    """What makes ``after`` of ``before``, two objects or two lists of one length: a value by its name or place.

    A list is the new value (its only entry), an object the difference within, null says that the name is gone.
    """
    if isinstance(before, list):
        pairs = zip(before, after, strict=True)
        return {str(place): _differs(was, now) for place, (was, now) in enumerate(pairs) if was != now}
    told: dict[str, Plain] = {name: None for name in before if name not in after}
    for name, now in after.items():
        if name not in before:
            told[name] = [now]
        elif (was := before[name]) != now:
            told[name] = _differs(was, now)
    return told


def patched(before: Plain, told: Plain) -> Plain:
    """``after`` of ``difference(before, after)``; ``before`` stays as it is."""
    if isinstance(before, list):
        places = list(before)
        for place, said in told.items():
            places[int(place)] = said[0] if isinstance(said, list) else patched(places[int(place)], said)
        return places
    names = dict(before)
    for name, said in told.items():
        if said is None:
            del names[name]
        else:
            names[name] = said[0] if isinstance(said, list) else patched(names[name], said)
    return names


def _differs(was: Plain, now: Plain) -> Plain:
    if isinstance(was, dict) and isinstance(now, dict):
        return difference(was, now)
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return difference(was, now)
    return [now]


def _plain(row: msgspec.Struct) -> Plain:
    return _decode(_encode(row))
