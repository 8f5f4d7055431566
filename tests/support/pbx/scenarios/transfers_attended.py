"""Attended and blond transfers, by SIP and by feature code; completed, refused, taken back."""

from support.pbx.lab import CLIENT, CLIENT3, Lab, during
from support.pbx.leg import Leg
from support.pbx.phone import Answer, Refuse
from support.pbx.scenarios.queues import first_of, rung
from support.pbx.scenarios.registry import inbound, said, scenario
from support.pbx.scenarios.transfers import by_code


async def consults(lab: Lab, leg: Leg, number: str, phone: str = "101") -> Leg:
    """Holds, and calls the colleague on a second line."""
    await leg.hold()
    await during(0.2)
    return await lab.phones[phone].call(number)


async def hands_over(lab: Lab, leg: Leg, number: str, client: Leg, phone: str = "101") -> None:
    """The whole attended transfer by SIP; the client hangs up at the end."""
    consult = await consults(lab, leg, number, phone)
    await consult.answered()
    await during(0.8)
    other = (lab.clients if len(number) > 4 else lab.phones[number]).came[-1]
    await leg.refer(number, consult)
    await leg.over(5)
    await during(1)
    client.hang_up()
    await other.over()


@scenario(inbound("101", "104"))
async def attended_transfer_refer(lab: Lab) -> None:
    """101 holds, calls 104, they talk, REFER with Replaces."""
    lab.phones["104"].policy = Answer(0.8)
    client, employee = await lab.talking()
    await hands_over(lab, employee, "104", client)


@scenario(inbound("101", "104"))
async def attended_transfer_dtmf(lab: Lab) -> None:
    """By *2104; 104 answers, 101 hangs up to complete it."""
    lab.phones["104"].policy = Answer(0.8)
    client, employee = await lab.talking()
    await by_code(employee, "*2", "104")
    other = await lab.phones["104"].comes()
    await other.answered()
    await during(0.8)
    employee.hang_up()
    await during(1)
    client.hang_up()
    await other.over()


@scenario(inbound("101", "104", queue="sales"))
async def attended_transfer_from_queue(lab: Lab) -> None:
    """A member of queue sales hands the client to 104."""
    lab.phones["104"].policy = Answer(0.6)
    client = await lab.inbound("sales")
    first, *_ = await rung(lab)
    await during(0.6)
    first.answer()
    await during(0.6)
    await hands_over(lab, first, "104", client)


@scenario(records_decide=True)
async def attended_transfer_from_local_queue(lab: Lab) -> None:
    """A Local member of queue support hands the client to 101."""
    lab.phones["101"].policy = Answer(0.6)
    client = await lab.inbound("support")
    employee = await first_of(lab)
    await during(0.6)
    employee.answer()
    await during(0.8)
    await hands_over(lab, employee, "101", client, employee.phone.device)


@scenario(inbound("101", external=(CLIENT3,)))
async def attended_transfer_external(lab: Lab) -> None:
    """101 hands the client to a mobile outside."""
    client, employee = await lab.talking()
    await hands_over(lab, employee, CLIENT3, client)


@scenario(inbound("101", external=(CLIENT3,)))
async def attended_transfer_external_dtmf(lab: Lab) -> None:
    """The same by feature code; the mobile hangs up."""
    client, employee = await lab.talking()
    await by_code(employee, "*2", CLIENT3)
    mobile = await lab.clients.comes()
    await mobile.answered()
    await during(0.8)
    employee.hang_up()
    await during(1)
    mobile.hang_up()
    await client.over()


@scenario(said("outbound", "answered", "101", "104"))
async def attended_transfer_outbound(lab: Lab) -> None:
    """101 calls a client and hands him to 104."""
    lab.phones["104"].policy = Answer(0.6)
    ours = await lab.phones["101"].call(CLIENT)
    theirs = await lab.clients.comes()
    await ours.answered()
    await during(0.6)
    await hands_over(lab, ours, "104", theirs)


@scenario(said("outbound", "answered", "101", "104"))
async def attended_transfer_outbound_dtmf(lab: Lab) -> None:
    """The same by feature code; 104 hangs up."""
    lab.phones["104"].policy = Answer(0.6)
    ours = await lab.phones["101"].call(CLIENT)
    theirs = await lab.clients.comes()
    await ours.answered()
    await during(0.6)
    await by_code(ours, "*2", "104")
    other = await lab.phones["104"].comes()
    await other.answered()
    await during(0.8)
    ours.hang_up()
    await during(1)
    other.hang_up()
    await theirs.over()


@scenario(inbound("101", ended_by="client"), said("internal", "busy"))
async def attended_transfer_refused(lab: Lab) -> None:
    """101 holds and calls 104, who is busy; 101 goes back to the client."""
    lab.phones["104"].policy = Refuse(486)
    client, employee = await lab.talking()
    consult = await consults(lab, employee, "104")
    await consult.over()
    await during(0.3)
    await employee.unhold()
    await during(1)
    client.hang_up()
    await employee.over()


