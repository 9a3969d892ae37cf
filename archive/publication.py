"""A study made visible at once, and its originals forgotten.

Publishing is one transaction: the rows of every clean instance and the state of the upload, or
nothing. It happens only when each original has its answer. Erasing follows, in a transaction of
its own; killed in between, the originals are as hidden as before and the sweep erases them.

References
----------
docs/decisions/0155-publication.md
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select, update

from archive import removal
from archive.access import audience_of
from archive.answers import accepted_pages
from archive.archive import Announcement, Archive, announce
from archive.batch import known_instances, write_batch
from archive.collections import Collection
from archive.database import checkpoint, note_deletion, reading, retried, writing
from archive.documents import pack_document, unpack_document
from archive.keys import object_key
from archive.models import cleaned_instance, instance, policy, quarantined, study, upload
from archive.outbox import delete_objects
from archive.policies import Policy
from archive.sharing import share_in
from archive.uploads import (
    CLEAN,
    DONE,
    LEFT_OUT,
    PUBLISHED,
    REJECTED,
    WORKING,
    Upload,
    uploads_numbered,
)
from imaging.deidentify.receipt import Receipt, merged

_INSTANCES_A_PAGE = 1_000
_UPLOADS_A_SWEEP = 200


def publish(archive: Archive, one: Upload, place: Collection, used: Policy, basis: str) -> bool:
    """Make the clean instances of an upload visible.

    Parameters
    ----------
    basis
        What they were cleaned by; any other is not published.

    Returns
    -------
    bool
        False if something came in, or was changed, meanwhile: it is or will be announced.
    """
    published, news = retried(lambda: _publish_once(archive, one, place, used, basis))
    if news is not None:
        announce(archive, news)
    return published


def _publish_once(
    archive: Archive, one: Upload, place: Collection, used: Policy, basis: str
) -> tuple[bool, Announcement | None]:
    with writing(archive.engine) as connection:
        row = _lock(connection, one)
        if row is None or row.state != WORKING or _unanswered(connection, one, basis):
            return False, None
        now = datetime.now(UTC)
        receipt = Receipt(used.profile, one.key_id, place.name)
        news: list[Announcement] = []
        for accepted, evidence, numbers in accepted_pages(connection, one.id, basis):
            keys = [object_key(place.id, each.version) for each in accepted]
            removal.loosen(connection, keys, now)
            here = known_instances(
                connection, place, sorted(each.sop_instance_uid for each in accepted)
            )
            # What was published before stays; the same object under its key is swept up.
            fresh = [each for each in accepted if each.sop_instance_uid not in here]
            news = write_batch(connection, place, fresh, {}) if fresh else news
            added = {each.sop_instance_uid for each in fresh}
            for each in evidence:
                if each.sop_instance_uid in added:
                    receipt.add(each)
            _mark_done(connection, numbers, now)
        if row.owner:  # of what machines sent, grants decide
            share_in(connection, place, one.study_instance_uid, [audience_of(row.owner)])
        before = unpack_document(row.receipt) if row.receipt else None
        _mark_published(connection, one, place, merged(before, receipt.as_json()), now)
    return True, next((each for each in news), None)


def erase_originals(archive: Archive, one: Upload) -> int:
    """Erase what is published or left out, and of a rejected upload all; return how many.

    No mark is left that something was there: its names would be the patient's.
    """
    keys: list[str] = []

    def once() -> int:
        keys.clear()
        with writing(archive.engine) as connection:
            return _erase(connection, one, keys)

    count = retried(once)
    delete_objects(archive, keys)
    if count:
        checkpoint(archive.engine)
    return count


def due_for_erasure(archive: Archive, now: datetime | None = None) -> list[Upload]:
    """Uploads whose originals have been kept as long as their policies say, the oldest first.

    Parameters
    ----------
    now
        Another moment than this one.
    """
    now = now or datetime.now(UTC)
    with reading(archive.engine) as connection:
        rules = connection.execute(
            select(policy.c.collection_id, policy.c.keep_original_s, policy.c.keep_rejected_s)
        ).all()
        if not rules:
            return []
        query = (
            select(upload.c.id)
            .where(or_(*(_over(rule, now) for rule in rules)))
            .order_by(upload.c.changed_at)
            .limit(_UPLOADS_A_SWEEP)
        )
        due = list(connection.scalars(query))
    return uploads_numbered(archive, due)


def _over(rule: Any, now: datetime) -> Any:
    """Whether an upload of a collection has originals whose time is over."""
    hidden = exists().where(quarantined.c.upload_id == upload.c.id)
    answered = exists().where(
        cleaned_instance.c.upload_id == upload.c.id, cleaned_instance.c.state.in_((DONE, LEFT_OUT))
    )
    kept = now - timedelta(seconds=rule.keep_original_s)
    rejected = now - timedelta(seconds=rule.keep_rejected_s)
    return (upload.c.collection_id == rule.collection_id) & or_(
        (upload.c.state == PUBLISHED) & (upload.c.changed_at <= kept) & hidden & answered,
        (upload.c.state == REJECTED) & (upload.c.changed_at <= rejected) & hidden,
    )


def _lock(connection: Connection, one: Upload) -> Any:
    """Lock the studies in quarantine and then the upload, as ingest does; give the upload."""
    connection.execute(
        select(study.c.id)
        .join(quarantined, quarantined.c.study_id == study.c.id)
        .where(quarantined.c.upload_id == one.id)
        .order_by(study.c.study_instance_uid)
        .with_for_update(of=study)
    ).all()
    return connection.execute(
        select(upload.c.state, upload.c.receipt, upload.c.owner)
        .where(upload.c.id == one.id)
        .with_for_update()
    ).one_or_none()


def _unanswered(connection: Connection, one: Upload, basis: str) -> int:
    """How many originals nothing was made of, or not by this basis."""
    answered = or_(
        cleaned_instance.c.state.in_((DONE, LEFT_OUT)),
        (cleaned_instance.c.state == CLEAN) & (cleaned_instance.c.basis == basis),
    )
    query = (
        select(func.count())
        .select_from(instance)
        .join(quarantined, quarantined.c.study_id == instance.c.study_id)
        .outerjoin(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id)
        .where(quarantined.c.upload_id == one.id)
        .where(or_(cleaned_instance.c.state.is_(None), ~answered))
    )
    return int(connection.scalar(query) or 0)


def _mark_done(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    connection.execute(
        update(cleaned_instance)
        .where(cleaned_instance.c.instance_id.in_(numbers))
        .values(
            state=DONE,
            object_key=None,
            facts=None,
            study_document=None,
            series_document=None,
            document=None,
            frame_table=None,
            bulk_map=None,
            changed_at=now,
        )
    )


def _mark_published(
    connection: Connection, one: Upload, place: Collection, receipt: dict[str, Any], now: datetime
) -> None:
    visible = (
        select(func.coalesce(func.max(study.c.number_of_instances), 0))
        .where(study.c.collection_id == place.id)
        .where(study.c.study_instance_uid == one.study_instance_uid)
        .scalar_subquery()
    )
    connection.execute(
        update(upload)
        .where(upload.c.id == one.id)
        .values(
            state=PUBLISHED,
            reason="",
            published=visible,
            receipt=pack_document(receipt),
            changed_at=now,
        )
    )


def _erase(connection: Connection, one: Upload, keys: list[str]) -> int:
    row = _lock(connection, one)
    if row is None:
        return 0
    now, count = datetime.now(UTC), 0
    studies: set[int] = set()
    series: set[int] = set()
    while page := connection.execute(_erasable(one, everything=row.state == REJECTED)).all():
        keys += removal.remove_instances(connection, page[0].collection_id, page, now)
        studies |= {each.study_id for each in page}
        series |= {each.series_id for each in page}
        count += len(page)
    if count:
        note_deletion(connection)
        _, more = removal.recount(connection, studies, series, now)
        keys += more
    return count


def _erasable(one: Upload, *, everything: bool) -> Any:
    query = (
        select(
            instance.c.id,
            instance.c.collection_id,
            instance.c.study_id,
            instance.c.series_id,
            instance.c.sop_instance_uid,
            instance.c.version,
        )
        .join(quarantined, quarantined.c.study_id == instance.c.study_id)
        .where(quarantined.c.upload_id == one.id)
        .order_by(instance.c.id)
        .limit(_INSTANCES_A_PAGE)
    )
    if everything:
        return query
    return query.join(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id).where(
        cleaned_instance.c.state.in_((DONE, LEFT_OUT))
    )
