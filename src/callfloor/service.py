"""The only file that knows every room: builds them, wires them, and runs the task group.

The PBX's bytes come in on the event loop, are translated and applied to the floor in the same turn, and the changes
go out without waiting: to the push hub and to the journal's writer. The read is the inbox: nothing queues between
the socket and the floor, so a burst is bounded by what the kernel holds (docs/decisions).
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from callfloor import __version__
from callfloor.asterisk.ami_url import parse_url
from callfloor.asterisk.commands import Commands
from callfloor.asterisk.discovery import discover
from callfloor.asterisk.link import PbxLink
from callfloor.config import Config
from callfloor.errors import AmiError, CallfloorError, ConfigurationError
from callfloor.floor import facts
from callfloor.floor.calls import LiveCall, StoryStep
from callfloor.floor.changes import CallFinished, Change, Link, LinkChanged, LinkState, Snapshot
from callfloor.floor.directory import BusinessNumber, Department, Directory, Employee, Queue
from callfloor.floor.employees import Status
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.simulator import CompanyDirectory, Simulator
from callfloor.store.projects import Project
from callfloor.store.store import Store
from callfloor.store.writer import JournalWriter
from callfloor.web.app import create_app
from callfloor.web.passwords import hash_now
from callfloor.web.ports import Deps, LiveProject
from callfloor.web.push.hub import Hub
from callfloor.web.server import serve

logger = logging.getLogger(__name__)

DAY_S = 86_400.0
SESSIONS_KEPT_S = 30 * DAY_S
TICK_S = 5.0  # how often time passes on the floor: ghosts expire by it
SIMULATED_TIMEZONE = "Europe/Kyiv"
ADMINISTRATOR = "admin"


class RunningProject:
    """One project's floor with what feeds it and what it feeds. Fits the web's ``FloorSource``."""

    def __init__(self, project: Project, store: Store, config: Config) -> None:
        self.project = project
        self.store = store.project(project.id)
        self._store = store
        self.floor = Floor()
        self.hub = Hub(self.floor.snapshot(), time.time)
        self.writer = JournalWriter(store, self.store.journal, config.data / f"calls-{project.id}.spill")
        self.pbx: list[PbxLink] = []
        self._outages: asyncio.Queue[tuple[int, LinkChanged]] = asyncio.Queue()

    # --- facts in, changes out --------------------------------------------------------------------------------

    def take(self, told: Iterable[Fact]) -> None:
        """Apply facts and hand their changes on. Nothing here waits."""
        changes: list[Change] = []
        for fact in told:
            changes += self.floor.apply(fact)
        if not changes:
            return
        self.hub.publish(changes)
        for change in changes:
            if isinstance(change, CallFinished):
                self.writer.put(change.record)
            elif isinstance(change, LinkChanged):
                self._outages.put_nowait((int(change.after.id.removeprefix("pbx")), change))

    # --- FloorSource ------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        return self.floor.snapshot()

    def call_detail(self, call_id: str) -> tuple[LiveCall, Sequence[StoryStep]] | None:
        call = self.floor.call(call_id)
        return None if call is None else (call, self.floor.story(call_id))

    def links(self) -> Sequence[Link]:
        return self.floor.snapshot().links

    # --- what the web asks for ---------------------------------------------------------------------------------

    def switch(self, employee_id: int, status: Status | None, *, by: str) -> None:
        """Callfloor's own switch of an employee. Fits the web's ``SwitchEmployee``."""
        self.take([facts.EmployeeSwitched(at=time.time(), employee_id=employee_id, status=status, by=by)])

    # --- the directory ----------------------------------------------------------------------------------------

    async def load_directory(self) -> None:
        """Tell the floor and the PBX links who is who, as the store has it now."""
        directory = await self._store.run(self.store.directory.load)
        self.take([facts.DirectorySet(time.time(), directory)])
        accounts = [account for employee in directory.employees for account in employee.accounts]
        for pbx in self.pbx:
            pbx.parties.give(accounts)

    async def accept(self, proposed: Directory) -> None:
        """Take over what the directory does not know yet; what was edited here stays."""
        await self._store.change(self.store.directory.accept, proposed)
        await self.load_directory()

    # --- tasks ------------------------------------------------------------------------------------------------

    async def pass_time(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.take([facts.Tick(time.time())])

    async def sweep_sessions(self) -> None:
        """Once a day forget the sessions that ended a month ago."""
        while True:
            with contextlib.suppress(CallfloorError):
                await self._store.change(self._store.sessions.sweep, before=time.time() - SESSIONS_KEPT_S)
            await asyncio.sleep(DAY_S)

    async def note_outages(self) -> None:
        """Write each loss and return of a PBX link down, so that a gap in our watching is known for ever."""
        while True:
            link_id, change = await self._outages.get()
            after = change.after
            try:
                if after.state is LinkState.LIVE:
                    await self._store.change(self.store.links.up, link_id, at=after.since)
                elif change.before is None or change.before.state is LinkState.LIVE:
                    await self._store.change(
                        self.store.links.down, link_id, at=after.since, reason=after.detail or "not connected yet"
                    )
            except CallfloorError as error:
                logger.warning("outage not written", extra={"link": link_id, "error_id": error.error_id})

    async def keep_discovered(self, pbx: PbxLink) -> None:
        """Propose the PBX's accounts and queues to the directory; run after each connect."""
        try:
            await self.accept(await discover(pbx.connection, pbx.parties))
        except (AmiError, CallfloorError) as error:
            logger.warning("discovery failed", extra={"link": pbx.id, "error_id": error.error_id})

    async def close(self) -> None:
        self.hub.close()
        left = await self.writer.close()
        if left.at_risk:
            logger.error("finished calls could not be written anywhere", extra={"rows": left.at_risk})


