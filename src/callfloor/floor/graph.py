"""Objects that point at one another, as bytes and back: for what one process hands over to the next, maybe newer, one.

Only classes that are named are written and read; nothing that is read runs. An attribute that the reader's class does
not have is left out, one that is new in it has the value of a blank object. What does not fit is refused as a whole.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec

VERSION = 1

_PLAIN = (bool, int, float, str, bytes)
_ROWS: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "f"}
_MADE: dict[str, Callable[[Iterable[Any]], Any]] = {"l": list, "t": tuple, "s": set, "f": frozenset}


class Graph:
    """Knows which objects may be in it."""

    def __init__(
        self,
        blanks: Mapping[type, Callable[[], object]],
        *,
        values: Iterable[type],
        left_out: Mapping[type, frozenset[str]] | None = None,
    ) -> None:
        """``blanks`` makes an object of each mutable class; ``values`` are the enumerations and frozen structs.

        ``left_out`` names attributes that are nobody's but the process's own.
        """
        self._blanks = {kind.__name__: make for kind, make in blanks.items()}
        self._kinds = set(blanks)
        self._values = {kind.__name__: kind for kind in values}
        self._left_out = {kind.__name__: names for kind, names in (left_out or {}).items()}

    def dump(self, root: object) -> bytes:
        """The object with everything that it points at.

        Raises:
            TypeError: something in it is of a class that was not named.
        """
        writer = _Writer(self._kinds, self._values, self._left_out)
        value = writer.value(root)
        while writer.waiting:
            writer.next()
        return msgspec.msgpack.encode([VERSION, value, writer.objects])

    def load(self, data: bytes) -> Any:
        """What was dumped.

        Raises:
            ValueError: it is damaged, or of a version whose objects are not these.
        """
        try:
            version, value, written = msgspec.msgpack.decode(data, type=tuple[int, Any, list[tuple[str, Any]]])
            if version != VERSION:
                raise ValueError(f"version {version}")
            objects = [self._blanks[name]() for name, _ in written]
            read = _Reader(objects, self._values)
            for made, (name, attributes) in zip(objects, written, strict=True):
                known = set(attributes_of(made)) - self._left_out.get(name, frozenset())
                for attribute, content in attributes.items():
                    if attribute in known:
                        setattr(made, attribute, read.value(content))
            return read.value(value)
        except (KeyError, IndexError, TypeError, AttributeError, msgspec.MsgspecError) as error:
            raise ValueError(f"it does not fit: {type(error).__name__}") from None


def attributes_of(made: object) -> tuple[str, ...]:
    """The names of an object's attributes."""
    slots: tuple[str, ...] = getattr(type(made), "__slots__", ())
    return slots or tuple(vars(made))


class _Writer:
    def __init__(self, kinds: set[type], values: Mapping[str, type], left_out: Mapping[str, frozenset[str]]) -> None:
        self._kinds = kinds
        self._values = values
        self._left_out = left_out
        self._numbers: dict[int, int] = {}
        self.objects: list[tuple[str, dict[str, Any]]] = []
        self.waiting: list[tuple[object, dict[str, Any]]] = []

    def next(self) -> None:
        """Write one object that something points at."""
        made, attributes = self.waiting.pop()
        without = self._left_out.get(type(made).__name__, frozenset())
        for name in attributes_of(made):
            if name not in without:
                attributes[name] = self.value(getattr(made, name))

    def value(self, given: Any) -> Any:
        """A value as it is written: plain ones as they are, everything else as a list that begins with its kind."""
        kind = type(given)
        if given is None or kind in _PLAIN:
            return given
        if kind in _ROWS:
            return [_ROWS[kind], [self.value(each) for each in given]]
        if kind is dict or kind is OrderedDict:
            pairs = [[self.value(key), self.value(value)] for key, value in given.items()]
            return ["d" if kind is dict else "o", pairs]
        if kind in self._kinds:
            return ["r", self._number(given)]
        if self._values.get(kind.__name__) is kind:
            return ["v", kind.__name__, given.value if isinstance(given, Enum) else msgspec.to_builtins(given)]
        raise TypeError(f"{kind.__qualname__} is not handed over")

    def _number(self, made: object) -> int:
        number = self._numbers.get(id(made))
        if number is None:
            number = self._numbers[id(made)] = len(self.objects)
            attributes: dict[str, Any] = {}
            self.objects.append((type(made).__name__, attributes))
            self.waiting.append((made, attributes))
        return number


class _Reader:
    def __init__(self, objects: list[object], values: Mapping[str, type]) -> None:
        self._objects = objects
        self._values = values

    def value(self, written: Any) -> Any:
        """A value from what was written."""
        if not isinstance(written, list):
            return written
        kind, content = written[0], written[1]
        if kind in _MADE:
            return _MADE[kind](map(self.value, content))
        if kind in {"d", "o"}:
            pairs = ((self.value(key), self.value(value)) for key, value in content)
            return dict(pairs) if kind == "d" else OrderedDict(pairs)
        if kind == "r":
            return self._objects[content]
        return msgspec.convert(written[2], self._values[content])
