"""Sound of a conversation that never was, for the simulated PBX: two voices by turns, each in a channel of its own.

Nobody is imitated and no word is said: syllables are harmonics of a voice's pitch under the resonances of a vowel, with
a breath of noise before some of them. The same seed gives the same sound to the byte.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from callfloor.media.sound import Samples

RATE: Final = 8000
LONGEST_S: Final = 3600.0
LEVEL: Final = 9_000  # of 32,767: what a telephone's sound has in speech
_HARMONICS: Final = 14

_VOWELS: Final = np.array(
    [(730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240), (490, 1350, 1690)],
    dtype=np.float64,
)
"""The first three resonances in Hz of six vowels, as Peterson and Barney measured them (1952)."""

_Wave = npt.NDArray[np.float64]


def seed_of(text: str) -> int:
    """A seed that is the same everywhere and for ever."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


def frames_of(duration_s: float) -> int:
    """How many frames a conversation of this length has."""
    return round(min(max(duration_s, 0.0), LONGEST_S) * RATE)


def conversation(seed: int, duration_s: float) -> Iterator[Samples]:
    """Blocks of 16-bit sound at 8 kHz, ``frames_of(duration_s)`` frames in all: the client left, the employee right."""
    chance = np.random.default_rng(seed)
    pitches = chance.permutation([chance.uniform(100, 135), chance.uniform(175, 225)])
    left, speaker = frames_of(duration_s), 1  # the employee says who they are
    while left > 0:
        spoken = _turn(chance, float(pitches[speaker]), chance.uniform(1.2, 5.5))
        length = min(left, len(spoken) + int(chance.uniform(0.15, 0.8) * RATE))
        block = chance.normal(0.0, 12.0, (length, 2))  # a line is never quite still
        said = spoken[:length]
        block[: len(said), speaker] += said * LEVEL
        yield np.clip(block, -32_767, 32_767).astype(np.int16)
        left -= length
        speaker = 1 - speaker


def _turn(chance: np.random.Generator, pitch: float, length_s: float) -> _Wave:
    """What somebody says until the other one does, between -1 and 1."""
    lengths = chance.uniform(0.11, 0.26, max(3, int(length_s / 0.19)))
    begins = np.concatenate([[0.0], np.cumsum(lengths)])
    frames = int(begins[-1] * RATE)
    at = np.arange(frames) / RATE
    syllable = np.clip(np.searchsorted(begins, at, side="right") - 1, 0, len(lengths) - 1)
    within = (at - begins[syllable]) / lengths[syllable]

    # A sentence sinks towards its end; each syllable has a small tune of its own.
    tune = 1.12 - 0.22 * at / at[-1] + 0.05 * np.sin(np.pi * within) * chance.choice([-1, 1], len(lengths))[syllable]
    phase = 2 * np.pi * np.cumsum(pitch * tune) / RATE
    loud = chance.uniform(0.35, 1.0, len(lengths)) * (chance.random(len(lengths)) > 0.12)  # a short pause now and then
    weights = _weights(_VOWELS[chance.integers(0, len(_VOWELS), len(lengths))], pitch)
    wave = np.zeros(frames)
    for harmonic in range(_HARMONICS):
        wave += np.sin(phase * (harmonic + 1)) * weights[syllable, harmonic]
    envelope = np.sin(np.pi * np.clip(within, 0, 1)) ** 0.7
    breath = chance.normal(0.0, 0.18, frames) * (within < 0.22) * (chance.random(len(lengths)) < 0.4)[syllable]
    spoken = (wave * envelope + breath) * loud[syllable]
    made: _Wave = spoken / max(1e-9, float(np.abs(spoken).max()))
    return made


def _weights(formants: _Wave, pitch: float) -> _Wave:
    """How strong each harmonic is in each syllable: shape (syllables, harmonics)."""
    harmonics = pitch * np.arange(1, _HARMONICS + 1)
    distance = harmonics[None, None, :] - formants[:, :, None]
    width = np.array([90.0, 130.0, 190.0])[None, :, None]
    strength = np.array([1.0, 0.55, 0.25])[None, :, None]
    resonance = (strength / (1.0 + (distance / width) ** 2)).sum(axis=1)
    made: _Wave = (resonance + 0.03) / np.sqrt(np.arange(1, _HARMONICS + 1))[None, :]
    return made
