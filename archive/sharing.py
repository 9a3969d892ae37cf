"""With whom studies are shared: the rows that `archive.access` decides by.

An audience is `public`, or a kind and a name (``person:…``, ``case:…``, ``link:…``) that means
nothing here. That of a person says whose a study is: others are let in by a case or a link. Shares
go with their study, so that what is stored again later under its UID is nobody's but its sender's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, select

from archive.access import PUBLIC, Principal, audience_of, effective, person_of, reads_all
from archive.archive import Archive
from archive.collections import Collection, get_collection
from archive.database import insert_missing, reading, writing
from archive.errors import ArchiveError, NotFound
from archive.models import collection, share, study, upload

_AUDIENCE = re.compile(r"public|(?:person|case|link):[0-9A-Za-z-]{1,57}")

_KEY = ("collection_id", "study_instance_uid", "audience")


def checked_audience(audience: str) -> str:
    """An audience that is spelled as one.

    Raises
    ------
    ArchiveError
        It is not.
    """
    if _AUDIENCE.fullmatch(audience) is None:
        raise ArchiveError("an audience is 'public', or 'person:', 'case:' or 'link:' and a name")
    return audience


def share_study(
    archive: Archive, collection_name: str, study_instance_uid: str, *audiences: str
) -> None:
    """Let audiences read a study; again changes nothing.

    Raises
    ------
    NotFound
        There is no such study.
    ArchiveError
        An audience is not spelled as one.
    """
    place = get_collection(archive, collection_name)
    checked = [checked_audience(one) for one in audiences]
    with writing(archive.engine) as connection:
        if not share_in(connection, place, study_instance_uid, checked):
            raise NotFound("no such study")


def share_in(
    connection: Connection, place: Collection, study_instance_uid: str, audiences: Iterable[str]
) -> bool:
    """The same in a transaction; False if there is no such study.

    The study is locked, so that it is not erased meanwhile.
    """
    locked = select(study.c.id).where(*_of(study, place, study_instance_uid)).with_for_update()
    if connection.scalar(locked) is None:
        return False
    given = {"collection_id": place.id, "study_instance_uid": study_instance_uid}
    rows = [{**given, "audience": one} for one in sorted(set(audiences))]
    if rows:
        insert_missing(connection, share, rows, _KEY)
    return True


def share_coming(
    connection: Connection, place: Collection, study_instance_uid: str, audience: str, owner: str
) -> bool:
    """Let an audience read a study once it is published; False unless its upload is this person's.

    What comes under this name is theirs alone, so what they say of it now holds then.
    """
    theirs = select(upload.c.id).where(*_of(upload, place, study_instance_uid))
    if connection.scalar(theirs.where(upload.c.owner == owner).with_for_update()) is None:
        return False
    row = {
        "collection_id": place.id,
        "study_instance_uid": study_instance_uid,
        "audience": checked_audience(audience),
    }
    insert_missing(connection, share, [row], _KEY)
    return True


def unshare_study(
    archive: Archive, collection_name: str, study_instance_uid: str, *audiences: str
) -> bool:
    """Take a study from audiences at once; False if none of them had it."""
    place = get_collection(archive, collection_name)
    with writing(archive.engine) as connection:
        return unshare_in(connection, place, study_instance_uid, audiences)


def unshare_in(
    connection: Connection, place: Collection, study_instance_uid: str, audiences: Iterable[str]
) -> bool:
    """The same in a transaction."""
    done = connection.execute(
        delete(share)
        .where(*_of(share, place, study_instance_uid))
        .where(share.c.audience.in_(list(audiences)))
    )
    return done.rowcount > 0


def unshare_everything(connection: Connection, audience: str) -> int:
    """Take from an audience all that it has: a link that is revoked, a case that is no more."""
    return connection.execute(delete(share).where(share.c.audience == audience)).rowcount


def forget_shares(connection: Connection, collection_id: int, study_instance_uid: str) -> None:
    """Nobody has a study that is gone."""
    connection.execute(
        delete(share).where(
            share.c.collection_id == collection_id,
            share.c.study_instance_uid == study_instance_uid,
        )
    )


def is_shared_in(
    connection: Connection, place: Collection, study_instance_uid: str, audience: str = PUBLIC
) -> bool:
    """Whether one audience has a study."""
    query = select(share.c.audience).where(*_of(share, place, study_instance_uid))
    return connection.scalar(query.where(share.c.audience == audience)) is not None


def list_audiences(
    archive: Archive, collection_name: str, study_instance_uid: str
) -> frozenset[str]:
    """Every audience that has a study."""
    place = get_collection(archive, collection_name)
    query = select(share.c.audience).where(*_of(share, place, study_instance_uid))
    with reading(archive.engine) as connection:
        return frozenset(connection.scalars(query))


def list_shared(archive: Archive, audience: str, limit: int = 1_000) -> list[tuple[str, str]]:
    """Names of collections and Study Instance UIDs of what an audience has, in their order."""
    query = (
        select(collection.c.name, share.c.study_instance_uid)
        .join(collection, collection.c.id == share.c.collection_id)
        .where(share.c.audience == audience)
        .order_by(share.c.collection_id, share.c.study_instance_uid)
        .limit(limit)
    )
    with reading(archive.engine) as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]


def owns(
    archive: Archive, principal: Principal | None, collection_name: str, study_instance_uid: str
) -> bool:
    """Whether a study is somebody's to share: a person's own, or everybody's who may do all."""
    asking = effective(archive, principal)
    if asking is None or asking.within is not None:
        return False
    place = get_collection(archive, collection_name)
    with reading(archive.engine) as connection:
        here = select(study.c.id).where(*_of(study, place, study_instance_uid))
        if connection.scalar(here) is None:
            return False
        if asking.everything and reads_all(asking, place):
            return True
        person = person_of(asking.name)
        return person is not None and is_shared_in(
            connection, place, study_instance_uid, audience_of(person)
        )


def _of(table: Any, place: Collection, study_instance_uid: str) -> tuple[Any, Any]:
    return (
        table.c.collection_id == place.id,
        table.c.study_instance_uid == study_instance_uid,
    )
