"""What a process says of statuses, in order and numbered, so that each is written once."""

import msgspec

from callfloor.floor.employees import StatusTold


class StatusEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of three: a status was told, everything was current, a process began to watch.

    ``run`` names the process's run, and its entries are numbered in order from 0. An empty run is written whenever it
    comes.
    """

    run: str
    number: int
    told: StatusTold | None = None
    watched_at: float | None = None
    began_at: float | None = None
