"""Studies and uploads of somebody: which are theirs alone, and their erasure through every store.

A study that somebody else owns, too, stays theirs; so does, where work is kept, one of a case that
others see.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, select

from archive.access import LOCAL, audience_of
from archive.archive import Archive
from archive.database import reading, writing
from archive.erase import erase
from archive.errors import Gone, NotFound
from archive.keys import object_key
from archive.models import collection, instance, share, study, upload
from archive.publication import erase_originals
from archive.uploads import REJECTED, set_state, uploads_numbered
from community.case_models import case_study, medical_case
from community.cases.model import SHOWN

_OWNERS = "person:"
_REASON = "its owner is erased"


@dataclass(frozen=True, slots=True, order=True)
class Owned:
    """A study, by its names."""

    collection: str
    study_instance_uid: str


def studies_of(connection: Connection, person: str) -> list[Owned]:
    """The studies that are somebody's."""
    query = (
        select(collection.c.name, share.c.study_instance_uid)
        .join(collection, collection.c.id == share.c.collection_id)
        .where(share.c.audience == audience_of(person))
    )
    return sorted(Owned(*row) for row in connection.execute(query))


def erase_studies(archive: Archive, person: str, *, keeps_work: bool) -> int:
    """Erase somebody's studies and whatever of theirs waits; return how many studies."""
    with reading(archive.engine) as connection:
        kept = _shared_on(connection, person)
        if keeps_work:
            kept |= _in_shown_cases(connection, person)
        wanted = [one for one in studies_of(connection, person) if one not in kept]
    for one in wanted:
        with suppress(NotFound, Gone):  # gone before, or only on its way
            erase(archive, LOCAL, one.collection, one.study_instance_uid)
    _erase_uploads(archive, person, kept if keeps_work else set())
    return len(wanted)


def _erase_uploads(archive: Archive, person: str, kept: set[Owned]) -> None:
    with reading(archive.engine) as connection:
        numbers = list(connection.scalars(select(upload.c.id).where(upload.c.owner == person)))
    for one in uploads_numbered(archive, numbers):
        if Owned(one.collection, one.study_instance_uid) in kept:
            continue
        # Whoever works at it stops, and all of its originals may go.
        set_state(archive, one, REJECTED, _REASON)
        erase_originals(archive, one)
        with writing(archive.engine) as connection:
            connection.execute(delete(upload).where(upload.c.id == one.id))


def _shared_on(connection: Connection, person: str) -> set[Owned]:
    """Studies of this person that somebody else owns, too."""
    other = share.alias("other")
    also = exists().where(
        other.c.collection_id == share.c.collection_id,
        other.c.study_instance_uid == share.c.study_instance_uid,
        other.c.audience.startswith(_OWNERS),
        other.c.audience != audience_of(person),
    )
    query = (
        select(collection.c.name, share.c.study_instance_uid)
        .join(collection, collection.c.id == share.c.collection_id)
        .where(share.c.audience == audience_of(person), also)
    )
    return {Owned(*row) for row in connection.execute(query)}


def _in_shown_cases(connection: Connection, person: str) -> set[Owned]:
    query = (
        select(case_study.c.collection, case_study.c.study_instance_uid)
        .join(medical_case, medical_case.c.id == case_study.c.case_id)
        .join(share, share.c.study_instance_uid == case_study.c.study_instance_uid)
        .where(share.c.audience == audience_of(person), medical_case.c.state.in_(SHOWN))
    )
    return {Owned(*row) for row in connection.execute(query)}


def files_of_studies(archive: Archive, person: str) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """The files of somebody's studies: a name, the length, and the bytes as they are stored.

    Also of studies that nobody is shown at present: they are theirs.
    """
    with reading(archive.engine) as connection:
        owned = studies_of(connection, person)
    for one in owned:
        with reading(archive.engine) as connection:
            rows = connection.execute(_instances(one)).all()
        for row in rows:
            name = f"{one.study_instance_uid}/{row.sop_instance_uid}.dcm"
            key = object_key(row.collection_id, row.version)
            yield name, row.size, archive.objects.stream(key)


def _instances(one: Owned) -> Select[Any]:
    return (
        select(
            instance.c.collection_id,
            instance.c.sop_instance_uid,
            instance.c.version,
            instance.c.size,
        )
        .join(study, study.c.id == instance.c.study_id)
        .join(collection, collection.c.id == study.c.collection_id)
        .where(collection.c.name == one.collection)
        .where(study.c.study_instance_uid == one.study_instance_uid)
        .order_by(instance.c.id)
    )


def uploads_of(connection: Connection, person: str) -> list[Owned]:
    """What somebody sent, by the names that it is or will be published by."""
    query = (
        select(collection.c.name, upload.c.study_instance_uid)
        .join(collection, collection.c.id == upload.c.collection_id)
        .where(upload.c.owner == person)
    )
    return sorted(Owned(*row) for row in connection.execute(query))
