"""A supervision's WebSocket: who may open it, the sound both ways, the commands, and what a slow page does to it.

Sound that cannot go out is dropped, oldest first; it is never queued without bound, and the PBX's side never waits for
a page. docs/supervision-line.md is the protocol's page.
"""

import asyncio
import logging
from collections import deque
from enum import IntEnum
from typing import Annotated, Any, cast

import msgspec
from fastapi import APIRouter, Path, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from callfloor.errors import CallfloorError, ForbiddenError, NotFoundError, UnauthenticatedError
from callfloor.floor.supervisions import LiveSupervision, Phase
from callfloor.unsent import Sending, not_sent
from callfloor.web.access import Action, Viewer
from callfloor.web.ports import Deps
from callfloor.web.push.frames import on_wire
from callfloor.web.push.outlet import Line
from callfloor.web.sessions import COOKIE, Sessions, Signed
from callfloor.web.streams import Allowance, OpenStream, Streams, line_of, refuse, whole
from callfloor.web.supervision_frames import (
    LARGEST,
    LeaveMessage,
    LineClose,
    LineMessage,
    ModeMessage,
    MuteMessage,
    RefusedFrame,
    SupervisionFrame,
    read_message,
    sound_of,
    sound_on_wire,
)
from callfloor.web.supervision_ports import SupervisionLine
from callfloor.web.supervision_tokens import LineTokens

logger = logging.getLogger(__name__)

WAITING_FRAMES = 8
"""20 ms frames that wait for a network that has stopped; older ones are dropped."""

UNSENT_FRAMES = 2
"""Frames that may wait in this machine's send queue, where nothing can be dropped any more."""

STUCK_S = 10.0
"""A page that has taken nothing for so long is gone, though its connection stands."""

STATE_BYTES = 64 * 1024
"""What may wait unsent when the state is to be told; more than this is a page that does not read."""

SOUND_BURST, SOUND_PER_S = 300, 60.0
"""Binary messages: 50 a second, and what a network that stood still for some seconds brings at once."""

COMMAND_BURST, COMMANDS_PER_S = 20, 2.0

Commands = asyncio.Queue[LineMessage | None]

_encode = msgspec.json.Encoder().encode


class PageLine:
    """The page's end of a line; ``LineSink`` to the session."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._transport = cast(Sending, line.wire)
        self._write = line.wire.write
        self._open = True
        self._sequence = 0
        self._waiting: deque[bytes] = deque(maxlen=WAITING_FRAMES)
        self._sent_at = asyncio.get_running_loop().time()
        self.dropped = 0
        """Frames of sound, since the beginning."""
        line.when_lost(self._lost)

    def audio(self, pcm: bytes, rate: int, sides: int) -> None:
        """20 ms that are heard."""
        if not self._open:
            return
        frame = sound_on_wire(self._sequence, pcm, rate, sides)
        self._sequence += 1
        waiting = self._waiting
        self.dropped += len(waiting) == WAITING_FRAMES
        waiting.append(frame)
        now = asyncio.get_running_loop().time()
        room = UNSENT_FRAMES * len(frame)
        while waiting and not_sent(self._transport) <= room:
            self._write(waiting.popleft())
            self._sent_at = now
        if waiting and now - self._sent_at > STUCK_S:
            self.end(LineClose.TOO_SLOW, "nothing could be sent for too long")

    def supervision(self, supervision: LiveSupervision) -> None:
        """The session's state."""
        self.tell(SupervisionFrame(supervision=supervision))
        if supervision.phase is Phase.ENDED:
            self.end(LineClose.OVER, "the supervision has ended")

    def replaced(self) -> None:
        """Another page has taken over."""
        self.end(LineClose.REPLACED, "another line was opened")

    def tell(self, frame: SupervisionFrame | RefusedFrame) -> None:
        """Send a text."""
        if not self._open:
            return
        if self._transport.get_write_buffer_size() > STATE_BYTES:
            self.end(LineClose.TOO_SLOW, "too much waits unsent")
            return
        self._write(on_wire(_encode(frame)))

    def end(self, code: IntEnum, reason: str) -> None:
        """Close the line with a named code. Harmless when repeated."""
        self._lost()
        self._line.end(int(code), reason)

    def _lost(self) -> None:
        self._open = False
        self._waiting.clear()


