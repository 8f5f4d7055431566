"""Facts about legs: who appears, rings, answers, moves between rooms, and goes."""

from callfloor.floor import facts
from callfloor.floor.books import Appliers, Books
from callfloor.floor.calls import CallType
from callfloor.floor.changes import LinkState
from callfloor.floor.facts import Born, Side
from callfloor.floor.legs import Leg
from callfloor.floor.progress import Phase, Progress

DIALLED_IS_OUTSIDE_DIGITS = 7  # a shorter number that nobody is known by is an extension, a queue or a service
HANGUP_MOMENT_S = 2.0  # two parties' hang-ups closer than this are one end of the call


def leg_started(books: Books, fact: facts.LegStarted) -> None:
    if fact.leg in books.legs:
        return
    call = books.by_key.get(fact.call)
    leg = Leg(fact.leg, fact.side, fact.born, fact.account, fact.number, fact.at)
    leg.e164 = fact.e164
    leg.trunk = fact.trunk
    if call is None:
        call = _begin(books, fact)
        leg.client = fact.side is Side.OUTSIDE and (fact.born is Born.CALLING or call.type is CallType.OUTBOUND)
        leg.initiator = fact.side is Side.EMPLOYEE and fact.born is Born.CALLING
    elif fact.side is Side.OUTSIDE and fact.born is not Born.CALLING and not call.answered:
        _outside_called(books, call, leg, fact)
    elif call.type is CallType.OUTBOUND and fact.side is Side.EMPLOYEE and call.legs[0].born is Born.ORIGINATED:
        call.type = CallType.CALLBACK  # the client was called first, the employee second
    call.partial |= fact.partial
    if fact.seen_at is not None:
        call.watched_from = max(call.watched_from, fact.seen_at)
    if call.hung_leg is not None and not call.hung_leg.client:
        call.hung_leg = None  # whoever left did not end it; a client who left did, whatever the PBX dials after that
    call.add_leg(leg)
    books.legs[fact.leg] = leg, call
    books.touch(call)


def _begin(books: Books, fact: facts.LegStarted) -> Progress:
    """The first leg decides the direction (glossary: fixed at the first leg)."""
    if fact.side is Side.OUTSIDE:
        call_type = CallType.INBOUND if fact.born is Born.CALLING else CallType.OUTBOUND
    elif fact.born is Born.CALLING:
        call_type = CallType.OUTBOUND if _looks_outside(fact.dialled) else CallType.INTERNAL
    else:
        call_type = CallType.CALLBACK if fact.number else CallType.INTERNAL
    started_at = fact.at if fact.call_began_at is None else min(fact.at, fact.call_began_at)
    call = books.begins(books.new_id(fact.call), call_type, fact.at, started_at=started_at)
    call.keys = [fact.call]
    call.phase = Phase.UNSEEN if fact.partial else Phase.ARRIVING
    call.watched_from = fact.seen_at or fact.at
    call.feature = fact.feature
    call.dialled = fact.dialled
    if fact.side is Side.OUTSIDE and fact.born is Born.CALLING:
        call.client_number, call.client_e164 = fact.number, fact.e164
        call.business_number = fact.dialled
        call.route_through(fact.dialled)
        call.tell(fact.at, "arrived", detail=fact.dialled)
    else:
        if call_type is CallType.OUTBOUND and fact.side is Side.EMPLOYEE:
            call.client_number, call.client_e164 = fact.dialled, None
        elif fact.number:
            call.client_number, call.client_e164 = fact.number, fact.e164
        call.route_through(fact.account)
        what = "dialled" if fact.born is Born.CALLING else "originated"
        call.tell(fact.at, what, account=fact.account, detail=fact.dialled or fact.number)
    books.by_key[fact.call] = books.calls[call.id] = call
    stale = books.links.get(call.link)
    call.stale = stale is not None and stale.state is not LinkState.LIVE
    return call


def _looks_outside(number: str | None) -> bool:
    least = DIALLED_IS_OUTSIDE_DIGITS
    return number is not None and len(number) >= least and sum(map(str.isdigit, number)) >= least


