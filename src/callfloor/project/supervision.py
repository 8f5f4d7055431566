"""Supervision in one project: who may, how many, by what way; and the sessions that are on.

Rights are read from the store each time, never remembered: at the start, at each switch, when a call moves on to
another employee, and every few seconds, so that whoever loses the right is out soon.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.spying import PREFIX, Spying
from callfloor.errors import (
    AmiDisconnectedError,
    BrowserWayError,
    CallfloorError,
    JoinInConferenceError,
    NotFoundError,
    ReasonNeededError,
    StoreError,
    SupervisionOverError,
    ToneError,
)
from callfloor.floor import facts
from callfloor.floor.changes import Change, LinkChanged, LinkState, SupervisionChanged
from callfloor.floor.floor import Floor
from callfloor.floor.supervising import Asked, Session, Target, choose, company
from callfloor.floor.supervisions import Ending, LiveSupervision, Mode, SupervisionRecord, Way
from callfloor.project.pbx_links import PbxLinks
from callfloor.project.supervision_leg import AudioWay, SpyLeg
from callfloor.project.supervision_over import LatelyOver, OverLine
from callfloor.project.supervision_rights import Permits, can_ring
from callfloor.store.memberships import Role
from callfloor.store.rules import Rules
from callfloor.store.store import ProjectStore, Store
from callfloor.web.access import Action, Viewer
from callfloor.web.supervision_ports import AskedSupervision, SupervisionLine, SupervisionWays

logger = logging.getLogger(__name__)

TICK_S: Final = 0.5
RIGHTS_S: Final = 10.0  # between two looks at everybody's right
CLOSE_S: Final = 3.0  # for the PBX to hang up, when Callfloor stops


def owner_mark(installation: str, project_id: int) -> str:
    """What tells one Callfloor's legs from another's on the same PBX: the same after each restart."""
    return hashlib.sha256(f"{installation}\0{project_id}".encode()).hexdigest()[:8]


class Supervising:
    """One project's sessions. Fits the web's ``Supervisions``, and the PBX's ``SpyListener``.

    Args:
        floor: where the calls are.
        links: the project's PBXes.
        store: for rights.
        within: the project's part of it, which keeps what was done.
        take: tells the floor facts.
        do: has the store changed, in order, without waiting.
        rules: the project's rules now.
        audio: the way of the audio.
        owner: see ``owner_mark``.
        clock: the UTC epoch second.
    """

    def __init__(
        self,
        *,
        floor: Floor,
        links: PbxLinks,
        store: Store,
        within: ProjectStore,
        project_id: int,
        take: Callable[[Iterable[facts.Fact]], None],
        do: Callable[..., None],
        rules: Callable[[], Rules],
        audio: AudioWay,
        owner: str,
        clock: Callable[[], float],
    ) -> None:
        self._floor, self._links, self._store, self._within = floor, links, store, within
        self._take, self._do, self._rules, self._audio, self._clock = take, do, rules, audio, clock
        self._permits = Permits(floor, store, project_id, rules, audio)
        self._prefix = f"{PREFIX}{owner}-"
        self._legs: dict[str, SpyLeg] = {}  # by session
        self._spying: dict[str, tuple[PbxLink, Spying]] = {}  # by link
        self._told: dict[str, tuple[LiveSupervision, SupervisionRecord]] = {}
        self._over = LatelyOver(clock)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timing: asyncio.Task[Any] | None = None
        self._starting = asyncio.Lock()
        self._closing = False

    # --- what the web asks for ------------------------------------------------------------------------------------

    async def start(self, viewer: Viewer, user_name: str, asked: AskedSupervision) -> LiveSupervision:
        """As ``Supervisions.start``."""
        async with self._starting:
            viewer.require(Action.SUPERVISE)
            directory = self._floor.snapshot().directory
            call = self._floor.call(asked.call_id)
            if call is None or not viewer.may_see_call(call, directory):
                raise NotFoundError("There is no such live call.")
            reason = (asked.reason or "").strip() or None
            policy = self._rules().supervision
            if policy.ask_reason and reason is None:
                raise ReasonNeededError
            pbx = self._links.of_call(asked.call_id)
            if pbx is None or not pbx.connection.is_up:
                raise AmiDisconnectedError("The link to this call's PBX is down.")
            await self._spying_of(pbx).require_right()
            target = self._permits.target(viewer, asked)
            heard = company(self._floor.legs(asked.call_id), target)
            if asked.mode is Mode.JOIN and len(heard) > 1:
                raise JoinInConferenceError
            await self._permits.right(viewer.user_id, target.employee_id)
            self._permits.limits((leg.now for leg in self._all() if leg.session.live), viewer, asked.call_id)
            if asked.way is Way.BROWSER or policy.tone:
                why = await self._permits.why_no_audio(pbx, self._spying_of(pbx))
                if why is not None:
                    raise BrowserWayError(why=why) if asked.way is Way.BROWSER else ToneError(why=why)
            phone, phones = self._permits.phones(viewer, asked, pbx) if asked.way is Way.PHONE else (None, ())
            for before in [
                leg for leg in self._legs.values() if leg.session.live and leg.now.user_id == viewer.user_id
            ]:
                await before.leave()
            begun = Asked(
                id=secrets.token_urlsafe(16),
                user_id=viewer.user_id,
                user_name=user_name,
                call_id=asked.call_id,
                way=asked.way,
                phone=phone,
                mode=asked.mode,
                muted=asked.way is Way.BROWSER,
                reason=reason,
                tone=policy.tone,
            )
            return self._begin(begun, target, pbx, phones, viewer.employee_id).now

    def of(self, viewer: Viewer) -> tuple[LiveSupervision, ...]:
        """As ``Supervisions.of``."""
        everybody = viewer.role is Role.ADMINISTRATOR
        live = [leg.now for leg in self._legs.values() if leg.session.live]
        return tuple(each for each in live if everybody or each.user_id == viewer.user_id)

    async def change(
        self, supervision_id: str, viewer: Viewer, *, mode: Mode | None, muted: bool | None
    ) -> LiveSupervision:
        """As ``Supervisions.change``."""
        leg = self._own(supervision_id, viewer)
        await leg.change(mode=mode, muted=muted)
        return leg.now

    async def leave(self, supervision_id: str, viewer: Viewer) -> LiveSupervision:
        """As ``Supervisions.leave``."""
        leg = self._legs.get(supervision_id)
        if leg is None or (leg.now.user_id != viewer.user_id and viewer.role is not Role.ADMINISTRATOR):
            raise NotFoundError("There is no such supervision.")
        if not leg.session.live:
            raise SupervisionOverError
        await leg.leave()
        return leg.now

    def line(self, supervision_id: str, viewer: Viewer) -> SupervisionLine:
        """As ``SupervisionLines.line``."""
        leg = self._legs.get(supervision_id)
        if leg is None:
            over = self._over.of(supervision_id, viewer.user_id)
            if over is None:
                raise NotFoundError("There is no such supervision.")
            return OverLine(over)
        self._own(supervision_id, viewer)
        return leg if leg.session.live else OverLine(leg.now)

    async def ways(self, viewer: Viewer, call_id: str | None) -> SupervisionWays:
        """As ``Supervisions.ways``."""
        pbx = self._links.of_call(call_id) if call_id else next(iter(self._links), None)
        why = (
            "link_down"
            if pbx is None or not pbx.connection.is_up
            else await self._permits.why_no_audio(pbx, self._spying_of(pbx))
        )
        phones = tuple(
            each.account
            for each in self._permits.accounts(viewer)
            if pbx is not None and pbx.mark.off(each.account) is not None and can_ring(each)
        )
        return SupervisionWays(
            browser=why is None, why_not=why, phones=phones, ask_reason=self._rules().supervision.ask_reason
        )

    def is_told(self, employee_id: int) -> bool:
        """As ``Supervisions.is_told``."""
        if not self._rules().supervision.tell_employee:
            return False
        return any(leg.session.live and leg.session.hears and leg.now.employee_id == employee_id for leg in self._all())

    # --- beginning ------------------------------------------------------------------------------------------------

    def _begin(self, asked: Asked, target: Target, pbx: PbxLink, phones: tuple[str, ...], avoid: int | None) -> SpyLeg:
        async def may(employee_id: int | None) -> None:
            await self._permits.right(asked.user_id, employee_id)

        leg = SpyLeg(
            Session(asked, target, self._clock()),
            pbx=pbx,
            spying=self._spying_of(pbx),
            uid=f"{self._prefix}{secrets.token_hex(6)}",
            audio=self._audio,
            phones=phones,
            shown=self._permits.shown(target),
            avoid=avoid,
            may=may,
            changed=self._changed,
            clock=self._clock,
        )
        self._legs[asked.id] = leg
        self._spawn(self._keep(leg), "supervision")
        legs = self._floor.legs(asked.call_id)
        leg.legs = frozenset(each.leg for each in legs)
        leg.session.moved(self._clock(), asked.call_id, target, company(legs, target))
        self._changed(leg)
        if self._timing is None or self._timing.done():
            self._timing = self._spawn(self._pass_time(), "supervision time")
        return leg

    async def _keep(self, leg: SpyLeg) -> None:
        try:
            await leg.run()
        except Exception:
            logger.exception("a supervision failed", extra={"link": leg.pbx.id})
            leg.take(leg.session.end(self._clock(), Ending.FAILED, "An internal fault; see the log."))
        finally:
            self._legs.pop(leg.now.id, None)
            self._over.put(leg.now)
            self._told.pop(leg.now.id, None)

    def _changed(self, leg: SpyLeg) -> None:
        """Tell the floor, the page and the store, each only of what is new to it."""
        now, record = leg.session.now, leg.session.record
        shown, kept = self._told.get(now.id, (None, None))
        self._told[now.id] = now, record
        if record != kept:
            sessions = self._within.supervisions
            write = sessions.open if kept is None else sessions.update if record.ended_at is None else sessions.close
            self._do(write, record)
        if now != shown:
            self._take([facts.SupervisionTold(self._clock(), now)])
            leg.tell()

    # --- rights ---------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        """Rules or directory are others now: everybody's right is looked at anew."""
        if self._legs and not self._closing:
            self._spawn(self.check_all(), "supervision rights")

    async def check_all(self) -> None:
        """Whoever may not any more is out."""
        for leg in self._all():
            if leg.session.live:
                try:
                    await self._permits.right(leg.now.user_id, leg.now.employee_id)
                except StoreError as error:  # away for a moment: nobody is thrown out for that
                    logger.warning("rights could not be looked at", extra={"error_id": error.error_id})
                except CallfloorError:
                    leg.take(leg.session.forbidden(self._clock()))

    # --- what the floor tells -------------------------------------------------------------------------------------

    def saw(self, changes: Iterable[Change]) -> None:
        """The floor has changed: sessions follow their calls. Never waits."""
        changes = [change for change in changes if not isinstance(change, SupervisionChanged)]
        if not self._legs or not changes:
            return
        for change in changes:
            if isinstance(change, LinkChanged) and (change.after is None or change.after.state is not LinkState.LIVE):
                for leg in self._all():
                    if leg.pbx.id == change.link:
                        leg.link_lost()
        for leg in self._all():
            self._follow(leg)

    def _follow(self, leg: SpyLeg) -> None:
        session = leg.session
        if not session.live:
            return
        call_id = session.now.call_id
        if self._floor.call(call_id) is None:
            other = next((found for one in leg.legs if (found := self._floor.call_of(one)) is not None), None)
            if other is None:
                leg.take(session.call_over(self._clock()))
                return
            call_id = other
        legs = self._floor.legs(call_id)
        leg.legs = frozenset(each.leg for each in legs)
        target = choose(legs, session.target, may=lambda one: one is None or one != leg.avoid)
        before = session.now
        orders = session.moved(self._clock(), call_id, target, company(legs, target))
        if orders or session.now != before:
            leg.take(orders)

    # --- what the PBX tells ---------------------------------------------------------------------------------------

    def leg_rings(self, uid: str) -> None:
        """As ``SpyListener.leg_rings``."""

    def leg_up(self, uid: str) -> None:
        """As ``SpyListener.leg_up``."""
        if (leg := self._of(uid)) is not None:
            leg.leg_up(uid)

    def leg_hears(self, at: float, uid: str, target: str) -> None:
        """As ``SpyListener.leg_hears``."""
        if (leg := self._of(uid)) is not None:
            leg.leg_hears(at, uid, target)

    def leg_hears_no_more(self, uid: str, target: str) -> None:
        """As ``SpyListener.leg_hears_no_more``."""
        if (leg := self._of(uid)) is not None:
            leg.leg_hears_no_more(uid, target)

    def leg_pressed(self, at: float, uid: str, mode: Mode) -> None:
        """As ``SpyListener.leg_pressed``."""
        if (leg := self._of(uid)) is not None:
            leg.leg_pressed(at, uid, mode)

    def leg_gone(self, at: float, uid: str, ending: Ending, detail: str | None) -> None:
        """As ``SpyListener.leg_gone``."""
        if (leg := self._of(uid)) is not None:
            leg.leg_gone(at, uid, ending, detail)

    async def connected(self, pbx: PbxLink) -> None:
        """The link is up: what is left of ours at the PBX from before is hung up."""
        pbx.translator.spies.listener = self
        for uid in [uid for uid in pbx.translator.plumbing.channels if uid.startswith(self._prefix)]:
            if self._of(uid) is None:
                logger.warning("A supervisor's leg was left at the PBX, and is hung up", extra={"link": pbx.id})
                await self._spying_of(pbx).hang_up(uid)

    # --- beginning and end of the project -------------------------------------------------------------------------

    async def begin(self) -> None:
        """Close what a process that was killed left open in the store."""
        left = await self._store.change(self._within.supervisions.close_left_open, self._clock(), Ending.STOPPED)
        if left:
            logger.warning("Sessions that a stopped Callfloor left open are closed", extra={"sessions": left})

    async def close(self) -> None:
        """Callfloor stops: every session ends, and the PBX is told, as long as there is a link."""
        self._closing = True
        for leg in self._all():
            leg.take(leg.session.end(self._clock(), Ending.STOPPED))
        waits = [asyncio.ensure_future(leg.done.wait()) for leg in self._all()]
        if waits:
            await asyncio.wait(waits, timeout=CLOSE_S)
        for task in (*waits, *self._tasks):
            task.cancel()
        await asyncio.gather(*waits, *self._tasks, return_exceptions=True)

    async def _pass_time(self) -> None:
        looked_at = self._clock()
        while self._legs and not self._closing:
            await asyncio.sleep(TICK_S)
            now = self._clock()
            for leg in self._all():
                self._follow(leg)
                leg.tick(now)
            if now - looked_at > RIGHTS_S:
                looked_at = now
                await self.check_all()

    # --- finding --------------------------------------------------------------------------------------------------

    def _all(self) -> list[SpyLeg]:
        return list(self._legs.values())

    def _own(self, supervision_id: str, viewer: Viewer) -> SpyLeg:
        leg = self._legs.get(supervision_id)
        if leg is None or leg.now.user_id != viewer.user_id:
            raise NotFoundError("There is no such supervision.")
        return leg

    def _of(self, uid: str) -> SpyLeg | None:
        return next((leg for leg in self._legs.values() if uid in leg.uids), None)

    def _spying_of(self, pbx: PbxLink) -> Spying:
        known = self._spying.get(pbx.id)
        if known is None or known[0] is not pbx:
            known = self._spying[pbx.id] = pbx, Spying(pbx.connection)
            pbx.translator.spies.listener = self
        return known[1]

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
