"""The live stream's WebSocket: who may open it, what may come in on it, and the watch over sessions that stand open."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable
from enum import IntEnum
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from callfloor.errors import CallfloorError, ForbiddenError, NotFoundError, UnauthenticatedError
from callfloor.web.access import Action, Viewer
from callfloor.web.ports import Deps
from callfloor.web.protocols import EXTENSION
from callfloor.web.push.frames import CloseCode, PingMessage, PongFrame, encode, on_wire
from callfloor.web.push.outlet import Line, Outlet
from callfloor.web.sessions import Sessions, Signed
from callfloor.web.signed_in import LARGEST_ID

logger = logging.getLogger(__name__)

SESSION_CHECK_S = 1.0
"""How often the sessions of open streams are looked up, in one query: a revoked one is closed within this time."""

STREAMS_PER_SESSION = 24
"""Tabs one browser may have open on the floor; each costs an outbox."""

PING_BURST = 10
PING_PER_S = 1.0
"""The page pings every few seconds to measure its clock; more than this is not the page."""

_ping = msgspec.json.Decoder(PingMessage)


class OpenStream:
    """One open stream of whatever kind, and how it is ended."""

    __slots__ = ("end", "signed", "viewer")

    def __init__(self, end: Callable[[CloseCode, str], None], signed: Signed, viewer: Viewer) -> None:
        self.end = end
        self.signed = signed
        self.viewer = viewer


class Streams:
    """All open streams of this process, by session."""

    def __init__(self, deps: Deps, sessions: Sessions) -> None:
        self._deps = deps
        self._sessions = sessions
        self._open: defaultdict[int, set[OpenStream]] = defaultdict(set)
        self._watch: asyncio.Task[None] | None = None

    def room_for(self, session_id: int) -> bool:
        """Whether the session may open one more."""
        return len(self._open.get(session_id, ())) < STREAMS_PER_SESSION

    def add(self, stream: OpenStream) -> None:
        """Watch over a stream; the first one starts the watch."""
        self._open[stream.signed.session.id].add(stream)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watch_sessions(), name="stream sessions")

    def remove(self, stream: OpenStream) -> None:
        """The stream has ended; the last one ends the watch."""
        streams = self._open[stream.signed.session.id]
        streams.discard(stream)
        if not streams:
            del self._open[stream.signed.session.id]
        if not self._open and self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def revoked(self, session_id: int) -> None:
        """Close a session's streams now."""
        for stream in self._open.get(session_id, ()):
            stream.end(CloseCode.SESSION_REVOKED, "the session has ended")

    async def _watch_sessions(self) -> None:
        while True:
            await asyncio.sleep(SESSION_CHECK_S)
            try:
                await self._check()
            except CallfloorError as error:
                # The store is down: the floor goes on being shown to those who see it; /readyz and the page tell.
                logger.warning("Sessions of open streams could not be checked", extra={"error_id": error.error_id})

    async def _check(self) -> None:
        now = self._deps.clock()
        living = await self._sessions.living(frozenset(self._open), now)
        users = {stream.signed.user.id for streams in self._open.values() for stream in streams}
        viewers = await self._sessions.viewers(users)
        for session_id, streams in list(self._open.items()):
            session = living.get(session_id)
            if session is None:
                self.revoked(session_id)
                continue
            for stream in list(streams):
                if stream.viewer.person not in viewers:
                    stream.end(CloseCode.RESTARTING, "the viewer's rights changed: reconnect")
        # Watching the floor is use: nobody is signed out while watching.
        await self._sessions.touch_all(living.values(), now)


class Allowance:
    """A bucket of messages: ``burst`` at once, ``per_s`` on the long run. The caller brings the instants."""

    __slots__ = ("_at", "_burst", "_left", "_per_s")

    def __init__(self, now: float, burst: float = PING_BURST, per_s: float = PING_PER_S) -> None:
        self._burst, self._per_s = float(burst), per_s
        self._left = self._burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more message is within it."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def stream_routes(deps: Deps, sessions: Sessions, streams: Streams) -> APIRouter:
    """The route of the live stream."""
    router = APIRouter()

    @router.websocket("/api/v1/projects/{project_id}/stream", name="stream")
    async def stream(
        socket: WebSocket,
        project_id: Annotated[str, Path()],
        epoch: Annotated[str | None, Query()] = None,
        sequence: Annotated[str | None, Query()] = None,
    ) -> None:
        """The project's floor, live: docs/push-protocol.md."""
        try:
            signed = await sessions.who_watches(socket, deps.clock())
            viewer = signed.viewer(whole(project_id) or 0)
            project = deps.projects.get(viewer.project_id)
        except UnauthenticatedError:
            await refuse(socket, CloseCode.UNAUTHENTICATED, "sign in first")
            return
        except NotFoundError:
            await refuse(socket, CloseCode.NO_SUCH_PROJECT, "there is no such project")
            return
        except ForbiddenError as error:
            await refuse(socket, CloseCode.FORBIDDEN, str(error))
            return
        except CallfloorError as error:
            logger.warning("A stream could not be opened", extra={"error_id": error.error_id})
            await refuse(socket, CloseCode.INTERNAL, "try again")
            return
        if not viewer.may(Action.WATCH_FLOOR):
            await refuse(socket, CloseCode.FORBIDDEN, "your role does not allow this")
            return
        if project is None:
            await refuse(socket, CloseCode.RESTARTING, "the project's floor is not there yet: reconnect")
            return
        if not streams.room_for(signed.session.id):
            await refuse(socket, CloseCode.TOO_MANY_STREAMS, "too many streams in one session")
            return
        try:
            await socket.accept()
        except WebSocketDisconnect:
            return  # gone already
        outlet = Outlet(line_of(socket))
        entry = OpenStream(outlet.end, signed, viewer)
        streams.add(entry)
        try:
            project.hub.attach(viewer.sight, outlet, epoch, whole(sequence))
            await _listen(socket, outlet, deps)
        finally:
            project.hub.detach(outlet)
            streams.remove(entry)

    return router


async def _listen(socket: WebSocket, outlet: Outlet, deps: Deps) -> None:
    """Answer pings until either side closes."""
    loop = asyncio.get_running_loop()
    allowance = Allowance(loop.time())
    while True:
        message: dict[str, Any] = dict(await socket.receive())
        if message["type"] == "websocket.disconnect":
            return
        if not allowance.take(loop.time()):
            outlet.end(CloseCode.BAD_MESSAGE, "too many messages")
            return
        try:
            _ping.decode(message.get("text") or b"")
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            outlet.end(CloseCode.BAD_MESSAGE, 'only {"type":"ping"} may be sent')
            return
        outlet.wire.write(on_wire(encode(PongFrame(server_time=deps.clock()))))


async def refuse(socket: WebSocket, code: IntEnum, reason: str) -> None:
    """Close with a named code, after the handshake."""
    # Accepted first: a browser's page learns a close code, but nothing of a refused handshake.
    with contextlib.suppress(WebSocketDisconnect):  # gone already
        await socket.accept()
        await socket.close(int(code), reason)


def line_of(socket: WebSocket) -> Line:
    """What the server lends of the connection.

    Raises:
        RuntimeError: another server than ours serves the app.
    """
    line = socket.scope.get("extensions", {}).get(EXTENSION)
    if line is None:
        raise RuntimeError("the stream is served by callfloor.web.server alone, whose protocol lends its transport")
    return line  # type: ignore[no-any-return]


def whole(text: str | None) -> int | None:
    """A whole number as a position or an id has it; anything else is as good as none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 16:
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None
