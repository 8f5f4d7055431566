"""uvicorn's two protocols, narrowed: bounded HTTP heads, and a WebSocket that lends its transport to the stream.

uvicorn takes protocol classes. The HTTP one has no limit on the head of a request with httptools, so ours counts. The
WebSocket one sends every message through websockets' state machine and an ``await``; after the handshake ours hands the
transport to the hub instead, which writes ready frames to it (decision 0031). What comes in still goes through
websockets' parser, with its limits.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from typing_extensions import override
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from callfloor.web.door import Door
from callfloor.web.push.outlet import Line, Wire

HEAD_BYTES = 32 * 1024
"""The request line and headers together. Browsers stay below 8 KB; cookies of other programs on the host add some."""

HEAD_FIELDS = 100
"""Headers in one request."""

HEAD_S = 10.0
"""From the connection, or a request's first byte, to the end of its head: a slow peer holds no place for longer."""

MESSAGE_BYTES = 256
"""A message from the page: ``{"type":"ping"}`` has 15 bytes. Larger ones are closed with 1009 before they are read."""

CLOSE_S = 5.0
"""How long a peer may take to answer a close frame and read what waits; then the connection is cut."""

PONG_BACKLOG_BYTES = 64 * 1024
"""Control pings are not answered while more than this waits unsent."""

EXTENSION: Final = "callfloor.line"
"""Under this name in ``scope["extensions"]`` the stream finds its ``Line``."""


class DoorConfig(Config):
    """uvicorn's settings, which every connection has, with the door that the server's streams come in by."""

    def __init__(self, app: Any, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.door = Door()


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a bounded head, in bytes, in fields and in time: 431 or 408, and the connection is closed.

    What is to become a stream waits for its turn first.
    """

    config: DoorConfig
    _head_bytes = 0
    _head_fields = 0
    _in_head = True
    _head_timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_S, self._head_late)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self.config.door.leave(self.transport)
        super().connection_lost(exc)

    @override
    def handle_websocket_upgrade(self) -> None:
        self.transport.pause_reading()  # nothing follows before the answer; what does nevertheless, waits
        self.config.door.knock(self.transport, self._come_in)

    def _come_in(self) -> None:
        if self.transport.is_closing():
            self.config.door.leave(self.transport)
            return
        super().handle_websocket_upgrade()
        self.transport.resume_reading()

    @override
    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES:
            self._refuse_head(b"431 Request Header Fields Too Large")

    @override
    def on_message_begin(self) -> None:
        if not self._in_head:
            self._in_head = True
            self._head_bytes = 0
            self._head_timer = self.loop.call_later(HEAD_S, self._head_late)
        self._head_fields = 0
        super().on_message_begin()

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_fields += 1
        if self._head_fields > HEAD_FIELDS:
            self._refuse_head(b"431 Request Header Fields Too Large")
            raise _HeadRefusedError
        super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES:
            self._refuse_head(b"431 Request Header Fields Too Large")
            raise _HeadRefusedError
        super().on_headers_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _disarm(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        self._refuse_head(b"408 Request Timeout")

    def _refuse_head(self, status: bytes) -> None:
        self._disarm()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()


class _HeadRefusedError(Exception):
    """Stops httptools' parser; uvicorn takes it for a malformed request, which is closed already."""


class StreamProtocol(WebSocketsSansIOProtocol, Line):
    """A WebSocket whose transport the stream writes to by itself."""

    config: DoorConfig
    _lent = False
    _lost: Callable[[], None] | None = None
    _bytes: Callable[[bytes], None] | None = None

    @property
    @override
    def wire(self) -> Wire:
        """The transport; from now on frames may stand in it that websockets' state machine has not seen."""
        self._lent = True
        return self.transport

    @override
    def when_lost(self, call: Callable[[], None]) -> None:
        """Called once, at the first sign that the connection ends."""
        self._lost = call

    @override
    def take_bytes(self, call: Callable[[bytes], None], most: int) -> None:
        """Fifty messages a second would each pause and resume the transport, and wake the ASGI task."""
        self._bytes = call
        self.conn.max_message_size = most

    @override
    def handle_bytes(self, event: Frame) -> None:
        if self._bytes is None or not event.fin:
            super().handle_bytes(event)
        elif not self.close_sent:
            self._bytes(bytes(event.data))

    @override
    def end(self, code: int, reason: str) -> None:
        """Send a close frame, wake the ASGI task with a disconnect, and cut the connection after ``CLOSE_S``."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self._gone()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        if self.read_paused:  # the peer's answer must be readable
            self.read_paused = False
            self.transport.resume_reading()
        # abort, not close: close waits until the peer has read everything, which a dead one never does.
        self.close_timer = self.loop.call_later(CLOSE_S, self.transport.abort)

    @override
    async def send(self, message: Any) -> None:
        try:
            await super().send(message)
        finally:
            if self.handshake_complete or self.disconnected:
                self.config.door.leave(self.transport)  # others come in at the loop's next turn, after our first frame

    @override
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code != 101:
            self.config.door.leave(self.transport)
        else:
            # The ASGI task was created just now and has not begun, so it sees the addition.
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    @override
    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        # RFC 6455, section 5.5.3: not each ping must be answered; a peer that never reads gets no more.
        if self.transport.get_write_buffer_size() <= PONG_BACKLOG_BYTES:
            self.transport.write(pong)

    @override
    def handle_close(self, event: Frame) -> None:
        self._gone()
        super().handle_close(event)

    @override
    def handle_parser_exception(self) -> None:
        self._gone()
        super().handle_parser_exception()

    @override
    def keepalive_timeout(self) -> None:
        self._gone()
        super().keepalive_timeout()
        self.close_timer = self.loop.call_later(CLOSE_S, self.transport.abort)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._gone()
        self.config.door.leave(self.transport)
        super().connection_lost(exc)

    @override
    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        self.config.door.leave(self.transport)  # whatever became of it
        super().on_task_complete(task)

    def _gone(self) -> None:
        if self._lost is not None:
            self._lost()
            self._lost = None

    @override
    def shutdown(self) -> None:
        if self._lent:
            self.end(1012, "the server is restarting")
        else:
            super().shutdown()
