"""What is left to do, read from the state: studies to work on, objects to delete, dead letters.

There is no queue here and no list of events. A study is unprocessed while its
revision is ahead; an object is loose while its key stands in `loose_object`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, exists, func, insert, not_, or_, select, update

from archive.archive import Announcement, Archive
from archive.database import reading, writing
from archive.errors import ArchiveError
from archive.models import collection, dead_letter, loose_object, study

log = logging.getLogger(__name__)

_STUDIES_A_SWEEP = 1_000
_OBJECTS_AT_ONCE = 200
_MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Work that was given up."""

    id: int
    announcement: Announcement
    task: str
    reason: str
    failed_at: datetime


def unprocessed(
    archive: Archive, older_than: timedelta, limit: int = _STUDIES_A_SWEEP
) -> list[Announcement]:
    """Studies that changed a while ago and that nobody worked on, oldest first.

    Quarantine is left out (nothing is made of it yet), and so is what was
    given up at this very revision.
    """
    given_up = exists().where(
        dead_letter.c.collection == collection.c.name,
        dead_letter.c.study_instance_uid == study.c.study_instance_uid,
        dead_letter.c.revision == study.c.revision,
    )
    query = (
        select(collection.c.name, study.c.study_instance_uid, study.c.revision)
        .join(collection, collection.c.id == study.c.collection_id)
        .where(study.c.revision != study.c.processed_revision)
        .where(study.c.changed_at < datetime.now(UTC) - older_than)
        .where(not_(collection.c.hidden), not_(given_up))
        .order_by(study.c.changed_at)
        .limit(limit)
    )
    with reading(archive.engine) as connection:
        return [Announcement(*row) for row in connection.execute(query)]


def count_unprocessed(archive: Archive) -> int:
    """How many studies wait for work."""
    query = (
        select(func.count())
        .select_from(study)
        .join(collection, collection.c.id == study.c.collection_id)
        .where(study.c.revision != study.c.processed_revision, not_(collection.c.hidden))
    )
    with reading(archive.engine) as connection:
        return int(connection.scalar(query) or 0)


def oldest_unprocessed_s(archive: Archive) -> float:
    """Seconds that the study which waits longest has waited; 0 when none does."""
    query = (
        select(func.min(study.c.changed_at))
        .join(collection, collection.c.id == study.c.collection_id)
        .where(study.c.revision != study.c.processed_revision, not_(collection.c.hidden))
    )
    with reading(archive.engine) as connection:
        since: datetime | None = connection.scalar(query)
    return 0.0 if since is None else max(0.0, (datetime.now(UTC) - since).total_seconds())


def sweep_objects(archive: Archive, older_than: timedelta) -> int:
    """Delete objects that no stored instance refers to; returns how many.

    A key is condemned first, and only then is its object deleted: an ingest
    that was slower than `older_than` finds its key condemned and fails,
    instead of showing an instance whose bytes are being deleted.

    An object that cannot be deleted is passed over, and tried again by the next
    sweep.

    Raises
    ------
    StoreUnavailable
        No object can be deleted, as the whole store is away.
    """
    before = datetime.now(UTC) - older_than
    deleted, last = 0, None
    while some := _condemn(archive, before, last):
        deleted += _delete_what_can_be(archive, [one.key for one in some])
        last = some[-1]
    return deleted


def _delete_what_can_be(archive: Archive, keys: Sequence[str]) -> int:
    try:
        delete_objects(archive, keys)
    except (ArchiveError, OSError):
        archive.objects.check()
    else:
        return len(keys)
    return sum(_was_deleted(archive, key) for key in keys)


def _was_deleted(archive: Archive, key: str) -> bool:
    try:
        delete_objects(archive, [key])
    except (ArchiveError, OSError):
        log.exception("a loose object cannot be deleted; the next sweep tries again")
        return False
    return True


def delete_objects(archive: Archive, keys: Sequence[str]) -> None:
    """Delete loose objects and then forget their keys."""
    for start in range(0, len(keys), _OBJECTS_AT_ONCE):
        some = keys[start : start + _OBJECTS_AT_ONCE]
        archive.objects.delete(*some)
        archive.renditions.forget(some)
        with writing(archive.engine) as connection:
            connection.execute(delete(loose_object).where(loose_object.c.object_key.in_(some)))


@dataclass(frozen=True, slots=True)
class _Loose:
    key: str
    since: datetime


def _condemn(archive: Archive, before: datetime, after: _Loose | None) -> list[_Loose]:
    """Condemn the oldest keys, or those that follow `after`."""
    key, since = loose_object.c.object_key, loose_object.c.since
    query = (
        select(key, since)
        .where(since < before)
        .order_by(since, key)
        .limit(_OBJECTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    if after is not None:
        query = query.where(or_(since > after.since, and_(since == after.since, key > after.key)))
    with writing(archive.engine) as connection:
        some = [_Loose(*row) for row in connection.execute(query)]
        if some:
            keys = [one.key for one in some]
            connection.execute(update(loose_object).where(key.in_(keys)).values(condemned=True))
    return some


def record_dead_letter(archive: Archive, news: Announcement, task: str, reason: str) -> None:
    """Note that a task was given up for a study; a newer note takes the place of an older.

    Parameters
    ----------
    reason : str
        Safe to show: no value of a data set.
    """
    same = and_(
        dead_letter.c.collection == news.collection,
        dead_letter.c.study_instance_uid == news.study_instance_uid,
        dead_letter.c.task == task,
    )
    with writing(archive.engine) as connection:
        connection.execute(delete(dead_letter).where(same))
        connection.execute(
            insert(dead_letter).values(
                collection=news.collection,
                study_instance_uid=news.study_instance_uid,
                revision=news.revision,
                task=task,
                reason=reason[:_MAX_REASON_CHARS],
                failed_at=datetime.now(UTC),
            )
        )


def list_dead_letters(archive: Archive, limit: int = 1_000) -> list[DeadLetter]:
    """What was given up, newest first."""
    query = select(dead_letter).order_by(dead_letter.c.failed_at.desc()).limit(limit)
    with reading(archive.engine) as connection:
        return [
            DeadLetter(
                row.id,
                Announcement(row.collection, row.study_instance_uid, row.revision),
                row.task,
                row.reason,
                row.failed_at,
            )
            for row in connection.execute(query)
        ]


def clear_dead_letter(archive: Archive, letter_id: int) -> bool:
    """Forget a dead letter, so that the sweep announces its study again; False if there is none."""
    with writing(archive.engine) as connection:
        statement = delete(dead_letter).where(dead_letter.c.id == letter_id)
        return connection.execute(statement).rowcount > 0
