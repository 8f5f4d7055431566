"""The link to a PBX, against a scripted one in memory, on virtual time."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from callfloor.asterisk import connection as link_times
from callfloor.asterisk.ami import Message
from callfloor.asterisk.answers import MAX_WAITING
from callfloor.asterisk.connection import Connection, parse_url
from callfloor.errors import (
    AmiActionFailedError,
    AmiDisconnectedError,
    AmiError,
    AmiTimeoutError,
    InvalidInputError,
)
from support.ami_peer import Action, AmiPeer, PeerLink, message
from support.virtual_time import passes, settled, virtual_time

URL = "ami://monitor:s3cret@pbx:5038"


class Rig:
    """A connection and what it reported."""

    def __init__(self, peer: AmiPeer, url: str = URL, *, keep: Callable[[bytes], bool] | None = None) -> None:
        self.peer = peer
        self.told: list[str] = []  # "up" and the reasons of "down", in order
        self.events: list[Message] = []
        self.reads: list[tuple[float, int]] = []
        self.when_up: Callable[[Connection], asyncio.Future[None]] | None = None
        self.raises: Exception | None = None
        self.tapped = b""
        self.connection = Connection(
            parse_url(url),
            on_messages=self._messages,
            on_up=self._up,
            on_down=self.told.append,
            keep=keep,
            tap=self._tap,
            clock=lambda: asyncio.get_running_loop().time() + 1_700_000_000,
            dial=peer.dial,
            chance=lambda: 1.0,
        )

    def _tap(self, _at: float, data: bytes) -> None:
        self.tapped += data

    def _messages(self, at: float, messages: list[Message]) -> None:
        self.reads.append((at, len(messages)))
        self.events += messages

    async def _up(self, connection: Connection) -> None:
        self.told.append("up")
        if self.raises is not None:
            raise self.raises
        if self.when_up is not None:
            await self.when_up(connection)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Connection]:
        task = asyncio.create_task(self.connection.run())
        await settled()
        try:
            yield self.connection
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


# --- coming up --------------------------------------------------------------------------------------------------


@virtual_time
async def test_it_logs_in_by_challenge_and_never_sends_the_secret() -> None:
    rig = Rig(AmiPeer())
    async with rig.running() as connection:
        assert rig.told == ["up"]
        assert connection.is_up
        assert connection.banner == "Asterisk Call Manager/11.0.0"
        assert connection.asterisk_version == (22, 10, 1)
        assert connection.filtered
        link = rig.peer.link
        assert link.names == ["Challenge", "Login", "Filter", "Filter", "CoreSettings"]
        assert "s3cret" not in str(link.actions)
        assert link.actions[1]["Events"] == "system,call,agent,user,dtmf,reporting,dialplan"
    assert rig.told == ["up"]
    assert link.names[-1] == "Logoff"
    assert not link.open


@virtual_time
async def test_it_logs_in_in_plain_text_where_the_pbx_has_no_challenge() -> None:
    peer = AmiPeer()
    peer.challenge = None
    rig = Rig(peer)
    async with rig.running():
        assert rig.told == ["up"]
        assert peer.link.actions[1]["Secret"] == "s3cret"


@virtual_time
async def test_the_address_may_allow_one_kind_of_login_only() -> None:
    peer = AmiPeer()
    async with Rig(peer, f"{URL}?login=plain").running():
        assert peer.link.names[0] == "Login"
    peer.challenge = None
    rig = Rig(peer, f"{URL}?login=challenge")
    async with rig.running():
        assert rig.told == ["the PBX has no login by challenge, and the address allows no other"]
        assert "Login" not in peer.link.names


@pytest.mark.parametrize("challenge", ["482913755", None])
@pytest.mark.parametrize("piece", [1, 7, None])
def test_a_wrong_secret_is_told_plainly_and_tried_again_slowly(challenge: str | None, piece: int | None) -> None:
    @virtual_time
    async def check() -> None:
        peer = AmiPeer(secret="another")
        peer.challenge, peer.piece = challenge, piece
        rig = Rig(peer)
        refused = "the PBX refused the manager user or its secret: Authentication failed"
        async with rig.running():
            assert rig.told == [refused]
            await passes(link_times.LOGIN_RETRY_S - 1)
            assert len(peer.links) == 1
            peer.secret = "s3cret"
            await passes(1)
            assert rig.told == [refused, "up"]

    check()


@virtual_time
async def test_without_rights_it_does_without_filters_and_knows_the_version_by_the_banner() -> None:
    peer = AmiPeer()
    peer.system = False
    rig = Rig(peer)
    async with rig.running() as connection:
        assert rig.told == ["up"]
        assert not connection.filtered
        assert connection.asterisk_version == (22,)


@virtual_time
async def test_a_pbx_that_still_starts_is_up_at_its_full_boot_also_when_that_comes_late() -> None:
    peer = AmiPeer()
    peer.booted = False
    rig = Rig(peer)
    async with rig.running():
        assert rig.told == []
        await passes(link_times.BOOT_WAIT_S)
        assert rig.told == ["up"]
        peer.boot()
        await settled()
        assert rig.told == ["up", "up"]
        assert len(peer.links) == 1


@virtual_time
async def test_a_pbx_without_a_banner_is_logged_in_to_all_the_same() -> None:
    peer = AmiPeer()
    peer.banner = b""
    rig = Rig(peer)
    async with rig.running() as connection:
        await passes(link_times.BANNER_S)
        assert rig.told == ["up"]
        assert connection.banner is None


@virtual_time
async def test_what_is_no_manager_interface_is_not_told_who_we_are() -> None:
    peer = AmiPeer()
    peer.banner = b"SSH-2.0-OpenSSH_9.2\r\n"
    rig = Rig(peer)
    async with rig.running():
        assert rig.told == ["what answers there is not Asterisk's manager interface"]
        assert peer.link.actions == []


@virtual_time
async def test_a_callback_that_fails_ends_the_run_with_its_own_error() -> None:
    rig = Rig(AmiPeer())
    rig.raises = ZeroDivisionError("ours")
    with pytest.raises(ZeroDivisionError, match="ours"):
        await rig.connection.run()
    assert not rig.peer.link.open


@virtual_time
async def test_an_ami_error_while_coming_up_drops_the_link_and_tries_again() -> None:
    rig = Rig(AmiPeer())
    rig.raises = AmiTimeoutError("the listing did not come")
    async with rig.running() as connection:
        assert rig.told == ["up", "the listing did not come"]
        assert not connection.is_up
        rig.raises = None
        await passes(1)
        assert rig.told[2:] == ["up"]


# --- events -----------------------------------------------------------------------------------------------------


@virtual_time
async def test_events_come_in_order_with_the_instant_of_their_read() -> None:
    rig = Rig(AmiPeer())
    async with rig.running():
        rig.events.clear()
        rig.reads.clear()
        await passes(5)
        rig.peer.link.send(message(Event="Newchannel", Uniqueid="1.1") + message(Event="Hangup", Uniqueid="1.1"))
        await passes(1)
        rig.peer.link.send(message(Event="Newstate"))
        await settled()
        assert [event.name for event in rig.events] == ["Newchannel", "Hangup", "Newstate"]
        assert rig.reads == [(1_700_001_005.0, 2), (1_700_001_006.0, 1)]


@virtual_time
async def test_unwanted_events_are_dropped_but_answers_never() -> None:
    peer = AmiPeer()
    peer.answers["CoreShowChannels"] = lambda link, action: link.listing(
        action, [{"Event": "CoreShowChannel", "Channel": "PJSIP/101-1"}], last="CoreShowChannelsComplete"
    )
    rig = Rig(peer, keep=lambda name: name == b"Hangup")
    async with rig.running() as connection:
        peer.link.send(message(Event="VarSet") + message(Event="Hangup"))
        listed = await connection.list_action("CoreShowChannels")
        assert [event.get("Channel") for event in listed] == ["PJSIP/101-1", ""]
        assert [event.name for event in rig.events] == ["FullyBooted", "Hangup"]


@virtual_time
async def test_frames_torn_into_single_bytes_change_nothing() -> None:
    peer = AmiPeer()
    peer.piece = 1
    rig = Rig(peer)
    async with rig.running():
        peer.link.send(message(Event="Newchannel", CallerIDName="Żółć"))
        await settled()
        assert rig.events[-1].get("CallerIDName") == "Żółć"
        assert rig.tapped.startswith(b"Asterisk Call Manager/11.0.0\r\nResponse: Success")
        assert rig.tapped.endswith("Żółć\r\n\r\n".encode())


@virtual_time
async def test_a_flood_is_read_to_its_end_and_pings_still_pass() -> None:
    rig = Rig(AmiPeer())
    async with rig.running():
        flood = message(Event="Newstate", Uniqueid="1.1") * 20_000
        rig.peer.link.send(flood)
        await passes(link_times.PING_EVERY_S + 1)
        assert sum(event.name == "Newstate" for event in rig.events) == 20_000
        assert rig.told == ["up"]
        assert "Ping" in rig.peer.link.names


@virtual_time
async def test_a_huge_header_closes_the_link_with_a_clear_reason() -> None:
    rig = Rig(AmiPeer())
    async with rig.running():
        rig.peer.link.send(b"Event: Newstate\r\nX: ")
        for _ in range(100):
            rig.peer.link.send(b"x" * 65_536)
        await settled()
        assert rig.told == ["up", "an AMI message is longer than 4194304 bytes"]
        await passes(1)
        assert rig.told[2:] == ["up"]


# --- actions ----------------------------------------------------------------------------------------------------


@virtual_time
async def test_answers_find_their_actions_in_any_order() -> None:
    held: list[tuple[PeerLink, Action]] = []
    peer = AmiPeer()
    peer.answers["Getvar"] = lambda link, action: held.append((link, action))
    async with Rig(peer).running() as connection:
        asked = [asyncio.create_task(connection.action("Getvar", {"Variable": name})) for name in "abc"]
        await settled()
        for link, action in reversed(held):
            link.reply(action, Value=f"value of {action['Variable']}")
        answers = await asyncio.gather(*asked)
        assert [answer.get("Value") for answer in answers] == ["value of a", "value of b", "value of c"]
        assert len({action["ActionID"] for _, action in held}) == 3


@virtual_time
async def test_a_refusal_and_a_silence_are_different_errors() -> None:
    peer = AmiPeer()
    peer.silent = {"Getvar"}
    async with Rig(peer).running() as connection:
        with pytest.raises(AmiActionFailedError, match="refused Nonsense: Invalid/unknown command: Nonsense"):
            await connection.action("Nonsense")
        with pytest.raises(AmiTimeoutError, match="did not answer Getvar within 3 s"):
            await connection.action("Getvar", timeout=3)
        with pytest.raises(InvalidInputError):
            await connection.action("Getvar", {"Variable": "a\r\nAction: Originate"})


@virtual_time
async def test_late_and_foreign_responses_are_nothing() -> None:
    peer = AmiPeer()
    peer.silent = {"Getvar"}
    rig = Rig(peer)
    async with rig.running() as connection:
        with pytest.raises(AmiTimeoutError):
            await connection.action("Getvar", timeout=1)
        rig.events.clear()
        peer.link.reply(peer.link.actions[-1], Value="late")
        peer.link.send(message(Response="Success", ActionID="somebody-1") + message(Response="Error"))
        peer.link.send(message(Event="OriginateResponse", ActionID="cf-1", Response="Failure"))
        await settled()
        assert [event.name for event in rig.events] == ["OriginateResponse"]
        assert rig.told == ["up"]


@virtual_time
async def test_a_list_gathers_its_own_events_and_lets_live_ones_pass() -> None:
    def answer(link: PeerLink, action: Action) -> None:
        link.reply(action, EventList="start")
        for name in ("101", "102"):
            link.send(message(Event="DeviceStateChange", ActionID=action["ActionID"], Device=name))
            link.send(message(Event="DeviceStateChange", Device=f"live {name}"))
        link.send(message(Event="DeviceStateListComplete", ActionID=action["ActionID"], EventList="Complete"))

    peer = AmiPeer()
    peer.answers["DeviceStateList"] = answer
    rig = Rig(peer)
    async with rig.running() as connection:
        rig.events.clear()
        listed = await connection.list_action("DeviceStateList")
        assert [event.get("Device") for event in listed] == ["101", "102", ""]
        assert [event.get("Device") for event in rig.events] == ["live 101", "live 102"]


@pytest.mark.parametrize(
    ("last", "end"), [("X", {"EventList": "Complete"}), ("X", {"EventList": "cancelled"}), ("AgentsComplete", {})]
)
def test_a_list_ends_as_any_version_ends_it(last: str, end: dict[str, str]) -> None:
    @virtual_time
    async def check() -> None:
        peer = AmiPeer()
        peer.answers["Agents"] = (
            b"Response: Success\r\nActionID: {id}\r\n\r\n"
            + message(Event="Agents", ActionID="{id}")
            + message(Event=last, ActionID="{id}", **end)
        )
        async with Rig(peer).running() as connection:
            assert [event.name for event in await connection.list_action("Agents")] == ["Agents", last]

    check()


@virtual_time
async def test_nothing_to_list_is_an_empty_list_though_it_comes_as_an_error() -> None:
    peer = AmiPeer()
    peer.answers["PJSIPShowContacts"] = b"Response: Error\r\nActionID: {id}\r\nMessage: No Contacts found\n\r\n\r\n"
    async with Rig(peer).running() as connection:
        assert await connection.list_action("PJSIPShowContacts") == []
        with pytest.raises(AmiActionFailedError):
            await connection.list_action("Nonsense")


@virtual_time
async def test_a_long_list_may_take_longer_than_its_time_out_but_not_fall_silent() -> None:
    peer = AmiPeer()
    peer.answers["Status"] = b"Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\n"
    rig = Rig(peer)
    async with rig.running() as connection:
        rig.events.clear()
        asked = asyncio.create_task(connection.list_action("Status", timeout=5))
        await settled()
        action_id = peer.link.actions[-1]["ActionID"]
        for _ in range(4):
            await passes(4)
            peer.link.send(message(Event="Status", ActionID=action_id))
        await passes(6)
        with pytest.raises(AmiTimeoutError, match="the list of Status within 5 s"):
            await asked
        # What still comes of it is not mistaken for what happens now.
        peer.link.send(message(Event="Status", ActionID=action_id))
        peer.link.send(message(Event="StatusComplete", ActionID=action_id, EventList="Complete"))
        await settled()
        assert rig.events == []


@virtual_time
async def test_a_list_without_an_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callfloor.asterisk.answers.MAX_LISTED", 50)
    peer = AmiPeer()
    peer.answers["Status"] = message(Event="Status", ActionID="{id}") * 60
    rig = Rig(peer)
    async with rig.running() as connection:
        with pytest.raises(AmiDisconnectedError):
            await connection.list_action("Status")
        await settled()
        assert rig.told[1] == "a listing has more than 50 events"


@virtual_time
async def test_too_many_unanswered_actions_are_refused_at_once() -> None:
    peer = AmiPeer()
    peer.silent = {"Getvar"}
    async with Rig(peer).running() as connection:
        asked = [asyncio.create_task(connection.action("Getvar", timeout=5)) for _ in range(MAX_WAITING)]
        await settled()
        with pytest.raises(AmiError, match="wait for the PBX's answer"):
            await connection.action("Ping")
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(result) for result in results} == {AmiTimeoutError}
        await connection.action("Ping")


@virtual_time
async def test_without_a_link_an_action_fails_at_once() -> None:
    peer = AmiPeer()
    peer.refuses = ConnectionRefusedError(111, "Connection refused")
    rig = Rig(peer)
    async with rig.running() as connection:
        assert rig.told == ["cannot connect to the PBX: Connection refused"]
        with pytest.raises(AmiDisconnectedError, match="there is no link to the PBX"):
            await connection.action("Ping")
        with pytest.raises(AmiDisconnectedError):
            await connection.list_action("Status")


# --- losses -----------------------------------------------------------------------------------------------------


@virtual_time
async def test_a_loss_in_the_middle_of_a_list_fails_it_and_the_link_comes_back() -> None:
    peer = AmiPeer()
    peer.answers["Status"] = b"Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\nEvent: Status\r\nActio"
    rig = Rig(peer)
    async with rig.running() as connection:
        asked = asyncio.create_task(connection.list_action("Status"))
        await settled()
        peer.link.close()
        with pytest.raises(AmiDisconnectedError, match="the PBX closed the link"):
            await asked
        assert rig.told == ["up", "the PBX closed the link"]
        await passes(link_times.BACKOFF_FROM_S)
        assert rig.told == ["up", "the PBX closed the link", "up"]
        await connection.action("Ping")


@virtual_time
async def test_a_peer_that_falls_silent_is_found_by_ping() -> None:
    rig = Rig(AmiPeer())
    async with rig.running():
        await passes(60)
        assert rig.told == ["up"]
        rig.peer.silent = {"Ping"}
        await passes(link_times.PING_EVERY_S + link_times.PING_WAIT_S)
        assert rig.told[:2] == ["up", "the PBX did not answer a ping within 5 s"]


@virtual_time
async def test_a_busy_pbx_that_answers_late_is_not_dropped_but_one_that_never_listens_is() -> None:
    rig = Rig(AmiPeer())
    async with rig.running():
        rig.peer.silent = {"Ping"}
        for _ in range(link_times.UNANSWERED_PINGS - 1):
            for _ in range(15):
                await passes(1)
                rig.peer.link.send(message(Event="Newstate"))
        assert rig.told == ["up"]
        rig.peer.silent = set()
        await passes(60)
        assert rig.told == ["up"]
        rig.peer.silent = {"Ping"}
        for _ in range(60):
            await passes(1)
            rig.peer.link.send(message(Event="Newstate"))
        assert rig.told[1] == "the PBX did not answer a ping within 5 s"


@virtual_time
async def test_it_comes_back_with_growing_jittered_pauses_and_begins_anew_after_a_steady_link() -> None:
    peer = AmiPeer()
    peer.refuses = ConnectionRefusedError(111, "Connection refused")
    rig = Rig(peer)
    loop = asyncio.get_running_loop()
    attempts: list[float] = []
    rig.connection._on_down = lambda reason: attempts.append(loop.time())
    async with rig.running():
        await passes(60)
        pauses = [round(later - earlier, 3) for earlier, later in itertools.pairwise(attempts)]
        assert pauses[:6] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
        assert set(pauses[4:]) == {4.0}
        peer.refuses = None
        await passes(link_times.BACKOFF_TO_S + link_times.STEADY_S + 1)
        attempts.clear()
        peer.link.close()
        await settled()
        peer.refuses = ConnectionRefusedError(111, "Connection refused")
        await passes(1)
        assert round(attempts[1] - attempts[0], 3) == link_times.BACKOFF_FROM_S


@virtual_time
async def test_a_pbx_that_hangs_up_at_once_is_not_hammered() -> None:
    peer = AmiPeer()
    peer.answers["Challenge"] = lambda link, _: link.close()
    rig = Rig(peer)
    async with rig.running():
        await passes(60)
        assert set(rig.told) == {"the PBX closed the link"}
        assert len(peer.links) < 20


@virtual_time
async def test_a_pbx_that_never_takes_the_link_is_given_up_for_a_while() -> None:
    async def never(_url: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.get_running_loop().create_future()

    rig = Rig(AmiPeer())
    rig.connection._dial = never
    async with rig.running():
        await passes(link_times.CONNECT_S)
        assert rig.told == ["the PBX did not take the link within 10 s"]


@virtual_time
async def test_a_cancellation_in_the_moment_of_a_loss_still_ends_it() -> None:
    rig = Rig(AmiPeer())
    task = asyncio.create_task(rig.connection.run())
    await settled()
    rig.peer.link.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@virtual_time
async def test_nothing_that_is_logged_or_shown_has_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    peer = AmiPeer(secret="another")
    peer.challenge = None
    rig = Rig(peer)
    async with rig.running() as connection:
        await passes(100)
        shown = repr(connection) + repr(connection._url) + str(connection._url) + repr(rig.told)
    assert caplog.records
    shown += "".join(repr(vars(record)) for record in caplog.records)
    assert "s3cret" not in shown
