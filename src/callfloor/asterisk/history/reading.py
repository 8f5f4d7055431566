"""Sources into finished calls, a batch at a time, with what was refused and how far each source is."""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from callfloor.asterisk.channels import PLUMBING
from callfloor.asterisk.history.gather import Gathered, Gatherer, in_order
from callfloor.asterisk.history.legs import FROM_OUTSIDE, is_nobodys
from callfloor.asterisk.history.rows import CdrRow, CelRow, HistoryRow, QueueRow
from callfloor.asterisk.history.sources import Refused, Source
from callfloor.asterisk.history.stories import Company, told_by_events, told_by_records, with_queue_log
from callfloor.asterisk.parties import Parties
from callfloor.errors import InvalidInputError
from callfloor.floor.calls import RECORDING, CallRecord, CallType, StoryStep, recordings_of
from callfloor.floor.retold import Talk

BATCH_CALLS: Final = 500
BATCH_ROWS: Final = 20_000
NOT_ENDED = "the call has not ended in the source"
RECENT = "the call may still go on; import again later"
NO_CALL = "a phone that dialled a code, or listened to a call: nobody at its other end"
NOBODY = "no phone of anybody's in it"
OUTSIDE = "it began outside the period"
_at, _place, _uniqueid = attrgetter("at"), attrgetter("place"), attrgetter("uniqueid")


class Whole(msgspec.Struct, kw_only=True, array_like=True):
    """The rows of a complete call; or why what was read there is none."""

    source: str
    place: int  # of its first row
    reason: str = ""
    cel: list[CelRow] = []
    cdr: list[CdrRow] = []
    log: list[QueueRow] = []


class Piece(msgspec.Struct, kw_only=True):
    """Some complete calls as they were read, and how far the sources are once these are written down."""

    found: list[Whole]
    positions: dict[str, tuple[int, int]]  # source -> the place to go on from, the last place read
    rows: int  # read since the last piece
    done: int = 0  # steps so far
    lines: tuple[str, ...] = ()  # endpoints by which calls had come in from outside, before these
    phones: tuple[str, ...] = ()  # and from within


class Batch(msgspec.Struct, kw_only=True):
    """What a piece tells."""

    records: list[CallRecord]
    refused: list[Refused]
    positions: dict[str, tuple[int, int]]
    rows: int
    done: int = 0


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls are wanted: those that began in ``[began, ended)`` and were over before ``settled``."""

    began: float = 0.0
    ended: float = 1e12
    settled: float = 1e12


class Reading:
    """One pass over some sources of one PBX."""

    def __init__(
        self,
        sources: Sequence[Source],
        bounds: Bounds,
        positions: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        """``positions``: where an earlier pass came to, as its last batch told."""
        self._sources = sources
        self._bounds = bounds
        self._after = {key: after for key, (after, _) in (positions or {}).items()}
        self._reached = {key: reached for key, (_, reached) in (positions or {}).items()}
        self._gatherer = Gatherer()
        self._places = dict(self._after)
        self._parties = Parties()
        self._piece = self._new_piece()

    def size(self) -> int:
        """About how many steps are left, in the sources' own units."""
        return sum(source.size(self._after.get(source.key, 0)) for source in self._sources)

    def done(self) -> int:
        """The steps between where the sources began and where they are."""
        return sum(
            max(0, source.steps(self._after.get(source.key, 0), self._places.get(source.key, 0)))
            for source in self._sources
        )

    def pieces(self, calls: int = BATCH_CALLS) -> Iterator[Piece]:
        """Every complete call, oldest first but for overlaps; the last piece holds what the ends leave.

        Raises:
            ImportSourceError: a source cannot be read.
            InvalidInputError: the zone is plainly another than was said.
        """
        keys, put = [source.key for source in self._sources], self._gatherer.put
        for _, number, row in in_order([self._numbered(number) for number in range(len(keys))]):
            if not put(keys[number], row):
                self._refuse(keys[number], row.place, "a row of a call that was complete long before")
            self._take(self._gatherer.complete())
            if len(self._piece.found) >= calls or self._piece.rows >= BATCH_ROWS:
                yield self._turn()
        self._take(self._gatherer.rest(), at_the_end=True)
        yield self._turn()

    def _numbered(self, number: int) -> Iterator[tuple[float, int, HistoryRow]]:
        """A source's rows, each with its instant; of one instant, those of the earlier source go first."""
        source = self._sources[number]
        for row in source.rows(self._after.get(source.key, 0)):
            self._piece.rows += 1
            if isinstance(row, Refused):
                self._refuse(row.source, row.place, row.reason)
                self._places[source.key] = row.place
            elif row is not None:
                self._places[source.key] = row.place
                yield row.at, number, row

    def _turn(self) -> Piece:
        self._check_zones()
        piece = self._piece
        for source in self._sources:
            oldest = self._gatherer.oldest(source.key)
            place = self._places.get(source.key, 0)
            piece.positions[source.key] = place if oldest is None else min(oldest, place), place
        piece.done = self.done()
        self._piece = self._new_piece()
        return piece

    def _new_piece(self) -> Piece:
        lines, phones = self._parties.learned
        return Piece(found=[], positions={}, rows=0, lines=lines, phones=phones)

    def _check_zones(self) -> None:
        for source in self._sources:
            wrong_s = source.clock.wrong_by_s()
            if wrong_s is not None:
                raise InvalidInputError(
                    f"the times are {wrong_s / 3600:+g} h off the seconds in their unique ids: "
                    "is the time zone that of the PBX? Nothing of these rows was written"
                )

    def _is_remainder(self, call: Gathered) -> bool:
        """Is this the end of a call that an earlier pass wrote, read again because another was not complete then?"""
        if not call.cel or not self._reached:
            return False
        first = call.cel[0]
        return first.event != "CHAN_START" and all(
            place <= self._reached.get(source, -1) for source, place in call.first.items()
        )

    def _refuse(self, source: str, place: int, reason: str) -> None:
        self._piece.found.append(Whole(source=source, place=place, reason=reason))

    def _take(self, calls: Iterator[Gathered], *, at_the_end: bool = False) -> None:
        for call in calls:
            source, place = next(iter(call.first.items()))
            if at_the_end and not call.ended and call.cel:
                self._refuse(source, place, NOT_ENDED)
            elif self._is_remainder(call):
                continue
            elif call.last_at > self._bounds.settled:
                self._refuse(source, place, RECENT)
            else:
                whole = Whole(source=source, place=place, cel=call.cel, cdr=call.cdr, log=call.log)
                self._piece.found.append(whole)
                self._learn(call)

    def _learn(self, call: Gathered) -> None:
        """How the endpoints are used that dial in: whoever tells a later piece knows it, too."""
        for row in call.cel:
            if row.event == "CHAN_START" and row.exten not in ("", "s"):
                technology, _, rest = row.channel.partition("/")
                if technology not in PLUMBING:
                    self._parties.learn_caller(rest.rpartition("-")[0], row.context)
        for record in call.cdr:
            if record.did and not record.channel.startswith("Local/"):
                self._parties.learn_caller(record.channel.partition("/")[2].rpartition("-")[0], FROM_OUTSIDE)


