"""A supervisor on a call: it changes nothing of the call."""

from support.pbx.lab import Lab, during
from support.pbx.leg import Leg
from support.pbx.phone import Answer
from support.pbx.scenarios.registry import inbound, scenario


async def spied(lab: Lab, mode: str) -> tuple[Leg, Leg, Leg]:
    """The client's, the employee's and the supervisor's legs, connected."""
    client, employee = await lab.talking()
    channel = await lab.channel("101")
    lab.phones["110"].policy = Answer(0.2)
    lab.truth.mark("spy", channel=channel, mode=mode)
    words = {"Channel": "PJSIP/110", "Context": "spy", "Exten": mode, "Priority": "1", "Async": "true"}
    await lab.ami.action("Originate", words, [f"SPYTARGET={channel}"])
    supervisor = await lab.phones["110"].comes()
    await supervisor.answered()
    await lab.ami.sees(lambda event: event.get("Event") == "ChanSpyStart")
    await during(0.8)
    return client, employee, supervisor


@scenario(inbound("101"))
async def chanspy_listen(lab: Lab) -> None:
    """110 listens, and leaves first."""
    client, employee, supervisor = await spied(lab, "listen")
    supervisor.hang_up()
    await during(0.5)
    client.hang_up()
    await employee.over()


@scenario(inbound("101"))
async def chanspy_whisper(lab: Lab) -> None:
    """110 whispers; the call ends first."""
    client, employee, supervisor = await spied(lab, "whisper")
    client.hang_up()
    await employee.over()
    await supervisor.over()


@scenario(inbound("101"))
async def chanspy_barge(lab: Lab) -> None:
    """110 joins."""
    client, employee, supervisor = await spied(lab, "barge")
    supervisor.hang_up()
    await during(0.3)
    client.hang_up()
    await employee.over()


@scenario(inbound("101", "104"))
async def chanspy_whisper_transfer(lab: Lab) -> None:
    """110 whispers to 101, who transfers the client to 104: the whisper ends, the call goes on."""
    client, employee, _ = await spied(lab, "whisper")
    lab.phones["104"].policy = Answer(0.6)
    await employee.refer("104")
    other = await lab.phones["104"].comes()
    await other.answered()
    await during(1)
    client.hang_up()
    await other.over()
