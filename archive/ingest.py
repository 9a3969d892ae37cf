"""Store instances: from spooled files to durable objects and visible rows.

The order is what keeps the promises. (1) Files are read and judged. (2) The
keys that their bytes will have are noted as loose and committed. (3) Bytes
become durable under those keys. (4) One transaction writes the rows and takes
the keys off the loose list: the flip. (5) The studies are announced. Killed
after 2 or 3, nothing is visible and the sweep finds the bytes by their loose
keys; killed after 4, all is there and the sweep announces what was not.

References
----------
docs/decisions/0001-loose-objects.md; PS3.4 B.2.3; PS3.18 Section 10.5.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from archive import removal
from archive.archive import Announcement, Archive, announce
from archive.batch import Accepted, KeysCondemned, Known, known_instances, write_batch
from archive.candidates import Candidate, Expected, Refused, read_candidate
from archive.collections import DEIDENTIFY, REPLACE, Collection, get_collection, quarantine_of
from archive.database import retried, writing
from archive.destinations import Destinations
from archive.errors import (
    DuplicateInstance,
    OutOfResources,
    ProcessingFailure,
    StoreUnavailable,
)
from archive.keys import new_versions, object_key
from archive.objects import SpoolFile
from archive.outcomes import (
    COERCED,
    DISCARDED,
    NOT_OF_ITS_CLASS,
    Coming,
    Failed,
    Outcome,
    Stored,
)
from archive.receiving import Way, receive

__all__ = [
    "COERCED",
    "DISCARDED",
    "NOT_OF_ITS_CLASS",
    "Coming",
    "Failed",
    "Outcome",
    "Stored",
    "store_instance",
    "store_instances",
    "store_made",
]

log = logging.getLogger(__name__)

_MAX_DOCUMENT_BYTES = 16 << 20
# Who brings more than so many files fills a batch alone, and holds up nobody.
_FEW = 8


def store_instances(
    archive: Archive,
    collection: str,
    spooled: Sequence[SpoolFile],
    *,
    study_instance_uid: str | None = None,
    meta_agrees: bool = False,
    sender: str | Sequence[str] = "",
    adds_to_all: bool = False,
) -> list[Outcome]:
    """Store a batch.

    Parameters
    ----------
    collection : str
        Its name. One that de-identifies keeps what arrives in its quarantine
        and answers each instance with the warning `COERCED`.
    spooled : sequence of SpoolFile
        From `archive.objects.spool()`. Files that are not adopted stay the caller's.
    study_instance_uid : str, optional
        The study that every instance must belong to.
    meta_agrees : bool
        Whether file meta information and data set must name the same instance
        (`archive.candidates.Expected`).
    sender : str or sequence of str
        The name of the principal, who may follow an upload that is de-identified; one for all
        files, or one a file.
    adds_to_all : bool
        Whether people who send may add to studies that are published and not theirs.

    Returns
    -------
    list of Outcome
        One a file, in order. A `Stored` is durable.

    Raises
    ------
    NotFound
        No such collection.
    StoreUnavailable
        Index or object store is down. Nothing more was acknowledged; it is
        safe to send all of it again.
    """
    expected = Expected(study_instance_uid, meta_agrees)
    senders = [sender] * len(spooled) if isinstance(sender, str) else sender
    arrived = (
        Arrived(_judged(archive, file, expected), file.size, by)
        for file, by in zip(spooled, senders, strict=True)
    )
    store = partial(_store_arrived, archive, collection, adds_to_all)
    if len(spooled) > _FEW:
        return store(arrived)
    # Read here, each in its caller's thread; what waits for the disk and the index is shared.
    return list(archive.together.do((collection, adds_to_all), list(arrived), store))


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that was read, how long it is, and who sent it."""

    judged: Candidate | Refused
    size: int
    sender: str


def _store_arrived(
    archive: Archive, collection: str, adds_to_all: bool, arrived: Iterable[Arrived]
) -> list[Outcome]:
    with _translated():
        target = get_collection(archive, collection)
        if target.ingest != DEIDENTIFY:
            return _store_all(archive, target, arrived)
        way = Way(target, Destinations(archive, target, adds_to_all=adds_to_all))
        outcomes = _store_all(archive, quarantine_of(archive, target), arrived, way)
        return [way.told(index, outcome) for index, outcome in enumerate(outcomes)]


def store_made(
    archive: Archive, collection: str, spooled: SpoolFile, study_instance_uid: str
) -> Outcome:
    """Store what this product itself made of a study that is published, beside it.

    Also where what arrives is de-identified: it was made of what is, and of words that its caller
    answers for.
    """
    with _translated():
        expected = Expected(study_instance_uid, meta_agrees=True)
        arrived = Arrived(_judged(archive, spooled, expected), spooled.size, "")
        [outcome] = _store_all(archive, get_collection(archive, collection), [arrived])
        return outcome


def store_instance(
    archive: Archive,
    collection: str,
    spooled: SpoolFile,
    *,
    study_instance_uid: str | None = None,
) -> Outcome:
    """Store a batch of one; see `store_instances`."""
    [outcome] = store_instances(
        archive, collection, [spooled], study_instance_uid=study_instance_uid
    )
    return outcome


def _store_all(
    archive: Archive,
    collection: Collection,
    arrived: Iterable[Arrived],
    way: Way | None = None,
) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    pending = _Pending(archive.settings.limits.max_batch_files)
    for index, one in enumerate(arrived):
        judged = one.judged
        if way is not None and isinstance(judged, Candidate):
            judged = way.entered(index, judged, one.sender)
        if isinstance(judged, Refused):
            outcomes[index] = _failed(judged)
            continue
        if not pending.has_room_for(judged):
            outcomes |= _store_batch(archive, collection, pending.take(), way)
        pending.add(index, judged)
    outcomes |= _store_batch(archive, collection, pending.take(), way)
    return [outcomes[index] for index in range(len(outcomes))]


