"""How often something is tried again, and how long is waited: numbers only.

Nothing here knows the queue or the archive.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """Exponential backoff with full jitter, bounded in number and length.

    Parameters
    ----------
    max_tries
        How often something is tried in all.
    first_s, longest_s
        The bound of the first wait, which doubles, and the bound of every wait.
    """

    max_tries: int = 5
    first_s: float = 2.0
    longest_s: float = 300.0

    def is_last(self, attempt: int) -> bool:
        """Whether attempt number `attempt`, from 1, is the last one."""
        return attempt >= self.max_tries

    def wait_s(self, attempt: int, chance: float | None = None) -> float:
        """How long to wait after attempt number `attempt`, from 1, has failed.

        Half of the bound is waited in any case and the rest by chance, so that studies that
        failed together do not come back together.
        """
        bound = min(self.longest_s, self.first_s * 2.0 ** min(attempt - 1, 32))
        lot = random.random() if chance is None else chance  # noqa: S311 - no secret: spreads load
        return bound * (0.5 + 0.5 * lot)


@dataclass(slots=True)
class Breaker:
    """Leave something alone for a while after it has failed.

    Attributes
    ----------
    failures
        In a row; 0 while all is well.
    closed_at
        The moment from which it is tried again, on the caller's clock.
    """

    retries: Retries = Retries(first_s=1.0, longest_s=30.0)
    failures: int = 0
    closed_at: float = float("-inf")

    def allows(self, now: float) -> bool:
        """Whether it may be tried now."""
        return now >= self.closed_at

    def failed(self, now: float) -> bool:
        """Note a failure; say whether it is the first in a row."""
        self.failures += 1
        self.closed_at = now + self.retries.wait_s(self.failures)
        return self.failures == 1

    def succeeded(self) -> bool:
        """Note a success; say whether it ends a row of failures."""
        ended, self.failures = self.failures > 0, 0
        self.closed_at = float("-inf")
        return ended
