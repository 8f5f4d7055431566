"""The simulated PBX itself: how fast it tells a company's past, and what a thousand calls at once cost it."""

import asyncio
import sys
import tempfile
import time
from urllib.parse import urlsplit

from bench import Figure, at_least, at_most, median_of, shown
from callfloor import config, service
from callfloor.project import simulated_past
from callfloor.simulator import Simulator, directory, history
from callfloor.store import Store

UNTIL = 1_795_289_860.0
DAYS = 3
WORKING_DAYS = 5  # in the eight days before UNTIL, a Saturday
CALLS = 1000
LISTENERS = 4
MEASURED_S = 15.0

DRAIN = """
import socket, sys
host, port, user, secret = sys.argv[1:]
s = socket.create_connection((host, int(port)))
s.sendall(f"Action: Login\\r\\nUsername: {user}\\r\\nSecret: {secret}\\r\\n\\r\\n".encode())
count = 0
while data := s.recv(1 << 18):
    count += data.count(b"\\r\\n\\r\\n")
print(count)
"""
"""A manager in a process of its own, so that its reading is not charged to the simulator. Prints how much it heard."""


def history_rate() -> float:
    """Messages a second of a simulated past, as the first start makes it."""
    began = time.process_time()
    messages = sum(1 for _ in history(until=UNTIL, days=DAYS))
    return messages / (time.process_time() - began)


def filling() -> tuple[float, float]:
    """A new embedded store gets its eight days: (seconds of CPU, statuses of an employee and working day)."""
    with tempfile.TemporaryDirectory() as folder:
        settings = config.read({"CALLFLOOR_DATA": folder})
        store = Store.open(settings.database_url)
        try:
            made = store.projects.add("Bench", timezone="Europe/Kyiv", country="UA", language="en", now=1.0)
            company = service.simulated_directory(directory())
            store.project(made.id).directory.accept(company)
            began = time.process_time()
            filled = simulated_past.fill(
                store, made.id, "UA", settings, until=UNTIL, progress=lambda *_: None, pause=lambda _: None
            )
            took = time.process_time() - began
        finally:
            store.close()
    return took, filled.stretches / 2 / len(company.employees) / WORKING_DAYS  # each is an account's and a person's


async def a_thousand_calls() -> tuple[float, float, float]:
    """Keep the calls up in real time; (cores used, messages a second to each listener, calls up at the end)."""
    simulator = Simulator(employees=1000, simultaneous=CALLS, noise=True, users={"bench": "bench"})
    async with simulator.serve() as url:
        address = urlsplit(url)
        listeners = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", DRAIN, str(address.hostname), str(address.port), "bench", "bench",
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(LISTENERS)
        ]  # fmt: skip
        while len([s for s in simulator.sessions if s.logged_in]) < LISTENERS:
            await asyncio.sleep(0.05)
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(MEASURED_S)
        cores = (time.process_time() - cpu) / (time.perf_counter() - wall)
        took = time.perf_counter() - wall
        up = sum(bool(call.channels) for call in simulator.world.calls)
    heard = [int((await listener.communicate())[0]) for listener in listeners]
    return cores, min(heard) / took, up


def main() -> list[Figure]:
    """The figures of this module."""
    rate = median_of(3, history_rate)
    filled_s, statuses = filling()
    cores, messages, up = asyncio.run(a_thousand_calls())
    load = f"{CALLS} calls at once, 1,000 employees, the real mix, {LISTENERS} managers"
    return [
        at_least("simulator: history", rate, 20_000, "messages/s", note="noise off, on one core"),
        at_most("simulator: fill", filled_s, 25.0, "s", note="CPU; 8 days of 40 employees, calls and statuses, SQLite"),
        shown("simulator: statuses", statuses, "statuses", note="of an employee on a working day"),
        at_most("simulator: CPU", cores, 1.0, "cores", note=f"{load}; in real time"),
        at_least("simulator: calls up", up, 0.9 * CALLS, "calls", note=load),
        shown("simulator: traffic", messages, "messages/s", note=f"to each manager; {load}"),
    ]
