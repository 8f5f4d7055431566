"""A telephone number in all the forms in which it may stand somewhere, and the pseudonym in its place."""

import re
import secrets
from collections.abc import Iterable
from typing import Final

from callfloor.errors import InvalidInputError

TOMBSTONE: Final = "+000"
"""How pseudonyms begin: no country has this code."""

_SHORTEST: Final = 7
"""Digits of a number without its country or area that are still taken for it where they stand in other words."""

_TWO = (20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86)
_CODES: Final = ((1, frozenset("17")), (2, frozenset(map(str, (*_TWO, *range(90, 96), 98)))))
"""The codes of countries with one figure and with two; every other has three (ITU-T E.164)."""

_GAP: Final = r"[ ().\-\u00a0]*"


def pseudonym() -> str:
    """A number of nobody's, another each time."""
    return f"{TOMBSTONE}{secrets.randbelow(10**10):010}"


class Number:
    """A number in all the forms in which it may stand somewhere."""

    def __init__(self, e164: str, other: Iterable[str] = ()) -> None:
        """``other`` are forms in which the PBX gave it.

        Raises:
            InvalidInputError: it is no number, or a pseudonym already.
        """
        if not re.fullmatch(r"\+[0-9]{4,15}", e164) or e164.startswith(TOMBSTONE):
            raise InvalidInputError("Give the client's number in E.164, as +48123456789.", at=["client"])
        whole = e164[1:]
        code = next((cut for cut, codes in _CODES if whole[:cut] in codes), 3)
        national = whole[code:]
        trunk = "8" if whole[:code] == "7" else "0"
        bare = {re.sub(r"[^0-9]", "", each) for each in other} - {""}
        spelled = {whole, f"00{whole}", *bare}
        if len(national) >= _SHORTEST:
            spelled |= {national, f"{trunk}{national}"}
        self.texts = sorted(spelled | {e164, *other})
        digits = sorted(spelled, key=len, reverse=True)
        some = "|".join(_GAP.join(each) for each in digits if len(each) >= min(_SHORTEST, len(whole)))
        self._found = re.compile(rf"(?<![0-9])\+?(?:{some})(?![0-9])")

    def without(self, text: str, name: str) -> str:
        """The text with the pseudonym for the number."""
        return self._found.sub(name, text)
