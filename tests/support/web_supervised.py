"""A project's supervisions for the web's tests: what stands for the PBX's side, and remembers what it was asked."""

import asyncio
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import connect

from callfloor.errors import CallfloorError, NotFoundError
from callfloor.floor.supervisions import Ending, LiveSupervision, Mode, Phase
from callfloor.web.access import Viewer
from callfloor.web.sessions import COOKIE
from callfloor.web.supervision_ports import AskedSupervision, LineSink, SupervisionWays
from support.web_site import Site


class Session:
    """One session: fits ``SupervisionLine``."""

    def __init__(self, now: LiveSupervision) -> None:
        self.now = now
        self.sink: LineSink | None = None
        self.said: list[tuple[bytes, int]] = []
        self.asked: list[object] = []
        self.detached = 0
        self.refusal: CallfloorError | None = None
        self.go = asyncio.Event()
        """Commands are carried out only while it is set."""
        self.go.set()

    def attach(self, sink: LineSink) -> None:
        before, self.sink = self.sink, sink
        if before is not None:
            before.replaced()
        sink.supervision(self.now)

    def detach(self, sink: LineSink) -> None:
        self.detached += 1
        if self.sink is sink:
            self.sink = None

    def send_audio(self, pcm: bytes, rate: int) -> None:
        self.said.append((pcm, rate))

    async def set_mode(self, mode: Mode) -> None:
        await self._do(mode, mode=mode)

    async def set_muted(self, *, muted: bool) -> None:
        await self._do(muted, muted=muted)

    async def leave(self) -> None:
        await self._do("leave", phase=Phase.ENDED, ending=Ending.LEFT)

    async def _do(self, what: object, **changes: Any) -> None:
        await self.go.wait()
        self.asked.append(what)
        if self.refusal is not None:
            raise self.refusal
        self.becomes(**changes)

    def becomes(self, **changes: Any) -> None:
        """The session is so now, and its page is told."""
        self.now = msgspec.structs.replace(self.now, **changes)
        if self.sink is not None:
            self.sink.supervision(self.now)

    def heard(self, pcm: bytes, rate: int = 8000, sides: int = 1) -> None:
        """The PBX sends what is heard."""
        if self.sink is not None:
            self.sink.audio(pcm, rate, sides)


class Supervised:
    """Fits ``Supervisions``."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}

    async def start(self, viewer: Viewer, user_name: str, asked: AskedSupervision) -> LiveSupervision:
        now = LiveSupervision(
            id=f"s{len(self.sessions) + 1}",
            user_id=viewer.user_id,
            user_name=user_name,
            call_id=asked.call_id,
            employee_id=1,
            account="101",
            way=asked.way,
            phase=Phase.ON,
            since=1.0,
            mode_since=1.0,
        )
        self.sessions[now.id] = Session(now)
        return now

    def line(self, supervision_id: str, viewer: Viewer) -> Session:
        return self._own(supervision_id, viewer)

    def of(self, viewer: Viewer) -> tuple[LiveSupervision, ...]:
        return tuple(each.now for each in self.sessions.values() if each.now.user_id == viewer.user_id)

    async def change(
        self, supervision_id: str, viewer: Viewer, *, mode: Mode | None, muted: bool | None
    ) -> LiveSupervision:
        session = self._own(supervision_id, viewer)
        session.becomes(mode=mode or session.now.mode, muted=session.now.muted if muted is None else muted)
        return session.now

    async def leave(self, supervision_id: str, viewer: Viewer) -> LiveSupervision:
        session = self._own(supervision_id, viewer)
        await session.leave()
        return session.now

    async def ways(self, viewer: Viewer, call_id: str | None) -> SupervisionWays:
        del viewer, call_id
        return SupervisionWays(browser=True, why_not=None, phones=(), ask_reason=False)

    def is_told(self, employee_id: int) -> bool:
        del employee_id
        return False

    def _own(self, supervision_id: str, viewer: Viewer) -> Session:
        found = self.sessions.get(supervision_id)
        if found is None or found.now.user_id != viewer.user_id:
            raise NotFoundError("There is no such supervision.")
        return found


class SupervisedSite:
    """A site whose first project can supervise."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.supervised = Supervised()
        project = site.projects[site.ours]
        site.projects[site.ours] = msgspec.structs.replace(project, supervisions=self.supervised)

    @property
    def path(self) -> str:
        return f"/api/v1/projects/{self.site.ours}/supervisions"

    async def begin(self, client: httpx.AsyncClient) -> tuple[Session, str]:
        """A session of this user's, and its line's token."""
        answer = await client.post(self.path, json={"call_id": "c", "way": "browser"})
        assert answer.status_code == 201, answer.text
        return self.supervised.sessions[answer.json()["supervision"]["id"]], answer.json()["token"]

    def line(
        self,
        client: httpx.AsyncClient | None,
        supervision: str,
        token: str | None,
        project: int | None = None,
        **more: Any,
    ) -> connect:
        """A WebSocket to a line, with the browser's cookie."""
        cookies = {} if client is None else {"Cookie": f"{COOKIE}={client.cookies.get(COOKIE, '')}"}
        path = f"/api/v1/projects/{project or self.site.ours}/supervisions/{supervision}/line"
        query = "" if token is None else f"?token={token}"
        headers = {**cookies, **more.pop("headers", {})}
        address = f"ws://127.0.0.1:{self.site.port}{path}{query}"
        return connect(address, additional_headers=headers, compression=None, proxy=None, **more)
