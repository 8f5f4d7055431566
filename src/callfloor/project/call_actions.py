"""What supervisors ask for live calls, carried out: hang up, send on, ring somebody who takes it. Fits ``CallControl``.

A client is never left with nobody: what the call is sent to is looked up in the dialplan before, phones that cannot
ring are refused, and a call that somebody takes goes on as it was until their phone is picked up. What is asked while
the same is under way is that same; anything else is refused meanwhile, so that no two hands move one call.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from callfloor.asterisk.call_commands import CallCommands
from callfloor.asterisk.interventions import PREFIX, RungLeg
from callfloor.asterisk.link import PbxLink
from callfloor.errors import (
    ActionUnderWayError,
    AmiError,
    CallCannotMoveError,
    CallGoneError,
    NoSuchExtensionError,
    NotInConferenceError,
    TargetUnavailableError,
)
from callfloor.floor.calls import CallStatus, LiveCall
from callfloor.floor.employees import Status
from callfloor.floor.facts import Fact, Intervened, Step
from callfloor.floor.floor import Floor
from callfloor.project.call_parts import CallParts, Moved, uid_of
from callfloor.project.call_targets import CallTargets, not_in
from callfloor.project.pbx_links import PbxLinks
from callfloor.store.rules import Rules

logger = logging.getLogger(__name__)

RING_S: Final = 30.0
GRACE_S: Final = 5.0  # for the PBX to say that a phone has rung in vain
SAME_S: Final = 3.0  # a second click


class CallActions:
    """Of one project."""

    def __init__(
        self,
        *,
        floor: Floor,
        links: PbxLinks,
        take: Callable[[Iterable[Fact]], None],
        rules: Callable[[], Rules],
        clock: Callable[[], float],
    ) -> None:
        self._floor, self._links, self._take = floor, links, take
        self._clock = clock
        self._targets = CallTargets(floor, rules)
        self._parts = CallParts(floor, links)
        self._under_way: dict[str, tuple[str, ...]] = {}
        self._done: dict[str, tuple[tuple[str, ...], float]] = {}
        self._ringing: set[asyncio.Task[None]] = set()

    # --- what is asked ------------------------------------------------------------------------------------------

    async def hang_up(self, call_id: str, *, by: str) -> None:
        async with self._alone(call_id, "hang_up") as first:
            if first:
                pbx, legs = self._parts.legs(call_id)
                uids = [uid_of(pbx, leg) for leg in sorted(legs, key=lambda leg: not leg.client)]
                fact = Intervened(at=0.0, leg=legs[0].leg, step=Step.HUNG_UP, by=by)
                if not await self._told(pbx, uids, fact, _commands(pbx).hang_up(uids)):
                    raise CallGoneError

    async def remove(self, call_id: str, party: str | None, *, by: str) -> None:
        async with self._alone(call_id, "remove", party or "") as first:
            if first:
                pbx, legs = self._parts.of_party(call_id, party)
                uids = [uid_of(pbx, leg) for leg in legs]
                who = legs[0]
                fact = Intervened(
                    at=0.0, leg=who.leg, step=Step.REMOVED, by=by, account=who.account,
                    number=None if who.account else who.number,
                )  # fmt: skip
                if not await self._told(pbx, uids, fact, _commands(pbx).hang_up(uids)):
                    raise NotInConferenceError

    async def transfer_to_employee(self, call_id: str, employee_id: int, *, by: str) -> None:
        async with self._alone(call_id, "employee", str(employee_id)) as first:
            if first:
                call, moved = self._parts.moved(call_id)
                not_in(call, lambda account, employee: employee == employee_id)
                account, bare = self._targets.phone(moved.pbx, employee_id)
                context = await self._targets.context(moved.pbx, call, bare)
                extension = await _commands(moved.pbx).extension_of(bare, context)
                await self._send(moved, context, extension, by=by, account=account)

    async def transfer_to_queue(self, call_id: str, queue: str, *, by: str) -> None:
        async with self._alone(call_id, "queue", queue) as first:
            if first:
                call, moved = self._parts.moved(call_id)
                if call.queue == queue and call.status is CallStatus.QUEUE:
                    raise CallCannotMoveError("The client waits in this queue already.")
                bare = moved.pbx.mark.off(queue)
                if bare is None:
                    raise TargetUnavailableError("This queue is another PBX's.")
                context = await self._targets.context(moved.pbx, call)
                where = await _commands(moved.pbx).entrance_of(bare, context)
                await self._send(moved, *where, by=by, queue=queue)

    async def transfer_to_number(self, call_id: str, number: str, *, by: str) -> None:
        async with self._alone(call_id, "number", number) as first:
            if first:
                call, moved = self._parts.moved(call_id)
                not_in(call, lambda account, employee: account == number)
                context = await self._targets.context(moved.pbx, call)
                if not await _commands(moved.pbx).has(context, number):
                    raise NoSuchExtensionError(extension=number, context=context)
                await self._send(moved, context, number, by=by, number=number)

    async def take(self, call_id: str, account: str, *, by: str) -> None:
        async with self._alone(call_id, "take", account) as first:
            if first:
                call, moved = self._parts.moved(call_id)
                not_in(call, lambda mine, employee: mine == account)
                bare = moved.pbx.mark.off(account)
                if bare is None or moved.pbx not in self._links.of_account(account):
                    raise TargetUnavailableError("This phone is of another PBX than the call.")
                if self._targets.status(account) is Status.OFFLINE:
                    raise TargetUnavailableError("Your phone is not registered at the PBX.")
                await self._ring(call, moved, account, bare, by=by)

    async def close(self) -> None:
        """Phones that still ring are left to the PBX, which ends them within the half minute."""
        for task in self._ringing:
            task.cancel()
        await asyncio.gather(*self._ringing, return_exceptions=True)

    # --- sending on ---------------------------------------------------------------------------------------------

    async def _send(
        self,
        moved: Moved,
        context: str,
        extension: str,
        *,
        by: str,
        account: str | None = None,
        queue: str | None = None,
        number: str | None = None,
    ) -> None:
        commands = _commands(moved.pbx)
        fact = Intervened(
            at=0.0, leg=moved.leg.leg, step=Step.TRANSFERRED, by=by, account=account, queue=queue, number=number
        )
        await self._told(moved.pbx, [moved.uid], fact, commands.send(moved.uid, context, extension))
        await self._let_go(moved.pbx, moved.lonely)

    async def _let_go(self, pbx: PbxLink, behind: Sequence[str]) -> None:
        """Who talked with the client has nobody any more: their dialplan may go on, but not with this call."""
        try:
            await _commands(pbx).hang_up(behind)
        except AmiError as error:  # the call has moved: that its former half lingers is no failure of it
            logger.warning("Who was left behind could not be hung up", extra={"error_id": error.error_id})

    # --- taking -------------------------------------------------------------------------------------------------

    async def _ring(self, call: LiveCall, moved: Moved, account: str, bare: str, *, by: str) -> None:
        interventions = moved.pbx.translator.interventions
        channel = moved.pbx.translator.plumbing.channels.get(moved.uid)
        if channel is None:
            raise CallGoneError
        shown, linked = call.client_e164 or call.client_number or "", next(iter(channel.group.linked))
        legs: list[RungLeg] = []
        conference = await _commands(moved.pbx).conference_of(moved.uid)
        try:
            for dialled in self._targets.devices(moved.pbx, account, bare):
                legs.append(interventions.ring(PREFIX + secrets.token_hex(12), linked, moved.uid))
                await _commands(moved.pbx).ring(
                    legs[-1].uid, dialled, shown=shown, timeout_s=RING_S, conference=conference
                )
        except BaseException:
            for leg in legs:
                interventions.forget(leg, moved.uid)
            raise
        coroutine = self._hand_over(call.id, moved, legs, account, conference=conference, by=by)
        task = asyncio.get_running_loop().create_task(coroutine, name=f"take-{call.id}")
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _hand_over(
        self, call_id: str, moved: Moved, legs: Sequence[RungLeg], account: str, *, conference: str | None, by: str
    ) -> None:
        """The call is there once the phone is picked up; where it is not, or the call is over, nothing rings on."""
        pbx, commands = moved.pbx, _commands(moved.pbx)
        up: RungLeg | None = None
        taken = False
        try:
            up = await _first_up(legs)
            if up is not None:
                fact = Intervened(at=0.0, leg=moved.leg.leg, step=Step.TOOK, by=by, account=account)
                behind = self._parts.behind(pbx, moved.leg)
                if conference is None:
                    await self._told(pbx, [moved.uid], fact, commands.join(moved.uid, up.uid))
                else:
                    await _met(pbx, up, moved.uid)
                    self._take([msgspec.structs.replace(fact, at=self._clock())])
                taken = True
                await self._let_go(pbx, [uid for uid in behind if uid != up.uid])
        except (AmiError, CallGoneError) as error:
            logger.info("A call that was picked up could not be handed over", extra={"error_id": error.error_id})
        finally:
            for leg in legs:
                pbx.translator.interventions.forget(leg, moved.uid)
            self._done.pop(call_id, None)  # whoever asks again, does not by a second click
            if self._under_way.get(call_id) == ("take", account):
                del self._under_way[call_id]
        try:
            await commands.hang_up([leg.uid for leg in legs if not (taken and leg is up)])
        except AmiError as error:
            logger.info("A phone that rang in vain was left to the PBX", extra={"error_id": error.error_id})

    # --- shared -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _alone(self, call_id: str, *what: str) -> AsyncIterator[bool]:
        """Whether this is the first of its kind; the same again is that same, and something else is refused."""
        now = self._clock()
        self._done = {key: done for key, done in self._done.items() if 0 <= now - done[1] <= SAME_S}
        under_way = self._under_way.get(call_id)
        if under_way == what or (under_way is None and self._done.get(call_id, ((), 0.0))[0] == what):
            yield False
            return
        if under_way is not None and not (under_way[0] == "take" and what[0] == "hang_up"):
            raise ActionUnderWayError
        self._under_way[call_id] = what
        try:
            yield True
            self._done[call_id] = (what, now)
        finally:
            task_holds = what[0] == "take" and any(task.get_name() == f"take-{call_id}" for task in self._ringing)
            if self._under_way.get(call_id) == what and not task_holds:
                del self._under_way[call_id]

    async def _told(self, pbx: PbxLink, uids: Sequence[str], fact: Intervened, asking: Awaitable[object]) -> object:
        """Ask; the call's story tells of it from its first sign on, and not at all where the PBX refuses."""
        intended = pbx.translator.interventions.intend(uids, fact)
        try:
            answer = await asking
        except BaseException:
            pbx.translator.interventions.settle(intended)
            raise
        if pbx.translator.interventions.settle(intended):
            self._take([msgspec.structs.replace(fact, at=self._clock())])
        return answer


async def _met(pbx: PbxLink, leg: RungLeg, uid: str) -> None:
    """Whoever picked up has come to where the client is.

    Raises:
        CallGoneError: they have not: the conference is closed to them, or the client is there no more.
    """
    try:
        came = await asyncio.wait_for(leg.came_in, GRACE_S)
    except TimeoutError:
        came = False
    there = [pbx.translator.plumbing.channels.get(each) for each in (leg.uid, uid)]
    if not came or None in there or len({each.bridge for each in there if each is not None}) != 1:
        raise CallGoneError


async def _first_up(legs: Sequence[RungLeg]) -> RungLeg | None:
    """The leg that is picked up first; None where none is in time, or all are gone, or the call is."""
    waiting = {leg.came_up for leg in legs}
    end = asyncio.get_running_loop().time() + RING_S + GRACE_S
    while waiting:
        left = end - asyncio.get_running_loop().time()
        done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        up = next((leg for leg in legs if leg.came_up in done and leg.came_up.result()), None)
        if up is not None or not done:
            return up
    return None


def _commands(pbx: PbxLink) -> CallCommands:
    return CallCommands(pbx.connection, pbx.translator)
