"""Facts about what surrounds the calls: PBX links, the directory, time."""

import msgspec

from callfloor.floor import facts
from callfloor.floor.books import Appliers, Books
from callfloor.floor.changes import DirectoryChanged, EmployeeChanged, Link, LinkChanged, LinkState
from callfloor.floor.on_people import leave_seat
from callfloor.floor.progress import People, Progress

LEGLESS_GRACE_S = 30.0  # all legs gone and the PBX has not said the call is over: messages were lost
GHOST_AFTER_S = 24 * 3600.0  # a call of which nothing was heard for a day is none


def link_up(books: Books, fact: facts.LinkUp) -> None:
    books.attendance.link_is(fact.link, live=True)
    _set_link(books, Link(id=fact.link, name=fact.name, state=LinkState.LIVE, since=fact.at))


def link_lost(books: Books, fact: facts.LinkLost) -> None:
    books.attendance.link_is(fact.link, live=False)
    before = books.links.get(fact.link)
    since = fact.at if fact.silent_since is None else fact.silent_since
    if before is not None and before.state is LinkState.STALE:
        since = before.since
    state = LinkState.STALE if fact.ever else LinkState.CONNECTING
    _set_link(books, Link(id=fact.link, name=fact.name, state=state, since=since, detail=fact.reason))


def _set_link(books: Books, link: Link) -> None:
    before = books.links.get(link.id)
    if before == link:
        return
    books.links[link.id] = link
    books.out.append(LinkChanged(link.id, before, link))
    for call in books.calls.values():
        if call.link == link.id:
            call.stale = link.state is not LinkState.LIVE
            call.partial |= call.stale
            books.touch(call)


def link_renamed(books: Books, fact: facts.LinkRenamed) -> None:
    before = books.links.get(fact.link)
    if before is not None:
        _set_link(books, msgspec.structs.replace(before, name=fact.name))


def link_removed(books: Books, fact: facts.LinkRemoved) -> None:
    """Its calls end where they were seen last, with what is known; its devices and seats are no more."""
    before = books.links.pop(fact.link, None)
    watched = before is not None and before.state is LinkState.LIVE
    for call in list(books.calls.values()):
        if call.link == fact.link:
            call.partial = True
            books.finish(call, fact.at if watched else _seen_at(call, before))
    for account in list(books.attendance.accounts.values()):
        if fact.link in account.links:
            for queue in [queue for queue, seat in account.seats.items() if seat.link == fact.link]:
                leave_seat(books, account, queue, fact.at)
    books.attendance.forget_link(fact.link)
    if before is not None:
        books.out.append(LinkChanged(fact.link, before, None))


def _seen_at(call: Progress, link: Link | None) -> float:
    """When anything was known of a call last: that its link is lost is told later, by the next process hours later."""
    if link is None or link.state is LinkState.LIVE:
        return call.last_fact_at
    return min(call.last_fact_at, link.since)


def directory_set(books: Books, fact: facts.DirectorySet) -> None:
    before = books.people.directory
    if before == fact.directory:
        return
    books.people = People(fact.directory)
    books.out.append(DirectoryChanged(before, fact.directory))
    for employee_id in books.attendance.set_directory(fact.directory):
        gone = books.attendance.people.pop(employee_id)
        if gone.emitted is not None:
            books.out.append(EmployeeChanged(employee_id, gone.emitted, None))
    for call in books.calls.values():
        books.touch(call)


def tick(books: Books, fact: facts.Tick) -> None:
    books.attendance.expire(fact.at)
    for call in list(books.calls.values()):
        legs_gone = all(not leg.live for leg in call.legs)
        legless = legs_gone and fact.at - call.last_fact_at > LEGLESS_GRACE_S
        seen_at = _seen_at(call, books.links.get(call.link))
        if legless or fact.at - seen_at > GHOST_AFTER_S:
            call.partial = True
            books.finish(call, seen_at)


APPLIERS: Appliers = {
    facts.LinkUp: link_up,
    facts.LinkLost: link_lost,
    facts.LinkRenamed: link_renamed,
    facts.LinkRemoved: link_removed,
    facts.DirectorySet: directory_set,
    facts.Tick: tick,
}
