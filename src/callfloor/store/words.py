"""Texts that many calls have in common, by number: business numbers, schemes, queues, tags, currencies."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select

from callfloor.store.journal_tables import call_words, clients
from callfloor.store.scope import Scope

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
        connection.execute(insert(call_words), rows)
    return known


def _newer(connection: Connection, scope: Scope) -> dict[str, int]:
    newest = len(scope.shelf.words.get(scope.project_id, {}))
    query = select(call_words.c.word, call_words.c.id).where(scope.within(call_words), call_words.c.id > newest)
    return {row.word: row.id for row in connection.execute(query)}


def client_ids(connection: Connection, scope: Scope, names: Iterable[str]) -> dict[str, tuple[int, int | None]]:
    """These clients' ids, and the key of each one's newest inbound call; of those that are known."""
    found: dict[str, tuple[int, int | None]] = {}
    ordered = sorted(set(names))
    for start in range(0, len(ordered), _CHUNK):
        some = clients.c.name.in_(ordered[start : start + _CHUNK])
        for row in connection.execute(select(clients).where(scope.within(clients), some)):
            found[row.name] = row.id, row.last_inbound
    return found


def newest_client(connection: Connection, scope: Scope) -> int:
    """The largest client's id; 0 where there is none."""
    return connection.execute(select(func.max(clients.c.id)).where(scope.within(clients))).scalar() or 0
