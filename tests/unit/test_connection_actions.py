"""Actions and their answers over a link to a scripted PBX, on virtual time."""

import asyncio

import pytest

from callfloor.asterisk.answers import MAX_WAITING
from callfloor.errors import AmiActionFailedError, AmiDisconnectedError, AmiError, AmiTimeoutError, InvalidInputError
from support.ami_peer import Action, AmiPeer, PeerLink, message
from support.ami_rig import Rig
from support.virtual_time import passes, settled, virtual_time


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
    peer.silent = {"Status"}
    rig = Rig(peer)
    async with rig.running() as connection:
        rig.events.clear()
        asked = asyncio.create_task(connection.list_action("Status", timeout=5))
        await settled()
        action_id = peer.link.actions[-1]["ActionID"]
        await passes(4)
        peer.link.send(message(Response="Success", ActionID=action_id, EventList="start"))
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
