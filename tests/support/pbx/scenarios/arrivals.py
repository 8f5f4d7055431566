"""Inbound calls that reach people, a menu, a mailbox, a machine, or nobody."""

import asyncio

from support.pbx.lab import CLIENT, CLIENT2, Lab, during
from support.pbx.phone import Answer, Refuse
from support.pbx.scenarios.registry import inbound, said, scenario


@scenario(inbound("101", ended_by="client"))
async def inbound_ext_answered(lab: Lab) -> None:
    """A client calls a DID, 101 answers, the client hangs up."""
    lab.phones["101"].policy = Answer(1.0)
    client = await lab.inbound("e101", name="Ivan Petrov")
    await client.answered()
    await during(1.5)
    client.hang_up()


@scenario(inbound("101", ended_by="employee"))
async def inbound_ext_answered_agent_hangs(lab: Lab) -> None:
    """A client calls a DID, 101 answers and hangs up."""
    client, employee = await lab.talking()
    await during(0.5)
    employee.hang_up()
    await client.over()


@scenario(said("inbound", "voicemail"))
async def inbound_noanswer_voicemail(lab: Lab) -> None:
    """DID to 101, no answer, voicemail, a message is left."""
    lab.clients.hertz = 600
    client = await lab.inbound("e101")
    employee = await lab.phones["101"].comes()
    await employee.over()
    await client.answered()
    await during(7)
    client.hang_up()


@scenario(said("inbound", "busy"))
async def inbound_ext_busy(lab: Lab) -> None:
    """DID to 101, whose phone says busy."""
    lab.phones["101"].policy = Refuse(486)
    client = await lab.inbound("e101")
    await client.over()


@scenario(said("inbound", "missed"))
async def inbound_missed(lab: Lab) -> None:
    """DID to 101, the client hangs up before the answer."""
    client = await lab.inbound("e101")
    employee = await lab.phones["101"].comes()
    await during(2)
    client.hang_up()
    await employee.over()


@scenario(said("inbound", "missed"))
async def inbound_missed_long(lab: Lab) -> None:
    """The same after more than five seconds: 101 missed it."""
    client = await lab.inbound("e101")
    employee = await lab.phones["101"].comes()
    await during(5.5)
    client.hang_up()
    await employee.over()


@scenario(inbound("102", ended_by="client"))
async def inbound_two_contacts(lab: Lab) -> None:
    """DID to 102, who has two devices; the desk phone answers."""
    client = await lab.inbound("e102")
    desk, mobile = await lab.phones["102"].comes(), await lab.phones["102m"].comes()
    await during(1)
    desk.answer()
    await client.answered()
    await mobile.over()
    await during(1)
    client.hang_up()
    await desk.over()


@scenario(inbound("103"))
async def inbound_two_aors(lab: Lab) -> None:
    """DID to 103, whose account has two addresses of record; the mobile answers."""
    await lab.register("103m")
    client = await lab.inbound("e103")
    desk, mobile = await lab.phones["103"].comes(), await lab.phones["103m"].comes()
    await during(1)
    mobile.answer()
    await client.answered()
    await desk.over()
    await during(1)
    client.hang_up()
    await mobile.over()
    await lab.phones["103m"].register(0)


@scenario(said("inbound", "missed"))
async def inbound_two_aors_missed(lab: Lab) -> None:
    """The same, and nobody answers."""
    await lab.register("103m")
    client = await lab.inbound("e103")
    desk, mobile = await lab.phones["103"].comes(), await lab.phones["103m"].comes()
    await during(2)
    client.hang_up()
    await asyncio.gather(desk.over(), mobile.over())
    await lab.phones["103m"].register(0)


@scenario(inbound("101", ended_by="employee"))
async def inbound_ring_group(lab: Lab) -> None:
    """A ring group of 101 and 102 (three devices); 101 answers."""
    client = await lab.inbound("group")
    first = await lab.phones["101"].comes()
    others = [await lab.phones[device].comes() for device in ("102", "102m")]
    await during(1)
    first.answer()
    await client.answered()
    await asyncio.gather(*(other.over() for other in others))
    await during(1)
    first.hang_up()
    await client.over()


@scenario(said("inbound", "missed"))
async def inbound_ring_group_noanswer(lab: Lab) -> None:
    """A ring group that nobody answers in its time."""
    client = await lab.inbound("group")
    await client.over()


