"""The only file that knows every room: builds them, wires them, and runs the task group.

The PBX's bytes come in on the event loop, are translated and applied to the floor in the same turn, and the changes
go out without waiting: to the push hub and to the journal's writer. The read is the inbox: nothing queues between
the socket and the floor, so a burst is bounded by what the kernel holds (docs/decisions/0006).
"""

import asyncio
import contextlib
import gc
import logging
import secrets
import signal
import time
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

from callfloor import __version__, data_folder, systemd
from callfloor.assembly import Made, make, make_early
from callfloor.config import Config
from callfloor.errors import StoppedError
from callfloor.floor.directory import BusinessNumber, Department, Directory, Employee, Queue, Trunk
from callfloor.listener import opened
from callfloor.project import simulated_messages, simulated_past, simulated_tariffs
from callfloor.project.installation import Installation
from callfloor.project.upgrading import Upgrading
from callfloor.settled import settle
from callfloor.simulator import CompanyDirectory, Simulator
from callfloor.store.migrate import MigrationStep, Progress
from callfloor.store.projects import Project
from callfloor.store.store import Store
from callfloor.succession import Predecessor, Succession
from callfloor.web.front import Front, goes_on
from callfloor.web.passwords import hash_now
from callfloor.web.server import serve

logger = logging.getLogger(__name__)

SIMULATED_TIMEZONE = "Europe/Kyiv"
TRUNK_LABELS = {"trunk-a": "Main line", "trunk-b": "Second line"}
ADMINISTRATOR = "admin"
UNCOLLECTED_S = 5.0
"""How long nothing is collected after the start: until the PBX has listed everything, and the pages are back."""


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
        trunks=tuple(Trunk(name=name, label=TRUNK_LABELS.get(name)) for name in company.trunks),
    )


def open_store(
    config: Config, say: Callable[[str], None], progress: Progress | None = None, store: Store | None = None
) -> tuple[Store, Project]:
    """Open the store, bring its tables up to date, make the first project and administrator where there are none.

    ``say`` is told what a person at the terminal wants to know, the first password among it. ``store`` is one that is
    open already.

    Raises:
        StoreError: the store cannot be opened; and whatever ``progress`` raises.
    """
    config.data.mkdir(parents=True, exist_ok=True)
    store = store or Store.open(config.database_url, progress=progress or Upgrading(say, lambda _: None))
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


def has_connections(config: Config) -> bool:
    """Whether a PBX was connected in the page."""
    file = config.database_url.removeprefix("sqlite:///")
    if file != config.database_url and not Path(file).exists():
        return False  # nothing is made by asking
    store = Store.open(config.database_url)
    try:
        links = (link for project in store.projects.all() for link in store.project(project.id).links.all())
        return any(link.origin == "page" for link in links)
    finally:
        store.close()


def _is_guided(config: Config) -> bool:
    """Whether the first start is done in the page: nothing was said where Callfloor is started."""
    return not config.simulated and config.pbx_url is None and not config.admin_password


def open_guided(
    config: Config, say: Callable[[str], None], progress: Progress, store: Store | None = None
) -> tuple[Store, Project | None]:
    """Open the store, where it is not open already.

    Its first project; None where nobody administers it yet: that is asked for in the page.
    """
    config.data.mkdir(parents=True, exist_ok=True)
    store = store or Store.open(config.database_url, progress=progress)
    if not store.is_administered():
        return store, None
    say("  sign in as before")
    return store, store.projects.all()[0]


