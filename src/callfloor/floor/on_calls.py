"""Facts about what happens in a call: queues, services, transfers, parking, forwarding, its end."""

from callfloor.floor import facts
from callfloor.floor.books import Appliers, Books
from callfloor.floor.calls import RECORDING, CallType
from callfloor.floor.changes import LinkState
from callfloor.floor.facts import Service, TransferKind
from callfloor.floor.stay import Stay


def calls_joined(books: Books, fact: facts.CallsJoined) -> None:
    books.join(fact)


def call_ended(books: Books, fact: facts.CallEnded) -> None:
    call = books.by_key.get(fact.call)
    if call is not None:
        books.finish(call, fact.at)


def call_vanished(books: Books, fact: facts.CallVanished) -> None:
    """It is closed where it was seen last: what of it came after nobody knows."""
    call = books.by_key.get(fact.call)
    if call is None or any(leg.live and leg.id not in fact.legs for leg in call.legs):
        return
    link = books.links.get(call.link)
    watched = link is None or link.state is LinkState.LIVE
    call.partial = True
    books.finish(call, fact.at if link is None or watched else min(link.since, fact.at))


def queue_joined(books: Books, fact: facts.QueueJoined) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    leg, call = found
    if not leg.live:
        return
    open_stay = call.current_stay()
    if open_stay is not None:
        if open_stay.queue == fact.queue and open_stay.leg == fact.leg:
            return
        books.close_stay(call, open_stay, fact.at)
    stay = Stay(call.id, leg.id, fact.queue, fact.position, fact.at)
    call.stays.append(stay)
    call.partial |= fact.partial
    call.route_through(fact.queue)
    call.tell(fact.at, "queue_joined", leg, queue=fact.queue, detail=str(fact.position) if fact.position else None)
    books.touch_ids(books.lines.join(call.link, stay))
    books.touch(call)


def queue_left(books: Books, fact: facts.QueueLeft) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    call = found[1]
    stay = call.current_stay()
    if stay is not None and stay.queue == fact.queue:
        books.close_stay(call, stay, fact.at)
    books.touch(call)


def queue_gave_up(books: Books, fact: facts.QueueGaveUp) -> None:
    found = books.legs.get(fact.leg)
    if found is not None and found[1].stays:
        found[1].stays[-1].gave_up = True


def service_entered(books: Books, fact: facts.ServiceEntered) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    leg, call = found
    if call.service is fact.service:
        return
    call.service = fact.service
    if fact.service not in call.services or fact.service is not Service.IVR:
        call.tell(fact.at, fact.service.value, leg, detail=fact.name)
    call.services.append(fact.service)
    call.route_through(fact.service.value)
    books.touch(call)


def recorded(books: Books, fact: facts.Recorded) -> None:
    found = books.legs.get(fact.leg)
    if found is not None and fact.file not in found[1].recordings:
        leg, call = found
        call.recordings.append(fact.file)
        call.tell(fact.at, RECORDING, leg, detail=fact.file)


def transferred(books: Books, fact: facts.Transferred) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    leg, call = found
    call.transferers.add(leg.account)
    for own in call.legs:
        own.gave |= own is leg or (own.ended_at is None and own.account is not None and own.account == leg.account)
    if call.hung_leg is not None and call.hung_leg.gave:
        call.hung_leg = None  # passing the call on ends it for them alone
    if call.hold_leg is leg:
        call.hold_leg = None  # the holder has let go: whoever waits now waits for somebody else
    what = "blind_transfer" if fact.kind is TransferKind.BLIND else "attended_transfer"
    call.tell(fact.at, what, leg, detail=fact.target)
    books.touch(call)


def intervened(books: Books, fact: facts.Intervened) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    leg, call = found
    call.tell(fact.at, fact.step.value, account=fact.account, number=fact.number, queue=fact.queue, detail=fact.by)
    if fact.step is facts.Step.REMOVED:
        leg.gave = True  # the others go on
        call.ended_here |= leg.client
        books.touch(call)
        return
    call.hung_leg = None
    call.ended_here |= fact.step is facts.Step.HUNG_UP
    stay = call.current_stay()
    if stay is not None:
        books.close_stay(call, stay, fact.at, let_go=fact.step is not facts.Step.TOOK)
    if not call.ended_here:
        for own in call.legs:
            own.gave |= own.live and own is not leg and own.account != fact.account
        call.hold_leg, call.parked = None, False
    books.touch(call)


def picked_up(books: Books, fact: facts.PickedUp) -> None:
    taker, target = books.legs.get(fact.leg), books.legs.get(fact.target)
    if taker is None or target is None:
        return
    taker[0].took = True
    target[1].tell(fact.at, "picked_up", taker[0], detail=target[0].account)
    call = target[1]
    if not call.answered and call.type is not CallType.CALLBACK:  # a callback's answer is the client's
        call.answer(fact.at)  # the bridge comes a moment later
    if taker[1] is not call:
        books.join(facts.CallsJoined(fact.at, call.id, taker[1].id))
    books.touch(call)


def parked(books: Books, fact: facts.Parked) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    call = found[1]
    call.parked = True
    call.answered |= call.partial  # somebody parked it while we did not watch
    call.tell(fact.at, "parked", found[0], detail=fact.space or None)
    books.touch(call)


def unparked(books: Books, fact: facts.Unparked) -> None:
    found = books.legs.get(fact.leg)
    if found is None or not found[1].parked:
        return
    call = found[1]
    call.parked = False
    call.tell(fact.at, "parking_timed_out" if fact.timed_out else "unparked", found[0])
    books.touch(call)


def forwarded(books: Books, fact: facts.Forwarded) -> None:
    found = books.legs.get(fact.leg)
    if found is None or found[1].forwarded_from is not None:
        return
    call = found[1]
    call.forwarded_from = fact.account
    call.tell(fact.at, "forwarded", account=fact.account, detail=fact.target)
    books.touch(call)


APPLIERS: Appliers = {
    facts.CallsJoined: calls_joined,
    facts.CallEnded: call_ended,
    facts.CallVanished: call_vanished,
    facts.QueueJoined: queue_joined,
    facts.QueueLeft: queue_left,
    facts.QueueGaveUp: queue_gave_up,
    facts.ServiceEntered: service_entered,
    facts.Recorded: recorded,
    facts.Transferred: transferred,
    facts.Intervened: intervened,
    facts.PickedUp: picked_up,
    facts.Parked: parked,
    facts.Unparked: unparked,
    facts.Forwarded: forwarded,
}
