"""A floor handed over from a process that ends to the next: its calls with all they know, and everybody's status.

What the next process makes of it is what it would make of a link that was lost for as long: calls and people are shown
as they were last known, stale, until the PBX has listed what is so now.

Of a process that is killed there are notes of each call (``keep_call``), and no word of people: of these the PBX tells.
"""

from collections.abc import Iterable
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


def keep_call(call: Progress) -> bytes:
    """One live call between two facts.

    Raises:
        TypeError: something in it cannot be handed over; that is a fault of ours.
    """
    return _GRAPH.dump(call)


def take_up(books: Books, notes: Iterable[bytes]) -> list[Change]:
    """Put calls that were kept one by one into fresh books; the changes by which they come.

    Raises:
        ValueError: they are not what ``keep_call`` of this version, or of one like it, wrote; the books are as before.
    """
    found = [_GRAPH.load(data) for data in notes]
    if not all(isinstance(call, Progress) for call in found):
        raise ValueError("it is no call")
    for call in sorted(found, key=lambda call: call.started_at):
        books.calls[call.id] = books.touched[call.id] = call
        books.by_key |= dict.fromkeys(call.keys, call)
        books.legs |= {leg.id: (leg, call) for leg in call.legs}
        call.doers = frozenset()  # people are not kept: all that they do is new
    waiting = [(stay, call) for call in found for stay in call.stays if stay.left_at is None]
    for stay, call in sorted(waiting, key=lambda each: each[0].joined_at):
        books.lines.join(call.link, stay)
    return [CallChanged(call.id, None, call.emitted) for call in books.calls.values() if call.emitted is not None]
