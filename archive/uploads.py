"""Studies on their way from quarantine to publication: their states, and who may see them.

::

    received → de-identifying → needs review → published
                              ↘ published    ↘ rejected (reason)

More instances of a published study bring it back to received; what is published stays. Nothing
here leads back to an original: an upload is known by a token and by the new Study Instance UID.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, update

from archive.access import Principal, effective
from archive.archive import Announcement, Archive
from archive.collections import Collection, get_collection, quarantine_of
from archive.database import reading, writing
from archive.documents import unpack_document
from archive.errors import ArchiveError, NotFound, Unauthenticated
from archive.models import collection, quarantined, study, upload
from archive.values import decode

RECEIVED, WORKING, REVIEW, PUBLISHED, REJECTED = (
    "received",
    "de-identifying",
    "needs review",
    "published",
    "rejected",
)
STATES: Final = (RECEIVED, WORKING, REVIEW, PUBLISHED, REJECTED)
WAITING: Final = (RECEIVED, WORKING)
"""States in which the worker has something to do."""

_MAX_REASON_CHARS: Final = 500
_UPLOADS_A_SWEEP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Upload:
    """One study on its way.

    Attributes
    ----------
    instances, cleaned, published
        How many wait in quarantine or did, how many of those are clean, and how many instances
        of the study can be seen.
    senders
        Who sent it: principals, who may follow it, and DIMSE callers, who cannot ask. For
        operators only.
    owner
        The person from whose keys its names are made; empty where those are everybody's.
    """

    id: int
    token: str
    collection: str
    study_instance_uid: str
    key_id: str
    state: str
    reason: str
    instances: int
    cleaned: int
    published: int
    senders: frozenset[str]
    created_at: datetime
    changed_at: datetime
    has_receipt: bool
    owner: str


def instances_of(upload_id: int) -> Any:
    """How many instances of an upload wait, for a statement."""
    return (
        select(func.coalesce(func.sum(study.c.number_of_instances), 0))
        .join(quarantined, quarantined.c.study_id == study.c.id)
        .where(quarantined.c.upload_id == upload_id)
        .scalar_subquery()
    )


def find_upload(archive: Archive, principal: Principal | None, token: str) -> Upload:
    """The upload of a token, for those who sent it or oversee its collection.

    Raises
    ------
    NotFound
        There is none, or not for them.
    """
    found = _one(archive, upload.c.token == token)
    if found is None or not may_see(archive, principal, found):
        raise NotFound("no such upload")
    return found


def may_see(archive: Archive, principal: Principal | None, one: Upload) -> bool:
    """Whether somebody sent it, or oversees its collection."""
    asking = effective(archive, principal)
    if asking is None:
        return False
    return asking.name in one.senders or asking.oversees(one.collection)


def upload_of_study(archive: Archive, place: Collection, study_instance_uid: str) -> Upload | None:
    """The upload by the study's new UID."""
    return _one(
        archive,
        upload.c.collection_id == place.id,
        upload.c.study_instance_uid == study_instance_uid,
    )


def list_uploads(
    archive: Archive, place: str | None = None, state: str | None = None, limit: int = 1_000
) -> list[Upload]:
    """Uploads, those that changed last first; for operators.

    Raises
    ------
    ArchiveError
        There is no such state.
    """
    query = _query().order_by(upload.c.changed_at.desc(), upload.c.id.desc()).limit(limit)
    if place is not None:
        query = query.where(upload.c.collection_id == get_collection(archive, place).id)
    if state is not None:
        if state not in STATES:
            raise ArchiveError(f"a state is one of: {', '.join(STATES)}")
        query = query.where(upload.c.state == state)
    with reading(archive.engine) as connection:
        return [_upload(row) for row in connection.execute(query)]


def uploads_waiting_for_review(
    archive: Archive, places: Sequence[str], after: int, limit: int
) -> list[Upload]:
    """Uploads of some collections that wait for a person, those that came first first.

    Parameters
    ----------
    after
        Number of an upload: only those that came later. It stays what it is while decisions are
        made, so that nobody who goes from page to page is passed over.
    """
    query = (
        _query()
        .where(upload.c.state == REVIEW, upload.c.id > after)
        .where(upload.c.collection_id.in_(get_collection(archive, name).id for name in places))
        .order_by(upload.c.id)
        .limit(limit)
    )
    with reading(archive.engine) as connection:
        return [_upload(row) for row in connection.execute(query)]


def visible_uploads(
    archive: Archive,
    principal: Principal | None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Upload]:
    """Uploads that somebody sent or whose collection they oversee, the newest first.

    Parameters
    ----------
    before
        Number of an upload: only those that came earlier.

    Raises
    ------
    Unauthenticated
        Nobody we know asks.
    """
    asking = effective(archive, principal)
    if asking is None:
        raise Unauthenticated("this needs a token")
    query = _query().order_by(upload.c.id.desc()).limit(limit)
    if not asking.everything:
        query = query.where(
            or_(_was_sent_by(asking.name), collection.c.name.in_(_overseen(asking)))
        )
    if state is not None:
        query = query.where(upload.c.state == state)
    if before is not None:
        query = query.where(upload.c.id < before)
    with reading(archive.engine) as connection:
        found = [_upload(row) for row in connection.execute(query)]
    # The rule, in case a name reads like a piece of the column.
    return [one for one in found if may_see(archive, principal, one)]


