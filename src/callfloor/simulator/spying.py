"""Supervisors' legs: ChanSpy by Originate, aimed by SPYGROUP, switched by the keys 4, 5 and 6 (PlayDTMF).

Such a leg is a phone that rings, or an AudioSocket channel; it hears the first bridged channel whose SPYGROUP names
its group, and leaves it when that channel leaves its bridge, or at a star. What can be heard is made by ``voices``.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from callfloor.simulator.agenda import Script
from callfloor.simulator.call import Call
from callfloor.simulator.channel import DOWN, UP, Channel
from callfloor.simulator.plan import Spies
from callfloor.simulator.wire import headers

if TYPE_CHECKING:
    from callfloor.simulator.world import World

ANSWERS_AFTER_S = 1.5
CONNECTS_S = 0.002
LOOKS_EVERY_S = 0.03
SKIP = "*"
_GROUP = re.compile(r"g\(([^)]*)\)")
_AUDIO = re.compile(r"AudioSocket/(\[[0-9a-fA-F:.]+\]|[^/:]+):(\d{1,5})/([0-9a-fA-F-]{36})(?:/.*)?")
_PHONE = re.compile(r"PJSIP/(\w+)(?:/sip:.+)?")


class Spy:
    """One leg that listens."""

    def __init__(self, call: Call, plan: Spies, channel: Channel) -> None:
        self.call = call
        self.plan = plan
        self.channel = channel
        self.hears: Channel | None = None
        self.skips = False  # a star was pressed


def plan_of(world: "World", channel: str, data: str, uid: str, timeout_s: float) -> Spies | None:
    """What an Originate to ChanSpy means here; None where it cannot be done."""
    group = _GROUP.search(data)
    phone, audio = _PHONE.fullmatch(channel), _AUDIO.fullmatch(channel)
    if group is None or not uid or uid in world.switch.channels:
        return None
    apart = "D" in data.partition(",")[2].partition("g(")[0]
    if audio is not None and int(audio[2]) <= 65535:
        host = audio[1].strip("[]")
        return Spies(
            channel=channel, uid=uid, group=group[1], data=data, timeout_s=timeout_s, apart=apart, host=host,
            port=int(audio[2]), token=audio[3],
        )  # fmt: skip
    endpoint = world.switch.endpoints.get(phone[1] if phone else "")
    if endpoint is None or endpoint.trunk or not endpoint.contacts:
        return None
    return Spies(
        channel=channel, uid=uid, group=group[1], data=data, timeout_s=timeout_s, apart=apart, account=endpoint.name
    )


def spy(call: Call, plan: Spies) -> Script:
    """The leg from its beginning to its end."""
    world, s = call.world, call.switch
    resource = f"PJSIP/{plan.account}" if plan.account else f"AudioSocket/{plan.host}:{plan.port}-{plan.token}"
    leg = call.own(
        s.channel(
            resource, state=DOWN, context="from-internal", exten="s", num=plan.account or "",
            uid=plan.uid, endpoint=plan.account,
        )
    )  # fmt: skip
    s.dial("DialBegin", None, leg, f"DialString: {plan.channel}\r\n")
    answers = True
    if plan.account:
        endpoint = s.endpoints[plan.account]
        answers = endpoint.free
        yield 0.001
        s.state(leg, 5)
    yield (ANSWERS_AFTER_S if answers else plan.timeout_s) if plan.account else CONNECTS_S
    if leg.uid not in s.channels:
        return
    if not answers:
        world.originate_answered(plan, None)
        s.hangup(leg, 19, 480)
        return
    s.state(leg, UP)
    s.dial("DialEnd", None, leg, "DialStatus: ANSWER\r\n")
    world.originate_answered(plan, leg)
    s.newexten(leg, "from-internal", "s", 1, "ChanSpy", plan.data)
    found = Spy(call, plan, leg)
    world.spies[leg.uid] = found
    if plan.host is not None:
        world.on_audio(found)
    try:
        while leg.uid in s.channels:
            _look(world, found)
            yield LOOKS_EVERY_S
    finally:
        del world.spies[leg.uid]
        _leave(world, found)


def _look(world: "World", spy: Spy) -> None:
    s, hears = world.switch, spy.hears
    if hears is not None and (spy.skips or hears.uid not in s.channels or hears.bridge is None):
        _leave(world, spy)
    spy.skips = False
    if spy.hears is None:
        spy.hears = next(
            (
                ch
                for ch in s.channels.values()
                if ch.bridge is not None and spy.plan.group in ch.spygroup.split(":") and ch is not spy.channel
            ),
            None,
        )
        if spy.hears is not None:
            _tell(world, "ChanSpyStart", spy, spy.hears)


def _leave(world: "World", spy: Spy) -> None:
    if spy.hears is not None:
        _tell(world, "ChanSpyStop", spy, spy.hears)
        spy.hears = None


def _tell(world: "World", event: str, spy: Spy, target: Channel) -> None:
    world.switch.emit(event, "call", spy.channel.headers("Spyer") + target.headers("Spyee"))


def press(world: "World", ch: Channel, digit: str, duration_ms: int) -> None:
    """PlayDTMF with ``Receive: true``: as if the key had been pressed on that channel."""
    s = world.switch
    s.emit("DTMFBegin", "dtmf", ch.headers() + headers(Digit=digit, Direction="Received"))
    s.emit("DTMFEnd", "dtmf", ch.headers() + headers(Digit=digit, DurationMs=duration_ms, Direction="Received"))
    found = world.spies.get(ch.uid)
    if found is not None and digit == SKIP:
        found.skips = True


Hears = Callable[[Spy], None]
"""Told of each AudioSocket leg that is up: somebody has to speak into its port."""


def nobody(_spy: Spy) -> None:
    """A world without sockets."""
