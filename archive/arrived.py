"""Which instances of a study its sender has brought already, so that an upload can go on.

They are asked for by the UIDs that they had when they were sent; the answer is only for who sent
them, and is the same for a study of somebody else and one that never was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archive.access import Principal, Scope, effective, require
from archive.archive import Archive
from archive.batch import known_instances
from archive.collections import DEIDENTIFY, get_collection, quarantine_of
from archive.database import reading
from archive.destinations import Destinations
from archive.errors import ArchiveError
from archive.uploads import may_see, upload_of_study

max_asked: Final = 2_000
"""Instances in one question."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is there of a study.

    Attributes
    ----------
    upload
        The token of its upload; None if the asker brought nothing of it.
    instances
        Those that are there, waiting in quarantine or published, in the order of the question.
    """

    upload: str | None = None
    instances: tuple[str, ...] = ()


def already_there(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    sop_instance_uids: Sequence[str],
) -> Arrived:
    """Say which of these instances the sender brought.

    Parameters
    ----------
    study_instance_uid, sop_instance_uids
        As they are in the sender's files.

    Raises
    ------
    Unauthenticated, NotAllowed
        Somebody may not send anything to this collection, or nothing to this study.
    ArchiveError
        It is asked for too many at once, or the collection does not de-identify.
    """
    require(archive, principal, collection, Scope.WRITE)
    place = get_collection(archive, collection)
    if place.ingest != DEIDENTIFY:
        raise ArchiveError("this can be asked of a collection that de-identifies only")
    if len(sop_instance_uids) > max_asked:
        raise ArchiveError(f"ask for at most {max_asked} instances at once")
    asking = effective(archive, principal)
    # The patient chooses a key for what is new; what is known already has its own.
    there = Destinations(archive, place).of(
        study_instance_uid, "", asking.name if asking is not None else ""
    )
    found = upload_of_study(archive, place, there.study_instance_uid)
    if found is None or not may_see(archive, principal, found):
        return Arrived()
    waiting = {there.waits_as(uid): uid for uid in sop_instance_uids}
    shown = {there.uid(uid): uid for uid in sop_instance_uids}
    with reading(archive.engine) as connection:
        quarantine = quarantine_of(archive, place)
        had = {waiting[uid] for uid in known_instances(connection, quarantine, sorted(waiting))}
        had |= {shown[uid] for uid in known_instances(connection, place, sorted(shown))}
    return Arrived(found.token, tuple(uid for uid in sop_instance_uids if uid in had))
