"""Calls that employees make: to clients, to one another, and callbacks that the PBX originates."""

from support.pbx.lab import CLIENT, CLIENT2, Lab, during
from support.pbx.leg import Leg
from support.pbx.phone import Answer, Refuse, Ring
from support.pbx.scenarios.registry import inbound, said, scenario


@scenario(said("outbound", "answered", "101", ended_by="employee"))
async def outbound_answered(lab: Lab) -> None:
    """101 calls a client, who answers; 101 hangs up."""
    ours = await lab.phones["101"].call(CLIENT)
    await ours.answered()
    await during(1.5)
    ours.hang_up()


@scenario(said("outbound", "answered", "101", ended_by="client"))
async def outbound_answered_client_hangs(lab: Lab) -> None:
    """101 calls a client, who answers and hangs up."""
    ours = await lab.phones["101"].call(CLIENT)
    theirs = await lab.clients.comes()
    await ours.answered()
    await during(1)
    theirs.hang_up()
    await ours.over()


@scenario(said("outbound", "no_answer"))
async def outbound_noanswer_cancel(lab: Lab) -> None:
    """101 calls a client and gives up."""
    lab.clients.policy = Ring()
    ours = await lab.phones["101"].call(CLIENT)
    await ours.rings()
    await during(2)
    ours.hang_up()
    await ours.over()


@scenario(said("outbound", "no_answer"))
async def outbound_noanswer_480(lab: Lab) -> None:
    """101 calls a client; it rings, then the provider says that the client is away (480)."""
    lab.clients.policy = Refuse(480, after=1.5)
    ours = await lab.phones["101"].call(CLIENT)
    await ours.over()


@scenario(said("outbound", "busy"))
async def outbound_busy(lab: Lab) -> None:
    """101 calls a client, who is busy."""
    lab.clients.policy = Refuse(486)
    ours = await lab.phones["101"].call(CLIENT)
    await ours.over()


@scenario(said("outbound", "failed"), said("outbound", "failed"))
async def outbound_failed(lab: Lab) -> None:
    """101 calls a number the provider does not know (404), then one it refuses (503)."""
    for code in (404, 503):
        lab.clients.policy = Refuse(code)
        ours = await lab.phones["101"].call(CLIENT)
        await ours.over()
        await during(0.3)


@scenario(said("outbound", "answered", "101"))
async def outbound_hold(lab: Lab) -> None:
    """An outbound call, held for a while."""
    ours = await lab.phones["101"].call(CLIENT)
    theirs = await lab.clients.comes()
    await ours.answered()
    await during(0.8)
    await ours.hold()
    await during(1)
    await ours.unhold()
    await during(0.8)
    theirs.hang_up()
    await ours.over()


@scenario(said("internal", "answered", "101", "104"))
async def internal_answered(lab: Lab) -> None:
    """101 calls 104, who answers; 101 hangs up."""
    lab.phones["104"].policy = Answer(1)
    ours = await lab.phones["101"].call("104")
    await ours.answered()
    await during(1)
    ours.hang_up()


@scenario(said("internal", "no_answer"))
async def internal_noanswer(lab: Lab) -> None:
    """101 calls 104 and gives up."""
    ours = await lab.phones["101"].call("104")
    other = await lab.phones["104"].comes()
    await during(1.5)
    ours.hang_up()
    await other.over()
    await ours.over()


@scenario(said("internal", "busy"))
async def internal_busy(lab: Lab) -> None:
    """101 calls 104, who is busy."""
    lab.phones["104"].policy = Refuse(486)
    ours = await lab.phones["101"].call("104")
    await ours.over()


@scenario(said("internal", "voicemail"))
async def internal_voicemail(lab: Lab) -> None:
    """101 calls 107, whose phone is off: voicemail."""
    await lab.phones["107"].register(0)
    lab.phones["101"].hertz = 600
    ours = await lab.phones["101"].call("107")
    await ours.answered()
    await during(7)
    ours.hang_up()
    await lab.register("107")


@scenario(records_decide=True)
async def internal_unknown(lab: Lab) -> None:
    """101 dials a number nobody has."""
    ours = await lab.phones["101"].call("12345")
    await ours.over()


