"""What systemd is told of this process, and what it hands over: https://www.freedesktop.org/software/systemd/man/sd_notify.html.

Without systemd nothing of it does anything.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import MutableMapping

_FIRST_FD = 3  # SD_LISTEN_FDS_START


class Notifier:
    """Tells the service manager how this process is."""

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        own = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        asked = environment.get("WATCHDOG_USEC", "")
        self.every_s = int(asked) / 1e6 / 3 if own and asked.isdigit() and int(asked) else None
        """How often a sign of life is asked for, thrice over; None: never."""

    def say(self, **told: str) -> None:
        """Tell: ``READY="1"``, ``STATUS="…"``. What cannot be told is not worth failing for."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        lines = "\n".join(f"{name}={value}" for name, value in told.items())
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(lines.encode(), address)

    async def live(self) -> None:
        """Signs of life for as long as the event loop turns, until cancelled."""
        if self.every_s is None or not self._address:
            return
        while True:
            self.say(WATCHDOG="1")
            await asyncio.sleep(self.every_s)


def handed_over(environment: MutableMapping[str, str] = os.environ) -> socket.socket | None:
    """The listening socket of a ``.socket`` unit, which goes on taking connections while no process runs."""
    if environment.get("LISTEN_PID") != str(os.getpid()) or not environment.get("LISTEN_FDS", "0").isdigit():
        return None
    if int(environment["LISTEN_FDS"]) < 1:
        return None
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environment.pop(name, None)  # no child of ours is meant
    given = socket.socket(fileno=_FIRST_FD)
    given.setblocking(False)  # noqa: FBT003  # the standard library's signature
    os.set_inheritable(_FIRST_FD, False)  # noqa: FBT003
    return given
