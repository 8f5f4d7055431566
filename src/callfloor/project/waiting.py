"""What waits to be written down, in words: what happened, whether anything can be lost, and what to do."""

from datetime import UTC, datetime

from callfloor.store.writer import Backlog


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
