"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from community.look import formats

NOW = datetime(2026, 11, 23, 7, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (3_400_000, "3.4 MB"), (123_456_789, "123 MB"),
     (5 * 10**15, "5,000 TB")],
)  # fmt: skip
def test_sizes_are_rounded(count: int, shown: str) -> None:
    assert formats.size(count) == shown


def test_times_say_that_they_are_utc() -> None:
    assert formats.moment(NOW) == "2026-11-23 07:26 UTC"


@pytest.mark.parametrize(
    ("passed", "shown"),
    [(timedelta(seconds=5), "5 seconds ago"), (timedelta(days=3), "3 days ago")],
)
def test_how_long_ago(passed: timedelta, shown: str) -> None:
    assert formats.ago(NOW - passed, NOW) == shown
    assert formats.ago((NOW - passed).replace(tzinfo=None), NOW) == shown


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(minutes=59, seconds=59), "1 hour ago"),
        (timedelta(hours=1, minutes=29), "1 hour ago"),
        (timedelta(hours=1, minutes=31), "2 hours ago"),
        (timedelta(hours=23, minutes=59), "1 day ago"),
        (timedelta(days=1, hours=11), "1 day ago"),
        (timedelta(days=1, hours=13), "2 days ago"),
        (timedelta(hours=-5), "in 5 hours"),
    ],
)
def test_times_are_coarser_the_longer_they_are_past(passed: timedelta, shown: str) -> None:
    assert formats.ago(NOW - passed, NOW) == shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Mira Okafor", "MO"), ("late-reader", "LR"), ("张伟", "张"), ("", "?"), ("--", "?"),
     ("a b c", "AB"), ("<script>", "?")],
)  # fmt: skip
def test_initials_are_letters_only(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


def test_somebody_has_always_the_same_colour() -> None:
    assert formats.hue("wei.zhang") == formats.hue("wei.zhang")
    assert {formats.hue(f"somebody-{n}") for n in range(100)} == set(range(1, 9))
