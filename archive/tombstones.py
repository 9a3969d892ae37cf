"""What was erased: marks left behind, so that asking again is answered with "gone".

A mark on a study or a series stands for all that was in it. What is stored
again clears the marks on itself, its series and its study.
"""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from sqlalchemy import Connection, delete, insert, select

from archive.collections import Collection
from archive.errors import Gone, NotFound
from archive.models import tombstone

ALL = ""


def leave(
    connection: Connection,
    collection: Collection,
    study_instance_uid: str,
    series_instance_uid: str | None,
    sop_instance_uid: str | None,
    now: datetime,
    *,
    was_public: bool = False,
) -> None:
    """Mark what a request named as erased; a newer mark takes the place of an older.

    Parameters
    ----------
    was_public
        Whether anybody could read it, and may learn that it is gone.
    """
    row = {
        "collection_id": collection.id,
        "study_instance_uid": study_instance_uid,
        "series_instance_uid": series_instance_uid or ALL,
        "sop_instance_uid": sop_instance_uid or ALL,
    }
    matching = [tombstone.c[name] == value for name, value in row.items()]
    connection.execute(delete(tombstone).where(*matching))
    connection.execute(insert(tombstone).values(**row, erased_at=now, was_public=was_public))


def raise_absent(
    connection: Connection,
    collection: Collection,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
) -> NoReturn:
    """Say of something that is not here whether it was.

    Raises
    ------
    Gone
        It, or what it was part of, was erased.
    NotFound
        It was never here, as far as we know.
    """
    what = "instance" if sop_instance_uid else "series" if series_instance_uid else "study"
    query = (
        select(tombstone.c.erased_at)
        .where(tombstone.c.collection_id == collection.id)
        .where(tombstone.c.study_instance_uid == study_instance_uid)
        .where(tombstone.c.series_instance_uid.in_([ALL, series_instance_uid or ALL]))
        .where(tombstone.c.sop_instance_uid.in_([ALL, sop_instance_uid or ALL]))
        .order_by(tombstone.c.erased_at.desc())
        .limit(1)
    )
    since = connection.scalar(query)
    if since is not None:
        raise Gone(what, since)
    raise NotFound(f"no such {what}")
