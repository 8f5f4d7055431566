"""A process that reads a PBX's records and nothing else: ``python -m callfloor.asterisk.history.worker``.

It reads a slice (of a repair), or all sources from a place on, piece by piece (of an import), and tells the calls of
it; or, where one process reads and others tell, hands on the pieces, and tells those that it is handed.

Asked on its standard input, it answers on its standard output; a frame is its length in four bytes and MessagePack.
It ends with its input, so that it never outlives who asks. What it is asked has a database's password in it, which is
why that comes by no argument and no variable.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from typing import IO, Final

import msgspec

from callfloor.asterisk.history.reading import Batch, Bounds, Piece, Reading, told
from callfloor.asterisk.history.slices import CompanySpec, SliceAsked, SliceTold, SourceSpec, tell_slice
from callfloor.asterisk.history.sources import Source
from callfloor.errors import CallfloorError

NICE: Final = 10
"""Whoever answers calls and pages goes before whoever reads the past."""
HEAD_BYTES: Final = 4


class ReadAsked(msgspec.Struct, frozen=True, kw_only=True, tag="slice"):
    """One slice to be read."""

    sources: tuple[SourceSpec, ...]
    company: CompanySpec
    slice: SliceAsked


class ReadTold(msgspec.Struct, kw_only=True):
    """What came of it, or why nothing did."""

    told: SliceTold | None = None
    error_id: str = ""
    error: str = ""


class PiecesAsked(msgspec.Struct, frozen=True, kw_only=True, tag="pieces"):
    """Sources to be read to their ends: one answer for each piece, and one that says that it was the last."""

    sources: tuple[SourceSpec, ...]
    bounds: Bounds
    positions: dict[str, tuple[int, int]]
    calls: int  # of a piece
    company: CompanySpec | None = None  # to tell them at once; None: another process will


class PieceRead(msgspec.Struct, kw_only=True):
    """A piece that another process is to tell; None: there are no more, or there was a fault."""

    piece: Piece | None = None
    error_id: str = ""
    error: str = ""


class TellAsked(msgspec.Struct, frozen=True, kw_only=True, tag="tell"):
    """A piece to be told, as it was read."""

    company: CompanySpec
    bounds: Bounds
    read: msgspec.Raw  # a ``PieceRead``


class PieceTold(msgspec.Struct, kw_only=True):
    """What came of a piece; None: there are no more, or there was a fault."""

    batch: Batch | None = None
    error_id: str = ""
    error: str = ""


_encode = msgspec.msgpack.Encoder().encode
_asked = msgspec.msgpack.Decoder(ReadAsked | PiecesAsked | TellAsked).decode
_decode_piece = msgspec.msgpack.Decoder(PieceRead).decode
decode_told = msgspec.msgpack.Decoder(ReadTold).decode
decode_piece_told = msgspec.msgpack.Decoder(PieceTold).decode


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


def pieces(asked: PiecesAsked) -> Iterator[PieceRead]:
    """Each piece, and the end."""
    try:
        reading = Reading([spec.open() for spec in asked.sources], asked.bounds, asked.positions)
        reading.size()  # by which tables know where they begin
        for piece in reading.pieces(asked.calls):
            yield PieceRead(piece=piece)
        yield PieceRead()
    except CallfloorError as error:
        yield PieceRead(error_id=error.error_id, error=str(error))


def told_of(company: CompanySpec, bounds: Bounds, read: PieceRead) -> PieceTold:
    """What a piece tells."""
    if read.piece is None:
        return PieceTold(error_id=read.error_id, error=read.error)
    return PieceTold(batch=told(read.piece, company.open(), bounds))


def _answers(asked: ReadAsked | PiecesAsked | TellAsked) -> Iterator[msgspec.Struct]:
    if isinstance(asked, ReadAsked):
        yield read(asked)
    elif isinstance(asked, TellAsked):
        yield told_of(asked.company, asked.bounds, _decode_piece(asked.read))
    elif (company := asked.company) is None:
        yield from pieces(asked)
    else:
        yield from (told_of(company, asked.bounds, each) for each in pieces(asked))


def main() -> None:
    """Answer until nobody asks."""
    os.nice(NICE)
    gc.freeze()
    gc.disable()  # nearly everything goes by itself; what does not is looked for between answers
    asks, tells = sys.stdin.buffer, sys.stdout.buffer
    while (body := receive(asks)) is not None:
        for answer in _answers(_asked(body)):
            send(tells, answer)
            gc.collect()


if __name__ == "__main__":
    main()
