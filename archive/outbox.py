"""What is left to do, read from the state: studies to work on, objects to delete, dead letters.

There is no queue here and no list of events. A study is unprocessed while its
revision is ahead; an object is loose while its key stands in `loose_object`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, exists, func, insert, not_, select, update

from archive.archive import Announcement, Archive
from archive.database import reading, writing
from archive.models import collection, dead_letter, loose_object, study

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
    """
    deleted = 0
    while keys := _condemn(archive, datetime.now(UTC) - older_than):
        delete_objects(archive, keys)
        deleted += len(keys)
    return deleted


def delete_objects(archive: Archive, keys: Sequence[str]) -> None:
    """Delete loose objects and then forget their keys."""
    for start in range(0, len(keys), _OBJECTS_AT_ONCE):
        some = keys[start : start + _OBJECTS_AT_ONCE]
        archive.objects.delete(*some)
        with writing(archive.engine) as connection:
            connection.execute(delete(loose_object).where(loose_object.c.object_key.in_(some)))


def _condemn(archive: Archive, before: datetime) -> list[str]:
    query = (
        select(loose_object.c.object_key)
        .where(loose_object.c.since < before)
        .order_by(loose_object.c.since)
        .limit(_OBJECTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with writing(archive.engine) as connection:
        keys = list(connection.scalars(query))
        if keys:
            connection.execute(
                update(loose_object)
                .where(loose_object.c.object_key.in_(keys))
                .values(condemned=True)
            )
    return keys


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
