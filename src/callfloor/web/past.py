"""The past floor cut to what a viewer may see: by the same sight as the live one, under the directory of that time.

Blocking, and pure but for the reader: called through ``Store.run``.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import msgspec

from callfloor.floor.calls import LiveCall
from callfloor.floor.changes import Link, Snapshot
from callfloor.floor.directory import Directory
from callfloor.floor.employees import LiveEmployee
from callfloor.floor.past import CALL, DIRECTORY, EMPLOYEE, LINK, SUPERVISION, PlainFloor, Reading, Step, typed
from callfloor.floor.past_survey import MINUTE_MS, counted, is_call_event, is_employee_event, sees_groups
from callfloor.floor.supervisions import LiveSupervision
from callfloor.store.masking import Masking
from callfloor.store.past_reader import PastReader
from callfloor.web.access import Sight
from callfloor.web.contract_past import PastEvent, PastFloor, PastFrame, PastFrames, PastLine, PastStretch
from callfloor.web.push.frames import CallsDelta, EmployeesDelta
from callfloor.web.push.rows import Shown

_R = TypeVar("_R")

FRAMES_MOST = 1500
ROWS_MOST = 20_000
"""Rows in one answer: some 4 MB."""
BLOCKS_LOOKED_THROUGH = 12
"""For one event, in one answer: about a second at the worst."""


def ms(at: float) -> int:
    """The millisecond of an instant."""
    return int(round(at * 1000, 3))


def cut(snapshot: Snapshot, sight: Sight) -> Snapshot:
    """A floor as far as this sight goes."""
    sees_call = sight.lens(snapshot.directory)
    sees_employee = sight.employee_lens(snapshot.directory)
    return msgspec.structs.replace(
        snapshot,
        calls=tuple(call for call in snapshot.calls if sees_call(call)),
        employees=tuple(row for row in snapshot.employees if sees_employee(row)),
        supervisions=snapshot.supervisions if sight.supervisions else (),
    )


def moment(reader: PastReader, sight: Sight, at: float) -> PastFloor:
    """The floor at an instant."""
    found = reader.at(ms(at))
    if isinstance(found, Reading):
        return PastFloor(at=at, snapshot=cut(found.floor.snapshot(at), sight))
    return PastFloor(
        at=at,
        snapshot=None,
        unknown_from=None if found.from_ms is None else found.from_ms / 1000,
        unknown_to=None if found.to_ms is None else found.to_ms / 1000,
    )


def call_at(reader: PastReader, sight: Sight, at: float, call_id: str) -> LiveCall | None:
    """A call as it was at an instant; None where there was none in sight."""
    found = reader.at(ms(at))
    if not isinstance(found, Reading):
        return None
    call: LiveCall | None = typed(CALL, found.floor.rows[CALL].get(call_id))
    return call if call is not None and sight.lens(_directory(found.floor))(call) else None


class _View:
    """What a viewer holds who plays the past."""

    def __init__(self, floor: PlainFloor, sight: Sight, at: float) -> None:
        whole = floor.snapshot(at)
        self.sight = sight
        self.floor = floor
        self.touched: dict[str, set[Any]] = {}
        self.links, self.directory = whole.links, whole.directory
        self._veil = self._veiled()
        self.calls: Shown[str, LiveCall] = Shown(map(self._over, whole.calls), sight.lens(whole.directory))
        employees = map(self._over, whole.employees)
        self.employees: Shown[int, LiveEmployee] = Shown(employees, sight.employee_lens(whole.directory))
        self.supervisions = tuple(map(self._over, whole.supervisions)) if sight.supervisions else ()

    def whole(self, at: float) -> PastFrame:
        """The frame that begins anew."""
        snapshot = Snapshot(
            at=at,
            calls=tuple(self.calls.rows.values()),
            links=self.links,
            directory=self.directory,
            employees=tuple(self.employees.rows.values()),
            supervisions=self.supervisions,
        )
        return PastFrame(at=at, snapshot=snapshot)

    def follow(self, floor: PlainFloor) -> None:
        """The same floor, from the next block's beginning on: whatever differs there is a change."""
        for kind, rows in floor.rows.items():
            before = self.floor.rows[kind]
            keys = before.keys() | rows.keys()
            self.touch(kind, *(key for key in keys if before.get(key) != rows.get(key)))
        self.floor = floor

    def touch(self, kind: str, *keys: Any) -> None:
        """These rows are, or may be, others now."""
        if keys:
            self.touched.setdefault(kind, set()).update(keys)

    def frame(self, at: float) -> PastFrame | None:
        """What was touched, as a frame; None where it makes no difference here."""
        touched, rows = self.touched, self.floor.rows
        if not touched:
            return None
        self.touched = {}
        if DIRECTORY in touched:
            self.directory = _directory(self.floor)
            self._veil = self._veiled()
            self.calls.sees = self.sight.lens(self.directory)
            self.employees.sees = self.sight.employee_lens(self.directory)
            touched[CALL] = touched.get(CALL, set()) | rows[CALL].keys()
            touched[EMPLOYEE] = touched.get(EMPLOYEE, set()) | rows[EMPLOYEE].keys()
        calls = self.calls.move(self._rows(CALL, touched))
        people = self.employees.move(self._rows(EMPLOYEE, touched))
        supervises = SUPERVISION in touched and self.sight.supervisions
        if LINK in touched:
            self.links = _all(Link, rows[LINK])
        if supervises:
            self.supervisions = tuple(map(self._over, _all(LiveSupervision, rows[SUPERVISION])))
        if calls is None and people is None and not supervises and not touched.keys() & {LINK, DIRECTORY}:
            return None
        return PastFrame(
            at=at,
            calls=msgspec.UNSET if calls is None else cast(CallsDelta, calls),
            employees=msgspec.UNSET if people is None else cast(EmployeesDelta, people),
            links=self.links if LINK in touched else msgspec.UNSET,
            directory=self.directory if DIRECTORY in touched else msgspec.UNSET,
            supervisions=self.supervisions if supervises else msgspec.UNSET,
        )

    def _rows(self, kind: str, touched: dict[str, set[Any]]) -> dict[Any, Any]:
        rows = self.floor.rows[kind]
        return {key: self._over(typed(kind, rows.get(key))) for key in touched.get(kind, ())}

    def _over(self, row: _R) -> _R:
        return row if self._veil is None else self._veil.over(row)

    def _veiled(self) -> Masking | None:
        return None if self.sight.mask is None else Masking(self.sight.mask, self.directory)


