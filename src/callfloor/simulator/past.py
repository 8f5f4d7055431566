"""The past as a manager would have heard it who had been there all the time: what he asked, and what he was told."""

from collections.abc import Iterator

from callfloor.asterisk.ami import Codec, encode
from callfloor.simulator.actions import ACTIONS
from callfloor.simulator.world import Timed, World

CONTACTS = "PJSIPShowContacts"
OPENING = (
    *("ExtensionStateList", CONTACTS, "DeviceStateList", "PresenceStateList", "BridgeList"),
    *("Status", "CoreShowChannels", "QueueStatus"),
)
"""What is asked at first: who is who, then what goes on."""


def heard(world: World, until: float) -> Iterator[Timed]:
    """The world's life up to ``until``, in time order.

    First one chunk with the answers that list everything as it is now; then the events, each a chunk. When a device
    has lost its network a listing of the contacts stands between them: it tells until when the device's registration
    is valid, and so that it ran out and was not given up.
    """
    yield world.agenda.now, _opening(world)
    switch = world.switch
    cut_offs = switch.cut_offs
    while world.agenda.step(until):
        if switch.cut_offs != cut_offs:
            cut_offs = switch.cut_offs
            yield world.agenda.now, _answer(world, f"contacts-{cut_offs}", CONTACTS)
        if switch.out:
            yield from switch.out
            switch.out.clear()


def _opening(world: World) -> bytes:
    listings = (_answer(world, f"opening-{action}", action) for action in OPENING)
    return b"".join([*listings, _answer(world, "opening-dnd", "Command", Command="database show DND")])


def _answer(world: World, action_id: str, action: str, **headers: str) -> bytes:
    (asked,) = Codec().feed(encode(action, headers))
    return ACTIONS[action.lower()](world, asked).encode(action_id)
