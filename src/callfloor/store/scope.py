"""One project's door to the database: every connection it gives is bound to that project (see ``boundary``)."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, select
from sqlalchemy.sql.elements import ColumnElement

from callfloor.errors import NotFoundError, StoreBusyError
from callfloor.store.boundary import OPTION
from callfloor.store.engine import Engines
from callfloor.store.failures import told_plainly
from callfloor.store.shelf import Shelf
from callfloor.store.tables import projects
from callfloor.store.turns import Turns


class Scope:
    """Reading and writing within one project, or (``project_id`` None) in the installation's own tables."""

    def __init__(self, engines: Engines, turns: Turns, project_id: int | None) -> None:
        self._engines = engines
        self._turns = turns
        self._project_id = project_id

    @property
    def project_id(self) -> int:
        """The project of this door."""
        if self._project_id is None:
            raise LookupError("this door is the installation's, and has no project")
        return self._project_id

    @property
    def shelf(self) -> Shelf:
        """What was read of the journal's columns, of all projects."""
        return self._engines.shelf

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self._engines.is_sqlite

    def within(self, table: Table) -> ColumnElement[bool]:
        """The condition that holds a query on ``table`` to the project."""
        return table.c.project_id == self.project_id

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that cannot write, and sees one moment's state throughout.

        Raises:
            StoreError: the database cannot be reached or refused.
        """
        with told_plainly(), self._engines.read.begin() as connection:
            yield self._bound(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: kept at the end, undone if anything is raised inside.

        Raises:
            StoreError: the database cannot be reached, written, or refused.
            ConflictError: a unique or a reference was broken.
        """
        in_turn = self.is_sqlite
        if in_turn and not self._turns.take():
            raise StoreBusyError
        try:
            with told_plainly(), self._engines.write.begin() as connection:
                yield self._bound(connection)
        finally:
            if in_turn:
                self._turns.give()

    @contextmanager
    def editing(self) -> Iterator[Connection]:
        """As ``writing``, one at a time in a project whatever the database: what was just read stays true.

        Raises:
            NotFoundError: there is no such project.
        """
        with self.writing() as connection:
            this = select(projects.c.id).where(projects.c.id == self.project_id).with_for_update()
            if connection.execute(this).first() is None:
                raise NotFoundError("there is no such project")
            yield connection

    def _bound(self, connection: Connection) -> Connection:
        return connection.execution_options(**{OPTION: self._project_id})
