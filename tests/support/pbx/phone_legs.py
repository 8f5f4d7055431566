"""What each phone did, leg by leg, and which of Asterisk's channels it was."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from support.pbx.records import Channel

EARLY_S, LATE_S = 0.05, 2.0
"""An INVITE and its channel begin together; two busy cores, or a digest challenge, may put so much between them."""
TOGETHER_S = 0.15
STALLED_S = 0.6
"""A machine that stands still holds an INVITE back for so long: a later call may come first, and the caller tells."""
LEFT_OPEN_S = 0.5


@dataclass
class PhoneLeg:
    """One leg by the truth of its phone; instants are epoch seconds. ``account`` is empty for a provider's side."""

    device: str
    direction: str  # in: the phone was called; out: it called
    peer: str  # out: what was dialled; in: who calls
    caller: str  # out: the number it called from
    called: str  # in: the number in the INVITE
    began_at: float
    ringing_at: float | None = None
    up_at: float | None = None
    ended_at: float | None = None
    ended_by: str = ""  # me, remote, timeout, lost
    code: int | None = None
    holds: list[tuple[float, float]] = field(default_factory=list)
    channel: Channel | None = None

    @property
    def account(self) -> str:
        return "" if self.device.startswith("client") else self.device.rstrip("m")

    @property
    def endpoint(self) -> str:
        return self.account or ("trunk-b" if self.device == "client-b" else "trunk-a")

    @property
    def rang(self) -> tuple[float, float] | None:
        """When it rang: from, to."""
        if self.direction == "out" or self.ringing_at is None:
            return None
        end = self.up_at if self.up_at is not None else self.ended_at
        return None if end is None else (self.ringing_at, end)


def legs_of(truth: Iterable[dict[str, Any]]) -> list[PhoneLeg]:
    """Every leg of every phone, in the order they began."""
    legs: dict[tuple[str, str], PhoneLeg] = {}
    held: dict[tuple[str, str], float] = {}
    for line in truth:
        if "sip_call_id" not in line:
            continue
        at, what, key = line["t"], line["what"], (line["phone"], line["sip_call_id"])
        if what in {"dial", "incoming"}:
            legs[key] = PhoneLeg(
                line["phone"], line["dir"], line["peer"], line.get("caller", ""), line.get("called", ""), at
            )
            continue
        leg = legs.get(key)
        if leg is None:
            continue
        match what:
            case "ringing" if leg.ringing_at is None:
                leg.ringing_at = at
            case "up":
                leg.up_at = at
            case "hold" if line.get("code") == 200:
                held[key] = at
            case "unhold" if key in held:
                leg.holds.append((held.pop(key), at))
            case "ended":
                leg.ended_at, leg.ended_by, leg.code = at, line.get("by", ""), line.get("code")
                if key in held:
                    leg.holds.append((held.pop(key), at))
    return list(legs.values())


def match_channels(legs: list[PhoneLeg], channels: Iterable[Channel]) -> list[PhoneLeg]:
    """Finds each leg's channel: same endpoint, same direction, begun together, in the same order.

    Returns the legs that have none, which is right only where the PBX never let the call in.
    """
    channels = list(channels)
    free = [channel for channel in channels if channel.endpoint]
    numbers = {channel.uniqueid: channel.number for channel in channels}
    dialled = {channel.uniqueid: channel.exten for channel in channels}
    unmatched = []
    for leg in legs:
        fitting = [channel for channel in free if _fits(leg, channel)]
        if not fitting:
            unmatched.append(leg)
            continue

        def strangeness(channel: Channel, leg: PhoneLeg = leg) -> tuple[bool, bool, bool, bool, float]:
            other_caller = leg.direction == "in" and leg.peer not in {numbers.get(one) for one in channel.linkedids}
            # Two clients who are called in the same instant: each has the number that somebody dialled for them.
            client = leg.direction == "in" and not leg.account
            other_called = client and leg.called not in {dialled.get(one) for one in channel.linkedids}
            apart_s = abs(channel.started_at - leg.began_at)
            slow, stalled = apart_s > TOGETHER_S, apart_s > STALLED_S
            order = -channel.started_at if stalled else channel.started_at
            return stalled, other_caller, other_called, slow, order

        leg.channel = min(fitting, key=strangeness)
        free.remove(leg.channel)
        _let_go(leg, leg.channel)
    return unmatched


def _fits(leg: PhoneLeg, channel: Channel) -> bool:
    if channel.endpoint != leg.endpoint or channel.dialled_in != (leg.direction == "out"):
        return False
    if leg.direction == "out" and channel.exten != leg.peer:
        return False
    if leg.direction == "out" and not leg.account and channel.number not in {leg.caller, ""}:
        return False
    lag = channel.started_at - leg.began_at if leg.direction == "out" else leg.began_at - channel.started_at
    return -EARLY_S <= lag <= LATE_S


def _let_go(leg: PhoneLeg, channel: Channel) -> None:
    """What the PBX decided against the phone.

    After a REFER, Asterisk drops the channel and may leave the phone's dialog open for good. Of two phones that
    answer together, one is too late.
    """
    if leg.ended_at is not None and channel.ended_at is not None and leg.ended_at > channel.ended_at + LEFT_OPEN_S:
        leg.ended_at, leg.ended_by = channel.ended_at, "remote"
    if leg.direction == "in" and channel.answered_at is None:
        leg.up_at = None  # two answered at once, and the PBX gave the call to the other


def lag_s(leg: PhoneLeg) -> float:
    """How far the phone's and the PBX's own clocks of the same moments are apart: no one who watches can do better."""
    channel = leg.channel
    if channel is None:
        return 0.0
    moments = [(leg.began_at, channel.started_at), (leg.ended_at, channel.ended_at)]
    if leg.direction == "in":
        moments.append((leg.up_at, channel.answered_at))
    return max(abs(mine - its) for mine, its in moments if mine is not None and its is not None)


def ringing_lag_s(legs: Iterable[PhoneLeg]) -> float:
    """How long the PBX was about a called phone's 180: CEL has no row for it, but the caller hears it passed on."""
    legs = list(legs)
    rang = [leg.ringing_at for leg in legs if leg.direction == "in" and leg.ringing_at is not None]
    heard = [leg.ringing_at for leg in legs if leg.direction == "out" and leg.ringing_at is not None]
    first = min(rang, default=None)
    return min((at - first for at in heard if first is not None and at >= first), default=0.0)
