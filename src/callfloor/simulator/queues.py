"""A queue: who waits, who serves, and the messages of app_queue."""

import itertools
from typing import TYPE_CHECKING

from callfloor.simulator.agenda import Bell
from callfloor.simulator.channel import Channel, Endpoint
from callfloor.simulator.wire import headers

if TYPE_CHECKING:
    from callfloor.simulator.switch import Switch

MEMBER_STATUS = {"NOT_INUSE": 1, "INUSE": 2, "BUSY": 3, "UNAVAILABLE": 5, "RINGING": 6, "RINGINUSE": 7, "ONHOLD": 8}
"""``AST_DEVICE_…`` numbers as QueueMember's Status."""


class Member:
    """One employee's place in one queue."""

    __slots__ = (
        "calls_taken",
        "endpoint",
        "incall",
        "interface",
        "last_call",
        "last_pause",
        "login_at",
        "membership",
        "name",
        "paused",
        "penalty",
        "reason",
        "reserved",
        "state_interface",
        "status",
    )

    def __init__(self, *, name: str, interface: str, state_interface: str, endpoint: Endpoint, login_at: int) -> None:
        self.name = name
        self.interface = interface
        self.state_interface = state_interface
        self.endpoint = endpoint
        self.membership = "static"
        self.penalty = self.calls_taken = self.last_call = self.last_pause = 0
        self.login_at = login_at
        self.incall = False
        self.paused = False
        self.reason = ""
        self.reserved = False  # a caller is having this member rung
        self.status = MEMBER_STATUS[endpoint.state]

    @property
    def local(self) -> bool:
        """Rung through a Local channel, the way FreePBX makes members."""
        return self.interface.startswith("Local/")

    def headers(self, queue: str, wrapup_s: int) -> str:
        """As QueueMemberStatus and its like show it."""
        return headers(
            Queue=queue,
            MemberName=self.name,
            Interface=self.interface,
            StateInterface=self.state_interface,
            Membership=self.membership,
            Penalty=self.penalty,
            CallsTaken=self.calls_taken,
            LastCall=self.last_call,
            LastPause=self.last_pause,
            LoginTime=self.login_at,
            InCall=int(self.incall),
            Status=self.status,
            Paused=int(self.paused),
            PausedReason=self.reason,
            Ringinuse=0,
            Wrapuptime=wrapup_s,
        )


class Entry:
    """One caller's stay in a queue, until the end of the call that it led to."""

    __slots__ = (
        "answered_at",
        "bell",
        "caller",
        "hold_s",
        "joined_at",
        "leg",
        "member",
        "original_position",
        "pending",
        "queue",
        "ring_s",
    )

    def __init__(self, queue: "Queue", caller: Channel, joined_at: float, position: int) -> None:
        self.queue = queue
        self.caller = caller
        self.joined_at = joined_at
        self.original_position = position
        self.bell = Bell()
        self.pending = False  # members ring for this caller now
        self.member: Member | None = None
        self.leg: Channel | None = None  # the member's channel, or its Local ;1
        self.answered_at = 0.0
        self.hold_s = 0
        self.ring_s = 0


