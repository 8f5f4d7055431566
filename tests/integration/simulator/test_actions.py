"""What a manager may ask of the simulated PBX, and what it may do there."""

from collections import Counter

import pytest

from callfloor.simulator import Simulator
from callfloor.simulator.plan import Answers, End, Hold, Inbound, Talk
from integration.simulator.manager import START, calling, manager, quiet

# --- the listings agree with the events ---------------------------------------------------------------------------


async def test_the_listings_in_mid_call_agree_with_the_events_so_far() -> None:
    simulator = Simulator(seed=5, employees=40, users={"boss": "x"}, clock=lambda: START, paced=False, warm=False)
    async with simulator.serve() as url, manager(url) as boss:
        simulator.advance(900.0)
        shown = await boss.listing("CoreShowChannels")
        alive: dict[str, str] = {}
        rooms: dict[str, str] = {}
        devices: dict[str, str] = {}
        for m in boss.events:
            uid = m.get("Uniqueid")
            if m.event in {"Newchannel", "Newstate"}:
                alive[uid] = m.get("ChannelState")
            elif m.event == "Hangup":
                del alive[uid]
            elif m.event == "BridgeEnter":
                rooms[uid] = m.get("BridgeUniqueid")
            elif m.event == "BridgeLeave":
                del rooms[uid]
            elif m.event == "DeviceStateChange":
                devices[m.get("Device")] = m.get("State")
        assert len(alive) > 10
        assert {m.get("Uniqueid"): m.get("ChannelState") for m in shown} == alive
        assert {m.get("Uniqueid"): m.get("BridgeId") for m in shown if m.get("BridgeId")} == rooms
        listed = {m.get("Device"): m.get("State") for m in await boss.listing("DeviceStateList")}
        assert {d: listed[d] for d in devices if d in listed} == {d: s for d, s in devices.items() if d in listed}
        for bridge in await boss.listing("BridgeList"):
            inside = await boss.listing("BridgeInfo", BridgeUniqueid=bridge.get("BridgeUniqueid"))
            assert bridge.get("BridgeNumChannels") == str(len(inside))
            if bridge.get("BridgeType") == "basic":
                assert {rooms[m.get("Uniqueid")] for m in inside} == {bridge.get("BridgeUniqueid")}
        waiting = [m.get("Uniqueid") for m in await boss.listing("QueueStatus") if m.event == "QueueEntry"]
        joined = [m.get("Uniqueid") for m in boss.events if m.event == "QueueCallerJoin"]
        left = [m.get("Uniqueid") for m in boss.events if m.event == "QueueCallerLeave"]
        assert sorted(waiting) == sorted((Counter(joined) - Counter(left)).elements())


async def test_status_tells_the_number_that_was_dialled_and_the_bridge() -> None:
    simulator = calling()
    async with simulator.serve() as url, manager(url) as boss:
        simulator.advance(10.0)
        client, employee = await boss.listing("Status")
        assert (client.get("DNID"), client.get("Application"), client.get("Seconds")) == ("74951000003", "Dial", "10")
        assert client.get("BridgeID") == employee.get("BridgeID") != ""
        assert (employee.get("DNID"), employee.get("ConnectedLineNum")) == ("", "79161234567")
        (one,) = await boss.listing("Status", Channel=employee.get("Channel"))
        assert one.get("Uniqueid") == employee.get("Uniqueid")
        assert (await boss.ask("Status", Channel="PJSIP/none-1"))[0].response == "Error"


async def test_a_held_party_is_seen_only_on_its_device() -> None:
    simulator = calling(Talk(1.0), Hold(60.0), End())
    async with simulator.serve() as url, manager(url) as boss:
        simulator.advance(5.0)
        states = {m.get("Device"): m.get("State") for m in await boss.listing("DeviceStateList")}
        assert (states["PJSIP/trunk-a"], states["PJSIP/101"]) == ("ONHOLD", "INUSE")


