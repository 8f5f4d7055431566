"""Tokens that open a supervision's line: once, soon, in one session."""

import pytest

from callfloor.web import supervision_tokens
from callfloor.web.supervision_tokens import TOKEN_S, LineTokens


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_token_opens_its_line_once(clock: Clock) -> None:
    tokens = LineTokens(clock)
    token = tokens.mint("s1", 7)
    assert tokens.take("s1", 7, token)
    assert not tokens.take("s1", 7, token)


def test_a_token_is_for_one_line_and_one_session(clock: Clock) -> None:
    tokens = LineTokens(clock)
    token = tokens.mint("s1", 7)
    other = tokens.mint("s2", 7)
    assert not tokens.take("s2", 7, token)
    assert not tokens.take("s1", 8, token)
    assert not tokens.take("s1", 7, other)
    assert tokens.take("s1", 7, token), "whoever guesses does not take it away"


def test_a_token_is_not_for_later(clock: Clock) -> None:
    tokens = LineTokens(clock)
    token = tokens.mint("s1", 7)
    clock.now += TOKEN_S
    assert not tokens.take("s1", 7, token)


def test_a_new_token_ends_the_one_before_and_so_does_the_end(clock: Clock) -> None:
    tokens = LineTokens(clock)
    first = tokens.mint("s1", 7)
    second = tokens.mint("s1", 7)
    assert not tokens.take("s1", 7, first)
    tokens.forget("s1")
    assert not tokens.take("s1", 7, second)


@pytest.mark.parametrize("guess", ["", "x", "\ud800", "é" * 43, "A" * 100_000])
def test_guesses_open_nothing(clock: Clock, guess: str) -> None:
    tokens = LineTokens(clock)
    tokens.mint("s1", 7)
    assert not tokens.take("s1", 7, guess)
    assert not tokens.take("other", 7, guess)


def test_tokens_that_nobody_takes_are_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision_tokens, "MOST", 3)
    tokens = LineTokens(clock)
    minted = [tokens.mint(f"s{number}", 7) for number in range(4)]
    assert [tokens.take(f"s{number}", 7, token) for number, token in enumerate(minted)] == [False, True, True, True]
