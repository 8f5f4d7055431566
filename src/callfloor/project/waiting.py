"""What waits to be written down, in words: what happened, whether anything can be lost, and what to do."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from callfloor.store.writer import Backlog
from callfloor.web.push.frames import WaitCause, Waits
from callfloor.web.push.hub import Hub

LOOK_S = 1.0
HELD_UP_S = 2.0
"""A hitch that is over before anybody could read of it is not told."""


def why_waiting(project_id: int, what: str, backlog: Backlog) -> list[str]:
    """Lines for ``/readyz``, which everybody may read; none where all is well."""
    lines, project = [], f"project {project_id}"
    if backlog.since is not None:
        since = datetime.fromtimestamp(backlog.since, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        safe = "they are safe on disk, and are written by themselves once that has passed"
        if backlog.at_risk:
            safe = f"{backlog.at_risk} of them are in memory alone: make room on the disk before stopping Callfloor"
        lines.append(f"{project}: {backlog.rows} {what} wait since {since}: {backlog.last_error} Meanwhile {safe}.")
    if backlog.lost:
        lines.append(f"{project}: {backlog.lost} {what} were lost: neither the store nor the disk had room for them.")
    if backlog.refused:
        lines.append(
            f"{project}: {backlog.refused} {what} can never be written as they are; they lie in the data folder, in "
            "a file that ends in .refused. Report it."
        )
    return lines


def held_up(calls: Backlog, statuses: Backlog, now: float) -> Waits | None:
    """What the pages are told of two writers' backlogs at the instant ``now``; None where all is well."""
    failing = sorted((each.since, each.cause or "") for each in (calls, statuses) if each.since is not None)
    if not failing or 0.0 <= now - failing[0][0] < HELD_UP_S:
        return None
    since, cause = failing[0]
    return Waits(
        since=since,
        cause=WaitCause(cause) if cause in set(WaitCause) else WaitCause.OTHER,
        calls=calls.rows,
        at_risk=calls.at_risk + statuses.at_risk,
        lost=calls.lost,
    )


async def tell_pages(hub: Hub, backlogs: Callable[[], tuple[Backlog, Backlog]], clock: Callable[[], float]) -> None:
    """Tell a project's pages while its calls and statuses cannot be written, until cancelled."""
    while True:
        hub.tell_waits(held_up(*backlogs(), clock()))
        await asyncio.sleep(LOOK_S)
