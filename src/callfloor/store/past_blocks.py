"""The past floor's blocks in the database. Bound to one project."""

import lzma
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select

from callfloor.errors import StoreDamagedError
from callfloor.floor.past_survey import Survey
from callfloor.store.past_tables import past_blocks
from callfloor.store.scope import Scope
from callfloor.store.tables import projects

_DELETED_AT_ONCE = 100
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 8 * 1024 * 1024}]
"""Rows come again minutes later, a megabyte away: a window of 32 KB (deflate) would not see them."""

_known = past_blocks.c
_survey = msgspec.json.Decoder(Survey)


class Span(msgspec.Struct, frozen=True):
    """A stretch that is known, in milliseconds; ``ended_ms`` is not part of it unless nothing follows."""

    began_ms: int
    ended_ms: int


class Surveyed(msgspec.Struct, frozen=True):
    """A stretch that is known, with what happened in it."""

    span: Span
    survey: Survey


class Packed(msgspec.Struct, frozen=True):
    """A block as it is kept."""

    span: Span
    survey: Survey
    content: bytes


def packed(text: bytes) -> bytes:
    """A block's lines, compressed."""
    return lzma.compress(text, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=_FILTERS)


def unpacked(content: bytes) -> bytes:
    """A block's lines.

    Raises:
        StoreDamagedError: they cannot be read.
    """
    try:
        return lzma.decompress(content, format=lzma.FORMAT_XZ)
    except lzma.LZMAError:
        raise StoreDamagedError("a stretch of the past floor cannot be read") from None


