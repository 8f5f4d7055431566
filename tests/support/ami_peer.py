"""A PBX's manager interface, hand-written, that does as it is told: for tests of whatever talks to one.

In memory, for virtual time (``peer.dial`` is a ``Connection``'s ``dial``), or on a real socket (``peer.listening``).
It knows AMI from its documentation and the captures, and nothing of Callfloor's own codec, so that a mistake there
is not made here too. By itself it answers Challenge, Login, Logoff, Ping, Filter and CoreSettings as Asterisk 22 does;
``peer.answers`` scripts the rest, and overrides.
"""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

from typing_extensions import override

Action = dict[str, str]
Answer = bytes | Callable[["PeerLink", Action], None]


def message(**headers: str) -> bytes:
    """``message(Event="Hangup", Cause="16")`` as bytes; ``_`` in a name is ``-``."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return ("".join(lines) + "\r\n").encode()


class PeerLink:
    """One client's link, from the PBX's side."""

    def __init__(self, peer: "AmiPeer", send: Callable[[bytes], None], close: Callable[[], None]) -> None:
        self.actions: list[Action] = []
        """What the client sent, headers as spelled; a repeated header's values are joined by LF."""
        self.logged_in = False
        self.open = True
        self._peer, self._send, self._close = peer, send, close
        self._pending = b""

    @property
    def names(self) -> list[str]:
        """The names of the actions the client sent, in order."""
        return [action["Action"] for action in self.actions]

    def send(self, data: bytes) -> None:
        """Bytes to the client, as they are."""
        if self.open:
            self._send(data)

    def close(self) -> None:
        """Hang up on the client."""
        if self.open:
            self.open = False
            self._close()

    def reply(self, action: Action, response: str = "Success", **headers: str) -> None:
        """A response with the action's id."""
        self.send(message(Response=response, **_id(action), **headers))

    def listing(self, action: Action, events: list[dict[str, str]], *, last: str) -> None:
        """The response, the events and the last event of a list action."""
        self.reply(action, EventList="start", Message="A list will follow")
        for event in events:
            self.send(message(Event=event["Event"], **_id(action), **{k: v for k, v in event.items() if k != "Event"}))
        self.send(message(Event=last, **_id(action), EventList="Complete", ListItems=str(len(events))))

    def received(self, data: bytes) -> None:
        """Bytes from the client."""
        self._pending += data
        while b"\r\n\r\n" in self._pending and self.open:
            text, self._pending = self._pending.split(b"\r\n\r\n", 1)
            action: Action = {}
            for line in text.decode().split("\r\n"):
                name, _, value = line.partition(": ")
                action[name] = f"{action[name]}\n{value}" if name in action else value
            self.actions.append(action)
            self._peer.act(self, action)

    def lost(self) -> None:
        """The client hung up."""
        self.open = False


