"""From the PBX's bytes to the frame on the viewer's socket: link, codec, translation, floor, hub and server as in life.

The simulated PBX (1,000 calls at once, the real mix of messages, noise included) runs in a process of its own and
speaks AMI over a socket; its 1,000 employees are in the directory, so their statuses change as they talk;
do-not-disturb of one of them goes on or off 100 times a second besides. A change is stamped with the instant at which
its bytes were read, by the monotonic clock that the viewers' process reads too.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

import msgspec
import uvloop
from typing_extensions import override

from bench import Figure, at_most, shown
from bench.fanout import line, running, say
from bench.push import Viewer, connected

EMPLOYEES = 1_000
FIRST_ACCOUNT = 1_001
DND_PER_S = 100  # two in five people are not in a call: so often it changes a status
SECONDS = 15.0
WARM_S = 3.0


def main() -> list[Figure]:
    """Latency with 100 and with 1,000 viewers."""
    found = []
    with running([sys.executable, "-m", "bench.wire", "pbx"]) as pbx:
        url = line(pbx)
        for viewers, target_ms in ((100, 60.0), (1_000, 100.0)):
            result = sorted((measure(url, viewers) for _ in range(3)), key=lambda run: run["p99_ms"])[1]
            note = (
                f"{viewers:,} viewers, {result['calls']:,.0f} live calls, {result['calls_per_minute']:.0f} calls/min, "
                f"{result['statuses_per_s']:.0f} status changes/s of {EMPLOYEES:,} employees, "
                f"{result['messages_per_s']:,.0f} messages/s wanted, {result['frames_per_s']:.0f} frames/s"
            )
            found += [
                at_most(f"PBX bytes → viewer, {viewers:,} viewers, p99", result["p99_ms"], target_ms, "ms", note=note),
                shown(f"PBX bytes → viewer, {viewers:,} viewers, median", result["p50_ms"], "ms"),
                at_most(f"whole service, {viewers:,} viewers, CPU of a core", result["cpu_share"] * 100, 50, "%"),
            ]
    return found


def measure(url: str, viewers: int) -> dict[str, float]:
    """The figures of one run."""
    with running([sys.executable, "-m", "bench.wire", "serve", url]) as server:
        port = line(server)
        with running([sys.executable, "-m", "bench.wire", "view", port, str(viewers)]) as watching:
            assert line(watching) == "connected"
            say(server, "go")
            told = json.loads(line(server))
            say(watching, "stop")
            received = json.loads(line(watching))
    begin, end = told["began"] + WARM_S, told["ended"] - 0.5
    late = sorted((at - stamp) * 1000 for stamp, at in received if begin <= stamp <= end)
    return {
        **told,
        "p50_ms": late[len(late) // 2],
        "p99_ms": late[len(late) * 99 // 100],
        "frames_per_s": len(late) / viewers / (end - begin),
    }


async def pbx() -> None:
    """The simulated PBX; tells its address and runs until it is ended."""
    from callfloor.simulator import Simulator  # noqa: PLC0415

    simulator = await asyncio.to_thread(Simulator, employees=EMPLOYEES, simultaneous=1_000, noise=True)
    async with simulator.serve() as url:
        print(url, flush=True)
        await asyncio.get_running_loop().create_future()


async def serve(url: str) -> None:
    """Everything of the service that a change goes through; when told, watch for a while and tell what passed."""
    from callfloor.asterisk.ami_url import parse_url  # noqa: PLC0415
    from callfloor.asterisk.link import PbxLink  # noqa: PLC0415
    from callfloor.floor import facts  # noqa: PLC0415
    from callfloor.floor.changes import CallFinished, StatusChanged  # noqa: PLC0415
    from callfloor.floor.floor import Floor  # noqa: PLC0415
    from callfloor.service import simulated_directory  # noqa: PLC0415
    from callfloor.simulator import directory  # noqa: PLC0415
    from callfloor.web.access import Sight  # noqa: PLC0415
    from callfloor.web.protocols import EXTENSION  # noqa: PLC0415
    from callfloor.web.push.hub import Hub  # noqa: PLC0415
    from callfloor.web.push.outlet import Outlet  # noqa: PLC0415
    from callfloor.web.server import serve as serve_app  # noqa: PLC0415

    floor = Floor()
    floor.apply(facts.DirectorySet(time.monotonic(), simulated_directory(directory(employees=EMPLOYEES))))
    hub = Hub(floor.snapshot(), time.time)
    counts = {"finished": 0, "messages": 0, "statuses": 0}

    def take(told: Any) -> None:
        changes = [change for fact in told for change in floor.apply(fact)]
        counts["finished"] += sum(isinstance(change, CallFinished) for change in changes)
        counts["statuses"] += sum(
            isinstance(change, StatusChanged) and change.told.employee_id is not None for change in changes
        )
        hub.publish(changes)

    link = PbxLink(link="pbx1", name="bench", url=parse_url(url), on_facts=take, clock=time.monotonic)
    hear = link.translator.translate

    def counted(at: float, message: Any) -> Any:
        counts["messages"] += 1
        return hear(at, message)

    link.translator.translate = counted  # type: ignore[method-assign]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        outlet = Outlet(scope["extensions"][EXTENSION])
        hub.attach(Sight(), outlet)
        await receive()
        hub.detach(outlet)

    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    linked = asyncio.create_task(link.run())
    while len(floor.snapshot().calls) < 900:
        await asyncio.sleep(0.1)
    toggling = asyncio.create_task(toggle(link))
    server = asyncio.create_task(serve_app(app, "127.0.0.1", 0, ready=lambda _, port: print(port, flush=True)))
    await commands.readline()
    counts.update(finished=0, messages=0, statuses=0)
    began, cpu = time.monotonic(), time.process_time()
    await asyncio.sleep(SECONDS)
    ended = time.monotonic()
    told = {
        "began": began,
        "ended": ended,
        "calls": len(floor.snapshot().calls),
        "calls_per_minute": counts["finished"] * 60 / SECONDS,
        "statuses_per_s": counts["statuses"] / SECONDS,
        "messages_per_s": counts["messages"] / SECONDS,
        "cpu_share": (time.process_time() - cpu) / SECONDS,
    }
    await asyncio.sleep(0.5)
    print(json.dumps(told), flush=True)
    await commands.readline()
    hub.close()
    for task in (server, linked, toggling):
        task.cancel()


async def toggle(link: Any) -> None:
    """The device states of do-not-disturb, as bytes, at random instants."""
    chance = random.Random(1)
    on: set[int] = set()
    while True:
        await asyncio.sleep(chance.expovariate(DND_PER_S))
        account = chance.randrange(FIRST_ACCOUNT, FIRST_ACCOUNT + EMPLOYEES)
        on ^= {account}
        state = "BUSY" if account in on else "NOT_INUSE"
        message = (
            f"Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: Custom:DND{account}\r\nState: {state}\r\n\r\n"
        )
        link.hear_past([(time.monotonic(), message.encode())])


class Watcher(Viewer):
    """Tells for each delta the oldest status that began in it, and when the frame was here."""

    @override
    def stamp(self, payload: bytes) -> float | None:
        delta = msgspec.json.decode(payload)
        calls, people = delta["calls"], delta.get("employees", {"added": (), "changed": ()})
        began = [c["status_since"] for c in (*calls["added"], *calls["changed"]) if "status_since" in c]
        began += [e["since"] for e in people["changed"] if "since" in e]
        return min(began, default=None)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pbx"]:
            uvloop.run(pbx())
        case ["serve", address]:
            uvloop.run(serve(address))
        case ["view", port, viewers]:
            uvloop.run(connected(int(port), int(viewers), Watcher))
        case _:
            for figure in main():
                print(figure)
