"""Calls of clients who were missed and reached, and who is to be called back by the plain reading of the rule."""

from collections.abc import Iterable

import msgspec

from callfloor.floor.calls import CallRecord, CallResult, CallType, EmployeePart, QueuePart

BEGIN = 1_750_000_000.0
INBOUND, OUTBOUND = CallType.INBOUND, CallType.OUTBOUND


def talk(
    number: int,
    client: str | None,
    at: float,
    *,
    kind: CallType = INBOUND,
    result: CallResult = CallResult.MISSED,
    waits: float = 10.0,
    rang: tuple[str, ...] = (),
    queue: str | None = None,
    business_number: str = "+380441110000",
) -> CallRecord:
    """A call of a client that began ``at`` seconds after ``BEGIN``; answered by the last it rang."""
    answered = result is CallResult.ANSWERED
    started_at = BEGIN + at
    answered_at = started_at + waits if answered else None
    talk_s = 30.0 if answered else 0.0
    return CallRecord(
        call_id=f"call-{number}",
        type=kind,
        result=result,
        abandoned_in="queue" if result is CallResult.ABANDONED else None,
        client_number=client and client.lstrip("+"),
        client_e164=client,
        business_number=business_number,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=started_at + waits + talk_s,
        waiting_s=waits,
        ivr_s=0.0,
        queue_s=0.0,
        ringing_s=waits,
        talk_s=talk_s,
        hold_s=0.0,
        duration_s=waits + talk_s,
        employees=tuple(
            EmployeePart(
                account=account,
                ring_s=waits,
                answered=answered and place == len(rang) - 1,
                answered_at=answered_at if place == len(rang) - 1 else None,
                talk_s=talk_s if place == len(rang) - 1 else 0.0,
                missed=not answered,
                taken_elsewhere=answered and place < len(rang) - 1,
            )
            for place, account in enumerate(rang)
        ),
        external=(),
        queues=()
        if queue is None
        else (
            QueuePart(
                queue=queue,
                joined_at=started_at,
                left_at=started_at + waits,
                wait_s=waits,
                outcome="answered" if answered else "abandoned",
            ),
        ),
        route=(),
        scheme=None,
        hung_up_by="client",
        recording=None,
        forwarded_from=None,
        story=(),
    )


class ByHand(msgspec.Struct, frozen=True, kw_only=True):
    """A closing that stands: missed calls of the client up to an instant are settled."""

    client: str
    until: float


def missed(record: CallRecord) -> bool:
    """By the company, with somebody to call back."""
    return (
        record.type is INBOUND
        and record.client_e164 is not None
        and record.result not in (CallResult.ANSWERED, CallResult.FAX)
    )


def waiting(records: Iterable[CallRecord], closings: Iterable[ByHand]) -> list[CallRecord]:
    """The missed calls after which nobody talked to the client: each looked at by itself, against all others."""
    every, by_hand = list(records), list(closings)

    def settled(call: CallRecord) -> bool:
        reached = any(
            other.type is not CallType.INTERNAL
            and other.client_e164 == call.client_e164
            and other.answered_at is not None
            and other.answered_at >= call.started_at
            for other in every
        )
        return reached or any(c.client == call.client_e164 and c.until >= call.started_at for c in by_hand)

    return [call for call in every if missed(call) and not settled(call)]