def _outside_called(books: Books, call: Progress, leg: Leg, fact: facts.LegStarted) -> None:
    """The PBX calls somebody outside before anybody answered: the client, or a forward of an inbound call."""
    if call.type is CallType.INBOUND:
        return
    if call.type is CallType.INTERNAL and call.legs[0].born is not Born.CALLING:
        call.type = CallType.CALLBACK
    elif call.type is CallType.INTERNAL:
        if call.dialled and not call.feature and any(other.born is Born.CALLED for other in call.legs):
            return  # an internal call that was forwarded outside: the number is not a client
        call.type = CallType.OUTBOUND
    leg.client = True
    call.client_number = fact.number or call.client_number
    call.client_e164 = fact.e164 or call.client_e164


def leg_identified(books: Books, fact: facts.LegIdentified) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    leg, call = found
    of_type, otherwise = call.type, fact.account is not None
    leg.device = fact.device or leg.device
    if fact.account is not None and leg.account is None:
        _is_mobile(call, leg, fact.account)
    if fact.number and fact.account is None:
        if not leg.client and not leg.account and leg.number != fact.number:
            party = call.parties.pop((None, leg.number), None)
            leg.number, leg.e164 = fact.number, fact.e164
            if party is not None:
                party.number = fact.number
                call.parties[None, fact.number] = party
                otherwise = True
        leg.number, leg.e164 = fact.number, fact.e164
        first_employee = leg is call.legs[0] and leg.side is Side.EMPLOYEE
        if leg.client or (first_employee and call.client_number is None):
            call.client_number, call.client_e164 = fact.number, fact.e164
            if first_employee and call.type is CallType.INTERNAL:
                # Found being called by somebody who has gone since: nobody but a caller has employees called so.
                call.type = CallType.INBOUND if call.partial and leg.born is Born.CALLED else CallType.CALLBACK
            if leg.born is Born.ORIGINATED and first_employee:
                _recall(books, call, leg, fact)
    if fact.dialled and leg.client and call.type is CallType.INBOUND and call.partial:
        if call.route[:1] == [call.business_number]:
            call.route[0] = fact.dialled
        call.business_number = fact.dialled
    # Whoever takes the call meanwhile is shown by their extension: the client goes on seeing the number.
    if (
        fact.presented
        and leg.client
        and call.type is not CallType.INBOUND
        and (_looks_outside(fact.presented) or not _looks_outside(call.business_number))
    ):
        call.business_number = fact.presented
    (books.touch if otherwise or call.type is not of_type else books.touch_row)(call)


def _recall(books: Books, call: Progress, leg: Leg, fact: facts.LegIdentified) -> None:
    """The PBX rings an employee back with the client whom they had transferred and whom nobody took: the same call."""
    for other in books.calls.values():
        if other is not call and other.client_number == fact.number and _may_have_passed_on(other, leg.account):
            books.join(facts.CallsJoined(fact.at, other.id, call.id))
            return


def _may_have_passed_on(call: Progress, account: str | None) -> bool:
    """They did; or nobody saw whether they did, and they were in it, and the client talks to nobody."""
    if account in call.transferers:
        return True
    was_there = any(party.account == account for party in call.parties.values())
    return call.partial and was_there and call.phase is not Phase.TALK


def _is_mobile(call: Progress, leg: Leg, account: str) -> None:
    """The number that the PBX calls is an employee's mobile: their leg, not the client's (NU-1)."""
    party = call.parties.pop((None, leg.number), None)
    if party is not None:
        party.legs.remove(leg)
    if leg.client:
        leg.client = False
        if call.type is CallType.OUTBOUND and not any(other.client for other in call.legs):
            call.type, call.client_number, call.client_e164 = CallType.INTERNAL, None, None
    leg.side, leg.account = Side.EMPLOYEE, account
    call.seat(leg)


