"""Files of sound as a PBX writes them, with a tone in them; and the tone found again in what is served."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 8000
_FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "WAV": ("WAV", "GSM610"),
    "gsm": ("RAW", "GSM610"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ulaw": ("RAW", "ULAW"),
    "alaw": ("RAW", "ALAW"),
    "sln": ("RAW", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
}


def tone(*hertz: float, seconds: float = 2.0) -> npt.NDArray[np.int16]:
    """A tone for each channel: shape (frames, channels)."""
    at = np.arange(round(seconds * RATE)) / RATE
    return np.stack([(8000 * np.sin(2 * np.pi * one * at)).astype(np.int16) for one in hertz], axis=1)


def write(path: Path, samples: npt.NDArray[np.int16]) -> Path:
    """A file in the format that its extension stands for with Asterisk."""
    container, subtype = _FORMATS[path.suffix[1:]]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as into:
        soundfile.write(into, samples, RATE, format=container, subtype=subtype)
    return path


def torn(path: Path, keep: int) -> Path:
    """The file as it is while Asterisk writes it: the head does not know the sizes, and so many bytes are there."""
    whole = path.read_bytes()
    data = whole.index(b"data")
    path.write_bytes((whole[:4] + bytes(4) + whole[8 : data + 4] + bytes(4) + whole[data + 8 :])[:keep])
    return path


def heard(content: bytes) -> list[float]:
    """The strongest frequency of each channel, in Hz."""
    samples, rate = soundfile.read(io.BytesIO(content), always_2d=True)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))[:, None], axis=0))
    return [float(bin_ * rate / len(samples)) for bin_ in spectrum.argmax(axis=0)]


def loudness(content: bytes, hertz: float) -> float:
    """How strong one frequency is in a file's first channel, in no unit but its own."""
    samples, rate = soundfile.read(io.BytesIO(content), always_2d=True)
    window = samples[:, 0] * np.hanning(len(samples))
    return float(np.abs(np.sum(window * np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / rate))))
