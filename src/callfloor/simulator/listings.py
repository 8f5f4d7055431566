"""The answers that list the PBX's state: what a client asks when it connects in the middle of everything.

Each function yields the bodies of the events of one listing, in the shape that Asterisk 22 sends (recorded by
``ami_reconnect_midcall``). What they show and what the events told agree: both come from the same objects.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from callfloor.simulator.channel import BUSY, RINGING, Channel
from callfloor.simulator.queues import Queue
from callfloor.simulator.wire import headers

if TYPE_CHECKING:
    from callfloor.simulator.world import World

Listing = Iterator[tuple[str, str]]
"""(event name, headers); the action id is added by whoever sends them."""

DEVICE_TEXT = {
    "NOT_INUSE": "Not in use",
    "INUSE": "In use",
    "BUSY": "Busy",
    "UNAVAILABLE": "Unavailable",
    "RINGING": "Ringing",
    "RINGINUSE": "Ring+Inuse",
    "ONHOLD": "On Hold",
}


def core_show_channels(world: "World") -> Listing:
    """CoreShowChannels: every channel, Local halves included. The DID that was dialled is not in it."""
    for ch in world.switch.channels.values():
        seconds = int(world.agenda.now - ch.created_at)
        yield (
            "CoreShowChannel",
            (
                ch.headers()
                + headers(
                    Application=ch.application,
                    ApplicationData=ch.data,
                    Duration=f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
                    BridgeId=_bridge(ch),
                )
            ),
        )


def status(world: "World", channel: str = "") -> Listing:
    """Status: every channel, or one, with the number that it dialled (DNID)."""
    for ch in world.switch.channels.values():
        if channel and ch.name != channel:
            continue
        group = 0 if ch.endpoint is None or ch.endpoint in world.company.trunks else 2
        yield (
            "Status",
            (
                headers(Privilege="Call")
                + ch.headers()
                + headers(
                    Type="Local" if ch.endpoint is None else "PJSIP",
                    DNID=ch.dnid,
                    EffectiveConnectedLineNum=ch.conn_num,
                    EffectiveConnectedLineName=ch.conn_name,
                    TimeToHangup=0,
                    BridgeID=_bridge(ch),
                    Application=ch.application,
                    Data=ch.data,
                    Nativeformats="(ulaw)",
                    Readformat="ulaw",
                    Readtrans="",
                    Writeformat="ulaw",
                    Writetrans="",
                    Callgroup=group,
                    Pickupgroup=group,
                    Seconds=int(world.agenda.now - ch.created_at),
                )
            ),
        )


def _bridge(ch: Channel) -> str:
    return ch.bridge.uid if ch.bridge else ""


def bridge_list(world: "World") -> Listing:
    """BridgeList: the parking lot's too, once it exists."""
    for bridge in world.switch.bridges.values():
        yield "BridgeListItem", bridge.headers()


def bridge_info(world: "World", uid: str) -> Listing:
    """BridgeInfo: who is in one bridge."""
    for ch in world.switch.bridges[uid].channels:
        yield "BridgeInfoChannel", ch.headers()


def queue_status(world: "World", only: str = "", member: str = "") -> Listing:
    """QueueStatus: parameters, members and waiting callers of every queue, or of one."""
    for queue in _queues(world, only):
        level = f"{100.0 * queue.in_level / queue.completed if queue.completed else 0.0:.1f}"
        yield (
            "QueueParams",
            (
                headers(
                    Queue=queue.name,
                    Max=0,
                    Strategy=queue.strategy,
                    Calls=len(queue.entries),
                    Holdtime=queue.hold_average,
                    TalkTime=queue.talk_average,
                    Completed=queue.completed,
                    Abandoned=queue.abandoned,
                    ServiceLevel=20,
                    ServicelevelPerf=level,
                    ServicelevelPerf2=level,
                    Weight=0,
                )
            ),
        )
        for m in queue.members.values():
            if member in {"", m.interface, m.name}:
                yield (
                    "QueueMember",
                    (
                        headers(
                            Queue=queue.name,
                            Name=m.name,
                            Location=m.interface,
                            StateInterface=m.state_interface,
                            Membership=m.membership,
                            Penalty=m.penalty,
                            CallsTaken=m.calls_taken,
                            LastCall=m.last_call,
                            LastPause=m.last_pause,
                            LoginTime=m.login_at,
                            InCall=int(m.incall),
                            Status=m.status,
                            Paused=int(m.paused),
                            PausedReason=m.reason,
                            Wrapuptime=queue.wrapup_s,
                        )
                    ),
                )
        for position, entry in enumerate(queue.entries, 1):
            ch = entry.caller
            yield (
                "QueueEntry",
                (
                    headers(
                        Queue=queue.name,
                        Position=position,
                        Channel=ch.name,
                        Uniqueid=ch.uid,
                        CallerIDNum=_plain(ch.cid_num),
                        CallerIDName=_plain(ch.cid_name),
                        ConnectedLineNum=_plain(ch.conn_num),
                        ConnectedLineName=_plain(ch.conn_name),
                        Wait=int(world.agenda.now - entry.joined_at),
                        Priority=0,
                    )
                ),
            )


