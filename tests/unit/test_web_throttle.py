"""Sign-in throttling in virtual time, and passwords."""

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from callfloor.errors import InvalidInputError, ThrottledError
from callfloor.web.password_strength import MAX_LENGTH, MIN_LENGTH
from callfloor.web.passwords import Passwords, hash_now
from callfloor.web.throttle import (
    ADDRESS_FREE,
    FIRST_S,
    FORGET_S,
    FREE,
    LONGEST_S,
    SignInThrottle,
    Throttle,
)


def failed(times: int, throttle: Throttle | None = None, now: float = 0.0) -> Throttle:
    found = throttle or Throttle()
    for _ in range(times):
        found.begin("anna", now)
    return found


@pytest.mark.parametrize(
    ("failures", "wait_s"),
    [(0, 0), (FREE, 0), (FREE + 1, FIRST_S), (FREE + 2, 2 * FIRST_S), (FREE + 5, 16 * FIRST_S), (200, LONGEST_S)],
)
def test_the_wait_doubles_up_to_its_limit(failures: int, wait_s: float) -> None:
    assert failed(failures).wait_s("anna", 0.0) == wait_s


def test_the_wait_passes_and_one_account_does_not_hold_up_another() -> None:
    throttle = failed(FREE + 2)
    assert throttle.wait_s("anna", 2 * FIRST_S - 0.5) == 0.5
    assert throttle.wait_s("anna", 2 * FIRST_S) == 0
    assert throttle.wait_s("boris", 0.0) == 0


def test_a_right_password_clears_the_account_and_quiet_time_forgets_it() -> None:
    throttle = failed(FREE + 5)
    throttle.succeed("anna")
    assert throttle.wait_s("anna", 0.0) == 0
    throttle = failed(FREE + 1)
    throttle.begin("anna", FIRST_S + FORGET_S)
    assert throttle.wait_s("anna", FIRST_S + FORGET_S) == 0
    assert len(throttle) == 1


def test_memory_is_bounded_and_the_oldest_failure_goes_first() -> None:
    throttle = Throttle(free=0, keys=3)
    for number, key in enumerate("abcad"):
        throttle.begin(key, float(number))
    assert len(throttle) == 3
    assert throttle.wait_s("b", 4.0) == 0, "b failed longest ago"
    assert throttle.wait_s("a", 4.0) > 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 4000), st.sampled_from(["begin", "succeed", "undo"]))))
def test_a_wait_is_never_negative_nor_beyond_its_limit(steps: list[tuple[str, float, str]]) -> None:
    throttle, now = Throttle(), 0.0
    for key, passed, what in steps:
        now += passed
        if what == "begin":
            throttle.begin(key, now)
        else:
            getattr(throttle, what)(key)
        assert 0 <= throttle.wait_s(key, now) <= LONGEST_S


def test_both_rules_apply_and_the_error_says_how_long() -> None:
    throttle = SignInThrottle()
    for number in range(ADDRESS_FREE + 1):
        throttle.begin(f"login{number}", "192.0.2.1", 0.0)
    with pytest.raises(ThrottledError) as refused:
        throttle.begin("another", "192.0.2.1", 0.5)
    assert refused.value.details == {"retry_after_s": 2}
    throttle.begin("another", "192.0.2.2", 0.5)
    throttle.succeed("another", "192.0.2.2")


def test_right_passwords_do_not_use_up_an_address() -> None:
    throttle = SignInThrottle()
    for number in range(10 * ADDRESS_FREE):
        throttle.begin(f"login{number}", "192.0.2.1", 0.0)
        throttle.succeed(f"login{number}", "192.0.2.1")


async def test_only_the_right_password_passes_and_unknown_logins_are_hashed_too() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    try:
        stored = await passwords.make("correct horse")
        assert stored.startswith("$argon2id$")
        assert await passwords.check("correct horse", stored)
        assert not await passwords.check("wrong horse", stored)
        assert not await passwords.check("correct horse", None)
        assert not await passwords.check("nobody has this password", None)
        assert not await passwords.check("correct horse", "not a hash")
        assert not await passwords.check("x" * 100_000, stored)
        assert not passwords.outdated(stored)
        assert Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)).outdated(stored)
        for length in (MIN_LENGTH - 1, MAX_LENGTH + 1):
            with pytest.raises(InvalidInputError):
                await passwords.choose("x" * length)
    finally:
        passwords.close()


async def test_the_products_own_hash_is_as_dear_as_rfc_9106_asks() -> None:
    stored = hash_now("correct horse")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    passwords = Passwords()
    try:
        assert await passwords.check("correct horse", stored)
    finally:
        passwords.close()
