"""Facts about people: their devices, do-not-disturb, queue seats, Callfloor's own switch, and the rules."""

from callfloor.floor import facts
from callfloor.floor.accounts import Account, Device, Seat
from callfloor.floor.books import Appliers, Books
from callfloor.floor.employees import QueueSeat, Status, Why
from callfloor.floor.facts import DndSource

ONE_STORY_S = 1.0  # the PBX tells of one phone's leaving as a device's and as the account's within milliseconds


def device_seen(books: Books, fact: facts.DeviceSeen) -> None:
    account = books.attendance.account(fact.account, fact.link)
    account.tells_devices = True
    device = account.devices.get(fact.device)
    if device is None:
        device = account.devices[fact.device] = Device(fact.device, fact.link, fact.at)
        changed = came = True
    else:
        came = fact.reachable and not device.reachable
        changed = fact.reachable is not device.reachable
    device.link = fact.link
    device.heard_at = max(device.heard_at, fact.at)
    if changed and not fact.reachable:
        account.gone(fact.at, Why.UNREACHABLE, fact.device)
    device.reachable = fact.reachable
    for name in ("user_agent", "address", "round_trip_ms", "expires_at"):
        value = getattr(fact, name)
        if value is not None and value != getattr(device, name):
            setattr(device, name, value)
            changed = True
    if changed:
        why = Why.REGISTERED if came and fact.reachable else account.gone_why
        books.attendance.touch(fact.account, Why.WATCH_BEGAN if fact.found else why, fact.device)


def device_gone(books: Books, fact: facts.DeviceGone) -> None:
    account = books.attendance.account(fact.account, fact.link)
    account.tells_devices = True
    if account.devices.pop(fact.device, None) is None:
        return
    account.gone(fact.at, Why.EXPIRED if fact.expired else Why.SIGNED_OFF, fact.device)
    books.attendance.touch(fact.account, account.gone_why, fact.device)


def account_reachable(books: Books, fact: facts.AccountReachable) -> None:
    account = books.attendance.account(fact.account, fact.link)
    if account.callable.get(fact.link) is fact.reachable:
        return
    account.callable[fact.link] = fact.reachable
    if not fact.reachable and fact.at - account.gone_at > ONE_STORY_S:
        account.gone(fact.at, Why.UNREACHABLE, None)
    why, device = (Why.REGISTERED, None) if fact.reachable else (account.gone_why, account.gone_device)
    books.attendance.touch(fact.account, Why.WATCH_BEGAN if fact.found else why, device)


def dnd_set(books: Books, fact: facts.DndSet) -> None:
    account = books.attendance.account(fact.account, fact.link)
    before = account.dnd
    if fact.on:
        account.dnd_by[fact.source] = fact.at
    else:
        account.dnd_by.pop(fact.source, None)
        if fact.source is DndSource.FEATURE and not fact.found:
            account.dnd_by.pop(DndSource.DATABASE, None)  # whoever sets the state has deleted the key
    if account.dnd is before:
        return
    by_presence = fact.source is DndSource.PRESENCE
    why = Why.PRESENCE if by_presence else Why.DND_ON if fact.on else Why.DND_OFF
    if fact.on:
        account.dnd_why = why
    books.attendance.touch(fact.account, Why.WATCH_BEGAN if fact.found else why)


def seat_taken(books: Books, fact: facts.SeatTaken) -> None:
    account = books.attendance.account(fact.account, fact.link)
    known = account.seats.get(fact.queue)
    before = known.seat if known is not None else None
    same = before is not None and before.paused is fact.paused and before.reason == fact.reason
    seat = QueueSeat(
        queue=fact.queue,
        account=fact.account,
        since=before.since if before is not None and same else fact.at,
        paused=fact.paused,
        reason=fact.reason,
        dynamic=fact.dynamic,
        penalty=fact.penalty,
    )
    account.seats[fact.queue] = Seat(seat, fact.link, fact.at)
    books.attendance.wrap_up(account, fact.queue, fact.at, fact.wrap_up_until)
    if seat != before:
        books.attendance.touch(fact.account, Why.WATCH_BEGAN)


def seat_left(books: Books, fact: facts.SeatLeft) -> None:
    account = books.attendance.account(fact.account, fact.link)
    leave_seat(books, account, fact.queue, fact.at)


def leave_seat(books: Books, account: Account, queue: str, at: float) -> None:
    """The account sits in the queue no more."""
    if account.seats.pop(queue, None) is not None:
        books.attendance.wrap_up(account, queue, at, None)
        books.attendance.touch(account.name, Why.WATCH_BEGAN)


def people_listed(books: Books, fact: facts.PeopleListed) -> None:
    """What a listing did not tell is no more."""
    attendance, link = books.attendance, fact.link
    since = attendance.listed_at.get(link, float("-inf")) if fact.since is None else fact.since
    attendance.listed_at[link] = fact.at
    other = (link in attendance.listing_links) is not fact.devices
    attendance.listing_links ^= {link} if other else set()
    for account in attendance.accounts.values():
        if link not in account.links:
            continue
        if fact.devices:
            _forget_devices(books, account, link, since)
        heard_at = account.dnd_by.get(DndSource.DATABASE)
        if fact.dnd and heard_at is not None and heard_at < since:
            del account.dnd_by[DndSource.DATABASE]
            attendance.touch(account.name, Why.WATCH_BEGAN)
        if fact.seats:
            unheard = [queue for queue, seat in account.seats.items() if seat.link == link and seat.heard_at < since]
            for queue in unheard:
                leave_seat(books, account, queue, fact.at)
        if other:  # what no device means has changed
            attendance.touch(account.name, Why.WATCH_BEGAN)


def _forget_devices(books: Books, account: Account, link: str, since: float) -> None:
    """A device that its PBX does not list is gone, and nobody saw why."""
    unheard = [device for device in account.devices.values() if device.link == link and device.heard_at < since]
    for device in unheard:
        del account.devices[device.id]
        account.gone(since, Why.WATCH_BEGAN, device.id)
        books.attendance.touch(account.name, Why.WATCH_BEGAN, device.id)


def employee_switched(books: Books, fact: facts.EmployeeSwitched) -> None:
    status = None if fact.status is None else Status(fact.status)
    books.attendance.set_switch(fact.employee_id, status, at=fact.at, by=fact.by, by_rule=fact.by_rule)


def rules_set(books: Books, fact: facts.RulesSet) -> None:
    books.missed_after_s = fact.missed_after_s
    books.attendance.dnd_after_missed = fact.dnd_after_missed
    if books.attendance.pause_is_dnd is not fact.pause_is_dnd:
        books.attendance.pause_is_dnd = fact.pause_is_dnd
        books.attendance.touch_all(Why.WATCH_BEGAN)


APPLIERS: Appliers = {
    facts.DeviceSeen: device_seen,
    facts.DeviceGone: device_gone,
    facts.AccountReachable: account_reachable,
    facts.DndSet: dnd_set,
    facts.SeatTaken: seat_taken,
    facts.SeatLeft: seat_left,
    facts.PeopleListed: people_listed,
    facts.EmployeeSwitched: employee_switched,
    facts.RulesSet: rules_set,
}
