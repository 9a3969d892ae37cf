"""One thing that the mock can do wrong, and which checks have to notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong.

    Parameters
    ----------
    is_wrong
        What the mock does then, as a sentence.
    noticed
        The checks that have to fail, or to be weak, and no other may.
    turned
        Checks that may say something else than a failure: that they are skipped for want of
        anything to look at, or that a service is not offered.
    """

    is_wrong: str
    noticed: tuple[str, ...] = ()
    turned: tuple[str, ...] = ()


def wrong(is_wrong: str, noticed: str = "", turned: str = "") -> Defect:
    """A row of a table; checks are separated by spaces."""
    return Defect(is_wrong, tuple(noticed.split()), tuple(turned.split()))