def leg_rang(books: Books, fact: facts.LegRang) -> None:
    found = books.legs.get(fact.leg)
    if found is None or found[0].rang_at is not None or found[0].answered_at is not None:
        return
    leg, call = found
    leg.rang_at = fact.at
    call.tell(fact.at, "ringing", leg)
    # Only of a client who waits it is of interest whether anybody rings.
    (books.touch_row if call.answered or call.type is not CallType.INBOUND else books.touch)(call)


def leg_answered(books: Books, fact: facts.LegAnswered) -> None:
    found = books.legs.get(fact.leg)
    if found is None or found[0].answered_at is not None:
        return
    leg, call = found
    leg.answered_at = fact.at
    # Of one that was up already when we came it is unknown since when.
    if leg.born is not Born.CALLING and not call.unseen(fact.at):
        ring_s = None if leg.rang_at is None else fact.at - leg.rang_at
        call.tell(fact.at, "answered", leg, duration_s=ring_s)
    books.touch(call)


def legs_placed(books: Books, fact: facts.LegsPlaced) -> None:
    moved = [(*books.legs[leg_id], room) for leg_id, room in fact.places if leg_id in books.legs]
    apart = [(leg, call) for leg, call, _ in moved if leg.holding and not call.hears_client(leg)]
    for leg, call, room in moved:
        leg.room = room
        call.met = True
        books.touch(call)
    for leg, call in apart:
        if call.hears_client(leg):  # back with whom they had put on hold: a three-way call has no Unhold
            leg.holding = False
            call.tell(fact.at, "unhold", leg)


def leg_held(books: Books, fact: facts.LegHeld) -> None:
    found = books.legs.get(fact.leg)
    if found is None or found[0].holding:
        return
    leg, call = found
    leg.holding = call.met = True
    call.hold_leg = leg
    call.tell(fact.at, "hold", leg)
    books.touch(call)


def leg_unheld(books: Books, fact: facts.LegUnheld) -> None:
    found = books.legs.get(fact.leg)
    if found is None or not found[0].holding:  # an Unhold comes before a blind REFER that held nothing
        return
    leg, call = found
    leg.holding = False
    if call.hold_leg is leg:
        call.hold_leg = None
    call.tell(fact.at, "unhold", leg)
    books.touch(call)


def hangup_asked(books: Books, fact: facts.HangupAsked) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    leg, call = found
    if leg.born is Born.CALLING or leg.answered_at is not None:  # a refusal of an offer ends no call
        if leg.gone_at is None:
            leg.gone_at = fact.at
        # Both ends hang up within a moment as a rule: the first did it. Later ones left a call that went on.
        if not (leg.gave or call.ended_here) and (call.hung_leg is None or fact.at - call.hung_at > HANGUP_MOMENT_S):
            call.hung_leg, call.hung_at = leg, fact.at
        books.left(call, leg)
        if call.hold_leg is leg:
            call.hold_leg = None
    books.touch(call)


def leg_ended(books: Books, fact: facts.LegEnded) -> None:
    found = books.legs.get(fact.leg)
    if found is None:
        return
    leg, call = found
    books.end_leg(call, leg, fact.at, fact.cause)
    books.touch(call)


def supervision_started(books: Books, fact: facts.SupervisionStarted) -> None:
    """A supervisor's leg is no call: take it off the floor, and its call with it where nothing else is in it."""
    found = books.legs.pop(fact.leg, None)
    if found is None:
        return
    leg, call = found
    call.legs.remove(leg)
    for key, party in list(call.parties.items()):
        if leg in party.legs:
            party.legs.remove(leg)
            if not party.legs:
                del call.parties[key]
    if call.legs:
        books.touch(call)
    else:
        books.withdraw(call)


APPLIERS: Appliers = {
    facts.LegStarted: leg_started,
    facts.LegIdentified: leg_identified,
    facts.LegRang: leg_rang,
    facts.LegAnswered: leg_answered,
    facts.LegsPlaced: legs_placed,
    facts.LegHeld: leg_held,
    facts.LegUnheld: leg_unheld,
    facts.HangupAsked: hangup_asked,
    facts.LegEnded: leg_ended,
    facts.SupervisionStarted: supervision_started,
}
