"""Calls in columns: what filters, orders and totals look at, some ten thousand calls at a time.

A block has the calls of a stretch of keys, by key. Its columns are arrays of whole numbers: one value a call, or, of
people, queues and tags, one value a part with the call's place in the block beside it (``…_row``, ascending). Texts
are the numbers of ``clients`` and ``call_words``; 0 is none. Packed, a column takes the narrowest width that holds it,
and one of a single value takes nothing.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select

from callfloor.floor.calls import CallResult, CallType
from callfloor.store.call_filter import Outcome, Party
from callfloor.store.journal_tables import call_fresh, call_hands, call_tags
from callfloor.store.keys import among
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
_FOUND = (
    "id", "type", "result", "abandoned_in", "hung_up_by", "recording", "talk_ms", "waiting_ms", "duration_ms",
    "since_ms", "client", "client_e164", "client_number", "business_number", "scheme", "cost", "currency",
)  # fmt: skip
"""What a block takes of a call's row."""
_OF_ROW = itemgetter(*_FOUND)
_PART_IN = {part: number for number, part in enumerate(PART_IN)}
_DIGITS = re.compile("[^0-9]+")

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
    return "" if number is None else _DIGITS.sub("", number)


def order_of(number: str | None) -> int:
    """A whole number by which numbers sort as their digits do, from the left."""
    digits = digits_of(number)
    if not digits:
        return UNKNOWN_LAST
    return int(digits[:16].ljust(16, "0")) * 17 + min(len(digits), 16)


def from_rows(
    connection: Connection, scope: Scope, keys: Sequence[int], words: Mapping[str, int], *, fresh: bool = False
) -> dict[str, Array]:
    """A block of these calls, from their rows; of those that are there.

    ``keys`` ascending; ``fresh`` where these are all that ``call_fresh`` has between the first and the last: saying so
    is faster than naming each.
    """
    found: list[Any] = []
    parts: list[Mapping[Any, Any]] = []
    queued: list[Any] = []
    tagged: list[Any] = []
    hands: dict[int, int] = {}
    queries = _queries(scope.project_id, fresh=fresh)
    for start in range(0, len(keys), _CHUNK):
        some = list(keys[start : start + _CHUNK])
        asked: dict[str, Any] = {"least": some[0], "most": some[-1]} if fresh else {"keys": some}
        for query, rows in zip(queries[:3], (found, queued, tagged), strict=True):
            rows.extend(connection.execute(query, asked).all())
        parts.extend(connection.execute(queries[3], asked).mappings())
        for key, success, spam in connection.execute(queries[4], asked):
            hands[key] = of_hands(success, spam)
    return _arrays(found, parts, queued, tagged, hands, words)


def from_written(
    made: Sequence[Mapping[str, Any]],
    parts: Sequence[Mapping[str, Any]],
    queues: Sequence[Mapping[str, Any]],
    words: Mapping[str, int],
) -> dict[str, Array]:
    """As ``from_rows``, of the rows just written: calls of which nobody said anything, and the parts of any calls."""
    found = sorted(map(_OF_ROW, made))
    keys = {row[0] for row in found}
    people = sorted((part for part in parts if part["call"] in keys), key=itemgetter("call", "part"))
    queued = sorted((row["call"], row["part"], row["queue"]) for row in queues if row["call"] in keys)
    return _arrays(found, people, [(key, queue) for key, _, queue in queued], [], {}, words)


@functools.lru_cache(maxsize=64)  # to make them takes as long as to ask them
def _queries(project_id: int, *, fresh: bool) -> tuple[Any, ...]:
    """A block's rows: of calls, queues, tags, people, and what somebody said."""
    call, part, queue, tag, hand = calls.c, call_employees.c, call_queues.c, call_tags.c, call_hands.c
    named: Any = None
    if fresh:
        column = call_fresh.c
        named = select(column.call).where(
            column.project_id == project_id, column.call >= bindparam("least"), column.call <= bindparam("most")
        )

    def these(column: Any) -> Any:
        return column.in_(named) if fresh else among(column)

    return (
        select(*(call[name] for name in _FOUND)).where(call.project_id == project_id, these(call.id)).order_by(call.id),
        select(queue.call, queue.queue)
        .where(queue.project_id == project_id, these(queue.call))
        .order_by(queue.call, queue.part),
        select(tag.call, tag.tag).where(tag.project_id == project_id, these(tag.call)).order_by(tag.call, tag.tag),
        select(
            part.call, part.employee_id, part.department_id, part.ring_ms, part.talk_ms, part.answered, part.missed,
            part.taken_elsewhere,
        ).where(part.project_id == project_id, these(part.call)).order_by(part.call, part.part),
        select(hand.call, hand.success, hand.spam).where(hand.project_id == project_id, these(hand.call)),
    )  # fmt: skip


