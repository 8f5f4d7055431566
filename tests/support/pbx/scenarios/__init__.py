"""Every kind of call, played for real. ``SCENARIOS`` has them by name."""

from support.pbx.scenarios import (
    arrivals,
    devices,
    dialling,
    machines,
    queues,
    supervision,
    transfers,
    transfers_attended,
)
from support.pbx.scenarios.registry import SCENARIOS, Said, Scenario

__all__ = [
    "SCENARIOS",
    "Said",
    "Scenario",
    "arrivals",
    "devices",
    "dialling",
    "machines",
    "queues",
    "supervision",
    "transfers",
    "transfers_attended",
]  # fmt: skip
