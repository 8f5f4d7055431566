"""A link that is lost for long, and wrong clocks on either side of it: a whole link, in virtual time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import ClassVar

import pytest
from typing_extensions import override

from callfloor.asterisk.connection import parse_url
from callfloor.asterisk.link import SAID_AFTER_S, SWEEP_S, PbxLink
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import CallFinished, Link, LinkState
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from support.ami_peer import Action, AmiPeer, PeerLink, message
from support.ami_rig import URL
from support.virtual_time import passes, settled, virtual_time

EPOCH = 1_700_000_000.0
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
CALLER = {
    "Channel": "PJSIP/trunk-a-01", "ChannelState": "4", "CallerIDNum": "79161234567", "Exten": "74951000003",
    "Context": "from-trunk", "Uniqueid": "1700000000.1", "Linkedid": "1700000000.1",
}  # fmt: skip


class Watched:
    """A scripted PBX, a link to it, and its floor."""

    def __init__(self) -> None:
        self.peer = AmiPeer()
        self.floor = Floor()
        self.facts: list[Fact] = []
        self.channels: list[dict[str, str]] = []
        for action, last in LISTED.items():
            self.peer.answers[action] = self._lists(last)
        self.link = PbxLink(link="pbx", name="PBX", url=parse_url(URL), on_facts=self._take, clock=self.now)
        self.link.connection._dial = self.peer.dial

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time() + EPOCH

    def _lists(self, last: str) -> "Lister":
        return Lister(self, last)

    def _take(self, told: Iterable[Fact]) -> None:
        for fact in told:
            self.facts.append(fact)
            self.floor.apply(fact)

    @property
    def shown(self) -> Link:
        (link,) = self.floor.snapshot().links
        return link

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.link.run())
        await settled()
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


class Lister:
    """Answers one list action."""

    def __init__(self, watched: Watched, last: str) -> None:
        self._watched, self._last = watched, last

    def __call__(self, link: PeerLink, action: Action) -> None:
        rows = self._watched.channels if self._last == "CoreShowChannelsComplete" else []
        link.listing(action, [{"Event": "CoreShowChannel", **row} for row in rows], last=self._last)


@pytest.mark.parametrize("down_s", [1.0, 60.0, 600.0])
@virtual_time
async def test_a_cut_is_told_at_once_is_one_stretch_and_heals_within_moments(down_s: float) -> None:
    watched = Watched()
    async with watched.running():
        assert watched.shown.state is LinkState.LIVE
        watched.peer.link.send(message(Event="Newchannel", **CALLER))
        await settled()
        watched.peer.refuses = ConnectionRefusedError(111, "Connection refused")
        lost_at = watched.now()
        watched.peer.link.close()
        await settled()
        assert (watched.shown.state, watched.shown.since) == (LinkState.STALE, lost_at)
        (call,) = watched.floor.snapshot().calls
        assert call.stale
        await passes(down_s)
        assert (watched.shown.state, watched.shown.since) == (LinkState.STALE, lost_at), "one stretch"
        watched.channels = [{**CALLER, "Duration": "00:00:09", "Application": "Wait"}]
        watched.peer.refuses = None
        await passes(3.0)
        assert watched.shown.state is LinkState.LIVE
        (call,) = watched.floor.snapshot().calls
        assert (call.stale, call.partial) == (False, True)
        assert sum(isinstance(fact, facts.LinkUp) for fact in watched.facts) == 2


@virtual_time
async def test_of_a_peer_that_vanished_nothing_was_known_since_it_was_heard_last() -> None:
    watched = Watched()
    async with watched.running():
        await passes(25.0)
        watched.peer.silent = {"Ping"}
        heard_at = max(watched.now() - 5.0, EPOCH)  # the answer to the ping of the twentieth second
        await passes(20.0)
        lost = [fact for fact in watched.facts if isinstance(fact, facts.LinkLost)]
        assert lost
        assert lost[0].silent_since == pytest.approx(heard_at, abs=0.1)
        assert lost[0].at - heard_at < 16.0


@virtual_time
async def test_a_pbx_whose_clock_is_set_is_known_by_its_next_ping() -> None:
    watched = Watched()
    ahead_s = 0.0

    def pong(link: PeerLink, action: Action) -> None:
        link.reply(action, Ping="Pong", Timestamp=f"{watched.now() + ahead_s:.6f}")

    watched.peer.answers["Ping"] = pong
    async with watched.running():
        people = watched.link.translator.people
        assert people.ours(5000.0) == pytest.approx(5000.0, abs=0.01)
        ahead_s = 3600.0
        await passes(11.0)
        assert people.ours(5000.0) == pytest.approx(1400.0, abs=0.01)
        ahead_s = -3600.0
        await passes(11.0)
        assert people.ours(5000.0) == pytest.approx(8600.0, abs=0.01)


@virtual_time
async def test_what_is_said_before_the_listing_waits_for_it_and_is_one_call_with_it() -> None:
    """The client's channel is listed; the employee's came between the login and the listing."""
    watched = Watched()
    employee = {
        "Channel": "PJSIP/101-02", "ChannelState": "0", "CallerIDNum": "101", "Exten": "s", "Context": "from-internal",
        "Uniqueid": "1700000000.2", "Linkedid": CALLER["Uniqueid"],
    }  # fmt: skip
    watched.channels = [{**CALLER, "ChannelState": "6", "Duration": "00:00:30", "Application": "Dial"}]

    def bridges(link: PeerLink, action: Action) -> None:
        link.send(message(Event="Newchannel", **employee))
        link.listing(action, [], last="BridgeListComplete")

    watched.peer.answers["BridgeList"] = bridges
    async with watched.running():
        (call,) = watched.floor.snapshot().calls
        assert (str(call.type), call.client_number) == ("inbound", "79161234567")
        assert [party.account for party in call.parties] == ["101"]
        assert call.started_at == pytest.approx(watched.now() - 30, abs=1.0)


@virtual_time
async def test_a_callback_is_one_though_its_first_word_comes_before_anything_can_be_asked() -> None:
    """The employee, rung by a command, answers between the login and the first listing, and runs the dialplan since."""
    watched = Watched()
    watched.link.give(["101"])
    employee = {
        "Channel": "PJSIP/101-02", "ChannelState": "6", "CallerIDNum": "101", "Exten": "79161234567",
        "Context": "from-internal", "Uniqueid": "1700000000.2", "Linkedid": "1700000000.2",
    }  # fmt: skip
    client = {
        "Channel": "PJSIP/trunk-a-03", "ChannelState": "5", "CallerIDNum": "79161234567", "Exten": "",
        "Context": "from-trunk", "Uniqueid": "1700000000.3", "Linkedid": "1700000000.2",
    }  # fmt: skip
    watched.channels = [
        {**employee, "Duration": "00:00:09", "Application": "Dial"},
        {**client, "Duration": "00:00:01", "Application": "AppDial", "ConnectedLineNum": "101"},
    ]

    def settings(link: PeerLink, action: Action) -> None:
        link.send(message(Event="Newstate", **employee))
        link.reply(action, AsteriskVersion="22.10.1")

    def status(link: PeerLink, action: Action) -> None:
        rows = [{"Event": "Status", **one, "DNID": ""} for one in (employee, client)]
        link.listing(action, rows, last="StatusComplete")

    watched.peer.answers |= {"CoreSettings": settings, "Status": status}
    async with watched.running():
        (call,) = watched.floor.snapshot().calls
        assert (str(call.type), call.client_number, call.partial) == ("callback", "79161234567", True)
        assert call.business_number is None, "the extension that the client is shown by now is no number of the company"
        assert call.started_at == pytest.approx(watched.now() - 9, abs=1.0)


class Talking(Watched):
    """A caller, and the employee whom they are about to talk to; both are known, neither is in a bridge yet."""

    EMPLOYEE: ClassVar = {
        "Channel": "PJSIP/101-02", "ChannelState": "6", "CallerIDNum": "101", "Exten": "",
        "Context": "from-internal", "Uniqueid": "1700000000.2", "Linkedid": "1700000000.1",
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.link.give(["101"])
        self.listings = 0
        self.ended: list[CallRecord] = []
        self.told_after: list[bytes] = []  # what is told after a listing that knows of it already, or not yet
        self.lag_s = 0.0
        self.peer.answers["CoreShowChannels"] = self._list

    def _list(self, link: PeerLink, action: Action) -> None:
        self.listings += 1
        rows = [{"Event": "CoreShowChannel", **row} for row in self.channels]
        link.listing(action, rows, last="CoreShowChannelsComplete")
        for data in self.told_after:
            if self.lag_s:
                asyncio.get_running_loop().call_later(self.lag_s, link.send, data)
            else:
                link.send(data)
        self.told_after = []

    async def begin(self) -> None:
        """The call begins, and both are up."""
        here = [{**CALLER, "ChannelState": "6"}, self.EMPLOYEE]
        for one in (CALLER, {**self.EMPLOYEE, "ChannelState": "0"}):
            self.peer.link.send(message(Event="Newchannel", **one))
        for one in here:
            self.peer.link.send(message(Event="Newstate", **one))
        await settled()
        self.channels = [{**one, "Duration": "00:00:09", "Application": "Dial"} for one in here]

    def entered(self) -> list[bytes]:
        """Both enter one bridge."""
        here = {"BridgeUniqueid": "b1", "BridgeTechnology": "simple_bridge"}
        return [message(Event="BridgeEnter", **{**one, "ChannelState": "6"}, **here) for one in (CALLER, self.EMPLOYEE)]

    def hung_up(self) -> list[bytes]:
        """The caller hangs up, and with them the employee's phone."""
        ends = [message(Event="Hangup", **one, Cause="16") for one in (CALLER, self.EMPLOYEE)]
        return [message(Event="HangupRequest", **{**CALLER, "ChannelState": "6"}), *ends]

    @override
    def _take(self, told: Iterable[Fact]) -> None:
        for fact in told:
            changes = self.floor.apply(fact)
            self.ended += [change.record for change in changes if isinstance(change, CallFinished)]


