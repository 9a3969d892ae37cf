"""UIDs of the data, all of one root whose last component is a number of eight digits.

May live here: how UIDs are spelled and changed. Another number in the place of the first gives new
instances of the same length, so that no file has to be written anew to be stored once more.
"""

from __future__ import annotations

import itertools
import random

_STEM = "1.2.826.0.1.3680043.8.498."
_FIRST = 10_000_000
ROOT = f"{_STEM}{_FIRST}"

# Where a run begins is left to chance: a server that already holds an earlier run's instances
# is asked to store new ones.
_numbers = itertools.count(random.SystemRandom().randrange(_FIRST + 1, 9 * _FIRST))


def uid(*parts: int) -> str:
    """The UID of these numbers below the root."""
    return ".".join([ROOT, *map(str, parts)])


def next_number() -> int:
    """A number that no other renewal of this process has."""
    return next(_numbers)


def renewed_uid(one: str, number: int) -> str:
    """The UID that `renewed` makes of one."""
    return one.replace(ROOT, f"{_STEM}{number}")


def renewed(data: bytes, number: int) -> bytes:
    """The same instance under new UIDs."""
    return data.replace(ROOT.encode(), f"{_STEM}{number}".encode())
