"""Long work in a process of its own: what keeps a processor busy for minutes must not hold up who serves.

A thread would share Python's one lock, and its garbage, with the event loop. The process is told what to do on its
standard input and tells on its output how far it is; a frame is its length and MessagePack (``history.worker``). It
opens the store for itself, and where that has one writer (SQLite), asks here for its turn: so that whoever writes live
calls waits for one batch at most, and never polls. It ends with its input, and is killed with all that it began when
it is to stop: what it does is made of transactions after each of which it can be taken up again.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.asterisk.history.worker import HEAD_BYTES, send
from callfloor.errors import CallfloorError, InvalidInputError, NotFoundError, StoreError
from callfloor.project.importing import Asked, Imported
from callfloor.project.repair_once import Noted
from callfloor.project.repair_try import Outcome
from callfloor.store.repairs import Repair
from callfloor.store.turns import Turns

LOOK_S: Final = 0.5
"""How often it is asked whether to go on, whatever the process tells."""
NICE: Final = 5
"""Below who serves; above those who only read (``history.worker``), for whoever waits to write waits for this."""
_READ_BYTES: Final = 65_536
_BEGIN: Final = (
    f"import gc, os; os.nice({NICE}); gc.disable(); from callfloor.project.apart_process import main; main()"
)


class RepairApart(msgspec.Struct, frozen=True, kw_only=True, tag="repair"):
    """A try of a repair. ``data`` is the folder with the key of the database's password."""

    url: str  # the store's, with its password: it goes by the pipe alone
    project_id: int
    repair_id: int
    noted: Noted
    folders: tuple[tuple[str, str], ...]
    data: str
    processes: int


class ImportApart(msgspec.Struct, frozen=True, kw_only=True, tag="import"):
    """An import."""

    url: str
    project_id: int
    asked: Asked
    country: str | None
    processes: int


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far it is."""

    done: int
    of: int | None


class WantsTurn(msgspec.Struct, frozen=True, tag="turn"):
    """It wants to write, and waits for an answer: one byte, 1 for yes."""


class GivesTurn(msgspec.Struct, frozen=True, tag="given"):
    """It has written."""


class Repaired(msgspec.Struct, frozen=True, kw_only=True, tag="repaired"):
    """What came of a try, and how the repair stands."""

    came: Outcome
    repair: Repair


class ImportedApart(msgspec.Struct, frozen=True, kw_only=True, tag="imported"):
    """What came of an import."""

    came: Imported


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """Why nothing came of it."""

    kind: str
    message: str


Wanted = RepairApart | ImportApart
Told = Progress | WantsTurn | GivesTurn | Repaired | ImportedApart | Failed

KINDS: Final[dict[str, type[CallfloorError]]] = {
    kind.error_id: kind for kind in (InvalidInputError, NotFoundError, ImportSourceError, StoreError)
}


class ApartLostError(StoreError):
    """The process that did the work ended in the middle of it."""

    error_id = "work_process_lost"


def _path(kind: type, value: Any) -> Any:
    return kind(value) if kind is Path else value


def _plain(value: object) -> str:
    return str(value)


encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
decode_wanted = msgspec.msgpack.Decoder(Wanted, dec_hook=_path).decode
_decode_told: Callable[[bytes], Told] = msgspec.msgpack.Decoder(Told, dec_hook=_path).decode


class Apart:
    """Has work done on one database. Its methods block.

    ``progress`` is called now and then, and may raise to end the work.
    """

    def __init__(self, url: str, turns: Turns, data: Path, processes: int) -> None:
        """``data`` is the folder with the key of secrets; so many ``processes`` read records at once."""
        self._url = url
        self._turns = turns
        self._data = data
        self._processes = processes

    def repair(
        self,
        project_id: int,
        repair_id: int,
        noted: Noted,
        folders: Sequence[tuple[str, Path]],
        progress: Callable[[int, int | None], None],
    ) -> tuple[Outcome, Repair]:
        """Have a repair tried.

        Raises:
            ImportSourceError, InvalidInputError, NotFoundError, StoreError: as ``OneTry.run``.
            ApartLostError: the process was killed.
        """
        wanted = RepairApart(
            url=self._url,
            project_id=project_id,
            repair_id=repair_id,
            noted=noted,
            folders=tuple((name, str(folder)) for name, folder in folders),
            data=str(self._data),
            processes=self._processes,
        )
        told = _done(wanted, self._turns, progress)
        if not isinstance(told, Repaired):
            raise ApartLostError
        return told.came, told.repair

    def import_(
        self, project_id: int, asked: Asked, country: str | None, progress: Callable[[int, int | None], None]
    ) -> Imported:
        """Have something imported.

        Raises:
            ImportSourceError, InvalidInputError, StoreError: as ``importing.run``.
            ApartLostError: the process was killed; what it wrote is written.
        """
        wanted = ImportApart(
            url=self._url, project_id=project_id, asked=asked, country=country, processes=self._processes
        )
        told = _done(wanted, self._turns, progress)
        if not isinstance(told, ImportedApart):
            raise ApartLostError
        return told.came


def _done(wanted: Wanted, turns: Turns, progress: Callable[[int, int | None], None]) -> Told:
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-c", _BEGIN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # what it begins ends with it
    )
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise ApartLostError
    with contextlib.ExitStack() as stack:
        stack.callback(_ended, process)
        turn = stack.enter_context(contextlib.ExitStack())
        try:
            send(stdin, wanted, encode)
            last = Progress(0, None)
            for body in _frames(stdout.fileno()):
                told = last if body is None else _decode_told(body)
                match told:
                    case Progress():
                        last = told
                        progress(told.done, told.of)
                    case WantsTurn():
                        granted = turns.take()
                        if granted:
                            turn.callback(turns.give)
                        stdin.write(bytes([granted]))
                        stdin.flush()
                    case GivesTurn():
                        turn.close()
                    case Failed(kind=kind, message=message):
                        raise KINDS.get(kind, CallfloorError)(message)
                    case _:
                        return told
        except OSError:
            raise ApartLostError from None
    raise ApartLostError


def _frames(descriptor: int) -> Iterator[bytes | None]:
    """Each frame that comes; None where none did for a while. It ends with the process."""
    kept = bytearray()
    while True:
        if not select.select([descriptor], [], [], LOOK_S)[0]:
            yield None
            continue
        read = os.read(descriptor, _READ_BYTES)
        if not read:
            return
        kept += read
        while len(kept) >= HEAD_BYTES:
            end = HEAD_BYTES + int.from_bytes(kept[:HEAD_BYTES], "big")
            if len(kept) < end:
                break
            yield bytes(kept[HEAD_BYTES:end])
            del kept[:end]


def _ended(process: subprocess.Popen[bytes]) -> None:
    """It ends, and all that it began; at once, whatever they do."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
