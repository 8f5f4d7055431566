"""A Friday afternoon of Anna's, for the tests of the profile: two accounts, a talk that runs, two colleagues."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from callfloor.floor.calls import CallStatus
from callfloor.floor.employees import Status
from support.page_floor import call
from support.page_people import employee
from support.page_server import PageServer

FRIDAY = datetime(2026, 11, 20, 17, 47, 3, tzinfo=ZoneInfo("Europe/Moscow"))
ACCOUNTS = ("101", "79031112233")


def anna(server: PageServer, at: datetime = FRIDAY) -> PageServer:
    """The server as it is then: its clock, its directory, its floor."""
    server.ahead_s = at.timestamp() - time.time()
    first, *others = server.directory.employees
    two = msgspec.structs.replace(first, accounts=ACCOUNTS)
    server.directory = msgspec.structs.replace(server.directory, employees=(two, *others))
    now = server.now()
    talk = call(1, now=now, status=CallStatus.TALKING, employees=(1,), age_s=378)
    row = employee(1, now=now, status=Status.TALKING, since_s=252)
    row = msgspec.structs.replace(row, cause=msgspec.structs.replace(row.cause, call_id=talk.id))
    server.calls = {talk.id: talk}
    server.employees = {1: row, 2: employee(2, now=now), 3: employee(3, now=now, status=Status.OFFLINE)}
    return server
