"""How often: each address by itself, by the minute, in bounded memory."""

from __future__ import annotations

import pytest

from community.accounts import limiting
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def allowed(limiter: Limiter, address: str, tries: int) -> int:
    done = 0
    for _ in range(tries):
        try:
            limiter.take(address)
        except TooOften:
            return done
        done += 1
    return done


def test_an_address_may_so_often_and_then_again_as_time_goes_by() -> None:
    clock = Clock()
    limiter = Limiter(6, clock)
    assert allowed(limiter, "192.0.2.1", 10) == 6
    assert allowed(limiter, "192.0.2.2", 10) == 6
    clock.now = 9.9
    assert allowed(limiter, "192.0.2.1", 10) == 0
    clock.now = 20.1
    assert allowed(limiter, "192.0.2.1", 10) == 2
    clock.now = 10_000
    assert allowed(limiter, "192.0.2.1", 10) == 6


def test_asking_in_vain_does_not_make_it_longer() -> None:
    clock = Clock()
    limiter = Limiter(60, clock)
    assert allowed(limiter, "192.0.2.1", 100) == 60
    for second in range(1, 30):
        clock.now = second + 0.01
        assert allowed(limiter, "192.0.2.1", 5) == 1


def test_the_addresses_of_one_ipv6_network_are_one() -> None:
    limiter = Limiter(3, Clock())
    assert allowed(limiter, "2001:db8::1", 2) == 2
    assert allowed(limiter, "2001:db8::2", 9) == 1
    assert allowed(limiter, "2001:db8:0:1::1", 9) == 3
    assert allowed(limiter, "", 9) == 3


def test_memory_is_bounded_and_whoever_came_last_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limiting, "max_addresses", 10)
    limiter = Limiter(1, Clock())
    for number in range(100):
        assert allowed(limiter, f"192.0.2.{number}", 2) == 1
    assert len(limiter._buckets) == 10
    assert allowed(limiter, "192.0.2.99", 1) == 0
