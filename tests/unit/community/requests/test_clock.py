"""A request is due a month after it came, whatever months are like; reminders come before that."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.requests.clock import BEFORE_DAYS, days_left, due_on, is_overdue, step_reached

DAYS = st.dates(date(2000, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-05", "2026-04-05"),
        ("2026-01-28", "2026-02-28"),
        ("2026-01-29", "2026-02-28"),
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2100-01-30", "2100-02-28"),
        ("2026-02-28", "2026-03-28"),
        ("2026-03-31", "2026-04-30"),
        ("2026-04-30", "2026-05-30"),
        ("2026-12-31", "2027-01-31"),
    ],
)
def test_it_is_the_same_day_of_the_next_month_or_the_last_that_there_is(
    received: str, due: str
) -> None:
    assert due_on(date.fromisoformat(received)) == date.fromisoformat(due)


@given(DAYS)
def test_the_due_day_lies_in_the_next_month_on_the_same_day_if_it_has_one(received: date) -> None:
    due = due_on(received)
    months = (due.year - received.year) * 12 + due.month - received.month
    assert months == 1
    assert due.day == min(received.day, monthrange(due.year, due.month)[1])
    assert 28 <= (due - received).days <= 31


@given(DAYS, DAYS)
def test_who_asks_later_is_not_due_earlier(one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    assert due_on(earlier) <= due_on(later)


@given(DAYS)
def test_it_is_overdue_from_the_day_after_the_last(received: date) -> None:
    due = due_on(received)
    assert not is_overdue(due, due)
    assert is_overdue(due, due + timedelta(days=1))
    assert days_left(due, received) >= 28


def test_reminders_come_before_it_is_due_when_it_is_over_and_then_every_week() -> None:
    due = date(2026, 4, 5)
    steps = [step_reached(due, due + timedelta(days=n)) for n in range(-31, 17)]
    assert steps == sorted(steps)
    changes = [n - 31 for n in range(1, len(steps)) if steps[n] != steps[n - 1]]
    assert changes == [-BEFORE_DAYS[0], -BEFORE_DAYS[1], 1, 8, 15]