class PastBlocks:
    """One project's past floor. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put(self, block: Packed) -> None:
        """Keep a block; one that is kept already stays as it is.

        Raises:
            StoreError: the database refused.
        """
        scope = self._scope
        with scope.writing() as connection:
            there = select(_known.began_at).where(scope.within(past_blocks), _known.began_at == block.span.began_ms)
            if connection.execute(there).first() is not None:
                return
            connection.execute(
                insert(past_blocks),
                [
                    {
                        "project_id": scope.project_id,
                        "began_at": block.span.began_ms,
                        "ended_at": block.span.ended_ms,
                        "call_events": block.survey.call_events,
                        "employee_events": block.survey.employee_events,
                        "minutes": msgspec.json.encode(block.survey).decode(),
                        "content": block.content,
                    }
                ],
            )

    def at(self, at_ms: int) -> Span | None:
        """The stretch that has this instant, or else the last one before it; None where there is none."""
        scope = self._scope
        asked = (
            select(_known.began_at, _known.ended_at)
            .where(scope.within(past_blocks), _known.began_at <= at_ms)
            .order_by(_known.began_at.desc())
            .limit(1)
        )
        with scope.reading() as connection:
            row = connection.execute(asked).first()
        return None if row is None else Span(row.began_at, row.ended_at)

    def after(self, at_ms: int) -> Span | None:
        """The first stretch that begins after this instant."""
        scope = self._scope
        asked = (
            select(_known.began_at, _known.ended_at)
            .where(scope.within(past_blocks), _known.began_at > at_ms)
            .order_by(_known.began_at)
            .limit(1)
        )
        with scope.reading() as connection:
            row = connection.execute(asked).first()
        return None if row is None else Span(row.began_at, row.ended_at)

    def text(self, span: Span) -> bytes | None:
        """The lines of a stretch; None where it is not kept any more.

        Raises:
            StoreDamagedError: they cannot be read.
        """
        # Nothing is remembered of what was read: a client who is erased is erased from the next answer on.
        scope = self._scope
        asked = select(_known.content).where(scope.within(past_blocks), _known.began_at == span.began_ms)
        with scope.reading() as connection:
            content = connection.execute(asked).scalar()
        return None if content is None else unpacked(content)

    def spans(self, begins_ms: int, ends_ms: int) -> list[Span]:
        """What is known of a stretch of time, in order."""
        scope = self._scope
        asked = (
            select(_known.began_at, _known.ended_at)
            .where(scope.within(past_blocks), _known.began_at >= self._from(begins_ms), _known.began_at < ends_ms)
            .order_by(_known.began_at)
        )
        with scope.reading() as connection:
            return [Span(row.began_at, row.ended_at) for row in connection.execute(asked)]

    def surveys(self, begins_ms: int, ends_ms: int) -> list[Surveyed]:
        """As ``spans``, with what happened in each."""
        scope = self._scope
        asked = (
            select(_known.began_at, _known.ended_at, _known.minutes)
            .where(scope.within(past_blocks), _known.began_at >= self._from(begins_ms), _known.began_at < ends_ms)
            .order_by(_known.began_at)
        )
        with scope.reading() as connection:
            return [_surveyed(row) for row in connection.execute(asked)]

    def eventful(self, begins_ms: int, ends_ms: int, *, employees: bool, back: bool, most: int) -> list[Span]:
        """Stretches that begin in this time and have events, the nearest first (from the end on, ``back``)."""
        scope = self._scope
        events = _known.employee_events if employees else _known.call_events
        order = _known.began_at.desc() if back else _known.began_at
        asked = (
            select(_known.began_at, _known.ended_at)
            .where(scope.within(past_blocks), _known.began_at >= begins_ms, _known.began_at < ends_ms, events > 0)
            .order_by(order)
            .limit(most)
        )
        with scope.reading() as connection:
            return [Span(row.began_at, row.ended_at) for row in connection.execute(asked)]

    def first(self) -> int | None:
        """Since when something is known."""
        with self._scope.reading() as connection:
            asked = select(func.min(_known.began_at)).where(self._scope.within(past_blocks))
            return connection.execute(asked).scalar()

    def delete_before(self, at: float) -> int:
        """Forget what ended before an instant, in small steps; how many blocks that was.

        Raises:
            StoreError: the database refused; what went before that is gone.
        """
        gone = 0
        while some := self._oldest(round(at * 1000)):
            with self._scope.writing() as connection:
                these = self._scope.within(past_blocks), _known.began_at.in_(some)
                gone += connection.execute(delete(past_blocks).where(*these)).rowcount
        return gone

    def forget(self, before: float) -> int:
        """As ``delete_before``; and what is older than the oldest calls that are kept goes too.

        Raises:
            StoreError: the database refused; what went before that is gone.
        """
        with self._scope.reading() as connection:
            asked = select(projects.c.calls_kept_from).where(projects.c.id == self._scope.project_id)
            kept_from = connection.execute(asked).scalar()
        return self.delete_before(before if kept_from is None else max(before, kept_from / 1000))

    def bytes_kept(self) -> int:
        """How much disk the blocks take, nearly."""
        with self._scope.reading() as connection:
            asked = select(func.coalesce(func.sum(func.length(_known.content) + func.length(_known.minutes)), 0))
            return int(connection.execute(asked.where(self._scope.within(past_blocks))).scalar_one())

    def _oldest(self, before_ms: int) -> Sequence[int]:
        asked = (
            select(_known.began_at)
            .where(self._scope.within(past_blocks), _known.began_at < before_ms, _known.ended_at < before_ms)
            .order_by(_known.began_at)
            .limit(_DELETED_AT_ONCE)
        )
        with self._scope.reading() as connection:
            return connection.execute(asked).scalars().all()

    def _from(self, begins_ms: int) -> int:
        """Where the stretch begins that has this instant."""
        found = self.at(begins_ms)
        return begins_ms if found is None else found.began_ms


def _surveyed(row: Any) -> Surveyed:
    try:
        return Surveyed(Span(row.began_at, row.ended_at), _survey.decode(row.minutes))
    except msgspec.MsgspecError:
        raise StoreDamagedError("a stretch of the past floor cannot be read") from None