@virtual_time
async def test_what_happens_right_after_a_listing_is_not_undone_by_it() -> None:
    watched = Talking()
    async with watched.running():
        await watched.begin()
        watched.told_after = watched.entered()
        asked = watched.listings
        await passes(SWEEP_S)
        assert watched.listings == asked + 1
        (call,) = watched.floor.snapshot().calls
        assert call.status == "talking", "the listing knew of no bridge, and they have entered one since"
        for data in watched.hung_up():
            watched.peer.link.send(data)
        await settled()
        (record,) = watched.ended
        assert (record.partial, record.hung_up_by) == (False, "client")


@pytest.mark.parametrize("told", [True, False])
@virtual_time
async def test_what_a_listing_lacks_ends_by_its_own_events_or_else_a_moment_later(told: bool) -> None:
    """Events pass through more of the PBX's hands than listings do: what has just hung up is told of afterwards."""
    watched = Talking()
    async with watched.running():
        await watched.begin()
        for data in watched.entered():
            watched.peer.link.send(data)
        await settled()
        watched.channels, watched.lag_s = [], 0.05
        watched.told_after = watched.hung_up() if told else []
        await passes(SWEEP_S + SAID_AFTER_S)
        assert not watched.floor.snapshot().calls
        (record,) = watched.ended
        assert (record.partial, record.hung_up_by) == ((False, "client") if told else (True, None))