@scenario(inbound("101"), said("internal", "answered", "101", "104"))
async def attended_transfer_refused_talk(lab: Lab) -> None:
    """104 answers, does not want the client, and hangs up; 101 goes back to the client."""
    lab.phones["104"].policy = Answer(0.6)
    client, employee = await lab.talking()
    consult = await consults(lab, employee, "104")
    await consult.answered()
    await during(0.8)
    lab.phones["104"].came[-1].hang_up()
    await consult.over()
    await employee.unhold()
    await during(1)
    employee.hang_up()
    await client.over()


@scenario(inbound("101"), said("internal", "answered", "101", "104"))
async def attended_transfer_refused_481(lab: Lab) -> None:
    """The PBX refuses the REFER (its Replaces names nothing); 101 goes back to the client."""
    lab.phones["104"].policy = Answer(0.6)
    client, employee = await lab.talking()
    consult = await consults(lab, employee, "104")
    await consult.answered()
    await during(0.6)
    right, consult.far_tag = consult.far_tag, "nonsense"
    await employee.refer("104", consult)
    consult.far_tag = right
    await during(0.5)
    consult.hang_up()
    if employee.state == "up":
        await employee.unhold()
        await during(0.8)
    client.hang_up()
    await employee.over()


@scenario(inbound("101"))
async def attended_transfer_refused_dtmf(lab: Lab) -> None:
    """By *2104, who is busy: 101 is back with the client."""
    lab.phones["104"].policy = Refuse(486)
    client, employee = await lab.talking()
    await by_code(employee, "*2", "104")
    await (await lab.phones["104"].comes()).over()
    await during(4)
    client.hang_up()
    await employee.over()


@scenario(records_decide=True)
async def attended_transfer_refused_dtmf_talk(lab: Lab) -> None:
    """By *2104, who answers and hangs up: 101 is back with the client."""
    lab.phones["104"].policy = Answer(0.6)
    client, employee = await lab.talking()
    await by_code(employee, "*2", "104")
    other = await lab.phones["104"].comes()
    await other.answered()
    await during(0.8)
    other.hang_up()
    await during(1.5)
    client.hang_up()
    await employee.over()


@scenario(inbound("101", "104"))
async def blond_transfer_dtmf(lab: Lab) -> None:
    """By *2104, 101 hangs up while 104 rings; 104 answers."""
    client, employee = await lab.talking()
    await by_code(employee, "*2", "104")
    other = await lab.phones["104"].comes()
    await during(0.8)
    employee.hang_up()
    await during(0.8)
    other.answer()
    await during(1)
    client.hang_up()
    await other.over()


@scenario(inbound("101"))
async def blond_transfer_dtmf_abandoned(lab: Lab) -> None:
    """The same, and the client gives up while 104 rings."""
    client, employee = await lab.talking()
    await by_code(employee, "*2", "104")
    other = await lab.phones["104"].comes()
    await during(0.8)
    employee.hang_up()
    await during(1)
    client.hang_up()
    await other.over()


@scenario(inbound("101", "104"))
async def blond_transfer_refer(lab: Lab) -> None:
    """REFER with Replaces while 104 still rings; 104 answers."""
    client, employee = await lab.talking()
    await consults(lab, employee, "104")
    other = await lab.phones["104"].comes()
    await during(0.8)
    consult = next(leg for leg in lab.phones["101"].legs.values() if leg.direction == "out")
    await employee.refer("104", consult)
    await during(0.8)
    other.answer()
    await during(1)
    client.hang_up()


@scenario(inbound("101", "102", queue="sales"))
async def transfer_to_queue_attended(lab: Lab) -> None:
    """101 calls queue sales, 102 answers, 101 hands the client over."""
    client, employee = await lab.talking()
    consult = await consults(lab, employee, "601")
    other = await lab.comes("102")
    await during(0.6)
    other.answer()
    await during(0.8)
    await employee.refer("601", consult)
    await employee.over(5)
    await during(1)
    client.hang_up()
    await other.over()


@scenario(inbound("101", "102", queue="sales"))
async def transfer_to_queue_attended_waiting(lab: Lab) -> None:
    """101 calls queue sales and hands the client over while it still waits; 102 answers."""
    client, employee = await lab.talking()
    consult = await consults(lab, employee, "601")
    other = await lab.comes("102")
    await during(0.8)
    await employee.refer("601", consult)
    await employee.over(5)
    await during(0.8)
    other.answer()
    await during(1)
    client.hang_up()
    await other.over()


@scenario(inbound("101", "104", "107"))
async def transfer_twice(lab: Lab) -> None:
    """101 transfers blind to 104, who hands over to 107."""
    lab.phones["104"].policy = lab.phones["107"].policy = Answer(0.6)
    client, employee = await lab.talking()
    await employee.refer("104")
    second = await lab.phones["104"].comes()
    await second.answered()
    await during(0.6)
    await hands_over(lab, second, "107", client, "104")
