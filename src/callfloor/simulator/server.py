"""The simulated PBX on a socket: runs a world in real time for any number of managers."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from urllib.parse import quote

from callfloor.simulator.company import CompanyDirectory, directory_of
from callfloor.simulator.history import FILL_UP_S, LIVE_SERIALS, WARM_UP_S, world_of
from callfloor.simulator.past import heard
from callfloor.simulator.session import Session
from callfloor.simulator.voices import Voices
from callfloor.simulator.world import Timed, World

log = logging.getLogger(__name__)

TICK_S = 0.02  # the world is asked at least this often; a real PBX's own messages come within 10 ms of their cause


class Simulator:
    """A living company behind an AMI port.

    The parameters are those of ``history.world_of``. ``warm`` begins it in full swing: the last twenty minutes have
    been lived through unheard. ``users`` are managers and their secrets; without any, ``callfloor`` gets a random one.
    ``timestamps`` adds the Timestamp header (``timestampevents=yes``). ``clock`` gives UTC epoch seconds;
    ``paced=False`` stops the world between calls of ``advance`` (for tests).
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        employees: int = 40,
        timezone: str = "Europe/Kyiv",
        calls_per_minute: float | None = None,
        simultaneous: int | None = None,
        lively: bool = True,
        noise: bool = False,
        warm: bool = True,
        users: Mapping[str, str] | None = None,
        timestamps: bool = False,
        clock: Callable[[], float] = time.time,
        paced: bool = True,
        world: World | None = None,
    ) -> None:
        self._clock = clock
        self._paced = paced
        self._timestamps = timestamps
        self.users = dict(users) if users else {"callfloor": secrets.token_urlsafe(12)}
        self.sessions: set[Session] = set()
        now = clock()
        self.world = world or world_of(
            start=now - (0.0 if not warm else WARM_UP_S if simultaneous is None else FILL_UP_S),
            seed=seed,
            employees=employees,
            timezone=timezone,
            lively=lively,
            calls_per_minute=calls_per_minute,
            simultaneous=simultaneous,
            noise=noise,
            first_serial=LIVE_SERIALS,
        )
        self._voices = Voices()
        self.world.on_audio = self._voices.speak
        self._past = [] if noise else list(heard(self.world, now))
        for _ in self.world.advance(now):  # a load test's past is large, and nobody wants it
            pass

    def take_past(self) -> list[Timed]:
        """What ``past.heard`` tells of the warm-up, when nobody was connected; once. Empty with the noise on."""
        past, self._past = self._past, []
        return past

    def directory(self) -> CompanyDirectory:
        """Who works there: departments, employees, queues, numbers with their schemes."""
        return directory_of(self.world.company)

    @contextlib.asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen until the context ends; gives the address with a login: ``ami://user:secret@host:port``.

        Raises OSError where the port cannot be had.
        """
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Session(self, self.users), host, port)
        pump = asyncio.create_task(self._run(), name="simulated PBX") if self._paced else None
        user, secret = next(iter(self.users.items()))
        bound = server.sockets[0].getsockname()[1]
        try:
            yield f"ami://{quote(user, safe='')}:{quote(secret, safe='')}@{host}:{bound}"
        finally:
            if pump is not None:
                pump.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await pump
            await self._voices.close()
            server.close()
            for session in list(self.sessions):
                session.close()
            await server.wait_closed()

    def advance(self, seconds: float) -> None:
        """Let the world run on by so much and tell everybody. For a simulator that is not paced."""
        self._tell(list(self.world.advance(self.world.agenda.now + seconds)))

    def catch_up(self) -> None:
        """Bring the world to this instant, so that an answer is no older than the question."""
        if self._paced:
            self._tell(list(self.world.advance(self._clock())))

    def flush(self) -> None:
        """Tell what an action caused at once."""
        out, self.world.switch.out = self.world.switch.out, []
        self._tell(out)

    async def _run(self) -> None:
        while True:
            self.catch_up()
            wait = min(TICK_S, max(0.0, self.world.agenda.next_at() - self._clock()))
            await asyncio.sleep(wait)

    def _tell(self, messages: list[tuple[float, bytes]]) -> None:
        if not messages or not self.sessions:
            return
        events = (
            [self._stamped(at, data) for at, data in messages] if self._timestamps else [data for _, data in messages]
        )
        for session in list(self.sessions):
            session.hear(events)

    @staticmethod
    def _stamped(at: float, data: bytes) -> bytes:
        """With the instant after the Privilege header, where Asterisk puts it."""
        end = data.index(b"\r\n", data.index(b"Privilege: ")) + 2
        return data[:end] + f"Timestamp: {at:.6f}\r\n".encode() + data[end:]
