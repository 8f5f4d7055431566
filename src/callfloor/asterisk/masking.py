"""Phone numbers in a stream of bytes, replaced by pseudonyms of the same length.

Every run of at least seven digits is a number. Its last seven digits are enciphered, so that the same number is the
same pseudonym in all its spellings (``+79161234567``, ``89161234567``), two numbers never become one, and what the
number tells of country and area still holds: a masked capture is understood as the true one was. Shorter runs are
extensions, ports, durations. The epoch seconds of a Uniqueid or Timestamp (``1795289965.12``) stay, for times and the
order of channels come from them.

A pseudonym is not anonymity: who has the key, or the PBX's records of the same calls, can undo it. Names stay.
"""

import functools
import hmac
import re
from typing import Final

SHORTEST: Final = 7

_ROUNDS: Final = 8
_LEFT: Final = 10**3
_RIGHT: Final = 10**4
_NUMBER: Final = re.compile(rb"[12]\d{9}\.\d+|\d{7,}")


class Masker:
    """Masks one stream, torn anywhere. The bytes that come out are as many as went in, some of them later.

    Args:
        key: any bytes; the same key gives the same pseudonyms. Keep it from whoever gets the masked stream.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._held = b""
        self._pseudonym = functools.lru_cache(maxsize=65_536)(self._encipher)

    def feed(self, data: bytes) -> bytes:
        """What can be told of these bytes: digits at their end are held, for more may follow."""
        data = self._held + data
        told = len(data.rstrip(b"0123456789."))
        self._held = data[told:]
        return self._mask(data[:told])

    def flush(self) -> bytes:
        """What is still held; the stream has ended."""
        data, self._held = self._held, b""
        return self._mask(data)

    def text(self, text: str) -> str:
        """A whole text, masked in the same way."""
        return self._mask(text.encode()).decode()

    def _mask(self, data: bytes) -> bytes:
        return _NUMBER.sub(self._replace, data)

    def _replace(self, found: re.Match[bytes]) -> bytes:
        number = found[0]
        if b"." in number:
            return number
        return number[:-SHORTEST] + self._pseudonym(number[-SHORTEST:])

    def _encipher(self, digits: bytes) -> bytes:
        """A permutation of all texts of seven digits: a Feistel network of three and four, keyed by HMAC."""
        left, right = divmod(int(digits), _RIGHT)
        for turn in range(0, _ROUNDS, 2):
            right = (right + self._mixed(turn, left)) % _RIGHT
            left = (left + self._mixed(turn + 1, right)) % _LEFT
        return b"%07d" % (left * _RIGHT + right)

    def _mixed(self, turn: int, half: int) -> int:
        return int.from_bytes(hmac.digest(self._key, b"%d:%d" % (turn, half), "sha256")[:8])
