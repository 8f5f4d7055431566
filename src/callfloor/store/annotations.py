"""What people say of finished calls: notes, tags, a success or spam by hand. Bound to one project.

A call that is written again keeps them, under whatever key it then has.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.store.block_writer import fold_some, freshen
from callfloor.store.instants import to_ms
from callfloor.store.journal_rows import CallNote
from callfloor.store.journal_tables import call_hands, call_notes, call_tags
from callfloor.store.rollups import kept_days
from callfloor.store.scope import Scope
from callfloor.store.tables import calls
from callfloor.store.texts import can_be_kept
from callfloor.store.upserts import keep, put
from callfloor.store.words import words_with

LONGEST_NOTE = 4000
LONGEST_TAG = 60
MOST_TAGS = 30  # of one call


class Annotations:
    """One project's notes, tags and marks by hand. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add_note(self, call_id: str, user_id: int | None, user_name: str | None, text: str, at: float) -> CallNote:
        """Somebody wrote something about a call.

        Raises:
            NotFoundError: there is no such call.
            InvalidInputError: the text is empty or over 4,000 characters.
        """
        text = _checked(text, LONGEST_NOTE, "a note")
        scope = self._scope
        with scope.writing() as connection:
            kept_days(connection, scope)
            row = {
                "call": _key(connection, scope, call_id),
                "at": to_ms(at),
                "user_id": user_id,
                "user_name": user_name,
                "text": text,
            }
            made = connection.execute(insert(call_notes), {"project_id": scope.project_id, **row})
            number = _number(made)
            return CallNote(id=number, at=to_ms(at) / 1000, user_id=user_id, user_name=user_name, text=text)

    def note(self, note_id: int) -> tuple[str, CallNote]:
        """A note, and the call it is of.

        Raises:
            NotFoundError: there is no such note.
        """
        scope, note = self._scope, call_notes.c
        with scope.reading() as connection:
            found = connection.execute(
                select(call_notes, calls.c.call_id)
                .join_from(call_notes, calls, scope.within(calls) & (calls.c.id == note.call))
                .where(scope.within(call_notes), note.id == note_id)
            ).one_or_none()
        if found is None:
            raise NotFoundError
        return found.call_id, CallNote(
            id=found.id, at=found.at / 1000, user_id=found.user_id, user_name=found.user_name, text=found.text
        )

    def remove_note(self, note_id: int) -> None:
        """Take a note away.

        Raises:
            NotFoundError: there is no such note.
        """
        with self._scope.writing() as connection:
            this = self._scope.within(call_notes), call_notes.c.id == note_id
            if not connection.execute(delete(call_notes).where(*this)).rowcount:
                raise NotFoundError

    def set_tags(self, call_id: str, tags: Collection[str]) -> tuple[str, ...]:
        """The call has these tags from now on, and no others; as they are kept.

        Raises:
            NotFoundError: there is no such call.
            InvalidInputError: a tag is empty or over 60 characters, or there are more than 30.
        """
        wanted = sorted({_checked(tag, LONGEST_TAG, "a tag") for tag in tags})
        if len(wanted) > MOST_TAGS:
            raise InvalidInputError(f"a call has at most {MOST_TAGS} tags")
        scope = self._scope
        with scope.writing() as connection:
            kept_days(connection, scope)
            key = _key(connection, scope, call_id)
            connection.execute(delete(call_tags).where(scope.within(call_tags), call_tags.c.call == key))
            keep(connection, call_tags, [{"project_id": scope.project_id, "call": key, "tag": tag} for tag in wanted])
            words_with(connection, scope, wanted)
            _changed(connection, scope, key)
        return tuple(wanted)

    def set_success(self, call_id: str, success: bool | None) -> None:  # noqa: FBT001 - what somebody said
        """Successful or not, whatever the setting makes of it; None: nobody says.

        Raises:
            NotFoundError: there is no such call.
        """
        self._say(call_id, "success", success)

    def set_spam(self, call_id: str, spam: bool | None) -> None:  # noqa: FBT001 - what somebody said
        """This very call is spam or is not, whatever the list says; None: nobody says.

        Raises:
            NotFoundError: there is no such call.
        """
        self._say(call_id, "spam", spam)

    def tags(self) -> tuple[str, ...]:
        """All tags in use."""
        with self._scope.reading() as connection:
            found = select(call_tags.c.tag).where(self._scope.within(call_tags)).distinct()
            return tuple(sorted(connection.execute(found).scalars()))

    def _say(self, call_id: str, what: str, said: bool | None) -> None:  # noqa: FBT001 - as above
        scope = self._scope
        with scope.writing() as connection:
            kept_days(connection, scope)
            key = _key(connection, scope, call_id)
            row = {"project_id": scope.project_id, "call": key, "success": None, "spam": None, what: said}
            put(connection, call_hands, [row], [what])
            _changed(connection, scope, key)


def notes_of(connection: Connection, scope: Scope, key: int) -> tuple[CallNote, ...]:
    """What was written about a call, the oldest first."""
    note = call_notes.c
    found = connection.execute(
        select(call_notes).where(scope.within(call_notes), note.call == key).order_by(note.at, note.id)
    )
    return tuple(
        CallNote(id=row.id, at=row.at / 1000, user_id=row.user_id, user_name=row.user_name, text=row.text)
        for row in found
    )


def take_along(connection: Connection, scope: Scope, moved: Mapping[int, int]) -> None:
    """What was said of these calls goes with them to their new keys; two may change places."""
    if not moved:
        return
    # By way of keys that no call has, for a new key may be another one's old one.
    for table in (call_notes, call_tags, call_hands):
        there = connection.execute(
            select(table.c.call).where(scope.within(table), table.c.call.in_(list(moved))).distinct()
        ).scalars()
        steps = [(old, -old - 1, moved[old]) for old in there]
        for rows in ([(old, away) for old, away, _ in steps], [(away, new) for _, away, new in steps]):
            if rows:
                connection.execute(
                    update(table)
                    .where(scope.within(table), table.c.call == bindparam("this"))
                    .values(call=bindparam("that")),
                    [{"this": this, "that": that} for this, that in rows],
                )


def _key(connection: Connection, scope: Scope, call_id: str) -> int:
    if not can_be_kept(call_id):
        raise NotFoundError
    found = connection.execute(select(calls.c.id).where(scope.within(calls), calls.c.call_id == call_id)).scalar()
    if found is None:
        raise NotFoundError
    return int(found)


def _changed(connection: Connection, scope: Scope, key: int) -> None:
    freshen(connection, scope, [key])
    fold_some(connection, scope)


def _checked(text: str, longest: int, what: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= longest or not can_be_kept(text):
        raise InvalidInputError(f"{what} has 1 to {longest:,} characters")
    return text


def _number(made: Any) -> int:
    return int(made.inserted_primary_key[0])
