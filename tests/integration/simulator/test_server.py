"""The simulated PBX's port: who gets in, what they hear, and what they cannot break."""

import hashlib
from collections import Counter

import pytest

from callfloor.asterisk.filters import filters
from callfloor.simulator import Simulator
from callfloor.simulator.company import lab_company
from callfloor.simulator.plan import Answers, End, Inbound, Talk
from callfloor.simulator.world import Fixed, World
from integration.simulator.manager import START, calling, manager, quiet

# --- the door -----------------------------------------------------------------------------------------------------


async def test_the_banner_a_right_login_and_fully_booted() -> None:
    async with quiet().serve() as url, manager(url) as boss:
        assert boss._codec.banner == "Asterisk Call Manager/11.0.0"
        assert boss.events[0].event == "FullyBooted"
        assert [m.response for m in await boss.ask("Ping")] == ["Success"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Username": "boss", "Secret": "wrong"}, {"Username": "nobody", "Secret": "s3cret"}, {"Username": "boss"}, {},
        {"Username": "boss", "AuthType": "MD5", "Key": hashlib.md5(b"Nones3cret").hexdigest()},
        {"Username": "boss", "AuthType": "MD5", "Key": "ключ"},
    ],
)  # fmt: skip
async def test_a_wrong_login_is_told_so_and_closed(headers: dict[str, str]) -> None:
    async with quiet().serve() as url, manager(url, log_in=False) as boss:
        (answer,) = await boss.ask("Login", **headers)
        assert (answer.response, answer.get("Message")) == ("Error", "Authentication failed")
        await boss.closed()


async def test_the_challenge_login_takes_the_md5_of_challenge_and_secret() -> None:
    async with quiet().serve() as url, manager(url, log_in=False) as boss:
        (asked,) = await boss.ask("Challenge", AuthType="MD5")
        key = hashlib.md5(f"{asked.get('Challenge')}s3cret".encode()).hexdigest()
        (answer,) = await boss.ask("Login", Username="boss", AuthType="MD5", Key=key)
        assert answer.response == "Success"


async def test_nobody_is_answered_before_the_login() -> None:
    async with calling().serve() as url, manager(url, log_in=False) as boss:
        (answer,) = await boss.ask("CoreShowChannels")
        assert (answer.response, answer.get("Message")) == ("Error", "Permission denied")


async def test_logoff_says_goodbye_and_closes() -> None:
    async with quiet().serve() as url, manager(url) as boss:
        (answer,) = await boss.ask("Logoff")
        assert answer.response == "Goodbye"
        await boss.closed()


async def test_an_unknown_action_is_refused_in_asterisks_words() -> None:
    async with quiet().serve() as url, manager(url) as boss:
        (answer,) = await boss.ask("SIPpeers")
        assert answer.response == "Error"
        assert answer.get("Message").startswith("Invalid/unknown command: SIPpeers.")


# --- what is heard ------------------------------------------------------------------------------------------------


async def test_every_manager_hears_the_same_and_at_once() -> None:
    simulator = calling(Talk(5.0), End())
    async with simulator.serve() as url, manager(url) as one, manager(url) as two:
        simulator.advance(30.0)
        for boss in (one, two):
            await boss.until(lambda boss=boss: sum(m.event == "Hangup" for m in boss.events) == 2)
        assert [m.raw for m in one.events] == [m.raw for m in two.events]


async def test_a_manager_hears_only_the_classes_it_asked_for() -> None:
    simulator = calling(Talk(5.0), End())
    async with (
        simulator.serve() as url,
        manager(url, Events="off") as deaf,
        manager(url, Events="dialplan,system") as few,
    ):
        simulator.advance(30.0)
        await few.until_event("VarSet")
        await few.ask("Ping")
        assert {m.get("Privilege") for m in few.events} <= {"dialplan,all", "system,all"}
        await deaf.ask("Ping")
        assert not deaf.events
        await deaf.ask("Events", EventMask="on")
        simulator.world.begin(Inbound(did="74951000003", client="79161234567"))
        simulator.advance(1.0)
        await deaf.until_event("Newchannel")


