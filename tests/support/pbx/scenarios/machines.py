"""Hold, pick-up, parking, forwarding, call waiting, conference, voicemail."""

from support.pbx.lab import CLIENT2, CLIENT3, Lab, during
from support.pbx.phone import Answer, Redirect, Refuse
from support.pbx.scenarios.registry import inbound, said, scenario


@scenario(inbound("101"))
async def hold_unhold(lab: Lab) -> None:
    """Hold and back, twice."""
    client, employee = await lab.talking()
    for _ in range(2):
        await employee.hold()
        await during(1)
        await employee.unhold()
        await during(0.6)
    client.hang_up()
    await employee.over()


@scenario(inbound("104"))
async def pickup_group(lab: Lab) -> None:
    """101 rings; 104 of the same group picks it up by *8."""
    client = await lab.inbound("e101")
    ringing = await lab.phones["101"].comes()
    await during(1)
    picker = await lab.phones["104"].call("*8")
    await picker.answered()
    await ringing.over()
    await during(1)
    client.hang_up()
    await picker.over()


@scenario(inbound("104"))
async def pickup_directed(lab: Lab) -> None:
    """101 rings; 104 picks it up by **101."""
    client = await lab.inbound("e101")
    ringing = await lab.phones["101"].comes()
    await during(1)
    picker = await lab.phones["104"].call("**101")
    await picker.answered()
    await ringing.over()
    await during(1)
    client.hang_up()
    await picker.over()


@scenario(said("internal", "answered", "101", "107"))
async def pickup_internal(lab: Lab) -> None:
    """101 calls 104; 107 picks it up by *8."""
    caller = await lab.phones["101"].call("104")
    await lab.phones["104"].comes()
    await during(1)
    picker = await lab.phones["107"].call("*8")
    await picker.answered()
    await during(1)
    caller.hang_up()
    await picker.over()


@scenario(records_decide=True)
async def pickup_nothing(lab: Lab) -> None:
    """*8 with nothing to pick up."""
    picker = await lab.phones["104"].call("*8")
    await picker.over()


@scenario(inbound("101", "104"))
async def parking_retrieved(lab: Lab) -> None:
    """101 parks the client by #72; 104 takes the call from slot 701."""
    client, employee = await lab.talking()
    await employee.press("#72")
    await lab.ami.sees(lambda event: event.get("Event") == "ParkedCall")
    await during(1)
    taker = await lab.phones["104"].call("701")
    await taker.answered()
    await during(1)
    client.hang_up()
    await taker.over()
    employee.hang_up()


@scenario(inbound("101", "104"))
async def parking_retrieved_refer(lab: Lab) -> None:
    """101 parks the client by REFER to 700; 104 takes the call."""
    client, employee = await lab.talking()
    await employee.refer("700")
    await employee.over(5)
    await during(1)
    taker = await lab.phones["104"].call("701")
    await taker.answered()
    await during(1)
    taker.hang_up()
    await client.over()


@scenario(inbound("101"))
async def parking_timeout(lab: Lab) -> None:
    """Parked; nobody takes the call in time: it comes back to 101, who answers."""
    client, employee = await lab.talking()
    await employee.refer("700")
    await employee.over(5)
    back = await lab.phones["101"].comes()
    await during(0.8)
    back.answer()
    await during(1)
    client.hang_up()
    await back.over()


@scenario(inbound("101"))
async def parking_timeout_noanswer(lab: Lab) -> None:
    """Parked, comes back to 101, who does not answer."""
    client, employee = await lab.talking()
    await employee.refer("700")
    await employee.over(5)
    back = await lab.phones["101"].comes()
    await back.over()
    await during(0.6)
    client.hang_up()


@scenario(inbound("101", ended_by="client"))
async def parking_abandoned(lab: Lab) -> None:
    """Parked; the client hangs up in the slot."""
    client, employee = await lab.talking()
    await employee.refer("700")
    await employee.over(5)
    await during(1)
    client.hang_up()


async def _forward(lab: Lab, family: str, number: str) -> None:
    await lab.ami.action("DBPut", {"Family": family, "Key": "105", "Val": number})
    try:
        client = await lab.inbound("e105")
        await client.answered()
        await during(1)
        client.hang_up()
    finally:
        await lab.ami.action("DBDel", {"Family": family, "Key": "105"})


@scenario(inbound("104", forwarded_from="105"))
async def call_forward_internal(lab: Lab) -> None:
    """The dialplan forwards 105 to 104 (a Local channel)."""
    lab.phones["104"].policy = Answer(0.8)
    await _forward(lab, "CF", "104")