class Queue:
    """The state of one queue. Times in seconds, as queues.conf has them."""

    def __init__(
        self,
        switch: "Switch",
        name: str,
        *,
        label: str,
        number: str,
        strategy: str,
        timeout_s: float,
        retry_s: float,
        wrapup_s: int = 0,
        max_wait_s: float = 60,
        overflow: str | None = None,
    ) -> None:
        self.switch = switch
        self.name = name
        self.label = label
        self.number = number  # its extension in the dialplan
        self.strategy = strategy  # ringall, rrmemory, leastrecent
        self.timeout_s = timeout_s
        self.retry_s = retry_s
        self.wrapup_s = wrapup_s
        self.max_wait_s = max_wait_s
        self.overflow = overflow  # the extension whose voicemail takes who waited in vain; None hangs up
        self.members: dict[str, Member] = {}
        self.entries: list[Entry] = []
        self.completed = self.abandoned = self.in_level = 0
        self.hold_average = self.talk_average = 0  # app_queue's exponential averages, integers
        self.turn = 0  # rrmemory: whose turn it is

    # --- members ----------------------------------------------------------------------------------------------

    def add(self, member: Member) -> None:
        """Put a member into the queue and follow its device."""
        self.members[member.interface] = member
        self.switch.watch(member.endpoint.name, self, member.interface)
        self.wake()

    def remove(self, interface: str) -> Member:
        """Take a member out. Raises KeyError for one who is not there."""
        member = self.members.pop(interface)
        self.switch.unwatch(member.endpoint.name, self, interface)
        return member

    def member_changed(self, interface: str) -> None:
        """The member's device changed."""
        member = self.members[interface]
        member.status = MEMBER_STATUS[member.endpoint.state]
        self.say_member("QueueMemberStatus", member)
        if member.endpoint.free:
            self.wake()

    def say_member(self, event: str, member: Member) -> None:
        """QueueMemberStatus, QueueMemberPause, QueueMemberAdded, QueueMemberRemoved."""
        self.switch.emit(event, "agent", member.headers(self.name, self.wrapup_s))

    def pause(self, member: Member, *, on: bool, reason: str = "") -> None:
        """A member goes on a break or comes back."""
        member.paused = on
        member.reason = reason if on else ""
        member.last_pause = int(self.switch.now) if on else member.last_pause
        self.switch.device_state(f"Queue:{self.name}_pause_{member.interface}", "INUSE" if on else "NOT_INUSE")
        self.say_member("QueueMemberPause", member)
        self.wake()

    def available(self, member: Member) -> bool:
        """May be rung now."""
        rested = not member.last_call or self.switch.now - member.last_call >= self.wrapup_s
        return member.endpoint.free and not member.paused and not member.reserved and rested

    def wake(self) -> None:
        """Members may have become free: let as many callers look as there are members for them."""
        if self.entries:
            waiting = [e for e in self.entries if not e.pending]
            free = sum(1 for _ in itertools.islice(filter(self.available, self.members.values()), len(waiting)))
            for entry in waiting[:free]:
                entry.bell.ring(self.switch.agenda)

    def pick(self, entry: Entry) -> list[Member]:
        """Whom to ring for this caller now: nobody while the free ones are for those who stand before (autofill).

        In ring-all only the head of the line is served, as app_queue's num_available_members counts.
        """
        ahead = 0
        for other in self.entries:
            if other is entry:
                break
            ahead += not other.pending
        if self.strategy == "ringall":
            return [m for m in self.members.values() if self.available(m)] if entry is self.entries[0] else []
        order = list(self.members.values())
        if self.strategy == "rrmemory":
            order = order[self.turn :] + order[: self.turn]
        free = list(itertools.islice(filter(self.available, order), ahead + 1 if self.strategy == "rrmemory" else None))
        if ahead >= len(free):
            return []
        if self.strategy == "leastrecent":
            return [min(free, key=lambda m: m.last_call)]
        self.turn = (self.turn + order.index(free[0]) + 1) % len(order)
        return [free[0]]

    # --- callers ----------------------------------------------------------------------------------------------

    def join(self, caller: Channel) -> Entry:
        """A caller comes in."""
        entry = Entry(self, caller, self.switch.now, len(self.entries) + 1)
        self.entries.append(entry)
        if len(self.entries) == 1:
            self.switch.device_state(f"Queue:{self.name}", "RINGING")
        self._say("QueueCallerJoin", entry, headers(Position=len(self.entries), Count=len(self.entries)))
        self.switch.music(caller, on=True)
        return entry

    def leave(self, entry: Entry, *, answered: bool) -> None:
        """A caller goes out: to a member, or not."""
        position = self.entries.index(entry) + 1
        self.entries.remove(entry)
        now = self.switch.now
        if answered:
            entry.hold_s = int(now - entry.joined_at)
            self.hold_average = (3 * self.hold_average + entry.hold_s) // 4
            self.in_level += entry.hold_s <= 20
        else:
            self.abandoned += 1
            self._say(
                "QueueCallerAbandon",
                entry,
                headers(
                    Position=position, OriginalPosition=entry.original_position, HoldTime=int(now - entry.joined_at)
                ),
            )
            self.switch.music(entry.caller, on=False)
        if not self.entries:
            self.switch.device_state(f"Queue:{self.name}", "NOT_INUSE")
        self._say("QueueCallerLeave", entry, headers(Position=position, Count=len(self.entries)))
        self.wake()

    def connect(self, entry: Entry, member: Member, leg: Channel, ring_s: float) -> None:
        """A member answered."""
        entry.member, entry.leg = member, leg
        entry.answered_at, entry.ring_s = self.switch.now, int(ring_s)
        member.incall = True
        self._say_agent("AgentConnect", entry, member, leg, headers(HoldTime=entry.hold_s, RingTime=entry.ring_s))

    def complete(self, entry: Entry, reason: str) -> None:
        """The member's part is over: ``caller``, ``agent`` or ``transfer``."""
        if entry.member is None or entry.leg is None:
            return
        member, leg, now = entry.member, entry.leg, self.switch.now
        entry.member = None
        talk = int(now - entry.answered_at)
        self.completed += 1
        self.talk_average = (3 * self.talk_average + talk) // 4
        member.calls_taken += 1
        member.last_call = int(now)
        member.incall = False
        self._say_agent(
            "AgentComplete", entry, member, leg, headers(HoldTime=entry.hold_s, TalkTime=talk, Reason=reason)
        )
        self.switch.agenda.at(now + self.wrapup_s, self.wake)

    def called(self, entry: Entry, member: Member, leg: Channel) -> None:
        """A member's device is being rung."""
        self._say_agent("AgentCalled", entry, member, leg, "")

    def not_answered(self, entry: Entry, member: Member, leg: Channel, ring_s: float) -> None:
        """A member let it ring; in milliseconds, unlike everything else here."""
        self._say_agent("AgentRingNoAnswer", entry, member, leg, f"RingTime: {int(ring_s * 1000)}\r\n")

    def _say(self, event: str, entry: Entry, extra: str) -> None:
        self.switch.emit(event, "agent", f"{entry.caller.headers()}Queue: {self.name}\r\n{extra}")

    def _say_agent(self, event: str, entry: Entry, member: Member, leg: Channel, extra: str) -> None:
        self.switch.emit(
            event,
            "agent",
            entry.caller.headers()
            + leg.headers("Dest")
            + headers(Queue=self.name, Interface=member.interface, MemberName=member.name)
            + extra,
        )
