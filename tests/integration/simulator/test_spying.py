"""The simulated PBX lets one listen: by AudioSocket to the very port that a real one connects to, and by phone."""

import array
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from callfloor.asterisk.ami_url import parse_url
from callfloor.asterisk.audiosocket import AudioSocketServer, Closing
from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.spying import PREFIX, Spying
from callfloor.floor.supervisions import Ending, Mode
from callfloor.simulator import Simulator
from callfloor.simulator.company import lab_company
from callfloor.simulator.plan import Answers, End, Inbound, Talk
from callfloor.simulator.world import Fixed, World
from support.waiting import until

UID, GROUP = f"{PREFIX}1", "cf-1"


class Heard:
    """What the PBX tells of our legs, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def leg_rings(self, uid: str) -> None:
        self.told.append(("rings", uid))

    def leg_up(self, uid: str) -> None:
        self.told.append(("up", uid))

    def leg_hears(self, at: float, uid: str, target: str) -> None:
        self.told.append(("hears", uid, target))

    def leg_hears_no_more(self, uid: str, target: str) -> None:
        self.told.append(("hears no more", uid, target))

    def leg_pressed(self, at: float, uid: str, mode: Mode) -> None:
        self.told.append(("pressed", uid, str(mode)))

    def leg_gone(self, at: float, uid: str, ending: Ending, detail: str | None) -> None:
        self.told.append(("gone", uid, str(ending)))

    async def tells(self, *what: str) -> None:
        await until(lambda: what in self.told, f"{what} of {self.told}")


class Site:
    """A talk between a client and 101, a link to the PBX, and a port for its audio."""

    def __init__(self, world: World, link: PbxLink, audio: AudioSocketServer, heard: Heard) -> None:
        self.world, self.audio, self.heard = world, audio, heard
        self.spying = Spying(link.connection)

    @property
    def target(self) -> str:
        """The employee's channel."""
        return next(ch.uid for ch in self.world.switch.channels.values() if ch.endpoint == "101")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    world = World(company=lab_company(), people=Fixed({"101": Answers(0.05)}), start=time.time())
    audio, heard = AudioSocketServer(), Heard()
    await audio.open("127.0.0.1", 0)
    async with Simulator(world=world).serve() as url:
        link = PbxLink(link="pbx1", name="PBX", url=parse_url(url), on_facts=lambda _: None)
        link.translator.spies.listener = heard
        running = asyncio.create_task(link.run(), name="link")
        try:
            await until(lambda: link.connection.is_up, "the link is up")
            world.begin(Inbound(did="74951000003", client="79161234567", then=(Talk(60.0), End())))
            await until(lambda: any(ch.bridge for ch in world.switch.channels.values()), "they talk")
            yield Site(world, link, audio, heard)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await audio.close()


async def test_both_voices_come_apart_to_the_audio_port(site: Site) -> None:
    heard, closed = array.array("h"), list[Closing]()
    sides: set[int] = set()

    def on_audio(pcm: bytes, rate: int, how_many: int) -> None:
        heard.frombytes(pcm)
        sides.add(how_many)
        assert rate == 8000

    line = site.audio.expect(
        {"127.0.0.1"}, on_open=lambda: None, on_audio=on_audio, on_closed=closed.append, apart=True
    )
    host, port = site.audio.address or ("", 0)
    channel = f"AudioSocket/{host}:{port}/{line.uuid}/c(slin)"
    await site.spying.dial(UID, channel, GROUP, Mode.LISTEN, shown=("Lida", "1"), timeout_s=5, apart=True)
    await site.heard.tells("up", UID)
    assert not any(heard), "nobody is listened to yet"
    await site.spying.aim(GROUP, site.target)
    await site.heard.tells("hears", UID, site.target)
    await until(lambda: max(heard[0::2], default=0) > 500 and max(heard[1::2], default=0) > 500, "both speak")
    assert sides == {2}
    for mode in (Mode.WHISPER, Mode.JOIN, Mode.LISTEN):
        await site.spying.switch(UID, mode)
        await site.heard.tells("pressed", UID, str(mode))
    target = site.target
    await site.spying.unaim(UID, GROUP, target, leave=True)
    await site.heard.tells("hears no more", UID, target)
    line.close()
    await until(lambda: UID not in site.world.switch.channels, "the leg is gone")
    assert len(site.world.switch.channels) == 2, "the talk goes on"


async def test_a_phone_rings_listens_and_is_hung_up(site: Site) -> None:
    await site.spying.dial(UID, "PJSIP/110", GROUP, Mode.LISTEN, shown=("Lida", "1"), timeout_s=5, apart=False)
    await site.spying.aim(GROUP, site.target)
    await site.heard.tells("rings", UID)
    await site.heard.tells("hears", UID, site.target)
    await site.spying.hang_up(UID)
    await until(lambda: site.heard.told[-1][0] == "gone", "the leg is gone")
    assert site.heard.told[-2][0] == "hears no more"
    assert UID not in site.world.switch.channels
    assert not site.world.spies


async def test_a_port_that_nobody_listens_on_ends_the_leg(site: Site) -> None:
    host, port = site.audio.address or ("", 0)
    await site.audio.close()
    channel = f"AudioSocket/{host}:{port}/11111111-2222-3333-4444-555555555555/c(slin)"
    await site.spying.dial(UID, channel, GROUP, Mode.LISTEN, shown=("Lida", "1"), timeout_s=5, apart=False)
    await until(lambda: site.heard.told and site.heard.told[-1][0] == "gone", "the leg is gone")
    assert len(site.world.switch.channels) == 2
