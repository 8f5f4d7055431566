"""One pure function makes the row of a finished call (habit 13): the live notes go in, a ``CallRecord`` comes out."""

from operator import attrgetter

from callfloor.floor.calls import CallRecord, CallResult, CallType, EmployeePart, ExternalPart
from callfloor.floor.facts import Born, EndCause, Service, Side
from callfloor.floor.legs import Leg, Party
from callfloor.floor.progress import BEFORE_ANSWER, People, Phase, Progress

_at = attrgetter("at")
_ORIGINATED = frozenset({Born.ORIGINATED})
_RUNG_FIRST = frozenset({Born.ORIGINATED, Born.CALLED})
"""Of a callback: the PBX rings the employee first, and picking up is answering."""


def to_record(call: Progress, people: People, *, missed_after_s: float, now: float, ended: bool = True) -> CallRecord:
    """The row of a call.

    Args:
        call: the floor's notes, time booked up to ``now``.
        people: for the scheme's name.
        missed_after_s: an employee's devices must ring longer than this for the offer to count as missed.
        now: the instant up to which an unfinished call is told.
        ended: False for a call that is still going on; it then has no end and no result.
    """
    ended_at = _ended_at(call, now) if ended else None
    until = now if ended_at is None else ended_at
    result = _result(call) if ended else None
    spent = call.spent
    waiting_s = sum([spent[phase] for phase in BEFORE_ANSWER])
    ivr_s, queue_s, ringing_s = _waiting_parts(call, waiting_s)
    return CallRecord(
        call_id=call.id,
        type=call.type,
        result=result,
        abandoned_in=_abandoned_in(call) if result is CallResult.ABANDONED else None,
        client_number=call.client_number,
        client_e164=call.client_e164,
        business_number=call.business_number,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=ended_at,
        waiting_s=waiting_s,
        ivr_s=ivr_s,
        queue_s=queue_s,
        ringing_s=ringing_s,
        talk_s=spent[Phase.TALK],
        hold_s=spent[Phase.HOLD],
        duration_s=max(0.0, until - call.started_at),
        employees=tuple(
            [_employee_part(call, party, missed_after_s, until) for party in call.parties.values() if party.account]
        ),
        external=tuple(
            [
                ExternalPart(number=party.number or "", talk_s=party.talk_s, trunk=_trunk(party.legs))
                for party in call.parties.values()
                if not party.account
            ]
        ),
        queues=tuple([stay.part(until) for stay in call.stays]),
        route=tuple(call.route),
        scheme=people.scheme_of(call.business_number) if call.type is CallType.INBOUND else None,
        hung_up_by=_hung_up_by(call) if ended else None,
        recording=call.recordings[0] if call.recordings else None,
        forwarded_from=call.forwarded_from,
        story=tuple(sorted(call.story, key=_at)),
        partial=call.partial,
        trunk=_trunk([leg for leg in call.legs if leg.client]),
    )


def _trunk(legs: list[Leg]) -> str | None:
    """The trunk of the leg that was answered, else of the last that was tried."""
    trunks = [leg for leg in legs if leg.trunk is not None]
    answered = [leg.trunk for leg in trunks if leg.answered_at is not None]
    return answered[0] if answered else trunks[-1].trunk if trunks else None


def _ended_at(call: Progress, now: float) -> float:
    """The last hang-up, and never before the time that is booked: a hang-up is told a moment before its bridge is."""
    last = max([leg.ended_at for leg in call.legs if leg.ended_at is not None], default=now)
    return max(last, call.counted_at)


def _waiting_parts(call: Progress, waiting_s: float) -> tuple[float, float, float]:
    """IVR, queue and ringing, which add up to the waiting time.

    The moments between the arrival and the first of them (the PBX's dialplan at work, milliseconds as a rule)
    go to the ringing where somebody rang outside a queue, else to the IVR.
    """
    queue_s = call.spent[Phase.QUEUE]
    if call.type is not CallType.INBOUND:
        return call.spent[Phase.IVR], queue_s, waiting_s - queue_s - call.spent[Phase.IVR]
    ivr_s, ringing_s = call.spent[Phase.IVR], call.spent[Phase.RINGING]
    if ringing_s > 0:
        return ivr_s, queue_s, waiting_s - queue_s - ivr_s
    return waiting_s - queue_s - ringing_s, queue_s, ringing_s


