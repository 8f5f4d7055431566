"""The PBX's plumbing: channels, bridges and Local pairs, and what of it is a leg in a room.

A Local channel is a pair of internal halves back to back; one conversation through it is two bridges. Bridges
joined by a Local pair are one *room* here. A call is the channels tied by a linked id; linked ids change without
a word and are merged as they are seen, the older one naming the call.
"""

from callfloor.floor.facts import CallEnded, CallsJoined, Fact, LegsPlaced

PLUMBING = frozenset(
    (
        *("Local", "AsyncGoto", "Surrogate", "CBAnn", "CBRec", "Announcer", "Recorder", "Snoop", "AudioSocket"),
        *("WebSocket", "UnicastRTP", "MulticastRTP", "Bridge", "Message", "OutgoingSpoolFailed", "Parked"),
    )
)
"""Technologies of channels that are nobody's phone."""
TOMBSTONES = 4096  # uniqueids of channels that have hung up: late events must not bring them back


class Group:
    """The channels of one call, by the linked ids that name it."""

    __slots__ = ("calling", "channels", "key", "legs", "linked", "order", "pending")

    def __init__(self, key: str, linked: str, order: int) -> None:
        self.key = key
        self.linked = {linked}
        self.order = order
        self.channels: set[str] = set()
        self.legs: list[str] = []  # unique ids of the real legs, in order of appearance
        self.calling = False  # somebody dialled in
        self.pending: list[str] = []  # recordings begun before there was a leg


class Channel:
    """One channel of the PBX."""

    __slots__ = (
        "account",
        "bridge",
        "cancelled",
        "endpoint",
        "group",
        "identified",
        "is_leg",
        "name",
        "other",
        "queue",
        "room",
        "seen_at",
        "state",
        "technology",
        "uid",
    )

    def __init__(self, uid: str, name: str, group: Group, seen_at: float) -> None:
        self.uid = uid
        self.seen_at = seen_at
        self.name = name
        self.technology, _, rest = name.partition("/")
        self.endpoint = rest.rpartition("-")[0] or rest
        self.group = group
        self.bridge: str | None = None
        self.other: str | None = None  # the other half of a Local pair
        self.room: str | None = None
        self.is_leg = False
        self.identified = False  # the numbers at both its ends were told
        self.account: str | None = None
        self.state = ""
        self.queue: str | None = None
        self.cancelled = False  # whoever dialled it took the call back

    @property
    def trunk(self) -> str | None:
        """What the line of an outside leg is called: ``provider`` of ``PJSIP/provider-0000001a``, ``i1`` of
        ``DAHDI/i1/79161234567-2``. A Local half is no line."""
        return None if self.technology in PLUMBING else self.endpoint.partition("/")[0] or None


class Part:
    """One group with its channels, apart from all others: to be kept and put back."""

    __slots__ = ("channels", "group", "holding")

    def __init__(self, group: Group, channels: list[Channel], holding: list[str]) -> None:
        self.group = group
        self.channels = channels
        self.holding = holding  # those of their bridges in which nobody hears anybody


