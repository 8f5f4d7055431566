"""``callfloor repair``: have a period told by the PBX's own records, from the command line."""

import time
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from callfloor import config, service
from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.project import repair_try
from callfloor.project.repair_once import Noted, OneTry
from callfloor.sealing import sealer
from callfloor.store.projects import Project
from callfloor.store.repairs import Repair, RepairState
from callfloor.store.store import ProjectStore, Store

out = Console()
err = Console(stderr=True)
LOOK_S = 0.5
LONGEST_WAIT_S = 60.0
ALIVE_S = 15.0
"""A service says every two seconds that it watches."""
_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")

Begin = Annotated[str, typer.Option("--from", help="As 2026-01-31 or '2026-01-31 08:00', by the project's clocks.")]
End = Annotated[str | None, typer.Option("--to", help="Likewise; a day's end, or now where it is left out.")]
Of = Annotated[str | None, typer.Option("--project", help="Its number or name; else the first.")]
Link = Annotated[str | None, typer.Option("--link", help="The PBX connection's name, where there are several.")]


def run(begin: str, end: str | None, project: str | None, link: str | None) -> None:
    """Ask for the repair; the service does it where it runs, else this process.

    Raises:
        InvalidInputError: the period is none.
        NotFoundError: there is no such project or connection.
        ImportSourceError: the records cannot be read.
    """
    settings = config.read()
    store, first = service.open_store(settings, lambda _: None)
    try:
        found = _project(store, project) if project is not None else first
        within = store.project(found.id)
        began, ended = period(begin, end, ZoneInfo(found.timezone), time.time())
        one = OneTry(lambda: found, settings.pbx_logs, time.time, repair_try.processes())
        one.sealer = sealer(settings.data)
        link_id = _link(within, one, link)
        repair = within.repairs.ask(link_id, began, ended, user_id=None, user_name="callfloor repair", at=time.time())
        _note(within, repair)
        with Progress(TextColumn("  repairing"), BarColumn(), console=err, transient=True) as bar:
            task = bar.add_task("repair", total=None)
            if _service_runs(within):
                repair = _waited(within, repair)
            else:
                nobody = repair_try.Now(at=time.time(), live=frozenset(), sure=False, ahead_s=0.0)
                _, repair = one.run(
                    within, repair.id, Noted(now=nobody), lambda done, of: bar.update(task, completed=done, total=of)
                )
        out.print(f"  {told(repair)}", highlight=False)
    finally:
        store.close()


def told(repair: Repair) -> str:
    """How it stands, in words."""
    said = (
        f"{repair.calls} calls written, {repair.mended} made whole, {repair.known} in the journal already, "
        f"{repair.refused} rows refused"
    )
    if repair.tries == 0:
        return "the repair waits for its turn; Settings, PBX connections shows how it goes"
    match repair.lacking:
        case "going_on":
            return f"{said}; {repair.waits_for} have not ended: the service looks after them"
        case "late":
            return f"{said}; the PBX's records do not reach the period's end yet: the service tries again"
        case "partial":
            return f"{said}; {repair.unmended} stay known in part"
        case _:
            return said


def period(begin: str, end: str | None, zone: ZoneInfo, now: float) -> tuple[float, float]:
    """The instants; a day alone is the whole of it.

    Raises:
        InvalidInputError: it cannot be understood, or does not lie in the past.
    """
    began = _moment(begin).replace(tzinfo=zone).timestamp()
    if end is None:
        ended = now
    else:
        moment = _moment(end)
        if len(end) == len("2026-01-31"):
            moment = datetime.fromordinal(moment.toordinal() + 1)
        ended = min(moment.replace(tzinfo=zone).timestamp(), now)
    if not began < ended:
        raise InvalidInputError("a repair's period lies in the past, and ends after it begins")
    return began, ended


def _moment(said: str) -> datetime:
    for form in _FORMS:
        try:
            return datetime.strptime(said, form)  # noqa: DTZ007 - the project's clocks, by whoever asks
        except ValueError:
            continue
    raise InvalidInputError(f"{said!r} is no time; give it as 2026-01-31 or '2026-01-31 08:00'")


def _project(store: Store, named: str) -> Project:
    for project in store.projects.all():
        if named in (project.name, str(project.id)):
            return project
    raise NotFoundError(f"there is no project {named!r}")


def _link(within: ProjectStore, one: OneTry, name: str | None) -> int:
    links = [each for each in within.links.all() if each.origin != "simulator"]
    chosen = [each for each in links if name in (None, each.name)]
    if not chosen:
        raise NotFoundError("there is no PBX connection" if name is None else f"there is no PBX connection {name!r}")
    if len(chosen) > 1:
        raise InvalidInputError(f"say which PBX with --link: {', '.join(each.name for each in chosen)}")
    if chosen[0].id not in one.known(within):
        raise InvalidInputError(
            "nobody said where this PBX's call records lie: set CALLFLOOR_PBX_LOGS, or enter the database in "
            "Settings, PBX connections"
        )
    return chosen[0].id


def _service_runs(within: ProjectStore) -> bool:
    watched_at = within.statuses.watched_at()
    return watched_at is not None and time.time() - watched_at < ALIVE_S


def _waited(within: ProjectStore, repair: Repair) -> Repair:
    """The service does it; until it was tried once, or another repair of the link has taken too long."""
    give_up_at = time.time() + LONGEST_WAIT_S
    while repair.state is RepairState.RUNNING or (repair.state is RepairState.WAITING and repair.tries == 0):
        if not _service_runs(within) or (repair.tries == 0 and time.time() > give_up_at):
            break
        time.sleep(LOOK_S)
        repair = within.repairs.get(repair.id)
    return repair


def _note(within: ProjectStore, repair: Repair) -> None:
    within.audit.write(
        at=repair.asked_at,
        user_id=None,
        user_login=None,
        action="repair",
        subject_kind="connection",
        subject_id=repair.link_id,
        outcome="done",
        details={"name": repair.link_name, "from": repair.began_at, "to": repair.ended_at, "by": "callfloor repair"},
    )