def _employee_part(call: Progress, party: Party, missed_after_s: float, until: float) -> EmployeePart:
    ring_s = party.ring_s(until)
    takes = _RUNG_FIRST if call.type is CallType.CALLBACK else _ORIGINATED
    answered = any(leg.took or (leg.answered_at is not None and leg.born in takes) for leg in party.legs)
    # Who only spoke to a colleague who then did not pass the call on has not answered it, and has not missed it.
    picked_up = answered or any(leg.born is not Born.CALLING and leg.answered_at is not None for leg in party.legs)
    first_ring = None if picked_up else party.first_ring_at()
    colleague = first_ring is not None and any(
        _took_since(other, first_ring) for other in call.parties.values() if other is not party
    )
    return EmployeePart(
        account=party.account or "",
        ring_s=ring_s,
        answered=answered,
        answered_at=_answered_at(party) if answered else None,
        talk_s=party.talk_s,
        missed=not picked_up and not colleague and ring_s > missed_after_s,
        taken_elsewhere=colleague,
    )


def _took_since(party: Party, instant: float) -> bool:
    """Did this party answer the call, or pick it up, after an instant?"""
    taken = [party.answered_at, *(leg.answered_at for leg in party.legs if leg.took)]
    return any(at is not None and at >= instant for at in taken)


def _answered_at(party: Party) -> float | None:
    if party.answered_at is not None:
        return party.answered_at
    return min((leg.answered_at for leg in party.legs if leg.answered_at is not None), default=None)


def _result(call: Progress) -> CallResult:
    if call.answered:
        return CallResult.ANSWERED
    for service, result in ((Service.VOICEMAIL, CallResult.VOICEMAIL), (Service.FAX, CallResult.FAX)):
        if service in call.services:
            return result
    called = [leg for leg in call.legs if leg.born is not Born.CALLING]
    first = call.legs[0]
    if call.type is CallType.INBOUND:
        if _abandoned_in(call) is not None:
            return CallResult.ABANDONED
        if first.cause is EndCause.BUSY or _all_busy(called):
            return CallResult.BUSY
        # The PBX ended it: whoever got as far as an announcement, a queue or a phone was not served; else refused.
        return CallResult.MISSED if called or call.stays or first.answered_at is not None else CallResult.FAILED
    clients = [leg for leg in called if leg.side is Side.OUTSIDE]
    asked = clients or called
    refused = [leg for leg in asked if leg.cause in (EndCause.BUSY, EndCause.REFUSED)]
    rang_on = any(leg.rang_at is not None for leg in asked if leg not in refused)
    if (refused and not rang_on) or (not called and first.cause is EndCause.BUSY):
        return CallResult.BUSY
    if not called and not call.stays:
        return CallResult.FAILED
    if asked and asked[-1].rang_at is None and asked[-1].cause is EndCause.UNREACHABLE:
        return CallResult.FAILED
    return CallResult.NO_ANSWER


def _all_busy(legs: list[Leg]) -> bool:
    return bool(legs) and all(leg.cause in (EndCause.BUSY, EndCause.REFUSED) for leg in legs)


def _abandoned_in(call: Progress) -> str | None:
    """Where an unanswered caller left: the phase in which the caller, and not the PBX, hung up."""
    if call.answered or call.type is not CallType.INBOUND:
        return None
    if call.stays and call.stays[-1].outcome == "abandoned":
        return "queue"
    if call.hung_leg is None or not call.hung_leg.client:
        return None
    return {Phase.QUEUE: "queue", Phase.IVR: "ivr"}.get(call.left_in) if call.left_in else None


def _hung_up_by(call: Progress) -> str | None:
    leg = call.hung_leg
    if leg is None:
        vanished = any(other.cause is EndCause.VANISHED for other in call.legs)
        return None if vanished else "system"
    if leg.client:
        return "client"
    return "employee" if leg.side is Side.EMPLOYEE else "external"
