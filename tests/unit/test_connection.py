"""The link to a PBX, against a scripted one in memory, on virtual time."""

import asyncio
import itertools
import logging

import pytest

from callfloor.asterisk import connection as link_times
from callfloor.errors import AmiDisconnectedError, AmiTimeoutError
from support.ami_peer import AmiPeer, message
from support.ami_rig import URL, Rig
from support.virtual_time import passes, settled, virtual_time

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
async def test_events_keep_coming_while_it_comes_up_and_lists() -> None:
    peer = AmiPeer()
    peer.answers["Status"] = b"Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\n"
    rig = Rig(peer)
    rig.when_up = lambda connection: connection.list_action("Status", timeout=60)
    async with rig.running() as connection:
        peer.link.send(message(Event="Hangup"))
        await passes(20)
        assert [event.name for event in rig.events] == ["FullyBooted", "Hangup"]
        assert not connection.is_up
        (asked,) = [action for action in peer.link.actions if action["Action"] == "Status"]
        peer.link.send(message(Event="StatusComplete", ActionID=asked["ActionID"]))
        await settled()
        assert connection.is_up
        assert rig.told == ["up"]


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
        assert pauses[:4] == [0.5, 1.0, 1.0, 1.0]
        assert set(pauses[1:]) == {1.0}
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
        assert rig.told == ["the PBX did not take the link within 3 s"]


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
