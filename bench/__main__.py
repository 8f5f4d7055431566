"""``python -m bench [NAME …] [--write] [--strict]``: runs the benchmarks and prints one table.

``--write`` renews bench/RESULTS.md, after a run of everything; ``--strict`` exits with 1 where a target is missed.
"""

import argparse
import contextlib
import datetime
import importlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import Figure, MissingPartError, number, unmeasured
from bench.theft import share_between, stolen_s

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
LIMIT_S = 3600.0  # for one module: the journal makes ten million calls on two databases the first time
MARK = "\x1efigures "  # the line by which a child hands over its figures


def modules() -> list[str]:
    """The benchmarks' names: every module of this folder that has a ``main``."""
    files = sorted(HERE.glob("[a-z]*.py"))
    return [file.stem for file in files if re.search(r"^def main\(", file.read_text(encoding="utf-8"), re.MULTILINE)]


def child(name: str) -> None:
    """Runs one benchmark in this process and hands its figures over on standard output."""
    try:
        figures = importlib.import_module(f"bench.{name}").main()
    except MissingPartError as error:
        figures = [unmeasured(name, f"not measured: {error}")]
    print(MARK + json.dumps([asdict(figure) for figure in figures]), flush=True)


def measure(name: str) -> list[Figure]:
    """The figures of one benchmark, run in a process of its own: no warm caches, no memory of another's."""
    command = [sys.executable, "-m", "bench", "--child", name]
    # A session of its own, so that whatever it starts ends with it: a peer's server left behind would burden the next.
    # A file and not a pipe, which such a server would hold open.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
        subprocess.Popen(command, cwd=HERE.parent, stdout=output, start_new_session=True) as run,
    ):
        try:
            run.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            return [unmeasured(name, f"did not end in {LIMIT_S:.0f} s")]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
        output.seek(0)
        told = output.read()
    for line in told.split("\n"):  # not splitlines: the mark begins with a separator
        if line.startswith(MARK):
            return [Figure(**row) for row in json.loads(line.removeprefix(MARK))]
    return [unmeasured(name, f"failed with exit {run.returncode}; its error is above")]


def machine() -> str:
    """What the figures were measured on, without what would name the machine."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if sys.platform == "linux" else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = ""
    if sys.platform == "linux":
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB of memory"
    return f"{os.cpu_count()} cores ({model}){memory}, {platform.system()}, Python {platform.python_version()}"


def cells(figure: Figure) -> tuple[str, str, str, str, str, str]:
    """A row's words: name, value, peer, ratio, target, verdict."""
    peer = "" if figure.peer is None else f"{number(figure.peer)} {figure.unit}"
    ratio = "" if figure.ratio is None else f"{number(figure.ratio)} ×"
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    ours = f"{number(figure.value)} {figure.unit}" if figure.unit else ""
    return figure.name, ours, peer, ratio, figure.target, verdict


def show(figures: list[Figure]) -> None:
    """The table, on the terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("figure", "ours", "peer", "ratio", "target", "", "conditions"):
        table.add_column(title, justify="right" if title in {"ours", "peer", "ratio"} else "left")
    colours = {True: "green", False: "red", None: ""}
    for figure in figures:
        *row, verdict = cells(figure)
        table.add_row(*row, f"[{colours[figure.met]}]{verdict}" if verdict else "", figure.note)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def page(figures: list[Figure], took_s: float, stolen: float = 0.0) -> str:
    """bench/RESULTS.md."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    lines = [
        "# Measured speed",
        "",
        f"Measured {today} in {took_s / 60:.0f} min on {machine()}, which other work may have shared;"
        f" its host took {stolen:.0%} of the processors.",
        "Ours and the peer's stand in one run, on the same input: the ratio is what counts. To repeat it:",
        "",
        "```",
        "make bench                                  # everything, as a table",
        ".venv/bin/python -m bench codec             # one of them",
        ".venv/bin/python -m bench --write --strict  # renew this page; fail where a target is missed",
        "```",
        "",
        "| figure | ours | peer | ratio | target | | conditions |",
        "|---|--:|--:|--:|---|---|---|",
    ]
    lines += ["| " + " | ".join((*cells(figure), figure.note)) + " |" for figure in figures]
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(modules())}")
    arguments.add_argument("--write", action="store_true", help="renew bench/RESULTS.md")
    arguments.add_argument("--strict", action="store_true", help="exit with 1 where a target is missed")
    arguments.add_argument("--child", metavar="NAME", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        child(chosen.child)
        return
    if unknown := set(chosen.names) - set(modules()):
        arguments.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if chosen.write and chosen.names:
        arguments.error("--write needs a run of everything, or the page would mix runs")
    began, before = time.monotonic(), stolen_s()
    figures: list[Figure] = []
    for name in chosen.names or modules():
        print(f"  {name} …", end="", file=sys.stderr, flush=True)
        since = time.monotonic()
        figures += measure(name)
        print(f" {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    show(figures)
    if chosen.write:
        took_s = time.monotonic() - began
        RESULTS.write_text(page(figures, took_s, share_between(before, stolen_s(), took_s)), encoding="utf-8")
    if chosen.strict and any(figure.met is False for figure in figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
