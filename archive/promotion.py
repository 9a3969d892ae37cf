"""A study of one collection given to another that de-identifies: a copy goes the usual way.

Nothing of the source is changed. Doing it again adds what is new and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice

from archive.access import Principal, Scope, effective, require
from archive.archive import Archive
from archive.batch import known_instances
from archive.collections import DEIDENTIFY, Collection, get_collection
from archive.database import reading
from archive.destinations import Destination, Destinations
from archive.errors import ArchiveError
from archive.ingest import Failed, store_instances
from archive.retrieve import StoredInstance, find_instances, open_instance
from imaging.deidentify.engine import patient_of
from imaging.part10 import read_header

_INSTANCES_AT_ONCE = 16
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of it.

    Attributes
    ----------
    upload : str
        The token by which it can be followed.
    study_instance_uid : str
        Under which the study will be, or is, in the collection.
    taken, already, failed : int
        Instances by what became of them; those that are there already were not taken again.
    """

    upload: str
    study_instance_uid: str
    taken: int
    already: int
    failed: int


def promote(
    archive: Archive,
    principal: Principal | None,
    study_instance_uid: str,
    source: str,
    target: str,
) -> Promotion:
    """Have a study published in another collection.

    Raises
    ------
    NotFound, Gone, Unauthenticated, NotAllowed
        There is no such study, or somebody may not read it there, or write here.
    ArchiveError
        The collection does not de-identify, so nothing is published in it this way.
    """
    require(archive, principal, target, Scope.WRITE)
    found = find_instances(archive, principal, source, study_instance_uid)
    place = get_collection(archive, target)
    if place.ingest != DEIDENTIFY:
        raise ArchiveError("studies are published in a collection that de-identifies only")
    first = next(found)
    asking = effective(archive, principal)
    there = _destination(archive, place, first, asking)
    taken = already = failed = 0
    for some in _pages(first, found):
        fresh = _not_there(archive, place, there, some)
        already += len(some) - len(fresh)
        done = _given(archive, asking, place, fresh)
        taken += done
        failed += len(fresh) - done
    return Promotion(there.token, there.study_instance_uid, taken, already, failed)


def _destination(
    archive: Archive, place: Collection, one: StoredInstance, asking: Principal | None
) -> Destination:
    with open_instance(archive, one) as stream:
        patient = patient_of(read_header(stream).data_set)
    destinations = Destinations(archive, place, adds_to_all=_adds_to_all(asking))
    return destinations.of(one.study_instance_uid, patient, asking.name if asking else "")


def _pages(
    first: StoredInstance, others: Iterator[StoredInstance]
) -> Iterator[list[StoredInstance]]:
    page = [first, *islice(others, _INSTANCES_AT_ONCE - 1)]
    while page:
        yield page
        page = list(islice(others, _INSTANCES_AT_ONCE))


def _not_there(
    archive: Archive, place: Collection, there: Destination, some: list[StoredInstance]
) -> list[StoredInstance]:
    new = {there.uid(one.sop_instance_uid): one for one in some}
    with reading(archive.engine) as connection:
        known = known_instances(connection, place, sorted(new))
    return [one for uid, one in new.items() if uid not in known]


def _given(
    archive: Archive,
    asking: Principal | None,
    place: Collection,
    some: list[StoredInstance],
) -> int:
    """Store copies as if they were sent; return how many were taken."""
    with ExitStack() as files:
        spools = []
        for one in some:
            spool = files.enter_context(archive.objects.spool())
            with open_instance(archive, one) as stream:
                while piece := stream.read(_CHUNK):
                    spool.write(piece)
            spools.append(spool)
        outcomes = store_instances(
            archive,
            place.name,
            spools,
            sender=asking.name if asking else "",
            adds_to_all=_adds_to_all(asking),
        )
    return sum(not isinstance(outcome, Failed) for outcome in outcomes)


def _adds_to_all(asking: Principal | None) -> bool:
    return asking is not None and asking.everything
