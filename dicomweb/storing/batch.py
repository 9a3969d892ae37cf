"""Spooled instances on their way into the archive, a batch at a time, and what became of each.

Outcomes stand in the order in which instances were announced, whatever is stored first. Where the
bytes of an instance come from is `stow_files` and `stow_metadata`.

References
----------
PS3.18 section 10.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from archive.access import Principal
from archive.archive import Archive
from archive.errors import OutOfResources, StoreFailure
from archive.ingest import Failed, Outcome, Stored, store_instances
from archive.objects import SpoolFile


@dataclass(frozen=True, slots=True)
class Remark:
    """Why an instance, if it is stored, is stored with a warning."""

    reason: int
    note: str


class Batch:
    """Instances of one request, stored when enough of them lie ready; a context manager.

    Parameters
    ----------
    study
        The study that all of them must belong to.
    sender
        Who sends, if that is anybody we know.
    """

    def __init__(
        self,
        archive: Archive,
        collection: str,
        study: str | None,
        sender: Principal | None = None,
    ) -> None:
        self._archive = archive
        self._collection = collection
        self._study = study
        self._sender = sender
        self._limits = archive.settings.limits
        self._outcomes: list[Outcome | None] = []
        self._ready: list[tuple[int, SpoolFile]] = []
        self._ready_bytes = 0
        self._remarks: dict[int, Remark] = {}

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *_: object) -> None:
        for _place, spool in self._ready:
            spool.discard()

    @property
    def stored_any(self) -> bool:
        """Whether something was stored so far."""
        return any(isinstance(outcome, Stored) for outcome in self._outcomes)

    def announce(self) -> int:
        """Take the next place in the answer."""
        self._outcomes.append(None)
        return len(self._outcomes) - 1

    def fail(
        self,
        failure: StoreFailure,
        place: int | None = None,
        *,
        sop_class_uid: str | None = None,
        sop_instance_uid: str | None = None,
    ) -> None:
        """Say that what was announced, or something that was not, is not stored."""
        place = self.announce() if place is None else place
        self._outcomes[place] = Failed(sop_class_uid, sop_instance_uid, failure)

    def put(self, place: int, spool: SpoolFile, remark: Remark | None = None) -> None:
        """Take over a whole instance; it is stored now or with the next ones."""
        if remark is not None:
            self._remarks[place] = remark
        self._ready.append((place, spool))
        try:
            spool.close()
        except OSError:
            self._ready.pop()
            spool.discard()
            self.fail(no_room(), place)
            return
        self._ready_bytes += spool.size
        full = len(self._ready) >= self._limits.max_batch_files
        if full or self._ready_bytes >= self._limits.max_batch_bytes:
            self.flush()

    def flush(self) -> None:
        """Store what lies ready."""
        ready, self._ready, self._ready_bytes = self._ready, [], 0
        try:
            if ready:
                outcomes = store_instances(
                    self._archive,
                    self._collection,
                    [spool for _, spool in ready],
                    study_instance_uid=self._study,
                    sender=self._sender.name if self._sender else "",
                    adds_to_all=self._sender is not None and self._sender.everything,
                )
                for (place, _), outcome in zip(ready, outcomes, strict=True):
                    self._outcomes[place] = self._remarked(place, outcome)
        finally:
            for _place, spool in ready:
                spool.discard()

    def finish(self) -> list[Outcome]:
        """Store the rest and return an outcome for every place."""
        self.flush()
        return [outcome for outcome in self._outcomes if outcome is not None]

    def _remarked(self, place: int, outcome: Outcome) -> Outcome:
        remark = self._remarks.get(place)
        if remark is None or isinstance(outcome, Failed) or outcome.warning is not None:
            return outcome
        return replace(outcome, warning=remark.reason, note=remark.note)


def no_room() -> OutOfResources:
    """What is said when a file cannot be written."""
    return OutOfResources("there is no room to receive the instance")
