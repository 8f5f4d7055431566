"""A process that reads slices of a PBX's records and nothing else: ``python -m callfloor.asterisk.history.worker``.

Asked on its standard input, it answers on its standard output; a frame is its length in four bytes and MessagePack.
It ends with its input, so that it never outlives who asks. What it is asked has a database's password in it, which is
why that comes by no argument and no variable.
"""

import os
import sys
from collections.abc import Callable
from typing import IO, Final

import msgspec

from callfloor.asterisk.history.slices import CompanySpec, SliceAsked, SliceTold, SourceSpec, tell_slice
from callfloor.asterisk.history.sources import Source
from callfloor.errors import CallfloorError

NICE: Final = 10
"""Whoever answers calls and pages goes before whoever reads the past."""
HEAD_BYTES: Final = 4


class ReadAsked(msgspec.Struct, frozen=True, kw_only=True):
    """One slice to be read."""

    sources: tuple[SourceSpec, ...]
    company: CompanySpec
    slice: SliceAsked


class ReadTold(msgspec.Struct, kw_only=True):
    """What came of it, or why nothing did."""

    told: SliceTold | None = None
    error_id: str = ""
    error: str = ""


_encode = msgspec.msgpack.Encoder().encode
_asked = msgspec.msgpack.Decoder(ReadAsked).decode
decode_told = msgspec.msgpack.Decoder(ReadTold).decode


def send(stream: IO[bytes], told: msgspec.Struct, encode: Callable[[msgspec.Struct], bytes] = _encode) -> None:
    """Write a frame."""
    body = encode(told)
    stream.write(len(body).to_bytes(HEAD_BYTES, "big") + body)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read a frame; None: the other side has gone."""
    head = stream.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size)
    return body if len(body) == size else None


def read(asked: ReadAsked) -> ReadTold:
    """One slice."""
    try:
        sources: list[Source] = [spec.open() for spec in asked.sources]
        return ReadTold(told=tell_slice(sources, asked.company.open(), asked.slice))
    except CallfloorError as error:
        return ReadTold(error_id=error.error_id, error=str(error))


def main() -> None:
    """Answer until nobody asks."""
    os.nice(NICE)
    asks, tells = sys.stdin.buffer, sys.stdout.buffer
    while (body := receive(asks)) is not None:
        send(tells, read(_asked(body)))


if __name__ == "__main__":
    main()
