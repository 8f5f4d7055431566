"""One file of sound: what it is, whether a browser can play it, and its samples. Nothing is ever read whole.

libsndfile decodes; what it is told of files without a head (raw GSM, u-law) follows from the extension, as Asterisk has
it. A file is known by its first bytes before its name is asked: converters leave names behind that are not true.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import soundfile

from callfloor.errors import SoundDamagedError, SoundEmptyError, SoundFormatError
from callfloor.media.bytes_of import FileSource, Reader, Source
from callfloor.media.riff import EXTENSIBLE, PCM, Wave, made_true, wave_of

Samples: TypeAlias = npt.NDArray[np.int16]
"""Shape (frames, channels)."""

BLOCK_FRAMES: Final = 65_536
GSM_FRAME_BYTES: Final = 33  # GSM 06.10: 160 samples; its first four bits are 0xD (libgsm's GSM_MAGIC)
MOST_CHANNELS: Final = 8

_HEADLESS: Final[dict[str, tuple[str, int]]] = {
    "gsm": ("GSM610", 8000),
    "ulaw": ("ULAW", 8000),
    "ul": ("ULAW", 8000),
    "mu": ("ULAW", 8000),
    "pcm": ("ULAW", 8000),  # Asterisk's format_pcm.c: .pcm, .ulaw, .ul and .mu are one format
    "alaw": ("ALAW", 8000),
    "al": ("ALAW", 8000),
    "sln": ("PCM_16", 8000),
    "raw": ("PCM_16", 8000),
    **{  # Asterisk's format_sln.c
        f"sln{name}": ("PCM_16", rate)
        for name, rate in (
            *((12, 12_000), (16, 16_000), (24, 24_000), (32, 32_000), (44, 44_100)),
            *((48, 48_000), (96, 96_000), (192, 192_000)),
        )
    },
}
FORMATS: Final = {
    "g722": "G.722",
    "g723": "G.723.1",
    "g723sf": "G.723.1",
    "g719": "G.719",
    **{f"g726-{rate}": "G.726" for rate in (40, 32, 24, 16)},
    "g729": "G.729",
    "ilbc": "iLBC",
    "siren7": "G.722.1",
    "siren14": "G.722.1C",
}
"""What Asterisk records in, and no library here decodes, as people know it."""
_PLAYED: Final = frozenset({"wav", "wav49", "mp3", "ogg", "opus"})


class Sound:
    """A file's sound. Blocking; it takes the source over."""

    def __init__(self, source: Source, extension: str) -> None:
        """Look at a file.

        Args:
            source: the bytes.
            extension: in small letters, without the dot.

        Raises:
            SoundEmptyError: there is no sound in it.
            SoundFormatError: it is none of the formats that can be played.
            SoundDamagedError: it says what it is, and cannot be read.
        """
        if source.size == 0:
            raise SoundEmptyError
        self.wave = wave_of(source)
        if self.wave is not None and self.wave.data_bytes == 0:
            raise SoundEmptyError
        self.complete = self.wave is None or self.wave.complete
        """False: the file's own head does not know its end; it is still being written, or never was closed."""
        self.source = source if self.wave is None else made_true(source, self.wave)
        self._file = _opened(self.source, extension, self.wave)
        self.channels: int = self._file.channels
        self.rate: int = self._file.samplerate
        self.frames: int = self._file.frames
        if self.frames <= 0:
            raise SoundEmptyError
        if not 0 < self.channels <= MOST_CHANNELS:
            raise SoundDamagedError
        self.kind: str = self._file.subtype.lower() if self._file.format == "RAW" else self._file.format.lower()
        self.media_type = self._media_type()
        """As which a browser plays the source as it is; None: it must be decoded first."""

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate

    def blocks(self) -> Iterator[Samples]:
        """The samples from the beginning, in blocks; once, for libsndfile cannot go back in raw GSM.

        Raises:
            SoundDamagedError: it cannot be decoded from some place on.
        """
        try:
            while len(block := self._file.read(BLOCK_FRAMES, dtype="int16", always_2d=True)):
                yield block
        except (soundfile.LibsndfileError, OSError) as error:
            raise SoundDamagedError from error

    def _media_type(self) -> str | None:
        wave = self.wave
        if wave is not None:
            return "audio/wav" if wave.tag in {PCM, EXTENSIBLE} and wave.bits in {8, 16} else None
        # Without a Xing head browsers guess an MP3's length by its bit rate, which libsndfile has counted already; the
        # page is given the duration, and ranges are exact either way.
        return {"MP3": "audio/mpeg", "OGG": "audio/ogg", "FLAC": "audio/flac"}.get(self._file.format)


def _opened(source: Source, extension: str, wave: Wave | None) -> Any:
    raw = _HEADLESS.get(extension)
    start = source.read(0, 4 * GSM_FRAME_BYTES)
    if wave is None and start[:4] not in {b"RIFF", b"OggS", b"fLaC"}:
        if all(start[at] >> 4 == 0xD for at in range(0, len(start), GSM_FRAME_BYTES)):
            raw = _HEADLESS["gsm"]
        elif extension == "gsm":
            raise SoundDamagedError
    else:
        raw = None
    # A whole file libsndfile reads by itself: it takes GSM 33 bytes at a time.
    file: Any = source.fileno() if isinstance(source, FileSource) else Reader(source)
    try:
        if raw is None:
            return soundfile.SoundFile(file, closefd=False)
        subtype, rate = raw
        return soundfile.SoundFile(file, closefd=False, format="RAW", subtype=subtype, samplerate=rate, channels=1)
    except (soundfile.LibsndfileError, TypeError, ValueError, OSError):
        if wave is not None or extension in _PLAYED:
            raise SoundDamagedError from None
        kind = FORMATS.get(extension, extension.upper() or "?")
        raise SoundFormatError(f"{kind} is a format that cannot be played here.", format=kind) from None
