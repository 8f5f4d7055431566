"""One client's data taken out, everywhere that the database has it (docs/decisions/0162). It cannot be undone.

The client's number becomes a pseudonym of the same form, which is nobody's: ``+000`` and ten digits (no country has
the code 000). So everything that is counted stays as it was: calls, marks, sums, charts; and nobody can say whose they
are. What people wrote about the client's calls goes; where the number stands in other words it is replaced.

Small transactions, each of which can be made again: whoever is killed begins anew with the same number and pseudonym.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, Table, delete, or_, select, update

from callfloor.store.block_writer import fold_all, freshen
from callfloor.store.callback_books import hold, turn
from callfloor.store.client_search import blank
from callfloor.store.cost_tables import callback_changes, callback_closings, callbacks
from callfloor.store.heads import turn_head
from callfloor.store.history_tables import audit
from callfloor.store.job_tables import jobs
from callfloor.store.jobs import UNENDED
from callfloor.store.journal_tables import call_notes, call_tags, call_words, clients, spam_numbers
from callfloor.store.media_tables import faxes, voicemails
from callfloor.store.past_blocks import packed, unpacked
from callfloor.store.past_tables import past_blocks
from callfloor.store.report_tables import deliveries
from callfloor.store.report_tables import report_schedules as schedules
from callfloor.store.rollups import kept_days
from callfloor.store.scope import Scope
from callfloor.store.spelled import Number
from callfloor.store.supervision_tables import supervisions
from callfloor.store.tables import call_externals, calls

_CALLS_AT_ONCE = 100
_ROWS_AT_ONCE = 500
Progress = Callable[[int, int | None], None]


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What went of a client."""

    calls: int
    notes: int
    messages: int  # voicemail and faxes, whose rows stay without a name or a number
    files: tuple[str, ...]  # of faxes, ours; to be deleted
    mentions: int  # rows of other things that had the number in them