def supervision_line_routes(deps: Deps, sessions: Sessions, streams: Streams, tokens: LineTokens) -> APIRouter:
    """The route of a supervision's line."""
    router = APIRouter()

    @router.websocket("/api/v1/projects/{project_id}/supervisions/{supervision_id}/line", name="supervision line")
    async def supervision_line(
        socket: WebSocket,
        project_id: Annotated[str, Path()],
        supervision_id: Annotated[str, Path()],
        token: Annotated[str, Query()] = "",
    ) -> None:
        """Sound, state and commands of one's own supervision: docs/supervision-line.md."""
        try:
            signed = await sessions.who(socket.cookies.get(COOKIE), deps.clock())
            viewer = signed.viewer(whole(project_id) or 0)
            line = _line_for(deps, tokens, signed, viewer, supervision_id, token)
        except CallfloorError as error:
            code = next((code for kind, code in _REFUSALS.items() if isinstance(error, kind)), LineClose.INTERNAL)
            logger.warning("A supervision's line was refused", extra={"error_id": error.error_id, "code": int(code)})
            await refuse(socket, code, "try again" if code is LineClose.INTERNAL else str(error))
            return
        if not streams.room_for(signed.session.id):
            await refuse(socket, LineClose.TOO_MANY, "too many streams in one session")
            return
        try:
            await socket.accept()
        except WebSocketDisconnect:
            return  # gone already
        lent = line_of(socket)
        page = PageLine(lent)
        entry = OpenStream(page.end, signed, viewer)
        streams.add(entry)
        try:
            lent.take_bytes(_hears(page, line), LARGEST)
            line.attach(page)
            commands: Commands = asyncio.Queue()
            async with asyncio.TaskGroup() as group:
                group.create_task(_carry_out(commands, page, line), name="supervision commands")
                try:
                    await _read(socket, page, commands)
                finally:
                    line.detach(page)  # at once; a command that was given before is still carried out
                    commands.put_nowait(None)
        finally:
            streams.remove(entry)

    return router


class TokenRefusedError(CallfloorError):
    """The token opens nothing: it was used, is too old, or is another line's."""

    error_id = "line_token_refused"
    status = 403


_REFUSALS: dict[type[CallfloorError], LineClose] = {
    UnauthenticatedError: LineClose.UNAUTHENTICATED,
    TokenRefusedError: LineClose.TOKEN_REFUSED,
    ForbiddenError: LineClose.FORBIDDEN,
    NotFoundError: LineClose.NO_SUCH_SUPERVISION,
}


def _line_for(
    deps: Deps, tokens: LineTokens, signed: Signed, viewer: Viewer, supervision_id: str, token: str
) -> SupervisionLine:
    viewer.require(Action.SUPERVISE)
    project = deps.projects.get(viewer.project_id)
    if project is None or project.supervisions is None:
        raise NotFoundError("There is no such supervision.")
    if not tokens.take(supervision_id, signed.session.id, token):
        raise TokenRefusedError
    return project.supervisions.line(supervision_id, viewer)


def _hears(page: PageLine, line: SupervisionLine) -> Any:
    """What takes the page's binary messages."""
    loop = asyncio.get_running_loop()
    allowance = Allowance(loop.time(), SOUND_BURST, SOUND_PER_S)

    def hear(message: bytes) -> None:
        if not allowance.take(loop.time()):
            page.end(LineClose.BAD_MESSAGE, "too much sound")
            return
        sound = sound_of(message)
        if sound is None:
            page.end(LineClose.BAD_MESSAGE, "a binary message is a head and 20 ms of mono sound")
            return
        line.send_audio(*sound)

    return hear


async def _read(socket: WebSocket, page: PageLine, commands: Commands) -> None:
    """Take the page's commands until either side closes.

    They are read while one is still being carried out: the connection is not read from while its messages wait, and
    sound comes by the same.
    """
    loop = asyncio.get_running_loop()
    allowance = Allowance(loop.time(), COMMAND_BURST, COMMANDS_PER_S)
    while (message := dict(await socket.receive()))["type"] != "websocket.disconnect":
        if not allowance.take(loop.time()):
            page.end(LineClose.BAD_MESSAGE, "too many messages")
            continue
        try:
            commands.put_nowait(read_message(message.get("text") or b""))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):  # or nothing, where it was binary in parts
            page.end(LineClose.BAD_MESSAGE, "not a command of this protocol")


async def _carry_out(commands: Commands, page: PageLine, line: SupervisionLine) -> None:
    """One after another, until None."""
    while (command := await commands.get()) is not None:
        try:
            match command:
                case ModeMessage():
                    await line.set_mode(command.mode)
                case MuteMessage():
                    await line.set_muted(muted=command.muted)
                case LeaveMessage():
                    await line.leave()
        except CallfloorError as error:
            kind = str(command.__struct_config__.tag)
            page.tell(RefusedFrame(command=kind, error_id=error.error_id, message=str(error)))
