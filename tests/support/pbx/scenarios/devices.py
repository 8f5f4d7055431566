"""What happens around the calls: devices and do-not-disturb, a lost link, a reload and a restart of the PBX."""

from support.pbx.lab import CLIENT2, CLIENT3, Lab, during
from support.pbx.phone import Answer
from support.pbx.scenarios.queues import SALES
from support.pbx.scenarios.registry import inbound, said, scenario


@scenario()
async def register_unregister(lab: Lab) -> None:
    """Devices leave and come back; a password is wrong. No call."""
    phone = lab.phones["107"]
    await phone.register(0)
    await phone.register()
    right, phone.password = phone.password, "wrong"
    await phone.register()
    phone.password = right
    await phone.register()
    await lab.register("103m")
    await lab.phones["103m"].register(0)


@scenario()
async def device_qualify_lost(lab: Lab) -> None:
    """109's phone falls off the network and comes back: the PBX's OPTIONS find out. No call."""
    phone = lab.phones["109"]
    phone.deaf = True
    await lab.ami.sees(lambda event: _status(event) == "Unreachable", 20)
    phone.deaf = False
    await lab.ami.sees(lambda event: _status(event) == "Reachable", 20)


def _status(event: dict[str, str]) -> str:
    return event.get("ContactStatus", "") if event.get("EndpointName") == "109" else ""


@scenario()
async def queue_pause_unpause(lab: Lab) -> None:
    """Members are paused, added and removed. No call."""
    await lab.pause("101", reason="lunch")
    await lab.pause("101", paused=False)
    words = {"Queue": "sales", "Interface": "PJSIP/107", "MemberName": "Zoya", "StateInterface": "PJSIP/107"}
    await lab.ami.action("QueueAdd", words)
    await lab.ami.action("QueueRemove", {"Queue": "sales", "Interface": "PJSIP/107"})


async def _disturb(lab: Lab, *, on: bool) -> None:
    lab.truth.mark("dnd", ext="101", on=on)
    words = {"Family": "DND", "Key": "101"}
    await lab.ami.action("DBPut" if on else "DBDel", words | ({"Val": "YES"} if on else {}))
    await lab.setting("DEVICE_STATE(Custom:DND101)", "BUSY" if on else "NOT_INUSE")


@scenario(said("inbound", "busy"))
async def dnd_freepbx(lab: Lab) -> None:
    """101 wants not to be disturbed; a client meets busy."""
    await _disturb(lab, on=True)
    client = await lab.inbound("e101")
    await client.over()
    await _disturb(lab, on=False)


@scenario(inbound("101"), said("inbound", "busy"))
async def dnd_in_call(lab: Lab) -> None:
    """101 switches do-not-disturb on in mid-call; a second client meets busy."""
    client, employee = await lab.talking()
    await _disturb(lab, on=True)
    second = await lab.inbound("e101", CLIENT2)
    await second.over()
    client.hang_up()
    await employee.over()
    await _disturb(lab, on=False)


@scenario(inbound("101"), said("inbound", "abandoned", queues=("sales",)), said("outbound", "answered", "107"))
async def ami_reconnect_midcall(lab: Lab) -> None:
    """A second manager connection is made while one call talks on hold, one waits in a queue, one is outbound."""
    client, employee = await lab.talking()
    await lab.pause(*SALES)
    waiting = await lab.inbound("sales", CLIENT2)
    await waiting.answered()
    await employee.hold()
    ours = await lab.phones["107"].call(CLIENT3)
    await ours.answered()
    await during(0.6)
    lab.truth.mark("second manager connects")
    late = await lab.come_back()
    await during(0.6)
    await employee.unhold()
    await during(0.4)
    ours.hang_up()
    waiting.hang_up()
    await during(0.4)
    client.hang_up()
    await employee.over()
    await lab.pause(*SALES, paused=False)
    await late.close()


@scenario(inbound("101"), inbound("102", queue="sales"))
async def reload_midcall(lab: Lab) -> None:
    """`core reload` while one call talks and one waits in a queue; both go on."""
    client, employee = await lab.talking()
    await lab.pause(*SALES)
    waiting = await lab.inbound("sales", CLIENT2)
    await waiting.answered()
    lab.truth.mark("reload")
    await lab.pbx.reload()
    await lab.pause(*SALES, paused=False)
    other = await lab.comes("102", 20)
    await during(0.5)
    other.answer()
    await during(1)
    waiting.hang_up()
    await during(0.3)
    client.hang_up()
    await employee.over()


@scenario(records_decide=True)
async def asterisk_restart_midcall(lab: Lab) -> None:
    """`core restart now` while calls go on; the manager connection drops and comes back; then a new call."""
    client, employee = await lab.talking()
    ours = await lab.phones["107"].call(CLIENT3)
    await ours.answered()
    theirs = lab.clients.came[-1]
    await during(0.5)
    lab.truth.mark("restart")
    await lab.pbx.restart()
    await lab.ami.closed.wait()
    for leg in (client, employee, ours, theirs):
        leg.lose()
    late = await lab.come_back()
    lab.phones["101"].policy = Answer(0.5)
    again = await lab.inbound("e101", CLIENT2)
    await again.answered()
    await during(0.8)
    again.hang_up()
    await late.idle()
    await late.close()
