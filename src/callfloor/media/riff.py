"""WAV's own structure: what a file's head says, and whether it is true.

Asterisk writes the sizes into the head when it closes the file (format_wav.c, ``wav_close``): while a call is being
recorded, and for ever after a power cut, they are zero and the sound is there all the same.
"""

import struct
from typing import Final

import msgspec

from callfloor.media.bytes_of import HeadedSource, Source

PCM: Final = 1
EXTENSIBLE: Final = 0xFFFE
LONGEST_HEAD: Final = 64 * 1024
_SIZE = struct.Struct("<I")
_FORMAT = struct.Struct("<HHIIHH")  # tag, channels, rate, bytes a second, bytes a frame, bits


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """A WAV's head."""

    tag: int  # the codec, as Microsoft numbers them: 1 PCM, 6 A-law, 7 u-law, 49 GSM
    channels: int
    rate: int
    frame_bytes: int
    bits: int
    data_at: int  # where the sound begins
    data_bytes: int  # how much of it is there, whatever the head says
    complete: bool  # the head says the same
    head: bytes


def wave_of(source: Source) -> Wave | None:
    """What the head says; None where this is no WAV, or its head is torn."""
    head = source.read(0, LONGEST_HEAD)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    at, told = 12, None
    while at + 8 <= len(head):
        kind, (size,) = head[at : at + 4], _SIZE.unpack_from(head, at + 4)
        if kind == b"fmt " and at + 8 + _FORMAT.size <= len(head):
            told = _FORMAT.unpack_from(head, at + 8)
        if kind == b"data":
            if told is None or told[1] == 0 or told[2] == 0 or told[4] == 0:
                return None
            there = source.size - at - 8
            complete = 0 < size <= there or there == 0
            return Wave(
                tag=told[0], channels=told[1], rate=told[2], frame_bytes=told[4], bits=told[5], data_at=at + 8,
                data_bytes=size if complete else there // told[4] * told[4], complete=complete, head=head[: at + 8],
            )  # fmt: skip
        at += 8 + size + size % 2
    return None


def made_true(source: Source, wave: Wave) -> Source:
    """The same sound under a head that says how much of it there is."""
    if wave.complete:
        return source
    head = bytearray(wave.head)
    _SIZE.pack_into(head, 4, min(len(head) - 8 + wave.data_bytes, 0xFFFFFFFF))
    _SIZE.pack_into(head, len(head) - 4, min(wave.data_bytes, 0xFFFFFFFF))
    return HeadedSource(bytes(head), source, wave.data_at, wave.data_bytes)


def pcm_head(channels: int, rate: int, frames: int) -> bytes:
    """The head of a 16-bit PCM file."""
    data_bytes = frames * channels * 2
    made = _FORMAT.pack(PCM, channels, rate, rate * channels * 2, channels * 2, 16)
    return (
        b"RIFF" + _SIZE.pack(min(36 + data_bytes, 0xFFFFFFFF)) + b"WAVEfmt " + _SIZE.pack(len(made)) + made
        + b"data" + _SIZE.pack(min(data_bytes, 0xFFFFFFFF))
    )  # fmt: skip
