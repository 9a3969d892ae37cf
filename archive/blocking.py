"""Instances that may not come back: what was erased because it identified somebody.

Only the SHA-256 is kept of the UID that each had here, which is derived from the one that it was
sent under, by its sender's key. So the same file from the same person is known again, and from the
list nobody learns what was on it, or whose it was.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, select

from archive.archive import Archive
from archive.collections import Collection, get_collection
from archive.database import insert_missing, writing
from archive.models import blocked_instance, instance, study

_ROWS_AT_ONCE: Final = 500


def block_study(archive: Archive, collection: str, study_instance_uid: str) -> int:
    """Let none of a study's instances be stored again; return how many there are."""
    place = get_collection(archive, collection)
    query = (
        select(instance.c.sop_instance_uid)
        .join(study, study.c.id == instance.c.study_id)
        .where(study.c.collection_id == place.id)
        .where(study.c.study_instance_uid == study_instance_uid)
    )
    now = datetime.now(UTC)
    with writing(archive.engine) as connection:
        rows = [
            {"collection_id": place.id, "uid_sha256": _hash(uid), "at": now}
            for uid in connection.scalars(query)
        ]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            insert_missing(connection, blocked_instance, some, ["collection_id", "uid_sha256"])
    return len(rows)


def blocks_any(connection: Connection, place: Collection) -> bool:
    """Whether anything is blocked in a collection: in most, nothing is."""
    query = select(blocked_instance.c.at).where(blocked_instance.c.collection_id == place.id)
    return connection.scalar(query.limit(1)) is not None


def is_blocked(connection: Connection, place: Collection, sop_instance_uid: str) -> bool:
    """Whether an instance may not be stored under this UID."""
    query = select(blocked_instance.c.at).where(
        blocked_instance.c.collection_id == place.id,
        blocked_instance.c.uid_sha256 == _hash(sop_instance_uid),
    )
    return connection.scalar(query) is not None


def _hash(uid: str) -> bytes:
    return hashlib.sha256(uid.encode()).digest()
