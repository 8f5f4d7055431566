"""One session of supervision as it runs: the machine's orders are carried out at the PBX, what comes of them goes back
into the machine, and the page's line is served.
"""

import array
import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from callfloor.asterisk.audiosocket import AudioLine, AudioSocketServer, Closing
from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.spying import Spying
from callfloor.errors import (
    AmiActionFailedError,
    AmiError,
    CallfloorError,
    JoinInConferenceError,
    NotFoundError,
    StoreError,
    SupervisionOverError,
)
from callfloor.floor.supervising import (
    PHONE_S,
    Aim,
    Check,
    CheckMode,
    Dial,
    HangUp,
    Order,
    Orders,
    Refresh,
    Session,
    Switch,
    Target,
    Tone,
    effective,
)
from callfloor.floor.supervisions import Ending, LiveSupervision, Mode, Way
from callfloor.web.supervision_ports import LineSink

logger = logging.getLogger(__name__)

GONE_S: Final = 3.0
"""After asking the PBX to end a leg: it is asked again if the leg is still there."""

TONE_HZ: Final = 1400
TONE_FRAMES: Final = 20  # of 20 ms
TONE_LEVEL: Final = 3000
AUDIO_CODEC: Final = "slin"  # 8 kHz: beside slin16 Asterisk 22 mixes both sides into one another


class AudioWay(Protocol):
    """How the audio of a PBX comes here."""

    @property
    def server(self) -> AudioSocketServer | None:
        """The port; None where it is off."""
        ...

    def told(self, pbx: PbxLink) -> tuple[str, int] | None:
        """The address that the PBX is told to connect to; None while there is none."""
        ...

    def callers(self, pbx: PbxLink) -> frozenset[str]:
        """The addresses that it may connect from."""
        ...


