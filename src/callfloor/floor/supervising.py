"""A session of supervision as a machine: what happens goes in with its instant, what is to be done comes out as orders.

Pure: no clock, no task, no PBX. A session aims at one employee's leg of one call. Where the call goes on with another
employee, it asks whether it may follow and aims there; while nobody of ours talks in the call, it waits and hears
nothing. Whatever the PBX reports to be heard, and is not what was aimed at, ends the session at once: so does all that
cannot be undone. The last orders of a session that has ended hang its leg up.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from callfloor.floor.supervisions import (
    Ending,
    Followed,
    LiveSupervision,
    Mode,
    ModeStretch,
    Phase,
    SupervisionRecord,
    Way,
)

PHONE_S: Final = 30.0  # a phone rings so long
PHONE_GRACE_S: Final = 5.0  # for the PBX to say that it has rung in vain
BROWSER_S: Final = 8.0  # for the PBX's audio to come
FIRST_LINE_S: Final = 15.0  # for the page to open its line: it may have to load for that
LINE_S: Final = 5.0  # for a page's line to come back
CROWD_S: Final = 1.0  # a transfer has three in a bridge for a moment


class LegNow(msgspec.Struct, frozen=True, kw_only=True):
    """A leg of a live call, as far as it matters to whoever follows the call."""

    leg: str
    account: str | None = None
    employee_id: int | None = None
    client: bool = False
    number: str | None = None
    room: str | None = None  # where it hears others; None: nowhere


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Whose leg is listened to."""

    leg: str
    account: str
    employee_id: int | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a session begins with."""

    id: str
    user_id: int
    user_name: str
    call_id: str
    way: Way
    phone: str | None = None
    mode: Mode = Mode.LISTEN
    muted: bool = False
    reason: str | None = None
    tone: bool = False  # the employee hears one whenever somebody begins to listen to them


class Dial(msgspec.Struct, frozen=True):
    """Have the PBX make the session's leg."""

    mode: Mode


class Aim(msgspec.Struct, frozen=True):
    """Let the leg hear this employee, or nobody; ``left`` is whom it was aimed at before."""

    target: Target | None
    left: Target | None = None


class Refresh(msgspec.Struct, frozen=True):
    """Let the leg take hold of the same employee anew: they hear others than before."""


class Switch(msgspec.Struct, frozen=True):
    """Have the PBX let the supervisor be heard so."""

    mode: Mode


class Tone(msgspec.Struct, frozen=True):
    """Play the employee a tone."""

    target: Target


class Check(msgspec.Struct, frozen=True):
    """Find out whether the supervisor may listen to this employee: answered by ``allowed`` or ``forbidden``."""

    target: Target


class CheckMode(msgspec.Struct, frozen=True):
    """The supervisor's phone has switched the mode: find out whether they still may."""

    target: Target | None


class HangUp(msgspec.Struct, frozen=True):
    """End the session's leg, and aim at nobody."""

    left: Target | None


Order = Dial | Aim | Refresh | Switch | Tone | Check | CheckMode | HangUp
Orders = list[Order]


def talks(legs: Iterable[LegNow]) -> list[LegNow]:
    """The employees' legs that hear somebody."""
    legs = list(legs)
    rooms: dict[str, int] = {}
    for leg in legs:
        if leg.room is not None:
            rooms[leg.room] = rooms.get(leg.room, 0) + 1
    return [
        leg
        for leg in legs
        if leg.account is not None and not leg.client and leg.room is not None and rooms[leg.room] > 1
    ]


def choose(
    legs: Iterable[LegNow], current: Target | None = None, *, may: Callable[[int | None], bool] = lambda _: True
) -> Target | None:
    """Whom to listen to in a call; None where nobody of ours talks in it.

    Never the client's leg, nor another outside one. Whoever is with the client comes before whoever is not; the one
    who is listened to now stays, as long as nobody else is with the client: they may be asking a colleague.

    Args:
        legs: those of the call, in the order of their beginnings.
        current: who is listened to now.
        may: whether this employee comes into question at all; None is an account of nobody's.
    """
    legs = list(legs)
    found = [leg for leg in talks(legs) if may(leg.employee_id)]
    with_client = {leg.room for leg in legs if leg.client and leg.room is not None}
    near = [leg for leg in found if leg.room in with_client]
    if not near:
        ours = [leg for leg in legs if leg.account is not None and not leg.client and may(leg.employee_id)]
        near = [leg for leg in ours if current is not None and leg.leg == current.leg] or found
    chosen = next((leg for leg in near if current is not None and leg.leg == current.leg), None)
    if chosen is None and current is not None:
        chosen = next((leg for leg in near if leg.account == current.account), None)
    if chosen is None:
        chosen = near[-1] if near else None  # the last to come is the one who was called
    if chosen is None or chosen.account is None:
        return None
    return Target(leg=chosen.leg, account=chosen.account, employee_id=chosen.employee_id)


