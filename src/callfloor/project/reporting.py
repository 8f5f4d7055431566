"""A project's reports while it runs: exports as long work, and letters that go out by themselves.

Who may have a report, and what they see, are the rights of ``web.access``, asked outside any request.
"""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from callfloor.errors import ConfigurationError, NotFoundError
from callfloor.project.long_work import Kind, LongWork
from callfloor.reports.columns import CALL_KEYS, TOTALS_KEYS, USUAL_CALL_KEYS
from callfloor.reports.export import KIND, export
from callfloor.reports.mail import SmtpServer, smtp_server
from callfloor.reports.making import About, Seen
from callfloor.reports.post import Post, Reader
from callfloor.store.projects import Project
from callfloor.store.store import Store
from callfloor.web.access import Action, Viewer
from callfloor.web.ports import ReportColumns

COLUMNS = ReportColumns(calls=CALL_KEYS, usual=USUAL_CALL_KEYS, totals=TOTALS_KEYS)
EXPORTS_AT_ONCE = 2


def mail_server(url: str | None, sender: str | None) -> SmtpServer | None:
    """Where letters are handed over; None where nobody said.

    Raises:
        ConfigurationError: one is given without the other, or cannot be understood.
    """
    if url is None and sender is None:
        return None
    if url is None or sender is None:
        raise ConfigurationError("CALLFLOOR_SMTP_URL and CALLFLOOR_SMTP_FROM go together")
    return smtp_server(url, sender)


def set_up(
    store: Store,
    project: Callable[[], Project],
    work: LongWork,
    *,
    data: Path,
    server: SmtpServer | None,
    public_url: str | None,
    clock: Callable[[], float] = time.time,
) -> Post:
    """Exports become a kind of the project's long work. The post is to be run. Before ``work.begin``."""

    def about() -> About:
        return About(project=project().name, zone=ZoneInfo(project().timezone))

    project_id = project().id
    reader = functools.partial(reader_of, store, project_id)
    work.register(KIND, Kind(run=export(about, reader), at_once=EXPORTS_AT_ONCE, resumable=True))
    return Post(
        store,
        store.project(project_id),
        about,
        reader,
        server=server,
        folder=data / "letters" / str(project_id),
        public_url=public_url,
        clock=clock,
    )


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
            seen = Seen(department_ids=departments, employee_id=sight.employee_id, mask=sight.mask)
            return Reader(seen=seen, email=user.email, name=user.name or user.login)
    return None
