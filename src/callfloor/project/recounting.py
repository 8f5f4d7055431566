"""Long work on calls that are there already: priced by today's tariffs, and the list of clients to call back."""

from typing import Any

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.project.long_work import Kind, LongWork, Report
from callfloor.store.store import ProjectStore

TARIFF = "tariff"
CALLBACKS = "callbacks"


class _Period(msgspec.Struct, rename={"started_from": "from", "started_to": "to"}):
    started_from: float
    started_to: float


def register(work: LongWork) -> None:
    """Have both kinds done. What was interrupted is begun again: what is right already is passed over."""
    work.register(TARIFF, Kind(run=reprice, resumable=True))
    work.register(CALLBACKS, Kind(run=rebuild, resumable=True, newest_only=True))


def reprice(project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Price the calls that began in [``params["from"]``, ``params["to"]``).

    Raises:
        InvalidInputError: the parameters are no period.
        JobCancelledError, JobInterruptedError: somebody stopped it; what is done stays.
        StoreError: the database refused.
    """
    try:
        period = msgspec.convert(params, _Period)
    except msgspec.ValidationError:
        raise InvalidInputError("There is no period to price.") from None
    made = project.repricing.apply(period.started_from, period.started_to, report.progress)
    return msgspec.structs.asdict(made)


def rebuild(project: ProjectStore, _params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Make the list of clients to call back anew from all calls.

    Raises:
        JobCancelledError, JobInterruptedError: somebody stopped it; what is done stays.
        StoreError: the database refused.
    """
    return {"clients": project.callbacks.rebuild(report.progress)}