@scenario(inbound("103", queue="sales", ended_by="client"))
async def inbound_ivr_queue(lab: Lab) -> None:
    """A menu, the client presses 1, queue sales, 103 answers."""
    client = await lab.inbound("ivr")
    await client.answered()
    await during(1)
    await client.press("1")
    employee = await lab.phones["103"].comes()
    await during(1)
    employee.answer()
    await during(1)
    client.hang_up()
    await employee.over()


@scenario(inbound("104"))
async def inbound_ivr_extension(lab: Lab) -> None:
    """A menu, the client dials an extension."""
    lab.phones["104"].policy = Answer(0.8)
    client = await lab.inbound("ivr")
    await client.answered()
    await during(0.6)
    await client.press("104")
    employee = await lab.phones["104"].comes()
    await employee.answered()
    await during(1)
    client.hang_up()
    await employee.over()


@scenario(inbound("102", queue="sales"))
async def inbound_ivr_timeout_queue(lab: Lab) -> None:
    """A menu, the client presses nothing, and is put into queue sales; 102 answers."""
    client = await lab.inbound("ivr")
    employee = await lab.comes("102", 40)
    await during(0.6)
    employee.answer()
    await during(1)
    client.hang_up()
    await employee.over()


@scenario(said("inbound", "abandoned", abandoned_in="ivr", ended_by="client"))
async def inbound_ivr_abandoned(lab: Lab) -> None:
    """The client hangs up in the menu."""
    client = await lab.inbound("ivr")
    await client.answered()
    await during(2)
    client.hang_up()


@scenario(said("inbound", "abandoned", abandoned_in="ivr"))
async def inbound_ivr_abandoned_wrong_key(lab: Lab) -> None:
    """A wrong key, the menu again, the client hangs up."""
    client = await lab.inbound("ivr")
    await client.answered()
    await during(0.6)
    await client.press("9")
    await during(1.5)
    client.hang_up()


@scenario(said("inbound", "failed"))
async def inbound_unknown_did(lab: Lab) -> None:
    """A number the company does not have."""
    client = await lab.inbound("74959999999")
    await client.over()


@scenario(said("inbound", "voicemail"))
async def inbound_unregistered(lab: Lab) -> None:
    """DID to 105, whose phone is not registered: voicemail at once."""
    await lab.phones["105"].register(0)
    lab.clients.hertz = 600
    client = await lab.inbound("e105")
    await client.answered()
    await during(7)
    client.hang_up()
    await lab.register("105")


@scenario(inbound("101"))
async def inbound_anonymous(lab: Lab) -> None:
    """A client who hides the number."""
    lab.phones["101"].policy = Answer(0.8)
    client = await lab.inbound("e101", client="anonymous", name="Anonymous")
    await client.answered()
    await during(1)
    client.hang_up()


@scenario(inbound("101"))
async def inbound_trunk_b(lab: Lab) -> None:
    """A client through the second provider."""
    lab.phones["101"].policy = Answer(0.8)
    client = await lab.clients_b.call("74951000003", caller=CLIENT)
    await client.answered()
    await during(1)
    client.hang_up()


@scenario(inbound("101"), inbound("102"))
async def two_simultaneous(lab: Lab) -> None:
    """Two calls to two employees, overlapping."""
    lab.phones["101"].policy, lab.phones["102"].policy = Answer(0.6), Answer(0.9)
    first, second = await lab.inbound("e101"), await lab.inbound("e102", CLIENT2)
    await first.answered()
    await second.answered()
    await during(1.2)
    first.hang_up()
    await during(0.6)
    second.hang_up()


@scenario(said("inbound", "fax"))
async def fax_receive(lab: Lab) -> None:
    """A fax, sent by Asterisk's own SendFAX through a Local pair."""
    words = {"CallerID": f"<{CLIENT}>"}
    await lab.originate("Local/74951000005@fax-line/n", "s", "fax-send", **words)
    await lab.ami.sees(lambda event: event.get("Event") == "ReceiveFAX", 90)


@scenario(records_decide=True)
async def fax_no_fax(lab: Lab) -> None:
    """A person calls the fax number and hangs up."""
    client = await lab.inbound("fax")
    await client.answered()
    await during(3)
    client.hang_up()