def _queues(world: "World", only: str) -> list[Queue]:
    return [q for q in world.switch.queues.values() if only in {"", q.name}]


def _plain(value: str) -> str:
    """QueueEntry says ``unknown`` without the brackets."""
    return value.strip("<>")


def queue_summary(world: "World", only: str = "") -> Listing:
    """QueueSummary."""
    for queue in _queues(world, only):
        here = [m for m in queue.members.values() if m.endpoint.state != "UNAVAILABLE"]
        longest = max((int(world.agenda.now - e.joined_at) for e in queue.entries), default=0)
        yield (
            "QueueSummary",
            (
                headers(
                    Queue=queue.name,
                    LoggedIn=len(here),
                    Available=sum(m.endpoint.free and not m.paused for m in here),
                    Callers=len(queue.entries),
                    HoldTime=queue.hold_average,
                    TalkTime=queue.talk_average,
                    LongestHoldTime=longest,
                )
            ),
        )


def parked_calls(world: "World") -> Listing:
    """ParkedCalls."""
    for slot in world.switch.parked:
        yield "ParkedCall", world.parked_headers(slot)


def core_status(world: "World", booted_at: float) -> str:
    """CoreStatus."""

    started = datetime.fromtimestamp(booted_at, UTC)
    day, hour = f"{started:%Y-%m-%d}", f"{started:%H:%M:%S}"
    calls = sum(c.state not in {RINGING, BUSY} for c in world.switch.channels.values())
    return headers(
        CoreStartupDate=day,
        CoreStartupTime=hour,
        CoreReloadDate=day,
        CoreReloadTime=hour,
        CoreCurrentCalls=calls,
        CoreProcessedCalls=world.switch.processed,
    )


OUTSIDE = "_[+0-9]."
CONTEXTS = ("from-internal", "ext-local", "ext-queues")


def dialplan(world: "World", context: str, extension: str) -> Listing:
    """ShowDialPlan: what phones can dial, as FreePBX writes it. Empty words mean all."""
    plan: list[tuple[str, str, str, str]] = []
    for endpoint in world.switch.endpoints.values():
        if not endpoint.trunk:
            plan += [
                ("from-internal", endpoint.name, "Goto", f"ext-local,{endpoint.name},1"),
                ("ext-local", endpoint.name, "Dial", f"PJSIP/{endpoint.name}"),
            ]
    for queue in world.switch.queues.values():
        plan += [
            ("from-internal", queue.number, "Goto", f"ext-queues,{queue.number},1"),
            ("ext-queues", queue.number, "Queue", f"{queue.name},tTkKxX,,,{queue.max_wait_s:.0f}"),
        ]
    plan.append(("from-internal", OUTSIDE, "Goto", "outbound,${EXTEN},1"))
    for where, pattern, application, data in plan:
        dialled = pattern == extension or (pattern == OUTSIDE and re.fullmatch(r"\+?\d{7,}", extension))
        if (not context or where == context) and (not extension or dialled):
            body = headers(Context=where, Extension=pattern, Priority=1, Application=application, AppData=data)
            yield "ListDialplan", body
