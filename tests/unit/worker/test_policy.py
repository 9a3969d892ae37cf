"""Waits grow, are bounded, and spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.policy import Breaker, Retries


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_no_wait_is_longer_than_the_bound_or_shorter_than_half_of_its_own(
    attempt: int, chance: float
) -> None:
    retries = Retries(first_s=2, longest_s=300)
    bound = min(300.0, 2.0 * 2 ** min(attempt - 1, 40))
    assert bound / 2 <= retries.wait_s(attempt, chance) <= bound


def test_waits_double() -> None:
    assert [Retries(first_s=2).wait_s(n, 1.0) for n in (1, 2, 3)] == [2, 4, 8]


@pytest.mark.parametrize(("attempt", "last"), [(1, False), (4, False), (5, True), (6, True)])
def test_the_last_attempt_is_the_one_of_that_number(attempt: int, last: bool) -> None:
    assert Retries(max_tries=5).is_last(attempt) is last


def test_a_breaker_opens_at_the_first_failure_and_says_so_once() -> None:
    breaker = Breaker()
    assert [breaker.failed(10.0), breaker.failed(10.0)] == [True, False]
    assert not breaker.allows(10.1)
    assert breaker.allows(10_000.0)


def test_a_breaker_closes_at_a_success_and_says_so_once() -> None:
    breaker = Breaker()
    breaker.failed(0.0)
    assert [breaker.succeeded(), breaker.succeeded()] == [True, False]
    assert breaker.allows(0.0)
