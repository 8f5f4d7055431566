"""The laws around every scenario. No test of this folder runs without them."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from support.laws import WatchedFloor

FAILED = pytest.StashKey[bool]()
HERE = Path(__file__).parent


@pytest.fixture
def watched(request: pytest.FixtureRequest) -> Iterator[WatchedFloor]:
    """A floor under the laws: L1 after each fact, L2 and L3 when the scenario is over."""
    floor = WatchedFloor()
    yield floor
    if not request.node.stash.get(FAILED, False):  # else the failure itself is what to read
        floor.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every scenario is watched; a test that wants another floor has no place here."""
    for item in items:
        if HERE in item.path.parents and "watched" not in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid}: every scenario takes the fixture `watched`")
