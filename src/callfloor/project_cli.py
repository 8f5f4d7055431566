"""The commands under ``callfloor project``."""

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from callfloor import config, project_command
from callfloor.errors import CallfloorError

app = typer.Typer(no_args_is_help=True, help="The projects of this installation: one company each.")
out = Console()
err = Console(stderr=True)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn an error of ours into one line and an exit code."""
    try:
        yield
    except CallfloorError as error:
        err.print(f"[red]{error.error_id}[/]: {error}", highlight=False)
        raise typer.Exit(1) from None


Which = Annotated[str, typer.Argument(help="Its number or its name.")]


@app.command(name="list")
def listed() -> None:
    """Every project, with its number, zone, country and administrators."""
    with _told(), project_command.opened(config.read()) as store:
        table = Table("", "Project", "Zone", "Country", "Language", "PBXes", "Administrators", "", box=None)
        for line in project_command.lines(store):
            project = line.project
            values = (str(project.id), project.name, project.timezone, project.country, project.language)
            rests = "" if project.archived_at is None else "archived"
            table.add_row(*values, str(line.connections), ", ".join(line.administrators), rests)
        out.print(table)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the company is called.")],
    *,
    timezone: Annotated[str, typer.Option(help="IANA: Europe/Warsaw")],
    country: Annotated[str, typer.Option(help="Its two letters, by which national numbers are read: PL")],
    language: Annotated[str, typer.Option(help="en, ru, pl or uk")] = "en",
    administrator: Annotated[
        list[str] | None,
        typer.Option(help="Who administers it, by login. Repeatable. Else: who does the first project."),
    ] = None,
) -> None:
    """A new project. Its PBX is connected in the page: Settings → PBX connections."""
    with _told(), project_command.opened(config.read()) as store:
        made, logins = project_command.add(
            store, name, timezone=timezone, country=country, language=language, logins=administrator or []
        )
        out.print(
            f"Project {made.id}, {made.name}; administered by {', '.join(logins) or 'nobody yet'}", highlight=False
        )


@app.command()
def rename(which: Which, name: Annotated[str, typer.Argument(help="What it is called from now on.")]) -> None:
    """Call a project otherwise."""
    with _told(), project_command.opened(config.read()) as store:
        project = store.projects.change(project_command.find(store, which).id, name=name)
        out.print(f"Project {project.id} is {project.name}", highlight=False)


@app.command()
def archive(which: Which) -> None:
    """Put a project to rest: nothing is collected, nothing is live; its administrators go on reading its past."""
    with _told(), project_command.opened(config.read()) as store:
        project = project_command.archive(store, which, archived=True)
        out.print(f"Project {project.id}, {project.name}, rests", highlight=False)


@app.command()
def unarchive(which: Which) -> None:
    """Take a project up again that rests: its PBXes are watched from now on."""
    with _told(), project_command.opened(config.read()) as store:
        project = project_command.archive(store, which, archived=False)
        out.print(f"Project {project.id}, {project.name}, is watched again", highlight=False)


@app.command()
def remove(which: Which, *, yes: Annotated[str, typer.Option(help="Its name, to say that it is meant.")] = "") -> None:
    """Forget an archived project with all its calls, statuses, people and settings, for good. Stop Callfloor first."""
    with _told(), err.status("removing …") as status:

        def tell(rows: int) -> None:
            status.update(f"removing … {rows:,} rows have gone")

        gone = project_command.remove(config.read(), which, yes, tell)
        out.print(f"Project {gone.id}, {gone.name}, is removed", highlight=False)
