"""Facts about people: their devices, do-not-disturb, queue seats, Callfloor's own switch, and the rules."""

import msgspec

from callfloor.floor import facts
from callfloor.floor.attendance import Device
from callfloor.floor.books import Appliers, Books
from callfloor.floor.employees import QueueSeat, Status, Switch, Why


def device_seen(books: Books, fact: facts.DeviceSeen) -> None:
    account = books.attendance.account(fact.account, fact.link)
    device = account.devices.get(fact.device)
    came = device is None or not device.reachable
    if device is None:
        device = account.devices[fact.device] = Device(fact.device, fact.at)
    if not fact.reachable and device.reachable:
        account.gone_why = Why.UNREACHABLE
    device.reachable = fact.reachable
    device.user_agent = fact.user_agent or device.user_agent
    device.address = fact.address or device.address
    device.round_trip_ms = device.round_trip_ms if fact.round_trip_ms is None else fact.round_trip_ms
    device.expires_at = fact.expires_at or device.expires_at
    books.listed_devices.add((fact.link, fact.account, fact.device))
    why = Why.REGISTERED if came and fact.reachable else account.gone_why
    books.attendance.touch(fact.account, Why.WATCH_BEGAN if fact.found else why)


def device_gone(books: Books, fact: facts.DeviceGone) -> None:
    account = books.attendance.account(fact.account, fact.link)
    if account.devices.pop(fact.device, None) is None:
        return
    account.gone_why = Why.EXPIRED if fact.expired else Why.SIGNED_OFF
    books.attendance.touch(fact.account, account.gone_why)


def account_reachable(books: Books, fact: facts.AccountReachable) -> None:
    account = books.attendance.account(fact.account, fact.link)
    if account.callable is fact.reachable:
        return
    account.callable = fact.reachable
    if not fact.reachable and not account.devices:
        account.gone_why = Why.UNREACHABLE
    why = Why.REGISTERED if fact.reachable else account.gone_why
    books.attendance.touch(fact.account, Why.WATCH_BEGAN if fact.found else why)


def dnd_set(books: Books, fact: facts.DndSet) -> None:
    account = books.attendance.account(fact.account, fact.link)
    books.listed_dnd.add((fact.link, fact.account))
    if account.dnd is fact.on:
        return
    account.dnd = fact.on
    why = Why.PRESENCE if fact.by_presence else Why.DND_ON if fact.on else Why.DND_OFF
    books.attendance.touch(fact.account, Why.WATCH_BEGAN if fact.found else why)


def seat_taken(books: Books, fact: facts.SeatTaken) -> None:
    account = books.attendance.account(fact.account, fact.link)
    before = account.seats.get(fact.queue)
    same = before is not None and before.paused is fact.paused and before.reason == fact.reason
    account.seats[fact.queue] = QueueSeat(
        queue=fact.queue,
        account=fact.account,
        since=before.since if before is not None and same else fact.at,
        paused=fact.paused,
        reason=fact.reason,
        dynamic=fact.dynamic,
        penalty=fact.penalty,
    )
    if fact.wrap_up_until is not None and fact.wrap_up_until > fact.at:
        account.wrap_up.setdefault(fact.queue, (fact.at, fact.wrap_up_until))
    else:
        account.wrap_up.pop(fact.queue, None)
    books.listed_seats.add((fact.link, fact.account, fact.queue))
    books.attendance.touch(fact.account, Why.PAUSED)


def seat_left(books: Books, fact: facts.SeatLeft) -> None:
    account = books.attendance.account(fact.account, fact.link)
    if account.seats.pop(fact.queue, None) is not None:
        account.wrap_up.pop(fact.queue, None)
        books.attendance.touch(fact.account, Why.PAUSED)


def people_listed(books: Books, fact: facts.PeopleListed) -> None:
    """What a listing did not tell is no more."""
    for name, account in books.attendance.accounts.items():
        if account.link not in (None, fact.link):
            continue
        if fact.devices:
            for device in [d for d in account.devices if (fact.link, name, d) not in books.listed_devices]:
                del account.devices[device]
                account.gone_why = Why.WATCH_BEGAN
        if fact.dnd and account.dnd and (fact.link, name) not in books.listed_dnd:
            account.dnd = False
        if fact.seats:
            for queue in [q for q in account.seats if (fact.link, name, q) not in books.listed_seats]:
                del account.seats[queue]
        books.attendance.touch(name, Why.WATCH_BEGAN)
    books.attendance.listed_links.add(fact.link)
    books.listed_devices = {key for key in books.listed_devices if key[0] != fact.link}
    books.listed_dnd = {key for key in books.listed_dnd if key[0] != fact.link}
    books.listed_seats = {key for key in books.listed_seats if key[0] != fact.link}


def employee_switched(books: Books, fact: facts.EmployeeSwitched) -> None:
    switch = None
    if fact.status is not None:
        switch = Switch(status=Status(fact.status), since=fact.at, by=fact.by, by_rule=fact.by_rule)
    person = books.attendance.people.get(fact.employee_id)
    if person is None or (person.switch is not None and switch is not None and _same(person.switch, switch)):
        return
    books.attendance.set_switch(fact.employee_id, switch)


def _same(one: Switch, other: Switch) -> bool:
    return msgspec.structs.replace(one, since=other.since) == other


def rules_set(books: Books, fact: facts.RulesSet) -> None:
    books.missed_after_s = fact.missed_after_s
    books.attendance.dnd_after_missed = fact.dnd_after_missed
    if books.attendance.pause_is_dnd is not fact.pause_is_dnd:
        books.attendance.pause_is_dnd = fact.pause_is_dnd
        books.attendance.touch_all(Why.PAUSED)


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
