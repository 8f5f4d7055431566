"""The rules around every test hold: what is left behind, hangs or warns fails; the cheapest tier runs first.

pytest runs here on a made-up project with this project's settings and conftest.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TAKEN_OVER = ("pyproject.toml", "tests/conftest.py", "tests/support/__init__.py", "tests/support/virtual_time.py")

FAULTS = {
    "a task": (
        "import asyncio\nasync def test_it():\n    test_it.t = asyncio.create_task(asyncio.sleep(9), name='left')",
        "tasks left running: left",
    ),
    "a task of a fixture": (
        """
import asyncio, pytest
@pytest.fixture
async def server():
    yield asyncio.create_task(asyncio.Event().wait(), name='served')
async def test_it(server):
    assert not server.done()
""",
        "tasks left running: served",
    ),
    "a thread": (
        """
import threading
def test_it():
    go = threading.Event()
    threading.Timer(4, go.set).start()
    threading.Thread(target=go.wait, name='the-left-thread').start()
""",
        "threads left running: Thread-1, the-left-thread",
    ),
    "a socket": ("import socket\ndef test_it():\n    socket.socket()\n", "unclosed <socket.socket"),
    "an awaitable": ("async def work(): ...\nasync def test_it():\n    work()\n", "was never awaited"),
    "a warning": ("import warnings\ndef test_it():\n    warnings.warn('old way', DeprecationWarning)\n", "old way"),
    "a hang": ("import threading\ndef test_it():\n    threading.Event().wait(60)\n", "Timeout"),
    "an unknown mark": ("import pytest\n@pytest.mark.asterix\ndef test_it(): ...\n", "'asterix' not found"),
}


def run_tests(folder: Path, files: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    for name in TAKEN_OVER:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "pytest_asyncio.plugin",
        "-p",
        "pytest_timeout",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the others take seconds to load
    return subprocess.run(
        [*command, *options], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_the_run_and_is_named(fault: str, tmp_path: Path) -> None:
    text, told = FAULTS[fault]
    done = run_tests(tmp_path, {"tests/unit/test_fault.py": text}, "--timeout=2" if fault == "a hang" else "-q")
    assert done.returncode != 0, done.stdout
    assert told in done.stdout + done.stderr


def test_what_cleans_up_after_itself_passes(tmp_path: Path) -> None:
    text = """
import asyncio, threading, pytest
@pytest.fixture
async def server():
    task = asyncio.create_task(asyncio.Event().wait())
    yield task
    task.cancel()
async def test_it(server):
    worker = threading.Thread(target=int)
    worker.start()
    worker.join()
    await asyncio.to_thread(int)
"""
    done = run_tests(tmp_path, {"tests/unit/test_clean.py": text})
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_cheapest_tier_runs_first(tmp_path: Path) -> None:
    passes = "def test_it(): ..."
    tiers = ("asterisk", "browser", "integration", "scenarios", "unit")
    done = run_tests(tmp_path, {f"tests/{tier}/test_a.py": passes for tier in tiers}, "-v")
    order = [line.split("/")[1] for line in done.stdout.splitlines() if "PASSED" in line]
    assert order == ["unit", "scenarios", "integration", "asterisk", "browser"]
