"""Reads the past floor, wherever its blocks are: in the store, in files on their way there, or still growing."""

from collections.abc import Iterator

import msgspec

from callfloor.errors import StoreDamagedError, StoreUnreachableError
from callfloor.floor.past import Reading
from callfloor.store.past_blocks import PastBlocks, Span, Surveyed
from callfloor.store.past_writer import PastWriter


class Unknown(msgspec.Struct, frozen=True):
    """A stretch that nobody watched; None: there is nothing before, or nothing after."""

    from_ms: int | None
    to_ms: int | None


class Piece(msgspec.Struct, frozen=True):
    """A stretch of time: known, with its block's reading at the beginning of it, or not known (None)."""

    from_ms: int
    to_ms: int  # not part of it
    reading: Reading | None


class PastReader:
    """One project's past floor, to be read. Blocking: call it through ``Store.run``."""

    def __init__(self, blocks: PastBlocks, writer: PastWriter | None) -> None:
        self._blocks = blocks
        self._writer = writer

    def first(self) -> int | None:
        """Since when something is known."""
        known = [span.began_ms for span in self._local()]
        stored = self._blocks.first()
        return min(known if stored is None else [stored, *known], default=None)

    def at(self, at_ms: int) -> Reading | Unknown:
        """The floor at an instant, or the stretch around it that is not known.

        Raises:
            StoreError: what is kept of it cannot be read.
        """
        span = self._last(at_ms)
        reading = None if span is None or at_ms >= span.ended_ms else self._open(span)
        if reading is not None:
            reading.go(at_ms)
            return reading
        return Unknown(None if span is None else span.ended_ms, self._next(at_ms))

    def pieces(self, from_ms: int, to_ms: int) -> Iterator[Piece]:
        """A stretch of time in pieces, in order; a reading must be used before the next piece is asked for."""
        at_ms = from_ms
        while at_ms < to_ms:
            span = self._last(at_ms)
            reading = None if span is None or at_ms >= span.ended_ms else self._open(span)
            following = self._next(at_ms)
            ends = to_ms if following is None else min(to_ms, following)
            if span is not None and reading is not None:
                ends = min(ends, span.ended_ms)
                reading.go(at_ms)
            yield Piece(at_ms, ends, reading)
            at_ms = ends

    def spans(self, from_ms: int, to_ms: int) -> list[Surveyed]:
        """What is known of a stretch of time, with what happened in it, in order."""
        found = {each.span.began_ms: each for each in self._blocks.surveys(from_ms, to_ms)}
        for each in self._writer.surveys() if self._writer is not None else []:
            if each.span.began_ms < to_ms and each.span.ended_ms > from_ms:
                found[each.span.began_ms] = each
        return [found[began] for began in sorted(found)]

    def eventful(self, at_ms: int, *, employees: bool, back: bool, most: int) -> list[Span]:
        """Stretches with events, the nearest first: the one of this instant, then those after it, or before."""
        begins, ends = (0, at_ms + 1) if back else (at_ms, 1 << 62)
        found = {
            span.began_ms: span
            for span in self._blocks.eventful(begins, ends, employees=employees, back=back, most=most)
        }
        for each in self._writer.surveys() if self._writer is not None else []:
            events = each.survey.employee_events if employees else each.survey.call_events
            if begins <= each.span.began_ms < ends and events:
                found[each.span.began_ms] = each.span
        own = self._last(at_ms)
        if own is not None and own.ended_ms > at_ms:
            found[own.began_ms] = own
        return [found[began] for began in sorted(found, reverse=back)][:most]

    def read(self, span: Span) -> Reading | None:
        """A stretch from its beginning; None where it is not kept any more."""
        return self._open(span)

    def _local(self) -> list[Span]:
        return [] if self._writer is None else self._writer.spans()

    def _last(self, at_ms: int) -> Span | None:
        """The stretch that has this instant, or else the last one before it."""
        some = [span for span in self._local() if span.began_ms <= at_ms]
        stored = self._blocks.at(at_ms)
        return max(some if stored is None else [*some, stored], key=lambda span: span.began_ms, default=None)

    def _next(self, at_ms: int) -> int | None:
        """When the first stretch after this instant begins."""
        some = [span.began_ms for span in self._local() if span.began_ms > at_ms]
        stored = self._blocks.after(at_ms)
        return min(some if stored is None else [*some, stored.began_ms], default=None)

    def _open(self, span: Span) -> Reading | None:
        try:
            text = None if self._writer is None else self._writer.text(span.began_ms)
        except OSError:
            raise StoreUnreachableError("a stretch of the past floor cannot be read from the disk") from None
        text = self._blocks.text(span) if text is None else text
        try:
            return None if text is None else Reading(text, span.began_ms)
        except (ValueError, KeyError, TypeError):
            raise StoreDamagedError("a stretch of the past floor cannot be read") from None