def told(piece: Piece, company: Company, bounds: Bounds) -> Batch:
    """The finished calls of a piece, and what was refused of it."""
    batch = Batch(records=[], refused=[], positions=piece.positions, rows=piece.rows, done=piece.done)
    company.parties.know(piece.lines, piece.phones)
    for each in piece.found:
        reason = each.reason
        if not reason:
            came = tell(each, company)
            inside = [record for record in came.records if bounds.began <= record.started_at < bounds.ended]
            batch.records += inside
            if inside or not (came.reason or came.records):
                continue
            reason = came.reason or OUTSIDE
        batch.refused.append(Refused(source=each.source, place=each.place, reason=reason))
    return batch


class Told(msgspec.Struct, kw_only=True):
    """What one call's rows say: records (several where its rows are of several calls), or why there is none."""

    records: list[CallRecord] = []
    talks: list[Talk] = []
    reason: str = ""


def tell(call: Gathered | Whole, company: Company) -> Told:
    """The records of one call's rows."""
    if not call.cel and not call.cdr:
        return Told()  # the queue log alone: a call that another source would tell
    call.cel.sort(key=_place)
    begun = {row.uniqueid for row in call.cel if row.event == "CHAN_START"}
    if begun or (call.cel and not call.cdr):
        events, stays = with_queue_log(call.cel, call.log)
        records, talks = told_by_events(events, stays, company)
        cut = not begun.issuperset(map(_uniqueid, call.cel))
        filled = [_filled(record, call, cut=cut) for record in records]
        return Told(records=filled, talks=talks, reason="" if records else NO_CALL)
    if is_nobodys(call.cdr, company.parties.is_account):
        return Told(reason=NO_CALL)
    records, talks = told_by_records(call.cdr, call.log, company)
    filled = [_filled(record, call, cut=True) for record in records]
    return Told(records=filled, talks=talks, reason="" if records else NOBODY)


def _filled(record: CallRecord, call: Gathered | Whole, *, cut: bool) -> CallRecord:
    """What the call records know beside: the recording, the business number."""
    story = _with_recordings(record, call.cdr)
    recording = record.recording or next((row.recording for row in call.cdr if row.recording), None)
    business = record.business_number
    if business is None and record.type is CallType.INBOUND:
        dids = [row.did for row in call.cdr] + [line.data[0] for line in call.log if line.event == "DID" and line.data]
        business = next((did for did in dids if did), None)
    elif business is None and record.type is not CallType.INTERNAL:
        business = next((row.presented for row in call.cdr if row.presented), None)
    partial = record.partial or cut
    return msgspec.structs.replace(record, recording=recording, business_number=business, partial=partial, story=story)


def _with_recordings(record: CallRecord, rows: Sequence[CdrRow]) -> tuple[StoryStep, ...]:
    """The story with the recordings that call records name and events do not; a record has the bare name of a file."""
    named = {row.recording.rpartition("/")[2]: row for row in reversed(rows) if row.recording}
    if not named:
        return record.story
    known = {(step.detail or "").rpartition("/")[2] for step in recordings_of(record)}
    steps = [
        StoryStep(at=max(row.at, record.started_at), what=RECORDING, detail=row.recording)
        for name, row in named.items()
        if name not in known
    ]
    return tuple(sorted([*record.story, *steps], key=_at)) if steps else record.story
