"""API tokens: secrets for machines, shown once, kept as a hash.

A token is 256 random bits, so a plain SHA-256 is enough to keep it: there is
nothing to guess. Looking one up is one indexed read.

A token that a person made never does more than that person may at the moment it
is used: what they may is asked of who knows people, each time.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import bindparam, insert, or_, select, update

from archive.access import Grant, Principal, Scope
from archive.archive import Archive
from archive.database import reading, writing
from archive.direct import Question
from archive.models import token

_PREFIX = "dt_"
"""Lets a secret scanner recognise a token that leaked into a repository."""

_MAX_SECRET_CHARS = 128

PersonNow = Callable[[str], Principal | None]
"""What a person, by their id, may do at the moment; None of one who may not come in at all."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token, without its secret.

    Attributes
    ----------
    person
        Whose it is; None of those that operators made.
    """

    id: int
    name: str
    grants: frozenset[Grant]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    person: str | None = None


def create_token(
    archive: Archive,
    name: str,
    grants: Iterable[Grant],
    expires: datetime | None = None,
    person: str | None = None,
) -> tuple[int, str]:
    """Make a token.

    Parameters
    ----------
    name : str
        For people, such as "PACS of the north wing".
    grants : iterable of (collection, scope)
        What it may do.
    expires : datetime, optional
        Aware; from then on it is worth nothing.
    person : str, optional
        Id of the person whose it is.

    Returns
    -------
    int, str
        Its number, and the secret, which nobody can show again.
    """
    secret = _PREFIX + secrets.token_urlsafe(32)
    statement = (
        insert(token)
        .values(
            name=name,
            secret_sha256=_hash(secret),
            grants=grants_text(grants),
            created_at=datetime.now(UTC),
            expires_at=expires.astimezone(UTC) if expires is not None else None,
            person=person,
        )
        .returning(token.c.id)
    )
    with writing(archive.engine) as connection:
        return int(connection.execute(statement).scalar_one()), secret


def authenticate(
    archive: Archive, secret: str, person_now: PersonNow = lambda _: None
) -> Principal | None:
    """Who holds this secret, or None: unknown, revoked and expired look alike.

    Parameters
    ----------
    person_now
        Asked of the token of a person; without it, such a token is worth nothing.
    """
    if not secret.startswith(_PREFIX) or len(secret) > _MAX_SECRET_CHARS:
        return None
    row = _GOOD.row(archive.engine, {"secret": _hash(secret), "now": datetime.now(UTC)})
    if row is None:
        return None
    grants = _grants_in(row.grants)
    if row.person is None:
        return Principal(f"token {row.id}", grants)
    person = person_now(row.person)
    return None if person is None else bounded(person, grants)


_GOOD = Question(
    select(token.c.id, token.c.grants, token.c.person)
    .where(token.c.secret_sha256 == bindparam("secret"))
    .where(token.c.revoked_at.is_(None))
    .where(or_(token.c.expires_at.is_(None), token.c.expires_at > bindparam("now")))
)


def bounded(person: Principal, grants: Iterable[Grant]) -> Principal:
    """Somebody for as much as a token of theirs says, and no more than they may themselves.

    A token that reads anything reads what is shared with its person, too.
    """
    given = frozenset(grants)
    kept = frozenset(one for one in given if person.may(*one))
    reads = any(scope == Scope.READ for _, scope in given)
    return Principal(person.name, kept, audiences=person.audiences if reads else frozenset())


def revoke_token(archive: Archive, token_id: int, person: str | None = None) -> bool:
    """Make a token worthless at once; False if there is none, or it was revoked before.

    Parameters
    ----------
    person
        Only one of theirs.
    """
    statement = (
        update(token)
        .where(token.c.id == token_id, token.c.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )
    if person is not None:
        statement = statement.where(token.c.person == person)
    with writing(archive.engine) as connection:
        return connection.execute(statement).rowcount > 0


def list_tokens(archive: Archive, person: str | None = None) -> list[Token]:
    """Every token that was made, or those of a person, oldest first."""
    query = select(token).order_by(token.c.id)
    if person is not None:
        query = query.where(token.c.person == person)
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
    return [
        Token(
            row.id,
            row.name,
            grants_of(row.grants),
            row.created_at,
            row.expires_at,
            row.revoked_at,
            row.person,
        )
        for row in rows
    ]


def grants_text(grants: Iterable[Grant]) -> str:
    """Grants as they lie in a column.

    Raises
    ------
    ValueError
        A scope is not one of `Scope`.
    """
    return json.dumps(sorted({(collection, Scope(scope).value) for collection, scope in grants}))


def grants_of(text: str) -> frozenset[Grant]:
    """What `grants_text` was given."""
    return frozenset((collection, scope) for collection, scope in json.loads(text))


# The text is what a token is asked for by; what it says never changes.
_grants_in = lru_cache(maxsize=256)(grants_of)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
