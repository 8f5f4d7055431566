"""Who may have reports, and what they see: the rights of ``web.access``, asked outside any request."""

from callfloor.errors import NotFoundError
from callfloor.reports.making import Seen
from callfloor.reports.post import Reader
from callfloor.store.store import Store
from callfloor.web.access import Action, Viewer


def reader_of(store: Store, project_id: int, user_id: int) -> Reader | None:
    """The user as a reader of this project's reports, as things are now; None where they may have none. Blocking.

    Raises:
        StoreError: the store cannot be read.
    """
    try:
        user = store.users.get(user_id)
    except NotFoundError:
        return None
    if user.disabled_at is not None:
        return None
    for membership in store.memberships.of_user(user_id):
        if membership.project_id == project_id:
            viewer = Viewer.of(membership)
            if not viewer.may(Action.EXPORT):
                return None
            sight = viewer.sight
            departments = sight.departments_within(store.project(project_id).directory.load())
            seen = Seen(department_ids=departments, employee_id=sight.employee_id)
            return Reader(seen=seen, email=user.email, name=user.name or user.login)
    return None
