"""The recordings of calls, put together: where they lie, how they are decoded, what the web asks for.

Fits the web's ``Recordings``. Everything blocking runs in a few threads of its own, so that a recording of two hours
that is decoded holds up neither the event loop nor the store.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO, Final, Protocol, TypeVar

from callfloor.asterisk.recording_agent import RecordingAgent, parse_agent_url
from callfloor.asterisk.recording_files import Found, RecordingFolders
from callfloor.errors import NotRecordedError, RecordingMissingError, RecordingsUnreachableError
from callfloor.media.riff import pcm_head
from callfloor.media.shelf import Served, Shelf
from callfloor.media.speech import RATE, conversation, frames_of, seed_of
from callfloor.web.ports import AskedRecording
from callfloor.web.sounds import Waveform

THREADS: Final = 4
T = TypeVar("T")


class Place(Protocol):
    """Where recordings come from. Blocking."""

    def find(self, asked: AskedRecording) -> Found:
        """The file.

        Raises:
            RecordingMissingError: it is not here.
            RecordingsUnreachableError: nobody can tell.
        """
        ...


class Recordings:
    """All places, in order."""

    def __init__(self, places: Sequence[Place], shelf: Shelf) -> None:
        self._places = tuple(places)
        self._shelf = shelf
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="recordings")

    async def playable(self, asked: AskedRecording) -> Served:
        """The recording as browsers play it; the caller closes it."""
        return await self._run(lambda: self._shelf.playable(*self._found(asked)))

    async def original(self, asked: AskedRecording) -> Served:
        """The file as the PBX wrote it; the caller closes it."""
        return await self._run(lambda: self._shelf.original(*self._found(asked)))

    async def waveform(self, asked: AskedRecording) -> Waveform:
        """What is drawn of it."""
        return await self._run(partial(self._waveform, asked))

    def close(self) -> None:
        """What runs is finished, nothing new begins."""
        self._threads.shutdown(cancel_futures=True)

    async def _run(self, fn: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, fn)

    def _waveform(self, asked: AskedRecording) -> Waveform:
        fd, name = self._found(asked)
        size_bytes = os.fstat(fd).st_size
        made = self._shelf.waveform(fd, name)
        return Waveform(
            duration_s=made.duration_s,
            rate=made.rate,
            kind=made.kind,
            complete=made.complete,
            channels=made.channels,
            name=name,
            size_bytes=size_bytes,
        )

    def _found(self, asked: AskedRecording) -> tuple[int, str]:
        unreachable: RecordingsUnreachableError | None = None
        for place in self._places:
            try:
                found = place.find(asked)
            except RecordingMissingError:
                continue
            except RecordingsUnreachableError as error:
                unreachable = unreachable or error
                continue
            return found.fd, found.name
        if unreachable is not None:
            raise unreachable
        # Told to record bridged calls alone (MixMonitor's option b), Asterisk names a file and makes none.
        if asked.named is None or asked.talk_s <= 0:
            raise NotRecordedError
        raise RecordingMissingError(named=asked.named)


class OfPbx:
    """Folders of this machine, or an agent on another: looked for by name, or by the call's oldest leg."""

    def __init__(self, kept: RecordingFolders | RecordingAgent) -> None:
        self._kept = kept

    def find(self, asked: AskedRecording) -> Found:
        # A call's id is the link's, a dash, and the id of its oldest leg (decision 0003).
        return self._kept.find(asked.named or "", asked.call_id.partition("-")[2] or None)


class Simulated:
    """The simulated PBX has no disk: what it says it recorded is made when it is asked for, the same each time."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, asked: AskedRecording) -> Found:
        """The sound of a conversation of this length.

        Raises:
            RecordingMissingError: nothing was named, or nobody talked.
        """
        frames = frames_of(asked.talk_s)
        if asked.named is None or frames == 0:
            raise RecordingMissingError
        seed = seed_of(asked.named)

        def write(into: IO[bytes]) -> None:
            into.write(pcm_head(2, RATE, frames))
            # As with MixMonitor, left is who is at the channel that was recorded.
            order = slice(None, None, -1 if asked.of_employee else 1)
            for block in conversation(seed, asked.talk_s):
                into.write(block[:, order].astype("<i2").tobytes())

        whose = "employee" if asked.of_employee else "client"
        fd = self._shelf.keep(f"{seed:016x}-{frames}-{whose}.simulated", write)
        return Found(fd=fd, name=Path(asked.named).name)


def from_setting(setting: str | None, shelf: Shelf, *, simulated: bool = False) -> Recordings | None:
    """What CALLFLOOR_RECORDINGS says: folders and agents with commas between them; None where it says nothing.

    Raises:
        ConfigurationError: an agent's address cannot be understood.
    """
    if simulated:
        return Recordings([Simulated(shelf)], shelf)
    named = [one.strip() for one in (setting or "").split(",") if one.strip()]
    agents = [one for one in named if one.startswith(("http://", "https://"))]
    folders = [Path(one) for one in named if one not in agents]
    places = [OfPbx(RecordingFolders(folders))] if folders else []
    places += [OfPbx(RecordingAgent(parse_agent_url(one), shelf.keep)) for one in agents]
    return Recordings(places, shelf) if places else None