@scenario(inbound(external=(CLIENT3,), forwarded_from="105"))
async def call_forward_external(lab: Lab) -> None:
    """The dialplan forwards 105 to a mobile outside."""
    await _forward(lab, "CF", CLIENT3)


@scenario(inbound("104", forwarded_from="105"))
async def call_forward_busy(lab: Lab) -> None:
    """105 is busy; the dialplan forwards to 104."""
    lab.phones["105"].policy, lab.phones["104"].policy = Refuse(486), Answer(0.8)
    await _forward(lab, "CFB", "104")


@scenario(inbound("104", forwarded_from="105"))
async def call_forward_302(lab: Lab) -> None:
    """105's phone forwards to 104 by itself (302)."""
    lab.phones["105"].policy, lab.phones["104"].policy = Redirect("104"), Answer(0.8)
    client = await lab.inbound("e105")
    await client.answered()
    await during(1)
    client.hang_up()


@scenario(inbound(external=(CLIENT3,), forwarded_from="105"))
async def call_forward_302_external(lab: Lab) -> None:
    """105's phone forwards to a mobile outside; the mobile hangs up."""
    lab.phones["105"].policy = Redirect(CLIENT3)
    client = await lab.inbound("e105")
    await client.answered()
    await during(1)
    lab.clients.came[-1].hang_up()
    await client.over()


@scenario(said("internal", "answered", "101", "104", forwarded_from="105"))
async def call_forward_302_internal(lab: Lab) -> None:
    """101 calls 105, whose phone forwards to 104."""
    lab.phones["105"].policy, lab.phones["104"].policy = Redirect("104"), Answer(0.8)
    caller = await lab.phones["101"].call("105")
    await caller.answered()
    await during(1)
    caller.hang_up()


@scenario(said("inbound", "missed", forwarded_from="105"))
async def call_forward_302_noanswer(lab: Lab) -> None:
    """105 forwards to 104, who does not answer; the client hangs up."""
    lab.phones["105"].policy = Redirect("104")
    client = await lab.inbound("e105")
    other = await lab.phones["104"].comes()
    await during(2)
    client.hang_up()
    await other.over()


@scenario(inbound("101"), inbound("101"))
async def call_waiting(lab: Lab) -> None:
    """A second client rings 101, who holds the first, answers, and goes back."""
    client, employee = await lab.talking()
    second = await lab.inbound("e101", CLIENT2)
    waiting = await lab.phones["101"].comes()
    await during(1)
    await employee.hold()
    waiting.answer()
    await second.answered()
    await during(1)
    second.hang_up()
    await waiting.over()
    await employee.unhold()
    await during(0.8)
    client.hang_up()
    await employee.over()


@scenario(inbound("101"), said("inbound", "busy"))
async def call_waiting_rejected(lab: Lab) -> None:
    """A second client rings 101, who rejects."""
    client, employee = await lab.talking()
    second = await lab.inbound("e101", CLIENT2)
    waiting = await lab.phones["101"].comes()
    await during(1)
    waiting.reject()
    await second.over()
    employee.hang_up()
    await client.over()


@scenario(inbound("101"), said("inbound", "missed"))
async def call_waiting_missed(lab: Lab) -> None:
    """A second client rings 101 and gives up."""
    client, employee = await lab.talking()
    second = await lab.inbound("e101", CLIENT2)
    waiting = await lab.phones["101"].comes()
    await during(1)
    second.hang_up()
    await waiting.over()
    employee.hang_up()
    await client.over()


@scenario(records_decide=True)
async def conference(lab: Lab) -> None:
    """101, 104 and 107 meet in conference 8000 and leave one by one."""
    legs = []
    for phone in ("101", "104", "107"):
        leg = await lab.phones[phone].call("8000")
        await leg.answered()
        legs.append(leg)
        await during(0.5)
    await during(0.8)
    for leg in legs:
        leg.hang_up()
        await during(0.4)


@scenario(records_decide=True)
async def conference_client(lab: Lab) -> None:
    """101 transfers the client to conference 8000 and joins, 104 too."""
    client, employee = await lab.talking()
    await employee.refer("8000")
    await employee.over(5)
    legs = []
    for phone in ("101", "104"):
        leg = await lab.phones[phone].call("8000")
        await leg.answered()
        legs.append(leg)
        await during(0.6)
    legs[0].hang_up()
    await during(0.5)
    client.hang_up()
    await during(0.3)
    legs[1].hang_up()


@scenario(records_decide=True)
async def voicemail_listen(lab: Lab) -> None:
    """104 listens to the mailbox by *97."""
    leg = await lab.phones["104"].call("*97")
    await leg.answered()
    await during(1)
    await leg.press("1111#")
    await during(1)
    leg.hang_up()
