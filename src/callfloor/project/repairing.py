"""A project's repairs while it runs: what was not watched is fetched from the PBX's own records, by itself.

Every outage that is over is tried, and again later, until the records have passed it and all its calls are whole. A
try is a job of the project's long work; only where its connection's records lie must anybody have said.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from callfloor.asterisk.link import PbxLink
from callfloor.errors import (
    CallfloorError,
    InvalidInputError,
    JobCancelledError,
    NotFoundError,
    StoreError,
)
from callfloor.floor.changes import LinkState
from callfloor.floor.floor import Floor
from callfloor.project import repair_try
from callfloor.project.apart import Apart
from callfloor.project.long_work import Kind, LongWork, Report
from callfloor.project.pbx_links import PbxLinks, key_of
from callfloor.project.repair_once import Noted, OneTry
from callfloor.sealing import Sealer
from callfloor.store.projects import Project
from callfloor.store.repairs import Repair, RepairState
from callfloor.store.store import ProjectStore, Store
from callfloor.store.writer import JournalWriter

logger = logging.getLogger(__name__)

REPAIR: Final = "repair"
LOOK_S: Final = 5.0
WRITTEN_S: Final = 20.0
CLOCKS_AGREE_S: Final = 0.25
"""Less than this between the PBX's clock and ours is the wire's doing."""


class Repairing:
    """One project's. Its methods are for the event loop, but for those that say otherwise."""

    def __init__(
        self,
        project: Callable[[], Project],
        store: Store,
        within: ProjectStore,
        *,
        floor: Floor,
        links: PbxLinks,
        work: LongWork,
        calls: JournalWriter,
        folders: Sequence[tuple[str, Path]],
        apart: Apart,
        clock: Callable[[], float],
    ) -> None:
        """``folders`` are the PBXes' folders of logs by the connections' names, ``""`` for the only one's."""
        self._project = project
        self._store = store
        self._within = within
        self._floor = floor
        self._links = links
        self._work = work
        self._calls = calls
        self.folders = folders
        self._clock = clock
        self._apart = apart
        self._once = OneTry(project, folders, clock, 0)
        self._now: dict[int, Noted] = {}
        self._running: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self.told: dict[str, int] = {}
        """How many repairs there are by state, as they were looked at last."""
        self.watched_at: float | None = None
        """The last instant at which an earlier process watched."""
        self._seen: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        work.register(REPAIR, Kind(run=self._try))

    @property
    def sealer(self) -> Sealer | None:
        """Opens the databases' passwords; set before ``run``."""
        return self._once.sealer

    @sealer.setter
    def sealer(self, sealer: Sealer) -> None:
        self._once.sealer = sealer

    def unwatched_since(self, link: str, lost_at: float) -> float:
        """Since when a link is not watched that is down since ``lost_at``: at the start, since the process before."""
        if link in self._seen or self.watched_at is None:
            self._seen.add(link)
            return lost_at
        self._seen.add(link)
        return min(lost_at, self.watched_at)

    def wake_from_thread(self) -> None:
        """As ``wake``, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.wake)

    def wake(self) -> None:
        """There may be something to do: a link is up, somebody asked, a source was named."""
        self._wake.set()

    async def run(self) -> None:
        """Look after repairs, until cancelled."""
        self._loop = asyncio.get_running_loop()
        await self._surely(self._within.repairs.recover, self._clock())
        while True:
            self._wake.clear()
            with contextlib.suppress(StoreError):
                await self._look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()

    async def ask(
        self, link_id: int, began: float, ended: float, *, user_id: int | None, user_name: str | None
    ) -> Repair:
        """Have a period of a connection repaired, at once.

        Raises:
            NotFoundError: the project has no such connection.
            InvalidInputError: nobody said where its records lie, or the period is none.
        """
        now = self._clock()
        if not 0 < began < ended or began >= now:
            raise InvalidInputError("a repair's period lies in the past, and ends after it begins")
        places = await self._store.run(self._once.known, self._within)
        if link_id not in places:
            raise InvalidInputError("Say first where this PBX's call records lie.", field="database")
        made = await self._store.change(
            self._within.repairs.ask,
            link_id,
            began,
            min(ended, now),
            user_id=user_id,
            user_name=user_name,
            at=now,
        )
        self.wake()
        return made

    # --- what there is to do ------------------------------------------------------------------------------------

    async def _look(self) -> None:
        now = self._clock()
        places = await self._store.run(self._once.known, self._within)
        for link_id in places:
            await self._store.change(self._within.repairs.note_outages, link_id, now=now)
        for repair in await self._store.run(self._within.repairs.due, now):
            pbx = self._links.find(key_of(repair.link_id))
            ready = repair.outage_id is None or self._is_ready(pbx)
            if repair.link_id in places and repair.link_id not in self._running and ready:
                await self._begin(repair, pbx)
        counted: dict[str, int] = {}
        for repair in await self._store.run(self._within.repairs.latest, 500):
            counted[repair.state.value] = counted.get(repair.state.value, 0) + 1
        self.told = counted

    def _is_ready(self, pbx: PbxLink | None) -> bool:
        """A link that connects is waited for: only then it is known what goes on."""
        if pbx is None:
            return True
        state = next((link.state for link in self._floor.snapshot().links if link.id == pbx.id), None)
        return state is not LinkState.CONNECTING

    async def _begin(self, repair: Repair, pbx: PbxLink | None) -> None:
        """What is on its way to the journal goes first; then what goes on is noted, and the try begins."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WRITTEN_S):
                await self._calls.drained()
        accounts: tuple[str, ...] = ()
        trunks: tuple[str, ...] = ()
        ahead_s, sure = 0.0, False
        if pbx is not None:
            accounts, trunks = tuple(pbx.parties.accounts), tuple(pbx.parties.trunks)
            ahead_s = -pbx.translator.people.ours(0.0)
            sure = pbx.connection.is_up
        now = repair_try.Now(
            at=self._clock(),
            live=self._live(key_of(repair.link_id)),
            sure=sure,
            ahead_s=ahead_s if abs(ahead_s) > CLOCKS_AGREE_S else 0.0,
        )
        self._now[repair.id] = Noted(now=now, accounts=accounts, trunks=trunks)
        self._running.add(repair.link_id)
        job = await self._work.start(REPAIR, {"repair": repair.id, "link": repair.link_name})
        task = asyncio.get_running_loop().create_task(self._ended(repair, job.id), name=f"repair-{repair.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ended(self, repair: Repair, job_id: int) -> None:
        try:
            await self._work.ended(job_id)
        except CallfloorError as error:
            logger.warning("a repair's job was lost", extra={"repair": repair.id, "error_id": error.error_id})
        finally:
            self._now.pop(repair.id, None)
            # A try that was cut short (its process was killed, the store was away) left it as running.
            next_at = self._clock() + repair_try.back_off(repair.tries + 1)
            await self._surely(self._within.repairs.give_back, repair.id, next_at)
            self._running.discard(repair.link_id)
            self.wake()

    def _live(self, link: str) -> frozenset[str]:
        """Ids of the calls and legs of a link that go on."""
        prefix = f"{link}-"
        found: set[str] = set()
        for call in self._floor.snapshot().calls:
            if call.id.startswith(prefix):
                found |= {call.id, *(leg.leg for leg in self._floor.legs(call.id))}
        return frozenset(each.removeprefix(prefix).partition("~")[0] for each in found)

    # --- one try, on a thread of its own that waits for a process -----------------------------------------------------

    def _try(self, project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        repair_id = int(params["repair"])
        noted = self._now.get(repair_id)
        if noted is None:
            raise NotFoundError("This repair is not wanted any more.")

        def progress(done: int, of: int | None) -> None:
            report.progress(done, report.of if of is None else of)

        try:
            came, after = self._apart.repair(project.project_id, repair_id, noted, self.folders, progress)
        except JobCancelledError as error:
            repair = project.repairs.get(repair_id)
            values = repair_try.failed(repair, str(error), self._clock(), for_good=True)
            project.repairs.set(repair_id, **values)
            raise
        if after.state is not RepairState.WAITING:
            logger.info("a period is repaired", extra={"repair": after.id, "state": after.state.value})
        return {
            "calls": came.calls,
            "mended": came.mended,
            "known": came.known,
            "refused": came.refused,
            "rows": came.rows,
            "state": after.state.value,
            "lacking": after.lacking,
        }

    async def _surely(self, fn: Callable[..., object], *args: Any) -> None:
        while True:
            try:
                await self._store.change(fn, *args)
                return
            except StoreError as error:
                logger.warning("repairs wait for the store", extra={"error_id": error.error_id})
            await asyncio.sleep(LOOK_S)
