"""What part of a file is asked for (RFC 9110, sections 13 and 14). Pure."""

import re
from collections.abc import Mapping
from email.utils import formatdate

import msgspec

from callfloor.errors import RangeError

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,19})[ \t]*-[ \t]*(\d{0,19})[ \t]*", re.IGNORECASE)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a file: ``length`` bytes from ``start`` on."""

    start: int
    length: int


def asked_part(headers: Mapping[str, str], *, size: int, etag: str, modified_at: float) -> Part | None:
    """The one range that is asked for; None asks for the whole file.

    Several ranges, another unit and what is no range at all are answered with the whole, as section 14.2 allows; so is
    a range under an ``If-Range`` that is not of this very file.

    Args:
        headers: the request's, by small letters or any mapping that does not mind.
        size: of the file, in bytes.
        etag: the file's strong one, with its quotes.
        modified_at: when the file was last written, UTC epoch seconds.

    Raises:
        RangeError: the range begins behind the end.
    """
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None or not _still(headers.get("if-range"), etag, modified_at):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
        if int(last) == 0:
            raise RangeError(size=size)
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size:
        raise RangeError(size=size)
    return Part(start=start, length=end - start)


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the browser has this very file already (``If-None-Match``)."""
    known = headers.get("if-none-match")
    if known is None:
        return False
    return known.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in known.split(",")}


def http_date(at: float) -> str:
    """An instant as HTTP writes it."""
    return formatdate(at, usegmt=True)


def _still(if_range: str | None, etag: str, modified_at: float) -> bool:
    # An exact date is a strong validator too, where it is the one that was sent (section 13.1.5).
    return if_range is None or if_range.strip() in {etag, http_date(modified_at)}
