"""The table of measured speed must not flatter: a missed target, a missing part and a crash are all misses."""

import contextlib
import os
import platform
import select
import shutil
from pathlib import Path

import pytest

import bench.__main__ as bench_runner
from bench import MissingPartError, at_least, at_most, median_of, number, shown
from bench.__main__ import MARK, cells, child, machine, page
from bench.theft import calmest, share_between, taken_between, tried, without_theft


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.05234, "0.0523"), (41.26, "41.3"), (999.4, "999"), (1234, "1,230"), (258_712, "259,000")],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_targets_are_inclusive_and_can_be_missed() -> None:
    assert at_least("a", 7, 7, "×").met is True
    assert at_least("a", 6.99, 7, "×").met is False
    assert at_most("a", 60, 60, "ms").met is True
    assert at_most("a", 60.1, 60, "ms").met is False
    assert shown("a", 1, "ms").met is None


def test_the_ratio_is_ours_to_the_peers() -> None:
    figure = at_least("codec", 300_000, 7 * 30_000, "messages/s", peer=30_000)
    assert figure.ratio == 10
    assert cells(figure) == ("codec", "300,000 messages/s", "30,000 messages/s", "10 ×", "≥ 210,000 messages/s", "met")


def test_a_miss_is_written_in_the_page() -> None:
    text = page([at_most("push p99", 80, 60, "ms", note="100 viewers")], took_s=90)
    assert "| push p99 | 80 ms |  |  | ≤ 60 ms | MISSED | 100 viewers |" in text
    assert "1 min on" in text or "2 min on" in text


def test_what_the_host_took_is_no_fault_of_ours_but_what_we_worked_is() -> None:
    assert without_theft(0.118, 0.030, 0.060) == pytest.approx(0.058)
    assert without_theft(0.118, 0.100, 0.060) == 0.100  # so much was computed, whoever else was there
    assert without_theft(0.118, 0.200, 0.0) == 0.118  # several processors at once
    assert taken_between((1.0, 2.0), (1.25, 2.0)) == 0.25
    assert taken_between((), ()) == 0.0  # a system that does not count it
    assert share_between((0.0, 0.0), (1.0, 0.0), 5.0) == 0.1


def test_the_calmest_runs_are_taken_and_no_more_than_needed() -> None:
    runs = iter(range(9))
    assert sorted(found for _, found in calmest(3, 3, lambda: next(runs))) == [0, 1, 2]
    tries = tried(5, lambda: None)
    assert len(tries.own_ms) == 5
    assert all(own <= taken for own, taken in zip(tries.own_ms, tries.taken_ms, strict=True))


def test_a_missing_part_counts_as_missed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Module:
        @staticmethod
        def main() -> None:
            raise MissingPartError("no node here")

    monkeypatch.setattr("importlib.import_module", lambda _: Module)
    child("fanout")
    printed = capsys.readouterr().out
    assert printed.startswith(MARK)
    assert '"met": false' in printed
    assert "no node here" in printed


def test_the_machine_is_described_but_not_named() -> None:
    assert "cores" in machine()
    assert platform.node() not in machine()


def test_the_median_is_of_as_many_runs_as_asked() -> None:
    values = iter([5.0, 1.0, 3.0])
    assert median_of(3, lambda: next(values)) == 3.0


LEAVES_A_CHILD = """
import subprocess, sys
from bench import Figure
def main():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    return [Figure("child", child.pid, "pid", "", None)]
"""


def test_what_a_benchmark_leaves_behind_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench").mkdir()
    for file in ("__init__.py", "__main__.py", "theft.py"):
        shutil.copy(bench_runner.HERE / file, tmp_path / "bench" / file)
    (tmp_path / "bench" / "leaky.py").write_text(LEAVES_A_CHILD)
    (tmp_path / "bench" / "broken.py").write_text("def main():\n    raise SystemExit(3)\n")
    monkeypatch.setattr(bench_runner, "HERE", tmp_path / "bench")
    assert bench_runner.modules() == ["broken", "leaky"]
    (figure,) = bench_runner.measure("leaky")
    assert figure.name == "child", figure.note
    with contextlib.suppress(ProcessLookupError):
        ended = os.pidfd_open(int(figure.value))  # readable once a killed process has ended, reaped or not
        assert select.select([ended], [], [], 10)[0], "it still runs"
        os.close(ended)
    (failed,) = bench_runner.measure("broken")
    assert (failed.met, "exit 3" in failed.note) == (False, True)
