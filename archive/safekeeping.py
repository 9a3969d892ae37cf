"""Whether a collection holds an instance whole: its row, and its object as long as the row says.

Looks only; what is asked for and what is remembered of it is `archive.commitment`.

References
----------
PS3.3 section C.14.1.1 (Failure Reason of storage commitment).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select

from archive.access import is_shared
from archive.archive import Archive
from archive.collections import Collection
from archive.database import reading
from archive.errors import ObjectMissing
from archive.keys import object_key
from archive.models import instance, series, study

log = logging.getLogger(__name__)

COMMITTED = 0
PROCESSING_FAILURE = 0x0110
NO_SUCH_INSTANCE = 0x0112
CLASS_CONFLICT = 0x0119

_ROWS_A_LOOK = 500


@dataclass(frozen=True, slots=True)
class Reference:
    """An instance as a request names it.

    Attributes
    ----------
    study_instance_uid, series_instance_uid
        Where the request says that it is; None where it does not say.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None


def check(
    archive: Archive,
    collection: Collection,
    references: Sequence[Reference],
    audiences: Sequence[str] | None = None,
) -> tuple[int, ...]:
    """Say of each reference whether the collection holds it whole: 0, or a Failure Reason.

    What waits in quarantine is not held: it will be replaced under other UIDs.

    Parameters
    ----------
    audiences
        Only what is shared with one of these is spoken of; None speaks of all.
    """
    reasons: list[int] = []
    for start in range(0, len(references), _ROWS_A_LOOK):
        some = references[start : start + _ROWS_A_LOOK]
        uids = [one.sop_instance_uid for one in some]
        rows = _rows_of(archive, collection, uids, audiences)
        reasons += [
            _reason(archive, collection, one, rows.get(one.sop_instance_uid)) for one in some
        ]
    return tuple(reasons)


def _rows_of(
    archive: Archive,
    collection: Collection,
    sop_instance_uids: Sequence[str],
    audiences: Sequence[str] | None,
) -> dict[str, Row[Any]]:
    query: Select[Any] = (
        select(
            instance.c.sop_instance_uid,
            instance.c.sop_class_uid,
            instance.c.version,
            instance.c.size,
            study.c.study_instance_uid,
            series.c.series_instance_uid,
        )
        .join(series, series.c.id == instance.c.series_id)
        .join(study, study.c.id == instance.c.study_id)
        .where(instance.c.collection_id == collection.id)
        .where(instance.c.sop_instance_uid.in_(sop_instance_uids))
    )
    if audiences is not None:
        query = query.where(is_shared(list(audiences)))
    with reading(archive.engine) as connection:
        return {row.sop_instance_uid: row for row in connection.execute(query)}


def _reason(
    archive: Archive, collection: Collection, asked: Reference, row: Row[Any] | None
) -> int:
    if row is None or not _stands_where_said(asked, row):
        return NO_SUCH_INSTANCE
    if row.sop_class_uid != asked.sop_class_uid:
        return CLASS_CONFLICT
    try:
        size = archive.objects.size(object_key(collection.id, row.version))
    except ObjectMissing:
        return _damaged(asked, "missing", NO_SUCH_INSTANCE)
    if size != row.size:
        return _damaged(asked, "of another length", PROCESSING_FAILURE)
    return COMMITTED


def _stands_where_said(asked: Reference, row: Row[Any]) -> bool:
    return asked.study_instance_uid in (None, row.study_instance_uid) and (
        asked.series_instance_uid in (None, row.series_instance_uid)
    )


def _damaged(asked: Reference, how: str, reason: int) -> int:
    facts = {"sop_instance_uid": asked.sop_instance_uid, "detail": how}
    log.error("an object is not as the index says", extra={"dicomtube": facts})
    return reason
