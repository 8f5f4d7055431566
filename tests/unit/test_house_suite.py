"""scripts/suite.py: a failed test has a second run by itself, is named, and a second failure is the run's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNSTEADY = """
from pathlib import Path
def test_it():
    seen = Path(__file__).with_suffix(".seen")
    before, _ = seen.exists(), seen.touch()
    assert before
"""
SETTINGS = """
[tool.pytest.ini_options]
addopts = "-p xdist"
markers = ["alone: yes"]
"""
WRONG = "def test_it():\n    assert False, 'it is wrong'\n"
# Nothing but what the suite itself asks for: quick to start.
LIGHT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}


def run_suite(folder: Path, **tests: str) -> subprocess.CompletedProcess[str]:
    """The suite of a small project with these tests among the calls, and one of each kind that passes."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "suite.py", folder / "scripts")
    (folder / "frontend").mkdir()
    (folder / "frontend" / "package.json").write_text('{"scripts": {"test": "true"}}')
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "-p xdist"\nmarkers = ["alone: yes"]\n'
    )
    calls = folder / "tests" / "asterisk"
    calls.mkdir(parents=True)
    (folder / "tests" / "test_plain.py").write_text("def test_it(): ...\n")
    (calls / "test_alone.py").write_text("import pytest\n@pytest.mark.alone\ndef test_it(): ...\n")
    (calls / "test_call.py").write_text("def test_it(): ...\n")
    for name, text in tests.items():
        (calls / f"test_{name}.py").write_text(text)
    return subprocess.run(
        [sys.executable, "scripts/suite.py"],
        cwd=folder,
        env=os.environ | LIGHT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_what_fails_once_is_named(tmp_path: Path) -> None:
    run = run_suite(tmp_path, unsteady=UNSTEADY)
    assert run.returncode == 0, run.stdout
    assert "unsteady, to be mended: tests/asterisk/test_unsteady.py::test_it" in run.stdout


def test_what_fails_twice_fails_the_run(tmp_path: Path) -> None:
    run = run_suite(tmp_path, wrong=WRONG)
    assert run.returncode == 1, run.stdout
    assert run.stdout.count("FAILED tests/asterisk/test_wrong.py") == 2
    assert "unsteady" not in run.stdout