def simulated_directory(company: CompanyDirectory) -> Directory:
    """The simulated company in the floor's words."""
    departments = tuple(Department(id=number, name=name) for number, name in enumerate(company.departments, start=1))
    numbers = {department.name: department.id for department in departments}
    return Directory(
        departments=departments,
        employees=tuple(
            Employee(id=place, name=person.name, department_id=numbers[person.department], accounts=(person.account,))
            for place, person in enumerate(company.employees, start=1)
        ),
        queues=tuple(Queue(name=queue.name, label=queue.label) for queue in company.queues),
        numbers=tuple(
            BusinessNumber(number=n.number, label=n.label, source=n.source, scheme=n.scheme) for n in company.numbers
        ),
    )


def open_store(config: Config, say: Callable[[str], None]) -> tuple[Store, Project]:
    """Open the store, bring its tables up to date, make the first project and administrator where there are none.

    ``say`` is told what a person at the terminal wants to know, the first password among it.
    """
    config.data.mkdir(parents=True, exist_ok=True)
    store = Store.open(config.database_url, progress=lambda step: None if step.done else say(f"  store: {step.title}"))
    password = config.admin_password or secrets.token_urlsafe(9)
    first = store.first_start(
        project_name=config.project_name,
        timezone=config.timezone or (SIMULATED_TIMEZONE if config.simulated else "UTC"),
        country=config.country or ("UA" if config.simulated else "US"),
        language=config.language,
        login=ADMINISTRATOR,
        user_name="Administrator",
        password_hash=lambda: hash_now(password),
        now=time.time(),
    )
    if first.administrator is None:
        say(f"  sign in as {ADMINISTRATOR!r} with the password of the first start")
    elif config.admin_password:
        say(f"  sign in as {first.administrator.login!r} with the password of CALLFLOOR_ADMIN_PASSWORD")
    else:
        say(f"  sign in as {first.administrator.login!r}, password {password}")
    return store, first.project


async def run(
    config: Config, say: Callable[[str], None], *, history: Callable[[], Coroutine[Any, Any, None]] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        config: the settings.
        say: told what a person at the terminal wants to know.
        history: fills a new store with the simulated past, in a process of its own.

    Raises:
        ConfigurationError: a setting is wrong, or the address is taken.
        StoreError: the store cannot be opened.
    """
    store, project = await asyncio.to_thread(open_store, config, say)
    running = RunningProject(project, store, config)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(store.close)
        stack.push_async_callback(running.close)
        url, past = config.pbx_url, None
        if config.simulated:
            simulator = Simulator(
                seed=config.simulated_seed, employees=config.simulated_employees, timezone=SIMULATED_TIMEZONE
            )
            url = await stack.enter_async_context(simulator.serve())
            await running.accept(simulated_directory(simulator.directory()))
            past = simulator.take_past()
        if url is None:
            raise ConfigurationError("Set CALLFLOOR_PBX_URL, for example ami://user:secret@pbx.example.com:5038")
        pbx = await _add_link(running, store, url, simulated=config.simulated)
        await running.load_directory()
        await running.writer.start()
        if past is not None:
            pbx.hear_past(past)
        await _serve(config, running, store, say, history)


async def _add_link(running: RunningProject, store: Store, url: str, *, simulated: bool) -> PbxLink:
    parsed = parse_url(url)
    name = "Simulated PBX" if simulated else parsed.host
    stored = await store.change(running.store.links.put, name, url, now=time.time())
    pbx = PbxLink(link=f"pbx{stored.id}", name=name, url=parsed, on_facts=running.take, country=running.project.country)
    running.pbx.append(pbx)
    running.take([facts.LinkLost(time.time(), pbx.id, name, "connecting", ever=False)])
    return pbx


async def _serve(
    config: Config,
    running: RunningProject,
    store: Store,
    say: Callable[[str], None],
    history: Callable[[], Coroutine[Any, Any, None]] | None,
) -> None:
    pbx = running.pbx[0]
    live = LiveProject(
        source=running,
        hub=running.hub,
        commands=Commands(pbx.connection, pbx.translator.people),
        switch=running.switch,
    )
    app = create_app(
        Deps(
            store=store,
            projects={running.project.id: live},
            backlog=lambda: running.writer.backlog.rows,
            clock=time.time,
            version=__version__,
        )
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def ready(host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        say(f"  Callfloor is at http://{shown}:{port}")

    discoveries: set[asyncio.Task[None]] = set()

    def on_discovery(pbx: PbxLink) -> None:
        task = loop.create_task(running.keep_discovered(pbx), name=f"discover-{pbx.id}")
        discoveries.add(task)
        task.add_done_callback(discoveries.discard)

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(serve(app, config.listen_host, config.listen_port, ready=ready), name="web"),
            group.create_task(running.pass_time(), name="time"),
            group.create_task(running.note_outages(), name="outages"),
            group.create_task(running.sweep_sessions(), name="sessions"),
        ]
        for pbx in running.pbx:
            if not config.simulated:
                pbx.on_discovery = on_discovery
            tasks.append(group.create_task(pbx.run(), name=pbx.id))
        if history is not None:
            tasks.append(group.create_task(history(), name="history"))
        await stop.wait()
        say("  stopping …")
        for task in [*tasks, *discoveries]:
            task.cancel()
