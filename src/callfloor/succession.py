"""One process after the other: the next is loaded while this one still watches, so that pages are stale for a moment.

SIGUSR2 (``systemctl reload``) begins it. The process starts the program anew, as it lies on the disk now, and lends it
the socket that browsers come to. The new one loads, opens the store where that needs no upgrade, says that it is ready,
and waits; the old one ends in good order, as by SIGTERM, and its end is the other's turn. A new one that cannot be
loaded changes nothing: the old one goes on, and says why in its log.
"""

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path

from callfloor.errors import SuccessionError
from callfloor.listener import SUCCEEDS
from callfloor.systemd import Notifier

logger = logging.getLogger(__name__)

LOADED_WITHIN_S = 120.0
"""A machine that is busy loads for long; longer than this is a fault."""

_LOADED = b"L"


class Predecessor:
    """The process before this one, which still watches."""

    def __init__(self, listener: socket.socket, line: socket.socket) -> None:
        self.listener = listener
        """Where browsers come to; it listens already."""
        self._line = line

    @classmethod
    def of(cls, environment: MutableMapping[str, str] = os.environ) -> "Predecessor | None":
        """Who started this process to come after it; None: nobody did."""
        given = environment.pop(SUCCEEDS, None)
        if given is None:
            return None
        listener, line = (socket.socket(fileno=int(number)) for number in given.split(","))
        for each in (listener, line):
            os.set_inheritable(each.fileno(), False)  # noqa: FBT003  # the standard library's signature
            each.setblocking(False)  # noqa: FBT003
        return cls(listener, line)

    async def ended(self) -> None:
        """Say that this process is loaded, and wait until the other has ended, or has let go of everything."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # it is gone already
            await loop.sock_sendall(self._line, _LOADED)
            await loop.sock_recv(self._line, 1)
        self._line.close()


class Successor:
    """The process that will come after this one."""

    def __init__(self, process: "subprocess.Popen[bytes]", line: socket.socket) -> None:
        self._process = process
        self._line = line

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @classmethod
    def start(cls, listener: socket.socket) -> "Successor":
        """Start the program anew, with this process's arguments and settings.

        Raises:
            SuccessionError: it cannot be started.
        """
        if os.getpid() == 1:
            raise SuccessionError("A container ends with its first process: start a new container instead.")
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003  # the standard library's signature
        environment = {name: value for name, value in os.environ.items() if name != "WATCHDOG_PID"}
        environment[SUCCEEDS] = f"{listener.fileno()},{theirs.fileno()}"
        try:
            with theirs:
                process = subprocess.Popen(  # noqa: S603  # ourselves
                    [sys.executable, *sys.orig_argv[1:]],
                    env=environment,
                    pass_fds=(listener.fileno(), theirs.fileno()),
                    stdin=subprocess.DEVNULL,
                )
        except OSError as error:
            ours.close()
            raise SuccessionError(f"The program cannot be started anew: {error.strerror}.") from None
        return cls(process, ours)

    async def loaded(self) -> None:
        """Wait until it could take over.

        Raises:
            SuccessionError: it ended instead, or takes too long; it is gone then.
        """
        try:
            async with asyncio.timeout(LOADED_WITHIN_S):
                said = await asyncio.get_running_loop().sock_recv(self._line, 1)
        except (TimeoutError, OSError):
            said = b""
        if said != _LOADED:
            await self.give_up()
            raise SuccessionError(
                f"The new process was not ready ({Path(sys.executable).name} ended with {self._process.returncode})."
                " What it said stands before this line."
            )

    async def give_up(self) -> None:
        """It is not wanted any more."""
        self._process.terminate()
        self._line.close()
        await asyncio.to_thread(self._process.wait)

    def follow(self) -> None:
        """It is its turn: this process has let go of everything."""
        self._line.close()
        self._process.returncode = 0  # nobody waits for it here: it lives longer than we do


class Succession:
    """Of this process: on SIGUSR2 another one follows it."""

    def __init__(self, stop: asyncio.Event, notifier: Notifier, say: Callable[[str], None]) -> None:
        """``stop`` ends this process in good order."""
        self._stop = stop
        self._notifier = notifier
        self._say = say
        self._asked = asyncio.Event()
        self._successor: Successor | None = None

    def ask(self) -> None:
        """Another one shall follow."""
        self._asked.set()

    async def run(self, listener: socket.socket) -> None:
        """Until cancelled, or until it is this process's end. ``listener`` is lent to the one that follows."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            self._say("  the next process is being loaded …")
            successor = None
            try:
                successor = Successor.start(listener)
                await successor.loaded()
            except SuccessionError as error:
                logger.error("the next process cannot take over; this one goes on", extra={"reason": str(error)})
                self._say(f"  {error} This process goes on.")
                continue
            except asyncio.CancelledError:
                if successor is not None:
                    await successor.give_up()
                raise
            self._successor = successor
            self._notifier.say(MAINPID=str(successor.pid))
            self._stop.set()
            return

    def follow(self) -> None:
        """Everything of this process's is let go of: the other's turn, where there is one."""
        if self._successor is not None:
            self._successor.follow()
