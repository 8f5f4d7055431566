"""A project's PBX links while they run: each has a task of its own, comes and goes without the others, and is begun
anew if a fault of ours ends it. What is asked of "the PBX" is asked of the one that has the account or the queue.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, overload

from typing_extensions import override

from callfloor.asterisk import keeping
from callfloor.asterisk.ami_url import AmiUrl
from callfloor.asterisk.commands import Commands
from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.steady_clock import SteadyClock
from callfloor.errors import AmiDisconnectedError, NotFoundError
from callfloor.floor import facts
from callfloor.floor.facts import Fact

logger = logging.getLogger(__name__)

BEGIN_ANEW_S = 5.0  # after a fault of ours, which would come again at once as a rule
PREFIX = "pbx"


def key_of(link_id: int) -> str:
    """How the floor names the link of this id in the store; calls' ids begin with it."""
    return f"{PREFIX}{link_id}"


def id_of(key: str) -> int:
    """The link's id in the store."""
    return int(key.removeprefix(PREFIX))


class PbxLinks(Sequence[PbxLink]):
    """The links that run, in the order they were opened."""

    def __init__(
        self,
        take: Callable[[Iterable[Fact]], None],
        *,
        country: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._take = take
        self._country = country
        self._clock = clock
        self._links: list[PbxLink] = []
        self._urls: dict[str, AmiUrl] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._discoveries: set[asyncio.Task[None]] = set()
        self._running = False
        self.steady = SteadyClock(self._clock_set)
        """What the links tell has its instants by this one."""
        self._accounts: tuple[str, ...] = ()
        self.handed_over: Callable[[PbxLink], float | None] = lambda _: None
        """Asked once of each link as it is opened: since when the process before this one listens to it no more."""
        self.on_up: Callable[[PbxLink], Coroutine[Any, Any, None]] | None = None
        """Run in a task of its own after each connect."""

    @overload
    def __getitem__(self, place: int) -> PbxLink: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[PbxLink]: ...
    @override
    def __getitem__(self, place: int | slice) -> PbxLink | Sequence[PbxLink]:
        return self._links[place]

    @override
    def __len__(self) -> int:
        return len(self._links)

    # --- coming and going -------------------------------------------------------------------------------------

    def open(self, link_id: int, name: str, url: AmiUrl, mark: str = "") -> PbxLink:
        """Watch a PBX from now on; at the latest when ``run`` runs."""
        pbx = self._make(key_of(link_id), name, url, mark)
        self._links.append(pbx)
        self._urls[pbx.id] = url
        since = self.handed_over(pbx)
        lost = facts.LinkLost(self._clock(), pbx.id, name, "connecting", ever=since is not None, silent_since=since)
        self._take([lost])
        if self._running:
            self._begin(pbx)
        return pbx

    async def close(self, link_id: int) -> None:
        """Watch it no more: what it showed leaves the floor. Harmless where it is not watched."""
        key = key_of(link_id)
        task = self._tasks.pop(key, None)
        if task is not None:
            await _end([task])
        if self.find(key) is not None:
            self._links = [pbx for pbx in self._links if pbx.id != key]
            del self._urls[key]
            self._take([facts.LinkRemoved(self._clock(), key)])

    async def move(self, link_id: int, name: str, url: AmiUrl) -> None:
        """Watch it at another address from now on, or as another user. Harmless where it is not watched.

        Whether it is the same PBX is told by the ids that Asterisk gives its channels: those that the new address lists
        are calls that go on; what it does not list has ended.
        """
        before = self.find(key_of(link_id))
        if before is None:
            return
        task = self._tasks.pop(before.id, None)
        if task is not None:
            await _end([task])
        after = self._make(before.id, name, url, before.mark.text)
        if before.was_up:
            after.take_over(keeping.keep(before.translator.plumbing))
        self._links = [after if each is before else each for each in self._links]
        self._urls[after.id] = url
        self._take([facts.LinkLost(self._clock(), after.id, name, "its address was changed", ever=before.was_up)])
        if self._running:
            self._begin(after)

    def rename(self, link_id: int, name: str) -> None:
        """It is called so from now on. Harmless where it is not watched."""
        pbx = self.find(key_of(link_id))
        if pbx is not None and pbx.name != name:
            pbx.name = name
            self._take([facts.LinkRenamed(self._clock(), pbx.id, name)])

    async def run(self) -> None:
        """Keep all of them, until cancelled."""
        self._running = True
        for pbx in self._links:
            self._begin(pbx)
        try:
            await asyncio.Event().wait()
        finally:
            self._running = False
            tasks = [*self._tasks.values(), *self._discoveries]
            self._tasks.clear()
            await _end(tasks)

    def give(self, accounts: Iterable[str]) -> None:
        """The accounts that the directory names."""
        self._accounts = tuple(accounts)
        for pbx in self._links:
            pbx.give(self._may_have(pbx))

    def _make(self, key: str, name: str, url: AmiUrl, mark: str) -> PbxLink:
        pbx = PbxLink(
            link=key, name=name, url=url, on_facts=self._take, country=self._country, mark=mark, clock=self.steady
        )
        pbx.give(self._may_have(pbx))
        pbx.on_discovery = self._connected
        return pbx

    def _clock_set(self, at: float, by_s: float) -> None:
        for pbx in self._links:
            pbx.clock_set(by_s)
        self._take([facts.ClockSet(at, by_s)])

    def _may_have(self, pbx: PbxLink) -> list[str]:
        """The accounts that carry no other link's mark."""
        others = [each.mark for each in self._links if each.id != pbx.id]
        return [account for account in self._accounts if not any(mark.marks(account) for mark in others)]

    def _begin(self, pbx: PbxLink) -> None:
        self._tasks[pbx.id] = asyncio.get_running_loop().create_task(self._keep(pbx), name=pbx.id)

    async def _keep(self, pbx: PbxLink) -> None:
        """A fault in what one PBX sends us, or in how we read it, is that link's alone."""
        while True:
            try:
                await pbx.run()
            except Exception:
                logger.exception("a PBX link failed, and is begun anew", extra={"link": pbx.id})
            # What it showed ends here: the next translator knows nothing of it, and could not end it.
            now = self._clock()
            lost = facts.LinkLost(now, pbx.id, pbx.name, "an internal fault; the log has it", ever=False)
            self._take([facts.LinkRemoved(now, pbx.id), lost])
            await asyncio.sleep(BEGIN_ANEW_S)
            fresh = self._make(pbx.id, pbx.name, self._urls[pbx.id], pbx.mark.text)
            self._links = [fresh if each is pbx else each for each in self._links]
            pbx = fresh

    def _connected(self, pbx: PbxLink) -> None:
        if self.on_up is not None:
            task = asyncio.get_running_loop().create_task(self.on_up(pbx), name=f"discover-{pbx.id}")
            self._discoveries.add(task)
            task.add_done_callback(self._discoveries.discard)

    # --- which one --------------------------------------------------------------------------------------------

    def find(self, key: str) -> PbxLink | None:
        """The link of this name on the floor; None where it does not run."""
        return next((pbx for pbx in self._links if pbx.id == key), None)

    def of_call(self, call_id: str) -> PbxLink | None:
        """The link by which a call came."""
        return self.find(call_id.partition("-")[0])

    def of_account(self, account: str) -> tuple[PbxLink, ...]:
        """The links that may have this account of the project's: those that know it, else any whose name it can be."""
        named = [pbx for pbx in self._links if pbx.mark.marks(account)]
        ours = named or [pbx for pbx in self._links if pbx.mark.off(account) is not None]
        knowing = [pbx for pbx in ours if pbx.parties.has_listed(pbx.mark.off(account) or account)]
        return tuple(knowing or ours)


class ProjectCommands:
    """What a project's PBXes can be asked to do: each by the one that it is for. Fits the web's ``PbxCommands``."""

    def __init__(self, links: PbxLinks) -> None:
        self._links = links

    async def pause(self, account: str, queue: str, *, paused: bool, reason: str | None = None) -> None:
        """As ``Commands.pause``, where the account sits in the queue."""
        pbx, bare, called = self._seat(account, queue)
        await _commands(pbx).pause(bare, called, paused=paused, reason=reason)

    async def add_to_queue(self, account: str, queue: str, *, name: str) -> None:
        """As ``Commands.add_to_queue``, at the PBX that has both."""
        both = [pbx for pbx in self._links.of_account(account) if pbx.mark.off(queue) is not None]
        if not both:
            raise NotFoundError("The employee's account and this queue are of different PBXes.", queue=queue)
        pbx = _best(both)
        await _commands(pbx).add_to_queue(pbx.mark.off(account) or account, pbx.mark.off(queue) or queue, name=name)

    async def remove_from_queue(self, account: str, queue: str) -> None:
        """As ``Commands.remove_from_queue``, where the account sits in the queue."""
        pbx, bare, called = self._seat(account, queue)
        await _commands(pbx).remove_from_queue(bare, called)

    async def set_dnd(self, account: str, *, on: bool) -> None:
        """As ``Commands.set_dnd``, at each PBX that has the account."""
        found = self._links.of_account(account)
        if not found:
            raise AmiDisconnectedError("No PBX of this account is connected.")
        for pbx in found:
            await _commands(pbx).set_dnd(pbx.mark.off(account) or account, on=on)

    def _seat(self, account: str, queue: str) -> tuple[PbxLink, str, str]:
        found = self._links.of_account(account)
        for pbx in found:
            bare, called = pbx.mark.off(account), pbx.mark.off(queue)
            if bare and called and pbx.translator.people.interface_of(bare, called) is not None:
                return pbx, bare, called
        if not found or not any(pbx.connection.is_up for pbx in found):
            raise AmiDisconnectedError("No PBX of this account is connected.")
        raise NotFoundError("This employee is not a member of this queue.", account=account, queue=queue)


def _best(links: Sequence[PbxLink]) -> PbxLink:
    """One that is up, if any."""
    return next((pbx for pbx in links if pbx.connection.is_up), links[0])


def _commands(pbx: PbxLink) -> Commands:
    return Commands(pbx.connection, pbx.translator.people)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