@scenario(records_decide=True)
async def internal_queue(lab: Lab) -> None:
    """107 calls queue sales; 102 answers."""
    ours = await lab.phones["107"].call("601")
    other = await lab.comes("102")
    await during(0.8)
    other.answer()
    await during(1)
    ours.hang_up()
    await other.over()


@scenario(said("callback", "answered", "101", ended_by="client"))
async def callback_answered(lab: Lab) -> None:
    """Callback: 101 first, then the client; both answer; the client hangs up."""
    lab.phones["101"].policy = Answer(0.8)
    await lab.originate("PJSIP/101", CLIENT, ChannelId="tests-callback-1")
    theirs = await lab.clients.comes()
    await theirs.answered()
    await during(1.2)
    theirs.hang_up()


@scenario(said("callback", "no_answer"))
async def callback_agent_noanswer(lab: Lab) -> None:
    """Callback: the employee does not answer."""
    await lab.originate("PJSIP/101", CLIENT, Timeout="2500")
    await lab.ami.sees(lambda event: event.get("Event") == "OriginateResponse")


@scenario(records_decide=True)
async def callback_agent_busy(lab: Lab) -> None:
    """Callback: the employee rejects."""
    lab.phones["101"].policy = Refuse(486)
    await lab.originate("PJSIP/101", CLIENT)
    await lab.ami.sees(lambda event: event.get("Event") == "OriginateResponse")


@scenario(said("callback", "no_answer"))
async def callback_client_noanswer(lab: Lab) -> None:
    """Callback: the employee answers, the client does not, the employee gives up."""
    lab.phones["101"].policy, lab.clients.policy = Answer(0.6), Ring()
    await lab.originate("PJSIP/101", CLIENT)
    ours = await lab.phones["101"].comes()
    theirs = await lab.clients.comes()
    await during(2)
    ours.hang_up()
    await theirs.over()


@scenario(said("callback", "busy"))
async def callback_client_busy(lab: Lab) -> None:
    """Callback: the employee answers, the client is busy."""
    lab.phones["101"].policy, lab.clients.policy = Answer(0.6), Refuse(486)
    await lab.originate("PJSIP/101", CLIENT)
    ours = await lab.phones["101"].comes()
    await ours.over()


async def _local(lab: Lab, channel: str) -> Leg:
    lab.phones["101"].policy = Answer(0.6)
    await lab.originate(channel, CLIENT)
    theirs = await lab.clients.comes()
    await theirs.answered()
    await during(1.5)
    theirs.hang_up()
    return theirs


@scenario(said("callback", "answered", "101"))
async def callback_local(lab: Lab) -> None:
    """Callback with the employee's leg as Local/…/n, as FreePBX's click-to-call makes it."""
    await _local(lab, "Local/101@from-internal/n")


@scenario(said("callback", "answered", "101"))
async def callback_local_optimized(lab: Lab) -> None:
    """The same without /n: the Local pair optimises itself away."""
    await _local(lab, "Local/101@from-internal")


@scenario(said("callback", "answered", "101", "104"))
async def callback_transferred(lab: Lab) -> None:
    """Callback; 101 then hands the client to 104, attended."""
    lab.phones["101"].policy = lab.phones["104"].policy = Answer(0.6)
    await lab.originate("PJSIP/101", CLIENT, ChannelId="tests-callback-2")
    theirs = await lab.clients.comes()
    await theirs.answered()
    ours = lab.phones["101"].came[-1]
    await during(0.8)
    await ours.hold()
    consult = await lab.phones["101"].call("104")
    await consult.answered()
    await during(0.6)
    other = lab.phones["104"].came[-1]
    await ours.refer("104", consult)
    await ours.over(5)
    await during(1)
    theirs.hang_up()
    await other.over()


@scenario(inbound("101", queue="sales"), said("callback", "answered", "103"))
async def callback_and_queue(lab: Lab) -> None:
    """A callback by 103 while a client waits in the queue that 103 serves."""
    client = await lab.inbound("sales")
    first = await lab.phones["101"].comes()
    queued = await lab.phones["103"].comes()
    await during(0.5)
    await lab.originate("PJSIP/103", CLIENT2)
    called = await lab.phones["103"].comes()
    await during(0.5)
    called.answer()
    theirs = await lab.clients.comes()
    await theirs.answered()
    first.answer()
    await queued.over()
    await during(1.2)
    client.hang_up()
    await during(0.4)
    called.hang_up()
