"""Every project of this process: each is opened, runs and is closed by itself; what one does harms no other.

``live`` is what the web looks a project up in at each request: a project is there from the moment its floor can be
watched until its streams are ended.
"""

import asyncio
import contextlib
import logging
import time

from callfloor.config import Config
from callfloor.errors import CallfloorError, ConflictError
from callfloor.project import removing, reporting
from callfloor.project.audio_port import AudioPort
from callfloor.project.connections import Connections
from callfloor.project.running import RunningProject
from callfloor.reports.account_letters import AccountLetters
from callfloor.reports.mail import SmtpServer
from callfloor.sealing import sealer
from callfloor.store.directory_import import TOUCHED
from callfloor.store.projects import Project
from callfloor.store.store import Store
from callfloor.web.ports import LiveProject

logger = logging.getLogger(__name__)

DAY_S = 86_400.0
SESSIONS_KEPT_S = 30 * DAY_S
LOOK_S = 2.0
WRITTEN_S = 30.0  # for what is on its way to the journal, when a project is put to rest
BEGIN_ANEW_S = 5.0  # after a fault of ours in a project's own tasks


class Installation:
    """The projects that run."""

    def __init__(self, store: Store, config: Config) -> None:
        """Nothing runs yet.

        Raises:
            ConfigurationError: the mail server's settings cannot be understood.
        """
        self.store = store
        self.config = config
        self.live: dict[int, LiveProject] = {}
        self.audio = AudioPort(config)
        self._running: dict[int, RunningProject] = {}
        self._connections: dict[int, Connections] = {}
        self._given: dict[int, str] = {}
        self._turn = asyncio.Lock()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._removals: dict[int, asyncio.Task[None]] = {}
        self.simulators: dict[int, str] = {}
        """The address of a project's simulated PBX, which runs in this process."""
        self.sealer = sealer(config.data)
        self._mail: SmtpServer | None = reporting.mail_server(config.smtp_url, config.smtp_from)
        self.account_letters = None if self._mail is None else AccountLetters(self._mail, clock=time.time)

    def get(self, project_id: int) -> RunningProject | None:
        """A project that runs."""
        return self._running.get(project_id)

    def connections(self, project_id: int) -> Connections:
        """The PBX connections of a project that is prepared."""
        return self._connections[project_id]

    def prepare(self, project: Project, *, given: str | None = None) -> RunningProject:
        """A project's floor with all its parts, at rest: ``start`` it, then ``begin``. ``given`` is a PBX's address.

        Raises:
            ConflictError: it runs already.
        """
        if project.id in self._running:
            raise ConflictError("The project runs already.")
        running = RunningProject(project, self.store, self.config, self.audio)
        running.post = reporting.set_up(
            self.store,
            lambda: running.project,
            running.work,
            data=self.config.data,
            server=self._mail,
            public_url=self.config.public_url,
        )
        self._connections[project.id] = Connections(
            self.store, running, self.sealer, self.config, audio=self.audio, given=given
        )
        running.repairing.sealer = self.sealer
        self._running[project.id] = running
        return running

    async def look(self) -> None:
        """Let every project of the store run that does not, as it is there now; and none that is no longer there.

        Raises:
            StoreError: the store cannot be read.
        """
        async with self._turn:
            kept = {project.id: project for project in await self.store.run(self.store.projects.all)}
            if not await self.store.run(self.store.is_administered):
                return  # the first start comes first
            for project_id, running in list(self._running.items()):
                found = kept.get(project_id)
                if found is None:
                    await self.close(project_id)
                    running.handover.forget()
                elif (found.archived_at is None) is running.archived:
                    await self._rest(project_id, running)
                    await self._open(found, given=self._given.get(project_id))
                elif _begins_anew(found, running.project) and not self.config.simulated:
                    await self.close(project_id)
                    await self._open(found, given=self._given.get(project_id))
                else:
                    touched = found.settings.get(TOUCHED) != running.project.settings.get(TOUCHED)
                    running.project = found
                    if touched:
                        await running.load_directory()
            for project_id in kept.keys() - self._running.keys():
                await self._open(kept[project_id])
            for project_id in await self.store.run(self.store.projects.removing):
                self._take_out(project_id)

    async def _rest(self, project_id: int, running: RunningProject) -> None:
        """A project ends here what it did: it rests from now on, or has rested."""
        self.live.pop(project_id, None)
        if not running.archived:
            await running.supervisions.close()  # while its links are there to hang up by
            await self.connections(project_id).rest()
            with contextlib.suppress(TimeoutError):  # what cannot be written now waits on disk until it works again
                async with asyncio.timeout(WRITTEN_S):
                    await running.calls.drained()
        await self.close(project_id)
        running.handover.forget()

    def _take_out(self, project_id: int) -> None:
        """The rows and files of a project that is no more go, beside everything else."""
        task = self._removals.get(project_id)
        if task is None or task.done():
            self._removals[project_id] = asyncio.get_running_loop().create_task(
                removing.take_out(self.store, self.config.data, project_id), name=f"removing-{project_id}"
            )

    async def follow(self) -> None:
        """Projects come, change and go by the command line, too, in another process."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except CallfloorError as error:
                logger.warning("the projects were not looked through", extra={"error_id": error.error_id})

    async def open(self, project: Project, *, given: str | None = None) -> RunningProject:
        """Prepare a project, start it, and let it run.

        Raises:
            ConflictError: it runs already.
            StoreError: what is kept of it cannot be read.
        """
        async with self._turn:
            return await self._open(project, given=given)

    async def _open(self, project: Project, *, given: str | None = None) -> RunningProject:
        if given is not None:
            self._given[project.id] = given
        running = self.prepare(project, given=given)
        simulator = self.simulators.get(project.id)
        running.discovers = simulator is None
        await running.start()
        if not running.archived:
            await self.connections(project.id).open(simulator=simulator)
        self.begin(running)
        return running

    def begin(self, running: RunningProject) -> None:
        """Let a started project be seen and run."""
        self._show(running)
        project_id = running.project.id
        self._tasks[project_id] = asyncio.get_running_loop().create_task(
            self._keep(running), name=f"project-{project_id}"
        )

    def _show(self, running: RunningProject) -> None:
        self.live[running.project.id] = LiveProject(
            source=running,
            hub=running.hub,
            commands=running.commands,
            switch=running.switch,
            work=running.work,
            settings=running,
            messages=running.messages,
            post=running.post,
            uploads=running.imports,
            supervisions=running.supervisions,
            calls=running.calls_asked,
            connections=self._connections[running.project.id],
            repairs=running.records,
            discovery=running.discovering,
            past=running.past,
            settle=running.settle,
        )

    async def close(self, project_id: int) -> None:
        """The project runs no more: streams end, what waits is written. Harmless where it does not run."""
        self.live.pop(project_id, None)
        if project_id in self._running:
            await self._running[project_id].supervisions.close()  # while its links are there to hang up by
            await self._running[project_id].calls_asked.close()
        task = self._tasks.pop(project_id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._connections.pop(project_id, None)
        running = self._running.pop(project_id, None)
        if running is not None:
            await running.close()

    async def close_all(self) -> None:
        """All of them."""
        for project_id in list(self._running):
            await self.close(project_id)
        for task in self._removals.values():
            task.cancel()
        await asyncio.gather(*self._removals.values(), return_exceptions=True)

    async def sweep_sessions(self) -> None:
        """Once a day forget the sessions that ended a month ago."""
        while True:
            with contextlib.suppress(CallfloorError):
                await self.store.change(self.store.sessions.sweep, before=time.time() - SESSIONS_KEPT_S)
            await asyncio.sleep(DAY_S)

    def backlog(self) -> int:
        """How many rows of all projects wait to be written."""
        return sum(running.backlog() for running in self._running.values())

    def troubles(self) -> list[str]:
        """Why they wait, and what to do."""
        return [line for running in self._running.values() for line in running.troubles()]

    async def _keep(self, running: RunningProject) -> None:
        """A fault of ours in one project's tasks ends no other's: they are begun anew, and the log has it."""
        while True:
            try:
                await running.run()
            except Exception:
                logger.exception("a project's tasks failed, and are begun anew", extra={"project": running.project.id})
            await asyncio.sleep(BEGIN_ANEW_S)


def _begins_anew(found: Project, running: Project) -> bool:
    """Whether the project must begin anew to be what it is now. Whatever else is another is told it while it runs."""
    return (found.timezone, found.country) != (running.timezone, running.country)
