"""One parameter of the journal's query: its text to its value, refused by its name where it cannot be understood."""

import re
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from typing import TypeVar

from callfloor.errors import InvalidInputError
from callfloor.store.call_filter import Between
from callfloor.store.masking import is_key
from callfloor.web.signed_in import LARGEST_ID

_E = TypeVar("_E", bound=StrEnum)

MOST_VALUES = 1000
"""Of one parameter."""

LONGEST = 200
LEAST_DIGITS = 3

_RANGE = re.compile(r"(\d{0,7})-(\d{0,7})", re.ASCII)
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

Given = Mapping[str, str]


def at(name: str) -> list[str]:
    """Where a parameter stands, as errors tell it."""
    return [f"query.{name}"]


def _values(given: Given, name: str) -> list[str] | None:
    if name not in given:
        return None
    found = [value for value in given[name].split(",") if value]
    if not found or len(found) > MOST_VALUES or any(len(value) > LONGEST for value in found):
        raise InvalidInputError(f"Give 1 to {MOST_VALUES} values of {LONGEST} characters at most.", at=at(name))
    return [value.replace("%2C", ",").replace("%25", "%") for value in found]


def names(given: Given, name: str) -> frozenset[str] | None:
    """A list of texts."""
    found = _values(given, name)
    return None if found is None else frozenset(found)


def numbers(given: Given, name: str, least: int = 1, most: int = LARGEST_ID) -> frozenset[int] | None:
    """A list of whole numbers within a range, both ends inclusive."""
    found = _values(given, name)
    if found is None:
        return None
    if not all(value.isascii() and value.isdigit() and least <= int(value) <= most for value in found):
        raise InvalidInputError("Give whole numbers within their range.", at=at(name), least=least, most=most)
    return frozenset(map(int, found))


def closed(given: Given, name: str, kind: type[_E]) -> frozenset[_E] | None:
    """Some of a closed list."""
    found = _values(given, name)
    if found is None:
        return None
    known = {str(each): each for each in kind}
    if not known.keys() >= set(found):
        raise InvalidInputError("There is no such value.", at=at(name), known=list(known))
    return frozenset(known[value] for value in found)


def one_of(given: Given, name: str, kind: type[_E]) -> _E | None:
    """One value of a closed list."""
    found = closed(given, name, kind)
    if found is not None and len(found) > 1:
        raise InvalidInputError("Give one value.", at=at(name))
    return None if found is None else next(iter(found))


def between(given: Given, name: str) -> Between | None:
    """A range of seconds: ``10-60``, ``-20``, ``5-``."""
    if name not in given:
        return None
    found = _RANGE.fullmatch(given[name])
    least, most = (None, None) if found is None else (float(end) if end else None for end in found.groups())
    if (least is None and most is None) or (least is not None and most is not None and least > most):
        raise InvalidInputError("Give seconds as 10-60, -20 or 5-.", at=at(name))
    return Between(least_s=least, most_s=most)


def clock_time(given: Given, name: str) -> time | None:
    """``HH:MM``."""
    if name not in given:
        return None
    if not _TIME.fullmatch(given[name]):
        raise InvalidInputError("Give the time as HH:MM.", at=at(name))
    return time.fromisoformat(given[name])


def digits(given: Given) -> str | None:
    """The digits of a number's part."""
    if "part" not in given:
        return None
    digits = "".join(re.findall(r"[0-9]", given["part"]))
    if not LEAST_DIGITS <= len(digits) <= 20 or re.search(r"[^0-9+() .\-]", given["part"]):
        raise InvalidInputError(f"Give {LEAST_DIGITS} to 20 digits of a number.", at=at("part"))
    return digits


def client(given: Given) -> str | None:
    """One client's number, E.164, or the key that stands for it."""
    if "client" not in given:
        return None
    number = given["client"].strip()
    if is_key(number):
        return number
    # In an address a plus sign that nobody escaped is a space.
    number = f"+{number}" if given["client"].startswith(" ") else number
    if not re.fullmatch(r"\+[0-9]{4,15}", number):
        raise InvalidInputError("Give the client's number in E.164, as +48123456789.", at=at("client"))
    return number


def yes_or_no(given: Given, name: str) -> bool | None:
    """Yes or no."""
    if name not in given:
        return None
    if given[name] not in {"yes", "no"}:
        raise InvalidInputError("Say yes or no.", at=at(name))
    return given[name] == "yes"
