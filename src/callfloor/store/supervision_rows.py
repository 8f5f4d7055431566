"""A session of supervision between structs and rows, and what sessions are looked for by."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Row

from callfloor.errors import InvalidInputError
from callfloor.floor.supervisions import Ending, Followed, Mode, ModeStretch, SupervisionRecord, Way
from callfloor.store.instants import to_ms, to_ms_or_none, to_s, to_s_or_none
from callfloor.store.texts import can_be_kept, kept


class SupervisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions; what is None does not matter."""

    started_from: float | None = None
    started_to: float | None = None  # before this instant
    user_ids: frozenset[int] | None = None
    employee_ids: frozenset[int] | None = None  # any of them was supervised in it
    modes: frozenset[Mode] | None = None  # it was in any of these at some time
    ways: frozenset[Way] | None = None
    endings: frozenset[Ending] | None = None
    call_id: str | None = None


EVERY = SupervisionFilter()


class SupervisionPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some sessions, the latest begun first."""

    records: tuple[SupervisionRecord, ...]
    next_cursor: str | None  # None: there are no more


def part_row(project_id: int, supervision_id: str, part: int, stretch: ModeStretch | Followed) -> dict[str, Any]:
    """What every stretch's row has."""
    return {
        "project_id": project_id,
        "supervision": kept(supervision_id),
        "part": part,
        "began_at": to_ms(stretch.began_at),
        "ended_at": to_ms_or_none(stretch.ended_at),
    }


def record_of(row: Row[Any], modes: Iterable[Row[Any]], followed: Iterable[Row[Any]]) -> SupervisionRecord:
    """A record of its row and those of its stretches."""
    return SupervisionRecord(
        id=row.id,
        user_id=row.user_id,
        user_name=row.user_name,
        call_id=row.call_id,
        way=Way(row.way),
        phone=row.phone,
        reason=row.reason,
        started_at=to_s(row.started_at),
        connected_at=to_s_or_none(row.connected_at),
        ended_at=to_s_or_none(row.ended_at),
        modes=tuple(
            ModeStretch(
                mode=Mode(each.mode),
                muted=each.muted,
                began_at=to_s(each.began_at),
                ended_at=to_s_or_none(each.ended_at),
            )
            for each in modes
        ),
        followed=tuple(
            Followed(
                employee_id=each.employee_id,
                account=each.account,
                began_at=to_s(each.began_at),
                ended_at=to_s_or_none(each.ended_at),
            )
            for each in followed
        ),
        ending=None if row.ending is None else Ending(row.ending),
        ending_detail=row.ending_detail,
    )


def words(values: Iterable[Any]) -> list[str]:
    """As they are kept."""
    return sorted(map(str, values))


def place_of(cursor: str) -> tuple[int, str]:
    """Where a page goes on.

    Raises:
        InvalidInputError: the cursor is not one that a page gave.
    """
    ms, _, after = cursor.partition(".")
    if not (ms.isascii() and ms.isdigit() and len(ms) <= 15 and after and can_be_kept(after)):
        raise InvalidInputError("the cursor is not one that a page gave")
    return int(ms), after
