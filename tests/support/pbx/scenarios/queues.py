"""Queue calls: ring-all of device members (sales), round robin of Local members (support)."""

import asyncio

from support.pbx.lab import CLIENT2, Lab, during
from support.pbx.leg import Leg
from support.pbx.phone import Answer, Manner, Refuse
from support.pbx.scenarios.registry import inbound, said, scenario

SALES, SUPPORT = ("101", "102", "103"), ("104", "105", "106")


async def rung(lab: Lab) -> list[Leg]:
    """The legs of all members of sales, ringing."""
    return [await lab.comes(member) for member in SALES]


async def first_of(lab: Lab, members: tuple[str, ...] = SUPPORT) -> Leg:
    """The leg of whichever member rings first."""
    return await lab.comes_to(*members, within=30)


@scenario(inbound("102", queue="sales", ended_by="client"))
async def inbound_queue_ringall(lab: Lab) -> None:
    """Queue sales rings 101, 102, 103; 102 answers, the others' phones stop; the client hangs up."""
    client = await lab.inbound("sales")
    first, second, third = await rung(lab)
    await during(1)
    second.answer()
    await asyncio.gather(first.over(), third.over())
    await during(1.2)
    client.hang_up()
    await client.over()


@scenario(inbound("101", queue="sales", ended_by="employee"))
async def inbound_queue_agent_hangs(lab: Lab) -> None:
    """Queue sales, answered; the employee hangs up."""
    client = await lab.inbound("sales")
    first, *_ = await rung(lab)
    await during(0.8)
    first.answer()
    await during(1)
    first.hang_up()
    await client.over()


@scenario(said("inbound", "abandoned", abandoned_in="queue", queues=("sales",), ended_by="client"))
async def inbound_queue_abandoned(lab: Lab) -> None:
    """The client hangs up while the members ring."""
    client = await lab.inbound("sales")
    first, *_ = await rung(lab)
    await during(2)
    client.hang_up()
    await first.over()


@scenario(said("inbound", "abandoned", abandoned_in="queue", queues=("sales",)))
async def inbound_queue_abandoned_nobody(lab: Lab) -> None:
    """Every member is paused: the client waits with music, then hangs up."""
    await lab.pause(*SALES, reason="lunch")
    client = await lab.inbound("sales")
    await client.answered()
    await during(2)
    client.hang_up()
    await client.over()
    await lab.pause(*SALES, paused=False)


@scenario(inbound("102", queue="sales"))
async def inbound_queue_member_rejects(lab: Lab) -> None:
    """101 rejects at once; the others ring on; 102 answers."""
    lab.phones["101"].policy = Refuse(603)
    client = await lab.inbound("sales")
    _, second, _ = await rung(lab)
    await during(1.2)
    second.answer()
    await during(1)
    client.hang_up()
    await second.over()


@scenario(inbound("102", queue="sales", ended_by="employee"))
async def inbound_queue_member_rejects_late(lab: Lab) -> None:
    """101 rings, then presses reject; 102 answers."""
    client = await lab.inbound("sales")
    first, second, _ = await rung(lab)
    await during(1)
    first.reject()
    await during(0.8)
    second.answer()
    await during(1)
    second.hang_up()
    await client.over()


@scenario(inbound("102", queue="sales"))
async def inbound_queue_member_rejects_all(lab: Lab) -> None:
    """All three are busy; the queue tries again; then 102 answers."""
    for device in (*SALES, "102m"):
        lab.phones[device].policy = Refuse(486)
    client = await lab.inbound("sales")
    await rung(lab)
    lab.phones["102"].policy = lab.phones["102m"].policy = Answer(0.6)
    second = await lab.comes("102")
    await second.answered()
    await during(1)
    client.hang_up()
    await second.over()


@scenario(inbound("103", queue="sales"))
async def inbound_queue_second_round(lab: Lab) -> None:
    """Nobody answers the first round; 103 answers the second."""
    client = await lab.inbound("sales")
    *_, third = await rung(lab)
    await third.over()
    again = await lab.phones["103"].comes()
    await during(0.6)
    again.answer()
    await during(1)
    client.hang_up()
    await again.over()


@scenario(inbound("101", queue="sales"), inbound("102", queue="sales"))
async def inbound_queue_two_waiting(lab: Lab) -> None:
    """Two clients wait; 101 takes the first, 102 the second."""
    first = await lab.inbound("sales")
    one, two, three = await rung(lab)
    second = await lab.inbound("sales", CLIENT2)
    await second.answered()
    await during(0.6)
    one.answer()
    await asyncio.gather(two.over(), three.over())
    other = await lab.comes("102")
    await during(0.6)
    other.answer()
    await during(1)
    first.hang_up()
    await during(0.5)
    second.hang_up()
    await other.over()


