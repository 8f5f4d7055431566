"""The voicemail journal: every message that lay in the spool, and what became of it. Bound to one project.

A message is one row for ever, by its key. Whose it is, is who has the box's account now: who takes over a box takes
over what lies in it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from callfloor.errors import NotFoundError
from callfloor.floor.messages import NEW_FOLDERS, VoicemailMessage
from callfloor.store import message_pages as pages
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.media_tables import voicemails
from callfloor.store.message_pages import MessageSight, MessageSort, Owners
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, calls, departments, employees
from callfloor.store.texts import kept, kept_or_none
from callfloor.store.voicemail_rows import (
    VoicemailFilter,
    VoicemailPage,
    VoicemailRow,
    conditions,
    row_of,
    values_of,
)

_CHUNK = 400
_LONGEST_CALL_MS = 6 * 3_600_000  # before a message is left
_MOMENT_MS = 2_000  # a spool's seconds are whole, and the PBX's clock is its own
_TIE = (voicemails.c.left_at, voicemails.c.id)
_OWNERS = Owners(employees.c.id, employees.c.department_id)


_SORTS: dict[str, ColumnElement[Any]] = {
    "at": voicemails.c.left_at,
    "duration": voicemails.c.duration_ms,
    "box": voicemails.c.box,
    "caller": voicemails.c.caller_number,
    "folder": voicemails.c.folder,
    "employee": employees.c.name,
}
VOICEMAIL_SORTS = tuple(_SORTS)


class Voicemails(pages.Marked):
    """One project's voicemail. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope, voicemails)

    # --- from the spool -----------------------------------------------------------------------------------------

    def present(self) -> frozenset[str]:
        """The keys of the messages that were there when the spool was last looked at."""
        with self._scope.reading() as connection:
            there = select(voicemails.c.message_key).where(
                self._scope.within(voicemails), voicemails.c.gone_at.is_(None)
            )
            return frozenset(connection.execute(there).scalars())

    def apply(
        self,
        put: Sequence[VoicemailMessage],
        gone: Sequence[str],
        *,
        at: float,
        calls_of: Mapping[str, str],
        e164: Callable[[str | None], str | None],
    ) -> int:
        """Write down what a look at the spool found, in one transaction; returns how many rows changed.

        Args:
            put: messages that are there, as they lie now.
            gone: keys of those that are not any more.
            at: when it was found.
            calls_of: by key, the call in which a message was left, where that is known.
            e164: reads a number.

        Raises:
            RowRefusedError: an instant is out of range; nothing was written.
            StoreError: the database refused; nothing was written.
        """
        changed = 0
        at_ms = to_ms(at)
        with self._scope.writing() as connection:
            for start in range(0, len(put), _CHUNK):
                changed += self._put(connection, put[start : start + _CHUNK], at_ms, calls_of, e164)
            for start in range(0, len(gone), _CHUNK):
                these = voicemails.c.message_key.in_([kept(key) for key in gone[start : start + _CHUNK]])
                there = self._scope.within(voicemails) & these & voicemails.c.gone_at.is_(None)
                changed += connection.execute(update(voicemails).where(there).values(gone_at=at_ms)).rowcount
        return changed

    def _put(
        self,
        connection: Connection,
        put: Sequence[VoicemailMessage],
        at_ms: int,
        calls_of: Mapping[str, str],
        e164: Callable[[str | None], str | None],
    ) -> int:
        wanted = [kept(message.key) for message in put]
        found = select(voicemails).where(self._scope.within(voicemails), voicemails.c.message_key.in_(wanted))
        known = {row.message_key: row for row in connection.execute(found)}
        new: list[dict[str, Any]] = []
        changed = 0
        for message in put:
            values = values_of(message, e164)
            before = known.get(values["message_key"])
            call_id = calls_of.get(message.key)
            if before is None:
                call_id = call_id or self._call_of(connection, message)
                row = {"project_id": self._scope.project_id, "seen_at": at_ms, "call_id": kept_or_none(call_id)}
                new.append({**row, **values, "heard_at": None, "gone_at": None})
                continue
            values["gone_at"] = None
            if before.folder in NEW_FOLDERS and message.folder not in NEW_FOLDERS:
                values["heard_at"] = at_ms
            if call_id is not None and before.call_id is None:
                values["call_id"] = kept(call_id)
            if any(getattr(before, name) != value for name, value in values.items()):
                this = self._scope.within(voicemails) & (voicemails.c.id == before.id)
                connection.execute(update(voicemails).where(this).values(**values))
                changed += 1
        if new:
            connection.execute(insert(voicemails), new)
        return changed + len(new)

    def _call_of(self, connection: Connection, message: VoicemailMessage) -> str | None:
        """The one call of this number that was going on when the message was left, where it is written already."""
        if message.caller_number is None:
            return None
        left = to_ms(message.left_at)
        found = (
            select(calls.c.call_id)
            .where(self._scope.within(calls), calls.c.client_number == kept(message.caller_number))
            .where(calls.c.id >= (left - _LONGEST_CALL_MS) * 4096, calls.c.id <= (left + _MOMENT_MS) * 4096)
            .where(calls.c.ended_at >= left - _MOMENT_MS)
            .limit(2)
        )
        one = connection.execute(found).scalars().all()
        return one[0] if len(one) == 1 else None

    def link(self, call_id: str, caller_number: str, began_at: float, ended_at: float) -> int:
        """A call that ended in voicemail: the messages its caller left while it went on are its own."""
        with self._scope.writing() as connection:
            theirs = (
                self._scope.within(voicemails)
                & voicemails.c.call_id.is_(None)
                & (voicemails.c.caller_number == kept(caller_number))
                & (voicemails.c.left_at >= to_ms(began_at) - _MOMENT_MS)
                & (voicemails.c.left_at <= to_ms(ended_at) + _MOMENT_MS)
            )
            return connection.execute(update(voicemails).where(theirs).values(call_id=kept(call_id))).rowcount

    # --- reading ------------------------------------------------------------------------------------------------

    def page(
        self, wanted: VoicemailFilter, sort: MessageSort, sight: MessageSight, *, limit: int, cursor: str | None = None
    ) -> VoicemailPage:
        """Some messages in this order.

        Raises:
            InvalidInputError: the limit is not 1–500, the order or the cursor is not one of ours, a part is too short.
        """
        query = self._of(sight).where(*conditions(wanted))
        rows, more, total = pages.page(self._scope, query, _SORTS.get(sort.key), _TIE, sort, limit=limit, cursor=cursor)
        return VoicemailPage(messages=tuple(row_of(row) for row in rows), next_cursor=more, total=total)

    def get(self, message_id: int, sight: MessageSight) -> VoicemailRow:
        """One message.

        Raises:
            NotFoundError: there is none of this id, or none that is in sight.
        """
        return row_of(self._one(message_id, sight))

    def message(self, message_id: int, sight: MessageSight) -> VoicemailMessage:
        """Where a message lay when it was last looked at.

        Raises:
            NotFoundError: as ``get``.
        """
        row = self._one(message_id, sight)
        return VoicemailMessage(
            key=row.message_key,
            context=row.context,
            box=row.box,
            folder=row.folder,
            place=row.place,
            sound=row.sound,
            bytes=row.bytes,
            caller_number=row.caller_number,
            caller_name=row.caller_name,
            channel=None,
            left_at=to_s(row.left_at),
            duration_s=to_s_or_none(row.duration_ms),
        )

    def boxes(self, sight: MessageSight) -> tuple[str, ...]:
        """The numbers of all boxes in sight that ever had a message."""
        query = self._of(sight).with_only_columns(voicemails.c.box, maintain_column_froms=True).distinct()
        with self._scope.reading() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def _one(self, message_id: int, sight: MessageSight) -> Row[Any]:
        with self._scope.reading() as connection:
            row = connection.execute(self._of(sight).where(voicemails.c.id == message_id)).first()
        if row is None:
            raise NotFoundError("There is no such message.")
        return row

    def _of(self, sight: MessageSight) -> Select[Any]:
        within = self._scope.within
        query = (
            select(
                voicemails,
                employees.c.id.label("employee_id"),
                employees.c.name.label("employee_name"),
                employees.c.department_id.label("department_id"),
                departments.c.name.label("department_name"),
            )
            .outerjoin_from(voicemails, accounts, within(accounts) & (accounts.c.account == voicemails.c.box))
            .outerjoin(employees, within(employees) & (employees.c.id == accounts.c.employee_id))
            .outerjoin(departments, within(departments) & (departments.c.id == employees.c.department_id))
            .where(within(voicemails))
        )
        return query if sight.all else query.where(_OWNERS.seen(sight))