async def test_devices_are_listed_with_user_agents_endpoints_hints_and_names() -> None:
    async with quiet().serve() as url, manager(url) as boss:
        agents = [m.get("UserAgent") for m in await boss.listing("PJSIPShowContacts") if m.get("Endpoint") == "102"]
        assert agents == ["Grandstream GXP2170 1.0.11.48", "Zoiper rv2.10.20.2"]
        endpoints = {m.get("ObjectName"): m.get("DeviceState") for m in await boss.listing("PJSIPShowEndpoints")}
        assert (endpoints["101"], endpoints["108"], endpoints["trunk-a"]) == ("Not in use", "Unavailable", "Not in use")
        detail = await boss.listing("PJSIPShowEndpoint", Endpoint="102")
        assert [m.event for m in detail] == ["EndpointDetail", "ContactStatusDetail", "ContactStatusDetail"]
        hints = {m.get("Exten"): m.get("StatusText") for m in await boss.listing("ExtensionStateList")}
        assert (hints["101"], hints["108"]) == ("Idle", "Unavailable")
        (people,) = await boss.ask("Command", Command="database show AMPUSER")
        assert any("/AMPUSER/101/cidname" in line and "Alice" in line for line in people.getlist("Output"))
        assert (await boss.listing("DBGet", Family="AMPUSER", Key="103/cidname"))[0].get("Val") == "Vera"
        assert (await boss.ask("DBGet", Family="DND", Key="101"))[0].response == "Error"
        assert (await boss.ask("CoreSettings"))[0].get("AsteriskVersion").startswith("22.")


# --- what may be done ---------------------------------------------------------------------------------------------


async def test_hangup_ends_the_call_without_a_word_from_the_phone() -> None:
    simulator = calling()
    async with simulator.serve() as url, manager(url) as boss:
        simulator.advance(10.0)
        _, employee = await boss.listing("CoreShowChannels")
        (answer,) = await boss.ask("Hangup", Channel=employee.get("Channel"), Cause="16")
        assert answer.get("Message") == "Channel Hungup"
        await boss.until(lambda: sum(m.event == "Hangup" for m in boss.events) == 2)
        assert "HangupRequest" not in {m.event for m in boss.events}
        assert await boss.listing("CoreShowChannels") == []
        (again,) = await boss.ask("Hangup", Channel=employee.get("Channel"))
        assert (again.response, again.get("Message")) == ("Error", "No such channel")


async def test_redirect_takes_the_client_to_another_and_leaves_the_employee() -> None:
    simulator = quiet({"101": Answers(1.0), "104": Answers(1.0)})
    simulator.world.begin(Inbound(did="74951000003", client="79161234567", then=(Talk(60.0), End())))
    async with simulator.serve() as url, manager(url) as boss:
        simulator.advance(10.0)
        client, employee = await boss.listing("CoreShowChannels")
        (answer,) = await boss.ask(
            "Redirect", Channel=client.get("Channel"), Context="from-internal", Exten="104", Priority="1"
        )
        assert answer.get("Message") == "Redirect successful"
        simulator.advance(1.5)
        shown = await boss.listing("CoreShowChannels")
        assert shown[0].get("Uniqueid") == client.get("Uniqueid")
        assert [m.get("CallerIDNum") for m in shown] == ["79161234567", "104"]
        assert employee.get("Uniqueid") in {m.get("Uniqueid") for m in boss.events if m.event == "Hangup"}


async def test_originate_rings_the_employee_then_the_client_under_the_given_id() -> None:
    simulator = quiet()
    async with simulator.serve() as url, manager(url) as boss:
        (answer,) = await boss.ask(
            "Originate", Channel="PJSIP/101", Context="callback", Exten="79161234567", Priority="1", Async="true",
            CallerID="Callback <79161234567>", ChannelId="cb-1", Timeout="15000",
        )  # fmt: skip
        assert answer.get("Message") == "Originate successfully queued"
        simulator.advance(3.5)
        response = await boss.until_event("OriginateResponse")
        assert (response.get("Response"), response.get("Uniqueid")) == ("Success", "cb-1")
        shown = await boss.listing("CoreShowChannels")
        assert {m.get("Linkedid") for m in shown} == {"cb-1"}
        assert [m.get("Channel")[:9] for m in shown] == ["PJSIP/101", "PJSIP/tru"]


