"""The list of clients to call back in columns, as it is now: a look at a million cases takes some milliseconds.

The rows always hold. What lies here was read from them once, and is brought up to date by ``callback_changes``, which
names the clients whose cases each revision of the list changed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, select

from callfloor.store.cost_tables import EVERYBODY, callback_books, callback_changes, callbacks
from callfloor.store.scope import Scope

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Names = NDArray[np.bytes_]

NEVER = -1
"""Stands for no instant, and for no employee."""

_AT_ONCE = 20_000
_CHUNK = 500
_MOST_CHANGED = 20_000
"""Where more clients have changed, reading everything is quicker."""

_NUMBERS = ("first_missed_at", "first_call", "last_missed_at", "tries", "attempts", "closed_at", "turn_employee_id")
_TEXTS = ("queue", "business_number", "departments", "queues")
_table = callbacks.c
_ASKED = (
    _table.client_e164,
    *(_table[name] for name in (*_NUMBERS, *_TEXTS)),
    _table.settled_at,
    _table.nobody,
)


class Cases(msgspec.Struct, frozen=True):
    """All cases of a project as of a revision, ordered by client, first missed call and its key."""

    revision: int
    client: Names  # UTF-8
    numbers: dict[str, Ints]
    codes: dict[str, Ints]  # of the texts, by column
    words: dict[str, dict[str | None, int]]  # by column: each text's code, from 0
    open: Mask
    nobody: Mask

    def __len__(self) -> int:
        return len(self.client)

    def of(self, client: str) -> slice:
        """Where a client's cases are."""
        first, last = (int(np.searchsorted(self.client, client.encode(), side)) for side in ("left", "right"))
        return slice(first, last)

    def of_any(self, clients: Iterable[str]) -> Mask:
        """The cases of these clients."""
        found = np.zeros(len(self), np.bool_)
        wanted = np.array(sorted(each.encode() for each in clients), np.bytes_)
        for first, last in zip(
            np.searchsorted(self.client, wanted, "left"), np.searchsorted(self.client, wanted, "right"), strict=True
        ):
            found[first:last] = True
        return found

    def with_text(self, column: str, names: Collection[str]) -> Mask:
        """Those whose text of this column is one of these."""
        known = self.words[column]
        return np.isin(self.codes[column], [known[name] for name in names if name in known])

    def with_line(self, column: str, names: Collection[object]) -> Mask:
        """Those whose text of this column, which is lines, has one of these among them."""
        lines = [f"\n{name}\n" for name in names]
        has = np.fromiter(
            (any(line in (text or "") for line in lines) for text in self.words[column]),
            np.bool_,
            len(self.words[column]),
        )
        return np.asarray(has[self.codes[column]]) if len(has) else np.zeros(len(self), np.bool_)

    def with_digits(self, part: str) -> Mask:
        """Those whose client's number has this in it."""
        found = np.zeros(len(self), np.bool_)
        wide, wanted = self.client.dtype.itemsize, part.encode()
        text = self.client.tobytes()
        at = text.find(wanted)
        while at >= 0:
            row = at // wide
            if at + len(wanted) <= (row + 1) * wide:
                found[row] = True
                at = text.find(wanted, (row + 1) * wide)
            else:  # the end of one number and the beginning of the next
                at = text.find(wanted, at + 1)
        return found

    def clients(self, mask: Mask) -> int:
        """How many clients have these cases."""
        names = self.client[mask]
        return int(len(names) and 1 + np.count_nonzero(names[1:] != names[:-1]))


def cases_of(connection: Connection, scope: Scope) -> Cases:
    """What a reading transaction sees of the list; or what another has seen since."""
    now = revision_of(connection, scope)
    known: Cases | None = scope.shelf.cases.get(scope.project_id)
    if known is None:
        known = _read(connection, scope, now)
    elif known.revision < now:
        changed = _changed(connection, scope, known.revision, now)
        known = _read(connection, scope, now) if changed is None else _with(connection, scope, known, now, changed)
    else:
        return known
    scope.shelf.keep_cases(scope.project_id, known)
    return known