def frames(reader: PastReader, sight: Sight, begin: float, end: float, every_s: float) -> PastFrames:
    """What changed after ``begin`` until ``end``; at most one frame in ``every_s`` seconds. Masked by the sight."""
    begin_ms, end_ms, every_ms = ms(begin), ms(end), max(1, ms(every_s))
    made: list[PastFrame] = []
    weight = 0
    view: _View | None = None
    for piece in reader.pieces(begin_ms, end_ms + 1):
        started = piece.from_ms / 1000
        if piece.reading is None:
            if view is not None or piece.from_ms == begin_ms:
                made.append(PastFrame(at=started, known=False))
            view = None
            continue
        if view is None:
            view = _View(piece.reading.floor, sight, started)
            if piece.from_ms > begin_ms:
                made.append(view.whole(started))
        else:
            view.follow(piece.reading.floor)
        # What a block begins with is told at its beginning, whatever follows.
        slots = _slots(piece.reading, view, begin_ms, piece.to_ms - 1, every_ms)
        for at_ms in itertools.chain([piece.from_ms], slots):
            frame = view.frame(at_ms / 1000)
            if frame is None:
                continue
            made.append(frame)
            weight += _weight(frame)
            if len(made) >= FRAMES_MOST or weight >= ROWS_MOST:
                return PastFrames(frames=tuple(made), reached=at_ms / 1000)
    return PastFrames(frames=tuple(made), reached=end)


