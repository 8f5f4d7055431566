"""A connection to a scripted PBX on virtual time, and all that it reported."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from callfloor.asterisk.ami import Message
from callfloor.asterisk.connection import Connection, parse_url
from support.ami_peer import AmiPeer
from support.virtual_time import settled

URL = "ami://monitor:s3cret@pbx:5038"


class Rig:
    """A connection and what it reported."""

    def __init__(self, peer: AmiPeer, url: str = URL, *, keep: Callable[[bytes], bool] | None = None) -> None:
        self.peer = peer
        self.told: list[str] = []  # "up" and the reasons of "down", in order
        self.events: list[Message] = []
        self.reads: list[tuple[float, int]] = []
        self.when_up: Callable[[Connection], Awaitable[None]] | None = None
        self.raises: Exception | None = None
        self.tapped = b""
        self.connection = Connection(
            parse_url(url),
            on_messages=self._messages,
            on_up=self._up,
            on_down=self.told.append,
            keep=keep,
            tap=self._tap,
            clock=lambda: asyncio.get_running_loop().time() + 1_700_000_000,
            dial=peer.dial,
            chance=lambda: 1.0,
        )

    def _tap(self, _at: float, data: bytes) -> None:
        self.tapped += data

    def _messages(self, at: float, messages: list[Message]) -> None:
        self.reads.append((at, len(messages)))
        self.events += messages

    async def _up(self, connection: Connection) -> None:
        self.told.append("up")
        if self.raises is not None:
            raise self.raises
        if self.when_up is not None:
            await self.when_up(connection)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Connection]:
        task = asyncio.create_task(self.connection.run())
        await settled()
        try:
            yield self.connection
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
