"""What a link knows of the PBX's plumbing, handed over from a process that ends to the next.

By it the next one knows which legs have gone when the PBX lists its channels, as after a link that was lost.
"""

from collections.abc import Iterable
from typing import Any

from callfloor.asterisk.channels import Channel, Group, Part, Plumbing
from callfloor.floor.graph import Graph

_GROUP = Group("", "", 0)
_GRAPH = Graph(
    {
        Plumbing: lambda: Plumbing(""),
        Channel: lambda: Channel("", "", _GROUP, 0.0),
        Group: lambda: Group("", "", 0),
        Part: lambda: Part(_GROUP, [], []),
    },
    values=(),
    left_out={Plumbing: frozenset({"link", "out"})},
)


def keep(plumbing: Plumbing) -> bytes:
    """The channels, bridges and calls of one PBX."""
    return _GRAPH.dump(plumbing)


def take_over(plumbing: Plumbing, data: bytes) -> None:
    """Make fresh plumbing what was kept.

    Raises:
        ValueError: it is not what ``keep`` of this version, or of one like it, wrote; the plumbing is as before.
    """
    found: Any = _GRAPH.load(data)
    if not isinstance(found, Plumbing):
        raise ValueError("it is no plumbing")
    link, out = plumbing.link, plumbing.out
    vars(plumbing).update(vars(found))
    plumbing.link, plumbing.out = link, out


def keep_call(plumbing: Plumbing, keys: Iterable[str]) -> list[bytes]:
    """What is known of the channels of one call, by the keys that the floor has it under.

    Of a process that is killed the floor's notes are kept call by call, and these with them.
    """
    groups = (plumbing.group(key) for key in keys)
    return [_GRAPH.dump(plumbing.part(group)) for group in dict.fromkeys(groups) if group is not None]


def take_up(plumbing: Plumbing, notes: Iterable[bytes]) -> None:
    """Put what was kept of some calls into fresh plumbing.

    Raises:
        ValueError: it is not what ``keep_call`` of this version, or of one like it, wrote; the plumbing is as before.
    """
    found = [_GRAPH.load(data) for data in notes]
    if not all(isinstance(part, Part) for part in found):
        raise ValueError("it is no call's plumbing")
    for part in found:
        plumbing.add_part(part)