class Erasure:
    """One client of one project, taken out. Blocking."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def forms(self, e164: str) -> tuple[str, ...]:
        """As what the PBX gave this number, in calls and messages."""
        with self._scope.reading() as connection:
            found = set()
            for table, number, known in (
                (calls, calls.c.client_number, calls.c.client_e164),
                (voicemails, voicemails.c.caller_number, voicemails.c.caller_e164),
                (faxes, faxes.c.number, faxes.c.e164),
            ):
                asked = select(number).distinct().where(self._scope.within(table), known == e164)
                found |= set(connection.execute(asked).scalars())
        return tuple(sorted(each for each in found if each))

    def callbacks(self, e164: str) -> list[dict[str, Any]]:
        """The client's stretches on the list of clients to call back, and closings by hand."""
        found: list[dict[str, Any]] = []
        with self._scope.reading() as connection:
            for table in (callbacks, callback_closings):
                asked = select(table).where(self._scope.within(table), table.c.client_e164 == e164)
                found += [dict(row) for row in connection.execute(asked).mappings()]
        return found

    def erase(self, e164: str, name: str, progress: Progress) -> Erased:
        """Take the client out; ``name`` is the pseudonym, the same where it is done once more.

        Raises:
            InvalidInputError: it is no number.
            JobCancelledError, JobInterruptedError: as ``progress`` does; what is done by then is done.
            StoreError: the database refused.
        """
        number = Number(e164, self.forms(e164))
        keys = self._calls(e164, number)
        of = len(keys) + 1
        mentions = self._past(keys, number, name, lambda: progress(0, of))
        notes = 0
        for start in range(0, len(keys), _CALLS_AT_ONCE):
            progress(start, of)
            with self._scope.writing() as connection:
                notes += self._take(connection, keys[start : start + _CALLS_AT_ONCE], number, name)
        progress(len(keys), of)
        with self._scope.writing() as connection:
            self._lists(connection, e164, number, name)
        for table, columns in _WORDS:
            mentions += self._words(table, columns, number, name, lambda: progress(len(keys), of))
        messages, files = self._messages(e164, number, name)
        fold_all(self._scope)  # no column keeps digits of the number
        progress(of, of)
        return Erased(calls=len(keys), notes=notes, messages=messages, files=files, mentions=mentions)

    # --- the journal ------------------------------------------------------------------------------------------

    def _calls(self, e164: str, number: Number) -> list[int]:
        with self._scope.reading() as connection:
            call, other = calls.c, call_externals.c
            theirs = select(call.id).where(self._scope.within(calls), call.client_e164 == e164)
            unread = select(call.id).where(
                self._scope.within(calls), call.client_e164.is_(None), call.client_number.in_(number.texts)
            )
            beside = select(other.call).where(self._scope.within(call_externals), other.number.in_(number.texts))
            found = {key for asked in (theirs, unread, beside) for key in connection.execute(asked).scalars()}
        return sorted(found)

    def _take(self, connection: Connection, keys: Sequence[int], number: Number, name: str) -> int:
        kept_days(connection, self._scope)  # nobody else writes the project's calls meanwhile
        call, within = calls.c, self._scope.within
        found = connection.execute(
            select(call.id, call.client_number, call.client_e164, call.route, call.story, call.recording).where(
                within(calls), call.id.in_(keys)
            )
        ).all()
        notes = 0
        for row in found:
            is_theirs = row.client_e164 in number.texts or row.client_number in number.texts
            values: dict[str, Any] = {
                "route": number.without(row.route, name),
                "story": _story(row.story, number, name, is_theirs=is_theirs),
            }
            if is_theirs:
                known = None if row.client_e164 is None else name  # who was nobody known stays so: marks go by it
                values |= {"client_number": name, "client_e164": known, "recording": None}
                gone = delete(call_notes).where(within(call_notes), call_notes.c.call == row.id)
                notes += connection.execute(gone).rowcount
            elif row.recording is not None:
                values["recording"] = number.without(row.recording, name)
            connection.execute(update(calls).where(within(calls), call.id == row.id).values(**values))
        other = call_externals.c
        connection.execute(
            update(call_externals)
            .where(within(call_externals), other.call.in_(keys), other.number.in_(number.texts))
            .values(number=name)
        )
        for tagged in connection.execute(
            select(call_tags.c.call, call_tags.c.tag).where(within(call_tags), call_tags.c.call.in_(keys))
        ).all():
            if number.without(tagged.tag, name) != tagged.tag:
                this = call_tags.c.call == tagged.call, call_tags.c.tag == tagged.tag
                connection.execute(delete(call_tags).where(within(call_tags), *this))
        freshen(connection, self._scope, keys)
        return notes

    def _lists(self, connection: Connection, e164: str, number: Number, name: str) -> None:
        """Who the client is, in every list that is by number."""
        within = self._scope.within
        kept_days(connection, self._scope)
        hold(connection, self._scope)
        client = clients.c
        wanted = select(client.id, client.name).where(within(clients), client.name.in_(number.texts))
        found = connection.execute(wanted.order_by(client.id)).all()
        ids = [row.id for row in found]
        named = {row.id: name for row in found if row.name == e164}
        for row in found:
            shown = named.get(row.id) or f"{name}.{row.id}"
            connection.execute(update(clients).where(within(clients), client.id == row.id).values(name=shown))
        blank(connection, self._scope, ids)
        for table in (callbacks, callback_closings):
            this = within(table), table.c.client_e164 == e164
            extra = {"client_number": name} if table is callbacks else {"note": ""}
            connection.execute(update(table).where(*this).values(client_e164=name, **extra))
        turn(connection, self._scope, [])
        column = callback_changes.c
        connection.execute(delete(callback_changes).where(within(callback_changes), column.client_e164 == e164))
        spam = spam_numbers.c
        these = within(spam_numbers), spam.number == e164
        connection.execute(update(spam_numbers).where(*these).values(number=name))
        connection.execute(delete(spam_numbers).where(within(spam_numbers), spam.number.in_(number.texts)))
        for row in connection.execute(select(call_words).where(within(call_words))).all():  # tags of other calls
            if number.without(row.word, name) != row.word:
                this = within(call_words), call_words.c.id == row.id
                connection.execute(update(call_words).where(*this).values(word=f"{name}.{row.id}"))
        self._scope.shelf.words.pop(self._scope.project_id, None)
        turn_head(connection, self._scope)

    # --- what else there is -----------------------------------------------------------------------------------

    def _messages(self, e164: str, number: Number, name: str) -> tuple[int, tuple[str, ...]]:
        within, count = self._scope.within, 0
        files: list[str] = []
        with self._scope.writing() as connection:
            call, fax = voicemails.c, faxes.c
            theirs = or_(call.caller_e164 == e164, call.caller_number.in_(number.texts))
            gone: dict[str, Any] = {"caller_number": name, "caller_e164": name, "caller_name": None}
            gone |= {"caller_search": "", "note": None}
            count += connection.execute(update(voicemails).where(within(voicemails), theirs).values(**gone)).rowcount
            sent = or_(fax.e164 == e164, fax.number.in_(number.texts))
            for row in connection.execute(select(fax.id, fax.kept).where(within(faxes), sent)).all():
                files += msgspec.json.decode(row.kept, type=list[str])
                values: dict[str, Any] = {"number": name, "e164": name, "search": "", "station": None, "note": None}
                values |= {"named": "[]", "kept": "[]", "kept_pages": None, "keeping": "erased"}
                connection.execute(update(faxes).where(within(faxes), fax.id == row.id).values(**values))
                count += 1
        return count, tuple(files)

    def _words(
        self, table: Table, columns: Sequence[Column[Any]], number: Number, name: str, go_on: Callable[[], None]
    ) -> int:
        """Replace the number wherever it stands in these columns; in how many rows."""
        changed = 0
        for rows in self._pages(table, columns):
            go_on()
            with self._scope.writing() as connection:
                for row in rows:
                    new = {
                        column.name: made
                        for column in columns
                        if (old := getattr(row, column.name)) and (made := number.without(old, name)) != old
                    }
                    if new:
                        this = self._scope.within(table), table.c.id == row.id
                        connection.execute(update(table).where(*this).values(**new))
                        changed += 1
        return changed

    def _pages(self, table: Table, columns: Sequence[Column[Any]]) -> Iterator[Sequence[Any]]:
        last: Any = None
        while True:
            asked = select(table.c.id, *columns).where(self._scope.within(table)).order_by(table.c.id)
            if table is jobs:  # what runs needs what it was asked
                asked = asked.where(jobs.c.state.not_in([state.value for state in UNENDED]))
            asked = asked.limit(_ROWS_AT_ONCE) if last is None else asked.where(table.c.id > last).limit(_ROWS_AT_ONCE)
            with self._scope.reading() as connection:
                rows = connection.execute(asked).all()
            if not rows:
                return
            yield rows
            last = rows[-1].id

    def _past(self, keys: Sequence[int], number: Number, name: str, go_on: Callable[[], None]) -> int:
        """The number out of the floor's past, wherever one of the calls was on it."""
        block = past_blocks.c
        with self._scope.reading() as connection:
            when = (
                connection.execute(
                    select(calls.c.started_at, calls.c.ended_at).where(
                        self._scope.within(calls), calls.c.id.in_(keys[start : start + _ROWS_AT_ONCE])
                    )
                ).all()
                for start in range(0, len(keys), _ROWS_AT_ONCE)
            )
            began = {
                found
                for some in when
                for row in some
                for found in connection.execute(
                    select(block.began_at).where(
                        self._scope.within(past_blocks),
                        block.began_at <= row.ended_at,
                        block.ended_at >= row.started_at,
                    )
                ).scalars()
            }
        changed = 0
        for each in sorted(began):
            go_on()
            this = self._scope.within(past_blocks), block.began_at == each
            with self._scope.writing() as connection:
                content = connection.execute(select(block.content).where(*this)).scalar()
                if content is None:
                    continue
                text = unpacked(bytes(content)).decode()
                made = number.without(text, name)
                if made != text:
                    connection.execute(update(past_blocks).where(*this).values(content=packed(made.encode())))
                    changed += 1
        return changed


_WORDS: Final[tuple[tuple[Table, tuple[Column[Any], ...]], ...]] = (
    (call_notes, (call_notes.c.text,)),
    (callback_closings, (callback_closings.c.note,)),
    (voicemails, (voicemails.c.note, voicemails.c.caller_name)),
    (faxes, (faxes.c.note, faxes.c.named)),
    (supervisions, (supervisions.c.reason, supervisions.c.ending_detail)),
    (audit, (audit.c.subject_id, audit.c.details)),
    (jobs, (jobs.c.params, jobs.c.result, jobs.c.error)),
    (schedules, (schedules.c.name, schedules.c.ask)),
    (deliveries, (deliveries.c.name, deliveries.c.ask, deliveries.c.error)),
)


def _story(story: str, number: Number, name: str, *, is_theirs: bool) -> str:
    """Without the number; of the client's own call without its recordings either."""
    steps = msgspec.json.decode(story)
    kept = [each for each in steps if not (is_theirs and each.get("what") == "recording")]
    return number.without(msgspec.json.encode(kept).decode(), name)
