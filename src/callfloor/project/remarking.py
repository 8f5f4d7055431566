"""Long work of the kind ``remark``: history's sums made anew by the marks' settings and the list of spam of now.

Marks themselves follow a change at once, for they are worked out when they are asked for; only the sums that are kept
beside the calls have to follow, and until they have, what is asked is added up without them: right, and slower.
"""

from typing import Any, Final

from callfloor.project.long_work import Kind, LongWork, Report
from callfloor.store.store import ProjectStore

REMARK: Final = "remark"


def remark(project: ProjectStore, _params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Make them anew; the result has how many parts of history were added up."""
    return {"parts": project.journal.remark(report.progress)}


def register(work: LongWork) -> None:
    """Let a project's long work do it; one that comes takes the place of those before it."""
    work.register(REMARK, Kind(run=remark, resumable=True, newest_only=True))
