"""Instances of several associations stored together, so that they share one transaction and flush.

A peer waits for each C-STORE's answer before it sends the next, so one association never has
more than one instance to store. While a batch is being stored the others queue up; whoever comes
free first takes them all. Nobody ever waits for company: alone, an instance is stored at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from archive.ingest import Outcome
from archive.objects import SpoolFile

StoreMany = Callable[[str, Sequence[SpoolFile], Sequence[str]], list[Outcome]]
"""Keep files in a collection, each with the name of who sent it."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    collection: str
    spooled: SpoolFile
    sender: str
    outcome: Future[Outcome] = field(default_factory=Future)


class Batcher:
    """Group what is to be stored.

    Parameters
    ----------
    store
        The archive's verb: a collection, its files and their senders in, one outcome per file
        out.
    max_files, max_bytes
        Where a batch ends.
    leaders
        Batches under way at once: one flushes while another parses.
    """

    def __init__(
        self, store: StoreMany, *, max_files: int, max_bytes: int, leaders: int = 1
    ) -> None:
        self._store = store
        self._max_files = max_files
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(leaders)
        self._waiting: list[_Waiting] = []

    def store(self, collection: str, spooled: SpoolFile, sender: str) -> Outcome:
        """Store one file of a sender, with whoever waits as well, and return its outcome.

        Raises
        ------
        StoreUnavailable
            As the archive's verb raised it, to everybody of the batch.
        """
        mine = _Waiting(collection, spooled, sender)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            while not mine.outcome.done():
                batch = self._take()
                if not batch:
                    break  # another leader has mine; its outcome comes
                self._lead(batch)
        return mine.outcome.result()

    def _take(self) -> list[_Waiting]:
        with self._lock:
            if not self._waiting:
                return []
            collection, size = self._waiting[0].collection, 0
            batch: list[_Waiting] = []
            for one in self._waiting:
                size += one.spooled.size
                full = len(batch) >= self._max_files or (batch and size > self._max_bytes)
                if one.collection != collection or full:
                    break
                batch.append(one)
            del self._waiting[: len(batch)]
            return batch

    def _lead(self, batch: list[_Waiting]) -> None:
        try:
            files, senders = [one.spooled for one in batch], [one.sender for one in batch]
            outcomes = self._store(batch[0].collection, files, senders)
            for one, outcome in zip(batch, outcomes, strict=True):
                one.outcome.set_result(outcome)
        except BaseException as error:
            for one in batch:
                if not one.outcome.done():
                    one.outcome.set_exception(error)
            if not isinstance(error, Exception):
                raise