async def test_the_products_own_filters_keep_out_what_it_does_not_want() -> None:
    simulator = calling(Talk(20.0), End())
    simulator.world.switch.noise = True
    async with simulator.serve() as url, manager(url) as boss, manager(url) as all_ears:
        for pattern in filters():
            assert (await boss.ask("Filter", Operation="Add", Filter=pattern))[0].response == "Success"
        simulator.advance(60.0)
        for ears in (boss, all_ears):
            await ears.until(lambda ears=ears: sum(m.event == "Hangup" for m in ears.events) == 2)
        heard, said = (Counter(m.event for m in b.events) for b in (boss, all_ears))
        assert said["RTCPSent"] > heard["RTCPSent"] == 0
        assert said["VarSet"] > heard["VarSet"] == 1  # the recording's path
        assert all(said[e] == heard[e] for e in said if e not in {"RTCPSent", "VarSet"})


@pytest.mark.parametrize(
    ("filter_", "criteria", "kept"),
    [
        ("Event: Newchannel", "", {"Newchannel"}),
        ("!Event: (New|Dial|Hang|Soft|Mix|Dev|Ext|Queue|Bridge|Var)", "", set()),
        ("", "action(include),name(Hangup)", {"Hangup"}),
        ("101", "action(include),name(Newchannel),header(CallerIDNum),method(exact)", {"Newchannel"}),
        ("PJSIP/trunk", "action(include),name(Newstate),header(Channel),method(starts_with)", {"Newstate"}),
    ],
)
async def test_a_filter_of_either_form_is_applied(filter_: str, criteria: str, kept: set[str]) -> None:
    simulator = calling(Talk(1.0), End())
    async with simulator.serve() as url, manager(url) as boss:
        more = {"MatchCriteria": criteria} if criteria else {}
        assert (await boss.ask("Filter", Operation="Add", Filter=filter_, **more))[0].response == "Success"
        simulator.advance(30.0)
        await boss.ask("Ping")
        assert {m.event for m in boss.events} - {"FullyBooted", "Newexten"} == kept


@pytest.mark.parametrize("filter_", ["(", "", "!"])
async def test_a_filter_that_cannot_be_read_is_refused(filter_: str) -> None:
    async with quiet().serve() as url, manager(url) as boss:
        (answer,) = await boss.ask("Filter", Operation="Add", Filter=filter_)
        assert answer.response == "Error"


async def test_timestamps_are_the_instants_of_the_events() -> None:
    world = World(company=lab_company(), people=Fixed({"101": Answers(1.5)}), start=START)
    world.begin(Inbound(did="74951000003", client="79161234567", then=(Talk(3.0), End())))
    simulator = Simulator(world=world, users={"boss": "x"}, clock=lambda: START, paced=False, timestamps=True)
    async with simulator.serve() as url, manager(url) as boss:
        simulator.advance(30.0)
        ended = await boss.until_event("BridgeCreate")
        assert float(ended.get("Timestamp")) == pytest.approx(START + 1.502, abs=0.01)


# --- what cannot be broken ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 100_000,
        b"A" * 200_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"Action: Login\r\n" + b"X: y\r\n" * 60_000,
    ],
)
async def test_garbage_disturbs_nobody_else(garbage: bytes) -> None:
    simulator = calling()
    async with simulator.serve() as url, manager(url) as boss:
        async with manager(url, log_in=False) as other:
            other.send(garbage)
            other.send(b"\r\n\r\nAction: Logoff\r\n\r\n")
            await other.closed()
        simulator.advance(10.0)
        await boss.until_event("BridgeCreate")
        assert (await boss.ask("Ping"))[0].response == "Success"


async def test_a_manager_that_reads_nothing_is_dropped_and_the_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callfloor.simulator.session.MAX_BACKLOG_BYTES", 200_000)
    simulator = Simulator(users={"boss": "x"}, clock=lambda: START, paced=False, noise=True, warm=False)
    async with simulator.serve() as url, manager(url) as boss, manager(url):
        for _ in range(400):
            simulator.advance(15.0)
            await boss.ask("Ping")
            if len(simulator.sessions) == 1:
                break
        assert len(simulator.sessions) == 1


async def test_the_paced_simulator_is_in_full_swing_at_once_and_goes_on_by_itself() -> None:
    simulator = Simulator(seed=2)
    async with simulator.serve() as url, manager(url) as boss:
        assert len(await boss.listing("CoreShowChannels")) > 10
        await boss.until(lambda: len(boss.events) > 5)


async def test_the_address_leads_in_whatever_the_secret_is_made_of() -> None:
    simulator = Simulator(users={"bo ss": "p@ss:/?#"}, warm=False, paced=False)
    async with simulator.serve("127.0.0.1", 0) as url:
        assert url.startswith("ami://bo%20ss:p%40ss%3A%2F%3F%23@127.0.0.1:")
