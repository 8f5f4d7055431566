"""What holds for every test: its order, its end, and that it leaves nothing behind.

A warning is an error, and so is a task, a thread or an unraised exception that a test leaves behind: what leaks in
a test leaks in the process that watches a contact centre for months.
"""

import gc
import os
import threading
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings
from pytest_asyncio import is_async_test

from support.virtual_time import leaked_tasks

TIERS = ("unit", "scenarios", "integration", "asterisk", "browser")
"""The folders of tests/, in the order they run: the cheapest answer first."""

# The same examples in every run, so that a red build is red again on the next machine. `thorough` is for hunting:
# `make test PYTEST_ARGS="tests/unit --hypothesis-profile=thorough"`.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=60)
settings.register_profile(
    "thorough", deadline=None, max_examples=3_000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# Python looks through what is young after each 700 objects that are made: a sixth of the suite's processor time.
gc.set_threshold(20_000, 10, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Cheapest tier first; and every asyncio test is watched for tasks that it leaves running."""
    items.sort(key=_tier)  # stable: within a tier, pytest's own order
    for item in items:
        if is_async_test(item):
            item.fixturenames.insert(0, "leaves_no_task")  # the first made is the last torn down


def pytest_collection_finish() -> None:
    """What the collection made stays till the end: nobody has to look through it for what might go."""
    gc.collect()
    gc.freeze()


def _tier(item: pytest.Item) -> int:
    folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
    return TIERS.index(folder) if folder in TIERS else len(TIERS)


@pytest.fixture
async def leaves_no_task() -> AsyncIterator[None]:
    """Fails a test whose tasks outlive it and its fixtures."""
    yield
    if leaked := await leaked_tasks():
        pytest.fail(f"tasks left running: {'; '.join(leaked)}", pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A thread left behind, after every fixture has ended, would keep the service from stopping."""
    left = [thread for thread in threading.enumerate() if thread is not threading.main_thread() and not thread.daemon]
    until = time.monotonic() + 2  # what has been told to end may take a moment
    for thread in left:
        thread.join(timeout=max(0.0, until - time.monotonic()))
    if alive := sorted(thread.name for thread in left if thread.is_alive()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nthreads left running: {', '.join(alive)}")
