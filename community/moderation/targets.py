"""Finding what somebody reports, as they may see it: what nobody is shown them, they report not."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, select

from archive.access import Principal, readable
from archive.archive import Archive
from archive.collections import get_collection
from archive.database import reading
from archive.errors import NotFound
from archive.models import share, study
from community.accounts.people import SHOWN, find_by_handle
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion.reading import view_comment
from community.moderation.model import CASE, COMMENT, PROFILE, STUDY, Target
from community.talk_models import comment
from imaging.uids import is_uid

_OWNER: Final = "person:"

Find = Callable[[Archive, Reader, Principal | None, str], Target]


def find_target(
    archive: Archive, reader: Reader, asking: Principal | None, kind: str, name: str
) -> Target:
    """What an address names, if who asks may see it.

    Parameters
    ----------
    name
        The slug of a case, ``<slug>/<comment>``, ``<collection>/<uid>`` of a study, a handle.

    Raises
    ------
    NotFound, Gone, NotAllowed
        There is no such thing, or not for them.
    """
    find = _FINDERS.get(kind)
    if find is None:
        raise NotFound("there is nothing of this kind to report")
    return find(archive, reader, asking, name)


def owner_of_study(connection: Connection, collection_id: int, uid: str) -> str | None:
    """Whose a study is; the first, where it is several people's."""
    query = (
        select(share.c.audience)
        .where(
            share.c.collection_id == collection_id,
            share.c.study_instance_uid == uid,
            share.c.audience.startswith(_OWNER),
        )
        .order_by(share.c.audience)
        .limit(1)
    )
    found = connection.scalar(query)
    return None if found is None else str(found).removeprefix(_OWNER)


def _case(archive: Archive, reader: Reader, _: Principal | None, name: str) -> Target:
    found = view_case(archive, reader, name).case
    return Target(CASE, found.id, found.owner)


def _comment(archive: Archive, reader: Reader, _: Principal | None, name: str) -> Target:
    slug, _sign, comment_id = name.partition("/")
    _view, found = view_comment(archive, reader, slug, comment_id)
    if not found.is_there:
        raise NotFound("this comment says nothing any more")
    with reading(archive.engine) as connection:
        author = connection.scalar(select(comment.c.author).where(comment.c.id == found.id))
    return Target(COMMENT, found.id, author)


def _study(archive: Archive, _: Reader, asking: Principal | None, name: str) -> Target:
    collection, _sign, uid = name.partition("/")
    if not is_uid(uid):
        raise NotFound("there is no such study")
    place = get_collection(archive, collection)
    seen = select(study.c.id).where(readable(asking, place), study.c.study_instance_uid == uid)
    with reading(archive.engine) as connection:
        if connection.scalar(seen) is None:
            raise NotFound("there is no such study")
        return Target(STUDY, f"{place.name}/{uid}", owner_of_study(connection, place.id, uid))


def _profile(archive: Archive, _: Reader, _asking: Principal | None, name: str) -> Target:
    found = find_by_handle(archive, name)
    if found is None or found.state not in SHOWN:
        raise NotFound("there is nobody of this name")
    return Target(PROFILE, "", found.id)


_FINDERS: Final = MappingProxyType(
    {CASE: _case, COMMENT: _comment, STUDY: _study, PROFILE: _profile}
)
