"""``callfloor import``: a PBX's own records into the journal, from the command line."""

import csv
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from callfloor import config, service
from callfloor.project import importing
from callfloor.project.repair_try import processes
from callfloor.store.imports import ImportRefusal

out = Console()
err = Console(stderr=True)
SHOWN = 10


def run(
    *,
    cdr_csv: list[Path] | None,
    cel_csv: list[Path] | None,
    queue_log: list[Path] | None,
    database: str | None,
    zone: str | None,
    first_day: str | None,
    last_day: str | None,
    link: str | None,
    encoding: str,
    trunk: list[str] | None,
    report: Path | None,
    again: bool,
) -> None:
    """Import, show how far it is, and say what came of it.

    Raises:
        CallfloorError: see ``importing.run``.
    """
    store, project = service.open_store(config.read(), lambda _: None)
    try:
        asked = importing.Asked(
            zone=zone or project.timezone,
            cdr_files=tuple(cdr_csv or ()),
            cel_files=tuple(cel_csv or ()),
            queue_logs=tuple(queue_log or ()),
            database=database,
            first_day=first_day,
            last_day=last_day,
            link=link,
            encoding=encoding,
            trunks=tuple(trunk or ()),
            again=again,
        )
        of_project = store.project(project.id)
        columns = TextColumn("  importing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task("import", total=None)
            came = importing.run(
                of_project,
                asked,
                country=project.country,
                progress=lambda done, of: bar.update(task, completed=done, total=max(1, of)),
                processes=processes(),
            )
        out.print(
            f"  {came.rows} rows: {came.calls} calls written, {came.mended} made whole, "
            f"{came.known} in the journal already, "
            f"{came.refused} refused"
        )
        refused = importing.refusal_lines(of_project, came.sources) if came.refused else []
        for each in refused[-SHOWN:]:
            out.print(f"    {each.source} at {each.place}: {each.reason}", highlight=False, markup=False)
        if report is not None:
            write_report(report, importing.refusal_lines(of_project, came.sources))
            out.print(f"  what was refused is in {report}", highlight=False)
    finally:
        store.close()


def write_report(path: Path, refused: list[ImportRefusal]) -> None:
    """A table of what was refused: source, place, reason."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("source", "place", "reason"))
        table.writerows((each.source, each.place, each.reason) for each in refused)


CdrCsv = Annotated[list[Path] | None, typer.Option(help="Call records: Master.csv, or an exported table. Repeatable.")]
CelCsv = Annotated[list[Path] | None, typer.Option(help="Call events: Master.csv, or an exported table. Repeatable.")]
QueueLog = Annotated[list[Path] | None, typer.Option(help="Asterisk's queue_log. Repeatable.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        "--mysql-url",
        "--postgresql-url",
        envvar="CALLFLOOR_IMPORT_URL",
        show_envvar=True,
        help="mysql://user:password@host/asteriskcdrdb or postgresql://…: its tables cdr, cel and queue_log.",
    ),
]
Zone = Annotated[str | None, typer.Option(help="The PBX's time zone, as Europe/Warsaw; else the project's.")]
First = Annotated[str | None, typer.Option("--from", help="The first day, as 2026-01-31.")]
Last = Annotated[str | None, typer.Option("--to", help="The last day.")]
Link = Annotated[str | None, typer.Option(help="Whose records they are, where the project has several PBXes.")]
Encoding = Annotated[str, typer.Option(help="Of the CSV files.")]
Trunk = Annotated[list[str] | None, typer.Option(help="An endpoint that is a trunk. Repeatable.")]
ReportFile = Annotated[Path | None, typer.Option(help="Write what was refused, and why, to this CSV file.")]
Again = Annotated[bool, typer.Option("--again", help="From the beginning, and not from where the last run came to.")]
