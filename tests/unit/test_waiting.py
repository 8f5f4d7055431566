"""Waiting ends as soon as the condition holds, and fails with its words when it never does."""

import threading

import pytest

from support.waiting import answer, until, wait_until


def after_looks(looks: int) -> "threading.Event":
    """An event that is set from another thread, once somebody has looked."""
    event = threading.Event()
    threading.Timer(0.01 * looks, event.set).start()
    return event


def test_it_ends_when_the_condition_holds() -> None:
    event = after_looks(3)
    wait_until(event.is_set, "the event")
    assert event.is_set()


async def test_it_ends_when_the_condition_holds_on_a_loop() -> None:
    event = after_looks(3)
    await until(event.is_set, "the event")
    assert event.is_set()


async def test_it_fails_with_the_words_of_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.03 s: the moon"):
        await until(lambda: False, "the moon", within_s=0.03)
    with pytest.raises(AssertionError, match=r"not within 0\.03 s: the moon"):
        wait_until(lambda: False, "the moon", within_s=0.03)


async def test_it_asks_until_the_answer_is_as_wanted() -> None:
    answers = iter(("new", "waning", "full", "new"))

    async def ask() -> str:
        return next(answers)

    assert await answer(ask, lambda moon: moon == "full", "the moon") == "full"
    with pytest.raises(AssertionError, match=r"not within 0 s: the moon; the last answer was new"):
        await answer(ask, lambda moon: moon == "full", "the moon", within_s=0)