def _was_sent_by(name: str) -> ColumnElement[bool]:
    among = json.dumps(name, ensure_ascii=False)
    return or_(upload.c.senders == name, upload.c.senders.contains(among, autoescape=True))


def _overseen(asking: Principal) -> list[str]:
    return sorted({name for name, _ in asking.grants if asking.oversees(name)})


def uploads_numbered(archive: Archive, numbers: Sequence[int]) -> list[Upload]:
    """The uploads of these rows."""
    query = _query().where(upload.c.id.in_(numbers)).order_by(upload.c.id)
    with reading(archive.engine) as connection:
        return [_upload(row) for row in connection.execute(query)]


def set_state(
    archive: Archive, one: Upload, state: str, reason: str = "", *, only_from: Sequence[str] = ()
) -> bool:
    """Change the state; False if it is not one of `only_from` any more.

    Parameters
    ----------
    reason
        Safe to show: no value of a data set.
    """
    statement = update(upload).where(upload.c.id == one.id)
    if only_from:
        statement = statement.where(upload.c.state.in_(only_from))
    values = {
        "state": state,
        "reason": reason[:_MAX_REASON_CHARS],
        "changed_at": datetime.now(UTC),
    }
    with writing(archive.engine) as connection:
        return connection.execute(statement.values(**values)).rowcount > 0


def count_states(archive: Archive) -> dict[str, int]:
    """How many uploads are in each state."""
    query = select(upload.c.state, func.count()).group_by(upload.c.state)
    with reading(archive.engine) as connection:
        found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def oldest_s(archive: Archive, *states: str) -> float:
    """Seconds since the upload longest in these states changed; 0 if there is none."""
    query = select(func.min(upload.c.changed_at)).where(upload.c.state.in_(states))
    with reading(archive.engine) as connection:
        since: datetime | None = connection.scalar(query)
    return 0.0 if since is None else max(0.0, (datetime.now(UTC) - since).total_seconds())


def receipt(archive: Archive, one: Upload) -> dict[str, Any]:
    """The receipt of a published study.

    Raises
    ------
    NotFound
        It has none yet.
    """
    with reading(archive.engine) as connection:
        packed: bytes | None = connection.scalar(
            select(upload.c.receipt).where(upload.c.id == one.id)
        )
    if packed is None:
        raise NotFound("there is no receipt yet")
    return unpack_document(packed)


def waiting(
    archive: Archive, older_than: timedelta, limit: int = _UPLOADS_A_SWEEP
) -> list[Announcement]:
    """Uploads that have been left alone for a while though there is something to do."""
    newest = func.max(study.c.revision)
    query = (
        select(collection.c.name, upload.c.study_instance_uid, newest)
        .join(collection, collection.c.id == upload.c.collection_id)
        .join(quarantined, quarantined.c.upload_id == upload.c.id)
        .join(study, study.c.id == quarantined.c.study_id)
        .where(upload.c.state.in_(WAITING))
        .where(upload.c.changed_at < datetime.now(UTC) - older_than)
        .group_by(upload.c.id, collection.c.name, upload.c.study_instance_uid, upload.c.changed_at)
        .order_by(upload.c.changed_at)
        .limit(limit)
    )
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
    places = {name: quarantine_of(archive, get_collection(archive, name)).name for name, *_ in rows}
    return [Announcement(places[name], uid, revision) for name, uid, revision in rows]


def announcement_of(archive: Archive, one: Upload) -> Announcement:
    """News of an upload, as the queue is told."""
    quarantine = quarantine_of(archive, get_collection(archive, one.collection))
    query = (
        select(func.coalesce(func.max(study.c.revision), 0))
        .join(quarantined, quarantined.c.study_id == study.c.id)
        .where(quarantined.c.upload_id == one.id)
    )
    with reading(archive.engine) as connection:
        revision = int(connection.scalar(query) or 0)
    return Announcement(quarantine.name, one.study_instance_uid, revision)


# States of one instance of an upload.
CLEAN, ASKING, LEFT_OUT, LEAKING, DONE = "clean", "asking", "left out", "leaking", "published"


def _query() -> Select[Any]:
    return select(
        upload.c.id,
        upload.c.token,
        collection.c.name,
        upload.c.study_instance_uid,
        upload.c.key_id,
        upload.c.state,
        upload.c.reason,
        upload.c.instances,
        upload.c.cleaned,
        upload.c.published,
        upload.c.senders,
        upload.c.created_at,
        upload.c.changed_at,
        upload.c.receipt.is_not(None).label("has_receipt"),
        upload.c.owner,
    ).join(collection, collection.c.id == upload.c.collection_id)


def _one(archive: Archive, *where: Any) -> Upload | None:
    with reading(archive.engine) as connection:
        row = connection.execute(_query().where(*where)).one_or_none()
    return None if row is None else _upload(row)


def _upload(row: Row[Any]) -> Upload:
    values = row._asdict()
    name = values.pop("name")
    return Upload(**{**values, "collection": name, "senders": frozenset(decode(row.senders))})