class AmiPeer:
    """The PBX. Its attributes are its script; change them at any time."""

    def __init__(self, *, user: str = "monitor", secret: str = "s3cret") -> None:
        self.user, self.secret = user, secret
        self.banner = b"Asterisk Call Manager/11.0.0\r\n"
        self.challenge: str | None = "482913755"  # None: it refuses to give one
        self.booted = True
        self.system = True  # write class "system": Filter and CoreSettings are allowed
        self.version = "22.10.1"
        self.refuses: OSError | None = None  # raised at the dialling
        self.silent: set[str] = set()  # names of actions that it never answers
        self.answers: dict[str, Answer] = {}
        self.piece: int | None = None  # cut what is sent into pieces of so many bytes, each a delivery of its own
        self.links: list[PeerLink] = []
        self.reads = asyncio.Event()
        """Cleared, it takes nothing in any more (on a socket); it still talks."""
        self.reads.set()

    @property
    def link(self) -> PeerLink:
        """The newest link."""
        return self.links[-1]

    def act(self, link: PeerLink, action: Action) -> None:
        """Answer one action."""
        name = action["Action"]
        if name in self.silent:
            return
        scripted = self.answers.get(name)
        if isinstance(scripted, bytes):
            link.send(scripted.replace(b"{id}", action.get("ActionID", "").encode()))
        elif scripted is not None:
            scripted(link, action)
        elif name == "Challenge" and self.challenge is not None:
            link.reply(action, Challenge=self.challenge)
        elif name == "Login":
            self._log_in(link, action)
        elif name == "Logoff":
            link.reply(action, "Goodbye", Message="Thanks for all the fish.")
            link.close()
        elif not link.logged_in or (name in {"Filter", "CoreSettings"} and not self.system):
            link.reply(action, "Error", Message="Permission denied")
        elif name == "Ping":
            link.reply(action, Ping="Pong", Timestamp="1795289965.534427")
        elif name == "Filter":
            link.reply(action, Message="Success")
        elif name == "CoreSettings":
            link.reply(action, AMIversion="11.0.0", AsteriskVersion=self.version)
        else:
            link.reply(action, "Error", Message=f"Invalid/unknown command: {name}.")

    def boot(self) -> None:
        """Asterisk is up: it tells whoever is connected, and whoever logs in from now on."""
        self.booted = True
        for link in self.links:
            link.send(message(Event="FullyBooted", Privilege="system,all", Status="Fully Booted"))

    def _log_in(self, link: PeerLink, action: Action) -> None:
        if action.get("AuthType") == "MD5":
            right = hashlib.md5(f"{self.challenge}{self.secret}".encode()).hexdigest() == action.get("Key")
        else:
            right = action.get("Secret") == self.secret
        if not right or action.get("Username") != self.user:
            link.reply(action, "Error", Message="Authentication failed")
            link.close()
            return
        link.logged_in = True
        link.reply(action, Message="Authentication accepted")
        if self.booted:
            link.send(message(Event="FullyBooted", Privilege="system,all", Uptime="106", Status="Fully Booted"))

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        size = self.piece or len(data) or 1
        for start in range(0, len(data), size):
            yield data[start : start + size]

    # --- in memory --------------------------------------------------------------------------------------------------

    async def dial(self, _url: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A ``Connection``'s ``dial``: both ends in this process, no socket, so it goes with virtual time."""
        if self.refuses is not None:
            raise self.refuses
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=65_536)
        protocol = asyncio.StreamReaderProtocol(reader)

        def deliver(data: bytes) -> None:
            if not pipe.is_closing():
                reader.feed_data(data)

        def send(data: bytes) -> None:
            for piece in self._pieces(data):
                loop.call_soon(deliver, piece)

        def end() -> None:
            loop.call_soon(reader.feed_eof)

        link = PeerLink(self, send, end)
        pipe = _Pipe(link, protocol)
        protocol.connection_made(pipe)
        self.links.append(link)
        link.send(self.banner)
        return reader, asyncio.StreamWriter(pipe, protocol, reader, loop)

    # --- on a socket ------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        """Listens on the loopback; gives the port."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            def send(data: bytes) -> None:
                for piece in self._pieces(data):
                    writer.write(piece)

            link = PeerLink(self, send, writer.close)
            self.links.append(link)
            link.send(self.banner)
            try:
                while data := await reader.read(65_536):
                    await self.reads.wait()
                    link.received(data)
            except ConnectionError:
                pass
            link.lost()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            served.append(link)
            ended.set()

        served: list[PeerLink] = []
        ended = asyncio.Event()
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        async with server:
            yield server.sockets[0].getsockname()[1]
            while len(served) < len(self.links):
                ended.clear()
                await ended.wait()


class _Pipe(asyncio.Transport):
    """The client's transport: what it writes is the peer's to read at once."""

    def __init__(self, link: PeerLink, protocol: asyncio.StreamReaderProtocol) -> None:
        super().__init__()
        self._link, self._protocol = link, protocol
        self._closing = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closing:
            self._link.received(bytes(data))

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def is_closing(self) -> bool:
        return self._closing

    @override
    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._link.lost()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    @override
    def abort(self) -> None:
        self.close()

    @override
    def pause_reading(self) -> None:
        """Everything sent is in the reader's buffer already."""

    @override
    def resume_reading(self) -> None:
        """As above."""


def _id(action: Action) -> dict[str, str]:
    return {"ActionID": action["ActionID"]} if "ActionID" in action else {}
