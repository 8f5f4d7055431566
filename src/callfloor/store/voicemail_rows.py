"""Voicemail as the journal asks for it, answers and keeps it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Row, and_, or_
from sqlalchemy.sql.elements import ColumnElement

from callfloor.floor.messages import NEW_FOLDERS, VoicemailMessage
from callfloor.store import message_pages as pages
from callfloor.store.instants import to_ms, to_ms_or_none, to_s, to_s_or_none
from callfloor.store.media_tables import voicemails
from callfloor.store.tables import employees
from callfloor.store.texts import kept, kept_or_none


class VoicemailState(StrEnum):
    """What became of a message."""

    NEW = "new"
    HEARD = "heard"
    GONE = "gone"  # deleted at the PBX


class VoicemailFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages: those left in ``[left_from, left_to)`` that hold all that follows. None says nothing."""

    left_from: float
    left_to: float
    boxes: frozenset[str] | None = None
    employee_ids: frozenset[int] | None = None
    department_ids: frozenset[int] | None = None
    states: frozenset[VoicemailState] | None = None
    handled: bool | None = None
    part: str | None = None  # of the caller's number or name
    call_id: str | None = None  # that it was left in


class VoicemailRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the journal; names as now."""

    id: int
    context: str
    box: str
    folder: str  # where it lies, or last lay
    state: VoicemailState
    caller_number: str | None
    caller_e164: str | None
    caller_name: str | None
    left_at: float
    duration_s: float | None
    employee_id: int | None  # whose account the box's number is
    employee_name: str | None
    department_id: int | None
    department_name: str | None
    call_id: str | None
    playable: bool  # it lies in the spool, with a sound
    bytes: int
    seen_at: float
    heard_at: float | None
    gone_at: float | None
    handled_at: float | None
    handled_by: str | None
    note: str | None


class VoicemailPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some messages, and how many there are in all."""

    messages: tuple[VoicemailRow, ...]
    next_cursor: str | None
    total: int


def conditions(wanted: VoicemailFilter) -> list[ColumnElement[bool]]:
    """What a filter asks of a query on voicemail joined with its owners."""
    column = voicemails.c
    found = [column.left_at >= to_ms(wanted.left_from), column.left_at < to_ms(wanted.left_to)]
    if wanted.boxes is not None:
        found.append(column.box.in_(sorted(wanted.boxes)))
    if wanted.employee_ids is not None:
        found.append(employees.c.id.in_(sorted(wanted.employee_ids)))
    if wanted.department_ids is not None:
        found.append(employees.c.department_id.in_(sorted(wanted.department_ids)))
    if wanted.states is not None:
        new = column.folder.in_(sorted(NEW_FOLDERS))
        there = column.gone_at.is_(None)
        of = {
            VoicemailState.NEW: and_(there, new),
            VoicemailState.HEARD: and_(there, ~new),
            VoicemailState.GONE: ~there,
        }
        found.append(or_(*(of[state] for state in VoicemailState if state in wanted.states)))
    if wanted.handled is not None:
        found.append(column.handled_at.is_not(None) if wanted.handled else column.handled_at.is_(None))
    if wanted.part is not None:
        found.append(pages.part_within(column.caller_search, wanted.part))
    if wanted.call_id is not None:
        found.append(column.call_id == wanted.call_id)
    return found


def values_of(message: VoicemailMessage, e164: Callable[[str | None], str | None]) -> dict[str, Any]:
    """A message as a row, but for what only the journal knows."""
    read = e164(message.caller_number)
    return {
        "message_key": kept(message.key),
        "context": kept(message.context),
        "box": kept(message.box),
        "folder": kept(message.folder),
        "place": kept(message.place),
        "sound": message.sound,
        "bytes": message.bytes,
        "caller_number": kept_or_none(message.caller_number),
        "caller_e164": read,
        "caller_name": kept_or_none(message.caller_name),
        "caller_search": pages.searched(message.caller_number, read, message.caller_name),
        "left_at": to_ms(message.left_at),
        "duration_ms": to_ms_or_none(message.duration_s),
    }


def row_of(row: Row[Any]) -> VoicemailRow:
    """A row as it is answered."""
    state = VoicemailState.HEARD
    if row.gone_at is not None:
        state = VoicemailState.GONE
    elif row.folder in NEW_FOLDERS:
        state = VoicemailState.NEW
    return VoicemailRow(
        id=row.id,
        context=row.context,
        box=row.box,
        folder=row.folder,
        state=state,
        caller_number=row.caller_number,
        caller_e164=row.caller_e164,
        caller_name=row.caller_name,
        left_at=to_s(row.left_at),
        duration_s=to_s_or_none(row.duration_ms),
        employee_id=row.employee_id,
        employee_name=row.employee_name,
        department_id=row.department_id,
        department_name=row.department_name,
        call_id=row.call_id,
        playable=row.gone_at is None and row.sound is not None,
        bytes=row.bytes,
        seen_at=to_s(row.seen_at),
        heard_at=to_s_or_none(row.heard_at),
        gone_at=to_s_or_none(row.gone_at),
        handled_at=to_s_or_none(row.handled_at),
        handled_by=row.handled_by,
        note=row.note,
    )
