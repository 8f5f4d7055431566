"""Who heard whom, and when: stretches of conversation from the bridges, through Local pairs, less music on hold."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from support.pbx.records import CelRow, Channel

Stretches = list[tuple[float, float]]


def joined(stretches: Iterable[tuple[float, float]]) -> Stretches:
    """The same time, without overlaps, in order."""
    out: Stretches = []
    for start, end in sorted(stretches):
        if end <= start:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def total(stretches: Iterable[tuple[float, float]]) -> float:
    return sum(end - start for start, end in joined(stretches))


def music_on_hold(rows: Iterable[CelRow]) -> dict[str, Stretches]:
    """When each channel was played music, by uniqueid."""
    playing: dict[str, float] = {}
    stretches: dict[str, Stretches] = {}
    for row in rows:
        if row.event == "MOH_STREAM_BEGIN":
            playing.setdefault(row.uniqueid, row.at)
        elif row.event in {"MOH_STREAM_END", "CHAN_END"} and row.uniqueid in playing:
            stretches.setdefault(row.uniqueid, []).append((playing.pop(row.uniqueid), row.at))
    return stretches


@dataclass(frozen=True)
class Company:
    """The people who hear one another in one stretch: uniqueids of their channels."""

    start: float
    end: float
    people: frozenset[str]


def companies(channels: Iterable[Channel], held: Mapping[str, Stretches]) -> list[Company]:
    """Who was together in each stretch between two movements; ``held`` says when each was on hold, by uniqueid."""
    channels = list(channels)
    moves = {at for channel in channels for _, start, end in channel.stays for at in (start, end)}
    instants = sorted(moves | {at for stretches in held.values() for stretch in stretches for at in stretch})

    def quiet(uniqueid: str, at: float) -> bool:
        return any(start <= at < end for start, end in held.get(uniqueid, ()))

    pairs = [channel for channel in channels if channel.name.startswith("Local/")]
    found = []
    for start, end in itertools.pairwise(instants):
        middle = (start + end) / 2
        rooms: dict[str, set[str]] = {}
        room_of: dict[str, str] = {}
        for channel in channels:
            for bridge, entered, left in channel.stays:
                if entered <= middle < left:
                    rooms.setdefault(bridge, set()).add(channel.uniqueid)
                    room_of[channel.uniqueid] = bridge
        for one in pairs:
            if one.name.endswith(";1"):
                other = next((two for two in pairs if two.name == one.name[:-1] + "2"), None)
                a, b = room_of.get(one.uniqueid), room_of.get(other.uniqueid) if other else None
                cut = quiet(one.uniqueid, middle) or (other is not None and quiet(other.uniqueid, middle))
                if a and b and a != b and not cut:  # music played into a pair is heard at its other end
                    moved = rooms.pop(b)
                    rooms[a] |= moved
                    room_of.update(dict.fromkeys(moved, a))
        people = {channel.uniqueid for channel in channels if channel.endpoint}
        for room in rooms.values():
            present = frozenset(one for one in room & people if not quiet(one, middle))
            if len(present) > 1:
                found.append(Company(start, end, present))
    return found
