"""PBXes behind the web's port: one written by hand, and the simulated one on a socket, watched by the real floor.

``tests/integration/web/test_pbx_port.py`` holds both to the same answers.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from callfloor.asterisk.ami_url import parse_url
from callfloor.asterisk.commands import Commands
from callfloor.asterisk.link import PbxLink
from callfloor.errors import AmiActionFailedError, NotFoundError
from callfloor.floor import facts
from callfloor.floor.calls import LiveCall, StoryStep
from callfloor.floor.changes import Change, Link, LinkState, Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.employees import Status
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.simulator import Simulator
from callfloor.simulator.company import lab_company
from callfloor.simulator.world import Fixed, World
from callfloor.web.ports import LiveProject
from callfloor.web.push.hub import Hub
from support.waiting import until


class Member:
    """One member of a queue."""

    def __init__(self, *, dynamic: bool) -> None:
        self.dynamic = dynamic
        self.paused = False
        self.reason: str | None = None


class Pbx:
    """Queues and do-not-disturb. It answers as Asterisk does, and ``failure`` is raised instead where it is set.

    Args:
        queues: the members that the configuration seats, by queue.
        changed: called with the account whose state is another one now, as the PBX's event would tell.
    """

    def __init__(self, queues: dict[str, Sequence[str]], changed: Callable[[str], None] = lambda _: None) -> None:
        self.queues = {
            queue: {account: Member(dynamic=False) for account in accounts} for queue, accounts in queues.items()
        }
        self.dnd: set[str] = set()
        self.failure: Exception | None = None
        self.changed = changed

    async def pause(self, account: str, queue: str, *, paused: bool, reason: str | None = None) -> None:
        """Pause or unpause a member."""
        self._fail()
        member = self.queues.get(queue, {}).get(account)
        if member is None:
            raise NotFoundError("This employee is not a member of this queue.")
        member.paused, member.reason = paused, reason if paused else None
        self.changed(account)

    async def add_to_queue(self, account: str, queue: str, *, name: str) -> None:
        """Add a dynamic member."""
        self._fail()
        assert name, "a member has a name"
        if queue not in self.queues:
            raise _refused("QueueAdd", "Unable to add interface to queue: No such queue")
        if account in self.queues[queue]:
            raise _refused("QueueAdd", "Unable to add interface: Already there")
        self.queues[queue][account] = Member(dynamic=True)
        self.changed(account)

    async def remove_from_queue(self, account: str, queue: str) -> None:
        """Take a dynamic member off."""
        self._fail()
        member = self.queues.get(queue, {}).get(account)
        if member is None:
            raise NotFoundError("This employee is not a member of this queue.")
        if not member.dynamic:
            raise _refused("QueueRemove", "Unable to remove interface: Member not dynamic")
        del self.queues[queue][account]
        self.changed(account)

    async def set_dnd(self, account: str, *, on: bool) -> None:
        """Switch an account's do-not-disturb."""
        self._fail()
        (self.dnd.add if on else self.dnd.discard)(account)
        self.changed(account)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


def _refused(action: str, words: str) -> AmiActionFailedError:
    return AmiActionFailedError(f"the PBX refused {action}: {words}", action=action)


class WatchedFloor:
    """The real floor with its hub, told by a PBX link; as the service has it."""

    def __init__(self, directory: Directory) -> None:
        self.floor = Floor()
        self.floor.apply(facts.DirectorySet(time.time(), directory))
        self.hub = Hub(self.floor.snapshot(), time.time)

    def take(self, told: Iterable[Fact]) -> None:
        changes: list[Change] = []
        for fact in told:
            changes += self.floor.apply(fact)
        self.hub.publish(changes)

    def snapshot(self) -> Snapshot:
        return self.floor.snapshot()

    def call_detail(self, call_id: str) -> tuple[LiveCall, Sequence[StoryStep]] | None:
        call = self.floor.call(call_id)
        return None if call is None else (call, self.floor.story(call_id))

    def links(self) -> Sequence[Link]:
        return self.floor.snapshot().links

    async def switch(self, employee_id: int, status: Status | None, *, by: str) -> None:
        self.take([facts.EmployeeSwitched(at=time.time(), employee_id=employee_id, status=status, by=by)])


class SimulatedPbx(NamedTuple):
    """The simulated PBX's commands, and the floor that watches it."""

    watched: WatchedFloor
    commands: Commands

    def instead_of(self, project: LiveProject) -> LiveProject:
        """The project with this floor and this PBX."""
        return msgspec.structs.replace(
            project, source=self.watched, hub=self.watched.hub, commands=self.commands, switch=self.watched.switch
        )


@contextlib.asynccontextmanager
async def simulated_pbx(directory: Directory) -> AsyncIterator[SimulatedPbx]:
    """The lab's simulated PBX, nobody calling, and the floor that watches it; its link is up."""
    world = World(company=lab_company(), people=Fixed({}), start=time.time())
    watched = WatchedFloor(directory)
    async with Simulator(world=world).serve() as url:
        accounts = [account for employee in directory.employees for account in employee.accounts]
        link = PbxLink(link="pbx1", name="PBX", url=parse_url(url), on_facts=watched.take, accounts=accounts)
        running = asyncio.create_task(link.run(), name="link")
        try:
            await until(
                lambda: any(found.state is LinkState.LIVE for found in watched.links()), "the link to the PBX is up"
            )
            commands = Commands(link.connection, link.translator.people)
            yield SimulatedPbx(watched=watched, commands=commands)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            watched.hub.close()
