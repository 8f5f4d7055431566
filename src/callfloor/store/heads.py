"""Whether the journal's columns are as they were when last looked at: a number that every change of them turns.

What a question needs first (which blocks there are, which calls they do not have, the words, the spam) is read once
for each revision. A transaction that changes any of it turns the head, and waits for whoever turned it before: two
states never have one number.
"""

from sqlalchemy import Connection, select

from callfloor.errors import NotFoundError
from callfloor.store.journal_tables import journal_heads
from callfloor.store.scope import Scope
from callfloor.store.tables import projects
from callfloor.store.upserts import add

NEVER_TURNED = 0


def turn_head(connection: Connection, scope: Scope) -> None:
    """In a transaction that changes blocks, fresh calls, words, clients or spam numbers."""
    add(connection, journal_heads, [{"project_id": scope.project_id, "revision": 1}], ["revision"])


def look(connection: Connection, scope: Scope) -> tuple[int, str]:
    """The revision that this transaction sees, and the project's settings.

    Raises:
        NotFoundError: there is no such project.
    """
    found = connection.execute(
        select(journal_heads.c.revision, projects.c.settings)
        .select_from(projects)
        .outerjoin(journal_heads, scope.within(journal_heads))
        .where(projects.c.id == scope.project_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError("there is no such project")
    return found.revision or NEVER_TURNED, found.settings
