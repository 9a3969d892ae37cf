"""Metadata that were made ready to send, found under the access rule.

Reads only; making them is `archive.publish`, and what their object holds `archive.metadata_files`.
What is behind its series is as good as absent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, select

from archive.access import (
    AUDIENCES,
    Principal,
    Sight,
    audiences_of,
    effective,
    find_collection,
    readable_by_some,
    sight_of,
)
from archive.archive import Archive
from archive.collections import Collection
from archive.direct import Question
from archive.metadata_files import KeptSeries
from archive.models import kept_metadata as table
from archive.models import series, study


def kept_metadata(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
) -> list[KeptSeries]:
    """What is ready to send of a study, series by series, or of one series.

    Returns
    -------
    list of KeptSeries
        Nothing unless all that was named is there, may be read, and is as it was when its
        metadata were kept, and all of it was kept for one root.

    Raises
    ------
    Unauthenticated, NotAllowed, NotFound
        Of the collection.
    """
    place = find_collection(archive, principal, collection)
    asking = effective(archive, principal)
    sight = sight_of(asking, place)
    named: dict[str, Any] = {"study": study_instance_uid}
    if series_instance_uid is not None:
        named["series"] = series_instance_uid
    if not sight.whole:
        named[AUDIENCES] = audiences_of(asking)
    rows = _kept(place, sight, series_instance_uid is not None).rows(archive.engine, named)
    if len({row.root_url for row in rows}) != 1 or any(row.object_key is None for row in rows):
        return []
    return [
        KeptSeries(
            row.etag, row.plain_size, row.gzip_size, row.zstd_size, row.crc32,
            row.root_url, row.object_key,
        )
        for row in rows
    ]  # fmt: skip


@lru_cache(maxsize=512)
def _kept(collection: Collection, sight: Sight, is_of_one: bool) -> Question:
    current = and_(table.c.series_id == series.c.id, table.c.revision == series.c.revision)
    query = (
        select(
            table.c.etag,
            table.c.plain_size,
            table.c.gzip_size,
            table.c.zstd_size,
            table.c.crc32,
            table.c.root_url,
            table.c.object_key,
        )
        .select_from(study)
        .join(series, series.c.study_id == study.c.id)
        .outerjoin(table, current)
        .where(readable_by_some(collection, sight))
        .where(study.c.study_instance_uid == bindparam("study"))
        .order_by(series.c.id)
    )
    if is_of_one:
        query = query.where(series.c.series_instance_uid == bindparam("series"))
    return Question(query)
