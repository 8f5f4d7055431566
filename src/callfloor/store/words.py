"""Texts that many calls have in common, by number: business numbers, schemes, queues, tags, currencies."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from callfloor.store.heads import turn_head
from callfloor.store.journal_tables import call_words, clients
from callfloor.store.keys import among
from callfloor.store.scope import Scope
from callfloor.store.upserts import insert_all

_CHUNK = 500


def known_words(connection: Connection, scope: Scope) -> dict[str, int]:
    """All words of the project; for reading (what is seen here is kept on the shelf). Not to be changed."""
    return scope.shelf.add_words(scope.project_id, _newer(connection, scope))


def words_with(connection: Connection, scope: Scope, wanted: Iterable[str]) -> dict[str, int]:
    """All words of the project, after those of ``wanted`` that were not there are written."""
    known = {**scope.shelf.words.get(scope.project_id, {}), **_newer(connection, scope)}
    rows = []
    for word in sorted(set(wanted) - known.keys()):
        known[word] = len(known) + 1
        rows.append({"project_id": scope.project_id, "id": known[word], "word": word})
    if rows:
        turn_head(connection, scope)
        insert_all(connection, call_words, rows)
    return known


def _newer(connection: Connection, scope: Scope) -> dict[str, int]:
    newest = len(scope.shelf.words.get(scope.project_id, {}))
    query = select(call_words.c.word, call_words.c.id).where(scope.within(call_words), call_words.c.id > newest)
    return {row.word: row.id for row in connection.execute(query)}


def client_ids(connection: Connection, scope: Scope, names: Iterable[str]) -> dict[str, tuple[int, int | None]]:
    """These clients' ids, and the key of each one's newest inbound call; of those that are known."""
    found: dict[str, tuple[int, int | None]] = {}
    ordered = sorted(set(names))
    query = select(clients.c.name, clients.c.id, clients.c.last_inbound).where(
        scope.within(clients), among(clients.c.name, texts=True)
    )
    for start in range(0, len(ordered), _CHUNK):
        for row in connection.execute(query, {"keys": ordered[start : start + _CHUNK]}):
            found[row.name] = row.id, row.last_inbound
    return found


def newest_client(connection: Connection, scope: Scope) -> int:
    """The largest client's id; 0 where there is none."""
    return connection.execute(select(func.max(clients.c.id)).where(scope.within(clients))).scalar() or 0
