"""Blind transfers, by SIP REFER and by feature code; to people, outside, to queues; answered or not."""

from support.pbx.lab import CLIENT, CLIENT3, Lab, during
from support.pbx.leg import Leg
from support.pbx.phone import Answer, Refuse
from support.pbx.scenarios.queues import first_of, rung
from support.pbx.scenarios.registry import inbound, said, scenario

FEATURE_PAUSE_S = 1.2
"""A person waits for the PBX's tone after a feature code."""


async def by_code(leg: Leg, code: str, number: str) -> None:
    await leg.press(code)
    await during(FEATURE_PAUSE_S)
    await leg.press(number)


async def ends_with(lab: Lab, phone: str, client: Leg) -> None:
    """The new employee answers by policy, they talk, the client hangs up."""
    leg = await lab.phones[phone].comes()
    await leg.answered()
    await during(1)
    client.hang_up()
    await leg.over()


@scenario(inbound("101", "104", ended_by="client"))
async def blind_transfer_refer(lab: Lab) -> None:
    """101 transfers the client to 104 by REFER."""
    lab.phones["104"].policy = Answer(1)
    client, employee = await lab.talking()
    await employee.refer("104")
    await ends_with(lab, "104", client)
    await employee.over()


@scenario(inbound("101", "104", ended_by="employee"))
async def blind_transfer_dtmf(lab: Lab) -> None:
    """101 transfers the client to 104 by ##104; 104 hangs up."""
    lab.phones["104"].policy = Answer(1)
    client, employee = await lab.talking()
    await by_code(employee, "##", "104")
    other = await lab.phones["104"].comes()
    await other.answered()
    await during(1)
    other.hang_up()
    await client.over()


@scenario(inbound("101", external=(CLIENT3,)))
async def blind_transfer_external(lab: Lab) -> None:
    """101 transfers the client to a mobile outside."""
    client, employee = await lab.talking()
    await employee.refer(CLIENT3)
    mobile = await lab.clients.comes()
    await mobile.answered()
    await during(1)
    client.hang_up()
    await mobile.over()


@scenario(said("outbound", "answered", "101", "104"))
async def blind_transfer_outbound(lab: Lab) -> None:
    """101 calls a client, then transfers him to 104."""
    lab.phones["104"].policy = Answer(0.8)
    ours = await lab.phones["101"].call(CLIENT)
    theirs = await lab.clients.comes()
    await ours.answered()
    await during(0.6)
    await ours.refer("104")
    await ends_with(lab, "104", theirs)


@scenario(inbound("101"))
async def blind_transfer_noanswer(lab: Lab) -> None:
    """104 does not answer: the client goes to 104's voicemail and hangs up there."""
    lab.clients.hertz = 600
    client, employee = await lab.talking()
    await employee.refer("104")
    other = await lab.phones["104"].comes()
    await other.over()
    await during(6)
    client.hang_up()


@scenario(inbound("101", ended_by="client"))
async def blind_transfer_noanswer_abandoned(lab: Lab) -> None:
    """104 does not answer, and the client hangs up while it rings."""
    client, employee = await lab.talking()
    await employee.refer("104")
    other = await lab.phones["104"].comes()
    await during(1.5)
    client.hang_up()
    await other.over()


@scenario(inbound("101"))
async def blind_transfer_noanswer_dtmf(lab: Lab) -> None:
    """By ##104, who does not answer; the client hangs up in the greeting."""
    client, employee = await lab.talking()
    await by_code(employee, "##", "104")
    other = await lab.phones["104"].comes()
    await other.over()
    await during(1)
    client.hang_up()


@scenario(inbound("101"))
async def blind_transfer_busy(lab: Lab) -> None:
    """104 is busy: the client hears it and hangs up."""
    lab.phones["104"].policy = Refuse(486)
    client, employee = await lab.talking()
    await employee.refer("104")
    await lab.phones["104"].comes()
    await during(2)
    client.hang_up()


@scenario(inbound("101"))
async def blind_transfer_nowhere(lab: Lab) -> None:
    """REFER to an extension that does not exist is refused; they talk on."""
    client, employee = await lab.talking()
    await employee.refer("999")
    await during(1)
    client.hang_up()
    await employee.over()


@scenario(records_decide=True)
async def blind_transfer_from_local_queue(lab: Lab) -> None:
    """A Local member of queue support transfers the client to 101 by REFER."""
    lab.phones["101"].policy = Answer(0.8)
    client = await lab.inbound("support")
    employee = await first_of(lab)
    await during(0.6)
    employee.answer()
    await during(1)
    await employee.refer("101")
    await ends_with(lab, "101", client)


@scenario(records_decide=True)
async def blind_transfer_from_local_queue_dtmf(lab: Lab) -> None:
    """A Local member of queue support transfers the client to 101 by ##101."""
    lab.phones["101"].policy = Answer(0.8)
    client = await lab.inbound("support")
    employee = await first_of(lab)
    await during(0.6)
    employee.answer()
    await during(1)
    await by_code(employee, "##", "101")
    await ends_with(lab, "101", client)


@scenario(inbound("101", "104", queue="sales"))
async def blind_transfer_from_queue(lab: Lab) -> None:
    """A member of queue sales transfers the client to 104."""
    lab.phones["104"].policy = Answer(0.8)
    client = await lab.inbound("sales")
    first, *_ = await rung(lab)
    await during(0.6)
    first.answer()
    await during(0.8)
    await first.refer("104")
    await ends_with(lab, "104", client)


@scenario(inbound("101", "102", queue="sales"))
async def transfer_to_queue(lab: Lab) -> None:
    """101 transfers the client into queue sales; 102 answers."""
    client, employee = await lab.talking()
    await employee.refer("601")
    other = await lab.comes("102")
    await during(1)
    other.answer()
    await during(1)
    client.hang_up()
    await other.over()


@scenario(records_decide=True)
async def transfer_to_queue_dtmf(lab: Lab) -> None:
    """101 transfers the client into queue support by ##602."""
    client, employee = await lab.talking()
    await by_code(employee, "##", "602")
    other = await first_of(lab)
    await during(0.6)
    other.answer()
    await during(1)
    client.hang_up()
    await other.over()


@scenario(inbound("101", queue="sales", ended_by="client"))
async def transfer_to_queue_abandoned(lab: Lab) -> None:
    """101 transfers the client into queue sales; the client leaves."""
    client, employee = await lab.talking()
    await employee.refer("601")
    other = await lab.comes("102")
    await during(1.5)
    client.hang_up()
    await other.over()


@scenario(inbound("101", "110"))
async def ami_redirect_takeover(lab: Lab) -> None:
    """A supervisor takes the client over: AMI Redirect to 110 while 101 talks."""
    lab.phones["110"].policy = Answer(0.6)
    client, employee = await lab.talking()
    channel = await lab.channel("trunk-a")
    lab.truth.mark("redirect", channel=channel, to="110")
    words = {"Channel": channel, "Context": "from-internal", "Exten": "110", "Priority": "1"}
    await lab.ami.action("Redirect", words)
    await ends_with(lab, "110", client)
    await employee.over()
