"""Calls in columns: what filters, orders and totals look at, some ten thousand calls at a time.

A block has the calls of a stretch of keys, by key. Its columns are arrays of whole numbers: one value a call, or, of
people, queues and tags, one value a part with the call's place in the block beside it (``…_row``, ascending). Texts
are the numbers of ``clients`` and ``call_words``; 0 is none. Packed, a column takes the narrowest width that holds it,
and one of a single value takes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, select

from callfloor.floor.calls import CallResult, CallType
from callfloor.store.call_filter import Outcome, Party
from callfloor.store.journal_tables import call_hands, call_tags
from callfloor.store.scope import Scope
from callfloor.store.tables import call_employees, call_queues, calls
from callfloor.store.tally import PART_IN, parts_in

Ints = NDArray[np.int64]
Array = NDArray[Any]

TYPES = tuple(CallType)
OUTCOMES = tuple(Outcome)
PARTIES = tuple(Party)

RECORDED, SPAM, NO_SPAM, SUCCESS, NO_SUCCESS, KNOWN = 1, 2, 4, 8, 16, 32
"""Bits of ``flags``: a recording is named; by hand spam, not spam, successful, not; the client's E.164 is known."""

NEVER = -1
"""In ``since``: there was no inbound call of this client before, or nobody can tell."""

NO_COST = -(2**63)
UNKNOWN_LAST = 2**62
"""In ``digits``: a client without any number sorts after all others."""

OF_CALLS = (
    "key", "type", "outcome", "ended_by", "flags", "talk", "waiting", "duration", "since", "client", "digits",
    "number", "scheme", "queue", "employee", "department", "cost", "currency",
)  # fmt: skip
OF_PARTS = {
    "people_row": ("people_employee", "people_department", "people_part"),
    "queues_row": ("queues_word",),
    "tags_row": ("tags_word",),
}
COLUMNS = (*OF_CALLS, *(name for row, more in OF_PARTS.items() for name in (row, *more)))

_TYPE = {kind.value: place for place, kind in enumerate(TYPES)}
_PARTY = {party.value: place + 1 for place, party in enumerate(PARTIES)}
_RESULT = {
    CallResult.ANSWERED: Outcome.ANSWERED,
    CallResult.MISSED: Outcome.MISSED,
    CallResult.VOICEMAIL: Outcome.VOICEMAIL,
    CallResult.FAX: Outcome.FAX,
    CallResult.BUSY: Outcome.BUSY,
    CallResult.NO_ANSWER: Outcome.NO_ANSWER,
    CallResult.FAILED: Outcome.FAILED,
}
_OUTCOME = {result.value: OUTCOMES.index(outcome) for result, outcome in _RESULT.items()}
_IN_QUEUE, _IN_IVR = OUTCOMES.index(Outcome.ABANDONED_QUEUE), OUTCOMES.index(Outcome.ABANDONED_IVR)
_CHUNK = 500

Block = Mapping[str, Array]
"""Columns by name; those that were asked for, or all."""


def empty() -> dict[str, Array]:
    """A block without calls."""
    return {name: np.zeros(0, np.int64) for name in COLUMNS}


def pack(column: Array) -> bytes:
    """As it is kept."""
    if len(column) == 0:
        return b"q"
    least, most = int(column.min()), int(column.max())
    if least == most:
        return b"=" + least.to_bytes(8, "little", signed=True) + len(column).to_bytes(8, "little")
    for kind in ("b", "h", "i"):
        limits = np.iinfo(kind)
        if limits.min <= least and most <= limits.max:
            return kind.encode() + column.astype(f"<{kind}").tobytes()
    return b"q" + column.astype("<i8").tobytes()


def unpack(data: bytes) -> Array:
    """From what is kept; not to be written to."""
    kind = data[:1]
    if kind == b"=":
        value = np.array(int.from_bytes(data[1:9], "little", signed=True), np.int64)
        return np.broadcast_to(value, (int.from_bytes(data[9:17], "little"),))
    return np.frombuffer(data, "<" + kind.decode(), offset=1)


def outcome_of(result: str, abandoned_in: str | None) -> Outcome:
    """How a call ended, the abandoned ones by where."""
    return OUTCOMES[_outcome(result, abandoned_in)]


def _outcome(result: str, abandoned_in: str | None) -> int:
    found = _OUTCOME.get(result)
    return found if found is not None else _IN_QUEUE if abandoned_in == "queue" else _IN_IVR


def digits_of(number: str | None) -> str:
    """The digits alone."""
    return "" if number is None else "".join(filter(_is_digit, number))


def _is_digit(letter: str) -> bool:
    return "0" <= letter <= "9"


def order_of(number: str | None) -> int:
    """A whole number by which numbers sort as their digits do, from the left."""
    digits = digits_of(number)
    if not digits:
        return UNKNOWN_LAST
    return int(digits[:16].ljust(16, "0")) * 17 + min(len(digits), 16)


