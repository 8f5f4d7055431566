"""Plays scenarios on several PBXs at once: calls take real time, and most of it is people talking."""

import asyncio
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.pbx.lab import Lab
from support.pbx.scenarios.registry import Scenario
from support.pbx.server import running_pbx

MOST_LANES = 6
SCENARIO_S = 120.0


def lanes() -> int:
    """How many PBXs this machine plays at once without spoiling the times: three for each processor."""
    return min(MOST_LANES, 3 * (os.cpu_count() or 1))


@dataclass(frozen=True)
class Recorded:
    """A capture's folder; ``failed`` is what went wrong with the script, if anything did."""

    folder: Path
    failed: str | None


async def record_all(scenarios: Sequence[Scenario], folder: Path, at_once: int) -> dict[str, Recorded]:
    """Plays every scenario once, each into a folder of its name; on ``at_once`` PBXs side by side."""
    queue: asyncio.Queue[Scenario] = asyncio.Queue()
    for scenario in scenarios:
        queue.put_nowait(scenario)
    recorded: dict[str, Recorded] = {}

    async def lane(number: int) -> None:
        async with running_pbx(folder / f"pbx-{number}") as pbx:
            lab = Lab(pbx)
            await lab.open()
            try:
                while not queue.empty():
                    scenario = queue.get_nowait()
                    recorded[scenario.name] = await _record(lab, scenario, folder / scenario.name)
            finally:
                await lab.close()

    async with asyncio.TaskGroup() as group:
        for number in range(min(at_once, len(scenarios))):
            group.create_task(lane(number), name=f"pbx {number}")
    return recorded


async def _record(lab: Lab, scenario: Scenario, folder: Path) -> Recorded:
    try:
        async with asyncio.timeout(SCENARIO_S):
            await lab.record(folder, scenario.name, scenario.about, scenario.script, {})
    except Exception:  # noqa: BLE001  the scenario's own test fails with it; the others go on
        return Recorded(folder, traceback.format_exc(limit=-6))
    return Recorded(folder, None)
