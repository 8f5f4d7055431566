"""A server for the page's tests: the real page, the real protocol's frames, and a floor that the test moves by hand.

It speaks what docs/push-protocol.md says, in the product's own frame types, under the product's own content
security policy; so the page, its frames and its headers are held against each other.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from callfloor.errors import NotFoundError
from callfloor.floor.calls import CallRecord, LiveCall, StoryStep
from callfloor.floor.changes import Link, LinkState, Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.supervisions import LiveSupervision
from callfloor.store.journal import JournalCall
from callfloor.store.memberships import Role
from callfloor.web.contract import (
    Accepted,
    EmployeeAction,
    LiveCallDetail,
    ProjectInfo,
    SessionInfo,
    SessionList,
    UserInfo,
)
from callfloor.web.guard import SECURITY_HEADERS
from callfloor.web.pages import Pages
from callfloor.web.push.frames import (
    CallsDelta,
    DeltaFrame,
    EmployeesDelta,
    HeartbeatFrame,
    SnapshotFrame,
    Waits,
    encode,
)
from support.page_answers import answer, delta, new_client, refusal, session_entry
from support.page_floor import directory, story
from support.page_listening import Listening, listening_routes
from support.page_profile import Pasts, profile_routes
from support.waiting import until

PAGE = Path(__file__).resolve().parents[2] / "src/callfloor/web/static"
PASSWORD = "correct horse"
CSRF_TOKEN = "a token"
PROJECTS = ("Northwind Trading", "Второй проект")
T = TypeVar("T")


def link(state: LinkState, since: float, detail: str | None = None) -> Link:
    """The one PBX link in a state."""
    return Link(id="main", name="PBX Moscow", state=state, since=since, detail=detail)


class PageServer:
    """Everything is set from the test's thread; what the streams must hear goes over to the server's loop."""

    def __init__(self, *, page: Path = PAGE) -> None:
        self.signed_in = True
        self.role = Role.ADMINISTRATOR
        self.employee_id: int | None = None  # who the user is
        self.projects = 1
        self.user = UserInfo(id=1, login="anna", name="Anna Keller", locale="", theme="")
        self.throttled_s: int | None = None
        self.refuse_streams = False
        self.silent = False  # streams open, and no snapshot comes
        self._sending = asyncio.Lock()
        self.epoch = "e1"
        self.sequence = 0
        self.calls: dict[str, LiveCall] = {}
        self.employees: dict[int, LiveEmployee] = {}
        self.actions: list[tuple[int, EmployeeAction]] = []  # whose, and what was asked
        self.refused: Response | None = None  # what an action is answered with, other than that it is accepted
        self.links: tuple[Link, ...] = (link(LinkState.LIVE, time.time()),)
        self.waits: Waits | None = None
        self.directory: Directory = directory()
        self.records: dict[str, CallRecord] = {}
        self.pasts = Pasts()
        self.ahead_s = 0.0  # how far this server's clock is from the test's
        self.stories: dict[str, list[StoryStep]] = {}
        self.sessions = [session_entry(1, current=True), session_entry(2, current=False)]
        self.opened: list[str] = []  # the query of each stream that was opened
        self.listening = Listening(self)
        self._streams: set[WebSocket] = set()
        self._pages = Pages(page)
        app = Starlette(
            routes=[
                Route("/api/v1/session", self._session_route, methods=["GET", "POST", "DELETE"]),
                Route("/api/v1/sessions", self._sessions_route),
                Route("/api/v1/sessions/{id:int}", self._revoke_route, methods=["DELETE"]),
                Route("/api/v1/projects/{project:int}/live-calls/{call}", self._live_call_route),
                Route("/api/v1/projects/{project:int}/calls/{call}", self._call_route),
                Route("/api/v1/projects/{project:int}/clients/{e164}", new_client),
                Route(
                    "/api/v1/projects/{project:int}/employees/{id:int}/actions", self._action_route, methods=["POST"]
                ),
                *listening_routes(self.listening),
                *profile_routes(self),
                WebSocketRoute("/api/v1/projects/{project:int}/stream", self._stream),
                Route("/{path:path}", self._page_route),
            ]
        )
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="websockets-sansio"
        )
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise TimeoutError("the page's test server did not start")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.drop(1012)
        self._server.should_exit = True
        self._thread.join(10)

    def now(self) -> float:
        """What time it is here, which is what every page goes by."""
        return time.time() + self.ahead_s

    # --- what tests do ------------------------------------------------------------------------------------------

    def show(self, calls: Sequence[LiveCall] = (), links: Sequence[Link] | None = None) -> None:
        """The floor becomes this, told as one delta."""
        self.do(lambda: self._become(calls={call.id: call for call in calls}, links=links))

    def change(self, *calls: LiveCall, removed: Sequence[str] = (), links: Sequence[Link] | None = None) -> None:
        """These calls are new or changed, those have ended."""
        kept = {key: call for key, call in self.calls.items() if key not in removed}
        self.do(lambda: self._become(calls={**kept, **{call.id: call for call in calls}}, links=links))

    def people(self, *employees: LiveEmployee, removed: Sequence[int] = ()) -> None:
        """These employees are new or read differently, those are gone."""
        kept = {key: row for key, row in self.employees.items() if key not in removed}
        self.do(lambda: self._become(employees={**kept, **{row.id: row for row in employees}}))

    def hold_up(self, waits: Waits | None) -> None:
        """What happened cannot be written down, or can again."""
        self.do(lambda: self._become(waits=waits))

    def skip(self) -> None:
        """A frame is lost on the way: the next does not follow."""
        self.sequence += 1

    def drop(self, code: int = 1012) -> None:
        """Every stream is closed with this code."""

        async def close() -> None:
            for stream in list(self._streams):
                await stream.close(code)

        self.do(close)

    # --- the loop's side ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            serving = asyncio.create_task(self._server.serve())
            await until(lambda: self._server.started or serving.done(), "uvicorn listens; it has no event for it")
            port = self._server.servers[0].sockets[0].getsockname()[1]
            self.address = f"http://127.0.0.1:{port}"
            self._ready.set()
            await serving

        asyncio.run(serve())

    def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """Something on the server's loop, from the test's thread."""

        async def run() -> T:
            return await work()

        if self._loop is None:
            raise RuntimeError("the server has not started")
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    async def _become(
        self,
        *,
        calls: dict[str, LiveCall] | None = None,
        employees: dict[int, LiveEmployee] | None = None,
        links: Sequence[Link] | None = None,
        supervisions: bool = False,
        waits: Waits | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> None:
        async with self._sending:
            people = None if employees is None else delta(EmployeesDelta, self.employees, employees)
            self.sequence += 1
            frame = DeltaFrame(
                epoch=self.epoch,
                sequence=self.sequence,
                server_time=self.now(),
                calls=CallsDelta() if calls is None else delta(CallsDelta, self.calls, calls),
                employees=msgspec.UNSET if people is None else people,
                links=msgspec.UNSET if links is None else tuple(links),
                supervisions=self._supervisions() if supervisions else msgspec.UNSET,
                waits=waits,
            )
            self.calls = self.calls if calls is None else calls
            self.employees = self.employees if employees is None else employees
            self.links = self.links if links is None else tuple(links)
            self.waits = self.waits if waits is msgspec.UNSET else waits
            text = encode(frame).decode()
            for stream in list(self._streams):
                await stream.send_text(text)

    async def tell_supervisions(self) -> None:
        """Who supervises whom, to administrators; nothing to anybody else."""
        if self.role is Role.ADMINISTRATOR:
            await self._become(supervisions=True)

    def _supervisions(self) -> tuple[LiveSupervision, ...]:
        return tuple(self.listening.sessions.values()) if self.role is Role.ADMINISTRATOR else ()

    async def _stream(self, stream: WebSocket) -> None:
        if self.refuse_streams:
            await stream.close(1011)
            return
        self.opened.append(stream.url.query)
        await stream.accept()
        if not self.signed_in:
            await stream.close(4401)
            return
        try:
            async with self._sending:  # whatever changes meanwhile is told after the first frame, and told
                first = self._first(stream)
                self._streams.add(stream)
                if not self.silent:
                    await stream.send_text(encode(first).decode())
            while True:
                await stream.receive_text()
        except WebSocketDisconnect:
            self._streams.discard(stream)

    def _first(self, stream: WebSocket) -> SnapshotFrame | HeartbeatFrame:
        now = self.now()
        if stream.query_params.get("epoch") == self.epoch and stream.query_params.get("sequence") == str(self.sequence):
            return HeartbeatFrame(epoch=self.epoch, sequence=self.sequence, server_time=now)
        snapshot = Snapshot(
            at=now,
            calls=tuple(self.calls.values()),
            links=self.links,
            directory=self.directory,
            employees=tuple(self.employees.values()),
            supervisions=self._supervisions(),
        )
        return SnapshotFrame(
            epoch=self.epoch, sequence=self.sequence, server_time=now, snapshot=snapshot, waits=self.waits
        )

    # --- REST ---------------------------------------------------------------------------------------------------

    async def _session_route(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.signed_in = False
            return Response(status_code=204)
        if request.method == "POST":
            if self.throttled_s is not None:
                return refusal(429, "throttled", retry_after_s=self.throttled_s)
            if (await request.json())["password"] != PASSWORD:
                return refusal(401, "wrong_credentials")
            self.signed_in = True
        if not self.signed_in:
            return refusal(401, "unauthenticated")
        projects = tuple(
            ProjectInfo(
                id=n + 1,
                name=name,
                timezone=self.pasts.timezone,
                country="RU",
                role=self.role,
                employee_id=self.employee_id,
            )
            for n, name in enumerate(PROJECTS[: self.projects])
        )
        return answer(SessionInfo(user=self.user, csrf_token=CSRF_TOKEN, projects=projects))

    async def _sessions_route(self, request: Request) -> Response:
        return answer(SessionList(sessions=tuple(self.sessions)))

    async def _revoke_route(self, request: Request) -> Response:
        if request.headers.get("x-csrf-token") != CSRF_TOKEN:
            return refusal(403, "forbidden")
        self.sessions = [one for one in self.sessions if one.id != request.path_params["id"]]
        return Response(status_code=204)

    async def _live_call_route(self, request: Request) -> Response:
        call = self.calls.get(request.path_params["call"])
        if call is None:
            return refusal(404, "not_found")
        return answer(LiveCallDetail(call=call, story=tuple(self.stories.get(call.id) or story(call))))

    async def _call_route(self, request: Request) -> Response:
        record = self.records.get(request.path_params["call"])
        return refusal(404, "not_found") if record is None else answer(JournalCall(record=record, employees=()))

    async def _action_route(self, request: Request) -> Response:
        if request.headers.get("x-csrf-token") != CSRF_TOKEN:
            return refusal(403, "forbidden")
        action = msgspec.json.decode(await request.body(), type=EmployeeAction, strict=True)
        self.actions.append((request.path_params["id"], action))
        return self.refused or answer(Accepted(), 202)

    async def _page_route(self, request: Request) -> Response:
        try:
            found = self._pages.find(request.path_params["path"])
        except NotFoundError:
            return refusal(404, "not_found")
        if found is None:
            return Response("The page is not built: make setup", status_code=503)
        return Response(found.content, headers={**SECURITY_HEADERS, "Content-Type": found.kind})
