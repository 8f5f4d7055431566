"""Processes that read a PBX's records while this one serves: some slices at once, told in their order."""

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from typing import Final, Self

from callfloor.asterisk.history.slices import SliceTold
from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.asterisk.history.worker import ReadAsked, ReadTold, decode_told, read, receive, send
from callfloor.errors import CallfloorError, InvalidInputError

LOOK_S: Final = 0.5
"""How often whoever waits for a slice asks whether to go on."""


class Readers:
    """So many processes, begun as they are needed; 0: this thread reads by itself. For one thread, as a context."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._idle: list[subprocess.Popen[bytes]] = []
        self._all: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max(1, processes), thread_name_prefix="records")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, whatever they do."""
        with self._lock:
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
        waiting: deque[tuple[ReadAsked, Future[ReadTold]]] = deque()
        coming = iter(asked)
        if self._processes == 0:
            for each in coming:
                go_on()
                yield each, _told(read(each))
            return
        while True:
            while len(waiting) <= self._processes and (following := next(coming, None)) is not None:
                waiting.append((following, self._threads.submit(self._one, following)))
            if not waiting:
                return
            first, future = waiting.popleft()
            yield first, _told(_when_done(future, go_on))

    def _one(self, asked: ReadAsked) -> ReadTold:
        process = self._begin()
        if process.stdin is None or process.stdout is None:
            raise ImportSourceError("the records could not be read: no pipe")
        try:
            send(process.stdin, asked)
            body = receive(process.stdout)
        except OSError:
            body = None
        if body is None:
            raise ImportSourceError("the process that read the records ended")
        with self._lock:
            self._idle.append(process)
        return decode_told(body)

    def _begin(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            command = [sys.executable, "-m", "callfloor.asterisk.history.worker"]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
            self._all.append(process)
            return process


def _when_done(future: Future[ReadTold], go_on: Callable[[], None]) -> ReadTold:
    while True:
        go_on()
        try:
            return future.result(LOOK_S)
        except NotYetError:
            continue


def _told(found: ReadTold) -> SliceTold:
    if found.told is not None:
        return found.told
    if found.error_id == InvalidInputError.error_id:
        raise InvalidInputError(found.error)
    if found.error_id == ImportSourceError.error_id:
        raise ImportSourceError(found.error)
    raise CallfloorError(found.error)
