"""The process of ``apart``: it does one piece of work, and ends."""

import gc
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO, Final

from typing_extensions import override

from callfloor.asterisk.history.worker import receive, send
from callfloor.errors import CallfloorError, StoreError
from callfloor.project import apart, importing
from callfloor.project.repair_once import OneTry
from callfloor.sealing import sealer
from callfloor.store.store import Store
from callfloor.store.turns import Turns

YOUNG: Final = 20_000
"""Objects after which the youngest are looked through for what can go: by far the most go by themselves."""


class _AskedTurns(Turns):
    """The turn is the other process's to give. Used by the one thread that does the work."""

    def __init__(self, asks: int, tells: IO[bytes]) -> None:
        super().__init__()
        self._answers: list[bool] = []
        self._came = threading.Condition()
        self._tells = tells
        threading.Thread(target=self._listen, args=(asks,), name="asks", daemon=True).start()

    def _listen(self, asks: int) -> None:
        while said := os.read(asks, 1):
            with self._came:
                self._answers.append(said == b"\x01")
                self._came.notify()
        os.killpg(0, signal.SIGKILL)  # nobody asks any more: what is not committed has not been

    @override
    def take(self) -> bool:
        send(self._tells, apart.WantsTurn(), apart.encode)
        with self._came:
            self._came.wait_for(lambda: bool(self._answers))
            return self._answers.pop()

    @override
    def give(self) -> None:
        send(self._tells, apart.GivesTurn(), apart.encode)


def _work(wanted: apart.Wanted, turns: Turns, tells: IO[bytes]) -> apart.Told:
    def progress(done: int, of: int | None) -> None:
        send(tells, apart.Progress(done, of), apart.encode)

    store = Store.beside(wanted.url, turns)
    try:
        within = store.project(wanted.project_id)
        if isinstance(wanted, apart.ImportApart):
            came = importing.run(
                within, wanted.asked, country=wanted.country, progress=progress, processes=wanted.processes
            )
            return apart.ImportedApart(came=came)
        project = store.projects.get(wanted.project_id)
        folders = [(name, Path(folder)) for name, folder in wanted.folders]
        one = OneTry(lambda: project, folders, time.time, wanted.processes)
        one.sealer = sealer(Path(wanted.data))
        tried, repair = one.run(within, wanted.repair_id, wanted.noted, progress)
        return apart.Repaired(came=tried, repair=repair)
    except CallfloorError as error:
        kind = StoreError.error_id if isinstance(error, StoreError) else error.error_id
        return apart.Failed(kind=kind, message=str(error))
    finally:
        store.close()


def main() -> None:
    """Do what is asked for."""
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()
    asks, tells = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    body = receive(asks)
    if body is not None:
        wanted = apart.decode_wanted(body)
        send(tells, _work(wanted, _AskedTurns(asks.fileno(), tells), tells), apart.encode)