@pytest.mark.parametrize("channel", ["PJSIP/108", "PJSIP/none", "PJSIP/trunk-a", "SIP/101", ""])
async def test_originate_to_nobody_is_refused(channel: str) -> None:
    async with quiet().serve() as url, manager(url) as boss:
        (answer,) = await boss.ask("Originate", Channel=channel, Context="callback", Exten="79161234567", Priority="1")
        assert (answer.response, answer.get("Message")) == ("Error", "Originate failed")


async def test_queue_members_are_paused_added_and_removed() -> None:
    async with quiet().serve() as url, manager(url) as boss:

        async def members() -> dict[str, str]:
            rows = await boss.listing("QueueStatus", Queue="sales")
            return {
                m.get("Location"): m.get("Paused") + m.get("PausedReason") for m in rows if m.event == "QueueMember"
            }

        await boss.ask("QueuePause", Queue="sales", Interface="PJSIP/101", Paused="true", Reason="lunch")
        assert (await boss.until_event("QueueMemberPause")).get("PausedReason") == "lunch"
        await boss.ask("QueueAdd", Queue="sales", Interface="PJSIP/107", MemberName="Zoya", Penalty="1")
        assert await members() == {"PJSIP/101": "1lunch", "PJSIP/102": "0", "PJSIP/103": "0", "PJSIP/107": "0"}
        await boss.ask("QueuePause", Interface="PJSIP/101", Paused="false")
        await boss.ask("QueueRemove", Queue="sales", Interface="PJSIP/107")
        assert await members() == {"PJSIP/101": "0", "PJSIP/102": "0", "PJSIP/103": "0"}
        refused = (
            ("QueuePause", {"Interface": "PJSIP/999", "Paused": "true"}),
            ("QueueAdd", {"Queue": "none", "Interface": "PJSIP/101"}),
            ("QueueAdd", {"Queue": "sales", "Interface": "PJSIP/101"}),
            ("QueueRemove", {"Queue": "sales", "Interface": "PJSIP/107"}),
        )
        for action, headers in refused:
            assert (await boss.ask(action, **headers))[0].response == "Error"


async def test_do_not_disturb_is_a_database_key_and_a_device_state() -> None:
    async with quiet().serve() as url, manager(url) as boss:
        await boss.ask("DBPut", Family="DND", Key="101", Val="YES")
        assert [m.event for m in boss.events] == ["FullyBooted"]  # the database alone tells nobody
        await boss.ask("Setvar", Variable="DEVICE_STATE(Custom:DND101)", Value="BUSY")
        assert (await boss.until_event("ExtensionStatus")).get("StatusText") == "Busy"
        (rows,) = await boss.ask("Command", Command="database show DND")
        assert rows.getlist("Output")[0].startswith("/DND/101 ")
        assert (await boss.ask("DBDel", Family="DND", Key="101"))[0].get("Message") == "Key deleted successfully"
        assert (await boss.ask("DBDel", Family="DND", Key="101"))[0].response == "Error"
        assert (await boss.ask("DBGet", Family="DND", Key="101"))[0].response == "Error"


async def test_a_forward_put_into_the_database_is_followed() -> None:
    simulator = quiet({"104": Answers(1.0)})
    async with simulator.serve() as url, manager(url) as boss:
        await boss.ask("DBPut", Family="CF", Key="101", Val="104")
        await boss.ask("DBPut", Family="notes", Key="101", Val="x")
        assert (await boss.listing("DBGet", Family="notes", Key="101"))[0].get("Val") == "x"
        simulator.world.begin(Inbound(did="74951000003", client="79161234567", then=(Talk(60.0), End())))
        simulator.advance(5.0)
        devices = {m.get("Channel").rpartition("-")[0] for m in await boss.listing("CoreShowChannels")}
        assert devices == {"PJSIP/trunk-a", "Local/104@from-internal-xfer", "PJSIP/104"}