def _slots(reading: Reading, view: _View, begin_ms: int, end_ms: int, every_ms: int) -> Iterator[int]:
    """Read on to the end of each slot in which something changed, and say when that was last."""
    while (next_ms := reading.next_ms()) is not None and next_ms <= end_ms:
        slot_ends = begin_ms + -(-(next_ms - begin_ms) // every_ms) * every_ms
        changed_ms: int | None = None
        for step in reading.until(min(max(slot_ends, next_ms), end_ms)):
            view.touch(step.kind, step.key)
            changed_ms = step.at_ms
        if changed_ms is not None:
            yield changed_ms


def event(reader: PastReader, sight: Sight, at: float, *, employees: bool, back: bool) -> PastEvent:
    """The next thing that happens after an instant, or the last one before it."""
    at_ms = ms(at)
    is_event = is_employee_event if employees else is_call_event
    spans = reader.eventful(at_ms, employees=employees, back=back, most=BLOCKS_LOOKED_THROUGH)
    for span in spans:
        reading = reader.read(span)
        if reading is None:
            continue
        found = _event_in(reading, sight, is_event, after_ms=None if back else at_ms, before_ms=at_ms if back else None)
        if found is not None:
            return PastEvent(at=found / 1000, searched=None)
    if len(spans) < BLOCKS_LOOKED_THROUGH:
        return PastEvent(at=None, searched=None)
    return PastEvent(at=None, searched=(spans[-1].began_ms if back else spans[-1].ended_ms - 1) / 1000)


def _event_in(
    reading: Reading, sight: Sight, is_event: Callable[[Step], bool], *, after_ms: int | None, before_ms: int | None
) -> int | None:
    """When the first one is after an instant, or the last one before."""
    directory = _directory(reading.floor)
    last: int | None = None
    for step in reading.until((1 << 62) if before_ms is None else before_ms - 1):
        if step.kind == DIRECTORY:
            directory = _directory(reading.floor)
        if (after_ms is not None and step.at_ms <= after_ms) or not is_event(step):
            continue
        if step.at_ms != last and _is_seen(step, sight, directory):
            last = step.at_ms
            if before_ms is None:
                return last
    return last


def _is_seen(step: Step, sight: Sight, directory: Directory) -> bool:
    if step.kind == CALL:
        return any(sight.lens(directory)(call) for call in (typed(CALL, step.before), typed(CALL, step.after)) if call)
    if step.kind == EMPLOYEE:
        sees = sight.employee_lens(directory)
        return any(sees(row) for row in (typed(EMPLOYEE, step.before), typed(EMPLOYEE, step.after)) if row)
    return True


def line(
    reader: PastReader, sight: Sight, directory: Directory, begin: float, end: float, step_s: float, now: float
) -> PastLine:
    """Calls by steps of time, and what is not known."""
    begin_ms, end_ms, step_ms = ms(begin), ms(end), ms(step_s)
    seen = sees_groups(sight.departments_within(directory))
    calls: list[int | None] = [None] * -(-(end_ms - begin_ms) // step_ms)
    unknown: list[PastStretch] = []
    known_to = begin_ms
    for each in reader.spans(begin_ms, end_ms):
        span = each.span
        if span.ended_ms <= begin_ms:
            continue
        if span.began_ms > known_to + 1:
            unknown.append(PastStretch(begins_at=known_to / 1000, ends_at=span.began_ms / 1000))
        known_to = max(known_to, span.ended_ms)
        for minute, number in counted(each.survey, seen).items():
            # A minute that a step begins within is that step's; a minute of two blocks has the busier one's number.
            place = (max(minute * MINUTE_MS, begin_ms) - begin_ms) // step_ms
            if minute * MINUTE_MS + MINUTE_MS > begin_ms and place < len(calls):
                calls[place] = max(calls[place] or 0, number)
    if known_to < min(end_ms, ms(now)):
        unknown.append(PastStretch(begins_at=known_to / 1000, ends_at=min(end_ms, ms(now)) / 1000))
    first = reader.first()
    return PastLine(
        begins_at=begin,
        step_s=step_s,
        calls=tuple(calls),
        unknown=tuple(unknown),
        first=None if first is None else first / 1000,
        now=now,
    )


def _weight(frame: PastFrame) -> int:
    found = 1
    for delta in (frame.calls, frame.employees):
        if delta is not msgspec.UNSET:
            found += len(delta.added) + len(delta.changed)
    if frame.directory is not msgspec.UNSET:
        found += len(frame.directory.employees)
    return found


def _directory(floor: PlainFloor) -> Directory:
    return msgspec.convert(floor.rows[DIRECTORY][0], Directory)


def _all(kind: type[Any], rows: dict[Any, Any]) -> tuple[Any, ...]:
    return tuple(msgspec.convert(row, kind) for row in rows.values())