def from_rows(connection: Connection, scope: Scope, keys: Sequence[int], words: Mapping[str, int]) -> dict[str, Array]:
    """A block of these calls, from their rows; of those that are there. ``keys`` ascending."""
    found: list[Any] = []
    people: dict[int, list[Mapping[Any, Any]]] = {}
    queued: list[tuple[int, str]] = []
    tagged: list[tuple[int, str]] = []
    hands: dict[int, int] = {}
    for start in range(0, len(keys), _CHUNK):
        some = list(keys[start : start + _CHUNK])
        call, part, queue, tag, hand = calls.c, call_employees.c, call_queues.c, call_tags.c, call_hands.c
        found += connection.execute(
            select(
                call.id, call.type, call.result, call.abandoned_in, call.hung_up_by, call.recording, call.talk_ms,
                call.waiting_ms, call.duration_ms, call.since_ms, call.client, call.client_e164, call.client_number,
                call.business_number, call.scheme, call.cost, call.currency,
            )
            .where(scope.within(calls), call.id.in_(some))
            .order_by(call.id)
        ).all()  # fmt: skip
        for each in connection.execute(
            select(
                part.call, part.employee_id, part.department_id, part.ring_ms, part.talk_ms, part.answered,
                part.missed, part.taken_elsewhere,
            )
            .where(scope.within(call_employees), part.call.in_(some))
            .order_by(part.call, part.part)
        ).mappings():  # fmt: skip
            people.setdefault(each["call"], []).append(each)
        queued += _pairs(connection, select(queue.call, queue.queue).where(scope.within(call_queues)), queue, some)
        tagged += _pairs(connection, select(tag.call, tag.tag).where(scope.within(call_tags)), tag, some)
        for row in connection.execute(select(call_hands).where(scope.within(call_hands), hand.call.in_(some))):
            hands[row.call] = _of_hand(row.success, SUCCESS, NO_SUCCESS) | _of_hand(row.spam, SPAM, NO_SPAM)
    return _arrays(found, people, queued, tagged, hands, words)


def _pairs(connection: Connection, query: Select[Any], column: Any, some: list[int]) -> list[tuple[int, str]]:
    last = column.part if "part" in column else column.tag
    return [tuple(row) for row in connection.execute(query.where(column.call.in_(some)).order_by(column.call, last))]


def _of_hand(said: bool | None, yes: int, no: int) -> int:  # noqa: FBT001 - a column
    return 0 if said is None else yes if said else no


def _arrays(
    found: Sequence[Any],
    people: Mapping[int, list[Mapping[Any, Any]]],
    queued: Iterable[tuple[int, str]],
    tagged: Iterable[tuple[int, str]],
    hands: Mapping[int, int],
    words: Mapping[str, int],
) -> dict[str, Array]:
    rows: dict[str, list[int]] = {name: [] for name in COLUMNS}
    place = {row.id: number for number, row in enumerate(found)}
    first_queue: dict[int, int] = {}
    for call, queue in queued:
        if call in place:
            code = words[queue]
            first_queue.setdefault(call, code)
            rows["queues_row"].append(place[call])
            rows["queues_word"].append(code)
    for call, tag in tagged:
        if call in place:
            rows["tags_row"].append(place[call])
            rows["tags_word"].append(words[tag])
    for number, row in enumerate(found):
        theirs = people.get(row.id, ())
        took = parts_in(row.type, theirs)
        shown = next((each for each in theirs if each["answered"]), next(iter(theirs), None))
        for each in theirs:
            rows["people_row"].append(number)
            rows["people_employee"].append(each["employee_id"] or 0)
            rows["people_department"].append(each["department_id"] or 0)
            rows["people_part"].append(PART_IN.index(took.get(each["employee_id"])))
        name = row.client_number if row.client_e164 is None else row.client_e164
        for column, value in (
            ("key", row.id),
            ("type", _TYPE[row.type]),
            ("outcome", _outcome(row.result, row.abandoned_in)),
            ("ended_by", _PARTY.get(row.hung_up_by, 0)),
            ("flags", (row.recording is not None) * RECORDED
                | (row.client_e164 is not None) * KNOWN | hands.get(row.id, 0)),
            ("talk", row.talk_ms),
            ("waiting", row.waiting_ms),
            ("duration", row.duration_ms),
            ("since", NEVER if row.since_ms is None else row.since_ms),
            ("client", row.client or 0),
            ("digits", order_of(name)),
            ("number", 0 if row.business_number is None else words[row.business_number]),
            ("scheme", 0 if row.scheme is None else words[row.scheme]),
            ("queue", first_queue.get(row.id, 0)),
            ("employee", 0 if shown is None else shown["employee_id"] or 0),
            ("department", 0 if shown is None else shown["department_id"] or 0),
            ("cost", NO_COST if row.cost is None else row.cost),
            ("currency", 0 if row.currency is None else words[row.currency]),
        ):  # fmt: skip
            rows[column].append(value)
    return {name: np.array(values, np.int64) for name, values in rows.items()}


def joined(blocks: Sequence[Block]) -> dict[str, Array]:
    """One block of several, by key; no call is in two."""
    offsets = np.cumsum([0, *(len(block["key"]) for block in blocks)])
    whole: dict[str, Array] = {name: np.concatenate([block[name] for block in blocks]) for name in OF_CALLS}
    order = np.argsort(whole["key"], kind="stable")
    moved = np.empty(len(order), np.int64)
    moved[order] = np.arange(len(order))
    taken = {name: column[order] for name, column in whole.items()}
    for row, more in OF_PARTS.items():
        places = moved[np.concatenate([block[row] + start for block, start in zip(blocks, offsets, strict=False)])]
        by_call = np.argsort(places, kind="stable")
        taken[row] = places[by_call]
        for name in more:
            taken[name] = np.concatenate([block[name] for block in blocks])[by_call]
    return taken


def chosen(block: Block, keep: NDArray[np.bool_]) -> dict[str, Array]:
    """Of a whole block the calls that are kept."""
    taken: dict[str, Array] = {name: block[name][keep] for name in OF_CALLS}
    moved = np.cumsum(keep) - 1
    for row, more in OF_PARTS.items():
        theirs = keep[block[row]]
        taken[row] = moved[block[row][theirs]]
        for name in more:
            taken[name] = block[name][theirs]
    return taken
