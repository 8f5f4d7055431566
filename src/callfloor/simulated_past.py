"""Fills a new store with the simulated company's last days, through the same translation and floor as a live PBX.

It runs in a process of its own (``callfloor simulate-history``), so that the live page stays quick meanwhile.
"""

import time
from collections.abc import Callable

from callfloor.asterisk.replay import replay_chunks
from callfloor.config import Config
from callfloor.floor.calls import CallRecord
from callfloor.simulator import history
from callfloor.store.store import Store

BATCH = 400
WARM_UP_S = 1200.0  # the living simulation tells its own last twenty minutes
LINK = "past"  # call ids of the past begin with it: they never meet those of the living simulation
"""The past is written once: see ``is_needed``."""


def is_needed(store: Store, project_id: int, now: float) -> bool:
    """Has nothing been written down yet?"""
    return not store.project(project_id).journal.page(0.0, now, limit=1).calls


def fill(
    store: Store, project_id: int, country: str, config: Config, *, now: float, progress: Callable[[float, int], None]
) -> int:
    """Simulate the last days and write their calls down; returns how many.

    ``progress`` is told the share that is done (0 to 1) and the calls written, after each batch.
    """
    journal = store.project(project_id).journal
    days = config.simulated_history_days
    now -= WARM_UP_S
    began = now - days * 86_400.0
    messages = history(
        until=now, days=days, seed=config.simulated_seed, employees=config.simulated_employees, timezone="Europe/Kyiv"
    )
    batch: list[CallRecord] = []
    written = 0
    for record in replay_chunks(messages, link=LINK, country=country):
        batch.append(record)
        if len(batch) == BATCH:
            journal.write(batch)
            written += len(batch)
            batch.clear()
            progress(min(1.0, (record.started_at - began) / (now - began)), written)
            time.sleep(0.02)  # the live writer's turn: the embedded store has one writer at a time
    journal.write(batch)
    return written + len(batch)