async def run(
    config: Config, say: Callable[[str], None], *, history: Callable[[float], Coroutine[Any, Any, None]] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        config: the settings.
        say: told what a person at the terminal wants to know.
        history: fills a new store with the simulated past up to an instant, in a process of its own.

    Raises:
        ConfigurationError: a setting is wrong, or the address is taken.
        StoreError: the store cannot be opened.
    """
    config = simulated_messages.settings(config)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        front, notifier = Front(__version__), systemd.Notifier()
        succession, early = Succession(stop, notifier, say), None
        loop.add_signal_handler(signal.SIGUSR2, succession.ask)
        stack.push_async_callback(front.served)
        stack.callback(succession.follow)
        before = Predecessor.of()
        if before is not None:
            early = await make_early(config)
            await before.ended()
        stack.enter_context(data_folder.held(config.data))
        listener = before.listener if before else systemd.handed_over()
        listener = listener or opened(config.listen_host, config.listen_port)
        front.begin(serve(front, "", 0, listener=listener, ready=front.listens))
        try:
            store, project = await _opened(config, say, stop, front, notifier, early.store if early else None)
        except StoppedError:
            say("  stopped; the next start goes on from here")
            return
        gc.disable()  # until the floor is true
        stack.callback(gc.enable)
        stack.callback(store.close, at_end=True)
        stack.push_async_callback(front.detach)
        made = early or make(store, config, set_up=project is None)
        installation = made.installation
        stack.push_async_callback(installation.audio.close)
        stack.push_async_callback(installation.close_all)
        await installation.audio.open()
        if made.heard is not None:
            stack.callback(made.heard.close)
        parts: list[Coroutine[Any, Any, None]] = []
        if config.simulated and project is not None and project.archived_at is None:
            parts = await _open_simulated(installation, project, stack, history)
        elif project is not None:
            await installation.open(project, given=config.pbx_url)
        await installation.look()
        await _serve(made, say, [*parts, notifier.live(), succession.run(listener)], stop, front, notifier)


async def _opened(
    config: Config,
    say: Callable[[str], None],
    stop: asyncio.Event,
    front: Front,
    notifier: systemd.Notifier,
    early: Store | None,
) -> tuple[Store, Project | None]:
    """The store, which may have to be upgraded first: whoever asks is told meanwhile, and a stop is heard.

    Raises:
        StoppedError: it was stopped before that.
    """
    loop = asyncio.get_running_loop()

    def show(step: MigrationStep) -> None:
        loop.call_soon_threadsafe(front.upgrading, step)
        notifier.say(STATUS=goes_on(step), EXTEND_TIMEOUT_USEC=str(10 * 60 * 1_000_000))

    upgrading = Upgrading(say, show)

    async def stopped() -> None:
        await stop.wait()
        upgrading.stop()

    waiting = loop.create_task(stopped(), name="stop")
    try:
        opening = open_guided if _is_guided(config) else open_store
        return await asyncio.to_thread(opening, config, say, upgrading, early)
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def _open_simulated(
    installation: Installation,
    project: Project,
    stack: contextlib.AsyncExitStack,
    history: Callable[[float], Coroutine[Any, Any, None]] | None,
) -> list[Coroutine[Any, Any, None]]:
    """The project with the simulated PBX, and what must run beside it."""
    config, store = installation.config, installation.store
    running = installation.prepare(project)
    simulator = Simulator(seed=config.simulated_seed, employees=config.simulated_employees, timezone=SIMULATED_TIMEZONE)
    url = await stack.enter_async_context(simulator.serve())
    installation.simulators[project.id] = url
    past = simulator.take_past()
    running.discovers = False
    if first := await store.run(running.store.statuses.watched_at) is None:
        running.clock = lambda: past[0][0]  # nothing that is written contradicts the simulated past
    await running.accept(simulated_directory(simulator.directory()))
    if first:
        await store.change(simulated_tariffs.agree, running.store)
    await installation.connections(project.id).open(simulator=url)
    await running.start()
    pbx = running.pbx[0]
    for told in simulated_past.hear(pbx.translator, past, name=pbx.name, watched=first):
        if first:
            running.clock = lambda at=told[-1].at: at  # type: ignore[misc]  # the past floor has it at its time
        running.take(told)
    running.clock = time.time
    parts = [] if history is None else [history(past[0][0])]
    left = await simulated_messages.move_in(config, store, running.store, running.messages.faxes)
    if left is not None:
        parts.append(left.run())
    installation.begin(running)
    return parts


async def _serve(
    made: Made,
    say: Callable[[str], None],
    parts: Iterable[Coroutine[Any, Any, None]],
    stop: asyncio.Event,
    front: Front,
    notifier: systemd.Notifier,
) -> None:
    installation, setting_up = made.installation, made.setting_up
    host, port = await front.address
    await front.attach(made.app)
    settle()
    shown = f"[{host}]" if ":" in host else host
    say(f"  Callfloor is at http://{shown}:{port}")
    if setting_up.needed:
        say(f"  open it and set it up; the set-up code is {setting_up.code}")
    notifier.say(READY="1", STATUS="serving")
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(front.fails(), name="web until it fails"),
            group.create_task(installation.sweep_sessions(), name="sessions"),
            group.create_task(installation.follow(), name="projects"),
            group.create_task(_collect(), name="collector"),
            *(group.create_task(part) for part in parts),
        ]
        await stop.wait()
        say("  stopping …")
        notifier.say(STOPPING="1")
        await front.leave()  # what is being answered is answered, and the floor goes on meanwhile
        for task in tasks:
            task.cancel()
    await installation.close_all()  # before what feeds the projects is gone


async def _collect() -> None:
    """From the moment on in which all that stays is there."""
    await asyncio.sleep(UNCOLLECTED_S)
    settle()
    gc.enable()
