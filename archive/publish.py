"""What the worker makes of a study: metadata ready to send, thumbnails, and that it is done.

Everything kept here carries the revision of the series that it was made from
and counts only while the series is still at it, so nothing stale is served:
what is behind is as good as absent until it is made again.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, Select, Table, and_, not_, select, update

from archive import metadata_files
from archive.access import INSIDE, Principal, effective, find_collection, readable
from archive.archive import Announcement, Archive
from archive.collections import Collection, get_collection
from archive.database import reading, writing
from archive.errors import NotFound
from archive.keys import new_versions, object_key
from archive.models import instance, kept_metadata, series, study
from archive.models import thumbnail as thumbnail_table
from archive.retrieve import StoredInstance, find_instances, metadata
from archive.swap import make_durable, swap_rows


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture of a series, ready to send."""

    key: str
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Representative:
    """The instance that stands for a series, and the revision at which it was chosen."""

    instance: StoredInstance
    revision: int


def current_revision(archive: Archive, collection: str, study_instance_uid: str) -> int | None:
    """The revision that a study has now; None if there is no such study."""
    query = select(study.c.revision).where(
        study.c.collection_id == get_collection(archive, collection).id,
        study.c.study_instance_uid == study_instance_uid,
    )
    with reading(archive.engine) as connection:
        revision: int | None = connection.scalar(query)
    return revision


def series_without_metadata(
    archive: Archive, collection: str, study_instance_uid: str
) -> list[str]:
    """Series Instance UIDs whose kept metadata are absent, behind, or for another address."""
    place = get_collection(archive, collection)
    root = and_(
        kept_metadata.c.revision == series.c.revision,
        kept_metadata.c.root_url == _root_url(archive, place),
    )
    return _series_without(archive, place, study_instance_uid, kept_metadata, root)


def series_without_thumbnail(
    archive: Archive, collection: str, study_instance_uid: str
) -> list[str]:
    """Series Instance UIDs whose thumbnail is absent or behind."""
    place = get_collection(archive, collection)
    current = thumbnail_table.c.revision == series.c.revision
    return _series_without(archive, place, study_instance_uid, thumbnail_table, current)


def keep_series_metadata(
    archive: Archive, collection: str, study_instance_uid: str, series_instance_uid: str
) -> bool:
    """Make a series' metadata ready to send, in every coding, for the public address.

    Returns
    -------
    bool
        False if the series changed meanwhile: it will be announced again.

    Raises
    ------
    NotFound
        The series is not here any more.
    """
    place = get_collection(archive, collection)
    row = _series_row(archive, place, study_instance_uid, series_instance_uid)
    found = metadata(archive, INSIDE, collection, study_instance_uid, series_instance_uid)
    root_url = _root_url(archive, place)
    with ExitStack() as files:
        whole, deflated, pressed = (files.enter_context(archive.objects.spool()) for _ in range(3))
        written = metadata_files.write(whole, deflated, pressed, found.documents, root_url)
        [version] = new_versions(1)
        key = object_key(place.id, version, "json")
        make_durable(archive, {key: whole})
    rows = [{**asdict(written), "root_url": root_url, "object_key": key}]
    return swap_rows(archive, kept_metadata, row.id, row.revision, rows)


def representative(
    archive: Archive, collection: str, study_instance_uid: str, series_instance_uid: str
) -> Representative | None:
    """The instance in the middle of those of a series that have frames, if any has."""
    place = get_collection(archive, collection)
    row = _series_row(archive, place, study_instance_uid, series_instance_uid)
    with_frames = (
        select(instance.c.sop_instance_uid)
        .where(instance.c.series_id == row.id, instance.c.number_of_frames > 0)
        .order_by(instance.c.id)
    )
    with reading(archive.engine) as connection:
        uids = connection.scalars(with_frames).all()
    if not uids:
        return None
    chosen = uids[len(uids) // 2]
    found = find_instances(
        archive, INSIDE, collection, study_instance_uid, series_instance_uid, chosen
    )
    return Representative(next(found), row.revision)


def keep_thumbnail(
    archive: Archive, chosen: Representative, picture: bytes, media_type: str = "image/jpeg"
) -> bool:
    """Keep the picture of a series; False if the series changed since `chosen`."""
    stored = chosen.instance
    place = get_collection(archive, stored.collection)
    row = _series_row(archive, place, stored.study_instance_uid, stored.series_instance_uid)
    [version] = new_versions(1)
    key = object_key(place.id, version, media_type.rpartition("/")[2])
    with archive.objects.spool() as spool:
        spool.write(picture)
        make_durable(archive, {key: spool})
    values = [{"media_type": media_type, "object_key": key}]
    return swap_rows(archive, thumbnail_table, row.id, chosen.revision, values)


def thumbnail(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
) -> Thumbnail | None:
    """The kept picture of a series, or of the first series of a study that has one.

    None for an instance: only series have theirs kept, and another instance's
    picture would be a lie.
    """
    place = find_collection(archive, principal, collection)
    if sop_instance_uid is not None:
        return None
    query = (
        select(thumbnail_table.c.object_key, thumbnail_table.c.media_type)
        .join(series, series.c.id == thumbnail_table.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(readable(effective(archive, principal), place))
        .where(study.c.study_instance_uid == study_instance_uid)
        .where(thumbnail_table.c.revision == series.c.revision)
        .order_by(series.c.id)
        .limit(1)
    )
    if series_instance_uid is not None:
        query = query.where(series.c.series_instance_uid == series_instance_uid)
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Thumbnail(row.object_key, row.media_type, etag=_etag_of(row.object_key.encode()))


def mark_processed(archive: Archive, news: Announcement) -> bool:
    """Note that all work for this revision is done; False if the study is gone or newer is done."""
    place = get_collection(archive, news.collection)
    statement = (
        update(study)
        .where(study.c.collection_id == place.id)
        .where(study.c.study_instance_uid == news.study_instance_uid)
        .where(study.c.processed_revision < news.revision)
        # A study that was erased and stored again counts from the beginning.
        .where(study.c.revision >= news.revision)
        .values(processed_revision=news.revision)
    )
    with writing(archive.engine) as connection:
        return connection.execute(statement).rowcount > 0


def _root_url(archive: Archive, collection: Collection) -> str:
    return archive.settings.public_url + collection.root_path


def _etag_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _series_of(collection: Collection, study_instance_uid: str) -> Select[Any]:
    return (
        select(series.c.id, series.c.revision, series.c.series_instance_uid)
        .join(study, study.c.id == series.c.study_id)
        .where(study.c.collection_id == collection.id)
        .where(study.c.study_instance_uid == study_instance_uid)
        .order_by(series.c.id)
    )


def _series_row(
    archive: Archive, collection: Collection, study_instance_uid: str, series_instance_uid: str
) -> Row[Any]:
    query = _series_of(collection, study_instance_uid).where(
        series.c.series_instance_uid == series_instance_uid
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("no such series")
    return row


def _series_without(
    archive: Archive, collection: Collection, study_instance_uid: str, table: Table, current: Any
) -> list[str]:
    there = select(table.c.series_id).where(table.c.series_id == series.c.id, current).exists()
    query = _series_of(collection, study_instance_uid).where(not_(there))
    with reading(archive.engine) as connection:
        return [row.series_instance_uid for row in connection.execute(query)]
