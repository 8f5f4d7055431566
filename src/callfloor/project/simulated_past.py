"""The simulated company's past, through the same translation and floor as a live PBX.

A new store is filled with its last days in a process of its own (``callfloor simulate-history``), so that the live page
stays quick meanwhile. They end where the living simulation's own warm-up begins, which the service hears itself: what
ran at that instant ends there, and the service tells what runs from there on.

How far it was to go is noted in the data folder until it is done: one that was killed is done again at the next start,
to the same end. What it had written by then changes nothing.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.replay import Recording
from callfloor.asterisk.translate import Translator
from callfloor.config import Config
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import CallFinished, StatusChanged
from callfloor.floor.employees import StatusStretch, StatusTold
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.simulator import history
from callfloor.store.status_turn import Subject
from callfloor.store.store import ProjectStore, Store

BATCH_CALLS = 200
BATCH_STRETCHES = 400
LIVE_WRITERS_TURN_S = 0.02  # after each batch: the embedded store has one writer at a time
WARM_UP_S = 1200.0  # the living simulation tells its own last twenty minutes
LINK = "past"  # call ids of the past begin with it: they never meet those of the living simulation
TIMEZONE = "Europe/Kyiv"


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    calls: int
    stretches: int


class Begun(msgspec.Struct, frozen=True):
    """A past that is being written down."""

    until: float
    known_since: list[tuple[Subject, float]]  # what was told by the present before it was begun


class Notes:
    """What is noted of it while it goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begun(self) -> Begun | None:
        """What was begun and is not done; a note that was cut short is none, for nothing had been written then."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Begun)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def begin(self, project: ProjectStore, until: float) -> Begun:
        """Note it, on disk, before its first row."""
        begun = Begun(until, list(project.statuses.known_since().items()))
        with self._path.open("wb") as file:
            file.write(msgspec.json.encode(begun))
            file.flush()
            os.fsync(file.fileno())
        return begun

    def done(self) -> None:
        """All of it is written."""
        self._path.unlink()


@contextmanager
def notes(folder: Path) -> Iterator[Notes]:
    """The data folder's notes, for one process at a time: that of a service that was killed may be at it still."""
    with (folder / "simulated-past.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Notes(folder / "simulated-past.json")


def is_needed(store: Store, project_id: int, until: float) -> bool:
    """Has nothing been written down of the time before? An hour's grace: a first start that was ended at once."""
    return not store.project(project_id).journal.page(0.0, until - 3600.0, limit=1).calls


def hear(
    translator: Translator, timed: Iterable[tuple[float, bytes]], *, name: str, watched: bool
) -> Iterator[list[Fact]]:
    """The facts of ``simulator.past.heard``, chunk by chunk.

    ``watched``: the link is up from the first chunk on, which lists everything; ``name`` is the PBX's. Otherwise what
    is heard is known and not told to history.

    Raises:
        AmiProtocolError: the stream is not AMI.
    """
    codec, recording = Codec(), Recording(translator)
    opening = True
    for at, data in timed:
        told = [fact for message in codec.feed(data) for fact in recording.facts(at, message)]
        if opening:
            opening = False
            told.append(facts.PeopleListed(at=at, link=translator.link, devices=True, seats=True, dnd=True))
            if watched:
                told.append(facts.LinkUp(at, translator.link, name))
        if told:
            yield told


def fill(
    store: Store,
    project_id: int,
    country: str,
    config: Config,
    *,
    until: float,
    progress: Callable[[float, int], None],
    pause: Callable[[float], None] = time.sleep,
    known_since: Mapping[Subject, float] | None = None,
) -> Filled:
    """Simulate the days before ``until`` and write their calls and statuses down.

    The directory has to be there: statuses are of its employees. ``progress`` is told the share that is done (0 to 1)
    and the calls written; ``pause`` lets others write. ``known_since`` is from when on the present has told of whom;
    None: as the store has it.
    """
    project = store.project(project_id)
    began_at = until - config.simulated_history_days * 86_400.0
    directory = project.directory.load()
    accounts = [account for employee in directory.employees for account in employee.accounts]
    messages = history(
        until=until,
        days=config.simulated_history_days,
        seed=config.simulated_seed,
        employees=config.simulated_employees,
        timezone=TIMEZONE,
    )
    floor, batch = Floor(), _Batch(project, until, known_since)
    floor.apply(facts.DirectorySet(began_at, directory))
    translator = Translator(LINK, Parties(accounts), country=country)
    for told in hear(translator, messages, name=LINK, watched=True):
        for fact in told:
            for change in floor.apply(fact):
                if isinstance(change, CallFinished):
                    batch.calls.append(change.record)
                elif isinstance(change, StatusChanged):
                    batch.tell(change.told)
        if batch.is_full:
            batch.write()
            progress(min(1.0, (told[-1].at - began_at) / (until - began_at)), batch.written_calls)
            pause(LIVE_WRITERS_TURN_S)
    batch.end()
    batch.write()
    return Filled(calls=batch.written_calls, stretches=batch.written_stretches)


class _Batch:
    """What waits to be written, and what runs."""

    def __init__(self, project: ProjectStore, until: float, known_since: Mapping[Subject, float] | None) -> None:
        self._project = project
        self._until = until
        # An earlier process has told of it.
        self._known_since = project.statuses.known_since() if known_since is None else known_since
        self._running: dict[Subject, StatusTold] = {}
        self._ended: list[tuple[Subject, StatusStretch]] = []
        self.calls: list[CallRecord] = []
        self.written_calls = self.written_stretches = 0

    @property
    def is_full(self) -> bool:
        return len(self.calls) >= BATCH_CALLS or len(self._ended) >= BATCH_STRETCHES

    def tell(self, told: StatusTold) -> None:
        subject: Subject | None = told.account if told.employee_id is None else told.employee_id
        if subject is not None:
            self._end(subject, told.at)
            self._running[subject] = told

    def end(self) -> None:
        """The past is over: whatever runs ends where the present begins."""
        for subject in list(self._running):
            self._end(subject, self._until)

    def _end(self, subject: Subject, at: float) -> None:
        before = self._running.pop(subject, None)
        ended_at = min(at, self._until, self._known_since.get(subject, self._until))
        if before is not None and ended_at > before.at:
            stretch = StatusStretch(status=before.status, began_at=before.at, ended_at=ended_at, cause=before.cause)
            self._ended.append((subject, stretch))

    def write(self) -> None:
        self._project.journal.write(self.calls)
        self.written_stretches += self._project.statuses.write_earlier(self._ended)
        self.written_calls += len(self.calls)
        self.calls.clear()
        self._ended.clear()