class Plumbing:
    """All channels and bridges of one PBX; makes the facts that follow from who is where."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, set[str]] = {}
        self.holding: set[str] = set()  # bridges in which nobody hears anybody: parking lots
        self._groups: dict[str, Group] = {}  # by linked id
        self._halves: dict[str, str] = {}  # name of a Local half -> unique id
        self._gone: dict[str, None] = {}  # the oldest first
        self._order = 0
        self.out: list[Fact] = []

    # --- channels and calls -----------------------------------------------------------------------------------

    def is_gone(self, uid: str) -> bool:
        return uid in self._gone

    def has_been(self, uid: str) -> bool:
        """Is there a channel of this unique id, or was there one?"""
        return uid in self.channels or uid in self._gone

    def knows(self, linked: str) -> bool:
        """Is there a call of this linked id?"""
        return linked in self._groups

    def group(self, key: str) -> Group | None:
        """The group by the key of its call; None where no channel of it is left."""
        return self._groups.get(key.removeprefix(f"{self.link}-"))

    def part(self, group: Group) -> Part:
        """The group as it is now."""
        channels = [self.channels[uid] for uid in group.channels]
        bridges = {channel.bridge for channel in channels if channel.bridge is not None}
        return Part(group, channels, sorted(bridges & self.holding))

    def add_part(self, part: Part) -> None:
        """Put a group back that is not there; nothing is told of it."""
        group = part.group
        self._order = max(self._order, group.order)
        self._groups |= dict.fromkeys(group.linked, group)
        self.holding.update(part.holding)
        for channel in part.channels:
            self.channels[channel.uid] = channel
            if channel.bridge is not None:
                self.bridges.setdefault(channel.bridge, set()).add(channel.uid)
            if channel.technology == "Local":
                self._pair(channel)

    def bury(self, uid: str) -> None:
        """Nothing that is still said of this channel is heard."""
        self._gone[uid] = None
        if len(self._gone) > TOMBSTONES:
            del self._gone[next(iter(self._gone))]

    def unbury(self, uid: str) -> None:
        """It lives after all."""
        self._gone.pop(uid, None)

    def add(self, at: float, uid: str, name: str, linked: str) -> Channel:
        group = self._groups.get(linked)
        if group is None:
            self._order += 1
            group = self._groups[linked] = Group(f"{self.link}-{linked}", linked, self._order)
        channel = Channel(uid, name, group, at)
        group.channels.add(uid)
        self.channels[uid] = channel
        if channel.technology == "Local":
            self._pair(channel)
        return channel

    def _pair(self, channel: Channel) -> None:
        base, semicolon, half = channel.name.rpartition(";")
        self._halves[channel.name] = channel.uid
        other = self._halves.get(f"{base};{'2' if half == '1' else '1'}") if semicolon else None
        if other is not None and other in self.channels:
            channel.other = other
            self.channels[other].other = channel.uid

    def rename(self, channel: Channel, name: str) -> None:
        """A masquerade swaps names between channels; the unique id stays with the leg."""
        self._halves.pop(channel.name, None)
        channel.name = name
        channel.technology, _, rest = name.partition("/")
        channel.endpoint = rest.rpartition("-")[0] or rest

    def follow(self, at: float, channel: Channel, linked: str) -> None:
        """The linked id on any event; where it has changed, two calls are one."""
        if not linked or linked in channel.group.linked:
            return
        other = self._groups.get(linked)
        if other is None:
            channel.group.linked.add(linked)
            self._groups[linked] = channel.group
        else:
            self.join(at, other, channel.group)

    def join(self, at: float, one: Group, another: Group) -> None:
        """Two groups turned out to be one call; the older names it."""
        if one is another:
            return
        kept, merged = (one, another) if one.order < another.order else (another, one)
        for uid in merged.channels:
            self.channels[uid].group = kept
        kept.channels |= merged.channels
        kept.legs += merged.legs
        kept.calling |= merged.calling
        kept.pending += merged.pending
        kept.linked |= merged.linked
        for linked in merged.linked:
            self._groups[linked] = kept
        if merged.legs:
            self.out.append(CallsJoined(at, kept.key, merged.key))

    def remove(self, at: float, channel: Channel) -> None:
        """The channel has hung up; with the last one of its group the call is over."""
        self.leave(at, channel)
        del self.channels[channel.uid]
        self._halves.pop(channel.name, None)
        if channel.other is not None and channel.other in self.channels:
            self.channels[channel.other].other = None
        self.bury(channel.uid)
        group = channel.group
        group.channels.discard(channel.uid)
        if not group.channels:
            for linked in group.linked:
                self._groups.pop(linked, None)
            if group.legs:
                self.out.append(CallEnded(at, group.key))

    # --- bridges and rooms ------------------------------------------------------------------------------------

    def enter(self, at: float, channel: Channel, bridge: str, *, holding: bool = False) -> None:
        if channel.bridge == bridge:
            return
        if channel.bridge is not None:
            self.leave(at, channel)
        channel.bridge = bridge
        members = self.bridges.setdefault(bridge, set())
        if holding:
            self.holding.add(bridge)
        else:
            for uid in list(members):
                self.join(at, self.channels[uid].group, channel.group)
        members.add(channel.uid)
        self._place(at, [bridge], None)

    def leave(self, at: float, channel: Channel) -> None:
        bridge = channel.bridge
        if bridge is None:
            return
        channel.bridge = None
        members = self.bridges.get(bridge, set())
        members.discard(channel.uid)
        affected = [bridge]
        if channel.other is not None and channel.other in self.channels:
            across = self.channels[channel.other].bridge
            if across is not None:
                affected.append(across)
        self._place(at, affected, channel)
        if not members:
            self.bridges.pop(bridge, None)
            self.holding.discard(bridge)

    def _place(self, at: float, bridges: list[str], left: Channel | None) -> None:
        """Tell of every leg whose room is another now."""
        places: list[tuple[str, str | None]] = []
        if left is not None and left.is_leg and left.room is not None:
            left.room = None
            places.append((f"{self.link}-{left.uid}", None))
        seen: set[str] = set()
        for bridge in bridges:
            if bridge in seen or bridge in self.holding:
                continue
            connected = self._connected(bridge)
            seen |= connected
            room = min(connected)
            for joined in connected:
                for uid in self.bridges.get(joined, ()):
                    channel = self.channels[uid]
                    if channel.is_leg and channel.room != room:
                        channel.room = room
                        places.append((f"{self.link}-{uid}", room))
        if places:
            self.out.append(LegsPlaced(at, tuple(places)))

    def _connected(self, bridge: str) -> set[str]:
        """The bridge and those that Local pairs join to it."""
        found, stack = {bridge}, [bridge]
        while stack:
            for uid in self.bridges.get(stack.pop(), ()):
                other = self.channels[uid].other
                if other is None or other not in self.channels:
                    continue
                across = self.channels[other].bridge
                if across is not None and across not in found and across not in self.holding:
                    found.add(across)
                    stack.append(across)
        return found

    def replace(self, at: float, channel: Channel) -> None:
        """Tell the room of a leg that has just become one."""
        if channel.bridge is not None:
            self._place(at, [channel.bridge], None)
