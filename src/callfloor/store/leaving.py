"""An employee who has left: their name goes; what was counted of them stays, under a name that is nobody's."""

from typing import Any, Final

from sqlalchemy import Column, Table, delete, select, update

from callfloor.errors import NotFoundError
from callfloor.store.cost_tables import callback_closings
from callfloor.store.directory_tables import employee_photos
from callfloor.store.history_tables import audit
from callfloor.store.job_tables import jobs
from callfloor.store.journal_tables import call_notes
from callfloor.store.media_tables import faxes, voicemails
from callfloor.store.scope import Scope
from callfloor.store.supervision_tables import supervisions
from callfloor.store.tables import employees, memberships

_SIGNED: Final[tuple[tuple[Table, Column[Any], Column[Any]], ...]] = (
    (call_notes, call_notes.c.user_id, call_notes.c.user_name),
    (callback_closings, callback_closings.c.user_id, callback_closings.c.user_name),
    (supervisions, supervisions.c.user_id, supervisions.c.user_name),
    (jobs, jobs.c.user_id, jobs.c.user_name),
    (voicemails, voicemails.c.handled_by_id, voicemails.c.handled_by),
    (faxes, faxes.c.handled_by_id, faxes.c.handled_by),
    (audit, audit.c.user_id, audit.c.user_login),
)
"""Where a user's name or login was written down with what they did."""


class Leaving:
    """The employees of one project. Blocking: call it through ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def forget(self, employee_id: int, name: str) -> None:
        """Give an employee this name, wherever theirs stands: in the directory, and by what they did as a user.

        The account of the user, which may belong to other projects too, stays; an administrator renames or disables it.

        Raises:
            NotFoundError: there is no such employee.
        """
        within = self._scope.within
        with self._scope.writing() as connection:
            this = within(employees), employees.c.id == employee_id
            if connection.execute(update(employees).where(*this).values(name=name)).rowcount == 0:
                raise NotFoundError("there is no such employee")
            photo = within(employee_photos), employee_photos.c.employee_id == employee_id
            connection.execute(delete(employee_photos).where(*photo))
            theirs = select(memberships.c.user_id).where(
                memberships.c.project_id == self._scope.project_id, memberships.c.employee_id == employee_id
            )
            for user_id in connection.execute(theirs).scalars().all():
                for table, whose, shown in _SIGNED:
                    these = within(table), whose == user_id
                    connection.execute(update(table).where(*these).values({shown.name: name}))