@scenario(said("inbound", "voicemail", queues=("sales",)))
async def inbound_queue_timeout_voicemail(lab: Lab) -> None:
    """Nobody answers in the queue's own time: 101's voicemail takes the message."""
    lab.clients.hertz = 600
    await lab.setting("QTIMEOUT", "4")
    client = await lab.inbound("sales")
    first, *_ = await rung(lab)
    await first.over()
    await during(8)
    client.hang_up()
    await lab.setting("QTIMEOUT", "60")


@scenario(records_decide=True)
async def inbound_queue_rr_local(lab: Lab) -> None:
    """Queue support: the first member does not answer in its time, the next does."""
    client = await lab.inbound("support")
    first = await first_of(lab)
    await first.over()
    second = await first_of(lab)
    await during(0.8)
    second.answer()
    await during(1)
    client.hang_up()
    await second.over()


@scenario(records_decide=True)
async def inbound_queue_local_answered(lab: Lab) -> None:
    """Queue support, answered by the first who rings, who hangs up."""
    client = await lab.inbound("support")
    employee = await first_of(lab)
    await during(0.6)
    employee.answer()
    await during(1.2)
    employee.hang_up()
    await client.over()


@scenario(records_decide=True)
async def inbound_queue_local_member_rejects(lab: Lab) -> None:
    """Queue support: the first member rejects, the next answers."""
    asked: list[str] = []

    def manner(leg: Leg) -> Manner:
        asked.append(leg.phone.device)
        return Refuse(603) if len(asked) == 1 else Answer(0.6)

    for member in SUPPORT:
        lab.phones[member].policy = manner
    client = await lab.inbound("support")
    await (await first_of(lab)).over()
    second = await first_of(lab)
    await second.answered()
    await during(1)
    client.hang_up()
    await second.over()


@scenario(said("inbound", "abandoned", abandoned_in="queue", queues=("support",)))
async def inbound_ivr_queue_abandoned(lab: Lab) -> None:
    """A menu, 2, queue support; the client leaves while waiting."""
    client = await lab.inbound("ivr")
    await client.answered()
    await during(0.6)
    await client.press("2")
    leg = await first_of(lab)
    await during(1)
    client.hang_up()
    await leg.over()


@scenario(inbound("101", queue="sales"))
async def queue_pause_in_call(lab: Lab) -> None:
    """101 is paused with a reason in the middle of a queue call."""
    client = await lab.inbound("sales")
    first, *_ = await rung(lab)
    await during(0.6)
    first.answer()
    await during(0.6)
    await lab.pause("101", reason="wrap-up")
    await during(1)
    client.hang_up()
    await first.over()
    await lab.pause("101", paused=False)


@scenario(inbound("101", queue="sales"))
async def queue_pause_ringing(lab: Lab) -> None:
    """101 is paused while the phone rings for a queue call, and answers it."""
    client = await lab.inbound("sales")
    first, *_ = await rung(lab)
    await during(0.6)
    await lab.pause("101", reason="lunch")
    await during(0.6)
    first.answer()
    await during(1)
    first.hang_up()
    await client.over()
    await lab.pause("101", paused=False)


@scenario(inbound("104", queue="sales"))
async def pickup_queue(lab: Lab) -> None:
    """Queue sales rings; 104, who is not a member, picks it up by *8."""
    client = await lab.inbound("sales")
    await rung(lab)
    await during(1)
    picker = await lab.phones["104"].call("*8")
    await picker.answered()
    await during(1)
    client.hang_up()
    await picker.over()


@scenario(inbound("104", queue="sales"))
async def pickup_queue_directed(lab: Lab) -> None:
    """Queue sales rings; 104 picks it up by **101."""
    client = await lab.inbound("sales")
    await rung(lab)
    await during(1)
    picker = await lab.phones["104"].call("**101")
    await picker.answered()
    await during(1)
    picker.hang_up()
    await client.over()


@scenario(inbound("101", queue="support"))
async def pickup_queue_local(lab: Lab) -> None:
    """Queue support rings a Local member; 101 picks it up by *8."""
    client = await lab.inbound("support")
    await first_of(lab)
    await during(1)
    picker = await lab.phones["101"].call("*8")
    await picker.answered()
    await during(1)
    client.hang_up()
    await picker.over()
