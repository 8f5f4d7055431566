"""Calls that the PBX's death ended: what their rows must say, and what nobody can know of them."""

from collections.abc import Iterator

from callfloor.floor.calls import CallRecord, CallResult

BEFORE_S, AFTER_S = 1.0, 1.0
"""How far from the death a row may end: what was said last, and when the end of the wire was seen."""
NOTED_S = 3.0
"""Of a call whose PBX died with Callfloor there are notes, which are made each second, on a busy machine later."""
OF_THE_END = frozenset({"result", "abandoned_in", "hung_up_by", "ended_at", "waiting_s", "talk_s", "hold_s"})
"""What a floor says of a call only once it has ended: the twin cannot, whose PBX died."""


def not_as_such(
    row: CallRecord, seen: CallRecord, died_at: float, gone_at: float, *, watched: bool = True
) -> Iterator[tuple[str, object, object]]:
    """Where a row does not say that its call was cut: the field, what it says, and what it should.

    A row that the PBX's records gave whole is no part: it had ended, and was written down, before they stopped.

    Args:
        row: the journal's.
        seen: the call as the twin saw it until the death, without an end.
        died_at: when that was, epoch seconds.
        gone_at: when its connections were gone.
        watched: Callfloor did not die with it.
    """
    before_s = BEFORE_S if watched else NOTED_S
    if not (row.partial or row.repaired):
        yield "cut: partial", row.partial, True
    answered = seen.answered_at is not None
    surely = watched or seen.answered_at is None or seen.answered_at < died_at - before_s
    if surely and (row.result is CallResult.ANSWERED) is not answered:
        yield "cut: result", row.result, "answered" if answered else "not answered"
    if row.partial and row.hung_up_by not in {None, seen.hung_up_by}:
        yield "cut: hung_up_by", row.hung_up_by, None
    ended_at = row.ended_at
    if ended_at is None or not died_at - before_s <= ended_at <= gone_at + AFTER_S:
        yield "cut: ended_at", ended_at, died_at
