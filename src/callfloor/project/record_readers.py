"""Processes that read a PBX's records while this one serves: some parts at once, told in their order.

A repair's slices know nothing of one another, and each is read by one process. An import goes on where it stopped, so
that one process reads, and gathers rows to calls; the others tell what the calls were, which takes thrice as long.
"""

import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from typing import Final, Self, TypeVar

import msgspec

from callfloor.asterisk.history.reading import Batch
from callfloor.asterisk.history.slices import CompanySpec, SliceTold
from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.asterisk.history.worker import (
    PiecesAsked,
    PieceTold,
    ReadAsked,
    ReadTold,
    TellAsked,
    decode_piece_told,
    decode_told,
    pieces,
    read,
    receive,
    send,
    told_of,
)
from callfloor.errors import CallfloorError, InvalidInputError

_T = TypeVar("_T")

ENDED: Final = "the process that read the records ended"
LOOK_S: Final = 0.5
"""How often whoever waits for a slice asks whether to go on."""


class Readers:
    """So many processes, begun as they are needed; 0: this thread reads by itself. For one thread, as a context."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._idle: list[subprocess.Popen[bytes]] = []
        self._all: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._over = False
        self._threads = ThreadPoolExecutor(max(1, processes), thread_name_prefix="records")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, whatever they do."""
        with self._lock:
            self._over = True
            for process in self._all:
                process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in self._all:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def read(self, asked: Iterable[ReadAsked], go_on: Callable[[], None]) -> Iterator[tuple[ReadAsked, SliceTold]]:
        """What comes of each, in this order. ``go_on`` may raise to end it.

        Raises (at a step):
            ImportSourceError, InvalidInputError: as ``tell_slice``.
        """
        waiting: deque[tuple[ReadAsked, Future[bytes]]] = deque()  # as they came, which is less to hold
        coming = iter(asked)
        if self._processes == 0:
            for each in coming:
                go_on()
                yield each, _told(read(each))
            return
        while True:
            while len(waiting) <= self._processes and (following := next(coming, None)) is not None:
                waiting.append((following, self._threads.submit(self._answer, following)))
            if not waiting:
                return
            first, future = waiting.popleft()
            yield first, _told(decode_told(_when_done(future, go_on)))

    def told(self, asked: PiecesAsked, company: CompanySpec, go_on: Callable[[], None]) -> Iterator[Batch]:
        """What comes of sources, piece by piece. ``go_on`` may raise to end it.

        Raises (at a step):
            ImportSourceError, InvalidInputError: as ``Reading.pieces``.
        """
        if self._processes == 0:
            for each in pieces(asked):
                if (batch := _batch(told_of(company, asked.bounds, each))) is not None:
                    yield batch
            return
        coming: queue.SimpleQueue[Future[PieceTold] | None] = queue.SimpleQueue()
        room = threading.Semaphore(2 * self._processes)
        self._threads.submit(self._pull, asked, company, coming, room)
        while True:
            try:
                future = coming.get(timeout=LOOK_S)
            except queue.Empty:
                go_on()
                continue
            if future is None:
                raise ImportSourceError(ENDED)
            found = _batch(_when_done(future, go_on))
            if found is None:
                return
            yield found
            room.release()

    def _pull(
        self,
        asked: PiecesAsked,
        company: CompanySpec,
        coming: "queue.SimpleQueue[Future[PieceTold] | None]",
        room: threading.Semaphore,
    ) -> None:
        """Take pieces as they are read, not many more than are told; None: there are no more."""
        alone = self._processes == 1
        try:
            process = self._begin()
            if process.stdin is None or process.stdout is None:
                return
            send(process.stdin, msgspec.structs.replace(asked, company=company) if alone else asked)
            process.stdin.close()
            while (body := receive(process.stdout)) is not None:
                while not room.acquire(timeout=LOOK_S):
                    if self._over:
                        return
                if alone:
                    done: Future[PieceTold] = Future()
                    done.set_result(decode_piece_told(body))
                    coming.put(done)
                else:
                    tell = TellAsked(company=company, bounds=asked.bounds, read=msgspec.Raw(body))
                    coming.put(self._threads.submit(self._tell, tell))
        except (OSError, RuntimeError, ImportSourceError):  # RuntimeError: it is over, nobody tells any more
            return
        finally:
            coming.put(None)

    def _tell(self, asked: TellAsked) -> PieceTold:
        return decode_piece_told(self._answer(asked))

    def _answer(self, asked: msgspec.Struct) -> bytes:
        process = self._begin()
        if process.stdin is None or process.stdout is None:
            raise ImportSourceError("the records could not be read: no pipe")
        try:
            send(process.stdin, asked)
            body = receive(process.stdout)
        except OSError:
            body = None
        if body is None:
            raise ImportSourceError(ENDED)
        with self._lock:
            self._idle.append(process)
        return body

    def _begin(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._over:
                raise ImportSourceError(ENDED)
            if self._idle:
                return self._idle.pop()
            command = [sys.executable, "-m", "callfloor.asterisk.history.worker"]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
            self._all.append(process)
            return process


def _when_done(future: "Future[_T]", go_on: Callable[[], None]) -> _T:
    while True:
        go_on()
        try:
            return future.result(LOOK_S)
        except NotYetError:
            continue


def _told(found: ReadTold) -> SliceTold:
    if found.told is not None:
        return found.told
    raise _fault(found.error_id, found.error)


def _batch(found: PieceTold) -> Batch | None:
    """None: there are no more."""
    if found.error_id:
        raise _fault(found.error_id, found.error)
    return found.batch


def _fault(error_id: str, error: str) -> CallfloorError:
    if error_id == InvalidInputError.error_id:
        return InvalidInputError(error)
    if error_id == ImportSourceError.error_id:
        return ImportSourceError(error)
    return CallfloorError(error)
