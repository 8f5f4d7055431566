"""What a link knows of the PBX's plumbing, handed over from a process that ends to the next.

By it the next one knows which legs have gone when the PBX lists its channels, as after a link that was lost.
"""

from typing import Any

from callfloor.asterisk.channels import Channel, Group, Plumbing
from callfloor.floor.graph import Graph

_GROUP = Group("", "", 0)
_GRAPH = Graph(
    {
        Plumbing: lambda: Plumbing(""),
        Channel: lambda: Channel("", "", _GROUP, 0.0),
        Group: lambda: Group("", "", 0),
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
