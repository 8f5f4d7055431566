"""Runs every test: the page's own, then pytest's in parts, from what keeps the processors busy to what must not.

A test that fails is run once more when the others are through, by itself: what real phones, a browser and a clock
measure can be spoilt by a machine that stood still. One that passes then is named as unsteady, for somebody to mend;
one that fails twice fails the run. More than ``FORGIVEN`` of them are no machine's doing, and get no second run.
Standard library only.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "suite"  # what pytest remembers of each part
FORGIVEN = 10
FAILED = 1  # pytest's exit code for tests that failed; whatever else went wrong is no test's doing
MEMORY = Path("/dev/shm")
LEAST_MEMORY = 2_000_000_000


class Part(NamedTuple):
    """A run of pytest: what it takes, and how many processes it runs in (None: this one)."""

    name: str
    chosen: tuple[str, ...]
    shared: tuple[str, ...] = ()
    in_memory: bool = False


PARTS = (
    Part("all but the calls", ("--ignore=tests/asterisk",), ("--numprocesses=auto", "--dist=worksteal")),
    # Real calls run in real time. Most of it is people talking, so two files of them are played side by side.
    Part(
        "calls",
        ("tests/asterisk", "-m", "not alone"),
        ("--numprocesses=2", "--dist=loadfile"),
        in_memory=True,
    ),
    Part("held to the instant", ("tests/asterisk", "-m", "alone"), in_memory=True),
)


def environment(part: Part) -> dict[str, str]:
    """A PBX writes its own database at each registration, and answers when the disk has it: memory, where there is
    room, keeps a busy disk out of what is measured. What Python has compiled is kept, whatever the machine says: else
    each of the hundreds of processes compiles the whole product, which takes as long again as its start.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if part.in_memory and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > LEAST_MEMORY:
        env["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
    return env


def pytest(part: Part, *options: str) -> int:
    """Runs a part; pytest's exit code."""
    remembers = f"cache_dir={KEPT / part.name.replace(' ', '-')}"
    command = [sys.executable, "-m", "pytest", *part.chosen, "-o", remembers, *options]
    return subprocess.run(command, cwd=ROOT, env=environment(part), check=False).returncode


def failed_in(part: Part) -> list[str]:
    """The tests that failed when the part was run last, by their node ids."""
    file = KEPT / part.name.replace(" ", "-") / "v" / "cache" / "lastfailed"
    try:
        return sorted(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


def main() -> int:
    """Runs everything; 0 where each test passed, the first or the second time."""
    shutil.rmtree(KEPT, ignore_errors=True)
    page = subprocess.run(["npm", "test", "--silent"], cwd=ROOT / "frontend", check=False).returncode
    codes = {part: pytest(part, *part.shared) for part in PARTS}
    failed = {part: failed_in(part) for part, code in codes.items() if code}
    total = sum(map(len, failed.values()))
    if not failed or any(codes[part] != FAILED or not names for part, names in failed.items()) or total > FORGIVEN:
        return int(bool(page or failed))
    print(f"\nOnce more, by themselves: {total}", flush=True)
    again = {part: pytest(part, "--last-failed") for part in failed}
    unsteady = [name for part, names in failed.items() for name in names if name not in failed_in(part)]
    for name in unsteady:
        print(f"unsteady, to be mended: {name}", flush=True)
    return int(bool(page or any(again.values())))


if __name__ == "__main__":
    sys.exit(main())
