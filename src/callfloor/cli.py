"""The command line. Long work shows its progress; errors say what happened and what to do."""

import asyncio
import contextlib
import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.progress import Progress

from callfloor import (
    __version__,
    backup_command,
    config,
    directory_cli,
    doctor_command,
    import_command,
    project_cli,
    repair_command,
    service,
    user_cli,
)
from callfloor import recordings_agent as agent
from callfloor.asterisk import recorder
from callfloor.asterisk import replay as replaying
from callfloor.asterisk.ami_url import parse_url
from callfloor.errors import CallfloorError, ConfigurationError
from callfloor.logs import set_up_logs
from callfloor.project import simulated_past

app = typer.Typer(no_args_is_help=True, add_completion=False, help=f"Callfloor {__version__}: your floor, live.")
out = Console()
err = Console(stderr=True)


def main() -> None:
    """The program ``callfloor``."""
    app()


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn an error of ours into one line and an exit code."""
    try:
        yield
    except CallfloorError as error:
        err.print(f"[red]{error.error_id}[/]: {error}", highlight=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def serve(
    *,
    simulate_if_no_pbx: Annotated[
        bool,
        typer.Option(help="With no PBX, neither in CALLFLOOR_PBX_URL nor connected in the page, show a simulated one."),
    ] = False,
) -> None:
    """Run the product until it is stopped. Settings come from the environment: see the README."""
    with told():
        set_up_logs()
        settings = config.read()
        if simulate_if_no_pbx and settings.pbx_url is None and not service.has_connections(settings):
            settings = msgspec.structs.replace(settings, simulated=True)
        _run(settings)


@app.command()
def demo() -> None:
    """Run the product with a simulated PBX, whatever CALLFLOOR_PBX_URL says."""
    with told():
        set_up_logs()
        _run(msgspec.structs.replace(config.read(), simulated=True, pbx_url=None))


def _run(settings: config.Config) -> None:
    out.print(f"[bold]Callfloor {__version__}[/]")
    history = _history if settings.simulated and settings.simulated_history_days else None
    uvloop.run(service.run(settings, lambda text: out.print(text, highlight=False), history=history))


async def _history(until: float) -> None:
    """The simulated past, in a process of its own that ends with this one."""
    command = [sys.executable, "-m", "callfloor", "simulate-history", "--until", repr(until)]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@app.command(hidden=True)
def simulate_history(
    *,
    until: Annotated[
        float | None, typer.Option(help="Where the living simulation begins, UTC epoch seconds; else 20 minutes ago.")
    ] = None,
) -> None:
    """Fill a new store with the simulated company's last days; does nothing where there are calls already."""
    with told():
        settings = msgspec.structs.replace(config.read(), simulated=True)
        store, project = service.open_store(settings, lambda _: None)
        ends_at = time.time() - simulated_past.WARM_UP_S if until is None else until
        try:
            with simulated_past.notes(settings.data) as notes:
                begun = notes.begun()
                if begun is None and simulated_past.is_needed(store, project.id, ends_at):
                    begun = notes.begin(store.project(project.id), ends_at)
                if begun is None:
                    return
                with _progress("  the last days") as tell:
                    filled = simulated_past.fill(
                        store,
                        project.id,
                        project.country,
                        settings,
                        until=begun.until,
                        progress=tell,
                        known_since=dict(begun.known_since),
                    )
                notes.done()
                out.print(
                    f"  {filled.calls} calls and the statuses of the last {settings.simulated_history_days} days "
                    "are written down"
                )
        finally:
            store.close()


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[float, int], None]]:
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task(name, total=1.0)
        yield lambda share, _: bar.update(task, completed=share)


@app.command()
def rebuild() -> None:
    """Make what is kept of the calls' rows anew: every day's figures, and the clients to call back.

    The service may run; it writes afterwards.
    """
    with told():
        store, project = service.open_store(config.read(), lambda _: None)
        try:
            with _progress("  days") as tell:
                days = store.project(project.id).rollups
                days.rebuild(lambda step: tell(step.done / max(1, step.of), step.done))
            out.print("  every day is added up anew")
            with _progress("  clients to call back") as tell:
                callbacks = store.project(project.id).callbacks
                clients = callbacks.rebuild(lambda done, of: tell(done / max(1, of or 0), done))
            out.print(f"  {clients:,} clients are looked through anew")
        finally:
            store.close()


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A file, or a folder in which it gets a name by the date.")],
    *,
    keep: Annotated[
        int | None, typer.Option(min=1, help="In a folder: delete the oldest until so many backups are left.")
    ] = None,
) -> None:
    """Write everything that cannot be made again into one file: store, faxes, keys. Callfloor may run meanwhile."""
    with told():
        file, made = backup_command.backup(config.read(), target, keep=keep)
        out.print(f"  {file} ({file.stat().st_size / 2**20:,.1f} MB, {len(made.parts)} parts)", highlight=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `callfloor backup` wrote.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="What is in the store now may go.")] = False,
) -> None:
    """Make the store and the data folder what they were at a backup. Stop Callfloor first."""
    with told():
        made, aside = backup_command.restore(config.read(), file, replace=replace)
        out.print(f"  the store is as it was at {made.made_at}", highlight=False)
        if aside is not None:
            out.print(f"  the database of before is {aside}; delete it when all is well", highlight=False)


