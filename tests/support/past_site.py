"""A site whose past is kept: what happens on its floor is told second by second."""

from pathlib import Path
from typing import Final

import msgspec

from callfloor.floor.calls import CallStatus, LiveCall
from callfloor.floor.changes import CallChanged, EmployeeChanged
from callfloor.floor.employees import Badge, BadgeKind, LiveEmployee, Status
from callfloor.store.past_writer import PastWriter
from support.web_floor import NOW, call, employee
from support.web_site import Site

CLIENT: Final = "+48600100207"
BEGAN: Final = NOW
"""Since when the past is kept."""


class PastSite:
    """A site whose past is kept; its life is told second by second."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.writer = PastWriter(
            site.store,
            site.store.project(site.ours).past,
            folder,
            snapshot=site.floor.snapshot,
            clock=site.clock,
        )
        site.projects[site.ours] = msgspec.structs.replace(site.projects[site.ours], past=self.writer)

    def at(self, second: float) -> "PastSite":
        self.site.clock.now = BEGAN + second
        return self

    def put(self, row: LiveCall) -> None:
        before = self.site.floor.calls.get(row.id)
        self.site.floor.put(row)
        self.writer.saw([CallChanged(row.id, before, row)], self.site.clock.now)

    def end(self, call_id: str) -> None:
        before = self.site.floor.calls[call_id]
        self.site.floor.end(call_id)
        self.writer.saw([CallChanged(call_id, before, None)], self.site.clock.now)

    def put_employee(self, row: LiveEmployee) -> None:
        before = self.site.floor.employees.get(row.id)
        self.site.floor.put_employees(row)
        self.writer.saw([EmployeeChanged(row.id, before, row)], self.site.clock.now)

    def lives(self) -> None:
        """A quarter of an hour: Anna's call, Boris's, one that waits, Boris on a break, Anna not to be disturbed."""
        anna, boris = self.site.anna, self.site.boris
        self.at(10).put(call("anna", anna, client_number=CLIENT, client_e164=CLIENT))
        self.at(70).put(call("boris", boris, status=CallStatus.RINGING))
        self.at(75.5).put(call("boris", boris))
        self.at(100).put(call("waits", status=CallStatus.QUEUE, queue="sales"))
        paused = Badge(kind=BadgeKind.PAUSED, since=BEGAN + 200, queue="help", reason="lunch")
        self.at(200).put_employee(employee(boris, "201", "help", badges=(paused,)))
        self.at(300).end("anna")
        self.at(420).put_employee(employee(anna, "101", "sales", status=Status.DND))
        self.at(600).end("waits")
        self.at(900)
