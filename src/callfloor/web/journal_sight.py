"""What of the journal a viewer sees, in the store's words."""

from typing import NamedTuple

from callfloor.web.access import Viewer
from callfloor.web.ports import Deps


class Seen(NamedTuple):
    """Calls with one of these departments, at the time, or this employee; None and None is every call."""

    departments: frozenset[int] | None
    employee_id: int | None


async def seen_by(deps: Deps, viewer: Viewer) -> Seen:
    """A viewer's sight: a supervisor's departments with those below, or an employee themself."""
    sight = viewer.sight
    departments = None
    if sight.departments is not None:
        directory = await deps.store.run(deps.store.project(viewer.project_id).directory.load)
        departments = sight.departments_within(directory)
    return Seen(departments, sight.employee_id)
