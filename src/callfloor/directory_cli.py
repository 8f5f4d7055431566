"""``callfloor directory``: who is who, out to a spreadsheet and in again. A running Callfloor follows in seconds."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from callfloor import config, project_command
from callfloor.asterisk.numbers import to_e164
from callfloor.errors import CallfloorError, InvalidInputError
from callfloor.store.directory_import import DirectoryImported
from callfloor.store.directory_plan import Absent, DirectoryChange
from callfloor.store.projects import Project
from callfloor.store.store import Store

app = typer.Typer(
    no_args_is_help=True, help="Employees, departments, queues, numbers, trunks and routes as a table: CSV, both ways."
)
out = Console()
err = Console(stderr=True)
SHOWN = 100
MOST_BYTES = 32 * 2**20

Which = Annotated[str | None, typer.Option("--project", help="Its number or name; needed where there are several.")]


@contextlib.contextmanager
def _opened(which: str | None) -> Iterator[tuple[Store, Project]]:
    try:
        with project_command.opened(config.read()) as store:
            every = store.projects.all()
            if which is None and len(every) != 1:
                raise InvalidInputError("Say which project by --project: see callfloor project list.")
            yield store, every[0] if which is None else project_command.find(store, which)
    except CallfloorError as error:
        err.print(f"[red]{error.error_id}[/]: {error}", highlight=False)
        raise typer.Exit(1) from None


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to; - is the standard output.")],
    *,
    project: Which = None,
    semicolons: Annotated[
        bool, typer.Option("--semicolons", help="Between fields, as some spreadsheets want.")
    ] = False,
) -> None:
    """Write the directory into a file that a spreadsheet opens, and that import takes again."""
    with _opened(project) as (store, found):
        text = store.project(found.id).directory_file.export(delimiter=";" if semicolons else ",")
        data = ("\ufeff" + text).encode()
        if str(file) == "-":
            sys.stdout.buffer.write(data)
            return
        try:
            file.write_bytes(data)
        except OSError as error:
            raise InvalidInputError(f"{file} cannot be written: {error.strerror}") from None
        err.print(f"  {file}: {len(text.splitlines()) - 1:,} lines", highlight=False)


@app.command(name="import")
def take(
    file: Annotated[Path, typer.Argument(help="The table; - is the standard input.")],
    *,
    project: Which = None,
    apply: Annotated[bool, typer.Option("--apply", help="Take it over. Without this, only say what would be.")] = False,
    leave: Annotated[
        bool, typer.Option("--absent-leave", help="Employees of whom the file says nothing have left.")
    ] = False,
) -> None:
    """Say what a table would change, line by line; with --apply, change it: all of it, or nothing."""
    with _opened(project) as (store, found):
        text = _text(file)
        here = store.project(found.id)
        absent: Absent = "leave" if leave else "stay"
        with err.status("reading …"):
            told = (
                here.directory_file.take(
                    text, now=time.time(), e164=lambda number: to_e164(number, found.country), absent=absent
                )
                if apply
                else here.directory_file.look(text, absent=absent)
            )
        _show(told)
        if told.errors:
            raise typer.Exit(2)
        if apply:
            counts = {name: getattr(told, name) for name in ("added", "changed", "left", "back", "removed")}
            here.audit.write(
                at=time.time(),
                user_id=None,
                user_login="callfloor directory",
                action="import_directory",
                outcome="done",
                details={"absent": absent, "applied": True, **counts},
            )
            here.directory_file.touched(now=time.time())


def _text(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1) if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise InvalidInputError(f"{file} is larger than {MOST_BYTES // 2**20} MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(f"{file} is not UTF-8: save it as “CSV UTF-8”.") from None


def _show(told: DirectoryImported) -> None:
    for fault in told.errors:
        where = f"line {fault.line}" + (f", {fault.column}" if fault.column else "")
        err.print(f"  [red]{where}[/]: {fault.reason}" + (f" ({fault.value})" if fault.value else ""), highlight=False)
    for change in told.changes[:SHOWN]:
        out.print(f"  {_line(change)}", highlight=False, markup=False)
    if len(told.changes) > SHOWN:
        out.print(f"  … and {len(told.changes) - SHOWN:,} more", highlight=False)
    said = ", ".join(
        f"{getattr(told, name):,} {name}" for name in ("added", "changed", "left", "back", "removed", "same")
    )
    verb = "nothing was taken over" if told.errors else "taken over" if told.applied else "would be"
    out.print(f"  {verb}: {said}", highlight=False)


def _line(change: DirectoryChange) -> str:
    where = "      " if change.line is None else f"{change.line:>6}"
    fields = ", ".join(
        f"{name}: {_said(change.before.get(name))} → {_said(value)}" if name in change.before else _said(value)
        for name, value in change.after.items()
        if value
    )
    return f"{where}  {change.what:<8} {change.record:<10} {change.name}" + (f"  ({fields})" if fields else "")


def _said(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(value) or "–"
    if isinstance(value, list):
        return " / ".join(map(str, value)) or "–"
    return str(value) if value else "–"
