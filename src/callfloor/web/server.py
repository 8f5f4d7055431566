"""Serving the app: uvicorn with uvloop's transports and our protocols, in the caller's loop, ended by cancellation."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from callfloor.errors import ConfigurationError
from callfloor.listener import bind
from callfloor.web.front import Front
from callfloor.web.protocols import MESSAGE_BYTES, DoorConfig, HttpProtocol, StreamProtocol

logger = logging.getLogger(__name__)

GRACE_S = 8
"""Whole seconds a shutdown may take: above ``CLOSE_S``, so that streams end by their own rule."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process belongs to ``service``, which cancels ``serve``."""

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    app: Any,
    host: str,
    port: int,
    *,
    ready: Callable[[str, int], None] | None = None,
    trusted_proxies: str = "127.0.0.1",
    tls: tuple[Path, Path] | None = None,
    listener: socket.socket | None = None,
) -> None:
    """Serve until cancelled, then shut down gracefully: nothing new, requests finished, streams closed with 1012.

    Args:
        app: what ``create_app`` made, whose lifespan is entered; a ``Front``; or any ASGI app.
        host: an address or a name to listen on.
        port: 0 takes a free one.
        ready: called once, with the address and port really listened on, when connections are accepted.
        trusted_proxies: whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed, as uvicorn spells it.
        tls: the files of a certificate and its private key; None serves in the clear, as behind a proxy.
        listener: a socket that listens already, in the place of ``host`` and ``port``; it is closed in the end.

    Raises:
        ConfigurationError: the address cannot be had, or the certificate cannot be read.
    """
    listener = listener or bind(host, port)
    config = DoorConfig(
        app,
        http=HttpProtocol,
        ws=StreamProtocol,
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,  # 5-9 times the CPU of sending, and frames are shared between viewers
        ws_ping_interval=20.0,  # finds peers that vanished without a word
        ws_ping_timeout=20.0,
        lifespan="off",  # ours is around the server: uvicorn's task for it outlives a second cancellation
        log_config=None,  # the process sets up logging, once
        log_level="warning",
        access_log=False,  # ours names the route, not the path: ids and numbers stay out of the log
        server_header=False,
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    if tls is not None:
        try:
            config.load()
        except OSError as error:  # ssl.SSLError is one
            listener.close()
            raise ConfigurationError(f"The certificate {tls[0]} or its key cannot be read: {error}") from error
    lifespan: contextlib.AbstractAsyncContextManager[Any] = contextlib.nullcontext()
    if isinstance(app, FastAPI):
        lifespan = app.router.lifespan_context(app)
    elif isinstance(app, Front):
        lifespan = app.lifespan()
    try:
        async with lifespan:
            await _run(_Server(config), listener, ready, app if isinstance(app, Front) else None)
    finally:
        listener.close()


async def _run(
    server: _Server, listener: socket.socket, ready: Callable[[str, int], None] | None, front: Front | None
) -> None:
    address = listener.getsockname()
    running = asyncio.create_task(server.serve(sockets=[listener]), name="web server")
    try:
        while not server.started and not running.done():  # noqa: ASYNC110  # uvicorn tells it by an attribute alone
            await asyncio.sleep(0.005)
        if ready is not None and not running.done():
            ready(address[0], address[1])
        await asyncio.shield(running)
    except asyncio.CancelledError:
        if front is not None and server.started:
            # Streams go on while the last requests are answered: uvicorn would end them first, and pages be stale.
            for each in server.servers:
                each.close()
            await front.drained(GRACE_S)
        server.should_exit = True
        # The shutdown is bounded by GRACE_S; a second cancellation cuts it short.
        try:
            await running
        finally:
            running.cancel()
        raise