def marked_by(rows: Sequence[Any], hands: Mapping[int, int]) -> Block:
    """Of calls' rows what marks are made by."""
    columns = {
        "type": [_TYPE[row.type] for row in rows],
        "flags": [(row.client_e164 is not None) * KNOWN | hands.get(row.id, 0) for row in rows],
        "talk": [row.talk_ms for row in rows],
        "since": [NEVER if row.since_ms is None else row.since_ms for row in rows],
        "client": [row.client or 0 for row in rows],
    }
    return {name: np.array(values, np.int64) for name, values in columns.items()}


def of_hands(success: bool | None, spam: bool | None) -> int:  # noqa: FBT001 - columns
    """The bits of what somebody said."""
    return _of_hand(success, SUCCESS, NO_SUCCESS) | _of_hand(spam, SPAM, NO_SPAM)


def _of_hand(said: bool | None, yes: int, no: int) -> int:  # noqa: FBT001 - a column
    return 0 if said is None else yes if said else no


def _arrays(
    found: Sequence[Any],
    parts: Sequence[Mapping[Any, Any]],
    queued: Sequence[tuple[int, str]],
    tagged: Sequence[tuple[int, str]],
    hands: Mapping[int, int],
    words: Mapping[str, int],
) -> dict[str, Array]:
    if not found:
        return empty()
    (
        keys, types, results, abandoned, ended, recordings, talk, waiting, duration, since, client, e164, number,
        business, scheme, cost, currency,
    ) = zip(*found, strict=True)  # fmt: skip
    place = {key: at for at, key in enumerate(keys)}
    code: dict[Any, int] = {None: 0, **words}
    first_queue: dict[int, int] = {}
    for key, queue in queued:
        first_queue.setdefault(key, code[queue])
    shown, had = _people(parts, dict(zip(keys, types, strict=True)))
    columns: dict[str, Iterable[int]] = {
        "key": keys,
        "type": map(_TYPE.__getitem__, types),
        "outcome": map(_outcome, results, abandoned),
        "ended_by": (_PARTY.get(each, 0) for each in ended),
        "flags": (
            (recording is not None) * RECORDED | (known is not None) * KNOWN | hands.get(key, 0)
            for key, recording, known in zip(keys, recordings, e164, strict=True)
        ),
        "talk": talk,
        "waiting": waiting,
        "duration": duration,
        "since": (NEVER if each is None else each for each in since),
        "client": (each or 0 for each in client),
        "digits": (order_of(raw if known is None else known) for raw, known in zip(number, e164, strict=True)),
        "number": map(code.__getitem__, business),
        "scheme": map(code.__getitem__, scheme),
        "queue": (first_queue.get(key, 0) for key in keys),
        "employee": (shown[key][0] if key in shown else 0 for key in keys),
        "department": (shown[key][1] if key in shown else 0 for key in keys),
        "cost": (NO_COST if each is None else each for each in cost),
        "currency": map(code.__getitem__, currency),
        "people_row": (place[row["call"]] for row in parts),
        "people_employee": (row["employee_id"] or 0 for row in parts),
        "people_department": (row["department_id"] or 0 for row in parts),
        "people_part": had,
        "queues_row": (place[key] for key, _ in queued),
        "queues_word": (code[queue] for _, queue in queued),
        "tags_row": (place[key] for key, _ in tagged),
        "tags_word": (code[tag] for _, tag in tagged),
    }
    return {name: np.array(list(values), np.int64) for name, values in columns.items()}


def _people(
    parts: Sequence[Mapping[Any, Any]], types: Mapping[int, str]
) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """Whom a call is shown with (who answered it, else the first), and what each part's employee had to do with it."""
    shown: dict[int, tuple[int, int]] = {}
    had: list[int] = []
    for key, group in groupby(parts, key=itemgetter("call")):
        theirs = list(group)
        answered = next((row for row in theirs if row["answered"]), theirs[0])
        shown[key] = answered["employee_id"] or 0, answered["department_id"] or 0
        took = parts_in(types[key], theirs)
        had += [_PART_IN[took.get(row["employee_id"])] for row in theirs]
    return shown, had


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
