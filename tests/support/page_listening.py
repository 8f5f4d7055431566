"""The supervision side of the page's test server: sessions that the test moves by hand, their lines, and sound on them.

What is answered and told is in the product's own types; docs/supervision-line.md is the line's page.
"""

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from callfloor.floor.supervisions import Ending, LiveSupervision, Mode, Phase, Way
from callfloor.web.supervision_frames import LineClose, RefusedFrame, SupervisionFrame
from support.page_answers import answer, refusal

if TYPE_CHECKING:
    from support.page_server import PageServer

RATE = 8000
_FRAME = RATE // 50
ME = 1
"""The user of the page's test server."""


def tone(first: float, second: float, at: int) -> bytes:
    """20 ms of two sides: the employee's and the client's tone, from a frame's number."""
    steps = range(at * _FRAME, (at + 1) * _FRAME)
    sides = [(math.sin(math.tau * hertz * step / RATE) for step in steps) for hertz in (first, second)]
    pcm = b"".join(
        int(8000 * sample).to_bytes(2, "little", signed=True) for both in zip(*sides, strict=True) for sample in both
    )
    return (at & 0xFFFF).to_bytes(2, "little") + bytes((RATE // 1000, 2)) + pcm


def session(number: int, call_id: str, *, now: float, **changed: Any) -> LiveSupervision:
    """A session of the page's user, on a call of employee 1."""
    first = LiveSupervision(
        id=f"s{number}",
        user_id=ME,
        user_name="Anna Keller",
        call_id=call_id,
        employee_id=1,
        account="101",
        way=Way.BROWSER,
        since=now,
        mode_since=now,
    )
    return msgspec.structs.replace(first, **changed)


class Listening:
    """Sessions by their id, and what the page asked for."""

    def __init__(self, server: "PageServer") -> None:
        self._server = server
        self.sessions: dict[str, LiveSupervision] = {}
        self.phones: tuple[str, ...] = ("190",)
        self.browser = True
        self.why_not: str | None = None
        self.ask_reason = False
        self.tells = False  # employees learn of it
        self.opens = Phase.ON  # what a session by browser becomes once its line is open
        self.started: list[dict[str, Any]] = []
        self.acts: list[tuple[str, dict[str, Any]]] = []
        self.refused: Response | None = None  # what a start or an act is answered with
        self.refuses_mode: str | None = None  # why no mode is switched
        self.over: dict[str, LiveSupervision] = {}  # ended: their line tells why
        self.ends_at_once: Ending | None = None  # what a session ends with before its line can be open
        self.lets_back = True  # a line that was lost may be opened anew
        self.commands: list[dict[str, Any]] = []  # from the page, over the lines
        self.heard = 0  # frames of sound from the page
        self.opened = 0  # lines that were opened, of all sessions
        self._lines: dict[str, WebSocket] = {}
        self._sounding: set[asyncio.Task[None]] = set()

    # --- what tests do ------------------------------------------------------------------------------------------

    def put(self, session: LiveSupervision) -> None:
        """A session becomes this, told over its line and to administrators."""
        self._server.do(lambda: self._told(session))

    def become(self, session_id: str, **changed: Any) -> None:
        """Some of a session is another now."""
        self.put(msgspec.structs.replace(self.sessions[session_id], **changed))

    def end(self, session_id: str, ending: Ending, detail: str | None = None) -> None:
        """The session ends."""
        self.become(session_id, phase=Phase.ENDED, ending=ending, ending_detail=detail)

    def cut(self) -> None:
        """Every line is lost, as by the network."""

        async def close() -> None:
            for line in list(self._lines.values()):
                await line.close(LineClose.INTERNAL)

        self._server.do(close)

    @property
    def lines(self) -> int:
        """How many lines are open."""
        return len(self._lines)

    # --- the loop's side ----------------------------------------------------------------------------------------

    async def _told(self, session: LiveSupervision) -> None:
        if session.phase is Phase.ENDED:
            self.sessions.pop(session.id, None)
            self.over[session.id] = session
        else:
            self.sessions[session.id] = session
        line = self._lines.get(session.id)
        if line is not None:
            await line.send_text(msgspec.json.encode(SupervisionFrame(supervision=session)).decode())
            if session.phase is Phase.ENDED:
                await line.close(LineClose.OVER)
        await self._server.tell_supervisions()

    async def ways(self, _request: Request) -> Response:
        told = {
            "browser": self.browser,
            "why_not": self.why_not,
            "phones": self.phones,
            "ask_reason": self.ask_reason,
        }
        return answer(told)

    async def list_or_start(self, request: Request) -> Response:
        if request.method == "GET":
            return answer({"supervisions": tuple(self.sessions.values())})
        wanted = await request.json()
        self.started.append(wanted)
        if self.refused is not None:
            return self.refused
        if self.ask_reason and not wanted.get("reason"):
            return refusal(422, "reason_needed", "A reason is asked for.")
        call = self._server.calls.get(wanted["call_id"])
        if call is None:
            return refusal(404, "not_found")
        heard = [p for p in call.parties if p.account and wanted.get("employee_id") in {None, p.employee_id}]
        made = session(
            len(self.started),
            call.id,
            now=time.time(),
            employee_id=heard[0].employee_id,
            account=heard[0].account,
            way=Way(wanted["way"]),
            phone=wanted.get("phone"),
            reason=wanted.get("reason"),
        )
        await self._told(made)
        if self.ends_at_once is not None:
            await self._told(msgspec.structs.replace(made, phase=Phase.ENDED, ending=self.ends_at_once))
        return answer({"supervision": made, "token": f"t-{made.id}"}, 201)

    async def one(self, request: Request) -> Response:
        found = self.sessions.get(request.path_params["id"])
        if found is None:
            return refusal(404, "not_found")
        ended = msgspec.structs.replace(found, phase=Phase.ENDED, ending=Ending.LEFT)
        await self._told(ended)
        return answer(ended, 202)

    async def token(self, request: Request) -> Response:
        supervision_id = request.path_params["id"]
        found = self.sessions.get(supervision_id) or self.over.get(supervision_id)
        if found is None or not self.lets_back:
            return refusal(404, "not_found")
        return answer({"token": f"t-{found.id}"})

    async def supervised(self, request: Request) -> Response:
        told = {one.employee_id for one in self.sessions.values() if self.tells}
        return answer({"supervised": request.path_params["id"] in told})

    async def act(self, request: Request) -> Response:
        self.acts.append((request.path_params["call"], await request.json()))
        return self.refused or answer({}, 202)

    async def line(self, line: WebSocket) -> None:
        """A session's line: its state at once, then commands and sound."""
        await line.accept()
        supervision_id = line.path_params["id"]
        found = self.sessions.get(supervision_id) or self.over.get(supervision_id)
        if found is None or line.query_params.get("token") != f"t-{found.id}":
            await line.close(LineClose.TOKEN_REFUSED)
            return
        if found.phase is Phase.ENDED:
            await line.send_text(msgspec.json.encode(SupervisionFrame(supervision=found)).decode())
            await line.close(LineClose.OVER)
            return
        before, self._lines[found.id] = self._lines.get(found.id), line
        self.opened += 1
        if before is not None:
            await before.close(LineClose.REPLACED)
        if found.way is Way.BROWSER and found.phase is Phase.STARTING:
            found = msgspec.structs.replace(found, phase=self.opens)
        await self._told(found)
        sounding = asyncio.create_task(self._sound(found.id, line))
        self._sounding.add(sounding)
        try:
            while True:
                message = await line.receive()
                if message["type"] == "websocket.disconnect":
                    break
                if message.get("bytes") is not None:
                    self.heard += 1
                else:
                    await self._obey(found.id, msgspec.json.decode(message["text"]))
        finally:
            sounding.cancel()
            self._sounding.discard(sounding)
            if self._lines.get(found.id) is line:
                del self._lines[found.id]

    async def _obey(self, session_id: str, command: dict[str, Any]) -> None:
        self.commands.append(command)
        now = self.sessions[session_id]
        if command["type"] == "mode" and self.refuses_mode:
            frame = RefusedFrame(command="mode", error_id="ami_refused", message=self.refuses_mode)
            await self._lines[session_id].send_text(msgspec.json.encode(frame).decode())
        elif command["type"] == "mode":
            await self._told(msgspec.structs.replace(now, mode=Mode(command["mode"]), mode_since=time.time()))
        elif command["type"] == "mute":
            await self._told(msgspec.structs.replace(now, muted=command["muted"]))
        else:
            await self._told(msgspec.structs.replace(now, phase=Phase.ENDED, ending=Ending.LEFT))

    async def _sound(self, session_id: str, line: WebSocket) -> None:
        """Both sides speak, 20 ms at a time, as long as there is something to hear."""
        loop = asyncio.get_running_loop()
        begin, number = loop.time(), 0
        while True:
            now = self.sessions.get(session_id)
            if now is not None and now.phase is Phase.ON and now.way is Way.BROWSER:
                try:
                    await line.send_bytes(tone(440, 880, number))
                except (WebSocketDisconnect, RuntimeError):
                    return
            number += 1
            due: asyncio.Future[None] = loop.create_future()
            timer = loop.call_at(begin + number * 0.02, due.set_result, None)
            try:
                await due
            finally:
                timer.cancel()


def listening_routes(listening: Listening) -> list[Route | WebSocketRoute]:
    """What the page asks of supervision."""
    base = "/api/v1/projects/{project:int}"
    return [
        Route(f"{base}/supervisions/ways", listening.ways),
        Route(f"{base}/supervisions", listening.list_or_start, methods=["GET", "POST"]),
        Route(f"{base}/supervisions/{{id}}", listening.one, methods=["DELETE"]),
        Route(f"{base}/supervisions/{{id}}/token", listening.token, methods=["POST"]),
        Route(f"{base}/live-calls/{{call}}/actions", listening.act, methods=["POST"]),
        Route(f"{base}/employees/{{id:int}}/supervised", listening.supervised),
        WebSocketRoute(f"{base}/supervisions/{{id}}/line", listening.line),
    ]