def company(legs: Iterable[LegNow], target: Target | None) -> frozenset[str]:
    """The legs that the target's hears; none, where it hears nobody."""
    if target is None:
        return frozenset()
    legs = list(legs)
    room = next((leg.room for leg in legs if leg.leg == target.leg), None)
    return frozenset(leg.leg for leg in legs if room is not None and leg.room == room and leg.leg != target.leg)


def effective(mode: Mode, *, muted: bool) -> Mode:
    """What the PBX is to do: a muted supervisor only listens, whatever else fails."""
    return Mode.LISTEN if muted else mode


class Session:
    """One session. ``now`` is what is shown of it, ``record`` what is written down."""

    def __init__(self, asked: Asked, target: Target, at: float) -> None:
        self.asked = asked
        self.now = LiveSupervision(
            id=asked.id,
            user_id=asked.user_id,
            user_name=asked.user_name,
            call_id=asked.call_id,
            employee_id=target.employee_id,
            account=target.account,
            way=asked.way,
            phone=asked.phone,
            mode=asked.mode,
            muted=asked.muted,
            since=at,
            mode_since=at,
            reason=asked.reason,
        )
        self.record = SupervisionRecord(
            id=asked.id,
            user_id=asked.user_id,
            user_name=asked.user_name,
            call_id=asked.call_id,
            way=asked.way,
            phone=asked.phone,
            reason=asked.reason,
            started_at=at,
        )
        self.target: Target | None = target  # whom the leg may hear
        self.hears: str | None = None  # the leg that the PBX says is heard
        self._company: frozenset[str] = frozenset()  # whom they heard last
        self._crowd_since: float | None = None
        self._wanted: Target | None = None  # to whom it would go on
        self._at_pbx = effective(asked.mode, muted=asked.muted)
        self._answered = asked.way is Way.BROWSER
        self._line_lost_at: float | None = at
        self._had_line = False

    @property
    def live(self) -> bool:
        return self.now.phase is not Phase.ENDED

    @property
    def crowd(self) -> bool:
        """Whether the employee hears several: ChanSpy joins by whom the channel is bridged with, and that is nobody."""
        return self._crowd_since is not None

    def begin(self) -> Orders:
        """The first orders."""
        return [Aim(self.target), Dial(effective(self.now.mode, muted=self.now.muted))]

    # --- what the PBX tells -----------------------------------------------------------------------------------------

    def answered(self) -> None:
        """The supervisor's phone was picked up."""
        self._answered = True

    def hearing(self, at: float, leg: str) -> Orders:
        """The leg hears this one now."""
        if not self.live:
            return [HangUp(self.target)]
        if self.target is None or leg != self.target.leg:
            return self.end(at, Ending.FAILED, "The PBX let another channel be heard than was asked for.")
        first = self.record.connected_at is None
        again = self.hears is None and not first
        self.hears = leg
        self._answered = True
        target = self.target
        if self._followed_open() is None:
            followed = Followed(employee_id=target.employee_id, account=target.account, began_at=at)
            self._log(followed=(*self.record.followed, followed))
        elif again:
            pass  # it was lost for a moment
        if first:
            self._log(connected_at=at)
            self._stretch(at)
        self._show(phase=Phase.ON, employee_id=target.employee_id, account=target.account)
        orders: Orders = []
        wanted = effective(self.now.mode, muted=self.now.muted)
        # A key that comes between two channels is lost, and with it the switch: after the first it is pressed again.
        if not first or wanted is not self._at_pbx:
            orders.append(Switch(wanted))
        if self.asked.tone and len(self.record.followed) and self.record.followed[-1].began_at == at:
            orders.append(Tone(target))
        return orders

    def deaf(self, leg: str) -> None:
        """The leg does not hear this one any more."""
        if self.hears == leg:
            self.hears = None

    def leg_gone(self, at: float, ending: Ending, detail: str | None = None) -> Orders:
        """The leg is no more, and nobody of ours ended it."""
        if not self.live:
            return []
        if self.asked.way is Way.PHONE and self._answered and ending in {Ending.FAILED, Ending.NO_ANSWER, Ending.BUSY}:
            ending, detail = Ending.LEFT, None  # they hung up
        return self.end(at, ending, detail)

    def pressed(self, at: float, mode: Mode) -> Orders:
        """The supervisor pressed a mode's key on their phone: the PBX has switched already."""
        if not self.live:
            return []
        self._at_pbx = mode
        if mode is effective(self.now.mode, muted=self.now.muted):
            return []
        self.switched(at, mode, muted=False)
        return [CheckMode(self.target)]

    # --- what becomes of the call -----------------------------------------------------------------------------------

    def moved(self, at: float, call_id: str, target: Target | None, company: frozenset[str] = frozenset()) -> Orders:
        """The call is this one now, and this is who would be listened to in it (None: nobody of ours), and whom they
        hear (legs)."""
        if not self.live:
            return []
        others = bool(company and self._company) and not company & self._company
        others |= self.crowd and len(company) == 1  # whom ChanSpy took for the one they talk with may be another
        self._company = company or self._company
        if len(company) < 2:
            self._crowd_since = None
        elif self._crowd_since is None:
            self._crowd_since = at
        if call_id != self.now.call_id:
            self._show(call_id=call_id)
            self._log(call_id=call_id)
        if target == self.target:
            self._wanted = None
            return [Refresh()] if others and self.hears is not None else []
        if target is not None and target == self._wanted:
            return []
        orders: Orders = []
        if self.target is not None:
            left, self.target, self.hears = self.target, None, None
            self._leave_employee(at)
            orders.append(Aim(None, left))
            phase = Phase.FOLLOWING if self.record.connected_at is not None else self.now.phase
            self._show(account=None, phase=phase)
        self._wanted = target
        if target is not None:
            orders.append(Check(target))
        return orders

    def allowed(self, target: Target) -> Orders:
        """They may listen to this employee."""
        if not self.live or target != self._wanted:
            return []
        self.target, self._wanted = target, None
        self._show(employee_id=target.employee_id, account=target.account)
        return [Aim(target)]

    def call_over(self, at: float) -> Orders:
        """The call has ended."""
        return self.end(at, Ending.CALL_OVER)

    # --- what the supervisor does -----------------------------------------------------------------------------------

    def switch(self, mode: Mode, *, muted: bool) -> Orders:
        """What has to be done so that it is so; then, once it is done, ``switched``."""
        wanted = effective(mode, muted=muted)
        if not self.live or self.hears is None or wanted is self._at_pbx:
            return []
        return [Switch(wanted)]

    def at_pbx(self, mode: Mode) -> None:
        """The PBX has taken a switch."""
        self._at_pbx = mode

    def switched(self, at: float, mode: Mode, *, muted: bool) -> None:
        """It is so from now on."""
        if not self.live or (mode is self.now.mode and muted is self.now.muted):
            return
        since = at if mode is not self.now.mode else self.now.mode_since
        self._show(mode=mode, muted=muted, mode_since=since)
        if self.record.connected_at is not None:
            self._stretch(at)

    def leave(self, at: float) -> Orders:
        """The supervisor has had enough."""
        return self.end(at, Ending.LEFT)

    def line_open(self) -> None:
        """A page holds the session's line."""
        self._line_lost_at, self._had_line = None, True

    def line_lost(self, at: float) -> None:
        """No page does any more."""
        self._line_lost_at = at

    # --- time, and the end ------------------------------------------------------------------------------------------

    def tick(self, at: float) -> Orders:
        """Time has passed."""
        if not self.live:
            return []
        if self._crowd_since is not None and at - self._crowd_since >= CROWD_S and self.now.mode is Mode.JOIN:
            # Only the employee hears them: so it is told, and stays so, whoever is left with the client later.
            self.switched(at, Mode.WHISPER, muted=self.now.muted)
            return self.switch(Mode.WHISPER, muted=self.now.muted)
        if self.asked.way is Way.PHONE:
            if not self._answered and at - self.now.since > PHONE_S + PHONE_GRACE_S:
                return self.end(at, Ending.NO_ANSWER)
            return []
        if self.record.connected_at is None and at - self.now.since > BROWSER_S and self.target is not None:
            return self.end(at, Ending.FAILED, "The PBX's audio did not come.")
        waits_s = LINE_S if self._had_line else FIRST_LINE_S
        if self._line_lost_at is not None and at - self._line_lost_at > waits_s:
            return self.end(at, Ending.PAGE_GONE)
        return []

    def forbidden(self, at: float) -> Orders:
        """They may not listen here, or not any more."""
        return self.end(at, Ending.NOT_ALLOWED)

    def end(self, at: float, ending: Ending, detail: str | None = None) -> Orders:
        """It is over; only the first word counts."""
        if not self.live:
            return []
        self._leave_employee(at)
        modes = self.record.modes
        if modes and modes[-1].ended_at is None:
            modes = (*modes[:-1], msgspec.structs.replace(modes[-1], ended_at=at))
        self._log(modes=modes, ended_at=at, ending=ending, ending_detail=detail)
        self._show(phase=Phase.ENDED, ending=ending, ending_detail=detail)
        left, self.target, self._wanted, self.hears = self.target, None, None, None
        return [HangUp(left)]

    # --- notes ------------------------------------------------------------------------------------------------------

    def _followed_open(self) -> Followed | None:
        last = self.record.followed[-1] if self.record.followed else None
        return last if last is not None and last.ended_at is None else None

    def _leave_employee(self, at: float) -> None:
        last = self._followed_open()
        if last is not None:
            ended = msgspec.structs.replace(last, ended_at=at)
            self._log(followed=(*self.record.followed[:-1], ended))

    def _stretch(self, at: float) -> None:
        modes = self.record.modes
        if modes and modes[-1].ended_at is None:
            modes = (*modes[:-1], msgspec.structs.replace(modes[-1], ended_at=at))
        self._log(modes=(*modes, ModeStretch(mode=self.now.mode, muted=self.now.muted, began_at=at)))

    def _show(self, **changes: object) -> None:
        self.now = msgspec.structs.replace(self.now, **changes)

    def _log(self, **changes: object) -> None:
        self.record = msgspec.structs.replace(self.record, **changes)