class SpyLeg:
    """A session with its leg at the PBX and its page's line. Fits the web's ``SupervisionLine``.

    Args:
        session: the machine.
        pbx: the link by which the call came.
        spying: what that PBX can be asked.
        uid: unique id of the leg to be.
        audio: the way of the audio.
        phones: by phone, what is dialled: each device of the account.
        shown: name and number that the supervisor's phone shows.
        avoid: the employee that the supervisor is themself, who is never listened to.
        may: whether the supervisor may listen to this employee (None: an account of nobody's), asked anew each time.
        changed: called after each change of what is shown or written down.
        clock: the UTC epoch second.
    """

    def __init__(
        self,
        session: Session,
        *,
        pbx: PbxLink,
        spying: Spying,
        uid: str,
        audio: AudioWay,
        phones: tuple[str, ...],
        shown: tuple[str, str],
        avoid: int | None,
        may: Callable[[int | None], Awaitable[None]],
        changed: Callable[["SpyLeg"], None],
        clock: Callable[[], float],
    ) -> None:
        self.session = session
        self.pbx = pbx
        self.spying = spying
        self.avoid = avoid
        self.legs: frozenset[str] = frozenset()
        """The call's legs as they were last seen: by them it is found again where it has become another's part."""
        self.group = f"cf-{uid.rpartition('-')[2][:12]}"
        self._first = uid
        # Asterisk takes an id that another begins with for one that is in use already: so all are of one length.
        self.uids = [uid] if len(phones) < 2 else [f"{uid}-{n}" for n in range(1, len(phones) + 1)]
        """Unique ids of the legs that may be there; by phone one for each device, until one of them answers."""
        self._audio, self._phones, self._shown = audio, phones, shown
        self._may, self._changed, self._clock = may, changed, clock
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._lock = asyncio.Lock()
        self._line: AudioLine | None = None
        self._sink: LineSink | None = None
        self._own_keys: list[Mode] = []
        self._asked_to_go_at: float | None = None
        self._dialled_it = False
        self._up: str | None = uid if session.asked.way is Way.BROWSER else None
        self._worst = Ending.OFFLINE
        self._tones: set[AudioLine] = set()
        self._quitting: set[asyncio.Task[None]] = set()
        self.done = asyncio.Event()
        """Nothing of it is left at the PBX."""

    @property
    def now(self) -> LiveSupervision:
        return self.session.now

    async def run(self) -> None:
        """Carry the orders out, one after another, until nothing of the session is left."""
        self.take(self.session.begin())
        while not self.done.is_set():
            order = await self._orders.get()
            async with self._lock:
                try:
                    await self._carry_out(order)
                except AmiError as error:
                    ending = Ending.REFUSED if isinstance(error, AmiActionFailedError) else Ending.LINK_LOST
                    self.take(self.session.end(self._clock(), ending, str(error)))
                except CallfloorError as error:
                    self.take(self.session.end(self._clock(), Ending.FAILED, str(error)))

    def take(self, orders: Orders) -> None:
        """What the machine wants done; and tell of what has changed."""
        for order in orders:
            self._orders.put_nowait(order)
        if self._line is not None and effective(self.now.mode, muted=self.now.muted) is Mode.LISTEN:
            self._line.hush()
        self._changed(self)

    async def _carry_out(self, order: Order) -> None:
        session = self.session
        match order:
            case Dial(mode=mode):
                if session.live:
                    self._dialled_it = True
                    await self._dial(mode)
            case Aim(target=target, left=left):
                if left is not None:
                    await self.spying.unaim(self._up or self._first, self.group, self._uid(left), leave=True)
                if target is not None and target == session.target:
                    await self._aim(target)
            case Refresh():
                if self._up is not None and session.hears is not None:
                    await self.spying.refresh(self._up)
            case Switch():  # as it is by now: it may have been switched while this order waited
                await self._switch(effective(session.now.mode, muted=session.now.muted))
            case Tone(target=target):
                if target == session.target:
                    await self._tone(target)
            case Check(target=target):
                try:
                    await self._may(target.employee_id)
                except CallfloorError as error:
                    logger.info("A supervision may not go on", extra={"error_id": error.error_id})
                    self.take(session.forbidden(self._clock()))
                else:
                    self.take(session.allowed(target))
            case CheckMode(target=target):
                await self.check(target)
            case HangUp(left=left):
                await self._hang_up(left)

    async def check(self, target: Target | None) -> None:
        """End the session where it may not go on as it is."""
        try:
            await self._may(None if target is None else target.employee_id)
        except CallfloorError:
            self.take(self.session.forbidden(self._clock()))

    def _uid(self, target: Target) -> str:
        return target.leg.removeprefix(f"{self.pbx.id}-")

    async def _aim(self, target: Target) -> None:
        """Only a real channel that is bridged, and is the employee's: never a Local half, never what is not there."""
        channel = self.pbx.translator.plumbing.channels.get(self._uid(target))
        if channel is None or not channel.is_leg or channel.bridge is None:
            logger.info("The employee's channel has gone on", extra={"link": self.pbx.id})
            return
        try:
            await self.spying.aim(self.group, channel.uid)
        except NotFoundError:
            logger.info("The employee's channel is gone", extra={"link": self.pbx.id})

    async def _dial(self, mode: Mode) -> None:
        if self.session.asked.way is Way.PHONE:
            for uid, phone in zip(tuple(self.uids), self._phones, strict=True):
                await self.spying.dial(uid, phone, self.group, mode, shown=self._shown, timeout_s=PHONE_S, apart=False)
            return
        line = self._line = self._expect(self._heard, self._line_closed, apart=True)
        await self.spying.dial(
            self.uids[0],
            self._dialled(line),
            self.group,
            mode,
            shown=self._shown,
            timeout_s=PHONE_S,
            apart=True,
        )

    def _expect(
        self, heard: Callable[[bytes, int, int], None], closed: Callable[[Closing], None], *, apart: bool
    ) -> AudioLine:
        server = self._audio.server
        if server is None:
            raise NotFoundError("The audio port is closed.")
        return server.expect(
            self._audio.callers(self.pbx), on_open=lambda: None, on_audio=heard, on_closed=closed, apart=apart
        )

    def _dialled(self, line: AudioLine) -> str:
        host, port = self._audio.told(self.pbx) or ("", 0)
        there = f"[{host}]" if ":" in host else host
        return f"AudioSocket/{there}:{port}/{line.uuid}/c({AUDIO_CODEC})"

    async def _switch(self, mode: Mode) -> None:
        if self._up is None:
            return
        self._own_keys.append(mode)
        await self.spying.switch(self._up, mode)
        self.session.at_pbx(mode)

    async def _tone(self, target: Target) -> None:
        """A leg of its own plays it: it whispers to the employee's channel alone, and ends with the tone."""
        frames = 0

        def play(_pcm: bytes, rate: int, _sides: int) -> None:
            nonlocal frames
            if frames < TONE_FRAMES:
                line.send(_beep(frames, rate), rate)
            elif frames > TONE_FRAMES + 10:
                line.close()
            frames += 1

        line = self._expect(play, lambda _: self._tones.discard(line), apart=False)
        self._tones.add(line)
        part = len(self.session.record.followed)
        await self.spying.tone(f"{self._first}-t{part}", self._dialled(line), self._uid(target))

    async def _hang_up(self, left: Target | None) -> None:
        """Whatever fails in it, the rest is done; what is left after that is tried again as time passes."""
        self._asked_to_go_at = self._clock()
        if not self._dialled_it:
            self.uids.clear()
            self._finish()
        for line in (self._line, *tuple(self._tones)):
            if line is not None:
                line.close()
        try:
            for uid in tuple(self.uids):
                await self.spying.hang_up(uid)
            if left is not None:
                await self.spying.unaim(self._first, self.group, self._uid(left), leave=False)
        except AmiError as error:
            logger.info("A leg could not be hung up now", extra={"link": self.pbx.id, "error_id": error.error_id})

    # --- what the PBX tells ---------------------------------------------------------------------------------------

    def leg_up(self, uid: str) -> None:
        """Picked up: the other devices ring no more."""
        if self._up is None and uid in self.uids:
            self._up = uid
            self.session.answered()
            for other in [other for other in self.uids if other != uid]:
                self._quit(other)
            self.take([])

    def leg_hears(self, at: float, uid: str, target: str) -> None:
        """The leg hears a channel."""
        if uid == self._up:
            self._own_keys.clear()
            self.take(self.session.hearing(at, f"{self.pbx.id}-{target}"))

    def leg_hears_no_more(self, uid: str, target: str) -> None:
        """It does not any more."""
        if uid == self._up:
            self.session.deaf(f"{self.pbx.id}-{target}")

    def leg_pressed(self, at: float, uid: str, mode: Mode) -> None:
        """A key: ours, or the supervisor's."""
        if self._own_keys and self._own_keys[0] is mode:
            del self._own_keys[0]
        elif uid == self._up and self.session.asked.way is Way.PHONE:
            self.take(self.session.pressed(at, mode))

    def leg_gone(self, at: float, uid: str, ending: Ending, detail: str | None) -> None:
        """A leg is no more."""
        if uid not in self.uids:
            return
        self.uids.remove(uid)
        if self._up is None and _TELLING.index(ending) < _TELLING.index(self._worst):
            self._worst = ending
        if uid == self._up:
            self.take(self.session.leg_gone(at, ending, detail))
        elif not self.uids:
            self.take(self.session.leg_gone(at, self._worst, detail))
        if not self.uids:
            if self._line is not None:
                self._line.close()
            self._finish()

    def link_lost(self) -> None:
        """The link to the PBX is down: nothing can be asked of it, and nothing will be told."""
        self.take(self.session.end(self._clock(), Ending.LINK_LOST))
        for line in (self._line, *tuple(self._tones)):
            if line is not None:
                line.close()
        self._finish()

    def _finish(self) -> None:
        self.done.set()
        self._orders.put_nowait(HangUp(None))  # wakes ``run``

    def _quit(self, uid: str) -> None:
        async def quit_() -> None:
            try:
                await self.spying.hang_up(uid)
            except AmiError as error:
                logger.info("A device could not be quietened", extra={"error_id": error.error_id})

        task = asyncio.get_running_loop().create_task(quit_(), name="quiet")
        self._quitting.add(task)
        task.add_done_callback(self._quitting.discard)

    # --- audio ----------------------------------------------------------------------------------------------------

    def _heard(self, pcm: bytes, rate: int, sides: int) -> None:
        if self._sink is not None and self.session.hears is not None:
            self._sink.audio(pcm, rate, sides)

    def _line_closed(self, closing: Closing) -> None:
        if closing in {Closing.LOST, Closing.NEVER_CAME}:
            self.take(self.session.end(self._clock(), Ending.FAILED, "The audio line to the PBX broke."))

    # --- the page's line ------------------------------------------------------------------------------------------

    def attach(self, sink: LineSink) -> None:
        """As ``SupervisionLine.attach``."""
        before, self._sink = self._sink, sink
        if before is not None and before is not sink:
            before.replaced()
        self.session.line_open()
        sink.supervision(self.now)

    def detach(self, sink: LineSink) -> None:
        """As ``SupervisionLine.detach``."""
        if self._sink is sink:
            self._sink = None
            self.session.line_lost(self._clock())

    def send_audio(self, pcm: bytes, rate: int) -> None:
        """As ``SupervisionLine.send_audio``."""
        now = self.now
        if self._line is not None and effective(now.mode, muted=now.muted) is not Mode.LISTEN and self.session.live:
            self._line.send(pcm, rate)

    async def set_mode(self, mode: Mode) -> None:
        """As ``SupervisionLine.set_mode``."""
        await self.change(mode=mode, muted=None)

    async def set_muted(self, *, muted: bool) -> None:
        """As ``SupervisionLine.set_muted``."""
        await self.change(mode=None, muted=muted)

    async def change(self, *, mode: Mode | None, muted: bool | None) -> None:
        """Switch mode, mute or unmute; once the PBX has taken it, it is so.

        Raises:
            SupervisionOverError: the session has ended.
            JoinInConferenceError: more than two would have to hear them.
            CallfloorError: the supervisor may not any more, and the session ends; or the PBX refuses.
        """
        session = self.session
        async with self._lock:
            if not session.live:
                raise SupervisionOverError
            try:
                await self._may(self.now.employee_id)
            except StoreError:
                raise  # away for a moment: it stays as it is
            except CallfloorError:
                self.take(session.forbidden(self._clock()))
                raise
            if mode is Mode.JOIN and session.crowd:
                raise JoinInConferenceError
            wanted = self.now.mode if mode is None else mode
            hushed = self.now.muted if muted is None else muted
            for order in session.switch(wanted, muted=hushed):
                if isinstance(order, Switch):
                    await self._switch(order.mode)
            session.switched(self._clock(), wanted, muted=hushed)
        self.take([])

    async def leave(self) -> None:
        """As ``SupervisionLine.leave``."""
        self.take(self.session.leave(self._clock()))

    def tell(self) -> None:
        """The page is told the state."""
        if self._sink is not None:
            self._sink.supervision(self.now)

    # --- time -----------------------------------------------------------------------------------------------------

    def tick(self, at: float) -> None:
        """Time has passed."""
        before, orders = self.now, self.session.tick(at)
        if orders or self.now is not before:
            self.take(orders)
        elif self.session.live:
            # The channel was on its way from one bridge to another when it was aimed at, or is still.
            if self.session.target is not None and self.session.hears is None and self._up is not None:
                self._orders.put_nowait(Aim(self.session.target))
        elif self._asked_to_go_at is not None and at - self._asked_to_go_at > GONE_S and not self.done.is_set():
            self._asked_to_go_at = at
            if not any(uid in self.pbx.translator.plumbing.channels for uid in self.uids):
                self._finish()  # the PBX has none of them: their end was told while we could not hear
            else:
                self._orders.put_nowait(HangUp(None))


_TELLING = (
    *(Ending.BUSY, Ending.NO_ANSWER, Ending.REFUSED, Ending.FAILED, Ending.OFFLINE, Ending.LEFT, Ending.CALL_OVER),
    *(Ending.NOT_ALLOWED, Ending.PAGE_GONE, Ending.LINK_LOST, Ending.STOPPED),
)
"""Which of several devices' words is told first."""


def _beep(frame: int, rate: int) -> bytes:
    """20 ms of the tone, with soft edges."""
    size = rate // 50
    fade = 1.0 if 0 < frame < TONE_FRAMES - 1 else 0.4
    start = frame * size
    samples = (int(fade * TONE_LEVEL * math.sin(2 * math.pi * TONE_HZ * (start + n) / rate)) for n in range(size))
    return array.array("h", samples).tobytes()