@app.command()
def doctor(
    url: Annotated[
        str | None, typer.Argument(help="ami://user:secret@host:5038; without it, the connections that are kept.")
    ] = None,
    *,
    project: Annotated[str | None, typer.Option(help="Of this project alone; its number or name.")] = None,
    database: Annotated[
        str | None,
        typer.Option(help="The PBX's database with its call records: mysql://user:secret@host/asteriskcdrdb"),
    ] = None,
) -> None:
    """Look at a PBX: version, rights, clock, records, modules; what each lack costs, and the line to add."""
    with told():
        logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
        settings = config.read()
        pbxes = doctor_command.given(settings, url, project)
        if not pbxes:
            raise ConfigurationError("No PBX is connected yet. Give one: callfloor doctor ami://user:secret@host:5038")
        well = True
        for pbx in pbxes:
            with err.status(f"looking at {pbx.title} …"):
                found = doctor_command.look(settings, pbx, database=database)
            doctor_command.show(out, pbx, found)
            well &= doctor_command.is_well(found)
        if not well:
            raise typer.Exit(2)


app.add_typer(project_cli.app, name="project")
app.add_typer(user_cli.app, name="user")
app.add_typer(directory_cli.app, name="directory")


@app.command()
def record(
    folder: Annotated[Path, typer.Argument(help="Where the capture goes; made if it is not there.")],
    url: Annotated[
        str | None, typer.Option(envvar="CALLFLOOR_PBX_URL", help="ami://user:secret@host:5038, or amis:// for TLS.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="How long; without it until Ctrl-C.")] = None,
    mask: Annotated[bool, typer.Option("--mask", help="Put pseudonyms in the place of telephone numbers.")] = False,
) -> None:
    """Record a live PBX's manager stream, for replay and for bug reports."""
    with told():
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
        if url is None:
            raise ConfigurationError("Give the PBX by --url or CALLFLOOR_PBX_URL: ami://user:secret@host:5038")
        key = secrets.token_bytes(32) if mask else None
        with err.status("recording …") as status:

            def show(summary: recorder.Summary) -> None:
                status.update(f"recording: {summary.messages} messages, {summary.bytes} bytes (Ctrl-C ends it)")

            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(recorder.record(parse_url(url), folder, key=key, seconds=seconds, on_progress=show))
        out.print(f"The capture is in {folder}", highlight=False)


@app.command()
def recordings_agent(
    folders: Annotated[list[Path], typer.Argument(help="The PBX's recordings: /var/spool/asterisk/monitor")],
    *,
    token: Annotated[str, typer.Option(envvar="CALLFLOOR_AGENT_TOKEN", help="What Callfloor must know; 16 or more.")],
    listen: Annotated[str, typer.Option(help="Address and port.")] = "127.0.0.1:8071",
    certificate: Annotated[Path | None, typer.Option(help="Serve by TLS with this certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """Serve a PBX's recordings to Callfloor on another machine. Runs on the PBX, as a user that may read them."""
    with told():
        set_up_logs()
        if (certificate is None) != (key is None):
            raise ConfigurationError("Give both, --certificate and --key, or neither")
        tls = (certificate, key) if certificate and key else None

        def ready(host: str, port: int) -> None:
            out.print(f"  recordings are served at {'https' if tls else 'http'}://{host}:{port}", highlight=False)

        address = config.listening(listen, "--listen")
        asyncio.run(agent.run(folders, token, address, tls=tls, ready=ready))


@app.command()
def replay(
    captures: Annotated[list[Path], typer.Argument(help="Capture folders, or ami.raw or ami.jsonl files.")],
    account: Annotated[list[str] | None, typer.Option(help="An endpoint that is an employee's. Repeatable.")] = None,
    trunk: Annotated[list[str] | None, typer.Option(help="An endpoint that is a trunk. Repeatable.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166 code by which national numbers are read.")] = None,
) -> None:
    """Print the calls of recorded AMI streams: one JSON object a line for each finished call."""
    with told():
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
        for capture in captures:
            for record in replaying.replay(capture, accounts=account or (), trunks=trunk or (), country=country):
                sys.stdout.write(msgspec.json.encode(replaying.to_line(record)).decode() + "\n")


@app.command()
def repair(
    *,
    begin: repair_command.Begin,
    end: repair_command.End = None,
    project: repair_command.Of = None,
    link: repair_command.Link = None,
) -> None:
    """Have a period told by the PBX's own records: what the journal has whole stays. The service may run."""
    with told():
        repair_command.run(begin, end, project, link)


@app.command(name="import")
def import_history(
    *,
    cdr_csv: import_command.CdrCsv = None,
    cel_csv: import_command.CelCsv = None,
    queue_log: import_command.QueueLog = None,
    database: import_command.Database = None,
    zone: import_command.Zone = None,
    first_day: import_command.First = None,
    last_day: import_command.Last = None,
    link: import_command.Link = None,
    encoding: import_command.Encoding = "utf-8",
    trunk: import_command.Trunk = None,
    report: import_command.ReportFile = None,
    again: import_command.Again = False,
) -> None:
    """Take over a PBX's own records: call events, call records, queue log. Stopped, it goes on where it was."""
    with told():
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
        import_command.run(
            cdr_csv=cdr_csv,
            cel_csv=cel_csv,
            queue_log=queue_log,
            database=database,
            zone=zone,
            first_day=first_day,
            last_day=last_day,
            link=link,
            encoding=encoding,
            trunk=trunk,
            report=report,
            again=again,
        )
