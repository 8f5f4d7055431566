"""The counters of the Calls page (LC-1): one formula for the page, the API and every report."""

from collections.abc import Iterable

import msgspec

from callfloor.floor.calls import WAITING, CallType, LiveCall


class CallCounters(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls there are now. ``active = waiting + talking``."""

    active: int
    waiting: int
    waiting_inbound: int
    talking: int
    talking_inbound: int


def count_calls(calls: Iterable[LiveCall]) -> CallCounters:
    waiting = waiting_inbound = talking = talking_inbound = 0
    for call in calls:
        inbound = call.type is CallType.INBOUND
        if call.status in WAITING:
            waiting += 1
            waiting_inbound += inbound
        else:
            talking += 1
            talking_inbound += inbound
    return CallCounters(
        active=waiting + talking,
        waiting=waiting,
        waiting_inbound=waiting_inbound,
        talking=talking,
        talking_inbound=talking_inbound,
    )