def _judged(archive: Archive, file: SpoolFile, expected: Expected) -> Candidate | Refused:
    try:
        file.close()
    except OSError:
        return Refused(OutOfResources("there is no room to receive the instance"))
    try:
        limit = archive.settings.limits.max_instance_bytes
        return read_candidate(file.path, file.size, limit, expected)
    except Exception:
        # One bad file must not take its neighbours along, and a bug of ours
        # is not the sender's fault; the log has no value of the data set.
        log.exception("an instance could not be read because of an error of ours")
        return Refused(ProcessingFailure("the server failed to read this instance"))


def _failed(refused: Refused) -> Failed:
    return Failed(refused.sop_class_uid, refused.sop_instance_uid, refused.failure)


class _Pending:
    """Candidates on their way into one transaction: bounded, and each SOP Instance UID once."""

    def __init__(self, max_files: int) -> None:
        self._max_files = max_files
        self._candidates: dict[int, Candidate] = {}
        self._uids: set[str] = set()
        self._weight = 0

    def has_room_for(self, candidate: Candidate) -> bool:
        return (
            len(self._candidates) < self._max_files
            and self._weight + candidate.weight <= _MAX_DOCUMENT_BYTES
            and candidate.uids.sop_instance not in self._uids
        )

    def add(self, index: int, candidate: Candidate) -> None:
        self._candidates[index] = candidate
        self._uids.add(candidate.uids.sop_instance)
        self._weight += candidate.weight

    def take(self) -> dict[int, Candidate]:
        taken = self._candidates
        self._candidates, self._uids, self._weight = {}, set(), 0
        return taken


def _store_batch(
    archive: Archive,
    collection: Collection,
    candidates: dict[int, Candidate],
    way: Way | None,
) -> dict[int, Outcome]:
    if not candidates:
        return {}
    outcomes, accepted = _announced(archive, collection, candidates)
    if not accepted:
        return outcomes
    _make_durable(archive, collection, accepted)
    written, news = retried(lambda: _flip(archive, collection, accepted, way))
    for one in news:
        announce(archive, one if way is None else way.translated(collection, one))
    return outcomes | written


def _sop_uids(candidates: dict[int, Candidate]) -> list[str]:
    return sorted(one.uids.sop_instance for one in candidates.values())


def _decided(
    collection: Collection, candidates: dict[int, Candidate], known: Known
) -> dict[int, Outcome]:
    """What the duplicate rule says of those that are stored already; the others are left out."""
    outcomes: dict[int, Outcome] = {}
    for index, candidate in candidates.items():
        row = known.get(candidate.uids.sop_instance)
        if row is None:
            continue
        if row.digest == candidate.digest:
            outcomes[index] = _stored(candidate, already=True)
        elif collection.duplicate_rule != REPLACE:
            outcomes[index] = _duplicate(candidate)
    return outcomes


def _stored(candidate: Candidate, already: bool = False) -> Stored:
    uids = candidate.uids
    return Stored(uids.study, uids.series, uids.sop_class, uids.sop_instance, already=already)


def _duplicate(candidate: Candidate) -> Failed:
    failure = DuplicateInstance(
        "another data set is stored under this SOP Instance UID; the first is kept"
    )
    return Failed(candidate.uids.sop_class, candidate.uids.sop_instance, failure)


def _announced(
    archive: Archive, collection: Collection, candidates: dict[int, Candidate]
) -> tuple[dict[int, Outcome], dict[int, Accepted]]:
    """Outcomes of those that are stored already; the others, their keys noted as loose."""
    with writing(archive.engine, durable=False) as connection:
        known = known_instances(connection, collection, _sop_uids(candidates))
        outcomes = _decided(collection, candidates, known)
        fresh = [index for index in candidates if index not in outcomes]
        versions = new_versions(len(fresh))
        keys = [object_key(collection.id, version) for version in versions]
        removal.loosen(connection, keys, datetime.now(UTC))
    accepted = {
        index: Accepted(candidates[index], version)
        for index, version in zip(fresh, versions, strict=True)
    }
    return outcomes, accepted


def _make_durable(archive: Archive, collection: Collection, accepted: dict[int, Accepted]) -> None:
    archive.objects.adopt(
        [(one.candidate.path, object_key(collection.id, one.version)) for one in accepted.values()]
    )


def _flip(
    archive: Archive,
    collection: Collection,
    accepted: dict[int, Accepted],
    way: Way | None,
) -> tuple[dict[int, Outcome], list[Announcement]]:
    candidates = {index: one.candidate for index, one in accepted.items()}
    with writing(archive.engine) as connection:
        known = known_instances(connection, collection, _sop_uids(candidates))
        outcomes = _decided(collection, candidates, known)
        fresh = [one for index, one in accepted.items() if index not in outcomes]
        replaced = {
            one.sop_instance_uid: known[one.sop_instance_uid]
            for one in fresh
            if one.sop_instance_uid in known
        }
        news = write_batch(connection, collection, fresh, replaced) if fresh else []
        if way is not None and fresh:
            studies = {one.candidate.uids.study for one in fresh}
            going = {uid: way.going[uid] for uid in studies}
            receive(connection, way.place, collection, going, way.sent_by)
    written = {
        index: _stored(one.candidate) for index, one in accepted.items() if index not in outcomes
    }
    return outcomes | written, news


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except KeysCondemned as exc:
        raise StoreUnavailable("storing took too long; try again") from exc
    except SQLAlchemyError as exc:
        log.warning("the index failed during ingest: %s", type(exc).__name__)
        raise StoreUnavailable("the index cannot be written; try again") from exc
