"""A floor handed over from a process that ends to the next: its calls with all they know, and everybody's status.

What the next process makes of it is what it would make of a link that was lost for as long: calls and people are shown
as they were last known, stale, until the PBX has listed what is so now.
"""

from enum import Enum
from typing import Any

import msgspec

from callfloor.floor import accounts, calls, employees, facts, progress
from callfloor.floor.accounts import Account, Device, Doing, Person, Seat
from callfloor.floor.attendance import Attendance
from callfloor.floor.books import Books
from callfloor.floor.calls import CallType
from callfloor.floor.changes import CallChanged, Change, EmployeeChanged
from callfloor.floor.directory import Employee
from callfloor.floor.employees import QueueSeat, Status
from callfloor.floor.facts import Born, Side
from callfloor.floor.graph import Graph
from callfloor.floor.legs import Leg, Party
from callfloor.floor.progress import Progress
from callfloor.floor.stay import Lines, Stay


def _values() -> set[type]:
    modules = (facts, calls, employees, progress, accounts)
    found = (kind for module in modules for kind in vars(module).values() if isinstance(kind, type))
    return {kind for kind in found if issubclass(kind, Enum | msgspec.Struct)}


_GRAPH = Graph(
    {
        Progress: lambda: Progress("", CallType.INBOUND, 0.0, started_at=0.0),
        Leg: lambda: Leg("", Side.OUTSIDE, Born.CALLING, None, None, 0.0),
        Party: lambda: Party(None, None, 0.0),
        Stay: lambda: Stay("", "", "", None, 0.0),
        Lines: Lines,
        Account: lambda: Account(""),
        Person: lambda: Person(Employee(id=0, name="")),
        Device: lambda: Device("", "", 0.0),
        Doing: lambda: Doing(Status.TALKING, 0.0, None),
        Seat: lambda: Seat(QueueSeat(queue="", account="", since=0.0), "", 0.0),
        Attendance: Attendance,
    },
    values=_values(),
    # The rules and the directory are the store's; what was touched is settled.
    left_out={
        Attendance: frozenset(
            {"pause_is_dnd", "dnd_after_missed", "_now", "_touched", "_touched_people", "_left", "_passed_over"}
        )
    },
)
_OF_BOOKS = ("by_key", "legs", "calls", "lines", "attendance", "written")


def keep(books: Books) -> bytes:
    """The books between two facts.

    Raises:
        TypeError: something in them cannot be handed over; that is a fault of ours.
    """
    return _GRAPH.dump({name: getattr(books, name) for name in _OF_BOOKS})


def take_over(books: Books, data: bytes) -> list[Change]:
    """Make fresh books what was kept; the changes by which a floor without anything becomes this one.

    Raises:
        ValueError: it is not what ``keep`` of this version, or of one like it, wrote; the books are as before.
    """
    found: Any = _GRAPH.load(data)
    if not isinstance(found, dict) or set(found) != set(_OF_BOOKS):
        raise ValueError("it is no floor")
    for name, value in found.items():
        setattr(books, name, value)
    shown: list[Change] = [
        CallChanged(call.id, None, call.emitted) for call in books.calls.values() if call.emitted is not None
    ]
    shown += [
        EmployeeChanged(person.id, None, person.emitted)
        for person in books.attendance.people.values()
        if person.emitted is not None
    ]
    return shown
