"""By when a request is answered, and when somebody is reminded of it. Pure.

The day is UTC's. A request of the 5th is answered until the end of the 5th of the next month; one
of a day that the next month does not have, until the end of that month.

References
----------
Regulation (EU) 2016/679 article 12(3); Regulation (EEC, Euratom) 1182/71 article 3(1) and (2)(c).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

BEFORE_DAYS: Final = (10, 3)
"""So many days before it is due, somebody is reminded."""
_AGAIN_DAYS: Final = 7


def due_on(received: date) -> date:
    """The last day on which what was received is answered in time."""
    year, month = (
        (received.year + 1, 1) if received.month == 12 else (received.year, received.month + 1)
    )
    return date(year, month, min(received.day, monthrange(year, month)[1]))


def days_left(due: date, today: date) -> int:
    """Days until the last one; negative when it is over."""
    return (due - today).days


def is_overdue(due: date, today: date) -> bool:
    """Whether the last day is over."""
    return today > due


def step_reached(due: date, today: date) -> int:
    """How many reminders a request should have had by now.

    One for each of `BEFORE_DAYS`, one when it is overdue, and then one a week.
    """
    left = days_left(due, today)
    if left >= 0:
        return sum(left <= before for before in BEFORE_DAYS)
    return len(BEFORE_DAYS) + 1 + (-left - 1) // _AGAIN_DAYS
