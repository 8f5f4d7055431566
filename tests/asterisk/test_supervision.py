"""Listen, whisper, join on a real Asterisk: in each mode, after each switch and transfer, who hears whom.

Everybody says a tone of their own; wanted tones are 30 dB above all others at least (``support.supervisor``).
"""

import time

import pytest

from callfloor.floor.supervisions import Ending, Mode, Phase
from support.house import House
from support.pbx.leg import Leg
from support.pbx.media import amplitude
from support.pbx.phone import Answer, Refuse, Ring
from support.pbx.scenarios.transfers import by_code
from support.pbx.scenarios.transfers_attended import consults
from support.product import MOBILE
from support.supervised import by_phone, closed, ended, phase, signed_in, talking
from support.supervisor import CLIENTS, EMPLOYEE, RATE, TONES, Line, Supervisor, hear, seams
from support.waiting import answer, until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

SWITCHED_S = 0.3
"""How soon a mode must be so (issue 5)."""
SWITCHES = 8
"""So many tries at most to find one that the machine did not stall."""


@pytest.mark.alone  # a gap in what is heard is a frame that came late: beside another file's calls there are some
async def test_every_mode_in_the_browser(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    legs = {"client": client, "101": employee}
    asked_at = time.time()
    async with admin.in_the_browser(await talking(place)) as line:
        assert (line.now.mode, line.now.muted, line.now.account) == (Mode.LISTEN, True, "101")
        await hear(legs, {"client": "101", "101": "client", EMPLOYEE: "101", CLIENTS: "client"}, line)
        assert line.first_audio_at is not None
        place.soon(line.first_audio_at, asked_at, "the first sound", within_s=2.0)
        await line.send(type="mute", muted=False)
        await line.shows(lambda now: not now.muted, "not muted")
        await hear(legs, {"client": "101", "101": "client"}, line)  # listening, nobody hears the open microphone
        for mode, employee_hears, client_hears in (
            ("whisper", "client web", "101"),
            ("join", "client web", "101 web"),
            ("listen", "client", "101"),
            ("join", "client web", "101 web"),
            ("whisper", "client web", "101"),
        ):
            since = time.time()
            switched_at = await seamless(line, employee, Mode(mode))
            place.soon(switched_at, since, mode, within_s=SWITCHED_S)
            await hear(legs, {"client": client_hears, "101": employee_hears, EMPLOYEE: "101", CLIENTS: "client"}, line)
        await line.send(type="mute", muted=True)
        await hear(legs, {"client": "101", "101": "client", EMPLOYEE: "101", CLIENTS: "client"}, line)
        assert line.now.mode is Mode.WHISPER
    await hear(legs, {"client": "101", "101": "client"})
    assert client.state == employee.state == "up"


async def seamless(line: Line, employee: Leg, mode: Mode) -> float:
    """Switches; neither who listens nor the employee misses or hears anything else by that. When it was so at first.

    A machine that stalls the PBX makes gaps of its own: it is switched back and forth until one switch has none.
    """
    before, found = line.now.mode, []
    switched_at = 0.0
    for _ in range(SWITCHES):
        for side in line.sides:
            side.clear()
        employee.audio.heard.clear()
        employee.audio.listening = True
        await switch(line, mode)
        switched_at = switched_at or line.states[-1][0]
        await until(lambda: min(len(line.sides[0]) // 2, len(employee.audio.heard)) > RATE // 2, "half a second")
        employee.audio.listening = False
        sides = [seams(bytes(side), TONES[who]) for side, who in zip(line.sides, ("101", "client"), strict=True)]
        found.append([*sides, seams(bytes(employee.audio.heard), TONES["client"], linear16=False)])
        if not any(found[-1]):
            return switched_at
        await switch(line, before)
    raise AssertionError(f"no switch from {before} to {mode} without a seam: {found}")


async def switch(line: Line, mode: Mode) -> None:
    """Returns once the mode is told."""
    await line.send(type="mode", mode=mode)
    await line.shows(lambda now: now.mode is mode, mode)


async def test_every_mode_by_phone(place: House, admin: Supervisor) -> None:
    began_at = time.time()
    client, employee = await place.lab.talking()
    session, supervisor = await by_phone(place, admin, await talking(place), phone="110")
    assert (session.phone, session.muted) == ("110", False)
    legs = {"client": client, "101": employee, "110": supervisor}
    for mode, employee_hears, client_hears in (
        ("listen", "client", "101"),
        ("whisper", "client 110", "101"),
        ("join", "client 110", "101 110"),
        ("listen", "client", "101"),
    ):
        since = time.time()
        found = await admin.switch(session.id, mode=mode)
        assert found.status_code == 202, found.text
        place.soon(time.time(), since, mode, within_s=SWITCHED_S)
        await hear(legs, {"client": client_hears, "101": employee_hears, "110": "client 101"})
    await place.stream.until(
        lambda _: place.stream.employee_now("110").status == "online", "who supervises is not in a conversation"
    )
    assert len(place.stream.page.calls) == 1, "the supervisor's leg is no call"
    await admin.switch(session.id, mode="join")
    await admin.switch(session.id, muted=True)
    await hear(legs, {"client": "101", "101": "client", "110": "client 101"})
    await supervisor.press("5")  # the phone's own keys switch, too, and are told
    await phase(admin, session.id, Phase.ON, mode=Mode.WHISPER, muted=False)
    await hear(legs, {"client": "101", "101": "client 110", "110": "client 101"})
    supervisor.hang_up()
    assert (await ended(place, session.id))["ending"] == Ending.LEFT
    await hear({"client": client, "101": employee}, {"client": "101", "101": "client"})
    client.hang_up()
    record = await place.product.record(began_at)
    assert [part.account for part in record.employees] == ["101"], "the journal has one call, and nobody else in it"


async def test_several_supervisors_on_one_call(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    call = await talking(place)
    lead = await signed_in(place, "lead")
    try:
        session, supervisor = await by_phone(place, admin, call, mode="whisper")
        async with lead.in_the_browser(call, mode="join") as line:
            await line.send(type="mute", muted=False)
            legs = {"client": client, "101": employee, "110": supervisor}
            await hear(legs, {"client": "101 web", "101": "client 110 web"})
            assert [each.user_name for each in await lead.own()] == ["Lead"]
            assert {each.user_name for each in await admin.own()} == {"Administrator", "Lead"}
            await place.stream.until(lambda page: len(page.supervisions) == 2, "administrators see both")
        await hear(legs, {"client": "101", "101": "client 110", "110": "client 101"})
        await admin.leave(session.id)
        await supervisor.over()
    finally:
        await lead.rest.aclose()


async def test_a_queue_of_local_members(place: House, admin: Supervisor) -> None:
    """FreePBX's way: between the client's channel and the agent's lies a Local pair."""
    for member in ("104", "105", "106"):
        place.lab.phones[member].policy = Answer(0.2)
    client = await place.lab.inbound("support")
    agent = await place.lab.comes_to("104", "105", "106", within=15)
    await agent.answered()
    who = agent.phone.device
    legs = {"client": client, who: agent}
    async with admin.in_the_browser(await talking(place, who)) as line:
        await line.send(type="mute", muted=False)
        for mode, agent_hears, client_hears in (
            ("whisper", "client web", who),
            ("join", "client web", f"{who} web"),
            ("listen", "client", who),
        ):
            await line.send(type="mode", mode=mode)
            await line.shows(lambda now, mode=mode: now.mode == mode and not now.muted, mode)
            await hear(legs, {"client": client_hears, who: agent_hears, EMPLOYEE: who, CLIENTS: "client"}, line)


async def test_an_outbound_call(place: House, admin: Supervisor) -> None:
    place.lab.clients.policy = Answer(0.1)
    employee = await place.lab.phones["101"].call("79161112233")
    client = await place.lab.clients.comes()
    await employee.answered()
    legs = {"client": client, "101": employee}
    async with admin.in_the_browser(await talking(place), mode="whisper") as line:
        await line.send(type="mute", muted=False)
        await hear(legs, {"client": "101", "101": "client web", EMPLOYEE: "101", CLIENTS: "client"}, line)
        await line.send(type="mode", mode="join")
        await hear(legs, {"client": "101 web", "101": "client web"}, line)


async def test_hold_and_a_blind_transfer(place: House, admin: Supervisor) -> None:
    """The whisper goes on to the next employee, and reaches the client at no time."""
    client, employee = await place.lab.talking()
    async with admin.in_the_browser(await talking(place), mode="whisper") as line:
        await line.send(type="mute", muted=False)
        await hear({"client": client, "101": employee}, {"client": "101", "101": "client web"}, line)
        await employee.hold()
        await hear({"101": employee}, {"101": "client web"}, line)
        await employee.unhold()
        await hear({"client": client, "101": employee}, {"client": "101", "101": "client web"}, line)
        client.audio.listening = True
        client.audio.heard.clear()
        place.lab.phones["104"].policy = Answer(0.8)
        await employee.refer("104")
        other = await place.lab.phones["104"].comes()
        await line.shows(lambda now: now.phase is Phase.FOLLOWING and now.account is None, "between employees")
        await other.answered()
        await line.shows(lambda now: now.phase is Phase.ON and now.account == "104", "with the next employee")
        assert amplitude(bytes(client.audio.heard), TONES["web"]) < 60, "the client hears no whisper meanwhile"
        assert line.now.mode is Mode.WHISPER
        await hear({"client": client, "104": other}, {"client": "104", "104": "client web", EMPLOYEE: "104"}, line)
        session = line.now.id
    record = await ended(place, session)
    assert [part["account"] for part in record["followed"]] == ["101", "104"]
    assert all(part["ended_at"] for part in record["followed"])


@pytest.mark.parametrize("way", ["refer", "keys"])
async def test_an_attended_transfer(way: str, place: House, admin: Supervisor) -> None:
    place.lab.phones["104"].policy = Answer(0.2)
    client, employee = await place.lab.talking()
    session, supervisor = await by_phone(place, admin, await talking(place), mode="whisper")
    if way == "refer":
        consult = await consults(place.lab, employee, "104")
        await consult.answered()
        await talking(place, "104")
        await acquainted(place, consult)
        await employee.refer("104", consult)
    else:
        await by_code(employee, "*2", "104")
        await (await place.lab.phones["104"].comes()).answered()
        employee.hang_up()
    other = place.lab.phones["104"].came[-1]
    await employee.over()
    await phase(admin, session.id, Phase.ON, account="104")
    legs = {"client": client, "104": other, "110": supervisor}
    await hear(legs, {"client": "104", "104": "client 110", "110": "client 104"})
    await admin.switch(session.id, mode="join")
    # Whether the client of a recorded call hears who joins after a transfer is up to the PBX (decision 0133).
    await hear(legs, {"104": "client 110", "110": "client 104"})
    client.hang_up()
    await supervisor.over()
    assert (await ended(place, session.id))["ending"] == Ending.CALL_OVER


async def acquainted(place: House, consult: Leg) -> None:
    """101 and 104 hear one another: a transfer that comes sooner makes the PBX lose the client's sound."""
    asked = place.lab.phones["104"].came[-1]
    await hear({"101": consult, "104": asked}, {"101": "104", "104": "101"})


async def test_a_consultation_that_becomes_the_clients_call(place: House, admin: Supervisor) -> None:
    """The call that was listened to is no more; its story goes on in the client's, and so does the session."""
    place.lab.phones["104"].policy = Answer(0.1)
    client, employee = await place.lab.talking()
    first = await talking(place)
    consult = await consults(place.lab, employee, "104")
    await consult.answered()
    second = await talking(place, "104")
    assert second != first
    await acquainted(place, consult)
    async with admin.in_the_browser(second, employee_id=place.product.employee_id("104")) as line:
        await employee.refer("104", consult)
        await employee.over()
        await line.shows(lambda now: now.call_id == first and now.phase is Phase.ON, "it is the client's call")
        other = place.lab.phones["104"].came[-1]
        await hear({"client": client, "104": other}, {EMPLOYEE: "104", CLIENTS: "client"}, line)
        session = line.now.id
    assert (await ended(place, session))["call_id"] == first


async def test_a_call_that_is_picked_up(place: House, admin: Supervisor) -> None:
    client = await place.lab.inbound("e101")
    await place.lab.phones["101"].comes()
    taker = await place.lab.phones["102"].call("**101")
    await client.answered()
    async with admin.in_the_browser(await talking(place, "102")) as line:
        await hear({"client": client, "102": taker}, {EMPLOYEE: "102", CLIENTS: "client", "client": "102"}, line)


async def test_a_call_that_becomes_a_conference(place: House, admin: Supervisor) -> None:
    """ChanSpy joins whom it is bridged with, and in a bridge of three that is nobody: it is said, and not shown."""
    client, employee = await place.lab.talking()
    async with admin.in_the_browser(await talking(place), mode="join") as line:
        await line.send(type="mute", muted=False)
        await hear({"client": client, "101": employee}, {"client": "101 web", "101": "client web"}, line)
        await by_code(employee, "*2", "104")
        colleague = await place.lab.phones["104"].comes()
        colleague.answer()
        await hear({"101": employee, "104": colleague}, {"104": "101 web"}, line)
        await employee.press("*3")
        await line.shows(lambda now: now.mode is Mode.WHISPER and not now.muted, "nobody else hears them")
        legs = {"client": client, "101": employee, "104": colleague}
        wanted = {"client": "101 104", "101": "client 104 web", "104": "client 101"}
        await hear(legs, wanted, line)
        await line.send(type="mode", mode="join")
        await until(lambda: line.refused, "it is refused")
        assert line.refused[-1]["error_id"] == "join_in_conference"
        await hear(legs, wanted, line)
        colleague.hang_up()
        await hear({"client": client, "101": employee}, {"client": "101", "101": "client web"}, line)
        await line.send(type="mode", mode="join")
        await line.shows(lambda now: now.mode is Mode.JOIN, "joined again")
        # Whether the client of a recorded call hears who joins after a conference is up to the PBX (decision 0133).
        await hear({"101": employee}, {"101": "client web"}, line)


async def test_a_mobile_of_an_employee(place: House, admin: Supervisor) -> None:
    """The employee's leg goes through the trunk, as the client's does: the whisper is theirs all the same."""
    place.lab.clients.policy = Answer(0.1)
    employee = await place.lab.phones["101"].call(MOBILE)
    mobile = await place.lab.clients.comes()
    await employee.answered()
    owner = place.product.employee_id(MOBILE)
    call = await talking(place, MOBILE)
    async with admin.in_the_browser(call, mode="whisper", employee_id=owner) as line:
        assert line.now.account == MOBILE
        await line.send(type="mute", muted=False)
        await hear({"client": mobile, "101": employee}, {"client": "101 web", "101": "client"}, line)


@pytest.mark.parametrize(
    ("manner", "ending"), [(Refuse(486), Ending.BUSY), (Refuse(603), Ending.BUSY), (Refuse(480), Ending.NO_ANSWER)]
)
async def test_a_phone_that_is_not_answered(manner: Refuse, ending: Ending, place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    place.lab.phones["110"].policy = manner
    session, _ = await admin.start(await talking(place), "phone")
    assert (await ended(place, session.id))["ending"] == ending
    assert client.state == employee.state == "up"


async def test_the_call_is_over_while_the_phone_rings(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    place.lab.phones["110"].policy = Ring()
    session, _ = await admin.start(await talking(place), "phone")
    ringing = await place.lab.phones["110"].comes()
    client.hang_up()
    await employee.over()
    await ringing.over()
    assert (await ended(place, session.id))["ending"] == Ending.CALL_OVER


async def test_a_phone_that_is_away(place: House, admin: Supervisor) -> None:
    await place.lab.talking()
    call = await talking(place)
    await place.lab.phones["110"].register(expires=0)
    await place.stream.until(lambda _: place.stream.employee_now("110").status == "offline", "110 is offline")
    found = await admin.ask(call, "phone")
    assert (found.status_code, found.json()["error_id"]) == (409, "phone_offline")
    assert (await admin.ask(call, "phone", phone="101")).json()["error_id"] == "phone_way", "another's phone"


async def test_every_device_of_the_phone_rings_until_one_is_answered(place: House) -> None:
    client, employee = await place.lab.talking()
    twin = await signed_in(place, "twin")
    try:
        session, _ = await twin.start(await talking(place), "phone")
        desk, mobile = [await place.lab.phones[device].comes() for device in ("102", "102m")]
        mobile.answer()
        await phase(twin, session.id, Phase.ON)
        await desk.over()
        await hear({"client": client, "101": employee}, {"client": "101", "101": "client"})
        mobile.hang_up()
        assert (await ended(place, session.id))["ending"] == Ending.LEFT
    finally:
        await twin.rest.aclose()


async def test_nobody_listens_to_themself(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking("e102", "102")
    twin = await signed_in(place, "twin")
    try:
        call = await talking(place, "102")
        assert (await twin.ask(call, "browser")).json()["error_id"] == "own_call"
        async with admin.in_the_browser(call) as line:
            await hear({"client": client, "102": employee}, {EMPLOYEE: "102", CLIENTS: "client"}, line)
    finally:
        await twin.rest.aclose()


async def test_a_call_that_nobody_of_ours_is_in_yet(place: House, admin: Supervisor) -> None:
    client = await place.lab.inbound("e101")
    ringing = await place.lab.phones["101"].comes()
    await place.stream.until(lambda page: page.calls, "the call is there")
    (call,) = place.stream.page.calls
    assert (await admin.ask(call, "browser")).json()["error_id"] == "nothing_to_hear"
    client.hang_up()
    await ringing.over()


async def test_a_page_that_is_gone(place: House, admin: Supervisor) -> None:
    """Five seconds are given for it to come back; a fresh token opens the line again, and an old one does not."""
    client, employee = await place.lab.talking()
    session, token = await admin.start(await talking(place), "browser")
    line = await admin.line(session.id, token)
    await line.shows(lambda now: now.phase is Phase.ON, "it is on")
    await line.cut()
    again = await admin.line(session.id, token)
    await until(lambda: again.closed == 4402, "a token opens a line once")
    await again.close()
    fresh = await admin.rest.post(f"{admin.path}/{session.id}/token")
    line = await admin.line(session.id, fresh.json()["token"])
    await hear({"client": client, "101": employee}, {EMPLOYEE: "101", CLIENTS: "client"}, line)
    await line.cut()
    assert (await ended(place, session.id))["ending"] == Ending.PAGE_GONE
    assert client.state == employee.state == "up"
    await answer(place.lab.ami.channels, lambda found: len(found) == 2, "the two who talk are left")


async def test_the_end_is_told_on_the_line(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    session, token = await admin.start(await talking(place), "browser")
    line = await admin.line(session.id, token)
    await line.shows(lambda now: now.phase is Phase.ON, "it is on")
    client.hang_up()
    await employee.over()
    await until(lambda: line.closed == 1000, "the line is closed in good order")
    assert (line.now.phase, line.now.ending) == (Phase.ENDED, Ending.CALL_OVER)
    await line.close()
    gone = await admin.switch(session.id, mode="join")
    assert gone.status_code in {404, 409}


async def test_what_the_pbx_saw_is_what_was_written_down(place: House, admin: Supervisor) -> None:
    client, _ = await place.lab.talking()
    call = await talking(place)
    seen_from = len(place.lab.ami.events)
    began_at = time.time()
    async with admin.in_the_browser(call) as line:
        session = line.now.id
        await line.send(type="mode", mode="whisper")
        await line.shows(lambda now: now.mode is Mode.WHISPER, "whisper")
    record = await ended(place, session)
    stop = await place.lab.ami.sees(lambda event: event.get("Event") == "ChanSpyStop", since=seen_from)
    start = await place.lab.ami.sees(lambda event: event.get("Event") == "ChanSpyStart", since=seen_from)
    at = {event["Event"]: at for at, event in place.lab.ami.events[seen_from:] if "ChanSpy" in event.get("Event", "")}
    assert start["SpyeeChannel"].startswith("PJSIP/101-")
    assert start["SpyerUniqueid"] == stop["SpyerUniqueid"]
    assert record["connected_at"] == pytest.approx(at["ChanSpyStart"], abs=place.near(began_at, 0.1))
    assert record["ended_at"] == pytest.approx(at["ChanSpyStop"], abs=place.near(began_at, 0.5))
    assert record["started_at"] >= began_at - 0.05
    assert [(part["mode"], part["muted"]) for part in record["modes"]] == [("listen", True), ("whisper", True)]
    client.hang_up()


async def test_who_may(place: House, admin: Supervisor) -> None:
    await place.lab.talking()
    call = await talking(place)
    lead, analyst, clerk = [await signed_in(place, login) for login in ("lead", "analyst", "clerk")]
    try:
        for who in (analyst, clerk):
            assert (await who.ask(call, "browser")).status_code == 403
            assert (await who.rest.get(who.path)).status_code == 403
        assert (await lead.ask("pbx1-1234567890.1", "browser")).json()["error_id"] == "not_found", "a forged call"
        assert (await lead.ask(call, "phone")).json()["error_id"] == "phone_way", "no phone of theirs"
        forged = place.product.employee_id("104")
        assert (await lead.ask(call, "browser", employee_id=forged)).json()["error_id"] == "not_found"
        path = f"/api/v1/projects/{place.product.project_id + 1}/supervisions"
        found = await lead.rest.post(path, json={"call_id": call, "way": "browser"})
        assert found.status_code == 404, "another project"
        session, token = await lead.start(call, "browser")
        assert (await admin.switch(session.id, mode="join")).status_code == 404, "another's session"
        for who, shown in ((admin, token), (lead, "x" * len(token))):
            line = await who.line(session.id, shown)
            await closed(line, 4402)  # another's token, or a guessed one, opens nothing
            await line.close()
        assert (await admin.leave(session.id)).status_code == 202, "an administrator ends anybody's"
        assert (await ended(place, session.id))["ending"] == Ending.LEFT

        async def told() -> set[tuple[str, str, str]]:
            audit = (await admin.rest.get(f"{place.product.api}/audit", params={"limit": 50})).json()["entries"]
            return {(each["action"], each["user_login"], each["outcome"]) for each in audit}

        deeds = {("supervise", "analyst", "forbidden"), ("end_supervision", "admin", "done")}
        await answer(told, lambda found: deeds <= found, "the audit has it")
    finally:
        for who in (lead, analyst, clerk):
            await who.rest.aclose()


async def test_a_call_that_goes_where_the_supervisor_may_not_follow(place: House) -> None:
    """``lead`` sees 101's department and not 104's: what 104 says, they do not hear."""
    place.lab.phones["104"].policy = Answer(0.3)
    client, employee = await place.lab.talking()
    lead = await signed_in(place, "lead")
    try:
        session, token = await lead.start(await talking(place), "browser")
        line = await lead.line(session.id, token)
        await line.shows(lambda now: now.phase is Phase.ON, "it is on")
        await employee.refer("104")
        await until(lambda: line.closed is not None, "it ends")
        assert line.now.ending is Ending.NOT_ALLOWED
        await line.close()
        other = place.lab.phones["104"].came[-1]
        await other.answered()
        await hear({"client": client, "104": other}, {"client": "104", "104": "client"})
        assert [part["account"] for part in (await ended(place, session.id))["followed"]] == ["101"]
    finally:
        await lead.rest.aclose()
