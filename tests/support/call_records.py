"""Finished calls for tests: any that the types allow, and plain ones by number."""

from typing import TypeVar

from hypothesis import strategies as st

from callfloor.floor.calls import (
    CallRecord,
    CallResult,
    CallType,
    EmployeePart,
    ExternalPart,
    QueuePart,
    StoryStep,
)

_T = TypeVar("_T")

TEXTS = st.text(max_size=20)
"""Any text of Unicode, NUL among it."""

BROKEN_TEXTS = st.text(alphabet=st.sampled_from("a\x00\ud800\udfff\U0001f600ї"), max_size=6)
"""What a broken PBX may send: NUL, halves of surrogate pairs."""

INSTANTS = st.floats(min_value=0.0, max_value=4e9, allow_nan=False)
DURATIONS = st.floats(min_value=0.0, max_value=1e7, allow_nan=False)


def records(texts: st.SearchStrategy[str] = TEXTS) -> st.SearchStrategy[CallRecord]:
    """Any finished call, however unlikely."""
    maybe = st.none() | texts
    return st.builds(
        CallRecord,
        call_id=texts,
        type=st.sampled_from(CallType),
        result=st.sampled_from(CallResult),
        abandoned_in=maybe,
        client_number=maybe,
        client_e164=maybe,
        business_number=maybe,
        started_at=INSTANTS,
        answered_at=st.none() | INSTANTS,
        ended_at=INSTANTS,
        waiting_s=DURATIONS,
        ivr_s=DURATIONS,
        queue_s=DURATIONS,
        ringing_s=DURATIONS,
        talk_s=DURATIONS,
        hold_s=DURATIONS,
        duration_s=DURATIONS,
        employees=_some(
            st.builds(
                EmployeePart,
                account=texts,
                ring_s=DURATIONS,
                answered=st.booleans(),
                answered_at=st.none() | INSTANTS,
                talk_s=DURATIONS,
                missed=st.booleans(),
                taken_elsewhere=st.booleans(),
            )
        ),
        external=_some(st.builds(ExternalPart, number=texts, talk_s=DURATIONS, trunk=maybe)),
        queues=_some(
            st.builds(
                QueuePart,
                queue=texts,
                joined_at=INSTANTS,
                left_at=st.none() | INSTANTS,
                wait_s=DURATIONS,
                outcome=texts,
                answered_by=maybe,
                position=st.none() | st.integers(-(2**40), 2**40),
            )
        ),
        route=st.lists(texts, max_size=4).map(tuple),
        scheme=maybe,
        hung_up_by=maybe,
        recording=maybe,
        forwarded_from=maybe,
        story=_some(
            st.builds(
                StoryStep,
                at=INSTANTS,
                what=texts,
                account=maybe,
                number=maybe,
                queue=maybe,
                detail=maybe,
                duration_s=st.none() | DURATIONS,
            )
        ),
        partial=st.booleans(),
        trunk=maybe,
    )


def _some(one: st.SearchStrategy[_T]) -> st.SearchStrategy[tuple[_T, ...]]:
    return st.lists(one, max_size=3).map(tuple)


def call(
    number: int, *, started_at: float | None = None, accounts: tuple[str, ...] = ("101",), queue: str = "sales"
) -> CallRecord:
    """A plain answered call; calls of different numbers begin a second apart."""
    at = 1_700_000_000.0 + number if started_at is None else started_at
    return CallRecord(
        call_id=f"call-{number}",
        type=CallType.INBOUND,
        result=CallResult.ANSWERED,
        abandoned_in=None,
        client_number=f"0048600{number:06d}",
        client_e164=f"+48600{number:06d}",
        business_number="+48221000000",
        started_at=at,
        answered_at=at + 12.0,
        ended_at=at + 100.0,
        waiting_s=12.0,
        ivr_s=3.0,
        queue_s=5.0,
        ringing_s=4.0,
        talk_s=88.0,
        hold_s=0.0,
        duration_s=100.0,
        employees=tuple(
            EmployeePart(
                account=account,
                ring_s=4.0,
                answered=place == 0,
                answered_at=at + 12.0 if place == 0 else None,
                talk_s=88.0 if place == 0 else 0.0,
                missed=False,
                taken_elsewhere=place > 0,
            )
            for place, account in enumerate(accounts)
        ),
        external=(),
        queues=(
            QueuePart(
                queue=queue,
                joined_at=at + 3.0,
                left_at=at + 12.0,
                wait_s=9.0,
                outcome="answered",
                answered_by=accounts[0] if accounts else None,
                position=1,
            ),
        ),
        route=("+48221000000", "Day menu", queue),
        scheme="Main",
        hung_up_by="client",
        recording=None,
        forwarded_from=None,
        story=(
            StoryStep(at=at, what="arrived"),
            StoryStep(at=at + 3.0, what="queue_joined", queue=queue),
            StoryStep(at=at + 12.0, what="answered", account=accounts[0] if accounts else None),
        ),
    )
