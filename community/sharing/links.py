"""Capability links: a secret address that opens a study, a case or a collection to who has it.

A link does no more than who made it may at the moment it is used: a person who is suspended, or
who lost what the link leads to, has no links that work. The secret is shown once; the table has
its hash. What a link opens is shared with the audience ``link:<id>``, so to revoke it is to take
those shares away.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, delete, insert, or_, select, update

from archive.access import Principal, person_of
from archive.archive import Archive
from archive.collections import get_collection
from archive.database import reading, writing
from archive.errors import ArchiveError, NotAllowed, NotFound
from archive.sharing import owns, share_in, unshare_everything
from archive.tokens import PersonNow
from community.accounts.secret import digest
from community.ids import new_id
from community.models import link, link_pass
from community.sharing.passwords import hashed

STUDY: Final = "study"
CASE: Final = "case"
COLLECTION: Final = "collection"
KINDS: Final = (STUDY, CASE, COLLECTION)

PREFIX: Final = "dtl_"
"""Lets a secret scanner recognise a link's secret, and us tell it from a token."""

max_name_chars: Final = 100
max_links: Final = 1_000
"""That work at the same time, of one person."""

OwnsCase = Callable[[str, Principal | None], bool]
"""Whether a case, by its id, is somebody's to share."""

_NOT_YOURS = "this is not yours to share"


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of a link, without its secret.

    Attributes
    ----------
    target
        Of a study the collection's name, a slash and the Study Instance UID; else an id or a name.
    name
        For its maker, such as "for the tumour board".
    created_by
        Id of the person; None of those that operators made on this machine.
    """

    id: str
    kind: str
    target: str
    name: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    password_hash: str | None

    @property
    def audience(self) -> str:
        """As whom the archive knows those who come by it."""
        return f"link:{self.id}"

    @property
    def study(self) -> tuple[str, str]:
        """Collection and Study Instance UID, of one to a study."""
        collection, _, uid = self.target.partition("/")
        return collection, uid

    def works(self, now: datetime) -> bool:
        """Whether it was neither revoked nor has expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class Wish:
    """A link that somebody wants.

    Parameters
    ----------
    expires
        Aware; from then on it is worth nothing.
    """

    kind: str
    target: str
    name: str = ""
    expires: datetime | None = None
    password: str | None = None


def make_link(
    archive: Archive, asking: Principal | None, wish: Wish, owns_case: OwnsCase
) -> tuple[Link, str]:
    """Make a link; returns it and its secret, which nobody can show again.

    Raises
    ------
    NotAllowed
        What it leads to is not theirs to share, or not there.
    ArchiveError
        Something about it cannot be.
    """
    name = " ".join(wish.name.split())
    if len(name) > max_name_chars or not name.isprintable():
        raise ArchiveError(f"the name of a link has at most {max_name_chars} characters")
    now = datetime.now(UTC)
    if wish.expires is not None and wish.expires <= now:
        raise ArchiveError("a link ends in the future")
    if not may_offer(archive, asking, wish.kind, wish.target, owns_case):
        raise NotAllowed(_NOT_YOURS)
    person = person_of(asking.name) if asking else None
    secret = PREFIX + secrets.token_urlsafe(32)
    made = Link(
        new_id(),
        wish.kind,
        wish.target,
        name,
        person,
        now,
        wish.expires,
        None,
        hashed(wish.password) if wish.password else None,
    )
    _check_room(archive, person)
    _insert(archive, made, secret)
    return made, secret


def may_offer(
    archive: Archive, asking: Principal | None, kind: str, target: str, owns_case: OwnsCase
) -> bool:
    """Whether somebody may let others see this: their own; of a collection, who may do all."""
    if kind == STUDY:
        collection, _, uid = target.partition("/")
        try:
            return owns(archive, asking, collection, uid)
        except NotFound:
            return False
    if kind == CASE:
        return owns_case(target, asking)
    return (
        kind == COLLECTION
        and asking is not None
        and asking.everything
        and _is_collection(archive, target)
    )


def is_offered(archive: Archive, one: Link, person_now: PersonNow, owns_case: OwnsCase) -> bool:
    """Whether who made a link may still do so."""
    if one.created_by is None:
        return True
    maker = person_now(one.created_by)
    return maker is not None and may_offer(archive, maker, one.kind, one.target, owns_case)


def find_link(archive: Archive, link_id: str) -> Link | None:
    """The link of an id, whether it works or not."""
    return _one(archive, link.c.id == link_id)


def working_link(archive: Archive, secret: str) -> Link | None:
    """The link of a secret, while it works."""
    if not secret.startswith(PREFIX):
        return None
    found = _one(archive, link.c.secret_sha256 == digest(secret))
    return found if found is not None and found.works(datetime.now(UTC)) else None


def list_links(archive: Archive, person: str | None) -> list[Link]:
    """The links that a person made, the newest first; those of operators for None."""
    theirs = link.c.created_by.is_(None) if person is None else link.c.created_by == person
    query = _query().where(theirs).order_by(link.c.id.desc()).limit(max_links)
    with reading(archive.engine) as connection:
        return [link_of(row) for row in connection.execute(query)]


def revoke_link(archive: Archive, link_id: str, person: str | None = None) -> bool:
    """Make a link worthless at once; False if there is none, or it was revoked before.

    Parameters
    ----------
    person
        Only one of theirs.
    """
    statement = update(link).where(link.c.id == link_id, link.c.revoked_at.is_(None))
    if person is not None:
        statement = statement.where(link.c.created_by == person)
    with writing(archive.engine) as connection:
        done = connection.execute(statement.values(revoked_at=datetime.now(UTC))).rowcount > 0
        if done:
            unshare_everything(connection, f"link:{link_id}")
            connection.execute(delete(link_pass).where(link_pass.c.link == link_id))
    return done


def link_of(row: Row[Any]) -> Link:
    """A link from a row that has its columns."""
    return Link(
        row.id,
        row.kind,
        row.target,
        row.name,
        row.created_by,
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.password_hash,
    )


def _insert(archive: Archive, made: Link, secret: str) -> None:
    row = {
        "id": made.id,
        "secret_sha256": digest(secret),
        "kind": made.kind,
        "target": made.target,
        "name": made.name,
        "created_by": made.created_by,
        "created_at": made.created_at,
        "expires_at": made.expires_at,
        "password_hash": made.password_hash,
    }
    with writing(archive.engine) as connection:
        if made.kind == STUDY:
            collection, uid = made.study
            place = get_collection(archive, collection)
            if not share_in(connection, place, uid, [made.audience]):
                raise NotAllowed(_NOT_YOURS)
        connection.execute(insert(link).values(row))


def _check_room(archive: Archive, person: str | None) -> None:
    if person is None:
        return
    now = datetime.now(UTC)
    if sum(one.works(now) for one in list_links(archive, person)) >= max_links:
        raise ArchiveError(f"{max_links} links of yours work at the same time; revoke some first")


def _is_collection(archive: Archive, name: str) -> bool:
    try:
        return get_collection(archive, name).name == name
    except NotFound:
        return False


def _query() -> Select[Any]:
    return select(link)


def _one(archive: Archive, *where: ColumnElement[bool]) -> Link | None:
    with reading(archive.engine) as connection:
        row = connection.execute(_query().where(*where)).one_or_none()
    return None if row is None else link_of(row)


def is_working(now: datetime) -> ColumnElement[bool]:
    """As a condition on `link`: it works."""
    return (link.c.revoked_at.is_(None)) & or_(link.c.expires_at.is_(None), link.c.expires_at > now)
