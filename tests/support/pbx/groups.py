"""Which channels are one call: those that ever share a linkedid, or are bridged, transferred, picked up together."""

from dataclasses import dataclass, field

from support.pbx.phone_legs import PhoneLeg
from support.pbx.records import CelRow, Channel


@dataclass
class Group:
    """The channels of one call, and the phones' legs on them."""

    channels: list[Channel] = field(default_factory=list)
    legs: list[PhoneLeg] = field(default_factory=list)

    def apps(self) -> list[tuple[str, str, float]]:
        return sorted((app for channel in self.channels for app in channel.apps), key=lambda app: app[2])

    def ran(self, app: str) -> bool:
        return any(name == app for name, _, _ in self.apps())


def groups_of(rows: list[CelRow], channels: dict[str, Channel]) -> list[Group]:
    """Channels by call, in the order of their beginnings."""
    leader = {uniqueid: uniqueid for uniqueid in channels}

    def find(one: str) -> str:
        leader.setdefault(one, one)
        while leader[one] != one:
            one = leader[one]
        return one

    def unite(*some: str) -> None:
        known = [find(one) for one in some if one in channels]
        for other in known[1:]:
            leader[other] = known[0]

    for channel in channels.values():
        for linkedid in channel.linkedids:
            leader.setdefault(linkedid, linkedid)
            leader[find(channel.uniqueid)] = find(linkedid)
    for row in rows:
        if row.event == "ATTENDEDTRANSFER":
            names = ("channel2_uniqueid", "transferee_channel_uniqueid", "transfer_target_channel_uniqueid")
            unite(row.uniqueid, *(str(row.extra.get(name, "")) for name in names))
        elif row.event == "PICKUP":
            unite(row.uniqueid, str(row.extra.get("pickup_channel_uniqueid", "")))
    together: dict[str, list[tuple[float, float, str]]] = {}
    for channel in channels.values():
        for bridge, start, end in channel.stays:
            for other_start, other_end, other in together.get(bridge, []):
                if start < other_end and other_start < end:
                    unite(channel.uniqueid, other)
            together.setdefault(bridge, []).append((start, end, channel.uniqueid))
    found: dict[str, Group] = {}
    for channel in channels.values():
        found.setdefault(find(channel.uniqueid), Group()).channels.append(channel)
    return list(found.values())
