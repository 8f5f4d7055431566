"""The set-up does each step once, again when what it depends on has changed, and never counts a failed one."""

import sys
from pathlib import Path

import pytest

from scripts import setup

WRITES = "import pathlib; p = pathlib.Path('count'); p.write_text(p.read_text() + 'x' if p.exists() else 'x')"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the repository, with stamps and one source."""
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps")
    (tmp_path / "stamps").mkdir()
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.ts").write_text("one")
    return tmp_path


def step(house: Path, code: str = WRITES) -> None:
    setup.once("page", [house / "source"], [sys.executable, "-c", code], house)


def times(house: Path) -> int:
    return len((house / "count").read_text())


def test_a_second_run_does_nothing(house: Path) -> None:
    step(house)
    step(house)
    assert times(house) == 1


@pytest.mark.parametrize("change", ["content", "new file", "renamed", "removed"])
def test_a_changed_source_runs_it_again(house: Path, change: str) -> None:
    source = house / "source" / "a.ts"
    step(house)
    match change:
        case "content":
            source.write_text("two")
        case "new file":
            (house / "source" / "b.ts").write_text("")
        case "renamed":
            source.rename(house / "source" / "c.ts")
        case "removed":
            source.unlink()
    step(house)
    assert times(house) == 2


def test_what_is_not_a_source_does_not_run_it_again(house: Path) -> None:
    step(house)
    (house / "source" / "node_modules").mkdir()
    (house / "source" / "node_modules" / "x.js").write_text("")
    step(house)
    assert times(house) == 1


def test_a_failed_step_stops_the_setup_and_is_tried_again(house: Path) -> None:
    with pytest.raises(SystemExit, match=r"page failed \(exit 3\)"):
        step(house, "raise SystemExit(3)")
    step(house)
    assert times(house) == 1


def test_a_python_without_venv_is_told_what_to_install(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "BIN", house / "nothing")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        setup.main()


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or later"):
        setup.main()
