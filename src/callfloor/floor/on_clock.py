"""The clock was set: everything that is going on began so much later or earlier, and lasts as long as it did.

Facts come with the instants of one clock. Where that clock is put forward or back (by hand, by the network's time
after a long drift, on a machine whose clock was wrong at its start), a call of five minutes stays one of five minutes:
its instants move, its durations do not. What was written down before stays as it was told.
"""

import msgspec

from callfloor.floor import facts
from callfloor.floor.accounts import Account
from callfloor.floor.attendance import Attendance
from callfloor.floor.books import Appliers, Books
from callfloor.floor.changes import LinkChanged
from callfloor.floor.progress import Progress

_CALL = (
    *("started_at", "phase_at", "watched_from", "counted_at", "status_since", "answered_at", "hung_at"),
    *("last_fact_at",),
)
_LEG = ("started_at", "rang_at", "answered_at", "ended_at", "gone_at")
_PARTY = ("joined_at", "since", "answered_at")
_STAY = ("joined_at", "left_at")
_DEVICE = ("since", "heard_at", "expires_at")


def clock_set(books: Books, fact: facts.ClockSet) -> None:
    by_s = fact.by_s
    for call in books.calls.values():
        _move_call(call, by_s)
        books.touch(call)
    for link in list(books.links.values()):
        moved = msgspec.structs.replace(link, since=link.since + by_s)
        books.links[link.id] = moved
        books.out.append(LinkChanged(link.id, link, moved))
    _move_people(books.attendance, by_s)
    books.attendance.clock_set(fact.at, by_s)


def _move_call(call: Progress, by_s: float) -> None:
    _move(call, _CALL, by_s)
    for leg in call.legs:
        _move(leg, _LEG, by_s)
    for party in call.parties.values():
        _move(party, _PARTY, by_s)
    for stay in call.stays:
        _move(stay, _STAY, by_s)
    call.story = [msgspec.structs.replace(step, at=step.at + by_s) for step in call.story]


def _move_people(attendance: Attendance, by_s: float) -> None:
    for account in attendance.accounts.values():
        _move_account(account, by_s)
    for person in attendance.people.values():
        _move(person, ("since",), by_s)
        if person.switch is not None:
            person.switch = msgspec.structs.replace(person.switch, since=person.switch.since + by_s)


def _move_account(account: Account, by_s: float) -> None:
    _move(account, ("since", "gone_at"), by_s)
    for device in account.devices.values():
        _move(device, _DEVICE, by_s)
    for doing in account.doing.values():
        doing.since += by_s
    for known in account.seats.values():
        known.heard_at += by_s
        known.seat = msgspec.structs.replace(known.seat, since=known.seat.since + by_s)
    account.dnd_by = {source: at + by_s for source, at in account.dnd_by.items()}
    account.wrap_up = {queue: (since + by_s, until + by_s) for queue, (since, until) in account.wrap_up.items()}


def _move(notes: object, names: tuple[str, ...], by_s: float) -> None:
    for name in names:
        at = getattr(notes, name)
        if at is not None:
            setattr(notes, name, at + by_s)


APPLIERS: Appliers = {facts.ClockSet: clock_set}
