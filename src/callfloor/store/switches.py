"""Callfloor's own status switch of each employee, so that it survives a restart. Bound to one project."""

from sqlalchemy import delete, select

from callfloor.errors import InvalidInputError
from callfloor.floor.employees import Status, Switch
from callfloor.store.history_tables import switches
from callfloor.store.instants import to_ms, to_s
from callfloor.store.scope import Scope
from callfloor.store.texts import kept
from callfloor.store.upserts import put


class Switches:
    """One project's switches. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def load(self) -> dict[int, Switch]:
        """Those that are on, by employee."""
        with self._scope.reading() as connection:
            return {
                row.employee_id: Switch(
                    status=Status(row.status), since=to_s(row.since), by=row.by, by_rule=row.by_rule
                )
                for row in connection.execute(
                    select(switches).where(self._scope.within(switches)).order_by(switches.c.employee_id)
                )
            }

    def set(self, employee_id: int, switch: Switch | None) -> None:
        """The employee's switch from now on; None takes it back.

        Raises:
            InvalidInputError: a switch is do-not-disturb or offline.
            ConflictError: there is no such employee in this project.
            StoreError: the database refused.
        """
        with self._scope.writing() as connection:
            if switch is None:
                this = self._scope.within(switches), switches.c.employee_id == employee_id
                connection.execute(delete(switches).where(*this))
                return
            if switch.status not in (Status.DND, Status.OFFLINE):
                raise InvalidInputError("a switch is do-not-disturb or offline")
            row = {
                "project_id": self._scope.project_id,
                "employee_id": employee_id,
                "status": switch.status.value,
                "since": to_ms(switch.since),
                "by": kept(switch.by),
                "by_rule": switch.by_rule,
            }
            put(connection, switches, [row], ["status", "since", "by", "by_rule"])
