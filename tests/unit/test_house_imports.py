"""The import contracts of pyproject.toml find the forbidden import that is planted, and let the allowed ones be.

import-linter runs here on a made-up package of the same rooms, under the project's own contracts.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "errors": "",
    "config": "import callfloor.errors",
    "floor/calls": "",
    "asterisk/ami": "import callfloor.errors",
    "asterisk/translate": "import callfloor.asterisk.ami, callfloor.floor.calls",
    "store/journal": "import callfloor.floor.calls, callfloor.errors",
    "media/sound": "import callfloor.errors",
    "reports/csv": "import callfloor.floor.calls, callfloor.store.journal, callfloor.errors",
    "simulator/server": "import callfloor.asterisk.ami, callfloor.errors",
    "web/api": "import callfloor.floor.calls, callfloor.store.journal, callfloor.errors",
    "project/running": "import callfloor.config, callfloor.asterisk.translate, callfloor.web.api, "
    "callfloor.media.sound, callfloor.reports.csv",
    "service": "import callfloor.config, callfloor.project.running, callfloor.simulator.server",
    "cli": "import callfloor.config, callfloor.service",
}
"""Every allowed direction, as architecture.md has them."""

FORBIDDEN = [
    ("floor/calls", "errors"),
    ("floor/calls", "asterisk.ami"),
    ("floor/calls", "store.journal"),
    ("floor/calls", "config"),
    ("asterisk/translate", "store.journal"),
    ("asterisk/translate", "web.api"),
    ("asterisk/translate", "simulator.server"),
    ("asterisk/translate", "config"),
    ("store/journal", "asterisk.translate"),
    ("store/journal", "web.api"),
    ("store/journal", "config"),
    ("store/journal", "reports.csv"),
    ("media/sound", "store.journal"),
    ("media/sound", "floor.calls"),
    ("media/sound", "web.api"),
    ("reports/csv", "asterisk.translate"),
    ("reports/csv", "media.sound"),
    ("reports/csv", "web.api"),
    ("simulator/server", "asterisk.translate"),
    ("simulator/server", "floor.calls"),
    ("simulator/server", "config"),
    ("web/api", "asterisk.translate"),
    ("web/api", "asterisk.ami"),
    ("web/api", "simulator.server"),
    ("web/api", "media.sound"),
    ("web/api", "reports.csv"),
    ("web/api", "config"),
    ("web/api", "service"),
    ("web/api", "project.running"),
    ("store/journal", "project.running"),
    ("errors", "floor.calls"),
    ("config", "service"),
]


def lint(folder: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    package = folder / "callfloor"
    for name, text in files.items():
        file = package / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        (file.parent / "__init__.py").touch()
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(
        [*command, "--config", str(ROOT / "pyproject.toml")],
        cwd=folder, env={"PYTHONPATH": str(folder), "COLUMNS": "200"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_house_as_it_is_drawn_passes(tmp_path: Path) -> None:
    done = lint(tmp_path, ROOMS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(("room", "imported"), FORBIDDEN, ids=[f"{a}-{b}" for a, b in FORBIDDEN])
def test_a_forbidden_import_is_found(tmp_path: Path, room: str, imported: str) -> None:
    done = lint(tmp_path, ROOMS | {room: f"{ROOMS[room]}\nimport callfloor.{imported}\n"})
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"callfloor.{room.replace('/', '.')} -> callfloor.{imported}" in done.stdout
