"""A PBX that says more than can be taken in: what waits, waits at the PBX, and nothing of it is lost."""

import asyncio
import contextlib
import gc
import sys
from collections import Counter
from collections.abc import Iterable

from callfloor.asterisk.connection import READ_BYTES, parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.floor import facts
from callfloor.floor.changes import CallFinished
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from support.ami_peer import Action, AmiPeer, Answer, PeerLink, message
from support.held import left_by

CALLS = 1_500
SAMPLED_CALLS = 50
WITHIN_S = 60.0
HELD_BYTES = 4 * READ_BYTES
"""What both ends' streams may hold of it between them; the whole flood is a hundred times as much."""
LISTED = {
    "ExtensionStateList": "ExtensionStateListComplete",
    "PJSIPShowContacts": "ContactListComplete",
    "DeviceStateList": "DeviceStateListComplete",
    "PresenceStateList": "PresenceStateListComplete",
    "BridgeList": "BridgeListComplete",
    "Status": "StatusComplete",
    "CoreShowChannels": "CoreShowChannelsComplete",
    "QueueStatus": "QueueStatusComplete",
}
MORE = {f"X-Filling-{number}": "of what a PBX says and nobody asks for" * 8 for number in range(8)}


def waiting() -> int:
    """Bytes that any stream of this process has read, and nobody has taken."""
    streams = [each for each in gc.get_objects() if isinstance(each, asyncio.StreamReader)]
    return sum(len(stream._buffer) for stream in streams)  # type: ignore[attr-defined]


def lists(last: str) -> Answer:
    def answered(link: PeerLink, action: Action) -> None:
        link.listing(action, [], last=last)

    return answered


def of_call(number: int) -> bytes:
    """A client calls, is up, and hangs up."""
    own = {
        "Channel": f"PJSIP/trunk-a-{number:08x}", "CallerIDNum": "79161234567", "Exten": "74951000003",
        "Context": "from-trunk", "Uniqueid": f"1700000000.{number}", "Linkedid": f"1700000000.{number}",
    }  # fmt: skip
    return b"".join((
        message(Event="Newchannel", ChannelState="4", **own, **MORE),
        message(Event="Newstate", ChannelState="6", **own, **MORE),
        message(Event="HangupRequest", ChannelState="6", Cause="16", **own, **MORE),
        message(Event="Hangup", ChannelState="6", Cause="16", **own, **MORE),
    ))  # fmt: skip


async def test_a_flood_is_taken_in_as_fast_as_it_can_be_waits_outside_and_leaves_no_memory() -> None:
    left, height = await left_by(flooded, rounds=1)
    assert left < height / 20, (left, height)


async def flooded() -> int:
    """A flood from its beginning to its end; the blocks of memory in use before all of it is let go."""
    peer, floor, over, links = AmiPeer(), Floor(), Counter[str](), list[Fact]()
    peer.answers |= {action: lists(last) for action, last in LISTED.items()}
    up, done = asyncio.Event(), asyncio.Event()
    held: list[int] = []

    def take(told: Iterable[Fact]) -> None:
        for fact in told:
            if isinstance(fact, facts.LinkUp | facts.LinkLost):
                links.append(fact)
                up.set()
            for change in floor.apply(fact):
                if isinstance(change, CallFinished):
                    over[change.record.call_id] += 1
        if over.total() >= CALLS:
            done.set()
        if over.total() // SAMPLED_CALLS >= len(held):
            held.append(waiting())

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = PeerLink(peer, writer.write, writer.close)
        peer.links.append(link)
        link.send(peer.banner)

        async def flood() -> None:
            await up.wait()
            for number in range(CALLS):
                writer.write(of_call(number))
                await writer.drain()  # no further than the other side reads

        flooding = asyncio.create_task(flood())
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                link.received(data)
        await asyncio.gather(flooding, return_exceptions=True)
        writer.close()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        link = PbxLink(link="pbx", name="PBX", url=parse_url(f"ami://monitor:s3cret@127.0.0.1:{port}"), on_facts=take)
        watching = asyncio.create_task(link.run())
        async with asyncio.timeout(WITHIN_S):
            await up.wait()
            await done.wait()
            await link.connection.action("Ping")
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await gone.wait()
    assert set(over.values()) == {1}
    assert len(over) == CALLS
    assert [type(fact) for fact in links] == [facts.LinkUp], "the link was never lost"
    assert not floor.snapshot().calls
    assert max(held) < HELD_BYTES, max(held)
    assert len(of_call(0)) * CALLS > 50 * HELD_BYTES
    return sys.getallocatedblocks()