def revision_of(connection: Connection, scope: Scope) -> int:
    """Another number after each change of the list."""
    this = select(callback_books.c.revision).where(scope.within(callback_books))
    return connection.execute(this).scalar() or 0


def _asked(scope: Scope) -> Select[Any]:
    return select(*_ASKED).where(scope.within(callbacks))


def _read(connection: Connection, scope: Scope, revision: int) -> Cases:
    words: dict[str, dict[str | None, int]] = {name: {} for name in _TEXTS}
    ordered = _asked(scope).order_by(_table.client_e164, _table.first_missed_at, _table.first_call)
    parts = [
        _columns(rows, words) for rows in connection.execution_options(yield_per=_AT_ONCE).execute(ordered).partitions()
    ]
    return _made(revision, _joined(parts or [_columns((), words)]), words)


def _changed(connection: Connection, scope: Scope, since: int, now: int) -> set[str] | None:
    """The clients whose cases changed after one revision; None: this is not known, or too many."""
    column = callback_changes.c
    this = select(column.revision, column.client_e164).where(
        scope.within(callback_changes), column.revision > since, column.revision <= now
    )
    found = connection.execute(this.limit(_MOST_CHANGED + 1)).all()
    clients = {client for _, client in found}
    if len(found) > _MOST_CHANGED or EVERYBODY in clients or len({revision for revision, _ in found}) != now - since:
        return None
    return clients


def _with(connection: Connection, scope: Scope, known: Cases, revision: int, changed: Collection[str]) -> Cases:
    """The same with the cases of some clients read again."""
    words = {name: dict(each) for name, each in known.words.items()}  # other threads read the old ones
    ordered = sorted(changed)
    parts = [
        _columns(
            connection.execute(_asked(scope).where(_table.client_e164.in_(ordered[start : start + _CHUNK]))).all(),
            words,
        )
        for start in range(0, len(ordered), _CHUNK)
    ]
    new = _joined(parts or [_columns((), words)])
    new = _sorted(new)
    kept = ~known.of_any(ordered)
    old = {
        "client": known.client, **known.numbers, **known.codes, "open": known.open, "nobody": known.nobody,
    }  # fmt: skip
    places = np.searchsorted(known.client[kept], new["client"], "left")
    put = {name: np.insert(_wide(old[name], new[name])[kept], places, new[name]) for name in old}
    return _made(revision, put, words)


def _wide(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
    """An array in which the new texts have room."""
    return old.astype(new.dtype) if old.dtype.kind == "S" and new.dtype.itemsize > old.dtype.itemsize else old


def _made(revision: int, columns: Mapping[str, NDArray[Any]], words: dict[str, dict[str | None, int]]) -> Cases:
    client = columns["client"]
    if len(client) and np.any(client[1:] < client[:-1]):  # another collation
        columns = _sorted(columns)
    return Cases(
        revision,
        columns["client"],
        {name: columns[name] for name in _NUMBERS},
        {name: columns[name] for name in _TEXTS},
        words,
        columns["open"],
        columns["nobody"],
    )


def _sorted(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    order = np.lexsort((columns["first_call"], columns["first_missed_at"], columns["client"]))
    return {name: column[order] for name, column in columns.items()}


def _joined(parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _columns(rows: Sequence[Row[Any]], words: Mapping[str, dict[str | None, int]]) -> dict[str, NDArray[Any]]:
    told = list(zip(*rows, strict=True)) if rows else [()] * len(_ASKED)
    client, numbers, texts = told[0], told[1 : 1 + len(_NUMBERS)], told[1 + len(_NUMBERS) : -2]
    made: dict[str, NDArray[Any]] = {"client": np.array([each.encode() for each in client], np.bytes_)}
    for name, values in zip(_NUMBERS, numbers, strict=True):
        made[name] = np.array([NEVER if each is None else each for each in values], np.int64)
    for name, values in zip(_TEXTS, texts, strict=True):
        codes = words[name]
        made[name] = np.array([codes.setdefault(each, len(codes)) for each in values], np.int64)
    made["open"] = np.array([each is None for each in told[-2]], np.bool_)
    made["nobody"] = np.array(told[-1], np.bool_)
    return made
