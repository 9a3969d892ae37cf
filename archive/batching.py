"""What several callers bring at once, done together: one transaction and one flush for all of them.

Nobody waits for company: alone, one is served at once. While a batch is under way the others queue
up; whoever comes free first takes all that wait. What is done with them is the caller's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Something that counts towards the limit of a batch."""

    @property
    def size(self) -> int:
        """Bytes."""


Item = TypeVar("Item", bound=Sized)
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Outcome]):
    group: Hashable
    items: Sequence[Item]
    work: Callable[[Sequence[Item]], Sequence[Outcome]]
    outcomes: Future[Sequence[Outcome]] = field(default_factory=Future)

    @property
    def size(self) -> int:
        return sum(item.size for item in self.items)


class Batcher(Generic[Item, Outcome]):
    """Group what comes in.

    Parameters
    ----------
    max_items, max_bytes
        Where a batch ends, unless one caller alone brings more.
    """

    def __init__(self, max_items: int = 64, max_bytes: int = 64 << 20) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Waiting[Item, Outcome]] = []

    def do(
        self,
        group: Hashable,
        items: Sequence[Item],
        work: Callable[[Sequence[Item]], Sequence[Outcome]],
    ) -> Sequence[Outcome]:
        """Have `work` done with these items, and with those of others of the same group.

        Parameters
        ----------
        work
            Items in, one outcome an item out. That of any caller of the group may be the one that
            runs: within a group they must do the same.

        Raises
        ------
        Exception
            What `work` raised, to everybody of the batch.
        """
        mine = _Waiting(group, items, work)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            # Once the turn is ours, another leader may have taken ours along: then it is done.
            while not mine.outcomes.done():
                _lead(self._take())
        return mine.outcomes.result()

    def _take(self) -> list[_Waiting[Item, Outcome]]:
        with self._lock:
            group, size, count = self._waiting[0].group, 0, 0
            batch: list[_Waiting[Item, Outcome]] = []
            for one in self._waiting:
                size += one.size
                count += len(one.items)
                full = count > self._max_items or size > self._max_bytes
                if one.group != group or (batch and full):
                    break
                batch.append(one)
            del self._waiting[: len(batch)]
            return batch


def _lead(batch: Sequence[_Waiting[Item, Outcome]]) -> None:
    try:
        items = [item for one in batch for item in one.items]
        pairs = iter(list(zip(items, batch[0].work(items), strict=True)))
        for one in batch:
            one.outcomes.set_result([outcome for _, outcome in islice(pairs, len(one.items))])
    except BaseException as error:
        for one in batch:
            if not one.outcomes.done():
                one.outcomes.set_exception(error)
        if not isinstance(error, Exception):
            raise
